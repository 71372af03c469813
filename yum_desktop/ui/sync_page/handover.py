"""One piece of work that was handed over: who wrote what, what stands there now, and what is done with it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from sync.protocol.kinds import Value
from yum_desktop.domain.member import BY_NAME, Shape
from yum_desktop.registry.kinds import MEMBER_KIND
from yum_desktop.registry.views import HandoverField, HandoverRow
from yum_desktop.ui.formats import NONE, instant_text
from yum_desktop.ui.members.vocabulary import Vocabulary, raw_code
from yum_desktop.ui.theme import Type, current_theme
from yum_desktop.ui.widgets.buttons import Button
from yum_desktop.ui.widgets.fields import ChoiceField, TextField
from yum_desktop.ui.widgets.options import Option
from yum_desktop.ui.widgets.panels import Banner
from yum_desktop.ui.widgets.text import Label, Line

_WIDE_PX: Final = 780
_FIELDS_PX: Final = 280
"""The height of the fields; more of them scroll."""

_NOT_TYPED: Final = frozenset({Shape.CODES, Shape.UNIT})


class HandoverDialog(QDialog):
    """Draws and forwards; closing it decides nothing.

    Signals:
        accepted_with: What was typed over the values, by field.
        returned_with: The reason.
        put_away_requested: Show it no more.
    """

    accepted_with = Signal(object)
    returned_with = Signal(str)
    put_away_requested = Signal()

    def __init__(self, row: HandoverRow, vocabulary: Vocabulary, now: datetime, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row, self._vocabulary, self._now = row, vocabulary, now
        self.inputs: dict[str, TextField] = {}
        self._said: dict[str, Label] = {}
        self._typed: dict[str, str] = {}
        self.setWindowTitle(self.tr("Đã chuyển") if row.mine else self.tr("Được bàn giao"))
        self.setFixedWidth(current_theme().px(_WIDE_PX))
        self.trouble = Banner("bad", "octagon-x")
        self.why = TextField(placeholder=self.tr("Vì sao không nhận"))
        self.why.setAccessibleName(self.tr("Lý do trả lại"))
        self.take = Button(self.tr("Nhận"), kind="primary", icon="check", key="Ctrl+Return")
        self.give_back = Button(self.tr("Trả lại"), kind="danger", icon="undo-2")
        self.copy = Button(self.tr("Chép nội dung"), icon="copy")
        self.put_away = Button(self.tr("Cất đi"), icon="check")
        self.close_button = Button(self.tr("Đóng") if row.mine else self.tr("Để sau"), key="Esc")
        self._lay_out()
        self._connect()
        if row.problem is not None:
            self.say(row.blamed or "", row.problem.text)

    def say(self, field: str, text: str) -> None:
        """Show what is wrong, beside the field where it has one."""
        beside = self._said.get(field)
        self.trouble.say("" if beside is not None else text)
        if beside is not None:
            beside.setText(text)
            beside.setVisible(bool(text))
            self.inputs[field].set_state("bad" if text else "")
            self.inputs[field].setFocus(Qt.FocusReason.OtherFocusReason)

    def words(self) -> str:
        """Return what was written, as text to be pasted elsewhere."""
        lines = [f"{field.label}: {self._shown(field, field.value)}" for field in self.row.fields]
        return "\n".join((self.row.title, *lines))

    # what the person does

    def _connect(self) -> None:
        self.take.clicked.connect(self._take)
        self.give_back.clicked.connect(self._return)
        self.copy.clicked.connect(self._copy)
        self.put_away.clicked.connect(self.put_away_requested)
        self.close_button.clicked.connect(self.reject)
        self.why.textChanged.connect(self._enable)
        self.why.returnPressed.connect(self._return)
        self.finished.connect(self.deleteLater)
        self._enable()
        (self.take if not self.row.mine else self.close_button).setFocus()

    def _enable(self) -> None:
        self.give_back.setEnabled(bool(self.why.text().strip()))

    def _take(self) -> None:
        changed = {}
        for name, own in self.inputs.items():
            self._said[name].hide()
            own.set_state("")
            text = (own.code() or own.text()) if isinstance(own, ChoiceField) else own.text()
            if text.strip() != self._typed[name]:
                changed[name] = text
        self.accepted_with.emit(changed)

    def _return(self) -> None:
        if self.why.text().strip():
            self.returned_with.emit(self.why.text().strip())

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.words())

    # layout

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(8)
        column.addWidget(Label(self.row.title, Type.HEADING, data=True, wrap=True))
        column.addWidget(Label(self._about(), tone="soft", data=True, wrap=True))
        column.addWidget(self.trouble)
        column.addWidget(Line())
        if self.row.fields:
            column.addWidget(self._fields())
        if self.row.operation == "delete":
            column.addWidget(Label(self.tr("Đề nghị xóa hồ sơ này."), Type.STRONG, wrap=True))
        if self.row.mine:
            column.addWidget(Label(self._outcome(), Type.STRONG, wrap=True, data=True))
        column.addWidget(Line())
        column.addLayout(self._foot())

    def _foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setSpacing(8)
        if self.row.mine:
            foot.addStretch(1)
            foot.addWidget(self.copy)
            if self.row.state != "waiting":
                foot.addWidget(self.put_away)
            foot.addWidget(self.close_button)
            return foot
        foot.addWidget(Label(self.tr("Lý do trả lại"), Type.SMALL))
        foot.addWidget(self.why, 1)
        for button in (self.give_back, self.close_button, self.take):
            foot.addWidget(button)
        return foot

    def _fields(self) -> QWidget:
        row, grid_home = self.row, QWidget()
        grid = QGridLayout(grid_home)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        heads = [self.tr("Mục"), *([] if row.operation == "create" else [self.tr("Trước đó")])]
        heads.append(self.tr("Đã ghi") if row.mine else self.tr("Bàn giao"))
        shown: list[Callable[[HandoverField], Value]] = [lambda field: field.value]
        if row.operation != "create":
            shown.insert(0, lambda field: field.base)
            if not row.mine:
                heads.append(self.tr("Hiện nay"))
                shown.append(lambda field: field.now)
        editable = not row.mine and row.kind == MEMBER_KIND
        for place, head in enumerate([*heads, *([self.tr("Nhận giá trị")] if editable else [])]):
            grid.addWidget(Label(head, Type.COLUMN, tone="soft"), 0, place)
            grid.setColumnStretch(place, 0 if place == 0 else 1)
        for line, field in enumerate(row.fields, 1):
            grid.addWidget(Label(field.label, Type.STRONG, wrap=True), line, 0)
            for place, value in enumerate(shown, 1):
                strong = place == len(shown) - (0 if row.mine or row.operation == "create" else 1)
                text = self._shown(field, value(field))
                grid.addWidget(Label(text, Type.STRONG if strong else Type.BODY, data=True, wrap=True), line, place)
            if editable:
                grid.addWidget(self._input(field), line, len(heads))
        grid.setRowStretch(len(row.fields) + 1, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(grid_home)
        area.setFixedHeight(min(current_theme().px(_FIELDS_PX), current_theme().px(44 * len(row.fields) + 40)))
        return area

    def _input(self, field: HandoverField) -> QWidget:
        """Return what another value is typed into; nothing for what is not typed."""
        cell = QWidget()
        shape = BY_NAME[field.field].shape if field.field in BY_NAME else Shape.UNIT
        if shape in _NOT_TYPED:
            return cell
        options = self._vocabulary.options(field.field, {each.field: each.value for each in self.row.fields})
        own = self._chooser(field, options) if options else TextField()
        if not options:
            own.setText(self._vocabulary.text(field.field, field.value))
        own.setAccessibleName(self.tr("Nhận giá trị cho {0}").format(field.label))
        said = Label("", Type.SMALL, tone="bad", wrap=True)
        said.hide()
        self.inputs[field.field], self._said[field.field] = own, said
        code = own.code() if isinstance(own, ChoiceField) else None
        self._typed[field.field] = (code or own.text()).strip()
        column = QVBoxLayout(cell)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(own)
        column.addWidget(said)
        return cell

    def _chooser(self, field: HandoverField, options: Sequence[Option]) -> ChoiceField:
        chooser = ChoiceField()
        chooser.set_options(options)
        chooser.set_code(raw_code(field.value))
        return chooser

    # texts

    def _shown(self, field: HandoverField, value: Value) -> str:
        if self.row.kind == MEMBER_KIND and field.field in BY_NAME and field.field != "unit_id":
            return self._vocabulary.shown(field.field, value, open_numbers=True)
        return NONE if value is None else str(value)

    def _about(self) -> str:
        row, at = self.row, instant_text(self.row.at, self._now)
        if row.mine:
            words = self.tr("Ghi {0}. Hồ sơ nay thuộc {1}.")
            return words.format(at, row.to_name or self.tr("đơn vị khác"))
        who = " · ".join(part for part in (row.account, row.device, row.from_name) if part)
        more = self.tr(" Lý do: {0}").format(row.reason) if row.reason else ""
        return self.tr("{0} đã ghi {1}, khi hồ sơ còn thuộc đơn vị cũ.").format(who, at) + more

    def _outcome(self) -> str:
        row = self.row
        when = instant_text(row.decided_at, self._now) if row.decided_at is not None else ""
        words = {
            "waiting": self.tr("Đơn vị mới chưa quyết định."),
            "accepted": self.tr("{0} đã nhận, {1}."),
            "returned": self.tr("{0} trả lại, {1}: {2}"),
            "withdrawn": self.tr("Đã rút lại vì hồ sơ bị xóa trước khi được nhận."),
        }
        text = words.get(row.state, "").format(row.decided_by or "", when, row.why)
        return text + (self.tr(" Có giá trị được sửa khi nhận.") if row.edited else "")
