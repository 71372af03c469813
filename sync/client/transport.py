"""How requests reach a server: the seam, and HTTP as its first implementation."""

import json
import queue
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final, Generic, Protocol, Self, TypeVar
from urllib.parse import urlsplit

import httpx

from sync.protocol.errors import RejectedError, UnreachableError

CONTENT_TYPE: Final = "application/x-replication"
ORDER: Final = "x-order"
WAIT_S_MAX: Final = 3_600.0
"""No server may silence a device for longer."""

_ERROR_SIZE_BYTES_MAX: Final = 64 * 1024
_OTHER_HEADERS: Final = ("accept", "accept-encoding", "connection", "user-agent")
"""What a client says by itself; the exchange has no use for it, and it is as long as all the rest."""

_LOOK_S: Final = 0.2
_AHEAD_MAX: Final = 2

T = TypeVar("T")


class Transport(Protocol):
    """Carries one request to the server and brings the answer as a stream of bytes."""

    def exchange(self, request: bytes) -> Iterator[bytes]:
        """Send `request`; give the answer in pieces of any size, as they arrive.

        The stream may end too early; whoever reads it notices by the packets.
        Closing the iterator ends the exchange.

        Raises:
            UnreachableError: No connection, or it broke. Safe to call again.
            RejectedError: The server does not accept the request; `code` says why.
        """


class Credentials(Protocol):
    """Gives the tokens of this device."""

    def access(self) -> str:
        """Return the access token as last received."""

    def renew(self) -> str:
        """Fetch a new access token.

        Raises:
            UnreachableError: No connection.
            RejectedError: The device must be enrolled again.
        """


class HttpTransport:
    """Exchanges over HTTP: one POST, the response body is streamed.

    Redirects are never followed: the request carries a token.

    Args:
        client: Knows the server's address, time limits and certificates.
        credentials: The device's tokens; renewed once when the server says they are too old.
        path: Path of the exchange.

    Attributes:
        wait_s: How long the server asked to be left alone in its last answer, in seconds; 0 when it did not.
        began_s: How long it took until the last answer began, in seconds; 0 before one did.
    """

    def __init__(self, client: httpx.Client, credentials: Credentials, *, path: str = "/sync") -> None:
        self._client = client
        self._credentials = credentials
        self._path = path
        self.wait_s = self.began_s = 0.0
        self.order = ""

    def exchange(self, request: bytes) -> Iterator[bytes]:
        """Send `request` and stream the answer; see `Transport`."""
        try:
            with _Answer(self._client, self._path, request, self._credentials.access()) as answer:
                if answer.response.status_code != httpx.codes.UNAUTHORIZED:
                    yield from self._body(answer)
                    return
            with _Answer(self._client, self._path, request, self._credentials.renew()) as answer:
                yield from self._body(answer)
        except httpx.RequestError as error:
            raise unreachable(error) from error

    def _body(self, answer: "_Answer") -> Iterator[bytes]:
        self.wait_s, self.began_s = asked_wait_s(answer.response), answer.began_s
        self.order = answer.response.headers.get(ORDER, "")
        return answer.body()


class _Answer:
    """One streamed HTTP response."""

    def __init__(self, client: httpx.Client, path: str, request: bytes, token: str) -> None:
        sent = client.build_request("POST", path, content=request, headers={"authorization": f"Bearer {token}"})
        for name in _OTHER_HEADERS:
            sent.headers.pop(name, None)
        self._client = client
        self._request = sent
        self.response: httpx.Response
        self.began_s = 0.0

    def __enter__(self) -> Self:
        sent = time.perf_counter()
        self.response = self._client.send(self._request, stream=True, follow_redirects=False)
        self.began_s = time.perf_counter() - sent
        return self

    def __exit__(self, *error: object) -> None:
        self.response.close()

    def body(self) -> Iterator[bytes]:
        if self.response.status_code != httpx.codes.OK:
            raise rejected(self.response)
        kind = self.response.headers.get("content-type", "")
        if not kind.startswith(CONTENT_TYPE):
            raise UnreachableError("link.captive" if "html" in kind else "server.not_ours", kind)
        yield from self.response.iter_raw()  # a chunk size would hold back what has arrived


