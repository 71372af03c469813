"""The steps of the first start, one below the other."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from yum_desktop.ui.theme import Type, current_theme
from yum_desktop.ui.widgets.steps import Step

_PITCH_PX = 76
_CIRCLE_PX = 28


class StepColumn(QWidget):
    """Circles joined by a line, with the words at their right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: tuple[Step, ...] = ()

    def set_steps(self, steps: Sequence[Step]) -> None:
        """Show `steps`."""
        self._steps = tuple(steps)
        self.setFixedHeight(current_theme().px(_PITCH_PX) * len(self._steps))
        words = {"done": self.tr("xong"), "now": self.tr("đang làm"), "todo": self.tr("chưa")}
        self.setAccessibleName("; ".join(f"{step.label}: {words[step.state]}" for step in steps))
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the steps."""
        theme, painter = current_theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pitch, size = theme.px(_PITCH_PX), theme.px(_CIRCLE_PX)
        for place, step in enumerate(self._steps):
            top, reached = place * pitch, step.state != "todo"
            if place + 1 < len(self._steps):
                painter.setPen(QPen(theme.color("accent" if step.state == "done" else "line-strong"), 2))
                middle = size / 2
                painter.drawLine(QPointF(middle, top + size + 3), QPointF(middle, top + pitch - 3))
            circle = QRectF(1, top + 1, size - 2, size - 2)
            painter.setPen(QPen(theme.color("accent" if reached else "line-strong"), 1.5))
            painter.setBrush(theme.color({"done": "accent-soft", "now": "accent", "todo": "surface"}[step.state]))
            painter.drawEllipse(circle)
            if step.state == "done":
                theme.draw_icon(painter, "check", "accent", left=6, top=top + 6, size_px=theme.px(16))
            else:
                painter.setFont(theme.font(Type.COLUMN, data=True))
                painter.setPen(theme.color("on-accent" if step.state == "now" else "text-soft"))
                painter.drawText(circle, Qt.AlignmentFlag.AlignCenter, str(place + 1))
            self._paint_words(painter, step, QRectF(size + 14, top - 2, self.width() - size - 14, pitch))
        painter.end()

    def _paint_words(self, painter: QPainter, step: Step, box: QRectF) -> None:
        theme = current_theme()
        clip = Qt.TextFlag.TextDontClip.value
        painter.setFont(theme.font(Type.STRONG))
        painter.setPen(theme.color("text" if step.state != "todo" else "text-soft"))
        painter.drawText(
            QRectF(box.left(), box.top(), box.width(), 32), Qt.AlignmentFlag.AlignVCenter.value | clip, step.label
        )
        painter.setFont(theme.font(Type.SMALL))
        painter.setPen(theme.color("text-soft"))
        below = QRectF(box.left(), box.top() + 30, box.width(), box.height() - 34)
        painter.drawText(below, Qt.TextFlag.TextWordWrap.value | clip, step.detail)
