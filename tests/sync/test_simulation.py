"""Seeds of the simulated world: replicas agree after faults, and the checkers notice an engine that is wrong."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from postgres import Postgres
from sqlalchemy import Connection

from sync.core.merge import Outcome, Since
from sync.protocol.kinds import Kind, Value
from sync.server import apply, records
from sync.server import scope as scopes
from sync.server.database import run, run_many
from sync.testing.world import World

TICKS = 120
SEEDS = 200
PARTS = 20
POSTGRES_SEEDS = 8


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder, in memory where the machine has one: thousands of small commits are made here."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


def play(seed: int, folder: Path, ticks: int = TICKS, *, url: str | None = None) -> str:
    """Play one world to its end; return the digest of all its records.

    Its server keeps a SQLite file, or the database of `url`.
    """
    folder.mkdir()
    world = World(seed, folder, url)
    try:
        for number in range(ticks):
            world.tick()
            if number % 20 == 0:
                world.check()
        world.heal()
        world.check_settled()
        return world.server.digest((world.units["root"],))[0]
    finally:
        world.close()


@pytest.mark.parametrize("part", range(PARTS))
def test_s303_replicas_agree_once_the_network_heals(part: int, folder: Path) -> None:
    for seed in range(part * SEEDS // PARTS, (part + 1) * SEEDS // PARTS):
        play(seed, folder / str(seed))


@pytest.mark.parametrize("seed", range(POSTGRES_SEEDS))
def test_a_world_on_postgresql_ends_like_the_same_world_on_sqlite(seed: int, folder: Path, postgres: Postgres) -> None:
    ends = [play(seed, folder / f"{number}", url=url) for number, url in enumerate((postgres.store(), None))]
    assert ends[0] == ends[1]


def noticed(folder: Path, seeds: range) -> bool:
    """Return whether the checkers stop at least one of the seeds."""
    for seed in seeds:
        try:
            play(seed, folder / str(seed))
        except AssertionError:
            return True
    return False


def test_a_merge_that_overwrites_is_noticed(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    def careless(
        kind: Kind, patch: Mapping[str, Value], current: Mapping[str, Value], since: Callable[[str], Since]
    ) -> Outcome:
        del kind, since
        return Outcome(take={name: value for name, value in patch.items() if current.get(name) != value})

    monkeypatch.setattr(apply, "merge", careless)
    assert noticed(folder, range(10))


def test_a_server_that_ignores_scope_on_pull_is_noticed(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    honest = scopes.scope_of

    def everything(conn: Connection, roots: Sequence[bytes]) -> scopes.Scope:
        del roots
        row = run(conn, "SELECT unit_id FROM sync_unit WHERE parent_id IS NULL").one()
        return honest(conn, (row[0],))

    monkeypatch.setattr(scopes, "scope_of", everything)
    assert noticed(folder, range(10))


def test_a_server_that_ignores_scope_on_push_is_noticed(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(records.Tx, "within", lambda *_: True)
    assert noticed(folder, range(10))


def test_a_server_that_forgets_its_receipts_is_noticed(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    def forgetful(conn: Connection, sql: str, rows: Sequence[Sequence[object]]) -> None:
        run_many(conn, sql + " ON CONFLICT DO NOTHING", rows)

    monkeypatch.setattr(apply.Applier, "_receipts", lambda *_: {})
    monkeypatch.setattr(apply, "run_many", forgetful)
    assert noticed(folder, range(10))
