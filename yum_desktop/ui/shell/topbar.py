"""The bar at the top: the unit one works for, the search, the person."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListView, QSizePolicy, QVBoxLayout, QWidget
from typing_extensions import override

from yum_desktop.ui.shell.hits import Hit
from yum_desktop.ui.theme import Type, current_theme
from yum_desktop.ui.widgets.buttons import Button, paint_key
from yum_desktop.ui.widgets.fields import SearchField
from yum_desktop.ui.widgets.text import Label

_HIT = Qt.ItemDataRole.UserRole + 1


class UnitButton(Button):
    """The unit in use."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", icon="network", parent=parent)
        self.setFixedWidth(current_theme().px(300))
        self.setAccessibleName(self.tr("Đơn vị đang làm việc"))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame, the unit at the left and the arrow at the right."""
        text = self.text()
        theme, painter = current_theme(), QPainter(self)
        self.paint_frame(painter)
        size = theme.px(18)
        top = (self.height() - size) / 2
        theme.draw_icon(painter, "network", "text", left=theme.px(10), top=top, size_px=size)
        left = self.width() - size - theme.px(10)
        theme.draw_icon(painter, "chevron-down", "text", left=left, top=top, size_px=size)
        font = theme.font(Type.STRONG, data=True)
        font.setWeight(theme.font(Type.HEADING).weight())
        painter.setFont(font)
        painter.setPen(theme.color("text"))
        room = self.rect().adjusted(theme.px(38), 0, -theme.px(36), 0)
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter.value | Qt.TextFlag.TextDontClip.value, shown)
        painter.end()


class _Initials(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._letters = ""
        self.setFixedSize(current_theme().px(32), current_theme().px(32))

    def say(self, name: str) -> None:
        words = name.split()
        self._letters = "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = current_theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent-soft"))
        painter.drawEllipse(QRectF(self.rect()))
        painter.setFont(theme.font(Type.COLUMN))
        painter.setPen(theme.color("accent"))
        painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, self._letters)
        painter.end()


class _Search(SearchField):
    """The search of the whole program, with its key and its list."""

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.text():
            theme, painter = current_theme(), QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            left = self.width() - theme.px(58)
            paint_key(painter, "Ctrl+K", left=left, height=self.height())
            painter.end()


class TopBar(QFrame):
    """52 high, on every screen."""

    unit_requested = Signal()
    search_changed = Signal(str)
    hit_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "topbar")
        theme = current_theme()
        self.setFixedHeight(theme.px(52))
        self.unit = UnitButton(self)
        self.unit.clicked.connect(self.unit_requested)
        self.search = _Search(self.tr("Tìm đoàn viên, hồ sơ, chức năng"), self)
        self.search.setMinimumWidth(theme.px(240))
        self.search.setMaximumWidth(theme.px(420))
        self.search.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.search.textEdited.connect(self.search_changed)
        self.search.installEventFilter(self)
        self._initials = _Initials()
        self._name, self._part = Label("", Type.STRONG, data=True), Label("", Type.SMALL, tone="soft", data=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 16, 0)
        row.setSpacing(8)
        row.addWidget(self.unit)
        row.addStretch(2)
        row.addWidget(self.search, 6)
        row.addStretch(2)
        row.addWidget(self._initials)
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addStretch(1)
        names.addWidget(self._name)
        names.addWidget(self._part)
        names.addStretch(1)
        row.addLayout(names)
        self._hits = QStandardItemModel(self)
        self._list = self._make_list()

    def _make_list(self) -> QListView:
        hits = QListView(self.window())
        hits.setProperty("look", "popup")
        hits.setModel(self._hits)
        hits.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        hits.setIconSize(QSize(18, 18))
        hits.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        hits.clicked.connect(lambda index: self._choose(index.row()))
        hits.hide()
        return hits

    def show_person(self, name: str, part: str) -> None:
        """Show who works here."""
        self._initials.say(name)
        self._name.setText(name)
        self._part.setText(part)

    def show_unit(self, name: str) -> None:
        """Show the unit in use."""
        self.unit.setText(name)

    def show_hits(self, hits: Sequence[Hit]) -> None:
        """Show what a search found; an empty list with text typed says so."""
        self._hits.clear()
        theme = current_theme()
        for hit in hits:
            line = QStandardItem(theme.icon(hit.icon, "text-soft"), hit.text)
            line.setData(hit, _HIT)
            self._hits.appendRow(line)
        if not hits and self.search.text().strip():
            line = QStandardItem(self.tr("Không thấy gì khớp"))
            line.setFlags(Qt.ItemFlag.NoItemFlags)
            self._hits.appendRow(line)
        if self._list.parentWidget() is not self.window():
            self._list.setParent(self.window())
        lines = min(self._hits.rowCount(), 10)
        corner = self.search.mapTo(self.window(), QPoint(0, self.search.height() + 4))
        self._list.setGeometry(corner.x(), corner.y(), self.search.width(), lines * theme.px(32) + 12)
        self._list.setVisible(lines > 0)
        self._list.raise_()
        if hits:
            self._list.setCurrentIndex(self._hits.index(0, 0))

    def focus_search(self) -> None:
        """Go to the search."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _choose(self, row: int) -> None:
        hit = self._hits.index(row, 0).data(_HIT)
        if isinstance(hit, Hit):
            self._list.hide()
            self.search.clear()
            self.hit_chosen.emit(hit)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move in the list with the arrows, choose with Enter, close with Esc."""
        if event.type() is QEvent.Type.FocusOut:
            self._list.hide()
        if event.type() is not QEvent.Type.KeyPress or not isinstance(event, QKeyEvent) or self._list.isHidden():
            return False
        row = self._list.currentIndex().row()
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            row = max(0, min(self._hits.rowCount() - 1, row + (1 if event.key() == Qt.Key.Key_Down else -1)))
            self._list.setCurrentIndex(self._hits.index(row, 0))
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(row)
            return True
        if event.key() == Qt.Key.Key_Escape:
            self._list.hide()
            return True
        return False
