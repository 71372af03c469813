"""Hand-overs: changes whose record has left the scope of their author."""

from typing import Final

from alembic.operations import Operations
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint, Text

_TEXTS: Final = (
    "side", "target_kind", "op", "fields", "bases", "account", "device", "reason", "from_name", "to_name", "state",
    "choice", "why", "decided_by",
)  # fmt: skip
_IDS: Final = ("twin", "target_id", "from_unit", "to_unit")


def upgrade(op: Operations) -> None:
    """Make the table."""
    op.create_table(
        "handover",
        Column("id", LargeBinary(16), nullable=False),
        Column("unit_id", LargeBinary(16)),
        Column("rev", Integer(), nullable=False),
        Column("extra", Text()),
        *(Column(name, Text()) for name in _TEXTS),
        *(Column(name, LargeBinary(16)) for name in _IDS),
        *(Column(name, BigInteger()) for name in ("at", "decided_at")),
        Column("edited", Integer()),
        PrimaryKeyConstraint("id", name="pk_handover"),
    )
    for column in ("unit_id", "target_id"):
        op.create_index(f"ix_handover_{column}", "handover", [column])
