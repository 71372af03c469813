"""Which sectors a device asks to have compared with the server, and what it remembers of the outcome.

Each synchronisation compares a few, or a part of a large one, in turns, so that its cost does not grow with what the
device holds; a sector that differs comes again in the same answer. One that still differs after several repairs is left
alone and reported.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import chain, takewhile
from typing import Final

from sqlalchemy import Connection

from sync.client import store
from sync.client.incoming import COMPLETE, RESYNC
from sync.client.replica import Replica
from sync.core.digest import DIGEST_SIZE_BYTES, EVERYBODY, schema_digest
from sync.protocol.kinds import UNIT, Kinds
from sync.protocol.messages import PARTS_MAX, Checks, Verdict, ids_of

REPAIRS_MAX: Final = 3
"""Repairs of one sector in a row."""

RECORDS_MAX: Final = 300
"""Records compared at a time."""

_RECORDS_ENOUGH: Final = 100
_SECTORS_MAX: Final = 2
_LAST: Final = "checked_last"
_REPAIRS: Final = "repairs"


def checks(
    replica: Replica, conn: Connection, *, everything: bool = False, records_max: int = RECORDS_MAX
) -> Checks | None:
    """Return what to ask now; nothing while the device does not have everything.

    Args:
        replica: The local records.
        conn: A write transaction.
        everything: Ask about all sectors, also those that could not be repaired.
        records_max: Compare no more records than about so many at a time: a larger sector has a turn for each part.
    """
    if store.state(conn, COMPLETE) != b"1" or store.state(conn, RESYNC) is not None:
        return None
    if everything:
        store.set_state(conn, _REPAIRS, None)
    left_out = set(differing(conn)) | (set() if everything else _changing(replica, conn))
    begun, part = _begun(conn)
    sectors = [sector for sector in _in_turns(replica.kinds, conn, begun, again=part > 0) if sector not in left_out]
    if not sectors:
        return None
    parts = 1
    candidates: Iterable[bytes] = sectors
    if not everything:
        parts = _parts(replica, conn, sectors[0], records_max)
        small = takewhile(lambda sector: parts == _parts(replica, conn, sector, records_max) == 1, sectors[1:])
        candidates = chain(sectors[:1], small)
    part = part if part < parts and sectors[0] == begun else 0
    asked, digests, records = b"", b"", 0
    found = replica.sector_digests(conn, candidates, part=part, parts=parts)
    for place, (sector, (digest, count)) in enumerate(found, 1):
        asked += sector
        digests += digest.to_bytes(DIGEST_SIZE_BYTES, "big")
        records += count
        if not everything and (records >= _RECORDS_ENOUGH or place == _SECTORS_MAX):
            break
    following = bytes((part + 1,)) if part + 1 < parts else b""
    store.set_state(conn, _LAST, asked[-len(EVERYBODY) :] + following)
    return Checks(schema_digest(replica.kinds), asked, digests, part, parts)


def _begun(conn: Connection) -> tuple[bytes, int]:
    """Return the sector that was asked about last, and the part of it that is next; 0: all of it had its turn."""
    last = store.state(conn, _LAST) or b""
    return last[: len(EVERYBODY)], int.from_bytes(last[len(EVERYBODY) :], "big")


def _parts(replica: Replica, conn: Connection, sector: bytes, records_max: int) -> int:
    unit = None if sector == EVERYBODY else sector
    kinds = [kind for kind in replica.kinds if unit is None or not kind.shared]
    records = sum(replica.tables[kind.name].count_of_unit(conn, unit) for kind in kinds)
    return min(-(-records // records_max) or 1, PARTS_MAX)


def _in_turns(kinds: Kinds, conn: Connection, begun: bytes, *, again: bool) -> list[bytes]:
    """Return every sector once, beginning with the one that was asked about last, or after it.

    A unit whose removal waits, or was refused, is one of them: the server has it, and perhaps records in it.
    """
    sql = (
        f'SELECT id FROM "{kinds.tree.table}" UNION SELECT record_id FROM sync_outbox'
        " WHERE kind = ? AND op = 'delete' ORDER BY 1"
    )
    sectors = [EVERYBODY, *(row[0] for row in conn.exec_driver_sql(sql, (kinds.tree.name,)))]
    first = bisect_left(sectors, begun) if again else bisect_right(sectors, begun)
    return [*sectors[first:], *sectors[:first]]


def _changing(replica: Replica, conn: Connection) -> set[bytes]:
    """Return the sectors that this exchange changes: the server would not compare them."""
    sql = (
        'SELECT DISTINCT "{unit}" FROM "{table}" WHERE id IN'
        " (SELECT record_id FROM sync_outbox WHERE kind = ? AND status <> ?)"
    )
    return {
        row[0]
        for kind in replica.kinds
        for row in conn.exec_driver_sql(sql.format(unit=UNIT, table=kind.table), (kind.name, store.REFUSED))
        if row[0] is not None
    }


def note(conn: Connection, asked: Checks, verdicts: bytes) -> int:
    """Remember what the server found; return how many sectors it has sent again."""
    repairs = _repairs(conn)
    before = dict(repairs)
    repaired = 0
    for sector, verdict in zip(ids_of(asked.sectors), verdicts, strict=False):
        name = sector.hex() if asked.parts == 1 else f"{sector.hex()} {asked.part}"
        if verdict == Verdict.EQUAL:
            repairs.pop(name, None)
        elif verdict == Verdict.DIFFERS:
            repairs[name] = repairs.get(name, 0) + 1
            repaired += 1
    if repairs != before:
        store.set_state(conn, _REPAIRS, json.dumps(repairs).encode())
    return repaired


def differing(conn: Connection) -> list[bytes]:
    """Return the sectors that no repair has made equal."""
    names = (name for name, count in _repairs(conn).items() if count >= REPAIRS_MAX)
    return list(dict.fromkeys(bytes.fromhex(name.partition(" ")[0]) for name in names))


def _repairs(conn: Connection) -> dict[str, int]:
    found: dict[str, int] = json.loads(store.state(conn, _REPAIRS) or b"{}")
    return found
