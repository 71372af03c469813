"""Admission of a new member: the chapter proposes, the grassroots union approves (domain §3.1, §3.16).

Ages are not part of the table: which birthday ends the right to join is read in three ways (domain §2.8).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from yum_desktop.domain.cases.machine import Edge, Machine
from yum_desktop.domain.member import BY_NAME

PROCEDURE: Final = "admission"
PROCEDURE_LABEL: Final = "Kết nạp đoàn viên mới"

Data = Mapping[str, str | int | None]
"""What a case has collected, by the names of `ADMISSION_FIELDS`."""


class State(StrEnum):
    """Where a case stands."""

    DRAFT = "NHAP"
    TRAINING = "BOI_DUONG"
    MEETING = "CHO_HOI_NGHI"
    AWAITING = "CHO_CHUAN_Y"
    RETURNED = "TRA_LAI"
    APPROVED = "DA_CHUAN_Y"
    ADMITTED = "DA_LE"
    CARD_GIVEN = "DA_TRAO_THE"
    REFUSED = "TU_CHOI"
    CANCELLED = "DA_HUY"


class Action(StrEnum):
    """What somebody does."""

    TRAIN = "BOI_DUONG"
    CALL_MEETING = "DUA_RA_HOI_NGHI"
    SUBMIT = "GUI_CHUAN_Y"
    NOT_AGREED = "KHONG_TAN_THANH"
    APPROVE = "CHUAN_Y"
    RETURN = "TRA_LAI"
    REFUSE = "TU_CHOI"
    HOLD_CEREMONY = "TO_CHUC_LE"
    GIVE_CARD = "TRAO_THE"
    CANCEL = "HUY"


STATE_LABELS: Final[dict[State, str]] = {
    State.DRAFT: "Bản nháp",
    State.TRAINING: "Bồi dưỡng",
    State.MEETING: "Chờ hội nghị",
    State.AWAITING: "Chờ chuẩn y",
    State.RETURNED: "Bị trả lại",
    State.APPROVED: "Đã chuẩn y",
    State.ADMITTED: "Đã làm lễ",
    State.CARD_GIVEN: "Đã trao thẻ",
    State.REFUSED: "Từ chối",
    State.CANCELLED: "Đã hủy",
}

ACTION_LABELS: Final[dict[Action, str]] = {
    Action.TRAIN: "Đưa vào bồi dưỡng",
    Action.CALL_MEETING: "Đưa ra hội nghị",
    Action.SUBMIT: "Gửi đề nghị chuẩn y",
    Action.NOT_AGREED: "Hội nghị không tán thành",
    Action.APPROVE: "Chuẩn y",
    Action.RETURN: "Trả lại",
    Action.REFUSE: "Từ chối",
    Action.HOLD_CEREMONY: "Đã làm lễ kết nạp",
    Action.GIVE_CARD: "Đã trao thẻ",
    Action.CANCEL: "Hủy hồ sơ",
}

PATH: Final = (
    State.DRAFT,
    State.TRAINING,
    State.MEETING,
    State.AWAITING,
    State.APPROVED,
    State.ADMITTED,
    State.CARD_GIVEN,
)
"""The states of a case that goes well."""

NEEDS_REASON: Final = frozenset({Action.RETURN, Action.REFUSE})
"""Actions that nobody takes without saying why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Who acts, and on what.

    Attributes:
        actor_is_chapter: Acts for the chapter that opened the case.
        actor_is_grassroots: Acts for the grassroots union above it.
        has_reason: Says why.
        complete_for: States whose data is complete.
    """

    actor_is_chapter: bool
    actor_is_grassroots: bool
    has_reason: bool
    complete_for: frozenset[State]


def _by_chapter(situation: Situation) -> bool:
    return situation.actor_is_chapter


def _by_grassroots_with_reason(situation: Situation) -> bool:
    return situation.actor_is_grassroots and situation.has_reason


def _train(situation: Situation) -> bool:
    return situation.actor_is_chapter and State.TRAINING in situation.complete_for


def _call_meeting(situation: Situation) -> bool:
    return situation.actor_is_chapter and State.MEETING in situation.complete_for


def _submit(situation: Situation) -> bool:
    return situation.actor_is_chapter and State.AWAITING in situation.complete_for


def _approve(situation: Situation) -> bool:
    return situation.actor_is_grassroots and State.APPROVED in situation.complete_for


def _hold_ceremony(situation: Situation) -> bool:
    return situation.actor_is_chapter and State.ADMITTED in situation.complete_for


def _give_card(situation: Situation) -> bool:
    return situation.actor_is_grassroots and State.CARD_GIVEN in situation.complete_for


ADMISSION: Final[Machine[State, Action, Situation]] = Machine(
    initial=State.DRAFT,
    final=frozenset({State.CARD_GIVEN, State.REFUSED, State.CANCELLED}),
    edges=(
        Edge(State.DRAFT, Action.TRAIN, State.TRAINING, _train),
        Edge(State.TRAINING, Action.CALL_MEETING, State.MEETING, _call_meeting),
        Edge(State.MEETING, Action.SUBMIT, State.AWAITING, _submit),
        Edge(State.MEETING, Action.NOT_AGREED, State.REFUSED, _by_chapter),
        Edge(State.RETURNED, Action.SUBMIT, State.AWAITING, _submit),
        Edge(State.AWAITING, Action.APPROVE, State.APPROVED, _approve),
        Edge(State.AWAITING, Action.RETURN, State.RETURNED, _by_grassroots_with_reason),
        Edge(State.AWAITING, Action.REFUSE, State.REFUSED, _by_grassroots_with_reason),
        Edge(State.APPROVED, Action.HOLD_CEREMONY, State.ADMITTED, _hold_ceremony),
        Edge(State.ADMITTED, Action.GIVE_CARD, State.CARD_GIVEN, _give_card),
        Edge(State.DRAFT, Action.CANCEL, State.CANCELLED, _by_chapter),
        Edge(State.TRAINING, Action.CANCEL, State.CANCELLED, _by_chapter),
        Edge(State.MEETING, Action.CANCEL, State.CANCELLED, _by_chapter),
        Edge(State.AWAITING, Action.CANCEL, State.CANCELLED, _by_chapter),
        Edge(State.RETURNED, Action.CANCEL, State.CANCELLED, _by_chapter),
    ),
)
"""The table of domain §3.16, row 1. Data may change as long as the case has not been decided (`EDITABLE`)."""

EDITABLE: Final = ADMISSION.states - ADMISSION.final

EFFECT_STATE: Final = State.ADMITTED
"""The member is made when a case comes here: with the ceremony one is a member (domain §3.1)."""

JOINED_ON: Final = "ceremony_on"
"""Which day counts as the day of joining: ``ceremony_on``, or ``decision_on`` where that is the custom."""

_PERSON: Final = (
    "full_name", "born_on", "sex", "ethnicity", "religion", "id_number", "id_kind", "id_missing_reason",
    "id_issued_on", "id_issued_by", "phone", "email", "hometown_province", "hometown_ward", "hometown_detail",
    "residence_province", "residence_ward", "residence_detail", "education", "qualification", "occupation",
    "occupation_detail",
)  # fmt: skip
_CASE_LABELS: Final = {
    "introducer": "Người giới thiệu",
    "introducer_since": "Cùng công tác từ ngày",
    "meeting_on": "Ngày hội nghị chi đoàn",
    "meeting_present": "Số đoàn viên có mặt",
    "meeting_agreed": "Số tán thành",
    "decision_no": "Số nghị quyết chuẩn y",
    "decision_on": "Ngày nghị quyết",
    "ceremony_on": "Ngày làm lễ",
    "card_no": "Số thẻ",
}

ADMISSION_FIELDS: Final[tuple[str, ...]] = (*_PERSON, *_CASE_LABELS)
"""What a case collects: member fields, then its own."""

DATA_LABELS: Final[dict[str, str]] = {name: BY_NAME[name].label for name in _PERSON} | _CASE_LABELS

_REQUIRED: Final[dict[State, tuple[str, ...]]] = {
    State.TRAINING: ("full_name", "born_on", "sex"),
    State.MEETING: ("introducer", "introducer_since"),
    State.AWAITING: (
        "id_number", "id_issued_on", "occupation", "meeting_on", "meeting_present", "meeting_agreed",
    ),
    State.APPROVED: ("decision_no", "decision_on"),
    State.ADMITTED: ("ceremony_on",),
    State.CARD_GIVEN: ("card_no",),
}  # fmt: skip
_MONTHS_TOGETHER_MIN: Final = 3


def required_data(state: State) -> tuple[str, ...]:
    """Return the names of the data a case must have to come to `state`, in form order."""
    if state not in PATH:
        return ()
    before = PATH[: PATH.index(state) + 1]
    return tuple(name for step in before for name in _REQUIRED.get(step, ()))


def lacking(state: State, data: Data) -> tuple[str, ...]:
    """Return the names of the data that is missing or not enough for `state`.

    A person without an identity paper says why. More than half of those present must agree, and the introducer has
    known the person for three months at the meeting (domain §3.0, §3.1).
    """
    names = [name for name in required_data(state) if data.get(name) in (None, "")]
    if data.get("id_missing_reason"):
        names = [name for name in names if name not in {"id_number", "id_issued_on"}]
    if state in PATH and PATH.index(state) >= PATH.index(State.AWAITING):
        if not names and not has_majority(data):
            names.append("meeting_agreed")
        if not names and not _known_long_enough(data):
            names.append("introducer_since")
    return tuple(names)


def has_majority(data: Data) -> bool:
    """Return whether more than half of those present agreed, and no more than were there."""
    present, agreed = data.get("meeting_present"), data.get("meeting_agreed")
    return isinstance(present, int) and isinstance(agreed, int) and present < agreed * 2 and agreed <= present


def _known_long_enough(data: Data) -> bool:
    """Return whether the introducer knew the person long enough; a day not known exactly is taken as its first."""
    since, meeting = _first_day(data.get("introducer_since")), _first_day(data.get("meeting_on"))
    if since is None or meeting is None:
        return False
    months = (meeting.year - since.year) * 12 + meeting.month - since.month - (meeting.day < since.day)
    return months >= _MONTHS_TOGETHER_MIN


def _first_day(text: str | int | None) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01-01"[:10])
    except ValueError:
        return None


def situation(data: Data, *, actor_is_chapter: bool, actor_is_grassroots: bool, has_reason: bool) -> Situation:
    """Return the situation of somebody who acts on a case with `data`."""
    complete = frozenset(state for state in State if not lacking(state, data))
    return Situation(
        actor_is_chapter=actor_is_chapter,
        actor_is_grassroots=actor_is_grassroots,
        has_reason=has_reason,
        complete_for=complete,
    )


GRASSROOTS: Final = "XA"
"""Level of the units that approve."""

_COPIED: Final = (*_PERSON, "card_no")


def roles(*, actor_level: str, is_own: bool, is_below: bool) -> tuple[bool, bool]:
    """Return for whom somebody acts: the chapter, the grassroots union.

    A grassroots union that keeps the records of its chapters acts for them too (domain §1.9); those above only look.

    Args:
        actor_level: Level of the account's unit.
        is_own: The case belongs to the account's unit.
        is_below: It belongs to a unit below.
    """
    grassroots = actor_level == GRASSROOTS and (is_own or is_below)
    return is_own or grassroots, grassroots


def new_member(data: Data, *, joined_on: str = JOINED_ON) -> dict[str, str | int | None]:
    """Return the record of the member that a case with `data` makes, without its unit.

    Args:
        data: What the case has collected.
        joined_on: Name of the data that counts as the day of joining.
    """
    values = {name: data[name] for name in _COPIED if data.get(name) not in (None, "")}
    return values | {
        "position": "DOAN_VIEN",
        "status": "DANG_SINH_HOAT",
        "joined_on": data.get(joined_on),
        "admission_no": data.get("decision_no"),
        "admission_on": data.get("decision_on"),
    }


def card(data: Data) -> dict[str, str | int | None]:
    """Return what the member's record gets when the card is given."""
    return {"card_no": data.get("card_no")}
