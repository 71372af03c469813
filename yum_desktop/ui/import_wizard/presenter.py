"""The import of a list, step by step: plain Python."""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import IntEnum
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from sync.protocol.kinds import Value
from yum_desktop.domain.check import parse_value
from yum_desktop.domain.codes import Codes
from yum_desktop.domain.errors import InputError, YumError
from yum_desktop.domain.member import BY_NAME
from yum_desktop.domain.rules import RuleBook
from yum_desktop.exchange.excel.matching import match_units, only_leaf
from yum_desktop.exchange.excel.model import ImportPlan, Problem
from yum_desktop.exchange.gazetteer import Gazetteer
from yum_desktop.registry.imports import Batch
from yum_desktop.registry.rules import shipped_book
from yum_desktop.registry.views import MemberRow, UnitRow
from yum_desktop.ui.asking import Asker
from yum_desktop.ui.formats import HANOI
from yum_desktop.ui.import_wizard.preview import (
    SHOWN,
    WHOLE_FILE,
    Counts,
    Decisions,
    Preview,
    PreviewRow,
    Typed,
    count,
    like,
    matched,
    numbers_of,
    unit_names,
    why_left,
)
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.presenter import told
from yum_desktop.ui.members.vocabulary import Vocabulary

KINDS: Final = "Bảng tính (*.xlsx *.xlsm *.xls *.ods *.csv *.tsv *.txt)"
LEFT_KINDS: Final = "Excel (*.xlsx)"
_NOWHERE: Final = UUID(int=0)
"""The unit of rows that only change somebody: it is not looked at."""
Mapped = Mapping[int, str | None]


class Stage(IntEnum):
    """A step of the wizard."""

    FILE = 0
    COLUMNS = 1
    PREVIEW = 2
    DONE = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """Which list is to be read, and how.

    Attributes:
        sheet: The fullest one for `None`.
        mapped: What columns are, where the person said it.
        as_written: Columns whose texts of before Unicode are left as they stand.
        stop: Ends the reading.
        report: Told how far it is, from 0 to 1; on the lane.
    """

    path: Path
    sheet: str | None
    mapped: Mapped
    as_written: Collection[int]
    stop: threading.Event
    report: Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Planned:
    """What a file says, and whether its columns were taken as the last time."""

    plan: ImportPlan
    recalled: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """A row to be stored: a new member, or new values for one who is there."""

    unit_id: UUID
    values: Mapping[str, Value]
    member_id: UUID | None


@dataclass(frozen=True, slots=True)
class ImportSources:
    """What an import needs. All of it runs on the database lane.

    Attributes:
        plan: Reads a list.
        units: The tree.
        people: All members in scope, to find those that are there already.
        elsewhere: Which identity numbers somebody of another unit may have.
        values: The fields of members.
        codes: The code lists in force.
        rules: The dated rules in force.
        vocabulary: How values read.
        store: Makes and changes the members, or none of them; returns the batch with which it can be undone.
        remember: Remembers how the columns of a list were taken.
        batches: The last imports.
        undo: Takes a batch back; returns how many records it concerned.
        leave: Writes the rows that were left, with the reasons, for somebody to correct.
        now: The moment.
        places: The map, for addresses; nothing where they are left as they are.
    """

    plan: Callable[[Asked], Planned]
    units: Callable[[], Sequence[UnitRow]]
    people: Callable[[], Sequence[MemberRow]]
    elsewhere: Callable[[Iterable[str]], Collection[str]]
    values: Callable[[Iterable[UUID]], Mapping[UUID, Mapping[str, Value]]]
    codes: Callable[[], Codes]
    vocabulary: Callable[[], Vocabulary]
    store: Callable[[Sequence[Stored], str], str]
    remember: Callable[[ImportPlan], None]
    batches: Callable[[], Sequence[Batch]]
    undo: Callable[[str], int]
    leave: Callable[[Path, Sequence[tuple[int, str]]], int]
    now: Callable[[], datetime]
    rules: Callable[[], RuleBook] = shipped_book
    places: Callable[[], Gazetteer | None] = lambda: None


