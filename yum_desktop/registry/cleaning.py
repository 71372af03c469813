"""The saved lists: who is in them, and how many there are in each subtree. Each list is one SQL condition.

Those who left the Union are in none. What a record does not say never makes it clean: see each condition.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from sync.client.engine import is_complete
from yum_desktop.domain.cleaning import Gap
from yum_desktop.domain.membership import DEPARTED
from yum_desktop.domain.rules import AgeLimit, FieldNeed, RuleBook
from yum_desktop.registry import pairs, unit_tree
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.member_list import lacks, rows_in, says
from yum_desktop.registry.rules import rules_in
from yum_desktop.registry.views import MemberRow, UnitRow

HERE: Final = f"(status IS NULL OR status NOT IN ({', '.join(repr(status) for status in sorted(DEPARTED))}))"
_PLACES: Final = ("hometown", "residence")
_FIRST_DAY: Final = (
    "CASE length(born_on) WHEN 10 THEN born_on WHEN 7 THEN born_on || '-01' WHEN 4 THEN born_on || '-01-01' END"
)
_LAST_DAY: Final = (
    "CASE length(born_on) WHEN 10 THEN born_on WHEN 7 THEN born_on || '-31' WHEN 4 THEN born_on || '-12-31' END"
)
Counts = Mapping[Gap, int]


@dataclass(frozen=True, slots=True)
class UnitCounts:
    """What is to be cleaned in a unit and all below it."""

    unit: UnitRow
    counts: Counts


@dataclass(frozen=True, slots=True)
class Overview:
    """All saved lists of the device.

    Attributes:
        total: Of everything that is here, units that have not arrived included.
        units: Parents before children, in the order of the tree.
        complete: All records of the account have arrived: a chapter that looks small is.
        members_min: How many members a unit of a level has at least.
        suspected: For `rows`, so that nobody is compared again.
    """

    total: Counts
    units: tuple[UnitCounts, ...]
    complete: bool
    members_min: Mapping[str, int]
    suspected: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class SmallUnit:
    """A unit with fewer members than it should have."""

    unit_id: UUID
    name: str
    above: str
    members: int
    members_min: int


def overview(r: Registry, *, suspected: Iterable[bytes] | None = None) -> Overview:
    """Return how many are in each list, for each unit with all below it.

    Args:
        r: The records.
        suspected: As `suspects_of` gives them, where that is known already.
    """
    doubles = suspects_of(r) if suspected is None else frozenset(suspected)
    units = unit_tree.unit_tree(r)
    with r.read() as conn:
        today, book = r.clock.now().date(), rules_in(conn)
        conditions = {gap: condition(gap, book, today, doubles) for gap in Gap if gap is not Gap.SMALL_CHAPTER}
        sums = ", ".join(f"sum({sql})" for sql in conditions.values())
        rows = conn.exec_driver_sql(
            f"SELECT unit_id, count(*), {sums} FROM member NOT INDEXED WHERE {HERE} GROUP BY unit_id"
        ).all()
        complete = is_complete(conn) or not r.identity.account
    least = book.members_min(today)
    own: dict[bytes, dict[Gap, int]] = {
        row[0]: {gap: int(count) for gap, count in zip(conditions, row[2:], strict=True)} for row in rows
    }
    small = _small(units, {row[0]: row[1] for row in rows}, least)
    counted = _rolled_up(units, own, small)
    total: dict[Gap, int] = {Gap.SMALL_CHAPTER: len(small)}
    total.update({gap: sum(counts[gap] for counts in own.values()) for gap in conditions})
    return Overview(total, counted, complete, least, doubles)


def rows(
    r: Registry,
    gap: Gap,
    unit_id: UUID | None = None,
    *,
    text: str = "",
    limit: int | None = None,
    suspected: Iterable[bytes] | None = None,
) -> list[MemberRow]:
    """Return who is in a list, in the order of the list of members; nobody is in `Gap.SMALL_CHAPTER`.

    Args:
        r: The records.
        gap: Which list.
        unit_id: The unit with all below it; ``None`` for everybody.
        text: Every word of it is part of the name, the phone or the number.
        limit: How many rows at most.
        suspected: As `suspects_of` gives them, where that is known already.
    """
    if gap is Gap.SMALL_CHAPTER:
        return []
    doubles: frozenset[bytes] = frozenset()
    if gap is Gap.SUSPECTED:
        doubles = suspects_of(r) if suspected is None else frozenset(suspected)
    with r.read() as conn:
        today, book = r.clock.now().date(), rules_in(conn)
        where = f"{HERE} AND {condition(gap, book, today, doubles)}"
        return rows_in(conn, unit_id, book.completeness(today), text=text, limit=limit, where=where)


def small_units(r: Registry, unit_id: UUID | None = None) -> list[SmallUnit]:
    """Return the units with too few members in a subtree, in the order of the tree."""
    units = unit_tree.unit_tree(r)
    with r.read() as conn:
        least = rules_in(conn).members_min(r.clock.now().date())
        members = _own_members(conn)
    by_id = {unit.unit_id: unit for unit in units}
    found = []
    for unit in units:
        if unit.unit_id in _small([unit], members, least) and (unit_id is None or _below(unit, unit_id, by_id)):
            above = by_id[unit.parent_id].short_name if unit.parent_id in by_id else ""
            count = members.get(unit.unit_id.bytes, 0)
            found.append(SmallUnit(unit.unit_id, unit.short_name, above, count, least[unit.level]))
    return found


def suspects_of(r: Registry) -> frozenset[bytes]:
    """Return the records of this device that are one of two of which nobody has said that they are two people.

    It compares everybody with whoever resembles them, so it takes longer than the other lists.
    """
    return frozenset(side.member_id.bytes for pair in pairs.reviewed(r).open for side in (pair.first, pair.second))


def condition(gap: Gap, book: RuleBook, on: date, suspected: Iterable[bytes] = ()) -> str:
    """Return when a member who is here is in a list: SQL over its columns that is 0 or 1, never unknown.

    Args:
        gap: Which list of members.
        book: The rules.
        on: The day.
        suspected: The records that `Gap.SUSPECTED` is about.
    """
    needs = {need.field: need for need in book.completeness(on)}
    limit = book.age_limit(on)
    match gap:
        case Gap.INCOMPLETE:
            sql = " OR ".join(f"({lacks(need)})" for need in needs.values()) or "0"
        case Gap.NO_NUMBER:
            sql = lacks(needs.get("id_number", FieldNeed("id_number")))
        case Gap.NO_PHONE:
            sql = lacks(needs.get("phone", FieldNeed("phone")))
        case Gap.UNMAPPED:
            sql = " OR ".join(_unmapped(place) for place in _PLACES)
        case Gap.OVER_AGE:
            sql = _over(limit, on)
        case Gap.AGE_UNKNOWN:
            sql = f"NOT {_over(limit, on)} AND NOT {_within(limit, on)}"
        case Gap.NOT_IN_APP:
            sql = f"NOT ifnull(source IN ({', '.join(_text(source) for source in book.from_app(on))}), 0)"
        case Gap.SUSPECTED:
            sql = "id IN (" + ", ".join(f"x'{one.hex()}'" for one in sorted(suspected)) + ")"
        case _:
            raise ValueError("chapters are units, no members")
    return f"({sql})"


def _unmapped(place: str) -> str:
    """Return when a record says where somebody lives in words, but not by the codes of today's map."""
    said = f"(ifnull({place}_text, '') <> '' OR ifnull({place}_detail, '') <> '')"
    coded = f"(ifnull({place}_province, '') <> '' AND ifnull({place}_ward, '') <> '')"
    return f"({said} AND NOT {coded})"


