"""Joins the pages of suspected pairs with their presenters."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from uuid import UUID

from PySide6.QtCore import QObject

from yum_desktop.registry import pairs
from yum_desktop.registry.engine import Registry
from yum_desktop.ui.duplicates.merging import MergePage
from yum_desktop.ui.duplicates.presenter import (
    DuplicateSources,
    DuplicatesPresenter,
    Entry,
    MergePresenter,
    Tab,
)
from yum_desktop.ui.duplicates.view import DuplicatesPage
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.vocabulary import Vocabulary


def duplicate_sources(r: Registry, vocabulary: Callable[[], Vocabulary]) -> DuplicateSources:
    """Return what the screen does with these records."""
    return DuplicateSources(
        reviewed=partial(pairs.reviewed, r),
        say_different=lambda one, other, strength: pairs.say_different(r, one, other, strength=strength),
        put_away=partial(pairs.put_away, r),
        split=partial(pairs.split, r),
        prepare=lambda one, other, survivor: pairs.prepare(r, one, other, survivor=survivor),
        merge=partial(pairs.merge, r),
        vocabulary=vocabulary,
    )


class DuplicatesScreen(QObject):
    """The list of pairs and the two records side by side.

    Args:
        did: Told what was done and the group that takes it back.
        go: Brings a page to the front: ``duplicates`` or ``merge``.
        open_record: Goes to a member.
        counted: Told how many pairs wait.
    """

    def __init__(
        self,
        page: DuplicatesPage,
        merge_page: MergePage,
        jobs: Jobs,
        sources: DuplicateSources,
        *,
        did: Callable[[str, str], None],
        go: Callable[[str], None],
        open_record: Callable[[UUID], None],
        counted: Callable[[int], None],
    ) -> None:
        super().__init__(page)
        self._page, self._go, self._open_record = page, go, open_record
        view = _Counting(page, counted)
        self.list = DuplicatesPresenter(view, jobs, sources, did=did, merge=self.open)
        self.merging = MergePresenter(merge_page, jobs, sources, did=did, ended=self.leave)
        page.refresh_requested.connect(self.list.refresh)
        page.tab_chosen.connect(self.list.show_tab)
        page.strength_chosen.connect(self.list.choose_strength)
        page.searched.connect(self.list.search)
        page.opened.connect(self.list.open)
        page.different_requested.connect(self.list.say_different)
        page.put_away_requested.connect(self.list.put_away)
        page.record_requested.connect(self._look)
        merge_page.taken.connect(self.merging.take)
        merge_page.all_taken.connect(self.merging.take_all)
        merge_page.swap_requested.connect(self.merging.swap)
        merge_page.merge_requested.connect(self.merging.merge)
        merge_page.different_requested.connect(self.merging.say_different)
        merge_page.put_off.connect(self.leave)

    def refresh(self) -> None:
        """Compare the records again."""
        self.list.refresh()

    def open(self, one: UUID, other: UUID) -> None:
        """Show two records side by side."""
        self._go("merge")
        self.merging.open(one, other)

    def leave(self) -> None:
        """Go back to the list."""
        self._go("duplicates")

    def _look(self, member_id: UUID) -> None:
        self._open_record(member_id)


class _Counting:
    """Tells how many pairs wait, beside the page."""

    def __init__(self, page: DuplicatesPage, counted: Callable[[int], None]) -> None:
        self._page, self._counted = page, counted

    def show_entries(self, entries: Sequence[Entry], counts: Mapping[Tab, int], *, filtered: bool) -> None:
        """Show the lines, and count what waits for somebody."""
        self._page.show_entries(entries, counts, filtered=filtered)
        self._counted(counts[Tab.OPEN] + counts[Tab.REFUSED])

    def show_busy(self, *, busy: bool) -> None:
        """Show that the records are being compared."""
        self._page.show_busy(busy=busy)

    def show_trouble(self, text: str) -> None:
        """Show what could not be done."""
        self._page.show_trouble(text)
