"""One synchronisation: what waits goes up, answers and the feed come down, each packet stored as it arrives."""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from sync.client import store
from sync.client.incoming import COMPLETE, CURSOR, apply_answer, apply_frame
from sync.client.replica import Replica
from sync.client.store import IN_FLIGHT, PENDING, Waiting
from sync.client.transport import Transport, interruptible
from sync.core.squash import Op
from sync.protocol.errors import RejectedError, SyncError, UnreachableError
from sync.protocol.messages import (
    PROTOCOL_VERSION,
    Answer,
    Answers,
    Change,
    Frame,
    Part,
    Problem,
    Request,
    decode_parts,
    encode,
)

log = logging.getLogger(__name__)

CHANGES_MAX: Final = 1_000
"""Changes in one request."""

FRAME_ROWS_MAX: Final = 2_000
"""Records in one frame of the answer."""

FRAME_ROWS_MIN: Final = 50

LAST_SYNC: Final = "last_sync"
CLOCK_OFFSET: Final = "clock_offset_ms"
FRAME_ROWS: Final = "frame_rows"
"""How many records of a frame this device's line has carried lately."""

SNAPSHOT_ROWS: Final = "snapshot_rows"
"""Records of an unfinished snapshot that are here, over all runs."""

_NARROWER: Final = 4
_FRUITLESS_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a synchronisation is.

    Attributes:
        rows: Records received; of a snapshot those of earlier runs too, and never more than `rows_total`.
        rows_total: Records a snapshot has altogether; 0 when unknown.
        size_bytes: Bytes received in this run.
    """

    rows: int
    rows_total: int
    size_bytes: int


@dataclass(slots=True)
class SyncReport:
    """What a synchronisation did.

    Attributes:
        status: ``done``, ``partial`` (stopped or cut after something was stored) or ``failed``.
        pushed: Number of changes by answer.
        pulled: Records received.
        left: Changes that still wait.
        bytes_up: Bytes of messages sent, without the transport's own.
        bytes_down: Bytes of messages received.
        round_trips: Requests made.
        duration_ms: How long it took.
        error_code: Why it is not done.
        error_detail: More about it, not for people.
    """

    status: str = "done"
    pushed: dict[str, int] = field(default_factory=lambda: {"applied": 0, "merged": 0, "conflict": 0, "refused": 0})
    pulled: int = 0
    left: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    round_trips: int = 0
    duration_ms: int = 0
    error_code: str | None = None
    error_detail: str = ""

    @property
    def moved(self) -> int:
        """How many records and answers were stored."""
        return self.pulled + sum(self.pushed.values())


class StoppedError(SyncError):
    """The person stopped the synchronisation. What had arrived is stored."""


Begin = Callable[[], AbstractContextManager[Connection]]


class Engine:
    """Exchanges the changes of one replica with its server.

    Args:
        replica: The local records.
        begin: Opens a write transaction that commits at its end.
        transport: Carries the messages.
        frame_rows_max: How many rows the server may put into one frame. A line that cuts frames gets smaller ones
            until it carries them; the device remembers how large.
    """

    def __init__(
        self, replica: Replica, begin: Begin, transport: Transport, *, frame_rows_max: int = FRAME_ROWS_MAX
    ) -> None:
        self._replica = replica
        self._begin = begin
        self._transport = transport
        self._frame_rows_max = frame_rows_max
        self._changes_max = CHANGES_MAX

    def sync(
        self,
        *,
        progress: Callable[[Progress], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> SyncReport:
        """Exchange until nothing waits and the device has everything, or until it cannot go on.

        Never raises for what a network or a server may do: the report says it. What has arrived is stored.

        Args:
            progress: Told after each frame.
            cancelled: Looked at several times a second; what has arrived by then stays.
        """
        report = SyncReport()
        started = self._replica.clock_ms()
        fruitless = 0
        done = False
        while not done and fruitless <= _FRUITLESS_MAX:
            moved, size = report.moved, report.bytes_down
            try:
                done = self._exchange(report, progress, cancelled)
                self._adapt(wider=True)
            except (UnreachableError, RejectedError, StoppedError) as error:
                report.error_code, report.error_detail = error.code, error.detail
                if not self._goes_on(error, spoke=report.bytes_down > size, moved=report.moved > moved):
                    break
            fruitless = fruitless + 1 if report.moved == moved else 0
        else:
            if not done:
                report.error_code = report.error_code or "sync.no_progress"
        if not done:
            report.status = "partial" if report.moved else "failed"
        finish(self._replica, self._begin, report, started)
        return report

    def _goes_on(self, error: SyncError, *, spoke: bool, moved: bool) -> bool:
        """Return whether another exchange may come further than the one that ended with `error`."""
        if error.code == "request.too_large":
            return self._send_less()
        if isinstance(error, StoppedError) or not (isinstance(error, UnreachableError) or error.code == "message.cut"):
            return False
        narrower = spoke and not moved and self._adapt(wider=False)
        return moved or narrower

    def _adapt(self, *, wider: bool) -> bool:
        """Let the next frames be larger, or smaller; return whether that makes a difference."""
        with self._begin() as conn:
            now = self._frame_rows(conn)
            rows = min(now * _NARROWER, self._frame_rows_max) if wider else max(now // _NARROWER, FRAME_ROWS_MIN)
            if rows != now:
                store.set_state(conn, FRAME_ROWS, str(rows).encode())
        return rows != now

    def _frame_rows(self, conn: Connection) -> int:
        return min(int(store.state(conn, FRAME_ROWS) or self._frame_rows_max), self._frame_rows_max)

    def _send_less(self) -> bool:
        """Halve the changes of the next request. A single one that is too large is refused, so that the others go."""
        with self._begin() as conn:
            lines = travelling(self._replica, conn, self._changes_max)
            if len(lines) == 1:
                refused = Answer(lines[0].change_id, "refused", code="change.too_large")
                apply_answer(self._replica, conn, refused)
                self._changes_max = CHANGES_MAX
            else:
                self._changes_max = max(1, len(lines) // 2)
        return bool(lines)

    def _exchange(
        self,
        report: SyncReport,
        progress: Callable[[Progress], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> bool:
        """Make one round trip; return whether everything is done."""
        with self._begin() as conn:
            request, more = self._request(conn)
        packet = encode(request)
        report.round_trips += 1
        report.bytes_up += len(packet)
        complete, place = False, request.cursor
        for part in decode_parts(self._counted(self._transport.exchange(packet), report, cancelled)):
            complete, rows = self._store(part, request, place, report)
            place = part.cursor if isinstance(part, Frame) else place
            if progress is not None and isinstance(part, Frame):
                progress(Progress(rows, part.rows_total, report.bytes_down))
        return complete and not more

    def _counted(
        self, chunks: Iterator[bytes], report: SyncReport, cancelled: Callable[[], bool] | None
    ) -> Iterator[bytes]:
        for chunk in chunks if cancelled is None else interruptible(chunks, cancelled):
            report.bytes_down += len(chunk)
            yield chunk
        if cancelled is not None and cancelled():
            raise StoppedError("sync.stopped")

    def _request(self, conn: Connection) -> tuple[Request, bool]:
        """Freeze what waits and describe it; a change that travels keeps its content until it is answered."""
        store.freeze(conn, CHANGES_MAX)
        lines = travelling(self._replica, conn, self._changes_max)
        more = store.count(conn, PENDING, IN_FLIGHT) > len(lines)
        request = Request(
            version=PROTOCOL_VERSION,
            clock_ms=self._replica.clock_ms(),
            cursor=store.state(conn, CURSOR),
            changes=[as_change(line) for line in lines],
            frame_rows_max=self._frame_rows(conn),
            pull=not more,
        )
        return request, more

    def _store(self, part: Part, request: Request, place: bytes | None, report: SyncReport) -> tuple[bool, int]:
        """Store one part of the answer; return whether the device then has everything, and how many rows it got.

        A frame is stored only where the device stands at `place`, from which the frame begins.
        """
        if isinstance(part, Problem):
            raise RejectedError(part.code, part.detail)
        with self._begin() as conn:
            if isinstance(part, Answers):
                self._store_answers(conn, part, request, report)
                return not request.pull, report.pulled
            if store.state(conn, CURSOR) != place:
                raise RejectedError("sync.overtaken", "something else received meanwhile")
            rows = apply_frame(self._replica, conn, part)
            report.pulled += rows
            if not part.rows_total:
                store.set_state(conn, SNAPSHOT_ROWS, b"0")
                return part.complete, report.pulled
            before = 0 if part.restart else int(store.state(conn, SNAPSHOT_ROWS) or b"0")
            store.set_state(conn, SNAPSHOT_ROWS, str(before + rows).encode())
            return part.complete, min(before + rows, part.rows_total)

    def _store_answers(self, conn: Connection, part: Answers, request: Request, report: SyncReport) -> None:
        offset = part.clock_ms - request.clock_ms
        store.set_state(conn, CLOCK_OFFSET, str(offset).encode())
        for answer in part.answers:
            if apply_answer(self._replica, conn, answer):
                report.pushed[answer.status] = report.pushed.get(answer.status, 0) + 1


def travelling(replica: Replica, conn: Connection, limit: int) -> list[Waiting]:
    """Return what travels, in the order in which the server must see it."""

    def place(line: Waiting) -> tuple[int, int]:
        """Units are made before what goes into them, and removals come last."""
        first = line.line.op is Op.CREATE and replica.kinds[line.kind].tree
        return (0 if first else 2 if line.line.op is Op.DELETE else 1, line.seq)

    return sorted(store.lines_with(conn, IN_FLIGHT, limit=limit), key=place)


def finish(replica: Replica, begin: Begin, report: SyncReport, started_ms: int) -> None:
    """Complete a report, and remember when the device last had everything."""
    now = replica.clock_ms()
    report.duration_ms = now - started_ms
    with begin() as conn:
        report.left = store.count(conn, PENDING, IN_FLIGHT)
        if report.status == "done":
            report.error_code, report.error_detail = None, ""
            store.set_state(conn, LAST_SYNC, str(now).encode())
    log.info("sync %s: %s, %s received, %s left", report.status, report.pushed, report.pulled, report.left)


def as_change(line: Waiting) -> Change:
    """Return an outbox line as it travels. Most fields share one revision, so that only others are named."""
    revs = list(line.line.base_revs.values())
    common = max(set(revs), key=revs.count) if revs else 0
    fields = line.line.patch if line.line.op is Op.EDIT else line.line.base_revs
    return Change(
        change_id=line.change_id,
        kind=line.kind,
        record_id=line.record_id,
        op=line.line.op,
        patch=line.line.patch,
        base_rev=common,
        base_revs={
            name: line.line.base_revs[name] for name in fields if line.line.base_revs.get(name, common) != common
        },
        at=line.at,
        account=line.account,
        channel=line.channel,
        reason=line.reason,
    )


def is_complete(conn: Connection) -> bool:
    """Return whether the device has everything its scope held at its last exchange."""
    return store.state(conn, COMPLETE) == b"1"
