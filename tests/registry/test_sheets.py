"""What stands on sheets that are filled in by hand: the gaps of a list and nothing that must not lie on a table."""

from dataclasses import asdict
from datetime import date
from uuid import UUID

import pytest
from commune import arrive_all, crowd

from yum_desktop.domain.cleaning import FILLABLE, Gap, fields_of
from yum_desktop.domain.errors import InputError
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.sheets import sheets_of


@pytest.fixture
def people(r: Registry) -> list[UUID]:
    rows = crowd(6)
    for number, (_, values) in enumerate(rows):
        values.update({"phone": None, "born_on": (None, "2003", "2004-05-06")[number % 3]})
    rows[5][1]["phone"] = "0388417590"
    rows[0][1].update({"sex": None, "id_number": None})
    arrive_all(r, "member", rows)
    return [one for one, _ in rows]


def test_each_chapter_has_its_people_with_the_gaps_of_the_list(r: Registry, people: list[UUID]) -> None:
    sheets = sheets_of(r, Gap.NO_PHONE, people)
    assert [(unit.name, len(unit.people)) for unit in sheets.units] == [
        ("Chi đoàn Trường THPT Thượng Lâm", 2), ("Chi đoàn thôn Nà Đông", 3),
    ]  # fmt: skip
    assert {person.fields for unit in sheets.units for person in unit.people} == {("phone",)}
    assert [person.born for person in sheets.units[1].people] == ["", "2004", "2003"]
    assert (sheets.people, sheets.account, sheets.on) == (5, "thuonglam", date(2026, 3, 26))


def test_all_gaps_of_a_record_stand_in_form_order_and_short_lists_are_ticked(r: Registry, people: list[UUID]) -> None:
    sheets = sheets_of(r, Gap.INCOMPLETE, people[:1])
    (person,) = sheets.units[0].people
    assert person.fields == ("born_on", "sex", "id_number", "id_missing_reason", "phone")
    assert sheets.ticks["sex"] == ("Nam", "Nữ")
    assert "ethnicity" not in sheets.ticks


def test_no_number_stands_on_a_sheet(r: Registry, people: list[UUID]) -> None:
    text = str(asdict(sheets_of(r, Gap.INCOMPLETE, people)))
    assert "0388417590" not in text
    assert "008000000" not in text


def test_sheets_of_nobody_are_refused(r: Registry, people: list[UUID]) -> None:
    for ids, gap in (([], Gap.NO_PHONE), (people[5:], Gap.NO_PHONE), (people, Gap.OVER_AGE)):
        with pytest.raises(InputError) as caught:
            sheets_of(r, gap, ids)
        assert caught.value.code == "export.nothing"


def test_a_gap_is_told_by_the_list_it_is_of() -> None:
    said = {"residence_text": "bản cũ", "residence_province": "14", "id_missing_reason": "Chưa làm thẻ"}
    assert fields_of(Gap.UNMAPPED, said, ()) == ("residence_ward",)
    assert fields_of(Gap.NO_NUMBER, said, ()) == ()
    assert fields_of(Gap.NO_NUMBER, {"id_number": ""}, ()) == ("id_number", "id_missing_reason")
    assert fields_of(Gap.AGE_UNKNOWN, {"born_on": "", "position": "DOAN_VIEN"}, ()) == ("born_on",)
    assert fields_of(Gap.AGE_UNKNOWN, {"born_on": "1996", "position": "DOAN_VIEN"}, ()) == ("born_on",)
    assert fields_of(Gap.AGE_UNKNOWN, {"born_on": "1996-03-26", "position": None}, ()) == ("position",)
    assert fields_of(Gap.NO_NUMBER, said, ("id_number",)) == ("id_number",)
    assert fields_of(Gap.INCOMPLETE, {}, ("phone", "born_on")) == ("born_on", "phone")
    for gap in set(Gap) - set(FILLABLE):
        assert fields_of(gap, {}, ("phone",)) == ()
