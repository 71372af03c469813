"""Cases on the server: the same tables, steps on an old state refused, the member made exactly once."""

import json
from dataclasses import dataclass, field

import pytest
from central_world import CEREMONY, DECISION, PERSON, Centre, compact, create, delete, edit, on_both_stores

from sync.protocol.kinds import Value, Values
from sync.protocol.messages import Answer, Change
from sync.server.records import Actor
from yum_desktop.domain.cases.admission import ADMISSION, Action, State
from yum_desktop.registry.clock import new_id


@dataclass
class Case:
    """A case, and the people who work on it."""

    centre: Centre
    unit: str = "thon"
    case_id: bytes = field(default_factory=lambda: new_id().bytes)
    member_id: bytes = field(default_factory=lambda: new_id().bytes)
    data: dict[str, object] = field(default_factory=lambda: dict(PERSON))

    def __post_init__(self) -> None:
        self.chapter = self.centre.actor("chi-doan", "thon")
        self.commune = self.centre.actor("xa", "xa")
        (self.opened,) = self.centre.push(self.chapter, create("case", self.values(), self.case_id))

    def values(self) -> Values:
        return {
            "unit_id": self.centre.units[self.unit], "procedure": "admission", "title": "Kết nạp",
            "data": compact(self.data), "member_id": self.member_id, "opened_by": "chi-doan",
        }  # fmt: skip

    @property
    def state(self) -> Value:
        record = self.centre.record("case", self.case_id)
        assert record is not None
        return record.values["state"]

    @property
    def rev(self) -> int:
        record = self.centre.record("case", self.case_id)
        assert record is not None
        return record.rev

    def step(self, what: Action, source: State, **more: Value) -> Change:
        target = ADMISSION.target(source, what)
        values: Values = {
            "unit_id": self.centre.units[self.unit], "case_id": self.case_id, "action": what.value,
            "from_state": source.value, "to_state": target.value if target else None, **more,
        }  # fmt: skip
        return create("case_step", values)

    def take(self, actor: Actor, what: Action, source: State, **more: Value) -> Answer:
        (answer,) = self.centre.push(actor, self.step(what, source, **more))
        return answer

    def write(self, actor: Actor, **data: object) -> Answer:
        self.data |= data
        (answer,) = self.centre.push(actor, edit("case", self.case_id, {"data": compact(self.data)}, self.rev))
        return answer

    def bring_to(self, goal: State) -> None:
        """Take the ordinary way."""
        way: tuple[tuple[Actor, Action, State, dict[str, object]], ...] = (
            (self.chapter, Action.TRAIN, State.DRAFT, {}),
            (self.chapter, Action.CALL_MEETING, State.TRAINING, {}),
            (self.chapter, Action.SUBMIT, State.MEETING, {}),
            (self.commune, Action.APPROVE, State.AWAITING, DECISION),
            (self.chapter, Action.HOLD_CEREMONY, State.APPROVED, CEREMONY),
            (self.commune, Action.GIVE_CARD, State.ADMITTED, {"card_no": "123456789"}),
        )
        for actor, action, source, data in way:
            if self.state == goal:
                return
            if self.state != source:
                continue
            if data:
                assert self.write(actor, **data).status == "applied"
            assert self.take(actor, action, source).status == "applied"

    def members(self) -> int:
        return len(self.centre.records("member", "id_number", "008209001122"))


@pytest.fixture
def case(centre: Centre) -> Case:
    return Case(centre)


def test_s173_a_new_case_begins_as_a_draft_whatever_it_lacks(centre: Centre) -> None:
    case = Case(centre, data={})
    assert (case.opened.status, case.state) == ("applied", "NHAP")


@on_both_stores
def test_the_whole_way_makes_one_member_with_the_days_of_the_case(case: Case) -> None:
    case.bring_to(State.APPROVED)
    assert case.members() == 0
    case.bring_to(State.ADMITTED)
    member = case.centre.record("member", case.member_id)
    assert member is not None
    wanted = {
        "full_name": "Ma Văn Thử", "unit_id": case.centre.units["thon"], "joined_on": "2026-10-20",
        "admission_no": "12-NQ/ĐTN", "status": "DANG_SINH_HOAT", "position": "DOAN_VIEN",
    }  # fmt: skip
    assert {name: member.values[name] for name in wanted} == wanted
    case.bring_to(State.CARD_GIVEN)
    member = case.centre.record("member", case.member_id)
    assert member is not None
    assert (member.values["card_no"], case.members()) == ("123456789", 1)


@on_both_stores
def test_a_repeated_step_changes_nothing(case: Case) -> None:
    case.bring_to(State.APPROVED)
    case.write(case.chapter, **CEREMONY)
    step = case.step(Action.HOLD_CEREMONY, State.APPROVED)
    first = case.centre.push(case.chapter, step)
    assert case.centre.push(case.chapter, step) == first
    assert (case.state, case.members()) == ("DA_LE", 1)


