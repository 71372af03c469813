"""The third step: what each row would become, and what may be repaired with one button."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from yum_desktop.exchange.excel.model import Problem
from yum_desktop.ui.formats import number_text
from yum_desktop.ui.import_wizard.model import Shown, preview_model, state_icon
from yum_desktop.ui.import_wizard.presenter import Read
from yum_desktop.ui.import_wizard.preview import Counts, PreviewRow, State, field_name, like
from yum_desktop.ui.theme import Type
from yum_desktop.ui.widgets.buttons import Button
from yum_desktop.ui.widgets.panels import Card
from yum_desktop.ui.widgets.tables import DataTable
from yum_desktop.ui.widgets.text import IconLabel, Label, Line

_SIDE_PX: Final = 300


class LookingStep(QWidget):
    """Draws and forwards.

    Signals:
        ticked: Number of a row, and whether it is imported.
        offer_taken: Number of a row, a `Problem`, and the value.
        offers_taken: A `Problem`: its first offer in all rows like it.
    """

    ticked = Signal(int, bool)
    offer_taken = Signal(int, object, str)
    offers_taken = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._all: Sequence[PreviewRow] = ()
        self._read: Read | None = None
        self._filling = False
        self._shown = Shown()
        self.model = preview_model(self._shown)
        self.table = DataTable(self.model)
        self.only = Button(self.tr("Chỉ dòng cần xem"), icon="filter", small=True)
        self.only.setCheckable(True)
        self.file = Label("", Type.STRONG, data=True)
        self.title = Label("", Type.HEADING)
        self.toggle = Button("", icon="x", small=True)
        self.offers: list[Button] = []
        self.counts: dict[State, Label] = {}
        self._lay_out()
        self.only.clicked.connect(self._refill)
        self.table.current.connect(self._show_row)
        self.toggle.clicked.connect(self._toggle)
        self._tick = QShortcut(QKeySequence("Space"), self.table)
        self._tick.setContext(Qt.ShortcutContext.WidgetShortcut)
        self._tick.activated.connect(self._toggle)

    def show_preview(self, rows: Sequence[PreviewRow], counts: Counts, read: Read) -> None:
        """Show what each row would become."""
        self._all, self._read = rows, read
        self._shown.vocabulary = read.vocabulary
        self._shown.units = {unit.unit_id: unit.short_name or unit.name for unit in read.units}
        self.file.setText(read.plan.file)
        totals = {State.READY: counts.ready, State.LOOK: counts.look, State.TWICE: counts.twice, State.BAD: counts.bad}
        for state, label in self.counts.items():
            label.setText(number_text(totals[state]))
        self._all_label.setText(self.tr("{0} dòng").format(number_text(len(rows))))
        self._refill()

    def current_row(self) -> PreviewRow | None:
        """Return the row under the cursor."""
        place = self.table.currentIndex().row()
        return self.model.rows[place] if 0 <= place < len(self.model.rows) else None

    def _refill(self) -> None:
        kept = self.current_row()
        wanted = [row for row in self._all if not self.only.isChecked() or row.state is not State.READY]
        self._filling = True
        self.model.show_rows(wanted)
        place = next((i for i, row in enumerate(self.model.rows) if kept is not None and row.row == kept.row), None)
        if place is None:
            place = next((i for i, row in enumerate(self.model.rows) if row.state is not State.READY), 0)
        self.table.select_row(place)
        self._filling = False
        self._show_row(place)

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
        self.toggle.setText(self.tr("Bỏ dòng này") if row.wanted else self.tr("Vẫn nhập dòng này"))
        self.toggle.set_icon("x" if row.wanted else "check")
        if row.why:
            body.addWidget(Label(row.why, wrap=True))
        elif not row.problems:
            body.addWidget(Label(self.tr("Không có gì phải xem."), tone="soft", wrap=True))
        for problem in row.problems:
            self._add_problem(body, row, problem)
        body.addStretch(1)

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
        head.addWidget(self.only)
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
            State.TWICE: self.tr("Có thể trùng, để lại"),
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
        card.body.addWidget(Line())
        card.body.addWidget(Label(self.tr("Phím cách: nhập hay bỏ một dòng."), Type.SMALL, tone="soft", wrap=True))
        return card


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
