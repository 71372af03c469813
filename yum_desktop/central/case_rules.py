"""The server's side of the procedures: it runs the same tables as the devices, and does what a step brings about.

A device never sets a case's state. It pushes steps; each says from which state it was taken, and one that was taken on
an old state is refused. What follows from a step is stored with it, so it happens exactly once.
"""

import json
from dataclasses import replace
from typing import Final

from sync.core.squash import Op
from sync.protocol.kinds import UNIT, Value, Values, is_storable
from sync.server.records import Actor, Record, Tx
from sync.server.rules import Effect, Refusal
from yum_desktop.central.member_rules import MemberRules
from yum_desktop.domain.cases import admission
from yum_desktop.domain.cases.admission import ADMISSION, EFFECT_STATE, Action, Situation, State
from yum_desktop.domain.cases.machine import NotAllowedError
from yum_desktop.registry.checks import TEXT_LENGTH_MAX
from yum_desktop.registry.kinds import CASE_KIND, MEMBER_KIND, UNIT_KIND

_SOURCE: Final = "OFFLINE"
_DATA_SIZE_MAX: Final = 64 * 1024
_DELETABLE: Final = frozenset({State.DRAFT, State.CANCELLED})
_DECIDED: Final = frozenset({State.APPROVED, State.ADMITTED})
_MEMBER_CHECKED: Final = frozenset({State.AWAITING, State.APPROVED, EFFECT_STATE})
"""Where the person must be somebody who can be registered: better told when it is sent than at the ceremony."""


class CaseRules:
    """Checks and effects of cases and their steps.

    Args:
        members: Checks the member a case makes.
    """

    def __init__(self, members: MemberRules) -> None:
        self._members = members

    # cases

    def check_case(self, tx: Tx, case_id: bytes, before: Values | None, after: Values | None) -> Refusal | None:
        """Return why a case must not be made, changed or removed so, or nothing."""
        del case_id
        if after is None:
            assert before is not None, "what is removed was there"
            if _state(before) in _DELETABLE:
                return None
            return Refusal("case.not_draft", "", "Chỉ xóa được hồ sơ nháp hoặc đã hủy.")
        data = _data(after)
        if data is None:
            return Refusal("case.data", "data", "Nội dung hồ sơ không đọc được.")
        if before is None:
            return _check_new(tx, after)
        return _check_fixed(before, after) or _check_data(_state(before), _data(before) or {}, data)

    def case_effects(self, case_id: bytes) -> tuple[Effect, ...]:
        """Return what follows from a new case: its first state."""
        return (Effect(CASE_KIND, case_id, Op.EDIT, {"state": ADMISSION.initial.value}),)

    # steps

    def check_step(self, tx: Tx, actor: Actor, step: Values) -> Refusal | None:
        """Return why a step must not be taken, or nothing."""
        case_id = step.get("case_id")
        case = tx.get(CASE_KIND, case_id) if isinstance(case_id, bytes) else None
        if case is None or not tx.within(case.values[UNIT], actor.roots):
            return Refusal("case.unknown", "case_id", "Máy chủ không có hồ sơ này.")
        assert isinstance(case_id, bytes), "a case was found by it"
        if step.get(UNIT) != case.values[UNIT]:
            return Refusal("case.unit", UNIT, "Hồ sơ thuộc đơn vị khác.", case_id)
        if str(step.get("account") or actor.account).strip().casefold() != actor.account:
            return Refusal("case.account", "account", "Bước này do tài khoản khác thực hiện.", case_id)
        state = _state(case.values)
        if step.get("from_state") != state:
            return _stale(state, step.get("from_state"), case_id)
        return _check_table(tx, actor, case, step, state, case_id) or self._check_member(tx, actor, case, step)

    def _check_member(self, tx: Tx, actor: Actor, case: Record, step: Values) -> Refusal | None:
        if step.get("to_state") not in _MEMBER_CHECKED:
            return None
        member_id = case.values["member_id"]
        assert isinstance(member_id, bytes), "a case without a member was refused when it was made"
        values: Values = {**_member(case), UNIT: case.values[UNIT]}
        return self._members.check(tx, actor, member_id, None, values)

    def person_of(self, tx: Tx, case_id: Value) -> tuple[bytes, Values] | None:
        """Return the record a case would make, by its id and values; nothing for an unknown case."""
        case = tx.get(CASE_KIND, case_id) if isinstance(case_id, bytes) else None
        member_id = None if case is None else case.values["member_id"]
        if case is None or not isinstance(member_id, bytes):
            return None
        return member_id, {**_member(case), UNIT: case.values[UNIT]}

    def step_effects(self, tx: Tx, step: Values) -> tuple[Effect, ...]:
        """Return what follows from a step that was accepted: the state, and the member where one is made."""
        case_id, target = step["case_id"], State(str(step["to_state"]))
        assert isinstance(case_id, bytes), "the step was checked"
        case = tx.get(CASE_KIND, case_id)
        assert case is not None, "the step was checked"
        member_id = case.values["member_id"]
        assert isinstance(member_id, bytes), "the case was checked when it was made"
        returned = step.get("note") if target in {State.RETURNED, State.REFUSED} else None
        moved = Effect(CASE_KIND, case_id, Op.EDIT, {"state": target.value, "returned_note": returned})
        if target is EFFECT_STATE:
            values: Values = {**_member(case), UNIT: case.values[UNIT]}
            return (moved, Effect(MEMBER_KIND, member_id, Op.CREATE, values, admission.PROCEDURE_LABEL))
        if target is State.CARD_GIVEN and tx.get(MEMBER_KIND, member_id) is not None:
            card: Values = {**admission.card(_data(case.values) or {})}
            return (moved, Effect(MEMBER_KIND, member_id, Op.EDIT, card, admission.PROCEDURE_LABEL))
        return (moved,)


