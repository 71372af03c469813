"""The fields of a conflict: base, both versions and the result, a line for each."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from yum_desktop.registry.views import ConflictField
from yum_desktop.ui.conflict.choice import ChoiceBox, marked
from yum_desktop.ui.conflict.presenter import OPEN, Choice, Pair, Side
from yum_desktop.ui.formats import instant_text
from yum_desktop.ui.members.vocabulary import raw_code
from yum_desktop.ui.theme import Type, current_theme
from yum_desktop.ui.widgets.fields import ChoiceField, TextField
from yum_desktop.ui.widgets.options import Option
from yum_desktop.ui.widgets.text import IconLabel, Label, Line

_RESULT_PX = 172


class FieldLine(QObject):
    """The widgets of one field."""

    chosen = Signal(str, object)
    typed = Signal(str, str)
    entered = Signal(str)

    def __init__(self, pair: Pair, field: ConflictField, home: QWidget) -> None:
        super().__init__(home)
        self.field, self._pair = field, pair
        self.name = self._name_cell()
        self.base = Label(pair.text(field.field, field.base), tone="soft", data=True, wrap=True)
        self.boxes = {side: self._box(side) for side in (pair.left, pair.right)}
        self._icon = IconLabel("arrow-left", "pick", 16)
        self._text = Label("", wrap=True)
        self._text.setProperty("look", "beside")
        self.own = self._own_field()
        self._said = Label("", Type.SMALL, tone="bad", wrap=True)
        self._said.hide()
        self.result = self._result_cell()

    def show_choice(self, choice: Choice | None) -> None:
        """Show what is taken, or that nothing is."""
        for side, box in self.boxes.items():
            box.set_chosen(chosen=choice is not None and choice.side is side)
        if choice is None:
            self._icon.set_icon("arrow-left", "pick")
            self._text.setProperty("data", False)
            self._text.setText(self.tr("Chưa chọn"))
            self._text.set_tone("pick")
            return
        self._icon.set_icon("check", "ok")
        self._text.setProperty("data", True)
        self._text.set_tone("pick-")  # another tone, so that the font is taken anew
        self._text.set_tone("text")
        self._text.setText(self._pair.text(self.field.field, choice.value))
        self.say("")
        self._stack.setCurrentIndex(0)

    def show_decided(self, text: str) -> None:
        """Show what was settled; nothing can be chosen any more."""
        for box in self.boxes.values():
            box.radio.setEnabled(False)
        self._icon.set_icon("check", "ok")
        self._text.setText(text)
        self._text.set_tone("text")

    def say(self, text: str) -> None:
        """Show why a typed value cannot stand; an empty text takes it away."""
        self._said.setText(text)
        self._said.setVisible(bool(text))
        self.own.set_state("bad" if text else "")

    def open_own(self) -> None:
        """Let a value be typed that neither of the two had."""
        self._stack.setCurrentIndex(1)
        self.own.setFocus(Qt.FocusReason.OtherFocusReason)
        self.own.selectAll()

    def _name_cell(self) -> QWidget:
        cell = QWidget()
        column = QVBoxLayout(cell)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addStretch(1)
        column.addWidget(Label(self.field.label, Type.STRONG, wrap=True))
        row = QHBoxLayout()
        row.setSpacing(6)
        if self.field.identifies:
            row.addWidget(IconLabel("id-card", "pick", 14))
            row.addWidget(Label(self.tr("Mục nhận diện"), Type.SMALL, tone="pick"), 1)
        else:
            row.addWidget(Label(self.tr("Hai bên đều sửa"), Type.SMALL, tone="soft"), 1)
        column.addLayout(row)
        column.addStretch(1)
        return cell

    def _box(self, side: Side) -> ChoiceBox:
        pair, name = self._pair, self.field.field
        other = pair.right if side is pair.left else pair.left
        texts = {s: pair.text(name, getattr(self.field, s)) for s in (side, other, Side.BASE)}
        whose = self.tr("của tôi") if side is pair.left else self.tr("của máy khác")
        box = ChoiceBox(
            marked(texts[side], texts[Side.BASE], texts[other]), f"{self.field.label}, {whose}: {texts[side]}"
        )
        box.radio.installEventFilter(self)
        box.chosen.connect(self._take_left if side is pair.left else self._take_right)
        return box

    def _own_field(self) -> TextField:
        pair, name = self._pair, self.field.field
        options: Sequence[Option] = ()
        if pair.row.kind == "member":
            values = {found.field: found.theirs for found in pair.row.fields}
            options = pair.vocabulary.options(name, values)
        own: TextField
        if options:
            own = chooser = ChoiceField()
            chooser.set_options(options)
            chooser.set_code(raw_code(self.field.mine))
            chooser.entered.connect(self._typed)
        else:
            own = TextField()
            own.setText(pair.vocabulary.text(name, self.field.mine) if pair.row.kind == "member" else "")
        own.setAccessibleName(self.tr("Giá trị khác cho {0}").format(self.field.label))
        own.returnPressed.connect(self._typed)
        own.installEventFilter(self)
        return own

    def _result_cell(self) -> QWidget:
        plain = QWidget()
        row = QHBoxLayout(plain)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(plain)
        self._stack.addWidget(self.own)
        self._stack.setFixedHeight(current_theme().px(44))
        cell = QWidget()
        column = QVBoxLayout(cell)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addStretch(1)
        column.addWidget(self._stack)
        column.addWidget(self._said)
        column.addStretch(1)
        return cell

    def _take_left(self) -> None:
        self.chosen.emit(self.field.field, self._pair.left)

    def _take_right(self) -> None:
        self.chosen.emit(self.field.field, self._pair.right)

    def _typed(self) -> None:
        code = self.own.code() if isinstance(self.own, ChoiceField) else None
        self.typed.emit(self.field.field, code or self.own.text())

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tell which line the keys 1, 2 and 0 act on."""
        if event.type() is QEvent.Type.FocusIn:
            self.entered.emit(self.field.field)
        return False


