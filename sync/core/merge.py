"""Three-way merge of one field and of one change: who wins, what merges, what a person must choose."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sync.protocol.kinds import Field, Kind, Merge, Value, Values


@dataclass(frozen=True, slots=True)
class Since:
    """What happened to one field on the server after the version that an edit is based on.

    Attributes:
        changed: Somebody changed it.
        base: The value both sides last agreed on.
        known: The history reaches back far enough to say so.
    """

    changed: bool
    base: Value = None
    known: bool = True


UNTOUCHED: Final = Since(changed=False)


@dataclass(frozen=True, slots=True)
class Clash:
    """One field that a person must choose."""

    name: str
    base: Value
    mine: Value
    theirs: Value
    identifies: bool


@dataclass(slots=True)
class Outcome:
    """The result of merging one change into the server's record.

    Attributes:
        take: Fields to write.
        clashes: Fields on which two people disagree; the server's value stays.
        same: Fields that already have the wanted value.
        merged: Fields that merged by rule, or where somebody's older value was replaced by rule.
    """

    take: Values = field(default_factory=dict)
    clashes: list[Clash] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)


def merge(
    kind: Kind, patch: Mapping[str, Value], current: Mapping[str, Value], since: Callable[[str], Since]
) -> Outcome:
    """Merge the fields of `patch` into the server's `current` record, each on its own.

    The same value never asks. A field nobody else changed, or that was changed back, is taken. Otherwise the field's
    merge rule decides, except that a field which identifies always asks.
    """
    outcome = Outcome()
    for name, mine in patch.items():
        theirs = current.get(name)
        if mine == theirs:
            outcome.same.append(name)
            continue
        seen = since(name)
        if seen.known and (not seen.changed or seen.base == theirs):
            outcome.take[name] = mine
            continue
        declared = kind.by_name.get(name, Field(name, Merge.LATEST))
        joined = _by_rule(declared, seen, mine, theirs)
        if joined is None:
            outcome.clashes.append(Clash(name, seen.base, mine, theirs, declared.identifies))
            continue
        outcome.merged.append(name)
        if joined[0] != theirs:
            outcome.take[name] = joined[0]
    return outcome


def _by_rule(declared: Field, seen: Since, mine: Value, theirs: Value) -> tuple[Value] | None:
    """Return the merged value in a tuple, or nothing when a person must choose: also where a value is no JSON."""
    if declared.identifies:
        return None
    if declared.merge is Merge.LATEST:
        return (mine,)
    try:
        if declared.merge is Merge.UNION:
            return (merge_sets(seen.base, mine, theirs),)
        joined = merge_maps(seen.base, mine, theirs) if declared.merge is Merge.MAP else None
    except (ValueError, RecursionError):
        return None
    return None if joined is None else (joined,)


def merge_sets(base: Value, mine: Value, theirs: Value) -> Value:
    """Merge JSON lists used as sets: what either side added stays, what either side removed goes."""
    before, one, two = _as_set(base), _as_set(mine), _as_set(theirs)
    kept = (one & two) | (one - before) | (two - before)
    return json.dumps(sorted(kept), ensure_ascii=False, separators=(",", ":")) if kept else None


def merge_maps(base: Value, mine: Value, theirs: Value) -> Value:
    """Merge JSON objects key by key; ``None`` when one key was changed to two values.

    A missing key and ``null`` are the same.
    """
    before, one, two = _as_map(base), _as_map(mine), _as_map(theirs)
    result: dict[str, object] = {}
    for key in sorted({*before, *one, *two}):
        was, left, right = before.get(key), one.get(key), two.get(key)
        if left != right and was not in (left, right):
            return None
        value = right if left == was else left
        if value is not None:
            result[key] = value
    return json.dumps(result, ensure_ascii=False, separators=(",", ":"))


def _as_set(value: Value) -> set[str]:
    """Return the items of a JSON list.

    Raises:
        ValueError: It is none.
    """
    items = _loaded(value) or []
    if not isinstance(items, list) or not all(isinstance(item, str | int) for item in items):
        raise ValueError("no list of plain values")
    return {str(item) for item in items}


def _as_map(value: Value) -> dict[str, object]:
    """Return the fields of a JSON object.

    Raises:
        ValueError: It is none.
    """
    fields = _loaded(value) or {}
    if not isinstance(fields, dict):
        raise ValueError("no object")  # noqa: TRY004  # whoever merges treats it like text that is no JSON
    return fields


def _loaded(value: Value) -> object:
    if isinstance(value, int | bytes):
        raise ValueError("no JSON text")  # noqa: TRY004  # the same
    return json.loads(value) if value else None
