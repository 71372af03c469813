"""The tables, defined once for the local file and the central database.

Replicated tables have no foreign keys: a record may arrive before the record it points at, and the units above a
device's own are there without their content. Ids are 16 bytes, instants ms UTC, days ISO text of the known precision.
"""

from datetime import datetime
from typing import Annotated, Final

from sqlalchemy import BigInteger, Dialect, Index, Integer, LargeBinary, MetaData, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator
from typing_extensions import override

from yum_desktop.registry.clock import as_ms, from_ms

NAMING: Final = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant, stored as ms."""

    impl = BigInteger
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else as_ms(value)

    @override
    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_ms(value)


Key = Annotated[bytes, mapped_column(LargeBinary(16), primary_key=True)]
Scope = Annotated[bytes | None, mapped_column(LargeBinary(16), index=True)]
Link = Annotated[bytes | None, mapped_column(LargeBinary(16))]
Ms = Annotated[int | None, mapped_column(BigInteger)]


class Base(DeclarativeBase):
    """All tables of the program. The engine's own `sync_…` tables are its own business."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {str: Text(), bytes: LargeBinary(), int: Integer(), datetime: Instant()}  # noqa: RUF012


class Replicated:
    """The four columns of every replicated table; see `sync.protocol.kinds.SYNC_COLUMNS`."""

    id: Mapped[Key]
    unit_id: Mapped[Scope]
    rev: Mapped[int]
    extra: Mapped[str | None]


class UnitRecord(Replicated, Base):
    """A unit of the tree (domain §1); `unit_id` equals `id`."""

    __tablename__ = "unit"

    parent_id: Mapped[bytes | None] = mapped_column(LargeBinary(16), index=True)
    level: Mapped[str | None]
    kind: Mapped[str | None]
    name: Mapped[str | None]
    short_name: Mapped[str | None]
    code: Mapped[str | None]
    address: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    founded_on: Mapped[str | None]
    status: Mapped[str | None]
    position: Mapped[int | None]


class MemberRecord(Replicated, Base):
    """A member (domain §2); the fields of `domain.member`, checked against it by a test.

    `name_key` and `name_fold` follow from the name and are not replicated; the central database leaves them empty.
    """

    __tablename__ = "member"

    full_name: Mapped[str | None]
    sort_name: Mapped[str | None]
    born_on: Mapped[str | None]
    sex: Mapped[str | None]
    ethnicity: Mapped[str | None]
    religion: Mapped[str | None]
    marital: Mapped[str | None]
    id_number: Mapped[str | None] = mapped_column(Text(), index=True)
    id_kind: Mapped[str | None]
    id_missing_reason: Mapped[str | None]
    old_id_number: Mapped[str | None]
    id_issued_on: Mapped[str | None]
    id_issued_by: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    hometown_province: Mapped[str | None]
    hometown_ward: Mapped[str | None]
    hometown_detail: Mapped[str | None]
    hometown_text: Mapped[str | None]
    residence_province: Mapped[str | None]
    residence_ward: Mapped[str | None]
    residence_detail: Mapped[str | None]
    residence_text: Mapped[str | None]
    current_address: Mapped[str | None]
    education: Mapped[str | None]
    qualification: Mapped[str | None]
    major: Mapped[str | None]
    politics_level: Mapped[str | None]
    it_level: Mapped[str | None]
    language_level: Mapped[str | None]
    language: Mapped[str | None]
    occupation: Mapped[str | None]
    occupation_detail: Mapped[str | None]
    salaried: Mapped[int | None]
    position: Mapped[str | None]
    position_from: Mapped[str | None]
    position_to: Mapped[str | None]
    activity_kind: Mapped[str | None]
    status: Mapped[str | None]
    joined_on: Mapped[str | None]
    joined_place: Mapped[str | None]
    admission_no: Mapped[str | None]
    admission_on: Mapped[str | None]
    member_code: Mapped[str | None]
    card_no: Mapped[str | None]
    card_issued_on: Mapped[str | None]
    card_issued_by: Mapped[str | None]
    card_decision: Mapped[str | None]
    has_book: Mapped[int | None]
    book_reissued: Mapped[int | None]
    book_keeper: Mapped[str | None]
    party_joined_on: Mapped[str | None]
    party_official_on: Mapped[str | None]
    party_position: Mapped[str | None]
    associations: Mapped[str | None]
    honorary: Mapped[int | None]
    source: Mapped[str | None]
    note: Mapped[str | None]

    name_key: Mapped[bytes | None]
    name_fold: Mapped[str | None]

    __table_args__ = (
        Index("ix_member_search", "name_key", "name_fold", "phone", "id_number", "unit_id", "status").ddl_if(
            dialect="sqlite"
        ),
    )
    """Everything the search box looks at, in the order of the list: a search never touches the wide table."""


class PairRecord(Replicated, Base):
    """What was said about two records that may be one person; see `registry.pairs`."""

    __tablename__ = "member_pair"

    member_id: Mapped[bytes | None] = mapped_column(LargeBinary(16), index=True)
    other_id: Mapped[bytes | None] = mapped_column(LargeBinary(16), index=True)
    verdict: Mapped[str | None]
    strength: Mapped[str | None]
    note: Mapped[str | None]
    other_unit: Mapped[Link]
    other_title: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[Ms]
    links: Mapped[str | None]


