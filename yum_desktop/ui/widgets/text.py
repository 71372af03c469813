"""Words, icons and lines."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget
from typing_extensions import override

from yum_desktop.ui.theme import Type, current_theme


class Label(QLabel):
    """Text in one of the styles. `data` for what people entered or we counted."""

    def __init__(
        self,
        text: str = "",
        style: Type = Type.BODY,
        *,
        tone: str = "text",
        data: bool = False,
        wrap: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("type", style.value)
        self.setProperty("tone", tone)
        self.setProperty("data", data)
        self.setIndent(0)
        self.setWordWrap(wrap)
        if wrap:
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.MinimumExpanding)

    def set_tone(self, tone: str) -> None:
        """Take the colour of another role."""
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            self.style().unpolish(self)
            self.style().polish(self)


class Key(Label):
    """The name of a key in a small frame."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, Type.TINY, data=True, parent=parent)
        self.setProperty("look", "key")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)


class IconLabel(QWidget):
    """An icon in the colour of a role."""

    def __init__(self, name: str, role: str = "text", size_px: int = 18, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._role = name, role
        self._size_px = current_theme().px(size_px)
        self.setFixedSize(QSize(self._size_px, self._size_px))

    def set_icon(self, name: str, role: str) -> None:
        """Show another icon or colour."""
        self._name, self._role = name, role
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the icon."""
        painter = QPainter(self)
        current_theme().draw_icon(painter, self._name, self._role, left=0, top=0, size_px=self._size_px)
        painter.end()


class Line(QFrame):
    """A division."""

    def __init__(self, parent: QWidget | None = None, *, upright: bool = False) -> None:
        super().__init__(parent)
        self.setProperty("look", "upright" if upright else "line")
