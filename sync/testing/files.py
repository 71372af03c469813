"""SQLite files of a simulated world behind the few methods that the engine uses of a connection.

The statements are the engine's own and the files are real; what is left out is what SQLAlchemy does around a statement,
which takes several times as long as the statement. PostgreSQL, and every other test, goes through SQLAlchemy.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import Connection, exc
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from typing_extensions import override

from sync.server.database import Database, Rows, executed, sqlite_url
from sync.testing.network import KilledError

_READS: Final = ("SELECT", "BEGIN", "ROLLBACK", "RELEASE", "SAVEPOINT")


class _Dialect(SQLiteDialect_pysqlite):
    """SQLite's, with a disk that can be full."""

    def __init__(self, disk: "File") -> None:
        super().__init__(dbapi=sqlite3)
        self._disk = disk

    @override
    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        self._disk.take(statement)
        cursor.execute(statement, parameters)

    @override
    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        self._disk.take(statement)
        cursor.executemany(statement, parameters)


class File:
    """One SQLite file, opened when it is needed; every transaction waits for the one before it.

    Args:
        path: It is made where it is missing.

    Attributes:
        points_left: The process ends when this many more points just before or just after a commit have passed; 0:
            it goes on.
        committed: Called once after the next commit.
        writes_left: The disk is full after this many more statements that write; negative: it is not.
    """

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self.dialect: Final = _Dialect(self)
        self.points_left = 0
        self.committed: list[Callable[[], None]] = []
        self.writes_left = -1
        self._db: sqlite3.Connection | None = None

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a transaction, which commits at the end of the block, or rolls back when the block raises."""
        db = self._opened()
        self.committed.clear()
        self.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield cast("Connection", self)
            self._point()
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        self._commit(db)
        for told in self.committed:
            told()
        self._point()

    def _commit(self, db: sqlite3.Connection) -> None:
        try:
            self.exec_driver_sql("COMMIT")
        except exc.OperationalError:
            db.execute("ROLLBACK")
            raise

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """Open a transaction that writes nothing, and is not a point where the process may end."""
        self.exec_driver_sql("BEGIN")
        try:
            yield cast("Connection", self)
        finally:
            self.exec_driver_sql("ROLLBACK")

    def _point(self) -> None:
        if self.points_left:
            self.points_left -= 1
            if not self.points_left:
                raise KilledError

    def take(self, sql: str) -> None:
        """Take room on the disk for a statement.

        Raises:
            sqlite3.OperationalError: It is full.
        """
        if self.writes_left >= 0 and not sql.startswith(_READS):
            if self.writes_left == 0:
                raise sqlite3.OperationalError("database or disk is full")
            self.writes_left -= 1

    def exec_driver_sql(self, sql: str, params: Sequence[Any] = ()) -> Rows:
        """Run one statement, once for each of a list of parameters; see `sqlalchemy.Connection`."""
        execute = self.dialect.do_executemany if isinstance(params, list) else self.dialect.do_execute
        return Rows(executed(cast("Connection", self), execute, sql, params), sql)

    @property
    def connection(self) -> sqlite3.Connection:
        """The driver's connection."""
        return self._opened()

    def close(self) -> None:
        """Close it, as the end of a process does."""
        self.points_left, self.writes_left = 0, -1
        if self._db is not None:
            self._db.close()
            self._db = None

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=OFF")
        return self._db


class FileDatabase(Database):
    """The server's database on one `File`."""

    def __init__(self, path: Path) -> None:
        super().__init__(sqlite_url(path))
        self.file: Final = File(path)
        self._reader: Final = File(path)

    @override
    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._reader.look() as conn:
            yield conn

    @override
    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self.file.begin() as conn:
            yield conn

    @override
    def create_tables(self) -> None:
        made = Database(sqlite_url(self.file.path))
        made.create_tables()
        made.close()

    @override
    def close(self) -> None:
        self.file.close()
        self._reader.close()
        super().close()
