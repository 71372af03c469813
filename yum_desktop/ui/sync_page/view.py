"""The sync page: the lists at the left, the connection and what is safe at the right."""

from typing import Final

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from yum_desktop.registry.clock import Clock
from yum_desktop.registry.views import HandoverRow, SyncState
from yum_desktop.ui.formats import bytes_text, instant_text, number_text
from yum_desktop.ui.members.vocabulary import Vocabulary
from yum_desktop.ui.sync_page.anew import CODES
from yum_desktop.ui.sync_page.by_file import FileCard
from yum_desktop.ui.sync_page.handover import HandoverDialog
from yum_desktop.ui.sync_page.model import models, next_column
from yum_desktop.ui.sync_page.presenter import MERGED, Lists, Tab
from yum_desktop.ui.sync_page.settling import counted
from yum_desktop.ui.sync_page.sign_in import SIGN_IN_CODES
from yum_desktop.ui.theme import Type
from yum_desktop.ui.widgets.badges import CountPill
from yum_desktop.ui.widgets.buttons import Button
from yum_desktop.ui.widgets.panels import Banner, Card, EmptyState, PageHead, Progress
from yum_desktop.ui.widgets.tables import DataTable
from yum_desktop.ui.widgets.text import IconLabel, Label, Line

_SIDE_PX: Final = 320
_ROLES: Final = {
    Tab.PENDING: "wait",
    Tab.REFUSED: "bad",
    Tab.CONFLICTS: "pick",
    Tab.HISTORY: "off",
    Tab.RECEIVED: "info",
    Tab.HANDED: "off",
}


class _Column(QWidget):
    """Needs the height that its cards need at its width: wrapped texts ask for more when nobody knows the width."""

    @override
    def minimumSizeHint(self) -> QSize:
        """Return the height of the cards."""
        layout = self.layout()
        return QSize(0, layout.heightForWidth(_SIDE_PX)) if layout is not None else super().minimumSizeHint()


