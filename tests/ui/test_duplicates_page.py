"""The list of suspected pairs, and making one record of two: what is shown, chosen and kept."""

from collections.abc import Mapping
from uuid import UUID

from held_jobs import AtOnceJobs, HeldJobs
from keys import click, press, write
from people import NOW, vocabulary
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sync.protocol.kinds import Value
from yum_desktop.domain.duplicates import Advice, Reason, Strength
from yum_desktop.domain.errors import ConflictError
from yum_desktop.domain.merging import Stored, proposed
from yum_desktop.registry.duplicates import Side, Suspect
from yum_desktop.registry.pairs import Merged, Merging, Refused, Told, Verdicts
from yum_desktop.ui.duplicates.merging import MergePage
from yum_desktop.ui.duplicates.presenter import DuplicateSources, Tab, Take
from yum_desktop.ui.duplicates.screen import DuplicatesScreen
from yum_desktop.ui.duplicates.view import DuplicatesPage


def side(number: int, name: str, unit: str = "thôn") -> Side:
    return Side(UUID(int=number), UUID(int=1), unit, name, "2003-08-15", "NAM", None, None)


AN, AN_AGAIN, BINH, BINH_AGAIN = side(1, "An"), side(2, "An", "trường"), side(3, "Bình"), side(4, "Bình")
STRONG = Suspect(AN, AN_AGAIN, Strength.STRONG, (Reason.ID_NUMBER, Reason.NAME_OTHER), Advice.CHECK_PAPERS)
WEAK = Suspect(BINH, BINH_AGAIN, Strength.WEAK, (Reason.NAME, Reason.BORN_ON), Advice.LOOK)
NOTICE = Refused(UUID(int=90), AN, "Ân", "xã bên", "xa-ben")
FIRST: dict[str, Stored] = {"full_name": "An", "born_on": "2003-08-15", "phone": "0912345678", "sex": "NAM"}
SECOND: dict[str, Stored] = {"full_name": "An", "born_on": "2003-08-16", "phone": "0987654321", "email": "a@b.vn"}


class Pairs:
    """Two suspected pairs in memory, and what was done with them."""

    def __init__(self) -> None:
        self.open = [STRONG, WEAK]
        self.different: list[Told] = []
        self.refused = [NOTICE]
        self.merged: list[tuple[UUID, UUID, Mapping[str, Value]]] = []
        self.fail: Exception | None = None
        self.made_one = [
            Merged(UUID(int=92), BINH, "Bính", "xa-nha", NOW, "g1"),
            Merged(UUID(int=93), AN, "", "tinh-nha", NOW, None),
        ]

    def reviewed(self) -> Verdicts:
        return Verdicts(tuple(self.open), tuple(self.different), tuple(self.refused), tuple(self.made_one))

    def split(self, pair_id: UUID) -> str:
        self.made_one = [each for each in self.made_one if each.pair_id != pair_id]
        return "undo:g1"

    def say_different(self, one: UUID, other: UUID, strength: Strength | None) -> str:
        assert strength is not None
        said = next(pair for pair in self.open if {pair.first.member_id, pair.second.member_id} == {one, other})
        self.open.remove(said)
        self.different.append(Told(UUID(int=91), said, "xa-nha", "sinh đôi"))
        return "group"

    def put_away(self, pair_id: UUID) -> str:
        self.refused = [each for each in self.refused if each.pair_id != pair_id]
        return "group"

    def prepare(self, one: UUID, other: UUID, survivor: UUID | None) -> Merging:
        assert {one, other} == {AN.member_id, AN_AGAIN.member_id}
        if survivor == AN_AGAIN.member_id:
            return Merging(AN_AGAIN, AN, tuple(proposed(SECOND, FIRST)))
        return Merging(AN, AN_AGAIN, tuple(proposed(FIRST, SECOND)))

    def merge(self, loser: UUID, survivor: UUID, values: Mapping[str, Value]) -> str:
        if self.fail is not None:
            raise self.fail
        self.merged.append((loser, survivor, values))
        return "group"


class Desk:
    """The screen with both pages, and what it told."""

    def __init__(self, qtbot: QtBot, jobs: HeldJobs | None = None) -> None:
        self.pairs = Pairs()
        self.page, self.merging = DuplicatesPage(), MergePage()
        self.done: list[tuple[str, str]] = []
        self.went: list[str] = []
        self.looked: list[UUID] = []
        self.counts: list[int] = []
        p = self.pairs
        sources = DuplicateSources(p.reviewed, p.say_different, p.put_away, p.split, p.prepare, p.merge, vocabulary)
        self.screen = DuplicatesScreen(
            self.page, self.merging, jobs or AtOnceJobs(), sources,
            did=lambda words, group: self.done.append((words, group)), go=self.went.append,
            open_record=self.looked.append, counted=self.counts.append,
        )  # fmt: skip
        for page in (self.page, self.merging):
            qtbot.addWidget(page)
            page.resize(1_100, 600)
            page.show()
        self.merging.activateWindow()
        self.screen.refresh()

    @property
    def names(self) -> list[str]:
        return [row.first.full_name for row in self.page.model.rows]


