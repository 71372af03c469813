"""Begins again: the device lists everything anew, and offers what a restored server has lost.

What waits stays, and goes out only when the list is complete. Nothing is offered as newer than it is: a value goes up
as an edit of what the server has now where the device knows that it came after it; otherwise its past is said to be
unknown, and the server asks a person where it cannot tell. Removals are not offered: what the server lists is there.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection

from sync.client import store
from sync.client.incoming import COMPLETE, CURSOR, RESYNC, list_everything_again
from sync.client.replica import Author, Replica, agreed_record
from sync.client.store import RecordTable, Waiting
from sync.core import values as packed
from sync.core.squash import Line, Op
from sync.protocol.kinds import CONFLICT, HANDOVER, UNIT, Kind, Value, Values

ANEW: Final = "anew"
"""Set from the beginning until the list is complete; its content says who offers, if somebody does."""

OFFERED: Final = "restored_server"
"""The reason that stands in the history beside what is offered."""

_KEPT: Final = """CREATE TABLE IF NOT EXISTS sync_kept (
    kind TEXT NOT NULL,
    record_id BLOB NOT NULL,
    rev INTEGER NOT NULL,
    content TEXT NOT NULL
)"""


def begin(replica: Replica, conn: Connection, author: Author | None = None, roots: Sequence[bytes] = ()) -> None:
    """Let the next exchange list everything anew.

    Args:
        replica: The local records.
        conn: A write transaction.
        author: Who offers what the server has lost; nothing is offered when left out, because what the server does
            not have may have been wrong.
        roots: The units of the account: those above are not its own to offer.
    """
    conn.exec_driver_sql(_KEPT)
    conn.exec_driver_sql("DELETE FROM sync_kept")
    if author is not None:
        for kind in _offered(replica):
            _keep(conn, replica.tables[kind.name], roots)
    offering = [] if author is None else [author.account, author.device]
    store.set_state(conn, ANEW, json.dumps(offering).encode())
    store.set_state(conn, CURSOR, None)
    store.set_state(conn, COMPLETE, b"0")
    list_everything_again(conn)


def is_listing(conn: Connection) -> bool:
    """Return whether the list is still on its way: until then nothing is sent."""
    return store.state(conn, ANEW) is not None


def end(replica: Replica, conn: Connection) -> int | None:
    """Offer what the server has lost, once the list is complete; return how many records, or nothing before that."""
    found = store.state(conn, ANEW)
    if found is None or store.state(conn, RESYNC) is not None or store.state(conn, COMPLETE) != b"1":
        return None
    offering: list[str] = json.loads(found)
    offered = 0
    if offering:
        author = Author(offering[0], offering[1], "sync", reason=OFFERED)
        for kind in replica.kinds:
            _rebase(replica, conn, kind)
        for kind in _offered(replica):
            offered += sum(_offer(replica, conn, kind, *row, author) for row in _kept(conn, kind))
    conn.exec_driver_sql("DROP TABLE sync_kept")
    store.set_state(conn, ANEW, None)
    return offered


def _offered(replica: Replica) -> list[Kind]:
    return [kind for kind in replica.kinds if not kind.shared and kind not in {CONFLICT, HANDOVER}]


def _keep(conn: Connection, table: RecordTable, roots: Sequence[bytes]) -> None:
    """Remember the records that the server had, as they stand here; of the tree, parents first."""
    kind = table.kind
    rows = [row for row in table.every(conn) if row[1] > 0]
    if kind.tree:
        parents = {row[0]: row[3][kind.parent] for row in rows}
        above = {unit for root in roots for unit in _above(root, parents)}
        rows = sorted((row for row in rows if row[0] not in above), key=lambda row: len(_above(row[0], parents)))
    kept = [(kind.name, record_id, rev, packed.dump(values)) for record_id, rev, _, values in rows]
    if kept:
        conn.exec_driver_sql("INSERT INTO sync_kept (kind, record_id, rev, content) VALUES (?, ?, ?, ?)", kept)


def _above(unit: bytes, parents: Mapping[bytes, Value]) -> list[bytes]:
    """Return the units above one, as far as they are here."""
    above: list[bytes] = []
    parent = parents.get(unit)
    while isinstance(parent, bytes) and parent in parents and len(above) < len(parents):
        above.append(parent)
        parent = parents[parent]
    return above


def _kept(conn: Connection, kind: Kind) -> list[tuple[bytes, int, Values]]:
    sql = "SELECT record_id, rev, content FROM sync_kept WHERE kind = ? ORDER BY rowid"
    return [(row[0], row[1], packed.load(row[2])) for row in conn.exec_driver_sql(sql, (kind.name,)).all()]


def _rebase(replica: Replica, conn: Connection, kind: Kind) -> None:
    """Let what waits stand on what the server has now, where that is what its author had seen."""
    for record_id, lines in store.waiting_records(conn, kind.name).items():
        found = replica.tables[kind.name].get(conn, record_id)
        for waiting in lines:
            line = waiting.line
            rev = waiting.agreed_rev if line.op is Op.DELETE else 0 if found is None else found[0]
            if line.op is Op.CREATE or not rev:
                continue
            now = {**line.base, **waiting.agreed}
            same = {name: now[name] == line.base[name] for name in line.base}
            if line.op is Op.DELETE:
                same = dict.fromkeys(same, all(same.values()))
            revs = {name: rev if same.get(name, False) else 0 for name in line.base_revs}
            store.update_line(conn, waiting.seq, Line(line.op, line.patch, line.base, revs))


def _offer(
    replica: Replica, conn: Connection, kind: Kind, record_id: bytes, rev: int, kept: Values, author: Author
) -> bool:
    """Offer one record if the server has lost it, or a newer version of it; return whether that is so."""
    found = replica.tables[kind.name].get(conn, record_id)
    lines = list(store.lines(conn, kind.name, record_id).values())
    if found is None:
        if any(waiting.line.op is Op.DELETE for waiting in lines):
            return False
        store.remove_lines(conn, [waiting.seq for waiting in lines])
        replica.create(conn, kind.name, record_id, kept, author)
        return True
    if kind.append_only or found[0] > rev:  # the server has gone on from there
        return False
    return _offer_fields(replica, conn, kind, record_id, kept, lines, found, author)


def _offer_fields(
    replica: Replica, conn: Connection, kind: Kind, record_id: bytes, kept: Values, lines: list[Waiting],
    found: store.StoredRecord, author: Author,
) -> bool:  # fmt: skip
    rev, _, values = found
    agreed = agreed_record((rev, values), lines)
    if agreed is None:
        return False
    waits = {name for waiting in lines for name in waiting.line.patch}
    lost = {name: value for name, value in kept.items() if name not in waits and agreed[1][name] != value}
    if not lost:
        return False
    known = {name for name in lost if _was_before(conn, kind, record_id, name, agreed[1])}
    replica.edit(conn, kind.name, record_id, lost, author)
    waiting = store.lines(conn, kind.name, record_id)[store.PENDING]
    revs = {name: 0 if name in lost and name not in known else its for name, its in waiting.line.base_revs.items()}
    line = waiting.line
    store.update_line(conn, waiting.seq, Line(line.op, line.patch, line.base, revs))
    return True


def _was_before(conn: Connection, kind: Kind, record_id: bytes, name: str, server: Values) -> bool:
    """Return whether the device has seen the server's value before the one it has."""
    sql = "SELECT 1 FROM sync_history WHERE kind = ? AND record_id = ? AND field = ? AND old IS ? LIMIT 1"
    old = packed.dump_one(server[name])
    return name != UNIT and conn.exec_driver_sql(sql, (kind.name, record_id, name, old)).first() is not None
