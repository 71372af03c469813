"""Two records of one person side by side: what stays, what goes, and from where each field is taken."""

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget
from typing_extensions import override

from yum_desktop.domain.member import BY_NAME
from yum_desktop.domain.merging import Choice
from yum_desktop.registry.duplicates import Side
from yum_desktop.registry.pairs import Merging
from yum_desktop.ui.conflict.choice import ChoiceBox, marked
from yum_desktop.ui.duplicates.model import side_text
from yum_desktop.ui.duplicates.presenter import Take, is_asked
from yum_desktop.ui.formats import NONE
from yum_desktop.ui.members.vocabulary import Vocabulary
from yum_desktop.ui.theme import Type, current_theme
from yum_desktop.ui.widgets.buttons import Button
from yum_desktop.ui.widgets.panels import ActionBar, Banner, Card, PageHead
from yum_desktop.ui.widgets.text import IconLabel, Key, Label, Line

_NAME_PX = 168


class MergePage(QWidget):
    """Draws and forwards.

    Signals:
        taken: A field and the side it is taken from.
        all_taken: A side for every field that does not identify a person.
        swap_requested: The other record stays.
        merge_requested: Make one record of the two.
        different_requested: They are two people.
        put_off: Go back, nothing is changed.
    """

    taken = Signal(str, object)
    all_taken = Signal(object)
    swap_requested = Signal()
    merge_requested = Signal()
    different_requested = Signal()
    put_off = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.boxes: dict[str, dict[Take, ChoiceBox]] = {}
        self._current = ""
        self.head = PageHead(self.tr("Gộp hai hồ sơ"), back=True)
        self.take_mine = Button(self.tr("Tất cả bên giữ lại"), key="Ctrl+1")
        self.take_theirs = Button(self.tr("Tất cả bên kia"), key="Ctrl+2")
        self.trouble = Banner("wait", "triangle-alert")
        self.progress = Label("", tone="soft", wrap=True)
        self.swap = Button(self.tr("Đổi hồ sơ giữ lại"), icon="refresh-cw", key="Ctrl+R")
        self.different = Button(self.tr("Hai người khác nhau"), icon="users", key="Ctrl+D")
        self.merge = Button(self.tr("Gộp hai hồ sơ"), kind="primary", icon="git-merge", key="Ctrl+Return")
        self._content = QWidget()
        self._lay_out()
        self._connect()

    # what the presenter says

    def show_merging(self, merging: Merging, vocabulary: Vocabulary) -> None:
        """Show both records."""
        self.head.say(self.tr("Gộp hai hồ sơ"), merging.survivor.full_name)
        self.boxes = {}
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(12)
        asked = [choice for choice in merging.choices if is_asked(choice)]
        others = [choice for choice in merging.choices if not is_asked(choice)]
        column.addWidget(self._chosen_card(merging, asked, vocabulary))
        if others:
            column.addWidget(self._kept_card(others, vocabulary))
        column.addStretch(1)
        self._scroll.setWidget(content)
        self._current = asked[0].name if asked else ""
        if self.isVisible():
            self._focus_first(asked)

    def show_taken(self, taken: Mapping[str, Take], *, left: int) -> None:
        """Show from where each field is taken, and how many are not chosen yet."""
        for name, boxes in self.boxes.items():
            for side, box in boxes.items():
                box.set_chosen(chosen=taken.get(name) is side)
        kept = self.tr("Hồ sơ kia biến mất khỏi danh sách, nội dung của nó vẫn nằm trong lịch sử. Hoàn tác được.")
        words = self.tr("Còn {0} mục cần chọn. {1}").format(left, kept) if left else kept
        self.progress.setText(words)

    def show_trouble(self, text: str) -> None:
        """Show what could not be done; an empty text takes it away."""
        self.trouble.say(text)

    # what the person does

    def panes(self) -> list[QWidget]:
        """Return what F6 moves between."""
        boxes = next(iter(self.boxes.values()), {})
        return [*(box.radio for box in list(boxes.values())[:1]), self.merge]

    def _connect(self) -> None:
        self.head.back.connect(self.put_off)
        self.swap.clicked.connect(self.swap_requested)
        self.different.clicked.connect(self.different_requested)
        self.merge.clicked.connect(self.merge_requested)
        self.take_mine.clicked.connect(self._all_mine)
        self.take_theirs.clicked.connect(self._all_theirs)
        for key, act in (("1", self._press_mine), ("2", self._press_theirs)):
            QShortcut(QKeySequence(key), self).activated.connect(act)

    def _all_mine(self) -> None:
        self.all_taken.emit(Take.MINE)

    def _all_theirs(self) -> None:
        self.all_taken.emit(Take.THEIRS)

    def _press_mine(self) -> None:
        self._press(Take.MINE)

    def _press_theirs(self) -> None:
        self._press(Take.THEIRS)

    def _press(self, side: Take) -> None:
        """Choose for the line with the focus and go on to the next."""
        if self._current not in self.boxes:
            return
        names = list(self.boxes)
        following = names[min(names.index(self._current) + 1, len(names) - 1)]
        self.taken.emit(self._current, side)
        self.boxes[following][side].radio.setFocus(Qt.FocusReason.OtherFocusReason)
        self._current = following

    def _focus_first(self, asked: list[Choice]) -> None:
        if asked:
            self.boxes[asked[0].name][Take.MINE].radio.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.merge.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tell which line the keys 1 and 2 act on."""
        if event.type() is QEvent.Type.FocusIn:
            name = watched.property("field")
            if isinstance(name, str) and name:
                self._current = name
        return False

    # layout

    def _lay_out(self) -> None:
        for button in (self.take_mine, self.take_theirs):
            self.head.buttons.addWidget(button)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self._content)
        top = QHBoxLayout()
        top.addWidget(self.progress, 1)
        top.addWidget(Label(self.tr("Chọn nhanh:"), tone="soft"))
        for key, words in (("1", self.tr("giữ lại")), ("2", self.tr("bên kia"))):
            top.addWidget(Key(key))
            top.addWidget(Label(words, tone="soft"))
        inner = QVBoxLayout()
        inner.setContentsMargins(20, 0, 20, 12)
        inner.setSpacing(8)
        inner.addLayout(top)
        inner.addWidget(self.trouble)
        inner.addWidget(self._scroll, 1)
        bar = ActionBar()
        bar.left.addWidget(self.swap)
        bar.right.addWidget(self.different)
        bar.right.addWidget(self.merge)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.head)
        whole.addLayout(inner, 1)
        whole.addWidget(bar)

    def _chosen_card(self, merging: Merging, asked: list[Choice], vocabulary: Vocabulary) -> Card:
        card = Card()
        home = QWidget()
        grid = QGridLayout(home)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.addWidget(Label(self.tr("Mục khác nhau"), Type.COLUMN, tone="soft"), 0, 0)
        grid.addWidget(_person("user", self.tr("Giữ lại"), merging.survivor), 0, 1)
        grid.addWidget(_person("user-x", self.tr("Gộp vào rồi bỏ"), merging.loser), 0, 2)
        grid.addWidget(Line(), 1, 0, 1, 3)
        place = 2
        for choice in asked:
            grid.addWidget(self._name_cell(choice), place, 0)
            for column, side in ((1, Take.MINE), (2, Take.THEIRS)):
                grid.addWidget(self._box(choice, side, vocabulary), place, column)
            place += 1
        if not asked:
            grid.addWidget(Label(self.tr("Hai hồ sơ không ghi khác nhau ở mục nào."), tone="soft"), place, 0, 1, 3)
        grid.setColumnMinimumWidth(0, current_theme().px(_NAME_PX))
        for column in (1, 2):
            grid.setColumnStretch(column, 1)
        card.body.addWidget(home)
        return card

    def _name_cell(self, choice: Choice) -> QWidget:
        field = BY_NAME[choice.name]
        cell = QWidget()
        column = QVBoxLayout(cell)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Label(field.label, Type.STRONG, wrap=True))
        if field.identifies:
            row = QHBoxLayout()
            row.setSpacing(6)
            row.addWidget(IconLabel("id-card", "pick", 14))
            row.addWidget(Label(self.tr("Phải tự chọn"), Type.SMALL, tone="pick"), 1)
            column.addLayout(row)
        return cell

    def _box(self, choice: Choice, side: Take, vocabulary: Vocabulary) -> ChoiceBox:
        value, other = (choice.mine, choice.theirs) if side is Take.MINE else (choice.theirs, choice.mine)
        text = vocabulary.shown(choice.name, value, open_numbers=True)
        whose = self.tr("bên giữ lại") if side is Take.MINE else self.tr("bên kia")
        label = f"{BY_NAME[choice.name].label}, {whose}: {text}"
        box = ChoiceBox(marked(text, NONE, vocabulary.shown(choice.name, other, open_numbers=True)), label)
        box.radio.setProperty("field", choice.name)
        box.radio.installEventFilter(self)
        box.chosen.connect(partial(self.taken.emit, choice.name, side))
        self.boxes.setdefault(choice.name, {})[side] = box
        return box

    def _kept_card(self, others: list[Choice], vocabulary: Vocabulary) -> Card:
        card = Card(self.tr("Còn lại"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        for place, choice in enumerate(others):
            name = Label(BY_NAME[choice.name].label, tone="soft", wrap=True)
            name.setFixedWidth(current_theme().px(_NAME_PX))
            grid.addWidget(name, place, 0)
            text = vocabulary.shown(choice.name, choice.value, open_numbers=True)
            grid.addWidget(Label(text, data=True, wrap=True), place, 1)
            taken = choice.mine != choice.value
            grid.addWidget(Label(self.tr("lấy từ hồ sơ kia") if taken else "", Type.SMALL, tone="pick"), place, 2)
        for column in (1, 2):
            grid.setColumnStretch(column, 1)
        card.body.addLayout(grid)
        return card


def _person(icon: str, title: str, side: Side) -> QWidget:
    cell = QWidget()
    grid = QGridLayout(cell)
    grid.setContentsMargins(0, 0, 0, 4)
    grid.setHorizontalSpacing(10)
    grid.setVerticalSpacing(0)
    grid.addWidget(IconLabel(icon, "text", 20), 0, 0, 2, 1)
    grid.addWidget(Label(f"{title}: {side.full_name}", Type.STRONG, data=True, wrap=True), 0, 1)
    grid.addWidget(Label(side_text(side), Type.SMALL, tone="soft", data=True, wrap=True), 1, 1)
    grid.setColumnStretch(1, 1)
    return cell
