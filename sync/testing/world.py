"""The simulated world: one story, one history. A promise that is broken raises `AssertionError`."""

import copy
import io
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import exc

from sync.client import clock, store
from sync.client.bundles import Bundles
from sync.client.engine import SyncReport
from sync.client.incoming import CURSOR
from sync.core.squash import Op
from sync.protocol.errors import RejectedError, UnreachableError
from sync.protocol.kinds import UNIT
from sync.protocol.messages import PROTOCOL_VERSION, Change, Request, encode
from sync.server.bundles import answer
from sync.server.database import run
from sync.server.records import Actor, Stamp
from sync.server.rules import Effect
from sync.server.scope import read_cursor
from sync.testing.device import Device
from sync.testing.files import FileDatabase
from sync.testing.ground import CALM, DAY_MS, DEVICES_MAX, Ground
from sync.testing.kinds import KINDS, NODE, NOTE
from sync.testing.network import BadTransport, KilledError
from sync.testing.promises import Promises, first_lost, known_values
from sync.testing.story import Step, Story, tell


@dataclass(frozen=True, slots=True)
class Stick:
    """A bundle file on its way."""

    device: Device
    content: bytes


@dataclass
class World(Ground):
    """What happens on the ground, and people who carry files about.

    Attributes:
        told: What happened, a line for each step.
        end: Digest of all records when everybody agreed.
    """

    told: list[str] = field(default_factory=list)
    end: str = ""
    _damaged: set[int] = field(default_factory=set)
    _up: list[Stick] = field(default_factory=list)
    _down: list[Stick] = field(default_factory=list)
    _backup: tuple[bytes, Promises] | None = None

    # what happens

    def step(self, step: Step) -> None:
        """Let one thing happen.

        Raises:
            AssertionError: A promise is broken.
        """
        device = self.devices[step.who % len(self.devices)]
        self.rng = device.rng = random.Random(step.dice)
        transport = device.transport
        assert isinstance(transport, BadTransport), "devices of this world have bad lines"
        transport.rng = self.rng
        faults, self.faults = self.faults, CALM if step.calm else self.faults
        transport.faults = self.faults
        happens = getattr(self, f"_do_{step.what}", None)
        try:
            told = happens(device) if happens is not None else self._person(device, step.what)
        finally:
            self.faults = faults
        if told:
            self.told.append(f"{device.name} {told}")

    def _person(self, device: Device, what: str) -> str:
        """Let the person of a device do something."""
        dies = self.rng.random() < self.faults.dies
        if dies:
            device.file.points_left = self.rng.randint(1, 2)
        try:
            with device.write() as conn:
                told: str = getattr(device, what)(conn)
        except KilledError:
            self.injected["dies"] += 1
            device.restart()
            return f"begins to {what}, and the program ends"
        device.file.points_left = 0
        return told

    def _do_sync(self, device: Device) -> str:
        if self.rng.random() < self.faults.dies:
            device.file.points_left = self.rng.randint(1, 8)
        full = self.rng.random() < self.faults.full
        if full:
            device.file.writes_left = self.rng.randint(0, 20)
        before = Counter(self.injected)
        try:
            report = device.sync()
        except KilledError:
            self.injected["dies"] += device.file.points_left == 0
            device.restart()
            return "synchronises, and the program ends"
        except exc.OperationalError:
            assert full, "only a full disk does that"
            self.injected["full"] += 1
            device.restart()
            return "synchronises, and the disk is full"
        finally:
            device.file.points_left = 0
            device.file.writes_left = -1
            device.note_answered()
        if report.status == "done":
            self._check_synchronised(device)
        faults = ", ".join(name for name, count in self.injected.items() if count > before[name])
        return f"synchronises: {report.status} {report.pushed} {report.pulled} received ({faults or 'nothing wrong'})"

    def _do_restart(self, device: Device) -> str:
        device.restart()
        return "restarts"

    def _do_late(self, device: Device) -> str:
        transport = device.transport
        assert isinstance(transport, BadTransport), "devices of this world have bad lines"
        try:
            return "has a request of before delivered now" if transport.deliver_late() else ""
        except UnreachableError:
            return ""

    def _do_clock(self, device: Device) -> str:
        jump = self.rng.choice((-400, -1, 1, 400)) * DAY_MS
        self._ahead_ms[self.devices.index(device)] = jump
        self.injected["clock"] += 1
        return f"has its clock put to {jump // DAY_MS} days from now"

    def _do_damage(self, device: Device) -> str:
        """Lose a record of the device's file, as only a broken disk or program can."""
        with device.file.look() as conn:
            sql = "SELECT id FROM note WHERE id NOT IN (SELECT record_id FROM sync_outbox) ORDER BY id"
            rows = conn.exec_driver_sql(sql).all()
        if not rows:
            return ""
        with device.write() as conn:
            conn.exec_driver_sql("DELETE FROM note WHERE id = ?", (self.rng.choice(rows)[0],))
        self._damaged.add(self.devices.index(device))
        self.injected["damage"] += 1
        return "loses a record by a fault of its disk"

    def _do_copy(self, device: Device) -> str:
        """Copy a device with all it has: two go on from here."""
        if len(self.devices) >= DEVICES_MAX:
            return ""
        device.restart()
        number = len(self.devices)
        path = self.folder / f"{number}.db"
        path.write_bytes(device.path.read_bytes())
        twin = self._add_device(device.name, device.account, path)
        twin.roots, twin.repaired = device.roots, device.repaired
        twin.typed, twin.sent, twin.seen = copy.deepcopy(device.typed), list(device.sent), dict(device.seen)
        twin.travelling = dict(device.travelling)
        if self.devices.index(device) in self._damaged:
            self._damaged.add(number)
        self.injected["copy"] += 1
        return "is copied to another laptop"

    def _do_trespass(self, device: Device) -> str:
        """Let a device that lies ask for a record of another unit."""
        roots = self.accounts[device.account]
        allowed, _ = self._allowed(roots)
        with self.database.read() as conn:
            rows = run(conn, "SELECT id, unit_id, rev FROM note ORDER BY id").all()
        foreign = [row for row in rows if row[1] not in allowed]
        if not foreign:
            return ""
        record_id, _, rev = self.rng.choice(foreign)
        op = self.rng.choice((Op.EDIT, Op.DELETE))
        change = Change(self.new_id(), NOTE.name, record_id, op, {"first": "stolen"}, base_rev=rev)
        taken = Change(self.new_id(), NOTE.name, record_id, Op.EDIT, {UNIT: roots[0]}, base_rev=rev)
        with self._quietly():
            self._handle(device, encode(Request(PROTOCOL_VERSION, 0, None, [change, taken], pull=False)))
        with self.database.read() as conn:
            after = run(conn, "SELECT rev FROM note WHERE id = ?", (record_id,)).scalar()
        assert after == rev, f"{device.name} wrote outside its scope"
        self.injected["trespass"] += 1
        return "asks for a record of another unit"

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """Let nothing go wrong on the server for a while."""
        faults, self.faults = self.faults, CALM
        try:
            yield
        finally:
            self.faults = faults

    # what is carried by hand

    def _bundles(self, device: Device) -> Bundles:
        name = device.name.encode()
        return Bundles(device.replica, device.write, device_id=name * 16, key=name * 32, ids=self.new_id)

    def _recognise(self, device_id: bytes) -> tuple[Actor, bytes]:
        for device in self.devices:
            name = device.name.encode()
            if device_id == name * 16:
                return self._actor(device), name * 32
        raise RejectedError("auth.revoked")

    def _do_bundle(self, device: Device) -> str:
        file = io.BytesIO()
        exported = self._bundles(device).export(file)
        device.note_travelling()
        self._up.append(Stick(device, file.getvalue()))
        return f"puts {exported.changes} changes on a stick"

    def _do_carry(self, _device: Device) -> str:
        """Carry a stick to the server: an old one, or one that was there before, or one that is not whole."""
        if not self._up:
            return ""
        stick = self.rng.choice(self._up[-4:])
        broken = self.faults is not CALM and self.rng.random() < 0.2
        content = self._broken(stick.content) if broken else stick.content
        code, parts = "", []
        with self._quietly():
            try:
                parts = list(answer(self.server, io.BytesIO(content), self._recognise))
            except RejectedError as error:
                code = error.code
        assert broken == bool(code), f"a {'broken' if broken else 'good'} bundle was answered with {code!r}"
        self.check()
        self.injected["stick_broken"] += broken
        if code:
            return f"has a broken stick refused: {code}"
        self._down.append(Stick(stick.device, b"".join(parts)))
        return f"has the stick of {stick.device.name} answered"

    def _broken(self, content: bytes) -> bytes:
        place = self.rng.randrange(len(content))
        if self.rng.random() < 0.5:
            return content[:place]
        return content[:place] + bytes([content[place] ^ 1 << self.rng.randrange(8)]) + content[place + 1 :]

    def _do_take(self, _device: Device) -> str:
        """Take an answer, now or late, again, or a part of it."""
        if not self._down:
            return ""
        stick = self.rng.choice(self._down[-4:])
        device, content = stick.device, stick.content
        cut = self.faults is not CALM and self.rng.random() < 0.2
        if cut:
            content = content[: self.rng.randrange(len(content))]
            self.injected["stick_cut"] += 1
        if self.rng.random() < self.faults.dies:
            device.file.points_left = self.rng.randint(1, 6)
        try:
            report = self._bundles(device).take(io.BytesIO(content))
        except KilledError:
            self.injected["dies"] += 1
            device.restart()
            return f"brings {device.name} an answer, and the program ends"
        except RejectedError as error:
            report = SyncReport(status="failed", error_code=error.code)
        finally:
            device.file.points_left = 0
            device.note_answered()
        assert cut or report.status == "done", f"{device.name} could not take a good answer: {report}"
        return f"brings {device.name} an answer: {report.status} {report.pushed} {report.pulled} received"

    # what an operator does

    def _commit(self, effects: list[Effect]) -> None:
        self.server.commit(effects, Stamp(account="operator"))
        self.check()

    def _do_move_unit(self, _device: Device) -> str:
        units, paths = self._places()
        unit, parent = self.rng.choice(units), self.rng.choice(units)
        if unit.hex() in paths[parent] or unit == self.units["root"]:
            return ""
        self._commit([Effect(NODE.name, unit, Op.EDIT, {"parent": parent})])
        return f"has unit {unit[-2:].hex()} moved under {parent[-2:].hex()}"

    def _places(self) -> tuple[list[bytes], dict[bytes, str]]:
        with self.database.read() as conn:
            rows = run(conn, "SELECT u.unit_id, u.path FROM sync_unit u JOIN node n ON n.id = u.unit_id").all()
        return sorted(row[0] for row in rows), dict(map(tuple, rows))

    def _do_merge_units(self, _device: Device) -> str:
        """Move all that is in a unit to another one, and remove it."""
        units, paths = self._places()
        unit, other = self.rng.choice(units), self.rng.choice(units)
        if unit.hex() in paths[other] or unit == self.units["root"]:
            return ""
        effects = []
        with self.database.read() as conn:
            for kind in KINDS:
                place = "parent" if kind.tree else UNIT
                sql = f"SELECT id FROM {kind.table} WHERE {place} = ? ORDER BY id"
                effects += [Effect(kind.name, row[0], Op.EDIT, {place: other}) for row in run(conn, sql, (unit,))]
        self._commit([*effects, Effect(NODE.name, unit, Op.DELETE)])
        for name, roots in self.accounts.items():
            self.accounts[name] = tuple(dict.fromkeys(other if root == unit else root for root in roots))
        return f"has unit {unit[-2:].hex()} merged into {other[-2:].hex()}"

    def _do_account(self, device: Device) -> str:
        """Give an account a unit more, one less, or another one."""
        units, _ = self._places()
        roots = self.accounts[device.account]
        unit = self.rng.choice(units)
        more = (*roots, unit) if unit not in roots else roots
        self.accounts[device.account] = self.rng.choice((more, roots[:1], (unit,)))
        return f"has an account that begins with {[root[-2:].hex() for root in self.accounts[device.account]]}"

    def _do_backup(self, _device: Device) -> str:
        if not isinstance(self.database, FileDatabase):
            return ""
        self.database.close()
        self._backup = self.database.file.path.read_bytes(), copy.deepcopy(self._promises)
        return "has the server backed up"

    # checks

    def _check_synchronised(self, device: Device) -> None:
        """Promise 2: a device that has synchronised holds what the server holds for it, and knows the time."""
        with device.file.look() as conn:
            assert not store.count(conn, store.PENDING, store.IN_FLIGHT), f"{device.name} is done, and something waits"
            offset = clock.offset_ms(conn)
            digest = device.replica.digest(conn)
        ahead = self._ahead_ms.get(self.devices.index(device), 0)
        assert offset is not None, f"{device.name} does not know the server's clock"
        assert abs(offset + ahead) < DAY_MS / 2, f"{device.name} knows the server's clock wrong"
        device.roots = self.accounts[device.account]
        if self.devices.index(device) not in self._damaged:
            assert device.repaired == 0, f"{device.name} differed from the server on the way"
            assert digest == self.server.digest(device.roots)[0], f"{device.name} differs from the server"

    def heal(self) -> None:
        """Let nothing go wrong any more, and everybody synchronise twice.

        Raises:
            AssertionError: Somebody could not, or a promise is broken.
        """
        self.faults = CALM
        for number, device in enumerate(self.devices):
            transport = device.transport
            assert isinstance(transport, BadTransport), "devices of this world have bad lines"
            transport.faults = CALM
            while transport.deliver_late():
                pass
            self._ahead_ms[number] = 0
        everybody = range(len(self.devices))
        for numbers in (everybody, everybody, sorted(self._damaged)):  # what has just changed is not compared
            for number in numbers:
                device = self.devices[number]
                report = device.sync(verify=numbers is not everybody)
                device.note_answered()
                assert report.status == "done", f"{device.name} cannot synchronise: {report}"
        self._damaged.clear()

    def check_settled(self) -> None:
        """Check what must hold when faults have stopped and everybody has synchronised."""
        self.check()
        with self.database.read() as conn:
            known = known_values(conn)
        for device in self.devices:
            assert device.waiting() == 0, f"{device.name} still waits"
            digest, _ = self.server.digest(self.accounts[device.account])
            assert device.digest() == digest, f"{device.name} differs from the server"
            lost = first_lost(device.typed, device.refused_values(), known)
            assert not lost, f"{device.name} lost {lost}"
        self.end = self.server.digest((self.units["root"],))[0]

    # a server that comes back from a backup

    def check_restored(self) -> None:
        """Promise 11: who has seen what a restored server has lost is told so; nothing of theirs is overwritten."""
        if self._backup is None:
            return
        assert isinstance(self.database, FileDatabase), "only a file was backed up"
        self.database.close()
        for name in ("", "-wal", "-shm"):
            Path(f"{self.database.file.path}{name}").unlink(missing_ok=True)
        content, self._promises = self._backup
        self.database.file.path.write_bytes(content)
        with self.database.read() as conn:
            last = dict(map(tuple, run(conn, "SELECT shard, pos FROM sync_position")))
        self._now_ms += DAY_MS
        for _ in range(3):
            self.fill()
        for device in self.devices:
            with device.file.look() as conn:
                cursor = store.state(conn, CURSOR)
            ahead = cursor is not None and any(
                pos > last.get(shard, 0) for shard, pos in read_cursor(cursor).positions.items()
            )
            if ahead:
                self._check_told(device)
        self.injected["restored"] += 1

    def _check_told(self, device: Device) -> None:
        """Check that a device that knows more than the server neither gives nor takes anything."""
        with device.write() as conn:
            device.make(conn)
        held, log = self._held(device), self._log_size()
        transport = device.transport
        assert isinstance(transport, BadTransport), "devices of this world have bad lines"
        transport.handler = lambda packet: list(self.server.exchange(self._actor(device), packet))
        report: SyncReport = device.sync()
        assert report.error_code == "server.went_back", (
            f"{device.name} was not told that the server went back: {report}"
        )
        assert (held, log) == (self._held(device), self._log_size()), f"{device.name} exchanged with a restored server"

    def _held(self, device: Device) -> list[Any]:
        with device.file.look() as conn:
            tables = (*(kind.table for kind in KINDS), "sync_outbox")
            skipped = {"sync_outbox": "change_id, record_id, patch, base"}
            return [
                tuple(row)
                for table in tables
                for row in conn.exec_driver_sql(f"SELECT {skipped.get(table, '*')} FROM {table} ORDER BY 1")
            ]

    def _log_size(self) -> int:
        with self.database.read() as conn:
            return int(run(conn, "SELECT count(*) FROM sync_log").scalar_one())


def play(story: Story | int, folder: Path, *, url: str | None = None) -> World:
    """Play one story, or that of a seed, to its end; return its world, which is closed.

    Its server keeps a SQLite file in `folder`, which is made, or the database of `url`.

    Raises:
        AssertionError: A promise was broken.
    """
    folder.mkdir()
    world = World(tell(story) if isinstance(story, int) else story, folder, url)
    world.fill()
    try:
        for step in world.story.steps:
            world.step(step)
        world.heal()
        world.check_settled()
        world.check_restored()
    except AssertionError as error:
        error.add_note(f"seed {world.story.seed}\n" + "\n".join(world.told))
        raise
    finally:
        world.close()
    return world
