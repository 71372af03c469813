"""The steps of a wizard or a procedure in a row."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from yum_desktop.ui.theme import Type, current_theme


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `state` is ``done``, ``now`` or ``todo``; `detail` is a day or a deadline."""

    label: str
    state: str = "todo"
    detail: str = ""


class StepBar(QWidget):
    """Steps with circles: `inline` puts the words at the right (wizards), else they stand below (procedures)."""

    def __init__(self, parent: QWidget | None = None, *, inline: bool = False) -> None:
        super().__init__(parent)
        self._steps: tuple[Step, ...] = ()
        self._inline = inline
        self.setFixedHeight(current_theme().px(40 if inline else 80))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_steps(self, steps: Sequence[Step]) -> None:
        """Show `steps`."""
        self._steps = tuple(steps)
        words = {"done": self.tr("xong"), "now": self.tr("đang làm"), "todo": self.tr("chưa")}
        self.setAccessibleName("; ".join(f"{step.label}: {words[step.state]}" for step in steps))
        self.updateGeometry()
        self.update()

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is shown."""
        return self._steps

    def _font(self, step: Step) -> QFont:
        return current_theme().font(Type.STRONG if step.state == "now" else Type.BODY)

    @override
    def sizeHint(self) -> QSize:
        """Return the room of the words."""
        each = [QFontMetrics(self._font(step)).horizontalAdvance(step.label) for step in self._steps]
        wide = sum(each) + len(each) * current_theme().px(70 if self._inline else 16)
        return QSize(wide, self.height())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint circles, lines and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._inline:
            self._paint_inline(painter)
        else:
            self._paint_stacked(painter)
        painter.end()

    def _paint_inline(self, painter: QPainter) -> None:
        theme = current_theme()
        widths = [QFontMetrics(self._font(s)).horizontalAdvance(s.label) for s in self._steps]
        gap, radius = theme.px(10), theme.px(12)
        used = sum(widths) + len(widths) * (2 * radius + gap)
        line = max(theme.px(16), min(theme.px(80), (self.width() - used) // max(1, len(widths) - 1) - 2 * gap))
        left, middle = 1.0, self.height() / 2
        for place, (step, wide) in enumerate(zip(self._steps, widths, strict=True)):
            if place:
                self._line(painter, left, left + line, middle, done=step.state != "todo")
                left += line + gap
            self._circle(painter, QPointF(left + radius, middle), radius, place + 1, step)
            left += 2 * radius + gap
            self._words(painter, step, QRectF(left, 0, wide + 4, self.height()), Qt.AlignmentFlag.AlignLeft)
            left += wide + gap

    def _paint_stacked(self, painter: QPainter) -> None:
        theme = current_theme()
        each, radius = self.width() / max(1, len(self._steps)), theme.px(14)
        middle = theme.px(18)
        for place, step in enumerate(self._steps):
            center = each * (place + 0.5)
            if place:
                start, end = center - each + radius + theme.px(6), center - radius - theme.px(6)
                self._line(painter, start, end, middle, done=step.state != "todo")
            self._circle(painter, QPointF(center, middle), radius, place + 1, step)
            box = QRectF(center - each / 2, theme.px(35), each, theme.px(24))
            self._words(painter, step, box, Qt.AlignmentFlag.AlignHCenter)
            painter.setFont(theme.font(Type.TINY, data=True))
            painter.setPen(theme.color("wait" if step.state == "now" else "text-soft"))
            below = QRectF(center - each / 2, theme.px(58), each, theme.px(20))
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, step.detail)

    def _words(self, painter: QPainter, step: Step, box: QRectF, side: Qt.AlignmentFlag) -> None:
        painter.setFont(self._font(step))
        painter.setPen(current_theme().color("text" if step.state == "now" else "text-soft"))
        flags = (side | Qt.AlignmentFlag.AlignVCenter).value | Qt.TextFlag.TextDontClip.value
        painter.drawText(box, flags, step.label)

    def _line(self, painter: QPainter, start: float, end: float, middle: float, *, done: bool) -> None:
        painter.setPen(QPen(current_theme().color("accent" if done else "line"), 2))
        painter.drawLine(QPointF(start, middle), QPointF(end, middle))

    def _circle(self, painter: QPainter, center: QPointF, radius: float, number: int, step: Step) -> None:
        theme = current_theme()
        edge = "line-strong" if step.state == "todo" else "accent"
        fill = {"done": "accent-soft", "now": "accent", "todo": "surface"}[step.state]
        painter.setPen(QPen(theme.color(edge), 1.5))
        painter.setBrush(theme.color(fill))
        painter.drawEllipse(center, radius - 1, radius - 1)
        if step.state == "done":
            size = theme.px(14)
            left, top = center.x() - size / 2, center.y() - size / 2
            theme.draw_icon(painter, "check", "accent", left=round(left), top=round(top), size_px=size)
            return
        font = theme.font(Type.COLUMN, data=True)
        painter.setFont(font)
        painter.setPen(theme.color("on-accent" if step.state == "now" else "text-soft"))
        box = QRectF(center.x() - radius, center.y() - radius, 2 * radius, 2 * radius)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(number))
