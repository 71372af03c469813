"""Folding and the order of Vietnamese names."""

import random
import unicodedata

import pytest

from yum_desktop.domain.text import fold, name_key, nfc, text_key


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đặng Đức Dũng", "dang duc dung"),
        ("  ĐỖ   THỊ  HƯƠNG ", "do thi huong"),
        ("Ðức", "duc"),
        ("H'Hen Niê", "h'hen nie"),
        ("", ""),
    ],
)
def test_folded_text_has_no_marks(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(unicodedata.normalize("NFD", text)) == folded


def test_text_is_composed_and_its_spaces_are_single() -> None:
    assert nfc(unicodedata.normalize("NFD", "  Nguyễn \t Văn An ")) == "Nguyễn Văn An"


def test_words_are_in_the_order_of_a_dictionary() -> None:
    text = "An Bình|Anh|Ánh|Ăn|Ân|Ấn|Bình|Dung|Dũng|Đào|Đào Anh|Đông|Hoa|Hòa|Hỏa|Hõa|Hóa|Họa|Hoàng|Ngọc|Uyên|Ưng"
    wanted = text.split("|")
    mixed = list(wanted)
    random.Random(3).shuffle(mixed)
    assert sorted(mixed, key=text_key) == wanted


def test_people_are_listed_by_given_name_then_by_the_rest() -> None:
    wanted = ["Trần Văn An", "Nguyễn Thị Ánh", "Đỗ Văn Bình", "Lê Thị Bình", "Lê Văn Bình", "Ma Đào", "Tú"]
    mixed = list(wanted)
    random.Random(3).shuffle(mixed)
    assert sorted(mixed, key=name_key) == wanted


def test_a_name_to_sort_by_takes_the_place_of_the_last_word() -> None:
    assert name_key("H'Hen Niê", "Hen") < name_key("Lê Văn Hoa")
    assert name_key("H'Hen Niê") > name_key("Lê Văn Hoa")
