"""Dated rules: what holds on a day, what a record lacks by them, and what cannot be read."""

from dataclasses import replace
from datetime import date

import pytest

from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME, MEMBER_FIELDS, Need
from yum_desktop.domain.rules import (
    AGE_LIMIT,
    COMPLETENESS,
    FROM_APP,
    MEMBERS_MIN,
    RECORD_AGE,
    Rule,
    RuleBook,
    missing_fields,
    missing_needs,
)
from yum_desktop.registry.rules import shipped_book, shipped_rules

DAY = date(2026, 11, 24)
AGE = Rule(RECORD_AGE, {"years": 14})


def needs(*fields: object, start: str | None = None, end: str | None = None) -> Rule:
    return Rule(COMPLETENESS, [each if isinstance(each, dict) else {"field": each} for each in fields], start, end)


def test_the_shipped_rules_ask_for_what_the_dictionary_asks_for() -> None:
    always = {field.name for field in MEMBER_FIELDS if field.need is Need.ALWAYS}
    assert {need.field for need in shipped_book().completeness(DAY)} == always
    assert all(need.why for need in shipped_book().completeness(DAY))


@pytest.mark.parametrize(
    "day", [date(2024, 12, 31), date(2025, 1, 1), date(2025, 6, 30), date(2025, 7, 1), date(2030, 1, 1)]
)
def test_what_holds_is_what_began_last_and_has_not_ended(day: date) -> None:
    book = RuleBook([AGE, needs("phone"), needs("email", start="2025-01-01", end="2025-06-30")])
    expected = ("email",) if date(2025, 1, 1) <= day <= date(2025, 6, 30) else ("phone",) if day.year < 2025 else ()
    assert missing_fields({}, book, on=day) == expected


def test_a_field_is_needed_in_its_context_only() -> None:
    book = RuleBook([AGE, needs({"field": "id_issued_on", "when": [{"field": "id_number"}]})])
    assert missing_fields({}, book, on=DAY) == ()
    assert missing_fields({"id_number": ""}, book, on=DAY) == ()
    assert missing_fields({"id_number": "014204003815"}, book, on=DAY) == ("id_issued_on",)
    assert missing_fields({"id_number": "014204003815", "id_issued_on": "2024"}, book, on=DAY) == ()


def test_a_context_may_name_values() -> None:
    book = RuleBook([AGE, needs({"field": "book_keeper", "when": [{"field": "has_book", "among": [1]}]})])
    assert missing_fields({"has_book": 0}, book, on=DAY) == ()
    assert missing_fields({"has_book": 1}, book, on=DAY) == ("book_keeper",)


def test_who_has_no_paper_says_why() -> None:
    values = {field.name: "x" for field in MEMBER_FIELDS} | {
        "id_number": None,
        "id_missing_reason": None,
        "has_book": 1,
    }
    assert [need.field for need in missing_needs(values, shipped_book(), on=DAY)] == ["id_number"]
    assert missing_fields(values | {"id_missing_reason": "Chưa làm thẻ"}, shipped_book(), on=DAY) == ()


def test_what_is_missing_comes_in_form_order_with_what_it_is_for() -> None:
    found = missing_needs({}, shipped_book(), on=DAY)
    order = [field.name for field in MEMBER_FIELDS]
    assert [need.field for need in found] == sorted((need.field for need in found), key=order.index)
    assert next(need.why for need in found if need.field == "phone") == "Để tự khớp với tài khoản trên App"


@pytest.mark.parametrize(
    "rule",
    [
        Rule(COMPLETENESS, "phone"),
        Rule(COMPLETENESS, ["phone"]),
        needs("nothing_like_it"),
        needs("phone", "phone"),
        needs({"field": "phone", "when": "id_number"}),
        needs({"field": "phone", "when": [{"field": "none"}]}),
        needs({"field": "phone", "when": [{"field": "has_book", "among": ["1"]}]}),
        needs({"field": "phone", "unless": [{"field": "sex", "among": [1]}]}),
        needs({"field": "phone", "why": 7}),
    ],
)
def test_a_rule_that_means_nothing_is_refused_by_its_key(rule: Rule) -> None:
    with pytest.raises(InputError) as caught:
        RuleBook([AGE, rule])
    assert (caught.value.code, caught.value.field) == ("rule.bad", COMPLETENESS)


@pytest.mark.parametrize("value", [None, 14, {}, {"years": "14"}, {"years": -1}, {"years": True}])
def test_an_age_is_a_whole_number(value: object) -> None:
    with pytest.raises(InputError) as caught:
        RuleBook([replace(AGE, value=value), needs("phone")])
    assert (caught.value.code, caught.value.field) == ("rule.bad", RECORD_AGE)


def test_a_book_without_a_rule_that_the_program_needs_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        RuleBook([AGE])
    assert (caught.value.code, caught.value.field) == ("rule.missing", COMPLETENESS)


def test_a_rule_of_a_newer_program_is_kept() -> None:
    newer = Rule("member.something_new", {"x": 1})
    assert newer in RuleBook([*shipped_rules(), newer]).rules
    assert set(BY_NAME) >= {need.field for need in shipped_book().completeness(DAY)}


@pytest.mark.parametrize(
    "rule",
    [
        Rule(AGE_LIMIT, {"years": 30, "years_in_office": 35, "way": "never", "without_office": []}),
        Rule(AGE_LIMIT, {"years": "30", "years_in_office": 35, "way": "by_year", "without_office": []}),
        Rule(AGE_LIMIT, {"years": 30, "years_in_office": 35, "way": "by_year", "without_office": "DOAN_VIEN"}),
        Rule(AGE_LIMIT, {"years": 30, "years_in_office": 35, "way": "by_year", "without_office": [], "unless": 1}),
        Rule(AGE_LIMIT, []),
        Rule(FROM_APP, {"sources": [1]}),
        Rule(MEMBERS_MIN, {"CHIDOAN": "3"}),
        Rule(MEMBERS_MIN, 3),
    ],
)
def test_a_rule_of_the_saved_lists_that_means_nothing_is_refused(rule: Rule) -> None:
    others = [one for one in shipped_rules() if one.key != rule.key]
    with pytest.raises(InputError) as caught:
        RuleBook([*others, rule])
    assert (caught.value.code, caught.value.field) == ("rule.bad", rule.key)


def test_a_book_may_say_nothing_of_the_saved_lists() -> None:
    book = RuleBook([AGE, needs("phone")])
    assert (book.age_limit(DAY), book.from_app(DAY), book.members_min(DAY)) == (None, (), {})
