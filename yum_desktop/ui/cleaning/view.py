"""The page of the saved lists: lists, units, rows; or the form that leads from gap to gap in their place."""

from collections.abc import Sequence
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from yum_desktop.domain.cleaning import FILLABLE, GAP_HINTS, GAP_LABELS, Gap
from yum_desktop.registry.cleaning import Overview, SmallUnit
from yum_desktop.registry.views import MemberRow
from yum_desktop.ui.cleaning.bulk_view import BulkPage
from yum_desktop.ui.cleaning.model import small_model
from yum_desktop.ui.formats import number_text
from yum_desktop.ui.members.form import MemberForm
from yum_desktop.ui.members.model import PHONE_COLUMN, UNIT_COLUMN, members_model
from yum_desktop.ui.theme import Type
from yum_desktop.ui.widgets.buttons import Button
from yum_desktop.ui.widgets.panels import ActionBar, Banner, Card, EmptyState, PageHead, Split
from yum_desktop.ui.widgets.tables import DataTable
from yum_desktop.ui.widgets.text import Label, Line
from yum_desktop.ui.widgets.tree import TreeItem, TreeList

LISTS_PX, TREE_PX, ROWS_PX = 224, 200, 700
WIDE_PX = 760
"""So wide a table has room for every column."""


class CleaningPage(QWidget):
    """Draws and forwards. The form is made when it is needed for the first time.

    Signals:
        list_chosen, unit_chosen: What is to be shown.
        opened: The place of a row in the list as it is shown.
        unit_opened: The id of a unit with too few members.
        bulk_requested: Give one value to the chosen rows, or to all.
        print_requested: Sheets to be filled in by hand.
        pairs_requested: To the suspected pairs.
        refresh_requested: What is shown may have changed.
    """

    list_chosen = Signal(object)
    unit_chosen = Signal(object)
    opened = Signal(int)
    unit_opened = Signal(object)
    bulk_requested = Signal()
    print_requested = Signal()
    pairs_requested = Signal()
    refresh_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.trouble = Banner("wait", "triangle-alert", self)
        self.pages = QStackedWidget(self)
        self._listing = QWidget(self.pages)
        self.head = PageHead(self.tr("Làm sạch hồ sơ"), self._listing)
        self.split = Split(parent=self._listing)
        self._lists_card = Card(parent=self.split)
        self._units_card = Card(parent=self.split)
        self._rows_card = Card(parent=self.split, flush=True)
        self.lists = TreeList(self._lists_card)
        self.lists.setAccessibleName(self.tr("Danh sách cần làm sạch"))
        self.lists.setRootIsDecorated(False)
        self.tree = TreeList(self._units_card)
        self.tree.setAccessibleName(self.tr("Đơn vị"))
        self.hint = Label("", Type.SMALL, tone="soft", wrap=True, parent=self._rows_card)
        self.middle = QStackedWidget(self._rows_card)
        self.model = members_model()
        self.table = DataTable(self.model, self.middle)
        self.table.setAccessibleName(self.tr("Hồ sơ cần làm sạch"))
        self.small_model = small_model()
        self.small = DataTable(self.small_model, self.middle)
        self.small.setAccessibleName(self.tr("Chi đoàn ít người"))
        self.empty = EmptyState("circle-check", "", parent=self.middle)
        self.bar = ActionBar(self._listing)
        self.pairs = Button(self.tr("Xem các cặp"), icon="copy", key="Ctrl+G", parent=self.bar)
        self.walk = Button(
            self.tr("Mở lần lượt"), kind="primary", icon="list-checks", key="Ctrl+Return", parent=self.bar
        )
        self.print = Button(self.tr("In phiếu"), icon="printer", key="Ctrl+P", parent=self.bar)
        self.many = Button(self.tr("Sửa hàng loạt"), icon="pencil", key="Ctrl+M", parent=self.bar)
        self._form: MemberForm | None = None
        self._bulk: BulkPage | None = None
        self._gap = Gap.INCOMPLETE
        self._part = ""
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        for card, inside in ((self._lists_card, self.lists), (self._units_card, self.tree)):
            card.body.setContentsMargins(8, 8, 8, 8)
            card.body.addWidget(inside, 1)
        self._lists_card.setMinimumWidth(LISTS_PX)
        self._units_card.setMinimumWidth(180)
        above = QHBoxLayout()
        above.setContentsMargins(14, 6, 14, 6)
        above.addWidget(self.hint, 1)
        self._rows_card.body.addLayout(above)
        self._rows_card.body.addWidget(Line())
        for each in (self.table, self.small, self.empty):
            self.middle.addWidget(each)
        self._rows_card.body.addWidget(self.middle, 1)
        self._rows_card.setMinimumWidth(420)
        self.split.setSizes([LISTS_PX, TREE_PX, ROWS_PX])
        for place, stretch in enumerate((0, 0, 1)):
            self.split.setStretchFactor(place, stretch)
        inner = QVBoxLayout()
        inner.setContentsMargins(20, 0, 20, 12)
        inner.addWidget(self.split)
        self.bar.left.addWidget(Label(self.tr("Enter mở dòng đang chọn"), Type.SMALL, tone="soft", parent=self.bar))
        for button in (self.pairs, self.print, self.many, self.walk):
            self.bar.right.addWidget(button)
        column = QVBoxLayout(self._listing)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addLayout(inner, 1)
        column.addWidget(self.bar)
        self.pages.addWidget(self._listing)
        said = QVBoxLayout()
        said.setContentsMargins(20, 8, 20, 0)
        said.addWidget(self.trouble)
        self._said = said
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(said)
        whole.addWidget(self.pages, 1)
        self.show_trouble("")

    def _connect(self) -> None:
        self.lists.chosen.connect(self.list_chosen)
        self.tree.chosen.connect(self.unit_chosen)
        self.lists.opened.connect(self._to_rows)
        self.tree.opened.connect(self._to_rows)
        self.table.opened.connect(self.opened)
        self.small.opened.connect(self._open_unit)
        self.walk.clicked.connect(self._walk)
        self.pairs.clicked.connect(self.pairs_requested)
        self.many.clicked.connect(self.bulk_requested)
        self.print.clicked.connect(self.print_requested)
        QShortcut(QKeySequence("F5"), self).activated.connect(self.refresh_requested)

    # what the presenter says

    def show_overview(self, overview: Overview, gap: Gap, unit_id: UUID | None) -> None:
        """Show the lists and the tree with the counts of one of them."""
        items = [TreeItem(each, None, GAP_LABELS[each], number_text(overview.total[each])) for each in Gap]
        known = {each.unit.unit_id for each in overview.units}
        units = [
            TreeItem(
                each.unit.unit_id,
                each.unit.parent_id if each.unit.parent_id in known else None,
                each.unit.short_name or each.unit.name,
                "" if each.unit.readable_only else number_text(each.counts[gap]),
                each.unit.readable_only,
            )
            for each in overview.units
        ]
        for tree, lines, chosen in ((self.lists, items, gap), (self.tree, units, unit_id)):
            blocked = tree.blockSignals(True)
            tree.show_items(lines)
            if chosen is not None:
                tree.choose(chosen)
            tree.blockSignals(blocked)
        self._part = "" if overview.complete else self.tr("Máy này chưa nhận đủ hồ sơ nên các số còn có thể đổi")

    def show_rows(self, rows: Sequence[MemberRow], gap: Gap, unit_name: str) -> None:
        """Show who is in the list."""
        self._gap = gap
        kept = max(self.table.currentIndex().row(), 0)
        self.model.show_rows(rows)
        self.table.select_row(min(kept, len(rows) - 1))
        self._tell(len(rows), self.tr("{0} hồ sơ"), unit_name)
        self.middle.setCurrentWidget(self.table if rows else self.empty)
        self._show_columns()

    def show_small(self, units: Sequence[SmallUnit], unit_name: str) -> None:
        """Show the units with too few members."""
        self._gap = Gap.SMALL_CHAPTER
        self.small_model.show_rows(units)
        self.small.select_row(0)
        self._tell(len(units), self.tr("{0} chi đoàn"), unit_name)
        self.middle.setCurrentWidget(self.small if units else self.empty)

    def show_busy(self, *, busy: bool) -> None:
        """Show that an answer is on its way."""
        self.setCursor(Qt.CursorShape.BusyCursor if busy else Qt.CursorShape.ArrowCursor)

    def show_trouble(self, text: str) -> None:
        """Show what could not be done; an empty text takes it away."""
        self.trouble.say(text)
        self._said.setContentsMargins(20, 8 if text else 0, 20, 0)

    def show_form(self, *, shown: bool) -> None:
        """Bring the form or the lists to the front."""
        self.pages.setCurrentWidget(self.form if shown else self._listing)
        if not shown:
            self._to_rows()

    @property
    def form(self) -> MemberForm:
        """The form; made by the first look at it."""
        if self._form is None:
            self._form = MemberForm(self.pages)
            self.pages.addWidget(self._form)
        return self._form

    @property
    def bulk(self) -> BulkPage:
        """The page of one value for many records; made by the first look at it."""
        if self._bulk is None:
            self._bulk = BulkPage(self.pages)
            self.pages.addWidget(self._bulk)
        return self._bulk

    def show_bulk(self, *, shown: bool) -> None:
        """Bring the page of one value for many records, or the lists, to the front."""
        self.pages.setCurrentWidget(self.bulk if shown else self._listing)
        if shown:
            self.bulk.field.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._to_rows()

    def chosen(self) -> list[MemberRow]:
        """Return the rows that were chosen, if there are several; else all of them."""
        places = self.table.chosen_rows()
        return [self.model.rows[place] for place in places] if len(places) > 1 else list(self.model.rows)

    # what the person does

    def refresh(self) -> None:
        """Ask for everything again."""
        self.refresh_requested.emit()

    def panes(self) -> list[QWidget]:
        """Return what F6 goes through."""
        if self._bulk is not None and self.pages.currentWidget() is self._bulk:
            return self._bulk.panes()
        if self.pages.currentWidget() is not self._listing:
            return self.form.panes()
        return [self.lists, self.tree, self.table, self.small]

    def _tell(self, count: int, words: str, unit_name: str) -> None:
        said = words.format(number_text(count))
        about = f"{unit_name} · {GAP_LABELS[self._gap]} · {said}" if unit_name else said
        self.head.say(self.tr("Làm sạch hồ sơ"), about)
        self.hint.setText(" ".join(part for part in (GAP_HINTS[self._gap], self._part) if part))
        self.pairs.setVisible(self._gap is Gap.SUSPECTED)
        people = self._gap is not Gap.SMALL_CHAPTER
        for button in (self.walk, self.many):
            button.setVisible(people)
            button.setEnabled(count > 0)
        self.print.setVisible(self._gap in FILLABLE)
        self.print.setEnabled(count > 0)
        self.walk.setText(self.tr("Điền lần lượt") if self._gap in FILLABLE else self.tr("Mở lần lượt"))
        if not count:
            self.empty.say("circle-check", self.tr("Danh sách này không còn ai. Chọn danh sách khác ở bên trái"))
            if not people:
                self.empty.say(
                    "circle-check", self.tr("Không có chi đoàn nào ít người. Chọn danh sách khác ở bên trái")
                )

    def _show_columns(self) -> None:
        units = {row.unit_id for row in self.model.rows}
        room = self.table.viewport().width()
        self.table.setColumnHidden(PHONE_COLUMN, self._gap is Gap.NO_PHONE or room < WIDE_PX)
        self.table.setColumnHidden(UNIT_COLUMN, len(units) < 2 or room < 580)

    def _walk(self) -> None:
        if self.model.rows:
            self.opened.emit(0)

    def _open_unit(self, row: int) -> None:
        self.unit_opened.emit(self.small_model.rows[row].unit_id)

    def _to_rows(self, _key: object = None) -> None:
        shown = self.middle.currentWidget()
        target = next((each for each in (self.table, self.small) if each is shown), self.lists)
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        """Hand the focus to the lists."""
        if self.pages.currentWidget() is self._listing:
            self.lists.setFocus()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        """Show as many columns as there is room for."""
        super().showEvent(event)
        self._show_columns()
