"""How many values a MessagePack body holds, found without making any of them."""

from typing import Final

from sync.protocol.errors import RejectedError

ITEMS_MAX: Final = 1_000_000
"""Values in one packet. Each takes a byte or more to send, and up to a hundred times that in memory."""

_UNCOUNTED_SIZE_BYTES_MAX: Final = 1024 * 1024
"""A body of no more than this has no more values than can be borne, whatever it holds."""

_LENGTHS: Final = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xC7: 1, 0xC8: 2, 0xC9: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
"""First byte to the size of the length that follows it, where content follows that is no value of its own."""

_NUMBERS: Final = {
    0xCA: 5, 0xCB: 9, 0xCC: 2, 0xCD: 3, 0xCE: 5, 0xCF: 9, 0xD0: 2, 0xD1: 3, 0xD2: 5, 0xD3: 9,
    0xD4: 3, 0xD5: 4, 0xD6: 6, 0xD7: 10, 0xD8: 18, 0xDC: 3, 0xDD: 5, 0xDE: 3, 0xDF: 5,
}  # fmt: skip
"""First byte to the size of a value, or of the head of a list or map, where that is fixed and more than one."""

_TYPED: Final = frozenset({0xC7, 0xC8, 0xC9})
_SHORT_TEXT: Final = range(0xA0, 0xC0)


def _fixed(first: int) -> int:
    if first in _SHORT_TEXT:
        return 1 + first - _SHORT_TEXT.start
    return _NUMBERS.get(first, 1 + _LENGTHS.get(first, 0) + (first in _TYPED))


_FIXED: Final = [_fixed(first) for first in range(256)]


def check_items(body: bytes) -> None:
    """Refuse a body with more values than memory should take.

    Raises:
        RejectedError: `message.too_large`.
    """
    if len(body) <= _UNCOUNTED_SIZE_BYTES_MAX:
        return
    place = seen = 0
    while place < len(body):
        seen += 1
        if seen > ITEMS_MAX:
            raise RejectedError("message.too_large", f"more than {ITEMS_MAX} values")
        first = body[place]
        size = _LENGTHS.get(first)
        if size is not None:
            place += int.from_bytes(body[place + 1 : place + 1 + size], "big")
        place += _FIXED[first]
