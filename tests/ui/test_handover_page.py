"""Work that was handed over, on the page of the sync: taken, corrected, returned, and seen by who sent it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from held_jobs import AtOnceJobs
from keys import CTRL, click, press, write
from people import NOW, StoppedClock, vocabulary
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from sync.protocol.kinds import Value
from yum_desktop.domain.errors import ConflictError
from yum_desktop.registry.views import FieldProblem, HandoverField, HandoverRow, PendingRow, SyncState
from yum_desktop.ui.shell.strip import SyncStrip
from yum_desktop.ui.sync_page.handover import HandoverDialog
from yum_desktop.ui.sync_page.presenter import SyncPresenter, SyncSources, Tab
from yum_desktop.ui.sync_page.view import SyncPage

ROW = HandoverRow(
    handover_id=UUID(int=1),
    mine=False,
    kind="member",
    record_id=UUID(int=5),
    operation="edit",
    title="Quàng Thị Mai Hoa",
    from_name="Đoàn xã Chiềng Lề",
    to_name="Chi đoàn bản Nà Lếch",
    fields=(
        HandoverField("phone", "Điện thoại", "0388417509", "0388417590", "0977206114"),
        HandoverField("born_on", "Ngày sinh", "2003-04", "2003-04-30", "2003-04"),
        HandoverField("sex", "Giới tính", None, "NU", None),
    ),
    account="hanh",
    device="Máy 1",
    at=NOW,
    state="waiting",
)
OWN = replace(
    ROW, handover_id=UUID(int=2), mine=True, state="returned", why="Đã đổi số", decided_by="dung", decided_at=NOW
)


class Box:
    def __init__(self, received: Sequence[HandoverRow], handed: Sequence[HandoverRow]) -> None:
        self.received, self.handed = list(received), list(handed)
        self.pending: list[PendingRow] = []
        self.done: list[tuple[str, UUID, object]] = []
        self.redirected: list[UUID] = []
        self.fail: Exception | None = None

    def _do(self, what: str, handover_id: UUID, given: object) -> None:
        if self.fail is not None:
            raise self.fail
        self.done.append((what, handover_id, given))
        self.received = [row for row in self.received if row.handover_id != handover_id]
        self.handed = [row for row in self.handed if row.handover_id != handover_id]

    def accept(self, handover_id: UUID, values: Mapping[str, Value]) -> None:
        self._do("accept", handover_id, dict(values))

    def give_back(self, handover_id: UUID, why: str) -> None:
        self._do("return", handover_id, why)

    def put_away(self, handover_id: UUID) -> None:
        self._do("away", handover_id, None)

    def sources(self) -> SyncSources:
        return SyncSources(
            pending=lambda: tuple(self.pending),
            conflicts=tuple,
            recent=tuple,
            case_of_step=lambda _: None,
            retry=lambda _: None,
            discard=lambda _: None,
            redirect=self.redirected.append,
            received=lambda: tuple(self.received),
            handed=lambda: tuple(self.handed),
            vocabulary=vocabulary,
            accept=self.accept,
            give_back=self.give_back,
            put_away=self.put_away,
        )


class Screen:
    """Page and presenter, joined as the program joins them."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.changes = 0
        self.page = SyncPage(StoppedClock())
        self.presenter = SyncPresenter(
            self.page,
            AtOnceJobs(),
            box.sources(),
            open_record=lambda *_: None,
            open_conflict=lambda _: None,
            changed=self._changed,
        )
        page, presenter = self.page, self.presenter
        page.line_opened.connect(presenter.open_line)
        page.accept_requested.connect(presenter.accept)
        page.accept_with_requested.connect(presenter.accept_with)
        page.return_requested.connect(presenter.give_back)
        page.put_away_requested.connect(presenter.put_away)
        page.retry_requested.connect(presenter.retry)

    def _changed(self) -> None:
        self.changes += 1

    @property
    def dialog(self) -> HandoverDialog:
        assert self.page.handover is not None
        return self.page.handover


@pytest.fixture
def screen(qtbot: QtBot) -> Screen:
    screen = Screen(Box([ROW], [OWN]))
    qtbot.addWidget(screen.page)
    screen.page.resize(1166, 560)
    screen.page.show()
    screen.presenter.refresh()
    return screen


def opened(screen: Screen, qtbot: QtBot, tab: Tab = Tab.RECEIVED) -> HandoverDialog:
    screen.presenter.show(tab)
    press(screen.page.tables[tab], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: screen.page.handover is not None and screen.page.handover.isVisible())
    screen.dialog.activateWindow()
    qtbot.waitUntil(screen.dialog.isActiveWindow)
    return screen.dialog


def test_what_waits_for_a_decision_comes_before_what_goes_by_itself(screen: Screen) -> None:
    assert screen.page.tab is Tab.RECEIVED
    model = screen.page.models[Tab.RECEIVED]
    shown = [model.index(0, column).data() for column in range(3)]
    assert shown == ["Quàng Thị Mai Hoa", "Sửa Điện thoại, Ngày sinh, Giới tính", "Quyết định"]


def test_work_is_taken_as_it_is_with_one_button(screen: Screen) -> None:
    click(screen.page.take)
    assert (screen.box.done, screen.changes) == ([("accept", ROW.handover_id, {})], 1)
    assert screen.page.stacks[Tab.RECEIVED].currentIndex() == 1


