"""Kinds of an imaginary application: a tree of nodes with notes in them."""

from typing import Final

from sqlalchemy import Connection

from sync.protocol.kinds import CONFLICT, HANDOVER, Field, Kind, Kinds, Merge

NODE: Final = Kind("node", "node", (Field("parent"), Field("label")), tree=True, parent="parent", title="label")
NOTE: Final = Kind(
    "note",
    "note",
    (
        Field("first"),
        Field("second"),
        Field("mark", identifies=True),
        Field("count", Merge.LATEST),
        Field("tags", Merge.UNION),
        Field("more", Merge.MAP),
    ),
)
KINDS: Final = Kinds((NODE, NOTE))


def create_tables(conn: Connection) -> None:
    """Create the tables of these kinds and of conflicts and hand-overs."""
    binary, big = ("BLOB", "INTEGER") if conn.dialect.name == "sqlite" else ("BYTEA", "BIGINT")
    types = {"unit_id": binary, "parent": binary, "target_id": binary, "count": big}
    types |= dict.fromkeys(("twin", "from_unit", "to_unit"), binary) | dict.fromkeys(
        ("at", "decided_at", "edited"), big
    )
    types |= dict.fromkeys(("mine_at", "theirs_at", "settled_at"), big)
    for kind in (NODE, NOTE, CONFLICT, HANDOVER):
        columns = ", ".join(f'"{name}" {types.get(name, "TEXT")}' for name in kind.columns)
        conn.exec_driver_sql(
            f'CREATE TABLE "{kind.table}" (id {binary} PRIMARY KEY, rev INTEGER NOT NULL, extra TEXT, {columns})'
        )
        conn.exec_driver_sql(f'CREATE INDEX "{kind.table}_unit" ON "{kind.table}" (unit_id)')
