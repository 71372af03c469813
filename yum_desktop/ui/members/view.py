"""The screen of the members: units, table, one member; or the form in their place."""

from collections.abc import Sequence
from uuid import UUID

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from yum_desktop.registry.clock import Clock
from yum_desktop.registry.views import MemberRow, UnitRow
from yum_desktop.ui.formats import number_text
from yum_desktop.ui.members.detail import DetailPanel
from yum_desktop.ui.members.form import MemberForm
from yum_desktop.ui.members.model import OUT_NAMES, PHONE_COLUMN, UNIT_COLUMN, members_model
from yum_desktop.ui.members.presenter import Detail
from yum_desktop.ui.members.vocabulary import Vocabulary
from yum_desktop.ui.theme import current_theme
from yum_desktop.ui.widgets.buttons import Button
from yum_desktop.ui.widgets.fields import SearchField
from yum_desktop.ui.widgets.panels import Banner, Card, EmptyState, PageHead, Split
from yum_desktop.ui.widgets.tables import DataTable
from yum_desktop.ui.widgets.tree import TreeItem, TreeList

WIDE_PX = 1380
TREE_PX = 200
DETAIL_PX, DETAIL_WIDE_PX = 280, 360
VERY_WIDE_PX = 1380
NAME_PX = 160
"""A person's name is not cut: other columns give way first."""


