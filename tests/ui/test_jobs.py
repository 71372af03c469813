import gc
import threading
from collections.abc import Iterator
from functools import partial

import pytest
from pytestqt.qtbot import QtBot

from yum_desktop.ui.jobs import Lane, QtJobs


@pytest.fixture
def jobs(qtbot: QtBot) -> Iterator[QtJobs]:
    made = QtJobs()
    yield made
    made.close()


def never(error: Exception) -> None:
    raise AssertionError(error)


def test_work_runs_elsewhere_and_its_answer_comes_back_to_the_screen_thread(qtbot: QtBot, jobs: QtJobs) -> None:
    ran: list[str] = []
    answered: list[str] = []

    def work() -> int:
        ran.append(threading.current_thread().name)
        return 7

    def done(value: int) -> None:
        answered.append(f"{value} {threading.current_thread().name}")

    jobs.submit(work, done=done, failed=never)
    assert not answered
    qtbot.waitUntil(lambda: bool(answered))
    assert answered == [f"7 {threading.main_thread().name}"]
    assert ran[0].startswith("database")


def test_an_error_in_work_reaches_failed_and_not_done(qtbot: QtBot, jobs: QtJobs) -> None:
    errors: list[Exception] = []

    def work() -> int:
        return int("x")

    jobs.submit(work, done=lambda value: never(ValueError(value)), failed=errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert isinstance(errors[0], ValueError)


def test_s302_a_slow_network_does_not_hold_up_the_database(qtbot: QtBot, jobs: QtJobs) -> None:
    gate = threading.Event()
    answers: list[str] = []

    def waits() -> str:
        return "network" if gate.wait(30) else "late"

    jobs.submit(waits, done=answers.append, failed=never, lane=Lane.NETWORK)
    jobs.submit(lambda: "database", done=answers.append, failed=never)
    qtbot.waitUntil(lambda: answers == ["database"])
    gate.set()
    qtbot.waitUntil(lambda: answers == ["database", "network"])


def test_work_of_one_lane_runs_in_the_order_given(qtbot: QtBot, jobs: QtJobs) -> None:
    answers: list[int] = []
    for number in range(50):
        jobs.submit(partial(int, number), done=answers.append, failed=never)
    qtbot.waitUntil(lambda: len(answers) == 50)
    assert answers == list(range(50))


def test_progress_reported_by_work_arrives_on_the_screen_thread(qtbot: QtBot, jobs: QtJobs) -> None:
    told: list[tuple[int, bool]] = []

    def arrived(value: int) -> None:
        told.append((value, threading.current_thread() is threading.main_thread()))

    tell = jobs.relay(arrived)

    def work() -> None:
        for value in range(3):
            tell(value)

    jobs.submit(work, done=lambda _: None, failed=never, lane=Lane.NETWORK)
    qtbot.waitUntil(lambda: len(told) == 3)
    assert told == [(0, True), (1, True), (2, True)]


def test_closing_waits_for_work_that_was_queued(qtbot: QtBot) -> None:
    jobs = QtJobs()
    written: list[int] = []
    for number in range(20):
        jobs.submit(partial(written.append, number), done=lambda _: None, failed=never)
    jobs.close()
    assert written == list(range(20))


def test_cycles_are_collected_on_the_screen_thread_alone(qtbot: QtBot, jobs: QtJobs) -> None:
    """What is collected may be a window, and a window that ends on another thread is a crash."""
    threads: set[str] = set()

    def watch(phase: str, _info: dict[str, int]) -> None:
        threads.add(threading.current_thread().name)

    def work() -> int:
        made: list[list[object]] = []
        for _ in range(200_000):
            cycle: list[object] = []
            cycle.append(cycle)
            made.append(cycle)
        return len(made)

    answered: list[int] = []
    gc.callbacks.append(watch)
    try:
        jobs.submit(work, done=answered.append, failed=never)
        jobs.submit(work, done=answered.append, failed=never, lane=Lane.NETWORK)
        qtbot.waitUntil(lambda: len(answered) == 2)
    finally:
        gc.callbacks.remove(watch)
    assert gc.isenabled()
    assert threads == {threading.main_thread().name}
