"""Units, members, cases, conflicts, code lists; accounts and devices; settings."""

from typing import Final

from alembic.operations import Operations
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint, Text, UniqueConstraint
from sqlalchemy.schema import SchemaItem

_UNIT: Final = (
    "level", "kind", "name", "short_name", "code", "address", "phone", "email", "founded_on", "status",
)  # fmt: skip
_MEMBER: Final = (
    "full_name", "sort_name", "born_on", "sex", "ethnicity", "religion", "marital", "id_number", "id_kind",
    "id_missing_reason", "old_id_number", "id_issued_on", "id_issued_by", "phone", "email", "hometown_province",
    "hometown_ward", "hometown_detail", "hometown_text", "residence_province", "residence_ward", "residence_detail",
    "residence_text", "current_address", "education", "qualification", "major", "politics_level", "it_level",
    "language_level", "language", "occupation", "occupation_detail", "position", "activity_kind", "status",
    "joined_on", "joined_place", "admission_no", "admission_on", "member_code", "card_no", "card_issued_on",
    "card_issued_by", "card_decision", "book_keeper", "party_joined_on", "party_official_on", "party_position",
    "associations", "source", "note", "name_fold",
)  # fmt: skip
_MEMBER_FLAGS: Final = ("salaried", "has_book", "book_reissued", "honorary")
_CASE: Final = ("procedure", "state", "title", "data", "opened_by", "returned_note")
_STEP: Final = ("action", "from_state", "to_state", "account", "note")
_CONFLICT: Final = (
    "target_kind", "fields", "merged", "mine_account", "mine_device", "theirs_account", "theirs_device", "status",
    "choice", "settled_by",
)  # fmt: skip
_CODE: Final = ("list_code", "code", "label", "aliases")


def upgrade(op: Operations) -> None:
    """Make the tables."""
    _replicated(op, "unit", *_texts(_UNIT), _id("parent_id"), Column("position", Integer()))
    _index(op, "unit", "parent_id")
    flags = [Column(name, Integer()) for name in _MEMBER_FLAGS]
    _replicated(op, "member", *_texts(_MEMBER), *flags, Column("name_key", LargeBinary()))
    _index(op, "member", "id_number")
    if op.get_bind().dialect.name == "sqlite":
        searched = ["name_key", "name_fold", "phone", "id_number", "unit_id", "status"]
        op.create_index("ix_member_search", "member", searched)
    _replicated(op, "union_case", *_texts(_CASE), _id("member_id"), _ms("opened_at"))
    _index(op, "union_case", "member_id")
    _replicated(op, "case_step", *_texts(_STEP), _id("case_id"), _ms("at"))
    _index(op, "case_step", "case_id")
    times = [_ms(name) for name in ("mine_at", "theirs_at", "settled_at")]
    _replicated(op, "conflict", *_texts(_CONFLICT), _id("target_id"), *times)
    _index(op, "conflict", "target_id")
    _replicated(op, "code_item", *_texts(_CODE), Column("position", Integer()))
    _index(op, "code_item", "list_code")
    _central(op)
    op.create_table(
        "setting",
        Column("key", Text(), nullable=False),
        Column("value", Text(), nullable=False),
        PrimaryKeyConstraint("key", name="pk_setting"),
    )


def _central(op: Operations) -> None:
    op.create_table(
        "account",
        _id("id", nullable=False),
        Column("name", Text(), nullable=False),
        Column("full_name", Text(), nullable=False),
        _id("unit_id", nullable=False),
        Column("role", Text(), nullable=False),
        Column("password_hash", Text(), nullable=False),
        *(Column(name, Integer(), nullable=False) for name in ("must_change", "active", "failures")),
        _ms("blocked_until"),
        _ms("created_at", nullable=False),
        PrimaryKeyConstraint("id", name="pk_account"),
        UniqueConstraint("name", name="uq_account_name"),
    )
    _index(op, "account", "unit_id")
    op.create_table(
        "device",
        _id("id", nullable=False),
        _id("account_id", nullable=False),
        Column("name", Text(), nullable=False),
        *(Column(name, LargeBinary()) for name in ("refresh_hash", "refresh_before_hash")),
        _ms("enrolled_at", nullable=False),
        _ms("seen_at"),
        _ms("revoked_at"),
        PrimaryKeyConstraint("id", name="pk_device"),
    )
    _index(op, "device", "account_id")


def _replicated(op: Operations, table: str, *columns: SchemaItem) -> None:
    op.create_table(
        table,
        _id("id", nullable=False),
        _id("unit_id"),
        Column("rev", Integer(), nullable=False),
        Column("extra", Text()),
        *columns,
        PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    _index(op, table, "unit_id")


def _index(op: Operations, table: str, column: str) -> None:
    op.create_index(f"ix_{table}_{column}", table, [column])


def _texts(names: tuple[str, ...]) -> list[Column[str]]:
    return [Column(name, Text()) for name in names]


def _id(name: str, *, nullable: bool = True) -> Column[bytes]:
    return Column(name, LargeBinary(16), nullable=nullable)


def _ms(name: str, *, nullable: bool = True) -> Column[int]:
    return Column(name, BigInteger(), nullable=nullable)
