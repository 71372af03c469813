"""Which members are shown, and when: plain Python."""

import logging
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from sync.protocol.kinds import Value
from yum_desktop.domain.errors import YumError
from yum_desktop.registry.views import HistoryRow, MemberDetail, MemberList, MemberRow, UnitRow
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.likeness import Hints
from yum_desktop.ui.members.vocabulary import Vocabulary

log = logging.getLogger(__name__)
T = TypeVar("T")


def told(error: Exception) -> str:
    """Return what a person reads about an error."""
    if isinstance(error, YumError):
        return error.text
    log.error("unexpected error", exc_info=error)
    return QCoreApplication.translate("members", "Có lỗi lạ, dữ liệu vẫn còn")


PART: Final = 1_000
"""Rows read at a time once the first ones are shown."""

NUMBERS: Final = ("id_number", "old_id_number")


def _not_noted(error: Exception) -> None:
    log.error("that numbers were seen was not noted", exc_info=error)


@dataclass(frozen=True, slots=True)
class MemberSources:
    """Where members come from and go to. All of it runs on the database lane.

    Attributes:
        units: The tree, parents before children.
        rows: Members of a subtree (`None`: everything) that hold all words of a text: the first ones.
        more: The next ones, for a part of `MemberList.rest`.
        member: One member with every field.
        history: Who changed what of a member, newest first.
        vocabulary: Lists, places and checks for the form.
        add: Makes a member in a unit; returns its id and the id under which this can be undone.
        put: Sets fields of a member; returns the id under which this can be undone.
        delete: Removes a member; returns the id under which this can be undone.
        like: What resembles a record that is being typed; nothing where nobody compares.
        report: Reports that a place is missing: the text, the province if known, the unit if known.
        viewed: Told that the numbers of a member were seen in full, and where; nothing where nobody notes it.
    """

    units: Callable[[], Sequence[UnitRow]]
    rows: Callable[[UUID | None, str], MemberList]
    member: Callable[[UUID], MemberDetail]
    history: Callable[[UUID], Sequence[HistoryRow]]
    vocabulary: Callable[[], Vocabulary]
    add: Callable[[UUID, Mapping[str, Value]], tuple[UUID, str]]
    put: Callable[[UUID, Mapping[str, Value]], str]
    delete: Callable[[UUID], str]
    more: Callable[[Sequence[int]], Sequence[MemberRow]] = lambda _rest: ()
    like: Callable[[Mapping[str, Value], UUID | None], Hints] | None = None
    viewed: Callable[[UUID, str], None] | None = None
    report: Callable[[str, str | None, UUID | None], object] | None = None

    def note_view(self, jobs: Jobs, member: MemberDetail, where: str) -> None:
        """Have it noted that the numbers of a member are seen in full, if it has any."""
        viewed, member_id = self.viewed, member.member_id
        if viewed is not None and any(member.values.get(name) for name in NUMBERS):
            jobs.submit(lambda: viewed(member_id, where), done=lambda _: None, failed=_not_noted)


@dataclass(frozen=True, slots=True)
class Detail:
    """What the panel beside the table shows."""

    member: MemberDetail
    history: Sequence[HistoryRow]


class MembersView(Protocol):
    """What the presenter needs of the screen."""

    def show_units(self, units: Sequence[UnitRow], chosen: UUID | None) -> None:
        """Show the tree."""

    def show_rows(self, rows: Sequence[MemberRow], *, unit_name: str, chosen: UUID | None, total: int) -> None:
        """Show the beginning of the table, or all of it, and how many it holds."""

    def add_rows(self, rows: Sequence[MemberRow], *, chosen: UUID | None, last: bool) -> None:
        """Add the next rows of the table."""

    def show_empty(self, *, searching: bool) -> None:
        """Show why there is nothing: a search that finds nobody, or a unit without members."""

    def show_busy(self, *, busy: bool) -> None:
        """Show that an answer is on its way."""

    def show_detail(self, detail: Detail, vocabulary: Vocabulary) -> None:
        """Show one member beside the table."""

    def hide_detail(self) -> None:
        """Show no member."""

    def show_trouble(self, text: str) -> None:
        """Show what could not be done; an empty text takes it away."""


