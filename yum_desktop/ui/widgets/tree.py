"""A tree of names with counts."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)
from typing_extensions import override

from yum_desktop.domain.text import fold
from yum_desktop.ui.theme import Type, current_theme
from yum_desktop.ui.widgets.tables import Index

_KEY = Qt.ItemDataRole.UserRole + 1
_COUNT = Qt.ItemDataRole.UserRole + 2
_QUIET = Qt.ItemDataRole.UserRole + 3
STEP_PX = 16


@dataclass(frozen=True, slots=True)
class TreeItem:
    """A line of the tree. `quiet` lines are there for context only and cannot be chosen."""

    key: Hashable
    parent: Hashable | None
    text: str
    count: str = ""
    quiet: bool = False


class _Line(QStyledItemDelegate):
    def __init__(self, tree: QTreeView) -> None:
        super().__init__(tree)
        self._tree = tree

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = current_theme()
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        quiet = bool(index.data(_QUIET))
        painter.save()
        font = theme.font(Type.STRONG if chosen or not index.parent().isValid() else Type.BODY, data=True)
        painter.setFont(font)
        painter.setPen(theme.color("text-hint" if quiet else "text"))
        flags = Qt.AlignmentFlag.AlignVCenter.value | Qt.TextFlag.TextDontClip.value
        count = str(index.data(_COUNT) or "")
        room = rect.adjusted(theme.px(4), 0, -theme.px(8), 0)
        numbers = theme.font(Type.SMALL, data=True)
        if count:
            painter.setFont(numbers)
            painter.setPen(theme.color("text-soft"))
            painter.drawText(room, flags | Qt.AlignmentFlag.AlignRight.value, count)
            room.setRight(room.right() - painter.fontMetrics().horizontalAdvance(count) - theme.px(8))
        painter.setFont(font)
        painter.setPen(theme.color("text-hint" if quiet else "text"))
        text = str(index.data(Qt.ItemDataRole.DisplayRole))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, flags, shown)
        painter.restore()

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(60, current_theme().px(32))


class TreeList(QTreeView):
    """Shows `TreeItem`s; tells which one is chosen."""

    chosen = Signal(object)
    opened = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items = QStandardItemModel(self)
        self._by_key: dict[Hashable, QStandardItem] = {}
        self.setModel(self._items)
        self.setItemDelegate(_Line(self))
        self.setHeaderHidden(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setIndentation(current_theme().px(STEP_PX))
        self.setUniformRowHeights(True)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.selectionModel().currentChanged.connect(self._moved)
        self.activated.connect(lambda index: self.opened.emit(index.data(_KEY)))

    def show_items(self, items: Sequence[TreeItem], *, open_depth: int = 2) -> None:
        """Replace the lines, parents before children. The chosen one stays chosen if it is still there."""
        before = self.chosen_key()
        closed = {key for key, item in self._by_key.items() if item.hasChildren() and not self.isExpanded(item.index())}
        known = set(self._by_key)
        blocked = self.selectionModel().blockSignals(True)
        self._items.clear()
        self._by_key = {}
        for item in items:
            line = QStandardItem(item.text)
            line.setData(item.key, _KEY)
            line.setData(item.count, _COUNT)
            line.setData(item.quiet, _QUIET)
            line.setToolTip(item.text)
            if item.quiet:
                line.setFlags(Qt.ItemFlag.ItemIsEnabled)
            parent = self._by_key.get(item.parent) if item.parent is not None else None
            (parent or self._items.invisibleRootItem()).appendRow(line)
            self._by_key[item.key] = line
        self._open(closed, known, open_depth)
        if before in self._by_key:
            self._go_to(self._by_key[before].index())
        self.selectionModel().blockSignals(blocked)

    def _open(self, closed: set[Hashable], known: set[Hashable], open_depth: int) -> None:
        self.expandToDepth(open_depth - 1)
        for key, line in self._by_key.items():
            if key in known:
                self.setExpanded(line.index(), key not in closed)

    def choose(self, key: Hashable) -> None:
        """Choose a line."""
        if key in self._by_key:
            self._go_to(self._by_key[key].index())

    def _go_to(self, index: QModelIndex) -> None:
        """Choose a line, whatever keys are held."""
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.scrollTo(index)

    def chosen_key(self) -> Hashable | None:
        """Return the key of the chosen line."""
        index = self.currentIndex()
        key: Hashable | None = index.data(_KEY) if index.isValid() else None
        return key

    def filter_lines(self, text: str) -> None:
        """Show only the lines that hold `text`, and what they belong to. Marks do not matter."""
        wanted = fold(text)
        for line in reversed(list(self._by_key.values())):
            below = any(not self._hidden(line.child(row)) for row in range(line.rowCount()))
            self.setRowHidden(
                line.row(), line.index().parent(), bool(wanted) and not below and wanted not in fold(line.text())
            )

    def _hidden(self, line: QStandardItem) -> bool:
        return self.isRowHidden(line.row(), line.index().parent())

    def _moved(self, now: QModelIndex, _before: QModelIndex) -> None:
        if now.isValid() and not now.data(_QUIET):
            self.chosen.emit(now.data(_KEY))

    @override
    def drawRow(self, painter: QPainter, options: QStyleOptionViewItem, index: Index) -> None:
        """Paint the ground of a whole line."""
        theme = current_theme()
        rect: QRect = options.rect
        if self.currentIndex() == index and not index.data(_QUIET):
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("row-select"))
            painter.drawRoundedRect(rect, 4, 4)
            painter.restore()
        super().drawRow(painter, options, index)

    @override
    def drawBranches(self, painter: QPainter, rect: QRect, index: Index) -> None:
        """Paint the arrow of a line that opens."""
        if not self.model().hasChildren(index):
            return
        theme = current_theme()
        size = theme.px(14)
        name = "chevron-down" if self.isExpanded(index) else "chevron-right"
        top = rect.center().y() - size // 2
        theme.draw_icon(painter, name, "text-soft", left=rect.right() - size, top=top, size_px=size)
