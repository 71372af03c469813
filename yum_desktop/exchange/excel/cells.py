"""What one cell says: a clean value, and what was done to it or cannot be done unasked (domain §2.5, §2.7, §6.4)."""

import difflib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from yum_desktop.domain import identity
from yum_desktop.domain.codes import Codes
from yum_desktop.domain.days import read_day
from yum_desktop.domain.phone import normalise
from yum_desktop.domain.text import capitalised, fold
from yum_desktop.exchange.excel.layout import text_of
from yum_desktop.exchange.excel.model import Cell

SILENT: Final = "silent"
SHOWN: Final = "shown"
OFFERED: Final = "offered"


@dataclass(frozen=True, slots=True)
class Note:
    """Something about a cell: a code of the finding, its degree, and candidates where it is only offered."""

    code: str
    degree: str
    suggest: tuple[str, ...] = ()


class Reading(NamedTuple):
    """A value that may be stored unasked, or nothing, and what is to be said."""

    value: str | None = None
    notes: tuple[Note, ...] = ()


MISSING: Final = Reading(None, (Note("missing", SHOWN),))
_INVISIBLE: Final = re.compile("[\0-\x08\x0e-\x1b\x7f\u200b-\u200f\u2060\ufeff\u00ad\ud800-\udfff]")
"""What nobody sees and no database needs; zero and half pairs no server would take."""
_KEPT: Final = rf"[^\s{_INVISIBLE.pattern[1:-1]}\u00d0\u00f0\u0189\u0256]+"
_CLEAN: Final = re.compile(rf"{_KEPT}(?: {_KEPT})*")
"""A text that is kept as it stands, once its letters are composed: words with single spaces between them."""
_STROKES: Final = str.maketrans({"\u00d0": "Đ", "\u00f0": "đ", "\u0189": "Đ", "\u0256": "đ"})
_HONORIFIC: Final = re.compile(r"^\s*(?:đ/c|đồng chí|em|anh|chị)[\s.:]+(?=\S+\s)", re.IGNORECASE)
_SMALL_FIRST: Final = re.compile(r"(?<!\S)[^\W\d_A-Z](?=[a-zà-ỹ]*(?:\s|$))")
_BRACKETS: Final = re.compile(r"\s*[(\[].*?[)\]]\s*")
_NEVER_FIRST: Final = frozenset({"", "=", "x", "X", "×"})
_LOWER: Final = "a-zàáâãèéêìíòóôõùúýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"
_UPPER: Final = "A-ZÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ"
_PLAIN_NAME: Final = re.compile(rf"[{_UPPER}][{_LOWER}]*(?: [{_UPPER}][{_LOWER}]*)+")
_TWELVE: Final = re.compile(r"[0-9]{12}")
_NORMAL_PHONE: Final = re.compile(r"0[35789][0-9]{8}")
_SERIAL_ZERO: Final = date(1899, 12, 30)
_SERIALS: Final = range(14_000, 60_000)
_DAYS_TO_1904: Final = 1_462
_SCIENTIFIC: Final = re.compile(r"\d(?:[.,]\d+)?e\+?\d+", re.IGNORECASE)
_PLAIN_DAY: Final = re.compile(r"\d{1,2}/\d{1,2}/\d{4}")
_PLAIN_MONTH: Final = re.compile(r"(?:tháng\s*)?\d{1,2}\s*[/.-]\s*\d{4}", re.IGNORECASE)
_PARTS: Final = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4}|\d{2})")
_UNKNOWN_PARTS: Final = re.compile(
    r"(?:(?:00?|[?x_.…-]{1,3})\s*[/.\-]\s*){1,2}((?:\d{1,2}\s*[/.\-]\s*)?\d{4})", re.IGNORECASE
)
"""A day, or a day and a month, that somebody left open: ``00/00/2003``, ``?/8/2003``, ``…/…/2003``."""
_SHORT_YEAR: Final = re.compile(r"\d{1,2}\s*[/.\-]\s*\d{1,2}\s*[/.\-]\s*\d{2}")
_NO_PAPER: Final = re.compile(r"^(chua|khong|mat|dang lam)\b")
_SEXES: Final = {
    **dict.fromkeys(("nam", "trai", "con trai", "male", "m", "ong"), "NAM"),
    **dict.fromkeys(("nu", "gai", "con gai", "female", "f", "ba", "phu nu", "nu gioi"), "NU"),
}
_ABBREVIATED: Final = {"k": "01"}
_FIRST_NO_PEOPLE: Final = "55"
"""The code from which on the list names foreigners and the unknown."""
_OLDEST_MEMBER: Final = 80
NAME_MAX: Final = 100
"""Letters of the longest name (domain §2.2)."""


