"""One story for every fault: a device with edits of all sorts, a server where others were busy, and what must be true.

A fault may stop the story anywhere. Whoever tells it to the end afterwards must find the same end each time.
"""

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, event

from sync.client import store
from sync.client.engine import Engine, SyncReport
from sync.client.replica import Author, Replica
from sync.client.transport import Transport
from sync.core.squash import Op
from sync.protocol.kinds import CONFLICT, UNIT, Value, Values
from sync.protocol.messages import Change
from sync.server.database import Database, run
from sync.server.records import Actor, Stamp
from sync.server.rules import Effect
from sync.server.server import SyncServer
from sync.testing.ground import NoBadWords
from sync.testing.kinds import KINDS, NODE, NOTE, create_tables

PARENTS = {"root": None, "province": "root", "commune": "province", "chapter": "commune", "elsewhere": "province"}
UNITS = {name: bytes((1, number)) + bytes(14) for number, name in enumerate(PARENTS)}
NOTES = [bytes((2, number)) + bytes(14) for number in range(12)]
OTHERS = [bytes((3, number)) + bytes(14) for number in range(30)]
MADE = [bytes((4, number)) + bytes(14) for number in range(2)]
FOREIGN = [bytes((5, number)) + bytes(14) for number in range(3)]
DEVICE = Actor("an", "Máy 1", (UNITS["commune"],))
COLLEAGUE = Actor("bình", "Máy 2", (UNITS["commune"],))
ROWS = 12
"""Records in a frame: few, so that there are many frames."""


def _now_ms() -> int:
    return 1_790_000_000_000


def new_id() -> bytes:
    return secrets.token_bytes(16)


def open_server(url: str) -> SyncServer:
    """Open the server's database, as each process does."""
    return SyncServer(KINDS, Database(url), NoBadWords(), ids=new_id, clock_ms=_now_ms)


def fill_server(url: str) -> None:
    """Make the server's tables, the tree, and what the device will get first."""
    server = open_server(url)
    with server.database.write() as conn:
        if server.database.engine.dialect.has_table(conn, NOTE.table):
            run(conn, "DELETE FROM sync_meta")
        else:
            create_tables(conn)
    server.create_tables()
    units = [
        Effect(
            NODE.name, UNITS[name], Op.CREATE, {UNIT: UNITS[name], "parent": parent and UNITS[parent], "label": name}
        )
        for name, parent in PARENTS.items()
    ]
    notes = [
        Effect(NOTE.name, note, Op.CREATE, {UNIT: UNITS["chapter"], "first": f"note {number}", "count": 1})
        for number, note in enumerate(NOTES)
    ]
    foreign = [Effect(NOTE.name, note, Op.CREATE, {UNIT: UNITS["elsewhere"], "first": "bí mật"}) for note in FOREIGN]
    server.commit([*units, *notes, *foreign], Stamp(channel="seed"))
    server.database.close()


def let_others_work(url: str) -> None:
    """Let a colleague change, remove and make records."""

    def edit(number: int, values: Values) -> Change:
        return Change(new_id(), NOTE.name, NOTES[number], Op.EDIT, values, base_rev=1, at=1)

    made: list[Values] = [{UNIT: UNITS["chapter"], "first": f"of others {number}"} for number in range(len(OTHERS))]
    server = open_server(url)
    answers = server.push(
        COLLEAGUE,
        [
            edit(1, {"first": "theirs"}),
            edit(2, {"count": 5}),
            edit(3, {"second": "theirs too"}),
            Change(new_id(), NOTE.name, NOTES[4], Op.DELETE, {}, base_rev=1, at=1),
            *(Change(new_id(), NOTE.name, note, Op.CREATE, values) for note, values in zip(OTHERS, made, strict=True)),
        ],
    )
    assert {answer.status for answer in answers} == {"applied"}
    server.database.close()


