"""One synchronisation: what waits goes up, answers and the feed come down, each packet stored as it arrives."""

import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from sqlalchemy import Connection

from sync.client import anew, clock, store, verifying
from sync.client.incoming import COMPLETE, CURSOR, apply_answers, apply_frame
from sync.client.replica import Replica
from sync.client.store import IN_FLIGHT, PENDING, REFUSED, Waiting
from sync.client.transport import Transport, ahead
from sync.client.verifying import REPAIRS_MAX
from sync.core.digest import schema_digest
from sync.core.squash import Op
from sync.protocol.errors import RejectedError, SyncError, UnreachableError
from sync.protocol.messages import (
    CHANGES_MAX,
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

FRAME_ROWS_MAX: Final = 2_000
"""Records in one frame of the answer."""

FRAME_ROWS_MIN: Final = 50

SCHEMA: Final = "schema"
"""What the kinds and fields were when the device last had everything."""

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
        pushed: Number of changes by answer; ``handed_over`` where there was one.
        pulled: Records received.
        left: Changes that still wait.
        bytes_up: Bytes of messages sent, without the transport's own.
        bytes_down: Bytes of messages received.
        round_trips: Requests made.
        duration_ms: How long it took.
        repaired: Sectors that differed from the server and came again.
        differing: Sectors that still differ after several repairs.
        offered: Records that the server had lost and was offered; see `sync.client.anew`.
        error_code: Why it is not done; ``sync.differs`` when it is, but `differing` is not empty.
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
    repaired: int = 0
    differing: list[bytes] = field(default_factory=list)
    offered: int = 0
    error_code: str | None = None
    error_detail: str = ""

    @property
    def moved(self) -> int:
        """How many records and answers were stored."""
        return self.pulled + sum(self.pushed.values())


class StoppedError(SyncError):
    """The person stopped the synchronisation. What had arrived is stored."""


class Asks(Enum):
    """What an exchange lets the server compare."""

    NOTHING = auto()
    SOME = auto()
    EVERYTHING = auto()


Begin = Callable[[], AbstractContextManager[Connection]]


class Engine:
    """Exchanges the changes of one replica with its server.

    Args:
        replica: The local records.
        begin: Opens a write transaction that commits at its end.
        transport: Carries the messages.
        frame_rows_max: How many rows the server may put into one frame. A line that cuts frames gets smaller ones
            until it carries them; the device remembers how large.
        compared_max: About how many records are compared with the server at a time.
    """

    def __init__(
        self, replica: Replica, begin: Begin, transport: Transport, *, frame_rows_max: int = FRAME_ROWS_MAX,
        compared_max: int = verifying.RECORDS_MAX,
    ) -> None:  # fmt: skip
        self._replica = replica
        self._begin = begin
        self._transport = transport
        self._frame_rows_max = frame_rows_max
        self._compared_max = compared_max
        self._changes_max = CHANGES_MAX
        self._place: bytes | None = None
        self._complete = False
        self._narrowed = False
        self._listing = False

    def sync(
        self,
        *,
        progress: Callable[[Progress], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        verify: bool = False,
    ) -> SyncReport:
        """Exchange until nothing waits and the device has everything, or until it cannot go on.

        Never raises for what a network or a server may do: the report says it. What has arrived is stored.

        Args:
            progress: Told after each frame.
            cancelled: Looked at several times a second; what has arrived by then stays.
            verify: Compare everything with the server, not only a few sectors.
        """
        report = SyncReport()
        started = self._replica.clock_ms()
        fruitless = 0
        done = False
        while not done and fruitless <= _FRUITLESS_MAX:
            moved, size = report.moved, report.bytes_down
            try:
                asks = Asks.EVERYTHING if verify else Asks.SOME
                done = self._exchange(report, progress, cancelled, asks if report.round_trips == 0 else Asks.NOTHING)
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
        if wider and not self._narrowed:
            return False
        with self._begin() as conn:
            now = self._frame_rows(conn)
            rows = min(now * _NARROWER, self._frame_rows_max) if wider else max(now // _NARROWER, FRAME_ROWS_MIN)
            if rows != now:
                store.set_state(conn, FRAME_ROWS, str(rows).encode())
        return rows != now

    def _frame_rows(self, conn: Connection) -> int:
        rows = min(int(store.state(conn, FRAME_ROWS) or self._frame_rows_max), self._frame_rows_max)
        self._narrowed = rows < self._frame_rows_max
        return rows

    def _send_less(self) -> bool:
        """Halve the changes of the next request. A single one that is too large is refused, so that the others go."""
        with self._begin() as conn:
            lines = travelling(self._replica, conn, self._changes_max)
            if len(lines) == 1:
                refused = Answer(lines[0].change_id, "refused", code="change.too_large")
                apply_answers(self._replica, conn, [refused])
                self._changes_max = CHANGES_MAX
            else:
                self._changes_max = max(1, len(lines) // 2)
        return bool(lines)

    def _exchange(
        self,
        report: SyncReport,
        progress: Callable[[Progress], None] | None,
        cancelled: Callable[[], bool] | None,
        asks: Asks,
    ) -> bool:
        """Make one round trip; return whether everything is done."""
        with self._begin() as conn:
            request, more = self._request(conn, asks)
        packet = encode(request)
        report.round_trips += 1
        report.bytes_up += len(packet)
        self._place, self._complete = request.cursor, False
        chunks = self._transport.exchange(packet)
        parts = decode_parts(_counted(chunks, report))
        arrived: list[Part] = []
        try:
            for part in _in_turn(parts if cancelled is None else ahead(parts, cancelled), request):
                if isinstance(part, Problem):
                    raise RejectedError(part.code, part.detail)
                arrived.append(part)
                if isinstance(part, Frame):  # the answers are stored with what comes first
                    rows = self._store(arrived, request, report)
                    arrived = []
                    if progress is not None:
                        progress(Progress(rows, part.rows_total, report.bytes_down))
        finally:
            try:
                self._store([part for part in arrived if isinstance(part, Answers)], request, report)
            finally:
                if cancelled is None and isinstance(chunks, Generator):
                    chunks.close()  # the exchange ends here, not when somebody looks for garbage
        if cancelled is not None and cancelled():
            raise StoppedError("sync.stopped")
        return (self._complete or not request.pull) and not more and not self._has_listed(report)

    def _has_listed(self, report: SyncReport) -> bool:
        """Return whether a list of everything has just been completed: what waited for that goes out now."""
        if not self._listing:
            return False
        with self._begin() as conn:
            offered = anew.end(self._replica, conn)
        report.offered += offered or 0
        return offered is not None

    def _request(self, conn: Connection, asks: Asks) -> tuple[Request, bool]:
        """Freeze what waits and describe it; a change that travels keeps its content until it is answered."""
        listing = self._listing = anew.is_listing(conn)
        if not listing:
            store.freeze(conn, CHANGES_MAX)
        lines = [] if listing else travelling(self._replica, conn, self._changes_max)
        more = not listing and store.count(conn, PENDING, IN_FLIGHT) > len(lines)
        request = Request(
            version=PROTOCOL_VERSION,
            clock_ms=self._replica.clock_ms(),
            cursor=store.state(conn, CURSOR),
            changes=[as_change(line) for line in lines],
            frame_rows_max=self._frame_rows(conn),
            pull=not more,
            waiting=store.count(conn, PENDING, IN_FLIGHT, REFUSED) - len(lines),
        )
        if asks is not Asks.NOTHING and not more:
            everything = asks is Asks.EVERYTHING or self._is_other_program(conn)
            request.checks = verifying.checks(
                self._replica, conn, everything=everything, records_max=self._compared_max
            )
        return request, more

    def _is_other_program(self, conn: Connection) -> bool:
        """Return whether the device has other kinds or fields than when it last had everything.

        What it could not store then is missing, and is found by comparing.
        """
        return store.state(conn, SCHEMA) not in {None, schema_digest(self._replica.kinds)}

    def _store(self, parts: Sequence[Part], request: Request, report: SyncReport) -> int:
        """Store parts of the answer together; return how many rows of the snapshot, or at all, have come so far."""
        if not parts:
            return 0
        pushed: list[Answer] = []
        pulled = repaired = rows = 0
        with self._begin() as conn:
            for part in parts:
                if isinstance(part, Answers):
                    clock.note(conn, server_ms=part.clock_ms, device_ms=request.clock_ms)
                    pushed += apply_answers(self._replica, conn, part.answers)
                elif isinstance(part, Frame):
                    if not part.cursor and self._place is None:
                        raise RejectedError("message.damaged", "the first frame has no cursor")
                    if store.state(conn, CURSOR) != self._place:
                        raise RejectedError("sync.overtaken", "something else received meanwhile")
                    pulled = apply_frame(self._replica, conn, part)
                    repaired = 0 if request.checks is None else verifying.note(conn, request.checks, part.verdicts)
                    rows = _rows_so_far(conn, part, pulled)
                    self._place, self._complete = part.cursor or self._place, part.complete
                    if part.complete:
                        store.set_state(conn, SCHEMA, schema_digest(self._replica.kinds))
        report.pulled += pulled
        report.repaired += repaired
        for answer in pushed:
            report.pushed[answer.status] = report.pushed.get(answer.status, 0) + 1
        return rows or report.pulled


def _counted(chunks: Iterator[bytes], report: SyncReport) -> Iterator[bytes]:
    for chunk in chunks:
        report.bytes_down += len(chunk)
        yield chunk


def _rows_so_far(conn: Connection, frame: Frame, came: int) -> int:
    """Remember how far a snapshot is, which may take several exchanges; return that; 0 where there is none."""
    before = 0 if frame.restart else int(store.state(conn, SNAPSHOT_ROWS) or b"0")
    rows = min(before + came, frame.rows_total)
    store.set_state(conn, SNAPSHOT_ROWS, b"0" if frame.complete else str(rows).encode())
    return rows


def _in_turn(parts: Iterator[Part], request: Request) -> Iterator[Part]:
    """Pass on what answers `request`: first an answer to each change, then frames if it asked for them.

    Raises:
        RejectedError: `message.damaged`: it is something else.
    """
    answered = False
    for part in parts:
        if isinstance(part, Answers):
            fits = not answered and len(part.answers) == len(request.changes)
            for answer, change in zip(part.answers, request.changes, strict=False):
                answer.change_id = answer.change_id or change.change_id
                fits = fits and answer.change_id == change.change_id
            answered = True
        else:
            takes_only = isinstance(part, Frame) and not (part.rows or part.patches or part.gone_units)
            fits = isinstance(part, Problem) or (answered and (request.pull or takes_only))
        if not fits:
            raise RejectedError("message.damaged", "not what was asked for")
        yield part


def travelling(replica: Replica, conn: Connection, limit: int) -> list[Waiting]:
    """Return what travels, in the order in which the server must see it."""

    def place(line: Waiting) -> tuple[int, int]:
        """Units are made before what goes into them, and removed after it; all else goes as it was done.

        Who removes a record and makes it again under the same number would be told that the number is taken.
        """
        turns = {Op.CREATE: 0, Op.DELETE: 2} if replica.kinds[line.kind].tree else {}
        return (turns.get(line.line.op, 1), line.seq)

    return sorted(store.lines_with(conn, IN_FLIGHT, limit=limit), key=place)


def finish(replica: Replica, begin: Begin, report: SyncReport, started_ms: int) -> None:
    """Complete a report."""
    report.duration_ms = replica.clock_ms() - started_ms
    with begin() as conn:
        report.left = store.count(conn, PENDING, IN_FLIGHT)
        report.differing = verifying.differing(conn)
        if report.status == "done":
            report.error_code, report.error_detail = None, ""
            if report.differing:
                report.error_code, report.error_detail = "sync.differs", str(len(report.differing))
    log.info("sync %s: %s, %s received, %s left", report.status, report.pushed, report.pulled, report.left)
    if report.differing:
        log.error("sync: %d units still differ from the server after %d repairs", len(report.differing), REPAIRS_MAX)


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
