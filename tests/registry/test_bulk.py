"""One value for many records: what would change is seen, all of it is written or nothing, and taken back at once."""

import json
from uuid import UUID

import pytest
from commune import arrive, arrive_all, become, crowd

from yum_desktop.domain.bulk import BULK_FIELDS
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import Shape
from yum_desktop.registry import bulk, commands, queries
from yum_desktop.registry.engine import Registry

ONE, TWO, THREE, FOUR = IDS = tuple(UUID(int=1_000_000 + n) for n in range(4))


@pytest.fixture
def people(r: Registry) -> Registry:
    rows = crowd(4)
    for (_, values), value in zip(rows, (None, "", "HOC_SINH", "NONG_DAN"), strict=True):
        values["occupation"] = value
    arrive_all(r, "member", rows)
    return r


def stored(r: Registry, name: str) -> list[object]:
    return [queries.member(r, one).values[name] for one in IDS]


def test_only_what_is_empty_is_filled_and_the_others_say_why(people: Registry) -> None:
    seen = bulk.plan(people, IDS, {"occupation": "NONG_DAN"})
    assert [(row.member_id, row.old["occupation"], row.code) for row in seen.rows] == [
        (ONE, None, ""), (TWO, "", ""), (THREE, "HOC_SINH", "bulk.filled"), (FOUR, "NONG_DAN", "bulk.same"),
    ]  # fmt: skip
    assert stored(people, "occupation") == [None, "", "HOC_SINH", "NONG_DAN"]
    done = bulk.write(people, seen)
    assert (done.changed, done.left) == (2, ())
    assert stored(people, "occupation") == ["NONG_DAN", "NONG_DAN", "HOC_SINH", "NONG_DAN"]
    assert commands.undo(people, done.group) == 2
    assert stored(people, "occupation") == [None, "", "HOC_SINH", "NONG_DAN"]
    assert len(queries.pending(people)) == 0


def test_what_is_there_may_be_replaced_too(people: Registry) -> None:
    done = bulk.write(people, bulk.plan(people, IDS, {"occupation": "NONG_DAN"}, only_empty=False))
    assert done.changed == 3
    assert set(stored(people, "occupation")) == {"NONG_DAN"}


def test_a_record_that_somebody_changed_since_is_left(people: Registry) -> None:
    seen = bulk.plan(people, IDS, {"occupation": "NONG_DAN"}, only_empty=False)
    commands.set_member(people, THREE, {"occupation": "SINH_VIEN"})
    commands.delete_member(people, ONE)
    done = bulk.write(people, seen)
    assert done.changed == 1
    assert [(row.member_id, row.code) for row in done.left] == [(ONE, "bulk.gone"), (THREE, "bulk.changed")]
    assert queries.member(people, THREE).values["occupation"] == "SINH_VIEN"


def test_a_value_that_contradicts_a_record_is_refused_there(people: Registry) -> None:
    arrive(people, "member", ONE, {**crowd(1)[0][1], "born_on": "2010-05-01"}, rev=2)
    arrive(people, "member", TWO, {**crowd(1)[0][1], "born_on": "2001-05-01"}, rev=2)
    seen = bulk.plan(people, (ONE, TWO), {"joined_on": "2020-03-26"}, only_empty=False)
    assert [row.code for row in seen.rows] == ["join.too_young", ""]
    future = bulk.plan(people, (TWO,), {"joined_on": "2027-03-26"}, only_empty=False)
    assert [row.code for row in future.rows] == ["date.future"]


def test_a_field_that_is_disputed_waits_for_the_choice(people: Registry) -> None:
    fields = json.dumps([{"field": "occupation", "base": None, "mine": "A", "theirs": "B", "identifies": False}])
    arrive(people, "conflict", UUID(int=77), {
        "unit_id": UUID(int=3).bytes, "target_kind": "member", "target_id": ONE.bytes, "fields": fields,
        "status": "open",
    })  # fmt: skip
    assert bulk.plan(people, (ONE,), {"occupation": "NONG_DAN"}).rows[0].code == "bulk.conflict"
    assert bulk.plan(people, (ONE,), {"has_book": 0}, only_empty=False).rows[0].code == ""


def test_a_ward_comes_with_its_province(people: Registry) -> None:
    with pytest.raises(InputError) as caught:
        bulk.plan(people, IDS, {"residence_ward": "02269"})
    assert caught.value.code == "bulk.field"
    assert {row.code for row in bulk.plan(people, IDS, {"residence_province": "14"}, only_empty=False).rows} == {
        "bulk.ward"
    }
    moved = {"residence_province": "14", "residence_ward": "03646"}
    assert bulk.write(people, bulk.plan(people, IDS, moved, only_empty=False)).changed == 4


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"unit_id": UUID(int=3).bytes}, "bulk.field"),
        ({"full_name": "Một Tên"}, "bulk.field"),
        ({"occupation": ""}, "bulk.nothing"),
        ({"occupation": "NONG_DAN", "education": "12"}, "bulk.field"),
        ({}, "bulk.field"),
        ({"joined_on": "hôm qua"}, "member.not_a_day"),
    ],
)
def test_what_is_no_shared_field_is_refused(
    people: Registry, values: dict[str, bytes | str | int | None], code: str
) -> None:
    with pytest.raises(InputError) as caught:
        bulk.plan(people, IDS, values)
    assert caught.value.code == code


def test_nobody_and_nothing_to_change_are_said(people: Registry) -> None:
    with pytest.raises(InputError, match="Chưa chọn"):
        bulk.plan(people, (), {"occupation": "NONG_DAN"})
    with pytest.raises(InputError, match="thay đổi"):
        bulk.write(people, bulk.plan(people, (FOUR,), {"occupation": "NONG_DAN"}))


def test_who_only_looks_writes_nothing(people: Registry) -> None:
    seen = bulk.plan(people, IDS, {"occupation": "NONG_DAN"})
    become(people, own=UUID(int=2), role="viewer")
    with pytest.raises(InputError) as caught:
        bulk.write(people, seen)
    assert caught.value.code == "scope.read_only"
    assert stored(people, "occupation") == [None, "", "HOC_SINH", "NONG_DAN"]


def test_no_field_that_tells_people_apart_can_be_shared() -> None:
    shapes = {field.shape for field in BULK_FIELDS}
    assert not shapes & {Shape.NAME, Shape.UNIT, Shape.IDENTITY, Shape.PHONE, Shape.EMAIL}
    assert not any(field.identifies for field in BULK_FIELDS)
