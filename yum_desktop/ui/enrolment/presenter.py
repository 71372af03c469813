"""The first start, step by step: plain Python."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from PySide6.QtCore import QCoreApplication

from yum_desktop.domain.errors import InputError
from yum_desktop.registry.clock import Clock
from yum_desktop.ui.jobs import Jobs, Lane
from yum_desktop.ui.members.presenter import told
from yum_desktop.ui.shell.presenter import ProgressLike, ReportLike

_REQUIRED: Final = ("server", "account", "password", "device_name")
_DEFAULT_PASSWORD: Final = "auth.default_password"  # noqa: S105  # the code of an error
_MEASURE_S: Final = 3.0
"""Before this much time has passed, a speed would only be a guess."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person types to enrol this device.

    Attributes:
        new_password: Instead of the one that was handed out; only asked for when the server wants it.
        again: The same, typed a second time.
    """

    server: str
    account: str
    password: str
    device_name: str
    new_password: str = ""
    again: str = ""


@dataclass(frozen=True, slots=True)
class EnrolmentSources:
    """What enrolling does. All of it runs on the network lane.

    Attributes:
        enrol: Makes this device known to the server and keeps its tokens.
        change_password: Chooses the new password of an entry.
        sync: Fetches the records; told of progress, asked whether to stop.
    """

    enrol: Callable[[Entry], None]
    change_password: Callable[[Entry], None]
    sync: Callable[[Callable[[ProgressLike], None], Callable[[], bool]], ReportLike]


@dataclass(frozen=True, slots=True)
class Copied:
    """How much of the first copy is there.

    Attributes:
        rows: Records that have arrived.
        rows_total: Records to come; 0 while that is not known.
        size_bytes: Bytes that have arrived.
        bytes_per_s: How fast; 0 while that is not known.
        left_s: About how long it still takes; 0 while that is not known.
    """

    rows: int = 0
    rows_total: int = 0
    size_bytes: int = 0
    bytes_per_s: int = 0
    left_s: int = 0


class EnrolmentView(Protocol):
    """What the presenter needs of the screen."""

    def show_form(self) -> None:
        """Let a person type."""

    def show_new_password(self) -> None:
        """Ask for a password of one's own."""

    def show_field_trouble(self, field: str, text: str) -> None:
        """Show what is wrong beside a field."""

    def show_trouble(self, text: str) -> None:
        """Show what could not be done; an empty text takes it away."""

    def show_connecting(self) -> None:
        """Show that the server is being asked."""

    def show_progress(self, copied: Copied) -> None:
        """Show how much has arrived."""

    def show_stopped(self, text: str) -> None:
        """Show that the copy is not complete, and offer to go on."""


class EnrolmentPresenter:
    """Enrols this device, then brings the first copy. A cut line costs nothing: it goes on where it was.

    Args:
        finished: Told once that the program can be used.
    """

    def __init__(
        self, view: EnrolmentView, jobs: Jobs, sources: EnrolmentSources, clock: Clock, *, finished: Callable[[], None]
    ) -> None:
        self._view, self._jobs, self._sources, self._clock = view, jobs, sources, clock
        self._finished = finished
        self._stopping = self._busy = self._left = False
        self._began: datetime | None = None

    def start(self) -> None:
        """Show the form."""
        self._view.show_form()

    def enrol(self, entry: Entry) -> None:
        """Check what was typed and enrol."""
        if self._busy or not self._is_complete(entry):
            return
        self._busy = True
        self._view.show_trouble("")
        self._view.show_connecting()
        sources = self._sources
        self._jobs.submit(
            lambda: _enrol(sources, entry), done=lambda _: self._known(), failed=self._failed, lane=Lane.NETWORK
        )

    def resume(self) -> None:
        """Fetch what is missing."""
        self._stopping, self._busy = False, True
        self._began = self._clock.now()
        self._view.show_trouble("")
        self._view.show_progress(Copied())
        told_progress = self._jobs.relay(self._progressed)
        act, stop = self._sources.sync, self._stop_asked
        self._jobs.submit(lambda: act(told_progress, stop), done=self._synced, failed=self._cut, lane=Lane.NETWORK)

    def stop(self) -> None:
        """Stop at the next safe place; what has arrived is kept."""
        self._stopping = True

    def use_now(self) -> None:
        """Go on to the program with what has arrived; it fetches the rest itself."""
        self._stopping = True
        self._finish()

    def _is_complete(self, entry: Entry) -> bool:
        words = QCoreApplication.translate("enrolment", "Chưa nhập")
        missing = [name for name in _REQUIRED if not str(getattr(entry, name)).strip()]
        for name in reversed(missing):  # the first one keeps the focus
            self._view.show_field_trouble(name, words)
        if entry.new_password != entry.again:
            differ = QCoreApplication.translate("enrolment", "Hai lần gõ khác nhau")
            self._view.show_field_trouble("again", differ)
            return False
        return not missing

    def _stop_asked(self) -> bool:
        return self._stopping

    def _known(self) -> None:
        self.resume()

    def _progressed(self, progress: ProgressLike) -> None:
        if not self._busy or self._left or self._began is None:
            return
        copied = Copied(progress.rows, progress.rows_total, progress.bytes)
        passed_s = (self._clock.now() - self._began).total_seconds()
        if passed_s >= _MEASURE_S:
            copied = replace(copied, bytes_per_s=round(copied.size_bytes / passed_s))
            if 0 < copied.rows < copied.rows_total:
                left_s = passed_s * (copied.rows_total - copied.rows) / copied.rows
                copied = replace(copied, left_s=round(left_s))
        self._view.show_progress(copied)

    def _synced(self, report: ReportLike) -> None:
        self._busy = False
        if self._left:
            return
        if report.status == "done":
            self._finish()
            return
        text = str(getattr(report.error, "text", "") or "")
        kept = QCoreApplication.translate("enrolment", "Đã dừng. Phần đã nhận được giữ lại.")
        self._view.show_stopped(kept if self._stopping else text or kept)

    def _finish(self) -> None:
        if not self._left:
            self._left = True
            self._finished()

    def _cut(self, error: Exception) -> None:
        self._busy = False
        if not self._left:
            self._view.show_stopped(told(error))

    def _failed(self, error: Exception) -> None:
        self._busy = False
        self._view.show_form()
        if isinstance(error, InputError) and error.code == _DEFAULT_PASSWORD:
            self._view.show_new_password()
        elif isinstance(error, InputError) and error.field is not None:
            self._view.show_field_trouble(error.field, told(error))
        else:
            self._view.show_trouble(told(error))


def _enrol(sources: EnrolmentSources, entry: Entry) -> None:
    if entry.new_password:
        sources.change_password(entry)
        entry = replace(entry, password=entry.new_password)
    sources.enrol(entry)
