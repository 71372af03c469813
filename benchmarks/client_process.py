"""A device in a process of its own: enrols, receives everything, edits while offline, synchronises again.

python -m benchmarks.client_process FILE
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import UUID

from benchmarks.children import Answer, answer_all, peak_memory_bytes
from benchmarks.kinds import ACCOUNT, PASSWORD, Store, create_table
from sync.client.engine import SyncReport
from yum_desktop.registry import syncing
from yum_desktop.registry.clock import SystemClock
from yum_desktop.registry.kinds import MEMBER_KIND

KEY: Final = bytes(range(32))


class Device:
    """One device. `first`, `delta` and `idle` are what is measured."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store = self._opened()

    def _opened(self) -> Store:
        return Store.open(self._path, KEY, clock=SystemClock())

    @property
    def doing(self) -> dict[str, Callable[[Answer], Answer]]:
        """What the device can be asked to do."""
        return {
            "enrol": self._enrol,
            "first": self._first,
            "edit": self._edit,
            "delta": self._delta,
            "idle": self._idle,
            "outcome": self._outcome,
        }

    def _enrol(self, asked: Answer) -> Answer:
        with self._store.write() as conn:
            create_table(conn, on_device=True)
        syncing.enrol(
            self._store, server=asked["url"], account=ACCOUNT, password=PASSWORD, device_name="Văn phòng Đoàn xã"
        )
        return {}

    def _first(self, _asked: Answer) -> Answer:
        before = peak_memory_bytes()
        answer = self._timed(lambda: syncing.sync(self._store))
        answer |= {"peak_bytes": peak_memory_bytes(), "peak_before_bytes": before}
        self._store.close()  # the last connection writes the log into the file
        return answer | {"file_bytes": self._path.stat().st_size}

    def _edit(self, asked: Answer) -> Answer:
        self._store = self._opened()
        author = self._store.author(channel="form")
        with self._store.write() as conn:
            for record_id, values in asked["edits"]:
                self._store.replica.edit(conn, MEMBER_KIND, UUID(record_id).bytes, values, author)
        self._store.close()
        return {}

    def _delta(self, _asked: Answer) -> Answer:
        """Open the file and synchronise: both count."""
        opened_s = 0.0

        def work() -> SyncReport:
            nonlocal opened_s
            started = time.perf_counter()
            self._store = self._opened()
            opened_s = time.perf_counter() - started
            return syncing.sync(self._store)

        return {**self._timed(work), "open_s": opened_s}

    def _idle(self, _asked: Answer) -> Answer:
        return self._timed(lambda: syncing.sync(self._store))

    def _timed(self, work: Callable[[], SyncReport]) -> Answer:
        started, cpu_before = time.perf_counter(), time.process_time()
        report = work()
        took, cpu = time.perf_counter() - started, time.process_time() - cpu_before
        return {
            "s": took,
            "cpu_s": cpu,
            "status": report.status,
            "error": report.error_code,
            "pushed": report.pushed,
            "pulled": report.pulled,
            "left": report.left,
        }

    def _outcome(self, asked: Answer) -> Answer:
        """Return records, open conflicts and the digest, as they are on this device."""
        with self._store.read() as conn:
            table = self._store.replica.tables[MEMBER_KIND]
            found = {text: table.get(conn, UUID(text).bytes) for text in asked["ids"]}
            sql = "SELECT target_id, fields FROM conflict WHERE status = 'open'"
            conflicts = {str(UUID(bytes=row[0])): row[1] for row in conn.exec_driver_sql(sql)}
            digest = self._store.replica.digest(conn)
        records = {
            text: {name: value for name, value in record[2].items() if isinstance(value, str)}
            for text, record in found.items()
            if record is not None
        }
        return {"records": records, "conflicts": conflicts, "digest": digest}


if __name__ == "__main__":
    answer_all(Device(Path(sys.argv[1])).doing)
