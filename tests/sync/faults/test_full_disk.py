"""S231, S235, S240: disks that are full, broken or lose power: an error, no corruption, and later it goes on."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fault_story import COLLEAGUE, NOTES, OTHERS, Direct, Laptop, check_end, new_id, open_server, prepare
from sqlalchemy import Connection, event, exc
from test_kills import Asking, copied, exchanged, serving, templated, told_to_the_end

from sync.core.squash import Op
from sync.protocol.messages import Change
from sync.server.database import run
from sync.server.server import SyncServer
from sync.testing.kinds import NOTE

PAGE = 4_096
SIZES = [PAGE * pages for pages in (1, 2, 4, 6, 8, 12, 16, 20, 24, 28, 32, 40)]


def test_s231_a_device_whose_files_cannot_grow_ends_with_an_error_and_goes_on_later(
    nursery: Asking, memory: Path
) -> None:
    """What the system refuses to write, in a real process; each size stops it somewhere else."""
    template, said = templated(memory), []
    for size in SIZES:
        laptop, db = copied(template, memory / "run")
        laptop.close()
        with serving(nursery, db) as (url, _):
            report = nursery.ask("sync", store=str(laptop.path), url=url, size_max=size)
            said.append(report.get("store"))
            told_to_the_end(laptop, url, db)
    assert said.count("disk I/O error") + said.count("database or disk is full") >= 6, said
    assert None in said, "the largest size is large enough"


def test_s231_a_server_whose_files_cannot_grow_refuses_and_goes_on_later(nursery: Asking, memory: Path) -> None:
    template, codes = templated(memory), []
    for size in SIZES:
        laptop, db = copied(template, memory / "run")
        with serving(nursery, db, size_max=size) as (url, _):
            codes.append(exchanged(laptop, url).error_code)
        with serving(nursery, db) as (url, _):
            told_to_the_end(laptop, url, db)
    assert codes.count("server.unreachable") >= 5, codes
    assert codes[-1] is None


@pytest.fixture
def sides(memory: Path) -> Iterator[tuple[Laptop, SyncServer]]:
    laptop = prepare(memory, f"sqlite:///{memory / 'server.db'}")
    server = open_server(f"sqlite:///{memory / 'server.db'}")
    yield laptop, server
    laptop.close()
    server.database.close()


@pytest.mark.parametrize("which", ["device", "server"])
def test_s231_a_database_that_may_not_grow_is_full_and_goes_on_with_more_room(
    sides: tuple[Laptop, SyncServer], which: str
) -> None:
    """What SQLite says itself when there is no room: at each page in turn, until it is enough."""
    laptop, server = sides
    engine = laptop.engine if which == "device" else server.database.engine
    long = "x" * 3 * PAGE
    for note in NOTES[9:12]:
        laptop.edit(note, second=long)
    news = [Change(new_id(), NOTE.name, note, Op.EDIT, {"second": long}, base_rev=1, at=1) for note in OTHERS[:6]]
    server.push(COLLEAGUE, news)
    room = 0

    @event.listens_for(engine, "begin")
    def limit(conn: Connection) -> None:
        conn.exec_driver_sql(f"PRAGMA max_page_count={pages + room}")

    with closing(sqlite3.connect(str(engine.url.database))) as file:
        pages = file.execute("PRAGMA page_count").fetchone()[0]
    full = 0
    while True:
        try:
            assert laptop.sync(Direct(server)).status == "done"
            break
        except exc.OperationalError as error:
            assert "full" in str(error.orig)  # noqa: PT017  # the exchange may also be done
            full += 1
            room += 1
    assert full >= 5
    room = 1 << 20
    laptop.type_after()
    assert laptop.sync(Direct(server)).status == "done"
    check_end(laptop, server, more_edits=3)


def test_s235_a_damaged_file_ends_the_exchange_and_the_server_hears_nothing_wrong(
    sides: tuple[Laptop, SyncServer],
) -> None:
    laptop, server = sides
    laptop.close()
    with laptop.path.open("r+b") as file:
        file.seek(PAGE)
        file.write(b"\xa5" * 40 * PAGE)
    with server.database.read() as conn:
        before = run(conn, "SELECT count(*) FROM sync_log").scalar_one()
    with pytest.raises(exc.DatabaseError, match=r"malformed|not a database"):
        laptop.sync(Direct(server))
    with server.database.read() as conn:
        assert run(conn, "SELECT count(*) FROM sync_log").scalar_one() == before


def test_s240_after_a_power_cut_at_any_byte_of_a_write_the_last_whole_transaction_is_there(memory: Path) -> None:
    """The log of the device cut at any byte: what was committed before is there, what was not is not."""
    laptop = prepare(memory, f"sqlite:///{memory / 'server.db'}")
    log = memory / "device.db-wal"
    size = log.stat().st_size
    before = laptop.rows("SELECT * FROM note ORDER BY id")
    laptop.type_after()
    after = laptop.rows("SELECT * FROM note ORDER BY id")
    steps = []
    for cut in (*range(size, log.stat().st_size, 997), log.stat().st_size):
        shutil.rmtree(memory / "cut", ignore_errors=True)
        (memory / "cut").mkdir()
        shutil.copy(laptop.path, memory / "cut" / "device.db")
        (memory / "cut" / "device.db-wal").write_bytes(log.read_bytes()[:cut])
        survivor = Laptop(memory / "cut" / "device.db")
        assert survivor.rows("PRAGMA integrity_check") == [("ok",)]
        steps.append(survivor.rows("SELECT * FROM note ORDER BY id"))
        typed = survivor.rows("SELECT field FROM sync_history WHERE new LIKE '\"after%'")
        changed = sum(one != other for one, other in zip(before, steps[-1], strict=True))
        assert len(typed) == changed, "a record and its history came together"
        survivor.close()
    laptop.close()
    assert steps[0] == before
    assert steps[-1] == after


def test_s240_what_is_committed_is_on_the_disk(tmp_path: Path) -> None:
    """A device that has told a person, and a server that has told a device, may lose power right after."""
    server = open_server(f"sqlite:///{tmp_path / 'server.db'}")
    with server.database.write() as conn:
        assert run(conn, "PRAGMA synchronous").scalar_one() == 2
    server.database.close()