class FieldsTable(QWidget):
    """All fields that differ.

    Signals:
        chosen: A field and a side.
        typed: A field and what was typed for it.
        entered: The field that the keys act on.
    """

    chosen = Signal(str, object)
    typed = Signal(str, str)
    entered = Signal(str)

    def __init__(self, pair: Pair, now: datetime, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: dict[str, FieldLine] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        self._add_heads(grid, pair, now)
        place = 2
        for field in pair.row.fields:
            line = FieldLine(pair, field, self)
            self.lines[field.field] = line
            if place > 2:
                grid.addWidget(Line(), place, 0, 1, 5)
                place += 1
            cells = (line.name, line.base, line.boxes[pair.left], line.boxes[pair.right], line.result)
            for column, cell in enumerate(cells):
                grid.addWidget(cell, place, column)
            line.chosen.connect(self.chosen)
            line.typed.connect(self.typed)
            line.entered.connect(self.entered)
            place += 1
        theme = current_theme()
        for column, (least, stretch) in enumerate(((136, 0), (100, 2), (164, 4), (164, 4), (_RESULT_PX, 0))):
            grid.setColumnMinimumWidth(column, theme.px(least))
            grid.setColumnStretch(column, stretch)
        for line in self.lines.values():
            line.name.setFixedWidth(theme.px(136))
            line.result.setFixedWidth(theme.px(_RESULT_PX))
        if pair.row.status != OPEN:
            for name, line in self.lines.items():
                line.show_decided(pair.text(name, pair.row.choice.get(name)) if name in pair.row.choice else "")

    def show_choices(self, choices: Mapping[str, Choice]) -> None:
        """Show what is chosen so far."""
        for name, line in self.lines.items():
            line.show_choice(choices.get(name))

    def _add_heads(self, grid: QGridLayout, pair: Pair, now: datetime) -> None:
        row = pair.row
        whose = {
            Side.MINE: (row.mine_account, row.mine_device, row.mine_at),
            Side.THEIRS: (row.theirs_account, row.theirs_device, row.theirs_at),
        }
        grid.addWidget(Label(self.tr("Mục"), Type.COLUMN, tone="soft"), 0, 0)
        grid.addWidget(Label(self.tr("Gốc"), Type.COLUMN, tone="soft"), 0, 1)
        for column, side in ((2, pair.left), (3, pair.right)):
            account, device, at = whose[side]
            own = pair.own and side is pair.left
            title = self.tr("Của tôi") if own else self.tr("Của máy khác") if pair.own else account
            icon = "laptop" if side is pair.left else "monitor-smartphone"
            first = device if own or not pair.own else account
            grid.addWidget(_head(icon, title, f"{first} · {instant_text(at, now)}", device), 0, column)
        grid.addWidget(Label(self.tr("Kết quả"), Type.COLUMN, tone="soft"), 0, 4)
        grid.addWidget(Line(), 1, 0, 1, 5)


def _head(icon: str, title: str, detail: str, device: str) -> QWidget:
    cell = QWidget()
    cell.setToolTip(device)
    grid = QGridLayout(cell)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(10)
    grid.setVerticalSpacing(0)
    grid.addWidget(IconLabel(icon, "text", 20), 0, 0, 2, 1)
    grid.addWidget(Label(title, Type.STRONG), 0, 1)
    grid.addWidget(Label(detail, Type.SMALL, tone="soft", data=True, wrap=True), 1, 1)
    grid.setColumnStretch(1, 1)
    return cell
