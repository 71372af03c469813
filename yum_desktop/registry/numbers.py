"""Whether an identity number may be known in another unit: a hint for who is offline, without saying whose it is.

The set is fetched from the server by itself, seldom, and never as part of an exchange (ADR 0009).
"""

import base64
import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID

import httpx
from sqlalchemy import Connection

from sync.client import store
from sync.client.transport import rejected, unreachable
from sync.protocol.errors import RejectedError, UnreachableError
from sync.protocol.kinds import Value
from yum_desktop.domain.errors import UnavailableError
from yum_desktop.domain.number_filter import NumberFilter
from yum_desktop.registry import settings, syncing
from yum_desktop.registry.clock import as_ms
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.kinds import MEMBER_KIND
from yum_desktop.registry.refusals import text_of

log = logging.getLogger(__name__)

_PATH: Final = "/numbers"
_AGE_MAX: Final = timedelta(days=7)
_AGE_FAR_MAX: Final = timedelta(days=30)
"""On a narrow line a hint may be older."""
_TRY_AGAIN: Final = timedelta(days=1)
_SIZE_BYTES_MAX: Final = 2 * 1024 * 1024
_IDS_MAX: Final = 500


def is_due(r: Registry) -> bool:
    """Return whether the set is old enough to be fetched again; never more than once a day."""
    if not r.identity.server or r.identity.only_looks:
        return False
    with r.read() as conn:
        fetched, tried = (_int(settings.get(conn, key)) for key in (settings.NUMBERS_AT, settings.NUMBERS_TRIED))
        age = _AGE_FAR_MAX if settings.get(conn, settings.FAR) else _AGE_MAX
    now = as_ms(r.clock.now())
    return not 0 <= now - fetched < age.total_seconds() * 1_000 and not (
        0 <= now - tried < _TRY_AGAIN.total_seconds() * 1_000
    )


def renew(
    r: Registry, *, cancel: Callable[[], bool] = lambda: False, transport: httpx.BaseTransport | None = None
) -> bool:
    """Fetch the set if it has changed; return whether it was new.

    Args:
        r: The records.
        cancel: Asked between parts whether the person wants to stop; then the old set stays.
        transport: Carries HTTP; the network when left out.

    Raises:
        InputError: `sync.not_enrolled`.
        UnavailableError: `server.…`, `auth.…`: the old set stays.
    """
    with r.write() as conn:
        settings.put(conn, {settings.NUMBERS_TRIED: str(as_ms(r.clock.now()))})
        etag = settings.get(conn, settings.NUMBERS_ETAG)
    try:
        content, new_etag = _fetched(r, etag, cancel, transport)
    except (RejectedError, UnreachableError) as error:
        raise UnavailableError(error.code, text_of(error.code).replace("{0}", error.detail)) from error
    except httpx.RequestError as error:
        why = unreachable(error)
        raise UnavailableError(why.code, text_of(why.code)) from error
    if content is None:
        return False
    text: str | None = None
    if content:
        try:
            NumberFilter.load(content)
        except ValueError as error:
            raise UnavailableError("message.damaged", text_of("message.damaged")) from error
        text = base64.b64encode(content).decode()
    with r.write() as conn:
        now = str(as_ms(r.clock.now()))
        settings.put(conn, {settings.NUMBERS: text, settings.NUMBERS_ETAG: new_etag or None, settings.NUMBERS_AT: now})
    log.info("fetched %s bytes of numbers", len(content))
    return True


def _fetched(
    r: Registry, etag: str | None, cancel: Callable[[], bool], transport: httpx.BaseTransport | None
) -> tuple[bytes | None, str]:
    """Return the content, empty if the account gets none, and its print; nothing if it is the one that is here."""
    headers = {"accept-encoding": "identity"} | ({"if-none-match": etag} if etag else {})
    with syncing.connected(r, transport) as (client, tokens):
        token = tokens.access()
        for is_last in (False, True):
            with client.stream("GET", _PATH, headers={**headers, "authorization": f"Bearer {token}"}) as response:
                if response.status_code == httpx.codes.UNAUTHORIZED and not is_last:
                    response.close()
                elif response.status_code == httpx.codes.NOT_MODIFIED:
                    _note_fetched(r)
                    return None, ""
                elif response.status_code == httpx.codes.NO_CONTENT:
                    return b"", ""
                elif response.status_code != httpx.codes.OK:
                    raise rejected(response)
                else:
                    return _read(response, cancel), response.headers.get("etag", "")
            token = tokens.renew()
    raise AssertionError("the second answer is an answer")


def _read(response: httpx.Response, cancel: Callable[[], bool]) -> bytes | None:
    if response.headers.get("content-encoding", "identity") != "identity":  # few bytes can unpack to very many
        raise UnreachableError("server.not_ours")
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > _SIZE_BYTES_MAX:
            raise RejectedError("message.too_large")
        if cancel():
            return None
    return bytes(body)


def _note_fetched(r: Registry) -> None:
    with r.write() as conn:
        settings.put(conn, {settings.NUMBERS_AT: str(as_ms(r.clock.now()))})


def perhaps_elsewhere(r: Registry, number: Value, *, member_id: UUID | None = None) -> bool:
    """Return whether somebody of another unit may have a number that nobody here has.

    Args:
        r: The records.
        number: As it is typed.
        member_id: Whose it is to be; that this record has it already counts only if the server knows it.
    """
    if not isinstance(number, str) or not number:
        return False
    with r.read() as conn:
        known = _filter(conn)
        if known is None or not known.may_have(number):
            return False
        own = None if member_id is None else member_id.bytes
        rows = conn.exec_driver_sql("SELECT id, rev FROM member WHERE id_number = ?", (number,)).all()
        if any(row[0] != own for row in rows):
            return False
        if not rows or not rows[0][1]:
            return True
        lines = store.lines(conn, MEMBER_KIND, rows[0][0])
        return any("id_number" in line.line.patch for line in lines.values())


def those_elsewhere(r: Registry, numbers: Iterable[str]) -> set[str]:
    """Return the numbers that somebody of another unit may have, and nobody here."""
    with r.read() as conn:
        known = _filter(conn)
        if known is None:
            return set()
        found = sorted(number for number in set(numbers) if known.may_have(number))
        for start in range(0, len(found), _IDS_MAX):
            part = found[start : start + _IDS_MAX]
            sql = f"SELECT id_number FROM member WHERE id_number IN ({', '.join('?' * len(part))})"
            here = {row[0] for row in conn.exec_driver_sql(sql, tuple(part))}
            found[start : start + _IDS_MAX] = [number if number not in here else "" for number in part]
    return set(found) - {""}


def state(r: Registry) -> dict[str, int | None]:
    """Return how many numbers the set has, its size, and when it was fetched, ms UTC."""
    with r.read() as conn:
        known, at = _filter(conn), settings.get(conn, settings.NUMBERS_AT)
        size = len(base64.b64decode(settings.get(conn, settings.NUMBERS) or ""))
    return {"numbers": None if known is None else len(known), "bytes": size, "at": None if at is None else int(at)}


def _filter(conn: Connection) -> NumberFilter | None:
    text = settings.get(conn, settings.NUMBERS)
    return None if text is None else _loaded(text)


@lru_cache(maxsize=2)
def _loaded(text: str) -> NumberFilter:
    return NumberFilter.load(base64.b64decode(text))


def _int(text: str | None) -> int:
    return int(text) if text is not None else -(1 << 62)
