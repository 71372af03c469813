"""The local file of records: encrypted SQLite, opened once, used by short transactions away from the screen."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, exc
from sqlalchemy.pool import PoolProxiedConnection
from sqlcipher3 import dbapi2
from typing_extensions import override

from sync.client.replica import Author, Derived, Replica
from sync.protocol.kinds import Value
from sync.server.database import Database
from yum_desktop.domain.errors import DefectError, UnavailableError
from yum_desktop.domain.text import fold, name_key
from yum_desktop.registry import migrate, settings
from yum_desktop.registry.clock import Clock, as_ms, new_id
from yum_desktop.registry.faults import translated
from yum_desktop.registry.kinds import KINDS, MEMBER_KIND

log = logging.getLogger(__name__)

_POOL_SIZE: Final = 4
_BUSY_TIMEOUT_MS: Final = 5_000
_CACHE_KIB: Final = 24 * 1024
_LOG_PAGES: Final = 4_000
"""Pages of the write-ahead log that are gathered before they go into the file: a first synchronisation writes many."""


def _keys(full_name: Value, sort_name: Value = None) -> tuple[Value, ...]:
    """Return a member's sort key and folded name."""
    name = str(full_name or "")
    return name_key(name, str(sort_name) if sort_name else None), fold(name)


DERIVED: Final = {MEMBER_KIND: Derived(("name_key", "name_fold"), ("full_name", "sort_name"), _keys)}
"""What this file keeps of a record beside what is replicated."""


class _Pool(QueuePool):
    """Connections for every thread but the screen's, which must not wait for a disk."""

    def __init__(self, creator: Callable[[], Any], screen_thread: int | None) -> None:
        super().__init__(creator, pool_size=_POOL_SIZE, max_overflow=0, timeout=30)
        self._make = creator
        self._screen_thread = screen_thread

    @override
    def recreate(self) -> "_Pool":
        return _Pool(self._make, self._screen_thread)

    @override
    def connect(self) -> PoolProxiedConnection:
        if threading.get_ident() == self._screen_thread:
            raise DefectError("store.screen_thread", "Chương trình gặp lỗi: màn hình không được chờ ổ đĩa.")
        return super().connect()


class Registry:
    """The records of one home folder. Safe to use from several threads, each with its own transaction."""

    def __init__(self, engine: Engine, path: Path, clock: Clock, ids: Callable[[], UUID]) -> None:
        self._engine = engine
        self.path: Final = path
        self.clock: Final = clock
        self.new_id: Final = ids
        self.replica: Final = Replica(
            KINDS,
            ids=lambda: ids().bytes,
            clock_ms=lambda: as_ms(clock.now()),
            derived=DERIVED,
        )
        self.identity = settings.Identity()

    @classmethod
    def open(
        cls,
        path: Path,
        key: bytes | None,
        *,
        clock: Clock,
        screen_thread: int | None = None,
        ids: Callable[[], UUID] = new_id,
    ) -> Self:
        """Open the file, or make it; bring it to this version.

        Args:
            path: The file. Its folder is there.
            key: 32 bytes; ``None`` leaves the file readable for everybody.
            clock: The time that changes are stamped with.
            screen_thread: Ident of the thread on which transactions are refused with a `DefectError`. It may open
                the file, but not use it.
            ids: Makes new ids, each greater than those before.

        Raises:
            UnavailableError: `store.key_wrong`, `store.newer` (nothing was touched), `store.locked`,
                `store.damaged`, `store.unreachable`.
        """
        done = _probe(path, key)
        engine = create_engine("sqlite://", pool=_Pool(lambda: _connect(path, key), screen_thread))
        event.listen(engine, "begin", _begin)
        registry = cls(engine, path, clock, ids)
        try:
            registry._prepare(done, path, key)
        except BaseException:
            engine.dispose()
            raise
        return registry

    def _prepare(self, done: int, path: Path, key: bytes | None) -> None:
        """Bring the file to this version and read whose it is, on a connection of its own: the screen may wait here."""
        own = create_engine("sqlite://", creator=lambda: _connect(path, key), poolclass=QueuePool)
        event.listen(own, "begin", _begin)
        try:
            with own.connect().execution_options(writes=done < migrate.LATEST) as conn, conn.begin():
                if done < migrate.LATEST:
                    migrate.upgrade(conn)
                    self.replica.create_tables(conn)
                self.identity = settings.identity(conn)
        except (exc.SQLAlchemyError, dbapi2.Error) as error:
            raise translated(error) from error
        finally:
            own.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one moment of the file.

        Raises:
            UnavailableError: `store.…`; the same call may work later.
            DefectError: `store.screen_thread`: called where nobody may wait.
        """
        with self._transaction(writes=False) as conn:
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that nobody else writes in; it commits at the end of the block, or nothing of it happens.

        Raises:
            UnavailableError: `store.…`; the same call may work later.
            DefectError: `store.screen_thread`: called where nobody may wait.
        """
        with self._transaction(writes=True) as conn:
            yield conn

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        try:
            with self._engine.connect().execution_options(writes=writes) as conn, conn.begin():
                yield conn
        except (exc.SQLAlchemyError, dbapi2.Error) as error:
            raise translated(error) from error

    def author(self, *, channel: str, reason: str = "", group: str | None = None) -> Author:
        """Return this device's account as the author of a change."""
        device = self.identity.device_name or str(self.identity.device_id or "")
        return Author(self.identity.account, device, channel, reason=reason, group=group)

    def reload_identity(self) -> None:
        """Read again whose file this is, after it was enrolled."""
        with self.read() as conn:
            self.identity = settings.identity(conn)

    def empty(self, kept: Mapping[str, str]) -> None:
        """Remove everything from the file, also what the disk still holds of it, and begin anew.

        Args:
            kept: Settings that the empty file has.

        Raises:
            UnavailableError: `store.…`; nothing was removed, or all of it.
        """
        with self.write() as conn:
            conn.exec_driver_sql("PRAGMA secure_delete=ON")
            sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            for (name,) in conn.exec_driver_sql(sql).all():
                conn.exec_driver_sql(f'DROP TABLE "{name}"')
            migrate.upgrade(conn)
            self.replica.create_tables(conn)
            settings.put(conn, kept)
        try:
            with closing(self._engine.raw_connection()) as raw:
                for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                    raw.cursor().execute(statement)
        except (exc.SQLAlchemyError, dbapi2.Error) as error:
            raise translated(error) from error
        self.reload_identity()

    def close(self) -> None:
        """Close all connections. Nothing is waiting then: every change was stored when it was made."""
        self._engine.dispose()


