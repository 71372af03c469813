"""Tables: rows of 36, a header of 40, states as badges, everything by keyboard."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)
from typing_extensions import override

from yum_desktop.ui.theme import Type, current_theme
from yum_desktop.ui.widgets.badges import Mark, mark_width_px, paint_mark

T = TypeVar("T")
Index = QModelIndex | QPersistentModelIndex
ROOT: Final = QModelIndex()


class Role(IntEnum):
    """What a delegate asks a model for, beside the text."""

    MARK = Qt.ItemDataRole.UserRole + 1
    STRONG = Qt.ItemDataRole.UserRole + 2
    DETAIL = Qt.ItemDataRole.UserRole + 3
    TONE = Qt.ItemDataRole.UserRole + 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[T]):
    """One column.

    Attributes:
        title: Its head.
        text: What a row shows in it.
        sort: The key to sort by; without it the column cannot be sorted.
        mark: The badge of a row, instead of text.
        detail: A second, softer line.
        tone: The role of the text.
        width_px: At the reference size of text.
        stretch: Takes the room that is left.
        right: Numbers stand at the right.
        strong: The name of the row.
        plain: The mark is shown without its fill.
    """

    title: str
    text: Callable[[T], str]
    sort: Callable[[T], Any] | None = None
    mark: Callable[[T], Mark | None] | None = None
    detail: Callable[[T], str] | None = None
    tone: Callable[[T], str] | None = None
    width_px: int = 120
    stretch: bool = False
    right: bool = False
    strong: bool = False
    plain: bool = False


class RowsModel(QAbstractTableModel, Generic[T]):
    """Holds the rows handed to it. It never queries."""

    def __init__(self, columns: Sequence[Column[T]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._given: list[T] = []
        self._rows: list[T] = []
        self._sorted: tuple[int, Qt.SortOrder] = (-1, Qt.SortOrder.AscendingOrder)

    def show_rows(self, rows: Sequence[T]) -> None:
        """Replace the rows; the chosen order is kept."""
        self.beginResetModel()
        self._given = list(rows)
        self._order()
        self.endResetModel()

    def add_rows(self, rows: Sequence[T], *, last: bool) -> None:
        """Add the next rows at the end; where another order was chosen, all are put into it with the last ones."""
        self._given += rows
        if self._sorted[0] < 0 and rows:
            self.beginInsertRows(ROOT, len(self._rows), len(self._rows) + len(rows) - 1)
            self._rows += rows
            self.endInsertRows()
        elif last and len(self._rows) < len(self._given):
            self.beginResetModel()
            self._order()
            self.endResetModel()

    @property
    def rows(self) -> Sequence[T]:
        """The rows in the order shown."""
        return self._rows

    @property
    def given(self) -> Sequence[T]:
        """The rows in the order handed over."""
        return self._given

    @override
    def rowCount(self, parent: Index = ROOT) -> int:
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    @override
    def columnCount(self, parent: Index = ROOT) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.columns)

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what a cell shows."""
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], self.columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return column.text(row)
        if role == Role.STRONG:
            return column.strong
        asked = {Role.MARK: column.mark, Role.DETAIL: column.detail, Role.TONE: column.tone}.get(role)  # type: ignore[call-overload]  # a plain int looks up an IntEnum
        return asked(row) if asked is not None else None

    @override
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the head of a column."""
        if orientation is Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self.columns[section].title
            if role == Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignRight if self.columns[section].right else Qt.AlignmentFlag.AlignLeft
                return side | Qt.AlignmentFlag.AlignVCenter
        return None

    @override
    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 is the order the rows came in."""
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        kept = [(self._rows[index.row()], index.column()) for index in before]
        self._sorted = (column, order)
        self._order()
        if before:
            places = {id(row): place for place, row in enumerate(self._rows)}
            self.changePersistentIndexList(before, [self.index(places[id(row)], at) for row, at in kept])
        self.layoutChanged.emit()

    def _order(self) -> None:
        self._rows = list(self._given)
        column, order = self._sorted
        key = self.columns[column].sort if 0 <= column < len(self.columns) else None
        if key is not None:
            self._rows.sort(key=key, reverse=order is Qt.SortOrder.DescendingOrder)