def test_only_what_was_typed_anew_is_another_value(screen: Screen, qtbot: QtBot) -> None:
    dialog = opened(screen, qtbot)
    phone = dialog.inputs["phone"]
    phone.selectAll()
    write(phone, "0911222333")
    press(dialog, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: bool(screen.box.done))
    assert screen.box.done == [("accept", ROW.handover_id, {"phone": "0911222333"})]
    assert screen.page.handover is None


def test_taking_without_a_change_takes_every_value_as_it_was_written(screen: Screen, qtbot: QtBot) -> None:
    click(opened(screen, qtbot).take)
    assert screen.box.done == [("accept", ROW.handover_id, {})]


def test_a_value_that_cannot_be_one_is_said_beside_its_field(screen: Screen, qtbot: QtBot) -> None:
    dialog = opened(screen, qtbot)
    dialog.inputs["born_on"].setText("mùa hè")
    click(dialog.take)
    assert screen.box.done == []
    assert dialog.inputs["born_on"].property("state") == "bad"
    dialog.inputs["born_on"].setText("28/02/2003")
    click(dialog.take)
    assert screen.box.done == [("accept", ROW.handover_id, {"born_on": "2003-02-28"})]


def test_work_is_returned_only_with_a_reason(screen: Screen, qtbot: QtBot) -> None:
    dialog = opened(screen, qtbot)
    assert not dialog.give_back.isEnabled()
    write(dialog.why, "   ")
    assert not dialog.give_back.isEnabled()
    write(dialog.why, "Nhầm người")
    click(dialog.give_back)
    assert screen.box.done == [("return", ROW.handover_id, "Nhầm người")]


def test_closing_decides_nothing(screen: Screen, qtbot: QtBot) -> None:
    dialog = opened(screen, qtbot)
    press(dialog, Qt.Key.Key_Escape)
    assert (screen.box.done, screen.page.handover, len(screen.presenter.lists.received)) == ([], None, 1)


def test_what_somebody_else_decided_meanwhile_is_said_and_what_was_typed_stays(screen: Screen, qtbot: QtBot) -> None:
    dialog = opened(screen, qtbot)
    screen.box.fail = ConflictError("handover.already_settled", "Đã có người quyết định.")
    write(dialog.why, "Nhầm người")
    click(dialog.give_back)
    assert (dialog.trouble.text, dialog.why.text(), screen.dialog) == ("Đã có người quyết định.", "Nhầm người", dialog)


def test_a_decision_the_server_did_not_take_says_why_at_its_field(qtbot: QtBot) -> None:
    problem = FieldProblem("date.future", "Ngày này chưa đến.", None)
    screen = Screen(Box([replace(ROW, problem=problem, blamed="born_on")], []))
    qtbot.addWidget(screen.page)
    screen.page.show()
    screen.presenter.refresh()
    dialog = opened(screen, qtbot)
    assert dialog.inputs["born_on"].property("state") == "bad"


def test_own_work_that_came_back_is_copied_and_put_away(screen: Screen, qtbot: QtBot) -> None:
    dialog = opened(screen, qtbot, Tab.HANDED)
    assert dialog.inputs == {}
    click(dialog.copy)
    assert "Điện thoại: 0388 417 590" in QGuiApplication.clipboard().text()
    click(dialog.put_away)
    assert screen.box.done == [("away", OWN.handover_id, None)]


def test_own_work_that_waits_cannot_be_put_away(qtbot: QtBot) -> None:
    dialog = HandoverDialog(replace(OWN, state="waiting", decided_by=None), vocabulary(), NOW)
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.put_away.isVisible()


def test_a_decision_that_waits_leads_to_the_list_it_belongs_to(screen: Screen) -> None:
    screen.box.pending = [
        PendingRow(UUID(int=9), "handover", ROW.handover_id, "edit", "Hoa", "", ("state",), "pending", NOW)
    ]
    screen.presenter.show(Tab.PENDING)
    assert screen.page.models[Tab.PENDING].index(0, 1).data() == "Quyết định bàn giao"
    screen.presenter.open_line(Tab.PENDING, 0)
    assert screen.page.tab is Tab.RECEIVED


def test_the_strip_says_how_much_waits_for_a_decision(qtbot: QtBot) -> None:
    strip = SyncStrip()
    qtbot.addWidget(strip)
    asked: list[str] = []
    strip.list_requested.connect(asked.append)
    strip.show_state(SyncState(received=2), NOW)
    assert (strip.received.text(), strip.clean.isVisibleTo(strip)) == ("2 được bàn giao", False)
    click(strip.received)
    assert Tab(asked[0]) is Tab.RECEIVED


def test_s160_an_edit_of_a_merged_record_is_written_into_the_one_that_stays(screen: Screen) -> None:
    """The edit is offered where it was refused: one press, and the person sees into whom."""
    words = "Hồ sơ này đã được gộp vào hồ sơ của Lò Thị Thảo (bản Co Sậy)."
    screen.box.pending = [
        PendingRow(
            UUID(int=70), "member", UUID(int=5), "edit", "Lò Thị Thảo", "", ("phone",), "refused", NOW,
            code="member.merged", text=words, link=UUID(int=6),
        )
    ]  # fmt: skip
    screen.presenter.refresh()
    screen.presenter.show(Tab.REFUSED)
    assert screen.page.about.text() == words
    assert screen.page.retry.text() == "Ghi vào hồ sơ kia"
    click(screen.page.retry)
    assert screen.box.redirected == [UUID(int=70)]