@dataclass(frozen=True, slots=True)
class Read:
    """A file and what it is compared with."""

    plan: ImportPlan
    units: Sequence[UnitRow]
    people: Sequence[MemberRow]
    vocabulary: Vocabulary
    codes: Codes = field(default_factory=lambda: Codes(()))
    stored: Mapping[UUID, Mapping[str, Value]] = field(default_factory=dict)
    recalled: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Attributes:
        by_unit: Names of units and how many people each got.
        left_out: Rows that were not imported.
        changed: People who were there and got new values.
        undone: It was taken back.
    """

    file: str
    people: int
    by_unit: tuple[tuple[str, int], ...]
    left_out: int
    changed: int = 0
    undone: bool = False


class ImportView(Protocol):
    """What the presenter needs of the screen."""

    def show_stage(self, stage: Stage) -> None:
        """Bring a step to the front."""

    def show_busy(self, text: str) -> None:
        """Show what is being done; an empty text: nothing."""

    def show_progress(self, share: float) -> None:
        """Show how far the reading is, from 0 to 1."""

    def show_batches(self, batches: Sequence[Batch], now: datetime) -> None:
        """Show the last imports."""

    def show_columns(self, read: Read, units: Mapping[str, UUID]) -> None:
        """Show what the columns and the units of the file are taken for."""

    def show_preview(self, rows: Sequence[PreviewRow], counts: Counts, read: Read) -> None:
        """Show what each row would become."""

    def show_done(self, imported: Imported) -> None:
        """Show what was done."""

    def show_trouble(self, text: str) -> None:
        """Show what could not be done; an empty text takes it away."""


class ImportPresenter:
    """One file at a time. What was decided stays until another file is chosen.

    Args:
        did: Told what was done and the id under which it can be undone.
        changed: Told that something was changed that waits to be sent.
    """

    def __init__(
        self,
        view: ImportView,
        jobs: Jobs,
        sources: ImportSources,
        asker: Asker,
        *,
        did: Callable[[str, str], None],
        changed: Callable[[], None],
    ) -> None:
        self._view, self._jobs, self._sources, self._asker = view, jobs, sources, asker
        self._did, self._changed = did, changed
        self._path: Path | None = None
        self._sheet: str | None = None
        self._mapped: dict[int, str | None] = {}
        self._read: Read | None = None
        self._chosen: dict[str, UUID | None] = {}
        self._decided = Decisions()
        self._preview: Preview | None = None
        self._as_written: set[int] = set()
        self._stop = threading.Event()
        self._group: str | None = None
        self._imported: Imported | None = None
        self._asked = 0
        self._busy = False
        self.stage = Stage.FILE

    @property
    def plan(self) -> ImportPlan | None:
        """What the file says."""
        return self._read.plan if self._read is not None else None

    @property
    def rows(self) -> Sequence[PreviewRow]:
        """What each row would become."""
        return self._preview.rows if self._preview is not None else ()

    def open(self) -> None:
        """Show the last imports."""
        now = self._sources.now()
        self._jobs.submit(
            self._sources.batches, done=lambda found: self._view.show_batches(found, now), failed=self._failed
        )

    def choose_file(self) -> None:
        """Ask for a file."""
        self._asker.open_file(QCoreApplication.translate("import", "Chọn danh sách đoàn viên"), KINDS, self.take_file)

    def take_file(self, path: Path) -> None:
        """Read a file."""
        self._path, self._sheet, self._mapped, self._as_written = path, None, {}, set()
        self._chosen, self._decided, self._read = {}, Decisions(), None
        self._group, self._imported = None, None
        self._read_file()

    def take_sheet(self, sheet: str) -> None:
        """Read another sheet of the file."""
        if self.plan is not None and sheet != self.plan.sheet:
            self._sheet, self._mapped, self._decided, self._as_written = sheet, {}, Decisions(), set()
            self._read_file()

    def map_column(self, index: int, target: str | None) -> None:
        """Say what a column is; a target that another column has moves here."""
        plan = self.plan
        if plan is None or any(c.index == index and c.field == target for c in plan.columns):
            return
        for column in plan.columns:
            if target is not None and column.field == target and column.index != index:
                self._mapped[column.index] = None
        self._mapped[index] = target
        self._decided = replace(self._decided, taken={})
        self._read_file()

    def keep_letters(self, column: int, *, kept: bool) -> None:
        """Leave the texts of before Unicode in a column as they are written, or turn them into Unicode."""
        if (column in self._as_written) != kept:
            self._as_written ^= {column}
            self._decided = replace(self._decided, taken={})
            self._read_file()

    def stop(self) -> None:
        """End the reading."""
        self._stop.set()

    def choose_unit(self, name: str, unit_id: UUID | None) -> None:
        """Say which unit a name of the file means."""
        self._chosen[name] = unit_id
        self._show()

    def go_on(self) -> None:
        """Go to the next step, or import."""
        if self._busy or self._read is None:
            return
        if self.stage is Stage.COLUMNS:
            self._go(Stage.PREVIEW)
        elif self.stage is Stage.PREVIEW:
            self._import()

    def go_back(self) -> None:
        """Go to the step before; everything decided stays."""
        if self.stage is Stage.DONE:
            self.start_over()
        elif self.stage > Stage.FILE and not self._busy:
            self._go(Stage(self.stage - 1))

    def start_over(self) -> None:
        """Begin with another file."""
        self._read, self._imported, self._group, self._preview = None, None, None, None
        self._go(Stage.FILE)
        self.open()

    def tick(self, row: int, *, wanted: bool) -> None:
        """Say whether a row is imported."""
        if self._preview is not None and row in self._preview and self._preview[row].state != "bad":
            self._decided = replace(self._decided, ticked={**self._decided.ticked, row: wanted})
            self._show([row])

    def take_offer(self, row: int, problem: Problem, value: str) -> None:
        """Take an offered value for one row."""
        self._take({row: {problem.field: value}})

    def take_offers_like(self, problem: Problem) -> None:
        """Take the first offered value in all rows with the same problem."""
        taken: dict[int, dict[str, str]] = {}
        by_number = {row.row: row for row in self.rows}
        for number in like(self.rows, problem):
            problems = by_number[number].problems
            offers = [p for p in problems if p.code == problem.code and p.field == problem.field and p.suggest]
            taken[number] = {problem.field: offers[0].suggest[0]}
        self._take(taken)

    def type_in(self, cells: Sequence[tuple[int, str, str]]) -> None:
        """Take what was typed or pasted: rows, fields and texts. The name of a unit goes to ``unit_id``."""
        read, preview = self._read, self._preview
        if read is None or preview is None:
            return
        typed = {row: dict(fields) for row, fields in self._decided.typed.items()}
        units = dict(self._decided.row_units)
        today = self._sources.now().astimezone(HANOI).date()
        for row, name, text in cells:
            if row not in preview:
                continue
            if name == "unit_id":
                self._type_unit(read, units, row, text)
            else:
                typed.setdefault(row, {})[name] = _typed(read, name, text, today)
        self._decided = replace(self._decided, typed=typed, row_units=units)
        self._show({row for row, _, _ in cells if row in preview})

    def want_change(self, row: int, name: str, *, wanted: bool) -> None:
        """Say whether a field of somebody who is there is changed; the row is imported as soon as one is."""
        preview = self._preview
        if preview is None or row not in preview or not preview[row].changes:
            return
        shown = preview[row]
        now = {change.field: change.wanted and shown.wanted for change in shown.changes}
        changes = {**self._decided.changes, row: {**now, name: wanted}}
        self._decided = replace(self._decided, changes=changes)
        preview.refresh(self._decided, [row])
        some = bool(preview[row].wanted_changes)
        self._decided = replace(self._decided, ticked={**self._decided.ticked, row: some})
        self._show([row])

    def fill_gaps(self) -> None:
        """Import all rows of people who are there and lack something that the file knows."""
        rows = [row.row for row in self.rows if any(change.fills for change in row.changes)]
        self._decided = replace(self._decided, ticked={**self._decided.ticked, **dict.fromkeys(rows, True)})
        self._show(rows)

    def leave(self) -> None:
        """Ask where the rows that are not imported are written for correcting."""
        read = self._read
        if read is not None and self.left():
            name = QCoreApplication.translate("import", "Chưa nhập - {0}.xlsx").format(Path(read.plan.file).stem)
            title = QCoreApplication.translate("import", "Lưu các dòng chưa nhập")
            self._asker.save_file(title, name, LEFT_KINDS, self._leave_at)

    def left(self) -> list[tuple[int, str]]:
        """Return the rows that are not imported, and why."""
        return [(row.row, why_left(row)) for row in self.rows if not row.wanted]

    def undo_batch(self, group: str) -> None:
        """Take an import of before back."""
        act = self._sources.undo
        self._jobs.submit(lambda: act(group), done=lambda _: self._undone_before(), failed=self._failed)

    def _leave_at(self, path: Path) -> None:
        act, rows = self._sources.leave, self.left()
        self._jobs.submit(lambda: act(path, rows), done=lambda number: self._left_at(path, number), failed=self._failed)

    def _left_at(self, path: Path, number: int) -> None:
        words = QCoreApplication.translate("import", "Đã lưu {0} dòng vào {1}. Sửa trong Excel rồi nhập lại tệp đó.")
        self._view.show_trouble(words.format(number, path.name))

    def _undone_before(self) -> None:
        self.open()
        self._changed()

    def _type_unit(self, read: Read, units: dict[int, UUID], row: int, text: str) -> None:
        found = match_units([text], read.units, alike=False)
        if text in found:
            units[row] = found[text]
        elif not text.strip():
            units.pop(row, None)
        else:
            self._view.show_trouble(QCoreApplication.translate("import", "Không rõ chi đoàn “{0}”").format(text))

    def undo(self) -> None:
        """Take the whole import back."""
        group = self._group
        if group is None or self._imported is None or self._imported.undone:
            return
        act = self._sources.undo
        self._jobs.submit(lambda: act(group), done=lambda _: self._undone(), failed=self._failed)

    def _take(self, taken: Mapping[int, Mapping[str, str]]) -> None:
        kept = dict(self._decided.taken)
        typed = {row: dict(fields) for row, fields in self._decided.typed.items()}
        for row, fields in taken.items():
            kept[row] = {**kept.get(row, {}), **fields}
            typed[row] = {name: one for name, one in typed.get(row, {}).items() if name not in fields}
        self._decided = replace(self._decided, taken=kept, typed=typed)
        self._show(list(taken))

    def _read_file(self) -> None:
        path, sources = self._path, self._sources
        if path is None:
            return
        self._asked += 1
        asked = self._asked
        self._stop.set()
        self._stop = threading.Event()

        def show(share: float) -> None:
            if asked == self._asked:
                self._view.show_progress(share)

        report = self._jobs.relay(show)
        what = Asked(path, self._sheet, dict(self._mapped), frozenset(self._as_written), self._stop, report)
        self._set_busy(QCoreApplication.translate("import", "Đang đọc {0}").format(path.name))
        chosen, decided = dict(self._chosen), self._decided
        self._jobs.submit(
            lambda: _read(sources, what, chosen, decided),
            done=lambda found: self._arrived(asked, *found),
            failed=lambda error: self._not_read(asked, error),
        )

    def _arrived(self, asked: int, read: Read, preview: Preview, decided: Decisions) -> None:
        if asked != self._asked:
            return
        self._set_busy("")
        self._read, self._preview, self._decided = read, preview, decided
        self._view.show_trouble("")
        if self.stage is Stage.FILE or self.stage is Stage.DONE:
            self.stage = Stage.COLUMNS
        self._go(self.stage)

    def _not_read(self, asked: int, error: Exception) -> None:
        if asked == self._asked:
            self._set_busy("")
            self._mapped = {c.index: c.field for c in self.plan.columns} if self.plan is not None else {}
            if not (isinstance(error, InputError) and error.code == "file.stopped"):
                self._failed(error)
            self._show()

    def _go(self, stage: Stage) -> None:
        self.stage = stage
        self._view.show_trouble("")
        self._view.show_stage(stage)
        self._show()

    def _show(self, rows: Iterable[int] | None = None) -> None:
        """Show the step again; of the preview, work out the rows that a decision was about, or all."""
        read, preview = self._read, self._preview
        if read is None or preview is None:
            return
        if self.stage is Stage.COLUMNS:
            self._view.show_columns(read, _units(read, self._chosen))
        elif self.stage is Stage.PREVIEW:
            units = _units(read, self._chosen)
            moved = units != self._decided.units
            self._decided = replace(self._decided, units=units)
            if moved or rows is not None:
                preview.refresh(self._decided, rows)
            self._view.show_preview(preview.rows, count(preview.rows), read)

    def _import(self) -> None:
        read, wanted = self._read, [r for r in self.rows if r.wanted and (r.known is None or r.wanted_changes)]
        if read is None or not wanted:
            self._view.show_trouble(QCoreApplication.translate("import", "Không có dòng nào để nhập"))
            return
        lost = next((row for row in wanted if row.unit_id is None and row.known is None), None)
        if lost is not None:
            words = QCoreApplication.translate("import", "Chọn chi đoàn cho “{0}” trước")
            whole = QCoreApplication.translate("import", "Chọn chi đoàn cho danh sách trước")
            self._go(Stage.COLUMNS)
            self._view.show_trouble(words.format(lost.unit_name) if lost.unit_name else whole)
            return
        rows = [
            Stored(row.unit_id or _NOWHERE, row.values if row.known is None else row.wanted_changes, row.known)
            for row in wanted
        ]
        reason = QCoreApplication.translate("import", "Nhập từ tệp {0}").format(read.plan.file)
        act, remember = self._sources.store, self._sources.remember if self._mapped else None
        self._set_busy(QCoreApplication.translate("import", "Đang nhập {0} người").format(len(rows)))

        def store() -> str:
            group = act(rows, reason)
            if remember is not None:
                remember(read.plan)
            return group

        self._jobs.submit(
            store,
            done=lambda group: self._stored(read, wanted, group),
            failed=lambda error: self._not_stored(wanted, error),
        )

    def _stored(self, read: Read, wanted: Sequence[PreviewRow], group: str) -> None:
        self._set_busy("")
        names = {unit.unit_id: unit.name for unit in read.units}
        by_unit: dict[str, int] = {}
        made = [row for row in wanted if row.known is None]
        for row in made:
            name = names.get(row.unit_id, "") if row.unit_id is not None else ""
            by_unit[name] = by_unit.get(name, 0) + 1
        left_out = len(self.rows) - len(wanted)
        self._group = group
        changed = len(wanted) - len(made)
        self._imported = Imported(read.plan.file, len(made), tuple(by_unit.items()), left_out, changed)
        self._did(QCoreApplication.translate("import", "Đã nhập {0} người").format(len(wanted)), group)
        self._go(Stage.DONE)
        self._view.show_done(self._imported)

    def _not_stored(self, wanted: Sequence[PreviewRow], error: Exception) -> None:
        self._set_busy("")
        if isinstance(error, YumError) and error.row is not None and 0 < error.row <= len(wanted):
            words = QCoreApplication.translate("import", "Chưa nhập gì. Dòng {0}: {1}")
            self._view.show_trouble(words.format(wanted[error.row - 1].row, error.text))
        else:
            self._failed(error)

    def _undone(self) -> None:
        if self._imported is not None:
            self._imported = replace(self._imported, undone=True)
            self._view.show_done(self._imported)
        self._changed()

    def _set_busy(self, text: str) -> None:
        self._busy = bool(text)
        self._view.show_busy(text)

    def _failed(self, error: Exception) -> None:
        self._view.show_trouble(told(error))


def _read(
    sources: ImportSources, asked: Asked, chosen: Mapping[str, UUID | None], decided: Decisions
) -> tuple[Read, Preview, Decisions]:
    planned, people = sources.plan(asked), sources.people()
    plan = planned.plan
    stored = sources.values(matched(plan, people))
    codes, vocabulary = sources.codes(), sources.vocabulary()
    read = Read(plan, sources.units(), people, vocabulary, codes, stored, planned.recalled)
    preview = Preview(plan, people, stored, sources.elsewhere(numbers_of(plan)), sources.rules(), sources.places())
    decided = replace(decided, units=_units(read, chosen))
    preview.refresh(decided)
    return read, preview, decided


def _units(read: Read, chosen: Mapping[str, UUID | None]) -> dict[str, UUID]:
    """Return the unit of each name: as the person said, else as it matches, else the only one there is."""
    refused = {row.member.chi_doan or WHOLE_FILE for row in read.plan.rejected if row.member is not None}
    names = {*unit_names(read.plan), *refused}
    found = match_units((name for name in names if name != WHOLE_FILE), read.units, alike=True)
    leaf = only_leaf(read.units)
    if WHOLE_FILE in names and leaf is not None:
        found[WHOLE_FILE] = leaf
    for name, unit_id in chosen.items():
        if unit_id is not None:
            found[name] = unit_id
        else:
            found.pop(name, None)
    return found


def _typed(read: Read, name: str, text: str, today: date) -> Typed:
    try:
        return Typed(parse_value(BY_NAME[name], text, read.codes, today))
    except InputError as error:
        return Typed(None, Problem(name, error.code, SHOWN, text, (), error.text))
