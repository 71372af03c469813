"""What is read from the records: each query opens its own transaction and gives frozen values."""

import json
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, select

from sync.client import clock, store
from sync.client.engine import is_complete
from sync.client.incoming import LAST_SYNC
from sync.client.store import CREATED_FIELD, DELETED_FIELD, IN_FLIGHT, PENDING, REFUSED, Waiting
from sync.core import values as packed
from sync.core.squash import Op
from sync.protocol.kinds import UNIT, Value
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.labels import CREATED_LABEL, DELETED_LABEL, KIND_LABELS, field_label
from yum_desktop.domain.member import MEMBER_FIELDS
from yum_desktop.domain.rules import missing_fields
from yum_desktop.registry import handovers, pairs, settings
from yum_desktop.registry.case_queries import case, cases
from yum_desktop.registry.clock import as_ms, from_ms
from yum_desktop.registry.code_lists import codes
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.kinds import KINDS, MEMBER_KIND
from yum_desktop.registry.member_list import member_list, member_rows, more_members
from yum_desktop.registry.refusals import text_of
from yum_desktop.registry.rules import rules_in
from yum_desktop.registry.tables import ConflictRecord
from yum_desktop.registry.unit_tree import name_of, names, unit_name, unit_tree
from yum_desktop.registry.views import (
    ConflictField,
    ConflictRow,
    FieldProblem,
    HistoryRow,
    MemberDetail,
    PendingRow,
    SyncState,
)

__all__ = [
    "case",
    "cases",
    "codes",
    "conflict",
    "conflicts",
    "digest",
    "history",
    "member",
    "member_list",
    "member_rows",
    "more_members",
    "pending",
    "row_counts",
    "sync_state",
    "unit_name",
    "unit_tree",
]

_MINUTE_MS: Final = 60_000
_MEMBER_NAMES: Final = tuple(field.name for field in MEMBER_FIELDS)


def member(r: Registry, member_id: UUID) -> MemberDetail:
    """Return one member with every field as this device sees it, and what the server said to it.

    Raises:
        InputError: `member.unknown`.
    """
    with r.read() as conn:
        found = r.replica.tables[MEMBER_KIND].get(conn, member_id.bytes)
        if found is None:
            raise InputError("member.unknown", "Không còn đoàn viên này trên máy.")
        values = {name: found[2][name] for name in _MEMBER_NAMES}
        lines = store.lines(conn, MEMBER_KIND, member_id.bytes)
        open_conflicts = conn.execute(
            select(ConflictRecord.id)
            .where(ConflictRecord.target_id == member_id.bytes, ConflictRecord.status == "open")
            .order_by(ConflictRecord.id)
        ).scalars()
        unit = values[UNIT]
        assert isinstance(unit, bytes), "a member belongs to a unit"
        return MemberDetail(
            member_id=member_id,
            unit_id=UUID(bytes=unit),
            unit_name=name_of(conn, unit),
            values=values,
            waiting=frozenset(
                name for status in (PENDING, IN_FLIGHT) if status in lines for name in lines[status].line.patch
            ),
            refused=_problems(lines.get(REFUSED)),
            conflicts=tuple(UUID(bytes=conflict_id) for conflict_id in open_conflicts),
            missing=missing_fields(values, rules_in(conn), on=r.clock.now().date()),
        )


def _problems(refused: Waiting | None) -> dict[str, FieldProblem]:
    """Return a refusal by field: the one to blame, else all of an edit; of a new record its first field."""
    if refused is None:
        return {}
    patch = refused.line.patch
    blamed = [refused.field] if refused.field is not None and refused.field in patch else list(patch)
    if refused.line.op is not Op.EDIT:
        blamed = blamed[:1]
    code = refused.code or ""
    return {name: FieldProblem(code, text_of(code, refused.text), patch[name]) for name in blamed}


def history(r: Registry, kind: str, record_id: UUID) -> list[HistoryRow]:
    """Return what this device knows of the changes of one record, newest first.

    A creation or a removal is one line, named by the record's title. What happened to records that were merged into
    this one is part of it.
    """
    with r.read() as conn:
        ids = [record_id.bytes, *(pairs.merged_into(conn, record_id.bytes) if kind == MEMBER_KIND else ())]
        sql = (
            "SELECT field, old, new, account, device, at, channel, reason, group_id, record_id FROM sync_history"
            f" WHERE record_id IN ({', '.join('?' * len(ids))}) AND kind = ? ORDER BY seq DESC"
        )
        rows = conn.exec_driver_sql(sql, (*ids, kind)).all()
    return [
        HistoryRow(
            field=row[0],
            label={CREATED_FIELD: CREATED_LABEL, DELETED_FIELD: DELETED_LABEL}.get(row[0], field_label(kind, row[0])),
            old=_shown(kind, row[0], row[1]),
            new=_shown(kind, row[0], row[2]),
            account=row[3],
            device=row[4],
            at=from_ms(row[5]),
            channel=row[6],
            reason=row[7],
            group_id=row[8],
            merged=row[9] != record_id.bytes,
        )
        for row in rows
    ]


