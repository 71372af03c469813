"""Devices: enrolled with a password, recognised by tokens, revoked by the operator."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from sync.server.database import Database
from sync.server.records import Actor
from yum_desktop.central import accounts, settings
from yum_desktop.central.accounts import Account, Accounts
from yum_desktop.central.denials import DeniedError
from yum_desktop.central.passwords import same
from yum_desktop.central.tokens import ACCESS_SECONDS, SECRET_SIZE_BYTES, AccessTokens, RefreshToken
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.text import nfc
from yum_desktop.registry.clock import Clock
from yum_desktop.registry.tables import AccountRecord, DeviceRecord, SettingRecord

NAME_LENGTH_MAX: Final = 60
_SECRET: Final = "access_token_secret"  # noqa: S105  # the name of the setting, not the secret
_WIPE: Final = "wipe."
"""Begins the settings that say which devices shall be emptied: `ORDERED`, later `WIPED`."""

WIPE: Final = "wipe"
ORDERED: Final = "ordered"
WIPED: Final = "done"
_SEEN_EVERY: Final = timedelta(minutes=1)
"""A device that syncs often is not written down each time."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a device signs its requests with.

    Attributes:
        access: For each request, good for `expires_in_s`.
        refresh: For the next pair; each is used once.
        expires_in_s: Seconds.
    """

    access: str
    refresh: str
    expires_in_s: int = ACCESS_SECONDS


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A device that may work for an account."""

    account: Account
    device_id: bytes
    device_name: str
    tokens: Tokens
    bundle_key: bytes


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device as the operator sees it."""

    device_id: UUID
    account: str
    name: str
    enrolled_at: datetime
    seen_at: datetime | None
    revoked_at: datetime | None
    wipe: str | None


class Devices:
    """The devices of one central database. May be used by several threads and processes at once.

    Args:
        database: Where they are.
        people: The accounts they work for.
        clock: Measures the life of tokens.
        ids: Makes new ids.
        entropy: Gives so many unpredictable bytes.
    """

    def __init__(
        self,
        database: Database,
        people: Accounts,
        *,
        clock: Clock,
        ids: Callable[[], UUID],
        entropy: Callable[[int], bytes],
    ) -> None:
        self._database = database
        self._people = people
        self._clock = clock
        self._ids = ids
        self._entropy = entropy
        with database.write() as conn:
            secret = settings.put_first(conn, _SECRET, entropy(SECRET_SIZE_BYTES).hex())
        self._access = AccessTokens(bytes.fromhex(secret))

    def enrol(self, name: str, password: str, *, device_name: str, device_id: UUID | None = None) -> Enrolment:
        """Let a device work for an account.

        Args:
            name: Of the account.
            password: Of the account.
            device_name: How people call it; made different from the account's other devices.
            device_id: The id the device already has, if it was enrolled before. An id that is not this account's
                gives a new device: another person at the same machine is another device.

        Raises:
            DeniedError: `auth.wrong`, `auth.throttled`, `auth.disabled`, `auth.default_password`, `auth.revoked`.
        """
        account = self._people.sign_in(name, password)
        now = self._clock.now()
        with self._database.write() as conn:
            known = None if device_id is None else _of_account(conn, account, device_id.bytes)
            if known is not None and known.revoked_at is not None:
                raise DeniedError("auth.revoked")
            chosen = self._ids().bytes if known is None else bytes(known.id)
            shown = _unused_name(conn, account, _readable(device_name) or "Thiết bị", chosen)
            token = RefreshToken.new(chosen, self._entropy)
            values = {
                "name": shown, "refresh_hash": token.digest, "refresh_before_hash": None, "enrolled_at": now,
                "seen_at": now,
            }  # fmt: skip
            if known is None:
                conn.execute(insert(DeviceRecord).values(id=chosen, account_id=account.account_id, **values))
            else:
                conn.execute(update(DeviceRecord).where(DeviceRecord.id == chosen).values(values))
        tokens = Tokens(self._sign(chosen), token.text)
        return Enrolment(account, chosen, shown, tokens, self._access.bundle_key(chosen))

    def refresh(self, refresh_token: str) -> Tokens:
        """Return new tokens for a refresh token.

        The token before is good until the new one was used: the answer may have been lost. An older one comes from a
        copy of the device's file or from a thief; that device has to be enrolled again, as another one.

        Raises:
            DeniedError: `auth.expired` (no device of this server), `auth.copied`, `auth.revoked`, `auth.disabled`.
        """
        given = RefreshToken.read(refresh_token)
        now = self._clock.now()
        with self._database.write() as conn:
            row = _device(conn, given.device_id, lock=True)
            if row is None:
                raise DeniedError("auth.expired")
            if not same(row.refresh_hash, given.digest) and not same(row.refresh_before_hash, given.digest):
                raise DeniedError("auth.copied")
            _check_allowed(conn, row)
            token = RefreshToken.new(given.device_id, self._entropy)
            change = update(DeviceRecord).where(DeviceRecord.id == given.device_id)
            values = {"refresh_hash": token.digest, "refresh_before_hash": given.digest, "seen_at": now}
            conn.execute(change.values(values))
        return Tokens(self._sign(given.device_id), token.text)

    def authenticate(self, access_token: str) -> Actor:
        """Return who an access token belongs to, with the account's unit as scope.

        Raises:
            DeniedError: `auth.expired`, `auth.revoked`, `auth.disabled`.
        """
        now = self._clock.now()
        device_id = self._access.device_of(access_token, now_s=int(now.timestamp()))
        return self._seen(device_id, now)

    def recognise(self, device_id: bytes) -> tuple[Actor, bytes]:
        """Return whose bundles come from a device, and their key. Only who has the key can have made one.

        Raises:
            DeniedError: `auth.expired` (no device of this server), `auth.revoked`, `auth.disabled`.
        """
        return self._seen(device_id, self._clock.now()), self._access.bundle_key(device_id)

    def _seen(self, device_id: bytes, now: datetime) -> Actor:
        with self._database.read() as conn:
            row = _device(conn, device_id)
            if row is None:
                raise DeniedError("auth.expired")
            account = _check_allowed(conn, row)
        if row.seen_at is None or now - row.seen_at >= _SEEN_EVERY:
            with self._database.write() as conn:
                conn.execute(update(DeviceRecord).where(DeviceRecord.id == device_id).values(seen_at=now))
        order = WIPE if row.wipe == ORDERED else ""
        return Actor(
            account.name, row.name, (account.unit_id,), writes=account.role.writes, context=account.role, order=order
        )

    def all(self, account: str | None = None) -> list[DeviceRow]:
        """Return all devices, or those of one account, by account and name."""
        columns = (DeviceRecord.id, AccountRecord.name, DeviceRecord.name, DeviceRecord.enrolled_at)
        query = (
            select(*columns, DeviceRecord.seen_at, DeviceRecord.revoked_at)
            .join(AccountRecord, AccountRecord.id == DeviceRecord.account_id)
            .order_by(AccountRecord.name, DeviceRecord.name)
        )
        if account is not None:
            query = query.where(DeviceRecord.account_id == self._people.get(account).account_id)
        with self._database.read() as conn:
            orders = settings.starting_with(conn, _WIPE)
            return [
                DeviceRow(UUID(bytes=row[0]), *row[1:], wipe=orders.get(bytes(row[0]).hex()))
                for row in conn.execute(query)
            ]

    def revoke(self, device_id: UUID) -> None:
        """Keep a device out from its next request on. Doing it twice changes nothing.

        Raises:
            InputError: `device.unknown`.
        """
        now = self._clock.now()
        with self._database.write() as conn:
            row = _device(conn, device_id.bytes)
            if row is None:
                raise InputError("device.unknown", "Không có thiết bị này.", field="device")
            if row.revoked_at is None:
                change = update(DeviceRecord).where(DeviceRecord.id == device_id.bytes)
                conn.execute(change.values(revoked_at=now))

    def order_wipe(self, device_id: UUID) -> None:
        """Let a device send what waits at its next exchange, and then remove all data from its machine.

        Raises:
            InputError: `device.unknown`.
        """
        with self._database.write() as conn:
            if _device(conn, device_id.bytes) is None:
                raise InputError("device.unknown", "Không có thiết bị này.", field="device")
            settings.put(conn, _WIPE + device_id.bytes.hex(), ORDERED)

    def wiped(self, access_token: str) -> None:
        """Note that a device has removed its data, and keep it out from now on. Doing it twice changes nothing.

        Raises:
            DeniedError: `auth.expired`.
        """
        device_id = self._access.device_of(access_token, now_s=int(self._clock.now().timestamp()))
        with self._database.write() as conn:
            if settings.get(conn, _WIPE + device_id.hex()) is None:
                raise DeniedError("auth.expired")
            settings.put(conn, _WIPE + device_id.hex(), WIPED)
        self.revoke(UUID(bytes=device_id))

    def _sign(self, device_id: bytes) -> str:
        return self._access.sign(device_id, now_s=int(self._clock.now().timestamp()))


DeviceColumns = Row[bytes, bytes, str, bytes | None, bytes | None, datetime | None, datetime | None, str | None]


_DEVICE: Final = select(
    DeviceRecord.id,
    DeviceRecord.account_id,
    DeviceRecord.name,
    DeviceRecord.refresh_hash,
    DeviceRecord.refresh_before_hash,
    DeviceRecord.seen_at,
    DeviceRecord.revoked_at,
    select(SettingRecord.value).where(SettingRecord.key == bindparam("wipe_key")).scalar_subquery().label("wipe"),
).where(DeviceRecord.id == bindparam("device_id"))
"""Made once: each request asks it."""


def _device(conn: Connection, device_id: bytes, *, lock: bool = False) -> DeviceColumns | None:
    query = _DEVICE.with_for_update() if lock else _DEVICE
    return conn.execute(query, {"device_id": device_id, "wipe_key": _WIPE + device_id.hex()}).first()


def _of_account(conn: Connection, account: Account, device_id: bytes) -> DeviceColumns | None:
    row = _device(conn, device_id)
    return row if row is not None and row.account_id == account.account_id else None


def _check_allowed(conn: Connection, device: DeviceColumns) -> Account:
    account = accounts.by_id(conn, device.account_id)
    if device.revoked_at is not None or account is None:
        raise DeniedError("auth.revoked")
    if not account.active:
        raise DeniedError("auth.disabled")
    return account


def _readable(name: str) -> str:
    """Return a name as lists show it, without what cannot be read or stored."""
    return "".join(char for char in nfc(name) if char.isprintable())[:NAME_LENGTH_MAX]


def _unused_name(conn: Connection, account: Account, wanted: str, device_id: bytes) -> str:
    """Return a name that no other device of the account has: histories and conflicts name devices by it."""
    query = select(DeviceRecord.name).where(DeviceRecord.account_id == account.account_id, DeviceRecord.id != device_id)
    return numbered(wanted, set(conn.execute(query).scalars()))


def numbered(wanted: str, taken: Sequence[str] | set[str]) -> str:
    """Return `wanted`, with the first number that makes it different from the names taken."""
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted} ({number})"
    return name
