"""One central server for a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from central_world import Centre


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    centre = Centre(tmp_path / "central.db")
    yield centre
    centre.close()
