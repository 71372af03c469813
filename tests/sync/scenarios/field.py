"""A server and devices on real SQLite files, joined by lines that a test cuts where it likes; backups and copies."""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from sync.client import store
from sync.client.replica import Replica
from sync.client.store import Waiting
from sync.core.squash import Op
from sync.protocol.errors import UnreachableError
from sync.protocol.kinds import CONFLICT, UNIT, Value, Values
from sync.protocol.messages import Request, decode_request
from sync.server.database import Database, sqlite_url
from sync.server.records import Actor, Record, Stamp, Tx
from sync.server.rules import Effect, NoRules, Rules
from sync.server.server import SyncServer
from sync.testing.device import Device
from sync.testing.kinds import KINDS, NODE, NOTE, create_tables

PARENTS = {
    "root": None, "province0": "root", "province1": "root", "commune0": "province0", "commune1": "province0",
    "commune2": "province1", "chapter0": "commune0", "chapter1": "commune0",
}  # fmt: skip


@dataclass
class Line:
    """The way from one device to the server, and what went over it.

    Attributes:
        sent: The requests.
        size_bytes_down: Bytes of the last answer that arrived.
        packets_max: How many packets of an answer come through; all of them when nothing.
        left: How many packets come through before the line is dead.
        on_packet: Called after each packet that arrived.
    """

    exchange_with: Callable[[bytes], Iterator[bytes]]
    sent: list[bytes] = field(default_factory=list)
    size_bytes_down: int = 0
    packets_max: int | None = None
    left: int | None = None
    on_packet: Callable[[], None] | None = None

    @property
    def requests(self) -> list[Request]:
        return [decode_request(packet) for packet in self.sent]

    def exchange(self, request: bytes) -> Iterator[bytes]:
        self.sent.append(request)
        self.size_bytes_down = 0
        for number, packet in enumerate(list(self.exchange_with(request))):
            if number == self.packets_max or self.left == 0:
                raise UnreachableError("server.unreachable", "cut")
            if self.left is not None:
                self.left -= 1
            self.size_bytes_down += len(packet)
            yield packet
            if self.on_packet is not None:
                self.on_packet()


class Field:
    """A small tree of units, the server that has it, and whoever works there."""

    def __init__(self, folder: Path, rules: Rules | None = None) -> None:
        self.folder = folder
        self.path = folder / "server.db"
        self.now_ms = 1_790_000_000_000
        self._numbers = count(1)
        self._rng = random.Random(str(folder))
        self._rules = rules or NoRules()
        self.server = self._open()
        with self.server.database.write() as conn:
            create_tables(conn)
        self.server.create_tables()
        self.units = {name: self.new_id() for name in PARENTS}
        self.commit(*(self.node(name, parent) for name, parent in PARENTS.items()))
        self.devices: list[Device] = []
        self.writes: dict[str, bool] = {}

    def _open(self) -> SyncServer:
        return SyncServer(
            KINDS, Database(sqlite_url(self.path)), self._rules, ids=self.new_id, clock_ms=lambda: self.now_ms
        )

    def new_id(self) -> bytes:
        return self.now_ms.to_bytes(6, "big") + next(self._numbers).to_bytes(2, "big") + self._rng.randbytes(8)

    def node(self, name: str, parent: str | None) -> Effect:
        values: Values = {UNIT: self.units[name], "parent": self.units[parent] if parent else None, "label": name}
        return Effect(NODE.name, self.units[name], Op.CREATE, values)

    def commit(self, *effects: Effect) -> None:
        self.server.commit(effects, Stamp())

    def notes(self, number: int, unit: str = "commune0", **values: Value) -> list[bytes]:
        """Let the server have notes; return their ids."""
        ids = [self.new_id() for _ in range(number)]
        self.commit(*(Effect(NOTE.name, each, Op.CREATE, {UNIT: self.units[unit], **values}) for each in ids))
        return ids

    def move(self, unit: str, under: str) -> None:
        self.commit(Effect(NODE.name, self.units[unit], Op.EDIT, {"parent": self.units[under]}))

    # devices

    def device(self, name: str, *units: str, account: str = "", copy_of: Device | None = None) -> Device:
        """Return a device of an account, in the scope of some units; a copy has the other one's file as it is."""
        path = self.folder / f"{name}.db"
        roots = tuple(self.units[unit] for unit in units or ("commune0",))
        if copy_of is not None:
            copied(copy_of, path)
        line = Line(lambda packet: self.server.exchange(self.actor(device, account or name), packet))
        device = Device(name, roots, path, random.Random(1), self.new_id, self.clock_ms, line)
        self.devices.append(device)
        return device

    def actor(self, device: Device, account: str) -> Actor:
        return Actor(account, device.name, device.roots, writes=self.writes.get(device.name, True))

    def clock_ms(self) -> int:
        return self.now_ms

    # the server's file

    def backup(self) -> Path:
        """Copy the server's file, as an operator does."""
        self.server.database.close()
        return Path(shutil.copy(self.path, self.folder / f"backup-{next(self._numbers)}.db"))

    def restore(self, backup: Path) -> None:
        self.server.database.close()
        shutil.copy(backup, self.path)
        self.server = self._open()

    def record(self, record_id: bytes, kind: str = NOTE.name) -> Record | None:
        with self.server.database.read() as conn:
            return Tx(conn, KINDS, self.now_ms, self.new_id).get(kind, record_id)

    def values(self, record_id: bytes, kind: str = NOTE.name) -> Values:
        found = self.record(record_id, kind)
        assert found is not None, "the server has it"
        return found.values

    def agrees(self, *devices: Device) -> bool:
        return all(
            each.waiting() == 0 and each.digest() == self.server.digest(each.roots)[0]
            for each in devices or self.devices
        )

    def close(self) -> None:
        for device in self.devices:
            device.restart()
        self.server.database.close()


