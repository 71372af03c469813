"""What a search finds: plain data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that a search found: the page it is on, what it is there, and how it reads."""

    page: str
    key: object
    text: str
    icon: str
