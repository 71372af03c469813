"""The import of a list, step by step: plain Python."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from sync.protocol.kinds import Value
from yum_desktop.domain.errors import YumError
from yum_desktop.exchange.excel.matching import match_units, only_leaf
from yum_desktop.exchange.excel.model import ImportPlan, Problem
from yum_desktop.registry.views import MemberRow, UnitRow
from yum_desktop.ui.asking import Asker
from yum_desktop.ui.import_wizard.preview import (
    WHOLE_FILE,
    Counts,
    Decisions,
    PreviewRow,
    count,
    like,
    preview,
    unit_names,
)
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.presenter import told
from yum_desktop.ui.members.vocabulary import Vocabulary

KINDS: Final = "Bảng tính (*.xlsx *.xlsm *.xls *.ods *.csv *.tsv *.txt)"
Mapped = Mapping[int, str | None]


class Stage(IntEnum):
    """A step of the wizard."""

    FILE = 0
    COLUMNS = 1
    PREVIEW = 2
    DONE = 3


@dataclass(frozen=True, slots=True)
class ImportSources:
    """What an import needs. All of it runs on the database lane.

    Attributes:
        plan: Reads a sheet of a file (the fullest one for `None`), its columns taken as said.
        units: The tree.
        people: All members in scope, to find those that are there already.
        vocabulary: How values read.
        store: Makes the members, or none of them; returns the batch with which they can be undone.
        undo: Takes a batch back; returns how many records it concerned.
    """

    plan: Callable[[Path, str | None, Mapped], ImportPlan]
    units: Callable[[], Sequence[UnitRow]]
    people: Callable[[], Sequence[MemberRow]]
    vocabulary: Callable[[], Vocabulary]
    store: Callable[[Sequence[tuple[UUID, Mapping[str, Value]]], str], str]
    undo: Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Read:
    """A file and what it is compared with."""

    plan: ImportPlan
    units: Sequence[UnitRow]
    people: Sequence[MemberRow]
    vocabulary: Vocabulary


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Attributes:
        by_unit: Names of units and how many people each got.
        left_out: Rows that were not imported.
        undone: It was taken back.
    """

    file: str
    people: int
    by_unit: tuple[tuple[str, int], ...]
    left_out: int
    undone: bool = False


