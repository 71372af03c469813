"""The central server's HTTP: enrolment, tokens and passwords as JSON, the exchange of `sync.server.asgi`, health.

Every error is ``{"code", "text"}`` (and ``"field"``, if one is to blame) with an HTTP status. Work that waits for the
database or a password hash runs in threads.
"""

import io
import logging
import secrets
from collections.abc import Callable
from typing import Final, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import exc
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sync.protocol.errors import RejectedError
from sync.protocol.messages import PROTOCOL_VERSION
from sync.server import bundles
from sync.server.asgi import CONTENT_TYPE, sync_route
from sync.server.database import Database, run
from sync.server.records import Actor
from sync.server.server import SyncServer
from yum_desktop.central.accounts import Accounts
from yum_desktop.central.denials import DeniedError
from yum_desktop.central.devices import Devices, Enrolment, Tokens
from yum_desktop.central.number_filters import NumberFilters, Shipped
from yum_desktop.domain.errors import YumError
from yum_desktop.registry.faults import translated

log = logging.getLogger(__name__)

T = TypeVar("T", bound=msgspec.Struct)

BODY_SIZE_BYTES_MAX: Final = 8 * 1024
"""Of everything but the exchange, which has its own limit, and bundles."""

BUNDLE_SIZE_BYTES_MAX: Final = 64 * 1024 * 1024

_STATUS: Final = {"input": 400, "conflict": 409, "unavailable": 503, "defect": 500}
_DAMAGED: Final = "Yêu cầu không đọc được."
_HTTP_TEXTS: Final = {404: "Không có địa chỉ này.", 405: "Không dùng được cách gọi này.", 413: "Yêu cầu quá lớn."}

Json = dict[str, str | int]


class EnrolBody(msgspec.Struct):
    """What a device says to be enrolled; `device_id` if it was enrolled before."""

    account: str
    password: str
    device_name: str
    device_id: UUID | None = None


class RefreshBody(msgspec.Struct):
    """What a device says to get new tokens."""

    refresh_token: str


class WipedBody(msgspec.Struct):
    """What a device says when it has removed its data."""

    access_token: str


class PasswordBody(msgspec.Struct):
    """What a person says to choose another password."""

    account: str
    password: str
    new_password: str


def build_app(server: SyncServer, accounts: Accounts, devices: Devices) -> Starlette:
    """Return the central server's application.

    Args:
        server: The exchange.
        accounts: Passwords.
        devices: Tokens.
    """

    def enrol(body: EnrolBody) -> Json:
        return _enrolled(
            devices.enrol(body.account, body.password, device_name=body.device_name, device_id=body.device_id)
        )

    def refresh(body: RefreshBody) -> Json:
        return _tokens(devices.refresh(body.refresh_token))

    def wiped(body: WipedBody) -> Json:
        devices.wiped(body.access_token)
        return {"wiped": True}

    def change_password(body: PasswordBody) -> Json:
        accounts.change_password(body.account, body.password, body.new_password)
        return {"account": body.account}

    def authenticate(token: str) -> Actor:
        try:
            return devices.authenticate(token)
        except DeniedError as error:
            raise RejectedError(error.code) from error

    def answered(token: str, file: bytes) -> bytes:
        authenticate(token)
        return answer_bundle(server, devices, file)

    filters = NumberFilters(server.database, clock_ms=server.clock_ms, entropy=secrets.token_bytes)

    def numbers(token: str) -> Shipped | None:
        return filters.of(authenticate(token))

    return Starlette(
        routes=[
            _health(server.database),
            _post("/auth/enrol", EnrolBody, enrol),
            _post("/auth/refresh", RefreshBody, refresh),
            _post("/auth/wiped", WipedBody, wiped),
            _post("/auth/password", PasswordBody, change_password),
            sync_route(server, authenticate),
            _bundle_route(answered),
            _numbers_route(numbers),
        ],
        exception_handlers={
            YumError: _yum_problem,
            exc.SQLAlchemyError: _database_problem,
            HTTPException: _http_problem,
            Exception: _defect,
        },
    )


def _health(database: Database) -> Route:
    def look() -> None:
        with database.read() as conn:
            run(conn, "SELECT 1")

    async def health(_request: Request) -> Response:
        await run_in_threadpool(look)
        return JSONResponse({"status": "ok", "protocol": PROTOCOL_VERSION})

    return Route("/health", health, methods=["GET"])


