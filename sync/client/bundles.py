"""The exchange by file, for a device without any connection: what waits goes out, an answer comes back some day.

Everything happens as over HTTP, only that days lie between question and answer. A change that went out travels until
it is answered, by whatever way: exporting again carries it again, an online exchange in between answers it, and the
file's answer then finds nothing waiting. A frame is stored only where the device still stands at the place that the
frame begins from; otherwise it came late, or twice, and the device has it already.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from sqlalchemy import Connection

from sync.client import anew, store
from sync.client.engine import FRAME_ROWS_MAX, Begin, SyncReport, as_change, finish, travelling
from sync.client.incoming import CURSOR, apply_answers, apply_frame
from sync.client.replica import Replica
from sync.client.store import IN_FLIGHT, PENDING, REFUSED, Waiting
from sync.protocol.bundle import Direction, Head, read_head, seal, unseal
from sync.protocol.errors import RejectedError
from sync.protocol.messages import (
    CHANGES_MAX,
    PROTOCOL_VERSION,
    Answers,
    Frame,
    Part,
    Patches,
    Problem,
    Request,
    Rows,
    decode_parts,
    encode,
    ids_of,
)

_ALL: Final = 1 << 31


@dataclass(frozen=True, slots=True)
class Exported:
    """What a bundle carries.

    Attributes:
        changes: How many changes.
        size_bytes: Of the file.
    """

    changes: int
    size_bytes: int


class Bundles:
    """Makes the bundles of one device and takes their answers.

    Args:
        replica: The local records.
        begin: Opens a write transaction that commits at its end.
        device_id: 16 bytes.
        key: Shared with the server.
        ids: Makes the ids of bundles, 16 bytes.
    """

    def __init__(
        self, replica: Replica, begin: Begin, *, device_id: bytes, key: bytes, ids: Callable[[], bytes]
    ) -> None:
        self._replica = replica
        self._begin = begin
        self._device_id = device_id
        self._key = key
        self._ids = ids

    def export(self, file: BinaryIO) -> Exported:
        """Write all that waits, and the wish for what is new, into `file`."""
        with self._begin() as conn:
            listing = anew.is_listing(conn)
            if not listing:
                store.freeze(conn, _ALL)
            lines = [] if listing else travelling(self._replica, conn, _ALL)
            cursor = store.state(conn, CURSOR)
            waiting = store.count(conn, PENDING, IN_FLIGHT, REFUSED) - len(lines)
        head = Head(Direction.UP, self._device_id, self._ids(), self._replica.clock_ms())
        size = 0
        for part in seal(head, self._key, (encode(request) for request in self._requests(lines, cursor, waiting))):
            size += file.write(part)
        return Exported(len(lines), size)

    def _requests(self, lines: Sequence[Waiting], cursor: bytes | None, waiting: int) -> list[Request]:
        """Return the requests of a bundle; only the last one asks for what is new."""
        parts = [lines[start : start + CHANGES_MAX] for start in range(0, len(lines), CHANGES_MAX)] or [()]
        return [
            Request(
                version=PROTOCOL_VERSION,
                clock_ms=self._replica.clock_ms(),
                cursor=cursor,
                changes=[as_change(line) for line in part],
                frame_rows_max=FRAME_ROWS_MAX,
                pull=number == len(parts),
                waiting=waiting,
            )
            for number, part in enumerate(parts, 1)
        ]

    def take(self, file: BinaryIO) -> SyncReport:
        """Store the answer in `file`. What stands before a place where it broke off is stored, the report says so.

        Raises:
            RejectedError: `bundle.not_one`, `bundle.newer`, `bundle.wrong_way` (it still has to go to the server),
                `bundle.other_device`, `bundle.altered` or `bundle.cut` when nothing of it can be used.
        """
        head = read_head(file)
        if head.direction is not Direction.DOWN:
            raise RejectedError("bundle.wrong_way")
        if head.device_id != self._device_id:
            raise RejectedError("bundle.other_device")
        report = SyncReport(status="partial")
        started = self._replica.clock_ms()
        packets = unseal(file, head, self._key)
        expected = next(packets, b"")
        try:
            for packet in packets:
                report.bytes_down += len(packet)
                for part in decode_parts([packet]):
                    with self._begin() as conn:
                        expected = self._store(conn, part, expected, report)
        except RejectedError as error:
            report.error_code, report.error_detail = error.code, error.detail
            if not report.moved:
                report.status = "failed"
        else:
            report.status = "done"
            with self._begin() as conn:
                report.offered = anew.end(self._replica, conn) or 0
        finish(self._replica, self._begin, report, started)
        return report

    def _store(self, conn: Connection, part: Part, expected: bytes, report: SyncReport) -> bytes:
        """Store one part; return where the next frame begins from."""
        if isinstance(part, Problem):
            raise RejectedError(part.code, part.detail)
        if isinstance(part, Answers):
            for answer in apply_answers(self._replica, conn, part.answers):
                report.pushed[answer.status] = report.pushed.get(answer.status, 0) + 1
            return expected
        if (store.state(conn, CURSOR) or b"") == expected and not self._knows_better(conn, part):
            report.pulled += apply_frame(self._replica, conn, part)
        return part.cursor or expected

    def _knows_better(self, conn: Connection, frame: Frame) -> bool:
        """Return whether answers have come since that are newer than some record of a frame that was long on its way.

        It is left out then: the next exchange brings the same and what is newer.
        """
        parts: list[Rows | Patches] = [*frame.rows, *frame.patches]
        for part in parts:
            if part.kind not in self._replica.kinds:
                continue
            ids = ids_of(part.ids)
            records = self._replica.tables[part.kind].many(conn, ids)
            for record_id, rev in zip(ids, part.revs, strict=True):
                known = [records[record_id][0]] if record_id in records else []
                if max([*known, *store.ahead(conn, part.kind, record_id).values()], default=0) > rev:
                    return True
        return False
