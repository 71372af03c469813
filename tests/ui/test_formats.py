"""How values read on the screen."""

import pytest

import yum_desktop.ui  # noqa: F401  # keeps None alive before the first widget
from yum_desktop.ui.formats import NONE, day_text, masked_text, phone_text


@pytest.mark.parametrize(
    ("day", "shown"), [("2005-08-12", "12/08/2005"), ("2005-08", "08/2005"), ("2005", "2005"), (None, NONE)]
)
def test_a_day_is_shown_in_the_precision_that_is_known(day: str | None, shown: str) -> None:
    assert day_text(day) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [("038203012345", "038•••••• 345"), ("12345", "•••••"), ("", NONE), (None, NONE)]
)
def test_an_identity_number_shows_only_its_ends(number: str | None, shown: str) -> None:
    assert masked_text(number) == shown


def test_a_phone_number_is_grouped_only_when_it_is_one() -> None:
    assert [phone_text(text) for text in ("0352118407", "hỏi anh Dũng", None)] == [
        "0352 118 407",
        "hỏi anh Dũng",
        NONE,
    ]
