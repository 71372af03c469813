"""Pending edits on one record become one change: created, edited, deleted in whatever order."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sync.protocol.kinds import Value, Values


class Op(StrEnum):
    """What a change does to its record."""

    CREATE = "create"
    EDIT = "edit"
    DELETE = "delete"


@dataclass(slots=True)
class Line:
    """A change that waits: the outbox line of one record.

    Attributes:
        op: What it does.
        patch: New values; for a creation everything known.
        base: What stood in the record before, as last agreed with the server.
        base_revs: Revision each base value belongs to. ``-1``: it is the value of this device's own change that
            is still travelling, known when its answer arrives.
    """

    op: Op
    patch: Values = field(default_factory=dict)
    base: Values = field(default_factory=dict)
    base_revs: dict[str, int] = field(default_factory=dict)


TRAVELLING = -1


def edited(
    line: Line | None, changes: dict[str, Value], before: Values, revs: Mapping[str, int], travelling: Values
) -> Line | None:
    """Fold an edit into the pending line of its record.

    Args:
        line: What already waits for this record, if anything.
        changes: Field to new value; every value differs from what stands in the record now.
        before: What stands in the record now, for the fields of `changes`.
        revs: Revision of what stands there, as last received, for the fields of `changes`.
        travelling: Values of the change that is on the wire for this record, if any.

    Returns:
        The new line, or nothing when the edits cancel out.
    """
    if line is None:
        line = Line(Op.EDIT)
    assert line.op is not Op.DELETE, "a record that waits for its removal is not edited"
    result = replace(line, patch=dict(line.patch), base=dict(line.base), base_revs=dict(line.base_revs))
    for name, value in changes.items():
        if result.op is Op.CREATE:
            _set_or_drop(result.patch, name, value)
            continue
        if name not in result.base:
            result.base[name] = before.get(name)
            result.base_revs[name] = TRAVELLING if name in travelling else revs[name]
        if result.base[name] == value:
            for part in (result.patch, result.base, result.base_revs):
                part.pop(name, None)
        else:
            result.patch[name] = value
    return result if result.patch or result.op is Op.CREATE else None


def _set_or_drop(patch: Values, name: str, value: Value) -> None:
    if value is None:
        patch.pop(name, None)
    else:
        patch[name] = value


def deleted(line: Line | None, before: Values, revs: Mapping[str, int], travelling: frozenset[str]) -> Line | None:
    """Fold a removal into the pending line; nothing is left when the record was never sent.

    `before` is the record as it stands, and `revs` the revision of each of its fields.
    """
    if line is not None and line.op is Op.CREATE:
        return None
    base = dict(before)
    if line is not None:
        base.update(line.base)
    based = dict(revs) if line is None else {**revs, **line.base_revs}
    based.update(dict.fromkeys(travelling & set(based), TRAVELLING))
    return Line(Op.DELETE, base=base, base_revs=based)


def restored(line: Line, values: Values) -> Line | None:
    """Fold a re-creation into an unsent removal: what differs from the agreed version is an edit."""
    assert line.op is Op.DELETE, "only a removal is taken back"
    patch = {name: values.get(name) for name in {*line.base, *values} if values.get(name) != line.base.get(name)}
    if not patch:
        return None
    rev = max(line.base_revs.values(), default=0)
    return Line(
        Op.EDIT,
        patch=patch,
        base={name: line.base.get(name) for name in patch},
        base_revs={name: line.base_revs.get(name, rev) for name in patch},
    )


def answered(line: Line, sent: Line, *, accepted: bool, rev: int, lost: frozenset[str]) -> Line:
    """Rebase what waits on the answer to the change that travelled before it.

    Args:
        line: The line that waits.
        sent: The line that was answered.
        accepted: It was stored (perhaps with some fields left to a person).
        rev: The record's revision afterwards.
        lost: Fields of `sent` whose value did not become the server's.
    """
    base, revs = dict(line.base), dict(line.base_revs)
    for name, known in line.base_revs.items():
        if known != TRAVELLING:
            continue
        if accepted and name not in lost:
            revs[name] = rev
        else:
            base[name] = sent.base.get(name)
            revs[name] = sent.base_revs.get(name, 0)
    return replace(line, base=base, base_revs=revs)
