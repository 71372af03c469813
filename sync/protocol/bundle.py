"""The bundle file: the messages of an exchange sealed for one device and its server, to be carried by hand.

A file is a head and a row of sealed chunks, each with one packet of `messages`. The head is readable by everybody, so
that a carrier knows whose it is; the chunks can be read and made only with the key that device and server share. The
key of a file is derived from that key and its head; a chunk's nonce is its number and whether it is the last. A file
therefore cannot be altered, reordered, shortened or taken for another one without being noticed, and what stands
before the place where a copy broke off is still good.

```
head   8 bytes magic, 1 version, 1 direction, 16 device id, 16 bundle id, 8 ms UTC when it was made (big endian)
chunk  4 bytes length (big endian), AES-256-GCM of the packet with the head as associated data
```
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sync.protocol.errors import RejectedError
from sync.protocol.messages import ID_SIZE_BYTES, PACKET_SIZE_BYTES_MAX

KEY_SIZE_BYTES: Final = 32
VERSION: Final = 1
_MAGIC: Final = b"SYNCBNDL"
_HEAD_SIZE_BYTES: Final = len(_MAGIC) + 2 + 2 * ID_SIZE_BYTES + 8
_TAG_SIZE_BYTES: Final = 16
_COUNTER_SIZE_BYTES: Final = 11


class Direction(IntEnum):
    """Where a bundle goes."""

    UP = 1
    DOWN = 2


@dataclass(frozen=True, slots=True)
class Head:
    """What everybody can read of a bundle.

    Attributes:
        device_id: 16 bytes: whose changes these are, or who the answer is for.
        bundle_id: 16 bytes: of a bundle to the server its own, of an answer that of the bundle it answers.
        made_at: ms UTC by its maker's clock.
    """

    direction: Direction
    device_id: bytes
    bundle_id: bytes
    made_at: int

    def packed(self) -> bytes:
        """Return the bytes at the beginning of the file."""
        kind = bytes((VERSION, self.direction))
        return _MAGIC + kind + self.device_id + self.bundle_id + self.made_at.to_bytes(8, "big")


def seal(head: Head, key: bytes, packets: Iterable[bytes]) -> Iterator[bytes]:
    """Give the parts of the file that carries `packets`. An empty row of packets is sealed too."""
    packed = head.packed()
    cipher = _cipher(key, packed)
    yield packed
    number, waiting = 0, b""
    for place, packet in enumerate(packets):
        if place:
            yield _sealed(cipher, packed, number, waiting, last=False)
            number += 1
        waiting = packet
    yield _sealed(cipher, packed, number, waiting, last=True)


def read_head(file: BinaryIO) -> Head:
    """Read the head at the beginning of a file.

    Raises:
        RejectedError: `bundle.not_one`, `bundle.newer` (made by a newer version) or `bundle.cut`.
    """
    packed = file.read(_HEAD_SIZE_BYTES)
    if packed[: len(_MAGIC)] != _MAGIC:
        raise RejectedError("bundle.not_one")
    if len(packed) < _HEAD_SIZE_BYTES:
        raise RejectedError("bundle.cut")
    version, direction = packed[len(_MAGIC)], packed[len(_MAGIC) + 1]
    if version > VERSION:
        raise RejectedError("bundle.newer", str(version))
    if version != VERSION or direction not in set(Direction):
        raise RejectedError("bundle.altered")
    ids = packed[len(_MAGIC) + 2 :]
    return Head(
        Direction(direction),
        ids[:ID_SIZE_BYTES],
        ids[ID_SIZE_BYTES : 2 * ID_SIZE_BYTES],
        int.from_bytes(ids[2 * ID_SIZE_BYTES :], "big"),
    )


def unseal(file: BinaryIO, head: Head, key: bytes) -> Iterator[bytes]:
    """Give the packets of a file whose head was read, one by one.

    Raises:
        RejectedError: `bundle.altered` (or sealed with another key), or `bundle.cut`; packets given before are good.
    """
    packed = head.packed()
    cipher = _cipher(key, packed)
    number, last = 0, False
    while not last:
        size = int.from_bytes(_exactly(file, 4), "big")
        if not _TAG_SIZE_BYTES <= size <= PACKET_SIZE_BYTES_MAX + _TAG_SIZE_BYTES:
            raise RejectedError("bundle.altered", f"chunk {number}")
        sealed = _exactly(file, size)
        packet, last = _opened(cipher, packed, number, sealed)
        if packet or not last:
            yield packet
        number += 1
    if file.read(1):
        raise RejectedError("bundle.altered", "something stands behind its end")


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise RejectedError("bundle.cut")
    return data


def _cipher(key: bytes, packed: bytes) -> AESGCM:
    assert len(key) == KEY_SIZE_BYTES, "a device's key"
    return AESGCM(HKDF(SHA256(), KEY_SIZE_BYTES, salt=None, info=packed).derive(key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(_COUNTER_SIZE_BYTES, "big") + bytes((last,))


def _sealed(cipher: AESGCM, packed: bytes, number: int, packet: bytes, *, last: bool) -> bytes:
    sealed = cipher.encrypt(_nonce(number, last=last), packet, packed)
    return len(sealed).to_bytes(4, "big") + sealed


def _opened(cipher: AESGCM, packed: bytes, number: int, sealed: bytes) -> tuple[bytes, bool]:
    for last in (False, True):
        try:
            return cipher.decrypt(_nonce(number, last=last), sealed, packed), last
        except InvalidTag:
            continue
    raise RejectedError("bundle.altered", f"chunk {number}")
