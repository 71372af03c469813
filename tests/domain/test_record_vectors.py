"""The test vectors of the records: what is said about a record, and that every warning explains itself."""

from datetime import date

import pytest

from yum_desktop.domain import identity
from yum_desktop.domain.check import Finding, Value, check_member, contradictions, parse_value
from yum_desktop.domain.codes import Codes
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME
from yum_desktop.domain.phone import normalise
from yum_desktop.domain.rules import ADMISSION_AGE, Rule, RuleBook, Start
from yum_desktop.registry.code_lists import shipped_codes
from yum_desktop.registry.rules import shipped_book, shipped_rules

TODAY = date(2026, 11, 24)
XIII_FROM = "2026-07-01"
XIII = Rule(ADMISSION_AGE, {"years": 16, "start": "on_birthday", "years_max": 30}, XIII_FROM)
"""The rule that the next statute announces, with a day that only this test knows."""


def said(**values: Value) -> dict[str, Finding]:
    """Return what is said about a record beside what is missing, by code."""
    found = check_member(values, TODAY, shipped_book())
    return {finding.code: finding for finding in found if finding.code != "missing"}


# ---- vector 1 and 2: numbers of papers


def test_vector_1_a_number_of_thanh_hoa_a_man_of_2003_agrees_with_his_birthday() -> None:
    number = "038203012345"
    assert (identity.sex_of(number), identity.year_of(number)) == ("NAM", 2003)
    assert identity.has_known_province(number)
    assert said(id_number=number, sex="NAM", born_on="2003-08-15") == {}
    assert set(said(id_number=number, sex="NU", born_on="2003-08-15")) == {"id.sex_mismatch"}


def test_vector_2_eleven_digits_are_offered_a_zero_and_never_changed() -> None:
    with pytest.raises(InputError) as caught:
        parse_value(BY_NAME["id_number"], "38203012345", Codes([]), TODAY)
    assert "038203012345" in caught.value.text
    with pytest.raises(InputError) as caught:
        parse_value(BY_NAME["id_number"], "71234567", Codes([]), TODAY)
    assert "071234567" in caught.value.text
    assert said(id_number="017301123456", sex="NU", born_on="2001") == {}


# ---- vector 3: telephones


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+84 912 345 678", "0912345678"),
        ("0162 345 6789", "0323456789"),
        ("912345678", "0912345678"),
        ("01234567890", "0834567890"),
    ],
)
def test_vector_3_a_telephone_gets_ten_digits(written: str, number: str) -> None:
    assert normalise(written).number == number
    assert said(phone=number) == {}


def test_a_telephone_that_a_file_left_as_it_stood_is_offered_its_normal_form() -> None:
    assert said(phone="0162 345 6789")["phone.not_normal"].suggest == ("0323456789",)
    assert set(said(phone="0237 3341284")) == {"phone.not_mobile"}


# ---- vector 9: ages by the rule of the day


def test_vector_9_fifteen_years_and_a_day_will_do_by_the_twelfth_statute_and_not_by_the_thirteenth() -> None:
    born, day = "2010-11-20", date(2025, 11, 21)
    twelfth = shipped_book().admission_age(day)
    thirteenth = RuleBook([*shipped_rules(), XIII]).admission_age(date(2026, 7, 1))
    assert twelfth is not None
    assert thirteenth is not None
    assert twelfth.has_come(born, day)
    assert not twelfth.has_come(born, date(2025, 11, 20))
    assert not thirteenth.has_come(born, day)
    assert thirteenth.has_come(born, date(2026, 11, 20))


@pytest.mark.parametrize("joined", ["2026-06-30", "2026-07-01"])
def test_the_age_at_joining_is_that_of_the_rule_of_its_day(joined: str) -> None:
    values = {"born_on": "2011-03-03", "joined_on": joined}
    found = contradictions(values, RuleBook([*shipped_rules(), XIII]))
    assert [each.code for each in found] == ([] if joined < XIII_FROM else ["join.too_young"])
    if found:
        assert "03/03/2027" in found[0].text


def test_a_year_in_which_the_rule_changes_is_read_in_favour_of_the_member() -> None:
    book = RuleBook([*shipped_rules(), XIII])
    assert contradictions({"born_on": "2011-03-03", "joined_on": "2026"}, book) == []
    assert contradictions({"born_on": "2012-01-01", "joined_on": "2026"}, book) != []


@pytest.mark.parametrize(
    ("born", "joined", "code"),
    [
        ("2008-02-29", "2023-02-28", "join.too_young"),
        ("2008-02-29", "2023-03-01", None),
        ("2008", "2023-01-01", "join.too_young"),
        ("2008", "2023-01-02", None),
        ("1995-05-05", "2025-05-05", None),
        ("1995-05-05", "2025-05-06", "join.too_old"),
        ("1995", "2025-12-31", None),
        ("1995", "2026-01-01", "join.too_old"),
    ],
)
def test_leap_days_and_inexact_days_are_said_only_when_it_is_certain(born: str, joined: str, code: str | None) -> None:
    found = contradictions({"born_on": born, "joined_on": joined}, shipped_book())
    assert [each.code for each in found] == ([code] if code else [])


