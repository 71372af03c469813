"""Jobs that wait until the test lets them go, in any order."""

from collections.abc import Callable
from typing import Any, TypeVar

from typing_extensions import override

from yum_desktop.ui.jobs import Lane

T = TypeVar("T")


class HeldJobs:
    """Holds work; `release` runs it and answers."""

    def __init__(self) -> None:
        self.held: list[tuple[Callable[[], Any], Callable[[Any], None], Callable[[Exception], None], Lane]] = []

    def submit(
        self,
        work: Callable[[], T],
        *,
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        lane: Lane = Lane.DATABASE,
    ) -> None:
        self.held.append((work, done, failed, lane))

    def relay(self, receive: Callable[[T], None]) -> Callable[[T], None]:
        return receive

    def release(self, index: int = 0) -> None:
        work, done, failed, _ = self.held.pop(index)
        try:
            value = work()
        except Exception as error:  # noqa: BLE001  # a job lane hands every error to its asker
            failed(error)
        else:
            done(value)

    def release_all(self) -> None:
        while self.held:
            self.release()


class AtOnceJobs(HeldJobs):
    """Answers before `submit` returns: for tests and screenshots where the order does not matter."""

    @override
    def submit(
        self,
        work: Callable[[], T],
        *,
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        lane: Lane = Lane.DATABASE,
    ) -> None:
        super().submit(work, done=done, failed=failed, lane=lane)
        self.release(len(self.held) - 1)
