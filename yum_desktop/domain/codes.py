"""Code lists: what a coded field may hold, how it reads, and what people write instead."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from yum_desktop.domain.text import fold


@dataclass(frozen=True, slots=True)
class CodeItem:
    """One entry of a list. `aliases` are other ways in which people write it."""

    list_code: str
    code: str
    label: str
    aliases: tuple[str, ...] = ()


class Codes:
    """All lists, in their order."""

    def __init__(self, items: Iterable[CodeItem]) -> None:
        self._lists: dict[str, list[CodeItem]] = {}
        self._found: dict[tuple[str, str], str] = {}
        for item in items:
            self._lists.setdefault(item.list_code, []).append(item)
            for text in (item.code, item.label, *item.aliases):
                self._found.setdefault((item.list_code, _plain(text)), item.code)

    def lists(self) -> tuple[str, ...]:
        """Return the names of all lists."""
        return tuple(self._lists)

    def items(self, list_code: str) -> Sequence[CodeItem]:
        """Return the entries of a list; an unknown list has none."""
        return tuple(self._lists.get(list_code, ()))

    def label(self, list_code: str, code: str) -> str:
        """Return how a code reads; the code itself when it is not known."""
        return next((item.label for item in self._lists.get(list_code, ()) if item.code == code), code)

    def find(self, list_code: str, text: str) -> str | None:
        """Return the code that a text means: a code, a label or an alias, with or without marks."""
        return self._found.get((list_code, _plain(text)))


def _plain(text: str) -> str:
    folded = fold(text)
    return "".join(letter for letter in folded if letter.isalnum()) or folded.strip()
