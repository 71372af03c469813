"""A digest of a set of records that does not depend on their order: equal digests, equal data."""

import hashlib
from collections.abc import Iterable, Sequence

from sync.protocol.kinds import Value

_MODULUS = 1 << 64


def record_digest(kind: str, record_id: bytes, rev: int, values: Sequence[Value]) -> int:
    """Return 64 bits over one record at revision `rev`; `values` stand in the order of the kind's columns."""
    text = hashlib.blake2b(digest_size=8)
    text.update(f"{kind}\0{rev}\0".encode())
    text.update(record_id)
    for value in values:
        if value is None:
            text.update(b"\0-")
        elif isinstance(value, bytes):
            text.update(b"\0b" + value)
        else:
            text.update(f"\0{'s' if isinstance(value, str) else 'i'}{value}".encode())
    return int.from_bytes(text.digest(), "big")


def total(digests: Iterable[int]) -> int:
    """Return the digest of a set of records from theirs."""
    return sum(digests) % _MODULUS


def shown(digest: int) -> str:
    """Return a digest as 16 hexadecimal digits."""
    return f"{digest:016x}"
