"""A nursery of processes for a module, and folders in memory: the sweeps make many files and need no disk."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
MEMORY = Path("/dev/shm")


class Nursery:
    """Asks the program of `nursery.py`."""

    def __init__(self) -> None:
        path = os.pathsep.join([str(HERE), str(HERE.parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])])
        self._program = subprocess.Popen(
            [sys.executable, str(HERE / "nursery.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )

    def ask(self, do: str, **asked: object) -> dict[str, Any]:
        stdin, stdout = self._program.stdin, self._program.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"do": do, "die_at": 0, "fine": False, "size_max": 0, **asked}) + "\n")
        stdin.flush()
        answer: dict[str, Any] = json.loads(stdout.readline())
        assert "broke" not in answer, answer["broke"]
        return answer

    def close(self) -> None:
        self._program.communicate()


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture
def memory() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="yum-faults-", dir=MEMORY if MEMORY.is_dir() else None))
    yield folder
    shutil.rmtree(folder)
