"""One simulated device: a real local store, a replica, an engine, and a person who types at random."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event

from sync.client import store
from sync.client.engine import Engine as SyncEngine
from sync.client.engine import SyncReport
from sync.client.replica import Author, Replica
from sync.client.transport import Transport
from sync.core import values as packed
from sync.core.squash import Op
from sync.protocol.errors import BrokenRuleError
from sync.protocol.kinds import CONFLICT, HANDOVER, UNIT, Value, Values
from sync.testing.kinds import KINDS, NOTE, create_tables
from sync.testing.network import KilledError

WORDS = ("ash", "birch", "cedar", "elm", "fir", "hazel", "BAD")


@dataclass(slots=True)
class Typed:
    """The last value a person typed into a field of a record on one device."""

    value: Value
    base: Value


@dataclass(frozen=True, slots=True)
class Sent:
    """A change as it travels: a later one is another change.

    Attributes:
        base: What each field is based on; for the settlement of a conflict what its person saw of the other side.
    """

    change_id: bytes
    kind: str
    record_id: bytes
    op: Op
    patch: Values
    base: Values


@dataclass
class Device:
    """A device of one account.

    Attributes:
        habits: How often its person makes, changes and removes a note, settles a conflict, tidies up, and decides about
            what was handed over.
        typed: What its person typed and has not given up, by record and field.
        sent: What travelled, by change.
        repaired: How often a comparison with the server found a difference.
        points_left: The process ends when this many more points just before or just after a commit have passed; 0:
            it goes on.
    """

    name: str
    roots: tuple[bytes, ...]
    path: Path
    rng: random.Random
    new_id: Callable[[], bytes]
    clock_ms: Callable[[], int]
    transport: Transport
    habits: tuple[int, ...] = (1, 3, 1, 2, 1, 2)
    typed: dict[tuple[bytes, str], Typed] = field(default_factory=dict)
    sent: dict[bytes, Sent] = field(default_factory=dict)
    repaired: int = 0
    points_left: int = 0
    _travelling: dict[int, Sent] = field(default_factory=dict)
    _engine: Engine | None = None

    def __post_init__(self) -> None:
        self.replica = Replica(KINDS, ids=self.new_id, clock_ms=self.clock_ms)
        with self.write() as conn:
            create_tables(conn)
            self.replica.create_tables(conn)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a write transaction on the local store."""
        if self._engine is None:
            self._engine = create_engine(f"sqlite:///{self.path}")
            event.listen(self._engine, "connect", _configure)
            event.listen(self._engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN IMMEDIATE"))
        with self._engine.connect() as conn, conn.begin():
            yield conn
            self._point()
        self._point()

    def _point(self) -> None:
        if self.points_left:
            self.points_left -= 1
            if not self.points_left:
                raise KilledError

    def restart(self) -> None:
        """End the process: what was committed is all that is left."""
        self.points_left = 0
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    @property
    def author(self) -> Author:
        """Who types here."""
        return Author(self.name, self.name, "form")

    # what a person does

    def act(self) -> None:
        """Do one thing at random."""
        doing = self.rng.choices(
            (self.make, self.change, self.remove, self.choose, self.tidy, self.decide), self.habits
        )[0]
        with self.write() as conn:
            doing(conn)

    def make(self, conn: Connection) -> None:
        """Make a note in a unit of the scope."""
        units = self._units(conn)
        if not units:
            return
        record_id = self.new_id()
        values = {UNIT: self.rng.choice(units), **self._some_values({})}
        self.replica.create(conn, NOTE.name, record_id, values, self.author)
        self._note(record_id, values, {})

    def change(self, conn: Connection) -> None:
        """Change some fields of a note."""
        record_id = self._any_note(conn)
        if record_id is None:
            return
        found = self.replica.tables[NOTE.name].get(conn, record_id)
        assert found is not None, "it was just listed"
        values = self._some_values(found[2])
        units = self._units(conn)
        if units and self.rng.random() < 0.1:
            values[UNIT] = self.rng.choice(units)
        changed = self.replica.edit(conn, NOTE.name, record_id, values, self.author)
        self._note(record_id, {name: values[name] for name in changed}, found[2])

    def remove(self, conn: Connection) -> None:
        """Remove a note, sometimes."""
        record_id = self._any_note(conn)
        if record_id is None or self.rng.random() < 0.7:
            return
        self.replica.delete(conn, NOTE.name, record_id, self.author)
        self._forget(record_id)

    def choose(self, conn: Connection) -> None:
        """Settle an open conflict."""
        rows = conn.exec_driver_sql("SELECT id, fields FROM conflict WHERE status = 'open' ORDER BY id").all()
        if not rows:
            return
        conflict_id, fields = self.rng.choice(rows)
        choice = {item["field"]: {"take": self.rng.choice(("mine", "theirs"))} for item in json.loads(fields)}
        values: Values = {"status": "settled", "choice": json.dumps(choice)}
        self.replica.edit(conn, CONFLICT.name, conflict_id, values, self.author)

    def decide(self, conn: Connection) -> None:
        """Take over or return work that was handed over, or put away what became of one's own."""
        sql = "SELECT id, side, state FROM handover WHERE state <> 'discarded' ORDER BY id"
        rows = [row for row in conn.exec_driver_sql(sql) if (row[1] == "receiver") == (row[2] == "waiting")]
        if not rows:
            return
        handover, side, _ = self.rng.choice(rows)
        choice = json.dumps({"rev": 1, "values": {"second": "hazel"}}) if self.rng.random() < 0.3 else None
        decided: Values = (
            {"state": "discarded"} if side == "author"
            else {"state": "returned", "why": "no"} if self.rng.random() < 0.3
            else {"state": "accepted", "choice": choice}
        )  # fmt: skip
        self.replica.edit(conn, HANDOVER.name, handover, decided, self.author)

    def tidy(self, conn: Connection) -> None:
        """Correct, resend or give up what was refused."""
        refused = store.lines_with(conn, store.REFUSED)
        if not refused:
            return
        line = self.rng.choice(refused)
        if line.kind != NOTE.name or self.rng.random() < 0.5:
            self.replica.discard(conn, line.change_id)
            for name in line.line.patch:
                self.typed.pop((line.record_id, name), None)
        elif "BAD" in line.line.patch.values() and line.line.op is not Op.DELETE:
            better: Values = {name: "elm" for name, value in line.line.patch.items() if value == "BAD"}
            try:
                changed = self.replica.edit(conn, NOTE.name, line.record_id, better, self.author)
            except BrokenRuleError:
                return
            self._note(line.record_id, {name: better[name] for name in changed}, line.line.base)
        else:
            self.replica.retry(conn, line.change_id)

    def sync(self) -> SyncReport:
        """Exchange with the server."""
        engine = SyncEngine(self.replica, self.write, self.transport, frame_rows_max=self.rng.choice((3, 50, 2_000)))
        report = engine.sync()
        self.repaired += report.repaired
        return report

    def note_travelling(self) -> None:
        """Note what travels before the server sees it: a change keeps its id and its content until it is answered."""
        with self.write() as conn:
            lines = store.lines_with(conn, store.IN_FLIGHT)
            travelling = {line.seq: self._as_sent(conn, line) for line in lines}
        for seq, sent in travelling.items():
            before = self._travelling.get(seq)
            assert before is None or (before.change_id, before.patch) == (sent.change_id, sent.patch), (
                f"{self.name} sent {before} as another change, or with other content"
            )
            self.sent.setdefault(sent.change_id, sent)
        self._travelling = travelling

    def note_answered(self) -> None:
        """Note what is answered: if it was refused, its person may send it again as another change."""
        with self.write() as conn:
            still = {line.seq for line in store.lines_with(conn, store.IN_FLIGHT)}
        self._travelling = {seq: sent for seq, sent in self._travelling.items() if seq in still}

    def _as_sent(self, conn: Connection, line: store.Waiting) -> Sent:
        base = dict(line.line.base)
        if line.kind == CONFLICT.name:
            fields = conn.exec_driver_sql("SELECT fields FROM conflict WHERE id = ?", (line.record_id,)).scalar()
            base = {item["field"]: packed.restored(item["theirs"]) for item in json.loads(fields or "[]")}
        return Sent(line.change_id, line.kind, line.record_id, line.line.op, dict(line.line.patch), base)

    # what a person sees

    def refused(self) -> list[store.Waiting]:
        """Return what was refused."""
        with self.write() as conn:
            return store.lines_with(conn, store.REFUSED)

    def waiting(self) -> int:
        """Return how much waits or travels."""
        with self.write() as conn:
            return store.count(conn, store.PENDING, store.IN_FLIGHT)

    def digest(self) -> str:
        """Return the digest of what the device believes the server holds."""
        with self.write() as conn:
            return self.replica.digest(conn)

    def _units(self, conn: Connection) -> list[bytes]:
        rows = conn.exec_driver_sql("SELECT id, parent FROM node ORDER BY id").all()
        inside = set(self.roots)
        for _ in rows:
            inside |= {row[0] for row in rows if row[1] in inside}
        return sorted(unit for unit in inside if unit in {row[0] for row in rows})

    def _any_note(self, conn: Connection) -> bytes | None:
        rows = conn.exec_driver_sql("SELECT id FROM note ORDER BY id").all()
        some = rows if self.rng.random() < 0.4 else rows[:4]  # people work on the same ones
        return self.rng.choice(some)[0] if rows else None

    def _some_values(self, before: Values) -> Values:
        values: Values = {}
        for name in ("first", "second", "mark"):
            if self.rng.random() < 0.4:
                values[name] = self.rng.choice((*WORDS, None)) if self.rng.random() < 0.9 else before.get(name)
        if self.rng.random() < 0.3:
            values["count"] = self.rng.randint(0, 9)
        if self.rng.random() < 0.3:
            values["tags"] = json.dumps(sorted(self.rng.sample(WORDS[:-1], 2)), separators=(",", ":"))
        if self.rng.random() < 0.3:
            more = json.loads(str(before.get("more") or "{}"))
            more[self.rng.choice("xyz")] = self.rng.randint(0, 3)
            values["more"] = json.dumps(dict(sorted(more.items())), separators=(",", ":"))
        return values

    def _note(self, record_id: bytes, values: Values, before: Values) -> None:
        for name, value in values.items():
            known = self.typed.get((record_id, name))
            base = known.base if known else before.get(name)
            if value == base:
                self.typed.pop((record_id, name), None)
            else:
                self.typed[record_id, name] = Typed(value, base)

    def _forget(self, record_id: bytes) -> None:
        for key in [key for key in self.typed if key[0] == record_id]:
            del self.typed[key]


def _configure(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # the driver's own connection
    connection.execute("PRAGMA journal_mode=WAL")  # type: ignore[attr-defined]  # likewise
    connection.execute("PRAGMA synchronous=OFF")  # type: ignore[attr-defined]  # likewise
