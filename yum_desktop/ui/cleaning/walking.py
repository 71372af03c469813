"""From gap to gap of a saved list: one record after another in the form, by Enter alone. Plain Python."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from yum_desktop.domain.cleaning import FILLABLE, GAP_LABELS, Gap, fields_of
from yum_desktop.domain.errors import YumError
from yum_desktop.domain.member import MEMBER_FIELDS
from yum_desktop.registry.views import MemberDetail
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.editing import EditingPresenter
from yum_desktop.ui.members.presenter import MemberSources, told
from yum_desktop.ui.members.vocabulary import Vocabulary

_ORDER: Final = {field.name: place for place, field in enumerate(MEMBER_FIELDS)}


class WalkView(Protocol):
    """What the walk needs of the form and the page around it."""

    def show_walk(self, place: str, about: str) -> None:
        """Show where one is in the list."""

    def focus(self, name: str) -> None:
        """Go to a field."""

    def go_on(self, name: str) -> None:
        """Go to the field after another one."""

    def rest(self) -> None:
        """Take no letters until a field is gone to: the next record is on its way."""


class WalkingPresenter:
    """Leads through the records of a list as it was when the walk began.

    Args:
        editing: The presenter of the form.
        ended: Told in words how the walk went, after the last record.
        trouble: Told what could not be done.
    """

    def __init__(
        self,
        view: WalkView,
        jobs: Jobs,
        sources: MemberSources,
        editing: EditingPresenter,
        *,
        ended: Callable[[str], None],
        trouble: Callable[[str], None],
    ) -> None:
        self._view, self._jobs, self._sources, self._editing = view, jobs, sources, editing
        self._ended, self._trouble = ended, trouble
        self._ids: Sequence[UUID] = ()
        self._place = 0
        self._gap = Gap.INCOMPLETE
        self._vocabulary: Vocabulary | None = None
        self._filled = 0
        self._skipped = 0

    @property
    def place(self) -> int:
        """The record in the form, counted from 1."""
        return self._place + 1

    def begin(self, gap: Gap, ids: Sequence[UUID], *, at: int = 0) -> None:
        """Open the record at a place of a list, then one after the other."""
        self._gap, self._ids, self._place = gap, tuple(ids), at
        self._filled = self._skipped = 0
        self._jobs.submit(self._sources.vocabulary, done=self._begun, failed=self._failed)

    def pass_gap(self, name: str) -> None:
        """Enter in a field: to the next gap of the record, else to the next record."""
        if self._editing.could_not_read(name):
            self._view.focus(name)
            return
        if self._gap not in FILLABLE:
            self._view.go_on(name)
            return
        left = [field for field in self._gaps() if _ORDER[field] > _ORDER[name]]
        if left:
            self._view.focus(left[0])
        else:
            self.next()

    def repeat(self, name: str) -> None:
        """Write into a field what the record before has there, and go on."""
        self._editing.take_before(name)
        self.pass_gap(name)

    def next(self) -> None:
        """Go to the next record."""
        if self._editing.may_leave():
            self._editing.remember()
            if self._gaps():
                self._skipped += 1
            else:
                self._filled += 1
            self._go(self._place + 1)

    def skip(self) -> None:
        """Leave the record as it is and go to the next."""
        if self._editing.may_leave():
            self._skipped += 1
            self._go(self._place + 1)

    def _gaps(self) -> tuple[str, ...]:
        values, vocabulary = self._editing.values, self._vocabulary
        return fields_of(self._gap, values, vocabulary.missing(values)) if vocabulary is not None else ()

    def _begun(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._go(self._place)

    def _go(self, place: int) -> None:
        self._place = place
        if place >= len(self._ids):
            self._end()
            return
        member, member_id = self._sources.member, self._ids[place]
        self._view.rest()
        self._jobs.submit(lambda: member(member_id), done=self._arrived, failed=self._not_there)

    def _arrived(self, member: MemberDetail) -> None:
        assert self._vocabulary is not None, "the walk has begun"
        gaps = fields_of(self._gap, member.values, self._vocabulary.missing(member.values))
        if self._gap in FILLABLE and not gaps:  # somebody filled it in since the list was read
            self._go(self._place + 1)
            return
        self._editing.edit(member, self._vocabulary)
        self._view.show_walk(f"{self._place + 1}/{len(self._ids)}", GAP_LABELS[self._gap])
        if gaps:
            self._view.focus(gaps[0])

    def _not_there(self, error: Exception) -> None:
        if isinstance(error, YumError) and error.code == "member.unknown":
            self._go(self._place + 1)
        else:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        self._trouble(told(error))

    def _end(self) -> None:
        words = QCoreApplication.translate("cleaning", "Hết danh sách: {0} hồ sơ đã xong, {1} hồ sơ còn để lại")
        self._ended(words.format(self._filled, self._skipped))
