"""Runs `yumctl` as a person or another program does, and keeps what it said."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from yum_desktop.cli.yumctl import main

PASSPHRASE = "mây trắng núi xanh"
PASSWORD = "khoai-lang-nuong-2026"
PATIENCE_S = 60


@dataclass(frozen=True)
class Said:
    """What one command gave."""

    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The code of the error; empty without one."""
        return self.err.partition(":")[0]


def cheap(home: Path) -> None:
    """Begin a home whose passphrase costs no second at each command; how it is guarded is tested elsewhere."""
    home.mkdir(parents=True)
    note = {"source": "passphrase", "salt": "bXVvaS1jdWEtdGh1LTE2Yg==", "rounds": 1, "memory_kib": 8, "lanes": 1}
    (home / "key.json").write_text(json.dumps(note), encoding="utf-8")


class Terminal:
    """A folder of homes, and the commands on them."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def home(self, name: str) -> Path:
        return self.folder / name

    def plain(self, *words: str | Path, home: str = "home") -> Said:
        """Run a command for people."""
        self._capsys.readouterr()
        exit_code = main(["--home", str(self.home(home)), *map(str, words)])
        said = self._capsys.readouterr()
        return Said(exit_code, said.out, said.err)

    def run(self, *words: str | Path, home: str = "home") -> Said:
        """Run a command that answers with JSON."""
        return self.plain(*words, "--json", home=home)

    def done(self, *words: str | Path, home: str = "home") -> Any:
        """Run a command that must succeed; give its document."""
        said = self.run(*words, home=home)
        assert (said.exit_code, said.err) == (0, "")
        return said.json


@dataclass(frozen=True)
class Central:
    """A server that runs, with an invented commune."""

    db: Path
    url: str
    account: str
    viewer: str


def central_words(db: Path, *words: str) -> str:
    command = [sys.executable, "-m", "yum_desktop.cli.yum_central", "--db", str(db), "--json", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@contextmanager
def served(folder: Path) -> Iterator[Central]:
    """Run a server in a process of its own."""
    db, ready = folder / "central.db", folder / "ready"
    seeded = json.loads(central_words(db, "seed", "--members", "60", "--password", PASSWORD))
    names = [account["name"] for account in seeded["accounts"] if account["name"].startswith("xa-")]
    commune = names[0]
    viewer = next(name for name in names if name.endswith("-xem"))
    serve = [sys.executable, "-m", "yum_desktop.cli.yum_central", "--db", str(db), "serve", "--port", "0"]
    with subprocess.Popen([*serve, "--ready-file", str(ready)], stdout=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + PATIENCE_S
            while not ready.exists():
                assert process.poll() is None, "the server ended"
                assert time.monotonic() < deadline, "the server does not answer"
            yield Central(db, ready.read_text().strip(), commune, viewer)
        finally:
            process.terminate()
