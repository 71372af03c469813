"""Reading and writing replicated records on the server, inside one transaction, with the log kept in step."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from sync.core import values as packed
from sync.core.merge import UNTOUCHED, Since
from sync.protocol.errors import BrokenRuleError
from sync.protocol.kinds import UNIT, Kind, Kinds, Value, Values, is_storable
from sync.server.database import places, run, run_many

EVERYBODY: Final = b""
"""The shard of records that belong to no unit."""

EFFECT: Final = "effect"
"""The channel of what the server does because of a change."""

SERVER: Final = "server"
"""The channel of what the application does on the server by itself."""

SEED: Final = "seed"
"""The channel of records that fill a new database: none of them was there before."""

CHANNELS: Final = frozenset({EFFECT, SERVER, SEED})
"""The channels that no device may claim."""

DEPTH_MAX: Final = 64
"""Levels below the top. A path stands in an index, and PostgreSQL takes no entry above 2,700 bytes."""

_NAMES_MAX: Final = 50
"""Names that one transaction holds beside others. PostgreSQL's table of locks is small."""

_UNIT_COLUMNS: Final = "unit_id, parent_id, path, shard, depth"

_LOG_INSERT: Final = (
    "INSERT INTO sync_log (shard, pos, unit_id, kind, record_id, rev, op, fields, change_id, account, device,"
    f" device_time, received_at, channel, reason) VALUES ({places(15)})"
)


class AloneNeededError(Exception):
    """The transaction touches what others may be writing at this moment: begin it again, with everybody waiting."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks.

    Attributes:
        account: Name of the account.
        device: Name or id of the device, for the history.
        roots: Units whose subtrees the account may see, its own first.
        writes: Whether it may change anything.
        context: What the application knows about the account.
        order: What the device is told to do after the exchange: a word of the application's.
    """

    account: str
    device: str
    roots: tuple[bytes, ...]
    writes: bool = True
    context: object = None
    order: str = ""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the log says about a change beside its content."""

    change_id: bytes | None = None
    account: str = ""
    device: str = ""
    device_time: int = 0
    channel: str = SERVER
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit's place in the tree."""

    unit_id: bytes
    parent_id: bytes | None
    path: str
    shard: bytes
    depth: int


@dataclass(slots=True)
class Record:
    """A record as stored."""

    rev: int
    extra: str | None
    values: Values


@dataclass(slots=True)
class _Entry:
    """A line of the log that waits for its position."""

    shard: bytes
    unit_id: bytes | None
    kind: str
    record_id: bytes
    rev: int
    op: str
    fields: dict[str, tuple[Value, Value]]
    stamp: Stamp


