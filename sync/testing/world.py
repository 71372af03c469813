"""The simulated world: one seed, one history; `check` and `settle` raise `AssertionError` with the seed's number."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sync.core import values as packed
from sync.core.squash import Op
from sync.protocol.kinds import UNIT, Value, Values
from sync.protocol.messages import PROTOCOL_VERSION, Answers, Change, Frame, Problem, Request, decode_parts, encode
from sync.server.database import Database, run, sqlite_url
from sync.server.records import Actor, Stamp, Tx
from sync.server.rules import Effect, Refusal
from sync.server.server import SyncServer
from sync.testing.device import Device
from sync.testing.kinds import KINDS, NODE, NOTE, create_tables
from sync.testing.network import BadTransport, Faults, KilledError
from sync.testing.promises import Promises, parts_of

REFUSALS: Final = frozenset({
    "", "word.bad", "scope.forbidden", "record.changed", "record.deleted", "record.unknown", "conflict.moved_on",
    "conflict.already_settled", "conflict.incomplete", "handover.already_settled",
})  # fmt: skip
"""Why the server may refuse what a device does as it should."""


class NoBadWords:
    """Rules of the imaginary application: one word is not accepted."""

    def check(
        self, tx: Tx, actor: Actor, change: Change, before: Values | None, after: Values | None
    ) -> Refusal | None:
        """Refuse the bad word."""
        del tx, actor, change, before
        bad = next((name for name, value in (after or {}).items() if value == "BAD"), None)
        return None if bad is None else Refusal("word.bad", bad)

    def effects(
        self, tx: Tx, actor: Actor, change: Change, before: Values | None, after: Values | None
    ) -> tuple[Effect, ...]:
        """Do nothing more."""
        del tx, actor, change, before, after
        return ()


@dataclass
class World:
    """A server, five devices in a tree of units, and a bad network.

    Args:
        seed: Everything that happens follows from it.
        folder: Where the files of this world are.
        url: The server's database; a SQLite file in `folder` when left out.
    """

    seed: int
    folder: Path
    url: str | None = None
    _promises: Promises = field(default_factory=Promises)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self._now_ms = 1_700_000_000_000
        self.faults = Faults()
        self.server = SyncServer(
            KINDS,
            Database(self.url or sqlite_url(self.folder / "server.db")),
            NoBadWords(),
            ids=self.new_id,
            clock_ms=self.clock_ms,
        )
        with self.server.database.write() as conn:
            create_tables(conn)
        self.server.create_tables()
        self.units = self._make_tree()
        roots = (
            ("a", "commune0"),
            ("b", "commune0"),
            ("c", "commune1"),
            ("d", "province0"),
            ("e", "chapter0"),
        )
        often = self.rng.choice((1, 3, 9)), self.rng.choice((0, 1, 1)), self.rng.choice((1, 4)), self.rng.choice((1, 4))
        self.habits = (1, often[0], often[1], 2 * often[2], 1, 2 * often[3])
        self.patience = self.rng.choice((0.2, 0.35, 0.5))
        self.devices = [self._device(name, self.units[unit]) for name, unit in roots]

    def new_id(self) -> bytes:
        """Return a new id: time first, chance after it."""
        self._now_ms += 1
        return self._now_ms.to_bytes(6, "big") + self.rng.randbytes(10)

    def clock_ms(self) -> int:
        """Return the time; it passes with every look."""
        self._now_ms += 1
        return self._now_ms

    def _make_tree(self) -> dict[str, bytes]:
        parents = {
            "root": None, "province0": "root", "province1": "root", "commune0": "province0", "commune1": "province0",
            "commune2": "province1", "chapter0": "commune0", "chapter1": "commune0", "chapter2": "commune1",
        }  # fmt: skip
        units = {name: self.new_id() for name in parents}
        effects = [
            Effect(
                NODE.name,
                units[name],
                Op.CREATE,
                {UNIT: units[name], "parent": units[parent] if parent else None, "label": name},
            )
            for name, parent in parents.items()
        ]
        self.server.commit(effects, Stamp(channel="seed"))
        return units

    def fill(self) -> None:
        """Make some notes."""
        units = ("commune0", "commune0", "commune1", "chapter0", "chapter2")
        notes = [Effect(NOTE.name, self.new_id(), Op.CREATE, {UNIT: self.units[name], "first": name}) for name in units]
        self.server.commit(notes, Stamp(channel="seed"))

    def _device(self, name: str, root: bytes) -> Device:
        transport = BadTransport(lambda packet: self._handle(name, packet), self.rng, self.faults)
        file = self.folder / f"{name}.db"
        return Device(name, (root,), file, self.rng, self.new_id, self.clock_ms, transport, self.habits)

    def device(self, name: str) -> Device:
        """Return a device by name."""
        return next(device for device in self.devices if device.name == name)

    # the network's other end

    def _handle(self, name: str, packet: bytes) -> list[bytes]:
        device = self.device(name)
        packets = list(self.server.exchange(Actor(name, name, device.roots), packet))
        self._check_scope(device, packets)
        return packets

    def _check_answers(self, device: Device, packets: list[bytes]) -> None:
        """Promise 9: a device that does as it should is refused only what its person can do something about."""
        for part in decode_parts(packets):
            assert not isinstance(part, Problem), f"seed {self.seed}: {device.name} was told {part}"
            for answer in part.answers if isinstance(part, Answers) else ():
                assert answer.code in REFUSALS, f"seed {self.seed}: {device.name} was refused for {answer.code}"

    def _check_scope(self, device: Device, packets: list[bytes]) -> None:
        """Promise 5: nothing outside the device's subtree is in an answer."""
        allowed = self._allowed(device)
        for part in decode_parts(packets):
            if not isinstance(part, Frame):
                continue
            for rows in part.rows:
                units = rows.values[rows.columns.index(UNIT)] if UNIT in rows.columns else []
                inside = allowed | self._above(device) if rows.kind == NODE.name else allowed
                assert set(units) <= inside, f"seed {self.seed}: {device.name} received records of other units"
            for patches in part.patches:
                if UNIT in patches.columns:
                    units = patches.values[patches.columns.index(UNIT)]
                    assert set(units) <= allowed, f"seed {self.seed}: {device.name} received other units' changes"

    def _allowed(self, device: Device) -> set[Value]:
        with self.server.database.read() as conn:
            rows = run(conn, "SELECT id, parent FROM node").all()
        inside: set[Value] = set(device.roots)
        for _ in rows:
            inside |= {unit for unit, parent in rows if parent in inside}
        return inside

    def _above(self, device: Device) -> set[Value]:
        with self.server.database.read() as conn:
            parents = {row[0]: row[1] for row in run(conn, "SELECT id, parent FROM node")}
        above: set[Value] = set()
        for root in device.roots:
            unit: Any = parents.get(root)
            while unit is not None:
                above.add(unit)
                unit = parents.get(unit)
        return above

    # time

    def tick(self) -> None:
        """Let one thing happen."""
        device = self.rng.choice(self.devices)
        what = self.rng.random()
        if what < self.patience:
            self._sync(device)
        elif what < 0.91:
            device.act()
        elif what < 0.93:
            self._move()
        elif what < 0.95:
            device.restart()
        elif what < 0.97:
            transport = device.transport
            assert isinstance(transport, BadTransport), "devices of this world have bad lines"
            transport.deliver_late()
        else:
            self._trespass(device)

    def _move(self) -> None:
        """Move a unit that no account begins with or begins above, so that scopes lose and gain it."""
        movable = ("commune1", "commune2", "chapter0", "chapter1", "chapter2")
        unit = self.units[self.rng.choice(movable)]
        parent = self.units[self.rng.choice(("province0", "province1", "commune0", "commune1", "commune2"))]
        with self.server.database.read() as conn:
            paths = dict(map(tuple, run(conn, "SELECT unit_id, path FROM sync_unit")))
        if unit.hex() not in paths[parent]:
            self.server.commit([Effect(NODE.name, unit, Op.EDIT, {"parent": parent})], Stamp(account="operator"))

    def _sync(self, device: Device) -> None:
        transport = device.transport
        assert isinstance(transport, BadTransport), "devices of this world have bad lines"
        handler = transport.handler

        def watched(packet: bytes) -> list[bytes]:
            device.note_travelling()
            packets = handler(packet)
            self._check_answers(device, packets)
            return packets

        transport.handler = watched
        if self.rng.random() < self.faults.dies:
            device.points_left = self.rng.randint(1, 8)
        try:
            device.sync()
        except KilledError:
            device.restart()
        finally:
            transport.handler = handler
            device.points_left = 0
            device.note_answered()

    def _trespass(self, device: Device) -> None:
        """Let a device that lies ask for a record of another unit."""
        allowed = self._allowed(device)
        with self.server.database.read() as conn:
            rows = run(conn, "SELECT id, unit_id, rev FROM note ORDER BY id").all()
        foreign = [row for row in rows if row[1] not in allowed]
        if not foreign:
            return
        record_id, _, rev = self.rng.choice(foreign)
        op = self.rng.choice((Op.EDIT, Op.DELETE))
        change = Change(self.new_id(), NOTE.name, record_id, op, {"first": "stolen"}, base_rev=rev)
        taken = Change(self.new_id(), NOTE.name, record_id, Op.EDIT, {UNIT: device.roots[0]}, base_rev=rev)
        request = Request(PROTOCOL_VERSION, 0, None, [change, taken], pull=False)
        self._handle(device.name, encode(request))
        with self.server.database.read() as conn:
            after = run(conn, "SELECT rev FROM note WHERE id = ?", (record_id,)).scalar_one_or_none()
        assert after == rev, f"seed {self.seed}: {device.name} wrote outside its scope"

    # checks

    def check(self) -> None:
        """Check what must hold at every moment."""
        sent = {change_id: sent for device in self.devices for change_id, sent in device.sent.items()}
        with self.server.database.read() as conn:
            self._promises.check(conn, sent)

    def heal(self) -> None:
        """Let nothing go wrong any more, and everybody synchronise until nothing waits."""
        for name in ("lost_request", "lost_answer", "cut", "twice", "late", "killed", "dies"):
            setattr(self.faults, name, 0.0)
        for _ in range(3):
            for device in self.devices:
                self._sync(device)

    def check_settled(self) -> None:
        """Check what must hold when faults have stopped and everybody has synchronised."""
        self.check()
        for device in self.devices:
            assert device.waiting() == 0, f"seed {self.seed}: {device.name} still waits"
            assert device.repaired == 0, f"seed {self.seed}: {device.name} differed from the server on the way"
            digest, _ = self.server.digest(device.roots)
            assert device.digest() == digest, f"seed {self.seed}: {device.name} differs from the server"
            self._check_nothing_lost(device)

    def _check_nothing_lost(self, device: Device) -> None:
        """Promise 1: what a person typed is current, in the history, in a conflict, handed over, or refused."""
        refused = {
            (line.record_id, name): value for line in device.refused() for name, value in line.line.patch.items()
        }
        with self.server.database.read() as conn:
            for (record_id, name), typed in device.typed.items():
                if refused.get((record_id, name), _NEVER) == typed.value:
                    continue
                known = set(self._known(conn, record_id, name))
                if name in {"tags", "more"}:
                    known_parts = {part for value in known for part in parts_of(value)}
                    found = parts_of(typed.value) <= known_parts
                else:
                    found = typed.value in known
                assert found, f"seed {self.seed}: {device.name} lost {name}={typed.value!r} of {record_id.hex()}"

    def _known(self, conn: Any, record_id: bytes, name: str) -> Iterator[Value]:
        current = run(conn, f"SELECT {name} FROM note WHERE id = ?", (record_id,)).first()
        if current is not None:
            yield current[0]
        for (text,) in run(conn, "SELECT fields FROM sync_log WHERE record_id = ?", (record_id,)):
            pair = json.loads(text).get(name)
            if pair is not None:
                yield from (packed.restored(value) for value in pair)
        for text in self._conflict_fields(conn):
            for item in json.loads(text):
                if item["field"] == name:
                    yield from (packed.restored(item[side]) for side in ("base", "mine", "theirs"))
        for text in self._handed_over(conn, record_id):
            yield from (packed.restored(item["value"]) for item in json.loads(text) if item["field"] == name)

    def _handed_over(self, conn: Any, record_id: bytes) -> Iterator[str]:
        """Yield what was handed over about a record, as it is and as it was."""
        handovers = run(conn, "SELECT id, fields FROM handover WHERE target_id = ?", (record_id,)).all()
        for handover_id, fields in handovers:
            yield fields
            for (text,) in run(conn, "SELECT fields FROM sync_log WHERE record_id = ?", (handover_id,)):
                yield from (version for version in json.loads(text).get("fields", []) if version)

    def _conflict_fields(self, conn: Any) -> Iterator[str]:
        """Yield the contents of all conflicts, as they are and as they were."""
        yield from (text for (text,) in run(conn, "SELECT fields FROM conflict"))
        for (text,) in run(conn, "SELECT fields FROM sync_log WHERE kind = 'conflict'"):
            yield from (version for version in json.loads(text).get("fields", []) if version)

    def close(self) -> None:
        """Close all files."""
        for device in self.devices:
            device.restart()
        self.server.database.close()


_NEVER = object()
_TICKS = 160


def play(seed: int, folder: Path, *, url: str | None = None) -> str:
    """Play one world to its end; return the digest of all its records.

    Its server keeps a SQLite file in `folder`, which is made, or the database of `url`.

    Raises:
        AssertionError: A promise was broken.
    """
    folder.mkdir()
    world = World(seed, folder, url)
    try:
        world.fill()
        for number in range(_TICKS):
            world.tick()
            if number % 20 == 0:
                world.check()
        world.heal()
        world.check_settled()
        return world.server.digest((world.units["root"],))[0]
    finally:
        world.close()
