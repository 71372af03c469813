"""The page where one value is given to many records."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from yum_desktop.ui.cleaning.bulk_presenter import BulkLine
from yum_desktop.ui.cleaning.model import bulk_model
from yum_desktop.ui.formats import number_text
from yum_desktop.ui.theme import Type
from yum_desktop.ui.widgets.buttons import Button
from yum_desktop.ui.widgets.fields import ChoiceField, FieldRow, TextField
from yum_desktop.ui.widgets.options import Option
from yum_desktop.ui.widgets.panels import ActionBar, Card, EmptyState, PageHead
from yum_desktop.ui.widgets.tables import DataTable
from yum_desktop.ui.widgets.text import Label
from yum_desktop.ui.widgets.ticks import Tick

_FIELD_PX = 300


class BulkPage(QWidget):
    """Draws and forwards.

    Signals:
        field_chosen, province_chosen, value_typed: What was left in a field: its code, or its text.
        only_empty_chosen: Whether what records already say stays.
        write_requested: Write what the preview shows.
        closed: Back to the lists.
    """

    field_chosen = Signal(str)
    province_chosen = Signal(str)
    value_typed = Signal(str)
    only_empty_chosen = Signal(bool)
    write_requested = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head = PageHead(self.tr("Sửa hàng loạt"), self, back=True)
        self._card = Card(parent=self)
        self._preview = Card(parent=self, flush=True)
        hint = self.tr("Gõ để tìm")
        self.field = ChoiceField(placeholder=hint)
        self.province = ChoiceField(placeholder=hint)
        self.choice = ChoiceField(placeholder=hint)
        self.text = TextField()
        self._rows = [
            FieldRow(self.tr("Mục cần sửa"), self.field, field_px=_FIELD_PX, parent=self._card),
            FieldRow(self.tr("Tỉnh"), self.province, field_px=_FIELD_PX, parent=self._card),
            FieldRow(self.tr("Giá trị"), self.choice, field_px=_FIELD_PX, parent=self._card),
            FieldRow(self.tr("Giá trị"), self.text, field_px=_FIELD_PX, parent=self._card),
        ]
        self.only_empty = Tick(self.tr("Chỉ điền chỗ còn trống"), self._card)
        self.only_empty.setChecked(True)
        self.model = bulk_model()
        self.table = DataTable(self.model, self._preview)
        self.table.setAccessibleName(self.tr("Xem trước"))
        self.empty = EmptyState("pencil", self.tr("Chọn mục và giá trị: các hồ sơ sẽ sửa hiện ở đây"), parent=self)
        self.bar = ActionBar(self)
        self.said = Label("", Type.SMALL, tone="soft", parent=self.bar)
        self.cancel = Button(self.tr("Thôi"), parent=self.bar)
        self.go = Button(self.tr("Ghi"), kind="primary", icon="check", key="Ctrl+Return", parent=self.bar)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        for row in self._rows:
            self._card.body.addWidget(row)
        self._card.body.addWidget(self.only_empty)
        self._preview.body.addWidget(self.table, 1)
        self._preview.body.addWidget(self.empty, 1)
        inner = QVBoxLayout()
        inner.setContentsMargins(20, 0, 20, 12)
        inner.setSpacing(12)
        inner.addWidget(self._card)
        inner.addWidget(self._preview, 1)
        self.bar.left.addWidget(self.said)
        for button in (self.cancel, self.go):
            self.bar.right.addWidget(button)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.head)
        whole.addLayout(inner, 1)
        whole.addWidget(self.bar)

    def _connect(self) -> None:
        self.head.back.connect(self.closed)
        self.cancel.clicked.connect(self.closed)
        self.go.clicked.connect(self._write)
        self.field.left.connect(self._field_left)
        self.province.left.connect(self._province_left)
        self.choice.left.connect(self._choice_left)
        self.text.left.connect(self._text_left)
        self.field.entered.connect(self._after_field)
        self.province.entered.connect(self.choice.setFocus)
        self.choice.entered.connect(self.only_empty.setFocus)
        self.text.returnPressed.connect(self.only_empty.setFocus)
        self.only_empty.toggled.connect(self.only_empty_chosen)

    # what the presenter says

    def show_fields(self, fields: Sequence[Option], about: str) -> None:
        """Offer the fields; say whose they are."""
        self.head.say(self.tr("Sửa hàng loạt"), about)
        self.field.set_options(fields, numbered=False)
        self.field.clear()
        self.only_empty.setChecked(True)
        for row in self._rows[1:]:
            row.hide()
        self.show_trouble("")

    def show_value(self, options: Sequence[Option] | None, *, label: str, provinces: Sequence[Option] | None) -> None:
        """Ask for the value: from a list, or typed; for a ward, of its province first."""
        for editor in (self.province, self.choice, self.text):
            editor.clear()
        self.province.set_options(provinces or (), numbered=False)
        self.choice.set_options(options or ())
        for row, shown in zip(
            self._rows[1:], (provinces is not None, options is not None, options is None), strict=True
        ):
            row.setVisible(shown)
        for row in self._rows[2:]:
            row.label.setText(label)

    def show_wards(self, options: Sequence[Option]) -> None:
        """Offer the wards of the chosen province."""
        self.choice.clear()
        self.choice.set_options(options, numbered=False)

    def show_lines(self, lines: Sequence[BulkLine], *, changing: int) -> None:
        """Show the preview."""
        self.model.show_rows(lines)
        self.table.setVisible(bool(lines))
        self.empty.setVisible(not lines)
        words = self.tr("Sẽ sửa {0} trong {1} hồ sơ").format(number_text(changing), number_text(len(lines)))
        self.said.setText(words if lines else "")
        self.go.setText(self.tr("Ghi {0} hồ sơ").format(number_text(changing)) if changing else self.tr("Ghi"))
        self.go.setEnabled(changing > 0)

    def show_writing(self) -> None:
        """Show that the records are being written."""
        self.said.setText(self.tr("Đang ghi…"))
        self.go.setEnabled(False)

    def show_trouble(self, text: str) -> None:
        """Show what is wrong with the value, or could not be done."""
        for row in self._rows[2:]:
            row.say("bad" if text else "", text)

    # what the person does

    def panes(self) -> list[QWidget]:
        """Return what F6 goes through."""
        return [self.field, self.table, self.go]

    def _field_left(self) -> None:
        self.field.settle()
        self.field_chosen.emit(self.field.code() or "")

    def _province_left(self) -> None:
        self.province.settle()
        self.province_chosen.emit(self.province.code() or "")

    def _choice_left(self) -> None:
        self.choice.settle()
        self.value_typed.emit(self.choice.code() or "")

    def _text_left(self) -> None:
        self.value_typed.emit(self.text.text().strip())

    def _after_field(self) -> None:
        self._field_left()
        following = next((row.editor for row in self._rows[1:] if not row.isHidden()), self.only_empty)
        following.setFocus(Qt.FocusReason.TabFocusReason)

    def _write(self) -> None:
        self.write_requested.emit()
