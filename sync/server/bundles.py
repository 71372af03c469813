"""Answers to bundles: the same exchange, its packets in a file for the device that asked."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import BinaryIO

from sync.protocol.bundle import Direction, Head, read_head, seal, unseal
from sync.protocol.errors import RejectedError
from sync.protocol.messages import decode_request
from sync.server.records import Actor
from sync.server.server import SyncServer

Recognise = Callable[[bytes], tuple[Actor, bytes]]
"""Gives whose a device id is, and the key of that device. Raises `RejectedError`, whose code goes to the carrier."""


def answer(server: SyncServer, file: BinaryIO, recognise: Recognise) -> Iterator[bytes]:
    """Apply the bundle in `file`, and give the parts of the file that goes back.

    Whoever carries it needs no right: only the device can make the one and read the other. Applying it again changes
    nothing, and gives a new answer.

    Raises:
        RejectedError: `bundle.…` as `sync.protocol.bundle` says, `bundle.wrong_way` (it is an answer), or what
            `recognise` raises. Nothing of it has been applied then.
    """
    head = read_head(file)
    if head.direction is not Direction.UP:
        raise RejectedError("bundle.wrong_way")
    actor, key = recognise(head.device_id)
    packets = list(unseal(file, head, key))
    down = Head(Direction.DOWN, head.device_id, head.bundle_id, server.clock_ms())
    yield from seal(down, key, _exchanged(server, actor, packets))


def _exchanged(server: SyncServer, actor: Actor, packets: list[bytes]) -> Iterator[bytes]:
    """Give the place that the answer begins from, then the packets of all answers."""
    if not packets:
        raise RejectedError("bundle.altered", "it is empty")
    yield decode_request(packets[0]).cursor or b""
    yield from chain.from_iterable(server.exchange(actor, packet, named=True) for packet in packets)
