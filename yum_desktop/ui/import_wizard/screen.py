"""The wizard put together."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol
from uuid import UUID

from PySide6.QtCore import QObject

from sync.protocol.kinds import Value
from yum_desktop.exchange.excel.model import ImportPlan
from yum_desktop.exchange.excel.plan import plan_import
from yum_desktop.registry import code_lists, commands, queries
from yum_desktop.registry.clock import Clock
from yum_desktop.registry.commands import ImportRow
from yum_desktop.registry.engine import Registry
from yum_desktop.ui.asking import Asker
from yum_desktop.ui.formats import HANOI
from yum_desktop.ui.import_wizard.presenter import ImportPresenter, ImportSources, Mapped
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
        page.file_dropped.connect(self.presenter.take_file)
        page.forward.connect(self.presenter.go_on)
        page.back.connect(self.presenter.go_back)
        page.undo_requested.connect(self.presenter.undo)
        page.members_requested.connect(show_members)
        page.columns.mapped.connect(self.presenter.map_column)
        page.columns.unit_chosen.connect(self.presenter.choose_unit)
        page.columns.sheet_chosen.connect(self.presenter.take_sheet)
        page.looking.ticked.connect(self._tick)
        page.looking.offer_taken.connect(self.presenter.take_offer)
        page.looking.offers_taken.connect(self.presenter.take_offers_like)

    def _tick(self, row: int, wanted: bool) -> None:  # the shape of a signal
        self.presenter.tick(row, wanted=wanted)


def import_sources(registry: Registry, vocabulary: Callable[[], Vocabulary], clock: Clock) -> ImportSources:
    """Return the functions of the wizard; all of them run on the database lane."""

    def plan(path: Path, sheet: str | None, mapped: Mapped) -> ImportPlan:
        today = clock.now().astimezone(HANOI).date()
        return plan_import(path, codes=code_lists.codes(registry), today=today, sheet=sheet, mapping=mapped or None)

    def store(rows: Sequence[tuple[UUID, Mapping[str, Value]]], reason: str) -> str:
        return commands.import_members(registry, [ImportRow(unit, values) for unit, values in rows], reason=reason)

    return ImportSources(
        plan=plan,
        units=lambda: queries.unit_tree(registry),
        people=lambda: queries.member_rows(registry, None),
        vocabulary=vocabulary,
        store=store,
        undo=lambda group: commands.undo(registry, group),
    )
