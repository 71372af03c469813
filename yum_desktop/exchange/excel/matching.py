"""What the rows of a list mean in the store: which unit, who is there already, which values are kept."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final
from uuid import UUID

from sync.protocol.kinds import Value
from yum_desktop.domain.duplicates import AGAINST, Likeness, People, Person, Reason
from yum_desktop.domain.text import fold
from yum_desktop.exchange.excel.model import PlannedRow
from yum_desktop.registry import duplicates
from yum_desktop.registry.views import MemberRow, UnitRow

SOURCE: Final = "EXCEL"
STATUS: Final = "DANG_SINH_HOAT"
_ALIKE_MIN: Final = 0.86
_COMPARED: Final = ("born_on", "sex", "id_number", "old_id_number", "phone", "hometown_ward")
"""What is compared beside the name, in the order of `Person`."""
_KINDS: Final = re.compile(r"^((doan co so|doan|chi doan|cd|lop)\s+)+")
_PLACES: Final = re.compile(r"\b(thon|ban|xom|ap|to dan pho|tdp|lop|truong)\s+")


def match_units(names: Iterable[str], units: Sequence[UnitRow], *, alike: bool) -> dict[str, UUID]:
    """Return the unit for each name that means just one; the others are left out, a person must say.

    Marks, capitals, spaces and the words for the kind of unit do not count: lớp 12 A3 is 12A3.

    Args:
        names: As a file writes them.
        units: The tree; units that are only there to be read are never meant.
        alike: Forgive a slip of the pen where only one unit is alike. Only where somebody looks at the result.
    """
    own = [unit for unit in units if not unit.readable_only]
    found = {name: _match(name, own, alike=alike) for name in names}
    return {name: unit_id for name, unit_id in found.items() if unit_id is not None}


def only_leaf(units: Sequence[UnitRow]) -> UUID | None:
    """Return where rows without a unit go: to the only unit that has none below it, if there is just one."""
    parents = {unit.parent_id for unit in units}
    leaves = [unit.unit_id for unit in units if not unit.readable_only and unit.unit_id not in parents]
    return leaves[0] if len(leaves) == 1 else None


class Known:
    """Who is there already, found by the keys by which suspected pairs are found (`domain.duplicates`)."""

    def __init__(self, people: Sequence[MemberRow]) -> None:
        self._rows = {person.member_id: person for person in people}
        self._people = People(map(_person, people), duplicates.rules())

    def of_record(self, record: str | None) -> MemberRow | None:
        """Return the member whose record a row of a correction sheet names; nothing when it is gone."""
        try:
            return None if record is None else self._rows.get(UUID(record))
        except ValueError:
            return None

    def find(self, values: Mapping[str, object]) -> MemberRow | None:
        """Return the member that a row would repeat; two different identity numbers are two people.

        One number is one person. Otherwise the name is the same, and the birthday or the telephone, too, and nothing
        speaks against it.
        """
        for row, likeness in self.like(values):
            if Reason.ID_NUMBER in likeness.reasons or _repeats(likeness, values, row):
                return row
        return None

    def like(self, values: Mapping[str, object], unit_id: UUID | None = None) -> Iterator[tuple[MemberRow, Likeness]]:
        """Give who may be the person of a row, the likeliest first; also who only shares the telephone."""
        wanted = Person(
            None,
            unit_id,
            fold(str(values.get("full_name") or "")),
            *(None if value is None else str(value) for value in map(values.get, _COMPARED)),
        )
        for person, likeness in self._people.like(wanted):
            assert isinstance(person.key, UUID), "the key of a member is the id"
            yield self._rows[person.key], likeness


def stored_values(row: PlannedRow) -> dict[str, Value]:
    """Return what is stored of a row, without its unit; text that no field takes goes to the note."""
    values: dict[str, Value] = {"source": SOURCE, "status": STATUS, **row.values}  # type: ignore[dict-item]  # values of fields
    if not row.other:
        return values
    parts = [str(values.get("note") or ""), *(f"{header}: {text}" for header, text in row.other.items())]
    note = "; ".join(part for part in parts if part)
    return values | ({"note": note} if note else {})


def _person(row: MemberRow) -> Person:
    name = fold(row.full_name)
    return Person(row.member_id, row.unit_id, name, row.born_on, row.sex, row.id_number, None, row.phone)


def _repeats(likeness: Likeness, values: Mapping[str, object], row: MemberRow) -> bool:
    reasons = set(likeness.reasons)
    if Reason.NAME not in reasons or not reasons.isdisjoint(AGAINST) or (values.get("id_number") and row.id_number):
        return False
    return values.get("born_on") == row.born_on is not None or Reason.PHONE in reasons


def _match(name: str, units: Sequence[UnitRow], *, alike: bool) -> UUID | None:
    for bare in (_plain, _place):
        wanted = bare(name)
        same = {unit.unit_id for unit in units if wanted and wanted in {bare(unit.name), bare(unit.short_name)}}
        if same:
            return same.pop() if len(same) == 1 else None
    if not alike:
        return None
    wanted, numbers = _place(name), _numbers(name)
    like = {
        unit.unit_id
        for unit in units
        if numbers == _numbers(unit.name) and SequenceMatcher(a=wanted, b=_place(unit.name)).ratio() >= _ALIKE_MIN
    }
    return like.pop() if len(like) == 1 else None


def _numbers(name: str) -> list[str]:
    """Return the numbers in a name: lớp 10A1 is never lớp 10A2."""
    return re.findall(r"\d+", name)


def _words(name: str) -> str:
    return _KINDS.sub("", " ".join(re.findall(r"\w+", fold(name))))


def _plain(name: str) -> str:
    return _words(name).replace(" ", "")


def _place(name: str) -> str:
    return _PLACES.sub("", _words(name)).replace(" ", "")
