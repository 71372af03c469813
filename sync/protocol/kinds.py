"""Declarations of the record kinds that are replicated.

A kind is one table with four sync columns (`id`, `unit_id`, `rev`, `extra`) and the declared fields.
Values are scalars that both databases and the wire carry unchanged: ``str``, ``int``, ``bytes`` or ``None``.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from typing_extensions import override

Value = str | int | bytes | None
"""A stored and transmitted value."""

Values = dict[str, Value]
"""Field name to value."""

SYNC_COLUMNS: Final = ("id", "unit_id", "rev", "extra")
"""Columns every replicated table has: 16-byte id, id of the owning unit (``None``: everybody's), revision
(0: never on the server), unknown fields of newer programs as JSON text."""

_INT_END: Final = 1 << 63
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")


def is_storable(value: object) -> bool:
    """Return whether both databases and the wire carry `value` unchanged.

    None takes half of a surrogate pair, PostgreSQL takes no character zero, and whole numbers have 64 bits.
    """
    if isinstance(value, str):
        return _UNSTORABLE.search(value) is None
    if isinstance(value, int):
        return not isinstance(value, bool) and -_INT_END <= value < _INT_END
    return value is None or isinstance(value, bytes)


def are_storable(values: Collection[object]) -> bool:
    """Return whether `is_storable` holds for each value, quickly where they resemble each other."""
    types = set(map(type, values))
    if types <= {str, type(None)}:
        return _UNSTORABLE.search("".join(filter(None, values))) is None  # type: ignore[arg-type]  # only text is left
    if types <= {bytes, type(None)}:
        return True
    return all(map(is_storable, values))


UNIT: Final = "unit_id"
"""The scope column. It is a field like others: changing it moves the record."""


class Merge(StrEnum):
    """What happens when two people changed one field to different values."""

    MANUAL = "manual"
    """A person chooses."""

    LATEST = "latest"
    """The later arrival wins; the other stays in the history."""

    UNION = "union"
    """The value is a JSON list used as a set: what either added stays, what either removed goes."""

    MAP = "map"
    """The value is a JSON object: merged key by key, a person chooses where one key differs."""

    SERVER = "server"
    """Only the server sets it."""


@dataclass(frozen=True, slots=True)
class Field:
    """One replicated column.

    Attributes:
        name: Column and wire name.
        merge: What happens when two people changed it.
        identifies: Always asked about, and chosen one by one, whatever the merge rule.
        sensitive: May have a narrower scope than its record; never logged.
    """

    name: str
    merge: Merge = Merge.MANUAL
    identifies: bool = False
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record, stored in one table.

    Attributes:
        name: Wire name.
        table: Table name.
        fields: The replicated columns apart from the sync columns; `unit_id` is implied.
        tree: Records are the units themselves: `id` equals `unit_id` and `parent` names the parent's column.
        parent: Name of the field that holds the parent unit, for the tree kind.
        shared: Records belong to everybody and are read-only for devices.
        append_only: A record is created and never changed or removed.
        title: Name of the field by which people know a record, where there is one.
        by_name: The replicated columns that carry values, `unit_id` first.
        columns: Their names.
    """

    name: str
    table: str
    fields: tuple[Field, ...]
    tree: bool = False
    parent: str = ""
    shared: bool = False
    append_only: bool = False
    title: str = ""
    by_name: Mapping[str, Field] = field(init=False, repr=False, compare=False)
    columns: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {f.name: f for f in (Field(UNIT), *self.fields)})
        object.__setattr__(self, "columns", tuple(self.by_name))
        assert len(self.by_name) == len(self.fields) + 1, f"{self.name}: a field is declared twice"
        assert not self.tree or self.parent in self.by_name, f"{self.name}: no parent field"

    @override
    def __hash__(self) -> int:
        return hash(self.name)  # not of all its fields: kinds are looked up for every change


class Kinds:
    """The declared kinds of one application, in the order in which they must be applied."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._kinds = {kind.name: kind for kind in (*kinds, CONFLICT, HANDOVER)}
        trees = [kind for kind in self._kinds.values() if kind.tree]
        assert len(trees) == 1, "exactly one kind is the tree"
        self.tree: Kind = trees[0]

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds.values())

    def __contains__(self, name: object) -> bool:
        return name in self._kinds

    def __getitem__(self, name: str) -> Kind:
        return self._kinds[name]


CONFLICT: Final = Kind(
    name="conflict",
    table="conflict",
    fields=(
        Field("target_kind", Merge.SERVER),
        Field("target_id", Merge.SERVER),
        Field("fields", Merge.SERVER),
        Field("merged", Merge.SERVER),
        Field("mine_account", Merge.SERVER),
        Field("mine_device", Merge.SERVER),
        Field("mine_at", Merge.SERVER),
        Field("theirs_account", Merge.SERVER),
        Field("theirs_device", Merge.SERVER),
        Field("theirs_at", Merge.SERVER),
        Field("status", Merge.LATEST),
        Field("choice", Merge.LATEST),
        Field("settled_by", Merge.SERVER),
        Field("settled_at", Merge.SERVER),
    ),
)
"""Two versions that a person must choose between.

Made by the server. `fields` is a JSON list of ``{"field", "base", "mine", "theirs", "identifies"}``; `merged` a JSON
list of the fields that merged by themselves in the same change; `status` is ``open`` or ``settled``; `choice` a JSON
object of field to ``{"take": "mine" | "theirs"}`` or ``{"value": …}``.
Settling it is an ordinary change of `status` and `choice`.
"""

HANDOVER: Final = Kind(
    name="handover",
    table="handover",
    fields=(
        *(Field(name, Merge.SERVER) for name in ("side", "twin", "target_kind", "target_id", "op", "fields", "bases")),
        *(Field(name, Merge.SERVER) for name in ("account", "device", "at", "reason")),
        *(Field(name, Merge.SERVER) for name in ("from_unit", "from_name", "to_unit", "to_name")),
        Field("state", Merge.LATEST),
        Field("choice", Merge.LATEST),
        Field("why", Merge.LATEST),
        *(Field(name, Merge.SERVER) for name in ("decided_by", "decided_at", "edited")),
    ),
)
"""A change that was pushed after its record had left the scope of its author.

Made by the server, always two that name each other as `twin`: one on the `side` of the ``receiver``, in the unit that
has the record now, and one on the side of the ``author``, in the author's unit. `fields` is a JSON list of ``{"field",
"value"}``, for the receiver with the ``"base"`` the author had seen; `bases` a JSON object of ``"rev"`` and ``"revs"``,
the revisions the change is based on, for the receiver only. `state` is ``waiting``, ``accepted``, ``returned``,
``withdrawn`` (the author removed a record that was not accepted yet), and for the author at last ``discarded``.
The receiver decides by an ordinary change of `state`, `choice` (when accepting: a JSON object of ``"rev"``, the
revision of the record as the receiver saw it, and ``"values"``, other values by field) and `why` (when returning).
"""
