"""The tree of units with the number of members in each subtree."""

from collections import defaultdict
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, func, or_, select

from yum_desktop.domain.membership import DEPARTED
from yum_desktop.domain.text import text_key
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.tables import MemberRecord, UnitRecord
from yum_desktop.registry.views import UnitRow

SUBTREE: Final = (
    "WITH RECURSIVE subtree (id) AS (SELECT ? UNION SELECT u.id FROM unit AS u JOIN subtree AS s ON u.parent_id = s.id)"
)
"""The beginning of a statement over the units of one subtree; its first parameter is the unit."""


def unit_tree(r: Registry) -> list[UnitRow]:
    """Return the units this device has, parents before children, brothers and sisters by position, then by name.

    Two people may have moved two units below each other; where that goes round in a circle, until the server has
    said whose move stands, one of them is shown at the top: no member disappears.
    """
    with r.read() as conn:
        units = _units(conn)
        members = _members(conn)
    children: defaultdict[bytes | None, list[bytes]] = defaultdict(list)
    for unit_id, row in units.items():
        children[row.parent_id if row.parent_id in units else None].append(unit_id)
    above = _above(units, r.identity.unit_id)
    rows: list[UnitRow] = []
    left = set(units)
    waiting = [(unit_id, 0) for unit_id in reversed(_ordered(children[None], units))]
    while left:
        unit_id, depth = waiting.pop() if waiting else (_ordered(list(left), units)[0], 0)
        if unit_id not in left:
            continue
        left.remove(unit_id)
        row = units[unit_id]
        rows.append(
            UnitRow(
                unit_id=UUID(bytes=unit_id),
                parent_id=None if row.parent_id is None or row.parent_id in left else UUID(bytes=row.parent_id),
                level=row.level or "",
                name=row.name or "",
                short_name=row.short_name or row.name or "",
                members=members.get(unit_id, 0),
                depth=depth,
                readable_only=unit_id in above,
            )
        )
        waiting.extend((child, depth + 1) for child in reversed(_ordered(children[unit_id], units)))
    return _summed(rows)


class _Unit:
    """A unit as the tree needs it."""

    __slots__ = ("level", "name", "order", "parent_id", "short_name")

    def __init__(
        self, parent_id: bytes | None, level: str | None, name: str | None, short_name: str | None, position: int | None
    ) -> None:
        self.parent_id = parent_id
        self.level = level
        self.name = name
        self.short_name = short_name
        self.order = (position is None, position or 0, text_key(name or ""))


def _units(conn: Connection) -> dict[bytes, _Unit]:
    columns = (UnitRecord.parent_id, UnitRecord.level, UnitRecord.name, UnitRecord.short_name, UnitRecord.position)
    return {row[0]: _Unit(*row[1:]) for row in conn.execute(select(UnitRecord.id, *columns))}


def _members(conn: Connection) -> dict[bytes, int]:
    """Return how many active members each unit has itself."""
    query = (
        select(MemberRecord.unit_id, func.count())
        .where(or_(MemberRecord.status.is_(None), MemberRecord.status.not_in(DEPARTED)))
        .group_by(MemberRecord.unit_id)
    )
    return {unit_id: count for unit_id, count in conn.execute(query) if unit_id is not None}


def _ordered(unit_ids: list[bytes], units: dict[bytes, _Unit]) -> list[bytes]:
    return sorted(unit_ids, key=lambda unit_id: (units[unit_id].order, unit_id))


def _above(units: dict[bytes, _Unit], own: UUID | None) -> set[bytes]:
    """Return the units above the account's own."""
    above: set[bytes] = set()
    unit = units.get(own.bytes) if own is not None else None
    while unit is not None and unit.parent_id is not None and unit.parent_id not in above:
        above.add(unit.parent_id)
        unit = units.get(unit.parent_id)
    return above


def _summed(rows: list[UnitRow]) -> list[UnitRow]:
    """Return the rows with the members of whole subtrees: children follow their parents, so from the end."""
    totals: defaultdict[UUID, int] = defaultdict(int)
    result = []
    for row in reversed(rows):
        total = row.members + totals[row.unit_id]
        if row.parent_id is not None:
            totals[row.parent_id] += total
        result.append(
            UnitRow(
                row.unit_id,
                row.parent_id,
                row.level,
                row.name,
                row.short_name,
                total,
                row.depth,
                row.readable_only,
            )
        )
    result.reverse()
    return result


def unit_name(r: Registry, unit_id: UUID) -> str:
    """Return what people call a unit; nothing for one that has not arrived."""
    with r.read() as conn:
        return name_of(conn, unit_id.bytes)


def name_of(conn: Connection, unit_id: bytes | None) -> str:
    """Return what people call a unit; nothing for one that has not arrived."""
    row = conn.execute(select(UnitRecord.short_name, UnitRecord.name).where(UnitRecord.id == unit_id)).first()
    return "" if row is None else row.short_name or row.name or ""


def names(conn: Connection) -> dict[bytes, str]:
    """Return what people call each unit."""
    rows = conn.execute(select(UnitRecord.id, UnitRecord.short_name, UnitRecord.name))
    return {row.id: row.short_name or row.name or "" for row in rows}


def is_within(conn: Connection, unit_id: bytes, root: bytes) -> bool:
    """Return whether a unit is `root` or below it."""
    sql = (
        "WITH RECURSIVE above (id) AS (SELECT ? UNION SELECT u.parent_id FROM unit AS u JOIN above AS a ON u.id = a.id)"
        " SELECT 1 FROM above WHERE id = ?"
    )
    return conn.exec_driver_sql(sql, (unit_id, root)).first() is not None
