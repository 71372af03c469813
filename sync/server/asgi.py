"""The exchange as an ASGI route: one POST, the answer streams."""

import logging
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sync.protocol.errors import RejectedError
from sync.protocol.messages import PACKET_SIZE_BYTES_MAX
from sync.server.records import Actor
from sync.server.server import SyncServer

log = logging.getLogger(__name__)

CONTENT_TYPE: Final = "application/x-replication"
ORDER: Final = "x-order"
"""The header that carries what the device shall do after the exchange."""

WHOLE_SIZE_BYTES_MAX: Final = 16 * 1024

Authenticate = Callable[[str], Actor]
"""Gives who an access token belongs to. Raises `RejectedError`, whose code goes to the device. May block."""


def sync_route(
    server: SyncServer,
    authenticate: Authenticate,
    *,
    path: str = "/sync",
    whole_size_bytes_max: int = WHOLE_SIZE_BYTES_MAX,
) -> Route:
    """Return the route of the exchange. A request without a valid token gets 401, a damaged one 400.

    Args:
        server: Answers.
        authenticate: Names who asks.
        path: Where it is asked.
        whole_size_bytes_max: A smaller answer is sent at once; a larger one streams.
    """

    async def exchange(request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return problem(401, "auth.missing")
        try:
            actor = await run_in_threadpool(authenticate, token)
        except RejectedError as error:
            return problem(401, error.code)
        packet = await _body(request)
        if packet is None:
            return problem(413, "message.too_large")
        headers = {ORDER: actor.order} if actor.order else None
        packets = server.exchange(actor, packet)
        first = await run_in_threadpool(
            _beginning, packets, whole_size_bytes_max
        )  # while nothing is sent, an error can still get a status
        if len(first) < whole_size_bytes_max:
            return Response(first, headers=headers, media_type=CONTENT_TYPE)
        whole = iterate_in_threadpool(chain((first,), packets))
        return StreamingResponse(whole, headers=headers, media_type=CONTENT_TYPE)

    return Route(path, exchange, methods=["POST"])


def problem(status: int, code: str, text: str = "") -> JSONResponse:
    """Return an error as JSON: stable `code`, `text` for people if there is one."""
    return JSONResponse({"code": code, "text": text}, status_code=status)


def _beginning(packets: Iterator[bytes], size_bytes_max: int) -> bytes:
    """Return the first packets: all of them if that is less than `size_bytes_max`."""
    begun = bytearray()
    for packet in packets:
        begun += packet
        if len(begun) >= size_bytes_max:
            break
    return bytes(begun)


async def _body(request: Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > PACKET_SIZE_BYTES_MAX:
            return None
    return bytes(body)