def _check_new(tx: Tx, case: Values) -> Refusal | None:
    if case.get("procedure") != admission.PROCEDURE:
        return Refusal("case.procedure", "procedure", "Máy chủ chưa biết nghiệp vụ này.")
    member_id = case.get("member_id")
    if not isinstance(member_id, bytes) or len(member_id) != 16 or tx.last_rev(member_id) > 0:
        return Refusal("case.member", "member_id", "Hồ sơ kết nạp phải dành cho một đoàn viên mới.")
    if tx.find(CASE_KIND, "member_id", member_id):
        return Refusal("case.member", "member_id", "Đã có hồ sơ kết nạp cho người này.")
    return None


def _check_fixed(before: Values, after: Values) -> Refusal | None:
    for name in ("procedure", "member_id"):
        if before[name] != after[name]:
            return Refusal("field.read_only", name, "Không đổi được sau khi lập hồ sơ.")
    if before[UNIT] != after[UNIT] and _state(before) is not State.DRAFT:
        return Refusal("case.unit", UNIT, "Chỉ chuyển được hồ sơ nháp sang chi đoàn khác.")
    return None


def _check_data(state: State, before: admission.Data, after: admission.Data) -> Refusal | None:
    """Return which value may not change any more: approved values stay, a closed case stays as it is."""
    changed = [name for name in (*before, *after) if before.get(name) != after.get(name)]
    if not changed:
        return None
    if state not in admission.EDITABLE:
        text = f"Hồ sơ đã ở bước «{admission.STATE_LABELS[state]}» nên không sửa được nữa."
        return Refusal("case.closed", changed[0], text)
    if state in _DECIDED:
        later = set(admission.required_data(State.CARD_GIVEN)) - set(admission.required_data(state))
        fixed = [name for name in changed if name not in later]
        if fixed:
            label = admission.DATA_LABELS.get(fixed[0], fixed[0])
            return Refusal("case.approved", fixed[0], f"Hồ sơ đã được chuẩn y nên không sửa được «{label}».")
    return None


def _check_table(tx: Tx, actor: Actor, case: Record, step: Values, state: State, case_id: bytes) -> Refusal | None:
    """Run the step through the table of the procedure."""
    note = step.get("note")
    if note is not None and (not isinstance(note, str) or len(note) > TEXT_LENGTH_MAX):
        return Refusal("case.note_too_long", "note", f"Ghi chú dài quá {TEXT_LENGTH_MAX} ký tự.", case_id)
    if step.get("action") not in set(Action):
        return Refusal("case.action", "action", "Máy chủ chưa biết bước này.", case_id)
    action = Action(str(step["action"]))
    data = _data(case.values) or {}
    chapter, grassroots = _roles(tx, actor, case)
    situation = admission.situation(
        data, actor_is_chapter=chapter, actor_is_grassroots=grassroots, has_reason=bool(note and note.strip())
    )
    try:
        target = ADMISSION.step(state, action, situation)
    except NotAllowedError as error:
        return _check_whole(state, action, data, situation) or Refusal(error.code, "action", error.text, case_id)
    if step.get("to_state") != target:
        return Refusal("case.not_allowed", "to_state", "Bước này không dẫn đến trạng thái đó.", case_id)
    return None


def _check_whole(state: State, action: Action, data: admission.Data, situation: Situation) -> Refusal | None:
    """Return what a step lacks that the table has and this person could take."""
    target = ADMISSION.target(state, action)
    whole = replace(situation, has_reason=True, complete_for=frozenset(State))
    if target is None or action not in ADMISSION.actions(state, whole):
        return None
    if action in admission.NEEDS_REASON:
        return Refusal("case.reason_needed", "note", "Hãy ghi lý do.")
    missing = admission.lacking(target, data)
    labels = ", ".join(admission.DATA_LABELS.get(name, name) for name in missing)
    return Refusal("case.incomplete", missing[0], f"Hồ sơ còn thiếu: {labels}.")


def _roles(tx: Tx, actor: Actor, case: Record) -> tuple[bool, bool]:
    """Return for whom the account acts on the case: the chapter, the grassroots union."""
    root = actor.roots[0]
    unit = tx.get(UNIT_KIND, root)
    level = "" if unit is None else str(unit.values["level"])
    is_own = case.values[UNIT] == root
    return admission.roles(actor_level=level, is_own=is_own, is_below=not is_own)


def _stale(state: State, claimed: object, case_id: bytes) -> Refusal:
    before = next((label for known, label in admission.STATE_LABELS.items() if known == claimed), str(claimed)[:40])
    now = admission.STATE_LABELS[state]
    text = f"Hồ sơ đang ở bước «{now}», không còn ở bước «{before}» như khi thao tác."
    return Refusal("case.stale_state", "from_state", text, case_id)


def _member(case: Record) -> Values:
    return {**admission.new_member(_data(case.values) or {}), "source": _SOURCE}


def _state(case: Values) -> State:
    return State(str(case["state"])) if case.get("state") else ADMISSION.initial


def _data(case: Values) -> dict[str, str | int | None] | None:
    """Return what a case has collected; nothing if it cannot be read."""
    text = case.get("data")
    if text is None:
        return {}
    if not isinstance(text, str) or len(text) > _DATA_SIZE_MAX:
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) and all(map(is_storable, data.values())) else None
