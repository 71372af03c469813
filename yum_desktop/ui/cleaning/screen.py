"""The page of the saved lists put together."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import UUID

from PySide6.QtCore import QObject

from yum_desktop.domain.cleaning import GAP_LABELS
from yum_desktop.registry import bulk, cleaning
from yum_desktop.registry.clock import Clock
from yum_desktop.registry.engine import Registry
from yum_desktop.ui.asking import Asker
from yum_desktop.ui.cleaning.bulk_presenter import BulkPresenter, BulkSources
from yum_desktop.ui.cleaning.presenter import CleaningPresenter, CleaningSources
from yum_desktop.ui.cleaning.printing import PrintingPresenter, write_sheets
from yum_desktop.ui.cleaning.view import CleaningPage
from yum_desktop.ui.cleaning.walking import WalkingPresenter
from yum_desktop.ui.formats import HANOI, number_text
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.editing import EditingPresenter
from yum_desktop.ui.members.presenter import MemberSources
from yum_desktop.ui.members.scanning import scan_card
from yum_desktop.ui.members.screen import Did


def cleaning_sources(r: Registry, members: MemberSources) -> CleaningSources:
    """Return where the lists of these records come from."""
    return CleaningSources(
        overview=partial(cleaning.overview, r),
        rows=lambda gap, unit_id, suspected: cleaning.rows(r, gap, unit_id, suspected=suspected),
        small=partial(cleaning.small_units, r),
        members=members,
        bulk=BulkSources(
            vocabulary=members.vocabulary,
            plan=lambda ids, values, only_empty: bulk.plan(r, ids, values, only_empty=only_empty),
            write=partial(bulk.write, r),
        ),
        print_sheets=partial(write_sheets, r),
    )


class CleaningScreen(QObject):
    """Connects the page with its presenters. The page owns it.

    Args:
        did: Told what was done and the group that takes it back.
        say: Told in words how a walk through a list went.
        look: Shows two records that resemble each other.
        open_unit: Goes to the members of a unit.
        open_pairs: Goes to the suspected pairs.
        asker: Asks where a file goes.
        show_file: Opens a file with the program for it.
    """

    def __init__(
        self,
        page: CleaningPage,
        jobs: Jobs,
        sources: CleaningSources,
        clock: Clock,
        *,
        did: Did,
        say: Callable[[str], None],
        look: Callable[[UUID | None, UUID], None],
        open_unit: Callable[[UUID], None],
        open_pairs: Callable[[], None],
        asker: Asker,
        show_file: Callable[[Path], None],
    ) -> None:
        super().__init__(page)
        self._page, self._jobs, self._sources, self._clock = page, jobs, sources, clock
        self._did, self._say, self._look = did, say, look
        self._open_unit, self._open_pairs, self._asker = open_unit, open_pairs, asker
        self.listing = CleaningPresenter(page, jobs, sources)
        self.editing: EditingPresenter | None = None
        self.walking: WalkingPresenter | None = None
        self.bulk: BulkPresenter | None = None
        page.list_chosen.connect(self.listing.choose_list)
        page.unit_chosen.connect(self.listing.choose_unit)
        page.refresh_requested.connect(self.refresh)
        page.opened.connect(self.walk_from)
        page.unit_opened.connect(self._to_unit)
        page.pairs_requested.connect(self._to_pairs)
        page.bulk_requested.connect(self.change_many)
        page.print_requested.connect(self.print_sheets)
        self.printing = PrintingPresenter(
            jobs, asker, sources.print_sheets, say=say, trouble=page.show_trouble, show=show_file
        )

    def refresh(self) -> None:
        """Read everything again; the form in hand too."""
        self.listing.refresh()
        if self.editing is not None:
            self.editing.refresh()

    def walk_from(self, row: int) -> None:
        """Lead through the list as it is shown, from a row on."""
        ids = [each.member_id for each in self._page.model.rows]
        walking = self._walker()
        self._page.show_trouble("")
        self._page.show_form(shown=True)
        walking.begin(self.listing.gap, ids, at=row)

    def _walker(self) -> WalkingPresenter:
        """Return who leads; the form is made now, so that no start of the program waits for it."""
        if self.walking is not None:
            return self.walking
        form = self._page.form
        self.editing = EditingPresenter(
            form, self._jobs, self._sources.members, self._clock, defaults={}, noted=self._noted, closed=self._closed,
            settled=self._settled, look=self._look,
        )  # fmt: skip
        self.walking = WalkingPresenter(
            form, self._jobs, self._sources.members, self.editing, ended=self._ended, trouble=self._page.show_trouble
        )
        form.field_left.connect(self.editing.leave_field)
        form.finished.connect(self.editing.finish)
        form.place_requested.connect(self.editing.take_place)
        form.other_requested.connect(self.editing.look_at_other)
        form.gap_passed.connect(self.walking.pass_gap)
        form.gap_requested.connect(self.walking.pass_gap)
        form.repeat_requested.connect(self.walking.repeat)
        form.next_requested.connect(self.walking.next)
        form.skip_requested.connect(self.walking.skip)
        form.card_requested.connect(self.scan_card)
        form.closed.connect(self._show_lists)
        return self.walking

    def change_many(self) -> None:
        """Give one value to the chosen records, or to the whole list."""
        chosen = self._page.chosen()
        every = len(chosen) == len(self._page.model.rows)
        words = self.tr("cả danh sách, {0} hồ sơ") if every else self.tr("{0} hồ sơ đã chọn")
        about = f"{self.listing.unit_name} · {GAP_LABELS[self.listing.gap]} · {words.format(number_text(len(chosen)))}"
        self._page.show_trouble("")
        self._bulk_presenter().begin([row.member_id for row in chosen], about)
        self._page.show_bulk(shown=True)

    def print_sheets(self) -> None:
        """Write sheets for the chosen records, or for the whole list."""
        ids = [row.member_id for row in self._page.chosen()]
        today = self._clock.now().astimezone(HANOI).date()
        listing = self.listing
        self.printing.begin(listing.gap, ids, (listing.unit_id, listing.unit_name), today)

    def _bulk_presenter(self) -> BulkPresenter:
        if self.bulk is None:
            page = self._page.bulk
            self.bulk = BulkPresenter(
                page, self._jobs, self._sources.bulk, did=self._changed_many, ended=self._leave_bulk
            )
            page.field_chosen.connect(self.bulk.choose_field)
            page.province_chosen.connect(self.bulk.choose_province)
            page.value_typed.connect(self.bulk.type_value)
            page.only_empty_chosen.connect(self._fill_only)
            page.write_requested.connect(self.bulk.write)
            page.closed.connect(self._leave_bulk)
        return self.bulk

    def _fill_only(self, only_empty: bool) -> None:  # a slot
        self._bulk_presenter().fill_only(only_empty=only_empty)

    def _changed_many(self, text: str, group: str) -> None:
        self._did(text, group)

    def _leave_bulk(self) -> None:
        self._page.show_bulk(shown=False)
        self.listing.refresh()

    def scan_card(self) -> None:
        """Read an identity card into the form."""
        if self.editing is not None:
            scan_card(self.editing, self._page, self._jobs, self._asker, self._clock)

    def _noted(self, text: str, group: str) -> None:
        self._did(text, group, quiet=True)

    def _closed(self, _member_id: UUID | None) -> None:
        self.listing.refresh()

    def _settled(self, _member_id: UUID | None, trouble: str) -> None:
        if trouble:
            self._page.show_trouble(trouble)

    def _ended(self, text: str) -> None:
        if self.editing is not None:
            self.editing.finish()
        self._say(text)

    def _show_lists(self) -> None:
        self._page.show_form(shown=False)

    def _to_unit(self, unit_id: UUID) -> None:
        self._open_unit(unit_id)

    def _to_pairs(self) -> None:
        self._open_pairs()
