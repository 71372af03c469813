"""The form of one member: all fields in groups, as on the paper form."""

from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget
from typing_extensions import override

from sync.protocol.kinds import Value
from yum_desktop.domain.member import BY_NAME, MEMBER_FIELDS, Group, MemberField, Need, Shape
from yum_desktop.ui.members.vocabulary import Vocabulary
from yum_desktop.ui.theme import Type, current_theme
from yum_desktop.ui.widgets.badges import Badge, Mark
from yum_desktop.ui.widgets.buttons import Button
from yum_desktop.ui.widgets.codes import CodesField
from yum_desktop.ui.widgets.fields import ChoiceField, FieldRow, TextField
from yum_desktop.ui.widgets.panels import ActionBar, Card, PageHead
from yum_desktop.ui.widgets.text import IconLabel, Key, Label

SHORT_PX, FIELD_PX = 172, 300
_CHOSEN: Final = (Shape.FLAG, Shape.CODE, Shape.PLACE, Shape.UNIT)
Editor = TextField | ChoiceField | CodesField


class GroupLine(Button):
    """A group of the form in the list at the right: how many needed fields are empty."""

    def __init__(self, group: Group, parent: QWidget) -> None:
        super().__init__(group.value, kind="quiet", parent=parent)
        self._missing = 0
        self.count = Label("", Type.SMALL, data=True, tone="wait", parent=parent)

    def set_missing(self, missing: int) -> None:
        """Show how many needed fields of the group are empty."""
        self._missing = missing
        self.count.setText(self.tr("thiếu {0}").format(missing) if missing else "")


