"""The server's database: SQLite file or PostgreSQL behind two transactions, and the engine's own tables."""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    create_engine,
    event,
    exc,
)

METADATA: Final = MetaData()

LOG: Final = Table(
    "sync_log",
    METADATA,
    Column("shard", LargeBinary, nullable=False),
    Column("pos", BigInteger, nullable=False),
    Column("unit_id", LargeBinary),
    Column("kind", Text, nullable=False),
    Column("record_id", LargeBinary, nullable=False),
    Column("rev", Integer, nullable=False),
    Column("op", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Column("change_id", LargeBinary),
    Column("account", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("device_time", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("channel", Text, nullable=False),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("shard", "pos"),
    Index("sync_log_unit", "unit_id", "pos"),
    Index("sync_log_record", "record_id", "rev"),
)
"""History and feed in one: who changed what, in commit order within a shard.

`op` is ``arrive`` (made, or came from another unit), ``patch``, ``leave`` (went to another unit) or ``delete``;
`fields` is JSON of field to ``[old, new]``, of every field for a removal and of none for a creation.
"""

POSITION: Final = Table(
    "sync_position",
    METADATA,
    Column("shard", LargeBinary, primary_key=True),
    Column("pos", BigInteger, nullable=False),
)
"""The last position given in each shard. A writer holds its row until it commits, so positions are in commit order."""

FLOORS: Final = Table(
    "sync_floor",
    METADATA,
    Column("shard", LargeBinary, primary_key=True),
    Column("pos", BigInteger, nullable=False),
    Column("mark", LargeBinary, nullable=False),
)
"""How far the log of a shard was cut, and what stood there; see `sync.server.compact`."""

UNITS: Final = Table(
    "sync_unit",
    METADATA,
    Column("unit_id", LargeBinary, primary_key=True),
    Column("parent_id", LargeBinary),
    Column("path", Text().with_variant(Text(collation="C"), "postgresql"), nullable=False, unique=True),
    Column("shard", LargeBinary, nullable=False),
    Column("depth", Integer, nullable=False),
)
"""The tree of units as paths of hexadecimal ids. Kept in step with the records of the tree kind."""

ERAS: Final = Table(
    "sync_unit_era",
    METADATA,
    Column("unit_id", LargeBinary, primary_key=True),
    Column("era", BigInteger, nullable=False),
)
"""How often a unit has gone to another shard: who has it from before has not seen what happened in the other one."""

RECEIPTS: Final = Table(
    "sync_receipt",
    METADATA,
    Column("change_id", LargeBinary, primary_key=True),
    Column("answer", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
)
"""The answer each change got, so that a repeated request is answered and not applied."""

REFUSALS: Final = Table(
    "sync_refusal",
    METADATA,
    Column("change_id", LargeBinary, primary_key=True),
    Column("account", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("record_id", LargeBinary, nullable=False),
    Column("code", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
)
"""What was refused, for the operator: whose, about which record, and why. Not what it said."""

SCOPE_SETS: Final = Table(
    "sync_scope_set",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),
    Column("units", LargeBinary, nullable=False),
)
"""Sets of units that some device has, by hash: a cursor names the set it covers."""

ACCOUNT_SCOPES: Final = Table(
    "sync_account_scope",
    METADATA,
    Column("account", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("until", BigInteger),
    PrimaryKeyConstraint("account", "since", "hash"),
)
"""Which sets an account has had, from its first exchange with one to its first with the next, ms UTC."""

WAITING: Final = Table(
    "sync_waiting",
    METADATA,
    Column("account", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("changes", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("account", "device"),
)
"""How many changes stayed behind on a device when it last exchanged, and since when it says so."""

META: Final = Table(
    "sync_meta", METADATA, Column("key", Text, primary_key=True), Column("value", LargeBinary, nullable=False)
)


_TABLES_LOCK: Final = 7_305_812
"""PostgreSQL's advisory lock that keeps two servers from making the tables at once."""

_POSTGRES_READS: Final = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_POSTGRES_WRITES: Final = {"isolation_level": "READ COMMITTED"}
"""Stated, because an operator may have set another default. A writer waits for the one before it on a row of
`sync_position`, and must then see what that one has stored: a snapshot from before the wait would not do."""


class Database:
    """Transactions on one SQLite file or PostgreSQL database. Several processes may use one database.

    Args:
        url: ``sqlite:///file``, ``sqlite://`` is not allowed (each connection would have its own), or ``postgresql+psycopg://…``.
    """

    def __init__(self, url: str) -> None:
        self.engine: Final[Engine] = create_engine(
            url, pool_pre_ping=url.startswith("postgresql"), hide_parameters=True
        )  # parameters in messages would carry what people typed into logs
        self.is_sqlite: Final = self.engine.dialect.name == "sqlite"
        if self.is_sqlite:
            event.listen(self.engine, "connect", _configure_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a read transaction, which sees one moment of the database."""
        options = {} if self.is_sqlite else _POSTGRES_READS
        with self.engine.connect().execution_options(**options) as conn, conn.begin():
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a write transaction; it commits at the end of the block, or rolls back when the block raises."""
        options = {"writes": True} if self.is_sqlite else _POSTGRES_WRITES
        with self.engine.connect().execution_options(**options) as conn, conn.begin():
            yield conn

    def create_tables(self) -> None:
        """Create the engine's tables where they are missing."""
        with self.write() as conn:
            if not self.is_sqlite:
                run(conn, "SELECT pg_advisory_xact_lock(?)", (_TABLES_LOCK,))
            METADATA.create_all(conn)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite file."""
    return f"sqlite:///{path}"


def _configure_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(conn: Connection) -> None:
    conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.get_execution_options().get("writes") else "BEGIN")


_MAKERS_MAX: Final = 1_000
_makers: dict[str, Callable[[Sequence[Any]], Any]] = {}
"""What makes a row with names, by the statement: a driver takes long to tell the names of its columns."""


class Rows:
    """What one statement gave, by the methods of `sqlalchemy.CursorResult`; a row's columns have their names."""

    def __init__(self, cursor: Any, sql: str) -> None:
        self._cursor = cursor
        self._sql = sql

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        return int(self._cursor.rowcount)

    def __iter__(self) -> Iterator[Any]:
        return map(self._make, self._cursor)

    def all(self) -> list[Any]:
        """Return all rows."""
        rows = self._cursor.fetchall()
        return list(map(self._make, rows)) if rows else []

    def first(self) -> Any:
        """Return the first row, if any."""
        row = self._cursor.fetchone()
        make = self._make
        self._cursor.close()
        return None if row is None else make(row)

    def one(self) -> Any:
        """Return the only row."""
        rows = self.all()
        assert len(rows) == 1, f"{len(rows)} rows"
        return rows[0]

    def scalar(self) -> Any:
        """Return the first value of the first row, if any."""
        row = self._cursor.fetchone()
        self._cursor.close()
        return None if row is None else row[0]

    def scalar_one(self) -> Any:
        """Return the only value."""
        return self.one()[0]

    @property
    def _make(self) -> Callable[[Sequence[Any]], Any]:
        make = _makers.get(self._sql)
        if make is None:
            if len(_makers) >= _MAKERS_MAX:
                _makers.clear()
            names = tuple(column[0] for column in self._cursor.description)
            make = _makers[self._sql] = namedtuple("Row", names, rename=True)._make  # type: ignore[attr-defined]  # names of a statement
        return make


def run(conn: Connection, sql: str, params: Sequence[object] = ()) -> Rows:
    """Run one statement with ``?`` places on either database.

    It goes to the driver's cursor: what SQLAlchemy does around a statement takes several times as long as most of the
    statements here.

    Raises:
        sqlalchemy.exc.DBAPIError: Of the class that belongs to the driver's error; without parameters.
    """
    return Rows(executed(conn, conn.dialect.do_execute, sql, tuple(params)), sql)


def run_many(conn: Connection, sql: str, rows: Sequence[Sequence[object]]) -> None:
    """Run one statement for each row of parameters."""
    if rows:
        executed(conn, conn.dialect.do_executemany, sql, [tuple(row) for row in rows]).close()


def executed(conn: Connection, execute: Callable[..., None], sql: str, params: Any) -> Any:
    """Run a statement with ``?`` places by a method of the dialect on a cursor of the driver; return the cursor."""
    dialect = conn.dialect
    told = sql if dialect.name == "sqlite" else sql.replace("?", "%s")
    cursor = conn.connection.cursor()
    try:
        execute(cursor, told, params)
    except Exception as error:
        cursor.close()
        driver = dialect.loaded_dbapi
        if not isinstance(error, driver.Error):
            raise
        raise exc.DBAPIError.instance(told, None, error, driver.Error, hide_parameters=True, dialect=dialect) from error
    return cursor


def places(count: int) -> str:
    """Return `count` places for parameters."""
    return ", ".join("?" * count)
