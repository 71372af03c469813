"""Which units a device has, and where in the feed it stands."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import msgspec
from sqlalchemy import Connection

from sync.protocol.errors import RejectedError
from sync.protocol.messages import DECODING_ERRORS, ID_SIZE_BYTES, ids_of
from sync.server.database import places, run
from sync.server.records import EVERYBODY, Unit, path_range, unit_of

_HASH_SIZE_BYTES: Final = 8
_ALWAYS: Final = 1 << 62
"""Later than any ms."""

_POSITION_MAX: Final = (1 << 63) - 1
_SHARDS_MAX: Final = 10_000

NOTHING: Final = b""
"""The hash of the set a new device has."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The units of a device.

    Attributes:
        units: Every unit of its subtrees with the shard it belongs to, its own first.
        above: Units above its roots, of which it sees the unit's own record only.
        eras: How often a unit has gone to another shard, for those that have.
    """

    units: dict[bytes, bytes]
    above: tuple[bytes, ...]
    eras: dict[bytes, int]

    @property
    def shards(self) -> tuple[bytes, ...]:
        """The shards its records are in, everybody's included."""
        return tuple(sorted({EVERYBODY, *self.units.values()}))

    def packed(self) -> bytes:
        """Return the set as bytes: pairs of unit and place, then the units above with themselves as place."""
        inside = b"".join(unit + self.place(unit) for unit in sorted(self.units))
        return inside + b"".join(unit + unit[::-1] for unit in sorted(self.above))

    def place(self, unit: bytes) -> bytes:
        """Return what says where one of the units is: its shard, and another name for it each time it comes back."""
        shard, era = self.units[unit] or bytes(ID_SIZE_BYTES), self.eras.get(unit)
        if era is None:
            return shard
        return hashlib.blake2b(shard + era.to_bytes(8, "big"), digest_size=ID_SIZE_BYTES).digest()

    def hash(self) -> bytes:
        """Return a short name of the set."""
        return hashlib.blake2b(self.packed(), digest_size=_HASH_SIZE_BYTES).digest()


@dataclass(frozen=True, slots=True)
class Change:
    """How a device's set of units differs from the one its cursor covers.

    Attributes:
        added: Units whose records it lacks, in the order in which they should arrive: the same for the same two sets,
            wherever the units stand, because a cut snapshot goes on by number.
        above: Units above: all of them, because what happened to one that went to another shard has not been seen.
        removed: Units whose records it must let go.
        again: Units among those added that it has as they were before they went to another shard. It has not seen what
            was removed there, so it must let them go before they come.
        had: Hash of the set that it surely has whole, what must go left aside.
    """

    added: tuple[bytes, ...]
    above: tuple[bytes, ...]
    removed: tuple[bytes, ...]
    again: tuple[bytes, ...]
    had: bytes


def scope_of(conn: Connection, roots: Sequence[bytes]) -> Scope:
    """Return the units of the subtrees of `roots`. Roots that do not exist give nothing."""
    units: dict[bytes, bytes] = {}
    above: dict[bytes, None] = {}
    eras: dict[bytes, int] = {}
    for root in roots:
        unit = unit_of(conn, root)
        if unit is None:
            continue
        units[root] = unit.shard
        rows = run(
            conn,
            "SELECT u.unit_id, u.shard, e.era FROM sync_unit u LEFT JOIN sync_unit_era e ON e.unit_id = u.unit_id"
            " WHERE u.path >= ? AND u.path < ? ORDER BY u.path",
            path_range(unit.path),
        )
        for unit_id, shard, era in rows:
            units[unit_id] = shard
            if era is not None:
                eras[unit_id] = era
        above.update(dict.fromkeys(_ancestors(unit)))
    return Scope(units, tuple(unit for unit in above if unit not in units), eras)


def _ancestors(unit: Unit) -> list[bytes]:
    return [bytes.fromhex(part) for part in unit.path.rstrip("/").split("/")[:-1]]


def remember(conn: Connection, account: str, scope: Scope, now_ms: int) -> None:
    """Store the set under its hash, so that a later cursor can name it, and that the account has it from now on."""
    sql = "INSERT INTO sync_scope_set (hash, units) VALUES (?, ?) ON CONFLICT DO NOTHING"
    run(conn, sql, (scope.hash(), scope.packed()))
    sql = "UPDATE sync_account_scope SET until = ? WHERE account = ? AND until IS NULL AND hash <> ?"
    run(conn, sql, (now_ms, account, scope.hash()))
    if not is_current(conn, account, scope):
        sql = (
            "INSERT INTO sync_account_scope (account, since, hash) VALUES (?, ?, ?) ON CONFLICT (account, since, hash)"
        )
        run(conn, sql + " DO UPDATE SET until = NULL", (account, now_ms, scope.hash()))


def is_current(conn: Connection, account: str, scope: Scope) -> bool:
    """Return whether the account is known to have this set."""
    sql = "SELECT hash FROM sync_account_scope WHERE account = ? AND until IS NULL"
    return [bytes(row[0]) for row in run(conn, sql, (account,))] == [scope.hash()]