class MembersPresenter:
    """The list of members of the chosen unit, and the one that is looked at.

    Args:
        did: Told of what was done and the id under which it can be undone.
        edit: Opens the form for a member; the vocabulary is ready.
        begin: Opens the form for a new member of a unit.
        open_conflict: Goes to where two versions are chosen from.
    """

    def __init__(
        self,
        view: MembersView,
        jobs: Jobs,
        sources: MemberSources,
        *,
        did: Callable[[str, str], None],
        edit: Callable[[MemberDetail, Vocabulary], None],
        begin: Callable[[UUID | None, Vocabulary], None],
        open_conflict: Callable[[UUID], None],
    ) -> None:
        self._view, self._jobs, self._sources = view, jobs, sources
        self._did, self._edit, self._begin, self._open_conflict = did, edit, begin, open_conflict
        self._units: Sequence[UnitRow] = ()
        self._vocabulary: Vocabulary | None = None
        self._unit: UUID | None = None
        self._text = ""
        self._asked = 0
        self._wanted: UUID | None = None
        self._detail: Detail | None = None
        self._started = False
        self._opening: tuple[UUID, Callable[[], object]] | None = None
        self._waiting: set[Hashable] = set()
        self._adding = False

    @property
    def unit_id(self) -> UUID | None:
        """The chosen unit; `None` for everything."""
        return self._unit

    @property
    def about(self) -> str:
        """What people call the list: its unit, and what was searched for."""
        name = next((unit.name for unit in self._units if unit.unit_id == self._unit), "")
        if not self._text:
            return name
        words = QCoreApplication.translate("members", "tìm “{0}”").format(self._text)
        return f"{name}, {words}" if name else words

    @property
    def looked_at(self) -> UUID | None:
        """The member beside the table."""
        return self._wanted

    def refresh(self) -> None:
        """Read tree, table and the member looked at again."""
        self._ask_rows()
        self._ask_units()
        self._once("vocabulary", self._sources.vocabulary, self._vocabulary_arrived)
        if self._wanted is not None:
            self._ask_detail(self._wanted)

    def choose_unit(self, unit_id: UUID | None) -> None:
        """Show the members of a unit and of all below it."""
        if unit_id != self._unit:
            self._unit = unit_id
            self._ask_rows()

    def search(self, text: str) -> None:
        """Show those who hold all words of `text`; marks do not matter."""
        if text.strip() != self._text:
            self._text = text.strip()
            self._ask_rows()

    def look_at(self, member_id: UUID | None) -> None:
        """Show a member beside the table, or nobody."""
        self._wanted = member_id
        if member_id is None:
            self._detail = None
            self._view.hide_detail()
        else:
            self._ask_detail(member_id)

    def show_member(self, member_id: UUID) -> None:
        """Come from elsewhere to one member: the whole list, with this one chosen."""
        self._text, self._unit, self._wanted = "", None, member_id
        self.refresh()

    def show_unit(self, unit_id: UUID) -> None:
        """Come from elsewhere to the members of a unit."""
        self._text, self._unit = "", unit_id
        self.look_at(None)
        self.refresh()

    def open_form(self) -> None:
        """Edit the member that is looked at."""
        if self._detail is not None and self._vocabulary is not None:
            self._edit(self._detail.member, self._vocabulary)

    def edit_member(self, member_id: UUID, then: Callable[[], object]) -> None:
        """Come from elsewhere straight to the form of a member; `then` follows when it is open."""
        self.look_at(None)
        self._opening = (member_id, then)
        self.show_member(member_id)

    def add(self) -> None:
        """Enter a new member of the chosen unit."""
        if self._vocabulary is None:
            self._adding = True  # the lists are on their way: the form follows them
            return
        unit = next((unit for unit in self._units if unit.unit_id == self._unit), None)
        chapter = unit is not None and not any(other.parent_id == unit.unit_id for other in self._units)
        self._begin(self._unit if chapter else None, self._vocabulary)

    def delete(self) -> None:
        """Remove the member that is looked at; it can be undone."""
        if self._detail is None:
            return
        member = self._detail.member
        name = str(member.values.get("full_name") or "")
        member_id, remove = member.member_id, self._sources.delete
        self._jobs.submit(lambda: remove(member_id), done=lambda group: self._deleted(name, group), failed=self._failed)

    def note_numbers(self) -> None:
        """The numbers of the member that is looked at are shown in full."""
        if self._detail is not None:
            self._sources.note_view(self._jobs, self._detail.member, "detail")

    def choose_version(self) -> None:
        """Go and settle the first conflict of the member that is looked at."""
        if self._detail is not None and self._detail.member.conflicts:
            self._open_conflict(self._detail.member.conflicts[0])

    def _ask_units(self) -> None:
        self._once("units", self._sources.units, self._units_arrived)

    def _once(self, question: Hashable, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Ask, unless the same question waits already: it will be answered by what is true then."""
        if question in self._waiting:
            return
        waiting = self._waiting
        waiting.add(question)

        def begun() -> T:
            waiting.discard(question)
            return work()

        self._jobs.submit(begun, done=done, failed=self._failed)

    def _ask_rows(self) -> None:
        unit, text, read = self._unit, self._text, self._sources.rows
        question = ("rows", unit, text)
        if question in self._waiting:
            return
        self._asked += 1
        number = self._asked
        self._view.show_busy(busy=True)
        self._once(question, lambda: read(unit, text), lambda found: self._rows_arrived(number, (unit, text), found))

    def _rows_arrived(self, number: int, question: tuple[UUID | None, str], found: MemberList) -> None:
        if question != (self._unit, self._text):  # an answer to a question no longer asked is dropped
            return
        self._view.show_busy(busy=number != self._asked)
        self._view.show_trouble("")
        name = next((unit.name for unit in self._units if unit.unit_id == self._unit), "")
        self._view.show_rows(found.rows, unit_name=name, chosen=self._wanted, total=found.total)
        if not found.total:
            self._view.show_empty(searching=bool(self._text))
        self._ask_more(number, found.rest)

    def _ask_more(self, number: int, rest: Sequence[int]) -> None:
        """Read on, a part at a time: what is asked for meanwhile does not wait for all of it."""
        if not rest or number != self._asked:
            return
        part, more = rest[:PART], self._sources.more
        self._jobs.submit(
            lambda: more(part),
            done=lambda rows: self._more_arrived(number, rows, rest[PART:]),
            failed=self._failed,
        )

    def _more_arrived(self, number: int, rows: Sequence[MemberRow], rest: Sequence[int]) -> None:
        if number == self._asked:  # else another list has taken its place
            self._view.add_rows(rows, chosen=self._wanted, last=not rest)
            self._ask_more(number, rest)

    def _units_arrived(self, units: Sequence[UnitRow]) -> None:
        self._units = units
        if not self._started and units:
            self._started = True
            own = next((unit for unit in units if not unit.readable_only), units[0])
            if self._unit is None and self._wanted is None:
                self._unit = own.unit_id
                self._ask_rows()
        self._view.show_units(units, self._unit)

    def _vocabulary_arrived(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        if self._adding:
            self._adding = False
            self.add()

    def _ask_detail(self, member_id: UUID) -> None:
        member, history = self._sources.member, self._sources.history
        self._jobs.submit(
            lambda: Detail(member(member_id), history(member_id)),
            done=lambda detail: self._detail_arrived(member_id, detail),
            failed=lambda error: self._detail_failed(member_id, error),
        )

    def _detail_arrived(self, member_id: UUID, detail: Detail) -> None:
        if member_id == self._wanted and self._vocabulary is not None:
            self._detail = detail
            self._view.show_detail(detail, self._vocabulary)
            if self._opening is not None and self._opening[0] == member_id:
                then, self._opening = self._opening[1], None
                self.open_form()
                then()

    def _detail_failed(self, member_id: UUID, error: Exception) -> None:
        if member_id == self._wanted:
            self._wanted, self._detail = None, None
            self._view.hide_detail()
            if not isinstance(error, YumError) or error.code != "member.unknown":
                self._failed(error)

    def _deleted(self, name: str, group: str) -> None:
        self.look_at(None)
        self._did(QCoreApplication.translate("members", "Đã xóa tên {0}").format(name), group)
        self.refresh()

    def _failed(self, error: Exception) -> None:
        self._view.show_busy(busy=False)
        self._view.show_trouble(told(error))
