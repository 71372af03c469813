"""Seeds of the simulated world: replicas agree after faults, and nothing is lost on the way."""

from dataclasses import replace
from pathlib import Path

import pytest

from sync.testing.postgres import Postgres
from sync.testing.running import outcome, shrunk
from sync.testing.story import tell
from sync.testing.world import play

SEEDS = 200
PARTS = 20
POSTGRES_SEEDS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_s303_replicas_agree_once_the_network_heals(part: int) -> None:
    for seed in range(part * SEEDS // PARTS, (part + 1) * SEEDS // PARTS):
        assert not outcome(seed).failure, shrunk(seed)


def test_a_seed_plays_the_same_each_time(folder: Path) -> None:
    one, other = (play(3, folder / name) for name in ("one", "other"))
    assert one.told
    assert (one.told, one.injected) == (other.told, other.injected)


@pytest.mark.parametrize("seed", range(POSTGRES_SEEDS))
def test_a_world_on_postgresql_ends_like_the_same_world_on_sqlite(seed: int, folder: Path, postgres: Postgres) -> None:
    story = tell(seed)
    story = replace(story, faults=replace(story.faults, server_dies=0.0, server_full=0.0))  # a file's own faults
    ends = [play(story, folder / f"{number}", url=url).end for number, url in enumerate((postgres.store(), None))]
    assert ends[0] == ends[1]