class Past:
    """What an account has had in its scope, as far as its exchanges say."""

    def __init__(self, conn: Connection, account: str) -> None:
        self._conn = conn
        self._account = account

    @cached_property
    def _sets(self) -> list[tuple[frozenset[bytes], int, int]]:
        """Units, first and last ms of each set."""
        sql = (
            "SELECT a.since, a.until, s.units FROM sync_account_scope a JOIN sync_scope_set s ON s.hash = a.hash"
            " WHERE a.account = ?"
        )
        return [
            (frozenset(u for u, shard in _unpacked(row[2]).items() if shard != u[::-1]), row[0], row[1] or _ALWAYS)
            for row in run(self._conn, sql, (self._account,))
        ]

    @cached_property
    def units(self) -> frozenset[bytes]:
        """The units whose records have ever been in the account's scope."""
        return frozenset().union(*(units for units, _, _ in self._sets))

    def had_unit(self, unit: bytes) -> bool:
        """Return whether the records of a unit have ever been in the account's scope."""
        return unit in self.units

    def had(self, kind: str, record_id: bytes) -> bool:
        """Return whether a record has been in one of the account's units while the account had that unit."""
        sql = (
            "SELECT unit_id, op, received_at FROM sync_log WHERE record_id = ? AND kind = ?"
            " ORDER BY rev, CASE op WHEN 'leave' THEN 0 ELSE 1 END"
        )
        lines = run(self._conn, sql, (record_id, kind)).all()
        ends = [*(line.received_at for line in lines[1:]), _ALWAYS]
        return any(
            line.unit_id in units and line.received_at <= until and end >= since
            for line, end in zip(lines, ends, strict=True)
            if line.op in {"arrive", "patch"}
            for units, since, until in self._sets
        )


def is_remembered(conn: Connection, scope_hash: bytes) -> bool:
    """Return whether the set is stored."""
    return run(conn, "SELECT 1 FROM sync_scope_set WHERE hash = ?", (scope_hash,)).first() is not None


def difference(conn: Connection, had: bytes, scope: Scope, begun: bytes = NOTHING) -> Change:
    """Return how `scope` differs from the set with the hash `had`.

    Args:
        conn: A read transaction.
        had: What the device has.
        scope: What it shall have.
        begun: Another set that has begun to arrive: an unknown part of it is there, and what it has not is gone. Where
            that is something of `had`, all of `scope` comes.

    Raises:
        RejectedError: `cursor.unknown`.
    """
    before, partly = _remembered(conn, had), _remembered(conn, begun)
    own = {u: None for units in (before, partly) for u, shard in units.items() if shard != u[::-1]}
    removed = {u: None for u in own if u not in scope.units}
    removed |= {u: None for u in before | partly if u not in scope.units and u not in scope.above}
    if begun != NOTHING and any(partly.get(u) != place for u, place in before.items() if place != u[::-1]):
        had, whole = NOTHING, {}
    else:
        whole = before
    added = [u for u in scope.units if whole.get(u) != scope.place(u)]
    above = sorted(scope.above)
    places = {u: scope.place(u) for u in own if u in scope.units}
    again = {u for units in (before, partly) for u, place in places.items() if units.get(u, place) != place}
    return Change((*added[:1], *sorted(added[1:])), tuple(above), tuple(removed), tuple(sorted(again)), had)


def _remembered(conn: Connection, scope_hash: bytes) -> dict[bytes, bytes]:
    """Return the units of a remembered set with their places; those above have themselves, reversed."""
    if scope_hash == NOTHING:
        return {}
    row = run(conn, "SELECT units FROM sync_scope_set WHERE hash = ?", (scope_hash,)).first()
    if row is None:
        raise RejectedError("cursor.unknown", "scope")
    return _unpacked(row[0])


def _unpacked(units: bytes) -> dict[bytes, bytes]:
    parts = ids_of(bytes(units))
    return dict(zip(parts[::2], parts[1::2], strict=True))


class Backfill(msgspec.Struct, array_like=True):
    """How far the records of added units have arrived.

    Attributes:
        to: Hash of the set that is complete at the end.
        step: Number of the step of the plan.
        unit: Unit of the last record that arrived in that step.
        record: Id of that record.
        again: Sectors whose records arrive again; nothing when it is about added units.
    """

    to: bytes
    step: int = 0
    unit: bytes = b""
    record: bytes = b""
    again: bytes = b""


class Cursor(msgspec.Struct, array_like=True):
    """Where a device stands. Opaque to the device.

    Attributes:
        epoch: Names the server's data; another server's cursor is not understood.
        scope: Hash of the set of units it covers.
        positions: Last position seen, by shard.
        backfill: Set while records of added units are still arriving.
    """

    epoch: bytes
    scope: bytes
    positions: dict[bytes, int]
    backfill: Backfill | None = None

    def packed(self) -> bytes:
        """Return the cursor as bytes."""
        return msgspec.msgpack.encode(self)


_cursors = msgspec.msgpack.Decoder(Cursor)


def read_cursor(packed: bytes) -> Cursor:
    """Return a cursor from its bytes.

    Raises:
        RejectedError: `cursor.damaged`.
    """
    try:
        cursor = _cursors.decode(packed)
    except DECODING_ERRORS as error:
        raise RejectedError("cursor.damaged", str(error)) from error
    steps = (0 if cursor.backfill is None else cursor.backfill.step, *cursor.positions.values())
    if min(steps) < 0 or max(steps) > _POSITION_MAX or len(cursor.positions) > _SHARDS_MAX:
        raise RejectedError("cursor.damaged", "no place in any feed")
    return cursor


def positions(conn: Connection, shards: Sequence[bytes]) -> dict[bytes, int]:
    """Return the last position given in each shard."""
    rows = run(conn, f"SELECT shard, pos FROM sync_position WHERE shard IN ({places(len(shards))})", shards)
    found = {row[0]: int(row[1]) for row in rows}
    return {shard: found.get(shard, 0) for shard in shards}