class CaseRecord(Replicated, Base):
    """A case of one of the procedures (domain §3)."""

    __tablename__ = "union_case"

    procedure: Mapped[str | None]
    state: Mapped[str | None]
    title: Mapped[str | None]
    data: Mapped[str | None]
    member_id: Mapped[bytes | None] = mapped_column(LargeBinary(16), index=True)
    opened_by: Mapped[str | None]
    opened_at: Mapped[Ms]
    returned_note: Mapped[str | None]


class CaseStepRecord(Replicated, Base):
    """A step that somebody took on a case: made once, never changed."""

    __tablename__ = "case_step"

    case_id: Mapped[bytes | None] = mapped_column(LargeBinary(16), index=True)
    action: Mapped[str | None]
    from_state: Mapped[str | None]
    to_state: Mapped[str | None]
    account: Mapped[str | None]
    at: Mapped[Ms]
    note: Mapped[str | None]


class ConflictRecord(Replicated, Base):
    """Two versions that a person must choose between; see `sync.protocol.kinds.CONFLICT`."""

    __tablename__ = "conflict"

    target_kind: Mapped[str | None]
    target_id: Mapped[bytes | None] = mapped_column(LargeBinary(16), index=True)
    fields: Mapped[str | None]
    merged: Mapped[str | None]
    mine_account: Mapped[str | None]
    mine_device: Mapped[str | None]
    mine_at: Mapped[Ms]
    theirs_account: Mapped[str | None]
    theirs_device: Mapped[str | None]
    theirs_at: Mapped[Ms]
    status: Mapped[str | None]
    choice: Mapped[str | None]
    settled_by: Mapped[str | None]
    settled_at: Mapped[Ms]


class HandoverRecord(Replicated, Base):
    """A change whose record has left the scope of its author; see `sync.protocol.kinds.HANDOVER`."""

    __tablename__ = "handover"

    side: Mapped[str | None]
    twin: Mapped[Link]
    target_kind: Mapped[str | None]
    target_id: Mapped[bytes | None] = mapped_column(LargeBinary(16), index=True)
    op: Mapped[str | None]
    fields: Mapped[str | None]
    bases: Mapped[str | None]
    account: Mapped[str | None]
    device: Mapped[str | None]
    at: Mapped[Ms]
    reason: Mapped[str | None]
    from_unit: Mapped[Link]
    from_name: Mapped[str | None]
    to_unit: Mapped[Link]
    to_name: Mapped[str | None]
    state: Mapped[str | None]
    choice: Mapped[str | None]
    why: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[Ms]
    edited: Mapped[int | None]


class CodeItemRecord(Replicated, Base):
    """One code of a code list: everybody's, made by the server only. `aliases` is a JSON list of other names."""

    __tablename__ = "code_item"

    list_code: Mapped[str | None] = mapped_column(Text(), index=True)
    code: Mapped[str | None]
    label: Mapped[str | None]
    aliases: Mapped[str | None]
    position: Mapped[int | None]


class RuleRecord(Replicated, Base):
    """One value of a dated rule: everybody's, made by the server only. `value` is JSON; see `domain.rules`."""

    __tablename__ = "rule_set"

    key: Mapped[str | None] = mapped_column(Text(), index=True)
    value: Mapped[str | None]
    effective_from: Mapped[str | None]
    effective_to: Mapped[str | None]
    source: Mapped[str | None]


class PlaceRecord(Replicated, Base):
    """A place, or other names of one, beside the shipped map: everybody's. `others` is a JSON list of names."""

    __tablename__ = "place"

    code: Mapped[str | None]
    kind: Mapped[str | None]
    name: Mapped[str | None]
    province: Mapped[str | None]
    others: Mapped[str | None]


class PlaceReportRecord(Replicated, Base):
    """A place that somebody missed in the map, and the answer; see `registry.places`."""

    __tablename__ = "place_report"

    text: Mapped[str | None]
    wanted: Mapped[str | None]
    province: Mapped[str | None]
    state: Mapped[str | None]
    answer: Mapped[str | None]
    why: Mapped[str | None]
    reported_by: Mapped[str | None]
    reported_at: Mapped[Ms]
    decided_by: Mapped[str | None]
    decided_at: Mapped[Ms]


class AccountRecord(Base):
    """An account of the central server: one unit, one role. Not replicated."""

    __tablename__ = "account"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(Text(), unique=True)
    full_name: Mapped[str] = mapped_column(Text(), default="")
    unit_id: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    role: Mapped[str]
    password_hash: Mapped[str]
    must_change: Mapped[int] = mapped_column(Integer(), default=0)
    active: Mapped[int] = mapped_column(Integer(), default=1)
    failures: Mapped[int] = mapped_column(Integer(), default=0)
    blocked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class DeviceRecord(Base):
    """A device enrolled on the central server, with the digests of its refresh tokens. Not replicated."""

    __tablename__ = "device"

    id: Mapped[Key]
    account_id: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    name: Mapped[str]
    refresh_hash: Mapped[bytes | None]
    refresh_before_hash: Mapped[bytes | None]
    enrolled_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SettingRecord(Base):
    """What this file or this server remembers about itself, tokens included."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(Text(), primary_key=True)
    value: Mapped[str]


class AuditRecord(Base):
    """A line of the log of exports and of looks at sensitive fields; `registry.audit` writes it. Not replicated."""

    __tablename__ = "audit_line"

    seq: Mapped[int] = mapped_column(Integer(), primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(BigInteger())
    account: Mapped[str]
    device: Mapped[str]
    action: Mapped[str]
    what: Mapped[str]
    prev: Mapped[bytes]
    hash: Mapped[bytes]
