"""When the program looks for a connection, and when it exchanges."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from held_jobs import AtOnceJobs

import yum_desktop.ui  # noqa: F401  # keeps None alive before the first widget
from yum_desktop.registry.views import SyncState
from yum_desktop.ui.autosync import FIRST_MS, SETTLE_MS, WAIT_MS_MAX, WAIT_MS_OFFLINE_MAX, AutoSync


class Watch:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 24, 8, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class Day:
    """A working day of one program: what it looked for, and what it exchanged."""

    def __init__(self) -> None:
        self.online, self.syncs, self.heard, self.chance = False, 0, 0, 0.0
        self.watch = Watch()
        self.state = SyncState(account="an", last_sync=self.watch.at, complete=True)
        self.waits: list[int] = []
        self.auto = AutoSync(
            AtOnceJobs(),
            self.watch,
            later=self.waits.append,
            reachable=lambda: self.online,
            state=lambda: self.state,
            sync=self._sync,
            heard=self._heard,
            chance=lambda: self.chance,
        )

    def _sync(self) -> None:
        self.syncs += 1
        self.state = SyncState(account="an", last_sync=self.watch.at, complete=True)

    def _heard(self) -> None:
        self.heard += 1

    def look(self, times: int = 1) -> None:
        for _ in range(times):
            self.watch.at += timedelta(milliseconds=self.waits[-1])
            self.auto.look()


@pytest.fixture
def day() -> Day:
    day = Day()
    day.auto.start()
    return day


def test_s198_a_connection_that_returns_is_used_within_a_minute(day: Day) -> None:
    assert day.waits == [FIRST_MS]
    day.look(times=50)
    assert day.syncs == 0
    assert max(day.waits) <= WAIT_MS_OFFLINE_MAX
    day.online = True
    day.look()
    assert (day.syncs, day.heard) == (1, 2)


def test_waits_grow_while_nothing_is_to_do_and_differ_from_device_to_device(day: Day) -> None:
    day.online = True
    day.look(times=12)
    assert sorted(day.waits[1:]) == day.waits[1:]
    assert day.waits[-1] == WAIT_MS_MAX
    day.chance = 1.0
    day.look()
    assert day.waits[-1] < WAIT_MS_MAX


def test_what_was_typed_goes_out_when_the_person_pauses(day: Day) -> None:
    day.online = True
    day.look(times=10)
    before = day.syncs
    day.state = SyncState(account="an", last_sync=day.watch.at, complete=True, pending=1)
    day.auto.edited()
    assert day.waits[-1] == SETTLE_MS
    day.look()
    assert day.syncs == before + 1


def test_nothing_is_looked_for_any_more_after_a_stop(day: Day) -> None:
    def never() -> bool:
        raise AssertionError("it was stopped")

    looked: Callable[[], bool] = never
    day.auto._reachable = looked  # the seam of this test
    day.auto.stop()
    day.auto.look()
    assert day.syncs == 0
