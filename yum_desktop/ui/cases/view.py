"""The screen of the cases: the list, and one case with its steps, its form and the buttons of the state table."""

from collections.abc import Sequence
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from yum_desktop.domain.cases.admission import ACTION_LABELS, DATA_LABELS, PATH, PROCEDURE_LABEL, STATE_LABELS, Action
from yum_desktop.registry.clock import Clock
from yum_desktop.registry.views import CaseDetail, CaseRow, UnitRow
from yum_desktop.ui.cases.form import CaseForm
from yum_desktop.ui.cases.model import cases_model
from yum_desktop.ui.cases.presenter import NAME, Data, Datum
from yum_desktop.ui.cases.steps import bar_steps, forward, is_closed, leads_on, state_mark, who_acts
from yum_desktop.ui.members.vocabulary import Vocabulary
from yum_desktop.ui.widgets.badges import DRAFT, Badge
from yum_desktop.ui.widgets.buttons import Button
from yum_desktop.ui.widgets.panels import ActionBar, Banner, Card, EmptyState, PageHead
from yum_desktop.ui.widgets.steps import Step, StepBar
from yum_desktop.ui.widgets.tables import DataTable
from yum_desktop.ui.widgets.text import Label


class CasesPage(QWidget):
    """Draws and forwards.

    Signals:
        case_chosen: The id of a case.
        begin_requested: A new case.
        left: Back to the list.
        unit_chosen: The unit of a new case, or `None`.
        field_left: Name of a field and what stands in it.
        action_requested: The name of a step.
        refresh_requested: What is shown may have changed.
    """

    case_chosen = Signal(object)
    begin_requested = Signal()
    left = Signal()
    unit_chosen = Signal(object)
    field_left = Signal(str, str)
    action_requested = Signal(str)
    refresh_requested = Signal()

    def __init__(self, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._case: UUID | None = None
        self.begin = Button(self.tr("Hồ sơ mới"), kind="primary", icon="folder-plus", key="Ctrl+N")
        self.model = cases_model(clock)
        self.table = DataTable(self.model, row_px=54)
        words = self.tr("Chưa có hồ sơ kết nạp nào. Bấm “Hồ sơ mới” để bắt đầu.")
        self.empty = EmptyState("folder-check", words, self.tr("Hồ sơ mới"))
        self.list_trouble = Banner("bad", "octagon-x")
        self.head = PageHead("", back=True)
        self.badge = Badge(DRAFT)
        self.steps = StepBar()
        self.notice = Banner("wait", "corner-down-left")
        self.trouble = Banner("bad", "octagon-x")
        self.form = CaseForm()
        self.who = Label("", tone="soft")
        self.buttons: dict[str, Button] = {}
        self.pages = QStackedWidget()
        self.pages.addWidget(self._list_page())
        self.pages.addWidget(self._case_page())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.pages)
        self._connect()

    # what the presenter says

    def show_cases(self, rows: Sequence[CaseRow], chosen: UUID | None) -> None:
        """Show the list."""
        kept = self.table.currentIndex().row()
        self.model.show_rows(rows)
        self._list.setCurrentIndex(0 if rows else 1)
        place = next((i for i, row in enumerate(self.model.rows) if row.case_id == chosen), max(kept, 0))
        if rows:
            self.table.select_row(min(place, len(rows) - 1))
        waiting = sum(1 for row in rows if forward(row) is not None)
        words = self.tr("{0} hồ sơ, {1} chờ việc của đơn vị").format(len(rows), waiting) if rows else ""
        self.list_head.say(self.tr("Nghiệp vụ"), words)

    def show_list(self) -> None:
        """Bring the list to the front."""
        self._case = None
        self.pages.setCurrentIndex(0)
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_draft(self, units: Sequence[UnitRow], vocabulary: Vocabulary) -> None:
        """Show the empty form of a new case: a unit and a name make it."""
        self._case = None
        self.head.say(self.tr("{0}: hồ sơ mới").format(PROCEDURE_LABEL))
        self.badge.set_mark(DRAFT)
        first, *others = [STATE_LABELS[state] for state in PATH]
        self.steps.set_steps([Step(first, "now"), *(Step(label) for label in others)])
        self.notice.say("")
        self.show_trouble("")
        self.form.show_units(units)
        self.form.show_data({}, vocabulary, anew=True, editable=True)
        self.form.show_steps((), self._clock.now())
        self.form.show_lacking(())
        self._clear_actions()
        self.who.setText(self.tr("Chọn chi đoàn và gõ tên là hồ sơ được giữ trên máy."))
        self.pages.setCurrentIndex(1)
        self.form.focus(NAME if len(units) == 1 else "")

    def show_case(self, detail: CaseDetail, vocabulary: Vocabulary) -> None:
        """Show one case with its steps and its form."""
        row = detail.row
        same = self._case == row.case_id or (self._case is None and self.pages.currentIndex() == 1)
        self._case = row.case_id
        self.head.say(self.tr("Kết nạp: {0}").format(row.title), row.unit_name)
        self.badge.set_mark(state_mark(row))
        self.steps.set_steps(bar_steps(detail))
        self._show_notice(detail)
        self.form.unit_row.setVisible(False)
        data = {name: value for name, value in detail.data.items() if not isinstance(value, bytes)}
        self.form.show_data(data, vocabulary, anew=not same, editable=not is_closed(row))
        self.form.show_steps(detail.steps, self._clock.now())
        going_on = forward(row)
        lacking = detail.lacking.get(going_on, ()) if going_on else ()
        self.form.show_lacking(lacking)
        self._show_actions(row, lacking)
        self.pages.setCurrentIndex(1)
        if not same:
            self.form.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_field(self, name: str, value: Datum, vocabulary: Vocabulary, data: Data) -> None:
        """Put a value into a field, with the list it is chosen from."""
        self.form.show_field(name, value, vocabulary, data)

    def show_field_trouble(self, field: str, text: str) -> None:
        """Show what is wrong beside a field; an empty text takes it away."""
        self.form.say(field, text)

    def show_lacking(self, names: Sequence[str]) -> None:
        """Show what the next step still needs."""
        self.form.show_lacking(names)

    def show_kept(self, text: str) -> None:
        """Show that something was kept."""
        self.who.setText(text)

    def focus(self, field: str) -> None:
        """Go to a field."""
        self.form.focus(field)

    def show_trouble(self, text: str) -> None:
        """Show what could not be done; an empty text takes it away."""
        self.trouble.say(text)
        self.list_trouble.say(text)

    # what the person does

    def refresh(self) -> None:
        """Ask for everything again."""
        self.refresh_requested.emit()

    def panes(self) -> list[QWidget]:
        """Return what F6 moves between."""
        return [self.table, self.form.fields[NAME], self.form.fields["introducer"]]

    def _connect(self) -> None:
        self.begin.clicked.connect(self.begin_requested)
        self.empty.acted.connect(self.begin_requested)
        self.table.opened.connect(self._opened)
        self.head.back.connect(self.left)
        self.form.field_left.connect(self.field_left)
        self.form.unit_left.connect(self.unit_chosen)

    def _opened(self, place: int) -> None:
        self.case_chosen.emit(self.model.rows[place].case_id)

    def press(self, action: str) -> None:
        """Leave the field that is being typed into, then ask for a step."""
        for name, field in self.form.fields.items():
            if field.hasFocus():
                self.form.leave(name)
        self.action_requested.emit(action)

    # layout

    def _list_page(self) -> QWidget:
        page = QWidget()
        self.list_head = PageHead(self.tr("Nghiệp vụ"))
        self.list_head.buttons.addWidget(self.begin)
        card = Card(flush=True)
        self._list = QStackedWidget()
        self._list.addWidget(self.table)
        self._list.addWidget(self.empty)
        card.body.addWidget(self._list, 1)
        inner = QVBoxLayout()
        inner.setContentsMargins(20, 0, 20, 12)
        inner.setSpacing(12)
        inner.addWidget(self.list_trouble)
        inner.addWidget(card, 1)
        whole = QVBoxLayout(page)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.list_head)
        whole.addLayout(inner, 1)
        return page

    def _case_page(self) -> QWidget:
        page = QWidget()
        self.head.buttons.addWidget(self.badge)
        card = Card()
        card.body.addWidget(self.steps)
        top = QVBoxLayout()
        top.setContentsMargins(20, 0, 20, 12)
        top.setSpacing(8)
        for part in (card, self.notice, self.trouble):
            top.addWidget(part)
        bar = ActionBar()
        bar.left.addWidget(self.who)
        self.action_row = QHBoxLayout()
        self.action_row.setSpacing(8)
        bar.right.addLayout(self.action_row)
        whole = QVBoxLayout(page)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.head)
        whole.addLayout(top)
        whole.addWidget(self.form, 1)
        whole.addWidget(bar)
        return page

    def _show_notice(self, detail: CaseDetail) -> None:
        row = detail.row
        if row.refused:
            words = self.tr("Hệ thống không nhận thay đổi trước: {0} Xem lại rồi làm lại bước.").format(row.refused)
            self.notice.say(words, role="bad", icon="octagon-x")
        elif detail.returned_note:
            words = self.tr("{0}: {1}").format(row.state_label, detail.returned_note)
            self.notice.say(words, role="wait", icon="corner-down-left")
        else:
            self.notice.say("")

    def _show_actions(self, row: CaseRow, lacking: Sequence[str]) -> None:
        self._clear_actions()
        for name in sorted(row.actions, key=lambda action: leads_on(row.state, action)):
            on = leads_on(row.state, name)
            ends = Action(name) in {Action.REFUSE, Action.CANCEL, Action.NOT_AGREED}
            kind = "primary" if on else "danger" if ends else "secondary"
            icon = "check" if on else "undo-2" if Action(name) is Action.RETURN else None
            button = Button(ACTION_LABELS[Action(name)], kind=kind, icon=icon, key="Ctrl+Return" if on else None)
            button.clicked.connect(_Act(self, name))
            self.buttons[name] = button
            self.action_row.addWidget(button)
        if is_closed(row):
            text = self.tr("Hồ sơ đã kết thúc.")
        elif forward(row) is None:
            text = who_acts(row)
        elif lacking:
            text = self.tr("Bước tiếp cần thêm: {0}").format(DATA_LABELS[lacking[0]])
            if len(lacking) > 1:
                text = self.tr("Bước tiếp cần thêm {0} mục").format(len(lacking))
        else:
            text = self.tr("Mỗi ô được giữ ngay khi rời ô.")
        self.who.setText(text)

    def _clear_actions(self) -> None:
        for button in self.buttons.values():
            self.action_row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.buttons = {}


class _Act:
    def __init__(self, page: CasesPage, name: str) -> None:
        self._page, self._name = page, name

    def __call__(self) -> None:
        self._page.press(self._name)
