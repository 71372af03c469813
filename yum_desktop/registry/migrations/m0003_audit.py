"""The log of exports and of looks at sensitive fields. The database itself refuses to change or remove a line."""

from typing import Final

from alembic.operations import Operations
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint, Text

_TEXTS: Final = ("account", "device", "action", "what")
_ACTS: Final = ("update", "delete")


def upgrade(op: Operations) -> None:
    """Make the table."""
    op.create_table(
        "audit_line",
        Column("seq", Integer(), nullable=False, autoincrement=False),
        Column("at", BigInteger(), nullable=False),
        *(Column(name, Text(), nullable=False) for name in _TEXTS),
        *(Column(name, LargeBinary(), nullable=False) for name in ("prev", "hash")),
        PrimaryKeyConstraint("seq", name="pk_audit_line"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for act in _ACTS:
            op.execute(
                f"CREATE TRIGGER audit_line_no_{act} BEFORE {act.upper()} ON audit_line"
                " BEGIN SELECT RAISE(ABORT, 'audit lines are kept'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_line_kept() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'audit lines are kept'; END $$"
    )
    for act in _ACTS:
        op.execute(
            f"CREATE TRIGGER audit_line_no_{act} BEFORE {act.upper()} ON audit_line"
            " FOR EACH ROW EXECUTE FUNCTION audit_line_kept()"
        )
