"""Days as people write them, of the precision that is known: ``2005``, ``2005-08``, ``2005-08-12``."""

import calendar
import re
from datetime import date
from typing import Final

_PARTS: Final = re.compile(r"(?:(?P<day>\d{1,2})[\s./-]+)?(?P<month>\d{1,2})[\s./-]+(?P<year>\d{4}|\d{2})")
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?(?:[T ]00:00(?::00)?)?")
_WORDS: Final = re.compile(r"\s*(?:ngày|tháng|năm|thg|sinh|mùng|mồng)\.?\s*", re.IGNORECASE)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAME: Final = re.compile(rf"(?<=[\s./-])({'|'.join(_MONTHS)})[a-z]*\.?(?=[\s./-])", re.IGNORECASE)
"""As an office program of another language writes months."""
_OLDEST: Final = 1900


def read_day(text: str, *, today: date) -> str | None:
    """Return the day that a text means, day first; nothing when it means none or is impossible.

    ``120805`` and ``12082005`` are read as people type them in a form; two digits of a year take the last century
    that is not in the future.
    """
    text = _MONTH_NAME.sub(lambda name: str(_MONTHS.index(name[1].lower()) + 1), text)
    text = _WORDS.sub("/", text).strip(" /.-")
    if text.isdigit():
        return _digits(text, today)
    iso = _ISO.fullmatch(text)
    if iso is not None:
        return _made(iso[3], iso[2], iso[1], today)
    found = _PARTS.fullmatch(text)
    return None if found is None else _made(found["day"], found["month"], found["year"], today)


def _digits(text: str, today: date) -> str | None:
    if len(text) == 4:
        return text if _OLDEST <= int(text) <= today.year else None
    if len(text) in {6, 8}:
        return _made(text[:2], text[2:4], text[4:], today)
    return None


def _made(day: str | None, month: str, year: str, today: date) -> str | None:
    number = int(year)
    if len(year) == 2:
        number += 2000 if 2000 + number <= today.year else 1900
    if not _OLDEST <= number <= today.year + 100:
        return None
    try:
        made = date(number, int(month), int(day or 1))
    except ValueError:
        return None
    return made.isoformat() if day else f"{made:%Y-%m}"


def first_day(iso: str) -> date:
    """Return the first day that a day of any precision may be."""
    return date.fromisoformat(f"{iso}-01-01"[:10])


def last_day(iso: str) -> date:
    """Return the last day that a day of any precision may be."""
    first = first_day(iso)
    if len(iso) > 7:
        return first
    if len(iso) > 4:
        return first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return date(first.year, 12, 31)


def full_years(born: str, on: date) -> int:
    """Return the age on a day; of somebody whose birthday is not known exactly, the highest it may be."""
    birthday = first_day(born)
    return on.year - birthday.year - ((on.month, on.day) < (birthday.month, birthday.day))
