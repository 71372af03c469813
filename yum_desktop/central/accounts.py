"""Accounts: who may sign in, for which unit, in which role; passwords and the price of guessing them."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, bindparam, exc, insert, select, update
from sqlalchemy.sql.dml import Update

from sync.protocol.kinds import is_storable
from sync.server.database import Database
from yum_desktop.central import settings
from yum_desktop.central.denials import DeniedError
from yum_desktop.central.passwords import Hasher, Policy, composed
from yum_desktop.domain.errors import ConflictError, InputError
from yum_desktop.registry.clock import Clock
from yum_desktop.registry.tables import AccountRecord, UnitRecord

FAILURES_FREE: Final = 5
"""Wrong passwords in a row before one has to wait."""
_WAIT: Final = timedelta(seconds=30)
_WAIT_MAX: Final = timedelta(minutes=15)
"""Long enough against guessing, short enough that nobody locks a commune out for a day."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{2,63}")
_CHECKED: Final = "password_checked/"
_TRIED: Final = ("12345678", "123456789", "1234567890", "11111111", "88888888", "87654321", "123456", "123")
"""Beside the list of the policy; alone and after its words."""


class Role(StrEnum):
    """What an account may do in its subtree."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"

    @property
    def writes(self) -> bool:
        """Whether it may change records."""
        return self is not Role.VIEWER


@dataclass(frozen=True, slots=True)
class Account:
    """An account as people see it, and its hash."""

    account_id: bytes
    name: str
    full_name: str
    unit_id: bytes
    role: Role
    password_hash: str
    must_change: bool
    active: bool
    failures: int
    blocked_until: datetime | None


_COLUMNS: Final = (
    AccountRecord.id,
    AccountRecord.name,
    AccountRecord.full_name,
    AccountRecord.unit_id,
    AccountRecord.role,
    AccountRecord.password_hash,
    AccountRecord.must_change,
    AccountRecord.active,
    AccountRecord.failures,
    AccountRecord.blocked_until,
)


class Accounts:
    """The accounts of one central database. Every call is one or two short transactions.

    Args:
        database: Where they are.
        clock: Measures how long somebody has to wait.
        ids: Makes new ids.
        hasher: Keeps passwords.
        policy: Which passwords are refused.
    """

    def __init__(
        self, database: Database, *, clock: Clock, ids: Callable[[], UUID], hasher: Hasher, policy: Policy
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._hasher = hasher
        self._policy = policy

    # for the operator

    def add(
        self, name: str, *, unit_id: bytes, role: Role, password: str, full_name: str = "", must_change: bool = True
    ) -> UUID:
        """Add an account.

        Args:
            name: Small letters, digits, ``.``, ``_``, ``-``.
            unit_id: The unit whose subtree it works for.
            role: What it may do there.
            password: The first one.
            full_name: Whose account it is.
            must_change: The person has to choose another password before the first sign-in.

        Raises:
            InputError: `account.name`, `unit.unknown`, `account.password_…`, `account.default_password`.
            ConflictError: `account.exists`.
        """
        name = _clean(name)
        if not _NAME.fullmatch(name):
            text = "Tên tài khoản gồm 3–64 chữ thường không dấu, chữ số và các dấu . _ -"
            raise InputError("account.name", text, field="name")
        self._policy.check(password, account=name)
        account_id = self._ids()
        password_hash = self._hasher.hash(password)
        row = insert(AccountRecord).values(
            id=account_id.bytes, name=name, full_name=full_name, unit_id=unit_id, role=role.value,
            password_hash=password_hash, must_change=int(must_change), active=1, failures=0,
            created_at=self._clock.now(),
        )  # fmt: skip
        with self._database.write() as conn:
            if conn.execute(select(UnitRecord.id).where(UnitRecord.id == unit_id)).first() is None:
                raise InputError("unit.unknown", "Không có đơn vị này.", field="unit")
            try:
                conn.execute(row)
            except exc.IntegrityError as error:
                raise ConflictError("account.exists", f"Đã có tài khoản {name}.", field="name") from error
            _mark_checked(conn, account_id.bytes, password_hash)
        return account_id

    def check_password(self, password: str, *, account: str) -> None:
        """Refuse a password that the account may not have; see `Policy.check`."""
        self._policy.check(password, account=account)

    def reset_password(self, name: str, password: str, *, must_change: bool = True) -> None:
        """Give an account another password, and let it sign in at once.

        Raises:
            InputError: `account.unknown`, `account.password_…`, `account.default_password`.
        """
        account = self.get(name)
        self._policy.check(password, account=account.name)
        self._store_password(account, password, must_change=must_change)

    def set_active(self, name: str, *, active: bool) -> None:
        """Let an account in again, or keep it and all its devices out.

        Raises:
            InputError: `account.unknown`.
        """
        account = self.get(name)
        with self._database.write() as conn:
            conn.execute(_change(account.account_id).values(active=int(active)))

    def get(self, name: str) -> Account:
        """Return one account.

        Raises:
            InputError: `account.unknown`.
        """
        with self._database.read() as conn:
            account = find(conn, name)
        if account is None:
            raise InputError("account.unknown", f"Không có tài khoản {name}.", field="name")
        return account

    def all(self) -> list[Account]:
        """Return all accounts by name."""
        with self._database.read() as conn:
            return [_account(row) for row in conn.execute(select(*_COLUMNS).order_by(AccountRecord.name))]

    def with_default_password(self) -> list[str]:
        """Return the names of active accounts whose password others would try first.

        What this program stored has passed the policy; only hashes that came another way are tried out.
        """
        found = []
        with self._database.read() as conn:
            checked = settings.starting_with(conn, _CHECKED)
        for account in self.all():
            if not account.active or checked.get(account.account_id.hex()) == _digest(account.password_hash):
                continue
            if any(self._hasher.verify(account.password_hash, word) for word in self._tried(account.name)):
                found.append(account.name)
                continue
            with self._database.write() as conn:
                _mark_checked(conn, account.account_id, account.password_hash)
        return found

    def _tried(self, name: str) -> Sequence[str]:
        words = (name, *sorted(self._policy.refused))
        return (*_TRIED, *words, *(word + number for word in (name, "yum", "admin") for number in _TRIED))

    # for people

    def sign_in(self, name: str, password: str) -> Account:
        """Return the account that a name and a password belong to.

        An attempt is counted before the password is looked at, so that many at once do not get more tries.

        Raises:
            DeniedError: `auth.wrong`, `auth.throttled`, `auth.disabled`, `auth.default_password` (it was given by
                somebody else, or anyone would try it: `change_password` first).
        """
        account = self._recognise(name, password)
        if account.must_change or self._policy.is_default(password):
            raise DeniedError("auth.default_password")
        return account

    def change_password(self, name: str, password: str, new_password: str) -> None:
        """Let a person choose another password.

        Raises:
            DeniedError: `auth.wrong`, `auth.throttled`, `auth.disabled`.
            InputError: `account.password_…` (`…_same`: it is the old one), `account.default_password`.
        """
        account = self._recognise(name, password)
        self._policy.check(new_password, account=account.name)
        if composed(new_password) == composed(password):
            text = "Mật khẩu mới phải khác mật khẩu cũ."
            raise InputError("account.password_same", text, field="new_password")
        self._store_password(account, new_password, must_change=False)

    def _recognise(self, name: str, password: str) -> Account:
        now = self._clock.now()
        with self._database.write() as conn:
            account = find(conn, name, lock=True)
            if account is not None:
                _count_attempt(conn, account, now)
        if account is None:
            self._hasher.verify(self._nobody_hash, password)  # takes as long as for a name that exists
            raise DeniedError("auth.wrong")
        if not self._hasher.verify(account.password_hash, password):
            raise DeniedError("auth.wrong")
        with self._database.write() as conn:
            conn.execute(_change(account.account_id).values(failures=0, blocked_until=None))
        if not account.active:
            raise DeniedError("auth.disabled")
        if self._hasher.is_weak(account.password_hash):
            self._store_password(account, password, must_change=account.must_change)
        return account

    @cached_property
    def _nobody_hash(self) -> str:
        return self._hasher.hash(self._ids().hex)

    def _store_password(self, account: Account, password: str, *, must_change: bool) -> None:
        password_hash = self._hasher.hash(password)
        change = _change(account.account_id).values(
            password_hash=password_hash, must_change=int(must_change), failures=0, blocked_until=None
        )
        with self._database.write() as conn:
            conn.execute(change)
            if not self._policy.is_default(password):
                _mark_checked(conn, account.account_id, password_hash)


def find(conn: Connection, name: str, *, lock: bool = False) -> Account | None:
    """Return the account with a name, however its letters were typed.

    Args:
        conn: A transaction.
        name: The name.
        lock: Whether others who lock it wait until this transaction ends. SQLite lets one write at a time anyway.
    """
    if not is_storable(name):  # nobody is called so, and PostgreSQL cannot even look for it
        return None
    query = select(*_COLUMNS).where(AccountRecord.name == _clean(name))
    row = conn.execute(query.with_for_update() if lock else query).first()
    return None if row is None else _account(row)


_BY_ID: Final = select(*_COLUMNS).where(AccountRecord.id == bindparam("account_id"))


def by_id(conn: Connection, account_id: bytes) -> Account | None:
    """Return one account."""
    row = conn.execute(_BY_ID, {"account_id": account_id}).first()
    return None if row is None else _account(row)


def _count_attempt(conn: Connection, account: Account, now: datetime) -> None:
    """Count one attempt as failed, and decide how long the one after it has to wait."""
    if account.blocked_until is not None and account.blocked_until > now:
        left = account.blocked_until - now
        raise DeniedError("auth.throttled", retry_after_s=int(left.total_seconds()) + 1)
    failures = account.failures + 1
    blocked_until = now + waiting(failures) if failures >= FAILURES_FREE else None
    conn.execute(_change(account.account_id).values(failures=failures, blocked_until=blocked_until))


def waiting(failures: int) -> timedelta:
    """Return how long one waits after so many wrong passwords in a row."""
    if failures < FAILURES_FREE:
        return timedelta(0)
    doublings = min(failures - FAILURES_FREE, 10)
    return min(_WAIT * (1 << doublings), _WAIT_MAX)


def _account(row: Sequence[object]) -> Account:
    account_id, name, full_name, unit_id, role, password_hash, must_change, active, failures, blocked_until = row
    assert isinstance(account_id, bytes)
    assert isinstance(unit_id, bytes)
    assert isinstance(failures, int)
    assert blocked_until is None or isinstance(blocked_until, datetime)
    return Account(
        account_id, str(name), str(full_name), unit_id, Role(str(role)), str(password_hash), bool(must_change),
        bool(active), failures, blocked_until,
    )  # fmt: skip


def _change(account_id: bytes) -> Update:
    return update(AccountRecord).where(AccountRecord.id == account_id)


def _mark_checked(conn: Connection, account_id: bytes, password_hash: str) -> None:
    settings.put(conn, _CHECKED + account_id.hex(), _digest(password_hash))


def _digest(password_hash: str) -> str:
    return hashlib.sha256(password_hash.encode()).hexdigest()


def _clean(name: str) -> str:
    return name.strip().casefold()