@dataclass(slots=True)
class Tx:
    """One write transaction: records, the tree, and the log lines it will add.

    Positions are given when it ends (`finish`), one after the other in each shard. Changed fields are stored together,
    at the latest before anything is read.
    """

    _conn: Connection
    kinds: Kinds
    now_ms: int
    new_id: Callable[[], bytes]
    _entries: list[_Entry] = field(default_factory=list)
    _units: dict[bytes, Unit | None] = field(default_factory=dict)
    _living: dict[bytes, bool] = field(default_factory=dict)
    _foreseen: dict[tuple[str, bytes], Record | None] = field(default_factory=dict)
    _locked: dict[bytes, int] = field(default_factory=dict)
    _shared: bool = False
    _held: set[str] = field(default_factory=set)
    _updates: dict[str, list[tuple[object, ...]]] = field(default_factory=dict)
    _updated: set[tuple[str, bytes]] = field(default_factory=set)

    @property
    def conn(self) -> Connection:
        """The transaction, with everything stored that was changed."""
        self.flush()
        return self._conn

    def flush(self) -> None:
        """Store the fields that were changed."""
        if self._updates:
            updates, self._updates = self._updates, {}
            self._updated.clear()
            for sql, rows in updates.items():
                run_many(self._conn, sql, rows)

    def lock(self, roots: Sequence[bytes], *, alone: bool = True) -> None:
        """Let writers wait for each other from here on; call it before anything is read.

        Args:
            roots: Units whose shards are written to.
            alone: Nobody else writes anywhere. Otherwise nobody writes in the shards of `roots`, and the tree stays as
                it is: where a unit stands is only certain when nobody can move it. What a check looks for beyond
                these shards must be held by name.
        """
        self._shared = not alone and self.conn.dialect.name != "sqlite"
        if self._shared:
            self._lock_row(EVERYBODY, "FOR SHARE")
        else:
            self._lock_shard(EVERYBODY)
        shards = {unit.shard for root in roots if (unit := self.unit(root)) is not None}
        for shard in sorted(shards - {EVERYBODY}):
            self._lock_row_of(shard)

    def hold(self, names: Iterable[str]) -> None:
        """Let nobody else hold these names before this transaction ends; those of a request at once, against deadlocks.

        Raises:
            AloneNeededError: There are too many.
        """
        if not self._shared:
            return
        new = set(names) - self._held
        self._held |= new
        if len(self._held) > _NAMES_MAX:
            raise AloneNeededError
        keys = sorted(_key_of(name) for name in new)
        if keys:
            run(self.conn, "SELECT pg_advisory_xact_lock(k) FROM unnest(?::bigint[]) AS k", (keys,)).all()

    def _lock_shard(self, shard: bytes) -> int:
        """Let nobody else write in a shard before this transaction ends; return its last position.

        Raises:
            AloneNeededError: Others write meanwhile, and may wait for this one.
        """
        if shard not in self._locked:
            if self._shared:
                raise AloneNeededError
            self._lock_row_of(shard)
        return self._locked[shard]

    def _lock_row_of(self, shard: bytes) -> None:
        self._locked[shard] = self._lock_row(shard, "" if self.conn.dialect.name == "sqlite" else "FOR UPDATE")

    def _lock_row(self, shard: bytes, locking: str) -> int:
        sql = f"SELECT pos FROM sync_position WHERE shard = ? {locking}"
        found = run(self.conn, sql, (shard,)).scalar()
        if found is None:
            made = "INSERT INTO sync_position (shard, pos) VALUES (?, 0) ON CONFLICT DO NOTHING"
            run(self.conn, made, (shard,))
            found = run(self.conn, sql, (shard,)).scalar_one()
        return int(found)

    def mark(self) -> int:
        """Return a mark to `rewind` to when a savepoint is rolled back."""
        return len(self._entries)

    def rewind(self, mark: int) -> None:
        """Forget what was logged since `mark`, and what is not stored yet."""
        del self._entries[mark:]
        self._updates.clear()
        self._updated.clear()
        self._units.clear()
        self._living.clear()
        self._foreseen.clear()

    def finish(self) -> None:
        """Give the log lines their positions and store them. The transaction should commit right after."""
        self.flush()
        by_shard: dict[bytes, list[_Entry]] = {}
        for entry in self._entries:
            by_shard.setdefault(entry.shard, []).append(entry)
        for shard in sorted(by_shard):
            entries = by_shard[shard]
            first = self._lock_shard(shard) + 1
            rows = [self._log_row(entry, pos) for pos, entry in enumerate(entries, first)]
            run_many(self.conn, _LOG_INSERT, rows)
            last = first + len(entries) - 1
            run(self.conn, "UPDATE sync_position SET pos = ? WHERE shard = ?", (last, shard))
            self._locked[shard] = last
        self._entries.clear()

    def _log_row(self, entry: _Entry, pos: int) -> tuple[object, ...]:
        fields = {name: [packed.plain(old), packed.plain(new)] for name, (old, new) in entry.fields.items()}
        stamp = entry.stamp
        return (
            entry.shard, pos, entry.unit_id, entry.kind, entry.record_id, entry.rev, entry.op,
            json.dumps(fields, ensure_ascii=False, separators=(",", ":")), stamp.change_id, stamp.account, stamp.device,
            stamp.device_time, self.now_ms, stamp.channel, stamp.reason,
        )  # fmt: skip

    # records

    def foresee(self, kind: str, ids: Sequence[bytes]) -> None:
        """Read records that will be asked for with `get`, and where their units stand."""
        declared = self.kinds[kind]
        sql = f"SELECT {columns_of(declared)} FROM {declared.table} WHERE id IN ({places(len(ids))})"
        self._foreseen.update(((kind, record_id), None) for record_id in ids)
        for row in run(self.conn, sql, ids).all():
            self._foreseen[kind, bytes(row[0])] = Record(
                row[1], row[2], dict(zip(declared.columns, row[3:], strict=True))
            )
        self._foresee_units(kind, ids)

    def _foresee_units(self, kind: str, ids: Sequence[bytes]) -> None:
        records = [self._foreseen[kind, record_id] for record_id in ids]
        units = {unit for each in records if each is not None and isinstance(unit := each.values[UNIT], bytes)}
        missing = sorted(units - set(self._units))
        sql = f"SELECT {_UNIT_COLUMNS} FROM sync_unit WHERE unit_id IN ({places(len(missing))})"
        for row in run(self.conn, sql, missing).all() if missing else ():
            self._units[bytes(row[0])] = Unit(*row)

    def get(self, kind: str, record_id: bytes) -> Record | None:
        """Return one record."""
        if (kind, record_id) in self._foreseen:
            return self._foreseen.pop((kind, record_id))
        declared = self.kinds[kind]
        row = run(self.conn, f"SELECT {columns_of(declared)} FROM {declared.table} WHERE id = ?", (record_id,)).first()
        return None if row is None else Record(row[1], row[2], dict(zip(declared.columns, row[3:], strict=True)))

    def find(self, kind: str, name: str, value: Value) -> list[tuple[bytes, Record]]:
        """Return the records of one kind whose field has a value, in any scope, by their ids."""
        declared = self.kinds[kind]
        assert name in declared.by_name, f"{kind} has no {name}"
        sql = f"SELECT {columns_of(declared)} FROM {declared.table} WHERE {name} = ? ORDER BY id"
        rows = run(self.conn, sql, (value,))
        return [(row[0], Record(row[1], row[2], dict(zip(declared.columns, row[3:], strict=True)))) for row in rows]

    def last_rev(self, record_id: bytes) -> int:
        """Return the last revision the log knows of a record; 0 when it never existed."""
        row = run(self._conn, "SELECT max(rev) FROM sync_log WHERE record_id = ?", (record_id,)).scalar_one()
        return max([row or 0, *(e.rev for e in self._entries if e.record_id == record_id)])

    def insert(self, kind: str, record_id: bytes, values: Values, stamp: Stamp, *, extra: str | None = None) -> int:
        """Store a new record, or one that was removed before; return its revision.

        Raises:
            BrokenRuleError: `field.type` (its detail is the field), `unit.unknown`, `unit.too_deep`.
        """
        declared = self.kinds[kind]
        self._foreseen.pop((kind, record_id), None)
        _check_storable(values)
        rev = 1 if stamp.channel == SEED else self.last_rev(record_id) + 1
        full = [values.get(name) for name in declared.columns]
        run(
            self.conn,
            f"INSERT INTO {declared.table} ({columns_of(declared)}) VALUES ({places(3 + len(full))})",
            (record_id, rev, extra, *full),
        )
        if declared.tree:
            self._living.pop(record_id, None)
            self._place(record_id, _as_id(values.get(declared.parent)))
        self._log(kind, record_id, rev, "arrive", _as_id(values.get(UNIT)), {}, stamp)
        return rev

    def update(self, kind: str, record_id: bytes, record: Record, changes: Values, stamp: Stamp) -> int:
        """Change fields of a record, all of them really different; return its revision.

        Raises:
            BrokenRuleError: `field.type` (its detail is the field), `unit.unknown`, `unit.too_deep`.
        """
        declared = self.kinds[kind]
        self._foreseen.pop((kind, record_id), None)
        _check_storable(changes)
        rev = record.rev + 1
        sets = ", ".join(f"{name} = ?" for name in changes)
        params = (*changes.values(), rev, record.extra, record_id)
        if (kind, record_id) in self._updated:
            self.flush()
        sql = f"UPDATE {declared.table} SET {sets}, rev = ?, extra = ? WHERE id = ?"
        self._updates.setdefault(sql, []).append(params)
        self._updated.add((kind, record_id))
        fields = {name: (record.values.get(name), value) for name, value in changes.items()}
        old_unit, new_unit = _as_id(record.values[UNIT]), _as_id(changes.get(UNIT, record.values[UNIT]))
        if declared.tree and declared.parent in changes:
            self._replace(record_id, _as_id(changes[declared.parent]))
        if old_unit != new_unit:
            self._log(kind, record_id, rev, "leave", old_unit, {}, stamp)
            self._log(kind, record_id, rev, "arrive", new_unit, fields, stamp)
        else:
            self._log(kind, record_id, rev, "patch", new_unit, fields, stamp)
        return rev

    def touch(self, kind: str, record_id: bytes, record: Record, stamp: Stamp) -> int:
        """Store changed unknown fields only; return the revision."""
        declared = self.kinds[kind]
        self._foreseen.pop((kind, record_id), None)
        rev = record.rev + 1
        run(self.conn, f"UPDATE {declared.table} SET rev = ?, extra = ? WHERE id = ?", (rev, record.extra, record_id))
        self._log(kind, record_id, rev, "patch", _as_id(record.values[UNIT]), {}, stamp)
        return rev

    def remove(self, kind: str, record_id: bytes, record: Record, stamp: Stamp) -> int:
        """Remove a record; its log line is its tombstone."""
        declared = self.kinds[kind]
        self._foreseen.pop((kind, record_id), None)
        self._living.pop(record_id, None)
        run(self.conn, f"DELETE FROM {declared.table} WHERE id = ?", (record_id,))
        fields: dict[str, tuple[Value, Value]] = {
            name: (value, None) for name, value in record.values.items() if value is not None
        }
        self._log(kind, record_id, record.rev + 1, "delete", _as_id(record.values[UNIT]), fields, stamp)
        return record.rev + 1

    def since(self, record_id: bytes, rev_now: int, base_rev: int) -> Callable[[str], Since]:
        """Return what happened to each field of a record after `base_rev`."""
        if base_rev == rev_now:
            return lambda _name: UNTOUCHED
        rows = run(
            self._conn,
            "SELECT rev, fields FROM sync_log WHERE record_id = ? AND rev > ?"
            " AND NOT (op = 'delete' AND fields = '{}') ORDER BY pos",
            (record_id, base_rev),
        )
        changes = [
            (int(rev), {n: packed.restored(pair[0]) for n, pair in json.loads(text).items()}) for rev, text in rows
        ]
        changes += [
            (e.rev, {name: old for name, (old, _) in e.fields.items()})
            for e in self._entries
            if e.record_id == record_id and e.rev > base_rev
        ]
        known = base_rev < rev_now and len({rev for rev, _ in changes}) == rev_now - base_rev
        firsts: Values = {}
        for _, old in sorted(changes, key=lambda change: change[0]):
            for name, value in old.items():
                firsts.setdefault(name, value)
        return lambda name: Since(changed=name in firsts, base=firsts.get(name), known=known)

    def _log(
        self,
        kind: str,
        record_id: bytes,
        rev: int,
        op: str,
        unit_id: bytes | None,
        fields: dict[str, tuple[Value, Value]],
        stamp: Stamp,
    ) -> None:
        shard = EVERYBODY
        if unit_id is not None:
            unit = self.unit(unit_id)
            if unit is None:
                raise BrokenRuleError("unit.unknown", unit_id.hex())
            shard = unit.shard
        self._entries.append(_Entry(shard, unit_id, kind, record_id, rev, op, fields, stamp))

    # the tree

    def unit(self, unit_id: bytes) -> Unit | None:
        """Return a unit's place in the tree, also of one that was removed."""
        if unit_id not in self._units:
            self._units[unit_id] = unit_of(self._conn, unit_id)
        return self._units[unit_id]

    def is_there(self, unit_id: bytes) -> bool:
        """Return whether a unit has a record; one that was removed keeps its place in the tree and takes nothing in."""
        if unit_id not in self._living:
            sql = f"SELECT 1 FROM {self.kinds.tree.table} WHERE id = ?"
            self._living[unit_id] = run(self.conn, sql, (unit_id,)).first() is not None
        return self._living[unit_id]

    def within(self, unit_id: Value, roots: Sequence[bytes]) -> bool:
        """Return whether a unit stands in the subtree of one of `roots`."""
        if not isinstance(unit_id, bytes):
            return False
        unit = self.unit(unit_id)
        return unit is not None and any(root.hex() in unit.path for root in roots)

    def _place(self, unit_id: bytes, parent_id: bytes | None) -> None:
        if self._shared:
            raise AloneNeededError
        parent = None if parent_id is None else self.unit(parent_id)
        if parent_id is not None and parent is None:
            raise BrokenRuleError("unit.unknown", parent_id.hex())
        unit = placed(unit_id, parent)
        if unit.depth > DEPTH_MAX:
            raise BrokenRuleError("unit.too_deep", unit_id.hex())
        run(
            self.conn,
            f"INSERT INTO sync_unit (unit_id, parent_id, path, shard, depth) VALUES ({places(5)})"
            " ON CONFLICT (unit_id) DO UPDATE SET parent_id = excluded.parent_id, path = excluded.path,"
            " shard = excluded.shard, depth = excluded.depth",
            (unit.unit_id, unit.parent_id, unit.path, unit.shard, unit.depth),
        )
        old, self._units[unit_id] = self._units.get(unit_id), unit
        if old is not None and old.shard != unit.shard:
            sql = (
                "INSERT INTO sync_unit_era (unit_id, era) VALUES (?, 1)"
                " ON CONFLICT (unit_id) DO UPDATE SET era = sync_unit_era.era + 1"
            )
            run(self.conn, sql, (unit_id,))

    def _replace(self, unit_id: bytes, parent_id: bytes | None) -> None:
        """Move a unit with its whole subtree under another parent."""
        old = self.unit(unit_id)
        assert old is not None, "a unit that moves has a place"
        subtree = run(
            self.conn,
            "SELECT unit_id, parent_id FROM sync_unit WHERE path >= ? AND path < ? ORDER BY depth",
            path_range(old.path),
        ).all()
        for child, _ in subtree:
            self.unit(child)
        self._place(unit_id, parent_id)
        for child, parent in subtree:
            if child != unit_id:
                self._place(child, parent)


