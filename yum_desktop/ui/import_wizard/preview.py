"""What each row of a file would become, with what the person has decided so far: plain Python."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from sync.protocol.kinds import Value
from yum_desktop.domain.check import contradictions
from yum_desktop.domain.duplicates import explained
from yum_desktop.domain.member import BY_NAME
from yum_desktop.domain.rules import RuleBook
from yum_desktop.domain.text import fold
from yum_desktop.exchange.excel.limits import without_collecting
from yum_desktop.exchange.excel.matching import Known, stored_values
from yum_desktop.exchange.excel.model import ImportPlan, PlannedRow, Problem
from yum_desktop.exchange.gazetteer import Gazetteer
from yum_desktop.registry.rules import shipped_book
from yum_desktop.registry.views import MemberRow
from yum_desktop.ui.import_wizard.addresses import ONE_BY_ONE, SUGGESTIONS, Addresses

OFFERED: Final = "offered"
SHOWN: Final = "shown"
SILENT: Final = "silent"
WHOLE_FILE: Final = ""
"""The name under which the unit of rows without one is chosen."""
_COMPARED_ELSEWHERE: Final = frozenset({"source", "status", "note", "unit_id"})
_TOGETHER: Final = frozenset(
    {"id.unknown_province", "id.sex_mismatch", "id.year_mismatch", "join.too_young", "join.too_old"}
)


class State(StrEnum):
    """What happens to a row."""

    READY = "ready"
    LOOK = "look"
    TWICE = "twice"
    KNOWN = "known"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person typed into a field of a row: a value (``None`` empties it), or what is wrong with it."""

    value: Value = None
    wrong: Problem | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What a row would change in a field of a member that is there already.

    Attributes:
        fills: Nothing stands there, or only a less exact day.
        wanted: It is changed when the row is imported.
    """

    field: str
    old: Value
    new: Value
    fills: bool
    wanted: bool


@dataclass(frozen=True, slots=True)
class Decisions:
    """What the person has decided.

    Attributes:
        units: The unit for each name in the file.
        taken: Values taken from what was offered, by row, then by field.
        typed: What was typed into the preview, by row, then by field.
        ticked: Rows the person wants although they look like somebody who is there, and the other way round.
        changes: Whether a field of a member who is there is changed, by row, then by field.
        row_units: The unit of single rows.
    """

    units: Mapping[str, UUID] = field(default_factory=dict)
    taken: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    typed: Mapping[int, Mapping[str, Typed]] = field(default_factory=dict)
    ticked: Mapping[int, bool] = field(default_factory=dict)
    changes: Mapping[int, Mapping[str, bool]] = field(default_factory=dict)
    row_units: Mapping[int, UUID] = field(default_factory=dict)


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
        known: The member that is there already.
        changes: What it would change there.
    """

    row: int
    values: Mapping[str, Value]
    unit_name: str
    unit_id: UUID | None
    problems: tuple[Problem, ...]
    state: State
    why: str
    wanted: bool
    known: UUID | None = None
    changes: tuple[Change, ...] = ()

    def problem(self, name: str) -> Problem | None:
        """Return the first thing to be said about a field."""
        return next((problem for problem in self.problems if problem.field == name), None)

    @property
    def wanted_changes(self) -> dict[str, Value]:
        """The new values for the member that is there."""
        return {change.field: change.new for change in self.changes if change.wanted}


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows there are of each state, how many people are new, how many are changed."""

    by_state: Mapping[State, int]
    wanted: int
    changed: int
    without_unit: int


def unit_names(plan: ImportPlan) -> dict[str, int]:
    """Return the names of units in a file, in their order, and how many rows each has."""
    counts: dict[str, int] = {}
    for row in plan.rows:
        name = row.chi_doan or WHOLE_FILE
        counts[name] = counts.get(name, 0) + 1
    return counts


class Preview:
    """The rows of a file, each with what was decided about it.

    Args:
        plan: What the file says.
        people: Who is there already.
        stored: The fields of those of them that rows may mean.
        elsewhere: Identity numbers that somebody of another unit may have.
        rules: The dated rules in force; those that ship with the program when none are given.
        places: The map; addresses are left as they are when none is given.
    """

    def __init__(
        self,
        plan: ImportPlan,
        people: Sequence[MemberRow],
        stored: Mapping[UUID, Mapping[str, Value]],
        elsewhere: Collection[str] = frozenset(),
        rules: RuleBook | None = None,
        places: Gazetteer | None = None,
    ) -> None:
        self._elsewhere = elsewhere
        self._rules = rules or shipped_book()
        self._addresses = None if places is None else Addresses(places)
        self._there = Known(people)
        self._stored = stored
        self._seconds = {pair.second: pair.first for pair in plan.duplicates}
        self._planned = {row.row: row for row in plan.rows}
        self._planned |= {row.row: row.member for row in plan.rejected if row.member is not None}
        self._refused = {row.row: (row.why, row.text) for row in plan.rejected}
        self._numbers = sorted({*self._planned, *self._refused})
        self._rows: dict[int, PreviewRow] = {}

    @property
    def rows(self) -> list[PreviewRow]:
        """All rows in their order, those that cannot be imported too."""
        return [self._rows[number] for number in self._numbers if number in self._rows]

    def __getitem__(self, number: int) -> PreviewRow:
        return self._rows[number]

    def __contains__(self, number: int) -> bool:
        return number in self._rows

    def refresh(self, decisions: Decisions, numbers: Iterable[int] | None = None) -> None:
        """Work out rows anew after a decision; all of them where none are named."""
        with without_collecting():
            for number in self._numbers if numbers is None else numbers:
                self._rows[number] = self._made(number, decisions)

    def _made(self, number: int, decisions: Decisions) -> PreviewRow:
        why, text = self._refused.get(number, ("", ""))
        planned = self._planned.get(number)
        typed = decisions.typed.get(number, {})
        if planned is None or (why and typed.get("full_name", Typed()).value is None):
            return _refused(number, why, text)
        values = _values(planned, typed, decisions.taken.get(number, {}))
        if not values.get("full_name"):
            return _refused(number, "name.missing", "")
        if self._addresses is not None:
            values = self._addresses.filled(values, decisions.taken.get(number, {}))
        problems = _problems(planned, values, typed, decisions.taken.get(number, {}), self._rules)
        if self._addresses is not None:
            problems += self._addresses.suggestions(values)
        own = self._there.of_record(planned.record)
        known = own or self._there.find(values)
        unit_name = planned.chi_doan or WHOLE_FILE
        row = PreviewRow(
            row=number,
            values=values,
            unit_name=unit_name,
            unit_id=decisions.row_units.get(number) or decisions.units.get(unit_name),
            problems=problems,
            state=State.READY if all(p.code in SUGGESTIONS for p in problems) else State.LOOK,
            why="",
            wanted=decisions.ticked.get(number, True),
        )
        if known is not None:
            return self._corrected(row, own, decisions) if own is not None else self._known(row, known, decisions)
        if number in self._seconds:
            why = QCoreApplication.translate("import", "Trùng với dòng {0}").format(self._seconds[number])
            return replace(row, state=State.TWICE, why=why, wanted=decisions.ticked.get(number, False))
        why = self._resembles(values, row.unit_id)
        return replace(row, state=State.LOOK, why=why) if why else row

    def _resembles(self, values: Mapping[str, Value], unit_id: UUID | None) -> str:
        """Return whom a new person may be, although nothing says it for sure; nothing in most rows."""
        for known, likeness in self._there.like(values, unit_id):
            if likeness.strength is not None:
                words = QCoreApplication.translate("import", "Có thể là {0}, {1}: {2}")
                return words.format(known.full_name, known.unit_name, explained(likeness.reasons))
        if values.get("id_number") in self._elsewhere:
            return QCoreApplication.translate("import", "Số giấy tờ này có thể đã có ở đơn vị khác. Kiểm lại giấy tờ")
        return ""

    def _corrected(self, row: PreviewRow, known: MemberRow, decisions: Decisions) -> PreviewRow:
        """Return a row that names its record: what fills a gap there is wanted, unless it is somebody else's number."""
        other = self._there.find({"id_number": row.values.get("id_number")})
        if other is not None and other.member_id != known.member_id:
            words = QCoreApplication.translate("import", "Số giấy tờ này là của {0}, {1}. Kiểm giấy tờ trước")
            why = words.format(other.full_name, other.unit_name)
            return replace(row, state=State.BAD, why=why, wanted=False)
        made = self._known(row, known, decisions)
        if made.state is State.BAD:
            words = QCoreApplication.translate("import", "Dòng này là hồ sơ của {0}, nhưng tên khác. Sửa tên trên máy")
            return replace(made, why=words.format(known.full_name))
        return replace(made, wanted=decisions.ticked.get(row.row, any(change.fills for change in made.changes)))

    def _known(self, row: PreviewRow, known: MemberRow, decisions: Decisions) -> PreviewRow:
        """Return a row that means somebody who is there: what it would change, or why that is not to be done."""
        if fold(known.full_name) != fold(str(row.values["full_name"])):
            words = QCoreApplication.translate("import", "Số giấy tờ này là của {0}, {1}. Kiểm giấy tờ trước")
            why = words.format(known.full_name, known.unit_name)
            return replace(row, state=State.BAD, why=why, wanted=False)
        stored = self._stored.get(known.member_id, {})
        chosen = decisions.changes.get(row.row, {})
        changes = tuple(_changes(row.values, stored, chosen)) if stored else ()
        words = QCoreApplication.translate("import", "Đã có trên máy: {0}, {1}")
        return replace(
            row,
            state=State.KNOWN,
            why=words.format(known.full_name, known.unit_name),
            wanted=decisions.ticked.get(row.row, False),
            known=known.member_id,
            changes=changes,
        )


