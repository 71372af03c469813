"""The window of the identity card: a place for the scanner to type into, then the card beside the record."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget
from typing_extensions import override

from yum_desktop.domain.card import CARD_SIZE_MAX, Difference, Value
from yum_desktop.domain.member import BY_NAME
from yum_desktop.ui.asking import Asker
from yum_desktop.ui.card.pictures import code_in, read_picture
from yum_desktop.ui.card.presenter import CardPresenter, Compared
from yum_desktop.ui.card.webcam import Webcam
from yum_desktop.ui.theme import Type, current_theme
from yum_desktop.ui.widgets.buttons import Button
from yum_desktop.ui.widgets.fields import TextField
from yum_desktop.ui.widgets.panels import Banner
from yum_desktop.ui.widgets.text import Key, Label, Line
from yum_desktop.ui.widgets.ticks import Tick

_WIDTH_PX: Final = 720
_QUIET_MS: Final = 250
"""A scanner that ends without Enter is taken to have ended after so long."""

_TOP: Final = Qt.AlignmentFlag.AlignTop
_BARS_MIN: Final = 6


class ScanField(TextField):
    """What a scanner types into: the input method stays out of it, and nobody reads the number over a shoulder.

    Signals:
        scanned: A whole text.
        pasted: A picture was pasted.
    """

    scanned = Signal(str)
    pasted = Signal(QImage)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, icon="id-card")
        self.setPlaceholderText(self.tr("Quét vào đây"))
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, on=False)
        self.setMaxLength(2 * CARD_SIZE_MAX)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(_QUIET_MS)
        self._quiet.timeout.connect(self._end_if_whole)
        self.textEdited.connect(lambda _text: self._quiet.start())

    def take(self) -> None:
        """Hand over what was typed; nothing of it stays."""
        self._quiet.stop()
        text = self.text()
        self.clear()
        self.setEchoMode(QLineEdit.EchoMode.Password)  # forgets what could be undone
        if text.strip():
            self.scanned.emit(text)

    def _end_if_whole(self) -> None:
        if self.text().count("|") >= _BARS_MIN:
            self.take()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """End at Enter; take a picture from the clipboard; let Esc close the window."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.take()
        elif event.matches(QKeySequence.StandardKey.Paste):
            image = QGuiApplication.clipboard().image()
            if image.isNull():
                super().keyPressEvent(event)
                self.take()
            else:
                self.pasted.emit(image)
        else:
            super().keyPressEvent(event)