def placed(unit_id: bytes, parent: Unit | None) -> Unit:
    """Return the place of a unit under `parent`. The units of the second level and what is below share a shard."""
    if parent is None:
        return Unit(unit_id, None, unit_id.hex() + "/", EVERYBODY, 0)
    shard = unit_id if parent.depth == 0 else parent.shard
    return Unit(unit_id, parent.unit_id, f"{parent.path}{unit_id.hex()}/", shard, parent.depth + 1)


def path_range(path: str) -> tuple[str, str]:
    """Return the bounds between which the paths of a subtree stand; ``0`` is the character after ``/``."""
    return path, path[:-1] + "0"


def unit_of(conn: Connection, unit_id: bytes) -> Unit | None:
    """Return a unit's place in the tree."""
    row = run(conn, f"SELECT {_UNIT_COLUMNS} FROM sync_unit WHERE unit_id = ?", (unit_id,)).first()
    return None if row is None else Unit(*row)


def _key_of(name: str) -> int:
    """Return the key of PostgreSQL's advisory lock for a name."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


def columns_of(kind: Kind) -> str:
    """Return the columns of a kind for a statement, sync columns first."""
    return ", ".join(("id", "rev", "extra", *kind.columns))


def _check_storable(values: Values) -> None:
    for name, value in values.items():
        if not is_storable(value):
            raise BrokenRuleError("field.type", name)


def _as_id(value: Value) -> bytes | None:
    assert value is None or isinstance(value, bytes), "a unit is named by its id"
    return value
