"""One simulated device: a real local store, a replica, an engine, and a person who types at random."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from sync.client import store
from sync.client.engine import Engine, SyncReport
from sync.client.replica import Author, Replica
from sync.client.transport import Transport
from sync.core import values as packed
from sync.core.squash import Op
from sync.protocol.errors import BrokenRuleError
from sync.protocol.kinds import CONFLICT, HANDOVER, UNIT, Value, Values
from sync.testing.files import File
from sync.testing.kinds import KINDS, NODE, NOTE, create_tables

WORDS: Final = ("ash", "birch", "cedar", "elm", "fir", "hazel", "BAD")
_TEXTS: Final = ("first", "second", "mark")
_HOT: Final = 4
"""So many notes everybody works on."""

_empty: dict[str, bytes] = {}


@dataclass(slots=True)
class Typed:
    """The last value a person typed into a field of a record on one device."""

    kind: str
    value: Value
    base: Value


@dataclass(frozen=True, slots=True)
class Sent:
    """A change as it travels: a later one is another change.

    Attributes:
        base: What each field is based on; for the settlement of a conflict what its person saw of the other side.
        seen_rev: The revision whose values its person saw; they are let go where the record leaves the device.
    """

    change_id: bytes
    kind: str
    record_id: bytes
    op: Op
    patch: Values
    base: Values
    seen_rev: int = 0


@dataclass
class Device:
    """A device of one account.

    Attributes:
        name: Of the device.
        roots: Units of its account, as its person knows them.
        path: Of its file.
        rng: Chance, for what its person does.
        account: Of its person; named like the device when left out.
        typed: What its person typed and has not given up, by record and field.
        sent: What travelled.
        seen: The other side of each conflict as it was when its person chose.
        repaired: How often a comparison with the server found a difference.
    """

    name: str
    roots: tuple[bytes, ...]
    path: Path
    rng: random.Random
    new_id: Callable[[], bytes]
    clock_ms: Callable[[], int]
    transport: Transport
    account: str = ""
    typed: dict[tuple[bytes, str], Typed] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    seen: dict[bytes, Values] = field(default_factory=dict)
    repaired: int = 0
    travelling: dict[int, Sent] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.account = self.account or self.name
        self.replica = Replica(KINDS, ids=self.new_id, clock_ms=self.clock_ms)
        self.file = File(self.path)
        if not self.path.exists():
            if "file" not in _empty:
                self._make_empty()
            self.path.write_bytes(_empty["file"])

    def _make_empty(self) -> None:
        """Make the tables once; further devices begin with a copy."""
        with self.file.begin() as conn:
            create_tables(conn)
            self.replica.create_tables(conn)
        self.file.close()
        _empty["file"] = self.path.read_bytes()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a write transaction on the local store."""
        with self.file.begin() as conn:
            yield conn

    def restart(self) -> None:
        """End the process: what was committed is all that is left."""
        self.file.close()

    @property
    def author(self) -> Author:
        """Who types here."""
        return Author(self.account, self.name, "form")

    def act(self) -> None:
        """Let the person do one thing at random, about notes."""
        doing = self.rng.choice((self.make, *[self.change] * 3, self.remove, self.choose, self.tidy, self.decide))
        with self.write() as conn:
            doing(conn)

    # what a person does: each returns what it was, or nothing when there was nothing to do

    def make(self, conn: Connection) -> str:
        """Make a note in a unit of the scope."""
        units = self._units(conn)
        if not units:
            return ""
        record_id = self.new_id()
        values = {UNIT: self.rng.choice(units), **self._some_values({})}
        self.replica.create(conn, NOTE.name, record_id, values, self.author)
        self._note(NOTE.name, record_id, values, {})
        return f"makes {_short(record_id)} {_shown(values)}"

    def change(self, conn: Connection) -> str:
        """Change some fields of a note."""
        record_id = self._any_note(conn)
        if record_id is None:
            return ""
        return self._edit(conn, NOTE.name, record_id, self._some_values(self._values(conn, NOTE.name, record_id)))

    def move(self, conn: Connection) -> str:
        """Move a note to another unit."""
        record_id, units = self._any_note(conn), self._units(conn)
        if record_id is None or not units:
            return ""
        return self._edit(conn, NOTE.name, record_id, {UNIT: self.rng.choice(units)})

    def remove(self, conn: Connection) -> str:
        """Remove a note."""
        record_id = self._any_note(conn)
        if record_id is None:
            return ""
        self.replica.delete(conn, NOTE.name, record_id, self.author)
        self._forget(record_id)
        return f"removes {_short(record_id)}"

    def rename(self, conn: Connection) -> str:
        """Give a unit another name."""
        units = self._units(conn)
        if not units:
            return ""
        return self._edit(conn, NODE.name, self.rng.choice(units), {"label": self.rng.choice(WORDS)})

    def regroup(self, conn: Connection) -> str:
        """Put a unit under another one."""
        units = self._units(conn)
        parents = dict(map(tuple, conn.exec_driver_sql("SELECT id, parent FROM node")))
        inner = [unit for unit in units if unit not in self.roots and parents[unit] is not None]
        if not inner:
            return ""
        unit, parent = self.rng.choice(inner), self.rng.choice(units)
        above: Value = parent
        seen: set[Value] = set()  # an edit that waits on top of what the server sent may go round in a circle
        while above is not None and above != unit and above not in seen:
            seen.add(above)
            above = parents.get(above)
        return "" if above == unit else self._edit(conn, NODE.name, unit, {"parent": parent})

    def found(self, conn: Connection) -> str:
        """Make a new unit."""
        units = self._units(conn)
        if not units:
            return ""
        unit = self.new_id()
        values: Values = {UNIT: unit, "parent": self.rng.choice(units), "label": self.rng.choice(WORDS)}
        self.replica.create(conn, NODE.name, unit, values, self.author)
        self._note(NODE.name, unit, values, {})
        return f"makes unit {_short(unit)} {_shown(values)}"

    def close(self, conn: Connection) -> str:
        """Remove a unit in which nothing is left."""
        held = {row[0] for row in conn.exec_driver_sql("SELECT unit_id FROM note UNION SELECT parent FROM node")}
        units = [unit for unit in self._units(conn) if unit not in held and unit not in self.roots]
        if not units:
            return ""
        unit = self.rng.choice(units)
        self.replica.delete(conn, NODE.name, unit, self.author)
        self._forget(unit)
        return f"removes unit {_short(unit)}"

    def choose(self, conn: Connection) -> str:
        """Settle an open conflict."""
        rows = conn.exec_driver_sql("SELECT id, fields FROM conflict WHERE status = 'open' ORDER BY id").all()
        if not rows:
            return ""
        conflict_id, fields = self.rng.choice(rows[:2])
        items = json.loads(fields)
        choice = {item["field"]: {"take": self.rng.choice(("mine", "mine", "theirs"))} for item in items}
        values: Values = {"status": "settled", "choice": json.dumps(choice)}
        self.replica.edit(conn, CONFLICT.name, conflict_id, values, self.author)
        theirs = {item["field"]: packed.restored(item["theirs"]) for item in items}
        self.file.committed.append(lambda: self.seen.update({conflict_id: theirs}))
        return f"settles conflict {_short(conflict_id)} {choice}"

    def decide(self, conn: Connection) -> str:
        """Take over or return work that was handed over, or put away what became of one's own."""
        sql = "SELECT id, side, state, target_id FROM handover WHERE state <> 'discarded' ORDER BY id"
        rows = [row for row in conn.exec_driver_sql(sql) if (row[1] == "receiver") == (row[2] == "waiting")]
        if not rows:
            return ""
        handover, side, _, target_id = self.rng.choice(rows[:3])
        rev = conn.exec_driver_sql("SELECT rev FROM note WHERE id = ?", (target_id,)).scalar()
        choice = json.dumps({"rev": rev, "values": {"second": "hazel"}}) if rev and self.rng.random() < 0.3 else None
        decided: Values = (
            {"state": "discarded"} if side == "author"
            else {"state": "returned", "why": "no"} if self.rng.random() < 0.3
            else {"state": "accepted", "choice": choice}
        )  # fmt: skip
        self.replica.edit(conn, HANDOVER.name, handover, decided, self.author)
        return f"decides about hand-over {_short(handover)} {decided}"

    def tidy(self, conn: Connection) -> str:
        """Correct, resend or give up what was refused."""
        refused = store.lines_with(conn, store.REFUSED)
        if not refused:
            return ""
        line = self.rng.choice(refused)
        what = f"{line.kind} {_short(line.record_id)} {_shown(line.line.patch)}, refused for {line.code}"
        if line.kind != NOTE.name or self.rng.random() < 0.5:
            self.replica.discard(conn, line.change_id)
            names = tuple(line.line.patch)
            self.file.committed.append(lambda: self._give_up(line.record_id, names))
            return f"gives up {what}"
        if "BAD" in line.line.patch.values() and line.line.op is not Op.DELETE:
            better: Values = {name: "elm" for name, value in line.line.patch.items() if value == "BAD"}
            try:
                changed = self.replica.edit(conn, NOTE.name, line.record_id, better, self.author)
            except BrokenRuleError:
                return ""
            self._note(NOTE.name, line.record_id, {name: better[name] for name in changed}, line.line.base)
            return f"corrects {what}"
        self.replica.retry(conn, line.change_id)
        return f"sends again {what}"

    # what the device does

    def sync(self, *, verify: bool = False) -> SyncReport:
        """Exchange with the server."""
        rows, compared = self.rng.choice((3, 50, 2_000)), self.rng.choice((1, 4, 300))
        engine = Engine(self.replica, self.write, self.transport, frame_rows_max=rows, compared_max=compared)
        report = engine.sync(verify=verify)
        self.repaired += report.repaired
        return report

    def note_travelling(self) -> None:
        """Note what travels before the server sees it: a change keeps its id and its content until it is answered."""
        with self.file.look() as conn:
            lines = store.lines_with(conn, store.IN_FLIGHT)
        travelling = {line.seq: self._as_sent(line) for line in lines}
        for seq, sent in travelling.items():
            before = self.travelling.get(seq)
            assert before is None or (before.change_id, before.patch) == (sent.change_id, sent.patch), (
                f"{self.name} sent {before} as another change, or with other content"
            )
            if before is None:
                self.sent.append(sent)
        self.travelling = travelling

    def note_answered(self) -> None:
        """Note what is answered: if it was refused, its person may send it again as another change."""
        with self.file.look() as conn:
            still = {row[0] for row in conn.exec_driver_sql("SELECT seq FROM sync_outbox WHERE status = 'in_flight'")}
        self.travelling = {seq: sent for seq, sent in self.travelling.items() if seq in still}

    def _as_sent(self, line: store.Waiting) -> Sent:
        base = self.seen.get(line.record_id, {}) if line.kind == CONFLICT.name else dict(line.line.base)
        seen_rev = max(line.line.base_revs.values(), default=0)
        return Sent(line.change_id, line.kind, line.record_id, line.line.op, dict(line.line.patch), base, seen_rev)

    # what a person sees

    def refused(self) -> list[store.Waiting]:
        """Return what was refused."""
        with self.write() as conn:
            return store.lines_with(conn, store.REFUSED)

    def refused_values(self) -> dict[tuple[bytes, str], Value]:
        """Return what was refused, by record and field."""
        return {(line.record_id, name): value for line in self.refused() for name, value in line.line.patch.items()}

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
            more = {row[0] for row in rows if row[1] in inside} - inside
            if not more:
                break
            inside |= more
        return [row[0] for row in rows if row[0] in inside]

    def _any_note(self, conn: Connection) -> bytes | None:
        rows = conn.exec_driver_sql("SELECT id FROM note ORDER BY id").all()
        some = rows if self.rng.random() < 0.3 else rows[:_HOT]
        return self.rng.choice(some)[0] if rows else None

    def _values(self, conn: Connection, kind: str, record_id: bytes) -> Values:
        found = self.replica.tables[kind].get(conn, record_id)
        assert found is not None, "it was just listed"
        return found[2]

    def _edit(self, conn: Connection, kind: str, record_id: bytes, values: Values) -> str:
        before = self._values(conn, kind, record_id)
        changed = self.replica.edit(conn, kind, record_id, values, self.author)
        new = {name: values[name] for name in sorted(changed)}
        self._note(kind, record_id, new, before)
        return f"changes {kind} {_short(record_id)} {_shown(new)}" if new else ""

    def _some_values(self, before: Values) -> Values:
        values: Values = {}
        for name in _TEXTS:
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

    def _note(self, kind: str, record_id: bytes, values: Values, before: Values) -> None:
        self.file.committed.append(lambda: self._typed(kind, record_id, values, before))

    def _typed(self, kind: str, record_id: bytes, values: Values, before: Values) -> None:
        for name, value in values.items():
            known = self.typed.get((record_id, name))
            base = known.base if known else before.get(name)
            if value == base:
                self.typed.pop((record_id, name), None)
            else:
                self.typed[record_id, name] = Typed(kind, value, base)

    def _forget(self, record_id: bytes) -> None:
        self.file.committed.append(
            lambda: self._give_up(record_id, tuple(name for its, name in self.typed if its == record_id))
        )

    def _give_up(self, record_id: bytes, names: tuple[str, ...]) -> None:
        for name in names:
            self.typed.pop((record_id, name), None)


def _short(record_id: bytes) -> str:
    return record_id[-2:].hex()


def _shown(values: Values) -> str:
    return ", ".join(f"{k}={_short(v) if isinstance(v, bytes) else v}" for k, v in values.items())
