"""Runs the central server on an address until it is told to stop."""

import ipaddress
import signal
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette
from typing_extensions import override

from yum_desktop.domain.errors import InputError, UnavailableError

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
    listener = listen(address)
    shown = f"[{address.host}]" if ":" in address.host else address.host
    url = f"{'https' if address.tls_cert else 'http'}://{shown}:{listener.getsockname()[1]}"
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _been_told)
    with listener:
        Server(config, lambda: ready(url)).run(sockets=[listener])


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
