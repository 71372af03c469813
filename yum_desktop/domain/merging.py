"""Making one record of two of one person: which stays, and from which each field is taken, until a person says else."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from yum_desktop.domain.identity import CCCD_DIGITS, CMND_DIGITS
from yum_desktop.domain.member import BY_NAME, MEMBER_FIELDS, Need, Shape

Stored = str | int | bytes | None
"""A value as a record has it."""

_OF_SURVIVOR: Final = frozenset({"unit_id", "status", "position", "activity_kind", "source"})
"""What says where a person stands in the Union: taken from the record that stays, whichever is newer."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One field of two records that are to become one.

    Attributes:
        name: The field.
        mine: What the record that stays has.
        theirs: What the record that goes has.
        value: What is proposed.
        asks: Both say something, and not the same.
    """

    name: str
    mine: Stored
    theirs: Stored
    value: Stored
    asks: bool


def survivor_of(one: Mapping[str, Stored], other: Mapping[str, Stored], *, other_is_newer: bool) -> int:
    """Return which of two records stays: 0 or 1. The more complete one, then the newer one."""
    counts = [sum(_weight(name) for name in BY_NAME if not _is_empty(values.get(name))) for values in (one, other)]
    return int(other_is_newer) if counts[0] == counts[1] else int(counts[1] > counts[0])


def proposed(
    stays: Mapping[str, Stored], goes: Mapping[str, Stored], newer_in_goes: frozenset[str] = frozenset()
) -> list[Choice]:
    """Return every field that either record has, in form order, with what is proposed for it.

    What only one of them says is kept; a twelve-digit number goes before one of nine digits, which becomes the old one;
    a day goes before a year; sets are joined; else the later of two values, if it is known, else that of the one that
    stays.

    Args:
        stays: Values of the record that stays.
        goes: Values of the record that goes.
        newer_in_goes: Fields that were changed later in the record that goes.
    """
    choices: list[Choice] = []
    for field in MEMBER_FIELDS:
        mine, theirs = stays.get(field.name), goes.get(field.name)
        if _is_empty(mine) and _is_empty(theirs):
            continue
        asks = not _is_empty(mine) and not _is_empty(theirs) and mine != theirs
        value = _better(field.name, mine, theirs, newer=field.name in newer_in_goes)
        choices.append(Choice(field.name, mine, theirs, value, asks))
    return _with_old_number(choices)


def _weight(name: str) -> int:
    return 3 if BY_NAME[name].need is Need.ALWAYS else 1


def _better(name: str, mine: Stored, theirs: Stored, *, newer: bool) -> Stored:
    if _is_empty(theirs) or mine == theirs:
        return mine
    if _is_empty(mine):
        return theirs
    if name in _OF_SURVIVOR:
        return mine
    shape = BY_NAME[name].shape
    if shape is Shape.CODES:
        return _joined(str(mine), str(theirs))
    if shape in {Shape.DAY, Shape.IDENTITY} and len(str(mine)) != len(str(theirs)):
        return mine if len(str(mine)) > len(str(theirs)) else theirs
    return theirs if newer else mine


def _with_old_number(choices: list[Choice]) -> list[Choice]:
    """Keep a nine-digit number that gives way to one of twelve digits as the old number, where there is none."""
    number = next((choice for choice in choices if choice.name == "id_number"), None)
    if number is None or not number.asks or any(choice.name == "old_id_number" for choice in choices):
        return choices
    lengths = {len(str(number.mine)): number.mine, len(str(number.theirs)): number.theirs}
    if set(lengths) != {CMND_DIGITS, CCCD_DIGITS}:
        return choices
    place = choices.index(number) + 1
    return [*choices[:place], Choice("old_id_number", None, None, lengths[CMND_DIGITS], asks=False), *choices[place:]]


def _joined(mine: str, theirs: str) -> str:
    try:
        both = sorted({*json.loads(mine), *json.loads(theirs)})
    except (ValueError, TypeError, RecursionError):
        return mine
    return json.dumps(both, ensure_ascii=False, separators=(",", ":"))


def _is_empty(value: Stored) -> bool:
    return value is None or value == ""
