"""Texts of before Unicode on a sheet: which cells, what they mean, and which are only asked about (domain §6.4).

A cell is judged by its font, then by its letters, then by the cells of its row and column: lists are often mixed.
What is found is a suggestion: the cells stay as they stand until somebody who saw both agrees.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from yum_desktop.domain.old_fonts import (
    Encoding,
    could_be,
    decode,
    encoding_of_font,
    guess,
    has_capitals_only,
    misspelled,
)
from yum_desktop.exchange.excel.fonts import Fonts, Run
from yum_desktop.exchange.excel.model import Cell, Row

_NEAR: Final = 5
"""Cells above and below that are asked how a doubtful one was written."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """A cell that means other letters than it holds.

    Attributes:
        row, column: Counted from 0.
        encoding: How it was written.
        sure: Whether its font or its letters say so; otherwise it may be right as it stands.
    """

    row: int
    column: int
    encoding: Encoding
    before: str
    after: str
    sure: bool = True


def find_conversions(rows: Sequence[Row], fonts: Fonts, texts: Collection[str]) -> tuple[Conversion, ...]:
    """Return the cells of a sheet that were written before Unicode, in reading order; `texts` are all its texts."""
    known = {text: encoding for text in texts if not text.isascii() and (encoding := guess(text)) is not None}
    if not known and not fonts:
        return ()
    sure: dict[tuple[int, int], Conversion] = {}
    doubtful: list[tuple[int, int, str]] = []
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            if not isinstance(cell, str) or (cell.isascii() and (at, place) not in fonts):
                continue
            found = _by_font(cell, fonts.get((at, place), ())) or _by_letters(cell, known)
            if found is None and not fonts and not misspelled(cell):  # with fonts told, one of today says enough
                doubtful.append((at, place, cell))
            elif found is not None and found[1] != cell:
                sure[at, place] = Conversion(at, place, found[0], cell, found[1])
    if not sure:
        return ()
    found_near = dict(sure)
    for at, place, text in doubtful:
        near = _around(at, place, sure)
        if near is not None and could_be(text, near[0]):
            found_near[at, place] = Conversion(at, place, near[0], text, decode(text, near[0]), near[1])
    return tuple(one for _, one in sorted(found_near.items()))


def _by_font(text: str, runs: Sequence[Run]) -> tuple[Encoding, str] | None:
    """Return what a cell means by its fonts, unless its letters show that the font is not what they were typed for."""
    if not runs or "".join(part for _, part in runs) != text:
        return None
    encoding, parts = None, []
    for font, part in runs:
        one = encoding_of_font(font)
        encoding = encoding or one
        if one is None or any(ord(letter) > 255 for letter in part):
            parts.append(part)
        else:
            plain = decode(part, one)
            parts.append(plain.upper() if has_capitals_only(font) else plain)
    after = "".join(parts)
    if encoding is None or misspelled(after) > misspelled(text):
        return None
    return encoding, after


def _by_letters(text: str, known: Mapping[str, Encoding]) -> tuple[Encoding, str] | None:
    encoding = known.get(text)
    return None if encoding is None else (encoding, decode(text, encoding))


def _around(row: int, column: int, sure: dict[tuple[int, int], Conversion]) -> tuple[Encoding, bool] | None:
    """Return how the cells near a doubtful one were written, and whether its own row says so."""
    places = range(column - _NEAR, column + _NEAR + 1)
    beside = Counter(sure[row, near].encoding for near in places if (row, near) in sure)
    if beside:
        return beside.most_common(1)[0][0], True
    above = Counter(sure[at, column].encoding for at in range(row - _NEAR, row + _NEAR + 1) if (at, column) in sure)
    return (above.most_common(1)[0][0], False) if above else None


def converted(
    rows: Sequence[Row], conversions: Sequence[Conversion], *, as_written: Collection[int] = (), body: int = 0
) -> Sequence[Row]:
    """Return rows with the sure conversions made; from row `body` on not those of the columns `as_written`."""
    made = list(rows)
    for one in conversions:
        if one.sure and not (one.column in as_written and one.row >= body):
            cells: list[Cell] = list(made[one.row])
            cells[one.column] = one.after
            made[one.row] = cells
    return made
