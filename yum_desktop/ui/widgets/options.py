"""The values of a list: plain data, so that presenters can use them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a list: what is stored, what is read, and other words that find it.

    Attributes:
        code: What is stored.
        label: What is read.
        others: Other words that find it, such as an abbreviation.
        former: Names of what it was made of: they find it too, and the list says so.
    """

    code: str
    label: str
    others: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
