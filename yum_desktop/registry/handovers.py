"""Work on records that have left a scope: what waits for a decision here, what became of the own, and the decisions."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from sync.client import store
from sync.client.store import IN_FLIGHT, PENDING, REFUSED
from sync.core import values as packed
from sync.core.squash import Op
from sync.protocol.kinds import HANDOVER, UNIT, Value, Values
from yum_desktop.domain.errors import ConflictError, InputError
from yum_desktop.domain.labels import KIND_LABELS, field_label
from yum_desktop.registry import settings
from yum_desktop.registry.changing import change, group_of
from yum_desktop.registry.checks import check_text, clean
from yum_desktop.registry.clock import from_ms
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.kinds import KINDS, MEMBER_KIND
from yum_desktop.registry.refusals import text_of
from yum_desktop.registry.views import FieldProblem, HandoverField, HandoverRow

WAITING: Final = "waiting"
DECIDING: Final = "deciding"
ACCEPTED: Final = "accepted"
RETURNED: Final = "returned"
_DISCARDED: Final = "discarded"
_RECEIVER, _AUTHOR = "receiver", "author"
_DESKTOP: Final = "desktop"

_COLUMNS: Final = (
    "h.id, h.side, h.target_kind, h.target_id, h.op, h.fields, h.account, h.device, h.at, h.reason, h.from_name,"
    " h.to_name, h.state, h.choice, h.why, h.decided_by, h.decided_at, h.edited"
)
_RECEIVED: Final = f"SELECT {_COLUMNS} FROM handover AS h WHERE h.side = 'receiver'"
_MINE: Final = f"SELECT {_COLUMNS} FROM handover AS h WHERE h.side = 'author' AND h.account = ? AND h.state <> ?"


def received(r: Registry, *, waiting_only: bool = True) -> list[HandoverRow]:
    """Return what others have handed over to this scope, oldest first; what is decided too when asked."""
    with r.read() as conn:
        rows = [_received(r, conn, row) for row in conn.exec_driver_sql(f"{_RECEIVED} ORDER BY h.id")]
    return [row for row in rows if row.state == WAITING or not waiting_only]


def mine(r: Registry) -> list[HandoverRow]:
    """Return what this account has handed over and not put away, newest first."""
    with r.read() as conn:
        account = settings.identity(conn).account
        rows = conn.exec_driver_sql(f"{_MINE} ORDER BY h.id DESC", (account, _DISCARDED)).all()
        found = [_own(conn, row) for row in rows]
        known = {row.handover_id.bytes for row in found}
        return [*(row for row in _not_seen_yet(conn, account) if row.handover_id.bytes not in known), *found]


def handover(r: Registry, handover_id: UUID) -> HandoverRow:
    """Return one hand-over, received or own.

    Raises:
        InputError: `handover.unknown`.
    """
    for row in (*received(r, waiting_only=False), *mine(r)):
        if row.handover_id == handover_id:
            return row
    raise InputError("handover.unknown", "Không còn việc bàn giao này trên máy.")


def counts(conn: Connection, account: str) -> tuple[int, int]:
    """Return how much waits for a decision here, and how much of the own is undecided or was returned."""
    waits = (
        "SELECT count(*) FROM handover AS h WHERE h.side = 'receiver' AND (h.state = 'waiting' OR EXISTS"
        " (SELECT 1 FROM sync_outbox AS o WHERE o.kind = 'handover' AND o.record_id = h.id AND o.status = 'refused'))"
    )
    own = "SELECT count(*) FROM handover WHERE side = 'author' AND account = ? AND state IN ('waiting', 'returned')"
    unseen = "SELECT count(*) FROM sync_handed AS s WHERE NOT EXISTS (SELECT 1 FROM handover WHERE id = s.handover_id)"
    found = [
        conn.exec_driver_sql(sql, args).scalar_one() for sql, args in ((waits, ()), (own, (account,)), (unseen, ()))
    ]
    return found[0], found[1] + found[2]


# ---- decisions


def accept(
    r: Registry, handover_id: UUID, values: Mapping[str, Value] | None = None, *, channel: str = _DESKTOP
) -> None:
    """Take over the work of somebody else, some of its values replaced by `values`.

    The record itself changes when the server has accepted the decision.

    Raises:
        InputError: `handover.unknown`, or a problem of `checks.clean`.
        ConflictError: `handover.already_settled`.
    """
    given = dict(values or {})
    author = r.author(channel=channel, group=group_of(r))
    with change(r) as conn:
        kind, target_id, op = _waiting(r, conn, handover_id)
        known = clean(given) if kind == MEMBER_KIND else given
        for name, value in known.items():
            check_text(value, field=name)
            if name not in KINDS[kind].by_name:
                raise InputError("handover.field_unknown", f"Không có trường {name}.", field=name)
        choice = None
        if known or op == Op.DELETE:
            found = r.replica.tables[kind].get(conn, target_id)
            plain = {name: packed.plain(value) for name, value in known.items()}
            choice = _compact({"rev": 0 if found is None else found[0], "values": plain})
        decided: Values = {"state": ACCEPTED, "choice": choice, "why": None}
        r.replica.edit(conn, HANDOVER.name, handover_id.bytes, decided, author)


def give_back(r: Registry, handover_id: UUID, why: str, *, channel: str = _DESKTOP) -> None:
    """Return work to its author, who reads why.

    Raises:
        InputError: `handover.unknown`, `handover.reason_needed`, `text.odd`.
        ConflictError: `handover.already_settled`.
    """
    author = r.author(channel=channel, group=group_of(r))
    check_text(why, field="why")
    if not why.strip():
        raise InputError("handover.reason_needed", text_of("handover.reason_needed"), field="why")
    with change(r) as conn:
        _waiting(r, conn, handover_id)
        decided: Values = {"state": RETURNED, "choice": None, "why": why.strip()}
        r.replica.edit(conn, HANDOVER.name, handover_id.bytes, decided, author)


def put_away(r: Registry, handover_id: UUID, *, channel: str = _DESKTOP) -> None:
    """Show own work no more, after somebody has decided about it. The server keeps it.

    Raises:
        InputError: `handover.unknown`.
        ConflictError: `handover.undecided`.
    """
    author = r.author(channel=channel, group=group_of(r))
    with change(r) as conn:
        sql = "SELECT state FROM handover WHERE id = ? AND side = ?"
        row = conn.exec_driver_sql(sql, (handover_id.bytes, _AUTHOR)).first()
        if row is None:  # it has gone where this account sees no more
            done = conn.exec_driver_sql("DELETE FROM sync_handed WHERE handover_id = ?", (handover_id.bytes,))
            if not done.rowcount:
                raise InputError("handover.unknown", "Không còn việc bàn giao này trên máy.")
            return
        if row[0] == WAITING:
            raise ConflictError("handover.undecided", "Chưa ai quyết định việc này, nên chưa cất đi được.")
        r.replica.edit(conn, HANDOVER.name, handover_id.bytes, {"state": _DISCARDED}, author)


def _waiting(r: Registry, conn: Connection, handover_id: UUID) -> tuple[str, bytes, str]:
    """Return kind, record and operation of what waits for a decision, or was decided here and may be decided anew.

    A refused decision is opened again, so that the next one takes its place as a whole.
    """
    sql = "SELECT target_kind, target_id, op, state FROM handover WHERE id = ? AND side = ?"
    row = conn.exec_driver_sql(sql, (handover_id.bytes, _RECEIVER)).first()
    if row is None:
        raise InputError("handover.unknown", "Không còn việc bàn giao này trên máy.")
    lines = store.lines(conn, HANDOVER.name, handover_id.bytes)
    if row[3] != WAITING and not set(lines) & {PENDING, REFUSED}:
        raise ConflictError("handover.already_settled", text_of("handover.already_settled"))
    if REFUSED in lines:
        r.replica.retry(conn, lines[REFUSED].change_id)
    return row[0], row[1], row[2]


# ---- reading


def _received(r: Registry, conn: Connection, row: Sequence[Any]) -> HandoverRow:
    kind, target = row[2], row[3]
    found = r.replica.tables[kind].get(conn, target) if kind in KINDS else None
    now: Values = found[2] if found is not None else {}
    items = json.loads(row[5] or "[]")
    written = {item["field"]: packed.restored(item["value"]) for item in items}
    lines = store.lines(conn, HANDOVER.name, row[0])
    refused, state = lines.get(REFUSED), row[12]
    if refused is not None:
        state = WAITING
    elif set(lines) & {PENDING, IN_FLIGHT}:
        state = DECIDING
    fields = tuple(
        _field(conn, kind, item["field"], packed.restored(item.get("base")), written[item["field"]], now)
        for item in items
        if not (row[4] == Op.CREATE and item["field"] == UNIT)
    )
    problem = None
    if refused is not None:
        code = refused.code or ""
        problem = FieldProblem(code, text_of(code, refused.text), None)
    title = _title(kind, now) or _title(kind, written)
    return _row(row, title, fields, state, mine=False, problem=problem, blamed=refused.field if refused else None)


def _own(conn: Connection, row: Sequence[Any]) -> HandoverRow:
    """Return own work: what stood there before is only known to the device that made it."""
    memory = conn.exec_driver_sql("SELECT before FROM sync_handed WHERE handover_id = ?", (row[0],)).first()
    before = packed.load(memory[0]) if memory else {}
    written = {item["field"]: packed.restored(item["value"]) for item in json.loads(row[5] or "[]")}
    fields = tuple(
        _field(conn, row[2], name, before.get(name), value, {})
        for name, value in written.items()
        if not (row[4] == Op.CREATE and name == UNIT)
    )
    return _row(row, _title(row[2], {**before, **written}), fields, row[12], mine=True)


def _not_seen_yet(conn: Connection, account: str) -> list[HandoverRow]:
    """Return own work whose hand-over has been answered, while the record of it has not arrived."""
    sql = "SELECT handover_id, kind, record_id, op, patch, before, at FROM sync_handed ORDER BY handover_id DESC"
    known = {row[0] for row in conn.exec_driver_sql("SELECT id FROM handover")}
    rows = [row for row in conn.exec_driver_sql(sql) if row[0] not in known]
    result = []
    for handover_id, kind, target, op, patch, before, at in rows:
        written, seen = packed.load(patch), packed.load(before)
        fields = tuple(_field(conn, kind, name, seen.get(name), value, {}) for name, value in written.items())
        row = (
            handover_id, _AUTHOR, kind, target, op, "", account, "", at, "", "", "", WAITING, None, None, None, None, 0,
        )  # fmt: skip
        result.append(_row(row, _title(kind, {**seen, **written}), fields, WAITING, mine=True))
    return result


def _field(conn: Connection, kind: str, name: str, base: Value, value: Value, now: Values) -> HandoverField:
    shown = [_named(conn, each) if name == UNIT else each for each in (base, value, now.get(name))]
    return HandoverField(name, field_label(kind, name), *shown)


def _named(conn: Connection, unit: Value) -> Value:
    """Return what people call a unit, where the device knows it."""
    row = conn.exec_driver_sql("SELECT name FROM unit WHERE id = ?", (unit,)).first()
    return row[0] if row is not None else unit


def _title(kind: str, values: Values) -> str:
    name = KINDS[kind].title if kind in KINDS else ""
    return str(values.get(name) or "") if name else ""


def _row(
    row: Sequence[Any],
    title: str,
    fields: tuple[HandoverField, ...],
    state: str,
    *,
    mine: bool,
    problem: FieldProblem | None = None,
    blamed: str | None = None,
) -> HandoverRow:
    return HandoverRow(
        handover_id=UUID(bytes=row[0]),
        mine=mine,
        kind=row[2],
        record_id=UUID(bytes=row[3]),
        operation=row[4],
        title=title or KIND_LABELS.get(row[2], row[2]),
        from_name=row[10] or "",
        to_name=row[11] or "",
        fields=fields,
        account=row[6] or "",
        device=row[7] or "",
        at=from_ms(row[8] or 0),
        state=state,
        reason=row[9] or "",
        why=row[14] or "",
        decided_by=row[15],
        decided_at=None if row[16] is None else from_ms(row[16]),
        edited=bool(row[17]),
        problem=problem,
        blamed=blamed,
    )


def _compact(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
