"""One row as a member: its cells, and what they say together."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Final, NamedTuple, TypeVar

from yum_desktop.domain import identity
from yum_desktop.domain.check import Value, contradictions, parse_value
from yum_desktop.domain.codes import Codes
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME, Shape
from yum_desktop.exchange.excel import cells
from yum_desktop.exchange.excel.cells import MISSING, OFFERED, SHOWN, Note, Reading
from yum_desktop.exchange.excel.layout import (
    CHI_DOAN,
    FEMALE_MARK,
    FEMALE_YEAR,
    MALE_MARK,
    MALE_YEAR,
    ORDINAL,
    TARGETS,
    Layout,
    text_of,
)
from yum_desktop.exchange.excel.model import Cell, Column, PlannedRow, Problem, Row
from yum_desktop.exchange.excel.wording import text_for

MAIN: Final = ("full_name", "born_on", "sex", "id_number", "phone", "ethnicity", "joined_on")
"""The fields an import insists on: an empty cell is said."""

_DERIVED: Final = frozenset({*MAIN, *TARGETS})
_LITERAL: Final = re.compile(r'="([^"]*)"')
"""A text that a program wrapped so that it stays a text."""
CROSSES: Final = frozenset({"x", "×"})
_MARKS: Final = (("NU", FEMALE_MARK), ("NAM", MALE_MARK))
_T = TypeVar("_T")


@dataclass(slots=True)
class _Draft:
    values: dict[str, Value] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def take(self, name: str, found: str, reading: Reading) -> None:
        """Keep the value of a field and what is said about it."""
        if reading.value is not None:
            self.values[name] = reading.value
        if reading.notes:
            self.problems += [problem_of(name, note, found) for note in reading.notes]


class _Further(NamedTuple):
    """What a cell of a further column says: its text, the field and value it gives, the text kept beside."""

    text: str
    name: str | None
    value: Value
    beside: str
    problems: tuple[Problem, ...]


class _Remembered(dict[Cell, _T]):
    """What cells say, found out when it is first asked."""

    def __init__(self, find: Callable[[Cell], _T]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, cell: Cell) -> _T:
        found = self[cell] = self._find(cell)
        return found


def problem_of(name: str, note: Note, found: str) -> Problem:
    """Return a note about a cell as a problem of a row."""
    return Problem(name, note.code, note.degree, found, note.suggest, text_for(note.code, found, note.suggest))


class Reader:
    """Reads the rows of one sheet. What a cell says is found out once, however often it stands in its column.

    Args:
        layout: What the columns are.
        codes: The code lists in force.
        today: Days after it cannot be.
        epoch_1904: Whether bare numbers count days from 1904 on.
    """

    def __init__(self, layout: Layout, *, codes: Codes, today: date, epoch_1904: bool = False) -> None:
        self._layout, self._codes, self._today = layout, codes, today
        readers: Mapping[str, Callable[[Cell], Reading]] = {
            "born_on": partial(cells.read_date, today=today, birth=True, epoch_1904=epoch_1904),
            "id_number": cells.read_identity,
            "phone": cells.read_phone,
            "ethnicity": partial(cells.read_ethnicity, codes=codes),
            "sex": partial(cells.read_sex, codes=codes),
            "joined_on": partial(cells.read_date, today=today, birth=False, epoch_1904=epoch_1904),
        }
        self._names: dict[str, Reading] = {}
        self._unit = layout.column(CHI_DOAN)
        self._units = _Remembered(_unit_of)
        self._main = [
            (target, layout.places[target], _Remembered(reader))
            for target, reader in readers.items()
            if target in layout.places
        ]
        self._further = [
            (column.header or column.letter, column.index, _Remembered(partial(self._further_of, column)))
            for column in layout.columns
            if column.field not in _DERIVED
        ]

    def planned(self, number: int, row: Row, group: str | None) -> PlannedRow:
        """Return the member that row `number` (from 1) is; `group` is the unit that a heading above names."""
        draft = _Draft()
        self._take_main(draft, row)
        if "sex" not in draft.values:
            _take_sex(draft, row, self._layout, self._today)
        _check_together(draft)
        other, further = self._take_further(draft, row)
        chi_doan = group
        if self._unit is not None:
            said = self._units[row[self._unit]]
            chi_doan = said.value
            if said.notes:
                draft.take(CHI_DOAN, text_of(row[self._unit]), said)
        return PlannedRow(number, draft.values, chi_doan, tuple(draft.problems), other, further)

    def _take_main(self, draft: _Draft, row: Row) -> None:
        name = self._layout.name_of(row)
        reading = self._names.get(name)
        if reading is None:
            reading = self._names[name] = cells.read_name(name)
        draft.take("full_name", name, reading)
        values = draft.values
        for target, index, reader in self._main:
            reading = reader[row[index]]
            if reading.value is not None:
                values[target] = reading.value
            if reading.notes:
                found = text_of(row[index])
                draft.problems += [problem_of(target, note, found) for note in reading.notes]

    def _take_further(self, draft: _Draft, row: Row) -> tuple[dict[str, str], dict[str, str]]:
        """Take the columns that no import insists on; return the text no field takes, and the text of them all."""
        other: dict[str, str] = {}
        further: dict[str, str] = {}
        values = draft.values
        for header, index, reader in self._further:
            cell = row[index]
            if cell == "":
                continue
            text, name, value, beside, problems = reader[cell]
            if text:
                further[header] = text
            if name is not None:
                values[name] = value
            if beside:
                other[header] = beside
            if problems:
                draft.problems += problems
        return other, further

    def _further_of(self, column: Column, cell: Cell) -> _Further:
        text = _shown(cell)
        shown = "" if text.lower() in CROSSES else text
        if text.startswith("="):
            name = column.field or column.letter
            return _Further("", None, None, "", (problem_of(name, Note("text.formula", SHOWN), text),))
        if column.field is None or not text:
            return _Further(shown, None, None, text, ())
        if BY_NAME[column.field].shape is Shape.TEXT:
            return _Further(shown, column.field, text, "", ())
        draft = _Draft()
        if _taken(draft, column.field, cell, text, self._codes, self._today):
            return _Further(shown, column.field, draft.values.get(column.field), "", tuple(draft.problems))
        return _Further(shown, None, None, text, tuple(draft.problems))


def _unit_of(cell: Cell) -> Reading:
    """Return the unit that a cell names."""
    text = _shown(cell)
    if not text:
        return MISSING
    return Reading(None, (Note("text.formula", SHOWN),)) if text.startswith("=") else Reading(text)


def _take_sex(draft: _Draft, row: Row, layout: Layout, today: date) -> None:
    """Take the sex from where the year of birth or a cross stands."""
    male, female = layout.column(MALE_YEAR), layout.column(FEMALE_YEAR)
    marks = [(sex, place) for sex, mark in _MARKS if (place := layout.column(mark)) is not None]
    if layout.column("sex") is not None:
        pass
    elif male is not None or female is not None:
        _take_years(draft, row, male, female, today, elsewhere=layout.column("born_on") is not None)
    elif marks:
        _take_mark(draft, row, layout, *marks[0])
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


def _take_mark(draft: _Draft, row: Row, layout: Layout, sex: str, mark: int) -> None:
    """Take the sex from one column of crosses: a cell without one says the other sex, if the row says anything."""
    aside = {*layout.names, layout.column(ORDINAL)}
    said = [c.index for c in layout.columns if c.index not in aside and text_of(row[c.index])]
    if cells.is_mark(row[mark]):
        draft.values["sex"] = sex
    elif said:
        draft.values["sex"] = "NAM" if sex == "NU" else "NU"
    else:
        draft.take("sex", "", Reading(None, (Note("sex.empty_row", SHOWN),)))


def _check_together(draft: _Draft) -> None:
    for finding in contradictions(draft.values):
        found = str(draft.values[finding.field])
        draft.problems.append(Problem(finding.field, finding.code, SHOWN, found, (), finding.text))


def _shown(cell: Cell) -> str:
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    text = cells.clean(cell if isinstance(cell, str) else text_of(cell))[0]
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
