"""The values of a list: plain data, so that presenters can use them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a list: what is stored, what is read, and other words that find it."""

    code: str
    label: str
    others: tuple[str, ...] = ()
