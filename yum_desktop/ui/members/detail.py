"""One member beside the table."""

from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from yum_desktop.domain.member import BY_NAME, MEMBER_FIELDS, Group, MemberField, Need, Shape
from yum_desktop.registry.views import HistoryRow
from yum_desktop.ui.formats import NONE, instant_text
from yum_desktop.ui.members.presenter import Detail
from yum_desktop.ui.members.vocabulary import Vocabulary
from yum_desktop.ui.theme import Type, current_theme
from yum_desktop.ui.widgets.buttons import Button, IconButton
from yum_desktop.ui.widgets.panels import Banner, Card
from yum_desktop.ui.widgets.text import IconLabel, Label, Line

HISTORY_LINES = 6


class DetailPanel(Card):
    """Name, what is wrong, every known field by group, and the last changes."""

    closed = Signal()
    edit_requested = Signal()
    delete_requested = Signal()
    choose_requested = Signal()
    numbers_shown = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent, flush=True)
        self.setMinimumWidth(280)
        self._open_numbers = False
        self._shown: tuple[Detail, Vocabulary, datetime] | None = None
        self.name = Label("", Type.HEADING, data=True, wrap=True, parent=self)
        self._about = Label("", Type.SMALL, tone="soft", data=True, parent=self)
        close = IconButton("x", self.tr("Đóng"), small=True, parent=self)
        close.clicked.connect(self.closed)
        self.banner = Banner("pick", "git-compare-arrows", self)
        self.banner.acted.connect(self._banner_pressed)
        self._banner_edits = False
        self._area = QScrollArea(self)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.edit = Button(self.tr("Sửa"), key="F2", icon="pencil", parent=self)
        self.edit.clicked.connect(self.edit_requested)
        self.delete = Button(
            self.tr("Xóa tên"), kind="quiet", icon="user-x", key="Ctrl+Del", show_key=False, parent=self
        )
        self.delete.clicked.connect(self.delete_requested)
        top = QVBoxLayout()
        top.setContentsMargins(16, 10, 10, 8)
        top.setSpacing(2)
        first = QHBoxLayout()
        first.addWidget(self.name, 1)
        first.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(first)
        top.addWidget(self._about)
        top.addSpacing(4)
        top.addWidget(self.banner)
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 10, 12, 10)
        foot.setSpacing(8)
        foot.addWidget(self.edit)
        foot.addWidget(self.delete)
        foot.addStretch(1)
        self.body.addLayout(top)
        self.body.addWidget(self._area, 1)
        self.body.addWidget(Line())
        self.body.addLayout(foot)

    def show_detail(self, detail: Detail, vocabulary: Vocabulary, now: datetime) -> None:
        """Show a member."""
        same = self._shown is not None and self._shown[0].member.member_id == detail.member.member_id
        self._open_numbers = self._open_numbers and same
        scrolled = self._area.verticalScrollBar().value() if same else 0
        self._shown = (detail, vocabulary, now)
        member = detail.member
        self.name.setText(str(member.values.get("full_name") or NONE))
        position = vocabulary.shown("position", member.values.get("position"))
        self._about.setText(" · ".join(part for part in (position, member.unit_name) if part not in ("", NONE)))
        self._say_trouble(detail)
        self._area.setWidget(self._content(detail, vocabulary, now))
        self._area.verticalScrollBar().setValue(scrolled)

    def _say_trouble(self, detail: Detail) -> None:
        member = detail.member
        self._banner_edits = bool(member.refused)
        if member.refused:
            name, problem = next(iter(member.refused.items()))
            label = BY_NAME[name].label if name in BY_NAME else name
            text = f"{label}: {problem.text}"
            self.banner.say(text, self.tr("Sửa"), role="bad", icon="octagon-x")
        elif member.conflicts:
            text = self.tr("Hai máy sửa khác nhau")
            self.banner.say(text, self.tr("Chọn"), role="pick", icon="git-compare-arrows")
        else:
            self.banner.say("")

    def _banner_pressed(self) -> None:
        if self._banner_edits:
            self.edit_requested.emit()
        else:
            self.choose_requested.emit()

    def _content(self, detail: Detail, vocabulary: Vocabulary, now: datetime) -> QWidget:
        content = QWidget(self._area.viewport())
        grid = QGridLayout(content)
        grid.setContentsMargins(16, 0, 6, 12)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        row = 0
        for group in Group:
            fields = [f for f in MEMBER_FIELDS if f.group is group and self._is_shown(f, detail)]
            if not fields:
                continue
            if row:
                grid.setRowMinimumHeight(row, current_theme().px(17))
                grid.addWidget(Line(grid.parentWidget()), row, 0, 1, 3)
                row += 1
            grid.addWidget(Label(group.value, Type.COLUMN, tone="soft", parent=content), row, 0, 1, 3)
            row += 1
            for field in fields:
                self._add(grid, row, field, detail, vocabulary)
                row += 1
        self._add_history(grid, row, detail, vocabulary, now)
        grid.setRowStretch(grid.rowCount(), 1)
        return content

    def _is_shown(self, field: MemberField, detail: Detail) -> bool:
        member = detail.member
        if field.name in ("full_name", "unit_id"):
            return False
        return (
            member.values.get(field.name) is not None
            or field.name in member.missing
            or field.name in member.refused
            or (field.need is Need.ALWAYS and field.shape is Shape.IDENTITY)
        )

    def _add(self, grid: QGridLayout, row: int, field: MemberField, detail: Detail, vocabulary: Vocabulary) -> None:
        member, theme = detail.member, current_theme()
        label = Label(field.label, Type.SMALL, tone="soft", wrap=True, parent=grid.parentWidget())
        label.setFixedWidth(theme.px(102))
        value = member.values.get(field.name)
        empty = value is None
        text = vocabulary.shown(field.name, value, open_numbers=self._open_numbers)
        mark = self._mark(field, detail)
        beside = mark is not None or (field.shape is Shape.IDENTITY and not empty)
        shown = Label(
            _breakable(text), data=True, wrap=True, tone="hint" if empty else "text", parent=grid.parentWidget()
        )
        grid.addWidget(label, row, 0)
        grid.addWidget(shown, row, 1, 1, 1 if beside else 2)
        if mark is not None:
            icon = IconLabel(mark[0], mark[1], 16, grid.parentWidget())
            icon.setToolTip(mark[2])
            icon.setAccessibleName(mark[2])
            grid.addWidget(icon, row, 2, Qt.AlignmentFlag.AlignVCenter)
        elif field.shape is Shape.IDENTITY and not empty:
            eye = IconButton(
                "eye-off" if self._open_numbers else "eye",
                self.tr("Che số") if self._open_numbers else self.tr("Xem đủ số"),
                small=True,
                parent=grid.parentWidget(),
            )
            eye.clicked.connect(self._toggle_numbers)
            grid.addWidget(eye, row, 2)

    def _mark(self, field: MemberField, detail: Detail) -> tuple[str, str, str] | None:
        member = detail.member
        if field.name in member.refused:
            return "octagon-x", "bad", self.tr("Bị từ chối: {0}").format(member.refused[field.name].text)
        if field.name in member.waiting:
            return "clock-arrow-up", "wait", self.tr("Chờ gửi")
        if field.name in member.missing:
            return "triangle-alert", "wait", self.tr("Còn thiếu")
        return None

    def _add_history(self, grid: QGridLayout, row: int, detail: Detail, vocabulary: Vocabulary, now: datetime) -> None:
        if not detail.history:
            return
        grid.setRowMinimumHeight(row, current_theme().px(17))
        grid.addWidget(Line(grid.parentWidget()), row, 0, 1, 3)
        grid.addWidget(
            Label(self.tr("Thay đổi gần đây"), Type.COLUMN, tone="soft", parent=grid.parentWidget()), row + 1, 0, 1, 3
        )
        for place, line in enumerate(detail.history[:HISTORY_LINES]):
            grid.addWidget(self._change(line, vocabulary, now, grid.parentWidget()), row + 2 + place, 0, 1, 3)

    def _change(self, line: HistoryRow, vocabulary: Vocabulary, now: datetime, parent: QWidget | None) -> QWidget:
        if line.field in BY_NAME:
            old = vocabulary.shown(line.field, line.old, open_numbers=self._open_numbers)
            new = vocabulary.shown(line.field, line.new, open_numbers=self._open_numbers)
            text = f"{line.label}: {old} → {new}"
        else:
            text = line.label
        if line.merged:
            text = self.tr("{0} (ở hồ sơ đã gộp vào đây)").format(text)
        box = QWidget(parent)
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 2, 0, 2)
        column.setSpacing(0)
        column.addWidget(Label(text, Type.SMALL, data=True, wrap=True, parent=box))
        who = " · ".join(part for part in (line.account, instant_text(line.at, now)) if part)
        column.addWidget(Label(who, Type.TINY, tone="hint", data=True, parent=box))
        return box

    def _toggle_numbers(self) -> None:
        self._open_numbers = not self._open_numbers
        if self._shown is not None:
            self.show_detail(*self._shown)
        if self._open_numbers:
            self.numbers_shown.emit()


def _breakable(text: str) -> str:
    """Let an address of mail be broken where people would."""
    return text.replace("@", "\u200b@")
