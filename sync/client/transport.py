"""How requests reach a server: the seam, and HTTP as its first implementation."""

from collections.abc import Iterator
from typing import Protocol, Self

import httpx

from sync.protocol.errors import RejectedError, UnreachableError

CONTENT_TYPE = "application/x-replication"
_CHUNK_SIZE_BYTES = 64 * 1024


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

    Args:
        client: Knows the server's address, time limits and certificates.
        credentials: The device's tokens; renewed once when the server says they are too old.
        path: Path of the exchange.
    """

    def __init__(self, client: httpx.Client, credentials: Credentials, *, path: str = "/sync") -> None:
        self._client = client
        self._credentials = credentials
        self._path = path

    def exchange(self, request: bytes) -> Iterator[bytes]:
        """Send `request` and stream the answer; see `Transport`."""
        try:
            with _Answer(self._client, self._path, request, self._credentials.access()) as answer:
                if answer.response.status_code != httpx.codes.UNAUTHORIZED:
                    yield from answer.body()
                    return
            with _Answer(self._client, self._path, request, self._credentials.renew()) as answer:
                yield from answer.body()
        except httpx.TransportError as error:
            raise UnreachableError("server.unreachable", type(error).__name__) from error


class _Answer:
    """One streamed HTTP response."""

    def __init__(self, client: httpx.Client, path: str, request: bytes, token: str) -> None:
        headers = {"authorization": f"Bearer {token}", "content-type": CONTENT_TYPE}
        self._stream = client.stream("POST", path, content=request, headers=headers)
        self.response: httpx.Response

    def __enter__(self) -> Self:
        self.response = self._stream.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._stream.__exit__(None, None, None)

    def body(self) -> Iterator[bytes]:
        if self.response.status_code != httpx.codes.OK:
            self.response.read()
            raise rejected(self.response)
        yield from self.response.iter_raw(_CHUNK_SIZE_BYTES)


def rejected(response: httpx.Response) -> RejectedError | UnreachableError:
    """Return the error that a response other than 200 means: its ``code``, or one made from its status."""
    code, detail = f"http.{response.status_code}", ""
    if "json" in response.headers.get("content-type", ""):
        body = response.json()
        if isinstance(body, dict):
            code, detail = str(body.get("code", code)), str(body.get("text", ""))
    if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        return UnreachableError("server.unreachable" if code.startswith("http.") else code, detail)
    return RejectedError(code, detail)