def clean(raw: str) -> tuple[str, list[Note]]:
    """Return a text as it is kept, and what was done to it."""
    if _CLEAN.fullmatch(raw) is not None and unicodedata.is_normalized("NFC", raw):
        return raw, []
    notes = []
    text = _INVISIBLE.sub("", raw)
    if text != raw:
        notes.append(Note("text.invisible", SILENT))
    composed = unicodedata.normalize("NFC", text)
    if composed != text:
        notes.append(Note("text.nfc", SILENT))
    spaced = " ".join(composed.split())
    if spaced != composed:
        notes.append(Note("text.space", SILENT))
    stroked = spaced.translate(_STROKES)
    if stroked != spaced:
        notes.append(Note("text.d_stroke", SILENT))
    return stroked, notes


def is_plain_name(cell: Cell) -> bool:
    """Return whether a cell is a name with its marks and capitals, as most are: nothing is to be said about it."""
    return (
        cell.__class__ is str
        and len(cell) <= NAME_MAX
        and _PLAIN_NAME.fullmatch(cell) is not None
        and not cell.isascii()
    )


def is_plain_text(cell: Cell) -> bool:
    """Return whether a cell is a text that is kept as it stands, and no formula."""
    return (
        cell.__class__ is str
        and cell[:1] not in _NEVER_FIRST
        and _CLEAN.fullmatch(cell) is not None
        and unicodedata.is_normalized("NFC", cell)
    )


def read_name(cell: Cell) -> Reading:
    """Return a name: composed, spaced and in small letters with capitals."""
    if is_plain_name(cell):
        return Reading(str(cell))
    text, notes = clean(str(cell))
    if not text:
        return MISSING
    bare = _BRACKETS.sub(" ", _HONORIFIC.sub("", text)).strip()
    if bare and bare != text:
        return Reading(text, (*notes, Note("name.extra_text", OFFERED, (capitalised(bare),))))
    raised = _raised(text)
    if raised != text:
        text = raised
        notes.append(Note("name.case", SILENT))
    if text.isascii() and len(text.split()) > 1:
        notes.append(Note("name.no_diacritics", SHOWN))
    return Reading(text, tuple(notes))


def _raised(text: str) -> str:
    """Return a name with its capitals: one-cased words all, and the first letters that an old font could not raise."""
    if len(text) > 1 and (text.isupper() or text.islower()):
        return capitalised(text)
    return _SMALL_FIRST.sub(lambda found: found[0].upper(), text)


def is_name(text: str) -> bool:
    """Return whether a text can be a name: words of letters, nothing a program left behind."""
    if len(text) > NAME_MAX:
        return False
    bare = _BRACKETS.sub(" ", _HONORIFIC.sub("", text))
    return bool(re.fullmatch(r"[^\W\d_]+(?:[\s.'’\-][\s'’\-]*[^\W\d_]+)*[\s.]*", bare.strip(), re.UNICODE))


def read_date(cell: Cell, today: date, *, birth: bool, epoch_1904: bool = False) -> Reading:
    """Return a day of the precision that is known. Days come before months; nothing else is guessed.

    `epoch_1904` says that bare numbers count from 1904, as in workbooks of old Macintoshes.
    """
    if isinstance(cell, datetime):
        return _plausible(cell.date().isoformat(), (), today, birth=birth)
    if isinstance(cell, date):
        return _plausible(cell.isoformat(), (), today, birth=birth)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _date_of_number(cell, today, birth=birth, later=_DAYS_TO_1904 if epoch_1904 else 0)
    text, _ = clean(str(cell))
    if not any(letter.isalnum() for letter in text):
        return MISSING
    if any(letter.isdigit() and not letter.isascii() for letter in text):
        return Reading(None, (Note("date.invalid", SHOWN),))
    return _date_of_text(text, today, birth=birth)


