"""The way to the central server: enrolling this device, and exchanging what changed."""

import ipaddress
import json
import logging
import math
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import Enum, auto
from functools import cache
from typing import Final
from urllib.parse import urlsplit

import httpx
from sqlalchemy import Connection

from sync.client import anew as listing
from sync.client.engine import FRAME_ROWS_MAX, Engine, Progress, SyncReport
from sync.client.replica import Author
from sync.client.transport import WAIT_S_MAX, HttpTransport, beginning, rejected, unreachable
from sync.protocol.errors import RejectedError, UnreachableError
from yum_desktop.domain.errors import InputError, UnavailableError
from yum_desktop.registry import settings
from yum_desktop.registry.clock import as_ms
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.refusals import text_of

__all__ = [
    "Anew",
    "Progress",
    "SyncReport",
    "change_password",
    "enrol",
    "error_text",
    "list_anew",
    "sign_in_again",
    "sync",
]

log = logging.getLogger(__name__)

_CONNECT_S: Final = 20.0
_MINUTE_S: Final = 60
_SILENCE_S: Final = 90.0
"""A 2G line may say nothing for a minute and then go on."""

FAR_S: Final = 0.8
"""An answer that takes longer to begin comes from far."""

FAR_ROWS: Final = 250
"""Records of one frame on a far line: three seconds' worth, which is what a cut costs."""

_ENROL: Final = "/auth/enrol"
_REFRESH: Final = "/auth/refresh"
_PASSWORD: Final = "/auth/password"  # noqa: S105  # a path
_COPIED: Final = "auth.copied"
_WIPE: Final = "wipe"
_WIPED: Final = "auth.wiped"
_WIPED_PATH: Final = "/auth/wiped"
_FIELDS: Final = {"auth.wrong": "password", "auth.default_password": "password"}


def enrol(
    r: Registry,
    *,
    server: str,
    account: str,
    password: str,
    device_name: str,
    transport: httpx.BaseTransport | None = None,
) -> None:
    """Let this file work for an account of a server. Doing it again renews the tokens; what waits stays.

    A file of which a copy was used since, on another machine or before it came back from a backup, becomes a device of
    its own.

    Args:
        r: The records.
        server: Address, ``https://…``; plain ``http://`` on this machine only.
        account: Name of the account.
        password: Its password; it is not kept.
        device_name: How people will call this device; the server may add a number.
        transport: Carries HTTP; the network when left out.

    Raises:
        InputError: `auth.wrong`, `auth.default_password`, `auth.throttled`, `auth.disabled`, `auth.revoked`,
            `server.address`, `server.not_safe`, `store.other_account`.
        UnavailableError: `server.unreachable`, `server.busy`, `server.defect`, `server.certificate`, `server.moved`,
            `server.not_ours`, `link.captive`.
    """
    me = r.identity
    if me.account and me.account != account.strip().casefold():
        raise InputError(
            "store.other_account",
            f"Dữ liệu trên máy này là của tài khoản {me.account}. Người khác hãy dùng một thư mục dữ liệu khác.",
            field="account",
        )
    asked: dict[str, str] = {"account": account, "password": password, "device_name": device_name}
    with r.read() as conn:
        is_copy = settings.get(conn, settings.ERROR_CODE) == _COPIED
    if me.device_id is not None and not is_copy:
        asked["device_id"] = str(me.device_id)
    with _client(server, transport) as client:
        asked_at = time.monotonic()
        answer = _ask(client, _ENROL, asked)
        took_s = time.monotonic() - asked_at
    try:
        known = {
            settings.ACCOUNT: answer["account"],
            settings.ROLE: answer["role"],
            settings.UNIT_ID: answer["unit_id"],
            settings.DEVICE_ID: answer["device_id"],
            settings.DEVICE_NAME: answer["device_name"],
            settings.ACCESS: answer["access_token"],
            settings.REFRESH: answer["refresh_token"],
            settings.BUNDLE_KEY: answer["bundle_key"],
        }
    except KeyError as error:
        raise _not_ours() from error
    with r.write() as conn:
        forget = {settings.ERROR_CODE: None, settings.ERROR_TEXT: None}
        settings.put(conn, {**known, settings.SERVER: _address(server), settings.FAR: _far(took_s), **forget})
    r.reload_identity()
    log.info("enrolled as device %s", r.identity.device_id)


def sign_in_again(r: Registry, password: str, *, transport: httpx.BaseTransport | None = None) -> None:
    """Let this file work for its account again; see `enrol`.

    Raises:
        InputError, UnavailableError: As `enrol`.
    """
    me = r.identity
    enrol(r, server=me.server, account=me.account, password=password, device_name=me.device_name, transport=transport)


def change_password(
    *, server: str, account: str, password: str, new_password: str, transport: httpx.BaseTransport | None = None
) -> None:
    """Choose another password for an account.

    Raises:
        InputError: `auth.wrong`, `auth.throttled`, or why the new password is not accepted (`account.…`).
        UnavailableError: `server.unreachable`, `server.busy`, `server.defect`, `server.certificate`, `server.moved`,
            `server.not_ours`, `link.captive`.
    """
    asked = {"account": account, "password": password, "new_password": new_password}
    with _client(server, transport) as client:
        _ask(client, _PASSWORD, asked)


