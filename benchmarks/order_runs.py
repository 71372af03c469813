"""The feed while eight processes write at once on PostgreSQL and commit in another order than they began."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.children import Answer, BrokenRunError, Child
from sync.core.squash import Op
from sync.protocol.kinds import UNIT
from sync.protocol.messages import PROTOCOL_VERSION, Frame, Problem, Request, decode_parts, encode, ids_of
from sync.server.database import Database
from sync.server.records import Actor, Stamp
from sync.server.rules import Effect, NoRules
from sync.server.server import SyncServer
from sync.testing.kinds import KINDS, NODE, NOTE, create_tables
from sync.testing.postgres import started
from yum_desktop.registry.clock import SystemClock, as_ms, new_id

WRITERS: Final = 8
PAUSE_MS_MAX: Final = 3.0
"""A transaction waits up to so long before it commits."""

SECONDS_MAX: Final = 5.0
_BETWEEN_PULLS_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class OrderRun:
    """What was measured.

    Attributes:
        provinces: In how many shards the writers wrote.
        commits: Transactions in a second.
        missed: Notes that no pull of the reader brought.
        doubled: Notes that came twice.
        pulls: How often the reader read meanwhile.
    """

    provinces: int
    commits: float
    missed: int
    doubled: int
    pulls: int


def run(folder: Path, provinces: int, seconds: float) -> OrderRun:
    """Let the writers write in some provinces, and a reader of all of them read all the time."""
    folder.mkdir()
    with started(durable=True) as postgres, ExitStack() as open_:
        url = postgres.store()
        database = Database(url)
        open_.callback(database.close)
        server = SyncServer(
            KINDS, database, NoRules(), ids=lambda: new_id().bytes, clock_ms=lambda: as_ms(SystemClock().now())
        )
        with database.write() as conn:
            create_tables(conn)
        server.create_tables()
        top, units = _tree(server, provinces)
        writers = [
            open_.enter_context(
                Child("order_process", folder / f"{n}.log", url, units[n % provinces].hex(), str(PAUSE_MS_MAX))
            )
            for n in range(WRITERS)
        ]
        for writer in writers:
            writer.ask("write", seconds=0.2)  # connected, and everything imported
        reader = _Reader(server, Actor("reader", "reader", (top,)))
        reader.pull()
        reader.came.clear()
        written, pulls = _read_beside(reader, writers, seconds)
    return OrderRun(
        provinces=provinces,
        commits=len(written) / seconds,
        missed=len(written - set(reader.came)),
        doubled=sum(count > 1 for count in reader.came.values()),
        pulls=pulls,
    )


def _tree(server: SyncServer, provinces: int) -> tuple[bytes, list[bytes]]:
    top, units = new_id().bytes, [new_id().bytes for _ in range(provinces)]
    parents = {top: None, **dict.fromkeys(units, top)}
    server.commit(
        (
            Effect(NODE.name, unit, Op.CREATE, {UNIT: unit, "parent": parent, "label": ""})
            for unit, parent in parents.items()
        ),
        Stamp(channel="seed"),
    )
    return top, units


def _read_beside(reader: "_Reader", writers: Sequence[Child], seconds: float) -> tuple[set[bytes], int]:
    pulls = 0
    with ThreadPoolExecutor(WRITERS) as pool:

        def write(writer: Child) -> Answer:
            return writer.ask("write", seconds=seconds)

        writing = [pool.submit(write, writer) for writer in writers]
        while wait(writing, timeout=_BETWEEN_PULLS_S).not_done:
            reader.pull()
            pulls += 1
        reader.pull()
        return {bytes.fromhex(each) for done in writing for each in done.result()["written"]}, pulls


class _Reader:
    """Pulls again and again, and counts how often each note came."""

    def __init__(self, server: SyncServer, actor: Actor) -> None:
        self._server, self._actor = server, actor
        self._cursor: bytes | None = None
        self.came: Counter[bytes] = Counter()

    def pull(self) -> None:
        """Take what there is since the last time."""
        request = Request(PROTOCOL_VERSION, 0, self._cursor)
        for part in decode_parts(self._server.exchange(self._actor, encode(request))):
            if isinstance(part, Problem):
                raise BrokenRunError(f"the feed: {part.code}")
            if isinstance(part, Frame):
                self._cursor = part.cursor or self._cursor
                self.came.update(each for rows in part.rows if rows.kind == NOTE.name for each in ids_of(rows.ids))
