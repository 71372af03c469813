"""What changes the records: each command is one transaction, kept and queued for the server, or it did not happen.

Every command raises `InputError` `scope.read_only` for an account that only looks, and `UnavailableError` `store.…`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, select

from sync.client.store import REFUSED
from sync.core import values as packed
from sync.protocol.kinds import UNIT, Value, Values
from yum_desktop.domain.cases import admission
from yum_desktop.domain.cases.admission import ADMISSION, Action, State
from yum_desktop.domain.cases.machine import NotAllowedError
from yum_desktop.domain.errors import ConflictError, InputError
from yum_desktop.domain.text import nfc
from yum_desktop.registry import case_queries
from yum_desktop.registry.case_queries import CaseNow
from yum_desktop.registry.changing import change, group_of
from yum_desktop.registry.checks import check_text, clean
from yum_desktop.registry.clock import as_ms
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.kinds import CASE_KIND, MEMBER_KIND, STEP_KIND
from yum_desktop.registry.pairs import MERGE
from yum_desktop.registry.refusals import text_of
from yum_desktop.registry.tables import ConflictRecord, UnitRecord
from yum_desktop.registry.undoing import last_group, undo

__all__ = [
    "ImportRow",
    "Take",
    "add_member",
    "delete_member",
    "discard_refused",
    "draft_admission",
    "import_members",
    "last_group",
    "retry_refused",
    "set_case",
    "set_member",
    "settle_all",
    "settle_conflict",
    "take_step",
    "undo",
]

DESKTOP: Final = "desktop"
IMPORT: Final = "import"
_CONFLICT: Final = "conflict"


class Take(StrEnum):
    """Which of two versions is taken."""

    MINE = "mine"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class SettledAll:
    """What one choice for all conflicts came to.

    Attributes:
        settled: Conflicts that were settled.
        left: Those about fields that identify a person: they are chosen one by one.
        group: Undoes it.
    """

    settled: int
    left: int
    group: str


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A member of a file: a new one of `unit_id`, or new values for `member_id`, whose unit stays."""

    unit_id: UUID
    values: Mapping[str, Value]
    member_id: UUID | None = None


# ---- members


def add_member(
    r: Registry, unit_id: UUID, values: Mapping[str, Value], *, channel: str = DESKTOP, group: str | None = None
) -> UUID:
    """Make a member's record in a unit; return its id.

    Raises:
        InputError: `unit.unknown`, `member.name_needed`, or a problem of `checks.clean`.
    """
    author = r.author(channel=channel, group=group or group_of(r))
    known = _new_member(unit_id, values)
    with change(r) as conn:
        _check_unit(conn, unit_id.bytes)
        member_id = r.new_id()
        r.replica.create(conn, MEMBER_KIND, member_id.bytes, known, author)
    return member_id


def import_members(r: Registry, rows: Sequence[ImportRow], *, reason: str) -> str:
    """Make and change the records of a whole file, or none of them; return the batch with which they can be undone.

    Args:
        r: The records.
        rows: In the order of the file.
        reason: Where they come from, for the history.

    Raises:
        InputError: As `add_member` and `set_member`; `row` counts from 1.
    """
    author = r.author(channel=IMPORT, reason=reason, group=group_of(r))
    check_text(reason)
    prepared = [
        (row.member_id, _new_member(row.unit_id, row.values, row=number))
        if row.member_id is None
        else (row.member_id, clean(row.values, row=number))
        for number, row in enumerate(rows, 1)
    ]
    with change(r) as conn:
        for unit_id in {row.unit_id for row in rows if row.member_id is None}:
            _check_unit(conn, unit_id.bytes)
        for member_id, known in prepared:
            if member_id is None:
                r.replica.create(conn, MEMBER_KIND, r.new_id().bytes, known, author)
            else:
                _check_member(r, conn, member_id)
                r.replica.edit(conn, MEMBER_KIND, member_id.bytes, known, author)
    assert author.group is not None, "an import has a batch"
    return author.group