@on_both_stores
def test_two_devices_that_take_the_same_step_make_one_member(case: Case) -> None:
    case.bring_to(State.APPROVED)
    case.write(case.chapter, **CEREMONY)
    one = case.take(case.chapter, Action.HOLD_CEREMONY, State.APPROVED)
    other = case.take(case.commune, Action.HOLD_CEREMONY, State.APPROVED)
    assert (one.status, other.code, case.members()) == ("applied", "case.stale_state", 1)


@on_both_stores
def test_s180_the_first_decision_stands_and_the_second_is_told_both_states(case: Case) -> None:
    case.bring_to(State.AWAITING)
    case.write(case.commune, **DECISION)
    approved = case.take(case.commune, Action.APPROVE, State.AWAITING)
    refused = case.take(case.commune, Action.REFUSE, State.AWAITING, note="Chưa đủ tuổi")
    assert (approved.status, case.state) == ("applied", "DA_CHUAN_Y")
    assert (refused.code, refused.field, refused.link) == ("case.stale_state", "from_state", case.case_id)
    assert "Đã chuẩn y" in refused.text
    assert "Chờ chuẩn y" in refused.text


def test_s183_after_a_refused_step_the_later_ones_of_the_chain_are_refused_too(case: Case) -> None:
    steps = [
        case.step(Action.CALL_MEETING, State.TRAINING),
        case.step(Action.SUBMIT, State.MEETING),
        case.step(Action.CANCEL, State.AWAITING),
    ]
    answers = case.centre.push(case.chapter, *steps)
    assert {answer.code for answer in answers} == {"case.stale_state"}
    assert case.state == "NHAP"


def test_a_chain_taken_offline_is_accepted_in_one_push(case: Case) -> None:
    steps = [
        case.step(Action.TRAIN, State.DRAFT),
        case.step(Action.CALL_MEETING, State.TRAINING),
        case.step(Action.SUBMIT, State.MEETING),
    ]
    answers = case.centre.push(case.chapter, *steps)
    assert ([answer.status for answer in answers], case.state) == (["applied"] * 3, "CHO_CHUAN_Y")


def test_a_chapter_does_not_approve_its_own_case(case: Case) -> None:
    case.bring_to(State.AWAITING)
    case.write(case.chapter, **DECISION)
    answer = case.take(case.chapter, Action.APPROVE, State.AWAITING)
    assert (answer.code, case.state) == ("case.not_allowed", "CHO_CHUAN_Y")


def test_the_province_looks_on(case: Case) -> None:
    case.bring_to(State.AWAITING)
    case.write(case.commune, **DECISION)
    answer = case.take(case.centre.actor("tinh", "tinh"), Action.APPROVE, State.AWAITING)
    assert answer.code == "case.not_allowed"


def test_another_commune_does_not_find_the_case(case: Case) -> None:
    other = case.centre.actor("xa-ben", "xa-ben")
    step = case.step(Action.TRAIN, State.DRAFT, unit_id=case.centre.units["thon-ben"])
    (answer,) = case.centre.push(other, step)
    assert answer.code == "case.unknown"


def test_a_step_that_lacks_data_names_it(case: Case) -> None:
    case.bring_to(State.MEETING)
    case.write(case.chapter, meeting_agreed=None)
    answer = case.take(case.chapter, Action.SUBMIT, State.MEETING)
    assert (answer.code, answer.field) == ("case.incomplete", "meeting_agreed")
    assert "Số tán thành" in answer.text


def test_s179_a_case_is_returned_with_its_reason_and_sent_again(case: Case) -> None:
    case.bring_to(State.AWAITING)
    assert case.take(case.commune, Action.RETURN, State.AWAITING).code == "case.reason_needed"
    assert case.take(case.commune, Action.RETURN, State.AWAITING, note="Thiếu biên bản").status == "applied"
    record = case.centre.record("case", case.case_id)
    assert record is not None
    assert (record.values["state"], record.values["returned_note"]) == ("TRA_LAI", "Thiếu biên bản")
    assert case.take(case.chapter, Action.SUBMIT, State.RETURNED).status == "applied"
    record = case.centre.record("case", case.case_id)
    assert record is not None
    assert record.values["returned_note"] is None


def test_s182_a_step_to_a_state_of_ones_own_choice_is_refused(case: Case) -> None:
    answer = case.take(case.chapter, Action.TRAIN, State.DRAFT, to_state="DA_LE")
    assert (answer.code, answer.field, case.state) == ("case.not_allowed", "to_state", "NHAP")


def test_a_step_in_the_name_of_somebody_else_is_refused(case: Case) -> None:
    answer = case.take(case.chapter, Action.TRAIN, State.DRAFT, account="xa")
    assert answer.code == "case.account"
    assert case.take(case.chapter, Action.TRAIN, State.DRAFT, account="Chi-Doan").status == "applied"


@pytest.mark.parametrize("action", ["BAY", None])
def test_an_unknown_action_is_refused(case: Case, action: Value) -> None:
    assert case.take(case.chapter, Action.TRAIN, State.DRAFT, action=action).code == "case.action"


