"""The page of suspected pairs: lists, filters, and what to do about the chosen one."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from yum_desktop.domain.duplicates import STRENGTH_LABELS, Strength
from yum_desktop.ui.duplicates.model import pairs_model
from yum_desktop.ui.duplicates.presenter import Entry, Tab
from yum_desktop.ui.widgets.badges import CountPill
from yum_desktop.ui.widgets.buttons import Button
from yum_desktop.ui.widgets.fields import SearchField
from yum_desktop.ui.widgets.panels import ActionBar, Banner, Card, EmptyState, PageHead
from yum_desktop.ui.widgets.tables import DataTable
from yum_desktop.ui.widgets.text import IconLabel, Label, Line

_ROLES = {Tab.OPEN: "pick", Tab.DIFFERENT: "off", Tab.REFUSED: "bad", Tab.MERGED: "off"}


class DuplicatesPage(QWidget):
    """Draws and forwards.

    Signals:
        tab_chosen, strength_chosen, searched: What is to be shown.
        opened: A pair, to be seen side by side.
        different_requested: A pair of two people.
        put_away_requested: A pair to be asked about again, or a notice of the server.
        record_requested: The id of a record.
        refresh_requested: What is shown may have changed.
    """

    tab_chosen = Signal(object)
    strength_chosen = Signal(object)
    searched = Signal(str)
    opened = Signal(object)
    different_requested = Signal(object)
    put_away_requested = Signal(object)
    record_requested = Signal(object)
    refresh_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head = PageHead(self.tr("Nghi trùng"))
        self.again = Button(self.tr("So lại"), icon="refresh-cw", key="F5")
        self.trouble = Banner("bad", "octagon-x")
        self.tabs = {
            Tab.OPEN: _tab(self.tr("Cần xem")),
            Tab.DIFFERENT: _tab(self.tr("Hai người khác nhau")),
            Tab.REFUSED: _tab(self.tr("Trùng với đơn vị khác")),
            Tab.MERGED: _tab(self.tr("Đã gộp")),
        }
        self.counts = {tab: CountPill(0, role) for tab, role in _ROLES.items()}
        self.strengths: dict[Strength | None, Button] = {
            None: _tab(self.tr("Mọi mức")), **{strength: _tab(label) for strength, label in STRENGTH_LABELS.items()}
        }  # fmt: skip
        self.search = SearchField(self.tr("Tìm tên hoặc chi đoàn"))
        self.model = pairs_model()
        self.table = DataTable(self.model, row_px=54)
        self.table.setAccessibleName(self.tr("Cặp nghi trùng"))
        self.empty = EmptyState("circle-check", "")
        self.advice = Label("", tone="soft", wrap=True)
        self.look = Button(self.tr("Mở hồ sơ"), icon="user", key="Ctrl+O")
        self.put_away = Button(self.tr("Hỏi lại"), icon="undo-2", key="Ctrl+R")
        self.different = Button(self.tr("Hai người khác nhau"), icon="users", key="Ctrl+D")
        self.merge = Button(self.tr("Xem và gộp"), kind="primary", icon="git-merge", key="Ctrl+Return")
        self._tab = Tab.OPEN
        self._lay_out()
        self._connect()
        self._tell()

    # what the presenter says

    def show_entries(self, entries: Sequence[Entry], counts: Mapping[Tab, int], *, filtered: bool) -> None:
        """Show the lines of the tab in front, and how many each tab has."""
        kept = max(self.table.currentIndex().row(), 0)
        self.model.show_rows(entries)
        for tab, count in counts.items():
            self.counts[tab].set_count(count)
            self.counts[tab].setVisible(bool(count))
        if entries:
            self.table.select_row(min(kept, len(entries) - 1))
        else:
            self.empty.say("search" if filtered else "circle-check", self._why_empty(filtered=filtered))
        self._middle.setCurrentIndex(0 if entries else 1)
        self._tell()

    def show_busy(self, *, busy: bool) -> None:
        """Show that the records are being compared."""
        self.head.say(self.tr("Nghi trùng"), self.tr("Đang so các hồ sơ…") if busy else "")
        self.again.setEnabled(not busy)

    def show_trouble(self, text: str) -> None:
        """Show what could not be done; an empty text takes it away."""
        self.trouble.say(text)

    # what the person does

    def refresh(self) -> None:
        """Ask for the pairs again."""
        self.refresh_requested.emit()

    def panes(self) -> list[QWidget]:
        """Return what F6 moves between."""
        return [self.tabs[self._tab], self.search, self.table]

    def show_tab(self, tab: Tab) -> None:
        """Bring a list to the front."""
        self._tab = tab
        self.tabs[tab].setChecked(True)
        self.tab_chosen.emit(tab)
        self._tell()

    @property
    def chosen(self) -> Entry | None:
        """The pair under the cursor."""
        place = self.table.currentIndex().row()
        return self.model.rows[place] if 0 <= place < len(self.model.rows) else None

    def _tell(self) -> None:
        entry = self.chosen
        self.advice.setText(entry.advice if entry is not None else "")
        self._foot.setVisible(entry is not None)
        self.look.setEnabled(entry is not None)
        self.merge.setVisible(self._tab in {Tab.OPEN, Tab.DIFFERENT})
        self.merge.setEnabled(entry is not None and entry.second is not None)
        self.different.setVisible(self._tab is Tab.OPEN)
        self.different.setEnabled(entry is not None)
        self.put_away.setVisible(self._tab is not Tab.OPEN)
        words = {Tab.REFUSED: self.tr("Cất dòng này"), Tab.MERGED: self.tr("Tách lại")}
        self.put_away.setText(words.get(self._tab, self.tr("Hỏi lại")))
        self.put_away.setEnabled(entry is not None and (not entry.merged or entry.group is not None))

    def _why_empty(self, *, filtered: bool) -> str:
        if filtered:
            return self.tr("Không có cặp nào như vậy. Hãy bỏ bớt điều kiện lọc.")
        if self._tab is Tab.OPEN:
            return self.tr("Không có hai hồ sơ nào giống nhau cần xem.")
        if self._tab is Tab.DIFFERENT:
            return self.tr("Chưa đánh dấu cặp nào là hai người khác nhau.")
        if self._tab is Tab.MERGED:
            return self.tr("Chưa gộp hai hồ sơ nào.")
        return self.tr("Không có hồ sơ nào bị trả vì số giấy tờ đã có ở đơn vị khác.")

    def _connect(self) -> None:
        self.again.clicked.connect(self.refresh_requested)
        for tab, button in self.tabs.items():
            button.clicked.connect(_Press(self.show_tab, tab))
        for strength, button in self.strengths.items():
            button.clicked.connect(_Press(self.strength_chosen.emit, strength))
        self.search.textChanged.connect(self.searched)
        self.search.returnPressed.connect(self.table.setFocus)
        self.table.current.connect(self._moved)
        self.table.opened.connect(self._opened)
        self.merge.clicked.connect(self._opened)
        self.different.clicked.connect(self._different)
        self.put_away.clicked.connect(self._put_away)
        self.look.clicked.connect(self._look)
        QShortcut(QKeySequence("Ctrl+F"), self).activated.connect(self._find)

    def _moved(self, _place: int) -> None:
        self._tell()

    def _find(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _opened(self) -> None:
        if self.chosen is not None and self.chosen.second is not None:
            self.opened.emit(self.chosen)
        elif self.chosen is not None:
            self._look()

    def _different(self) -> None:
        if self.chosen is not None:
            self.different_requested.emit(self.chosen)

    def _put_away(self) -> None:
        if self.chosen is not None:
            self.put_away_requested.emit(self.chosen)

    def _look(self) -> None:
        if self.chosen is not None:
            self.record_requested.emit(self.chosen.first.member_id)

    # layout

    def _lay_out(self) -> None:
        self.head.buttons.addWidget(self.again)
        tabs, strengths = QHBoxLayout(), QHBoxLayout()
        self._groups = (QButtonGroup(self), QButtonGroup(self))
        for row, buttons, group in (
            (tabs, list(self.tabs.values()), self._groups[0]),
            (strengths, list(self.strengths.values()), self._groups[1]),
        ):
            row.setSpacing(4)
            group.setExclusive(True)
            for place, button in enumerate(buttons):
                row.addWidget(button)
                group.addButton(button)
                button.setChecked(place == 0)
                if row is tabs:
                    row.addWidget(list(self.counts.values())[place])
        tabs.addStretch(1)
        strengths.addStretch(1)
        self.search.setMaximumWidth(320)
        strengths.addWidget(self.search, 1)
        card = Card(flush=True)
        filters = QVBoxLayout()
        filters.setContentsMargins(10, 8, 10, 8)
        filters.addLayout(strengths)
        card.body.addLayout(filters)
        self._middle = QStackedWidget()
        self._middle.addWidget(self.table)
        self._middle.addWidget(self.empty)
        card.body.addWidget(self._middle, 1)
        self._foot = QWidget()
        beside = QHBoxLayout()
        beside.setContentsMargins(14, 8, 14, 8)
        beside.setSpacing(8)
        beside.addWidget(IconLabel("info", "text-soft", 16))
        beside.addWidget(self.advice, 1)
        foot = QVBoxLayout(self._foot)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(0)
        foot.addWidget(Line())
        foot.addLayout(beside)
        card.body.addWidget(self._foot)
        inner = QVBoxLayout()
        inner.setContentsMargins(20, 0, 20, 12)
        inner.setSpacing(8)
        inner.addLayout(tabs)
        inner.addWidget(self.trouble)
        inner.addWidget(card, 1)
        bar = ActionBar()
        for button in (self.look, self.put_away, self.different, self.merge):
            bar.right.addWidget(button)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.head)
        whole.addLayout(inner, 1)
        whole.addWidget(bar)


class _Press:
    def __init__(self, act: object, what: object) -> None:
        self._act, self._what = act, what

    def __call__(self) -> None:
        self._act(self._what)  # type: ignore[operator]  # a method of one argument


def _tab(text: str) -> Button:
    button = Button(text, kind="tab")
    button.setCheckable(True)
    return button
