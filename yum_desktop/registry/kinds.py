"""The replicated kinds of the program: which fields travel, how they merge, which identify a person."""

from collections.abc import Iterable
from typing import Final

from sync.protocol.kinds import UNIT, Field, Kind, Kinds, Merge
from yum_desktop.domain.member import MEMBER_FIELDS, MemberField, Shape

UNIT_KIND: Final = "unit"
MEMBER_KIND: Final = "member"
PAIR_KIND: Final = "pair"
CASE_KIND: Final = "case"
STEP_KIND: Final = "case_step"
CODE_KIND: Final = "code_item"
RULE_KIND: Final = "rule_set"
PLACE_KIND: Final = "place"
PLACE_REPORT_KIND: Final = "place_report"

MEMBER_LINKS: Final = ((CASE_KIND, "member_id"),)
"""Kinds whose records point at a member, and the field that does; what was said of pairs points at both for good."""

_LATEST: Final = frozenset({"source", "sort_name"})
"""Member fields where nobody needs to be asked who is right."""


def _member_field(field: MemberField) -> Field:
    merge = Merge.MANUAL
    if field.shape is Shape.CODES:
        merge = Merge.UNION
    elif field.name in _LATEST:
        merge = Merge.LATEST
    return Field(field.name, merge, identifies=field.identifies, sensitive=field.sensitive)


def _fields(names: Iterable[str], merge: Merge = Merge.MANUAL) -> tuple[Field, ...]:
    return tuple(Field(name, merge) for name in names)


KINDS: Final = Kinds(
    (
        Kind(
            name=UNIT_KIND,
            table="unit",
            tree=True,
            parent="parent_id",
            title="name",
            fields=(
                *_fields(("parent_id", "level", "kind", "name", "short_name", "code")),
                *_fields(("address", "phone", "email", "founded_on", "status")),
                Field("position", Merge.LATEST),
            ),
        ),
        Kind(
            name=MEMBER_KIND,
            table="member",
            title="full_name",
            fields=tuple(_member_field(field) for field in MEMBER_FIELDS if field.name != UNIT),
        ),
        Kind(
            name=PAIR_KIND,
            table="member_pair",
            fields=(
                *_fields(("member_id", "other_id", "verdict", "strength", "note"), Merge.LATEST),
                *_fields(("other_unit", "other_title"), Merge.SERVER),
                *_fields(("decided_by", "decided_at"), Merge.LATEST),
                Field("links", Merge.SERVER),
            ),
        ),
        Kind(
            name=CASE_KIND,
            table="union_case",
            title="title",
            fields=(
                Field("procedure"),
                Field("state", Merge.SERVER),
                Field("title", Merge.LATEST),
                Field("data", Merge.MAP, sensitive=True),
                *_fields(("member_id", "opened_by", "opened_at"), Merge.LATEST),
                Field("returned_note", Merge.SERVER),
            ),
        ),
        Kind(
            name=STEP_KIND,
            table="case_step",
            append_only=True,
            fields=_fields(("case_id", "action", "from_state", "to_state", "account", "at", "note")),
        ),
        Kind(
            name=CODE_KIND,
            table="code_item",
            shared=True,
            fields=_fields(("list_code", "code", "label", "aliases", "position"), Merge.SERVER),
        ),
        Kind(
            name=RULE_KIND,
            table="rule_set",
            shared=True,
            fields=_fields(("key", "value", "effective_from", "effective_to", "source"), Merge.SERVER),
        ),
        Kind(
            name=PLACE_KIND,
            table="place",
            shared=True,
            fields=_fields(("code", "kind", "name", "province", "others"), Merge.SERVER),
        ),
        Kind(
            name=PLACE_REPORT_KIND,
            table="place_report",
            title="text",
            fields=(
                *_fields(("text", "wanted", "province", "state", "answer", "why"), Merge.LATEST),
                *_fields(("reported_by", "reported_at"), Merge.LATEST),
                *_fields(("decided_by", "decided_at"), Merge.SERVER),
            ),
        ),
    )
)
"""In the order in which they are applied: the tree and what everybody has come before what refers to them."""
