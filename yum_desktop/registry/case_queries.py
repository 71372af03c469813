"""Cases as this device sees them: the server's state, moved on by the steps that wait to be sent."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, select

from sync.client import store
from sync.client.store import REFUSED, Waiting
from yum_desktop.domain.cases import admission
from yum_desktop.domain.cases.admission import ADMISSION, PATH, STATE_LABELS, Action, State
from yum_desktop.domain.errors import InputError
from yum_desktop.registry import unit_tree
from yum_desktop.registry.clock import from_ms
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.kinds import CASE_KIND, STEP_KIND
from yum_desktop.registry.refusals import text_of
from yum_desktop.registry.tables import CaseRecord, CaseStepRecord, UnitRecord
from yum_desktop.registry.views import CaseDetail, CaseRow, CaseStep

_COLUMNS: Final = (
    CaseRecord.id, CaseRecord.unit_id, CaseRecord.procedure, CaseRecord.state, CaseRecord.title, CaseRecord.data,
    CaseRecord.member_id, CaseRecord.opened_at, CaseRecord.returned_note,
)  # fmt: skip


@dataclass(slots=True)
class CaseNow:
    """One case with what waits for it.

    Attributes:
        server_state: State as the server last said.
        state: State after the steps that wait.
        waiting: Ids of the steps that wait, in the order taken.
        refused: Refused lines of the case and of its steps, oldest first.
        edited: The case itself waits.
        steps: Its accepted and waiting steps, in the order taken.
    """

    case_id: bytes
    unit_id: bytes
    procedure: str
    server_state: State
    title: str
    data: dict[str, str | int | None]
    member_id: bytes | None
    opened_at: int
    returned_note: str | None
    waiting: list[bytes] = field(default_factory=list)
    refused: list[Waiting] = field(default_factory=list)
    edited: bool = False
    steps: list[CaseStep] = field(default_factory=list)
    state: State = State.DRAFT


@dataclass(frozen=True, slots=True)
class Actor:
    """The account as the table of a procedure sees it."""

    unit_id: bytes | None
    level: str


def actor(conn: Connection, r: Registry) -> Actor:
    """Return this device's account as somebody who acts on cases. Who only looks acts for no unit."""
    own = None if r.identity.only_looks else r.identity.unit_id
    level = None if own is None else conn.execute(select(UnitRecord.level).where(UnitRecord.id == own.bytes)).scalar()
    return Actor(None if own is None else own.bytes, level or "")


def situation(conn: Connection, who: Actor, now: CaseNow, *, has_reason: bool) -> admission.Situation:
    """Return the situation of `who` acting on a case."""
    is_own = now.unit_id == who.unit_id
    is_below = who.unit_id is not None and not is_own and unit_tree.is_within(conn, now.unit_id, who.unit_id)
    chapter, grassroots = admission.roles(actor_level=who.level, is_own=is_own, is_below=is_below)
    return admission.situation(
        now.data, actor_is_chapter=chapter, actor_is_grassroots=grassroots, has_reason=has_reason
    )


def load(conn: Connection, case_id: bytes | None = None) -> list[CaseNow]:
    """Return cases with what waits for them, newest first: one, or all."""
    query = select(*_COLUMNS).order_by(CaseRecord.opened_at.desc(), CaseRecord.id.desc())
    if case_id is not None:
        query = query.where(CaseRecord.id == case_id)
    found = {row.id: _case(row) for row in conn.execute(query) if row.unit_id is not None}
    for record_id, lines in store.waiting_records(conn, CASE_KIND).items():
        case = found.get(record_id)
        if case is not None:
            case.refused += [line for line in lines if line.status == REFUSED]
            case.edited = any(line.status != REFUSED for line in lines)
    _add_steps(conn, found, case_id)
    return list(found.values())


def one(conn: Connection, case_id: UUID) -> CaseNow:
    """Return one case.

    Raises:
        InputError: `case.unknown`.
    """
    found = load(conn, case_id.bytes)
    if not found:
        raise InputError("case.unknown", "Không còn hồ sơ này trên máy.")
    return found[0]


def _case(row: Sequence[Any]) -> CaseNow:
    case_id, unit_id, procedure, state, title, data, member_id, opened_at, returned_note = row
    at_server = State(state) if state in set(State) else ADMISSION.initial
    return CaseNow(
        case_id=case_id,
        unit_id=unit_id,
        procedure=procedure or "",
        server_state=at_server,
        title=title or "",
        data=json.loads(data) if data else {},
        member_id=member_id,
        opened_at=opened_at or 0,
        returned_note=returned_note,
        state=at_server,
    )