def _shown(kind: str, name: str, text: str | None) -> Value:
    if name in {CREATED_FIELD, DELETED_FIELD}:
        return _title(kind, packed.load(text)) if text else None
    return packed.load_one(text)


def _title(kind: str, values: dict[str, Value]) -> str:
    """Return what people call a record with `values`."""
    name = KINDS[kind].title if kind in KINDS else ""
    return str(values.get(name) or "") if name else KIND_LABELS.get(kind, kind)


_PENDING: Final = """
SELECT o.change_id, o.kind, o.record_id, o.op, o.patch, o.base, o.status, o.at, o.code, o.field, o.text, o.link,
  coalesce(m.full_name, c.title, u.name, sc.title, cm.full_name, cc.title, cu.name, hm.full_name, hc.title,
    pm.full_name, po.full_name),
  coalesce(m.unit_id, c.unit_id, u.parent_id, sc.unit_id, f.unit_id, h.unit_id, p.unit_id)
FROM sync_outbox AS o
LEFT JOIN member AS m ON o.kind = 'member' AND m.id = o.record_id
LEFT JOIN union_case AS c ON o.kind = 'case' AND c.id = o.record_id
LEFT JOIN unit AS u ON o.kind = 'unit' AND u.id = o.record_id
LEFT JOIN case_step AS s ON o.kind = 'case_step' AND s.id = o.record_id
LEFT JOIN union_case AS sc ON sc.id = s.case_id
LEFT JOIN conflict AS f ON o.kind = 'conflict' AND f.id = o.record_id
LEFT JOIN member AS cm ON f.target_kind = 'member' AND cm.id = f.target_id
LEFT JOIN union_case AS cc ON f.target_kind = 'case' AND cc.id = f.target_id
LEFT JOIN unit AS cu ON f.target_kind = 'unit' AND cu.id = f.target_id
LEFT JOIN handover AS h ON o.kind = 'handover' AND h.id = o.record_id
LEFT JOIN member AS hm ON h.target_kind = 'member' AND hm.id = h.target_id
LEFT JOIN union_case AS hc ON h.target_kind = 'case' AND hc.id = h.target_id
LEFT JOIN member_pair AS p ON o.kind = 'pair' AND p.id = o.record_id
LEFT JOIN member AS pm ON pm.id = p.other_id
LEFT JOIN member AS po ON po.id = p.member_id
ORDER BY o.seq
"""


def pending(r: Registry) -> list[PendingRow]:
    """Return what waits, travels or was refused, in the order in which it was made."""
    with r.read() as conn:
        rows = conn.exec_driver_sql(_PENDING).all()
        units = names(conn)
    result = []
    for change_id, kind, record_id, op, patch, base, status, at, code, field, text, link, title, unit in rows:
        fields, before = packed.load(patch), packed.load(base)
        owner = unit if unit is not None else before.get(UNIT)
        result.append(
            PendingRow(
                change_id=UUID(bytes=change_id),
                kind=kind,
                record_id=UUID(bytes=record_id),
                operation=op,
                title=title or _title(kind, {**before, **fields}),
                unit_name=units.get(owner, "") if isinstance(owner, bytes) else "",
                fields=tuple(fields),
                status=status,
                at=from_ms(at),
                code=code,
                field=field,
                text=text_of(code, text) if code else None,
                link=None if link is None else UUID(bytes=link),
            )
        )
    return result


_CONFLICTS: Final = """
SELECT f.id, f.target_kind, f.target_id, f.unit_id, f.fields, f.merged, f.mine_account, f.mine_device, f.mine_at,
  f.theirs_account, f.theirs_device, f.theirs_at, f.status, f.choice, f.settled_by, f.settled_at,
  coalesce(m.full_name, c.title, u.name),
  (SELECT group_concat(o.status) FROM sync_outbox AS o WHERE o.kind = 'conflict' AND o.record_id = f.id)
FROM conflict AS f
LEFT JOIN member AS m ON f.target_kind = 'member' AND m.id = f.target_id
LEFT JOIN union_case AS c ON f.target_kind = 'case' AND c.id = f.target_id
LEFT JOIN unit AS u ON f.target_kind = 'unit' AND u.id = f.target_id
"""


def conflicts(r: Registry, *, open_only: bool = True) -> list[ConflictRow]:
    """Return what a person must choose, oldest first; with the settled ones when asked."""
    with r.read() as conn:
        units = names(conn)
        rows = [_conflict_row(row, units) for row in conn.exec_driver_sql(_CONFLICTS + " ORDER BY f.id")]
    return [row for row in rows if row.status == "open" or not open_only]


def conflict(r: Registry, conflict_id: UUID) -> ConflictRow:
    """Return one conflict.

    Raises:
        InputError: `conflict.unknown`.
    """
    with r.read() as conn:
        row = conn.exec_driver_sql(_CONFLICTS + " WHERE f.id = ?", (conflict_id.bytes,)).first()
        if row is None:
            raise InputError("conflict.unknown", "Không còn xung đột này trên máy.")
        return _conflict_row(row, names(conn))


