"""A server with a small tree, driven without devices or network: changes go in, the feed comes out."""

from dataclasses import dataclass, field
from itertools import count

from sqlalchemy import inspect

from sync.core.squash import Op
from sync.protocol.errors import RejectedError
from sync.protocol.kinds import CONFLICT, UNIT, Value, Values
from sync.protocol.messages import (
    PROTOCOL_VERSION,
    Answer,
    Answers,
    Change,
    Frame,
    Problem,
    Request,
    decode_parts,
    encode,
    ids_of,
)
from sync.server.database import Database, run
from sync.server.records import Actor, Record, Stamp, Tx
from sync.server.rules import Effect, NoRules, Rules
from sync.server.server import SyncServer
from sync.testing.kinds import KINDS, NODE, NOTE, create_tables

PARENTS = {
    "root": None, "province0": "root", "province1": "root", "commune0": "province0", "commune1": "province0",
    "commune2": "province1",
}  # fmt: skip
NOW_MS = 1_790_000_000_000
_numbers = count(1)


def new_id() -> bytes:
    """Return a new id, greater than those before; safe to call from several threads."""
    return next(_numbers).to_bytes(16, "big")


def server_on(url: str, rules: Rules | None = None) -> SyncServer:
    """Return a server on a database: another process would open it likewise."""
    return SyncServer(KINDS, Database(url), rules or NoRules(), ids=new_id, clock_ms=lambda: NOW_MS)


class Town:
    """A tree of units on one database, and the servers that work on it."""

    def __init__(self, url: str, rules: Rules | None = None) -> None:
        self.url = url
        self._servers: list[SyncServer] = []
        self.server = self.another_server(rules)
        with self.database.write() as conn:
            if not inspect(conn).has_table(NOTE.table):
                create_tables(conn)
        self.server.create_tables()
        self.units = {name: new_id() for name in PARENTS}
        self.server.commit(
            (self.node(self.units[name], self.units[parent] if parent else None) for name, parent in PARENTS.items()),
            Stamp(channel="seed"),
        )

    @property
    def database(self) -> Database:
        return self.server.database

    def another_server(self, rules: Rules | None = None) -> SyncServer:
        """Return one more server on the same database."""
        server = server_on(self.url, rules)
        self._servers.append(server)
        return server

    def node(self, unit: bytes, parent: bytes | None) -> Effect:
        return Effect(NODE.name, unit, Op.CREATE, {UNIT: unit, "parent": parent, "label": "x"})

    def close(self) -> None:
        for server in self._servers:
            server.database.close()

    def actor(self, unit: str = "commune0", account: str = "an", device: str = "Máy 1") -> Actor:
        return Actor(account, device, (self.units[unit],))

    def note(self, unit: str = "commune0", **values: Value) -> Change:
        """Return the creation of a note."""
        return Change(new_id(), NOTE.name, new_id(), Op.CREATE, {UNIT: self.units[unit], **values})

    def noted(self, unit: str = "commune0", **values: Value) -> bytes:
        """Store a note; return its id."""
        change = self.note(unit, **values)
        (answer,) = self.server.push(self.actor("root"), [change])
        assert answer.status == "applied", answer
        return change.record_id

    def push(self, *changes: Change, actor: Actor | None = None, server: SyncServer | None = None) -> list[Answer]:
        """Send changes through the edge of the server, as bytes."""
        packet = encode(Request(PROTOCOL_VERSION, 0, None, list(changes), pull=False))
        (part,) = decode_parts((server or self.server).exchange(actor or self.actor(), packet))
        if isinstance(part, Problem):
            raise RejectedError(part.code, part.detail)
        assert isinstance(part, Answers)
        return part.answers

    def record(self, record_id: bytes, kind: str = NOTE.name) -> Record | None:
        with self.database.read() as conn:
            return Tx(conn, KINDS, NOW_MS, new_id).get(kind, record_id)

    def values(self, record_id: bytes, kind: str = NOTE.name) -> Values:
        record = self.record(record_id, kind)
        assert record is not None
        return record.values

    def conflicts(self, record_id: bytes) -> list[tuple[bytes, Record]]:
        """Return the open conflicts of a record."""
        with self.database.read() as conn:
            found = Tx(conn, KINDS, NOW_MS, new_id).find(CONFLICT.name, "target_id", record_id)
        return [(conflict_id, record) for conflict_id, record in found if record.values["status"] == "open"]

    def log_lines(self) -> int:
        with self.database.read() as conn:
            return int(run(conn, "SELECT count(*) FROM sync_log").scalar_one())


def edit(record_id: bytes, values: Values, base_rev: int = 1, kind: str = NOTE.name) -> Change:
    return Change(new_id(), kind, record_id, Op.EDIT, values, base_rev=base_rev)


def delete(record_id: bytes, base_rev: int = 1, kind: str = NOTE.name) -> Change:
    return Change(new_id(), kind, record_id, Op.DELETE, {}, base_rev=base_rev)


@dataclass
class Reader:
    """Somebody who pulls again and again and keeps nothing but the cursor and which records came."""

    server: SyncServer
    actor: Actor
    frame_rows_max: int = 2_000
    cursor: bytes | None = None
    received: set[bytes] = field(default_factory=set)
    frames: list[Frame] = field(default_factory=list)

    def pull(self, *, frames_max: int | None = None) -> set[bytes]:
        """Pull, or lose the line after some frames; return which records came."""
        request = Request(PROTOCOL_VERSION, 0, self.cursor, frame_rows_max=self.frame_rows_max)
        came: set[bytes] = set()
        self.frames = []
        parts = decode_parts(self.server.exchange(self.actor, encode(request)))
        for part in parts:
            if isinstance(part, Problem):
                raise RejectedError(part.code, part.detail)
            if not isinstance(part, Frame):
                continue
            self.cursor = part.cursor or self.cursor
            self.frames.append(part)
            told = [(rows.kind, rows.ids) for rows in part.rows] + [(patch.kind, patch.ids) for patch in part.patches]
            came.update(record_id for kind, ids in told if kind != NODE.name for record_id in ids_of(ids))
            if len(self.frames) == frames_max:
                break
        self.received |= came
        return came

    def gone(self) -> dict[bytes, str]:
        """Return what the last pull took away, and why."""
        return {
            record_id: gone.reason for frame in self.frames for gone in frame.gone for record_id in ids_of(gone.ids)
        }