def matched(plan: ImportPlan, people: Sequence[MemberRow]) -> set[UUID]:
    """Return the members that rows of a file mean."""
    there = Known(people)
    rows = [*plan.rows, *(row.member for row in plan.rejected if row.member is not None)]
    return {known.member_id for row in rows if (known := there.of_record(row.record) or there.find(row.values))}


def numbers_of(plan: ImportPlan) -> set[str]:
    """Return the identity numbers in a file."""
    return {str(number) for row in plan.rows if (number := row.values.get("id_number"))}


def count(rows: Sequence[PreviewRow]) -> Counts:
    """Count the rows by state."""
    by_state = dict.fromkeys(State, 0)
    wanted = changed = without_unit = 0
    for row in rows:
        by_state[row.state] += 1
        if not row.wanted:
            continue
        if row.known is not None:
            changed += bool(row.wanted_changes)
        else:
            wanted += 1
            without_unit += row.unit_id is None
    return Counts(by_state, wanted, changed, without_unit)


def like(rows: Sequence[PreviewRow], problem: Problem) -> list[int]:
    """Return the rows that have the same problem in the same field, with something offered that is sure."""
    if problem.code in ONE_BY_ONE:
        return []
    return [
        row.row
        for row in rows
        if any(p.code == problem.code and p.field == problem.field and p.suggest for p in row.problems)
    ]


