"""What the square code of an identity card says, also as a scanner that types has brought it (domain §2.5).

The code is UTF-8 text of seven fields or more, divided by bars: number, old number, name, day of birth, sex, residence,
day of issue. Newer cards say more behind them; that is left out. A scanner types, so that the keyboard layout and the
input method of the system may change what arrives: what is certain is repaired, what is not is said to be unsure or
left out, and a number that cannot be read ends it.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from yum_desktop.domain.days import read_day
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.identity import CCCD_DIGITS, CMND_DIGITS
from yum_desktop.domain.old_fonts import Encoding, decode, guess, is_syllable
from yum_desktop.domain.text import capitalised, fold, nfc, spelling

Value = str | int | bytes | None
CARD_SIZE_MAX: Final = 2_000
"""Letters of a code; none of a card is near it."""

_FIELDS_MIN: Final = 7
_SEX: Final = {"nam": "NAM", "nu": "NU"}
_WORD: Final = re.compile(r"[^\W\d_]+")
_ODD: Final = re.compile(r"[^\w\s.,'’/()\-–:;&+#]|[\ufffd_]|\d(?=[^\W\d_]{3})")
_HOLLOW: Final = frozenset({"nguyn"})
"""Spelled like a syllable, and nearly always a name that has lost a letter."""

_NAME: Final = re.compile(r"[^\W\d_]+(?:[ .'’\-]+[^\W\d_]+)*")
_VIETNAMESE_KEYS: Final = str.maketrans("đăâêô\u0300\u0309\u0303\u0301\u0323ĐĂÂÊÔ", "012345678901234")
"""What the Vietnamese layout of Windows makes of the keys 0 to 9."""
_SHIFTED_KEYS: Final = str.maketrans(")!@#$%^&*(", "0123456789")
"""The same keys with the shift key held."""


@dataclass(frozen=True, slots=True)
class IdentityCard:
    """What a card says, as fields of a member's record.

    Attributes:
        values: Field to value, in the order of the card; what the card leaves empty or nobody can read is left out.
        unsure: Fields whose letters may have been lost on the way: a person looks before they are taken.
        notes: Field to why it was left out, is unsure or was repaired.
    """

    values: dict[str, str]
    unsure: frozenset[str]
    notes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that the card writes otherwise than the record.

    Attributes:
        field: Its name.
        mine: What the record holds; ``None`` for nothing.
        card: What the card says.
        sure: It may be taken without another look.
        note: What to know about it.
    """

    field: str
    mine: Value
    card: str
    sure: bool
    note: str = ""


def differences(card: IdentityCard, values: Mapping[str, Value]) -> tuple[Difference, ...]:
    """Return what the card writes otherwise, in the order of the card. The place of a tone mark is no difference."""
    found = []
    for name, said in card.values.items():
        mine = values.get(name)
        if mine == said or (isinstance(mine, str) and spelling(mine) == spelling(said)):
            continue
        sure = name not in card.unsure
        if not sure and isinstance(mine, str) and fold(mine) == fold(said):
            continue  # what is there has the marks that the card has lost
        found.append(Difference(name, mine, said, sure, card.notes.get(name, "")))
    return tuple(found)


def is_another_person(card: IdentityCard, values: Mapping[str, Value]) -> bool:
    """Return whether the record is surely of somebody else: another number of twelve digits, and another name."""
    number, name = values.get("id_number"), values.get("full_name")
    if not isinstance(number, str) or not isinstance(name, str) or len(number) != CCCD_DIGITS:
        return False
    said = card.values.get("full_name", "")
    return number != card.values["id_number"] and fold(name) != fold(said)


def read_card(text: str, *, today: date) -> IdentityCard:
    """Return what a code says.

    Args:
        text: As it was typed, pasted or decoded.
        today: Days after it are not believed.

    Raises:
        InputError: `card.unknown` (the text is no card's) or `card.number` (its number cannot be read).
    """
    if len(text) > CARD_SIZE_MAX:
        raise _unknown()
    undone = decode(text, Encoding.MOJIBAKE) if guess(text) is Encoding.MOJIBAKE else text
    parts = "".join(char for char in undone if not unicodedata.category(char).startswith("C")).split("|")
    if len(parts) < _FIELDS_MIN:
        raise _unknown()
    number, old, name, born, sex, home, issued = parts[:_FIELDS_MIN]
    if nfc(sex).swapcase().istitle() and not nfc(sex).istitle():  # typed with the capitals locked
        name, sex, home = name.swapcase(), sex.swapcase(), home.swapcase()
    reading = _Reading(today)
    reading.number(number)
    reading.old_number(old)
    reading.texts(nfc(name), nfc(home))
    reading.day("born_on", born)
    reading.sex(nfc(sex))
    reading.day("id_issued_on", issued)
    order = ("id_number", "old_id_number", "full_name", "born_on", "sex", "residence_text", "id_issued_on")
    values = {field: reading.values[field] for field in order if field in reading.values}
    return IdentityCard(values, frozenset(reading.unsure), reading.notes)


