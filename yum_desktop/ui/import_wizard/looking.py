"""The third step: what each row would become, and what may be repaired with one button."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QItemSelectionModel, QRect, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QPainter, QPen, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from yum_desktop.exchange.excel.model import Problem
from yum_desktop.ui.formats import number_text
from yum_desktop.ui.import_wizard.model import Shown, preview_model, state_icon
from yum_desktop.ui.import_wizard.presenter import Read
from yum_desktop.ui.import_wizard.preview import Counts, PreviewRow, State, field_name, kinds_of_problems, like
from yum_desktop.ui.theme import Type, current_theme
from yum_desktop.ui.widgets.buttons import Button
from yum_desktop.ui.widgets.fields import Combo
from yum_desktop.ui.widgets.panels import Card
from yum_desktop.ui.widgets.tables import CellDelegate, DataTable, Index
from yum_desktop.ui.widgets.text import IconLabel, Label, Line
from yum_desktop.ui.widgets.ticks import Tick

_SIDE_PX: Final = 300
_FILTER_PX: Final = 280
_PROBLEM: Final = "problem:"
"""Before the code of a problem in the filter."""


class LookingStep(QWidget):
    """Draws and forwards.

    Signals:
        ticked: Number of a row, and whether it is imported.
        offer_taken: Number of a row, a `Problem`, and the value.
        offers_taken: A `Problem`: its first offer in all rows like it.
        typed: Rows, fields and texts that were typed or pasted, as a list.
        change_wanted: Number of a row, a field of somebody who is there, and whether it is changed.
        gaps_filled: Fill what is empty of all people who are there.
    """

    ticked = Signal(int, bool)
    offer_taken = Signal(int, object, str)
    offers_taken = Signal(object)
    typed = Signal(object)
    change_wanted = Signal(int, str, bool)
    gaps_filled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._all: Sequence[PreviewRow] = ()
        self._read: Read | None = None
        self._filling = False
        self._shown = Shown()
        self.model = preview_model(self._shown)
        self.table = DataTable(self.model)
        self.table.setItemDelegate(_GridDelegate(self.table))
        keys = QAbstractItemView.EditTrigger.EditKeyPressed | QAbstractItemView.EditTrigger.AnyKeyPressed
        self.table.setEditTriggers(keys | QAbstractItemView.EditTrigger.DoubleClicked)
        self.filter = Combo()
        self.filter.setFixedWidth(_FILTER_PX)
        self.filter.setAccessibleName(self.tr("Lọc dòng"))
        self._listed: list[int] = []
        self.ticks: dict[str, Tick] = {}
        self.fill = Button("", icon="list-checks", small=True)
        self.file = Label("", Type.STRONG, data=True)
        self.title = Label("", Type.HEADING)
        self.toggle = Button("", icon="x", small=True)
        self.offers: list[Button] = []
        self.counts: dict[State, Label] = {}
        self._lay_out()
        self.filter.activated.connect(self._filtered)
        self.model.typed.connect(self.typed)
        self.fill.clicked.connect(self.gaps_filled)
        self.table.opened.connect(self._edit)
        self._paste = QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), self.table)
        self._paste.setContext(Qt.ShortcutContext.WidgetShortcut)
        self._paste.activated.connect(self._pasted)
        self._empty = QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.table)
        self._empty.setContext(Qt.ShortcutContext.WidgetShortcut)
        self._empty.activated.connect(self._emptied)
        self.table.current.connect(self._show_row)
        self.toggle.clicked.connect(self._toggle)
        self._tick = QShortcut(QKeySequence("Space"), self.table)
        self._tick.setContext(Qt.ShortcutContext.WidgetShortcut)
        self._tick.activated.connect(self._toggle)

    def show_preview(self, rows: Sequence[PreviewRow], counts: Counts, read: Read) -> None:
        """Show what each row would become."""
        if read is not self._read:
            self._listed = []
            self.filter.clear()
        self._all, self._read = rows, read
        self._shown.vocabulary = read.vocabulary
        self._shown.units = {unit.unit_id: unit.short_name or unit.name for unit in read.units}
        self.file.setText(read.plan.file)
        for state, label in self.counts.items():
            label.setText(number_text(counts.by_state[state]))
        gaps = sum(1 for row in rows if any(change.fills for change in row.changes))
        self.fill.setVisible(gaps > 0)
        self.fill.setText(self.tr("Bổ sung ô trống cho {0} người").format(number_text(gaps)))
        self._all_label.setText(self.tr("{0} dòng").format(number_text(len(rows))))
        self._fill_filter(rows)
        self._refill()

    def current_row(self) -> PreviewRow | None:
        """Return the row under the cursor."""
        place = self.table.currentIndex().row()
        return self.model.rows[place] if 0 <= place < len(self.model.rows) else None

    def _fill_filter(self, rows: Sequence[PreviewRow]) -> None:
        """Offer the states and the kinds of problems that there are."""
        chosen = self.filter.currentData()
        numbers = {state: sum(1 for row in rows if row.state is state) for state in State}
        states = {
            State.LOOK: self.tr("Nhập được, cần xem"),
            State.KNOWN: self.tr("Đã có trên máy"),
            State.TWICE: self.tr("Trùng trong tệp"),
            State.BAD: self.tr("Không nhập được"),
        }
        choices = [("", self.tr("Mọi dòng"), len(rows))]
        choices += [(state.value, words, numbers[state]) for state, words in states.items() if numbers[state]]
        choices += [(f"{_PROBLEM}{code}", words, number) for code, words, number in kinds_of_problems(rows)]
        self.filter.clear()
        for code, words, number in choices:
            self.filter.addItem(f"{words} ({number_text(number)})", code)
        self.filter.setCurrentIndex(max(0, self.filter.findData(chosen)))

    def _filtered(self, _place: int = 0) -> None:
        self._listed = []
        self._refill()

    def _matches(self, row: PreviewRow) -> bool:
        code = str(self.filter.currentData() or "")
        if code.startswith(_PROBLEM):
            return any(problem.code == code.removeprefix(_PROBLEM) for problem in row.problems)
        return not code or row.state == code

    def _refill(self) -> None:
        """Show the rows of the filter; a row that was repaired stays until another filter is chosen."""
        kept, column = self.current_row(), max(0, self.table.currentIndex().column())
        now = {row.row: row for row in self._all}
        if not self._listed or not set(self._listed) <= set(now):
            self._listed = [row.row for row in self._all if self._matches(row)]
        self._filling = True
        self.model.renew([now[number] for number in self._listed])
        place = next((i for i, row in enumerate(self.model.rows) if kept is not None and row.row == kept.row), None)
        if place is None:
            place = next((i for i, row in enumerate(self.model.rows) if row.state is not State.READY), 0)
        if self.table.currentIndex().row() != place:
            self.table.select_row(place)
            flag = QItemSelectionModel.SelectionFlag.NoUpdate
            self.table.selectionModel().setCurrentIndex(self.model.index(place, column), flag)
        self._filling = False
        self._show_row(place)

    def _edit(self, place: int) -> None:
        index = self.model.index(place, self.table.currentIndex().column())
        editing = self.table.state() is QAbstractItemView.State.EditingState  # Enter has just ended that
        if self.model.field_at(index.column()) is not None and not editing:
            self.table.edit(index)

    def _pasted(self) -> None:
        """Put a block from a spreadsheet program in place of the cells from the current one on."""
        text = QGuiApplication.clipboard().text().rstrip("\r\n")
        block = [line.split("\t") for line in text.splitlines()]
        index = self.table.currentIndex()
        if index.isValid() and block:
            self.typed.emit(self.model.pasted(index.row(), index.column(), block))

    def _emptied(self) -> None:
        index = self.table.currentIndex()
        name = self.model.field_at(index.column()) if index.isValid() else None
        if name is not None:
            self.typed.emit([(self.model.rows[index.row()].row, name, "")])

    def _show_row(self, _place: int) -> None:
        if self._filling:
            return
        row = self.current_row()
        body = self._detail
        self.offers = []
        while (item := body.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self._card.setVisible(row is not None)
        if row is None:
            return
        self.title.setText(self.tr("Dòng {0}").format(row.row))
        self.toggle.setVisible(row.state is not State.BAD)
        known = row.known is not None
        self.toggle.setVisible(self.toggle.isVisibleTo(self) and (not known or bool(row.changes)))
        take = self.tr("Cập nhật người này") if known else self.tr("Vẫn nhập dòng này")
        self.toggle.setText(self.tr("Bỏ dòng này") if row.wanted else take)
        self.toggle.set_icon("x" if row.wanted else "check")
        self.ticks = {}
        if row.why:
            body.addWidget(Label(row.why, wrap=True))
            self._add_changes(body, row)
        elif not row.problems:
            body.addWidget(Label(self.tr("Không có gì phải xem."), tone="soft", wrap=True))
        for problem in row.problems:
            self._add_problem(body, row, problem)
        body.addStretch(1)

    def _add_changes(self, body: QVBoxLayout, row: PreviewRow) -> None:
        """Show field by field what the row would change for somebody who is there."""
        if row.known is not None and not row.changes:
            body.addWidget(Label(self.tr("Tệp không có gì mới về người này."), tone="soft", wrap=True))
        for change in row.changes:
            tick = Tick(field_name(change.field))
            tick.setChecked(row.wanted and change.wanted)
            tick.toggled.connect(_Want(self, row.row, change.field))
            self.ticks[change.field] = tick
            body.addWidget(tick)
            old = self._value(change.field, str(change.old)) if change.old not in {None, ""} else self.tr("trống")
            text = f"{old} → {self._value(change.field, str(change.new))}"
            body.addWidget(Label(text, Type.SMALL, tone="soft", data=True, wrap=True))

    def _add_problem(self, body: QVBoxLayout, row: PreviewRow, problem: Problem) -> None:
        head = QWidget()
        line = QHBoxLayout(head)
        line.setContentsMargins(0, 4, 0, 0)
        line.setSpacing(8)
        line.addWidget(IconLabel("triangle-alert", "wait", 16))
        line.addWidget(Label(field_name(problem.field), Type.STRONG, wrap=True), 1)
        body.addWidget(head)
        words = problem.text if problem.code != "missing" else self.tr("Chưa có. Bổ sung sau được.")
        body.addWidget(Label(words, Type.SMALL, wrap=True))
        if problem.found and problem.found not in words:
            body.addWidget(
                Label(self.tr("Trong tệp: {0}").format(problem.found), Type.SMALL, tone="soft", data=True, wrap=True)
            )
        for value in problem.suggest:
            button = Button(self.tr("Lấy {0}").format(self._value(problem.field, value)), icon="check", small=True)
            button.clicked.connect(_Take(self, row.row, problem, value))
            self.offers.append(button)
            body.addWidget(button)
        alike = like(self._all, problem)
        if problem.suggest and len(alike) > 1:
            every = Button(self.tr("Sửa cả {0} dòng như vậy").format(len(alike)), icon="list-checks", small=True)
            every.clicked.connect(_TakeAll(self, problem))
            self.offers.append(every)
            body.addWidget(every)

    def _value(self, name: str, value: str) -> str:
        return self._read.vocabulary.shown(name, value, open_numbers=True) if self._read is not None else value

    def _toggle(self) -> None:
        row = self.current_row()
        if row is not None and row.state is not State.BAD:
            self.ticked.emit(row.row, not row.wanted)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(16, 8, 12, 8)
        head.setSpacing(10)
        head.addWidget(IconLabel("file-spreadsheet", "text-soft", 18))
        head.addWidget(self.file, 1)
        head.addWidget(self.filter)
        left = Card(flush=True)
        left.body.addLayout(head)
        left.body.addWidget(self.table, 1)
        side = QWidget()
        side.setFixedWidth(_SIDE_PX)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self._detail_card(), 1)
        column.addWidget(self._counts_card())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(left, 1)
        row.addWidget(side)

    def _detail_card(self) -> Card:
        self._card = Card(flush=True)
        content = QWidget()
        self._detail = QVBoxLayout(content)
        self._detail.setContentsMargins(16, 4, 16, 8)
        self._detail.setSpacing(4)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(content)
        head = QHBoxLayout()
        head.setContentsMargins(16, 10, 10, 4)
        head.addWidget(self.title, 1)
        head.addWidget(self.toggle)
        self._card.body.addLayout(head)
        self._card.body.addWidget(area, 1)
        return self._card

    def _counts_card(self) -> Card:
        card = Card()
        self._all_label = Label("", Type.HEADING)
        card.body.addWidget(self._all_label)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        words = {
            State.READY: self.tr("Nhập được ngay"),
            State.LOOK: self.tr("Nhập được, cần xem"),
            State.KNOWN: self.tr("Đã có trên máy"),
            State.TWICE: self.tr("Trùng trong tệp, để lại"),
            State.BAD: self.tr("Không nhập được"),
        }
        for place, (state, text) in enumerate(words.items()):
            icon, role = state_icon(state)
            label = Label("0", Type.STRONG, data=True)
            grid.addWidget(IconLabel(icon, role, 18), place, 0)
            grid.addWidget(Label(text), place, 1)
            grid.addWidget(label, place, 2, Qt.AlignmentFlag.AlignRight)
            self.counts[state] = label
        card.body.addLayout(grid)
        card.body.addWidget(self.fill)
        card.body.addWidget(Line())
        keys = self.tr("Phím cách: nhập hay bỏ một dòng. Gõ hoặc dán thẳng vào ô để sửa.")
        card.body.addWidget(Label(keys, Type.SMALL, tone="soft", wrap=True))
        return card


class _GridDelegate(CellDelegate):
    """Cells as everywhere, with a ring round the one that typing would change."""

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a cell."""
        super().paint(painter, option, index)
        table = self.parent()
        if isinstance(table, DataTable) and table.hasFocus() and table.currentIndex() == index:
            painter.save()
            painter.setPen(QPen(current_theme().color("accent"), 2))
            rect: QRect = option.rect
            painter.drawRect(rect.adjusted(1, 1, -2, -2))
            painter.restore()


class _Want:
    def __init__(self, step: LookingStep, row: int, name: str) -> None:
        self._step, self._row, self._name = step, row, name

    def __call__(self, wanted: bool) -> None:  # the shape of a signal
        self._step.change_wanted.emit(self._row, self._name, wanted)


class _Take:
    def __init__(self, step: LookingStep, row: int, problem: Problem, value: str) -> None:
        self._step, self._row, self._problem, self._value = step, row, problem, value

    def __call__(self) -> None:
        self._step.offer_taken.emit(self._row, self._problem, self._value)


class _TakeAll:
    def __init__(self, step: LookingStep, problem: Problem) -> None:
        self._step, self._problem = step, problem

    def __call__(self) -> None:
        self._step.offers_taken.emit(self._problem)
