"""For all tests: no window on the screen, and the same examples each time where the gate runs."""

import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest  # the platform is chosen before anything may load Qt
from hypothesis import settings

from sync.testing.postgres import Postgres, started

settings.register_profile("gate", derandomize=True, deadline=None)
settings.register_profile("free", deadline=None)
settings.load_profile("gate" if os.environ.get("CI") else "free")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Give a running PostgreSQL, started when the first test asks for it."""
    with started() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a new, empty database of the server: each store in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'central.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.store()
