"""Seeds of the simulated world: replicas agree after faults, and nothing is lost on the way."""

from pathlib import Path

import pytest

from sync.testing.postgres import Postgres
from sync.testing.world import play

SEEDS = 200
PARTS = 20
POSTGRES_SEEDS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_s303_replicas_agree_once_the_network_heals(part: int, folder: Path) -> None:
    for seed in range(part * SEEDS // PARTS, (part + 1) * SEEDS // PARTS):
        play(seed, folder / str(seed))


@pytest.mark.parametrize("seed", range(POSTGRES_SEEDS))
def test_a_world_on_postgresql_ends_like_the_same_world_on_sqlite(seed: int, folder: Path, postgres: Postgres) -> None:
    ends = [play(seed, folder / f"{number}", url=url) for number, url in enumerate((postgres.store(), None))]
    assert ends[0] == ends[1]
