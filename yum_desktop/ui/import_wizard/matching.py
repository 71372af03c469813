"""Which unit of the tree a file means by a name: plain Python."""

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Final
from uuid import UUID

from yum_desktop.domain.text import fold
from yum_desktop.registry.views import UnitRow

_ALIKE_MIN: Final = 0.86
_KINDS: Final = re.compile(r"^(doan co so|doan|chi doan|cd)\s+")
_PLACES: Final = re.compile(r"\b(thon|ban|xom|ap|to dan pho|tdp|lop|truong)\s+")


def match_units(names: Iterable[str], units: Sequence[UnitRow]) -> dict[str, UUID]:
    """Return the unit for each name that surely means one; the others are left out, a person must say.

    Marks, capitals and the words for the kind of unit do not count. A slip of the pen is forgiven where only one unit
    is alike.
    """
    own = [unit for unit in units if not unit.readable_only]
    found: dict[str, UUID] = {}
    for name in names:
        unit_id = _match(name, own)
        if unit_id is not None:
            found[name] = unit_id
    return found


def _match(name: str, units: Sequence[UnitRow]) -> UUID | None:
    for bare in (_plain, _place):
        wanted = bare(name)
        same = {unit.unit_id for unit in units if wanted and wanted in (bare(unit.name), bare(unit.short_name))}
        if same:
            return same.pop() if len(same) == 1 else None
    wanted = _place(name)
    alike = {u.unit_id for u in units if SequenceMatcher(a=wanted, b=_place(u.name)).ratio() >= _ALIKE_MIN}
    alike = {unit_id for unit_id in alike if _same_numbers(name, next(u for u in units if u.unit_id == unit_id).name)}
    return alike.pop() if len(alike) == 1 else None


def _same_numbers(one: str, two: str) -> bool:
    """Return whether two names hold the same numbers: lớp 10A1 is not lớp 10A2."""
    return re.findall(r"\d+", one) == re.findall(r"\d+", two)


def _plain(name: str) -> str:
    return " ".join(_KINDS.sub("", " ".join(re.findall(r"\w+", fold(name)))).split())


def _place(name: str) -> str:
    return _PLACES.sub("", _plain(name)).strip()
