"""Dated rules."""

from alembic.operations import Operations
from sqlalchemy import Column, Integer, LargeBinary, PrimaryKeyConstraint, Text


def upgrade(op: Operations) -> None:
    """Make the table."""
    op.create_table(
        "rule_set",
        Column("id", LargeBinary(16), nullable=False),
        Column("unit_id", LargeBinary(16)),
        Column("rev", Integer(), nullable=False),
        Column("extra", Text()),
        *(Column(name, Text()) for name in ("key", "value", "effective_from", "effective_to", "source")),
        PrimaryKeyConstraint("id", name="pk_rule_set"),
    )
    for column in ("unit_id", "key"):
        op.create_index(f"ix_rule_set_{column}", "rule_set", [column])
