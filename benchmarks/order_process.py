"""A writer of the feed in a process of its own: many small transactions, each of which waits before it commits.

python -m benchmarks.order_process URL UNIT PAUSE_MS_MAX
"""

import random
import sys
import time

from benchmarks.children import Answer, answer_all
from sync.protocol.kinds import UNIT
from sync.server.database import Database
from sync.server.records import Stamp, Tx
from sync.testing.kinds import KINDS, NOTE
from yum_desktop.registry.clock import SystemClock, as_ms, new_id


class Writer:
    """One writer. It stores a note, waits, takes its position and commits: whoever began first may be last."""

    def __init__(self, url: str, unit: bytes, pause_ms_max: float) -> None:
        self._database = Database(url)
        self._unit = unit
        self._pause_ms_max = pause_ms_max

    def write(self, asked: Answer) -> Answer:
        """Write for some seconds; tell which notes."""
        written: list[str] = []
        chance = random.Random(self._unit)
        until = time.perf_counter() + asked["seconds"]
        while time.perf_counter() < until:
            record_id = new_id().bytes
            with self._database.write() as conn:
                tx = Tx(conn, KINDS, as_ms(SystemClock().now()), lambda: new_id().bytes)
                tx.insert(NOTE.name, record_id, {UNIT: self._unit}, Stamp())
                time.sleep(chance.uniform(0, self._pause_ms_max) / 1_000)  # the delay that is measured
                tx.finish()
            written.append(record_id.hex())
        return {"written": written}


if __name__ == "__main__":
    answer_all({"write": Writer(sys.argv[1], bytes.fromhex(sys.argv[2]), float(sys.argv[3])).write})
