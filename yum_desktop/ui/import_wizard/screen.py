"""The wizard put together."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject

from yum_desktop.domain.rules import RuleBook
from yum_desktop.exchange.excel.layout import fingerprint
from yum_desktop.exchange.excel.leftovers import write_leftovers
from yum_desktop.exchange.excel.model import ImportPlan
from yum_desktop.exchange.excel.opening import open_list
from yum_desktop.exchange.excel.plan import plan_list
from yum_desktop.exchange.excel.read import Book
from yum_desktop.exchange.gazetteer import Gazetteer, shipped_gazetteer
from yum_desktop.registry import code_lists, commands, imports, numbers, queries
from yum_desktop.registry.clock import Clock
from yum_desktop.registry.commands import ImportRow
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.places import extra_places
from yum_desktop.registry.rules import rules_in
from yum_desktop.ui.asking import Asker
from yum_desktop.ui.formats import HANOI
from yum_desktop.ui.import_wizard.presenter import Asked, ImportPresenter, ImportSources, Planned, Stored
from yum_desktop.ui.import_wizard.view import ImportPage
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.vocabulary import Vocabulary


class Did(Protocol):
    """Told of something that was done, and under which id it can be undone."""

    def __call__(self, text: str, group: str) -> None:
        """Remember it and say it."""


class ImportScreen(QObject):
    """Connects the page with its presenter. The page owns it."""

    def __init__(
        self,
        page: ImportPage,
        jobs: Jobs,
        sources: ImportSources,
        asker: Asker,
        *,
        did: Did,
        changed: Callable[[], None],
        show_members: Callable[[], None],
    ) -> None:
        super().__init__(page)
        self.presenter = ImportPresenter(page, jobs, sources, asker, did=did, changed=changed)
        page.file_requested.connect(self.presenter.choose_file)
        page.stop_requested.connect(self.presenter.stop)
        page.leave_requested.connect(self.presenter.leave)
        page.batch_undo_requested.connect(self.presenter.undo_batch)
        page.file_dropped.connect(self.presenter.take_file)
        page.forward.connect(self.presenter.go_on)
        page.back.connect(self.presenter.go_back)
        page.undo_requested.connect(self.presenter.undo)
        page.members_requested.connect(show_members)
        page.columns.mapped.connect(self.presenter.map_column)
        page.columns.unit_chosen.connect(self.presenter.choose_unit)
        page.columns.sheet_chosen.connect(self.presenter.take_sheet)
        page.columns.letters_kept.connect(self._keep_letters)
        page.looking.typed.connect(self.presenter.type_in)
        page.looking.change_wanted.connect(self._want_change)
        page.looking.gaps_filled.connect(self.presenter.fill_gaps)
        page.looking.ticked.connect(self._tick)
        page.looking.offer_taken.connect(self.presenter.take_offer)
        page.looking.offers_taken.connect(self.presenter.take_offers_like)

        self.presenter.open()

    def _tick(self, row: int, wanted: bool) -> None:  # the shape of a signal
        self.presenter.tick(row, wanted=wanted)

    def _keep_letters(self, column: int, kept: bool) -> None:  # the shape of a signal
        self.presenter.keep_letters(column, kept=kept)

    def _want_change(self, row: int, name: str, wanted: bool) -> None:  # the shape of a signal
        self.presenter.want_change(row, name, wanted=wanted)


class _LastList:
    """The list that was read last: what its columns are is said several times, and it is read once."""

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._registry, self._clock = registry, clock
        self._key: tuple[Path, str | None, int] | None = None
        self._book: Book | None = None
        self._plan: ImportPlan | None = None

    def plan(self, asked: Asked) -> Planned:
        """Read and check a list, its columns as the person said, or as they were taken the last time."""
        book = self._read(asked)
        plan = self._checked(book, asked, asked.mapped)
        recalled = None if asked.mapped else imports.recall_layout(self._registry, fingerprint(plan.columns))
        if recalled:
            plan = self._checked(book, asked, recalled)
        self._plan = plan
        return Planned(plan, recalled=bool(recalled))

    def leave(self, path: Path, left: Sequence[tuple[int, str]]) -> int:
        """Write the rows that were left."""
        assert self._book is not None, "a list was read before its rows were left"
        assert self._plan is not None, "a list was read before its rows were left"
        return write_leftovers(path, self._book.rows, self._plan, left)

    def _read(self, asked: Asked) -> Book:
        changed = asked.path.stat().st_mtime_ns if asked.path.is_file() else 0
        key = (asked.path, asked.sheet, changed)
        if self._book is None or key != self._key:
            self._book = open_list(
                asked.path, asked.sheet, stop=asked.stop, report=lambda share: asked.report(share / 2)
            )
            self._key = key
        return self._book

    def _checked(self, book: Book, asked: Asked, mapping: Mapping[int, str | None]) -> ImportPlan:
        return plan_list(
            book,
            asked.path.name,
            codes=code_lists.codes(self._registry),
            today=self._clock.now().astimezone(HANOI).date(),
            rules=_rules(self._registry),
            mapping=mapping or None,
            as_written=asked.as_written,
            stop=asked.stop,
            report=lambda share: asked.report(0.5 + share / 2),
        )


def import_sources(registry: Registry, vocabulary: Callable[[], Vocabulary], clock: Clock) -> ImportSources:
    """Return the functions of the wizard; all of them run on the database lane."""
    last = _LastList(registry, clock)

    def store(rows: Sequence[Stored], reason: str) -> str:
        made = [ImportRow(row.unit_id, row.values, row.member_id) for row in rows]
        return commands.import_members(registry, made, reason=reason)

    def remember(plan: ImportPlan) -> None:
        mapping = {column.index: column.field for column in plan.columns}
        imports.remember_layout(registry, fingerprint(plan.columns), mapping)

    return ImportSources(
        plan=last.plan,
        units=lambda: queries.unit_tree(registry),
        people=lambda: queries.member_rows(registry, None),
        elsewhere=partial(numbers.those_elsewhere, registry),
        values=lambda ids: imports.values_of(registry, ids),
        codes=lambda: code_lists.codes(registry),
        rules=lambda: _rules(registry),
        places=lambda: _places(registry),
        vocabulary=vocabulary,
        store=store,
        remember=remember,
        batches=lambda: imports.batches(registry),
        undo=lambda group: commands.undo(registry, group),
        leave=last.leave,
        now=clock.now,
    )


def _places(registry: Registry) -> Gazetteer:
    with registry.read() as conn:
        return shipped_gazetteer().with_extras(extra_places(conn))


def _rules(registry: Registry) -> RuleBook:
    with registry.read() as conn:
        return rules_in(conn)
