"""One central server for a test, on the store it asks for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from central_world import Centre

from sync.testing.postgres import Postgres


@pytest.fixture
def centre(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Centre]:
    """Give a central server on a SQLite file, or on each store in turn where a test is marked `on_both_stores`."""
    url = None
    if getattr(request, "param", "sqlite") == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.emptied("centre", but=["schema_version"])
    centre = Centre(tmp_path / "central.db", url)
    yield centre
    centre.close()