def open_central(url: str) -> Database:
    """Open the central database, SQLite or PostgreSQL, and bring its tables to this version.

    Raises:
        UnavailableError: `store.newer`, `store.unreachable`, `store.locked`.
    """
    database = Database(url)
    try:
        migrate.upgrade(database.engine)
    except exc.SQLAlchemyError as error:
        database.close()
        raise translated(error) from error
    except UnavailableError:
        database.close()
        raise
    return database


def _connect(path: Path, key: bytes | None, *, read_only: bool = False) -> Any:  # the driver has no types
    """Open the file with its key. The driver leaves transactions to us."""
    mode = "rwc"
    if read_only:  # without a log nobody has the file open, and nothing needs to be made beside it
        mode = "ro" if path.with_name(f"{path.name}-wal").exists() else "ro&immutable=1"
    target = f"{path.absolute().as_uri()}?mode={mode}"
    connection = dbapi2.connect(
        target, uri=True, check_same_thread=False, isolation_level=None, timeout=_BUSY_TIMEOUT_MS / 1_000
    )
    pragmas = ["cipher_log_level=none"]
    if key is not None:
        pragmas.append(f"key=\"x'{key.hex()}'\"")
    pragmas.append("temp_store=MEMORY")
    if not read_only:
        pragmas += ["journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"cache_size=-{_CACHE_KIB}"]
        pragmas.append(f"wal_autocheckpoint={_LOG_PAGES}")
    try:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
    except dbapi2.Error:
        connection.close()
        raise
    return connection


def _begin(conn: Connection) -> None:
    conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.get_execution_options().get("writes") else "BEGIN")


def _probe(path: Path, key: bytes | None) -> int:
    """Return the file's version without changing a byte of it; 0 when there is none yet."""
    if not path.exists() or path.stat().st_size == 0:
        return 0
    try:
        with closing(_connect(path, key, read_only=True)) as connection:
            sql = f"SELECT count(*) FROM sqlite_master WHERE name = '{migrate.VERSION_TABLE}'"
            if not connection.execute(sql).fetchone()[0]:
                return 0
            done = int(connection.execute(f"SELECT max(version) FROM {migrate.VERSION_TABLE}").fetchone()[0] or 0)
    except dbapi2.Error as error:
        raise translated(error) from error
    if done > migrate.LATEST:
        raise migrate.newer()
    return done
