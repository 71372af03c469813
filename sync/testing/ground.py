"""What a simulated world stands on: a server, devices, and what must hold in every exchange between them."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import exc
from typing_extensions import override

from sync.core.squash import Op
from sync.protocol.errors import UnreachableError
from sync.protocol.kinds import UNIT, Value, Values
from sync.protocol.messages import Answers, Change, Frame, Problem, decode_parts
from sync.server.database import Database, run
from sync.server.records import Actor, Stamp, Tx
from sync.server.rules import Effect, NoRules, Refusal
from sync.server.server import SyncServer
from sync.testing.device import Device, Sent
from sync.testing.files import FileDatabase
from sync.testing.kinds import KINDS, NODE, NOTE, create_tables
from sync.testing.network import BadTransport, Faults, KilledError
from sync.testing.promises import Promises
from sync.testing.story import Story

REFUSALS: Final = frozenset({
    "", "word.bad", "scope.forbidden", "record.changed", "record.deleted", "record.unknown", "record.exists",
    "conflict.moved_on", "conflict.already_settled", "conflict.incomplete", "handover.already_settled",
    "unit.not_empty", "unit.cycle", "unit.removed",
})  # fmt: skip
"""Why the server may refuse what a device does as it should."""

_NOW_MS: Final = 1_700_000_000_000
DAY_MS: Final = 86_400_000
DEVICES_MAX: Final = 20
_TREE: Final = {
    "root": None, "province0": "root", "province1": "root", "commune0": "province0", "commune1": "province0",
    "commune2": "province1", "chapter0": "commune0", "chapter1": "commune0", "chapter2": "commune1",
}  # fmt: skip
_UNITS: Final = {name: number.to_bytes(16, "big") for number, name in enumerate(_TREE, 1)}
CALM: Final = Faults()

_empty: dict[str, bytes] = {}


class NoBadWords(NoRules):
    """Rules of the imaginary application: one word is not accepted."""

    @override
    def check(
        self, tx: Tx, actor: Actor, change: Change, before: Values | None, after: Values | None
    ) -> Refusal | None:
        """Refuse the bad word."""
        del tx, actor, change, before
        bad = next((name for name, value in (after or {}).items() if value == "BAD"), None)
        return None if bad is None else Refusal("word.bad", bad)


@dataclass
class Ground:
    """A server, devices of several accounts in a tree of units, and a bad network between them.

    Args:
        story: Everything that happens follows from it.
        folder: Where the files of this world are.
        url: The server's PostgreSQL database; a SQLite file in `folder` when left out.

    Attributes:
        units: Id of each unit that is there from the beginning, by name.
        accounts: Units with which each account begins, by name.
        injected: How often each fault was made, by name.
    """

    story: Story
    folder: Path
    url: str | None = None
    units: dict[str, bytes] = field(default_factory=lambda: dict(_UNITS))
    accounts: dict[str, tuple[bytes, ...]] = field(default_factory=dict)
    injected: Counter[str] = field(default_factory=Counter)
    _now_ms: int = _NOW_MS
    _ahead_ms: dict[int, int] = field(default_factory=dict)
    _sent: dict[bytes, list[Sent]] = field(default_factory=dict)
    _known_sent: Counter[int] = field(default_factory=Counter)
    _promises: Promises = field(default_factory=Promises)

    def __post_init__(self) -> None:
        self.rng = random.Random(0)  # the tree is the same in all worlds
        self.faults = replace(self.story.faults)
        path = self.folder / "server.db"
        if self.url is None and "file" in _empty:
            path.write_bytes(_empty["file"])
        self.database = FileDatabase(path) if self.url is None else Database(self.url)
        self.server = SyncServer(KINDS, self.database, NoBadWords(), ids=self.new_id, clock_ms=self.clock_ms)
        if self.url is not None or "file" not in _empty:
            self._make_tree()
            self._now_ms = _NOW_MS
        self.rng = random.Random(self.story.seed)
        if "file" not in _empty and self.url is None:
            self.database.close()
            _empty["file"] = path.read_bytes()
        names = [chr(ord("a") + number) for number in range(DEVICES_MAX)]
        self.accounts = {
            name: tuple(self.units[unit] for unit in units)
            for name, units in zip(names, self.story.accounts, strict=False)
        }
        self.devices: list[Device] = []
        for number, account in enumerate(self.story.devices):
            self._add_device(names[number], names[account], self.folder / f"{number}.db")

    def new_id(self) -> bytes:
        """Return a new id: time first, chance after it."""
        self._now_ms += 1
        return self._now_ms.to_bytes(6, "big") + self.rng.randbytes(10)

    def clock_ms(self) -> int:
        """Return the time; it passes with every look."""
        self._now_ms += 1
        return self._now_ms

    def _make_tree(self) -> None:
        with self.database.write() as conn:
            create_tables(conn)
        self.server.create_tables()
        effects = []
        for name, parent in _TREE.items():
            values: Values = {UNIT: _UNITS[name], "parent": _UNITS[parent] if parent else None, "label": name}
            effects.append(Effect(NODE.name, _UNITS[name], Op.CREATE, values))
        self.server.commit(effects, Stamp(channel="seed"))

    def fill(self) -> None:
        """Make some notes."""
        units = ("commune0", "commune0", "commune1", "chapter0", "chapter2")
        notes = [Effect(NOTE.name, self.new_id(), Op.CREATE, {UNIT: self.units[name], "first": name}) for name in units]
        self.server.commit(notes, Stamp(channel="seed"))

    def _add_device(self, name: str, account: str, path: Path) -> Device:
        number = len(self.devices)
        transport = BadTransport(
            lambda packet: self._answered(self.devices[number], packet), self.rng, self.faults, injected=self.injected
        )
        device = Device(
            name, self.accounts[account], path, self.rng, self.new_id,
            lambda: self.clock_ms() + self._ahead_ms.get(number, 0), transport, account,
        )  # fmt: skip
        self.devices.append(device)
        return device

    def device(self, name: str) -> Device:
        """Return a device by name."""
        return next(device for device in self.devices if device.name == name)

    # the network's other end

    def _answered(self, device: Device, packet: bytes) -> list[bytes]:
        """Answer a device that does as it should."""
        device.note_travelling()
        packets = self._handle(device, packet)
        self._check_answers(device, packets)
        return packets

    def _actor(self, device: Device) -> Actor:
        return Actor(device.account, device.name, self.accounts[device.account])

    def _handle(self, device: Device, packet: bytes) -> list[bytes]:
        with self._server_faults():
            packets = list(self.server.exchange(self._actor(device), packet))
        self._check_scope(device, packets)
        self.check()
        return packets

    @contextmanager
    def _server_faults(self) -> Iterator[None]:
        """Let the server's process end at a commit, or its disk be full, once in a while; whoever asks learns nothing.

        Raises:
            UnreachableError: It happened.
        """
        dies, full = (self.rng.random() < share for share in (self.faults.server_dies, self.faults.server_full))
        if not isinstance(self.database, FileDatabase):
            yield
            return
        file = self.database.file
        if dies:
            file.points_left = self.rng.randint(1, 4)
        if full:
            file.writes_left = self.rng.randint(0, 20)
        try:
            yield
        except KilledError:
            self.injected["server_dies"] += 1
            self.database.close()
            raise UnreachableError("server.unreachable", "died") from None
        except exc.OperationalError:
            assert full, "only a full disk does that"
            self.injected["server_full"] += 1
            raise UnreachableError("server.busy", "disk full") from None
        finally:
            file.points_left = 0
            file.writes_left = -1

    def _check_answers(self, device: Device, packets: list[bytes]) -> None:
        """Promise 9: a device that does as it should is refused only what its person can do something about."""
        for part in decode_parts(packets):
            assert not isinstance(part, Problem), f"{device.name} was told {part}"
            for its in part.answers if isinstance(part, Answers) else ():
                assert its.code in REFUSALS, f"{device.name} was refused for {its.code}"

    def _check_scope(self, device: Device, packets: list[bytes]) -> None:
        """Promise 5: nothing outside the account's subtree is in an answer."""
        allowed, above = self._allowed(self.accounts[device.account])
        for part in decode_parts(packets):
            if not isinstance(part, Frame):
                continue
            for rows in part.rows:
                units = rows.values[rows.columns.index(UNIT)] if UNIT in rows.columns else []
                inside = allowed | above if rows.kind == NODE.name else allowed
                assert set(units) <= inside, f"{device.name} received records of other units"
            for patches in part.patches:
                if UNIT in patches.columns:
                    units = patches.values[patches.columns.index(UNIT)]
                    assert set(units) <= allowed, f"{device.name} received other units' changes"

    def _allowed(self, roots: tuple[bytes, ...]) -> tuple[set[Value], set[Value]]:
        """Return the units below some roots, themselves included, and those above."""
        with self.database.read() as conn:
            parents: dict[bytes, Any] = dict(map(tuple, run(conn, "SELECT unit_id, parent_id FROM sync_unit")))
            parents |= dict(map(tuple, run(conn, "SELECT id, parent FROM node")))  # the first holds removed ones too
        inside: set[Value] = set(roots)
        for _ in parents:
            inside |= {unit for unit, parent in parents.items() if parent in inside}
        above: set[Value] = set()
        for root in roots:
            unit = parents.get(root)
            while unit is not None:
                above.add(unit)
                unit = parents.get(unit)
        return inside, above

    def check(self) -> None:
        """Check what must hold at every moment."""
        for number, device in enumerate(self.devices):
            for sent in device.sent[self._known_sent[number] :]:
                self._sent.setdefault(sent.change_id, []).append(sent)
            self._known_sent[number] = len(device.sent)
        with self.database.read() as conn:
            self._promises.check(conn, self._sent)

    def close(self) -> None:
        """Close all files."""
        for device in self.devices:
            device.restart()
        self.database.close()
