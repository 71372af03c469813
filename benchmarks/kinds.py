"""The invented records as a kind of the engine, and the file of a device that holds them as the program holds members.

`id` and `unit_id` become the record's 16-byte id and unit; the other fields are texts. The device's table has the
derived columns and the indexes that the program's own table of members has.
"""

from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Engine

from benchmarks.people import FIELDS, Record
from sync.client.replica import Replica
from sync.protocol.kinds import UNIT, Field, Kind, Kinds, Values
from yum_desktop.registry.clock import Clock, as_ms
from yum_desktop.registry.engine import DERIVED as PROGRAM_DERIVED
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.kinds import KINDS as PROGRAM_KINDS
from yum_desktop.registry.kinds import MEMBER_KIND, UNIT_KIND

TABLE: Final = "bench_member"
TEXTS: Final = tuple(name for name in FIELDS if name not in {"id", "unit_id"})
KINDS: Final = Kinds(
    (PROGRAM_KINDS[UNIT_KIND], Kind(MEMBER_KIND, TABLE, tuple(Field(name) for name in TEXTS))),
)
DERIVED: Final = replace(PROGRAM_DERIVED[MEMBER_KIND], reads=("full_name",))
"""The program's own columns; the invented people have no name to sort by beside their full one."""
ACCOUNT: Final = "xa-bench"
PASSWORD: Final = "suoi-chay-qua-ban-2031"
TOP, PROVINCE, COMMUNE = "top", "province", "commune"
"""Names of the units above those of the records."""


def unit_id(code: str) -> bytes:
    """Return the id of a unit."""
    return blake2b(code.encode(), digest_size=16).digest()


def record_id(record: Record) -> bytes:
    """Return the id of a record."""
    return UUID(record["id"]).bytes


def values_of(record: Record) -> Values:
    """Return what the engine replicates of a record."""
    values: Values = {name: record[name] for name in TEXTS}
    values[UNIT] = unit_id(record["unit_id"])
    return values


def create_table(conn: Connection, *, on_device: bool) -> None:
    """Create the table of the records where it is missing."""
    derived = ["name_key BLOB", "name_fold TEXT"] if on_device else []
    columns = ", ".join([*(f'"{name}" TEXT' for name in TEXTS), *derived])
    sync_columns = "id BLOB NOT NULL PRIMARY KEY, unit_id BLOB, rev INTEGER NOT NULL, extra TEXT"
    indexes = {"unit": "unit_id", "cccd": "cccd"}
    if on_device:
        indexes["search"] = "name_key, name_fold, phone, cccd, unit_id, status"
    conn.exec_driver_sql(f"CREATE TABLE IF NOT EXISTS {TABLE} ({sync_columns}, {columns})")
    for name, indexed in indexes.items():
        conn.exec_driver_sql(f"CREATE INDEX IF NOT EXISTS {TABLE}_{name} ON {TABLE} ({indexed})")


class Store(Registry):
    """The program's encrypted file, opened as the program opens it, with the invented records in place of members."""

    def __init__(self, engine: Engine, path: Path, clock: Clock, ids: Callable[[], UUID]) -> None:
        super().__init__(engine, path, clock, ids)
        replica = Replica(
            KINDS,
            ids=lambda: ids().bytes,
            clock_ms=lambda: as_ms(clock.now()),
            derived={MEMBER_KIND: DERIVED},
        )
        vars(self).update(replica=replica)  # in place of the one for the program's own kinds
