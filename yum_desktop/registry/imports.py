"""What the local file remembers about imports: how columns of a layout were taken, and batches that can be undone."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, text

from sync.protocol.kinds import Value
from yum_desktop.domain.member import BY_NAME
from yum_desktop.registry import settings
from yum_desktop.registry.clock import from_ms
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.kinds import MEMBER_KIND
from yum_desktop.registry.undoing import PREFIX

_LAYOUT: Final = "import_layout:"
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """An import of this device.

    Attributes:
        group: Under which it can be undone.
        reason: Where it came from.
        people: How many records it made or changed.
        undone: It was taken back.
    """

    group: str
    reason: str
    people: int
    at: datetime
    undone: bool


def recall_layout(r: Registry, fingerprint: str) -> dict[int, str | None] | None:
    """Return what columns of a layout were taken for; nothing for a layout that was never imported."""
    with r.read() as conn:
        found = settings.get(conn, _LAYOUT + fingerprint)
    return None if found is None else {int(index): target for index, target in json.loads(found).items()}


def remember_layout(r: Registry, fingerprint: str, mapping: Mapping[int, str | None]) -> None:
    """Remember what columns of a layout are taken for."""
    with r.write() as conn:
        settings.put(conn, {_LAYOUT + fingerprint: json.dumps(dict(mapping))})


def batches(r: Registry, *, limit: int = 10) -> list[Batch]:
    """Return the last imports of this device, newest first."""
    sql = (
        "SELECT h.group_id, max(h.reason), count(DISTINCT h.record_id), min(h.at),"
        " EXISTS (SELECT 1 FROM sync_history AS u WHERE u.group_id = ? || h.group_id)"
        " FROM sync_history AS h WHERE h.channel = 'import' AND h.group_id IS NOT NULL"
        " GROUP BY h.group_id ORDER BY max(h.seq) DESC LIMIT ?"
    )
    with r.read() as conn:
        rows = conn.exec_driver_sql(sql, (PREFIX, limit)).all()
    return [Batch(row[0], row[1] or "", row[2], from_ms(row[3]), bool(row[4])) for row in rows]


def values_of(r: Registry, member_ids: Iterable[UUID]) -> dict[UUID, dict[str, Value]]:
    """Return the fields of members, of those that are still there."""
    ids = [member_id.bytes for member_id in member_ids]
    names = [name for name in BY_NAME if name != "unit_id"]
    statement = text(f"SELECT id, {', '.join(names)} FROM {MEMBER_KIND} WHERE id IN :ids").bindparams(
        bindparam("ids", expanding=True)
    )
    found: dict[UUID, dict[str, Value]] = {}
    with r.read() as conn:
        for start in range(0, len(ids), _AT_ONCE):
            for row in conn.execute(statement, {"ids": ids[start : start + _AT_ONCE]}):
                found[UUID(bytes=row[0])] = dict(zip(names, row[1:], strict=True))
    return found
