"""Retention: what changed long ago is forgotten, as far as nobody needs it to agree.

Of each record stay the lines that say when it arrived in a unit, left one, or was removed: they tell whose it was, and
which revision comes next. Its changed fields go, and what a removed record held. How far the log was cut is kept for
each shard (`sync_floor`): a device that stands below gets everything again, and what waits on it is merged with an
unknown past, so that a person decides where values differ.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from sync.server.database import Database, run
from sync.server.lineage import mark

EMPTIED: Final = "{}"
"""The fields of a removal whose content was forgotten; a removal that still has it names the unit at least."""

_LINES_MAX: Final = 5_000
"""Lines looked at in one transaction: others write in between."""


@dataclass(slots=True)
class Compacted:
    """What was forgotten, or would be.

    Attributes:
        lines: Changes of records that live on.
        removed: Removed records whose content went.
        receipts: Answers to changes: one that is sent again after so long is merged anew.
        refusals: What was refused.
    """

    lines: int = 0
    removed: int = 0
    receipts: int = 0
    refusals: int = 0


def preview(database: Database, *, before_ms: int) -> Compacted:
    """Return what `compact` would forget."""
    with database.read() as conn:
        found = Compacted(
            receipts=_count(conn, "FROM sync_receipt WHERE received_at < ?", (before_ms,)),
            refusals=_count(conn, "FROM sync_refusal WHERE received_at < ?", (before_ms,)),
        )
        for shard, floor in _floors(conn).items():
            span = (shard, floor, _end(conn, shard, floor, before_ms))
            found.lines += _count(conn, f"FROM sync_log WHERE {_SPAN} AND {_CHANGED}", span)
            found.removed += _count(conn, f"FROM sync_log WHERE {_SPAN} AND {_REMOVED}", span)
    return found


def compact(database: Database, *, before_ms: int) -> Compacted:
    """Forget what the server received before `before_ms`, ms UTC, in small transactions.

    May be stopped and repeated. Devices may exchange meanwhile.
    """
    done = Compacted()
    with database.read() as conn:
        floors = _floors(conn)
        ends = {shard: _end(conn, shard, floor, before_ms) for shard, floor in floors.items()}
    for shard, floor in floors.items():
        place: int | None = floor
        while place is not None and place < ends[shard]:
            with database.write() as conn:
                place = _forget(conn, shard, place, ends[shard], done)
    done.receipts = _forget_all(database, "sync_receipt", before_ms)
    done.refusals = _forget_all(database, "sync_refusal", before_ms)
    return done


_SPAN: Final = "shard = ? AND pos > ? AND pos <= ?"
_CHANGED: Final = "op = 'patch'"
_REMOVED: Final = f"op = 'delete' AND fields <> '{EMPTIED}'"


def _floors(conn: Connection) -> dict[bytes, int]:
    """Return how far the log of each shard was cut."""
    sql = "SELECT p.shard, f.pos FROM sync_position p LEFT JOIN sync_floor f ON f.shard = p.shard ORDER BY p.shard"
    return {bytes(shard): int(pos or 0) for shard, pos in run(conn, sql)}


def _end(conn: Connection, shard: bytes, floor: int, before_ms: int) -> int:
    """Return the last position before the first line that is kept: order is by position, never by time."""
    sql = "SELECT min(pos) FROM sync_log WHERE shard = ? AND pos > ? AND received_at >= ?"
    kept = run(conn, sql, (shard, floor, before_ms)).scalar()
    if kept is not None:
        return int(kept) - 1
    return int(run(conn, "SELECT pos FROM sync_position WHERE shard = ?", (shard,)).scalar_one())


def _forget(conn: Connection, shard: bytes, place: int, end: int, done: Compacted) -> int | None:
    """Cut the next part of one shard's log; return how far that went, or nothing when no line is left."""
    sql = (
        "SELECT pos, record_id, rev, received_at, change_id FROM sync_log WHERE shard = ? AND pos > ? AND pos <= ?"
        f" ORDER BY pos LIMIT {_LINES_MAX}"
    )
    lines = run(conn, sql, (shard, place, end)).all()
    if not lines:
        return None
    last, *what = lines[-1]
    sql = (
        "INSERT INTO sync_floor (shard, pos, mark) VALUES (?, ?, ?)"
        " ON CONFLICT (shard) DO UPDATE SET pos = excluded.pos, mark = excluded.mark"
    )
    run(conn, sql, (shard, last, mark(*what)))
    span = (shard, place, last)
    done.lines += run(conn, f"DELETE FROM sync_log WHERE {_SPAN} AND {_CHANGED}", span).rowcount
    sql = f"UPDATE sync_log SET fields = '{EMPTIED}', reason = '' WHERE {_SPAN} AND {_REMOVED}"
    done.removed += run(conn, sql, span).rowcount
    return int(last)


def _forget_all(database: Database, table: str, before_ms: int) -> int:
    """Remove what came before a time, some at a time; return how many there were."""
    sql = (
        f"DELETE FROM {table} WHERE change_id IN"
        f" (SELECT change_id FROM {table} WHERE received_at < ? LIMIT {_LINES_MAX})"
    )
    gone, part = 0, _LINES_MAX
    while part == _LINES_MAX:
        with database.write() as conn:
            part = run(conn, sql, (before_ms,)).rowcount
        gone += part
    return gone


def _count(conn: Connection, what: str, params: tuple[object, ...]) -> int:
    return int(run(conn, f"SELECT count(*) {what}", params).scalar_one())