def rejected(response: httpx.Response) -> RejectedError | UnreachableError:
    """Return the error that a response other than 200 means: its ``code``, or one made from its status.

    ``link.captive`` is the page of a network that asks for a sign-in, ``server.moved`` names another address in its
    detail, ``server.busy`` may be called again later, ``server.not_ours`` is somebody else's page.
    """
    status = response.status_code
    if status == httpx.codes.NETWORK_AUTHENTICATION_REQUIRED:
        return UnreachableError("link.captive")
    if response.is_redirect:
        return _redirected(response)
    code, detail = _told(response)
    if status == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        return RejectedError("request.too_large", detail)
    if status == httpx.codes.SERVICE_UNAVAILABLE or (status == httpx.codes.TOO_MANY_REQUESTS and not code):
        return UnreachableError(code or "server.busy", detail)
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return UnreachableError(code or "server.unreachable", detail)
    return RejectedError(code or "server.not_ours", detail)


def _told(response: httpx.Response) -> tuple[str, str]:
    """Return code and text of a JSON error, empty when the page is none."""
    if "json" not in response.headers.get("content-type", ""):
        return "", str(response.status_code)
    try:
        body = json.loads(beginning(response))
    except (ValueError, RecursionError):
        return "", str(response.status_code)
    if not isinstance(body, dict):
        return "", str(response.status_code)
    return str(body.get("code", "")), str(body.get("text", ""))


def beginning(response: httpx.Response) -> bytes:
    """Return the body as it came, of one that does not end within 64 KiB the beginning."""
    if response.is_closed:
        return response.content
    body = b""
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > _ERROR_SIZE_BYTES_MAX:
            break
    return body


def _redirected(response: httpx.Response) -> UnreachableError:
    """Return what a redirect means: a lasting one to a safe address is the server's, any other a sign-in page's."""
    try:
        target = urlsplit(response.headers.get("location", ""))
    except ValueError:
        return UnreachableError("link.captive")
    lasting = response.status_code in {httpx.codes.MOVED_PERMANENTLY, httpx.codes.PERMANENT_REDIRECT}
    if lasting and target.scheme == "https" and target.hostname:
        return UnreachableError("server.moved", f"https://{target.netloc}")
    return UnreachableError("link.captive")


def unreachable(error: httpx.RequestError) -> UnreachableError:
    """Return what a failure of the line means; a certificate that does not fit is named."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return UnreachableError("server.certificate", str(cause))
        cause = cause.__cause__ or cause.__context__
    return UnreachableError("server.unreachable", type(error).__name__)


def asked_wait_s(response: httpx.Response) -> float:
    """Return the seconds of ``Retry-After``; a day is taken against the server's own clock."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal() and text.isascii():
        return min(float(text), WAIT_S_MAX)
    with suppress(ValueError, TypeError, OverflowError):  # no day, one without a zone, or one in none
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(response.headers.get("date", ""))
        return min(max((until - now).total_seconds(), 0.0), WAIT_S_MAX)
    return 0.0


def ahead(items: Iterator[T], stop: Callable[[], bool]) -> Iterator[T]:
    """Pass on `items`, but look at `stop` all the while, also when the line is silent; ends early when it says so.

    The items are fetched on a thread of their own, a few ahead of whoever reads. After an early end it lingers until
    the line speaks or its time is up, and what it still receives is dropped.
    """
    fetching = _Ahead(items)
    threading.Thread(target=fetching.fetch, name="sync-answer", daemon=True).start()
    try:
        while not stop():
            with suppress(queue.Empty):
                arrived = fetching.arrived.get(timeout=_LOOK_S)
                if isinstance(arrived, _End):
                    if arrived.error is not None:
                        raise arrived.error
                    return
                yield arrived
    finally:
        fetching.left.set()


@dataclass(frozen=True, slots=True)
class _End:
    """What stands behind the last item: nothing, or why there are no more."""

    error: BaseException | None = None


class _Ahead(Generic[T]):
    """Items that have arrived and wait to be read."""

    def __init__(self, items: Iterator[T]) -> None:
        self._items = items
        self.arrived: queue.Queue[T | _End] = queue.Queue(_AHEAD_MAX)
        self.left = threading.Event()

    def fetch(self) -> None:
        """Fetch until the end, or until nobody reads any more."""
        try:
            for item in self._items:
                if not self._put(item):
                    return
        except BaseException as error:  # noqa: BLE001  # raised again by the one who reads
            self._put(_End(error))
        else:
            self._put(_End())

    def _put(self, item: T | _End) -> bool:
        while not self.left.is_set():
            with suppress(queue.Full):
                self.arrived.put(item, timeout=_LOOK_S)
                return True
        return False
