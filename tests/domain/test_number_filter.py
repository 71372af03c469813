"""A set of numbers that says "perhaps" or "no": never a false "no", a known share of false "perhaps", damaged data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yum_desktop.domain.number_filter import NumberFilter

KEY = bytes(range(16))


def numbers(count: int, start: int = 0) -> list[str]:
    return [f"014{place * 7 + start:09}" for place in range(count)]


@given(st.sets(st.from_regex(r"\d{9}|\d{12}", fullmatch=True), max_size=200))
def test_what_is_in_the_set_is_never_denied_also_after_a_trip(known: set[str]) -> None:
    made = NumberFilter.of(known, KEY)
    again = NumberFilter.load(made.dump())
    assert all(made.may_have(number) and again.may_have(number) for number in known)
    assert again.dump() == made.dump()


@pytest.mark.parametrize("count", [33_000, 65_000, 100_000])
def test_size_and_doubt_are_as_the_decision_says(count: int) -> None:
    """Some eight bits a number; between 0.78 and 1.56 of a hundred strangers are taken for known."""
    made = NumberFilter.of(numbers(count), KEY)
    assert len(made.dump()) * 8 / count < 8.6
    strangers = numbers(50_000, start=3)
    share = sum(map(made.may_have, strangers)) / len(strangers)
    assert 0.0075 < made.doubt < 0.0157
    assert abs(share - made.doubt) < 0.002


def test_who_is_taken_for_known_by_chance_stays_so_when_the_set_is_renewed() -> None:
    """Otherwise two sets laid one over the other would tell who is really in both."""
    strangers = numbers(20_000, start=3)
    before = NumberFilter.of(numbers(40_000), KEY)
    after = NumberFilter.of(numbers(41_000), KEY)
    assert {n for n in strangers if before.may_have(n)} <= {n for n in strangers if after.may_have(n)}


def test_another_key_takes_other_strangers_and_the_numbers_are_nowhere_in_the_data() -> None:
    known, strangers = numbers(2_000), numbers(20_000, start=3)
    one, other = NumberFilter.of(known, KEY), NumberFilter.of(known, bytes(16))
    assert {n for n in strangers if one.may_have(n)} != {n for n in strangers if other.may_have(n)}
    assert not any(number.encode() in one.dump() for number in known)


def test_an_empty_set_denies_everything() -> None:
    empty = NumberFilter.load(NumberFilter.of([], KEY).dump())
    assert (len(empty), empty.may_have("014303001234"), empty.doubt) == (0, False, 0)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:20],
        lambda data: b"XXXX" + data[4:],
        lambda data: data[:4] + b"\xff" + data[5:],
        lambda data: data[:-8],
        lambda data: data[:25] + b"\xff" * (len(data) - 25),
    ],
)
def test_damaged_data_is_refused(damage: object) -> None:
    data = NumberFilter.of(numbers(500), KEY).dump()
    with pytest.raises(ValueError, match=r"short|set of numbers|outside"):
        NumberFilter.load(damage(data))  # type: ignore[operator]  # a function of the table


@given(st.binary(max_size=200))
def test_any_bytes_are_a_set_or_refused(tail: bytes) -> None:
    data = NumberFilter.of(numbers(5), KEY).dump()[:25] + tail
    try:
        NumberFilter.load(data)
    except ValueError:
        return
