"""Members with the fields that a file shows, a few hundred at a time, in a given order."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, text

from sync.protocol.kinds import Value
from yum_desktop.domain.member import BY_NAME
from yum_desktop.domain.membership import DEPARTED
from yum_desktop.domain.rules import missing_fields
from yum_desktop.registry import unit_tree
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.kinds import MEMBER_KIND
from yum_desktop.registry.member_list import member_states
from yum_desktop.registry.rules import rules_in

_AT_ONCE: Final = 500
_FOR_MISSING: Final = frozenset(BY_NAME)


class OutMember(NamedTuple):
    """One member of a file; `values` has the fields that were asked for."""

    member_id: UUID
    unit_id: UUID
    unit_name: str
    state: str
    missing: tuple[str, ...]
    values: dict[str, Value]


def members_in(r: Registry, unit_id: UUID | None) -> list[UUID]:
    """Return who is a member in a unit and all below it, unit by unit, by name; without those who left."""
    gone = ", ".join(f"'{status}'" for status in sorted(DEPARTED))
    scope: tuple[bytes, ...] = () if unit_id is None else (unit_id.bytes,)
    begin = "" if unit_id is None else unit_tree.SUBTREE + " "
    within = "" if unit_id is None else " AND unit_id IN (SELECT id FROM subtree)"
    sql = (
        f"{begin}SELECT id, unit_id FROM member WHERE (status IS NULL OR status NOT IN ({gone})){within}"
        " ORDER BY name_key, id"
    )
    order = {unit.unit_id.bytes: place for place, unit in enumerate(unit_tree.unit_tree(r))}
    with r.read() as conn:
        rows = conn.exec_driver_sql(sql, scope).all()
    rows = sorted(rows, key=lambda row: order.get(row[1], len(order)))
    return [UUID(bytes=row[0]) for row in rows]


def out_members(r: Registry, ids: Sequence[UUID], fields: frozenset[str], *, with_missing: bool) -> Iterator[OutMember]:
    """Give the members in the order of `ids`; who is gone is left out. All of it is one moment of the file.

    Args:
        r: The records.
        ids: Who.
        fields: Which fields to read.
        with_missing: Also say what each record still needs.
    """
    names = sorted((fields | (_FOR_MISSING if with_missing else frozenset())) & BY_NAME.keys() - {"unit_id"})
    columns = "".join(f", {name}" for name in names)
    statement = text(f"SELECT id, unit_id{columns} FROM {MEMBER_KIND} WHERE id IN :ids").bindparams(
        bindparam("ids", expanding=True)
    )
    with r.read() as conn:
        units, states, rules = unit_tree.names(conn), member_states(conn), rules_in(conn)
        today = r.clock.now().date()
        for start in range(0, len(ids), _AT_ONCE):
            part = [one.bytes for one in ids[start : start + _AT_ONCE]]
            found = {row[0]: row for row in conn.execute(statement, {"ids": part})}
            for key in part:
                row = found.get(key)
                if row is None:
                    continue
                values = dict(zip(names, row[2:], strict=True))
                lacking = missing_fields({**values, "unit_id": row[1]}, rules, on=today) if with_missing else ()
                unit = row[1] or bytes(16)
                yield OutMember(
                    UUID(bytes=key), UUID(bytes=unit), units.get(unit, ""), states.get(key, "ok"), lacking, values
                )
