"""The simulated world: one seed, one history; `check` and `settle` raise `AssertionError` with the seed's number."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sync.core import values as packed
from sync.core.squash import Op
from sync.protocol.kinds import CONFLICT, UNIT, Merge, Value, Values
from sync.protocol.messages import PROTOCOL_VERSION, Change, Frame, Request, decode_parts, encode
from sync.server.database import Database, run, sqlite_url
from sync.server.records import Actor, Stamp, Tx
from sync.server.rules import Effect, Refusal
from sync.server.server import SyncServer
from sync.testing.device import Device
from sync.testing.kinds import KINDS, NODE, NOTE, create_tables
from sync.testing.network import BadTransport, Faults, KilledError


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
    _seen_refused: set[bytes] = field(default_factory=set)

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

    def _device(self, name: str, root: bytes) -> Device:
        transport = BadTransport(lambda packet: self._handle(name, packet), self.rng, self.faults)
        return Device(name, (root,), self.folder / f"{name}.db", self.rng, self.new_id, self.clock_ms, transport)

    def device(self, name: str) -> Device:
        """Return a device by name."""
        return next(device for device in self.devices if device.name == name)

    # the network's other end

    def _handle(self, name: str, packet: bytes) -> list[bytes]:
        device = self.device(name)
        packets = list(self.server.exchange(Actor(name, name, device.roots), packet))
        self._check_scope(device, packets)
        return packets

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
        if what < 0.6:
            device.act()
        elif what < 0.85:
            self._sync(device)
        elif what < 0.93:
            device.restart()
        elif what < 0.97:
            transport = device.transport
            assert isinstance(transport, BadTransport), "devices of this world have bad lines"
            transport.deliver_late()
        else:
            self._trespass(device)

    def _sync(self, device: Device) -> None:
        transport = device.transport
        assert isinstance(transport, BadTransport), "devices of this world have bad lines"
        handler = transport.handler

        def watched(packet: bytes) -> list[bytes]:
            device.remember_bases()
            return handler(packet)

        transport.handler = watched
        try:
            device.sync()
        except KilledError:
            device.restart()
        finally:
            transport.handler = handler

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
        with self.server.database.read() as conn:
            self._check_positions(conn)
            self._check_once(conn)
            self._check_nobody_overwritten(conn)

    def _check_positions(self, conn: Any) -> None:
        """Promise 4: positions have no gaps."""
        for shard, count, last in run(conn, "SELECT shard, count(*), max(pos) FROM sync_log GROUP BY shard"):
            assert count == last, f"seed {self.seed}: a gap in the feed of {shard.hex()}"

    def _check_once(self, conn: Any) -> None:
        """Promises 3 and 8: a change is applied once, a conflict is settled once."""
        sql = (
            "SELECT count(DISTINCT rev) FROM sync_log WHERE change_id IS NOT NULL AND kind = ?"
            " GROUP BY change_id, record_id HAVING count(DISTINCT rev) > 1"
        )
        assert run(conn, sql, (NOTE.name,)).first() is None, f"seed {self.seed}: a change was applied twice"
        settled: dict[bytes, int] = {}
        for record_id, fields in run(conn, "SELECT record_id, fields FROM sync_log WHERE kind = ?", (CONFLICT.name,)):
            if "status" in json.loads(fields):
                settled[record_id] = settled.get(record_id, 0) + 1
        assert all(count == 1 for count in settled.values()), f"seed {self.seed}: a conflict was settled twice"

    def _check_nobody_overwritten(self, conn: Any) -> None:
        """Promise 7: a field that a person decides was only changed by somebody who had seen its value."""
        bases = {change: base for device in self.devices for change, base in device.sent_bases.items()}
        rows = run(
            conn, "SELECT change_id, record_id, fields FROM sync_log WHERE kind = ? AND op <> 'delete'", (NOTE.name,)
        )
        for change_id, record_id, fields in rows:
            if change_id not in bases or bases[change_id][0] != record_id:
                continue
            for name, (old, _) in json.loads(fields).items():
                manual = NOTE.by_name[name].merge is Merge.MANUAL
                base = bases[change_id][1].get(name)
                assert not manual or packed.restored(old) == base, (
                    f"seed {self.seed}: {name} of {record_id.hex()} was overwritten unseen"
                )

    def heal(self) -> None:
        """Let nothing go wrong any more, and everybody synchronise until nothing waits."""
        for name in ("lost_request", "lost_answer", "cut", "twice", "late", "killed"):
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
                    known_parts = {part for value in known for part in _parts(value)}
                    found = _parts(typed.value) <= known_parts
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


def _parts(value: Value) -> set[str]:
    if not isinstance(value, str) or not value:
        return set()
    loaded = json.loads(value)
    return {str(item) for item in (loaded.items() if isinstance(loaded, dict) else loaded)}
