"""Brings a database to the tables of this version: the local file and the central database alike."""

import logging
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text

from yum_desktop.domain.errors import UnavailableError

log = logging.getLogger(__name__)

LATEST: Final = 6
"""Number of the last step in `migrations`; here too, so that a start with nothing to do need not load them."""

VERSION_TABLE: Final = "schema_version"
_LOCK: Final = 7_305_811
"""PostgreSQL's advisory lock that keeps two servers from migrating at once."""


def version(conn: Connection) -> int:
    """Return the number of the last step done; 0 for an empty database."""
    if not inspect(conn).has_table(VERSION_TABLE):
        return 0
    return int(conn.execute(text(f"SELECT max(version) FROM {VERSION_TABLE}")).scalar_one() or 0)


def newer() -> UnavailableError:
    """Return the error for data that a newer program has written."""
    return UnavailableError(
        "store.newer", "Dữ liệu này do bản mới hơn của chương trình tạo ra. Hãy cập nhật chương trình rồi mở lại."
    )


def upgrade(target: Connection | Engine) -> int:
    """Run the steps that are missing, in one transaction; return the number of the last step.

    Args:
        target: A write transaction, or an engine on which one is opened.

    Raises:
        UnavailableError: `store.newer`; nothing was touched.
    """
    if isinstance(target, Engine):
        with target.connect().execution_options(writes=True) as conn, conn.begin():
            return _upgrade(conn)
    return _upgrade(target)


def _upgrade(conn: Connection) -> int:
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    done = version(conn)
    if done > LATEST:
        raise newer()
    if done < LATEST:
        _run_steps(conn, done)
    return LATEST


def _run_steps(conn: Connection, done: int) -> None:
    from alembic.migration import MigrationContext  # noqa: PLC0415  # loading it costs 100 ms, seldom needed
    from alembic.operations import Operations  # noqa: PLC0415  # the same

    from yum_desktop.registry.migrations import STEPS  # noqa: PLC0415  # the same

    assert len(STEPS) == LATEST, "a step was added without its number"
    if done == 0:
        conn.execute(text(f"CREATE TABLE IF NOT EXISTS {VERSION_TABLE} (version INTEGER NOT NULL PRIMARY KEY)"))
    op = Operations(MigrationContext.configure(conn))
    for number, step in enumerate(STEPS[done:], done + 1):
        step(op)
        conn.execute(text(f"INSERT INTO {VERSION_TABLE} (version) VALUES (:number)"), {"number": number})
        log.info("migrated to step %s", number)
