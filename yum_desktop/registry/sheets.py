"""What stands on sheets that are filled in by hand in a meeting: who, of which chapter, and which fields are empty.

A sheet tells people apart by name and year of birth. It holds no number of a paper or a telephone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, timezone
from typing import Final
from uuid import UUID

from yum_desktop.domain.cleaning import Gap, fields_of
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME, Shape
from yum_desktop.registry import code_lists
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.exporting import out_members
from yum_desktop.registry.unit_tree import unit_tree

_TICKS_MAX, _LETTERS_MAX = 4, 40
"""A list of so few and short values is ticked; another one is written."""
_FLAGS: Final = ("Có", "Không")
_HANOI: Final = timezone(timedelta(hours=7))


@dataclass(frozen=True, slots=True)
class SheetPerson:
    """One person of a sheet.

    Attributes:
        born: The year, or nothing where it is not known.
        fields: The fields to be filled in, in form order.
    """

    full_name: str
    born: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SheetUnit:
    """The sheets of one chapter."""

    name: str
    people: tuple[SheetPerson, ...]


@dataclass(frozen=True, slots=True)
class Sheets:
    """All sheets of a list.

    Attributes:
        gap: The list.
        units: Chapters in the order of the tree; each begins on a page of its own.
        ticks: The values of fields that are ticked.
        account: Who had them printed.
        on: The day, in Viet Nam.
    """

    gap: Gap
    units: tuple[SheetUnit, ...]
    ticks: Mapping[str, tuple[str, ...]]
    account: str
    on: date

    @property
    def people(self) -> int:
        """How many people are on them."""
        return sum(len(unit.people) for unit in self.units)


def sheets_of(r: Registry, gap: Gap, ids: Sequence[UUID]) -> Sheets:
    """Return the sheets for people of a list; who lacks nothing of it any more is left out.

    Raises:
        InputError: `export.nothing`: nobody is left.
    """
    everything = frozenset(BY_NAME)
    by_unit: dict[UUID, list[SheetPerson]] = {}
    names: dict[UUID, str] = {}
    for one in out_members(r, ids, everything, with_missing=True):
        fields = fields_of(gap, one.values, one.missing)
        if fields:
            born = str(one.values.get("born_on") or "")[:4]
            by_unit.setdefault(one.unit_id, []).append(SheetPerson(str(one.values["full_name"] or ""), born, fields))
            names[one.unit_id] = one.unit_name
    if not by_unit:
        raise InputError("export.nothing", "Không ai trong danh sách này có mục cần điền.")
    tree = unit_tree(r)
    names |= {unit.unit_id: unit.name for unit in tree}
    place = {unit.unit_id: place for place, unit in enumerate(tree)}
    units = [
        SheetUnit(names[unit_id], tuple(by_unit[unit_id]))
        for unit_id in sorted(by_unit, key=lambda one: (place.get(one, len(place)), names[one]))
    ]
    return Sheets(gap, tuple(units), _ticks(r), r.identity.account, r.clock.now().astimezone(_HANOI).date())


def _ticks(r: Registry) -> dict[str, tuple[str, ...]]:
    codes = code_lists.codes(r)
    found: dict[str, tuple[str, ...]] = {}
    for field in BY_NAME.values():
        if field.shape is Shape.FLAG:
            found[field.name] = _FLAGS
        elif field.shape is Shape.CODE:
            labels = tuple(item.label for item in codes.items(field.codes or ""))
            if 0 < len(labels) <= _TICKS_MAX and sum(map(len, labels)) <= _LETTERS_MAX:
                found[field.name] = labels
    return found