def line_of(device: Device) -> Line:
    assert isinstance(device.transport, Line)
    return device.transport


def copied(device: Device, path: Path) -> Path:
    """Copy a device's file, as a person does with the program closed."""
    device.restart()
    return Path(shutil.copy(device.path, path))


# what a person does, and sees


def write(device: Device, unit: bytes | None = None, **values: Value) -> bytes:
    record_id = device.new_id()
    with device.write() as conn:
        full: Values = {UNIT: unit or device.roots[0], **values}
        device.replica.create(conn, NOTE.name, record_id, full, device.author)
    return record_id


def edit(device: Device, record_id: bytes, kind: str = NOTE.name, **values: Value) -> frozenset[str]:
    with device.write() as conn:
        return device.replica.edit(conn, kind, record_id, dict(values), device.author)


def remove(device: Device, record_id: bytes, kind: str = NOTE.name) -> None:
    with device.write() as conn:
        device.replica.delete(conn, kind, record_id, device.author)


def seen(device: Device, record_id: bytes, kind: str = NOTE.name) -> Values | None:
    with device.write() as conn:
        found = device.replica.tables[kind].get(conn, record_id)
    return None if found is None else found[2]


def rev_of(device: Device, record_id: bytes) -> int:
    with device.write() as conn:
        found = device.replica.tables[NOTE.name].get(conn, record_id)
    assert found is not None, "it is here"
    return found[0]


def held(device: Device, kind: str = NOTE.name) -> set[bytes]:
    with device.write() as conn:
        return {record_id for record_id, *_ in device.replica.tables[kind].every(conn)}


def pending(device: Device) -> list[Waiting]:
    with device.write() as conn:
        return store.lines_with(conn, store.PENDING)


def travelling(device: Device) -> list[Waiting]:
    with device.write() as conn:
        return store.lines_with(conn, store.IN_FLIGHT)


def set_clock(device: Device, now_ms: int) -> None:
    """Let the clock of a device stand at a time."""
    device.replica = Replica(KINDS, ids=device.new_id, clock_ms=lambda: now_ms)


def conflicts(device: Device) -> list[tuple[bytes, list[dict[str, Value]]]]:
    """Return the open conflicts as the device shows them."""
    with device.write() as conn:
        rows = conn.exec_driver_sql("SELECT id, fields FROM conflict WHERE status = 'open' ORDER BY id").all()
    return [(row[0], json.loads(row[1])) for row in rows]


def settle(device: Device, conflict_id: bytes, **takes: str) -> None:
    choice = {name: {"take": side} for name, side in takes.items()}
    values: Values = {"status": "settled", "choice": json.dumps(choice)}
    edit(device, conflict_id, CONFLICT.name, **values)


def synced(*devices: Device) -> None:
    for device in devices:
        report = device.sync()
        assert report.status == "done", (device.name, report.error_code, report.error_detail)
