"""A phone's line of the second generation, emulated: narrow, far, silent at times, and cut now and then."""

import queue
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from benchmarks.proxy import CountingProxy

_CUT: Final = struct.pack("ii", 1, 0)
"""For SO_LINGER: closing throws away what has not arrived and resets the connection."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How bad a line is.

    Attributes:
        bytes_per_s: What it carries, each way.
        round_trip_s: How far the server is; connecting takes it once more.
        stall_every_bytes: After so many bytes from the server it falls silent.
        stall_s: For so long.
        reset_every_bytes: After so many bytes from the server its connection is cut, with what is under way.
    """

    bytes_per_s: float = 50_000 / 8
    round_trip_s: float = 0.6
    stall_every_bytes: int = 60_000
    stall_s: float = 1.0
    reset_every_bytes: int = 100_000


class SlowLink(CountingProxy):
    """Stands before a server on this machine. A good line until `quality` says how bad it is."""

    _read_size_bytes = 1_400  # what one packet of such a line carries

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.quality: Quality | None = None
        self.stalls = self.resets = 0
        self._ways: dict[socket.socket, _Way] = {}
        self._carried = 0

    @override
    def _carry(self, near: socket.socket) -> None:
        if self.quality is not None:
            time.sleep(self.quality.round_trip_s)
        super()._carry(near)

    @override
    def _deliver(self, end: socket.socket, chunk: bytes, *, up: bool) -> None:
        quality = self.quality
        if quality is None:
            super()._deliver(end, chunk, up=up)
            return
        if end not in self._ways:
            self._ways[end] = _Way(end, quality)
        if not up:
            self._suffer(quality, end, len(chunk))
        self._ways[end].send(chunk)

    @override
    def _end(self, end: socket.socket) -> None:
        way = self._ways.pop(end, None)
        if way is not None:
            way.finish()
        super()._end(end)

    def _suffer(self, quality: Quality, end: socket.socket, size: int) -> None:
        """Stall, or cut the connection, where it is time to."""
        before, self._carried = self._carried, self._carried + size
        if before // quality.stall_every_bytes != self._carried // quality.stall_every_bytes:
            self.stalls += 1
            time.sleep(quality.stall_s)
        if before // quality.reset_every_bytes != self._carried // quality.reset_every_bytes:
            self.resets += 1
            self._ways.pop(end).drop()
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CUT)
            end.shutdown(socket.SHUT_RD)  # whoever reads from it lets it go
            end.close()
            raise ConnectionResetError


class _Way:
    """One direction of a connection: as narrow as the line, and as far."""

    def __init__(self, end: socket.socket, quality: Quality) -> None:
        self._end, self._quality = end, quality
        self._free_at = 0.0
        self._dropped = False
        self._under_way: queue.Queue[tuple[float, bytes]] = queue.Queue()
        self._arriving = threading.Thread(target=self._arrive, daemon=True)
        self._arriving.start()

    def send(self, chunk: bytes) -> None:
        """Put a piece on its way when the line is free; returns when it is on the line."""
        now = time.perf_counter()
        self._free_at = max(self._free_at, now) + len(chunk) / self._quality.bytes_per_s
        self._under_way.put((self._free_at + self._quality.round_trip_s / 2, chunk))
        time.sleep(self._free_at - now)

    def finish(self) -> None:
        """Wait until everything has arrived."""
        self._under_way.put((0.0, b""))
        self._arriving.join()

    def drop(self) -> None:
        """Lose what is under way."""
        self._dropped = True
        self.finish()

    def _arrive(self) -> None:
        while True:
            at, chunk = self._under_way.get()
            if not chunk:
                return
            if not self._dropped:
                time.sleep(max(0.0, at - time.perf_counter()))
                with suppress(OSError):
                    self._end.sendall(chunk)
