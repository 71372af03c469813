"""Places that the map lacks: reports of them, and what was added; the term of an office."""

from typing import Final

from alembic.operations import Operations
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint, Text
from sqlalchemy.schema import SchemaItem

_REPORT: Final = ("text", "wanted", "province", "state", "answer", "why", "reported_by", "decided_by")
_PLACE: Final = ("code", "kind", "name", "province", "others")
_TERM: Final = ("position_from", "position_to")


def upgrade(op: Operations) -> None:
    """Make the tables, and the columns of the members."""
    times = (Column("reported_at", BigInteger()), Column("decided_at", BigInteger()))
    _replicated(op, "place_report", *(Column(name, Text()) for name in _REPORT), *times)
    _replicated(op, "place", *(Column(name, Text()) for name in _PLACE))
    for name in _TERM:
        op.add_column("member", Column(name, Text()))


def _replicated(op: Operations, table: str, *columns: SchemaItem) -> None:
    op.create_table(
        table,
        Column("id", LargeBinary(16), nullable=False),
        Column("unit_id", LargeBinary(16)),
        Column("rev", Integer(), nullable=False),
        Column("extra", Text()),
        *columns,
        PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    op.create_index(f"ix_{table}_unit_id", table, ["unit_id"])
