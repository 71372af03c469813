"""What happened on this device: the last changes of all records, its own and those that arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from sync.client.store import CREATED_FIELD, DELETED_FIELD
from sync.core import values as packed
from yum_desktop.domain.labels import field_label
from yum_desktop.registry.clock import from_ms
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.unit_tree import names

_LINES_MAX: Final = 2_000
"""Lines of the history that are read: a change has a line for each of its fields."""


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One change of one record.

    Attributes:
        operation: ``create``, ``edit`` or ``delete``.
        title: What people call the record.
        fields: Labels of the changed fields.
        waiting: It has not reached the server.
    """

    kind: str
    record_id: UUID
    operation: str
    title: str
    unit_name: str
    fields: tuple[str, ...]
    account: str
    device: str
    at: datetime
    channel: str
    waiting: bool


_RECENT: Final = """
SELECT h.kind, h.record_id, h.field, h.old, h.new, h.account, h.device, h.at, h.channel, h.group_id,
  coalesce(m.full_name, c.title, u.name, sc.title),
  coalesce(m.unit_id, c.unit_id, u.parent_id, sc.unit_id),
  EXISTS (SELECT 1 FROM sync_outbox AS o WHERE o.change_id = h.change_id)
FROM (SELECT * FROM sync_history ORDER BY seq DESC LIMIT ?) AS h
LEFT JOIN member AS m ON h.kind = 'member' AND m.id = h.record_id
LEFT JOIN union_case AS c ON h.kind = 'case' AND c.id = h.record_id
LEFT JOIN unit AS u ON h.kind = 'unit' AND u.id = h.record_id
LEFT JOIN case_step AS s ON h.kind = 'case_step' AND s.id = h.record_id
LEFT JOIN union_case AS sc ON sc.id = s.case_id
ORDER BY h.seq DESC
"""
_TITLES: Final = ("full_name", "title", "name")


def recent_changes(r: Registry, *, limit: int = 300) -> list[ActivityRow]:
    """Return the last changes that this device knows of, newest first; fields changed together are one line."""
    with r.read() as conn:
        lines = conn.exec_driver_sql(_RECENT, (_LINES_MAX,)).all()
        units = names(conn)
    together = groupby(lines, key=lambda row: (row[0], row[1], row[5], row[6], row[7], row[9]))
    return [_row(list(rows), units) for _, rows in together][:limit]


def case_of_step(r: Registry, step_id: UUID) -> UUID | None:
    """Return the case that a step belongs to; nothing when the step is gone."""
    with r.read() as conn:
        row = conn.exec_driver_sql("SELECT case_id FROM case_step WHERE id = ?", (step_id.bytes,)).first()
    return UUID(bytes=row[0]) if row is not None and row[0] is not None else None


def _row(lines: Sequence[Sequence[Any]], units: dict[bytes, str]) -> ActivityRow:
    """Return the lines of one change as one row; the newest line is the first."""
    kind, record_id, _, _, _, account, device, at, channel, _, title, unit, waiting = lines[0]
    changed = [line[2] for line in reversed(lines)]
    operation = "delete" if DELETED_FIELD in changed else "create" if CREATED_FIELD in changed else "edit"
    return ActivityRow(
        kind=kind,
        record_id=UUID(bytes=record_id),
        operation=operation,
        title=title or _title(lines),
        unit_name=units.get(unit, "") if isinstance(unit, bytes) else "",
        fields=tuple(field_label(kind, name) for name in changed if name not in {CREATED_FIELD, DELETED_FIELD}),
        account=account,
        device=device,
        at=from_ms(at),
        channel=channel,
        waiting=bool(waiting),
    )


def _title(lines: Sequence[Sequence[Any]]) -> str:
    """Return the title of a record that is gone, as its history remembers it."""
    for _, _, field, old, new, *_ in lines:
        text = {CREATED_FIELD: new, DELETED_FIELD: old}.get(field)
        values = packed.load(text) if text else {}
        found = next((str(values[name]) for name in _TITLES if values.get(name)), "")
        if found:
            return found
    return ""