class MembersPage(QWidget):
    """Draws and forwards. `form` stands in front while a member is edited.

    Signals:
        unit_chosen: The id of a unit.
        searched: What was typed.
        member_chosen: The id of the member under the cursor, or `None`.
        edit_requested, add_requested, delete_requested, choose_requested, export_requested: Gestures.
        refresh_requested: What is shown may have changed.
    """

    unit_chosen = Signal(object)
    searched = Signal(str)
    member_chosen = Signal(object)
    edit_requested = Signal()
    add_requested = Signal()
    delete_requested = Signal()
    choose_requested = Signal()
    export_requested = Signal()
    refresh_requested = Signal()

    def __init__(self, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self.pages = QStackedWidget(self)
        self._listing = QWidget(self.pages)
        self.form = MemberForm(self.pages)
        self.head = PageHead(self.tr("Đoàn viên"), self._listing)
        self.add = Button(self.tr("Thêm đoàn viên"), kind="primary", icon="user-plus", key="Ctrl+N", parent=self.head)
        self.add.clicked.connect(self.add_requested)
        self.export = Button(self.tr("Xuất Excel"), icon="file-down", key="Ctrl+E", parent=self.head)
        self.export.clicked.connect(self.export_requested)
        self.head.buttons.addWidget(self.export)
        self.head.buttons.addWidget(self.add)
        self.split = Split(parent=self._listing)
        self._units = Card(parent=self.split)
        self._people = Card(parent=self.split, flush=True)
        self.detail = DetailPanel(self.split)
        self.unit_search = SearchField(self.tr("Tìm đơn vị"), self._units)
        self.tree = TreeList(self._units)
        self.tree.setAccessibleName(self.tr("Đơn vị"))
        self.search = SearchField(self.tr("Gõ tên, số CCCD hoặc điện thoại, không cần dấu"), self._people)
        self.model = members_model()
        self.middle = QStackedWidget(self._people)
        self.table = DataTable(self.model, self.middle)
        self.table.setAccessibleName(self.tr("Đoàn viên"))
        self.empty = EmptyState("users", "", parent=self.middle)
        self.trouble = Banner("wait", "triangle-alert", self._listing)
        self.detail.hide()
        self._filling = False
        self._searching = False
        self._unit_ids: set[UUID] = set()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        units, people = self._units, self._people
        units.body.setContentsMargins(8, 8, 8, 8)
        units.body.setSpacing(8)
        units.body.addWidget(self.unit_search)
        units.body.addWidget(self.tree, 1)
        units.setMinimumWidth(194)
        row = QHBoxLayout()
        row.setContentsMargins(10, 8, 10, 8)
        row.addWidget(self.search)
        people.body.addLayout(row)
        self.middle.addWidget(self.table)
        self.middle.addWidget(self.empty)
        people.body.addWidget(self.middle, 1)
        people.setMinimumWidth(420)
        self.split.setSizes([TREE_PX, 700, DETAIL_PX])
        for place, stretch in enumerate((0, 1, 0)):
            self.split.setStretchFactor(place, stretch)
        listing = self._listing
        column = QVBoxLayout(listing)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        inner = QVBoxLayout()
        inner.setContentsMargins(20, 0, 20, 12)
        inner.setSpacing(12)
        inner.addWidget(self.trouble)
        inner.addWidget(self.split, 1)
        column.addLayout(inner, 1)
        self.pages.addWidget(listing)
        self.pages.addWidget(self.form)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.pages)

    def _connect(self) -> None:
        self.tree.chosen.connect(self.unit_chosen)
        self.unit_search.textChanged.connect(self.tree.filter_lines)
        self.search.textChanged.connect(self.searched)
        self.search.returnPressed.connect(self.table.setFocus)
        self.table.current.connect(self._row_changed)
        self.table.opened.connect(self.edit_requested)
        self.empty.acted.connect(self._empty_pressed)
        self.detail.closed.connect(self._close_detail)
        self.detail.edit_requested.connect(self.edit_requested)
        self.detail.delete_requested.connect(self.delete_requested)
        self.detail.choose_requested.connect(self.choose_requested)
        self.table.viewport().installEventFilter(self)
        find = QShortcut(QKeySequence("Ctrl+F"), self)
        find.activated.connect(self._find)

    def panes(self) -> list[QWidget]:
        """Return what F6 goes through."""
        if self.pages.currentWidget() is self.form:
            return self.form.panes()
        return [self.tree, self.search, self.table, self.detail.edit]

    def refresh(self) -> None:
        """Ask for everything again."""
        self.refresh_requested.emit()

    def focus_tree(self) -> None:
        """Go to the tree of units."""
        self.pages.setCurrentIndex(0)
        self.tree.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_units(self, units: Sequence[UnitRow], chosen: UUID | None) -> None:
        """Show the tree."""
        known = {unit.unit_id for unit in units}
        items = [
            TreeItem(
                unit.unit_id,
                unit.parent_id if unit.parent_id in known else None,
                unit.short_name or unit.name,
                "" if unit.readable_only else number_text(unit.members),
                unit.readable_only,
            )
            for unit in units
        ]
        self.tree.show_items(items)
        if chosen is not None:
            blocked = self.tree.blockSignals(True)
            self.tree.choose(chosen)
            self.tree.blockSignals(blocked)

    def show_rows(
        self, rows: Sequence[MemberRow], *, unit_name: str, chosen: UUID | None, total: int | None = None
    ) -> None:
        """Show the beginning of the table, or all of it, and how many it holds."""
        total = len(rows) if total is None else total
        self._filling = True
        self.model.show_rows(rows)
        count = self.tr("{0} người").format(number_text(total))
        self.head.say(self.tr("Đoàn viên"), f"{unit_name} · {count}" if unit_name else count)
        self._choose(chosen)
        self._filling = False
        self.export.setEnabled(len(rows) == total)
        self.middle.setCurrentWidget(self.table)
        self._unit_ids = {row.unit_id for row in rows}
        self._show_unit_column()

    def add_rows(self, rows: Sequence[MemberRow], *, chosen: UUID | None, last: bool) -> None:
        """Add the next rows of the table; what is chosen and where it stands stay."""
        self._filling = True
        self.model.add_rows(rows, last=last)
        if chosen is not None and not self.table.selectionModel().hasSelection():
            self._choose(chosen)
        self._filling = False
        self.export.setEnabled(last)
        units = self._unit_ids | {row.unit_id for row in rows}
        if len(self._unit_ids) < 2 <= len(units):
            self._unit_ids = units
            self._show_unit_column()

    def _choose(self, chosen: UUID | None) -> None:
        place = next((i for i, row in enumerate(self.model.rows) if row.member_id == chosen), -1)
        if place >= 0:
            self.table.select_row(place)

    def shown_columns(self) -> list[str]:
        """Return what the columns hold that can be seen, as layouts of files call it."""
        return [name for place, name in enumerate(OUT_NAMES) if not self.table.isColumnHidden(place)]

    def show_empty(self, *, searching: bool) -> None:
        """Show why there is nothing, and what to do."""
        self._searching = searching
        if searching:
            self.empty.say("search", self.tr("Không ai khớp “{0}”").format(self.search.text()), self.tr("Bỏ tìm"))
        else:
            text = self.tr("Chưa có đoàn viên. Thêm một người hoặc nhập từ Excel")
            self.empty.say("users", text, self.tr("Thêm đoàn viên"))
        self.middle.setCurrentWidget(self.empty)

    def show_busy(self, *, busy: bool) -> None:
        """Show that an answer is on its way."""
        self.setCursor(Qt.CursorShape.BusyCursor if busy else Qt.CursorShape.ArrowCursor)

    def show_detail(self, detail: Detail, vocabulary: Vocabulary) -> None:
        """Show one member beside the table."""
        self.detail.show_detail(detail, vocabulary, self._clock.now())
        if self.detail.isHidden():
            self.detail.show()
            self._share_room()
        self._show_unit_column()

    def _share_room(self) -> None:
        wide = DETAIL_WIDE_PX if self.width() >= VERY_WIDE_PX else DETAIL_PX
        room = self.split.width() - TREE_PX - wide - 2 * self.split.handleWidth()
        self.split.setSizes([TREE_PX, max(420, room), wide])

    def hide_detail(self) -> None:
        """Show no member."""
        self.detail.hide()
        self._show_unit_column()

    def show_trouble(self, text: str) -> None:
        """Show what could not be done; an empty text takes it away."""
        self.trouble.say(text)

    def show_form(self, *, shown: bool) -> None:
        """Bring the form or the list to the front."""
        self.pages.setCurrentIndex(1 if shown else 0)
        if not shown:
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def clear_search(self) -> None:
        """Empty the search without asking again."""
        blocked = self.search.blockSignals(True)
        self.search.clear()
        self.search.blockSignals(blocked)

    def _show_unit_column(self) -> None:
        room = self.width() >= WIDE_PX or (self.detail.isHidden() and self.width() > 1000)
        self.table.setColumnHidden(UNIT_COLUMN, len(self._unit_ids) < 2 or not room)
        shown = [place for place in range(1, self.model.columnCount()) if not self.table.isColumnHidden(place)]
        needed = sum(self.table.columnWidth(place) for place in shown if place != PHONE_COLUMN)
        needed += current_theme().px(self.model.columns[PHONE_COLUMN].width_px + NAME_PX)
        self.table.setColumnHidden(PHONE_COLUMN, needed > self.table.viewport().width() > 0)

    def _row_changed(self, row: int) -> None:
        if not self._filling:
            self.member_chosen.emit(self.model.rows[row].member_id if row >= 0 else None)

    def _close_detail(self) -> None:
        self.table.clearSelection()
        self.member_chosen.emit(None)
        self.table.setFocus()

    def _empty_pressed(self) -> None:
        if self._searching:
            self.search.clear()
            self.search.setFocus()
        else:
            self.add_requested.emit()

    def _find(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close the member beside the table on Esc."""
        if event.key() == Qt.Key.Key_Escape and not self.detail.isHidden():
            self._close_detail()
        else:
            super().keyPressEvent(event)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        """Hand the focus to the table."""
        if self.pages.currentIndex() == 0:
            self.table.setFocus()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the width of the table."""
        if event.type() is QEvent.Type.Resize:
            self._show_unit_column()
        return False

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many columns as there is room for."""
        super().resizeEvent(event)
        if not self.detail.isHidden() and event.oldSize().width() <= 0:
            self._share_room()
        self._show_unit_column()
