"""Cases on a device: drafted, moved on offline, refused, decided by the server."""

from uuid import UUID

import pytest
from commune import COMMUNE, HAMLET, OTHER_COMMUNE, PROVINCE, SCHOOL, arrive, become, unit

from sync.client import store
from yum_desktop.domain.cases.admission import Action, State
from yum_desktop.domain.errors import ConflictError, InputError
from yum_desktop.registry import commands, queries
from yum_desktop.registry.engine import Registry

PERSON: dict[str, str | int | None] = {"full_name": "Lù Thị Mẩy", "born_on": "2009-05-02", "sex": "NU"}
MEETING: dict[str, str | int | None] = {
    "introducer": "Ma Văn Khoa",
    "introducer_since": "2025-09-05",
    "id_number": "008309001234",
    "id_issued_on": "2023-06-01",
    "occupation": "HOC_SINH",
    "meeting_on": "2026-02-20",
    "meeting_present": 21,
    "meeting_agreed": 19,
}
DECISION: dict[str, str | int | None] = {"decision_no": "12-NQ/ĐTN", "decision_on": "2026-03-02"}


def on_server(r: Registry, state: str | None, *, number: int = 1, unit_id: UUID = HAMLET) -> UUID:
    case_id = UUID(int=6_000 + number)
    known = {
        "unit_id": unit_id.bytes,
        "procedure": "admission",
        "state": state,
        "title": "Lù Thị Mẩy",
        "data": '{"full_name":"Lù Thị Mẩy"}',
        "member_id": UUID(int=6_500).bytes,
        "opened_by": "nadong",
        "opened_at": 1_700_000_000_000 + number,
    }
    arrive(r, "case", case_id, known)
    return case_id


def answer_all(r: Registry) -> None:
    """Let the server have accepted everything."""
    with r.write() as conn:
        conn.exec_driver_sql("DELETE FROM sync_outbox")


def refuse(r: Registry, code: str) -> None:
    with r.write() as conn:
        sql = "UPDATE sync_outbox SET status = ?, code = ? WHERE kind = 'case_step'"
        conn.exec_driver_sql(sql, (store.REFUSED, code))


def test_a_draft_is_stored_without_a_state_and_shown_as_a_draft(r: Registry) -> None:
    case_id = commands.draft_admission(r, HAMLET, PERSON)
    detail = queries.case(r, case_id)
    assert (detail.row.title, detail.row.state, detail.row.state_label) == ("Lù Thị Mẩy", "NHAP", "Bản nháp")
    assert detail.data == PERSON
    assert detail.member_id is not None
    assert detail.row.waiting
    assert detail.path[0] == ("NHAP", "Bản nháp")
    with r.read() as conn:
        (line,) = store.lines_with(conn, store.PENDING)
    assert "state" not in line.line.patch


def test_steps_taken_offline_move_the_case_on_this_device(r: Registry) -> None:
    case_id = commands.draft_admission(r, HAMLET, PERSON)
    assert commands.take_step(r, case_id, Action.TRAIN) == State.TRAINING
    commands.set_case(r, case_id, MEETING)
    commands.take_step(r, case_id, Action.CALL_MEETING)
    commands.take_step(r, case_id, Action.SUBMIT, "Kính đề nghị")
    detail = queries.case(r, case_id)
    assert detail.row.state == State.AWAITING
    assert [(step.from_state, step.to_state, step.waiting) for step in detail.steps] == [
        ("NHAP", "BOI_DUONG", True),
        ("BOI_DUONG", "CHO_HOI_NGHI", True),
        ("CHO_HOI_NGHI", "CHO_CHUAN_Y", True),
    ]
    assert detail.steps[-1].note == "Kính đề nghị"
    assert detail.done == ("NHAP", "BOI_DUONG", "CHO_HOI_NGHI")
    assert detail.data == PERSON | MEETING
    assert [row.operation for row in queries.pending(r)] == ["create"] * 4


def test_what_the_server_says_counts_when_nothing_waits(r: Registry) -> None:
    case_id = on_server(r, State.AWAITING)
    answer_all(r)
    assert queries.case(r, case_id).row.state == State.AWAITING
    assert not queries.case(r, case_id).row.waiting


@pytest.mark.parametrize(
    ("own", "role", "wanted"),
    [
        (HAMLET, "editor", (Action.CANCEL,)),
        (COMMUNE, "editor", (Action.APPROVE, Action.RETURN, Action.REFUSE, Action.CANCEL)),
        (COMMUNE, "viewer", ()),
        (PROVINCE, "editor", ()),
        (SCHOOL, "editor", ()),
        (OTHER_COMMUNE, "editor", ()),
    ],
)
def test_the_buttons_are_those_of_the_account(r: Registry, own: UUID, role: str, wanted: tuple[Action, ...]) -> None:
    unit(r, OTHER_COMMUNE, PROVINCE, "XA", "Đoàn xã Lâm Bình")
    case_id = on_server(r, State.AWAITING)
    become(r, own=own, role=role)
    assert queries.case(r, case_id).row.actions == wanted


def test_a_button_says_what_the_case_still_needs(r: Registry) -> None:
    case_id = on_server(r, State.AWAITING)
    lacking = queries.case(r, case_id).lacking
    assert {"decision_no", "decision_on", "introducer"} <= set(lacking[Action.APPROVE])
    assert lacking[Action.CANCEL] == ()


