"""A field for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from field import Field


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Field]:
    folder = tmp_path / "field"
    folder.mkdir()
    field = Field(folder)
    yield field
    field.close()
