"""Cards, banners, empty places, undo messages and progress."""

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QSplitter, QVBoxLayout, QWidget
from typing_extensions import override

from yum_desktop.ui.theme import Type, current_theme
from yum_desktop.ui.widgets.buttons import Button, IconButton
from yum_desktop.ui.widgets.text import IconLabel, Label

TOAST_MS = 10_000


class Card(QFrame):
    """A white area with an edge. Cards are never put in cards.

    Attributes:
        head: The row of the title; add what stands at its right.
        body: Where the content goes.
    """

    def __init__(self, title: str = "", parent: QWidget | None = None, *, flush: bool = False) -> None:
        super().__init__(parent)
        self.setProperty("look", "card")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.setSpacing(0)
        self.title = Label(title, Type.HEADING, parent=self)
        self.head = QHBoxLayout()
        self.head.setContentsMargins(16, 10, 16, 0 if not flush else 8)
        self.head.setSpacing(8)
        self.head.addWidget(self.title)
        self.head.addStretch(1)
        self.title.setVisible(bool(title))
        if title:
            outer.addLayout(self.head)
        self.body = QVBoxLayout()
        margins = (0, 0, 0, 0) if flush else (16, 8 if title else 12, 16, 12)
        self.body.setContentsMargins(*margins)
        self.body.setSpacing(0 if flush else 4)
        outer.addLayout(self.body, 1)


class Banner(QFrame):
    """What is, why, and one button. At most one on a page; it stays while it is true."""

    acted = Signal()

    def __init__(self, role: str, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "banner")
        self.setProperty("tone", role)
        self._icon = IconLabel(icon, role, 20, self)
        self._text = Label("", wrap=True, parent=self)
        self._button = Button("", small=True, parent=self)
        self._button.clicked.connect(self.acted)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 10, 6)
        row.setSpacing(12)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        row.addWidget(self._button)
        self.setMinimumHeight(current_theme().px(40))
        self.hide()

    def say(self, text: str, button: str = "", *, role: str | None = None, icon: str | None = None) -> None:
        """Show the banner. An empty text hides it."""
        if role is not None and icon is not None:
            self.setProperty("tone", role)
            self.style().unpolish(self)
            self.style().polish(self)
            self._icon.set_icon(icon, role)
        self._text.setText(text)
        self._button.setText(button)
        self._button.setVisible(bool(button))
        self.setVisible(bool(text))

    @property
    def text(self) -> str:
        """What it says now."""
        return self._text.text()


class EmptyState(QWidget):
    """Why a place is empty, and the one thing to do."""

    acted = Signal()

    def __init__(self, icon: str, text: str, button: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = IconLabel(icon, "text-hint", 32, self)
        self._text = Label(text, tone="soft", wrap=True, parent=self)
        self._text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._button = Button(button, parent=self)
        self._button.setVisible(bool(button))
        self._button.clicked.connect(self.acted)
        column = QVBoxLayout(self)
        column.setContentsMargins(28, 28, 28, 28)
        column.setSpacing(12)
        column.addStretch(1)
        column.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._text)
        column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)

    def say(self, icon: str, text: str, button: str = "") -> None:
        """Say something else."""
        self._icon.set_icon(icon, "text-hint")
        self._text.setText(text)
        self._button.setText(button)
        self._button.setVisible(bool(button))

    @property
    def text(self) -> str:
        """What it says now."""
        return self._text.text()


