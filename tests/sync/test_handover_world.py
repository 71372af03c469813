"""Units move about while devices with bad lines work on them: they agree at the end, and nothing is lost."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typing_extensions import override

from sync.client import store
from sync.core.squash import Op
from sync.protocol.kinds import HANDOVER, Values
from sync.server.database import run
from sync.server.records import Stamp
from sync.server.rules import Effect
from sync.testing.device import Device
from sync.testing.kinds import NODE
from sync.testing.world import World

TICKS = 160
SEEDS = 48
PARTS = 6


class MovingWorld(World):
    """A world whose units go from one parent to another, and whose people decide about what was handed over."""

    moves = 0
    decisions = 0

    @override
    def tick(self) -> None:
        """Let one thing happen."""
        chance = self.rng.random()
        if chance < 0.06:
            self._move()
        elif chance < 0.25:
            self._decide(self.rng.choice(self.devices))
        else:
            super().tick()

    def _move(self) -> None:
        """Move a unit that no account begins with or begins above, so that scopes lose and gain it."""
        movable = ("commune1", "commune2", "chapter0", "chapter1", "chapter2")
        unit = self.units[self.rng.choice(movable)]
        parent = self.units[self.rng.choice(("province0", "province1", "commune0", "commune1", "commune2"))]
        with self.server.database.read() as conn:
            paths = dict(map(tuple, run(conn, "SELECT unit_id, path FROM sync_unit")))
        if unit.hex() not in paths[parent]:
            self.moves += 1
            self.server.commit([Effect(NODE.name, unit, Op.EDIT, {"parent": parent})], Stamp(account="operator"))

    def _decide(self, device: Device) -> None:
        with device.write() as conn:
            sql = "SELECT id, side, state FROM handover WHERE state <> 'discarded' ORDER BY id"
            rows = [row for row in conn.exec_driver_sql(sql) if (row[1] == "receiver") == (row[2] == "waiting")]
            if not rows:
                return
            handover, side, _ = self.rng.choice(rows)
            self.decisions += 1
            choice = json.dumps({"rev": 1, "values": {"second": "hazel"}}) if self.rng.random() < 0.3 else None
            decided: Values = (
                {"state": "discarded"} if side == "author"
                else {"state": "returned", "why": "no"} if self.rng.random() < 0.3
                else {"state": "accepted", "choice": choice}
            )  # fmt: skip
            device.replica.edit(conn, HANDOVER.name, handover, decided, device.author)

    def handed_over(self) -> int:
        with self.server.database.read() as conn:
            return int(run(conn, "SELECT count(*) FROM handover WHERE side = 'author'").scalar_one())


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder, in memory where the machine has one."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


def play(seed: int, folder: Path) -> tuple[int, int, int]:
    """Play one world to its end; return how much moved, was handed over, and was decided."""
    folder.mkdir()
    world = MovingWorld(seed, folder)
    try:
        for number in range(TICKS):
            world.tick()
            if number % 20 == 0:
                world.check()
        world.heal()
        world.check_settled()
        for device in world.devices:
            with device.write() as conn:
                assert not store.lines_with(conn, store.IN_FLIGHT), f"seed {seed}: {device.name} still waits"
        return world.moves, world.handed_over(), world.decisions
    finally:
        world.close()


@pytest.mark.parametrize("part", range(PARTS))
def test_units_move_about_and_everybody_agrees_in_the_end(part: int, folder: Path) -> None:
    seeds = range(part * SEEDS // PARTS, (part + 1) * SEEDS // PARTS)
    moves, handed_over, decisions = map(sum, zip(*(play(seed, folder / str(seed)) for seed in seeds), strict=True))
    assert min(moves, handed_over, decisions) > 0