def _add_steps(conn: Connection, found: dict[bytes, CaseNow], case_id: bytes | None) -> None:
    """Move each case on by its waiting steps, in the order in which they were taken on this device."""
    lines = store.waiting_records(conn, STEP_KIND)
    query = select(
        CaseStepRecord.id,
        CaseStepRecord.case_id,
        CaseStepRecord.action,
        CaseStepRecord.from_state,
        CaseStepRecord.to_state,
        CaseStepRecord.account,
        CaseStepRecord.at,
        CaseStepRecord.note,
    )
    if case_id is not None:
        query = query.where(CaseStepRecord.case_id == case_id)
    taken: defaultdict[bytes, list[tuple[int, CaseStep, bytes]]] = defaultdict(list)
    for row in conn.execute(query.order_by(CaseStepRecord.at, CaseStepRecord.id)):
        case = found.get(row.case_id or b"")
        if case is None:
            continue
        waiting = lines.get(row.id, [])
        refused = [line for line in waiting if line.status == REFUSED]
        if refused:
            case.refused += refused
            continue
        step = CaseStep(
            action=row.action or "",
            from_state=row.from_state or "",
            to_state=row.to_state or "",
            account=row.account or "",
            at=from_ms(row.at or 0),
            note=row.note or "",
            waiting=bool(waiting),
        )
        taken[case.case_id].append((waiting[0].seq if waiting else 0, step, row.id))
    for key, steps in taken.items():
        _move_on(found[key], sorted(steps, key=lambda item: item[0]))


def _move_on(case: CaseNow, steps: list[tuple[int, CaseStep, bytes]]) -> None:
    case.steps = [step for _, step, _ in steps]
    case.waiting = [step_id for seq, _, step_id in steps if seq]
    last = steps[-1][1]
    if last.waiting and last.to_state in set(State):
        case.state = State(last.to_state)


def _row(conn: Connection, who: Actor, now: CaseNow, units: dict[bytes, str]) -> CaseRow:
    known = now.procedure == admission.PROCEDURE
    last = now.steps[-1].at if now.steps else from_ms(now.opened_at)
    allowed: tuple[Action, ...] = ()
    if known:
        seen = situation(conn, who, now, has_reason=True)
        allowed = ADMISSION.actions(now.state, replace(seen, complete_for=frozenset(State)))
    newest = max(now.refused, key=lambda line: line.seq, default=None)
    return CaseRow(
        case_id=UUID(bytes=now.case_id),
        procedure=now.procedure,
        unit_id=UUID(bytes=now.unit_id),
        unit_name=units.get(now.unit_id, ""),
        title=now.title,
        state=now.state.value,
        state_label=STATE_LABELS[now.state],
        updated_at=last,
        waiting=now.edited or bool(now.waiting),
        refused=None if newest is None else text_of(newest.code or "", newest.text),
        actions=tuple(action.value for action in allowed),
    )


def cases(r: Registry, unit_id: UUID | None = None) -> list[CaseRow]:
    """Return the cases of a unit and of all below it, newest first.

    `actions` are those the account may take when the data is complete and a reason is given; `case` says what lacks.
    """
    with r.read() as conn:
        inside = _subtree(conn, unit_id)
        units, who = unit_tree.names(conn), actor(conn, r)
        return [_row(conn, who, now, units) for now in load(conn) if inside is None or now.unit_id in inside]


def _subtree(conn: Connection, unit_id: UUID | None) -> set[bytes] | None:
    if unit_id is None:
        return None
    sql = unit_tree.SUBTREE + " SELECT id FROM subtree"
    return {row[0] for row in conn.exec_driver_sql(sql, (unit_id.bytes,))}


def case(r: Registry, case_id: UUID) -> CaseDetail:
    """Return one case with its data, its steps, and what each possible action still needs.

    Raises:
        InputError: `case.unknown`.
    """
    with r.read() as conn:
        now = one(conn, case_id)
        row = _row(conn, actor(conn, r), now, unit_tree.names(conn))
    return CaseDetail(
        row=row,
        data=dict(now.data),
        steps=tuple(now.steps),
        path=tuple((state.value, STATE_LABELS[state]) for state in PATH),
        done=_done(now),
        returned_note=_returned_note(now),
        member_id=None if now.member_id is None else UUID(bytes=now.member_id),
        lacking={action: lacking_for(now, Action(action)) for action in row.actions},
    )


def lacking_for(now: CaseNow, action: Action) -> tuple[str, ...]:
    """Return the names of the data that an action still needs."""
    target = ADMISSION.target(now.state, action)
    return () if target is None else admission.lacking(target, now.data)


def _done(now: CaseNow) -> tuple[str, ...]:
    """Return the states of the normal path that lie behind."""
    if now.state in PATH:
        return tuple(state.value for state in PATH[: PATH.index(now.state)])
    visited = {step.from_state for step in now.steps}
    return tuple(state.value for state in PATH if state.value in visited)


def _returned_note(now: CaseNow) -> str | None:
    """Return why the case came back: what the server says, or what this device's own waiting step says."""
    if now.state is State.RETURNED and now.steps and now.steps[-1].waiting:
        return now.steps[-1].note or None
    return now.returned_note if now.state in {State.RETURNED, State.REFUSED} else None