def _never() -> bool:
    return False


class Anew(Enum):
    """What becomes of records that this device has and the server has not, when everything is listed again."""

    TRUST_SERVER = auto()
    """They go: the server is right."""

    OFFER = auto()
    """They are offered to the server as this account's work: it came back from a backup and has lost them."""


def list_anew(r: Registry, anew: Anew) -> None:
    """Let the next exchange list everything again before it sends what waits.

    Raises:
        UnavailableError: `store.…`.
    """
    me = r.identity
    author = Author(me.account, me.device_name, "sync") if anew is Anew.OFFER else None
    with r.write() as conn:
        listing.begin(r.replica, conn, author, [me.unit_id.bytes] if me.unit_id else [])


def sync(
    r: Registry,
    *,
    progress: Callable[[Progress], None] | None = None,
    cancel: Callable[[], bool] | None = None,
    verify: bool = False,
    anew: Anew | None = None,
    transport: httpx.BaseTransport | None = None,
) -> SyncReport:
    """Send what waits and fetch what is new, until nothing is left or it cannot go on.

    What the network and the server may do is in the report, never an exception. What has arrived is stored, and the
    next call goes on from there.

    Args:
        r: The records.
        progress: Called on this thread for each part that arrived.
        cancel: Asked between parts whether the person wants to stop.
        verify: Compare all records with the server's, not only a few in turns.
        anew: List everything again first; what waits stays and goes out afterwards.
        transport: Carries HTTP; the network when left out.

    Raises:
        InputError: `sync.not_enrolled`.
        UnavailableError: `store.…`.
    """
    if not r.identity.server:
        if _confirm_wiped(r, transport):
            return SyncReport(status="failed", error_code=_WIPED)
        raise InputError("sync.not_enrolled", text_of("sync.not_enrolled"))
    if anew is not None:
        list_anew(r, anew)
    with r.read() as conn:
        wait_s, far = left_to_wait_s(r, conn), settings.get(conn, settings.FAR)
    if wait_s > 0:
        report = SyncReport(status="failed", error_code="server.wait", error_detail=_duration(wait_s))
    else:
        with connected(r, transport) as (client, tokens):
            http = HttpTransport(client, tokens)
            engine = Engine(r.replica, r.write, http, frame_rows_max=FAR_ROWS if far else FRAME_ROWS_MAX)
            report = engine.sync(progress=progress, cancelled=cancel or _never, verify=verify)
        wait_s, far = http.wait_s, _far(http.began_s) if http.began_s else far
        if http.order == _WIPE and report.status == "done":
            _wipe(r, transport, report)
            return report
    until = str(as_ms(r.clock.now()) + round(1_000 * wait_s)) if wait_s else None
    known = {
        settings.ERROR_CODE: report.error_code,
        settings.ERROR_TEXT: error_text(report),
        settings.WAIT_UNTIL: until,
        settings.FAR: far,
    }
    with r.read() as conn:
        is_known = all(settings.get(conn, key) == value for key, value in known.items())
    if not is_known:
        with r.write() as conn:
            settings.put(conn, known)
    return report


def _far(began_s: float) -> str | None:
    return "1" if began_s > FAR_S else None


def left_to_wait_s(r: Registry, conn: Connection) -> float:
    """Return for how many seconds the server has asked to be left alone; 0: it has not, or that is over.

    A time that lies further ahead than a server may ask for comes from a clock that was wrong, and does not count.
    """
    until = settings.get(conn, settings.WAIT_UNTIL)
    left = 0.0 if until is None else (int(until) - as_ms(r.clock.now())) / 1_000
    return left if 0 < left <= WAIT_S_MAX else 0.0


def _duration(seconds: float) -> str:
    return f"{round(seconds)} giây" if seconds < _MINUTE_S else f"{math.ceil(seconds / _MINUTE_S)} phút"


def error_text(report: SyncReport) -> str | None:
    """Return what people read when a synchronisation was not done."""
    if report.error_code is None:
        return None
    return text_of(report.error_code).replace("{0}", report.error_detail)


@contextmanager
def connected(r: Registry, transport: httpx.BaseTransport | None) -> Iterator[tuple[httpx.Client, "Tokens"]]:
    """Give the way to the server of this file, and its tokens.

    Raises:
        InputError: `sync.not_enrolled`.
    """
    if not r.identity.server:
        raise InputError("sync.not_enrolled", text_of("sync.not_enrolled"))
    with _client(r.identity.server, transport) as client:
        yield client, Tokens(r, client)


