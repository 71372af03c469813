"""The conflict page: what waits at the left, base, both versions and the result at the right."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from yum_desktop.domain.labels import KIND_LABELS
from yum_desktop.registry.clock import Clock
from yum_desktop.registry.views import ConflictRow
from yum_desktop.ui.conflict.fields import FieldsTable
from yum_desktop.ui.conflict.presenter import OPEN, Choice, Pair, Side
from yum_desktop.ui.formats import date_text
from yum_desktop.ui.theme import Type
from yum_desktop.ui.widgets.badges import CountPill
from yum_desktop.ui.widgets.buttons import Button, IconButton
from yum_desktop.ui.widgets.panels import ActionBar, Banner, Card, EmptyState, PageHead
from yum_desktop.ui.widgets.tables import Column, DataTable, RowsModel
from yum_desktop.ui.widgets.text import IconLabel, Key, Label, Line

_LIST_PX = 232


class ConflictPage(QWidget):
    """Draws and forwards.

    Signals:
        opened: The id of a conflict of the list.
        chosen: A field and a side.
        all_chosen: A side for all fields that do not identify.
        typed: A field and what was typed for it.
        settle_requested: Settle it.
        record_requested: Look at the record.
        put_off: Go back, nothing is lost.
        refresh_requested: What is shown may have changed.
    """

    opened = Signal(object)
    chosen = Signal(str, object)
    all_chosen = Signal(object)
    typed = Signal(str, str)
    settle_requested = Signal()
    record_requested = Signal()
    put_off = Signal()
    refresh_requested = Signal()

    def __init__(self, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._pair: Pair | None = None
        self._current = ""
        self._filling = False
        self.fields: FieldsTable | None = None
        self.head = PageHead(self.tr("Hai máy sửa khác nhau"))
        back = IconButton("arrow-left", self.tr("Quay lại"))
        back.clicked.connect(self.put_off)
        self.head.row.insertWidget(0, back)
        self.take_left = Button(self.tr("Tất cả của tôi"), key="Ctrl+1")
        self.take_right = Button(self.tr("Tất cả của máy khác"), key="Ctrl+2")
        self.trouble = Banner("wait", "triangle-alert")
        self.waiting = RowsModel(self._columns(waits=True))
        self.settled = RowsModel(self._columns(waits=False))
        self.waiting_table = _list(self.waiting)
        self.settled_table = _list(self.settled)
        self.count = CountPill(0, "pick")
        self.name = Label("", Type.HEADING, data=True)
        self.about = Label("", tone="soft", data=True)
        self.progress = Label("", tone="soft", wrap=True)
        self.look = Button(self.tr("Xem hồ sơ"), icon="user", small=True)
        self.own = Button(self.tr("Gõ giá trị khác"), kind="quiet", icon="pencil", small=True)
        self.own.set_role("accent")
        self.later = Button(self.tr("Để sau"), key="Esc")
        self.settle = Button(self.tr("Lưu lựa chọn"), kind="primary", icon="check", key="Ctrl+Return")
        self.merged = Card(flush=True)
        self.empty = EmptyState("circle-check", self.tr("Không còn chỗ nào hai máy sửa khác nhau."))
        self._lay_out()
        self._connect()

    # what the presenter says

    def show_lists(self, waiting: Sequence[ConflictRow], settled: Sequence[ConflictRow], chosen: UUID | None) -> None:
        """Show what waits for a choice, and what was chosen before."""
        self._filling = True
        self.waiting.show_rows(waiting)
        self.settled.show_rows(settled)
        self.count.set_count(len(waiting))
        self.waiting_table.setFixedHeight(min(max(len(waiting), 1), 5) * self.waiting_table.rowHeight(0) + 2)
        self._settled_title.setVisible(bool(settled))
        for table, rows in ((self.waiting_table, waiting), (self.settled_table, settled)):
            table.clearSelection()
            for place, row in enumerate(rows):
                if row.conflict_id == chosen:
                    table.select_row(place)
        self._filling = False

    def show_conflict(self, pair: Pair) -> None:
        """Show the fields with all versions."""
        self._pair = pair
        row = pair.row
        self._stack.setCurrentIndex(0)
        self.name.setText(row.title)
        self.about.setText(" · ".join(part for part in (KIND_LABELS.get(row.kind, row.kind), row.unit_name) if part))
        open_now = row.status == OPEN
        for button in (self.take_left, self.take_right, self.settle):
            button.setEnabled(open_now)
        self.own.setVisible(open_now)
        self._foot.setVisible(open_now)
        fields = FieldsTable(pair, self._clock.now())
        fields.chosen.connect(self.chosen)
        fields.typed.connect(self.typed)
        fields.entered.connect(self._entered)
        if self.fields is not None:
            self._grid_home.removeWidget(self.fields)
            self.fields.deleteLater()
        self.fields = fields
        self._grid_home.insertWidget(0, fields)
        self._current = row.fields[0].field if row.fields else ""
        self._show_merged(pair)
        if self.isVisible() and open_now and self._current:
            fields.lines[self._current].boxes[pair.left].radio.setFocus(Qt.FocusReason.OtherFocusReason)

    def hide_conflict(self) -> None:
        """Show that nothing is left to choose."""
        self._pair = None
        self._stack.setCurrentIndex(1)
        for button in (self.take_left, self.take_right, self.settle):
            button.setEnabled(False)

    def show_choices(self, choices: Mapping[str, Choice], *, left: int) -> None:
        """Show what is chosen so far, and how many fields are not."""
        if self.fields is None or self._pair is None:
            return
        row = self._pair.row
        if row.status != OPEN:
            self.progress.setText(self._decided(row))
            return
        self.fields.show_choices(choices)
        kept = self.tr("Giá trị không được chọn vẫn nằm trong lịch sử.")
        words = (
            self.tr("Còn {0} mục cần chọn. {1}").format(left, kept) if left else self.tr("Đã chọn đủ. {0}").format(kept)
        )
        self.progress.setText(words)

    def show_trouble(self, text: str) -> None:
        """Show what could not be done; an empty text takes it away."""
        self.trouble.say(text)

    def show_field_trouble(self, field: str, text: str) -> None:
        """Show why a typed value cannot stand."""
        if self.fields is not None and field in self.fields.lines:
            self.fields.lines[field].say(text)

    # what the person does

    def refresh(self) -> None:
        """Ask for the conflicts again."""
        self.refresh_requested.emit()

    def panes(self) -> list[QWidget]:
        """Return what F6 moves between."""
        return [self.waiting_table, self.settled_table, *([self.fields] if self.fields is not None else [])]

    def _connect(self) -> None:
        self.later.clicked.connect(self.put_off)
        self.settle.clicked.connect(self.settle_requested)
        self.look.clicked.connect(self.record_requested)
        self.own.clicked.connect(self._open_own)
        self.take_left.clicked.connect(self._all_left)
        self.take_right.clicked.connect(self._all_right)
        self.waiting_table.current.connect(self._waiting_chosen)
        self.settled_table.current.connect(self._settled_chosen)
        for key, act in (("1", self._press_left), ("2", self._press_right), ("0", self._press_base)):
            QShortcut(QKeySequence(key), self).activated.connect(act)

    def _entered(self, field: str) -> None:
        self._current = field

    def _press(self, side: Side) -> None:
        """Choose for the line with the focus and go on to the next one that is not chosen."""
        fields, pair = self.fields, self._pair
        if fields is None or pair is None or pair.row.status != OPEN or self._current not in fields.lines:
            return
        names = list(fields.lines)
        place = names.index(self._current)
        self.chosen.emit(self._current, side)
        following = names[min(place + 1, len(names) - 1)]
        box = fields.lines[following].boxes[side if side in fields.lines[following].boxes else pair.left]
        box.radio.setFocus(Qt.FocusReason.OtherFocusReason)

    def _press_left(self) -> None:
        self._press(self._pair.left if self._pair is not None else Side.MINE)

    def _press_right(self) -> None:
        self._press(self._pair.right if self._pair is not None else Side.THEIRS)

    def _press_base(self) -> None:
        self._press(Side.BASE)

    def _all_left(self) -> None:
        if self._pair is not None:
            self.all_chosen.emit(self._pair.left)

    def _all_right(self) -> None:
        if self._pair is not None:
            self.all_chosen.emit(self._pair.right)

    def _open_own(self) -> None:
        if self.fields is not None and self._current in self.fields.lines:
            self.fields.lines[self._current].open_own()

    def _waiting_chosen(self, place: int) -> None:
        self._list_chosen(self.waiting, place)

    def _settled_chosen(self, place: int) -> None:
        self._list_chosen(self.settled, place)

    def _list_chosen(self, model: RowsModel[ConflictRow], place: int) -> None:
        if not self._filling and 0 <= place < len(model.rows):
            self.opened.emit(model.rows[place].conflict_id)

    # layout

    def _lay_out(self) -> None:
        self.head.buttons.addWidget(self.take_left)
        self.head.buttons.addWidget(self.take_right)
        middle = QHBoxLayout()
        middle.setContentsMargins(20, 0, 20, 12)
        middle.setSpacing(12)
        middle.addWidget(self._lists())
        middle.addWidget(self._right(), 1)
        bar = ActionBar()
        bar.left.addWidget(
            Label(self.tr("Chưa có mạng cũng chọn được. Kết quả gửi đi ở lần gửi nhận sau."), tone="soft")
        )
        bar.right.addWidget(self.later)
        bar.right.addWidget(self.settle)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.head)
        whole.addLayout(middle, 1)
        whole.addWidget(bar)

    def _lists(self) -> QWidget:
        card = Card(self.tr("Cần chọn"), flush=True)
        card.head.addWidget(self.count)
        card.setFixedWidth(_LIST_PX)
        self._settled_title = Label(self.tr("Đã giải quyết"), Type.COLUMN, tone="soft")
        self._settled_title.setContentsMargins(12, 12, 12, 4)
        card.body.addWidget(self.waiting_table)
        card.body.addWidget(self._settled_title)
        card.body.addWidget(self.settled_table, 1)
        return card

    def _right(self) -> QWidget:
        names = QVBoxLayout()
        names.setSpacing(0)
        first = QHBoxLayout()
        first.setSpacing(10)
        first.addWidget(self.name)
        first.addWidget(self.about, 1)
        names.addLayout(first)
        names.addWidget(self.progress)
        top = QHBoxLayout()
        top.addLayout(names, 1)
        top.addWidget(self.look, 0, Qt.AlignmentFlag.AlignVCenter)
        table = Card()
        self._grid_home = table.body
        self._foot = self._quick_keys()
        table.body.addWidget(Line())
        table.body.addWidget(self._foot)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(12)
        column.addWidget(table)
        column.addWidget(self.merged)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(content)
        pair = QWidget()
        whole = QVBoxLayout(pair)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addLayout(top)
        whole.addWidget(self.trouble)
        whole.addWidget(scroll, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(pair)
        self._stack.addWidget(self.empty)
        return self._stack

    def _quick_keys(self) -> QWidget:
        foot = QWidget()
        row = QHBoxLayout(foot)
        row.setContentsMargins(0, 4, 0, 0)
        row.setSpacing(8)
        row.addWidget(IconLabel("info", "text-soft", 16))
        row.addWidget(Label(self.tr("Cả hai đều sai?"), tone="soft"))
        row.addWidget(self.own)
        row.addStretch(1)
        row.addWidget(Label(self.tr("Chọn nhanh:"), tone="soft"))
        for key, words in (("1", self.tr("của tôi")), ("2", self.tr("của máy khác")), ("0", self.tr("gốc"))):
            row.addWidget(Key(key))
            row.addWidget(Label(words, tone="soft"))
        return foot

    def _show_merged(self, pair: Pair) -> None:
        body = self.merged.body
        while (item := body.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        self.merged.setVisible(bool(pair.merged))
        body.addWidget(_merged_line(None, self.tr("{0} mục khác đã tự ghép, không cần hỏi").format(len(pair.merged))))
        for label, text in pair.merged:
            body.addWidget(Line())
            body.addWidget(_merged_line(label, text))

    def _decided(self, row: ConflictRow) -> str:
        if row.status == "deciding":
            return self.tr("Đã chọn trên máy này, chờ gửi.")
        if row.settled_by and row.settled_at is not None:
            return self.tr("{0} đã chọn, {1}.").format(row.settled_by, date_text(row.settled_at, self._clock.now()))
        return self.tr("Đã giải quyết.")

    def _columns(self, *, waits: bool) -> list[Column[ConflictRow]]:
        return [
            Column(
                title="",
                text=lambda row: row.title,
                detail=self._fields_text if waits else self._decided,
                strong=waits,
                stretch=True,
            )
        ]

    def _fields_text(self, row: ConflictRow) -> str:
        words = self.tr("{0} mục").format(len(row.fields))
        if any(field.identifies for field in row.fields):
            words = self.tr("{0}, có mục nhận diện").format(words)
        return words


def _list(model: RowsModel[ConflictRow]) -> DataTable:
    table = DataTable(model, row_px=54)
    table.horizontalHeader().hide()
    table.setSelectionMode(DataTable.SelectionMode.SingleSelection)
    return table


def _merged_line(label: str | None, text: str) -> QWidget:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(16, 5, 16, 5)
    row.setSpacing(12)
    if label is None:
        row.addWidget(IconLabel("git-merge", "ok", 18))
        row.addWidget(Label(text, Type.STRONG), 1)
        return line
    name = Label(label)
    name.setFixedWidth(180)
    row.addWidget(name)
    row.addWidget(Label(text, tone="soft", data=True, wrap=True), 1)
    return line
