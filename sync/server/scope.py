"""Which units a device has, and where in the feed it stands."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection

from sync.protocol.errors import RejectedError
from sync.protocol.messages import DECODING_ERRORS, ID_SIZE_BYTES, ids_of
from sync.server.database import places, run
from sync.server.records import EVERYBODY, Unit, path_range, unit_of

_HASH_SIZE_BYTES: Final = 8
NOTHING: Final = b""
"""The hash of the set a new device has."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The units of a device.

    Attributes:
        units: Every unit of its subtrees with the shard it belongs to, its own first.
        above: Units above its roots, of which it sees the unit's own record only.
    """

    units: dict[bytes, bytes]
    above: tuple[bytes, ...]

    @property
    def shards(self) -> tuple[bytes, ...]:
        """The shards its records are in, everybody's included."""
        return tuple(sorted({EVERYBODY, *self.units.values()}))

    def packed(self) -> bytes:
        """Return the set as bytes: pairs of unit and shard, then the units above with themselves as shard."""
        pairs = sorted(self.units.items())
        inside = b"".join(unit + (shard or bytes(ID_SIZE_BYTES)) for unit, shard in pairs)
        return inside + b"".join(unit + unit[::-1] for unit in sorted(self.above))

    def hash(self) -> bytes:
        """Return a short name of the set."""
        return hashlib.blake2b(self.packed(), digest_size=_HASH_SIZE_BYTES).digest()


@dataclass(frozen=True, slots=True)
class Change:
    """How a device's set of units differs from the one its cursor covers.

    Attributes:
        added: Units whose records it lacks, in the order in which they should arrive: the same for the same two sets,
            wherever the units stand, because a cut snapshot goes on by number.
        above: Units above that it lacks.
        removed: Units whose records it must let go.
    """

    added: tuple[bytes, ...]
    above: tuple[bytes, ...]
    removed: tuple[bytes, ...]


def scope_of(conn: Connection, roots: Sequence[bytes]) -> Scope:
    """Return the units of the subtrees of `roots`. Roots that do not exist give nothing."""
    units: dict[bytes, bytes] = {}
    above: dict[bytes, None] = {}
    for root in roots:
        unit = unit_of(conn, root)
        if unit is None:
            continue
        units[root] = unit.shard
        rows = run(
            conn,
            "SELECT unit_id, shard FROM sync_unit WHERE path >= ? AND path < ? ORDER BY path",
            path_range(unit.path),
        )
        units.update((row[0], row[1]) for row in rows)
        above.update(dict.fromkeys(_ancestors(unit)))
    return Scope(units, tuple(unit for unit in above if unit not in units))


def _ancestors(unit: Unit) -> list[bytes]:
    return [bytes.fromhex(part) for part in unit.path.rstrip("/").split("/")[:-1]]


def remember(conn: Connection, scope: Scope) -> None:
    """Store the set under its hash, so that a later cursor can name it."""
    sql = "INSERT INTO sync_scope_set (hash, units) VALUES (?, ?) ON CONFLICT DO NOTHING"
    run(conn, sql, (scope.hash(), scope.packed()))


def is_remembered(conn: Connection, scope_hash: bytes) -> bool:
    """Return whether the set is stored."""
    return run(conn, "SELECT 1 FROM sync_scope_set WHERE hash = ?", (scope_hash,)).first() is not None


def difference(conn: Connection, had: bytes, scope: Scope, begun: bytes = NOTHING) -> Change:
    """Return how `scope` differs from the set with the hash `had`.

    Args:
        conn: A read transaction.
        had: What the device has.
        scope: What it shall have.
        begun: Another set that has begun to arrive: an unknown part of it is there.

    Raises:
        RejectedError: `cursor.unknown`.
    """
    before, partly = _remembered(conn, had), _remembered(conn, begun)
    own = {u: None for units in (before, partly) for u, shard in units.items() if shard != u[::-1]}
    removed = {u: None for u in own if u not in scope.units}
    removed |= {u: None for u in before | partly if u not in scope.units and u not in scope.above}
    added = [u for u, shard in scope.units.items() if before.get(u) != (shard or bytes(ID_SIZE_BYTES))]
    above = sorted(u for u in scope.above if u not in before or u in removed)
    return Change((*added[:1], *sorted(added[1:])), tuple(above), tuple(removed))


def _remembered(conn: Connection, scope_hash: bytes) -> dict[bytes, bytes]:
    """Return the units of a remembered set with their shards; those above have themselves, reversed."""
    if scope_hash == NOTHING:
        return {}
    row = run(conn, "SELECT units FROM sync_scope_set WHERE hash = ?", (scope_hash,)).first()
    if row is None:
        raise RejectedError("cursor.unknown", "scope")
    parts = ids_of(bytes(row[0]))
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
    if min(steps) < 0:
        raise RejectedError("cursor.damaged", "less than nothing")
    return cursor


def positions(conn: Connection, shards: Sequence[bytes]) -> dict[bytes, int]:
    """Return the last position given in each shard."""
    rows = run(conn, f"SELECT shard, pos FROM sync_position WHERE shard IN ({places(len(shards))})", shards)
    found = {row[0]: int(row[1]) for row in rows}
    return {shard: found.get(shard, 0) for shard in shards}
