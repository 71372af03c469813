"""The columns of the preview."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QModelIndex, QPersistentModelIndex, Qt, Signal
from typing_extensions import override

from yum_desktop.domain.member import BY_NAME, MEMBER_FIELDS, Shape
from yum_desktop.exchange.excel.layout import (
    CHI_DOAN,
    FAMILY_NAME,
    FEMALE_MARK,
    FEMALE_YEAR,
    GIVEN_NAME,
    LEFT_REASON,
    LEFT_ROW,
    MALE_MARK,
    MALE_YEAR,
    MIDDLE_NAME,
    ORDINAL,
)
from yum_desktop.ui.formats import NONE
from yum_desktop.ui.import_wizard.preview import PreviewRow, State
from yum_desktop.ui.members.vocabulary import Vocabulary
from yum_desktop.ui.widgets.badges import Mark
from yum_desktop.ui.widgets.options import Option
from yum_desktop.ui.widgets.tables import Column, RowsModel

BESIDE: Final = "-"
"""The code that keeps the text of a column beside the record."""
_SHOWN: Final = (("born_on", 96), ("sex", 56), ("id_number", 128), ("phone", 120), ("ethnicity", 88))
_STATES: Final[dict[State, tuple[str, str]]] = {
    State.READY: ("circle-check", "ok"),
    State.LOOK: ("triangle-alert", "wait"),
    State.TWICE: ("copy", "wait"),
    State.KNOWN: ("user", "pick"),
    State.BAD: ("octagon-x", "bad"),
}


def _tr(text: str) -> str:
    return QCoreApplication.translate("import", text)


class Shown:
    """How values and units of the rows read now; the table asks it for every cell."""

    def __init__(self) -> None:
        self.vocabulary: Vocabulary | None = None
        self.units: Mapping[UUID, str] = {}

    def value(self, row: PreviewRow, name: str) -> str:
        """Return a value; what the cell holds where it could not be read."""
        value = row.values.get(name)
        if value is not None and self.vocabulary is not None:
            return self.vocabulary.shown(name, value, open_numbers=True)
        problem = row.problem(name)
        return problem.found if problem is not None and problem.found else NONE

    def unit(self, row: PreviewRow) -> str:
        """Return the unit a row goes to."""
        if row.state is State.BAD:
            return NONE
        return self.units.get(row.unit_id, "") if row.unit_id is not None else _tr("Chưa chọn")


class PreviewModel(RowsModel[PreviewRow]):
    """The preview; what a person types into a cell is told, and shown when the rows come back.

    Signals:
        typed: Rows, fields and texts, as a list.
    """

    typed = Signal(object)

    @override
    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        """Return what can be done with a cell."""
        flags = super().flags(index)
        editable = index.isValid() and self.field_at(index.column()) is not None
        return flags | Qt.ItemFlag.ItemIsEditable if editable else flags

    @override
    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what a cell shows; in an editor nothing instead of a dash."""
        if role == Qt.ItemDataRole.EditRole:
            text = super().data(index, Qt.ItemDataRole.DisplayRole)
            return "" if text == NONE else text
        return super().data(index, role)

    @override
    def setData(
        self, index: QModelIndex | QPersistentModelIndex, value: object, role: int = Qt.ItemDataRole.EditRole
    ) -> bool:
        """Tell what was typed."""
        name = self.field_at(index.column()) if index.isValid() else None
        if role != Qt.ItemDataRole.EditRole or name is None or value == self.data(index, Qt.ItemDataRole.EditRole):
            return False
        self.typed.emit([(self.rows[index.row()].row, name, str(value))])
        return True

    def renew(self, rows: Sequence[PreviewRow]) -> None:
        """Show the same rows as they are now, so that an editor in them stays; other rows replace all."""
        if [row.row for row in rows] != [row.row for row in self._given]:
            self.show_rows(rows)
            return
        now = {row.row: row for row in rows}
        self._given = list(rows)
        self._rows = [now[row.row] for row in self._rows]
        if rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, self.columnCount() - 1))

    def field_at(self, column: int) -> str | None:
        """Return the field of a column; nothing for what cannot be typed."""
        return _FIELDS[column]

    def pasted(self, row: int, column: int, block: Sequence[Sequence[str]]) -> list[tuple[int, str, str]]:
        """Return the rows, fields and texts that a block means when it is pasted at a cell; what sticks out is left."""
        fields = [name for name in _FIELDS[column:] if name is not None]
        return [
            (self.rows[row + down].row, name, text)
            for down, texts in enumerate(block)
            if row + down < len(self.rows)
            for name, text in zip(fields, texts, strict=False)
        ]