class MemberForm(QWidget):
    """Draws and forwards.

    Signals:
        field_left: Name of a field and what is in it: the code of a value of a list, else the text.
        finished: Esc or "Xong".
        next_requested: Ctrl+Enter while entering new members.
        gap_passed: Enter in a field while the form leads from gap to gap.
        skip_requested: Leave this record as it is, on to the next.
        place_requested: Take the place that is offered beside a field.
        other_requested: Look at whoever resembles this member.
        card_requested: Read an identity card.
        gap_requested: Ctrl+Down in a field: on to the next one that is missing.
        repeat_requested: Ctrl+D in a field: the same as with the person before.
        opened, closed: The form wants to be in front, or not any more.
    """

    field_left = Signal(str, str)
    finished = Signal()
    next_requested = Signal()
    gap_passed = Signal(str)
    skip_requested = Signal()
    place_requested = Signal(str)
    other_requested = Signal()
    card_requested = Signal()
    gap_requested = Signal(str)
    repeat_requested = Signal(str)
    opened = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head = PageHead("", self, back=True)
        self.head.back.connect(self._finish)
        self.kept = Badge(Mark("circle-check", "", "ok"), self.head, plain=True)
        self.kept.hide()
        self.head.buttons.addWidget(self.kept)
        self.card = Button(self.tr("Quét thẻ căn cước"), icon="id-card", key="Ctrl+T", parent=self.head)
        self.card.clicked.connect(self._ask_for_card)
        self.head.buttons.addWidget(self.card)
        self.rows: dict[str, FieldRow] = {}
        self.editors: dict[str, Editor] = {}
        self._cards: dict[Group, Card] = {}
        self._lines: dict[Group, GroupLine] = {}
        self.area = QScrollArea(self)
        self._content = QWidget(self.area)
        self.area.setWidget(self._content)
        self._side = Card(self.tr("Các phần"), self)
        self._current = "full_name"
        self.bar = ActionBar(self)
        self.bad = Button("", kind="strip", icon="octagon-x", small=True, key="F7", show_key=False, parent=self.bar)
        self.look = Button(
            "", kind="strip", icon="triangle-alert", small=True, key="F8", show_key=False, parent=self.bar
        )
        self.missing = Label("", Type.SMALL, tone="soft", parent=self.bar)
        self.done = Button(self.tr("Xong"), kind="secondary", parent=self.bar)
        self.next = Button(
            self.tr("Lưu và nhập người sau"), kind="primary", icon="check", key="Ctrl+Return", parent=self.bar
        )
        self.other = Button("", kind="strip", icon="users", small=True, key="Ctrl+G", show_key=False, parent=self.bar)
        words = self.tr("Nhận địa chỉ mới")
        self.place = Button(words, kind="strip", icon="house", small=True, key="Ctrl+J", parent=self.bar)
        self.skip = Button(self.tr("Bỏ qua"), icon="arrow-right", key="Ctrl+Shift+Return", parent=self.bar)
        self.skip.hide()
        self.walk = Label("", Type.HEADING, data=True, parent=self.head)
        self.walk.hide()
        self.head.buttons.addWidget(self.walk)
        self._walking = False
        self._roles: dict[str, str] = {}
        self._places: dict[str, bool] = {}
        self._build_actions()
        self._build_fields()
        self._lay_out()

    def _build_actions(self) -> None:
        self.bad.set_role("bad")
        self.look.set_role("wait")
        self.bad.clicked.connect(lambda: self._go_to("bad"))
        self.look.clicked.connect(lambda: self._go_to("wait"))
        self.other.set_role("pick")
        self.other.hide()
        self.other.clicked.connect(self._ask_for_other)
        self.place.set_role("pick")
        self.place.hide()
        self.place.clicked.connect(self._take_place)
        for part in (self.bad, self.look, self.other, self.place, self.missing):
            self.bar.left.addWidget(part)
        self.bar.left.addWidget(Key("Enter"))
        self.enter = Label(self.tr("sang ô sau"), Type.SMALL, tone="soft", parent=self.bar)
        self.bar.left.addWidget(self.enter)
        self.bar.right.addWidget(self.done)
        self.bar.right.addWidget(self.skip)
        self.bar.right.addWidget(self.next)
        self.skip.clicked.connect(self.skip_requested)
        self.done.clicked.connect(self._finish)
        self.next.clicked.connect(self._next)

    def _build_fields(self) -> None:
        for group in Group:
            card = self._cards[group] = Card(group.value, self._content)
            card.body.setContentsMargins(16, 4, 16, 12)
            card.body.setSpacing(0)
            card.installEventFilter(self)
            line = self._lines[group] = GroupLine(group, self._side)
            line.clicked.connect(lambda _checked=False, chosen=group: self._show_group(chosen))
            for field in MEMBER_FIELDS:
                if field.group is group:
                    card.body.addWidget(self._row(field, card))

    def _row(self, field: MemberField, card: Card) -> FieldRow:
        editor: Editor
        if field.shape in _CHOSEN:
            editor = ChoiceField(placeholder=self.tr("Gõ để tìm"))
            editor.entered.connect(lambda name=field.name: self._entered(name))
        elif field.shape is Shape.CODES:
            editor = CodesField()
        else:
            day = field.shape is Shape.DAY
            editor = TextField(placeholder=self.tr("ngày/tháng/năm") if day else "")
        editor.installEventFilter(self)
        editor.left.connect(lambda name=field.name: self._left(name))
        width = SHORT_PX if field.shape in (Shape.DAY, Shape.FLAG) else FIELD_PX
        row = FieldRow(field.label, editor, required=field.need is Need.ALWAYS, field_px=width, parent=card)
        hint = field.hint
        if field.shape is Shape.DAY and not hint:
            hint = self.tr("Gõ 120805 cũng được") if field.name in ("joined_on", "id_issued_on") else ""
        row.set_hint(hint)
        row.installEventFilter(self)
        self.rows[field.name], self.editors[field.name] = row, editor
        return row

    def _lay_out(self) -> None:
        content = self._content
        content.installEventFilter(self)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(12)
        for card in self._cards.values():
            column.addWidget(card)
        column.addStretch(1)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        middle = QHBoxLayout()
        middle.setContentsMargins(20, 0, 20, 12)
        middle.setSpacing(12)
        middle.addWidget(self.area, 1)
        middle.addWidget(self._fill_side())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.head)
        whole.addLayout(middle, 1)
        whole.addWidget(self.bar)

    def _fill_side(self) -> QWidget:
        """Lay out the list of groups.

        Widgets have their parents from the start: a new parent means that the style looks at all below it again.
        """
        side = self._side
        side.setFixedWidth(308)
        side.body.setSpacing(0)
        for line in self._lines.values():
            row = QHBoxLayout()
            row.addWidget(line)
            row.addStretch(1)
            row.addWidget(line.count)
            side.body.addLayout(row)
        side.body.addStretch(1)
        for icon, text in (
            ("save", self.tr("Mỗi mục được giữ ngay khi rời ô")),
            ("undo-2", self.tr("Hoàn tác: Ctrl+Z")),
            ("list-checks", self.tr("Danh sách: gõ vài chữ, hoặc số")),
            ("corner-down-left", self.tr("Ctrl+↓ chỗ thiếu, Ctrl+D như trước")),
        ):
            hint = QHBoxLayout()
            hint.setSpacing(8)
            beside = QVBoxLayout()
            beside.setContentsMargins(0, 5, 0, 0)
            beside.addWidget(IconLabel(icon, "text-soft", 16, side))
            beside.addStretch(1)
            hint.addLayout(beside)
            hint.addWidget(Label(text, Type.SMALL, tone="soft", wrap=True, parent=side), 1)
            side.body.addLayout(hint)
        return side

    def panes(self) -> list[QWidget]:
        """Return what F6 goes through."""
        return [self.editors["full_name"], next(iter(self._lines.values())), self.done]

    def open(self, title: str, unit_name: str, *, new: bool) -> None:
        """Show an empty form; what was entered before is gone from it."""
        self.head.say(self.tr("Thêm đoàn viên") if new else title or self.tr("Sửa đoàn viên"), unit_name)
        self.next.setVisible(new)
        self.done.setVisible(True)
        self.kept.hide()
        self._roles = {}
        self.other.hide()
        self.place.hide()
        for name in self.editors:
            self.show_value(name, "", "")
            self.rows[name].say("", "")
        self.area.verticalScrollBar().setValue(0)
        self.opened.emit()

    def go_to_end(self) -> None:
        """Go to the button that ends this record: nothing is missing."""
        button = self.next if self.next.isVisible() else self.done
        button.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_walk(self, place: str, about: str) -> None:
        """Lead from gap to gap of one record after another.

        Args:
            place: Where one is, such as ``12/143``.
            about: The list, beside the unit in the head.
        """
        self._walking = True
        self.head.about.setText(" · ".join(part for part in (self.head.about.text(), about) if part))
        self.walk.setText(place)
        self.walk.setAccessibleName(self.tr("Hồ sơ thứ {0}").format(place))
        self.next.setText(self.tr("Lưu, sang hồ sơ sau"))
        self.enter.setText(self.tr("sang chỗ thiếu sau"))
        for part in (self.walk, self.next, self.skip):
            part.setVisible(True)

    def rest(self) -> None:
        """Take no letters until a field is gone to."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def go_on(self, name: str) -> None:
        """Go to the field after another one, whatever it holds."""
        self._step(name, 1)

    def close_form(self) -> None:
        """Go back to the list."""
        self.closed.emit()

    def show_value(self, name: str, text: str, code: str) -> None:
        """Put a value into a field."""
        editor = self.editors[name]
        if isinstance(editor, CodesField):
            editor.set_codes(code)
        elif editor.text() != text:
            editor.setText(text)
            editor.setCursorPosition(0)

    def show_options(self, name: str, vocabulary: Vocabulary, values: Mapping[str, Value]) -> None:
        """Offer the values of a list."""
        editor = self.editors[name]
        if isinstance(editor, ChoiceField):
            numbered = BY_NAME[name].shape in (Shape.CODE, Shape.FLAG)
            editor.set_options(vocabulary.options(name, values), numbered=numbered)
        elif isinstance(editor, CodesField):
            editor.set_options(vocabulary.options(name, values))

    def say(self, name: str, role: str, text: str) -> None:
        """Say something beside a field."""
        self._roles[name] = role
        if role == "sent":
            self.rows[name].say("wait", text, edge=False, icon="clock-arrow-up")
        else:
            self.rows[name].say(role, text)

    def show_kept(self, text: str) -> None:
        """Show what was kept and when."""
        self.kept.set_mark(Mark("circle-check", text, "ok"))
        self.kept.show()

    def show_counts(self, bad: int, look: int, missing: Sequence[str]) -> None:
        """Show how many errors there are, how many places to look at, and which fields are still empty."""
        self.bad.setText(self.tr("{0} lỗi").format(bad))
        self.bad.setVisible(bad > 0)
        self.look.setText(self.tr("{0} chỗ cần xem").format(look))
        self.look.setVisible(look > 0)
        self.missing.setText(self.tr("Còn thiếu {0} mục").format(len(missing)) if missing else self.tr("Đã đủ mục"))
        for group, line in self._lines.items():
            line.set_missing(sum(BY_NAME[name].group is group for name in missing))

    def focus(self, name: str) -> None:
        """Go to a field."""
        editor = self.editors[name]
        editor.setFocus(Qt.FocusReason.OtherFocusReason)
        if self._walking and isinstance(editor, TextField):
            editor.selectAll()  # what is there says too little
        self._reveal(name)

    def offer_other(self, title: str) -> None:
        """Offer to look at somebody who is nearly surely the same person; nobody: an empty title."""
        self.other.setText(self.tr("So với {0}").format(title))
        self.other.setVisible(bool(title))

    def offer_places(self, missing: Mapping[str, bool]) -> None:
        """Offer to take the places that are said beside fields, or to report those that are missing, by field."""
        self._places = dict(missing)
        self._name_place()

    def _name_place(self) -> None:
        """Name what the key does: it is about the field in hand, or else about the first that something is offered."""
        missing = self._places.get(self._current, next(iter(self._places.values()), False))
        self.place.setText(self.tr("Báo thiếu địa danh") if missing else self.tr("Nhận địa chỉ mới"))
        self.place.setVisible(bool(self._places))

    def open_choice(self, name: str, text: str) -> None:
        """Go to a field and open its list at a text."""
        self.focus(name)
        editor = self.editors[name]
        if isinstance(editor, ChoiceField):
            editor.open_list(text)

    def _take_place(self) -> None:
        self._leave_current()
        self.place_requested.emit(self._current)

    def _ask_for_card(self) -> None:
        self._leave_current()
        self.card_requested.emit()

    def _ask_for_other(self) -> None:
        self._leave_current()
        self.other_requested.emit()

    def _reveal(self, name: str) -> None:
        """Scroll to a field, with the head of its card where there is room."""
        self._current = name
        self.area.ensureWidgetVisible(self.rows[name], 0, current_theme().px(76))

    def _holds_current(self, watched: QObject) -> bool:
        """Return whether the field in hand moves with `watched`: the layout has found its place only later."""
        row = self.rows[self._current]
        return watched in (self._content, row, row.parentWidget())

    def raw(self, name: str) -> str:
        """Return what is in a field: the code of a value of a list, else the text."""
        editor = self.editors[name]
        if isinstance(editor, CodesField):
            return editor.codes()
        if isinstance(editor, ChoiceField):
            return editor.code() or ""
        return editor.text()

    def _left(self, name: str) -> None:
        editor = self.editors[name]
        if isinstance(editor, ChoiceField):
            editor.settle()
        self.field_left.emit(name, self.raw(name))

    def _leave_current(self) -> None:
        """Keep the field in hand before the form goes on."""
        focus = self.focusWidget()  # also while another window is in front
        for name, editor in self.editors.items():
            if editor is focus:
                self._left(name)

    def _finish(self) -> None:
        self._leave_current()
        self.finished.emit()

    def _next(self) -> None:
        self._leave_current()
        self.next_requested.emit()

    def _go_to(self, role: str) -> None:
        """Go to the next field of a role, after the one in hand."""
        names = list(self.editors)
        focus = self.focusWidget()  # also while another window is in front
        here = next((i for i, name in enumerate(names) if self.editors[name] is focus), -1)
        order = names[here + 1 :] + names[: here + 1]
        found = next((name for name in order if self._roles.get(name) == role), None)
        if found is not None:
            self.focus(found)

    def _show_group(self, group: Group) -> None:
        first = next(field.name for field in MEMBER_FIELDS if field.group is group)
        bar = self.area.verticalScrollBar()
        bar.setValue(min(bar.maximum(), self._cards[group].y()))
        self.editors[first].setFocus(Qt.FocusReason.ShortcutFocusReason)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Go to the next field on Enter, back on Shift+Enter; scroll to the field that is entered."""
        if event.type() is QEvent.Type.FocusIn:
            name = next((name for name, editor in self.editors.items() if editor is watched), None)
            if name is not None:
                self._reveal(name)
                self._name_place()
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize) and self._holds_current(watched):
            self._reveal(self._current)
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            asked = self._asked_by(event)
            if asked is not None:
                name = next(name for name, editor in self.editors.items() if editor is watched)
                self._left(name)
                asked.emit(name)
                return True
            enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if enter and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
                name = next(name for name, editor in self.editors.items() if editor is watched)
                self._entered(name, back=back)
                return True
        return False

    def _asked_by(self, event: QKeyEvent) -> SignalInstance | None:
        """Return what Ctrl and a key ask for."""
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return None
        if event.key() == Qt.Key.Key_Down:
            return self.gap_requested
        return self.repeat_requested if event.key() == Qt.Key.Key_D else None

    def _entered(self, name: str, *, back: bool = False) -> None:
        if self._walking and not back:
            self._left(name)
            self.gap_passed.emit(name)
        else:
            self._step(name, -1 if back else 1)

    def _step(self, name: str, step: int) -> None:
        names = list(self.editors)
        here = names.index(name)
        if 0 <= here + step < len(names):
            self.editors[names[here + step]].setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self.done.setFocus(Qt.FocusReason.TabFocusReason)

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        """Keep the field in hand when the window is closed or another page comes to the front."""
        super().hideEvent(event)
        self._leave_current()

    @override
    def minimumSizeHint(self) -> QSize:
        """Return a size that every window has room for."""
        return QSize(640, 320)
