"""Who may be one person: what counts for and against it, and that large crowds are compared by what they share."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yum_desktop.domain.duplicates import Advice, People, Person, Reason, Strength, compare, find_pairs, rules_from

DATA = Path(__file__).resolve().parents[2] / "resources" / "data" / "duplicate_rules.json"
DOCUMENT = json.loads(DATA.read_text(encoding="utf-8"))
RULES = rules_from(DOCUMENT)

AN = Person("an", "thon", "nguyen van an", "2003-08-15", "NAM", "038203012345", None, "0912345678")


def strength(other: Person) -> Strength | None:
    return compare(AN, other._replace(key="other"), RULES).strength


def test_vector_18_one_number_in_two_chapters_suggests_a_transfer() -> None:
    found = compare(AN, AN._replace(key="other", unit="truong"), RULES)
    assert (found.strength, found.advice, found.reasons[0]) == (Strength.STRONG, Advice.TRANSFER, Reason.ID_NUMBER)


def test_vector_18_one_telephone_and_two_numbers_is_a_shared_telephone() -> None:
    other = Person("b", "thon", "tran thi binh", "2005-01-02", "NU", "038305054321", None, AN.phone)
    found = compare(AN, other, RULES)
    assert (found.strength, found.advice) == (None, Advice.SHARED_PHONE)


def test_one_number_in_one_chapter_is_one_person_and_under_two_names_a_matter_of_papers() -> None:
    assert compare(AN, AN._replace(key="b"), RULES).advice is Advice.MERGE
    found = compare(AN, AN._replace(key="b", name="tran thi binh"), RULES)
    assert (found.strength, found.advice) == (Strength.STRONG, Advice.CHECK_PAPERS)


def test_the_old_number_of_one_is_the_number_of_the_other() -> None:
    other = AN._replace(id_number="171234567", phone=None)
    assert strength(other) is None or strength(other) is Strength.WEAK
    assert compare(AN._replace(old_id_number="171234567"), other, RULES).strength is Strength.STRONG


def test_telephone_and_birthday_are_medium_name_and_birthday_are_weak() -> None:
    bare = AN._replace(id_number=None)
    assert strength(bare) is Strength.MEDIUM
    assert strength(bare._replace(phone=None)) is Strength.WEAK
    assert strength(bare._replace(phone=None, unit="xa-ben")) is Strength.WEAK
    assert strength(bare._replace(phone=None, name="nguyen van binh")) is None


def test_twins_with_the_telephone_of_the_family_are_two_people() -> None:
    twin = AN._replace(name="nguyen van anh", id_number=None)
    assert strength(twin) is None
    sister = AN._replace(name="nguyen thi ha", sex="NU", id_number="038303012399")
    assert strength(sister) is None


def test_namesakes_of_one_day_with_two_numbers_are_looked_at_only_within_a_unit() -> None:
    other = AN._replace(id_number="038203099999", phone="0987654321")
    assert strength(other) is Strength.WEAK
    assert strength(other._replace(unit="xa-ben")) is None


def test_a_slip_in_the_number_speaks_for_one_person_another_number_against() -> None:
    slip, swapped, other = (AN._replace(id_number=n) for n in ("038203012346", "038203013245", "038203055555"))
    reasons = [compare(AN, each, RULES).reasons for each in (slip, swapped, other)]
    assert [Reason.ID_NUMBER_NEAR in each for each in reasons] == [True, True, False]
    assert Reason.ID_NUMBER_OTHER in reasons[2]


@pytest.mark.parametrize(
    ("name", "alike"),
    [
        ("nguyen an", True),  # the middle name left out
        ("an nguyen van", True),  # the given name first
        ("nguyen vann an", True),
        ("nguyen van anh", False),
        ("tran van an", False),
        ("nguyen thi an", False),
    ],
)
def test_a_name_is_alike_part_by_part(name: str, alike: bool) -> None:
    assert (Reason.NAME_LIKE in compare(AN, AN._replace(name=name), RULES).reasons) is alike


def test_sisters_names_that_share_most_letters_are_not_alike() -> None:
    hoa = AN._replace(name="nguyen thi hoa")
    assert Reason.NAME_OTHER in compare(hoa, hoa._replace(name="nguyen thi hue"), RULES).reasons


def test_a_year_alone_is_enough_within_a_unit_where_the_name_is_the_same() -> None:
    old = AN._replace(key="b", id_number=None, phone=None, born_on="2003")
    assert [pair.likeness.strength for pair in find_pairs([AN, old], RULES)] == [Strength.WEAK]
    assert find_pairs([AN, old._replace(unit="xa-ben")], RULES) == []
    assert find_pairs([AN, old._replace(born_on="2004")], RULES) == []


def test_the_likeliest_pair_comes_first_and_each_once() -> None:
    people = [AN, AN._replace(key="b", id_number=None, phone=None), AN._replace(key="c", unit="truong")]
    pairs = find_pairs(people, RULES)
    assert [(pair.first.key, pair.second.key) for pair in pairs] == [("an", "c"), ("an", "b"), ("b", "c")]


def test_a_number_that_stands_for_none_on_thousands_of_records_is_not_compared_each_with_each() -> None:
    crowd = [Person(n, n, f"ho{n} ten", f"19{n % 90 + 10}-01-02", None, "000000000", None, None) for n in range(2_000)]
    assert len(find_pairs(crowd, RULES)) <= 2_000 * RULES.window


def test_people_find_who_resembles_and_who_shares_the_telephone_but_not_the_record_itself() -> None:
    brother = Person("b", "thon", "nguyen van binh", "2006-02-03", "NAM", "038206000001", None, AN.phone)
    people = People([AN, brother], RULES)
    found = people.like(AN._replace(key=None, id_number=None))
    assert [(other.key, how.strength) for other, how in found] == [("an", Strength.MEDIUM), ("b", None)]
    assert [other.key for other, _ in people.like(AN)] == ["b"]


def test_rules_that_leave_a_weight_out_are_refused() -> None:
    weights = {name: weight for name, weight in DOCUMENT["weights"].items() if name != "phone"}
    with pytest.raises(ValueError, match="missing"):
        rules_from({**DOCUMENT, "weights": weights})


def test_a_heavier_weight_makes_a_stronger_pair() -> None:
    heavy = replace(RULES, weights={**RULES.weights, Reason.NAME: 60})
    bare = AN._replace(key="b", id_number=None, phone=None)
    assert compare(AN, bare, heavy).strength is Strength.MEDIUM


_DIGITS = st.sampled_from([None, "038203012345", "038203012346", "171234567"])
_PEOPLE = st.builds(
    Person,
    key=st.integers(),
    unit=st.sampled_from("ab"),
    name=st.sampled_from(["nguyen van an", "nguyen an", "nguyen van phuong", "nguyen van phuongg", "le an", ""]),
    born_on=st.sampled_from([None, "2003", "2003-08", "2003-08-15", "2004-01-01"]),
    sex=st.sampled_from([None, "NAM", "NU"]),
    id_number=_DIGITS,
    old_id_number=_DIGITS,
    phone=st.sampled_from([None, "0912345678", "0987654321"]),
)


@given(_PEOPLE, _PEOPLE)
def test_who_is_first_does_not_matter(one: Person, other: Person) -> None:
    assert compare(one, other, RULES) == compare(other, one, RULES)


@given(st.lists(_PEOPLE, max_size=12, unique_by=lambda person: person.key))
def test_grouping_finds_whoever_shares_a_number_a_telephone_or_name_and_birthday(people: list[Person]) -> None:
    found = {frozenset((pair.first.key, pair.second.key)): pair.likeness for pair in find_pairs(people, RULES)}
    for place, one in enumerate(people):
        for other in people[place + 1 :]:
            likeness = compare(one, other, RULES)
            keys = {Reason.ID_NUMBER, Reason.OLD_ID_NUMBER, Reason.PHONE}, {Reason.NAME, Reason.BORN_ON}
            shares = not keys[0].isdisjoint(likeness.reasons) or keys[1] <= set(likeness.reasons)
            both = found.get(frozenset((one.key, other.key)))
            assert both in {None, likeness}
            assert both is not None or likeness.strength is None or not shares
