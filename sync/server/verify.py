"""Compares what a device believes the server to hold with what the server holds, sector by sector.

A sector is compared only where nothing in it has changed since the device's cursor: what has changed is on its way.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from sync.core.digest import DIGEST_SIZE_BYTES, EVERYBODY, part_of_ids, record_digest, schema_digest, total
from sync.protocol.kinds import UNIT, Kinds
from sync.protocol.messages import Checks, Verdict, ids_of
from sync.server import records
from sync.server.database import run
from sync.server.records import columns_of
from sync.server.scope import Cursor, Scope


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of a device's checks.

    Attributes:
        verdicts: One for each sector it asked about.
        differing: The sectors that differ.
    """

    verdicts: bytes
    differing: tuple[bytes, ...]


def compare(conn: Connection, kinds: Kinds, scope: Scope, cursor: Cursor, checks: Checks) -> Comparison:
    """Compare; `cursor` is where the device stands."""
    sectors = ids_of(checks.sectors)
    if checks.schema != schema_digest(kinds):
        return Comparison(bytes(len(sectors)), ())
    found: dict[bytes, Verdict] = {}
    for place, sector in enumerate(sectors):
        if sector not in found:
            start = place * DIGEST_SIZE_BYTES
            said = int.from_bytes(checks.digests[start : start + DIGEST_SIZE_BYTES], "big")
            found[sector] = _compared(conn, kinds, scope, cursor, sector, said, checks)
    differing = tuple(sector for sector, verdict in found.items() if verdict is Verdict.DIFFERS)
    return Comparison(bytes(found[sector] for sector in sectors), differing)


def _compared(
    conn: Connection, kinds: Kinds, scope: Scope, cursor: Cursor, sector: bytes, said: int, checks: Checks
) -> Verdict:
    everybody = sector == EVERYBODY
    shard = records.EVERYBODY if everybody else scope.units.get(sector)
    position = None if shard is None else cursor.positions.get(shard)
    if position is None:
        return Verdict.SKIPPED
    where, params = (f"{UNIT} IS NULL", ()) if everybody else (f"{UNIT} = ?", (sector,))
    sql = f"SELECT 1 FROM sync_log WHERE {where} AND pos > ? AND shard = ? LIMIT 1"
    if run(conn, sql, (*params, position, shard)).first() is not None:
        return Verdict.SKIPPED
    its = sector_digest(conn, kinds, sector, part=checks.part, parts=checks.parts)
    return Verdict.EQUAL if its == said else Verdict.DIFFERS


def sector_digest(conn: Connection, kinds: Kinds, sector: bytes, *, part: int = 0, parts: int = 1) -> int:
    """Return the digest of one part of a sector."""
    everybody = sector == EVERYBODY
    where, params = (f"{UNIT} IS NULL", ()) if everybody else (f"{UNIT} = ?", (sector,))
    if parts > 1:
        where, params = f"{where} AND substr(id, 16, 1) BETWEEN ? AND ?", (*params, *part_of_ids(part, parts))
    return total(
        record_digest(kind.name, row[0], row[1], row[3:])
        for kind in kinds
        if everybody or not kind.shared
        for row in run(conn, f"SELECT {columns_of(kind)} FROM {kind.table} WHERE {where}", params)
    )