class ImportView(Protocol):
    """What the presenter needs of the screen."""

    def show_stage(self, stage: Stage) -> None:
        """Bring a step to the front."""

    def show_busy(self, text: str) -> None:
        """Show what is being done; an empty text: nothing."""

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
        self._rows: list[PreviewRow] = []
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
        return self._rows

    def choose_file(self) -> None:
        """Ask for a file."""
        self._asker.open_file(QCoreApplication.translate("import", "Chọn danh sách đoàn viên"), KINDS, self.take_file)

    def take_file(self, path: Path) -> None:
        """Read a file."""
        self._path, self._sheet, self._mapped = path, None, {}
        self._chosen, self._decided, self._read = {}, Decisions(), None
        self._group, self._imported = None, None
        self._read_file()

    def take_sheet(self, sheet: str) -> None:
        """Read another sheet of the file."""
        if self.plan is not None and sheet != self.plan.sheet:
            self._sheet, self._mapped, self._decided = sheet, {}, Decisions()
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
        self._read, self._imported, self._group, self._rows = None, None, None, []
        self._go(Stage.FILE)

    def tick(self, row: int, *, wanted: bool) -> None:
        """Say whether a row is imported."""
        if any(shown.row == row and shown.state != "bad" for shown in self._rows):
            self._decided = replace(self._decided, ticked={**self._decided.ticked, row: wanted})
            self._show()

    def take_offer(self, row: int, problem: Problem, value: str) -> None:
        """Take an offered value for one row."""
        self._take({(row, problem.field): value})

    def take_offers_like(self, problem: Problem) -> None:
        """Take the first offered value in all rows with the same problem."""
        taken = {}
        for number in like(self._rows, problem):
            shown = next(row for row in self._rows if row.row == number)
            offers = [p for p in shown.problems if p.code == problem.code and p.field == problem.field and p.suggest]
            taken[number, problem.field] = offers[0].suggest[0]
        self._take(taken)

    def undo(self) -> None:
        """Take the whole import back."""
        group = self._group
        if group is None or self._imported is None or self._imported.undone:
            return
        act = self._sources.undo
        self._jobs.submit(lambda: act(group), done=lambda _: self._undone(), failed=self._failed)

    def _take(self, taken: Mapping[tuple[int, str], str]) -> None:
        self._decided = replace(self._decided, taken={**self._decided.taken, **taken})
        self._show()

    def _read_file(self) -> None:
        path, sheet, mapped, sources = self._path, self._sheet, dict(self._mapped), self._sources
        if path is None:
            return
        self._asked += 1
        asked = self._asked
        self._set_busy(QCoreApplication.translate("import", "Đang đọc {0}").format(path.name))
        self._jobs.submit(
            lambda: _read(sources, path, sheet, mapped),
            done=lambda read: self._arrived(asked, read),
            failed=lambda error: self._not_read(asked, error),
        )

    def _arrived(self, asked: int, read: Read) -> None:
        if asked != self._asked:
            return
        self._set_busy("")
        self._read = read
        self._view.show_trouble("")
        if self.stage is Stage.FILE or self.stage is Stage.DONE:
            self.stage = Stage.COLUMNS
        self._go(self.stage)

    def _not_read(self, asked: int, error: Exception) -> None:
        if asked == self._asked:
            self._set_busy("")
            self._mapped = {c.index: c.field for c in self.plan.columns} if self.plan is not None else {}
            self._failed(error)
            self._show()

    def _go(self, stage: Stage) -> None:
        self.stage = stage
        self._view.show_trouble("")
        self._view.show_stage(stage)
        self._show()

    def _show(self) -> None:
        read = self._read
        if read is None:
            return
        self._decided = replace(self._decided, units=self._units(read))
        self._rows = preview(read.plan, read.people, self._decided)
        if self.stage is Stage.COLUMNS:
            self._view.show_columns(read, self._decided.units)
        elif self.stage is Stage.PREVIEW:
            self._view.show_preview(self._rows, count(self._rows), read)

    def _units(self, read: Read) -> dict[str, UUID]:
        """Return the unit of each name: as the person said, else as it matches, else the only one there is."""
        names = unit_names(read.plan)
        found = match_units((name for name in names if name != WHOLE_FILE), read.units, alike=True)
        leaf = only_leaf(read.units)
        if WHOLE_FILE in names and leaf is not None:
            found[WHOLE_FILE] = leaf
        for name, unit_id in self._chosen.items():
            if unit_id is not None:
                found[name] = unit_id
            else:
                found.pop(name, None)
        return found

    def _import(self) -> None:
        read, wanted = self._read, [row for row in self._rows if row.wanted]
        if read is None or not wanted:
            self._view.show_trouble(QCoreApplication.translate("import", "Không có dòng nào để nhập"))
            return
        lost = next((row for row in wanted if row.unit_id is None), None)
        if lost is not None:
            words = QCoreApplication.translate("import", "Chọn chi đoàn cho “{0}” trước")
            whole = QCoreApplication.translate("import", "Chọn chi đoàn cho danh sách trước")
            self._go(Stage.COLUMNS)
            self._view.show_trouble(words.format(lost.unit_name) if lost.unit_name else whole)
            return
        rows = [(row.unit_id, row.values) for row in wanted if row.unit_id is not None]
        reason = QCoreApplication.translate("import", "Nhập từ tệp {0}").format(read.plan.file)
        act = self._sources.store
        self._set_busy(QCoreApplication.translate("import", "Đang nhập {0} người").format(len(rows)))
        self._jobs.submit(
            lambda: act(rows, reason),
            done=lambda group: self._stored(read, wanted, group),
            failed=lambda error: self._not_stored(wanted, error),
        )

    def _stored(self, read: Read, wanted: Sequence[PreviewRow], group: str) -> None:
        self._set_busy("")
        names = {unit.unit_id: unit.name for unit in read.units}
        by_unit: dict[str, int] = {}
        for row in wanted:
            name = names.get(row.unit_id, "") if row.unit_id is not None else ""
            by_unit[name] = by_unit.get(name, 0) + 1
        left_out = len(self._rows) - len(wanted)
        self._group = group
        self._imported = Imported(read.plan.file, len(wanted), tuple(by_unit.items()), left_out)
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


def _read(sources: ImportSources, path: Path, sheet: str | None, mapped: Mapped) -> Read:
    return Read(sources.plan(path, sheet, mapped), sources.units(), sources.people(), sources.vocabulary())
