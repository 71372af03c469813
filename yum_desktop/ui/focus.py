"""One ring that shows where the keys go."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QFocusFrame,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid
from typing_extensions import override

_RINGED = (QLineEdit, QAbstractButton, QComboBox, QPlainTextEdit, QTextEdit)


class _Frame(QFocusFrame):
    """Paints the ring just outside the widget, so that an error edge stays visible within."""

    def __init__(self, color: Callable[[], QColor]) -> None:
        super().__init__()
        self._color = color

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(self._color(), 2)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        painter.end()


class FocusRing(QObject):
    """Follows the focus of the application. Lists and tables show their own, inside the cell."""

    def __init__(self, app: QApplication, parent: QObject, color: Callable[[], QColor]) -> None:
        super().__init__(parent)
        self._color = color
        self._frame: _Frame | None = None
        app.focusChanged.connect(self._moved)

    def _moved(self, _before: QWidget | None, now: QWidget | None) -> None:
        wanted = now if isinstance(now, _RINGED) and not isinstance(now, QAbstractItemView) else None
        if wanted is not None and wanted.property("ring") == "none":
            wanted = None
        if self._frame is None or not isValid(self._frame):  # it goes with the window it was drawn in
            self._frame = _Frame(self._color)
        self._frame.setWidget(wanted)  # type: ignore[arg-type]  # Qt takes a null widget: no ring
