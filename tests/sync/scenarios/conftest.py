"""A field for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from field import Field


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Field]:
    field = Field(tmp_path)
    yield field
    field.close()
