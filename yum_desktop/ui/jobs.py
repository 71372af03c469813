"""Slow work beside the screen: one lane for the database, one for the network."""

import gc
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from enum import StrEnum
from functools import partial
from typing import Any, Protocol, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

T = TypeVar("T")


class Lane(StrEnum):
    """Where work runs. Work of one lane runs one after the other, in the order given."""

    DATABASE = "database"
    NETWORK = "network"


class Jobs(Protocol):
    """Runs slow work elsewhere and answers on the thread that asked.

    Work holds plain values, never a `QObject`: whoever lets go of it last destroys it.
    """

    def submit(
        self,
        work: Callable[[], T],
        *,
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        lane: Lane = Lane.DATABASE,
    ) -> None:
        """Queue `work`. Exactly one of `done` and `failed` follows, later, on the screen thread."""

    def relay(self, receive: Callable[[T], None]) -> Callable[[T], None]:
        """Return a function for work to call as often as it likes: `receive` is called on the screen thread, later."""


class QtJobs(QObject):
    """Jobs on two threads. `close` it before the application ends.

    While work runs, Python collects no cycles by itself: it would do so on the thread that happens to allocate, and
    end windows there.
    """

    _finished = Signal(int, object)
    _relayed = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lanes = {lane: ThreadPoolExecutor(1, thread_name_prefix=lane.value) for lane in Lane}
        self._waiting: dict[int, tuple[Callable[[Any], None], Callable[[Exception], None]]] = {}
        self._count = 0
        self._finished.connect(self._answer, Qt.ConnectionType.QueuedConnection)
        self._relayed.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def submit(
        self,
        work: Callable[[], T],
        *,
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        lane: Lane = Lane.DATABASE,
    ) -> None:
        """Queue `work`. Exactly one of `done` and `failed` follows, later, on the screen thread."""
        self._count += 1
        self._waiting[self._count] = (done, failed)
        gc.disable()
        future = self._lanes[lane].submit(work)
        future.add_done_callback(partial(self._finished.emit, self._count))

    def relay(self, receive: Callable[[T], None]) -> Callable[[T], None]:
        """Return a function for work to call as often as it likes: `receive` is called on the screen thread, later."""
        return partial(self._relayed.emit, receive)

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._waiting)

    def close(self) -> None:
        """Wait for the work that was queued, so that no edit is lost. Answers after this are dropped."""
        for pool in self._lanes.values():
            pool.shutdown(wait=True)
        self._waiting.clear()
        self._tidy()

    def _answer(self, number: int, future: "Future[Any]") -> None:
        found = self._waiting.pop(number, None)
        if found is None:
            return
        if not self._waiting:
            self._tidy()
        done, failed = found
        error = future.exception()
        if error is None:
            done(future.result())
        elif isinstance(error, Exception):
            failed(error)
        else:
            raise error

    def _tidy(self) -> None:
        """Collect what is young here, so that no other thread is about to, and let Python do it again."""
        gc.collect(0)
        gc.enable()

    def _deliver(self, receive: Callable[[Any], None], value: object) -> None:
        if self._lanes:
            receive(value)
