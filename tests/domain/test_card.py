"""What the code of an identity card says, whole and as a scanner that types has damaged it. Everybody is invented."""

import unicodedata
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yum_desktop.domain.card import IdentityCard, differences, is_another_person, read_card
from yum_desktop.domain.errors import InputError

TODAY = date(2026, 11, 1)
CODE = "038203012345|171234567|Nguyễn Văn An|15082003|Nam|Thôn 1, Xã Mường Vạt, Huyện Bình Hòa, Thanh Hóa|10052021"
VALUES = {
    "id_number": "038203012345",
    "old_id_number": "171234567",
    "full_name": "Nguyễn Văn An",
    "born_on": "2003-08-15",
    "sex": "NAM",
    "residence_text": "Thôn 1, Xã Mường Vạt, Huyện Bình Hòa, Thanh Hóa",
    "id_issued_on": "2021-05-10",
}
KEYS = str.maketrans("0123456789", "đăâêô\u0300\u0309\u0303\u0301\u0323")
SHIFTED = str.maketrans("0123456789", ")!@#$%^&*(")


def read(text: str) -> IdentityCard:
    return read_card(text, today=TODAY)


def changed(**parts: str) -> str:
    """Return the code with some of its fields changed."""
    names = ("number", "old", "name", "born", "sex", "home", "issued")
    return "|".join(parts.get(name, part) for name, part in zip(names, CODE.split("|"), strict=True))


def test_every_field_of_a_card_is_read() -> None:
    assert read(CODE) == IdentityCard(VALUES, frozenset(), {})


@pytest.mark.parametrize(
    "text",
    [
        CODE + "\r\n",
        "]Q1" + CODE,
        "\ufeff" + CODE,
        CODE + "|||",
        CODE + "|Lò Thị Mai|Lò Văn Ổn",
        unicodedata.normalize("NFD", CODE),
        CODE.replace("Nguyễn Văn An", "NGUYỄN VĂN AN"),
        CODE.swapcase(),
        CODE.encode().decode("latin-1"),
        "|".join(part.translate(KEYS) if part.isdigit() else part for part in CODE.split("|")),
        "|".join(part.translate(SHIFTED) if part.isdigit() else part for part in CODE.split("|")),
    ],
)
def test_what_a_scanner_does_to_a_code_is_repaired_where_that_is_certain(text: str) -> None:
    assert read(text) == IdentityCard(VALUES, frozenset(), {})


def test_a_card_without_an_old_number_says_none() -> None:
    card = read(changed(old=""))
    assert "old_id_number" not in card.values
    assert card.notes == {}


@pytest.mark.parametrize("born", ["31022001", "00002001", "15082099", "150820", "1508x003"])
def test_a_day_that_cannot_be_is_left_out_and_said(born: str) -> None:
    card = read(changed(born=born))
    assert "born_on" not in card.values
    assert "để trống" in card.notes["born_on"]
    assert card.values["id_issued_on"] == VALUES["id_issued_on"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "038203012345",
        "https://vneid.gov.vn/abc",
        "a|b|c|d|e|f",
        "Đoàn viên|123",
        "x" * 5_000,
        CODE.replace("|", "~"),
    ],
)
def test_what_is_no_card_is_refused(text: str) -> None:
    with pytest.raises(InputError) as refused:
        read(text)
    assert refused.value.code == "card.unknown"


@pytest.mark.parametrize("number", ["03820301234", "0382030l2345", "", "038203 12345", "ê8203012345đ1ê", "171234567"])
def test_a_number_that_cannot_be_read_ends_it(number: str) -> None:
    with pytest.raises(InputError) as refused:
        read(changed(number=number))
    assert (refused.value.code, refused.value.field) == ("card.number", "id_number")


@pytest.mark.parametrize(
    ("name", "home"),
    [
        ("Nguyn Vn An", "Thn 1, X Mng Vt"),
        ("Nguyen Van An", "Thon 1, Xa Muong Vat"),
        ("Nguyn Văn An", "Thn 1, Xã Mng Vt"),
    ],
)
def test_letters_that_may_have_lost_their_marks_are_not_sure(name: str, home: str) -> None:
    card = read(changed(name=name, home=home))
    assert card.values["full_name"] == name
    assert card.unsure == {"full_name", "residence_text"}
    assert set(card.notes) == card.unsure


def test_a_name_with_holes_is_left_out() -> None:
    card = read(changed(name="Nguy\ufffdn V?n An", home="Th\ufffdn 1"))
    assert {"full_name", "residence_text"}.isdisjoint(card.values)
    assert "để trống" in card.notes["full_name"]


def test_names_of_other_peoples_are_kept_but_looked_at() -> None:
    card = read(changed(name="Y BHĂM NIÊ KĐĂM"))
    assert card.values["full_name"] == "Y Bhăm Niê Kđăm"
    assert card.unsure == {"full_name"}


