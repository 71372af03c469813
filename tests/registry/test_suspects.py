"""Pairs of a real encrypted file, and who resembles a record that is being typed."""

from time import perf_counter
from uuid import UUID

from commune import HAMLET, SCHOOL, arrive, arrive_all, crowd

from sync.protocol.kinds import Values
from yum_desktop.domain.duplicates import Advice, Reason, Strength
from yum_desktop.registry import duplicates, pairs
from yum_desktop.registry.engine import Registry

AN, TWICE, OTHER, GONE = (UUID(int=n) for n in (11, 12, 13, 14))
PERSON: Values = {
    "unit_id": HAMLET.bytes, "full_name": "Nguyễn Văn An", "born_on": "2003-08-15", "sex": "NAM",
    "id_number": "038203012345", "phone": "0912345678", "status": "DANG_SINH_HOAT",
}  # fmt: skip


def fill(r: Registry) -> None:
    arrive(r, "member", AN, PERSON)
    arrive(r, "member", TWICE, {**PERSON, "unit_id": SCHOOL.bytes, "full_name": "NGUYỄN VĂN AN", "phone": None})
    arrive(r, "member", OTHER, {**PERSON, "full_name": "Trần Thị Bình", "born_on": "2005", "id_number": None})
    arrive(r, "member", GONE, {**PERSON, "status": "DA_CHUYEN_DI"})


def test_a_pair_says_who_where_how_strongly_and_why(r: Registry) -> None:
    fill(r)
    (pair,) = duplicates.suspects(r)
    assert {pair.first.member_id, pair.second.member_id} == {AN, TWICE}
    assert {pair.first.unit_name, pair.second.unit_name} == {"thôn Nà Đông", "Trường THPT Thượng Lâm"}
    assert (pair.strength, pair.advice, pair.reasons[0]) == (Strength.STRONG, Advice.TRANSFER, Reason.ID_NUMBER)


def test_a_unit_shows_the_pairs_that_are_wholly_inside_it(r: Registry) -> None:
    fill(r)
    assert duplicates.suspects(r, HAMLET) == []


def test_what_is_typed_is_compared_as_it_stands_and_not_with_itself(r: Registry) -> None:
    fill(r)
    found = duplicates.like(r, {"full_name": "nguyen van an", "born_on": "2003-08-15", "phone": "0912345678"})
    assert [(one.side.member_id, one.strength) for one in found] == [
        (AN, Strength.MEDIUM),
        (TWICE, Strength.WEAK),
        (OTHER, None),
    ]
    assert [one.side.member_id for one in duplicates.like(r, PERSON, but=AN)] == [TWICE, OTHER]
    assert duplicates.like(r, {"full_name": "Nguyễn Văn An"}) == []
    assert duplicates.like(r, {}) == []


def test_who_was_said_to_be_somebody_else_is_not_told_again_until_more_alike(r: Registry) -> None:
    fill(r)
    typed = {**PERSON, "id_number": None}
    assert [one.side.member_id for one in pairs.like(r, typed, but=AN)] == [TWICE, OTHER]
    pairs.say_different(r, AN, TWICE, strength=Strength.WEAK)
    pairs.say_different(r, AN, OTHER)
    assert pairs.like(r, typed, but=AN) == []
    assert [one.side.member_id for one in pairs.like(r, PERSON, but=AN)] == [TWICE]
    assert len(pairs.like(r, typed)) == 3


def test_fifty_thousand_members_are_compared_in_seconds_even_where_birthdays_are_the_first_of_january(
    r: Registry,
) -> None:
    """The figure of a quiet machine is 0.7 s; a limit that a busy one keeps still shows comparing each with each."""
    people = crowd(50_000)
    for number, (_, values) in enumerate(people):
        if number % 3 == 0:
            values["born_on"] = f"{str(values['born_on'])[:4]}-01-01"
    people[1][1]["id_number"] = people[0][1]["id_number"]
    arrive_all(r, "member", people)
    begin = perf_counter()
    found = duplicates.suspects(r)
    assert perf_counter() - begin < 10
    assert {found[0].first.member_id, found[0].second.member_id} == {people[0][0], people[1][0]}
