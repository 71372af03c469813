"""An open, encrypted file of a commune."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from commune import opened, settle_in

from yum_desktop.registry.engine import Registry


@pytest.fixture
def r(tmp_path: Path) -> Iterator[Registry]:
    registry = opened(tmp_path / "yum.db")
    settle_in(registry)
    yield registry
    registry.close()