class CardDialog(QDialog):
    """Draws and forwards.

    Args:
        asker: Lets files be chosen.
        shown: How a value of a field reads.
        parent: What it stands over.
    """

    def __init__(self, asker: Asker, shown: Callable[[str, Value], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.presenter: CardPresenter
        self._asker, self._shown = asker, shown
        self.setWindowTitle(self.tr("Quét thẻ căn cước"))
        self.setAcceptDrops(True)
        self.setFixedWidth(current_theme().px(_WIDTH_PX))
        self.field = ScanField(self)
        self.field.setAccessibleName(self.tr("Mã trên thẻ"))
        self.picture = Button(self.tr("Chọn tệp ảnh"), icon="file-up", key="Ctrl+O", parent=self)
        self.camera = Button(self.tr("Dùng webcam"), icon="eye", key="Ctrl+W", parent=self)
        self.trouble = Banner("wait", "triangle-alert", self)
        self.heading = Label("", Type.STRONG, data=True, wrap=True, parent=self)
        self.ticks: dict[str, Tick] = {}
        self._lines = QWidget(self)
        self.close_button = Button(self.tr("Đóng"), parent=self)
        self.fill = Button(self.tr("Điền vào phiếu"), kind="primary", icon="check", key="Ctrl+Return", parent=self)
        self._webcam: Webcam | None = None
        self._lay_out()
        self._connect()
        self.wait()

    # what the presenter says

    def wait(self) -> None:
        """Show that nothing was read yet."""
        self.trouble.say("")
        self.heading.setText("")
        self._show_lines(())
        self.fill.setEnabled(False)
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_trouble(self, text: str) -> None:
        """Show why nothing was read, and what to do."""
        self.wait()
        self.trouble.say(text)

    def show_compared(self, compared: Compared) -> None:
        """Show a card beside the record."""
        self._stop_camera()
        warnings = list(compared.unread)
        if compared.other:
            warnings.insert(0, self.tr("Phiếu này đang là của người khác: cả tên và số đều khác thẻ."))
        self.trouble.say(" ".join(each if each.endswith(".") else f"{each}." for each in warnings))
        same = self.tr("Thẻ và phiếu không khác nhau ở mục nào.")
        self.heading.setText(compared.person if compared.lines else f"{compared.person}. {same}")
        self._show_lines(() if not compared.lines else tuple(compared.lines), tick=not compared.other)
        self.fill.setEnabled(bool(compared.lines))
        if self.ticks:
            next(iter(self.ticks.values())).setFocus(Qt.FocusReason.OtherFocusReason)

    def close_window(self) -> None:
        """Go back to the form."""
        self.accept()

    # what the person does

    def choose_picture(self) -> None:
        """Let an image file be chosen."""
        kinds = self.tr("Ảnh (*.jpg *.jpeg *.png *.bmp *.webp)")
        self._asker.open_file(self.tr("Ảnh chụp mã trên thẻ"), kinds, self.read_file)

    def read_file(self, path: Path) -> None:
        """Read an image file."""
        self.presenter.read_picture(partial(read_picture, path))

    def _read_text(self, text: str) -> None:
        self.presenter.read(text)

    def _read_image(self, image: QImage) -> None:
        self.presenter.read_picture(partial(code_in, image))

    def _apply(self) -> None:
        self.presenter.apply([name for name, tick in self.ticks.items() if tick.isChecked()])

    def _use_camera(self) -> None:
        if self._webcam is None:
            self._webcam = Webcam(self)
            self._webcam.seen.connect(self._read_text)
        trouble = self._webcam.start()
        self.wait()
        self.trouble.say(
            trouble or self.tr("Webcam đang nhìn. Giơ mã trên thẻ trước ống kính, cách chừng một gang tay.")
        )

    def _stop_camera(self) -> None:
        if self._webcam is not None:
            self._webcam.stop()

    # layout

    def _connect(self) -> None:
        self.field.scanned.connect(self._read_text)
        self.field.pasted.connect(self._read_image)
        self.picture.clicked.connect(self.choose_picture)
        self.camera.clicked.connect(self._use_camera)
        self.close_button.clicked.connect(self.reject)
        self.fill.clicked.connect(self._apply)
        self.finished.connect(self._end)

    def _end(self) -> None:
        self._stop_camera()
        self.deleteLater()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addWidget(Label(self.tr("Quét thẻ căn cước"), Type.HEADING, parent=self))
        words = self.tr(
            "Quét mã trên thẻ bằng máy quét, hoặc dán ảnh, dán chữ (Ctrl+V), kéo tệp ảnh vào đây."
            " Ảnh và mã không được lưu lại."
        )
        column.addWidget(Label(words, tone="soft", wrap=True, parent=self))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.field, 1)
        row.addWidget(self.picture)
        row.addWidget(self.camera)
        column.addLayout(row)
        column.addWidget(self.trouble)
        column.addWidget(self.heading)
        column.addWidget(self._lines)
        bar = QHBoxLayout()
        bar.setContentsMargins(0, 8, 0, 0)
        bar.addWidget(Key(self.tr("Cách")))
        bar.addWidget(Label(self.tr("chọn, bỏ chọn một mục"), Type.SMALL, tone="soft", parent=self))
        bar.addStretch(1)
        bar.addWidget(self.close_button)
        bar.addWidget(self.fill)
        column.addLayout(bar)
        self._column = column

    def _show_lines(self, lines: tuple[Difference, ...], *, tick: bool = True) -> None:
        fresh = QWidget(self)
        grid = QGridLayout(fresh)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        self.ticks = {}
        if lines:
            for place, words in enumerate((self.tr("Lấy từ thẻ"), self.tr("Đang có"), self.tr("Trên thẻ"))):
                grid.addWidget(Label(words, Type.COLUMN, tone="soft", parent=fresh), 0, place)
            grid.addWidget(Line(), 1, 0, 1, 3)
        row = 2
        for line in lines:
            box = self.ticks[line.field] = Tick(BY_NAME[line.field].label, fresh)
            box.setChecked(tick and line.sure)
            grid.addWidget(box, row, 0, _TOP)
            mine, card = self._shown(line.field, line.mine), self._shown(line.field, line.card)
            grid.addWidget(Label(mine, data=True, wrap=True, parent=fresh), row, 1, _TOP)
            grid.addWidget(Label(card, Type.STRONG, data=True, wrap=True, parent=fresh), row, 2, _TOP)
            row += 1
            if line.note:
                grid.addWidget(Label(line.note, Type.SMALL, tone="wait", wrap=True, parent=fresh), row, 1, 1, 2)
                row += 1
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 1)
        self._column.replaceWidget(self._lines, fresh)
        self._lines.hide()
        self._lines.deleteLater()
        self._lines = fresh
        fresh.setVisible(bool(lines))
        self.adjustSize()

    @override
    def event(self, event: QEvent) -> bool:
        """Fit the window to what it shows."""
        if event.type() is QEvent.Type.LayoutRequest:
            self.adjustSize()
        return super().event(event)

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take one file."""
        urls = event.mimeData().urls()
        if len(urls) == 1 and urls[0].isLocalFile():
            event.acceptProposedAction()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        """Read the file."""
        event.acceptProposedAction()
        self.read_file(Path(event.mimeData().urls()[0].toLocalFile()))
