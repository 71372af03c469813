"""A PostgreSQL server of its own in a temporary folder, on a socket, without a port."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER = "postgres"


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server."""

    folder: Path
    programs: Path

    def database(self, name: str) -> str:
        """Make an empty database; return its URL."""
        run(self.programs / "psql", "-h", self.folder, "-U", USER, "-qc", f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://{USER}@/{name}?host={self.folder}"


def run(*words: str | Path) -> None:
    """Run a program of PostgreSQL; it refuses to work for root, so root becomes somebody else."""
    other = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups") if os.geteuid() == 0 else ()
    done = subprocess.run([*other, *map(str, words)], capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stderr or done.stdout


def programs() -> Path:
    """Return where the server's programs are: the newest of Debian's, or those on the path."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if versions:
        return versions[-1]
    found = shutil.which("initdb")
    assert found is not None, "PostgreSQL is not installed"
    return Path(found).parent


@contextmanager
def started() -> Iterator[Postgres]:
    """Run a server for the length of a block."""
    folder = Path(tempfile.mkdtemp(prefix="yum-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, USER, USER)
    server = Postgres(folder, programs())
    data = folder / "data"
    control = (server.programs / "pg_ctl", "-D", data, "-w", "-s")
    try:
        run(server.programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        run(*control, "-l", folder / "log", "-o", options, "start")
        yield server
        run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)
