"""The window of an export."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QButtonGroup, QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget
from typing_extensions import override

from yum_desktop.exchange.excel.out_layout import OutLayout
from yum_desktop.ui.export.presenter import Entry, ExportPresenter
from yum_desktop.ui.formats import number_text
from yum_desktop.ui.theme import Type, current_theme
from yum_desktop.ui.widgets.buttons import Button
from yum_desktop.ui.widgets.fields import TextField
from yum_desktop.ui.widgets.panels import Banner, Progress
from yum_desktop.ui.widgets.text import IconLabel, Label
from yum_desktop.ui.widgets.ticks import Radio, Tick

_WIDTH_PX: Final = 620
_INDENT_PX: Final = 26


class ExportDialog(QDialog):
    """Draws and forwards. `presenter` must be given before it is opened."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.presenter: ExportPresenter
        self.setWindowTitle(self.tr("Xuất danh sách"))
        self.setFixedWidth(current_theme().px(_WIDTH_PX))
        self.about = Label("", tone="soft", data=True, wrap=True, parent=self)
        self.trouble = Banner("wait", "triangle-alert", self)
        self.layouts: dict[str, tuple[OutLayout, Radio]] = {}
        self._group = QButtonGroup(self)
        self._choices = QWidget(self)
        self._offered = QVBoxLayout()
        self.hint = Label("", Type.SMALL, tone="soft", wrap=True, parent=self._choices)
        self.masked = Radio(self.tr("Che số giấy tờ, điện thoại và mục nhạy cảm"), self._choices)
        self.full = Radio(self.tr("Ghi đầy đủ, vì:"), self._choices)
        self.reason = TextField(self._choices, placeholder=self.tr("Dùng vào việc gì, gửi cho ai"))
        self.protect = Tick(self.tr("Đặt mật khẩu mở tệp"), self._choices)
        self.password, self.again = TextField(self._choices), TextField(self._choices)
        self.progress = Progress(self)
        self._done = QWidget(self)
        self.said = Label("", Type.STRONG, data=True, wrap=True, parent=self._done)
        self.close_button = Button(self.tr("Đóng"), parent=self)
        self.folder = Button(self.tr("Mở thư mục"), icon="folder-check", parent=self)
        self.open_file = Button(self.tr("Mở tệp"), icon="file-spreadsheet", parent=self)
        self.go = Button(self.tr("Xuất"), kind="primary", icon="file-down", key="Ctrl+Return", parent=self)
        self._path = Path()
        self._lay_out()
        self._connect()
        self.show_choices()
        self._enable()

    # what the presenter says

    def show_subject(self, about: str, count: int) -> None:
        """Show of what list it is."""
        people = self.tr("{0} người").format(number_text(count))
        self.about.setText(f"{about} · {people}" if about else people)

    def show_layouts(self, found: Sequence[OutLayout]) -> None:
        """Offer the layouts."""
        self.layouts = {}
        for layout in found:
            box = Radio(layout.title, self._choices)
            self._group.addButton(box)
            self._offered.addWidget(box)
            box.toggled.connect(self._show_hint)
            self.layouts[layout.id] = (layout, box)
        for _, box in list(self.layouts.values())[:1]:
            box.setChecked(True)
            box.setFocus(Qt.FocusReason.OtherFocusReason)
        self.go.setEnabled(bool(self.layouts))
        self._fit()

    def show_trouble(self, text: str, field: str = "") -> None:
        """Show what is wrong, and where."""
        self.trouble.say(text)
        for name, editor in (("reason", self.reason), ("password", self.password)):
            editor.set_state("bad" if name == field else "")
            if name == field:
                editor.setFocus(Qt.FocusReason.OtherFocusReason)
                editor.selectAll()
        self._fit()

    def show_progress(self, done: int, total: int) -> None:
        """Show how far the file is."""
        self._show(self.progress)
        self.progress.show_progress(self.tr("Đang ghi tệp"), done, total)
        self.go.hide()
        self.close_button.hide()

    def show_choices(self) -> None:
        """Show the choices again."""
        self._show(self._choices)
        for button, shown in (
            (self.go, True),
            (self.close_button, True),
            (self.folder, False),
            (self.open_file, False),
        ):
            button.setVisible(shown)

    def show_done(self, text: str, path: Path) -> None:
        """Show what was written and where."""
        self._path = path
        self.said.setText(text)
        self._show(self._done)
        for button, shown in ((self.go, False), (self.close_button, True), (self.folder, True), (self.open_file, True)):
            button.setVisible(shown)
        self.password.clear()
        self.again.clear()
        self.open_file.setFocus(Qt.FocusReason.OtherFocusReason)
        self._fit()

    # what the person does

    def _start(self) -> None:
        chosen = self._chosen()
        if chosen is not None:
            reason = self.reason.text() if self.full.isChecked() else None
            password = self.password.text() if self.protect.isChecked() else None
            self.presenter.start(Entry(chosen, reason, password, self.again.text()))

    def _chosen(self) -> OutLayout | None:
        return next((layout for layout, box in self.layouts.values() if box.isChecked()), None)

    def _show_hint(self) -> None:
        chosen = self._chosen()
        self.hint.setText(chosen.about if chosen is not None else "")

    def _enable(self) -> None:
        self.reason.setEnabled(self.full.isChecked())
        for field in (self.password, self.again):
            field.setEnabled(self.protect.isChecked())

    def _chose_full(self) -> None:
        self._enable()
        if self.full.isChecked():
            self.reason.setFocus(Qt.FocusReason.OtherFocusReason)

    def _chose_password(self) -> None:
        self._enable()
        if self.protect.isChecked():
            self.password.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def reject(self) -> None:
        """Stop first what is being written."""
        if not self.progress.isHidden():
            self.presenter.stop()
        else:
            super().reject()

    # layout

    def _connect(self) -> None:
        self.go.clicked.connect(self._start)
        self.close_button.clicked.connect(self.reject)
        self.full.toggled.connect(self._chose_full)
        self.protect.toggled.connect(self._chose_password)
        self.progress.stopped.connect(self._stop)
        self.folder.clicked.connect(self._open_folder)
        self.open_file.clicked.connect(self._open_file)
        self.finished.connect(self.deleteLater)

    def _stop(self) -> None:
        self.presenter.stop()

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._path.parent)))

    def _open_file(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._path)))

    def _lay_out(self) -> None:
        seen = QButtonGroup(self)
        for box in (self.masked, self.full):
            seen.addButton(box)
        self.masked.setChecked(True)
        for field, name in ((self.password, self.tr("Mật khẩu")), (self.again, self.tr("Gõ lại mật khẩu"))):
            field.setEchoMode(QLineEdit.EchoMode.Password)
            field.setPlaceholderText(name)
            field.setAccessibleName(name)
        self.reason.setAccessibleName(self.tr("Lý do cần thông tin đầy đủ"))
        choices = QVBoxLayout(self._choices)
        choices.setContentsMargins(0, 0, 0, 0)
        choices.setSpacing(2)
        choices.addWidget(Label(self.tr("Mẫu"), Type.STRONG, parent=self._choices))
        choices.addLayout(self._offered)
        self.hint.setContentsMargins(current_theme().px(_INDENT_PX), 0, 0, 0)
        choices.addWidget(self.hint)
        choices.addSpacing(8)
        choices.addWidget(Label(self.tr("Thông tin riêng tư"), Type.STRONG, parent=self._choices))
        choices.addWidget(self.masked)
        full = QHBoxLayout()
        full.addWidget(self.full)
        full.addWidget(self.reason, 1)
        choices.addLayout(full)
        choices.addSpacing(8)
        choices.addWidget(self.protect)
        passwords = QHBoxLayout()
        passwords.setContentsMargins(current_theme().px(_INDENT_PX), 0, 0, 0)
        passwords.addWidget(self.password, 1)
        passwords.addWidget(self.again, 1)
        choices.addLayout(passwords)
        done = QHBoxLayout(self._done)
        done.setContentsMargins(0, 8, 0, 8)
        done.setSpacing(10)
        done.addWidget(IconLabel("circle-check", "ok", 20, self._done))
        done.addWidget(self.said, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addWidget(Label(self.tr("Xuất danh sách"), Type.HEADING, parent=self))
        column.addWidget(self.about)
        column.addWidget(self.trouble)
        for page in (self._choices, self.progress, self._done):
            column.addWidget(page)
        bar = QHBoxLayout()
        bar.setContentsMargins(0, 8, 0, 0)
        bar.addStretch(1)
        for button in (self.close_button, self.folder, self.open_file, self.go):
            bar.addWidget(button)
        column.addLayout(bar)

    def _show(self, shown: QWidget) -> None:
        for page in (self._choices, self.progress, self._done):
            page.setVisible(page is shown)

    def _fit(self) -> None:
        self.adjustSize()

    @override
    def event(self, event: QEvent) -> bool:
        """Fit the window to what it shows."""
        if event.type() is QEvent.Type.LayoutRequest:
            self._fit()
        return super().event(event)
