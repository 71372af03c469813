"""What each row of a file would become, with what the person has decided so far: plain Python."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from sync.protocol.kinds import Value
from yum_desktop.domain.member import BY_NAME
from yum_desktop.exchange.excel.matching import Known, stored_values
from yum_desktop.exchange.excel.model import ImportPlan, PlannedRow, Problem
from yum_desktop.registry.views import MemberRow

OFFERED: Final = "offered"
SILENT: Final = "silent"
WHOLE_FILE: Final = ""
"""The name under which the unit of rows without one is chosen."""


class State(StrEnum):
    """What happens to a row."""

    READY = "ready"
    LOOK = "look"
    TWICE = "twice"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Decisions:
    """What the person has decided.

    Attributes:
        units: The unit for each name in the file.
        taken: Values taken from what was offered, by row and field.
        ticked: Rows the person wants although they look like somebody who is there, and the other way round.
    """

    units: Mapping[str, UUID] = field(default_factory=dict)
    taken: Mapping[tuple[int, str], str] = field(default_factory=dict)
    ticked: Mapping[int, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One row of the file as it would be imported.

    Attributes:
        row: As a spreadsheet program numbers it.
        values: What would be stored, without the unit.
        unit_name: As the file names it; empty for none.
        unit_id: The unit it goes to; nothing while that is not chosen.
        problems: What is still to be said about its cells.
        why: Why it cannot be imported, or whom it repeats.
        wanted: Whether it is imported.
    """

    row: int
    values: Mapping[str, Value]
    unit_name: str
    unit_id: UUID | None
    problems: tuple[Problem, ...]
    state: State
    why: str
    wanted: bool

    def problem(self, name: str) -> Problem | None:
        """Return the first thing to be said about a field."""
        return next((problem for problem in self.problems if problem.field == name), None)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows there are of each state, and how many are imported."""

    ready: int
    look: int
    twice: int
    bad: int
    wanted: int
    without_unit: int


def unit_names(plan: ImportPlan) -> dict[str, int]:
    """Return the names of units in a file, in their order, and how many rows each has."""
    counts: dict[str, int] = {}
    for row in plan.rows:
        name = row.chi_doan or WHOLE_FILE
        counts[name] = counts.get(name, 0) + 1
    return counts


def preview(plan: ImportPlan, people: Sequence[MemberRow], decisions: Decisions) -> list[PreviewRow]:
    """Return all rows of a file in their order, those that cannot be imported too."""
    seconds = {pair.second: pair.first for pair in plan.duplicates}
    there = Known(people)
    rows = [_row(row, seconds, there, decisions) for row in plan.rows]
    rows += [_refused(row.row, row.why, row.text) for row in plan.rejected]
    return sorted(rows, key=lambda row: row.row)


def count(rows: Sequence[PreviewRow]) -> Counts:
    """Count the rows by state."""
    by_state = {state: sum(1 for row in rows if row.state is state) for state in State}
    wanted = [row for row in rows if row.wanted]
    return Counts(
        ready=by_state[State.READY],
        look=by_state[State.LOOK],
        twice=by_state[State.TWICE],
        bad=by_state[State.BAD],
        wanted=len(wanted),
        without_unit=sum(1 for row in wanted if row.unit_id is None),
    )


def like(rows: Sequence[PreviewRow], problem: Problem) -> list[int]:
    """Return the rows that have the same problem in the same field, with something offered."""
    return [
        row.row
        for row in rows
        if any(p.code == problem.code and p.field == problem.field and p.suggest for p in row.problems)
    ]


def _row(row: PlannedRow, seconds: Mapping[int, int], there: Known, decisions: Decisions) -> PreviewRow:
    values = _values(row, decisions)
    taken = {name for number, name in decisions.taken if number == row.row}
    problems = tuple(p for p in row.problems if p.degree != SILENT and not (p.field in taken and p.suggest))
    problems = _without_answered(problems, taken)
    known = there.find(values)
    why, state = "", State.LOOK if problems else State.READY
    if known is not None:
        words = QCoreApplication.translate("import", "Đã có trên máy: {0}, {1}")
        why, state = words.format(known.full_name, known.unit_name), State.TWICE
    elif row.row in seconds:
        why = QCoreApplication.translate("import", "Trùng với dòng {0}").format(seconds[row.row])
        state = State.TWICE
    unit_name = row.chi_doan or WHOLE_FILE
    return PreviewRow(
        row=row.row,
        values=values,
        unit_name=unit_name,
        unit_id=decisions.units.get(unit_name),
        problems=problems,
        state=state,
        why=why,
        wanted=decisions.ticked.get(row.row, state is not State.TWICE),
    )


def _without_answered(problems: tuple[Problem, ...], taken: Set[str]) -> tuple[Problem, ...]:
    """Leave out what says that a value is not there, once one was taken."""
    return tuple(p for p in problems if not (p.field in taken and p.code == "missing"))


def _values(row: PlannedRow, decisions: Decisions) -> dict[str, Value]:
    taken = {name: value for (number, name), value in decisions.taken.items() if number == row.row}
    return stored_values(replace(row, values={**row.values, **taken}))


def _refused(row: int, why: str, text: str) -> PreviewRow:
    words = {
        "name.missing": QCoreApplication.translate("import", "Không có họ tên"),
        "name.not_a_name": QCoreApplication.translate("import", "Không phải họ tên"),
    }
    values: dict[str, Value] = {"full_name": text} if text else {}
    return PreviewRow(row, values, "", None, (), State.BAD, words.get(why, why), wanted=False)


def field_name(name: str) -> str:
    """Return how a field of a problem is called."""
    found = BY_NAME.get(name)
    return found.label if found is not None else QCoreApplication.translate("import", "Chi đoàn")
