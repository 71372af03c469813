"""`yum-central serve --processes`: several processes listen together; who dies is replaced, none is left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from yum_desktop.central.opened import opened

COUNT = 3
PATIENCE_S = 60.0


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, what


def children(pid: int) -> set[int]:
    return {int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def is_there(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.fixture
def place(tmp_path: Path) -> str:
    path = str(tmp_path / "central.db")
    with opened(path, create=True):
        pass
    return path


@pytest.fixture
def served(place: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Give the process that looks after the others, and the URL."""
    argv = [sys.executable, "-m", "yum_desktop.cli.yum_central", "serve", "--db", place, "--port", "0", "--json"]
    pipe = subprocess.PIPE
    program = subprocess.Popen([*argv, "--processes", str(COUNT)], stdout=pipe, stderr=pipe, text=True)
    assert program.stdout is not None
    line = program.stdout.readline()
    try:
        assert line, program.communicate()[1]
        yield program, json.loads(line)["url"]
    finally:
        program.kill()
        program.communicate()


def answers(url: str) -> bool:
    return httpx.get(f"{url}/health", timeout=PATIENCE_S).status_code == 200


def test_some_processes_answer_and_all_end_when_told(served: tuple[subprocess.Popen[str], str]) -> None:
    program, url = served
    processes = children(program.pid)
    assert len(processes) == COUNT
    assert all(answers(url) for _ in range(3 * COUNT))
    program.send_signal(signal.SIGTERM)
    said, wrong = program.communicate(timeout=PATIENCE_S)
    assert (program.returncode, json.loads(said), wrong) == (0, {"status": "stopped"}, "")
    assert not any(is_there(pid) for pid in processes)


def test_a_process_that_dies_is_replaced(served: tuple[subprocess.Popen[str], str]) -> None:
    program, url = served
    before = children(program.pid)
    dead = min(before)
    os.kill(dead, signal.SIGKILL)
    wait_until(lambda: len(children(program.pid) - before) == 1, "no other process began")
    wait_until(lambda: len(children(program.pid)) == COUNT, "they are fewer")
    assert all(answers(url) for _ in range(3 * COUNT))


def test_nobody_is_left_when_the_one_that_looks_after_them_is_killed(
    served: tuple[subprocess.Popen[str], str],
) -> None:
    program, _ = served
    processes = children(program.pid)
    program.kill()
    program.wait(PATIENCE_S)
    wait_until(lambda: not any(is_there(pid) for pid in processes), "some are left behind")


def test_a_database_that_is_missing_is_told_before_anything_begins(place: str, tmp_path: Path) -> None:
    Path(place).unlink()
    argv = [sys.executable, "-m", "yum_desktop.cli.yum_central", "serve", "--db", str(tmp_path / "none.db")]
    done = subprocess.run([*argv, "--port", "0", "--processes", "2"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "store.missing" in done.stderr
