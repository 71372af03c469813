"""What the central server accepts of members and units, and what it tells whom."""

import pytest
from central_world import Centre, create, delete, edit, on_both_stores

from sync.core.squash import Op
from sync.protocol.kinds import Value, Values
from sync.protocol.messages import Answer
from sync.server.rules import Effect
from yum_desktop.central.store import SEED
from yum_desktop.registry.clock import new_id
from yum_desktop.registry.refusals import text_of

NAME = "Hoàng Thị Mẫu"
NUMBER = "008305001234"


def added(centre: Centre, values: Values, *, unit: str = "thon", by: str = "xa") -> Answer:
    change = create("member", {"unit_id": centre.units[unit], "full_name": NAME, **values})
    (answer,) = centre.push(centre.actor("an", by), change)
    return answer


def known(centre: Centre, values: Values, unit: str = "thon") -> bytes:
    """Store a member as it came from somewhere else, past the checks."""
    member_id = new_id().bytes
    values = {"unit_id": centre.units[unit], "full_name": NAME, **values}
    centre.server.commit([Effect("member", member_id, Op.CREATE, values)], SEED)
    return member_id


def test_a_member_with_nothing_but_a_name_is_accepted(centre: Centre) -> None:
    assert added(centre, {}).status == "applied"


@pytest.mark.parametrize("name", [None, "", "   ", "12"])
def test_s128_a_member_without_a_name_is_refused(centre: Centre, name: Value) -> None:
    answer = added(centre, {"full_name": name})
    assert (answer.status, answer.code, answer.field) == ("refused", "member.name_needed", "full_name")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("born_on", "2012"), ("born_on", "1900"), ("born_on", "2008-02-29"), ("joined_on", "2026-11-26"),
        ("joined_on", "2026-11"), ("card_issued_on", "2026"), ("id_number", "123456789"), ("id_number", NUMBER),
        ("has_book", 0), ("has_book", 1), ("note", "x" * 4_000), ("associations", '["LHTN"]'), ("phone", "0912345678"),
    ],
)  # fmt: skip
def test_values_inside_the_borders_are_accepted(centre: Centre, field: str, value: Value) -> None:
    assert added(centre, {field: value}).status == "applied"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("born_on", "2013", "date.too_young"), ("born_on", "1899", "date.too_early"),
        ("born_on", "2007-02-29", "member.not_a_day"), ("born_on", "12/8/2005", "member.not_a_day"),
        ("born_on", "2005-8-12", "member.not_a_day"), ("born_on", "20050812", "member.not_a_day"),
        ("born_on", "", "member.not_clean"), ("born_on", " 2005", "member.not_clean"),
        ("born_on", 2005, "field.type"), ("joined_on", "2026-11-27", "date.future"),
        ("joined_on", "2026-12", "date.future"), ("card_issued_on", "2027", "date.future"),
        ("id_number", "12345678", "member.not_an_identity"), ("id_number", "00830500123x", "member.not_an_identity"),
        ("id_number", "0083050012345", "member.not_an_identity"), ("old_id_number", "12", "member.not_an_identity"),
        ("has_book", 2, "member.not_a_flag"), ("has_book", "1", "field.type"),
        ("associations", "LHTN", "member.not_a_set"), ("phone", 912345678, "field.type"),
        ("note", "x" * 4_001, "member.too_long"), ("note", b"x", "field.type"),
        ("note", "x\0", "field.type"), ("has_book", 1 << 31, "field.type"),
        ("hometown_text", "xa\u0303", "member.not_clean"),
    ],
)  # fmt: skip
def test_s127_values_outside_the_borders_are_refused_each_with_its_code(
    centre: Centre, field: str, value: Value, code: str
) -> None:
    answer = added(centre, {field: value})
    assert (answer.status, answer.code, answer.field) == ("refused", code, field)
    assert "(mã " not in text_of(answer.code, answer.text)
    assert centre.records("member", "full_name", NAME) == []