_FIELDS: Final = (None, "full_name", None, *(name for name, _ in _SHOWN), "unit_id")
"""The field of each column."""


def preview_model(shown: Shown) -> PreviewModel:
    """Return an empty preview."""

    def text(name: str) -> Callable[[PreviewRow], str]:
        return lambda row: shown.value(row, name)

    def tone(name: str) -> Callable[[PreviewRow], str]:
        return lambda row: "wait" if row.problem(name) is not None else "text"

    columns: list[Column[PreviewRow]] = [
        Column(title=_tr("Dòng"), text=lambda row: str(row.row), sort=lambda row: row.row, width_px=56, right=True),
        Column(
            title=_tr("Họ và tên"), text=lambda row: str(row.values.get("full_name") or NONE), strong=True, width_px=168
        ),
        Column(title=_tr("Cần xem"), text=_said, mark=_mark, width_px=200, plain=True),
    ]
    columns += [Column(title=_short(name), text=text(name), tone=tone(name), width_px=width) for name, width in _SHOWN]
    columns.append(Column(title=_tr("Chi đoàn"), text=shown.unit, tone=_unit_tone, width_px=170, stretch=True))
    return PreviewModel(columns)


def column_options() -> list[Option]:
    """Return what a column may be taken for."""
    special = (
        Option(BESIDE, _tr("Giữ ở ghi chú"), (_tr("Không nhập"),)),
        Option(ORDINAL, _tr("Số thứ tự (bỏ qua)")),
        Option(CHI_DOAN, _tr("Chi đoàn")),
        Option(MALE_YEAR, _tr("Ngày sinh, cột Nam")),
        Option(FEMALE_YEAR, _tr("Ngày sinh, cột Nữ")),
        Option(FEMALE_MARK, _tr("Nữ, đánh dấu x")),
        Option(MALE_MARK, _tr("Nam, đánh dấu x")),
        Option(FAMILY_NAME, _tr("Họ và đệm")),
        Option(MIDDLE_NAME, _tr("Tên đệm")),
        Option(GIVEN_NAME, _tr("Tên")),
        Option(LEFT_REASON, _tr("Lý do chưa nhập (bỏ qua)")),
        Option(LEFT_ROW, _tr("Dòng trong tệp gốc (bỏ qua)")),
    )
    unread = {Shape.UNIT, Shape.PLACE, Shape.CODES}
    hidden = {"sort_name", "source"}
    fields = [f for f in MEMBER_FIELDS if f.shape not in unread and f.name not in hidden]
    return [*(Option(field.name, field.label) for field in fields), *special]


def state_icon(state: State) -> tuple[str, str]:
    """Return icon and role of a state."""
    return _STATES[state]


def _short(name: str) -> str:
    return {"sex": _tr("Giới"), "id_number": _tr("Số CCCD")}.get(name, BY_NAME[name].label)


def _unit_tone(row: PreviewRow) -> str:
    return "pick" if row.unit_id is None and row.state is not State.BAD else "text"


def _said(row: PreviewRow) -> str:
    if row.why:
        return row.why
    if not row.problems:
        return _tr("Nhập được ngay") if row.wanted else _tr("Bỏ qua")
    first = row.problems[0]
    label = "" if first.code != "missing" else f" {_field(first.field)}"
    text = f"{first.text}{label.lower()}"
    return text if len(row.problems) == 1 else _tr("{0}, và {1} chỗ nữa").format(text, len(row.problems) - 1)


def _field(name: str) -> str:
    found = BY_NAME.get(name)
    return found.label if found is not None else _tr("Chi đoàn")


def _mark(row: PreviewRow) -> Mark:
    icon, role = _STATES[row.state]
    if not row.wanted and row.state is not State.BAD:
        icon, role = "x" if row.state is not State.KNOWN else icon, "off"
    return Mark(icon, _said(row), role)
