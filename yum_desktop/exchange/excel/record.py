"""One row as a member: its cells, and what they say together."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Final, NamedTuple, TypeVar

from typing_extensions import override

from yum_desktop.domain import identity
from yum_desktop.domain.check import Value, contradictions, is_email, parse_value
from yum_desktop.domain.codes import Codes
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME, Shape
from yum_desktop.domain.rules import RuleBook
from yum_desktop.exchange.excel import cells
from yum_desktop.exchange.excel.cells import MISSING, OFFERED, SHOWN, Note, Reading, is_plain_text
from yum_desktop.exchange.excel.layout import (
    CHI_DOAN,
    FEMALE_MARK,
    FEMALE_YEAR,
    MALE_MARK,
    MALE_YEAR,
    ORDINAL,
    RECORD,
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
_NO_TEXTS: Final[dict[str, str]] = {}
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
    """What a cell of a further column says: the value of its field, the text kept beside, and what is to be said."""

    value: Value = None
    beside: str = ""
    problems: tuple[Problem, ...] = ()


_NOTHING: Final = _Further()


@dataclass(frozen=True, slots=True)
class Found:
    """A row that is a member: its number from 1, its cells, and the unit that a heading above names."""

    number: int
    row: Row
    group: str | None


class _Remembered(dict[Cell, _T]):
    """What cells say, found out when it is first asked."""

    def __init__(self, find: Callable[[Cell], _T]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, cell: Cell) -> _T:
        found = self[cell] = self._find(cell)
        return found


class _RememberedFurther(_Remembered[_Further]):
    """What cells of a further column say; `speaks` once a text was kept beside or something is to be said.

    Args:
        find: Says it.
        keeps: Which texts are kept as they stand, without asking further.
    """

    def __init__(self, find: Callable[[Cell], _Further], keeps: Callable[[Cell], bool]) -> None:
        super().__init__(find)
        self._keeps = keeps
        self.speaks = False

    @override
    def __missing__(self, cell: Cell) -> _Further:
        if self._keeps(cell):
            found = self[cell] = _Further(cell)  # type: ignore[arg-type]  # a text
            return found
        found = self[cell] = self._find(cell)
        if found.beside or found.problems:
            self.speaks = True
        return found


def problem_of(name: str, note: Note, found: str) -> Problem:
    """Return a note about a cell as a problem of a row."""
    return Problem(name, note.code, note.degree, found, note.suggest, text_for(note.code, found, note.suggest))


class Reader:
    """Reads the rows of one sheet. What a cell says is found out once, however often it stands in its column.

    Args:
        layout: What the columns are.
        codes: The code lists in force.
        rules: The dated rules in force.
        today: Days after it cannot be.
        epoch_1904: Whether bare numbers count days from 1904 on.
    """

    def __init__(self, layout: Layout, *, codes: Codes, rules: RuleBook, today: date, epoch_1904: bool = False) -> None:
        self._layout, self._codes, self._today = layout, codes, today
        self._rules, self._plain_years = rules, rules.plain_years()
        readers: Mapping[str, Callable[[Cell], Reading]] = {
            "born_on": partial(cells.read_date, today=today, birth=True, epoch_1904=epoch_1904),
            "id_number": cells.read_identity,
            "phone": cells.read_phone,
            "ethnicity": partial(cells.read_ethnicity, codes=codes),
            "sex": partial(cells.read_sex, codes=codes),
            "joined_on": partial(cells.read_date, today=today, birth=False, epoch_1904=epoch_1904),
        }
        self._names = _Remembered(cells.read_name)
        self._unit = layout.column(CHI_DOAN)
        self._record = layout.column(RECORD)
        self._units = _Remembered(_unit_of)
        self._main = [
            (target, layout.places[target], _Remembered(reader))
            for target, reader in readers.items()
            if target in layout.places
        ]
        self._further = [
            (column, _RememberedFurther(partial(self._further_of, column), _keeper(column)))
            for column in layout.columns
            if column.field not in _DERIVED
        ]
        self._agreeing: set[tuple[str, object, str]] = set()

    def members(self, found: Sequence[Found]) -> list[PlannedRow]:
        """Return the members that rows are, read a column at a time: most of what it says was said before."""
        if not found:
            return []
        columns = list(zip(*(one.row for one in found), strict=True))
        drafts = [_Draft() for _ in found]
        names = columns[self._layout.names[0]]
        if len(self._layout.names) > 1:
            names = tuple(self._layout.name_of(one.row) for one in found)
        _take_column("full_name", names, self._names, drafts)
        for target, index, reader in self._main:
            _take_column(target, columns[index], reader, drafts)
        for one, draft in zip(found, drafts, strict=True):
            if "sex" not in draft.values:
                _take_sex(draft, one.row, self._layout, self._today)
            self._check_together(draft)
        others = self._take_further(columns, drafts)
        units = self._take_units(columns, drafts) if self._unit is not None else [one.group for one in found]
        record = self._record
        return [
            PlannedRow(
                one.number,
                draft.values,
                unit,
                tuple(draft.problems),
                others.get(place, _NO_TEXTS),
                one.row,
                None if record is None else text_of(one.row[record]) or None,
            )
            for place, (one, draft, unit) in enumerate(zip(found, drafts, units, strict=True))
        ]

    def _take_further(self, columns: Sequence[Sequence[Cell]], drafts: Sequence[_Draft]) -> dict[int, dict[str, str]]:
        """Take the columns that no import insists on; return the text that no field takes, by place of the row."""
        others: dict[int, dict[str, str]] = {}
        for column, reader in self._further:
            here = columns[column.index]
            if here.count("") == len(here):
                continue
            said = [reader[cell] for cell in here]
            name = column.field
            if name is not None:
                for draft, (value, _, _) in zip(drafts, said, strict=True):
                    if value is not None:
                        draft.values[name] = value
                if not reader.speaks:
                    continue
            for place, (_, beside, problems) in enumerate(said):
                if beside:
                    others.setdefault(place, {})[column.header or column.letter] = beside
                if problems:
                    drafts[place].problems += problems
        return others

    def _take_units(self, columns: Sequence[Sequence[Cell]], drafts: Sequence[_Draft]) -> list[str | None]:
        assert self._unit is not None, "the list has a column of units"
        cells_of_units = columns[self._unit]
        said = [self._units[cell] for cell in cells_of_units]
        for place, reading in enumerate(said):
            if reading.notes:
                drafts[place].take(CHI_DOAN, text_of(cells_of_units[place]), reading)
        return [reading.value for reading in said]

    def _check_together(self, draft: _Draft) -> None:
        """Say what contradicts; numbers, sexes and years that agree once agree in every row."""
        values = draft.values
        number, born, joined = values.get("id_number"), values.get("born_on"), values.get("joined_on")
        key = (str(number)[:6], values.get("sex"), str(born)[:4])
        plain = joined is None or born is None or int(str(joined)[:4]) - int(str(born)[:4]) in self._plain_years
        if plain and (number is None or key in self._agreeing):
            return
        findings = contradictions(values, self._rules)
        if not findings and len(str(number)) == identity.CCCD_DIGITS:
            self._agreeing.add(key)
        for finding in findings:
            found = str(values[finding.field])
            draft.problems.append(Problem(finding.field, finding.code, SHOWN, found, (), finding.text))

    def _further_of(self, column: Column, cell: Cell) -> _Further:
        text = _shown(cell)
        if not text:
            return _NOTHING
        if text.startswith("="):
            note = Note("text.formula", SHOWN)
            return _Further(problems=(problem_of(column.field or column.letter, note, text),))
        return _Further(beside=text) if column.field is None else self._field_of(column.field, cell, text)

    def _field_of(self, name: str, cell: Cell, text: str) -> _Further:
        if BY_NAME[name].shape is Shape.TEXT:
            return _Further(text)
        draft = _Draft()
        if _taken(draft, name, cell, text, self._codes, self._today):
            return _Further(draft.values.get(name), problems=tuple(draft.problems))
        return _Further(beside=text, problems=tuple(draft.problems))


def _take_column(target: str, column: Sequence[Cell], reader: "_Remembered[Reading]", drafts: Sequence[_Draft]) -> None:
    said = [reader[cell] for cell in column]
    for place, (draft, (value, notes)) in enumerate(zip(drafts, said, strict=True)):
        if value is not None:
            draft.values[target] = value
        if notes:
            found = text_of(column[place]) if target != "full_name" else str(column[place])
            draft.problems += [problem_of(target, note, found) for note in notes]


def further_texts(columns: Sequence[Column], row: PlannedRow) -> dict[str, str]:
    """Return the clean text of the columns beyond the main ones, by header, also of those a field takes."""
    texts = {
        column.header or column.letter: _shown(row.cells[column.index])
        for column in columns
        if column.field not in _DERIVED and column.index < len(row.cells)
    }
    return {
        header: text
        for header, text in texts.items()
        if text and text.lower() not in CROSSES and not text.startswith("=")
    }


def _keeper(column: Column) -> Callable[[Cell], bool]:
    """Return which texts of a column are its value as they stand."""
    shape = None if column.field is None else BY_NAME[column.field].shape
    if shape is Shape.TEXT:
        return is_plain_text
    if shape is Shape.EMAIL:
        return lambda cell: is_plain_text(cell) and is_email(str(cell))
    return lambda _cell: False


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