def _conflict_row(row: Sequence[Any], units: dict[bytes, str]) -> ConflictRow:
    (
        conflict_id, kind, target, unit, fields, merged, mine_account, mine_device, mine_at, theirs_account,
        theirs_device, theirs_at, status, choice, settled_by, settled_at, title, lines,
    ) = row  # fmt: skip
    waiting = set((lines or "").split(","))
    if REFUSED in waiting:
        status = "open"
    elif waiting & {PENDING, IN_FLIGHT}:
        status = "deciding"
    described = tuple(
        ConflictField(
            field=item["field"],
            label=field_label(kind, item["field"]),
            base=packed.restored(item["base"]),
            mine=packed.restored(item["mine"]),
            theirs=packed.restored(item["theirs"]),
            identifies=bool(item["identifies"]),
        )
        for item in json.loads(fields or "[]")
    )
    return ConflictRow(
        conflict_id=UUID(bytes=conflict_id),
        kind=kind,
        record_id=UUID(bytes=target),
        title=title or "",
        unit_name=units.get(unit, ""),
        fields=described,
        merged=tuple(json.loads(merged or "[]")),
        mine_account=mine_account or "",
        mine_device=mine_device or "",
        mine_at=from_ms(mine_at or 0),
        theirs_account=theirs_account or "",
        theirs_device=theirs_device or "",
        theirs_at=from_ms(theirs_at or 0),
        status=status,
        choice=_choice(described, choice),
        settled_by=settled_by,
        settled_at=None if settled_at is None else from_ms(settled_at),
    )


def _choice(fields: tuple[ConflictField, ...], text: str | None) -> dict[str, Value]:
    """Return the chosen value of each field."""
    chosen = json.loads(text) if text else {}
    result: dict[str, Value] = {}
    for field in fields:
        taken = chosen.get(field.field)
        if taken is not None:
            result[field.field] = (
                packed.restored(taken["value"])
                if "value" in taken
                else field.mine
                if taken.get("take") == "mine"
                else field.theirs
            )
    return result


def sync_state(r: Registry) -> SyncState:
    """Return what the strip at the bottom shows. Whether a synchronisation runs now, only its caller knows."""
    with r.read() as conn:
        known = settings.read_all(conn)
        me = settings.identity(conn)
        last = store.state(conn, LAST_SYNC)
        received, handed_over = handovers.counts(conn, me.account)
        doubt = clock.doubt(conn, as_ms(r.clock.now()))
        waiting, since = conn.exec_driver_sql(
            "SELECT count(*), min(at) FROM sync_outbox WHERE status IN (?, ?)", (PENDING, IN_FLIGHT)
        ).one()
        return SyncState(
            account=me.account,
            unit_id=me.unit_id,
            unit_name=name_of(conn, me.unit_id.bytes) if me.unit_id else "",
            device_id=me.device_id,
            device_name=me.device_name,
            server=me.server,
            last_sync=None if last is None else from_ms(int(last)),
            pending=waiting,
            pending_since=None if since is None else from_ms(since),
            refused=store.count(conn, REFUSED),
            conflicts=_open_conflicts(conn),
            received=received,
            handed_over=handed_over,
            complete=is_complete(conn) or not me.account,
            clock=doubt,
            error_code=known.get(settings.ERROR_CODE) or doubt,
            error_text=known.get(settings.ERROR_TEXT) or _clock_text(conn, doubt),
        )


def _clock_text(conn: Connection, doubt: str | None) -> str | None:
    """Return what people read about a clock that cannot be right."""
    if doubt is None:
        return None
    minutes = round(abs(clock.offset_ms(conn) or 0) / _MINUTE_MS)
    days, hours = round(minutes / 1_440), round(minutes / 60)
    far = f"{days} ngày" if days >= 2 else f"{hours} giờ" if hours >= 2 else f"{minutes} phút"
    return text_of(doubt).replace("{0}", far)


def _open_conflicts(conn: Connection) -> int:
    sql = (
        "SELECT count(*) FROM conflict AS f WHERE f.status = 'open'"
        " OR EXISTS (SELECT 1 FROM sync_outbox AS o WHERE o.kind = 'conflict' AND o.record_id = f.id"
        " AND o.status = 'refused')"
    )
    return int(conn.exec_driver_sql(sql).scalar_one())


def row_counts(r: Registry) -> dict[str, int]:
    """Return how many records of each kind this device has."""
    with r.read() as conn:
        return {
            kind.name: int(conn.exec_driver_sql(f"SELECT count(*) FROM {kind.table}").scalar_one()) for kind in KINDS
        }


def digest(r: Registry) -> str:
    """Return the digest of what this device believes the server holds."""
    with r.read() as conn:
        return r.replica.digest(conn)