class Laptop:
    """The device: a real file, opened as the program opens it."""

    author = Author("an", "Máy 1", "form")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.engine = create_engine(f"sqlite:///{path}")
        event.listen(self.engine, "connect", _configure)
        event.listen(self.engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN IMMEDIATE"))
        self.replica = Replica(KINDS, ids=new_id, clock_ms=_now_ms)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self.engine.connect() as conn, conn.begin():
            yield conn

    def make_tables(self) -> None:
        with self.write() as conn:
            create_tables(conn)
            self.replica.create_tables(conn)

    def sync(self, transport: Transport, *, rows: int = ROWS) -> SyncReport:
        return Engine(self.replica, self.write, transport, frame_rows_max=rows).sync()

    def edit(self, note: bytes, **values: Value) -> None:
        with self.write() as conn:
            self.replica.edit(conn, NOTE.name, note, values, self.author)

    def type_before(self) -> None:
        """Let the person work before the fault, one transaction for each edit."""
        self.edit(NOTES[1], first="mine")
        self.edit(NOTES[2], count=7)
        self.edit(NOTES[3], first="mine too")
        self.edit(NOTES[4], first="of a removed one")
        self.edit(NOTES[5], first="five")
        self.edit(NOTES[6], tags='["elm"]')
        self.edit(NOTES[7], first="BAD")
        with self.write() as conn:
            self.replica.delete(conn, NOTE.name, NOTES[8], self.author)
        for number, note in enumerate(MADE):
            with self.write() as conn:
                values: Values = {UNIT: UNITS["chapter"], "first": f"made {number}"}
                self.replica.create(conn, NOTE.name, note, values, self.author)

    def type_after(self) -> None:
        """Let the person go on after the fault, also on what may be travelling."""
        self.edit(NOTES[1], second="after one")
        self.edit(NOTES[5], second="after five")
        self.edit(MADE[0], second="after made")

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with self.write() as conn:
            return [tuple(row) for row in conn.exec_driver_sql(sql)]

    def close(self) -> None:
        self.engine.dispose()


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


class Direct:
    """Carries requests to a server in this process."""

    wait_s = 0.0

    def __init__(self, server: SyncServer, actor: Actor = DEVICE) -> None:
        self._server = server
        self._actor = actor

    def exchange(self, request: bytes) -> Iterator[bytes]:
        return self._server.exchange(self._actor, request)


def prepare(folder: Path, url: str) -> Laptop:
    """Tell the story up to the exchange in which something will happen."""
    fill_server(url)
    server = open_server(url)
    laptop = Laptop(folder / "device.db")
    laptop.make_tables()
    assert laptop.sync(Direct(server)).status == "done"
    server.database.close()
    let_others_work(url)
    laptop.type_before()
    return laptop


# the end of the story


EXPECTED: dict[bytes, Values] = {
    NOTES[1]: {"first": "theirs", "second": "after one"},
    NOTES[2]: {"count": 7},
    NOTES[3]: {"first": "mine too", "second": "theirs too"},
    NOTES[5]: {"first": "five", "second": "after five"},
    NOTES[6]: {"tags": '["elm"]'},
    NOTES[7]: {"first": "note 7"},
    MADE[0]: {"first": "made 0", "second": "after made"},
    MADE[1]: {"first": "made 1"},
}
REFUSED = {(NOTES[4], "record.deleted"), (NOTES[7], "word.bad")}


def check_end(laptop: Laptop, server: SyncServer, *, more_edits: int = 0) -> None:
    """Check that nothing was lost, nothing happened twice, and both sides hold the same.

    `more_edits` were typed beside those of the story.
    """
    with server.database.read() as conn:
        notes = {row[0]: row for row in run(conn, "SELECT id, first, second, count, tags FROM note")}
        for note, values in EXPECTED.items():
            found = dict(zip(("first", "second", "count", "tags"), notes[note][1:], strict=True))
            assert {name: found[name] for name in values} == values, note.hex()
        gone = {NOTES[4], NOTES[8]}
        assert set(notes) == {*NOTES, *OTHERS, *MADE, *FOREIGN} - gone
        _check_once(conn)
        (conflict,) = run(conn, "SELECT target_id, fields, status FROM conflict").all()
        (field,) = json.loads(conflict[1])
        assert (conflict[0], field["mine"], field["theirs"], conflict[2]) == (NOTES[1], "mine", "theirs", "open")
    check_sound(laptop, server)
    with laptop.write() as conn:
        assert store.count(conn, store.PENDING, store.IN_FLIGHT) == 0
        assert {(line.record_id, line.code) for line in store.lines_with(conn, store.REFUSED)} == REFUSED
        typed = conn.exec_driver_sql("SELECT record_id, field, new FROM sync_history WHERE channel = 'form'").all()
    assert len(typed) == len(set(typed)) == 13 + more_edits, "each edit is in the device's own history, once"


def _check_once(conn: Connection) -> None:
    log = run(conn, "SELECT shard, pos, kind, record_id, rev, op, fields, change_id FROM sync_log ORDER BY pos").all()
    lines = [(line.record_id, line.rev) for line in log]
    assert len(lines) == len(set(lines)), "a revision was made twice"
    changes = [(line.change_id, line.record_id) for line in log if line.change_id and line.kind != CONFLICT.name]
    assert len(changes) == len(set(changes)), "a change was applied twice"
    values = [
        (line.record_id, name, json.dumps(pair[1]))
        for line in log
        if line.op == "patch"
        for name, pair in json.loads(line.fields).items()
    ]
    assert len(values) == len(set(values)), "an edit was applied twice"
    by_shard: dict[bytes, list[int]] = {}
    for line in log:
        by_shard.setdefault(line.shard, []).append(line.pos)
    assert all(found == list(range(1, len(found) + 1)) for found in by_shard.values()), "a gap in the feed"


def check_sound(laptop: Laptop, server: SyncServer, actor: Actor = DEVICE) -> None:
    """Check that both stores are whole and agree."""
    assert laptop.rows("PRAGMA integrity_check") == [("ok",)]
    if server.database.is_sqlite:
        with server.database.read() as conn:
            assert run(conn, "PRAGMA integrity_check").scalar_one() == "ok"
    with laptop.write() as conn:
        mine = laptop.replica.digest(conn)
    assert mine == server.digest(actor.roots)[0], "device and server differ"
