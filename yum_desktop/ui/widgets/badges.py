"""States: icon, word and colour, in that order of importance."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from yum_desktop.ui.theme import Type, current_theme


@dataclass(frozen=True, slots=True)
class Mark:
    """A state as people see it. `role` is one of ok, wait, bad, pick, info, off."""

    icon: str
    word: str
    role: str


RECEIVED: Final = Mark("circle-check", "Đã nhận", "ok")
WAITING: Final = Mark("clock-arrow-up", "Chờ gửi", "wait")
SENDING: Final = Mark("refresh-cw", "Đang gửi", "info")
REFUSED: Final = Mark("octagon-x", "Bị từ chối", "bad")
CHOOSE: Final = Mark("git-compare-arrows", "Cần chọn", "pick")
HANDED_OVER: Final = Mark("hand-helping", "Bàn giao", "info")
WAITS_FOR_OTHERS: Final = Mark("hand-helping", "Đang chờ", "info")
HANDOVER_MARKS: Final[Mapping[str, Mark]] = {
    "accepted": RECEIVED,
    "returned": Mark("undo-2", "Trả lại", "bad"),
    "withdrawn": Mark("circle-dashed", "Đã rút", "off"),
}
"""By `HandoverRow.state`; what is missing waits."""
DRAFT: Final = Mark("circle-dashed", "Bản nháp", "off")
STATE_MARKS: Final[Mapping[str, Mark]] = {"ok": RECEIVED, "wait": WAITING, "bad": REFUSED, "pick": CHOOSE}
"""By `MemberRow.state`."""


def mark_width_px(mark: Mark) -> int:
    """Return how wide a badge is."""
    theme = current_theme()
    words = QFontMetrics(theme.font(Type.TINY)).horizontalAdvance(mark.word) if mark.word else 0
    return theme.px(14) + (theme.px(5) if words else 0) + words + theme.px(14)


def paint_mark(
    painter: QPainter, mark: Mark, *, left: float, middle: float, plain: bool = False, right: float | None = None
) -> None:
    """Paint a badge with its left edge and its middle line given; `plain` leaves out its fill, `right` cuts it."""
    theme = current_theme()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    tall, wide, pad = theme.px(22), mark_width_px(mark), theme.px(7)
    if plain:
        pad = 0
    else:
        painter.setPen(QPen(theme.color(f"{mark.role}-line"), 1))
        painter.setBrush(theme.color(f"{mark.role}-soft"))
        painter.drawRoundedRect(QRectF(left + 0.5, middle - tall / 2 + 0.5, wide - 1, tall - 1), 4, 4)
    size = theme.px(14)
    theme.draw_icon(painter, mark.icon, mark.role, left=left + pad, top=round(middle - size / 2), size_px=size)
    painter.setFont(theme.font(Type.TINY))
    painter.setPen(theme.color(mark.role))
    start = left + pad + size + theme.px(5)
    box = QRectF(start, middle - tall / 2, wide, tall)
    flags = Qt.AlignmentFlag.AlignVCenter.value | Qt.TextFlag.TextDontClip.value
    word = mark.word
    if right is not None:
        word = painter.fontMetrics().elidedText(word, Qt.TextElideMode.ElideRight, max(0, int(right - start)))
    painter.drawText(box, flags, word)
    painter.restore()


class Badge(QWidget):
    """A state on a page."""

    def __init__(self, mark: Mark, parent: QWidget | None = None, *, plain: bool = False) -> None:
        super().__init__(parent)
        self._mark, self._plain = mark, plain
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(mark.word)

    @property
    def mark(self) -> Mark:
        """The state shown."""
        return self._mark

    def set_mark(self, mark: Mark) -> None:
        """Show another state."""
        self._mark = mark
        self.setAccessibleName(mark.word)
        self.updateGeometry()
        self.update()

    @override
    def sizeHint(self) -> QSize:
        """Return the room of icon and word."""
        return QSize(mark_width_px(self._mark), current_theme().px(24))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the badge."""
        painter = QPainter(self)
        paint_mark(painter, self._mark, left=0, middle=self.height() / 2, plain=self._plain)
        painter.end()


def paint_count(painter: QPainter, count: str, role: str, *, right: float, middle: float) -> None:
    """Paint a count in its pill, ending at `right`."""
    theme = current_theme()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    font = theme.font(Type.TINY, data=True)
    font.setWeight(theme.font(Type.COLUMN).weight())
    tall = theme.px(20)
    wide = max(theme.px(22), QFontMetrics(font).horizontalAdvance(count) + theme.px(12))
    pill = QRectF(right - wide + 0.5, middle - tall / 2 + 0.5, wide - 1, tall - 1)
    painter.setPen(QPen(theme.color(f"{role}-line"), 1))
    painter.setBrush(theme.color(f"{role}-soft"))
    painter.drawRoundedRect(pill, tall / 2, tall / 2)
    painter.setFont(font)
    painter.setPen(theme.color(role))
    painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, count)
    painter.restore()


class CountPill(QWidget):
    """A number beside its name."""

    def __init__(self, count: int = 0, role: str = "off", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count, self._role = count, role
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_count(self, count: int, role: str | None = None) -> None:
        """Show another number."""
        self._count, self._role = count, role or self._role
        self.updateGeometry()
        self.update()

    @override
    def sizeHint(self) -> QSize:
        """Return the room of the number."""
        theme = current_theme()
        wide = QFontMetrics(theme.font(Type.TINY, data=True)).horizontalAdvance(str(self._count)) + theme.px(14)
        return QSize(max(theme.px(22), wide), theme.px(22))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pill."""
        painter = QPainter(self)
        paint_count(painter, str(self._count), self._role, right=self.width(), middle=self.height() / 2)
        painter.end()
