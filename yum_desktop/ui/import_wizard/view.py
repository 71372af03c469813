"""The wizard: four steps, back always possible, leaving keeps everything."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from yum_desktop.exchange.excel.layout import LEFT_REASON
from yum_desktop.registry.imports import Batch
from yum_desktop.ui.formats import instant_text, number_text
from yum_desktop.ui.import_wizard.columns import ColumnsStep
from yum_desktop.ui.import_wizard.looking import LookingStep
from yum_desktop.ui.import_wizard.presenter import Imported, Read, Stage
from yum_desktop.ui.import_wizard.preview import Counts, PreviewRow
from yum_desktop.ui.theme import Type
from yum_desktop.ui.widgets.buttons import Button
from yum_desktop.ui.widgets.panels import ActionBar, Banner, Card, EmptyState, PageHead
from yum_desktop.ui.widgets.steps import Step, StepBar
from yum_desktop.ui.widgets.text import IconLabel, Label

_LINES_MAX = 12


class ImportPage(QWidget):
    """Draws and forwards.

    Signals:
        file_requested: Choose a file.
        file_dropped: A path.
        forward, back: To the next step, to the one before.
        undo_requested: Take the whole import back.
        batch_undo_requested: Take an import of before back, by its group.
        stop_requested: End the reading.
        leave_requested: Write the rows that are not imported.
        members_requested: Look at the members.
    """

    file_requested = Signal()
    file_dropped = Signal(object)
    forward = Signal()
    back = Signal()
    undo_requested = Signal()
    batch_undo_requested = Signal(str)
    stop_requested = Signal()
    leave_requested = Signal()
    members_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._stage = Stage.FILE
        self.head = PageHead(self.tr("Nhập từ Excel"))
        self.steps = StepBar(inline=True)
        self.head.row.insertWidget(1, self.steps, 100)
        self.trouble = Banner("wait", "triangle-alert")
        words = self.tr("Chọn danh sách đoàn viên đang có, mẫu nào cũng được. Chưa có gì được nhập khi chưa xem trước.")
        self.start = EmptyState("file-spreadsheet", words, self.tr("Chọn tệp Excel"))
        self.columns = ColumnsStep()
        self.looking = LookingStep()
        self.told = Label("", tone="soft")
        self.other = Button(self.tr("Chọn tệp khác"), icon="file-up")
        self.leave = Button(self.tr("Lưu dòng chưa nhập"), icon="file-down")
        self.batches: dict[str, Button] = {}
        self._reading = ""
        self.previous = Button(self.tr("Quay lại"), icon="arrow-left", key="Esc")
        self.next = Button(self.tr("Tiếp tục"), kind="primary", icon="arrow-right", key="Ctrl+Return")
        self.undo = Button(self.tr("Hoàn tác cả lần nhập"), icon="undo-2")
        self.members = Button(self.tr("Xem đoàn viên"), kind="primary", icon="users", key="Ctrl+Return")
        self.stack = QStackedWidget()
        self._lay_out()
        self._connect()
        self.show_stage(Stage.FILE)

    def panes(self) -> list[QWidget]:
        """Return what F6 moves between."""
        return [self.looking.table]

    def show_stage(self, stage: Stage) -> None:
        """Bring a step to the front."""
        self._stage = stage
        self.stack.setCurrentIndex(stage)
        names = (self.tr("Chọn tệp"), self.tr("Ghép cột"), self.tr("Xem trước"), self.tr("Nhập"))
        last = stage is Stage.DONE
        self.steps.set_steps(
            [Step(n, "done" if at < stage or last else "now" if at == stage else "todo") for at, n in enumerate(names)]
        )
        self.previous.setVisible(stage in (Stage.COLUMNS, Stage.PREVIEW))
        self.next.setVisible(stage in (Stage.COLUMNS, Stage.PREVIEW))
        self.next.setText(self.tr("Nhập") if stage is Stage.PREVIEW else self.tr("Xem trước"))
        self.next.set_icon("check" if stage is Stage.PREVIEW else "arrow-right")
        self.other.setVisible(stage is not Stage.FILE)
        for button in (self.undo, self.members):
            button.setVisible(last)
        self.leave.setVisible(False)
        self.bar.setVisible(stage is not Stage.FILE)
        self.told.setText("")
        if stage is Stage.PREVIEW:
            self.looking.table.setFocus(Qt.FocusReason.OtherFocusReason)
        elif last:
            self.members.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_progress(self, share: float) -> None:
        """Show how far the reading is."""
        if self._reading:
            text = self.tr("{0}: {1} %").format(self._reading, int(share * 100))
            if self._stage is Stage.FILE:
                self.start.say("loader-circle", text, self.tr("Dừng"))
            else:
                self.told.setText(text)

    def show_batches(self, batches: Sequence[Batch], now: datetime) -> None:
        """Show the last imports."""
        while (item := self._batches.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self.batches = {}
        self._batches_head.setVisible(bool(batches))
        for place, batch in enumerate(batches):
            self._batches.addWidget(Label(instant_text(batch.at, now), Type.SMALL, tone="soft", data=True), place, 0)
            self._batches.addWidget(Label(batch.reason, data=True), place, 1)
            people = self.tr("{0} người").format(number_text(batch.people))
            self._batches.addWidget(Label(people, data=True), place, 2, Qt.AlignmentFlag.AlignRight)
            if batch.undone:
                self._batches.addWidget(Label(self.tr("Đã hoàn tác"), Type.SMALL, tone="soft"), place, 3)
                continue
            button = Button(self.tr("Hoàn tác"), icon="undo-2", small=True)
            button.clicked.connect(partial(self.batch_undo_requested.emit, batch.group))
            self.batches[batch.group] = button
            self._batches.addWidget(button, place, 3)

    def show_busy(self, text: str) -> None:
        """Show what is being done; an empty text: nothing."""
        self._reading = text
        if self._stage is Stage.FILE:
            plain = self.tr(
                "Chọn danh sách đoàn viên đang có, mẫu nào cũng được. Chưa có gì được nhập khi chưa xem trước."
            )
            self.start.say(
                "loader-circle" if text else "file-spreadsheet",
                text or plain,
                self.tr("Dừng") if text else self.tr("Chọn tệp Excel"),
            )
        elif text:
            self.told.setText(text)
        for button in (self.next, self.previous, self.other):
            button.setEnabled(not text)

    def show_columns(self, read: Read, units: Mapping[str, UUID]) -> None:
        """Show what the columns and the units of the file are taken for."""
        self.columns.show_columns(read, units)
        beside = [column.header or column.letter for column in read.plan.columns if column.field is None]
        shown = ", ".join(beside)
        said = self.tr("Giữ ở ghi chú: {0}").format(shown) if beside else self.tr("Mọi cột đã được ghép.")
        if any(column.field == LEFT_REASON for column in read.plan.columns):
            said = self.tr("Tệp sửa lại của lần nhập trước. {0}").format(said)
        elif read.recalled:
            said = self.tr("Ghép cột như lần trước. {0}").format(said)
        self.told.setText(said)

    def show_preview(self, rows: Sequence[PreviewRow], counts: Counts, read: Read) -> None:
        """Show what each row would become."""
        self.looking.show_preview(rows, counts, read)
        words = self.tr("Nhập {0} người").format(number_text(counts.wanted))
        if counts.changed:
            words += self.tr(", sửa {0}").format(number_text(counts.changed))
        self.next.setText(words)
        self.leave.setVisible(any(not row.wanted for row in rows))
        if counts.without_unit:
            self.told.setText(self.tr("{0} dòng chưa có chi đoàn. Quay lại bước ghép cột.").format(counts.without_unit))
        else:
            left = sum(1 for row in rows if not row.wanted)
            self.told.setText(
                self.tr("{0} dòng để lại, không nhập.").format(left)
                if left
                else self.tr("Nhập xong vẫn hoàn tác được.")
            )

    def show_done(self, imported: Imported) -> None:
        """Show what was done."""
        self.undo.setVisible(not imported.undone)
        icon, role = ("undo-2", "off") if imported.undone else ("circle-check", "ok")
        self._done_icon.set_icon(icon, role)
        done = self.tr("Đã nhập {0} người từ {1}").format(number_text(imported.people), imported.file)
        taken_back = self.tr("Đã hoàn tác: {0} người của {1} không còn trong danh sách")
        self._done_title.setText(
            taken_back.format(number_text(imported.people), imported.file) if imported.undone else done
        )
        wait = self.tr("Sẽ gửi khi có mạng. Nếu nhập nhầm, hoàn tác cả lần nhập bằng một nút.")
        self._done_about.setText(self.tr("Người đã được sửa sau khi nhập thì được giữ.") if imported.undone else wait)
        while (item := self._done_grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        lines = [(name, number_text(people)) for name, people in imported.by_unit[:_LINES_MAX]]
        if len(imported.by_unit) > _LINES_MAX:
            rest = sum(people for _, people in imported.by_unit[_LINES_MAX:])
            lines.append((self.tr("{0} chi đoàn khác").format(len(imported.by_unit) - _LINES_MAX), number_text(rest)))
        if imported.changed:
            lines.append((self.tr("Người đã có, được bổ sung"), number_text(imported.changed)))
        self.leave.setVisible(imported.left_out > 0)
        if imported.left_out:
            lines.append((self.tr("Dòng để lại, không nhập"), number_text(imported.left_out)))
        for place, (name, number) in enumerate(lines):
            self._done_grid.addWidget(Label(name, data=True, wrap=True), place, 0)
            self._done_grid.addWidget(Label(number, Type.STRONG, data=True), place, 1, Qt.AlignmentFlag.AlignRight)

    def show_trouble(self, text: str) -> None:
        """Show what could not be done; an empty text takes it away."""
        self.trouble.say(text)

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept a file."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        """Take the file that was dropped."""
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            self.file_dropped.emit(Path(files[0]))

    def _connect(self) -> None:
        self.start.acted.connect(self._started)
        self.leave.clicked.connect(self.leave_requested)
        self.other.clicked.connect(self.file_requested)
        self.previous.clicked.connect(self.back)
        self.next.clicked.connect(self.forward)
        self.undo.clicked.connect(self.undo_requested)
        self.members.clicked.connect(self.members_requested)

    def _started(self) -> None:
        (self.stop_requested if self._reading else self.file_requested).emit()

    def _lay_out(self) -> None:
        start = Card()
        start.body.addWidget(self.start, 1)
        self._batches_head = Label(self.tr("Các lần nhập gần đây"), Type.HEADING)
        self._batches_head.hide()
        start.body.addWidget(self._batches_head)
        self._batches = QGridLayout()
        self._batches.setHorizontalSpacing(20)
        self._batches.setColumnStretch(1, 1)
        start.body.addLayout(self._batches)
        for step in (start, self.columns, self.looking, self._done_page()):
            self.stack.addWidget(step)
        self.bar = ActionBar()
        self.bar.left.addWidget(self.told)
        for button in (self.other, self.leave, self.previous, self.undo, self.next, self.members):
            self.bar.right.addWidget(button)
        inner = QVBoxLayout()
        inner.setContentsMargins(20, 0, 20, 12)
        inner.setSpacing(12)
        inner.addWidget(self.trouble)
        inner.addWidget(self.stack, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.head)
        whole.addLayout(inner, 1)
        whole.addWidget(self.bar)

    def _done_page(self) -> Card:
        card = Card()
        self._done_icon = IconLabel("circle-check", "ok", 32)
        self._done_title = Label("", Type.HEADING, wrap=True)
        self._done_about = Label("", tone="soft", wrap=True)
        self._done_grid = QGridLayout()
        self._done_grid.setHorizontalSpacing(28)
        home = QWidget()
        home.setFixedWidth(560)
        column = QVBoxLayout(home)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self._done_icon)
        head.addWidget(self._done_title, 1)
        column.addLayout(head)
        column.addWidget(self._done_about)
        column.addSpacing(8)
        column.addLayout(self._done_grid)
        card.body.addStretch(1)
        card.body.addWidget(home, 0, Qt.AlignmentFlag.AlignHCenter)
        card.body.addStretch(2)
        return card
