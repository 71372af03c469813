"""One row as a member: its cells, and what they say together."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from yum_desktop.domain import identity
from yum_desktop.domain.check import Value, check_member, parse_value
from yum_desktop.domain.codes import Codes
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME, Shape
from yum_desktop.exchange.excel import cells
from yum_desktop.exchange.excel.cells import MISSING, OFFERED, SHOWN, Note, Reading
from yum_desktop.exchange.excel.layout import (
    CHI_DOAN,
    FEMALE_MARK,
    FEMALE_YEAR,
    MALE_YEAR,
    ORDINAL,
    TARGETS,
    Layout,
    text_of,
)
from yum_desktop.exchange.excel.model import Cell, PlannedRow, Problem, Row
from yum_desktop.exchange.excel.wording import text_for

MAIN: Final = ("full_name", "born_on", "sex", "id_number", "phone", "ethnicity", "joined_on")
"""The fields an import insists on: an empty cell is said."""

_DERIVED: Final = frozenset({*MAIN, *TARGETS})
_LITERAL: Final = re.compile(r'="([^"]*)"')
"""A text that a program wrapped so that it stays a text."""
CROSSES: Final = frozenset({"x", "×"})
_TOGETHER: Final = frozenset({"id.unknown_province", "id.sex_mismatch", "id.year_mismatch", "join.too_young"})


@dataclass(slots=True)
class _Draft:
    values: dict[str, Value] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def take(self, name: str, found: str, reading: Reading) -> None:
        """Keep the value of a field and what is said about it."""
        if reading.value is not None:
            self.values[name] = reading.value
        self.problems += [problem_of(name, note, found) for note in reading.notes]


def problem_of(name: str, note: Note, found: str) -> Problem:
    """Return a note about a cell as a problem of a row."""
    return Problem(name, note.code, note.degree, found, note.suggest, text_for(note.code, found, note.suggest))


def planned(number: int, row: Row, layout: Layout, group: str | None, *, codes: Codes, today: date) -> PlannedRow:
    """Return the member that row `number` (from 1) is; `group` is the unit that a heading above names."""
    draft = _Draft()
    _take_main(draft, row, layout, codes, today)
    _take_sex(draft, row, layout, today)
    _check_together(draft, today)
    other, further = _take_further(draft, row, layout, codes, today)
    chi_doan = group
    unit = layout.column(CHI_DOAN)
    if unit is not None:
        chi_doan = _shown(row[unit]) or None
        if chi_doan is None:
            draft.take(CHI_DOAN, "", MISSING)
        elif chi_doan.startswith("="):
            draft.take(CHI_DOAN, chi_doan, Reading(None, (Note("text.formula", SHOWN),)))
            chi_doan = None
    values: dict[str, object] = dict(draft.values)
    return PlannedRow(number, values, chi_doan, tuple(draft.problems), other, further)


def _take_main(draft: _Draft, row: Row, layout: Layout, codes: Codes, today: date) -> None:
    name = layout.name_of(row)
    draft.take("full_name", name, cells.read_name(name))
    readers: Mapping[str, Callable[[Cell], Reading]] = {
        "born_on": lambda cell: cells.read_date(cell, today, birth=True),
        "id_number": cells.read_identity,
        "phone": cells.read_phone,
        "ethnicity": lambda cell: cells.read_ethnicity(cell, codes),
        "sex": lambda cell: cells.read_sex(cell, codes),
        "joined_on": lambda cell: cells.read_date(cell, today, birth=False),
    }
    for target, reader in readers.items():
        index = layout.column(target)
        if index is not None:
            draft.take(target, text_of(row[index]), reader(row[index]))


def _take_sex(draft: _Draft, row: Row, layout: Layout, today: date) -> None:
    """Take the sex from where the year of birth or a cross stands."""
    male, female, mark = (layout.column(target) for target in (MALE_YEAR, FEMALE_YEAR, FEMALE_MARK))
    if layout.column("sex") is not None:
        pass
    elif male is not None or female is not None:
        _take_years(draft, row, male, female, today, elsewhere=layout.column("born_on") is not None)
    elif mark is not None:
        _take_mark(draft, row, layout, mark)
    else:
        return
    number = draft.values.get("id_number")
    if "sex" not in draft.values and isinstance(number, str):
        meant = identity.sex_of(number)
        if meant is not None:
            draft.problems.append(problem_of("sex", Note("sex.from_id", OFFERED, (meant,)), number))


def _take_years(draft: _Draft, row: Row, male: int | None, female: int | None, today: date, *, elsewhere: bool) -> None:
    """Take sex and birthday from a pair of columns; `elsewhere` says that the birthday has a column of its own."""
    found = [(sex, row[i]) for sex, i in (("NAM", male), ("NU", female)) if i is not None and text_of(row[i])]
    if not found:
        draft.take("sex", "", MISSING)
        if not elsewhere:
            draft.take("born_on", "", MISSING)
        return
    if len(found) > 1:
        draft.take("sex", _both(found), Reading(None, (Note("sex.both_columns", SHOWN),)))
    else:
        draft.values["sex"] = found[0][0]
    if elsewhere:
        return
    if all(text_of(cell).lower() in CROSSES for _, cell in found):
        draft.take("born_on", "", MISSING)
        return
    if len({text_of(cell) for _, cell in found}) == 1:
        draft.take("born_on", text_of(found[0][1]), cells.read_date(found[0][1], today, birth=True))
    else:
        draft.take("born_on", _both(found), Reading(None, (Note("date.invalid", SHOWN),)))


def _both(found: Sequence[tuple[str, Cell]]) -> str:
    return " và ".join(text_of(cell) for _, cell in found)


def _take_mark(draft: _Draft, row: Row, layout: Layout, mark: int) -> None:
    aside = {*layout.names, layout.column(ORDINAL)}
    said = [c.index for c in layout.columns if c.index not in aside and text_of(row[c.index])]
    if cells.is_mark(row[mark]):
        draft.values["sex"] = "NU"
    elif said:
        draft.values["sex"] = "NAM"
    else:
        draft.take("sex", "", Reading(None, (Note("sex.empty_row", SHOWN),)))


def _check_together(draft: _Draft, today: date) -> None:
    for finding in check_member(draft.values, today):
        if finding.code in _TOGETHER:
            found = str(draft.values[finding.field])
            draft.problems.append(Problem(finding.field, finding.code, SHOWN, found, (), finding.text))


def _take_further(
    draft: _Draft, row: Row, layout: Layout, codes: Codes, today: date
) -> tuple[dict[str, str], dict[str, str]]:
    """Take the columns that no import insists on; return the text no field takes, and the text of them all."""
    other: dict[str, str] = {}
    further: dict[str, str] = {}
    for column in layout.columns:
        cell = row[column.index]
        text = _shown(cell)
        if column.field in _DERIVED or not text:
            continue
        header = column.header or column.letter
        if text.startswith("="):
            name = column.field or column.letter
            draft.take(name, text, Reading(None, (Note("text.formula", SHOWN),)))
            continue
        if text.lower() not in CROSSES:
            further[header] = text
        if column.field is None or not _taken(draft, column.field, cell, text, codes, today):
            other[header] = text
    return other, further


def _shown(cell: Cell) -> str:
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    text = cells.clean(text_of(cell))[0]
    literal = _LITERAL.fullmatch(text)
    return text if literal is None else literal[1]


def _taken(draft: _Draft, name: str, cell: Cell, text: str, codes: Codes, today: date) -> bool:
    """Take a further field; a value that cannot be read stays text beside the record."""
    member_field = BY_NAME[name]
    if member_field.shape is Shape.DAY:
        draft.take(name, text, cells.read_date(cell, today, birth=False))
        return name in draft.values
    if member_field.shape in {Shape.UNIT, Shape.PLACE, Shape.CODES}:
        return False
    if member_field.shape is Shape.FLAG and text.lower() in CROSSES:
        draft.values[name] = 1
        return True
    try:
        draft.values[name] = parse_value(member_field, text, codes, today)
    except InputError:
        draft.problems.append(problem_of(name, Note("value.unread", SHOWN), text))
        return False
    return True
