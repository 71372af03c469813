"""Which value is chosen for each field of a conflict: plain Python."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from sync.protocol.kinds import Value
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.labels import field_label
from yum_desktop.registry.views import ConflictField, ConflictRow
from yum_desktop.ui.formats import NONE
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.presenter import told
from yum_desktop.ui.members.vocabulary import Vocabulary

OPEN = "open"


class Side(StrEnum):
    """Where a chosen value comes from."""

    BASE = "base"
    MINE = "mine"
    THEIRS = "theirs"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen for one field.

    Attributes:
        side: Where the value comes from.
        value: The value.
    """

    side: Side
    value: Value


@dataclass(frozen=True, slots=True)
class ConflictSources:
    """Where conflicts come from and go to. All of it runs on the database lane.

    Attributes:
        conflicts: All conflicts, the settled ones too.
        account: The account of this device.
        values: The record a conflict is about, by field, as this device has it; kind and id.
        vocabulary: How values read and are typed.
        settle: Settles a conflict: field to the chosen side or value. The next sync brings it to the server.
    """

    conflicts: Callable[[], Sequence[ConflictRow]]
    account: Callable[[], str]
    values: Callable[[str, UUID], Mapping[str, Value]]
    vocabulary: Callable[[], Vocabulary]
    settle: Callable[[UUID, Mapping[str, Choice]], None]


@dataclass(frozen=True, slots=True)
class Pair:
    """One conflict as the page shows it.

    Attributes:
        row: The conflict.
        left: The side of this account, shown first (key 1).
        right: The other side (key 2).
        own: Whether the left side is of this account.
        merged: Label and text of what merged by itself.
        vocabulary: How values read.
    """

    row: ConflictRow
    left: Side
    right: Side
    own: bool
    merged: tuple[tuple[str, str], ...]
    vocabulary: Vocabulary

    def text(self, field: str, value: Value) -> str:
        """Return how a value of a field reads. Numbers are open: a person must compare them."""
        if self.row.kind == "member":
            return self.vocabulary.shown(field, value, open_numbers=True)
        return NONE if value is None else str(value)


class ConflictView(Protocol):
    """What the presenter needs of the screen."""

    def show_lists(self, waiting: Sequence[ConflictRow], settled: Sequence[ConflictRow], chosen: UUID | None) -> None:
        """Show what waits for a choice, and what was chosen before."""

    def show_conflict(self, pair: Pair) -> None:
        """Show the fields with all versions."""

    def hide_conflict(self) -> None:
        """Show that nothing is left to choose."""

    def show_choices(self, choices: Mapping[str, Choice], *, left: int) -> None:
        """Show what is chosen so far, and how many fields are not."""

    def show_trouble(self, text: str) -> None:
        """Show what could not be done; an empty text takes it away."""

    def show_field_trouble(self, field: str, text: str) -> None:
        """Show why a typed value cannot stand."""


