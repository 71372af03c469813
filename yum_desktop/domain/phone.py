"""Telephone numbers (domain §2.7): from what people write to ten digits."""

import re
from dataclasses import dataclass
from typing import Final

_NORMAL: Final = re.compile(r"0[35789]\d{8}")
_OLD_PREFIXES: Final = {
    **{f"016{n}": f"03{n}" for n in range(2, 10)},
    "0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078",
    "0123": "083", "0124": "084", "0125": "085", "0127": "081", "0129": "082",
    "0186": "056", "0188": "058", "0199": "059",
}  # fmt: skip
"""Eleven-digit numbers of before 2018."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A number in its normal form, and what was done to it.

    Attributes:
        number: Ten digits; ``None`` when it is no mobile number.
        done: ``format``, ``country_code``, ``lost_zero``, ``old_prefix``, in the order done.
    """

    number: str | None
    done: tuple[str, ...] = ()


def normalise(text: str) -> Phone:
    """Return the normal form of a number."""
    done: list[str] = []
    digits = "".join(letter for letter in text if letter.isdigit())
    if digits != text.strip():
        done.append("format")
    for prefix in ("0084", "84"):
        if digits.startswith(prefix) and len(digits) - len(prefix) in {9, 10}:
            digits = "0" + digits[len(prefix) :]
            done.append("country_code")
            break
    if len(digits) == 9 and digits[0] in "35789":
        digits = "0" + digits
        done.append("lost_zero")
    if len(digits) == 11 and digits[:4] in _OLD_PREFIXES:
        digits = _OLD_PREFIXES[digits[:4]] + digits[4:]
        done.append("old_prefix")
    return Phone(digits, tuple(done)) if _NORMAL.fullmatch(digits) else Phone(None, tuple(done))
