"""What the window shows around the pages, and when: plain Python."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from PySide6.QtCore import QCoreApplication

from yum_desktop.domain.errors import YumError
from yum_desktop.registry.views import SyncState
from yum_desktop.ui.jobs import Jobs, Lane

log = logging.getLogger(__name__)


class ProgressLike(Protocol):
    """How far a sync is."""

    @property
    def rows(self) -> int:
        """Rows received and sent so far."""

    @property
    def rows_total(self) -> int:
        """Rows to come, 0 while unknown."""

    @property
    def bytes(self) -> int:
        """Bytes on the wire so far."""


class ReportLike(Protocol):
    """How a sync ended."""

    @property
    def status(self) -> str:
        """``done``, ``partial`` or ``failed``."""

    @property
    def error(self) -> object | None:
        """What stopped it, with `code` and `text`."""


@dataclass(frozen=True, slots=True)
class Undoable:
    """Something done that can be taken back."""

    text: str
    group: str


class ShellView(Protocol):
    """What the presenter needs of the window."""

    def show_state(self, state: SyncState) -> None:
        """Show the sync state in strip, top bar and navigation."""

    def say_done(self, text: str, *, undo: bool) -> None:
        """Show a message about what was done."""

    def say_trouble(self, text: str) -> None:
        """Show what could not be done."""

    def refresh_page(self) -> None:
        """Let the page in front read its data again."""


class ShellPresenter:
    """Keeps the strip true, runs the sync, and takes back what was done in this session."""

    def __init__(
        self,
        view: ShellView,
        jobs: Jobs,
        *,
        sync_state: Callable[[], SyncState],
        sync: Callable[[Callable[[ProgressLike], None], Callable[[], bool]], ReportLike],
        undo: Callable[[str], int],
    ) -> None:
        self._view, self._jobs = view, jobs
        self._read_state, self._sync, self._undo = sync_state, sync, undo
        self._state = SyncState()
        self._done: list[Undoable] = []
        self._running = False
        self._stopping = False

    @property
    def state(self) -> SyncState:
        """The state shown last."""
        return self._state

    @property
    def undoables(self) -> Sequence[Undoable]:
        """What Ctrl+Z would take back, the last first."""
        return tuple(reversed(self._done))

    def refresh(self) -> None:
        """Read the sync state again."""
        self._jobs.submit(self._read_state, done=self._arrived, failed=self._trouble)

    def did(self, text: str, group: str, *, quiet: bool = False) -> None:
        """Remember something that was done, say so unless `quiet`, and count again what waits."""
        self._done.append(Undoable(text, group))
        if not quiet:
            self._view.say_done(text, undo=True)
        self.refresh()

    def undo(self) -> None:
        """Take back what was done last in this session."""
        if not self._done:
            self._view.say_done(QCoreApplication.translate("shell", "Không còn gì để hoàn tác"), undo=False)
            return
        last = self._done.pop()
        work = _Bound(self._undo, last.group)
        self._jobs.submit(work, done=lambda lines: self._undone(last, lines), failed=self._trouble)

    def sync(self) -> None:
        """Send and receive now, unless that runs already."""
        if self._running:
            return
        self._running, self._stopping = True, False
        self._show(replace(self._state, busy=True, busy_rows=0, busy_rows_total=0, busy_bytes=0))
        told = self._jobs.relay(self._progressed)
        stop = self._stop_asked
        work = _SyncWork(self._sync, told, stop)
        self._jobs.submit(work, done=self._synced, failed=self._sync_failed, lane=Lane.NETWORK)

    def stop_sync(self) -> None:
        """End the exchange at the next safe place; what arrived is kept."""
        self._stopping = True

    def _stop_asked(self) -> bool:
        return self._stopping

    def _progressed(self, progress: ProgressLike) -> None:
        if self._running:
            rows, total = progress.rows, progress.rows_total
            self._show(
                replace(self._state, busy=True, busy_rows=rows, busy_rows_total=total, busy_bytes=progress.bytes)
            )

    def _synced(self, report: ReportLike) -> None:
        self._running = False
        error = report.error
        if error is None:
            self._show(replace(self._state, busy=False, online=True, error_code=None, error_text=None))
        else:
            code, text = str(getattr(error, "code", "")), str(getattr(error, "text", ""))
            online = not code.startswith("server.unreach")
            self._show(replace(self._state, busy=False, online=online, error_code=code, error_text=text))
        self._view.refresh_page()
        self.refresh()

    def _sync_failed(self, error: Exception) -> None:
        self._running = False
        code, text = _told(error)
        online = False if code in {"server.unreachable", "link.captive"} else self._state.online
        self._show(replace(self._state, busy=False, online=online, error_code=code, error_text=text))
        self.refresh()

    def _undone(self, last: Undoable, lines: int) -> None:
        if lines:
            words = QCoreApplication.translate("shell", "Đã hoàn tác: {0}")
        else:
            words = QCoreApplication.translate("shell", "Không hoàn tác được: {0}. Có thay đổi mới hơn")
        self._view.say_done(words.format(last.text), undo=False)
        self._view.refresh_page()
        self.refresh()

    def _arrived(self, state: SyncState) -> None:
        kept = self._state
        self._show(
            replace(
                state,
                online=kept.online if state.online is None else state.online,
                busy=self._running,
                busy_rows=kept.busy_rows,
                busy_rows_total=kept.busy_rows_total,
                busy_bytes=kept.busy_bytes,
                error_code=kept.error_code or state.clock,
                error_text=kept.error_text or (state.error_text if state.clock else None),
            )
        )

    def _show(self, state: SyncState) -> None:
        self._state = state
        self._view.show_state(state)

    def _trouble(self, error: Exception) -> None:
        self._view.say_trouble(_told(error)[1])


@dataclass(frozen=True, slots=True)
class _Bound:
    """Work that holds plain values only."""

    act: Callable[[str], int]
    group: str

    def __call__(self) -> int:
        return self.act(self.group)


@dataclass(frozen=True, slots=True)
class _SyncWork:
    act: Callable[[Callable[[ProgressLike], None], Callable[[], bool]], ReportLike]
    progress: Callable[[ProgressLike], None]
    stop: Callable[[], bool]

    def __call__(self) -> ReportLike:
        return self.act(self.progress, self.stop)


def _told(error: Exception) -> tuple[str, str]:
    if isinstance(error, YumError):
        return error.code, error.text
    log.error("unexpected error", exc_info=error)
    return "unknown", QCoreApplication.translate("shell", "Có lỗi lạ, dữ liệu vẫn còn")