@pytest.mark.parametrize(("joined", "status"), [("2005", "applied"), ("2005-08-12", "applied"), ("2005-07", "refused")])
def test_nobody_joins_before_being_born(centre: Centre, joined: str, status: str) -> None:
    answer = added(centre, {"born_on": "2005-08-12", "joined_on": joined})
    assert (answer.status, answer.code) == (status, "" if status == "applied" else "date.before_birth")


@on_both_stores
def test_codes_must_stand_on_their_list_once_the_server_has_it(centre: Centre) -> None:
    assert added(centre, {"sex": "X"}).status == "applied"
    values: Values = {"list_code": "sex", "code": "NAM", "label": "Nam"}
    centre.server.commit([Effect("code_item", new_id().bytes, Op.CREATE, values)], SEED)
    assert added(centre, {"sex": "NAM", "ethnicity": "99"}).status == "applied"
    answer = added(centre, {"sex": "X"})
    assert (answer.code, answer.field) == ("member.code_unknown", "sex")


def test_s274_an_old_mistake_keeps_nobody_from_correcting_another(centre: Centre) -> None:
    member_id = known(centre, {"born_on": "32/13/2005", "phone": "0"})
    (answer,) = centre.push(centre.actor("an", "xa"), edit("member", member_id, {"phone": "0912345678"}, 1))
    assert answer.status == "applied"
    (answer,) = centre.push(centre.actor("an", "xa"), edit("member", member_id, {"born_on": "33/13/2005"}, 2))
    assert answer.code == "member.not_a_day"


@on_both_stores
@pytest.mark.parametrize(
    ("field", "value"),
    [("address", b"x"), ("position", "1"), ("position", 1 << 40), ("email", "a\0b"), ("phone", "0" * 70_000)],
)
def test_what_a_database_would_not_take_is_refused_for_every_kind(centre: Centre, field: str, value: Value) -> None:
    good = create("member", {"unit_id": centre.units["thon"], "full_name": NAME})
    bad = edit("unit", centre.units["thon"], {field: value}, 1)
    answers = centre.push(centre.actor("an", "xa"), bad, good)
    assert [(answer.status, answer.code, answer.field) for answer in answers] == [
        ("refused", "field.type", field),
        ("applied", "", ""),
    ]


@on_both_stores
def test_one_refused_change_stops_no_other(centre: Centre) -> None:
    unit = centre.units["thon"]
    changes = [create("member", {"unit_id": unit, "full_name": name}) for name in ("An Thị Một", "", "Bùi Văn Hai")]
    assert [answer.status for answer in centre.push(centre.actor("an", "xa"), *changes)] == [
        "applied", "refused", "applied",
    ]  # fmt: skip


# ---- identity


@on_both_stores
def test_a_second_person_with_the_same_number_is_refused_with_the_first_in_sight(centre: Centre) -> None:
    first = known(centre, {"id_number": NUMBER}, "thon-2")
    answer = added(centre, {"id_number": NUMBER})
    assert (answer.code, answer.field, answer.link) == ("identity.duplicate", "id_number", first)
    assert NAME in answer.text
    assert "Đơn vị thon-2" in answer.text


def test_who_has_the_number_elsewhere_stays_unsaid(centre: Centre) -> None:
    known(centre, {"id_number": NUMBER, "full_name": "Lò Văn Ngoài"}, "thon-ben")
    answer = added(centre, {"id_number": NUMBER})
    assert (answer.code, answer.link) == ("identity.duplicate", b"")
    assert "Lò Văn Ngoài" not in answer.text
    assert "thon-ben" not in answer.text


def test_a_chapter_does_not_learn_whose_number_it_is_in_the_next_one(centre: Centre) -> None:
    known(centre, {"id_number": NUMBER}, "thon-2")
    answer = added(centre, {"id_number": NUMBER}, by="thon")
    assert (answer.code, answer.link) == ("identity.duplicate", b"")


def test_an_edit_to_a_taken_number_is_refused_and_ones_own_is_not(centre: Centre) -> None:
    known(centre, {"id_number": NUMBER})
    member_id = known(centre, {"id_number": "008305009999"})
    actor = centre.actor("an", "xa")
    (taken,) = centre.push(actor, edit("member", member_id, {"id_number": NUMBER}, 1))
    (own,) = centre.push(actor, edit("member", member_id, {"id_number": "008305009999", "phone": "0912345678"}, 1))
    assert (taken.code, own.status) == ("identity.duplicate", "applied")


