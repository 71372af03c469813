"""The strip at the bottom: what waits, what was refused, since when; always in sight."""

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from yum_desktop.registry.views import SyncState
from yum_desktop.ui.formats import bytes_text, date_text, instant_text, number_text
from yum_desktop.ui.theme import Type, current_theme
from yum_desktop.ui.widgets.buttons import Button
from yum_desktop.ui.widgets.text import IconLabel, Label, Line


class SyncStrip(QFrame):
    """Connection, waiting, refused, to choose, the last exchange, and one button (F9)."""

    sync_requested = Signal()
    stop_requested = Signal()
    list_requested = Signal(str)
    """``pending``, ``refused``, ``conflicts`` or ``received``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "strip")
        self.setFixedHeight(current_theme().px(40))
        self._busy = False
        self._icon = IconLabel("wifi-off", "text", 18)
        self._head = Label("", Type.COLUMN)
        self._tail = Label("", Type.SMALL)
        self._line = Line(upright=True)
        self._line.setFixedHeight(20)
        self.pending = self._part("clock-arrow-up", "wait", "pending")
        self.refused = self._part("octagon-x", "bad", "refused")
        self.conflicts = self._part("git-compare-arrows", "pick", "conflicts")
        self.received = self._part("hand-helping", "info", "received")
        self.clean = self._part("circle-check", "ok", "pending")
        self.last = Label("", Type.SMALL, tone="soft")
        self.button = Button("", icon="refresh-cw", key="F9", small=True)
        self.button.clicked.connect(self._pressed)
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 0, 12, 0)
        row.setSpacing(6)
        for part in (self._icon, self._head, self._tail, self._line):
            row.addWidget(part)
        for button in (self.pending, self.refused, self.conflicts, self.received, self.clean):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.last)
        row.addSpacing(8)
        row.addWidget(self.button)

    def _part(self, icon: str, role: str, kind: str) -> Button:
        button = Button("", kind="strip", icon=icon, small=True)
        button.set_role(role)
        button.clicked.connect(lambda: self.list_requested.emit(kind))
        return button

    def show_state(self, state: SyncState, now: datetime) -> None:
        """Show the state of the sync. A part with nothing in it disappears."""
        self._busy = state.busy
        icon, role, head, tail = self._connection(state)
        self._icon.set_icon(icon, role)
        self._head.setText(head)
        self._head.setToolTip(state.error_text or "")
        self._head.set_tone(role)
        self._tail.setText(tail)
        since = ""
        if state.pending_since is not None and not state.received:  # there is no room for both
            since = self.tr(", lâu nhất từ {0}").format(date_text(state.pending_since, now))
        self._say(self.pending, state.pending, self.tr("{0} chờ gửi") + since)
        self._say(self.refused, state.refused, self.tr("{0} bị từ chối"))
        self._say(self.conflicts, state.conflicts, self.tr("{0} cần chọn"))
        self._say(self.received, state.received, self.tr("{0} được bàn giao"))
        nothing = not (state.pending or state.refused or state.conflicts or state.received)
        self._say(self.clean, int(nothing), self.tr("Không có gì chờ gửi"))
        self.last.setText(self._last(state, now))
        self.button.setText(self.tr("Tạm dừng") if state.busy else self.tr("Gửi nhận ngay"))
        self.button.set_icon("pause" if state.busy else "refresh-cw")
        self.button.updateGeometry()

    def _say(self, button: Button, count: int, text: str) -> None:
        button.setText(text.format(number_text(count)))
        button.setVisible(count > 0)
        button.updateGeometry()

    def _connection(self, state: SyncState) -> tuple[str, str, str, str]:
        if state.busy:
            rows = number_text(state.busy_rows)
            if state.busy_rows_total:
                rows += f"/{number_text(state.busy_rows_total)}"
            told = f"{rows} · {bytes_text(state.busy_bytes)}" if state.busy_rows or state.busy_bytes else ""
            first = self.tr("Đang nhận lần đầu") if not state.complete else self.tr("Đang gửi nhận")
            return "refresh-cw", "accent", first, told
        if state.error_text and state.online is not False:
            return "triangle-alert", "wait", state.error_text.partition(". ")[0].rstrip("."), ""
        if state.online is False:
            return "wifi-off", "text", self.tr("Không có mạng."), self.tr("Vẫn làm việc bình thường")
        if state.online:
            return "wifi", "text", self.tr("Đã nối với hệ thống"), ""
        return "laptop", "text", self.tr("Làm việc trên máy này"), ""

    def _last(self, state: SyncState, now: datetime) -> str:
        if state.last_sync is None:
            return self.tr("Máy này chưa gửi nhận lần nào")
        return self.tr("Gửi nhận xong lần cuối: {0}").format(instant_text(state.last_sync, now))

    def _pressed(self) -> None:
        if self._busy:
            self.stop_requested.emit()
        else:
            self.sync_requested.emit()
