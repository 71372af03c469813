"""Pairs: what a person, or the server, has said about two records that may be one person."""

from typing import Final

from alembic.operations import Operations
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint, Text

_TEXTS: Final = ("verdict", "strength", "note", "other_title", "decided_by", "links")
_IDS: Final = ("member_id", "other_id", "other_unit")
_INDEXED: Final = ("unit_id", "member_id", "other_id")


def upgrade(op: Operations) -> None:
    """Make the table."""
    op.create_table(
        "member_pair",
        Column("id", LargeBinary(16), nullable=False),
        Column("unit_id", LargeBinary(16)),
        Column("rev", Integer(), nullable=False),
        Column("extra", Text()),
        *(Column(name, LargeBinary(16)) for name in _IDS),
        *(Column(name, Text()) for name in _TEXTS),
        Column("decided_at", BigInteger()),
        PrimaryKeyConstraint("id", name="pk_member_pair"),
    )
    for name in _INDEXED:
        op.create_index(f"ix_member_pair_{name}", "member_pair", [name])
