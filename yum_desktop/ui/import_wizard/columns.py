"""The second step: what the columns of the file are, and which units it means."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from yum_desktop.exchange.excel.model import Column, Converted, ImportPlan
from yum_desktop.ui.formats import NONE
from yum_desktop.ui.import_wizard.model import BESIDE, column_options
from yum_desktop.ui.import_wizard.presenter import Read
from yum_desktop.ui.import_wizard.preview import WHOLE_FILE, unit_names
from yum_desktop.ui.theme import Type, current_theme
from yum_desktop.ui.widgets.fields import ChoiceField, Combo
from yum_desktop.ui.widgets.options import Option
from yum_desktop.ui.widgets.panels import Card
from yum_desktop.ui.widgets.text import IconLabel, Label, Line
from yum_desktop.ui.widgets.ticks import Tick

_SAMPLES: Final = 3
_LOOKED_AT: Final = 300
"""Rows that are looked through for samples."""
_SIDE_PX: Final = 340


class ColumnsStep(QWidget):
    """Draws and forwards.

    Signals:
        mapped: Index of a column and what it is, or `None`.
        unit_chosen: A name of the file and the id of a unit, or `None`.
        sheet_chosen: The name of a sheet.
        letters_kept: Index of a column, and whether its texts of before Unicode stay as they are written.
    """

    mapped = Signal(int, object)
    unit_chosen = Signal(str, object)
    sheet_chosen = Signal(str)
    letters_kept = Signal(int, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields: dict[int, ChoiceField] = {}
        self.units: dict[str, ChoiceField] = {}
        self.file = Label("", Type.STRONG, data=True)
        self.where = Label("", Type.SMALL, tone="soft", data=True)
        self.sheets = Combo()
        self.sheets.setFixedWidth(200)
        self.sheets.activated.connect(self._sheet_chosen)
        head = QHBoxLayout()
        head.setContentsMargins(16, 10, 12, 8)
        head.setSpacing(10)
        head.addWidget(IconLabel("file-spreadsheet", "text-soft", 18))
        head.addWidget(self.file)
        head.addWidget(self.where, 1)
        head.addWidget(self.sheets)
        left = Card(flush=True)
        self._columns, columns = _area()
        left.body.addLayout(head)
        left.body.addWidget(Line())
        left.body.addWidget(columns, 1)
        right = Card(self.tr("Chi đoàn trong tệp"))
        right.setFixedWidth(_SIDE_PX)
        self._about = Label("", Type.SMALL, tone="soft", wrap=True)
        self._units, units = _area()
        right.body.addWidget(self._about)
        right.body.addWidget(units, 1)
        self.letters: dict[int, Tick] = {}
        self._letters_card = Card(self.tr("Chữ phông cũ"))
        self._letters_card.setFixedWidth(_SIDE_PX)
        self._letters, letters = _area()
        self._letters_card.body.addWidget(letters, 1)
        side = QVBoxLayout()
        side.setSpacing(12)
        side.addWidget(right, 3)
        side.addWidget(self._letters_card, 2)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(left, 1)
        row.addLayout(side)

    def show_columns(self, read: Read, chosen: Mapping[str, UUID]) -> None:
        """Show what the columns and the units of the file are taken for."""
        plan = read.plan
        self.file.setText(plan.file)
        rows = "–".join(str(row) for row in plan.header_rows)
        self.where.setText(self.tr("tiêu đề ở dòng {0} · {1} người").format(rows, len(plan.rows)))
        self.sheets.setVisible(len(plan.sheets) > 1)
        self.sheets.clear()
        self.sheets.addItems(list(plan.sheets))
        self.sheets.setCurrentText(plan.sheet)
        self._fill_columns(plan, read)
        self._fill_units(read, chosen)
        self._fill_letters(plan)

    def open_questions(self) -> int:
        """Return how many units are still to be chosen."""
        return sum(1 for field in self.units.values() if not field.text())

    def _fill_columns(self, plan: ImportPlan, read: Read) -> None:
        grid, options = _emptied(self._columns), column_options()
        focused = next((index for index, field in self.fields.items() if field.hasFocus()), None)
        self.fields = {}
        for place, title in enumerate(
            (self.tr("Cột"), self.tr("Tiêu đề trong tệp"), self.tr("Là mục"), self.tr("Ví dụ"))
        ):
            grid.addWidget(Label(title, Type.COLUMN, tone="soft"), 0, place)
        for place, column in enumerate(plan.columns, 1):
            field = ChoiceField()
            field.set_options(options, numbered=False)
            field.set_code(column.field or BESIDE)
            field.setFixedWidth(current_theme().px(220))
            field.setAccessibleName(self.tr("Cột {0}, {1}").format(column.letter, column.header))
            field.left.connect(_Map(self, column.index))
            field.entered.connect(_Map(self, column.index))
            self.fields[column.index] = field
            grid.addWidget(Label(column.letter, tone="soft", data=True), place, 0)
            grid.addWidget(Label(column.header or NONE, data=True, wrap=True), place, 1)
            grid.addWidget(field, place, 2)
            grid.addWidget(Label(_samples(plan, column, read), Type.SMALL, tone="soft", data=True, wrap=True), place, 3)
        for place, stretch in enumerate((0, 2, 0, 3)):
            grid.setColumnStretch(place, stretch)
        grid.setRowStretch(len(plan.columns) + 1, 1)
        if focused in self.fields:
            self.fields[focused].setFocus(Qt.FocusReason.OtherFocusReason)

    def _fill_units(self, read: Read, chosen: Mapping[str, UUID]) -> None:
        grid, names = _emptied(self._units), unit_names(read.plan)
        focused = next((name for name, field in self.units.items() if field.hasFocus()), None)
        options = [Option(unit.unit_id.hex, unit.name) for unit in read.units if not unit.readable_only]
        self.units = {}
        for place, (name, rows) in enumerate(names.items()):
            words = (
                name
                if name != WHOLE_FILE
                else self.tr("Cả danh sách")
                if len(names) == 1
                else self.tr("Không ghi chi đoàn")
            )
            field = ChoiceField(placeholder=self.tr("Chọn chi đoàn"))
            field.set_options(options, numbered=False)
            unit_id = chosen.get(name)
            field.set_code(unit_id.hex if unit_id is not None else None)
            field.set_state("" if unit_id is not None else "pick")
            field.setAccessibleName(words)
            field.left.connect(_Choose(self, name))
            field.entered.connect(_Choose(self, name))
            self.units[name] = field
            told = Label(self.tr("{0} · {1} người").format(words, rows), Type.SMALL, data=True, wrap=True)
            grid.addWidget(told, 2 * place, 0)
            grid.addWidget(field, 2 * place + 1, 0)
        grid.setRowStretch(2 * len(names), 1)
        left = self.open_questions()
        asked = self.tr("Còn {0} tên chưa biết là chi đoàn nào.").format(left)
        self._about.setText(asked if left else self.tr("Đã ghép với cây đơn vị. Sửa nếu chưa đúng."))
        if focused in self.units:
            self.units[focused].setFocus(Qt.FocusReason.OtherFocusReason)

    def _fill_letters(self, plan: ImportPlan) -> None:
        """Show what texts of before Unicode mean, a column at a time, and let each be left as it is written."""
        grid = _emptied(self._letters)
        grid.setContentsMargins(0, 0, 0, 0)
        headers = {column.index: column.header or column.letter for column in plan.columns}
        members = {row.row for row in plan.rows}
        found: dict[int, list[Converted]] = {}
        for one in plan.converted:
            if one.row in members:
                found.setdefault(one.column, []).append(one)
        self._letters_card.setVisible(bool(found))
        self.letters = {}
        for place, (column, cells) in enumerate(sorted(found.items())):
            tick = Tick(self.tr("{0}: đổi {1} ô").format(headers.get(column, ""), len(cells)))
            tick.setChecked(not cells[0].kept)
            tick.toggled.connect(_Keep(self, column))
            self.letters[column] = tick
            grid.addWidget(tick, 2 * place, 0)
            text = f"{cells[0].before} → {cells[0].after}"
            grid.addWidget(Label(text, Type.SMALL, tone="soft", data=True, wrap=True), 2 * place + 1, 0)
        grid.setRowStretch(2 * len(found), 1)

    def map_column(self, index: int) -> None:
        """Tell what a column was said to be."""
        field = self.fields.get(index)
        if field is None:
            return
        field.settle()
        code = field.code()
        if not field.fits():
            field.set_state("bad")
        elif code is not None:
            field.set_state("")
            self.mapped.emit(index, None if code == BESIDE else code)

    def choose_unit(self, name: str) -> None:
        """Tell which unit was chosen for a name."""
        field = self.units.get(name)
        if field is None:
            return
        field.settle()
        code = field.code()
        if code is not None and not field.fits():
            field.set_state("bad")
        else:
            self.unit_chosen.emit(name, UUID(code) if code is not None else None)

    def _sheet_chosen(self, _place: int) -> None:
        self.sheet_chosen.emit(self.sheets.currentText())


class _Map:
    def __init__(self, step: ColumnsStep, index: int) -> None:
        self._step, self._index = step, index

    def __call__(self) -> None:
        self._step.map_column(self._index)


class _Keep:
    def __init__(self, step: ColumnsStep, column: int) -> None:
        self._step, self._column = step, column

    def __call__(self, changed: bool) -> None:  # the shape of a signal
        self._step.letters_kept.emit(self._column, not changed)


class _Choose:
    def __init__(self, step: ColumnsStep, name: str) -> None:
        self._step, self._name = step, name

    def __call__(self) -> None:
        self._step.choose_unit(self._name)


def _area() -> tuple[QVBoxLayout, QScrollArea]:
    """Return a layout that is filled anew each time, and the area it scrolls in."""
    content = QWidget()
    column = QVBoxLayout(content)
    column.setContentsMargins(0, 0, 0, 0)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(content)
    return column, area


def _emptied(column: QVBoxLayout) -> QGridLayout:
    """Return a new grid in place of what was there."""
    while (item := column.takeAt(0)) is not None:
        if (old := item.widget()) is not None:
            old.hide()
            old.deleteLater()
    home = QWidget()
    grid = QGridLayout(home)
    grid.setContentsMargins(16, 8, 12, 8)
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(6)
    column.addWidget(home)
    return grid


def _samples(plan: ImportPlan, column: Column, read: Read) -> str:
    """Return what stands in a column, from its first rows."""
    found: list[str] = []
    for row in plan.rows[:_LOOKED_AT]:
        text = row.other.get(column.header, "")
        value = row.values.get(column.field) if column.field is not None else None
        if not text and isinstance(value, str | int) and column.field is not None:
            text = read.vocabulary.shown(column.field, value, open_numbers=True)
        if not text and column.field == "chi_doan":
            text = row.chi_doan or ""
        if text and text not in found:
            found.append(text)
        if len(found) == _SAMPLES:
            break
    return "; ".join(found) or NONE