@on_both_stores
def test_somebody_who_left_can_be_registered_again_elsewhere_but_not_come_back_twice(centre: Centre) -> None:
    left = known(centre, {"id_number": NUMBER, "status": "DA_CHUYEN_DI"})
    assert added(centre, {"id_number": NUMBER, "status": "DANG_SINH_HOAT"}, unit="thon-2").status == "applied"
    (answer,) = centre.push(centre.actor("an", "xa"), edit("member", left, {"status": "DANG_SINH_HOAT"}, 1))
    assert answer.code == "identity.duplicate"


@on_both_stores
def test_two_of_one_push_cannot_share_a_number(centre: Centre) -> None:
    unit = centre.units["thon"]
    changes = [create("member", {"unit_id": unit, "full_name": NAME, "id_number": NUMBER}) for _ in range(2)]
    answers = centre.push(centre.actor("an", "xa"), *changes)
    assert [answer.status for answer in answers] == ["applied", "refused"]
    assert answers[1].link == changes[0].record_id


# ---- rights


@on_both_stores
def test_a_viewer_changes_nothing(centre: Centre) -> None:
    member_id = known(centre, {})
    viewer = centre.actor("xem", "xa", writes=False)
    changes = (
        create("member", {"unit_id": centre.units["thon"], "full_name": NAME}),
        edit("member", member_id, {"phone": "0912345678"}, 1),
        delete("member", member_id, 1),
    )
    assert {answer.code for answer in centre.push(viewer, *changes)} == {"scope.read_only"}
    assert len(centre.records("member", "full_name", NAME)) == 1


def test_nobody_writes_in_the_next_commune(centre: Centre) -> None:
    member_id = known(centre, {}, "thon-ben")
    actor = centre.actor("an", "xa")
    unit = centre.units["thon-ben"]
    answers = centre.push(
        actor,
        create("member", {"unit_id": unit, "full_name": NAME}),
        edit("member", member_id, {"phone": "0912345678"}, 1),
        edit("member", member_id, {"unit_id": centre.units["thon"]}, 1),
        delete("member", member_id, 1),
    )
    assert {answer.code for answer in answers} == {"scope.forbidden"}


def test_code_lists_are_the_servers(centre: Centre) -> None:
    change = create("code_item", {"list_code": "sex", "code": "X"})
    (answer,) = centre.push(centre.actor("an", "tw"), change)
    assert answer.code == "scope.read_only"


@pytest.mark.parametrize("field", ["level", "kind", "code"])
def test_a_unit_does_not_raise_itself(centre: Centre, field: str) -> None:
    unit = centre.units["thon"]
    (own,) = centre.push(centre.actor("an", "thon"), edit("unit", unit, {field: "XA"}, 1))
    assert (own.code, own.field) == ("unit.by_superior", field)
    (above,) = centre.push(centre.actor("bình", "xa"), edit("unit", unit, {field: "XA"}, 1))
    assert above.status == "applied"


def test_a_unit_keeps_a_name_and_may_change_it(centre: Centre) -> None:
    unit = centre.units["thon"]
    actor = centre.actor("an", "thon")
    (blank,) = centre.push(actor, edit("unit", unit, {"name": "  "}, 1))
    (named,) = centre.push(actor, edit("unit", unit, {"name": "Chi đoàn thôn Mẫu", "founded_on": "1976"}, 1))
    assert (blank.code, named.status) == ("unit.name_needed", "applied")


@pytest.mark.parametrize(("level", "code"), [("CHIDOAN", ""), ("XA", ""), ("TINH", "unit.level"), ("Z", "unit.level")])
def test_a_new_unit_stands_below_its_parent(centre: Centre, level: str, code: str) -> None:
    unit = new_id().bytes
    values: Values = {"unit_id": unit, "parent_id": centre.units["xa"], "name": "Chi đoàn mới", "level": level}
    (answer,) = centre.push(centre.actor("an", "xa"), create("unit", values, unit))
    assert answer.code == code
