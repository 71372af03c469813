"""Runs the central server on an address until it is told to stop."""

import gc
import ipaddress
import logging
import os
import signal
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette
from typing_extensions import override

from yum_desktop.domain.errors import InputError, UnavailableError

log = logging.getLogger(__name__)

_LAST_WORDS_S: Final = 10
"""How long exchanges may go on after the server was told to stop."""
_KEEP_ALIVE_S: Final = 75
"""On a slow line a second request over the same connection saves a second or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the server listens.

    Attributes:
        host: Name or number of an interface.
        port: 0 takes a free one.
        tls_cert: File of the certificate chain; without it the server speaks plain HTTP.
        tls_key: File of its key.
        plain: Plain HTTP is wanted, because something before it speaks TLS.
    """

    host: str
    port: int
    tls_cert: Path | None = None
    tls_key: Path | None = None
    plain: bool = False

    def check(self) -> None:
        """Refuse what would send passwords over the network in the clear.

        Raises:
            InputError: `serve.tls_pair`, `serve.tls_missing`, `serve.tls_needed`.
        """
        files = [path for path in (self.tls_cert, self.tls_key) if path is not None]
        if len(files) == 1:
            raise InputError("serve.tls_pair", "Cần cả --tls-cert và --tls-key.")
        for path in files:
            if not path.is_file():
                raise InputError("serve.tls_missing", f"Không có tệp {path}.")
        if not files and not self.plain and not _is_loopback(self.host):
            text = "Ngoài máy này cần TLS: --tls-cert và --tls-key, hoặc --plain-http sau một máy chủ TLS."
            raise InputError("serve.tls_needed", text)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Server(uvicorn.Server):
    """Says when it is ready.

    Args:
        config: What it serves, and how.
        ready: Called once requests are answered.
    """

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, then say so."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # what the program consists of is never garbage: looking through it again costs a request 30 ms
        self._ready()


def serve(app: Starlette, address: Address, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; exchanges under way get some seconds to end.

    Args:
        app: What answers.
        address: Where.
        ready: Called once with the URL, when requests are answered.

    Raises:
        InputError: Those of `Address.check`, and `serve.tls_bad`.
        UnavailableError: `serve.address`: nobody can listen there.
    """
    address.check()
    config = _config(app, address)
    listener = listen(address)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _been_told)
    with listener:
        Server(config, lambda: ready(_url(address, listener))).run(sockets=[listener])


def serve_by_many(
    opening: Callable[[], AbstractContextManager[Starlette]], address: Address, ready: Callable[[str], None], count: int
) -> None:
    """Serve like `serve`, by some processes that listen together; one that dies is replaced.

    Args:
        opening: Opens what answers; called in each process.
        address: Where.
        ready: Called once with the URL, when all of them answer.
        count: How many.

    Raises:
        InputError: Those of `serve`, and `serve.processes`: this system cannot share what listens.
        UnavailableError: `serve.address`, and `serve.ended`: a process ended before it answered.
    """
    address.check()
    if not hasattr(os, "fork"):
        raise InputError("serve.processes", "Hệ điều hành này chỉ chạy được một tiến trình: bỏ --processes.")
    _config(Starlette(), address)  # what is wrong with the certificate is told before anything runs
    with listen(address) as listener:
        _Processes(opening, address, listener, count).run(lambda: ready(_url(address, listener)))


@dataclass(slots=True)
class _Processes:
    """Processes that accept connections of one listener, and the one that looks after them."""

    opening: Callable[[], AbstractContextManager[Starlette]]
    address: Address
    listener: socket.socket
    count: int
    _running: set[int] = field(default_factory=set)
    _stopping: bool = False

    def run(self, ready: Callable[[], None]) -> None:
        """Begin them all, replace those that die, end them all."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        alive = os.pipe()  # the others see its end when this process is killed
        try:
            for begun in [self._begin(alive) for _ in range(self.count)]:
                self._await(begun)
            ready()
            while self._running:
                self._running.discard(os.wait()[0])
                if not self._stopping:
                    log.warning("a process of the server ended; another one begins")
                    self._await(self._begin(alive))
        finally:
            self._stop()
            while self._running:
                self._running.discard(os.wait()[0])
            for end in alive:
                os.close(end)

    def _stop(self, _number: int = 0, _frame: object = None) -> None:
        self._stopping = True
        for pid in self._running:
            os.kill(pid, signal.SIGTERM)

    def _begin(self, alive: tuple[int, int]) -> int:
        """Begin one process; return where it says that it answers."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid:
            os.close(writing)
            self._running.add(pid)
            return reading
        code = 1
        try:
            for end in (reading, alive[1]):
                os.close(end)
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, _been_told)
            threading.Thread(target=_end_with, args=(alive[0],), daemon=True).start()
            with self.opening() as app:
                Server(_config(app, self.address), lambda: _say_ready(writing)).run(sockets=[self.listener])
            code = 0
        except Exception:  # the composition root of this process
            log.exception("a process of the server broke down")
        finally:
            os._exit(code)

    def _await(self, reading: int) -> None:
        with os.fdopen(reading, "rb") as said:
            if not said.read(1) and not self._stopping:
                raise UnavailableError("serve.ended", "Một tiến trình của máy chủ đã dừng khi khởi động.")


def _say_ready(writing: int) -> None:
    os.write(writing, b"1")
    os.close(writing)


def _end_with(reading: int) -> None:
    """Stop this process when the one that began it has gone."""
    os.read(reading, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _config(app: Starlette, address: Address) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        ssl_certfile=address.tls_cert,
        ssl_keyfile=address.tls_key,
        lifespan="off",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_LAST_WORDS_S,
    )
    try:
        config.load()
    except ssl.SSLError as error:
        raise InputError("serve.tls_bad", f"Không đọc được chứng thư hoặc khóa TLS ({error.reason}).") from error
    return config


def _url(address: Address, listener: socket.socket) -> str:
    shown = f"[{address.host}]" if ":" in address.host else address.host
    return f"{'https' if address.tls_cert else 'http'}://{shown}:{listener.getsockname()[1]}"


def listen(address: Address) -> socket.socket:
    """Return a socket that listens at an address.

    Raises:
        UnavailableError: `serve.address`.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listener = socket.create_server((address.host, address.port), family=family, backlog=256)
    except OSError as error:
        text = f"Không mở được {address.host}:{address.port} ({error.strerror})."
        raise UnavailableError("serve.address", text) from error
    # connections inherit it: an answer's head and body are two pieces, and the second must not wait for the first
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _been_told(_number: int, _frame: object) -> None:
    """Do nothing: uvicorn stops at the signal and then raises it again for whoever handled it before."""