def test_a_line_says_who_how_strongly_why_and_what_to_do(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    model = desk.page.model
    texts = [model.data(model.index(0, column)) for column in range(model.columnCount())]
    assert texts == ["Rất giống", "An", "An", "cùng số giấy tờ; nhưng khác tên"]
    assert "giấy tờ" in desk.page.advice.text()
    assert desk.counts[-1] == 3


def test_strength_and_words_narrow_the_list_and_an_empty_one_says_why(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    click(desk.page.strengths[Strength.WEAK])
    assert desk.names == ["Bình"]
    click(desk.page.strengths[None])
    write(desk.page.search, "truong")
    assert desk.names == ["An"]
    write(desk.page.search, "khong co")
    assert desk.names == []
    assert "lọc" in desk.page.empty.text


def test_two_people_are_remembered_with_the_group_that_takes_it_back_and_may_be_asked_about_again(
    qtbot: QtBot,
) -> None:
    desk = Desk(qtbot)
    click(desk.page.different)
    assert (desk.names, desk.done[-1][1]) == (["Bình"], "group")
    desk.page.show_tab(Tab.DIFFERENT)
    assert desk.names == ["An"]
    assert "xa-nha" in desk.page.advice.text()
    assert "sinh đôi" in desk.page.advice.text()
    assert not desk.page.different.isVisible()
    click(desk.page.put_away)
    assert desk.done[-1][1] == "group"


def test_what_the_server_told_cannot_be_merged_but_looked_at_and_put_away(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    desk.page.show_tab(Tab.REFUSED)
    (row,) = desk.page.model.rows
    assert (row.other_title, row.other_unit) == ("Ân", "xã bên")
    assert not desk.page.merge.isVisible()
    press(desk.page.table, Qt.Key.Key_Return)
    assert (desk.looked, desk.went) == ([AN.member_id], [])
    click(desk.page.put_away)
    assert desk.page.model.rows == []


def test_enter_shows_both_records_with_a_proposal_but_none_for_what_identifies_a_person(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    press(desk.page.table, Qt.Key.Key_Return)
    assert desk.went == ["merge"]
    assert list(desk.merging.boxes) == ["born_on", "phone"]
    assert desk.screen.merging.taken == {"phone": Take.MINE}
    click(desk.merging.merge)
    assert desk.pairs.merged == []
    assert "1" in desk.merging.trouble.text


def test_the_keys_choose_line_by_line_and_the_merge_sends_only_what_changes(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    press(desk.page.table, Qt.Key.Key_Return)
    qtbot.waitUntil(desk.merging.isActiveWindow)
    desk.merging.boxes["born_on"][Take.MINE].radio.setFocus()
    press(desk.merging, Qt.Key.Key_2)
    press(desk.merging, Qt.Key.Key_1)
    assert desk.screen.merging.taken == {"born_on": Take.THEIRS, "phone": Take.MINE}
    click(desk.merging.merge)
    assert desk.pairs.merged == [
        (AN_AGAIN.member_id, AN.member_id, {"born_on": "2003-08-16", "email": "a@b.vn"}),
    ]
    assert (desk.went[-1], desk.done[-1][1]) == ("duplicates", "group")


def test_the_other_record_may_stay(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    press(desk.page.table, Qt.Key.Key_Return)
    click(desk.merging.swap)
    desk.screen.merging.take_all(Take.MINE)
    assert "born_on" not in desk.screen.merging.taken
    desk.screen.merging.take("born_on", Take.MINE)
    click(desk.merging.merge)
    assert desk.pairs.merged == [(AN.member_id, AN_AGAIN.member_id, {"sex": "NAM"})]


def test_a_merge_that_cannot_be_done_says_why_and_can_be_tried_again(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    press(desk.page.table, Qt.Key.Key_Return)
    desk.screen.merging.take("born_on", Take.MINE)
    desk.pairs.fail = ConflictError("pair.conflict_open", "Hãy chọn trước.")
    click(desk.merging.merge)
    assert (desk.merging.trouble.text, desk.went) == ("Hãy chọn trước.", ["merge"])
    desk.pairs.fail = None
    click(desk.merging.merge)
    assert len(desk.pairs.merged) == 1


def test_two_people_are_recognised_side_by_side(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    press(desk.page.table, Qt.Key.Key_Return)
    click(desk.merging.different)
    assert (desk.went[-1], desk.names) == ("duplicates", ["An", "Bình"])
    desk.screen.refresh()
    assert desk.names == ["Bình"]


def test_a_double_press_merges_once_and_a_late_answer_for_another_pair_is_dropped(qtbot: QtBot) -> None:
    jobs = HeldJobs()
    desk = Desk(qtbot, jobs)
    jobs.release_all()
    desk.screen.open(AN.member_id, AN_AGAIN.member_id)
    desk.screen.merging.open(AN_AGAIN.member_id, AN.member_id, AN_AGAIN.member_id)
    jobs.release(1)
    jobs.release(0)
    assert desk.merging.head.about.text() == "An"
    desk.screen.merging.take("born_on", Take.MINE)
    desk.screen.merging.merge()
    desk.screen.merging.merge()
    jobs.release_all()
    assert [(loser, survivor) for loser, survivor, _ in desk.pairs.merged] == [(AN.member_id, AN_AGAIN.member_id)]


def test_asking_again_while_the_records_are_compared_compares_them_once_more(qtbot: QtBot) -> None:
    jobs = HeldJobs()
    desk = Desk(qtbot, jobs)
    desk.screen.refresh()
    desk.screen.refresh()
    assert len(jobs.held) == 1
    jobs.release()
    assert len(jobs.held) == 1
    jobs.release()
    assert jobs.held == []


def test_what_was_merged_here_is_made_two_again_and_elsewhere_not(qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    desk.page.show_tab(Tab.MERGED)
    here, elsewhere = desk.page.model.rows
    assert (here.other_title, elsewhere.other_title) == ("Bính", "Hồ sơ đã gộp")
    desk.page.table.select_row(1)
    assert not desk.page.put_away.isEnabled()
    desk.page.table.select_row(0)
    click(desk.page.put_away)
    assert (desk.done[-1][1], [row.first.full_name for row in desk.page.model.rows]) == ("undo:g1", ["An"])
