"""How the values of one column travel: written out, as places in a short list, or letter by letter.

A column of a few values becomes the list of them and one byte for each row. A column of texts of one length, such as
dates and numbers, becomes the first letters of all rows, then all second letters, and so on: what stands in the same
place resembles each other. Both compress to less than the values written out, and take less time to.
"""

from collections.abc import Sequence
from typing import Any, Final

from sync.protocol.errors import RejectedError
from sync.protocol.items import ITEMS_MAX
from sync.protocol.kinds import are_storable

_LISTED_MAX: Final = 256
"""Values that one byte can tell apart."""

_ROWS_PER_LISTED: Final = 4
"""A list is worth its while where each of its values stands in so many rows."""

_LETTERS_MAX: Final = 24
_NOTHING: Final = b"\0"
"""Stands in each place of a text that is not there: no text may hold it."""


def pack(values: Sequence[Any]) -> Any:
    """Return a column as it travels.

    Returns:
        ``values`` themselves; ``{"v": different values, "i": their places, a byte for each row}``; or
        ``{"n": letters of each text, "l": the letters, place by place}``.
    """
    distinct = dict.fromkeys(values)
    if len(distinct) <= _LISTED_MAX and len(distinct) * _ROWS_PER_LISTED <= len(values):
        places = {value: place for place, value in enumerate(distinct)}
        return {"v": list(distinct), "i": bytes(map(places.__getitem__, values))}
    letters = _letters(distinct)
    if not letters:
        return values
    nothing = letters * _NOTHING.decode()
    text = "".join([nothing if value is None else value for value in values])
    if not text.isascii():
        return values
    joined = text.encode()
    return {"n": letters, "l": b"".join([joined[place::letters] for place in range(letters)])}


def _letters(distinct: dict[Any, None]) -> int:
    """Return the one length of texts that are none too long, or 0."""
    if not set(map(type, distinct)) <= {str, type(None)}:
        return 0
    lengths = {len(value) for value in distinct if value is not None}
    length = lengths.pop() if len(lengths) == 1 else 0
    return length if length <= _LETTERS_MAX else 0


def unpack(column: Any, count: int) -> list[Any]:
    """Return the values of a column of `count` rows.

    Raises:
        RejectedError: `message.damaged`.
    """
    values = _unpacked(column, count)
    if values is None or len(values) != count:
        raise RejectedError("message.damaged", "a column does not fit its rows")
    return values


def _unpacked(column: Any, count: int) -> list[Any] | None:
    match column:
        case list():
            return column if are_storable(column) else None
        case {"v": list(listed), "i": bytes(places)}:
            if not are_storable(listed) or (places and max(places) >= len(listed)):
                return None
            return list(map(listed.__getitem__, places))
        case {"n": int(letters), "l": bytes(joined)}:
            if not 0 < letters <= _LETTERS_MAX or len(joined) != letters * count or not joined.isascii():
                return None
            return _read_letters(joined, letters, count)
    return None


def _read_letters(joined: bytes, letters: int, count: int) -> list[Any] | None:
    text = bytearray(len(joined))
    for place in range(letters):
        text[place::letters] = joined[place * count : (place + 1) * count]
    read = text.decode("ascii")
    if "\0" not in read:
        return [read[start : start + letters] for start in range(0, len(read), letters)]
    nothing = letters * "\0"
    values = [None if (each := read[start : start + letters]) == nothing else each
              for start in range(0, len(read), letters)]  # fmt: skip
    return values if are_storable(values) else None


def check_size(values: int) -> None:
    """Refuse columns that would become more values than memory should take.

    Raises:
        RejectedError: `message.too_large`.
    """
    if values > ITEMS_MAX:
        raise RejectedError("message.too_large", f"more than {ITEMS_MAX} values")
