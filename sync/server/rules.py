"""What the application adds to replication on the server: permissions, checks and effects."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sync.core.squash import Op
from sync.protocol.kinds import Values
from sync.protocol.messages import Change
from sync.server.records import Actor, Tx


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a change is not accepted.

    Attributes:
        code: Stable name.
        field: The field to blame, if one is.
        text: The reason for people.
        link: Id of the record that stands in the way, only if the actor may know it.
    """

    code: str
    field: str = ""
    text: str = ""
    link: bytes = b""


@dataclass(frozen=True, slots=True)
class Effect:
    """A change the server makes because of another one.

    Attributes:
        kind: Name of the kind.
        record_id: The record.
        op: ``create`` with all values, ``edit``, or ``delete``. Creating a record that exists does nothing.
        values: New values.
        reason: For the history.
    """

    kind: str
    record_id: bytes
    op: Op
    values: Values = field(default_factory=dict)
    reason: str = ""


class Rules(Protocol):
    """The application's say in what devices push. Everything runs inside the transaction of the push.

    Others write in other shards meanwhile. A check that looks there holds what it looks for by name (`Tx.hold`).
    """

    def names(self, change: Change) -> Iterable[str]:
        """Return the names that the checks of a change will hold: they are taken before, and in one order."""

    def check(
        self, tx: Tx, actor: Actor, change: Change, before: Values | None, after: Values | None
    ) -> Refusal | None:
        """Return why the change must not be stored, or nothing.

        Args:
            tx: Read what you need.
            actor: Who asks; scope and permission to write are checked already.
            change: As it came.
            before: The record before; ``None`` for a creation.
            after: The record as it would be; ``None`` for a removal.
        """

    def effects(
        self, tx: Tx, actor: Actor, change: Change, before: Values | None, after: Values | None
    ) -> Sequence[Effect]:
        """Return what else happens when the change is stored. Stored with it, or not at all."""

    def gone(self, tx: Tx, actor: Actor, change: Change) -> Refusal | None:
        """Return what more there is to say about an edit of a record that was removed, or nothing.

        The actor may know that the record existed.
        """

    def refused(self, tx: Tx, actor: Actor, change: Change, code: str) -> Sequence[Effect]:
        """Return what happens when the change is not stored, such as a word to somebody else. Asked once a change."""


class NoRules:
    """An application without rules of its own."""

    def names(self, change: Change) -> Iterable[str]:
        """Hold nothing."""
        del change
        return ()

    def check(
        self, tx: Tx, actor: Actor, change: Change, before: Values | None, after: Values | None
    ) -> Refusal | None:
        """Accept everything."""
        del tx, actor, change, before, after
        return None

    def effects(
        self, tx: Tx, actor: Actor, change: Change, before: Values | None, after: Values | None
    ) -> Sequence[Effect]:
        """Do nothing more."""
        del tx, actor, change, before, after
        return ()

    def gone(self, tx: Tx, actor: Actor, change: Change) -> Refusal | None:
        """Say nothing more."""
        del tx, actor, change
        return None

    def refused(self, tx: Tx, actor: Actor, change: Change, code: str) -> Sequence[Effect]:
        """Do nothing."""
        del tx, actor, change, code
        return ()