def _date_of_number(number: float, today: date, *, birth: bool, later: int) -> Reading:
    if 1900 <= number <= today.year + 100 and number == int(number):
        return _plausible(str(int(number)), (Note("date.year_only", SHOWN),), today, birth=birth)
    if _SERIALS.start <= number + later < _SERIALS.stop:
        return _plausible(
            _of_serial(int(number) + later), (Note("date.serial_unformatted", SHOWN),), today, birth=birth
        )
    return Reading(None, (Note("date.invalid", SHOWN),))


def _of_serial(serial: int) -> str:
    return (_SERIAL_ZERO + timedelta(days=serial)).isoformat()


def _date_of_text(text: str, today: date, *, birth: bool) -> Reading:
    offered = _offered_date(text, today)
    if offered is not None:
        return offered
    unknown = _UNKNOWN_PARTS.fullmatch(text)
    day = read_day(unknown[1] if unknown else text.rstrip(" .,;"), today=today)
    if day is None:
        return Reading(None, (Note("date.invalid", SHOWN),))
    notes = []
    if len(day) == 4:
        notes.append(Note("date.year_only", SHOWN))
    elif len(day) == 7:
        notes.append(Note("date.month_only", SHOWN))
    elif _SHORT_YEAR.fullmatch(text.rstrip(" .,;")):
        notes.append(Note("date.two_digit_year", SHOWN))
    if not (_PLAIN_DAY.fullmatch(text) or _PLAIN_MONTH.fullmatch(text) or len(day) == 4 or notes):
        notes.append(Note("date.text_form", SILENT))
    return _plausible(day, tuple(notes), today, birth=birth)


def _offered_date(text: str, today: date) -> Reading | None:
    """Return what a text may mean that is never stored unasked."""
    if text.isdigit() and len(text) == 5 and int(text) in _SERIALS:
        return Reading(None, (Note("date.serial_text", OFFERED, (_of_serial(int(text)),)),))
    if text.isdigit() and len(text) in {6, 8}:
        day = read_day(text, today=today)
        return None if day is None else Reading(None, (Note("date.digits_only", OFFERED, (day,)),))
    if re.fullmatch(r"[\dOolI/.\-\s]+", text) and re.search(r"[OolI]", text):
        day = read_day(text.translate(str.maketrans("OolI", "0011")), today=today)
        return None if day is None else Reading(None, (Note("date.letter_for_digit", OFFERED, (day,)),))
    parts = _PARTS.fullmatch(text)
    if parts is not None and int(parts[2]) > 12 >= int(parts[1]):
        day = read_day(f"{parts[2]}/{parts[1]}/{parts[3]}", today=today)
        return None if day is None else Reading(None, (Note("date.not_day_first", OFFERED, (day,)),))
    return None


def _plausible(day: str, notes: tuple[Note, ...], today: date, *, birth: bool) -> Reading:
    year = int(day[:4])
    youngest = today.year - 5 if birth else today.year
    if year > youngest or year < today.year - _OLDEST_MEMBER or day > today.isoformat():
        return Reading(None, (Note("date.implausible", SHOWN),))
    return Reading(day, notes)


def read_identity(cell: Cell) -> Reading:
    """Return an identity number. A lost zero is offered, never restored alone."""
    if cell.__class__ is str and _TWELVE.fullmatch(cell):
        return Reading(str(cell))
    text, _ = clean(text_of(cell))
    if not any(letter.isalnum() for letter in text) or _NO_PAPER.search(fold(text)):
        return MISSING
    if _SCIENTIFIC.fullmatch(text):
        return Reading(None, (Note("id.scientific", SHOWN),))
    bare = re.sub(r"\.0$", "", text.strip("'=\"’‘"))
    digits = re.sub(r"[\s.\-]", "", bare)
    if re.fullmatch(r"[\dOolI]+", digits) and not digits.isdigit():
        meant = digits.translate(str.maketrans("OolI", "0011"))
        right = len(meant) in {identity.CMND_DIGITS, identity.CCCD_DIGITS}
        return Reading(None, (Note("id.letter_for_digit", OFFERED, (meant,) if right else ()),))
    notes = () if digits == text else (Note("id.format", SILENT),)
    return _identity_of(digits, notes)