class CellDelegate(QStyledItemDelegate):
    """Paints text, badges, the chosen row's edge and the ring of the current cell. Nothing is clipped."""

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a cell."""
        theme = current_theme()
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        if chosen:
            painter.fillRect(rect, theme.color("row-select"))
            if index.column() == 0:
                painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), theme.color("accent"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, theme.color("row-hover"))
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        inner = rect.adjusted(theme.px(12), 0, -theme.px(6), 0)
        mark = index.data(Role.MARK)
        if isinstance(mark, Mark):
            plain = self._plain(index) or mark_width_px(mark) > inner.width() + theme.px(10)
            paint_mark(
                painter, mark, left=inner.left(), middle=rect.center().y() + 0.5, plain=plain, right=rect.right()
            )
        else:
            self._paint_text(painter, inner, index)
        painter.restore()

    def _plain(self, index: Index) -> bool:
        model = index.model()
        return isinstance(model, RowsModel) and model.columns[index.column()].plain

    def _paint_text(self, painter: QPainter, box: QRect, index: Index) -> None:
        theme = current_theme()
        strong, detail = bool(index.data(Role.STRONG)), index.data(Role.DETAIL)
        tone = index.data(Role.TONE) or "text"
        font = theme.font(Type.STRONG if strong else Type.BODY, data=True)
        painter.setFont(font)
        painter.setPen(theme.color(str(tone)))
        side = index.data(Qt.ItemDataRole.TextAlignmentRole) or Qt.AlignmentFlag.AlignLeft
        across = Qt.AlignmentFlag.AlignRight if side & Qt.AlignmentFlag.AlignRight else Qt.AlignmentFlag.AlignLeft
        flags = across.value | Qt.AlignmentFlag.AlignVCenter.value | Qt.TextFlag.TextDontClip.value
        text = str(index.data(Qt.ItemDataRole.DisplayRole) or "")
        top = QRect(box)
        if detail:
            top.setHeight(box.height() // 2 + 2)
        painter.setClipRect(box.adjusted(0, -4, theme.px(8), 4))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, top.width())
        painter.drawText(top, flags, shown)
        if detail:
            painter.setFont(theme.font(Type.SMALL, data=True))
            painter.setPen(theme.color("text-soft"))
            below = QRect(box.left(), box.center().y(), box.width(), box.height() // 2 - 2)
            painter.drawText(below, flags, str(detail))

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the height of a row."""
        return QSize(80, current_theme().px(54 if index.data(Role.DETAIL) else 36))


class Head(QHeaderView):
    """Column heads with the arrow of the order."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFixedHeight(current_theme().px(40))
        self.setHighlightSections(False)
        self.setSectionsClickable(True)
        self.setMinimumSectionSize(current_theme().px(40))

    @override
    def paintSection(self, painter: QPainter, rect: QRect, logical_index: int) -> None:
        """Paint one head."""
        theme = current_theme()
        painter.save()
        painter.fillRect(rect, theme.color("surface-alt"))
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        model, across = self.model(), Qt.Orientation.Horizontal
        text = str(model.headerData(logical_index, across) or "")
        side = model.headerData(logical_index, across, Qt.ItemDataRole.TextAlignmentRole)
        right = isinstance(side, Qt.AlignmentFlag) and bool(side & Qt.AlignmentFlag.AlignRight)
        painter.setFont(theme.font(Type.COLUMN))
        painter.setPen(theme.color("text-soft"))
        sorted_here = self.isSortIndicatorShown() and self.sortIndicatorSection() == logical_index
        box = QRectF(rect.adjusted(theme.px(12), 0, -theme.px(10 + (18 if sorted_here and right else 0)), 0))
        flags = (Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft).value
        flags |= Qt.AlignmentFlag.AlignVCenter.value | Qt.TextFlag.TextDontClip.value
        painter.drawText(box, flags, text)
        if sorted_here:
            up = self.sortIndicatorOrder() is Qt.SortOrder.AscendingOrder
            words = painter.fontMetrics().horizontalAdvance(text)
            left = rect.right() - theme.px(24) if right else box.left() + words + theme.px(4)
            top = rect.center().y() - theme.px(7)
            name = "arrow-up" if up else "arrow-down"
            theme.draw_icon(painter, name, "text-soft", left=left, top=top, size_px=theme.px(14))
        painter.restore()


class DataTable(QTableView):
    """A table of a `RowsModel`. Enter or a double click opens a row, letters jump to a name."""

    opened = Signal(int)
    current = Signal(int)
    """The chosen row, or -1. The focus alone chooses none."""

    def __init__(self, model: "RowsModel[Any]", parent: QWidget | None = None, *, row_px: int = 36) -> None:
        super().__init__(parent)
        self.setModel(model)
        self._rows_model = model
        self.setItemDelegate(CellDelegate(self))
        self.setHorizontalHeader(Head(self))
        self._set_up(row_px)
        self._set_columns(model)
        self._told = -1
        self.selectionModel().currentRowChanged.connect(self._tell)
        self.selectionModel().selectionChanged.connect(self._tell)
        model.modelReset.connect(self._forget)
        self.doubleClicked.connect(lambda index: self.opened.emit(index.row()))

    def _set_up(self, row_px: int) -> None:
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(current_theme().px(row_px))
        self.verticalHeader().setMinimumSectionSize(current_theme().px(28))

    def _set_columns(self, model: "RowsModel[Any]") -> None:
        head = self.horizontalHeader()
        for place, column in enumerate(model.columns):
            if column.stretch:
                head.setSectionResizeMode(place, QHeaderView.ResizeMode.Stretch)
            else:
                self.setColumnWidth(place, current_theme().px(column.width_px))
        if any(column.sort is not None for column in model.columns):
            self.setSortingEnabled(True)
            head.setSortIndicatorClearable(True)
            self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)

    def select_row(self, row: int) -> None:
        """Move to a row and choose it."""
        if 0 <= row < self._rows_model.rowCount():
            # not `selectRow`: it would do something else while a person still holds Ctrl
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            self.selectionModel().setCurrentIndex(self._rows_model.index(row, 0), flags)

    def chosen_rows(self) -> list[int]:
        """Return the chosen rows, top first."""
        return sorted(index.row() for index in self.selectionModel().selectedRows())

    def _tell(self) -> None:
        row = self.currentIndex().row()
        if row < 0 or not self.selectionModel().isRowSelected(row, ROOT):
            row = -1
        if row != self._told:
            self._told = row
            self.current.emit(row)

    def _forget(self) -> None:
        self._told = -1

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open a row on Enter."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex().row())
            return
        super().keyPressEvent(event)
