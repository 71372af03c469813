"""Which of two records of one person stays, and what is proposed for each field."""

import pytest

from yum_desktop.domain.merging import Choice, Stored, proposed, survivor_of


def value_of(name: str, stays: dict[str, Stored], goes: dict[str, Stored], *newer: str) -> Stored:
    return next(choice.value for choice in proposed(stays, goes, frozenset(newer)) if choice.name == name)


def test_the_more_complete_record_stays_and_of_two_alike_the_newer() -> None:
    bare, full = {"full_name": "An"}, {"full_name": "An", "phone": "0912345678"}
    assert survivor_of(bare, full, other_is_newer=False) == 1
    assert survivor_of(full, bare, other_is_newer=True) == 0
    assert survivor_of(bare, bare, other_is_newer=True) == 1


def test_a_field_that_a_complete_record_needs_counts_more_than_one_that_may_be_empty() -> None:
    assert survivor_of({"phone": "0912345678"}, {"email": "a@b.vn", "major": "Toán"}, other_is_newer=True) == 0


@pytest.mark.parametrize(
    ("name", "mine", "theirs", "newer", "value"),
    [
        ("phone", None, "0912345678", False, "0912345678"),
        ("phone", "0912345678", "", False, "0912345678"),
        ("phone", "0912345678", "0987654321", False, "0912345678"),
        ("phone", "0912345678", "0987654321", True, "0987654321"),
        ("born_on", "2003", "2003-08-15", False, "2003-08-15"),
        ("born_on", "2003-08-15", "2003", True, "2003-08-15"),
        ("id_number", "171234567", "038203012345", False, "038203012345"),
        ("status", "DANG_SINH_HOAT", "MOI", True, "DANG_SINH_HOAT"),
        ("associations", '["HLHTN"]', '["HSV"]', False, '["HLHTN","HSV"]'),
        ("associations", '["HLHTN"]', "[broken", False, '["HLHTN"]'),
    ],
)
def test_a_proposal_keeps_what_says_more(name: str, mine: Stored, theirs: Stored, newer: bool, value: Stored) -> None:
    assert value_of(name, {name: mine}, {name: theirs}, *([name] if newer else [])) == value


def test_an_old_number_that_gives_way_becomes_the_old_number() -> None:
    choices = proposed({"id_number": "171234567"}, {"id_number": "038203012345"})
    assert Choice("old_id_number", None, None, "171234567", asks=False) in choices
    kept = proposed({"id_number": "171234567", "old_id_number": "1"}, {"id_number": "038203012345"})
    assert [choice.value for choice in kept if choice.name == "old_id_number"] == ["1"]


def test_only_fields_that_differ_ask_and_empty_ones_are_left_out() -> None:
    choices = proposed({"full_name": "An", "phone": "0912345678"}, {"full_name": "An", "phone": "0987654321"})
    assert [(choice.name, choice.asks) for choice in choices] == [("full_name", False), ("phone", True)]
