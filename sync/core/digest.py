"""Digests of sets of records that do not depend on their order: equal digests, equal data.

A *sector* is what is repaired at a time: the records of one unit, or those of everybody. A large one is compared in
parts.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from sync.protocol.kinds import Kinds, Value

DIGEST_SIZE_BYTES: Final = 8
EVERYBODY: Final = bytes(16)
"""The sector of the records that belong to no unit."""

_MODULUS = 1 << (8 * DIGEST_SIZE_BYTES)
_encoder = msgspec.msgpack.Encoder()


def record_digest(kind: str, record_id: bytes, rev: int, values: Sequence[Value]) -> int:
    """Return 64 bits over one record at revision `rev`; `values` stand in the order of the kind's columns."""
    body = _encoder.encode((kind, record_id, rev, *values))
    return int.from_bytes(hashlib.blake2b(body, digest_size=DIGEST_SIZE_BYTES).digest(), "big")


def part_of_ids(part: int, parts: int) -> tuple[bytes, bytes]:
    """Return the first and the last value that the last byte of an id has in one part of a sector, of at most 256."""
    return bytes((-(-256 * part // parts),)), bytes((-(-256 * (part + 1) // parts) - 1,))


def total(digests: Iterable[int]) -> int:
    """Return the digest of a set of records from theirs."""
    return sum(digests) % _MODULUS


def shown(digest: int) -> str:
    """Return a digest as 16 hexadecimal digits."""
    return f"{digest:016x}"


def schema_digest(kinds: Kinds) -> bytes:
    """Return a short name of what is replicated: digests of two programs can be compared where it is the same."""
    body = _encoder.encode([(kind.name, kind.columns) for kind in kinds])
    return hashlib.blake2b(body, digest_size=DIGEST_SIZE_BYTES).digest()
