"""What the window of an export does. Plain Python."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from yum_desktop.domain.errors import YumError
from yum_desktop.domain.text import fold
from yum_desktop.exchange.excel.out_layout import OutLayout, layouts
from yum_desktop.registry import audit
from yum_desktop.registry.engine import Registry
from yum_desktop.ui.asking import Asker
from yum_desktop.ui.jobs import Jobs

if TYPE_CHECKING:
    from yum_desktop.exchange.excel.export import Exported, Report, Wanted

SUFFIX: Final = ".xlsx"


@dataclass(frozen=True, slots=True)
class Subject:
    """The list as a screen shows it.

    Attributes:
        members: Who, in the order of the screen.
        about: What people call it: a unit, or a unit and a search.
        unit_id: The unit it is of.
        shown: What the columns of the screen hold, for layouts that follow it.
    """

    members: Sequence[UUID]
    about: str
    unit_id: UUID | None
    shown: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ExportSources:
    """What is done beside the screen.

    Attributes:
        layouts: The layouts, and what is wrong with those that cannot be used.
        write: Writes a file.
    """

    layouts: Callable[[], tuple[Sequence[OutLayout], Sequence[YumError]]]
    write: Callable[["Wanted", threading.Event, "Report"], "Exported"]


def export_sources(registry: Registry) -> ExportSources:
    """Return what these records are exported with."""

    def write(wanted: "Wanted", stop: threading.Event, report: "Report") -> "Exported":
        from yum_desktop.exchange.excel.export import export  # noqa: PLC0415  # a start need not load it

        return export(registry, wanted, stop=stop, report=report)

    return ExportSources(layouts=lambda: layouts(registry.path.parent / "layouts"), write=write)


@dataclass(frozen=True, slots=True)
class Entry:
    """What was chosen.

    Attributes:
        reason: Why all is needed in full; ``None`` leaves it masked.
        password: Opens the file; ``None`` leaves it open.
        again: The password once more.
    """

    layout: OutLayout
    reason: str | None
    password: str | None
    again: str = ""


class ExportView(Protocol):
    """What the presenter needs of the window."""

    def show_subject(self, about: str, count: int) -> None:
        """Show of what list it is."""

    def show_layouts(self, found: Sequence[OutLayout]) -> None:
        """Offer the layouts."""

    def show_trouble(self, text: str, field: str = "") -> None:
        """Show what is wrong, and where: ``reason``, ``password`` or nowhere; an empty text takes it away."""

    def show_progress(self, done: int, total: int) -> None:
        """Show how far the file is; it can be stopped."""

    def show_choices(self) -> None:
        """Show the choices again."""

    def show_done(self, text: str, path: Path) -> None:
        """Show what was written and where."""


class ExportPresenter:
    """One list, until the window is closed.

    Args:
        view: The window.
        jobs: Writes beside the screen.
        sources: What is done there.
        asker: Asks where to.
        subject: The list.
        today: For the name of the file.
    """

    def __init__(
        self, view: ExportView, jobs: Jobs, sources: ExportSources, asker: Asker, subject: Subject, today: date
    ) -> None:
        self._view, self._jobs, self._sources, self._asker = view, jobs, sources, asker
        self._subject, self._today = subject, today
        self._stop: threading.Event | None = None

    def begin(self) -> None:
        """Offer what there is."""
        self._view.show_subject(self._subject.about, len(self._subject.members))
        self._jobs.submit(self._sources.layouts, done=self._found, failed=self._failed)

    def start(self, entry: Entry) -> None:
        """Check what was chosen and ask where the file goes."""
        try:
            if entry.reason is not None:
                audit.check_reason(entry.reason)
            if entry.password is not None:
                from yum_desktop.exchange.excel.sealing import check_password  # noqa: PLC0415  # as above

                check_password(entry.password)
        except YumError as error:
            self._view.show_trouble(error.text, error.field or "")
            return
        if entry.password is not None and entry.password != entry.again:
            words = QCoreApplication.translate("export", "Hai lần gõ mật khẩu không giống nhau. Gõ lại.")
            self._view.show_trouble(words, "password")
            return
        self._view.show_trouble("")
        title = QCoreApplication.translate("export", "Ghi danh sách vào tệp")
        self._asker.save_file(title, self._name(entry.layout), f"Excel (*{SUFFIX})", lambda path: self._go(entry, path))

    def stop(self) -> None:
        """End the work; nothing is left of it."""
        if self._stop is not None:
            self._stop.set()

    def _name(self, layout: OutLayout) -> str:
        words = fold(f"{layout.title} {self._subject.about} {self._today:%d %m %Y}")
        return "-".join("".join(char if char.isalnum() else " " for char in words).split()) + SUFFIX

    def _go(self, entry: Entry, path: Path) -> None:
        subject = self._subject
        layout = entry.layout.showing(subject.shown) if entry.layout.as_shown and subject.shown else entry.layout
        path = path if path.suffix.lower() == SUFFIX else path.with_name(path.name + SUFFIX)
        from yum_desktop.exchange.excel.export import Wanted  # noqa: PLC0415  # as above

        wanted = Wanted(
            path, layout, subject.members, about=subject.about, unit_id=subject.unit_id, reason=entry.reason,
            password=entry.password,
        )  # fmt: skip
        stop = self._stop = threading.Event()
        self._view.show_progress(0, len(subject.members))
        step = self._jobs.relay(self._show_step)
        write = self._sources.write
        self._jobs.submit(
            lambda: write(wanted, stop, lambda done, total: step((done, total))), done=self._done, failed=self._failed
        )

    def _show_step(self, step: tuple[int, int]) -> None:
        if self._stop is not None:
            self._view.show_progress(*step)

    def _done(self, done: "Exported") -> None:
        self._stop = None
        words = QCoreApplication.translate("export", "Đã ghi {0} người, {1} trang, vào {2}")
        self._view.show_done(words.format(done.people, done.sheets, done.path.name), done.path)

    def _found(self, found: tuple[Sequence[OutLayout], Sequence[YumError]]) -> None:
        self._view.show_layouts(found[0])
        self._view.show_trouble(" ".join(error.text for error in found[1]))

    def _failed(self, error: Exception) -> None:
        self._stop = None
        self._view.show_choices()
        if not isinstance(error, YumError):
            self._view.show_trouble(QCoreApplication.translate("export", "Có lỗi lạ, chưa ghi tệp nào."))
            raise error
        self._view.show_trouble(error.text, error.field or "")
