"""Days, numbers and code lists: what people write, and what is said about it."""

from datetime import date

import pytest

from yum_desktop.domain import identity
from yum_desktop.domain.check import check_member, parse_value
from yum_desktop.domain.codes import CodeItem, Codes
from yum_desktop.domain.days import full_years, last_day, read_day
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME, MEMBER_FIELDS, Shape
from yum_desktop.domain.phone import normalise
from yum_desktop.registry.code_lists import shipped_codes
from yum_desktop.registry.rules import shipped_book

TODAY = date(2026, 10, 15)
NONE = Codes([])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("12/08/2005", "2005-08-12"),
        ("5.8.03", "2003-08-05"),
        ("120805", "2005-08-12"),
        ("12082005", "2005-08-12"),
        ("ngày 20 tháng 3 năm 2009", "2009-03-20"),
        ("tháng 02/2019", "2019-02"),
        ("2005", "2005"),
        ("2009-10-28", "2009-10-28"),
        ("28/8/95", "1995-08-28"),
        ("31/02/2009", None),
        ("hôm qua", None),
        ("25/13/2009", None),
    ],
)
def test_days_are_read_as_people_write_them(written: str, read: str | None) -> None:
    assert read_day(written, today=TODAY) == read


def test_a_day_of_low_precision_ends_with_its_month_or_year() -> None:
    assert [last_day(day) for day in ("2024-02-03", "2024-02", "2024")] == [
        date(2024, 2, 3),
        date(2024, 2, 29),
        date(2024, 12, 31),
    ]


def test_a_birthday_counts_only_when_it_has_come() -> None:
    assert full_years("2010-11-20", date(2025, 11, 19)) == 14
    assert full_years("2010-11-20", date(2025, 11, 20)) == 15


def test_an_identity_number_tells_sex_year_and_province() -> None:
    assert identity.sex_of("038203012345") == "NAM"
    assert identity.year_of("038203012345") == 2003
    assert identity.sex_of("017301000000") == "NU"
    assert not identity.has_known_province("003203012345")


@pytest.mark.parametrize(
    ("written", "number", "done"),
    [
        ("+84 912 345 678", "0912345678", ("format", "country_code")),
        ("0162 345 6789", "0323456789", ("format", "old_prefix")),
        ("912345678", "0912345678", ("lost_zero",)),
        ("01234567890", "0834567890", ("old_prefix",)),
        ("0237 3341284", None, ("format",)),
        ("0912345678", "0912345678", ()),
    ],
)
def test_telephone_numbers_get_their_normal_form(written: str, number: str | None, done: tuple[str, ...]) -> None:
    found = normalise(written)
    assert (found.number, found.done) == (number, done)


def test_a_list_is_found_by_code_label_and_alias_with_or_without_marks() -> None:
    codes = Codes([CodeItem("ethnicity", "08", "Hmông", ("H'Mông", "Mông"))])
    assert [codes.find("ethnicity", text) for text in ("08", "hmong", "H’MÔNG", "Mông", "Kinh")] == [
        "08", "08", "08", "08", None,
    ]  # fmt: skip
    assert codes.label("ethnicity", "08") == "Hmông"


def test_the_shipped_lists_have_every_list_a_field_needs() -> None:
    codes = shipped_codes()
    assert {field.codes for field in MEMBER_FIELDS if field.codes} <= set(codes.lists())
    assert [item.code for item in codes.items("ethnicity")] == [*(f"{n:02}" for n in range(1, 56)), "99"]


@pytest.mark.parametrize("list_code", shipped_codes().lists())
def test_no_name_of_a_shipped_list_means_two_things(list_code: str) -> None:
    codes = shipped_codes()
    for item in codes.items(list_code):
        assert {codes.find(list_code, text) for text in (item.code, item.label, *item.aliases)} == {item.code}


def test_what_contradicts_the_identity_number_is_said() -> None:
    values = {"id_number": "038203012345", "sex": "NU", "born_on": "2004-01-01"}
    found = {finding.code for finding in check_member(values, TODAY, shipped_book()) if finding.field == "id_number"}
    assert found == {"id.sex_mismatch", "id.year_mismatch"}


def test_joining_too_young_is_said_only_when_it_is_certain() -> None:
    born = {"born_on": "2011-03-03"}
    early = check_member({**born, "joined_on": "2026-02"}, TODAY, shipped_book())
    maybe = check_member({**born, "joined_on": "2026-03"}, TODAY, shipped_book())
    assert "join.too_young" in {finding.code for finding in early}
    assert "join.too_young" not in {finding.code for finding in maybe}


@pytest.mark.parametrize(
    ("name", "typed", "code"),
    [
        ("born_on", "31/02/2009", "input.day"),
        ("id_number", "38203012345", "input.identity"),
        ("phone", "912345678", "input.phone"),
        ("email", "a@b", "input.email"),
        ("salaried", "đôi khi", "input.flag"),
        ("sex", "khác", "input.not_in_list"),
    ],
)
def test_what_cannot_be_is_refused_beside_the_field(name: str, typed: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_value(BY_NAME[name], typed, NONE, TODAY)
    assert (caught.value.code, caught.value.field) == (code, name)


def test_nothing_typed_is_nothing_known() -> None:
    fields = [field for field in MEMBER_FIELDS if field.shape is not Shape.UNIT]
    assert {parse_value(field, "  ", NONE, TODAY) for field in fields} == {None}
