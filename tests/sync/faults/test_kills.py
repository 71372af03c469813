"""Real processes of device and server, killed at every place in turn, and what is true after the next exchange.

A place is before and after each commit, before, within and after each piece that travels, and, in the fine sweeps,
after each n-th statement. A sweep goes on until a run comes to its end without having been killed.
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
from fault_story import (
    NOTES,
    OTHERS,
    ROWS,
    Direct,
    Laptop,
    check_end,
    check_sound,
    fill_server,
    let_others_work,
    open_server,
    prepare,
)

from sync.client.engine import SyncReport
from sync.client.transport import HttpTransport
from sync.server.server import SyncServer
from sync.testing.postgres import Postgres

FINE_STEP = 11
"""Statements between two deaths: more of them would take long and find what the commits have found."""


class Asking(Protocol):
    """What `conftest.Nursery` is."""

    def ask(self, do: str, **asked: object) -> dict[str, Any]: ...


class _Token:
    def access(self) -> str:
        return "an"

    def renew(self) -> str:
        return "an"


@contextmanager
def serving(nursery: Asking, db: str, **how: object) -> Iterator[tuple[str, list[object]]]:
    """Serve by a process of its own; give its URL, and where it died, once the block is left."""
    server = nursery.ask("serve", db=db, **how)
    died: list[object] = []
    try:
        yield str(server["url"]), died
    finally:
        died += nursery.ask("stop", pid=server["pid"])["died"]


@contextmanager
def opened(db: str) -> Iterator[SyncServer]:
    server = open_server(db)
    yield server
    server.database.close()


def exchanged(laptop: Laptop, url: str, *, rows: int = ROWS) -> SyncReport:
    with httpx.Client(base_url=url, timeout=20, trust_env=False, verify=False) as client:
        return laptop.sync(HttpTransport(client, _Token()), rows=rows)


def copied(template: Path, to: Path) -> tuple[Laptop, str]:
    """Give the story's device and server as they are before the exchange."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(template, to)
    return Laptop(to / "device.db"), f"sqlite:///{to / 'server.db'}"


def templated(folder: Path) -> Path:
    """Tell the story up to the exchange, in files without anything beside them."""
    template = folder / "template"
    template.mkdir()
    prepare(template, f"sqlite:///{template / 'server.db'}").close()
    assert sorted(path.name for path in template.iterdir()) == ["device.db", "server.db"]
    return template


def steps(*, fine: bool) -> Iterator[int]:
    yield from range(1, 10_000, FINE_STEP if fine else 1)


def told_to_the_end(laptop: Laptop, url: str, db: str) -> None:
    laptop.type_after()
    report = exchanged(laptop, url)
    assert (report.status, report.left) == ("done", 0), report
    with opened(db) as server:
        check_end(laptop, server)
    laptop.close()


@pytest.mark.parametrize("fine", [False, True], ids=["commits", "statements"])
def test_s228_s229_s240_a_device_killed_anywhere_in_an_exchange_loses_and_repeats_nothing(
    nursery: Asking, memory: Path, fine: bool
) -> None:
    template = templated(memory)
    places: Counter[str] = Counter()
    for at in steps(fine=fine):
        laptop, db = copied(template, memory / "run")
        laptop.close()
        with serving(nursery, db) as (url, _):
            died = nursery.ask("sync", store=str(laptop.path), url=url, die_at=at, fine=fine).get("died")
            told_to_the_end(laptop, url, db)
        if died is None:
            break
        places[str(died)] += 1
    assert sum(places.values()) >= (8 if fine else 12), places
    if not fine:
        assert places["before a commit"] == places["after a commit"] >= 4, places
        assert places["between pieces of an answer"] >= 4, places


def test_s227_a_device_killed_anywhere_in_its_first_exchange_goes_on_where_it_was(
    nursery: Asking, memory: Path
) -> None:
    template = memory / "template"
    template.mkdir()
    db = f"sqlite:///{template / 'server.db'}"
    fill_server(db)
    let_others_work(db)
    with closing(Laptop(template / "device.db")) as laptop:
        laptop.make_tables()
    records = len(NOTES) + len(OTHERS) + 3
    went_on = killed = 0
    for at in steps(fine=False):
        laptop, db = copied(template, memory / "run")
        with serving(nursery, db) as (url, _):
            died = nursery.ask("sync", store=str(laptop.path), url=url, die_at=at).get("died")
            before = len(laptop.rows("SELECT id FROM note UNION ALL SELECT id FROM node"))
            report = exchanged(laptop, url)
            assert report.status == "done", report
            assert report.pulled == (records - before if died else 0), "what has come does not come again"
        with opened(db) as server:
            check_sound(laptop, server)
        laptop.close()
        if died is None:
            break
        killed += 1
        went_on += before > 0
    assert killed >= 20
    assert went_on >= 10


@pytest.mark.parametrize("fine", [False, True], ids=["commits", "statements"])
def test_s229_s245_a_server_killed_anywhere_in_an_exchange_loses_and_repeats_nothing(
    nursery: Asking, memory: Path, fine: bool
) -> None:
    template = templated(memory)
    places: Counter[str] = Counter()
    for at in steps(fine=fine):
        laptop, db = copied(template, memory / "run")
        with serving(nursery, db, die_at=at, fine=fine) as (url, died):
            report = exchanged(laptop, url)
        assert report.status == ("done" if not died else "partial" if report.moved else "failed"), report
        with serving(nursery, db) as (url, _):
            told_to_the_end(laptop, url, db)
        if not died:
            break
        assert report.error_code == "server.unreachable"
        places[str(died[0])] += 1
    assert sum(places.values()) >= 10, places
    if not fine:
        assert places["before a commit"] == places["after a commit"] >= 1, places
        assert places["within a piece of an answer"] == places["before a piece of an answer"] >= 4, places


def test_s229_s245_a_server_on_postgresql_killed_anywhere_in_an_exchange(
    nursery: Asking, memory: Path, postgres: Postgres
) -> None:
    places: Counter[str] = Counter()
    for at in count(1):
        db = postgres.emptied("killed")
        run = memory / str(at)
        run.mkdir()
        laptop = prepare(run, db)
        with serving(nursery, db, die_at=at) as (url, died):
            exchanged(laptop, url, rows=2_000)
        with serving(nursery, db) as (url, _):
            told_to_the_end(laptop, url, db)
        if not died:
            break
        places[str(died[0])] += 1
    assert places["before a commit"] == places["after a commit"] >= 1, places
    assert places["within a piece of an answer"] >= 2, places


def test_both_killed_again_and_again(nursery: Asking, memory: Path) -> None:
    """Each run gets a little further, or at least does no harm."""
    laptop, db = copied(templated(memory), memory / "run")
    laptop.close()
    for at in range(3, 60, 4):
        with serving(nursery, db, die_at=at // 2) as (url, _):
            nursery.ask("sync", store=str(laptop.path), url=url, die_at=at)
    with serving(nursery, db) as (url, _):
        told_to_the_end(laptop, url, db)


def test_the_checks_notice_an_edit_that_is_missing(memory: Path) -> None:
    """What the sweeps rest on: the end is told apart from one in which the device forgot what it sent."""
    laptop, db = copied(templated(memory), memory / "run")
    server = open_server(db)
    with laptop.write() as conn:
        conn.exec_driver_sql("DELETE FROM sync_outbox WHERE record_id = ?", (NOTES[5],))
    laptop.type_after()
    laptop.sync(Direct(server))
    with pytest.raises(AssertionError):
        check_end(laptop, server)
    laptop.close()
    server.database.close()