def test_years_that_no_rule_speaks_of_are_known_before_a_record_is_looked_at() -> None:
    book = shipped_book()
    assert book.plain_years() == range(16, 30)
    for years in book.plain_years():
        for born, joined in (("2000-12-31", f"{2000 + years}-01-01"), ("2000-01-01", f"{2000 + years}-12-31")):
            age = book.admission_age(date.fromisoformat(joined))
            assert age is not None
            assert age.has_come(born, date.fromisoformat(joined))
            assert not age.is_over(born, date.fromisoformat(joined))


@pytest.mark.parametrize("value", [{"years": 15}, {"years": 15, "start": "x"}, {"start": Start.ON_BIRTHDAY}])
def test_an_age_that_means_nothing_is_refused_by_its_key(value: object) -> None:
    with pytest.raises(InputError) as caught:
        RuleBook([*shipped_rules(), Rule(ADMISSION_AGE, value)])
    assert (caught.value.code, caught.value.field) == ("rule.bad", ADMISSION_AGE)


# ---- what the fields say against each other


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"id_number": "899203012345", "born_on": "2003"}, "id.unknown_province"),
        ({"id_number": "038203012345", "born_on": "2004"}, "id.year_mismatch"),
        ({"id_number": "171234567"}, "id.old_cmnd"),
        ({"id_number": "038203012345", "id_kind": "CMND"}, "id.kind_mismatch"),
        ({"id_number": "171234567", "id_kind": "CCCD"}, "id.kind_mismatch"),
        ({"id_number": "038203012345", "id_missing_reason": "Chưa làm thẻ"}, "id.reason_beside_number"),
        ({"old_id_number": "038203012345"}, "id.old_length"),
        ({"id_number": "171234567", "old_id_number": "171234567"}, "id.old_same"),
        ({"born_on": "2005-08-12", "id_issued_on": "2004"}, "date.before_birth"),
        ({"born_on": "2015"}, "date.too_young"),
        ({"born_on": "1890"}, "date.too_early"),
        ({"joined_on": "2027"}, "date.future"),
        ({"joined_on": "2020-03-26", "card_issued_on": "2019"}, "date.order"),
        ({"admission_on": "2020-04-01", "joined_on": "2020-03-26"}, "date.order"),
        ({"party_joined_on": "2024-05-19", "party_official_on": "2023-05-19"}, "date.order"),
        ({"card_no": "12"}, "card.unusual"),
        ({"card_no": "AB1234567"}, "card.unusual"),
        ({"full_name": "Thảo"}, "name.one_word"),
        ({"full_name": "A"}, "name.length"),
        ({"email": "a@b"}, "email.odd"),
    ],
)
def test_what_is_odd_is_said_with_what_to_do(values: dict[str, Value], code: str) -> None:
    found = said(**values)
    assert code in found
    assert len(found[code].text.split()) >= 4
    assert found[code].field in BY_NAME


def test_only_what_the_server_refuses_too_is_called_wrong() -> None:
    refused = {"date.before_birth", "date.too_young", "date.too_early", "date.future", "id.bad_length"}
    bad = said(born_on="2005", id_issued_on="2004", joined_on="2027") | said(born_on="2015") | said(born_on="1890")
    assert {code for code, finding in bad.items() if finding.level == "bad"} <= refused
    odd = said(id_number="899303012345", sex="NAM", born_on="2001", card_no="1", full_name="Thảo", phone="123")
    assert {finding.level for finding in odd.values()} == {"wait"}


def test_a_year_beside_a_day_is_no_contradiction() -> None:
    assert said(born_on="2005", id_issued_on="2005-03-01", joined_on="2021", card_issued_on="2021-01-05") == {}


@pytest.mark.parametrize(
    ("name", "typed", "code"),
    [
        ("education", "11/12", "LOP_11"), ("education", "9/12", "THCS"),
        ("position", "bí thư đoàn khối", "BI_THU_DOAN_KHOI"),
        ("position", "Chủ nhiệm UBKT", "CHU_NHIEM_UBKT"), ("language_level", "ielts", "IELTS"),
        ("ethnicity", "Cao Lan", "15"), ("religion", "Lương", "KHONG"),
    ],
)  # fmt: skip
def test_the_lists_know_what_people_write(name: str, typed: str, code: str) -> None:
    assert parse_value(BY_NAME[name], typed, shipped_codes(), TODAY) == code


def test_sensitive_fields_are_those_of_the_dictionary() -> None:
    sensitive = {name for name, field in BY_NAME.items() if field.sensitive}
    assert sensitive == {
        "ethnicity", "religion", "id_number", "old_id_number",
        "party_joined_on", "party_official_on", "party_position",
    }  # fmt: skip
