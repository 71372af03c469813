"""A small central server for tests: a province with two communes and their chapters, and accounts for them."""

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import argon2
import pytest
import uvicorn

from sync.core.squash import Op
from sync.protocol.kinds import Values
from sync.protocol.messages import Answer, Change
from sync.server.records import Actor, Record
from sync.server.server import SyncServer
from yum_desktop.central import serving, store
from yum_desktop.central.accounts import Accounts, Role
from yum_desktop.central.app import build_app
from yum_desktop.central.devices import Devices
from yum_desktop.central.passwords import Hasher, shipped_policy
from yum_desktop.registry.clock import new_id

on_both_stores = pytest.mark.parametrize("centre", ["sqlite", "postgresql"], indirect=True)
"""Marks a test whose answer depends on the store: comparing, locking, storing what is odd."""

CHEAP = Hasher(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
GOOD = "ruộng bậc thang 27"
OTHER = "suối chảy qua bản 31"
UNITS = {
    "tw": (None, "TW"),
    "tinh": ("tw", "TINH"),
    "xa": ("tinh", "XA"),
    "xa-ben": ("tinh", "XA"),
    "thon": ("xa", "CHIDOAN"),
    "thon-2": ("xa", "CHIDOAN"),
    "thon-ben": ("xa-ben", "CHIDOAN"),
}

PERSON: dict[str, object] = {
    "full_name": "Ma Văn Thử", "born_on": "2009-03-04", "sex": "NAM", "introducer": "Lý Thị Giả",
    "introducer_since": "2026-01", "id_number": "008209001122", "id_issued_on": "2024-05-06", "occupation": "HOC_SINH",
    "meeting_on": "2026-10-02", "meeting_present": 12, "meeting_agreed": 11,
}  # fmt: skip
DECISION: dict[str, object] = {"decision_no": "12-NQ/ĐTN", "decision_on": "2026-10-10"}
CEREMONY: dict[str, object] = {"ceremony_on": "2026-10-20"}


@dataclass
class SetClock:
    """A clock that stands until it is moved."""

    at: datetime = field(default_factory=lambda: datetime(2026, 11, 26, 2, 0, tzinfo=UTC))

    def now(self) -> datetime:
        return self.at

    def pass_by(self, **time: float) -> None:
        self.at += timedelta(**time)


@dataclass
class Centre:
    """The server's parts, opened on one file, or on the database of `url`."""

    place: Path
    url: str | None = None
    clock: SetClock = field(default_factory=SetClock)
    units: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.open(create=True)
        self.units = {name: new_id().bytes for name in UNITS}
        with self.server.transaction() as tx:
            for name, (parent, level) in UNITS.items():
                values: Values = {
                    "unit_id": self.units[name], "parent_id": self.units[parent] if parent else None,
                    "level": level, "name": f"Đơn vị {name}", "code": name,
                }  # fmt: skip
                tx.insert("unit", self.units[name], values, store.SEED)

    def open(self, *, create: bool = False) -> None:
        """Open the file, as a server does when it starts."""
        self.server: SyncServer = store.open_server(
            self.url or str(self.place), clock=self.clock, ids=new_id, create=create
        )
        database = self.server.database
        self.accounts = Accounts(database, clock=self.clock, ids=new_id, hasher=CHEAP, policy=shipped_policy())
        self.devices = Devices(database, self.accounts, clock=self.clock, ids=new_id, entropy=secrets.token_bytes)

    def close(self) -> None:
        self.server.database.close()

    def account(
        self, name: str, unit: str = "xa", role: Role = Role.EDITOR, *, must_change: bool = False, password: str = GOOD
    ) -> UUID:
        return self.accounts.add(name, unit_id=self.units[unit], role=role, password=password, must_change=must_change)

    # records

    def actor(self, name: str, unit: str, *, writes: bool = True) -> Actor:
        return Actor(name, f"máy của {name}", (self.units[unit],), writes=writes)

    def push(self, actor: Actor, *changes: Change) -> list[Answer]:
        return self.server.push(actor, changes)

    def record(self, kind: str, record_id: bytes) -> Record | None:
        with self.server.transaction() as tx:
            return tx.get(kind, record_id)

    def records(self, kind: str, name: str, value: str | bytes) -> list[Record]:
        with self.server.transaction() as tx:
            return [record for _, record in tx.find(kind, name, value)]


def create(kind: str, values: Values, record_id: bytes | None = None) -> Change:
    return Change(new_id().bytes, kind, record_id or new_id().bytes, Op.CREATE, values)


def edit(kind: str, record_id: bytes, values: Values, base_rev: int) -> Change:
    return Change(new_id().bytes, kind, record_id, Op.EDIT, values, base_rev=base_rev)


def delete(kind: str, record_id: bytes, base_rev: int) -> Change:
    return Change(new_id().bytes, kind, record_id, Op.DELETE, {}, base_rev=base_rev)


def compact(data: dict[str, object]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


@contextmanager
def served(centre: Centre) -> Iterator[str]:
    """Serve over real HTTP on loopback, in a thread; give the URL."""
    app = build_app(centre.server, centre.accounts, centre.devices)
    listener = serving.listen(serving.Address(host="127.0.0.1", port=0))
    ready = threading.Event()
    config = uvicorn.Config(app, lifespan="off", ws="none", log_level="warning")
    server = serving.Server(config, ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert ready.wait(30), "the server starts"
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
        listener.close()