def _new_member(unit_id: UUID, values: Mapping[str, Value], *, row: int | None = None) -> Values:
    known = clean(values, row=row)
    if not known.get("full_name"):
        raise InputError("member.name_needed", "Hãy nhập họ và tên.", field="full_name", row=row)
    return {**known, UNIT: unit_id.bytes}


def set_member(
    r: Registry,
    member_id: UUID,
    values: Mapping[str, Value],
    *,
    channel: str = DESKTOP,
    group: str | None = None,
    reason: str = "",
) -> frozenset[str]:
    """Change fields of a member; return the names of those that really changed. `unit_id` moves the member.

    Raises:
        InputError: `member.unknown`, `unit.unknown`, `member.name_needed`, or a problem of `checks.clean`.
    """
    author = r.author(channel=channel, reason=reason, group=group or group_of(r))
    check_text(reason)
    known = clean(values)
    if "full_name" in known and known["full_name"] is None:
        raise InputError("member.name_needed", "Hãy nhập họ và tên.", field="full_name")
    if UNIT in known and known[UNIT] is None:
        raise InputError("unit.unknown", "Chưa chọn chi đoàn.", field=UNIT)
    with change(r) as conn:
        _check_member(r, conn, member_id)
        unit = known.get(UNIT)
        if isinstance(unit, bytes):
            _check_unit(conn, unit)
        return r.replica.edit(conn, MEMBER_KIND, member_id.bytes, known, author)


def delete_member(r: Registry, member_id: UUID, *, channel: str = DESKTOP, reason: str = "") -> None:
    """Remove a member's record. For one that was entered by mistake; who leaves the Union keeps the record.

    Raises:
        InputError: `member.unknown`.
    """
    author = r.author(channel=channel, reason=reason, group=group_of(r))
    check_text(reason)
    with change(r) as conn:
        _check_member(r, conn, member_id)
        r.replica.delete(conn, MEMBER_KIND, member_id.bytes, author)


def _check_member(r: Registry, conn: Connection, member_id: UUID) -> None:
    if r.replica.tables[MEMBER_KIND].get(conn, member_id.bytes) is None:
        raise InputError("member.unknown", "Không còn đoàn viên này trên máy.")


def _check_unit(conn: Connection, unit_id: bytes) -> None:
    if conn.execute(select(UnitRecord.id).where(UnitRecord.id == unit_id)).first() is None:
        raise InputError("unit.unknown", "Máy này không có đơn vị đó.", field=UNIT)


# ---- conflicts and refusals


def settle_conflict(
    r: Registry, conflict_id: UUID, choices: Mapping[str, Take | Value], *, channel: str = DESKTOP
) -> None:
    """Choose for every field of a conflict: one of the two versions, or another value.

    The record itself changes when the server has accepted the choice.

    Raises:
        InputError: `conflict.unknown`, `conflict.incomplete` (`field` is the first without a choice), `text.odd`.
        ConflictError: `conflict.already_settled`: somebody chose before.
    """
    author = r.author(channel=channel, group=group_of(r))
    for name, chosen in choices.items():
        check_text(chosen, field=name)
    with change(r) as conn:
        row = conn.execute(
            select(ConflictRecord.status, ConflictRecord.fields).where(ConflictRecord.id == conflict_id.bytes)
        ).first()
        if row is None:
            raise InputError("conflict.unknown", "Không còn xung đột này trên máy.")
        if row.status != "open" and not _was_refused(conn, conflict_id.bytes):
            raise ConflictError("conflict.already_settled", text_of("conflict.already_settled"))
        names = [item["field"] for item in json.loads(row.fields or "[]")]
        missing = next((name for name in names if name not in choices), None)
        if missing is not None:
            raise InputError("conflict.incomplete", text_of("conflict.incomplete"), field=missing)
        choice = _compact({name: _choice(choices[name]) for name in names})
        r.replica.edit(conn, _CONFLICT, conflict_id.bytes, {"status": "settled", "choice": choice}, author)