def answer_bundle(server: SyncServer, devices: Devices, file: bytes) -> bytes:
    """Apply a bundle and return the file that answers it.

    Raises:
        RejectedError: `bundle.…`, `auth.…`.
    """

    def recognise(device_id: bytes) -> tuple[Actor, bytes]:
        try:
            return devices.recognise(device_id)
        except DeniedError as error:
            raise RejectedError(error.code) from error

    return b"".join(bundles.answer(server, io.BytesIO(file), recognise))


def _bundle_route(work: Callable[[str, bytes], bytes]) -> Route:
    """Return the route where a device leaves a bundle, its own or another's, and gets the answer to carry back."""

    async def endpoint(request: Request) -> Response:
        _, _, token = request.headers.get("authorization", "").partition(" ")
        file = await _body(request, BUNDLE_SIZE_BYTES_MAX)
        try:
            answer = await run_in_threadpool(work, token, file)
        except RejectedError as error:
            status = 401 if error.code.startswith("auth.") else 400
            return _problem(status, error.code, error.detail)
        return Response(answer, media_type=CONTENT_TYPE)

    return Route("/bundle", endpoint, methods=["POST"])


def _numbers_route(work: Callable[[str], Shipped | None]) -> Route:
    """Return the route where a device fetches what it hints with about numbers of other units, if it is new to it."""

    async def endpoint(request: Request) -> Response:
        _, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            found = await run_in_threadpool(work, token)
        except RejectedError as error:
            return _problem(401, error.code, error.detail)
        if found is None:
            return Response(status_code=204)
        headers = {"etag": f'"{found.etag}"', "cache-control": "no-store"}
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        return Response(found.content, media_type="application/octet-stream", headers=headers)

    return Route("/numbers", endpoint, methods=["GET"])


def _post(path: str, shape: type[T], work: Callable[[T], Json]) -> Route:
    """Return a route that reads a body of one shape, works in a thread, and answers as JSON."""

    async def endpoint(request: Request) -> Response:
        body = await _body(request)
        try:
            asked = msgspec.json.decode(body, type=shape)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return _problem(400, "request.damaged", _DAMAGED)
        return JSONResponse(await run_in_threadpool(work, asked), headers={"cache-control": "no-store"})

    return Route(path, endpoint, methods=["POST"])


async def _body(request: Request, size_bytes_max: int = BODY_SIZE_BYTES_MAX) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > size_bytes_max:
            raise HTTPException(413)
    return bytes(body)


def _enrolled(enrolment: Enrolment) -> Json:
    account = enrolment.account
    return {
        "account": account.name,
        "full_name": account.full_name,
        "role": account.role.value,
        "unit_id": str(UUID(bytes=account.unit_id)),
        "device_id": str(UUID(bytes=enrolment.device_id)),
        "device_name": enrolment.device_name,
        "bundle_key": enrolment.bundle_key.hex(),
        **_tokens(enrolment.tokens),
    }


def _tokens(tokens: Tokens) -> Json:
    return {
        "access_token": tokens.access,
        "refresh_token": tokens.refresh,
        "expires_in_s": tokens.expires_in_s,
    }


# ---- errors


def _problem(status: int, code: str, text: str, *, field: str | None = None, retry_after_s: int = 0) -> JSONResponse:
    content = {"code": code, "text": text}
    if field is not None:
        content["field"] = field
    headers = {"retry-after": str(retry_after_s)} if retry_after_s else None
    return JSONResponse(content, status_code=status, headers=headers)


async def _yum_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, YumError), "registered for it"
    if isinstance(error, DeniedError):
        return _problem(error.status, error.code, error.text, retry_after_s=error.retry_after_s)
    return _problem(_STATUS[error.family], error.code, error.text, field=error.field)


async def _database_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, exc.SQLAlchemyError), "registered for it"
    known = translated(error)
    log.warning("database: %s", known.code, exc_info=known.family == "defect")
    return await _yum_problem(request, known)


async def _http_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "registered for it"
    text = _HTTP_TEXTS.get(error.status_code, "Máy chủ không trả lời được.")
    return _problem(error.status_code, f"http.{error.status_code}", text)


async def _defect(_request: Request, _error: Exception) -> Response:
    """Answer what nobody expected; the server writes the traceback to its log."""
    return _problem(500, "server.defect", "Máy chủ gặp lỗi. Hãy thử lại sau.")
