"""The central server's file with the invented records, and the plain file that the floor reads; made once for a size.

python -m benchmarks.central_files FOLDER COUNT
"""

import sqlite3
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import orjson
import zstandard

from benchmarks.children import tell
from benchmarks.floor_tables import CREATE, INSERT
from benchmarks.kinds import (
    ACCOUNT,
    COMMUNE,
    KINDS,
    PASSWORD,
    PROVINCE,
    TOP,
    create_table,
    record_id,
    unit_id,
    values_of,
)
from benchmarks.people import FIELDS, UNITS, Record, records, unit_code
from sync.protocol.kinds import UNIT, Values
from sync.server.records import Stamp
from sync.server.rules import NoRules
from sync.server.server import SyncServer
from yum_desktop.central.accounts import Role
from yum_desktop.central.opened import Central, opened
from yum_desktop.registry.clock import SystemClock, as_ms, new_id
from yum_desktop.registry.kinds import MEMBER_KIND, UNIT_KIND

SEED = Stamp(account="seed", channel="seed")
COLUMN_LEVEL = 19


def bench_server(central: Central) -> SyncServer:
    """Return a server of the invented records on an open central file. It has no rules of the Union."""
    clock = SystemClock()
    return SyncServer(
        KINDS,
        central.server.database,
        NoRules(),
        ids=lambda: new_id().bytes,
        clock_ms=lambda: as_ms(clock.now()),
    )


def make_central(path: Path, made: Sequence[Record]) -> None:
    """Make the central server's file: the tree, the records, one account."""
    with opened(str(path), create=True) as central:
        with central.server.database.write() as conn:
            create_table(conn, on_device=False)
        tree = {TOP: None, PROVINCE: TOP, COMMUNE: PROVINCE}
        tree |= dict.fromkeys(map(unit_code, range(UNITS)), COMMUNE)
        with bench_server(central).transaction() as tx:
            for code, parent in tree.items():
                above = None if parent is None else unit_id(parent)
                values: Values = {UNIT: unit_id(code), "parent_id": above, "name": f"Đơn vị {code}", "code": code}
                tx.insert(UNIT_KIND, unit_id(code), values, SEED)
            for record in made:
                tx.insert(MEMBER_KIND, record_id(record), values_of(record), SEED)
        central.accounts.add(ACCOUNT, unit_id=unit_id(COMMUNE), role=Role.EDITOR, password=PASSWORD, must_change=False)


def make_plain(path: Path, made: Sequence[Record]) -> None:
    """Make the plain file of the records."""
    with closing(sqlite3.connect(path)) as conn, conn:
        for statement in CREATE:
            conn.execute(statement)
        conn.executemany(INSERT, [tuple(record.values()) for record in made])


def column_floor(made: Sequence[Record]) -> int:
    """Return the size in bytes of the values of all records, stored by column and packed hard."""
    columns = orjson.dumps({name: [record[name] for record in made] for name in FIELDS})
    return len(zstandard.ZstdCompressor(level=COLUMN_LEVEL).compress(columns))


def main(folder: Path, count: int) -> None:
    """Make both files and measure the column floor."""
    made = records(count)
    make_plain(folder / "plain.db", made)
    make_central(folder / "central.db", made)
    started = time.perf_counter()
    size = column_floor(made)
    tell(column_bytes=size, column_s=time.perf_counter() - started, json_bytes=len(orjson.dumps(made)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
