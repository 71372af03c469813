"""The central server with everything it needs, joined in one place."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from sync.server.server import SyncServer
from yum_desktop.central.accounts import Accounts
from yum_desktop.central.devices import Devices
from yum_desktop.central.passwords import Hasher, shipped_policy
from yum_desktop.central.store import open_server
from yum_desktop.registry.clock import Clock, SystemClock, new_id


@dataclass(frozen=True, slots=True)
class Central:
    """An open central database and what works on it."""

    server: SyncServer
    accounts: Accounts
    devices: Devices


@contextmanager
def opened(
    place: str,
    *,
    create: bool = False,
    clock: Clock | None = None,
    ids: Callable[[], UUID] = new_id,
    hasher: Hasher | None = None,
) -> Iterator[Central]:
    """Open the central database for the length of a block; see `open_server`.

    Args:
        place: A file, or a PostgreSQL URL.
        create: Whether a file that is missing is made.
        clock: The server's time; the machine's when left out.
        ids: Makes new ids.
        hasher: Keeps passwords.
    """
    time = clock or SystemClock()
    server = open_server(place, clock=time, ids=ids, create=create)
    try:
        accounts = Accounts(server.database, clock=time, ids=ids, hasher=hasher or Hasher(), policy=shipped_policy())
        devices = Devices(server.database, accounts, clock=time, ids=ids, entropy=secrets.token_bytes)
        yield Central(server, accounts, devices)
    finally:
        server.database.close()
