"""Tells a restored server from the one a device has met, by a print of the log at the places of its cursor.

Positions alone do not tell: a server that came back from a backup gives the lost ones out again. The line that stands
at a position differs then, and with it the print, which takes the place of the second half of the data set's name in
the cursor, so that it costs no byte.
"""

import hashlib
from collections.abc import Mapping, Sequence

from msgspec.structs import replace
from sqlalchemy import Connection

from sync.protocol.errors import RejectedError
from sync.server import scope as scopes
from sync.server.database import places, run
from sync.server.scope import Cursor

_NAME_SIZE_BYTES = 4
_PRINT_SIZE_BYTES = 4
_PLACES_MAX = 200
"""Positions named in one statement."""

Place = tuple[bytes, int]
"""A shard and a position in it."""


class Lineage:
    """The log as one read transaction sees it.

    Args:
        conn: The transaction.
        epoch: Names the server's data.
    """

    def __init__(self, conn: Connection, epoch: bytes) -> None:
        self._conn = conn
        self._epoch = epoch
        self._marks: dict[Place, bytes] = {}
        self._floors: dict[bytes, int] = {}

    def stamped(self, packed: bytes) -> bytes:
        """Return a cursor with the print of its places."""
        cursor = scopes.read_cursor(packed)
        return replace(cursor, epoch=self._name(cursor)).packed()

    def check(self, cursor: Cursor, now: Mapping[bytes, int]) -> bool:
        """Refuse a cursor that is not of this server's past; return whether the log still reaches back to it.

        A cursor with the whole name of the data set and no print is of a program before prints.

        Args:
            cursor: Where a device stands.
            now: Last positions, of those shards that are known.

        Raises:
            RejectedError: `server.changed` (it is another server's) or `server.went_back` (this server has lost what
                the device has seen).
        """
        if cursor.epoch[:_NAME_SIZE_BYTES] != self._epoch[:_NAME_SIZE_BYTES]:
            raise RejectedError("server.changed")
        if any(pos > now.get(shard, pos) for shard, pos in cursor.positions.items()):
            raise RejectedError("server.went_back")
        name = self._name(cursor)
        if any(pos < self._floors.get(shard, 0) for shard, pos in cursor.positions.items()):
            return False
        if cursor.epoch not in {self._epoch, name}:
            raise RejectedError("server.went_back")
        return True

    def _name(self, cursor: Cursor) -> bytes:
        self._learn([place for place in cursor.positions.items() if place not in self._marks])
        print_ = hashlib.blake2b(digest_size=_PRINT_SIZE_BYTES)
        for place in sorted(cursor.positions.items()):
            print_.update(self._marks[place])
        return self._epoch[:_NAME_SIZE_BYTES] + print_.digest()

    def _learn(self, wanted: Sequence[Place]) -> None:
        """Read what stands at some places, and how far the log was cut there; at the cut, what stood there."""
        self._marks.update(dict.fromkeys(wanted, b""))
        for start in range(0, len(wanted), _PLACES_MAX):
            part = wanted[start : start + _PLACES_MAX]
            at = " OR ".join(["(shard = ? AND pos = ?)"] * len(part))
            sql = (
                f"SELECT 0, shard, pos, record_id, rev, received_at, change_id FROM sync_log WHERE {at} UNION ALL"
                f" SELECT 1, shard, pos, mark, 0, 0, NULL FROM sync_floor WHERE shard IN ({places(len(part))})"
            )
            params = [*(each for place in part for each in place), *(shard for shard, _ in part)]
            for cut, shard, pos, *what in sorted(run(self._conn, sql, params).all(), key=lambda row: -int(row[0])):
                if cut:
                    self._floors[bytes(shard)] = int(pos)
                self._marks[bytes(shard), int(pos)] = bytes(what[0]) if cut else mark(*what)


def mark(record_id: bytes, rev: int, received_at: int, change_id: bytes | None) -> bytes:
    """Return what tells one line of the log from another that might stand in its place."""
    return b"".join((record_id, rev.to_bytes(4, "big"), received_at.to_bytes(8, "big", signed=True), change_id or b""))