def test_a_step_without_its_data_names_the_first_that_lacks(r: Registry) -> None:
    case_id = commands.draft_admission(r, HAMLET, {"full_name": "Lù Thị Mẩy"})
    with pytest.raises(InputError) as caught:
        commands.take_step(r, case_id, Action.TRAIN)
    assert (caught.value.code, caught.value.field) == ("case.incomplete", "born_on")
    assert "Ngày sinh" in caught.value.text


def test_a_case_is_not_returned_without_a_reason(r: Registry) -> None:
    case_id = on_server(r, State.AWAITING)
    with pytest.raises(InputError) as caught:
        commands.take_step(r, case_id, Action.RETURN, "   ")
    assert caught.value.code == "case.reason_needed"
    commands.take_step(r, case_id, Action.RETURN, "Thiếu biên bản")
    detail = queries.case(r, case_id)
    assert (detail.row.state, detail.returned_note) == (State.RETURNED, "Thiếu biên bản")


@pytest.mark.parametrize("action", [Action.APPROVE, Action.GIVE_CARD, "KHONG_CO"])
def test_a_step_that_is_not_in_the_table_is_not_allowed(r: Registry, action: str) -> None:
    case_id = commands.draft_admission(r, HAMLET, PERSON)
    with pytest.raises(ConflictError) as caught:
        commands.take_step(r, case_id, action)
    assert caught.value.code == "case.not_allowed"
    assert queries.case(r, case_id).steps == ()


def test_a_step_that_only_others_may_take_is_not_allowed(r: Registry) -> None:
    case_id = on_server(r, State.AWAITING)
    become(r, own=HAMLET)
    with pytest.raises(ConflictError):
        commands.take_step(r, case_id, Action.RETURN, "x")


def test_a_refused_step_moves_the_case_back_and_says_why(r: Registry) -> None:
    case_id = on_server(r, State.AWAITING)
    commands.take_step(r, case_id, Action.RETURN, "Thiếu biên bản")
    refuse(r, "case.not_allowed")
    row = queries.case(r, case_id).row
    assert row.state == State.AWAITING
    assert row.refused is not None
    assert queries.case(r, case_id).steps == ()


def test_another_step_takes_the_place_of_a_refused_one(r: Registry) -> None:
    case_id = on_server(r, State.AWAITING)
    commands.take_step(r, case_id, Action.RETURN, "Thiếu biên bản")
    refuse(r, "case.not_allowed")
    commands.take_step(r, case_id, Action.REFUSE, "Không đủ tuổi")
    row = queries.case(r, case_id).row
    assert (row.state, row.refused) == (State.REFUSED, None)
    assert [found.status for found in queries.pending(r)] == ["pending"]


@pytest.mark.parametrize("state", [State.CARD_GIVEN, State.REFUSED, State.CANCELLED])
def test_a_closed_case_is_not_edited(r: Registry, state: State) -> None:
    case_id = on_server(r, state)
    with pytest.raises(ConflictError) as caught:
        commands.set_case(r, case_id, {"card_no": "1"})
    assert caught.value.code == "case.closed"


def test_data_changes_by_name_and_an_unknown_name_is_told(r: Registry) -> None:
    case_id = commands.draft_admission(r, HAMLET, PERSON)
    commands.set_case(r, case_id, {"full_name": "Lù Thị Mây", "sex": None})
    detail = queries.case(r, case_id)
    assert detail.row.title == "Lù Thị Mây"
    assert detail.data == {"full_name": "Lù Thị Mây", "born_on": "2009-05-02"}
    for data, code in (
        ({"shoe_size": 37}, "case.field_unknown"),
        ({"full_name": ""}, "member.name_needed"),
        ({"introducer": "a\0b"}, "text.odd"),
    ):
        with pytest.raises(InputError) as caught:
            commands.set_case(r, case_id, data)
        assert caught.value.code == code


def test_cases_are_listed_by_subtree_newest_first(r: Registry) -> None:
    one = on_server(r, State.AWAITING, number=1, unit_id=HAMLET)
    two = on_server(r, State.DRAFT, number=2, unit_id=SCHOOL)
    assert [row.case_id for row in queries.cases(r)] == [two, one]
    assert [row.case_id for row in queries.cases(r, COMMUNE)] == [two, one]
    assert [row.case_id for row in queries.cases(r, HAMLET)] == [one]
    assert queries.cases(r, OTHER_COMMUNE) == []


def test_an_unknown_case_is_told(r: Registry) -> None:
    for ask in (
        lambda: queries.case(r, UUID(int=404)),
        lambda: commands.set_case(r, UUID(int=404), PERSON),
        lambda: commands.take_step(r, UUID(int=404), Action.TRAIN),
    ):
        with pytest.raises(InputError) as caught:
            ask()
        assert caught.value.code == "case.unknown"


def test_a_decision_that_waits_can_be_prepared_by_the_union(r: Registry) -> None:
    case_id = on_server(r, State.AWAITING)
    commands.set_case(r, case_id, PERSON | MEETING | DECISION)
    assert commands.take_step(r, case_id, Action.APPROVE) == State.APPROVED
    detail = queries.case(r, case_id)
    assert detail.lacking[Action.HOLD_CEREMONY] == ("ceremony_on",)
