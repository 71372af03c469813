"""Which sectors a device asks to have compared with the server, and what it remembers of the outcome.

Each synchronisation compares a few, in turns, so that its cost does not grow with what the device holds; what differs
comes again in the same answer. A sector that still differs after several repairs is left alone and reported.
"""

import json
from bisect import bisect_right
from typing import Final

from sqlalchemy import Connection

from sync.client import store
from sync.client.incoming import COMPLETE, RESYNC
from sync.client.replica import Replica
from sync.core.digest import DIGEST_SIZE_BYTES, EVERYBODY, schema_digest
from sync.protocol.kinds import UNIT, Kinds
from sync.protocol.messages import Checks, Verdict, ids_of

REPAIRS_MAX: Final = 3
"""Repairs of one sector in a row."""

_RECORDS_ENOUGH: Final = 100
_SECTORS_MAX: Final = 2
_LAST: Final = "checked_last"
_REPAIRS: Final = "repairs"


def checks(replica: Replica, conn: Connection, *, everything: bool = False) -> Checks | None:
    """Return what to ask now; nothing while the device does not have everything.

    Args:
        replica: The local records.
        conn: A write transaction.
        everything: Ask about all sectors, also those that could not be repaired.
    """
    if store.state(conn, COMPLETE) != b"1" or store.state(conn, RESYNC) is not None:
        return None
    if everything:
        store.set_state(conn, _REPAIRS, None)
    left_out = set(differing(conn)) | (set() if everything else _changing(replica, conn))
    asked, digests, records = b"", b"", 0
    candidates = (sector for sector in _in_turns(replica.kinds, conn) if sector not in left_out)
    for place, (sector, (digest, count)) in enumerate(replica.sector_digests(conn, candidates), 1):
        asked += sector
        digests += digest.to_bytes(DIGEST_SIZE_BYTES, "big")
        records += count
        if not everything and (records >= _RECORDS_ENOUGH or place == _SECTORS_MAX):
            break
    if not asked:
        return None
    store.set_state(conn, _LAST, asked[-len(EVERYBODY) :])
    return Checks(schema_digest(replica.kinds), asked, digests)


def _in_turns(kinds: Kinds, conn: Connection) -> list[bytes]:
    """Return every sector once, beginning after the one that was asked about last.

    A unit whose removal waits, or was refused, is one of them: the server has it, and perhaps records in it.
    """
    last = store.state(conn, _LAST) or b""
    sql = (
        f'SELECT id FROM "{kinds.tree.table}" UNION SELECT record_id FROM sync_outbox'
        " WHERE kind = ? AND op = 'delete' ORDER BY 1"
    )
    sectors = [row[0] for row in conn.exec_driver_sql(sql, (kinds.tree.name,))]
    later = bisect_right(sectors, last)
    return [*sectors[later:], EVERYBODY, *sectors[:later]]


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
        if verdict == Verdict.EQUAL:
            repairs.pop(sector.hex(), None)
        elif verdict == Verdict.DIFFERS:
            repairs[sector.hex()] = repairs.get(sector.hex(), 0) + 1
            repaired += 1
    if repairs != before:
        store.set_state(conn, _REPAIRS, json.dumps(repairs).encode())
    return repaired


def differing(conn: Connection) -> list[bytes]:
    """Return the sectors that no repair has made equal."""
    return [bytes.fromhex(sector) for sector, count in _repairs(conn).items() if count >= REPAIRS_MAX]


def _repairs(conn: Connection) -> dict[str, int]:
    found: dict[str, int] = json.loads(store.state(conn, _REPAIRS) or b"{}")
    return found
