"""Whether a value fits its column: what a database would not take must not end the push of everything else."""

from typing import Final

from sqlalchemy import BigInteger, Integer, LargeBinary

from sync.protocol.kinds import Value, Values
from sync.server.rules import Refusal
from yum_desktop.registry.kinds import KINDS
from yum_desktop.registry.tables import Base

TEXT_LENGTH_MAX: Final = 64 * 1024
_ID_SIZE_BYTES: Final = 16
_ID, _TEXT = 0, 1
"""Shapes of a column beside whole numbers, which are given by their number of bits."""


def _shape(table: str, column: str) -> int:
    kind = Base.metadata.tables[table].columns[column].type
    if isinstance(kind, LargeBinary):
        return _ID
    if isinstance(kind, Integer):
        return 64 if isinstance(kind, BigInteger) else 32
    return _TEXT


_SHAPES: Final = {kind.name: {name: _shape(kind.table, name) for name in kind.columns} for kind in KINDS}


def check_values(kind: str, before: Values | None, after: Values) -> Refusal | None:
    """Return which changed value does not fit its column, or nothing."""
    old = before or {}
    for name, value in after.items():
        if value != old.get(name) and not _fits(_SHAPES[kind][name], value):
            return Refusal("field.type", name, "Giá trị này không đúng kiểu, hoặc quá dài.")
    return None


def _fits(shape: int, value: Value) -> bool:
    if value is None:
        return True
    if shape == _ID:
        return isinstance(value, bytes) and len(value) == _ID_SIZE_BYTES
    if shape == _TEXT:
        return isinstance(value, str) and len(value) <= TEXT_LENGTH_MAX and "\0" not in value
    limit = 1 << (shape - 1)
    return isinstance(value, int) and -limit <= value < limit