def settle_all(r: Registry, take: Take, *, channel: str = DESKTOP) -> SettledAll:
    """Take one side in all open conflicts, apart from those about fields that identify a person."""
    group = group_of(r)
    author = r.author(channel=channel, group=group)
    settled = left = 0
    with change(r) as conn:
        query = select(ConflictRecord.id, ConflictRecord.fields).where(ConflictRecord.status == "open")
        for conflict_id, fields in conn.execute(query.order_by(ConflictRecord.id)).all():
            items = json.loads(fields or "[]")
            if any(item["identifies"] for item in items):
                left += 1
                continue
            choice = _compact({item["field"]: _choice(take) for item in items})
            r.replica.edit(conn, _CONFLICT, conflict_id, {"status": "settled", "choice": choice}, author)
            settled += 1
    return SettledAll(settled, left, group)


def _choice(choice: Take | Value) -> dict[str, object]:
    return {"take": choice.value} if isinstance(choice, Take) else {"value": packed.plain(choice)}


def _was_refused(conn: Connection, conflict_id: bytes) -> bool:
    sql = "SELECT 1 FROM sync_outbox WHERE kind = ? AND record_id = ? AND status = ?"
    return conn.exec_driver_sql(sql, (_CONFLICT, conflict_id, REFUSED)).first() is not None


def retry_refused(r: Registry, change_id: UUID) -> None:
    """Send a refused change again with the next synchronisation.

    Raises:
        InputError: `change.not_refused`.
    """
    with change(r) as conn:
        r.replica.retry(conn, change_id.bytes)


def discard_refused(r: Registry, change_id: UUID) -> None:
    """Give a refused change up: the record goes back to the server's value. What was typed stays in the history.

    What is left of a merge of two records is given up as a whole: half of it means nothing.

    Raises:
        InputError: `change.not_refused`.
    """
    with change(r) as conn:
        for each in _together(conn, change_id.bytes):
            r.replica.discard(conn, each)


def _together(conn: Connection, change_id: bytes) -> list[bytes]:
    sql = (
        "SELECT o.change_id FROM sync_outbox AS o JOIN sync_outbox AS one ON one.group_id = o.group_id"
        " WHERE one.change_id = ? AND one.channel = ? AND o.status = ? AND one.status = o.status ORDER BY o.seq DESC"
    )
    return [row[0] for row in conn.exec_driver_sql(sql, (change_id, MERGE, REFUSED))] or [change_id]


# ---- cases


def draft_admission(
    r: Registry, unit_id: UUID, data: Mapping[str, str | int | None], *, channel: str = DESKTOP
) -> UUID:
    """Open the case of somebody who wants to join; return its id.

    Raises:
        InputError: `unit.unknown`, `member.name_needed`, `case.field_unknown`, `text.odd`.
    """
    author = r.author(channel=channel, group=group_of(r))
    known = _case_data(data)
    if not known.get("full_name"):
        raise InputError("member.name_needed", "Hãy nhập họ và tên.", field="full_name")
    values: Values = {
        UNIT: unit_id.bytes,
        "procedure": admission.PROCEDURE,
        "title": str(known["full_name"]),
        "data": _compact({name: value for name, value in known.items() if value is not None}),
        "member_id": r.new_id().bytes,
        "opened_by": author.account,
        "opened_at": as_ms(r.clock.now()),
    }
    with change(r) as conn:
        _check_unit(conn, unit_id.bytes)
        case_id = r.new_id()
        r.replica.create(conn, CASE_KIND, case_id.bytes, values, author)
    return case_id