def test_no_device_sets_the_state(case: Case) -> None:
    (edited,) = case.centre.push(case.commune, edit("case", case.case_id, {"state": "DA_LE"}, case.rev))
    (created,) = case.centre.push(
        case.commune, create("case", {**case.values(), "member_id": new_id().bytes, "state": "DA_LE"})
    )
    assert (edited.code, created.code, case.state) == ("field.read_only", "field.read_only", "NHAP")


def test_s181_approved_values_stay_and_later_ones_may_come(case: Case) -> None:
    case.bring_to(State.APPROVED)
    answer = case.write(case.chapter, born_on="2008-03-04")
    assert (answer.code, answer.field) == ("case.approved", "born_on")
    case.data["born_on"] = PERSON["born_on"]
    assert case.write(case.chapter, **CEREMONY).status == "applied"


def test_s187_a_closed_case_stays_as_it_is(case: Case) -> None:
    assert case.take(case.chapter, Action.CANCEL, State.DRAFT).status == "applied"
    assert case.write(case.chapter, full_name="Tên Khác").code == "case.closed"


def test_a_person_who_is_a_member_already_is_not_sent_for_approval(case: Case) -> None:
    case.bring_to(State.MEETING)
    member: Values = {"unit_id": case.centre.units["thon-2"], "full_name": "Ma Văn Thử", "id_number": "008209001122"}
    case.centre.push(case.commune, create("member", member))
    answer = case.take(case.chapter, Action.SUBMIT, State.MEETING)
    assert (answer.code, case.state) == ("identity.duplicate", "CHO_HOI_NGHI")
    (told,) = case.centre.records("pair", "verdict", "refused")
    assert (told.values["unit_id"], told.values["other_title"]) == (case.centre.units["xa"], "Ma Văn Thử")
    case.data["id_number"] = "008209009999"
    assert case.write(case.chapter).status == "applied"
    assert case.take(case.chapter, Action.SUBMIT, State.MEETING).status == "applied"


@on_both_stores
def test_s122_s184_a_refused_ceremony_leaves_neither_step_nor_member(case: Case) -> None:
    case.bring_to(State.APPROVED)
    case.write(case.chapter, ceremony_on="2027-01-01")
    answer = case.take(case.chapter, Action.HOLD_CEREMONY, State.APPROVED)
    assert (answer.code, answer.field, case.state) == ("date.future", "joined_on", "DA_CHUAN_Y")
    assert len(case.centre.records("case_step", "case_id", case.case_id)) == 4
    assert case.members() == 0


@on_both_stores
def test_a_member_removed_meanwhile_does_not_come_back_with_the_card(case: Case) -> None:
    case.bring_to(State.ADMITTED)
    member = case.centre.record("member", case.member_id)
    assert member is not None
    case.centre.push(case.commune, delete("member", case.member_id, member.rev))
    case.bring_to(State.CARD_GIVEN)
    assert (case.state, case.members()) == ("DA_TRAO_THE", 0)


def test_only_drafts_and_cancelled_cases_can_be_deleted(centre: Centre) -> None:
    draft, sent = Case(centre), Case(centre)
    sent.take(sent.chapter, Action.TRAIN, State.DRAFT)
    answers = centre.push(
        draft.chapter, delete("case", draft.case_id, draft.rev), delete("case", sent.case_id, sent.rev)
    )
    assert [(answer.status, answer.code) for answer in answers] == [("applied", ""), ("refused", "case.not_draft")]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("procedure", "khac", "case.procedure"), ("procedure", None, "case.procedure"),
        ("member_id", None, "case.member"), ("member_id", b"x", "field.type"), ("data", "[]", "case.data"),
        ("data", "{", "case.data"), ("data", json.dumps({"a": {}}), "case.data"), ("data", 1, "field.type"),
    ],
)  # fmt: skip
def test_a_case_that_makes_no_sense_is_refused(case: Case, name: str, value: Value, code: str) -> None:
    values = {**case.values(), "member_id": new_id().bytes, name: value}
    (answer,) = case.centre.push(case.chapter, create("case", values))
    assert (answer.code, answer.field) == (code, name)


def test_a_case_is_for_a_new_member_of_its_own(case: Case) -> None:
    (again,) = case.centre.push(case.chapter, create("case", case.values()))
    existing = {**case.values(), "member_id": case.centre.units["thon"]}
    (taken,) = case.centre.push(case.chapter, create("case", existing))
    (moved,) = case.centre.push(case.chapter, edit("case", case.case_id, {"member_id": new_id().bytes}, case.rev))
    assert (again.code, taken.code, moved.code) == ("case.member", "case.member", "field.read_only")


def test_a_case_under_way_does_not_change_its_chapter(case: Case) -> None:
    case.take(case.chapter, Action.TRAIN, State.DRAFT)
    change = edit("case", case.case_id, {"unit_id": case.centre.units["thon-2"]}, case.rev)
    (answer,) = case.centre.push(case.commune, change)
    assert (answer.code, answer.field) == ("case.unit", "unit_id")