def _over(limit: AgeLimit | None, on: date) -> str:
    """Return when somebody is over the age whatever the birthday and the position are that are not known."""
    if limit is None:
        return "0"
    office = _text(limit.born_before(limit.years_in_office, on))
    plain = _text(limit.born_before(limit.years, on))
    positions = ", ".join(_text(position) for position in limit.without_office)
    before = f"CASE WHEN ifnull(position IN ({positions}), 0) THEN {plain} ELSE {office} END"
    return f"(ifnull({_LAST_DAY} < {before}, 0){_nobody_of(limit)})"


def _within(limit: AgeLimit | None, on: date) -> str:
    """Return when somebody is not over the age, whatever is not known."""
    if limit is None:
        return "0"
    office = _text(limit.born_before(limit.years_in_office, on))
    plain = _text(limit.born_before(limit.years, on))
    positions = ", ".join(_text(position) for position in limit.without_office)
    known = f"(ifnull(position, '') <> '' AND NOT ifnull(position IN ({positions}), 0))"
    not_before = f"CASE WHEN {known} THEN {office} ELSE {plain} END"
    spared = "".join(f" OR {says(one)}" for one in limit.unless)
    return f"(ifnull({_FIRST_DAY} >= {not_before}, 0){spared})"


def _nobody_of(limit: AgeLimit) -> str:
    return "".join(f" AND NOT {says(one)}" for one in limit.unless)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _own_members(conn: Connection) -> dict[bytes, int]:
    sql = f"SELECT unit_id, count(*) FROM member WHERE {HERE} GROUP BY unit_id"
    return {row[0]: row[1] for row in conn.exec_driver_sql(sql)}


def _small(units: Iterable[UnitRow], members: Mapping[bytes, int], least: Mapping[str, int]) -> set[UUID]:
    """Return the units with too few members of their own; those above the account's own have no records here."""
    return {
        unit.unit_id
        for unit in units
        if not unit.readable_only and members.get(unit.unit_id.bytes, 0) < least.get(unit.level, 0)
    }


def _below(unit: UnitRow, root: UUID, by_id: Mapping[UUID, UnitRow]) -> bool:
    now: UnitRow | None = unit
    while now is not None and now.unit_id != root:
        now = by_id.get(now.parent_id) if now.parent_id is not None else None
    return now is not None


def _rolled_up(
    units: list[UnitRow], own: Mapping[bytes, Mapping[Gap, int]], small: set[UUID]
) -> tuple[UnitCounts, ...]:
    """Return the counts of whole subtrees: children follow their parents, so from the end."""
    totals: defaultdict[UUID, dict[Gap, int]] = defaultdict(lambda: dict.fromkeys(Gap, 0))
    for unit in reversed(units):
        mine = totals[unit.unit_id]
        for gap, count in own.get(unit.unit_id.bytes, {}).items():
            mine[gap] += count
        mine[Gap.SMALL_CHAPTER] += unit.unit_id in small
        if unit.parent_id is not None:
            above = totals[unit.parent_id]
            for gap, count in mine.items():
                above[gap] += count
    return tuple(UnitCounts(unit, totals[unit.unit_id]) for unit in units)
