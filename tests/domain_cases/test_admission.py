"""Admission: every state, action and actor against the short list of what is allowed."""

from itertools import product

import pytest

from yum_desktop.domain.cases import admission
from yum_desktop.domain.cases.admission import ADMISSION, Action, Situation, State
from yum_desktop.domain.cases.machine import NotAllowedError
from yum_desktop.domain.member import BY_NAME

CHAPTER, GRASSROOTS, BOTH, NEITHER = "chapter", "grassroots", "both", "neither"
ACTORS = {CHAPTER: (True, False), GRASSROOTS: (False, True), BOTH: (True, True), NEITHER: (False, False)}

BY_CHAPTER = {
    (State.DRAFT, Action.TRAIN): State.TRAINING,
    (State.TRAINING, Action.CALL_MEETING): State.MEETING,
    (State.MEETING, Action.SUBMIT): State.AWAITING,
    (State.MEETING, Action.NOT_AGREED): State.REFUSED,
    (State.RETURNED, Action.SUBMIT): State.AWAITING,
    (State.APPROVED, Action.HOLD_CEREMONY): State.ADMITTED,
    (State.DRAFT, Action.CANCEL): State.CANCELLED,
    (State.TRAINING, Action.CANCEL): State.CANCELLED,
    (State.MEETING, Action.CANCEL): State.CANCELLED,
    (State.AWAITING, Action.CANCEL): State.CANCELLED,
    (State.RETURNED, Action.CANCEL): State.CANCELLED,
}
BY_GRASSROOTS = {
    (State.AWAITING, Action.APPROVE): State.APPROVED,
    (State.AWAITING, Action.RETURN): State.RETURNED,
    (State.AWAITING, Action.REFUSE): State.REFUSED,
    (State.ADMITTED, Action.GIVE_CARD): State.CARD_GIVEN,
}
ALLOWED = {
    CHAPTER: BY_CHAPTER,
    GRASSROOTS: BY_GRASSROOTS,
    BOTH: BY_CHAPTER | BY_GRASSROOTS,
    NEITHER: {},
}
NEEDS_NO_DATA = {Action.NOT_AGREED, Action.RETURN, Action.REFUSE, Action.CANCEL}

DATA: dict[str, str | int | None] = {
    "full_name": "Lù Thị Mẩy",
    "born_on": "2009-05-02",
    "sex": "NU",
    "id_number": "008309001234",
    "id_issued_on": "2023-06-01",
    "occupation": "HOC_SINH",
    "introducer": "Ma Văn Khoa",
    "introducer_since": "2025-09-05",
    "meeting_on": "2026-02-20",
    "meeting_present": 21,
    "meeting_agreed": 19,
    "decision_no": "12-NQ/ĐTN",
    "decision_on": "2026-03-02",
    "ceremony_on": "2026-03-26",
    "card_no": "0812345",
}


def outcome(state: State, action: Action, situation: Situation) -> State | None:
    try:
        return ADMISSION.step(state, action, situation)
    except NotAllowedError:
        return None


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("has_reason", [True, False], ids=["with a reason", "without"])
@pytest.mark.parametrize("complete", [True, False], ids=["complete", "incomplete"])
def test_only_the_listed_steps_are_allowed(actor: str, has_reason: bool, complete: bool) -> None:
    chapter, grassroots = ACTORS[actor]
    situation = Situation(
        actor_is_chapter=chapter,
        actor_is_grassroots=grassroots,
        has_reason=has_reason,
        complete_for=frozenset(State) if complete else frozenset(),
    )
    for state, action in product(State, Action):
        wanted = ALLOWED[actor].get((state, action))
        if (action in admission.NEEDS_REASON and not has_reason) or (action not in NEEDS_NO_DATA and not complete):
            wanted = None
        assert outcome(state, action, situation) is wanted, (state, action)
        assert (action in ADMISSION.actions(state, situation)) is (wanted is not None)


