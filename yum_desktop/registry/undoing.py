"""Taking back what was done together: every change carries a group, and a group is reversed as a whole."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from sync.client import store
from sync.client.replica import Author
from sync.client.store import CREATED_FIELD, DELETED_FIELD
from sync.core import values as packed
from sync.protocol.kinds import CONFLICT, UNIT, Value, Values
from yum_desktop.domain.errors import InputError
from yum_desktop.registry.engine import Registry

PREFIX: Final = "undo:"
"""The group of what was taken back begins with it, so that undoing again goes further back."""

UNDO: Final = "undo"


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the history that belongs to the group."""

    seq: int
    kind: str
    record_id: bytes
    field: str
    old: str | None
    new: str | None


def last_group(r: Registry) -> str | None:
    """Return the newest group of this device's own changes that has not been taken back."""
    sql = (
        "SELECT group_id FROM sync_history AS h WHERE group_id IS NOT NULL AND substr(group_id, 1, ?) <> ?"
        " AND NOT EXISTS (SELECT 1 FROM sync_history AS u WHERE u.group_id = ? || h.group_id)"
        " ORDER BY seq DESC LIMIT 1"
    )
    with r.read() as conn:
        row = conn.exec_driver_sql(sql, (len(PREFIX), PREFIX, PREFIX)).first()
    return None if row is None else str(row[0])


def undo(r: Registry, group: str) -> int:
    """Take back the changes of a group that nobody has changed since; return how many.

    A record the group made is removed, one it removed comes back. The reversal is a change like any other: it is sent,
    has its history, and can be taken back itself by its group (``undo:`` and the group's name).

    Raises:
        InputError: `undo.unknown`: no such group.
    """
    author = r.author(channel=UNDO, reason="Hoàn tác", group=PREFIX + group)
    with r.write() as conn:
        lines = _lines(conn, group)
        if not lines:
            raise InputError("undo.unknown", "Không có gì để hoàn tác.")
        records: dict[tuple[str, bytes], list[_Line]] = {}
        for line in lines:
            records.setdefault((line.kind, line.record_id), []).append(line)
        return sum(_reverse(r, conn, of_record, author) for of_record in reversed(list(records.values())))


def _lines(conn: Connection, group: str) -> list[_Line]:
    sql = "SELECT seq, kind, record_id, field, old, new FROM sync_history WHERE group_id = ? ORDER BY seq"
    return [_Line(*row) for row in conn.exec_driver_sql(sql, (group,))]


def _reverse(r: Registry, conn: Connection, lines: list[_Line], author: Author) -> int:
    """Reverse what a group did to one record; `lines` are in the order in which they happened."""
    first, last = lines[0], lines[-1]
    kind, record_id = first.kind, first.record_id
    table = r.replica.tables[kind]
    found = table.get(conn, record_id)
    if last.field == DELETED_FIELD:
        if found is not None or first.field == CREATED_FIELD or not last.old:
            return 0
        r.replica.create(conn, kind, record_id, _before(packed.load(last.old), lines), author)
        return 1
    sent = kind == CONFLICT.name and store.PENDING not in store.lines(conn, kind, record_id)
    if found is None or table.kind.append_only or sent:  # a settlement that has been sent stands
        return 0
    later = _later(conn, kind, record_id, last.seq)
    if first.field == CREATED_FIELD:
        if later:
            return 0
        r.replica.delete(conn, kind, record_id, author)
        return 1
    back = {
        name: old
        for name, (old, new) in _changes(lines).items()
        if name not in later and found[2].get(name) == new and old != new and name != CREATED_FIELD
    }
    return len(r.replica.edit(conn, kind, record_id, back, author)) if back else 0


def _changes(lines: list[_Line]) -> dict[str, tuple[Value, Value]]:
    """Return for each field what stood there before the group and after it."""
    changes: dict[str, tuple[Value, Value]] = {}
    for line in lines:
        if line.field in {CREATED_FIELD, DELETED_FIELD}:
            continue
        old, new = packed.load_one(line.old), packed.load_one(line.new)
        changes[line.field] = (changes[line.field][0] if line.field in changes else old, new)
    return changes


def _before(removed: Values, lines: list[_Line]) -> Values:
    """Return a removed record as it was before the group changed it."""
    values = removed | {name: old for name, (old, _) in _changes(lines).items()}
    assert values.get(UNIT) is not None, "a record belongs to a unit"
    return values


def _later(conn: Connection, kind: str, record_id: bytes, seq: int) -> set[str]:
    """Return the fields that anybody changed after the group; what was taken back meanwhile does not count."""
    sql = (
        "SELECT DISTINCT field FROM sync_history AS h WHERE record_id = ? AND kind = ? AND seq > ?"
        " AND (group_id IS NULL OR substr(group_id, 1, ?) <> ?)"
        " AND NOT EXISTS (SELECT 1 FROM sync_history AS u WHERE u.group_id = ? || h.group_id)"
    )
    return {row[0] for row in conn.exec_driver_sql(sql, (record_id, kind, seq, len(PREFIX), PREFIX, PREFIX))}