class Toast(QFrame):
    """What was done and how to take it back, at the bottom left of its page for ten seconds.

    It stays while it is focused or the pointer is over it.
    """

    undone = Signal()

    def __init__(self, page: QWidget) -> None:
        super().__init__(page)
        self._page = page
        self.setProperty("look", "toast")
        self._text = Label("", tone="toast", parent=self)
        self._undo = Button(self.tr("Hoàn tác"), kind="toast", small=True, parent=self)
        self._undo.clicked.connect(self._take_back)
        self._close = IconButton("x", self.tr("Đóng"), kind="toast", small=True, parent=self)
        self._close.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 8, 6)
        row.setSpacing(12)
        for part in (self._text, self._undo, self._close):
            row.addWidget(part)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TOAST_MS)
        self._timer.timeout.connect(self._over)
        page.installEventFilter(self)
        self.hide()

    def say(self, text: str, *, undo: bool = True) -> None:
        """Show what was done."""
        self._text.setText(text)
        self._undo.setVisible(undo)
        self.adjustSize()
        self._place()
        self.show()
        self.raise_()
        self._timer.start()

    @property
    def text(self) -> str:
        """What it says now, empty while it is away."""
        return self._text.text() if not self.isHidden() else ""

    def _take_back(self) -> None:
        self.hide()
        self.undone.emit()

    def _over(self) -> None:
        if self.underMouse() or self._undo.hasFocus() or self._close.hasFocus():
            self._timer.start()
        else:
            self.hide()

    def _place(self) -> None:
        page = self._page
        bars = [bar.height() for bar in page.findChildren(ActionBar) if bar.isVisible()]
        self.move(28, page.height() - self.height() - 28 - max(bars, default=0))

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep to the corner of the page."""
        if event.type() is QEvent.Type.Resize:
            self._place()
        return False


class Bar(QWidget):
    """How much of a whole is there. The numbers stand beside it."""

    def __init__(self, parent: QWidget | None = None, *, height_px: int = 8) -> None:
        super().__init__(parent)
        self._share = 0.0
        self.setFixedHeight(current_theme().px(height_px))
        self.setMinimumWidth(60)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_share(self, done: int, total: int) -> None:
        """Show `done` of `total`."""
        self._share = min(1.0, done / total) if total else 0.0
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bar."""
        theme, painter = current_theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        round_px = self.height() / 2
        painter.setBrush(theme.color("track"))
        painter.drawRoundedRect(QRectF(self.rect()), round_px, round_px)
        if self._share:
            painter.setBrush(theme.color("accent"))
            wide = max(self.height(), self.width() * self._share)
            painter.drawRoundedRect(QRectF(0, 0, wide, self.height()), round_px, round_px)
        painter.end()


class Progress(QWidget):
    """Bar, count, detail and "Dừng" for work that takes longer than two seconds."""

    stopped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = Label("", Type.HEADING, parent=self)
        self._count = Label("", Type.SMALL, tone="soft", data=True, parent=self)
        self._bar = Bar(self)
        self._detail = Label("", Type.SMALL, tone="soft", wrap=True, parent=self)
        self.stop = Button(self.tr("Dừng"), icon="pause", parent=self)
        self.stop.clicked.connect(self.stopped)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._bar)
        column.addWidget(self._detail)
        column.addWidget(self.stop)

    def show_progress(self, title: str, done: int, total: int, detail: str = "") -> None:
        """Show where the work is; `total` 0 where it is not known."""
        self._title.setText(title)
        self._count.setText(f"{done}/{total}" if total else str(done) if done else "")
        self._bar.set_share(done, total)
        self._detail.setText(detail)
        self._detail.setVisible(bool(detail))


class Split(QSplitter):
    """Panes side by side with a gap that can be dragged."""

    def __init__(self, *panes: QWidget, parent: QWidget | None = None, upright: bool = False) -> None:
        super().__init__(Qt.Orientation.Vertical if upright else Qt.Orientation.Horizontal, parent)
        self.setHandleWidth(12)
        self.setChildrenCollapsible(False)
        for pane in panes:
            self.addWidget(pane)


class PageHead(QWidget):
    """Title, what it is about, and the buttons of a page, 60 high.

    Attributes:
        buttons: Where buttons at the right go.
    """

    back = Signal()

    def __init__(self, title: str, parent: QWidget | None = None, *, back: bool = False) -> None:
        super().__init__(parent)
        self.title = Label(title, Type.TITLE, parent=self)
        self.about = Label("", tone="soft", data=True, parent=self)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(20, 6, 20, 6)
        self.row.setSpacing(14)
        if back:
            arrow = IconButton("arrow-left", self.tr("Quay lại"), key="Esc", parent=self)
            arrow.clicked.connect(self.back)
            self.row.addWidget(arrow)
        self.row.addWidget(self.title)
        self.row.addWidget(self.about, 0, Qt.AlignmentFlag.AlignBottom)
        self.about.setContentsMargins(0, 0, 0, current_theme().px(12))
        self.row.addStretch(1)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(8)
        self.row.addLayout(self.buttons)
        self.setFixedHeight(current_theme().px(60))

    def say(self, title: str, about: str = "") -> None:
        """Write another title."""
        self.title.setText(title)
        self.about.setText(about)


class ActionBar(QFrame):
    """The buttons of a form or wizard at the bottom, 56 high.

    Attributes:
        left: Where counts and hints go.
        right: Where buttons go, the primary one last.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "actions")
        self.setFixedHeight(current_theme().px(56))
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 20, 0)
        self.left, self.right = QHBoxLayout(), QHBoxLayout()
        for part in (self.left, self.right):
            part.setSpacing(8)
        row.addLayout(self.left)
        row.addStretch(1)
        row.addLayout(self.right)


def rich(label: QLabel, html: str) -> None:
    """Show rich text with room for the marks. The caller escapes what people typed."""
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setText(f'<div style="line-height:150%">{html}</div>')