SYLLABLES = ("Nguyễn", "Lò", "Thị", "Văn", "Quàng", "Đặng", "Hường", "Ổn", "Mỷ", "An", "Minh", "Tuấn", "Yến", "Sùng")
TELEX = (("aa", "â"), ("ee", "ê"), ("oo", "ô"), ("dd", "đ"), ("w", "ư"), ("as", "á"), ("es", "é"), ("ox", "õ"))


@st.composite
def codes(draw: st.DrawFn) -> str:
    words = st.sampled_from(SYLLABLES)
    day = draw(st.dates(date(1990, 1, 1), date(2012, 12, 31)))
    issued = draw(st.dates(date(2021, 1, 1), date(2026, 10, 1)))
    sex = draw(st.sampled_from(("Nam", "Nữ")))
    digit = (0 if day.year < 2000 else 2) + (sex == "Nữ")
    number = f"{draw(st.sampled_from(('001', '014', '038')))}{digit}{day:%y}{draw(st.integers(0, 999_999)):06}"
    name = " ".join(draw(st.lists(words, min_size=2, max_size=4)))
    home = f"Thôn {draw(st.integers(1, 9))}, Xã {' '.join(draw(st.lists(words, min_size=1, max_size=2)))}, Sơn La"
    old = draw(st.sampled_from(("", "171234567")))
    return f"{number}|{old}|{name}|{day:%d%m%Y}|{sex}|{home}|{issued:%d%m%Y}"


def telexed(text: str) -> str:
    for typed, made in TELEX:
        text = text.replace(typed, made)
    return text


DAMAGES: dict[str, Callable[[str], str]] = {
    "nothing": lambda text: text,
    "layout": lambda text: "|".join(each.translate(KEYS) if each.isdigit() else each for each in text.split("|")),
    "shift": lambda text: "|".join(each.translate(SHIFTED) if each.isdigit() else each for each in text.split("|")),
    "latin-1": lambda text: text.encode().decode("latin-1"),
    "cp1252": lambda text: text.encode().decode("cp1252", errors="replace"),
    "apart": lambda text: unicodedata.normalize("NFD", text),
    "capitals": lambda text: text.upper(),
    "caps lock": lambda text: text.swapcase(),
    "marks dropped": lambda text: text.encode("ascii", "ignore").decode(),
    "marks as questions": lambda text: text.encode("ascii", "replace").decode(),
    "marks as holes": lambda text: "".join(char if char.isascii() else "\ufffd" for char in text),
    "telex": lambda text: telexed(text.encode("ascii", "ignore").decode()),
    "cut": lambda text: text[: len(text) * 2 // 3],
    "bars lost": lambda text: text.replace("|", "", 1),
}


@pytest.mark.parametrize("damage", DAMAGES)
@given(code=codes())
def test_no_damage_makes_a_wrong_value_that_looks_sure(damage: str, code: str) -> None:
    whole = read(code)
    assert not whole.unsure
    assert not whole.notes
    try:
        card = read(DAMAGES[damage](code))
    except InputError:
        return
    for name, value in card.values.items():
        assert name in card.unsure or damage == "capitals" or value == whole.values[name]
    assert (card.values["id_number"], card.values["born_on"]) == (whole.values["id_number"], whole.values["born_on"])


def test_only_what_the_card_writes_otherwise_is_a_difference() -> None:
    card = read(CODE)
    values = {**VALUES, "full_name": "NGUYỄN VĂN AN", "residence_text": None, "born_on": "2003"}
    found = [(each.field, each.mine, each.card, each.sure) for each in differences(card, values)]
    assert found == [
        ("born_on", "2003", "2003-08-15", True),
        ("residence_text", None, VALUES["residence_text"], True),
    ]
    assert differences(card, {**VALUES, "residence_text": VALUES["residence_text"].replace("Hòa", "Hoà")}) == ()


def test_a_name_that_lost_its_marks_does_not_differ_from_the_one_that_has_them() -> None:
    card = read(changed(name="Nguyen Van An", home=""))
    assert [each.field for each in differences(card, VALUES)] == []
    (named,) = differences(card, {**VALUES, "full_name": "Nguyễn Văn Anh"})
    assert (named.field, named.sure) == ("full_name", False)
    assert named.note


def test_the_card_of_somebody_else_is_noticed() -> None:
    card = read(CODE)
    assert not is_another_person(card, {})
    assert not is_another_person(card, {**VALUES, "id_number": "171234567"})
    assert not is_another_person(card, {**VALUES, "id_number": "038203012354"})
    assert is_another_person(card, {**VALUES, "id_number": "014303004815", "full_name": "Lò Thị Phương Thảo"})
