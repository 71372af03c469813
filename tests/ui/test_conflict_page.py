"""Two versions of one record: which values may be taken together, what is kept, what the keys do."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from held_jobs import AtOnceJobs, HeldJobs
from keys import CTRL, click, press, write
from people import NOW, StoppedClock, vocabulary
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sync.protocol.kinds import Value
from yum_desktop.domain.errors import ConflictError, InputError
from yum_desktop.registry.views import ConflictField, ConflictRow
from yum_desktop.ui.conflict.choice import marked
from yum_desktop.ui.conflict.presenter import Choice, ConflictPresenter, ConflictSources, Side, pair_of
from yum_desktop.ui.conflict.view import ConflictPage
from yum_desktop.ui.theme import current_theme
from yum_desktop.ui.widgets.fields import ChoiceField

ROW = ConflictRow(
    conflict_id=UUID(int=1),
    kind="member",
    record_id=UUID(int=5),
    title="Lò Thị Thảo",
    unit_name="Chi đoàn bản Nà Lếch",
    fields=(
        ConflictField("phone", "Điện thoại", "0388417509", "0388417590", "0977206114", identifies=False),
        ConflictField("born_on", "Ngày sinh", "2003-04-30", "2002-04-30", "2003-04-03", identifies=True),
        ConflictField("sex", "Giới tính", None, "NU", "NAM", identifies=False),
    ),
    merged=("email",),
    mine_account="hanh",
    mine_device="Máy 1",
    mine_at=NOW,
    theirs_account="dung",
    theirs_device="Máy 2",
    theirs_at=NOW - timedelta(days=1),
    status="open",
)
OTHER = replace(ROW, conflict_id=UUID(int=2), title="Tòng Văn Ổn", fields=ROW.fields[:1])


class Conflicts:
    def __init__(self, *rows: ConflictRow, account: str = "hanh") -> None:
        self.rows = list(rows)
        self.account = account
        self.settled: list[tuple[UUID, Mapping[str, Choice]]] = []
        self.fail: Exception | None = None

    def settle(self, conflict_id: UUID, choices: Mapping[str, Choice]) -> None:
        if self.fail is not None:
            raise self.fail
        self.settled.append((conflict_id, choices))
        self.rows = [replace(r, status="deciding") if r.conflict_id == conflict_id else r for r in self.rows]

    def values(self, _kind: str, _record_id: UUID) -> Mapping[str, Value]:
        return {"email": "thao@example.vn"}

    def sources(self) -> ConflictSources:
        return ConflictSources(
            conflicts=lambda: tuple(self.rows),
            account=lambda: self.account,
            values=self.values,
            vocabulary=vocabulary,
            settle=self.settle,
        )


def in_front(qtbot: QtBot, page: ConflictPage) -> None:
    qtbot.addWidget(page)
    page.resize(1166, 560)
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)


class Screen:
    """Page and presenter, joined as the program joins them."""

    def __init__(self, conflicts: Conflicts, jobs: HeldJobs | None = None) -> None:
        self.conflicts = conflicts
        self.told: list[tuple[str, int]] = []
        self.page = ConflictPage(StoppedClock())
        self.presenter = ConflictPresenter(
            self.page,
            jobs or AtOnceJobs(),
            conflicts.sources(),
            settled=lambda title, waiting: self.told.append((title, waiting)),
        )
        page = self.page
        page.opened.connect(self.presenter.open)
        page.chosen.connect(self.presenter.choose)
        page.all_chosen.connect(self.presenter.choose_all)
        page.typed.connect(self.presenter.type_own)
        page.settle_requested.connect(self.presenter.settle)

    def taken(self) -> dict[str, Value]:
        return {name: choice.value for name, choice in self.presenter.choices.items()}


@pytest.fixture
def screen(qtbot: QtBot) -> Screen:
    screen = Screen(Conflicts(ROW, OTHER))
    in_front(qtbot, screen.page)
    screen.presenter.open(ROW.conflict_id)
    return screen


def test_identity_fields_are_never_taken_with_all_others(screen: Screen) -> None:
    press(screen.page, Qt.Key.Key_1, CTRL)
    assert screen.taken() == {"phone": "0388417590", "sex": "NU"}
    press(screen.page, Qt.Key.Key_2, CTRL)
    assert screen.taken() == {"phone": "0977206114", "sex": "NAM"}


def test_the_keys_choose_for_the_line_with_the_focus_and_go_on(screen: Screen) -> None:
    press(screen.page, Qt.Key.Key_1)
    press(screen.page, Qt.Key.Key_2)
    press(screen.page, Qt.Key.Key_0)
    assert screen.taken() == {"phone": "0388417590", "born_on": "2003-04-03", "sex": None}
    assert screen.presenter.choices["sex"].side is Side.BASE


def test_nothing_is_settled_while_a_field_is_not_chosen(screen: Screen) -> None:
    press(screen.page, Qt.Key.Key_1, CTRL)
    press(screen.page, Qt.Key.Key_Return, CTRL)
    assert screen.conflicts.settled == []
    assert screen.page.trouble.text == "Còn 1 mục chưa chọn"


def test_a_complete_choice_is_settled_and_the_next_conflict_follows(screen: Screen) -> None:
    for key in (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_2):
        press(screen.page, key)
    press(screen.page, Qt.Key.Key_Return, CTRL)
    [(conflict_id, choices)] = screen.conflicts.settled
    assert conflict_id == ROW.conflict_id
    assert {name: choice.side for name, choice in choices.items()} == {
        "phone": Side.MINE,
        "born_on": Side.THEIRS,
        "sex": Side.THEIRS,
    }
    assert screen.told == [("Lò Thị Thảo", 1)]
    assert screen.page.name.text() == "Tòng Văn Ổn"


def test_s034_what_was_chosen_is_still_there_after_going_away(screen: Screen) -> None:
    press(screen.page, Qt.Key.Key_1)
    screen.presenter.open(OTHER.conflict_id)
    assert screen.taken() == {}
    screen.presenter.open(ROW.conflict_id)
    assert screen.taken() == {"phone": "0388417590"}


def test_a_choice_is_forgotten_when_its_version_changed_meanwhile(screen: Screen) -> None:
    press(screen.page, Qt.Key.Key_2)
    changed = replace(ROW.fields[0], theirs="0977206115")
    screen.conflicts.rows[0] = replace(ROW, fields=(changed, *ROW.fields[1:]))
    screen.presenter.refresh()
    assert screen.taken() == {}


def test_a_value_of_neither_can_be_typed(screen: Screen) -> None:
    click(screen.page.own)
    assert screen.page.fields is not None
    own = screen.page.fields.lines["phone"].own
    own.clear()
    write(own, "0352118407")
    press(own, Qt.Key.Key_Return)
    assert screen.presenter.choices["phone"] == Choice(Side.OWN, "0352118407")


def test_a_typed_value_that_cannot_be_is_said_beside_its_field(screen: Screen) -> None:
    screen.presenter.type_own("born_on", "hôm kia")
    assert "born_on" not in screen.taken()
    assert screen.page.fields is not None
    assert screen.page.fields.lines["born_on"].own.property("state") == "bad"


def test_a_value_of_a_list_is_chosen_from_the_list(screen: Screen) -> None:
    assert screen.page.fields is not None
    own = screen.page.fields.lines["sex"].own
    assert isinstance(own, ChoiceField)
    own.set_code("NU")
    press(own, Qt.Key.Key_Return)
    assert screen.presenter.choices["sex"] == Choice(Side.OWN, "NU")


def test_somebody_who_chose_before_is_told(screen: Screen) -> None:
    screen.conflicts.fail = ConflictError("conflict.already_settled", "Người khác đã chọn trước")
    for key in (Qt.Key.Key_1, Qt.Key.Key_1, Qt.Key.Key_1):
        press(screen.page, key)
    screen.presenter.settle()
    assert screen.page.trouble.text == "Người khác đã chọn trước"


def test_what_merged_by_itself_is_listed_with_its_value() -> None:
    pair = pair_of(ROW, "hanh", vocabulary(), {"email": "thao@example.vn"})
    assert pair.merged == (("Email", "thao@example.vn"),)


@pytest.mark.parametrize(
    ("account", "left", "own"), [("hanh", Side.MINE, True), ("dung", Side.THEIRS, True), ("anh", Side.MINE, False)]
)
def test_the_own_version_stands_first(account: str, left: Side, own: bool) -> None:
    pair = pair_of(ROW, account, vocabulary(), {})
    assert (pair.left, pair.own) == (left, own)


def test_the_keys_follow_the_sides_on_the_screen(qtbot: QtBot) -> None:
    screen = Screen(Conflicts(ROW, account="dung"))
    in_front(qtbot, screen.page)
    screen.presenter.open(ROW.conflict_id)
    press(screen.page, Qt.Key.Key_1, CTRL)
    assert screen.taken() == {"phone": "0977206114", "sex": "NAM"}


def test_a_settled_conflict_can_be_looked_at_but_not_changed(qtbot: QtBot) -> None:
    settled = replace(ROW, status="settled", choice={"phone": "0388417590"}, settled_by="dung", settled_at=NOW)
    screen = Screen(Conflicts(settled))
    in_front(qtbot, screen.page)
    screen.presenter.open(settled.conflict_id)
    press(screen.page, Qt.Key.Key_1)
    assert screen.taken() == {}
    assert not screen.page.settle.isEnabled()
    assert screen.page.progress.text() == "dung đã chọn, hôm nay."


def test_a_late_answer_for_another_conflict_is_dropped(qtbot: QtBot) -> None:
    jobs = HeldJobs()
    screen = Screen(Conflicts(ROW, OTHER), jobs)
    qtbot.addWidget(screen.page)
    screen.presenter.open(ROW.conflict_id)
    jobs.release()
    screen.presenter.open(OTHER.conflict_id)
    jobs.release()  # the values of the first one
    assert screen.presenter.looked_at is None
    jobs.release_all()
    assert screen.presenter.looked_at == OTHER


def test_when_nothing_waits_the_page_says_so(qtbot: QtBot) -> None:
    screen = Screen(Conflicts())
    qtbot.addWidget(screen.page)
    screen.page.show()
    screen.presenter.open(None)
    assert screen.page.empty.isVisible()
    assert not screen.page.settle.isEnabled()


def test_a_record_that_is_gone_still_lets_one_choose(qtbot: QtBot) -> None:
    conflicts = Conflicts(ROW)

    def gone(_kind: str, _record_id: UUID) -> Mapping[str, Value]:
        raise InputError("member.unknown", "Không còn")

    conflicts.values = gone  # type: ignore[method-assign]  # this one lost its record
    screen = Screen(conflicts)
    qtbot.addWidget(screen.page)
    screen.presenter.open(ROW.conflict_id)
    assert screen.presenter.looked_at == ROW


@pytest.mark.parametrize(
    ("text", "base", "other", "highlighted"),
    [
        ("30/04/2002", "30/04/2003", "03/04/2003", ["2"]),
        ("0977 206 114", "0388 417 509", "0388 417 590", ["977 206 114"]),
        ("26/03/2019", "–", "26/05/2019", ["3"]),
        ("Thảo", "Thảo", "Thạo", ["ả"]),
        ("Thái", "–", "–", []),
        ("<b>", "<i>", "<i>", ["b"]),
    ],
)
def test_the_letters_that_changed_are_highlighted(text: str, base: str, other: str, highlighted: list[str]) -> None:
    color = current_theme().color("diff").name()
    html = marked(text, base, other)
    parts = [part.split("</span>")[0] for part in html.split(f'<span style="background:{color}">')[1:]]
    assert parts == highlighted
