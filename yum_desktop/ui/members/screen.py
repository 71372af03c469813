"""The members' screen put together."""

from collections.abc import Callable, Mapping
from typing import Protocol
from uuid import UUID

from PySide6.QtCore import QObject

from sync.protocol.kinds import Value
from yum_desktop.domain.membership import ACTIVE
from yum_desktop.registry.clock import Clock
from yum_desktop.registry.views import MemberDetail
from yum_desktop.ui.asking import Asker, QtAsker
from yum_desktop.ui.export.presenter import ExportPresenter, ExportSources, Subject
from yum_desktop.ui.export.view import ExportDialog
from yum_desktop.ui.formats import HANOI
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.editing import EditingPresenter
from yum_desktop.ui.members.presenter import MemberSources, MembersPresenter
from yum_desktop.ui.members.scanning import scan_card
from yum_desktop.ui.members.view import MembersPage
from yum_desktop.ui.members.vocabulary import Vocabulary

DEFAULTS: Mapping[str, Value] = {"status": ACTIVE, "position": "DOAN_VIEN", "source": "OFFLINE"}
"""What a new member starts with."""


class Did(Protocol):
    """Told of something that was done, and under which id it can be undone."""

    def __call__(self, text: str, group: str, *, quiet: bool = False) -> None:
        """Remember it; say it unless `quiet`."""


class MembersScreen(QObject):
    """Connects the page with its presenters. The page owns it.

    Attributes:
        listing: The presenter of tree, table and detail.
        editing: The presenter of the form.
    """

    def __init__(
        self,
        page: MembersPage,
        jobs: Jobs,
        sources: MemberSources,
        clock: Clock,
        *,
        did: Did,
        open_conflict: Callable[[UUID], None],
        look: Callable[[UUID | None, UUID], None] = lambda _member, _other: None,
        asker: Asker | None = None,
        export: ExportSources | None = None,
        defaults: Mapping[str, Value] = DEFAULTS,
    ) -> None:
        super().__init__(page)
        self._page = page
        self._did = did
        self._jobs, self._clock = jobs, clock
        self._asker = asker or QtAsker(page)
        self._export = export
        page.export.setVisible(export is not None)
        page.export_requested.connect(self.export_list)
        self.listing = MembersPresenter(
            page, jobs, sources, did=did, edit=self._edit, begin=self._begin, open_conflict=open_conflict
        )
        self.editing = EditingPresenter(
            page.form,
            jobs,
            sources,
            clock,
            defaults=defaults,
            noted=self._noted,
            closed=self._closed,
            settled=self._settled,
            look=look,
        )
        page.unit_chosen.connect(self.listing.choose_unit)
        page.searched.connect(self.listing.search)
        page.member_chosen.connect(self.listing.look_at)
        page.edit_requested.connect(self.listing.open_form)
        page.add_requested.connect(self.listing.add)
        page.detail.numbers_shown.connect(self.listing.note_numbers)
        page.delete_requested.connect(self.listing.delete)
        page.choose_requested.connect(self.listing.choose_version)
        page.refresh_requested.connect(self.refresh)
        page.form.field_left.connect(self.editing.leave_field)
        page.form.finished.connect(self.editing.finish)
        page.form.next_requested.connect(self.editing.next_person)
        page.form.gap_requested.connect(self.editing.go_to_gap)
        page.form.repeat_requested.connect(self.editing.repeat)
        page.form.card_requested.connect(self.scan_card)
        page.form.place_requested.connect(self.editing.take_place)
        page.form.other_requested.connect(self.editing.look_at_other)
        page.form.closed.connect(self._show_list)

    def refresh(self) -> None:
        """Read everything again: the page was brought to the front, a sync ended, something was undone."""
        self.listing.refresh()
        self.editing.refresh()

    def show_member(self, member_id: UUID) -> None:
        """Come from elsewhere to one member."""
        self._page.clear_search()
        self._page.show_form(shown=False)
        self.listing.show_member(member_id)

    def show_unit(self, unit_id: UUID) -> None:
        """Come from elsewhere to the members of a unit."""
        self._page.clear_search()
        self._page.show_form(shown=False)
        self.listing.show_unit(unit_id)

    def edit_member(self, member_id: UUID, field: str | None = None) -> None:
        """Come from elsewhere to one field of a member: a refused change is repaired there."""
        self._page.clear_search()
        self.listing.edit_member(member_id, lambda: self._page.form.focus(field) if field else None)

    def export_list(self) -> None:
        """Write the list as it is shown to a file."""
        if self._export is None:
            return
        page, listing = self._page, self.listing
        members = [row.member_id for row in page.model.rows]
        subject = Subject(members, listing.about, listing.unit_id, page.shown_columns())
        dialog = ExportDialog(page)
        today = self._clock.now().astimezone(HANOI).date()
        dialog.presenter = ExportPresenter(dialog, self._jobs, self._export, self._asker, subject, today)
        dialog.presenter.begin()
        dialog.open()

    def scan_card(self) -> None:
        """Read an identity card into the form."""
        scan_card(self.editing, self._page, self._jobs, self._asker, self._clock)

    def _edit(self, member: MemberDetail, vocabulary: Vocabulary) -> None:
        self._page.show_form(shown=True)
        self.editing.edit(member, vocabulary)

    def _begin(self, unit_id: UUID | None, vocabulary: Vocabulary) -> None:
        self._page.show_form(shown=True)
        self.editing.begin(unit_id, vocabulary)

    def _noted(self, text: str, group: str) -> None:
        self._did(text, group, quiet=True)

    def _closed(self, member_id: UUID | None) -> None:
        if member_id is not None:
            self.listing.look_at(member_id)
        self.listing.refresh()

    def _settled(self, member_id: UUID | None, trouble: str) -> None:
        if self.listing.looked_at is None:
            self.listing.look_at(member_id)
        self.listing.refresh()
        if trouble:
            self._page.show_trouble(trouble)

    def _show_list(self) -> None:
        self._page.show_form(shown=False)
