"""A PostgreSQL server of its own in a temporary folder, on a socket, without a port; it is missed, never skipped."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg

USER = "postgres"
_FAST = " -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=32MB"
_DURABLE = " -c shared_buffers=1GB -c max_wal_size=4GB"


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server."""

    folder: Path
    programs: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def store(self) -> str:
        """Make an empty schema, which is to a program a database of its own; return its URL."""
        name = f"store_{next(self._numbers)}"
        with self._connection() as conn:
            conn.execute(f"CREATE SCHEMA {name}".encode())
        return self._url(name)

    def emptied(self, name: str, *, but: Sequence[str] = ()) -> str:
        """Give a store that goes from test to test, because tables take long to make: without rows in them.

        Args:
            name: Who shares it.
            but: Tables that keep their rows.
        """
        with self._connection() as conn:
            conn.execute(f"CREATE SCHEMA IF NOT EXISTS {name}".encode())
            conn.execute("SET lock_timeout = '10s'")  # a test before may have left a transaction open
            tables = conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (name,)).fetchall()
            for (table,) in tables:
                if table not in but:
                    conn.execute(f"DELETE FROM {name}.{table}".encode())
        return self._url(name)

    def _url(self, schema: str) -> str:
        return f"postgresql+psycopg://{USER}@/{USER}?host={self.folder}&options=-csearch_path%3D{schema}"

    def _connection(self) -> psycopg.Connection:
        return psycopg.connect(host=str(self.folder), user=USER, dbname=USER, options="-cclient_min_messages=error")


def run(*words: str | Path) -> None:
    """Run a program of PostgreSQL; it refuses to work for root, so root becomes somebody else."""
    other = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups") if os.geteuid() == 0 else ()
    done = subprocess.run(  # noqa: S603  # words of this module
        [*other, *map(str, words)], capture_output=True, text=True, check=False, cwd="/"
    )
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
def started(*, durable: bool = False) -> Iterator[Postgres]:
    """Run a server for the length of a block.

    It sorts text as Vietnamese does, like an operator's server and unlike SQLite: who needs an order must say so.

    Args:
        durable: What is committed survives a crash of the machine, as an operator wants it; tests need not wait for
            that.
    """
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, USER, USER)
    server = Postgres(folder, programs())
    data = folder / "data"
    control = (server.programs / "pg_ctl", "-D", data, "-w", "-s")
    locale = ("--locale-provider=icu", "--icu-locale=vi-VN", "--locale=C", "-E", "UTF8")
    try:
        run(server.programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "-N", *locale)
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c max_connections=120"
        options += _DURABLE if durable else _FAST
        run(*control, "-l", folder / "log", "-o", options, "start")
        try:
            yield server
        finally:
            run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)
