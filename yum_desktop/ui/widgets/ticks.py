"""Boxes to tick and to choose one of."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QRadioButton
from typing_extensions import override

from yum_desktop.ui.theme import Type, current_theme


def _size(button: QAbstractButton) -> QSize:
    theme = current_theme()
    words = QFontMetrics(theme.font(Type.BODY)).horizontalAdvance(button.text())
    return QSize(theme.px(18 + 8) + words + theme.px(6), theme.px(28))


def _paint_words(painter: QPainter, button: QAbstractButton) -> None:
    theme = current_theme()
    painter.setFont(theme.font(Type.BODY))
    painter.setPen(theme.color("text" if button.isEnabled() else "text-hint"))
    box = button.rect().adjusted(theme.px(26), 0, 0, 0)
    flags = Qt.AlignmentFlag.AlignVCenter.value | Qt.TextFlag.TextDontClip.value | Qt.TextFlag.TextShowMnemonic.value
    painter.drawText(box, flags, button.text())


class Tick(QCheckBox):
    """A box to tick."""

    @override
    def sizeHint(self) -> QSize:
        """Return the room of box and words."""
        return _size(self)

    @override
    def minimumSizeHint(self) -> QSize:
        """Return the same: words are never cut."""
        return _size(self)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint box and words."""
        theme, painter = current_theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size = theme.px(16)
        box = QRectF(1.5, (self.height() - size) / 2 + 0.5, size - 1, size - 1)
        on = self.isChecked()
        painter.setPen(QPen(theme.color("accent" if on else "line-strong"), 1))
        painter.setBrush(theme.color("accent" if on else "surface"))
        painter.drawRoundedRect(box, 3, 3)
        if on:
            theme.draw_icon(painter, "check", "on-accent", left=3, top=round(box.top() + 1.5), size_px=theme.px(12))
        _paint_words(painter, self)
        painter.end()


class Radio(QRadioButton):
    """One of several."""

    @override
    def sizeHint(self) -> QSize:
        """Return the room of circle and words."""
        return _size(self)

    @override
    def minimumSizeHint(self) -> QSize:
        """Return the same: words are never cut."""
        return _size(self)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint circle and words."""
        theme, painter = current_theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        radius = theme.px(9)
        center = QPointF(radius + 1, self.height() / 2)
        on = self.isChecked()
        painter.setPen(QPen(theme.color("accent" if on else "line-strong"), 1))
        painter.setBrush(theme.color("accent" if on else "surface"))
        painter.drawEllipse(center, radius - 0.5, radius - 0.5)
        if on:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("on-accent"))
            painter.drawEllipse(center, radius * 0.45, radius * 0.45)
        _paint_words(painter, self)
        painter.end()