def set_case(r: Registry, case_id: UUID, data: Mapping[str, str | int | None], *, channel: str = DESKTOP) -> None:
    """Change data of a case that has not been closed; a name that is left out stays.

    Raises:
        InputError: `case.unknown`, `case.field_unknown`, `member.name_needed`, `text.odd`.
        ConflictError: `case.closed`.
    """
    author = r.author(channel=channel, group=group_of(r))
    known = _case_data(data)
    with change(r) as conn:
        now = case_queries.one(conn, case_id)
        if now.state not in admission.EDITABLE:
            raise ConflictError("case.closed", "Hồ sơ đã kết thúc nên không sửa được nữa.")
        merged = {name: value for name, value in {**now.data, **known}.items() if value is not None}
        if not merged.get("full_name"):
            raise InputError("member.name_needed", "Hãy nhập họ và tên.", field="full_name")
        changes: Values = {"data": _compact(merged), "title": str(merged["full_name"])}
        r.replica.edit(conn, CASE_KIND, case_id.bytes, changes, author)


def take_step(r: Registry, case_id: UUID, action: str, note: str = "", *, channel: str = DESKTOP) -> str:
    """Take a step on a case; return the state it comes to on this device. The server has the last word.

    A new step takes the place of refused ones before it.

    Raises:
        ConflictError: `case.not_allowed`: not from this state, or not by this account.
        InputError: `case.unknown`, `case.incomplete` (`field` is the first datum that lacks), `case.reason_needed`,
            `text.odd`.
    """
    author = r.author(channel=channel, group=group_of(r))
    check_text(note, field="note")
    with change(r) as conn:
        now = case_queries.one(conn, case_id)
        target = _target(r, conn, now, action, note.strip())
        for line in now.refused:
            if line.kind == STEP_KIND:
                r.replica.discard(conn, line.change_id)
        step: Values = {
            UNIT: now.unit_id,
            "case_id": now.case_id,
            "action": action,
            "from_state": now.state.value,
            "to_state": target.value,
            "account": author.account,
            "at": as_ms(r.clock.now()),
            "note": note.strip() or None,
        }
        r.replica.create(conn, STEP_KIND, r.new_id().bytes, step, author)
    return target.value


def _target(r: Registry, conn: Connection, now: CaseNow, action: str, note: str) -> State:
    """Return where a step leads, or say what it lacks."""
    if now.procedure != admission.PROCEDURE or action not in set(Action):
        raise NotAllowedError(now.state, action)
    taken = Action(action)
    who = case_queries.actor(conn, r)
    situation = case_queries.situation(conn, who, now, has_reason=bool(note))
    try:
        return ADMISSION.step(now.state, taken, situation)
    except NotAllowedError:
        _explain(now, taken, situation)
        raise


def _explain(now: CaseNow, action: Action, situation: admission.Situation) -> None:
    """Raise what a person can do about a step, if something can be done."""
    whole = replace(situation, has_reason=True, complete_for=frozenset(State))
    if action not in ADMISSION.actions(now.state, whole):
        return
    if action in admission.NEEDS_REASON and not situation.has_reason:
        raise InputError("case.reason_needed", "Hãy ghi lý do.", field="note")
    lacking = case_queries.lacking_for(now, action)
    if lacking:
        labels = ", ".join(admission.DATA_LABELS[name] for name in lacking)
        raise InputError("case.incomplete", f"Hồ sơ còn thiếu hoặc chưa đạt: {labels}.", field=lacking[0])


def _case_data(data: Mapping[str, str | int | None]) -> dict[str, str | int | None]:
    known: dict[str, str | int | None] = {}
    for name, value in data.items():
        if name not in admission.ADMISSION_FIELDS:
            raise InputError("case.field_unknown", f"Không có trường {name}.", field=name)
        check_text(value, field=name)
        kept = nfc(value) if isinstance(value, str) else value
        known[name] = None if kept == "" else kept
    return known


def _compact(value: Mapping[str, object]) -> str:
    """Return JSON as the merge of cases writes it, so that equal data is equal text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
