"""A small tree on each store in turn."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_world import Town

from sync.server.database import sqlite_url
from sync.testing.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    if request.param == "postgresql":
        yield request.getfixturevalue("busy")
        return
    town = Town(sqlite_url(tmp_path / "server.db"))
    yield town
    town.close()


@pytest.fixture
def busy(postgres: Postgres) -> Iterator[Town]:
    """Give a town on the store where transactions really run beside each other."""
    town = Town(postgres.emptied("town"))
    yield town
    town.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder, in memory where the machine has one: thousands of small commits are made here."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)