def test_a_case_that_goes_well_needs_nothing_more() -> None:
    state = ADMISSION.initial
    whole = admission.situation(DATA, actor_is_chapter=True, actor_is_grassroots=True, has_reason=False)
    for action in (
        Action.TRAIN,
        Action.CALL_MEETING,
        Action.SUBMIT,
        Action.APPROVE,
        Action.HOLD_CEREMONY,
        Action.GIVE_CARD,
    ):
        state = ADMISSION.step(state, action, whole)
    assert state is State.CARD_GIVEN
    assert state in ADMISSION.final


@pytest.mark.parametrize("state", admission.PATH)
def test_what_a_state_requires_includes_what_the_states_before_required(state: State) -> None:
    before = admission.PATH[: admission.PATH.index(state)]
    for earlier in before:
        assert set(admission.required_data(earlier)) <= set(admission.required_data(state))


@pytest.mark.parametrize("name", admission.required_data(State.CARD_GIVEN))
def test_each_required_datum_is_missed(name: str) -> None:
    assert admission.lacking(State.CARD_GIVEN, DATA) == ()
    assert name in admission.lacking(State.CARD_GIVEN, {**DATA, name: None})
    assert name in admission.lacking(State.CARD_GIVEN, {**DATA, name: ""})


def test_somebody_without_a_paper_says_why() -> None:
    without = {**DATA, "id_number": None, "id_issued_on": None}
    assert admission.lacking(State.AWAITING, without) == ("id_number", "id_issued_on")
    assert admission.lacking(State.AWAITING, {**without, "id_missing_reason": "Chưa làm thẻ"}) == ()


@pytest.mark.parametrize(
    ("present", "agreed", "enough"),
    [(21, 11, True), (21, 10, False), (20, 10, False), (20, 11, True), (1, 1, True), (3, 4, False), (0, 0, False)],
)
def test_more_than_half_of_those_present_must_agree(present: int, agreed: int, enough: bool) -> None:
    data = {**DATA, "meeting_present": present, "meeting_agreed": agreed}
    assert ("meeting_agreed" not in admission.lacking(State.AWAITING, data)) is enough


@pytest.mark.parametrize(
    ("since", "enough"),
    [
        ("2025-11-20", True),
        ("2025-11-21", False),
        ("2025-11", True),
        ("2025", True),
        ("2026", False),
        ("hôm qua", False),
    ],
)
def test_the_introducer_knows_the_person_for_three_months(since: str, enough: bool) -> None:
    lacking = admission.lacking(State.AWAITING, {**DATA, "introducer_since": since})
    assert (lacking == ()) is enough


@pytest.mark.parametrize(
    ("level", "is_own", "is_below", "wanted"),
    [
        ("CHIDOAN", True, False, (True, False)),
        ("CHIDOAN", False, False, (False, False)),
        ("XA", False, True, (True, True)),
        ("XA", True, False, (True, True)),
        ("XA", False, False, (False, False)),
        ("TINH", False, True, (False, False)),
        ("TW", False, True, (False, False)),
    ],
)
def test_the_chapter_and_the_union_above_it_act(
    level: str, is_own: bool, is_below: bool, wanted: tuple[bool, bool]
) -> None:
    assert admission.roles(actor_level=level, is_own=is_own, is_below=is_below) == wanted


def test_the_new_member_has_what_the_case_collected_and_joins_with_the_ceremony() -> None:
    member = admission.new_member(DATA)
    assert set(member) <= set(BY_NAME)
    assert member["full_name"] == "Lù Thị Mẩy"
    assert member["joined_on"] == "2026-03-26"
    assert member["status"] == "DANG_SINH_HOAT"
    assert member["admission_no"] == "12-NQ/ĐTN"
    assert "introducer" not in member
    assert admission.new_member(DATA, joined_on="decision_on")["joined_on"] == "2026-03-02"


def test_everything_has_a_label() -> None:
    assert set(admission.STATE_LABELS) == set(State)
    assert set(admission.ACTION_LABELS) == set(Action)
    assert set(admission.DATA_LABELS) == set(admission.ADMISSION_FIELDS)
    assert set(admission.required_data(State.CARD_GIVEN)) <= set(admission.ADMISSION_FIELDS)