class SyncPage(QWidget):
    """Draws and forwards.

    Signals:
        line_opened: The tab and the place of a line.
        retry_requested, discard_requested: The place of a refused line.
        accept_requested: The place of received work, to be taken over as it is.
        accept_with_requested: Received work, what was typed over its values, how values are typed.
        return_requested: Received work and the reason.
        put_away_requested: Own work.
        sign_in_requested: The password is needed once more.
        settle_all_requested: One side is to be taken in all conflicts.
        anew_requested: Something must be decided about a server that came back from a backup.
        sync_requested, stop_requested: Send and receive now; stop that.
        list_requested: The name of the list to bring to the front.
        refresh_requested: What is shown may have changed.
    """

    line_opened = Signal(object, int)
    retry_requested = Signal(int)
    discard_requested = Signal(int)
    accept_requested = Signal(int)
    accept_with_requested = Signal(object, object, object)
    return_requested = Signal(object, str)
    put_away_requested = Signal(object)
    sign_in_requested = Signal()
    settle_all_requested = Signal()
    anew_requested = Signal()
    sync_requested = Signal()
    stop_requested = Signal()
    list_requested = Signal(str)
    refresh_requested = Signal()

    def __init__(self, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self.head = PageHead(self.tr("Đồng bộ"))
        self.head.say(self.tr("Đồng bộ"), self.tr("Gửi và nhận dữ liệu với hệ thống"))
        self.trouble = Banner("wait", "triangle-alert")
        names = {
            Tab.REFUSED: self.tr("Bị từ chối"),
            Tab.CONFLICTS: self.tr("Cần chọn"),
            Tab.RECEIVED: self.tr("Được bàn giao"),
            Tab.HANDED: self.tr("Đã chuyển"),
            Tab.PENDING: self.tr("Chờ gửi"),
            Tab.HISTORY: self.tr("Lịch sử"),
        }
        empty = {
            Tab.REFUSED: self.tr("Hệ thống không từ chối thay đổi nào."),
            Tab.CONFLICTS: self.tr("Không có chỗ nào hai máy sửa khác nhau."),
            Tab.RECEIVED: self.tr("Không có việc nào của đơn vị khác chờ quyết định."),
            Tab.HANDED: self.tr("Không có thay đổi nào phải chuyển đến đơn vị khác."),
            Tab.PENDING: self.tr("Không có gì chờ gửi. Mọi thay đổi đã lên hệ thống."),
            Tab.HISTORY: self.tr("Máy này chưa có thay đổi nào."),
        }
        about = {
            Tab.REFUSED: self.tr("Sửa xong sẽ tự gửi lại. Chưa sửa thì thay đổi vẫn nằm trên máy này."),
            Tab.CONFLICTS: self.tr("Hai người ghi khác nhau. Chưa chọn thì không mất gì."),
            Tab.RECEIVED: self.tr("Người khác ghi khi hồ sơ còn thuộc đơn vị cũ. Nhận, sửa rồi nhận, hoặc trả lại."),
            Tab.HANDED: self.tr("Hồ sơ đã thuộc đơn vị khác. Đơn vị đó quyết định thay đổi này."),
            Tab.PENDING: self.tr("Tự gửi khi có mạng, không cần làm gì thêm."),
            Tab.HISTORY: self.tr("Những thay đổi mới nhất trên máy này, của mình và nhận về."),
        }
        self._about = about
        self.tabs = {tab: Button(name, kind="tab") for tab, name in names.items()}
        self.counts = {tab: CountPill(0, _ROLES[tab]) for tab in names}
        self.models = models(clock)
        self.tables = {tab: DataTable(self.models[tab], row_px=54) for tab in names}
        self.empties = {tab: EmptyState("circle-check", text) for tab, text in empty.items()}
        self.stacks = {tab: QStackedWidget() for tab in names}
        self.about = Label("", Type.SMALL, tone="soft", wrap=True)
        self.take = Button(self.tr("Nhận"), icon="check")
        self.handover: HandoverDialog | None = None
        self.retry = Button(self.tr("Gửi lại"), icon="refresh-cw")
        self.discard = Button(self.tr("Bỏ thay đổi"), kind="danger", icon="trash-2")
        self.open = Button(self.tr("Mở hồ sơ"), icon="arrow-right")
        self.settle_all = Button(self.tr("Chọn một lượt"), icon="list-checks")
        self.exchange = Card()
        self.by_file = FileCard()
        self.progress = Progress()
        self.start = Button(self.tr("Gửi nhận ngay"), kind="primary", icon="refresh-cw")
        self.anew = Button(self.tr("Xem cách xử lý"), kind="primary", icon="triangle-alert")
        self.sign_in = Button(self.tr("Đăng nhập lại"), kind="primary", icon="key-round")
        self.facts: dict[str, tuple[IconLabel, Label, Label]] = {}
        self._lay_out()
        self._connect()
        self.show_tab(Tab.PENDING)
        self.show_state(SyncState())

    def refresh(self) -> None:
        """Ask for the lists again."""
        self.refresh_requested.emit()

    def open_list(self, kind: str) -> None:
        """Come from the strip to one list, by the name of its tab."""
        self.list_requested.emit(kind)

    def panes(self) -> list[QWidget]:
        """Return what F6 moves between."""
        return [self.tables[self.tab], self.start]

    @property
    def tab(self) -> Tab:
        """The list in front."""
        return next(tab for tab, button in self.tabs.items() if button.isChecked())

    def show_lists(self, lists: Lists) -> None:
        """Show all lists and their counts."""
        for tab, model in self.models.items():
            rows = lists.rows(tab)
            kept = self._place(tab)
            model.show_rows(rows)
            self.stacks[tab].setCurrentIndex(0 if rows else 1)
            self.counts[tab].set_count(len(rows))
            self.counts[tab].setVisible(bool(rows) and tab is not Tab.HISTORY)
            if rows:
                self.tables[tab].select_row(min(kept, len(rows) - 1))
        self._tell()

    def show_tab(self, tab: Tab) -> None:
        """Bring one list to the front."""
        self.tabs[tab].setChecked(True)
        self.middle.setCurrentWidget(self.stacks[tab])
        self._tell()

    def show_state(self, state: SyncState) -> None:
        """Show connection, progress and the last exchange."""
        self.progress.setVisible(state.busy)
        self._idle.setVisible(not state.busy)
        self.anew.setVisible(state.error_code in CODES)
        self.sign_in.setVisible(state.error_code in SIGN_IN_CODES)
        self.start.setVisible(state.error_code not in CODES | SIGN_IN_CODES)  # it would end as the last one did
        if state.busy:
            title = self.tr("Đang gửi nhận") if state.complete else self.tr("Đang nhận lần đầu")
            detail = self.tr("{0} hồ sơ, {1}. Mất mạng giữa chừng cũng không mất gì.")
            words = detail.format(number_text(state.busy_rows), bytes_text(state.busy_bytes))
            self.progress.show_progress(title, state.busy_rows, state.busy_rows_total, words)
        self._say_connection(state)
        now = self._clock.now()
        last = instant_text(state.last_sync, now) if state.last_sync else self.tr("Chưa gửi nhận lần nào")
        if not state.complete:
            last = self.tr("{0}, còn phần chưa nhận").format(last)
        self._say("kept", "circle-check", "ok", self.tr("Tắt máy, mất điện không mất"))
        self._say("last", "clock", "text-soft", last)
        self._say("device", "laptop", "text-soft", state.device_name or self.tr("Chưa đặt tên"))
        self._say("server", "network", "text-soft", state.server.removeprefix("https://"))

    def show_trouble(self, text: str) -> None:
        """Show what could not be done; an empty text takes it away."""
        self.trouble.say(text)

    def show_handover(self, row: HandoverRow, vocabulary: Vocabulary) -> None:
        """Show work that was handed over, over the page."""
        dialog = self.handover = HandoverDialog(row, vocabulary, self._clock.now(), self)
        dialog.accepted_with.connect(lambda texts: self.accept_with_requested.emit(row, texts, vocabulary))
        dialog.returned_with.connect(lambda why: self.return_requested.emit(row, why))
        dialog.put_away_requested.connect(lambda: self.put_away_requested.emit(row))
        dialog.finished.connect(self._handover_closed)
        dialog.open()

    def show_handover_trouble(self, field: str, text: str) -> None:
        """Show why it could not be decided so; no field: it is about the whole."""
        if self.handover is not None:
            self.handover.say(field, text)

    def close_handover(self) -> None:
        """Take it away."""
        if self.handover is not None:
            self.handover.accept()

    def _handover_closed(self) -> None:
        self.handover = None

    # layout

    def _lay_out(self) -> None:
        self.middle = QStackedWidget()
        group = QButtonGroup(self)
        row = QHBoxLayout()
        row.setContentsMargins(12, 4, 12, 0)
        row.setSpacing(2)
        for tab, button in self.tabs.items():
            button.setCheckable(True)
            group.addButton(button)
            row.addWidget(button)
            row.addWidget(self.counts[tab])
            row.addSpacing(4)
            self.stacks[tab].addWidget(self.tables[tab])
            self.stacks[tab].addWidget(self.empties[tab])
            self.middle.addWidget(self.stacks[tab])
        row.addStretch(1)
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 8, 12, 8)
        foot.setSpacing(8)
        foot.addWidget(self.about, 1)
        for button in (self.settle_all, self.discard, self.retry, self.take, self.open):
            foot.addWidget(button)
        card = Card(flush=True)
        card.body.addLayout(row)
        card.body.addWidget(Line())
        card.body.addWidget(self.middle, 1)
        card.body.addWidget(Line())
        card.body.addLayout(foot)
        columns = QHBoxLayout()
        columns.setSpacing(12)
        columns.addWidget(card, 1)
        columns.addWidget(self._side())
        inner = QVBoxLayout()
        inner.setContentsMargins(20, 0, 20, 12)
        inner.setSpacing(12)
        inner.addWidget(self.trouble)
        inner.addLayout(columns, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.head)
        whole.addLayout(inner, 1)

    def _side(self) -> QWidget:
        side = _Column()
        area = QScrollArea()
        area.setFixedWidth(_SIDE_PX)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(side)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self._idle = QWidget()
        idle = QVBoxLayout(self._idle)
        idle.setContentsMargins(0, 0, 0, 0)
        idle.setSpacing(8)
        self._connection = Label("", Type.HEADING, wrap=True)
        self._connection_more = Label("", tone="soft", wrap=True)
        for widget in (self._connection, self._connection_more, self.start):
            idle.addWidget(widget)
        idle.addWidget(self.anew)
        idle.addWidget(self.sign_in)
        self.exchange.body.addWidget(self._idle)
        self.exchange.body.addWidget(self.progress)
        facts = Card()
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(1, 1)
        titles = (
            ("kept", self.tr("Mọi thay đổi đã giữ trên máy")),
            ("last", self.tr("Gửi nhận xong lần cuối")),
            ("device", self.tr("Máy này")),
            ("server", self.tr("Hệ thống")),
        )
        for place, (name, title) in enumerate(titles):
            icon, text = IconLabel("circle-check", "ok", 18), Label("", Type.SMALL, tone="soft", data=True, wrap=True)
            label = Label(title, Type.STRONG, wrap=True)
            grid.addWidget(icon, 3 * place, 0)
            grid.addWidget(label, 3 * place, 1)
            grid.addWidget(text, 3 * place + 1, 1)
            grid.setRowMinimumHeight(3 * place + 2, 6)
            self.facts[name] = (icon, label, text)
        facts.body.addLayout(grid)
        column.addWidget(self.exchange)
        column.addWidget(facts)
        column.addWidget(self.by_file)
        column.addStretch(1)
        return area

    def _connect(self) -> None:
        for tab, button in self.tabs.items():
            button.clicked.connect(self._tab_clicked)
            self.tables[tab].opened.connect(self._opened)
            self.tables[tab].clicked.connect(self._clicked)
        self.tables[Tab.REFUSED].selectionModel().selectionChanged.connect(self._tell)
        self.retry.clicked.connect(self._retry)
        self.discard.clicked.connect(self._discard)
        self.take.clicked.connect(self._take)
        self.open.clicked.connect(self._open_current)
        self.settle_all.clicked.connect(self.settle_all_requested)
        self.start.clicked.connect(self.sync_requested)
        self.anew.clicked.connect(self.anew_requested)
        self.sign_in.clicked.connect(self.sign_in_requested)
        self.progress.stopped.connect(self.stop_requested)

    # texts

    def _say(self, name: str, icon: str, role: str, text: str) -> None:
        shown, label, words = self.facts[name]
        shown.set_icon(icon, role)
        words.setText(text)
        for part in (shown, label, words):
            part.setVisible(bool(text))

    def _say_connection(self, state: SyncState) -> None:
        more = self.tr("Có mạng là tự gửi nhận.")
        if state.error_text and state.online is not False:
            title, more = self.tr("Lần gửi nhận trước chưa xong"), state.error_text
        elif state.online is False:
            title, more = self.tr("Không có mạng"), self.tr("Vẫn làm việc bình thường. {0}").format(more)
        elif state.online:
            title = self.tr("Đã nối với hệ thống")
        else:
            title = self.tr("Làm việc trên máy này")
        self._connection.setText(title)
        self._connection_more.setText(more)

    def _tell(self) -> None:
        tab = self.tab
        has_rows = bool(self.models[tab].rows)
        for button in (self.retry, self.discard):
            button.setVisible(tab is Tab.REFUSED and has_rows)
        self.settle_all.setVisible(tab is Tab.CONFLICTS and sum(counted(self.models[tab].rows)) > 1)
        self.open.setVisible(has_rows)
        self.take.setVisible(tab is Tab.RECEIVED and has_rows)
        names = {
            Tab.REFUSED: self.tr("Sửa mục này"),
            Tab.CONFLICTS: self.tr("Chọn giá trị"),
            Tab.RECEIVED: self.tr("Xem, sửa, trả lại"),
            Tab.HANDED: self.tr("Xem lại"),
        }
        self.open.setText(names.get(tab, self.tr("Mở hồ sơ")))
        self.about.setText(self._about[tab] if has_rows else "")
        if tab is Tab.REFUSED and has_rows:  # a long reason is cut in the table
            row = self.models[tab].rows[self._place(tab)]
            self.about.setText(str(row.text or self._about[tab]))
            self.retry.setText(self.tr("Ghi vào hồ sơ kia") if row.code == MERGED else self.tr("Gửi lại"))

    # gestures

    def _tab_clicked(self) -> None:
        self.show_tab(self.tab)

    def _place(self, tab: Tab) -> int:
        chosen = self.tables[tab].chosen_rows()
        return chosen[0] if chosen and chosen[0] < len(self.models[tab].rows) else 0

    def _given(self, place: int) -> int:
        """Return the place in the list as it was handed over, whatever the order on the screen."""
        model = self.models[self.tab]
        return model.given.index(model.rows[place])

    def _opened(self, place: int) -> None:
        self.line_opened.emit(self.tab, self._given(place))

    def _clicked(self, index: QModelIndex) -> None:
        if index.column() == next_column(self.tab):
            self._opened(index.row())

    def _open_current(self) -> None:
        self._opened(self._place(self.tab))

    def _retry(self) -> None:
        self.retry_requested.emit(self._given(self._place(self.tab)))

    def _take(self) -> None:
        self.accept_requested.emit(self._given(self._place(self.tab)))

    def _discard(self) -> None:
        self.discard_requested.emit(self._given(self._place(self.tab)))