def _identity_of(digits: str, notes: tuple[Note, ...]) -> Reading:
    if digits.isascii() and digits.isdigit():
        if len(digits) == identity.CCCD_DIGITS:
            return Reading(digits, notes)
        if len(digits) == identity.CMND_DIGITS:
            return Reading(digits, (*notes, Note("id.old_cmnd", SHOWN)))
        if len(digits) in {10, 11} and identity.has_known_province(digits.zfill(identity.CCCD_DIGITS)):
            return Reading(None, (Note("id.lost_zero", OFFERED, (digits.zfill(identity.CCCD_DIGITS),)),))
        if len(digits) == 8:
            return Reading(None, (Note("id.lost_zero", OFFERED, (digits.zfill(identity.CMND_DIGITS),)),))
    return Reading(None, (Note("id.bad_length", SHOWN),))


def read_phone(cell: Cell) -> Reading:
    """Return a telephone number in its normal form."""
    if cell.__class__ is str and _NORMAL_PHONE.fullmatch(cell):
        return Reading(str(cell))
    text, _ = clean(text_of(cell))
    if not any(letter.isdigit() for letter in text):
        return MISSING
    several = [normalise(part).number for part in re.split(r"[/;,]|\s-\s", text)]
    if len(several) > 1 and all(several):
        return Reading(None, (Note("phone.several", OFFERED, tuple(number for number in several if number)),))
    bare = re.sub(r"\(?[^\W\d_][^)\d]*\)?", "", text).strip()
    extra = () if bare == text else (Note("phone.extra_text", SHOWN),)
    digits = re.sub(r"\D", "", bare)
    if len(digits) == 10 and digits[0] == "1":
        both = normalise("0" + digits).number
        if both is not None:
            return Reading(None, (Note("phone.lost_zero_old", OFFERED, (both,)),))
    found = normalise(bare)
    if found.number is None:
        return Reading(None, (Note("phone.invalid", SHOWN),))
    steps = found.done if len(found.done) < 2 else tuple(step for step in found.done if step != "format")
    degrees = {"format": SILENT, "country_code": SILENT, "lost_zero": SHOWN, "old_prefix": SHOWN}
    return Reading(found.number, (*extra, *(Note(f"phone.{step}", degrees[step]) for step in steps)))


def read_ethnicity(cell: Cell, codes: Codes) -> Reading:
    """Return the code of a people. One letter is asked about, a slip is offered."""
    text, notes = clean(str(cell))
    plain = fold(text).strip(" .-")
    if not plain:
        return MISSING
    if plain in _ABBREVIATED:
        return Reading(_ABBREVIATED[plain], (Note("ethnic.abbrev", SHOWN),))
    items = codes.items("ethnicity")
    if len(plain) == 1:
        begun = tuple(
            item.code
            for item in items
            if item.code < _FIRST_NO_PEOPLE
            and any(fold(name).startswith(plain) for name in (item.label, *item.aliases))
        )
        return Reading(None, (Note("ethnic.ambiguous", OFFERED, begun),))
    code = codes.find("ethnicity", text)
    if code is None:
        near = difflib.get_close_matches(plain, [fold(item.label) for item in items], n=3, cutoff=0.6)
        suggest = tuple(item.code for name in near for item in items if fold(item.label) == name)
        return Reading(None, (Note("ethnic.unknown", OFFERED, suggest),))
    if str(cell) != codes.label("ethnicity", code) and not any(note.code == "text.nfc" for note in notes):
        return Reading(code, (Note("ethnic.alias", SILENT),))
    return Reading(code, tuple(note for note in notes if note.code == "text.nfc"))


def read_sex(cell: Cell, codes: Codes) -> Reading:
    """Return the sex that a cell names."""
    text, _ = clean(str(cell))
    if not text:
        return MISSING
    code = codes.find("sex", text) or _SEXES.get(fold(text).strip(" .-()"))
    return Reading(code) if code is not None else Reading(None, (Note("sex.unknown", SHOWN),))


def is_mark(cell: Cell) -> bool:
    """Return whether a cell is crossed."""
    return text_of(cell).strip().lower() not in {"", "0", "-", "k", "không"}