class _Reading:
    """Collects what the fields say."""

    def __init__(self, today: date) -> None:
        self._today = today
        self.values: dict[str, str] = {}
        self.unsure: set[str] = set()
        self.notes: dict[str, str] = {}

    def number(self, raw: str) -> None:
        digits = _digits(re.sub(r"^\s*(?:\][A-Za-z]\d)?", "", raw))  # some scanners say first which code it was
        if digits is None or len(digits) != CCCD_DIGITS:
            raise InputError(
                "card.number",
                "Không đọc được số trên thẻ: cần 12 số. Tắt bộ gõ tiếng Việt rồi quét lại, hoặc gõ tay số trên thẻ.",
                field="id_number",
            )
        self.values["id_number"] = digits

    def old_number(self, raw: str) -> None:
        if not raw.strip():
            return
        digits = _digits(raw)
        if digits is not None and len(digits) in {CMND_DIGITS, CCCD_DIGITS}:
            self.values["old_id_number"] = digits
        else:
            self.notes["old_id_number"] = "trên mã không đọc được, để trống"

    def texts(self, name: str, home: str) -> None:
        home_is_sure = _is_sure(home)
        name_is_sure = _NAME.fullmatch(name) is not None and _is_sure(name, marked=home_is_sure)
        lost = "Chữ có thể đã mất dấu khi máy quét gõ vào. Nhìn thẻ rồi hãy chọn"
        if _NAME.fullmatch(name):
            self.values["full_name"] = capitalised(name)
            if not name_is_sure:
                self.unsure.add("full_name")
                self.notes["full_name"] = lost
        elif name:
            self.notes["full_name"] = "chữ bị hỏng khi máy quét gõ vào, để trống"
        if home and "\ufffd" not in home:
            self.values["residence_text"] = home
            marked = not (name.isascii() or home.isascii())
            if not (home_is_sure or (name_is_sure and marked and _ODD.search(home) is None)):
                self.unsure.add("residence_text")
                self.notes["residence_text"] = lost

    def day(self, field: str, raw: str) -> None:
        if not raw.strip():
            return
        digits = _digits(raw)
        day = read_day(digits, today=self._today) if digits is not None and len(digits) == 8 else None
        if day is not None and day <= self._today.isoformat():
            self.values[field] = day
        else:
            self.notes[field] = "ngày ghi trên mã không có thật, để trống"

    def sex(self, raw: str) -> None:
        found = _SEX.get(fold(raw))
        if found is not None:
            self.values["sex"] = found
        elif raw:
            self.notes["sex"] = "trên mã không đọc được, để trống"


def _digits(raw: str) -> str | None:
    """Return the digits that were typed, also where the layout made other signs of all the keys of one field."""
    bare = raw.strip()
    for keys in ({}, _VIETNAMESE_KEYS, _SHIFTED_KEYS):
        digits = bare.translate(keys)
        if digits.isascii() and digits.isdigit():
            return digits
    return None


def _is_sure(text: str, *, marked: bool = False) -> bool:
    """Return whether nothing speaks for letters that were lost: there are marks, and each word is a syllable.

    Args:
        text: What is looked at.
        marked: Marks have come through elsewhere: none are needed here.
    """
    if (text.isascii() and not marked) or _ODD.search(text):
        return False
    return all(is_syllable(word) and word.casefold() not in _HOLLOW for word in _WORD.findall(text))


def _unknown() -> InputError:
    return InputError(
        "card.unknown",
        "Đây không phải mã trên thẻ căn cước. Mã đúng ở mặt có ảnh (thẻ gắn chip) hoặc mặt sau (thẻ căn cước mới);"
        " mã của VNeID và thẻ đoàn viên là loại khác.",
    )
