"""A set of identity numbers that answers "perhaps" or "no", and holds none of them (ADR 0009).

Each number becomes a place by a keyed hash; the sorted places are stored as differences (Golomb-Rice). Some numbers
that nobody has fall on a place that is taken, on purpose: who holds the set can never be sure of a single number.
The key and the number of places stay the same while the set is renewed, so that comparing two of them tells nothing
more: a number that was taken by chance stays so.
"""

import hashlib
import struct
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final, Self

_MAGIC: Final = b"YNF1"
_HEAD: Final = struct.Struct(">4sBI16s")
KEY_SIZE_BYTES: Final = 16
SPARE_BITS: Final = 6
"""Between 64 and 128 places for each number: between one and two in a hundred strangers are taken for known."""

_PLACES_BITS_MIN: Final = 16
_PLACES_BITS_MAX: Final = 48


class NumberFilter:
    """The set.

    Args:
        key: 16 bytes.
        bits: The number of places is 2 to this power.
        places: Those that are taken, in order, each once.
    """

    def __init__(self, key: bytes, bits: int, places: Iterable[int]) -> None:
        self._key, self._bits = key, bits
        self._places = array("Q", places)

    @classmethod
    def of(cls, numbers: Iterable[str], key: bytes) -> Self:
        """Return the set of some numbers."""
        known = set(numbers)
        bits = max(_PLACES_BITS_MIN, max(len(known) - 1, 0).bit_length() + SPARE_BITS)
        return cls(key, bits, sorted({_place(number, key, bits) for number in known}))

    @classmethod
    def load(cls, data: bytes) -> Self:
        """Return a set that was dumped.

        Raises:
            ValueError: The data is damaged.
        """
        if len(data) < _HEAD.size:
            raise ValueError("too short")
        magic, bits, count, key = _HEAD.unpack_from(data)
        if magic != _MAGIC or not _PLACES_BITS_MIN <= bits <= _PLACES_BITS_MAX:
            raise ValueError("no set of numbers")
        return cls(key, bits, _unpacked(data[_HEAD.size :], count, bits))

    def dump(self) -> bytes:
        """Return the set as bytes: the key, then some eight bits for each number."""
        return _HEAD.pack(_MAGIC, self._bits, len(self._places), self._key) + _packed(self._places)

    def __len__(self) -> int:
        """Return how many places are taken."""
        return len(self._places)

    def may_have(self, number: str) -> bool:
        """Return whether a number is perhaps in the set; "no" is certain."""
        place = _place(number, self._key, self._bits)
        at = bisect_left(self._places, place)
        return at < len(self._places) and self._places[at] == place

    @property
    def doubt(self) -> float:
        """The share of numbers that nobody has and that are still answered with "perhaps"."""
        return len(self._places) / (1 << self._bits)


def _place(number: str, key: bytes, bits: int) -> int:
    digest = hashlib.blake2b(number.encode(), key=key, digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - bits)


def _packed(places: Iterable[int]) -> bytes:
    parts: list[str] = []
    before = -1
    for place in places:
        high, low = divmod(place - before - 1, 1 << SPARE_BITS)
        parts.append("1" * high + "0" + format(low, f"0{SPARE_BITS}b"))
        before = place
    text = "".join(parts)
    text += "1" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big") if text else b""


def _unpacked(data: bytes, count: int, bits: int) -> list[int]:
    text = "".join(format(byte, "08b") for byte in data)
    places: list[int] = []
    at, before = 0, -1
    for _ in range(count):
        end = text.find("0", at)
        if end < 0 or end + 1 + SPARE_BITS > len(text):
            raise ValueError("cut short")
        before += 1 + ((end - at) << SPARE_BITS) + int(text[end + 1 : end + 1 + SPARE_BITS], 2)
        places.append(before)
        at = end + 1 + SPARE_BITS
    if places and places[-1] >> bits:
        raise ValueError("a place outside")
    return places
