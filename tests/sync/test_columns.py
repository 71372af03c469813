"""Columns arrive as they were sent, whichever way they travel, and a column that fits no rows is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.protocol.columns import check_size, pack, unpack
from sync.protocol.errors import RejectedError
from sync.protocol.messages import Frame, Rows, decode_parts, encode

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
SCALAR = st.none() | TEXT | st.integers(-(1 << 63), (1 << 63) - 1) | st.binary(max_size=20)
FIXED = st.integers(1, 26).flatmap(
    lambda size: st.lists(st.none() | st.text("0123456789-", min_size=size, max_size=size), max_size=60)
)
FEW = st.lists(SCALAR, min_size=1, max_size=4).flatmap(lambda few: st.lists(st.sampled_from(few), max_size=60))


@given(st.lists(SCALAR, max_size=40) | FIXED | FEW)
def test_a_column_arrives_as_it_was_sent(values: list[Any]) -> None:
    frame = Frame(b"c", rows=[Rows("thing", ["name"], bytes(16 * len(values)), [1] * len(values), [values])])
    (arrived,) = decode_parts([encode(frame)])
    assert isinstance(arrived, Frame)
    assert arrived.rows[0].values == [values]
    assert frame.rows[0].values == [values]


def test_few_values_are_listed_and_texts_of_one_length_are_sent_by_letter() -> None:
    assert pack(["a", None, "a", "a", None, "a", "a", "a"]) == {"v": ["a", None], "i": bytes((0, 1, 0, 0, 1, 0, 0, 0))}
    assert pack(["ab", "cd", None]) == {"n": 2, "l": b"ac\0bd\0"}
    for plain in (["một", "hai"], ["a", "bc"], [1, "a"], ["x" * 25, "y" * 25], [None, 1, b"2"]):
        assert pack(plain) is plain


@pytest.mark.parametrize(
    "column",
    [
        ["too few"], "text", 7, None, {}, {"v": ["a"]}, {"v": ["a"], "i": b"\0\1"}, {"v": [], "i": b"\0\0"},
        {"v": ["a"], "i": b"\0"}, {"v": ["a"], "i": [0, 0]}, {"v": [1.5], "i": b"\0\0"}, {"v": ["\0"], "i": b"\0\0"},
        {"n": 2, "l": b"abc"}, {"n": 0, "l": b""}, {"n": -1, "l": b""}, {"n": 25, "l": b"a" * 50},
        {"n": 1, "l": b"\xff\xff"}, {"n": 2, "l": b"a\0bc"}, {"n": 2, "l": "abcd"}, [1.5, 2], [["a"], "b"],
    ],
)  # fmt: skip
def test_a_column_that_does_not_fit_its_rows_is_refused(column: Any) -> None:
    with pytest.raises(RejectedError, match=r"message\.damaged"):
        unpack(column, 2)


def test_columns_that_would_fill_the_memory_are_refused() -> None:
    check_size(1_000_000)
    with pytest.raises(RejectedError, match=r"message\.too_large"):
        check_size(1_000_001)
    bomb = Rows("thing", [str(n) for n in range(600)], bytes(16 * 2_000), [1] * 2_000, [[None] * 2_000] * 600)
    with pytest.raises(RejectedError, match=r"message\.too_large"):
        list(decode_parts([encode(Frame(b"c", rows=[bomb]))]))
