"""Sending and receiving by file, for offices without a line: a card of the page, and what its buttons do."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from yum_desktop.registry.bundles import SUFFIX, Exported, Looked, Way, answer_path
from yum_desktop.registry.syncing import SyncReport, error_text
from yum_desktop.ui.asking import Asker
from yum_desktop.ui.formats import number_text
from yum_desktop.ui.jobs import Jobs, Lane
from yum_desktop.ui.members.presenter import told
from yum_desktop.ui.widgets.buttons import Button
from yum_desktop.ui.widgets.panels import Card
from yum_desktop.ui.widgets.text import Label


def _tr(text: str) -> str:
    return QCoreApplication.translate("by_file", text)


class FileCard(Card):
    """Two buttons, and what came of the last one.

    Signals:
        export_requested: Write what waits into a file.
        open_requested: Open a file, whatever it is.
    """

    export_requested = Signal()
    open_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_tr("Bằng thẻ nhớ"), parent)
        self.said = Label(_tr("Cho nơi không bao giờ có mạng."), tone="soft", wrap=True)
        self.export = Button(_tr("Ghi ra tệp"), icon="file-down", small=True)
        self.open = Button(_tr("Mở tệp"), icon="file-up", small=True)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.export, self.open):
            row.addWidget(button, 1)
        self.body.addWidget(self.said)
        self.body.addLayout(row)
        self.export.clicked.connect(self.export_requested)
        self.open.clicked.connect(self.open_requested)

    def say(self, text: str, *, busy: bool = False) -> None:
        """Show what was done, or what is being done."""
        self.said.setText(text)
        for button in (self.export, self.open):
            button.setEnabled(not busy)


class FileView(Protocol):
    """What the presenter needs of the card."""

    def say(self, text: str, *, busy: bool = False) -> None:
        """Show what was done, or what is being done."""


@dataclass(frozen=True, slots=True)
class FileSources:
    """What the exchange by file needs. `carry` runs on the network lane, the others on that of the database.

    Attributes:
        name: The usual name of a file that this device writes.
        export: Writes what waits.
        look: Says what a file is.
        take: Stores an answer.
        carry: Brings a file to the server, and writes the answer to the second path.
    """

    name: Callable[[], str]
    export: Callable[[Path], Exported]
    look: Callable[[Path], Looked]
    take: Callable[[Path], SyncReport]
    carry: Callable[[Path, Path], None]


class FilePresenter:
    """Writes and opens files.

    Args:
        trouble: Shows what could not be done.
        changed: Told when records or what waits has changed.
    """

    KINDS: Final = f"Yum (*{SUFFIX})"

    def __init__(
        self,
        view: FileView,
        jobs: Jobs,
        sources: FileSources,
        asker: Asker,
        *,
        trouble: Callable[[str], None],
        changed: Callable[[], None],
    ) -> None:
        self._view, self._jobs, self._sources, self._asker = view, jobs, sources, asker
        self._trouble, self._changed = trouble, changed

    def export(self) -> None:
        """Ask where to write what waits, and write it."""
        self._asker.save_file(_tr("Ghi ra tệp"), self._sources.name(), self.KINDS, self._export_to)

    def open(self) -> None:
        """Ask for a file, and do with it what is to be done."""
        self._asker.open_file(_tr("Mở tệp"), self.KINDS, self._look_at)

    def _export_to(self, path: Path) -> None:
        chosen = path if path.suffix else path.with_suffix(SUFFIX)
        write = self._sources.export
        self._begin(_tr("Đang ghi {0}").format(chosen.name))
        self._jobs.submit(
            lambda: write(chosen), done=lambda exported: self._exported(chosen, exported), failed=self._failed
        )

    def _exported(self, path: Path, exported: Exported) -> None:
        words = _tr("Đã ghi {0} thay đổi vào {1}. Mang tệp đến máy có mạng, rồi mang tệp trả lời về đây.")
        self._view.say(words.format(number_text(exported.changes), path.name))
        self._changed()

    def _look_at(self, path: Path) -> None:
        look = self._sources.look
        self._begin(_tr("Đang đọc {0}").format(path.name))
        self._jobs.submit(lambda: look(path), done=lambda looked: self._looked(path, looked), failed=self._failed)

    def _looked(self, path: Path, looked: Looked) -> None:
        take, carry, answer = self._sources.take, self._sources.carry, answer_path(path)
        if looked.way is Way.TAKE:
            self._jobs.submit(lambda: take(path), done=self._taken, failed=self._failed)
        elif looked.way is Way.CARRY:
            self._view.say(_tr("Đang đưa {0} đến máy chủ").format(path.name), busy=True)
            self._jobs.submit(
                lambda: carry(path, answer),
                done=lambda _: self._carried(answer),
                failed=self._failed,
                lane=Lane.NETWORK,
            )
        else:
            self._view.say(_tr("Tệp này trả lời cho máy khác. Hãy đưa nó đến máy đó."))

    def _taken(self, report: SyncReport) -> None:
        sent, trouble = report.pushed, error_text(report)
        words = _tr("Máy chủ đã nhận {0} thay đổi, hỏi lại {1}, từ chối {2}. Máy này nhận {3} hồ sơ.")
        accepted = sent["applied"] + sent["merged"]
        numbers = (accepted, sent["conflict"], sent["refused"], report.pulled)
        self._view.say(trouble or words.format(*map(number_text, numbers)))
        self._changed()

    def _carried(self, answer: Path) -> None:
        self._view.say(_tr("Máy chủ đã nhận. Mang tệp {0} về máy đã gửi và mở ở đó.").format(answer.name))

    def _begin(self, text: str) -> None:
        self._trouble("")
        self._view.say(text, busy=True)

    def _failed(self, error: Exception) -> None:
        self._view.say(_tr("Chưa xong. Những gì đã nhập vẫn còn trên máy."))
        self._trouble(told(error))