class ConflictPresenter:
    """One conflict at a time. What was chosen and not settled is kept for the session.

    Args:
        settled: Told when one is settled, and how many wait after it.
    """

    def __init__(
        self, view: ConflictView, jobs: Jobs, sources: ConflictSources, *, settled: Callable[[str, int], None]
    ) -> None:
        self._view, self._jobs, self._sources, self._settled = view, jobs, sources, settled
        self._pair: Pair | None = None
        self._wanted: UUID | None = None
        self._rows: Sequence[ConflictRow] = ()
        self._kept: dict[UUID, dict[str, Choice]] = {}

    @property
    def choices(self) -> Mapping[str, Choice]:
        """What is chosen so far."""
        return self._kept.get(self._pair.row.conflict_id, {}) if self._pair is not None else {}

    @property
    def looked_at(self) -> ConflictRow | None:
        """The conflict that is shown."""
        return self._pair.row if self._pair is not None else None

    def open(self, conflict_id: UUID | None) -> None:
        """Show a conflict; the first that waits when none is named. What was chosen for it before is still there."""
        self._wanted = conflict_id
        self.refresh()

    def refresh(self) -> None:
        """Read the conflicts again."""
        sources = self._sources
        self._jobs.submit(lambda: _read(sources), done=lambda found: self._arrived(*found), failed=self._failed)

    def choose(self, field: str, side: Side) -> None:
        """Take the value of one side for a field."""
        found = self._field(field)
        if found is not None and side is not Side.OWN:
            self._put({field: Choice(side, getattr(found, side))})

    def choose_all(self, side: Side) -> None:
        """Take one side for all fields but those that identify a person: they are chosen one by one."""
        fields = self._pair.row.fields if self._pair is not None else ()
        self._put({f.field: Choice(side, getattr(f, side)) for f in fields if not f.identifies})

    def type_own(self, field: str, text: str) -> None:
        """Take a value that neither of the two had."""
        pair = self._pair
        if pair is None or self._field(field) is None:
            return
        if pair.row.kind != "member":
            self._put({field: Choice(Side.OWN, text.strip() or None)})
            return
        values = {found.field: found.theirs for found in pair.row.fields}
        try:
            value = pair.vocabulary.parse(field, text, values)
        except InputError as error:
            self._view.show_field_trouble(field, told(error))
            return
        self._view.show_field_trouble(field, "")
        self._put({field: Choice(Side.OWN, value)})

    def settle(self) -> None:
        """Settle it with what is chosen; says what is missing otherwise."""
        row = self.looked_at
        if row is None:
            return
        if self._left():
            words = QCoreApplication.translate("conflict", "Còn {0} mục chưa chọn")
            self._view.show_trouble(words.format(self._left()))
            return
        choices, settle = dict(self.choices), self._sources.settle
        self._jobs.submit(
            lambda: settle(row.conflict_id, choices), done=lambda _: self._is_settled(row), failed=self._failed
        )

    def _is_settled(self, row: ConflictRow) -> None:
        self._kept.pop(row.conflict_id, None)
        waiting = [other for other in self._rows if other.status == OPEN and other.conflict_id != row.conflict_id]
        self._settled(row.title, len(waiting))
        self.open(None)

    def _put(self, choices: Mapping[str, Choice]) -> None:
        if self._pair is not None and choices and self._pair.row.status == OPEN:
            self._kept.setdefault(self._pair.row.conflict_id, {}).update(choices)
            self._show()

    def _show(self) -> None:
        self._view.show_trouble("")
        self._view.show_choices(self.choices, left=self._left())

    def _left(self) -> int:
        return 0 if self._pair is None else len(self._pair.row.fields) - len(self.choices)

    def _field(self, name: str) -> ConflictField | None:
        fields = self._pair.row.fields if self._pair is not None else ()
        return next((field for field in fields if field.field == name), None)

    def _arrived(self, rows: Sequence[ConflictRow], account: str, vocabulary: Vocabulary) -> None:
        self._rows = rows
        waiting = [row for row in rows if row.status == OPEN]
        chosen = next((row for row in rows if row.conflict_id == self._wanted), None)
        if chosen is None:
            chosen = waiting[0] if waiting else None
        self._wanted = chosen.conflict_id if chosen is not None else None
        settled = [row for row in rows if row.status != OPEN]
        settled.sort(key=lambda row: row.settled_at or row.mine_at, reverse=True)
        self._view.show_lists(waiting, settled, self._wanted)
        if chosen is None:
            self._pair = None
            self._view.hide_conflict()
            return
        row, values = chosen, self._sources.values
        self._jobs.submit(
            lambda: values(row.kind, row.record_id) if row.merged else {},
            done=lambda found: self._complete(row, account, vocabulary, found),
            failed=lambda _: self._complete(row, account, vocabulary, {}),  # deleted meanwhile: the choice stands
        )

    def _complete(self, row: ConflictRow, account: str, vocabulary: Vocabulary, values: Mapping[str, Value]) -> None:
        if row.conflict_id != self._wanted:
            return
        self._pair = pair_of(row, account, vocabulary, values)
        self._drop_stale(row)
        self._view.show_conflict(self._pair)
        self._view.show_choices(self.choices, left=self._left())

    def _drop_stale(self, row: ConflictRow) -> None:
        """Forget what was chosen for a field whose versions changed meanwhile."""
        kept = self._kept.get(row.conflict_id, {})
        fields = {field.field: field for field in row.fields}
        for name in list(kept):
            choice, field = kept[name], fields.get(name)
            if field is None or (choice.side is not Side.OWN and getattr(field, choice.side) != choice.value):
                del kept[name]

    def _failed(self, error: Exception) -> None:
        self._view.show_trouble(told(error))


def pair_of(row: ConflictRow, account: str, vocabulary: Vocabulary, values: Mapping[str, Value]) -> Pair:
    """Return a conflict seen by an account: its own version stands first."""
    swapped = row.theirs_account == account != row.mine_account
    left, right = (Side.THEIRS, Side.MINE) if swapped else (Side.MINE, Side.THEIRS)
    own = account in (row.mine_account, row.theirs_account)
    merged = []
    for name in row.merged:
        known = row.kind == "member" and name in values
        merged.append((field_label(row.kind, name), vocabulary.shown(name, values[name]) if known else ""))
    return Pair(row, left, right, own, tuple(merged), vocabulary)


def _read(sources: ConflictSources) -> tuple[Sequence[ConflictRow], str, Vocabulary]:
    return sources.conflicts(), sources.account(), sources.vocabulary()
