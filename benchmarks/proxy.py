"""A TCP proxy that counts what passes: bytes each way with all headers, connections, requests."""

import re
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, Self

_REQUEST: Final = re.compile(rb"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) /\S* HTTP/1\.1\r\n")
_TAIL_SIZE_BYTES: Final = 512


@dataclass(slots=True)
class Traffic:
    """What passed since the last look."""

    up: int = 0
    down: int = 0
    connections: int = 0
    requests: int = 0

    @property
    def both(self) -> int:
        """Bytes both ways."""
        return self.up + self.down


class CountingProxy:
    """Stands before a server on this machine while the block lasts.

    Args:
        port: The server's port.
    """

    _read_size_bytes = 256 * 1024

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._lock = threading.Lock()
        self._traffic = Traffic()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url: Final = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(self, *_error: object) -> None:
        with suppress(OSError):  # without it the thread would go on to wait
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()

    def take(self) -> Traffic:
        """Return what passed since the last call, and begin at zero."""
        with self._lock:
            seen, self._traffic = replace(self._traffic), Traffic()
        return seen

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:  # the block has ended
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        """Carry one connection until both sides have said everything."""
        with near, socket.create_connection(self._target) as far:
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._traffic.connections += 1
            back = threading.Thread(target=self._pass_on, args=(far, near), kwargs={"up": False}, daemon=True)
            back.start()
            self._pass_on(near, far, up=True)
            back.join()

    def _pass_on(self, start: socket.socket, end: socket.socket, *, up: bool) -> None:
        tail = b""
        buffer = memoryview(bytearray(self._read_size_bytes))
        with suppress(OSError):  # either side has gone
            while size := start.recv_into(buffer):
                chunk = bytes(buffer[:size])
                tail = self._count(tail, chunk, up=up)
                self._deliver(end, chunk, up=up)
        with suppress(OSError):
            self._end(end)

    def _deliver(self, end: socket.socket, chunk: bytes, *, up: bool) -> None:  # noqa: ARG002  # not all ways are alike
        """Pass a piece on."""
        end.sendall(chunk)

    def _end(self, end: socket.socket) -> None:
        """Say that nothing more comes."""
        end.shutdown(socket.SHUT_WR)

    def _count(self, tail: bytes, chunk: bytes, *, up: bool) -> bytes:
        """Count a piece; of requests return its end, where one may have begun."""
        if not up:
            with self._lock:
                self._traffic.down += len(chunk)
            return b""
        seen, last = tail + chunk, 0
        found = list(_REQUEST.finditer(seen))
        if found:
            last = found[-1].end()
        with self._lock:
            self._traffic.up += len(chunk)
            self._traffic.requests += len(found)
        return seen[max(last, len(seen) - _TAIL_SIZE_BYTES) :]
