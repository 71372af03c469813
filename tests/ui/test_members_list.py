"""What the list shows and when, without a window."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from held_jobs import HeldJobs
from people import CO_SAY, NA_LECH, UNITS, XA, People

from yum_desktop.domain.errors import UnavailableError
from yum_desktop.registry.views import MemberDetail, MemberList, MemberRow, UnitRow
from yum_desktop.ui.members.presenter import Detail, MembersPresenter
from yum_desktop.ui.members.vocabulary import Vocabulary


class ListView:
    def __init__(self) -> None:
        self.names: list[str] = []
        self.unit_name = ""
        self.chosen: UUID | None = None
        self.empty: bool | None = None
        self.busy = False
        self.detail: Detail | None = None
        self.trouble = ""
        self.units: Sequence[UnitRow] = ()

    def show_units(self, units: Sequence[UnitRow], chosen: UUID | None) -> None:
        self.units = units

    def show_rows(self, rows: Sequence[MemberRow], *, unit_name: str, chosen: UUID | None, total: int) -> None:
        self.names, self.unit_name, self.chosen, self.empty = [row.full_name for row in rows], unit_name, chosen, None
        self.total, self.whole = total, len(rows) == total

    def add_rows(self, rows: Sequence[MemberRow], *, chosen: UUID | None, last: bool) -> None:
        self.names += [row.full_name for row in rows]
        self.chosen, self.whole = chosen, last

    def show_empty(self, *, searching: bool) -> None:
        self.empty = searching

    def show_busy(self, *, busy: bool) -> None:
        self.busy = busy

    def show_detail(self, detail: Detail, vocabulary: Vocabulary) -> None:
        self.detail = detail

    def hide_detail(self) -> None:
        self.detail = None

    def show_trouble(self, text: str) -> None:
        self.trouble = text


class Desk:
    """The presenter with everything around it."""

    def __init__(self, people: People) -> None:
        self.people, self.view, self.jobs = people, ListView(), HeldJobs()
        self.done: list[tuple[str, str]] = []
        self.edited: list[MemberDetail] = []
        self.begun: list[UUID | None] = []
        self.conflicts: list[UUID] = []
        self.presenter = MembersPresenter(
            self.view,
            self.jobs,
            people.sources(),
            did=lambda text, group: self.done.append((text, group)),
            edit=lambda member, _vocabulary: self.edited.append(member),
            begin=lambda unit, _vocabulary: self.begun.append(unit),
            open_conflict=self.conflicts.append,
        )

    def start(self) -> None:
        self.presenter.refresh()
        self.jobs.release_all()


@pytest.fixture
def people() -> People:
    made = People()
    made.have("Lò Văn Ẩn")
    made.have("Cà Văn Dũng")
    made.have("Giàng Thị Mỷ", CO_SAY)
    return made


@pytest.fixture
def desk(people: People) -> Desk:
    made = Desk(people)
    made.start()
    return made


def test_the_own_unit_is_shown_first_in_vietnamese_order(desk: Desk) -> None:
    assert desk.view.units == UNITS
    assert desk.view.unit_name == "Đoàn xã Mường Vạt"
    assert desk.view.names == ["Lò Văn Ẩn", "Cà Văn Dũng", "Giàng Thị Mỷ"]
    assert not desk.view.busy


def test_a_unit_above_that_can_only_be_read_is_not_the_one_shown_first(people: People) -> None:
    desk = Desk(people)
    above = UnitRow(UUID(int=9), None, "TINH", "Tỉnh đoàn Sơn La", "", 0, 0, readable_only=True)
    desk.presenter._units_arrived((above, *UNITS))
    assert desk.presenter.unit_id == XA


def test_a_late_answer_for_another_unit_is_dropped(desk: Desk) -> None:
    desk.presenter.choose_unit(NA_LECH)
    desk.presenter.choose_unit(CO_SAY)
    desk.jobs.release(1)
    assert desk.view.names == ["Giàng Thị Mỷ"]
    desk.jobs.release(0)
    assert desk.view.names == ["Giàng Thị Mỷ"]
    assert desk.view.unit_name == "Chi đoàn bản Co Sậy"


@pytest.mark.parametrize("text", ["an", "Ẩn", "van an", "AN lo"])
def test_a_search_finds_a_name_with_and_without_marks(desk: Desk, text: str) -> None:
    desk.presenter.search(text)
    desk.jobs.release_all()
    assert "Lò Văn Ẩn" in desk.view.names


def test_a_late_answer_to_an_earlier_search_is_dropped(desk: Desk) -> None:
    desk.presenter.search("d")
    desk.presenter.search("dung")
    desk.jobs.release(1)
    desk.jobs.release(0)
    assert desk.view.names == ["Cà Văn Dũng"]


def test_an_empty_search_and_an_empty_unit_say_different_things(desk: Desk, people: People) -> None:
    desk.presenter.search("khong co ai")
    desk.jobs.release_all()
    assert desk.view.empty is True
    people.members.clear()
    desk.presenter.search("")
    desk.jobs.release_all()
    assert desk.view.empty is False


def test_a_late_answer_about_another_member_is_dropped(desk: Desk, people: People) -> None:
    first, second, _ = people.members
    desk.presenter.look_at(first)
    desk.presenter.look_at(second)
    desk.jobs.release(1)
    desk.jobs.release(0)
    assert desk.view.detail is not None
    assert desk.view.detail.member.member_id == second


def test_a_removed_member_disappears_and_can_be_brought_back_by_its_group(desk: Desk, people: People) -> None:
    first = next(iter(people.members))
    desk.presenter.look_at(first)
    desk.jobs.release_all()
    desk.presenter.delete()
    desk.jobs.release_all()
    assert desk.done == [("Đã xóa tên Lò Văn Ẩn", "group-1")]
    assert desk.view.detail is None
    assert "Lò Văn Ẩn" not in desk.view.names


def test_a_member_who_left_meanwhile_is_no_longer_shown(desk: Desk, people: People) -> None:
    first = next(iter(people.members))
    desk.presenter.look_at(first)
    desk.jobs.release_all()
    del people.members[first]
    desk.presenter.refresh()
    desk.jobs.release_all()
    assert desk.view.detail is None
    assert desk.view.trouble == ""


def test_a_new_member_starts_in_the_chosen_chapter_but_not_in_a_unit_with_units_below(desk: Desk) -> None:
    desk.presenter.add()
    desk.presenter.choose_unit(NA_LECH)
    desk.presenter.add()
    assert desk.begun == [None, NA_LECH]


def test_the_form_opens_for_the_member_that_is_looked_at(desk: Desk, people: People) -> None:
    desk.presenter.open_form()
    assert desk.edited == []
    desk.presenter.look_at(next(iter(people.members)))
    desk.jobs.release_all()
    desk.presenter.open_form()
    assert [member.values["full_name"] for member in desk.edited] == ["Lò Văn Ẩn"]


def test_a_conflict_of_the_member_is_opened(desk: Desk, people: People) -> None:
    first = next(iter(people.members))
    people.conflicts[first] = (UUID(int=77),)
    desk.presenter.look_at(first)
    desk.jobs.release_all()
    desk.presenter.choose_version()
    assert desk.conflicts == [UUID(int=77)]


def test_a_member_from_elsewhere_is_shown_in_the_whole_list(desk: Desk, people: People) -> None:
    desk.presenter.choose_unit(NA_LECH)
    desk.presenter.search("x")
    other = list(people.members)[2]
    desk.presenter.show_member(other)
    desk.jobs.release_all()
    assert desk.view.chosen == other
    assert len(desk.view.names) == 3
    assert desk.view.detail is not None


def test_the_form_of_a_member_from_elsewhere_opens_once(desk: Desk, people: People) -> None:
    other, opened = list(people.members)[1], []
    then: Callable[[], object] = lambda: opened.append(True)  # noqa: E731  # a step to count
    desk.presenter.edit_member(other, then)
    desk.jobs.release_all()
    desk.presenter.refresh()
    desk.jobs.release_all()
    assert [member.member_id for member in desk.edited] == [other]
    assert opened == [True]


def test_trouble_with_the_store_is_said_and_goes_away_when_it_works_again(desk: Desk, people: People) -> None:
    first = next(iter(people.members))
    desk.presenter.look_at(first)
    desk.jobs.release_all()
    people.fail_next = UnavailableError("store.full", "Ổ đĩa gần đầy, chưa lưu được")
    desk.presenter.delete()
    desk.jobs.release_all()
    assert desk.view.trouble == "Ổ đĩa gần đầy, chưa lưu được"
    desk.presenter.refresh()
    desk.jobs.release_all()
    assert desk.view.trouble == ""


def test_a_form_asked_for_before_the_lists_are_there_follows_them(people: People) -> None:
    desk = Desk(people)
    desk.presenter.refresh()
    desk.presenter.choose_unit(NA_LECH)
    desk.presenter.add()
    assert desk.begun == []
    while desk.jobs.held:
        desk.jobs.release()
    assert desk.begun == [NA_LECH]


def test_the_beginning_is_shown_at_once_and_the_rest_follows_in_parts(people: People) -> None:
    desk = Desk(people)
    for number in range(2_500):
        people.have(f"Lò Văn {number:04}")
    whole = people.rows(None, "").rows

    def rows(_unit: UUID | None, text: str) -> MemberList:
        found = people.rows(None, text).rows
        return MemberList(found[:200], range(200, len(found)))

    sources = replace(people.sources(), rows=rows, more=lambda rest: [whole[place] for place in rest])
    desk.presenter = MembersPresenter(
        desk.view, desk.jobs, sources, did=desk_ignores, edit=desk_ignores, begin=desk_ignores, open_conflict=print
    )
    desk.presenter.refresh()
    desk.jobs.release()
    assert (len(desk.view.names), desk.view.total, desk.view.whole) == (200, len(whole), False)
    desk.presenter.search("khong co")
    desk.jobs.release_all()
    assert desk.view.names == []
    assert desk.view.empty is True
    desk.presenter.search("")
    desk.jobs.release_all()
    assert desk.view.names == [row.full_name for row in whole]
    assert desk.view.whole


def desk_ignores(*_said: object) -> None:
    """Nobody listens."""