def _wipe(r: Registry, transport: httpx.BaseTransport | None, report: SyncReport) -> None:
    """Empty this file, because its server says so; everything that waited has been sent.

    What the server refused goes too: it knows that, and whoever may not have the data may not correct it either.
    """
    with r.read() as conn:
        tokens = {key: settings.get(conn, key) or "" for key in (settings.ACCESS, settings.REFRESH)}
    told = {settings.ERROR_CODE: _WIPED, settings.ERROR_TEXT: text_of(_WIPED)}
    r.empty({**tokens, **told, settings.WIPED_AT: r.identity.server})
    log.warning("the server has ordered this store to be emptied")
    report.status, report.error_code = "failed", _WIPED
    _confirm_wiped(r, transport)


def _confirm_wiped(r: Registry, transport: httpx.BaseTransport | None) -> bool:
    """Tell the server that this file was emptied, if it was; return whether it was. Without a line it is told later."""
    with r.read() as conn:
        server = settings.get(conn, settings.WIPED_AT)
    if server is None:
        return False
    with suppress(UnreachableError, RejectedError, httpx.RequestError), _client(server, transport) as client:
        _posted(client, _WIPED_PATH, {"access_token": Tokens(r, client).renew()})
        with r.write() as conn:
            settings.put(conn, dict.fromkeys((settings.ACCESS, settings.REFRESH, settings.WIPED_AT)))
    return True


class Tokens:
    """The tokens of this device, kept in its file."""

    def __init__(self, r: Registry, client: httpx.Client) -> None:
        self._r = r
        self._client = client

    def access(self) -> str:
        """Return the access token as last received."""
        with self._r.read() as conn:
            return settings.get(conn, settings.ACCESS) or ""

    def renew(self) -> str:
        """Fetch a new pair of tokens and keep it before it is used.

        Raises:
            UnreachableError: No connection.
            RejectedError: The device must be enrolled again.
        """
        with self._r.read() as conn:
            refresh = settings.get(conn, settings.REFRESH) or ""
        answer = _posted(self._client, _REFRESH, {"refresh_token": refresh})
        if answer is None or not {"access_token", "refresh_token"} <= answer.keys():
            raise UnreachableError("server.not_ours")
        access = answer["access_token"]
        if not (access.isascii() and access.isprintable()):  # it could not be sent, and must not be kept
            raise UnreachableError("server.not_ours")
        with self._r.write() as conn:
            settings.put(conn, {settings.ACCESS: access, settings.REFRESH: answer["refresh_token"]})
        return access


@contextmanager
def _client(server: str, transport: httpx.BaseTransport | None) -> Iterator[httpx.Client]:
    address = _address(server)
    timeout = httpx.Timeout(_SILENCE_S, connect=_CONNECT_S)
    trusted = _certificates() if address.startswith("https://") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with httpx.Client(base_url=address, timeout=timeout, verify=trusted, transport=transport) as client:
        yield client


@cache
def _certificates() -> ssl.SSLContext:
    """Return whom to trust; reading the list takes longer than an exchange."""
    return httpx.create_ssl_context()


def _address(server: str) -> str:
    """Return a server's address as it is kept.

    Raises:
        InputError: `server.address`, `server.not_safe`.
    """
    address = server.strip()
    if "://" not in address:
        address = f"https://{address}"
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or parts.scheme not in {"http", "https"}:
        raise InputError("server.address", "Địa chỉ máy chủ không đúng, ví dụ: https://doan.example.vn", field="server")
    if parts.scheme == "http" and not _is_this_machine(host):
        text = "Địa chỉ máy chủ phải bắt đầu bằng https:// để mật khẩu không lộ trên đường truyền."
        raise InputError("server.not_safe", text, field="server")
    return address.rstrip("/")


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _ask(client: httpx.Client, path: str, asked: Mapping[str, str]) -> dict[str, str]:
    """Post JSON and return the answer's."""
    try:
        answer = _posted(client, path, asked)
    except httpx.RequestError as error:
        raise _unavailable(unreachable(error)) from error
    except UnreachableError as error:
        raise _unavailable(error) from error
    except RejectedError as error:
        if error.code == "server.not_ours":
            raise _not_ours() from error
        raise InputError(error.code, text_of(error.code, error.detail), field=_FIELDS.get(error.code)) from error
    if answer is None:
        raise _not_ours()
    return answer


def _unavailable(error: UnreachableError) -> UnavailableError:
    return UnavailableError(error.code, text_of(error.code).replace("{0}", error.detail))


def _not_ours() -> UnavailableError:
    return UnavailableError("server.not_ours", "Địa chỉ này không phải máy chủ của chương trình.")


def _posted(client: httpx.Client, path: str, asked: Mapping[str, str]) -> dict[str, str] | None:
    """Post JSON and return the object in the answer; nothing if there is none, or more than such an answer needs.

    The answer is asked for unpacked, because few bytes can unpack to very many.

    Raises:
        httpx.RequestError: The line.
        RejectedError, UnreachableError: What the status means.
    """
    with client.stream("POST", path, json=asked, headers={"accept-encoding": "identity"}) as response:
        if response.status_code != httpx.codes.OK:
            raise rejected(response)
        body = beginning(response)
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else None
