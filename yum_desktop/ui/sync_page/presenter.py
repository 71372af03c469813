"""Which list of the sync page is shown, and what can be done with a line: plain Python."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from sync.protocol.kinds import Value
from yum_desktop.domain.errors import InputError
from yum_desktop.registry.activity import ActivityRow
from yum_desktop.registry.views import ConflictRow, HandoverRow, PendingRow, SyncState
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.presenter import told
from yum_desktop.ui.members.vocabulary import Vocabulary

MERGED: Final = "member.merged"
"""The code of an edit whose record was merged into another one."""


class Tab(StrEnum):
    """A list of the page."""

    PENDING = "pending"
    REFUSED = "refused"
    CONFLICTS = "conflicts"
    RECEIVED = "received"
    HANDED = "handed"
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class SyncSources:
    """Where the lists come from. All of it runs on the database lane.

    Attributes:
        pending: Changes of this device that wait, travel or were refused.
        conflicts: Open conflicts.
        recent: The last changes that this device knows of.
        case_of_step: The case that a step belongs to.
        retry: Sends a refused change again with the next sync.
        discard: Gives a refused change up.
        redirect: Writes a refused edit into the record that its own was merged into.
        received: Work of others that waits for a decision here.
        handed: Own work that went to another unit.
        vocabulary: How values read and are typed.
        accept: Takes work over, some values replaced.
        give_back: Returns work with a reason.
        put_away: Shows own work no more.
    """

    pending: Callable[[], Sequence[PendingRow]]
    conflicts: Callable[[], Sequence[ConflictRow]]
    recent: Callable[[], Sequence[ActivityRow]]
    case_of_step: Callable[[UUID], UUID | None]
    retry: Callable[[UUID], None]
    discard: Callable[[UUID], None]
    redirect: Callable[[UUID], object]
    received: Callable[[], Sequence[HandoverRow]]
    handed: Callable[[], Sequence[HandoverRow]]
    vocabulary: Callable[[], Vocabulary]
    accept: Callable[[UUID, Mapping[str, Value]], None]
    give_back: Callable[[UUID, str], None]
    put_away: Callable[[UUID], None]


@dataclass(frozen=True, slots=True)
class Lists:
    """Everything the page shows."""

    pending: Sequence[PendingRow] = ()
    refused: Sequence[PendingRow] = ()
    conflicts: Sequence[ConflictRow] = ()
    history: Sequence[ActivityRow] = ()
    received: Sequence[HandoverRow] = ()
    handed: Sequence[HandoverRow] = ()

    def rows(self, tab: Tab) -> Sequence[object]:
        """Return the lines of one list."""
        found: Sequence[object] = getattr(self, tab.value)
        return found


class SyncView(Protocol):
    """What the presenter needs of the screen."""

    def show_lists(self, lists: Lists) -> None:
        """Show all lists and their counts."""

    def show_tab(self, tab: Tab) -> None:
        """Bring one list to the front."""

    def show_state(self, state: SyncState) -> None:
        """Show connection, progress and the last exchange."""

    def show_trouble(self, text: str) -> None:
        """Show what could not be done; an empty text takes it away."""

    def show_handover(self, row: HandoverRow, vocabulary: Vocabulary) -> None:
        """Show work that was handed over, over the page."""

    def show_handover_trouble(self, field: str, text: str) -> None:
        """Show why it could not be decided so; no field: it is about the whole."""

    def close_handover(self) -> None:
        """Take it away."""


_HANDOVER: Final = "handover"
_STEP: Final = "case_step"


class SyncPresenter:
    """Reads the lists and carries out what is done with their lines.

    Args:
        open_record: Goes to the field of a record: kind, id, field.
        open_conflict: Goes to where two versions are chosen from.
        changed: Told when what waits has changed.
    """

    def __init__(
        self,
        view: SyncView,
        jobs: Jobs,
        sources: SyncSources,
        *,
        open_record: Callable[[str, UUID, str | None], None],
        open_conflict: Callable[[UUID], None],
        changed: Callable[[], None],
    ) -> None:
        self._view, self._jobs, self._sources = view, jobs, sources
        self._open_record, self._open_conflict, self._changed = open_record, open_conflict, changed
        self._lists = Lists()
        self._came = False

    @property
    def lists(self) -> Lists:
        """What is shown."""
        return self._lists

    def refresh(self) -> None:
        """Read the lists again."""
        sources = self._sources
        self._jobs.submit(lambda: _read(sources), done=self._arrived, failed=self._failed)

    def show(self, tab: Tab) -> None:
        """Come from elsewhere to one list."""
        self._came = True
        self._view.show_tab(tab)
        self.refresh()

    def show_state(self, state: SyncState) -> None:
        """Show connection, progress and the last exchange."""
        self._view.show_state(state)

    def open_line(self, tab: Tab, place: int) -> None:
        """Go to the record of a line, at the field that is to blame."""
        rows = self._lists.rows(tab)
        row = rows[place] if 0 <= place < len(rows) else None
        if isinstance(row, ConflictRow):
            self._open_conflict(row.conflict_id)
        elif isinstance(row, HandoverRow):
            self._jobs.submit(
                self._sources.vocabulary, done=lambda known: self._view.show_handover(row, known), failed=self._failed
            )
        elif isinstance(row, PendingRow):
            field = row.field or (row.fields[0] if row.fields and row.operation == "edit" else None)
            merged = row.link if row.code == MERGED else None
            self._go(row.kind, merged or row.record_id, field)
        elif isinstance(row, ActivityRow) and row.operation != "delete":
            self._go(row.kind, row.record_id, None)

    def retry(self, place: int) -> None:
        """Send a refused change again; one whose record was merged meanwhile goes into the record that stays."""
        row = self._lists.refused[place]
        self._act(self._sources.redirect if row.code == MERGED else self._sources.retry, row.change_id)

    def discard(self, place: int) -> None:
        """Give a refused change up; what was typed stays in the history of the record."""
        self._act(self._sources.discard, self._lists.refused[place].change_id)

    def accept(self, place: int) -> None:
        """Take work over as it was written."""
        accept = self._sources.accept
        self._act(lambda handover_id: accept(handover_id, {}), self._lists.received[place].handover_id)

    def accept_with(self, row: HandoverRow, texts: Mapping[str, str], vocabulary: Vocabulary) -> None:
        """Take work over with what was typed over its values."""
        known = {field.field: field.value for field in row.fields}
        values: dict[str, Value] = {}
        for name, text in texts.items():
            try:
                values[name] = vocabulary.parse(name, text, known)
            except InputError as error:
                self._view.show_handover_trouble(name, told(error))
                return
        accept = self._sources.accept
        self._decide(lambda: accept(row.handover_id, values))

    def give_back(self, row: HandoverRow, why: str) -> None:
        """Return work to its author."""
        give_back = self._sources.give_back
        self._decide(lambda: give_back(row.handover_id, why))

    def put_away(self, row: HandoverRow) -> None:
        """Show own work no more."""
        put_away = self._sources.put_away
        self._decide(lambda: put_away(row.handover_id))

    def _decide(self, act: Callable[[], None]) -> None:
        self._jobs.submit(act, done=lambda _: self._decided(), failed=self._not_decided)

    def _decided(self) -> None:
        self._view.close_handover()
        self._acted()

    def _not_decided(self, error: Exception) -> None:
        field = error.field if isinstance(error, InputError) else None
        self._view.show_handover_trouble(field or "", told(error))

    def _go(self, kind: str, record_id: UUID, field: str | None) -> None:
        if kind == _HANDOVER:
            self.show(Tab.RECEIVED)
            return
        if kind != _STEP:
            self._open_record(kind, record_id, field)
            return
        find = self._sources.case_of_step
        self._jobs.submit(lambda: find(record_id), done=self._go_to_case, failed=self._failed)

    def _go_to_case(self, case_id: UUID | None) -> None:
        if case_id is not None:
            self._open_record("case", case_id, None)

    def _act(self, act: Callable[[UUID], object], change_id: UUID) -> None:
        self._jobs.submit(lambda: act(change_id), done=lambda _: self._acted(), failed=self._failed)

    def _acted(self) -> None:
        self.refresh()
        self._changed()

    def _arrived(self, lists: Lists) -> None:
        self._lists = lists
        self._view.show_trouble("")
        self._view.show_lists(lists)
        if not self._came:
            self._came = True
            self._view.show_tab(first_tab(lists))

    def _failed(self, error: Exception) -> None:
        self._view.show_trouble(told(error))


def first_tab(lists: Lists) -> Tab:
    """Return the list to begin with: what needs a person comes before what goes by itself."""
    return next(
        (tab for tab in (Tab.REFUSED, Tab.CONFLICTS, Tab.RECEIVED, Tab.PENDING) if lists.rows(tab)), Tab.HISTORY
    )


def _read(sources: SyncSources) -> Lists:
    rows = sources.pending()
    return Lists(
        tuple(row for row in rows if row.status != "refused"),
        tuple(row for row in rows if row.status == "refused"),
        tuple(sources.conflicts()),
        tuple(sources.recent()),
        tuple(sources.received()),
        tuple(sources.handed()),
    )
