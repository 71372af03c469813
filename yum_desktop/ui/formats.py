"""How values are written for people."""

from datetime import datetime, timedelta, timezone
from typing import Final

HANOI: Final = timezone(timedelta(hours=7))
"""Viet Nam has one time zone, without summer time."""
NONE: Final = "–"
"""An empty value is never blank."""


def day_text(day: str | None) -> str:
    """Return ``2005-08-12`` as ``12/08/2005``, ``2005-08`` as ``08/2005``."""
    return "/".join(reversed(day.split("-"))) if day else NONE


def number_text(number: int) -> str:
    """Return a number with dots: ``2.289.993``."""
    return f"{number:,}".replace(",", ".")


def percent_text(part: int, whole: int) -> str:
    """Return ``40,55%``."""
    return f"{100 * part / whole if whole else 0:.2f}%".replace(".", ",")


def phone_text(phone: str | None) -> str:
    """Return ``0352118407`` as ``0352 118 407``."""
    if not phone:
        return NONE
    if len(phone) == 10 and phone.isdigit():
        return f"{phone[:4]} {phone[4:7]} {phone[7:]}"
    return phone


def masked_text(number: str | None) -> str:
    """Return an identity number with only its ends to be read."""
    if not number:
        return NONE
    return f"{number[:3]}{'•' * max(0, len(number) - 6)} {number[-3:]}" if len(number) > 6 else "•" * len(number)


def instant_text(at: datetime, now: datetime) -> str:
    """Return a moment in the time of Viet Nam: ``hôm nay, 16:42``, ``18/11, 16:42`` or ``18/11/2025, 16:42``."""
    return f"{date_text(at, now)}, {at.astimezone(HANOI):%H:%M}"


def date_text(at: datetime, now: datetime) -> str:
    """Return the day of a moment: ``hôm nay``, ``hôm qua``, ``18/11`` or ``18/11/2025``."""
    local, today = at.astimezone(HANOI), now.astimezone(HANOI)
    days = (today.date() - local.date()).days
    if days in (0, 1):
        return ("hôm nay", "hôm qua")[days]
    return f"{local:%d/%m}" if local.year == today.year else f"{local:%d/%m/%Y}"


def bytes_text(size_bytes: int) -> str:
    """Return ``31 KB`` or ``2,9 MB``."""
    if size_bytes < 1_000_000:
        return f"{max(1, round(size_bytes / 1000)) if size_bytes else 0} KB"
    return f"{size_bytes / 1_000_000:.1f} MB".replace(".", ",")