def kinds_of_problems(rows: Sequence[PreviewRow]) -> list[tuple[str, str, int]]:
    """Return the codes of what is said, what a person reads for each, and in how many rows it is, the most first."""
    counts: dict[str, int] = {}
    words: dict[str, str] = {}
    for row in rows:
        for code in {problem.code for problem in row.problems}:
            counts[code] = counts.get(code, 0) + 1
        for problem in row.problems:
            words.setdefault(problem.code, problem.text.partition(":")[0])
    return [(code, words[code], number) for code, number in sorted(counts.items(), key=lambda item: -item[1])]


def _changes(values: Mapping[str, Value], stored: Mapping[str, Value], chosen: Mapping[str, bool]) -> Iterable[Change]:
    for name, new in values.items():
        old = stored.get(name)
        if name in _COMPARED_ELSEWHERE or name not in BY_NAME or new == old or _says_less(new, old):
            continue
        fills = old in {None, ""} or _says_less(old, new)
        yield Change(name, old, new, fills, chosen.get(name, fills))


def _says_less(one: Value, other: Value) -> bool:
    """Return whether a day is the same day, less exactly."""
    return isinstance(one, str) and isinstance(other, str) and len(one) in {4, 7} and other.startswith(f"{one}-")


def _problems(
    row: PlannedRow,
    values: Mapping[str, Value],
    typed: Mapping[str, Typed],
    taken: Mapping[str, str],
    rules: RuleBook,
) -> tuple[Problem, ...]:
    """Return what is still to be said: not what was answered, and what the answers contradict."""
    if not typed and not taken:
        return tuple(p for p in row.problems if p.degree != SILENT)
    left = [
        p
        for p in row.problems
        if p.degree != SILENT
        and p.field not in typed
        and p.code not in _TOGETHER
        and not (p.field in taken and (p.suggest or p.code == "missing"))
    ]
    left += [one.wrong for one in typed.values() if one.wrong is not None]
    left += [
        Problem(finding.field, finding.code, SHOWN, str(values[finding.field]), (), finding.text)
        for finding in contradictions(values, rules)
    ]
    return tuple(left)


def _values(row: PlannedRow, typed: Mapping[str, Typed], taken: Mapping[str, str]) -> dict[str, Value]:
    if not typed and not taken:
        return stored_values(row)
    known: dict[str, object] = {**row.values, **taken}
    for name, one in typed.items():
        if one.value is None:
            known.pop(name, None)
        else:
            known[name] = one.value
    return stored_values(replace(row, values=known))


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


def why_left(row: PreviewRow) -> str:
    """Return why a row was left, as it stands in the file for correcting."""
    said = [row.why] if row.why else [QCoreApplication.translate("import", "Đã bỏ chọn")]
    return "; ".join([*said, *(problem.text for problem in row.problems)])
