"""Vietnamese of before Unicode: the tables, and what is recognised without being told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yum_desktop.domain.old_fonts import (
    TCVN3,
    VNI,
    Encoding,
    could_be,
    decode,
    encoding_of_font,
    guess,
    has_capitals_only,
    is_syllable,
)

LOWER = "ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"
NAMES = (
    "Nguyễn Văn An", "Trần Thị Bình", "Đặng Hữu Đức", "Lường Thị Hoài", "Phạm Đình Quang", "Võ Khánh Tuyền",
    "Vũ Hữu Ước", "Lê Thị Mỹ Lệ", "Đoàn Cẩm Hoài", "Nguyễn Thị Hằng", "Hồ Quỳnh Như", "Bùi Ỷ Lan",
)  # fmt: skip


def to_vni(text: str) -> str:
    back = {letter: pair for pair, letter in reversed(VNI.items())}
    return "".join(back.get(letter, letter) for letter in text)


def to_tcvn3(text: str) -> str:
    back = {letter: code for code, letter in TCVN3.items()}
    return "".join(back.get(letter) or back.get(letter.lower(), letter) for letter in text)


def test_every_vietnamese_letter_has_its_code() -> None:
    assert set(LOWER) <= set(TCVN3.values())
    assert set(LOWER + LOWER.upper()) <= set(VNI.values())
    assert len(set(TCVN3.values())) == len(TCVN3)


@pytest.mark.parametrize(
    ("written", "encoding", "meant"),
    [
        ("NguyÔn V¨n An", Encoding.TCVN3, "Nguyễn Văn An"),
        ("L\xadêng ThÞ Hoµi", Encoding.TCVN3, "Lường Thị Hoài"),
        ("Nguyeãn Vaên An", Encoding.VNI, "Nguyễn Văn An"),
        ("Ñaëng Höõu Ñöùc", Encoding.VNI, "Đặng Hữu Đức"),
        ("TRAÀN THÒ BÌNH", Encoding.VNI, "TRẦN THỊ BÌNH"),
        ("Nguyá»…n VÄƒn An", Encoding.MOJIBAKE, "Nguyễn Văn An"),
    ],
)
def test_a_text_is_recognised_by_its_letters(written: str, encoding: Encoding, meant: str) -> None:
    assert guess(written) is encoding
    assert decode(written, encoding) == meant


@pytest.mark.parametrize("name", NAMES)
def test_names_come_back_from_each_encoding(name: str) -> None:
    assert guess(name) is None
    assert decode(to_vni(name), Encoding.VNI) == name
    assert decode(to_tcvn3(name), Encoding.TCVN3).casefold() == name.casefold()
    broken = "".join(bytes([code]).decode("cp1252", "ignore") or chr(code) for code in name.encode())
    assert guess(broken) is Encoding.MOJIBAKE
    assert decode(broken, Encoding.MOJIBAKE) == name


@pytest.mark.parametrize("name", ["Café", "H'Hen Niê", "K'Brếu", "Siu H'Nghĩa", "×", "Đắk Lắk", "Krông Pắc", "Müller"])
def test_what_is_no_old_text_is_left(name: str) -> None:
    assert guess(name) is None


def test_a_text_that_is_right_both_ways_is_not_recognised_alone() -> None:
    assert guess("Vò Thanh Huy") is None
    assert could_be("Vò Thanh Huy", Encoding.TCVN3)
    assert not could_be("Nguyễn Vò", Encoding.TCVN3)


def test_fonts_are_known_by_their_names() -> None:
    assert [encoding_of_font(name) for name in (".VnTime", ".VnArialH", "VNI-Times", "Times New Roman", "")] == [
        Encoding.TCVN3, Encoding.TCVN3, Encoding.VNI, None, None,
    ]  # fmt: skip
    assert (has_capitals_only(".VnTimeH"), has_capitals_only(".VnTime"), has_capitals_only("VNI-TimesH")) == (
        True, False, False,
    )  # fmt: skip


def test_syllables_are_told_from_what_only_looks_so() -> None:
    assert all(
        map(is_syllable, ["nguyễn", "thái", "quỳnh", "giang", "khuya", "ước", "ý", "thuở", "quốc", "giếng", "oanh"])
    )
    assert not any(map(is_syllable, ["tàc", "hoc", "Th¸i", "bátx", "êh", "ngiê", "thỏc"]))


@given(st.text())
def test_no_text_breaks_the_decoding(text: str) -> None:
    encoding = guess(text)
    for one in Encoding:
        decode(text, one)
    assert encoding is None or decode(text, encoding) != text
