"""What queries give: frozen values for screens, commands and files. No database object leaves this room."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sync.protocol.kinds import Value


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit of the tree. `members` counts its whole subtree, left out by those who left the Union."""

    unit_id: UUID
    parent_id: UUID | None
    level: str
    name: str
    short_name: str
    members: int
    depth: int
    readable_only: bool = False
    """True for the units above the account's own: shown for context, without records."""


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A line of the member table."""

    member_id: UUID
    unit_id: UUID
    unit_name: str
    full_name: str
    born_on: str | None
    sex: str | None
    id_number: str | None
    phone: str | None
    position: str | None
    status: str | None
    missing: tuple[str, ...]
    """Names of the fields a complete record still needs."""
    sort_key: bytes
    """Vietnamese order by given name."""
    state: str
    """``ok`` (on the server), ``wait`` (edits to send), ``bad`` (an edit refused), ``pick`` (a conflict is open)."""


@dataclass(frozen=True, slots=True)
class MemberList:
    """The beginning of a member table, and what finds the rest."""

    rows: Sequence[MemberRow]
    rest: Sequence[int] = ()
    """For `more_members`, in the order of the table."""

    @property
    def total(self) -> int:
        """How many rows the whole table has."""
        return len(self.rows) + len(self.rest)


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """Why an edit of a field was refused by the server."""

    code: str
    text: str
    value: Value
    """What was typed and not accepted."""


@dataclass(frozen=True, slots=True)
class MemberDetail:
    """One member with every field, as this device sees it."""

    member_id: UUID
    unit_id: UUID
    unit_name: str
    values: dict[str, Value]
    """By `MEMBER_FIELDS` names. `unit_id` is the 16 bytes of the unit's id."""
    waiting: frozenset[str]
    refused: dict[str, FieldProblem]
    conflicts: tuple[UUID, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One changed field: who, when, old and new."""

    field: str
    label: str
    old: Value
    new: Value
    account: str
    device: str
    at: datetime
    channel: str
    reason: str
    group_id: str | None
    merged: bool = False
    """It happened to a record that was merged into this one."""


@dataclass(frozen=True, slots=True)
class PendingRow:
    """A change of this device that waits, travels, or was refused."""

    change_id: UUID
    kind: str
    record_id: UUID
    operation: str
    """``create``, ``edit`` or ``delete``."""
    title: str
    unit_name: str
    fields: tuple[str, ...]
    status: str
    """``pending``, ``in_flight`` or ``refused``."""
    at: datetime
    code: str | None = None
    field: str | None = None
    text: str | None = None
    link: UUID | None = None
    """The record that stands in the way, or that took the place of this one."""


@dataclass(frozen=True, slots=True)
class ConflictField:
    """One field on which two people disagree."""

    field: str
    label: str
    base: Value
    mine: Value
    theirs: Value
    identifies: bool


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """Two versions of one record that a person must choose between. "Mine" is the version that arrived later."""

    conflict_id: UUID
    kind: str
    record_id: UUID
    title: str
    unit_name: str
    fields: tuple[ConflictField, ...]
    merged: tuple[str, ...]
    mine_account: str
    mine_device: str
    mine_at: datetime
    theirs_account: str
    theirs_device: str
    theirs_at: datetime
    status: str
    """``open``, ``deciding`` (settled here, not yet on the server) or ``settled``."""
    choice: dict[str, Value] = field(default_factory=dict)
    settled_by: str | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HandoverField:
    """One field of work that was handed over."""

    field: str
    label: str
    base: Value
    """What its author had seen."""
    value: Value
    """What its author wrote."""
    now: Value
    """What stands there by now; nothing for the author, whose device does not have the record."""


@dataclass(frozen=True, slots=True)
class HandoverRow:
    """Work on a record that has left its author's scope, as its receiver or its author sees it."""

    handover_id: UUID
    mine: bool
    """This account is the author; else it is the one who decides."""
    kind: str
    record_id: UUID
    operation: str
    """``create``, ``edit`` or ``delete``."""
    title: str
    from_name: str
    to_name: str
    fields: tuple[HandoverField, ...]
    account: str
    device: str
    at: datetime
    state: str
    """``waiting``, ``deciding`` (decided here, not yet on the server), ``accepted``, ``returned``, ``withdrawn``."""
    reason: str = ""
    """Why the author made the change."""
    why: str = ""
    """Why it was returned."""
    decided_by: str | None = None
    decided_at: datetime | None = None
    edited: bool = False
    """It was accepted with other values."""
    problem: FieldProblem | None = None
    """Why the server did not take the decision."""
    blamed: str | None = None
    """The field the problem is about."""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A line of the list of cases."""

    case_id: UUID
    procedure: str
    unit_id: UUID
    unit_name: str
    title: str
    state: str
    state_label: str
    updated_at: datetime
    waiting: bool
    """Has steps or edits that are not yet on the server."""
    refused: str | None
    """Why the last step was refused, if it was."""
    actions: tuple[str, ...]
    """What this device's account may do now."""


@dataclass(frozen=True, slots=True)
class CaseStep:
    """One step of a case, in the order taken."""

    action: str
    from_state: str
    to_state: str
    account: str
    at: datetime
    note: str
    waiting: bool


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """One case with its data and steps."""

    row: CaseRow
    data: dict[str, Value]
    steps: tuple[CaseStep, ...]
    path: tuple[tuple[str, str], ...]
    """The states in their normal order with their labels, for the step bar."""
    done: tuple[str, ...]
    returned_note: str | None
    member_id: UUID | None
    lacking: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """For each of the row's actions, the names of the data it still needs."""


@dataclass(frozen=True, slots=True)
class SyncState:
    """What the strip at the bottom shows."""

    account: str = ""
    unit_id: UUID | None = None
    unit_name: str = ""
    device_id: UUID | None = None
    device_name: str = ""
    server: str = ""
    last_sync: datetime | None = None
    pending: int = 0
    pending_since: datetime | None = None
    refused: int = 0
    conflicts: int = 0
    received: int = 0
    """Work handed over that waits for a decision here."""
    handed_over: int = 0
    """Own work handed over that nobody has decided about, or that was returned."""
    complete: bool = True
    """False while the first sync has not brought everything."""
    clock: str | None = None
    """Why this device's clock cannot be right: ``clock.wrong`` or ``clock.behind``."""
    online: bool | None = None
    busy: bool = False
    busy_rows: int = 0
    busy_rows_total: int = 0
    busy_bytes: int = 0
    error_code: str | None = None
    error_text: str | None = None
