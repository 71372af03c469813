"""What is shown of personal data where nobody has said why all of it is needed (domain §7.4)."""

import re
from typing import Final

from yum_desktop.domain.member import MemberField, Shape

HIDDEN: Final = "***"
_NUMBERS: Final = re.compile(r"\d{8,}")
"""Numbers of papers and telephones that somebody wrote into a text."""


def is_masked(field: MemberField) -> bool:
    """Return whether a field is shown in part only, or not at all."""
    return field.sensitive or field.shape in {Shape.IDENTITY, Shape.PHONE}


def masked(field: MemberField, text: str) -> str:
    """Return how the text of a field reads: ``038******345``; numbers inside other texts too. Nothing stays nothing."""
    if not text:
        return text
    if field.shape in {Shape.IDENTITY, Shape.PHONE}:
        return masked_number(text)
    if field.sensitive:
        return HIDDEN
    return _NUMBERS.sub(lambda found: masked_number(found[0]), text)


def masked_number(number: str) -> str:
    """Return a number with only its ends to be read."""
    if len(number) <= 6:
        return "*" * len(number)
    return number[:3] + "*" * (len(number) - 6) + number[-3:]
