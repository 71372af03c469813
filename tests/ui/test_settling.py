"""One choice for all conflicts from the sync page: asked before, undone after."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from held_jobs import AtOnceJobs
from pytestqt.qtbot import QtBot
from test_anew import Answers

from yum_desktop.domain.errors import UnavailableError
from yum_desktop.registry.commands import SettledAll, Take
from yum_desktop.registry.views import ConflictField, ConflictRow
from yum_desktop.ui.scenes import SceneClock
from yum_desktop.ui.sync_page.presenter import Lists, Tab
from yum_desktop.ui.sync_page.scene import lists
from yum_desktop.ui.sync_page.settling import SettlingPresenter
from yum_desktop.ui.sync_page.view import SyncPage

ONE = lists().conflicts[0]
WHO = replace(ONE, fields=(ConflictField("born_on", "Ngày sinh", None, "2004", "2005", identifies=True),))
SETTLED = replace(ONE, status="settled")


def chose(
    key: str | None, conflicts: Sequence[ConflictRow], error: Exception | None = None
) -> tuple[list[str], Answers]:
    """Press a button; return what was done, and what was asked."""
    done: list[str] = []

    def settle_all(take: Take) -> SettledAll:
        if error is not None:
            raise error
        done.append(take.value)
        return SettledAll(2, 1, "group")

    asker = Answers(key)
    presenter = SettlingPresenter(
        AtOnceJobs(), asker, conflicts=lambda: conflicts, settle_all=settle_all,
        did=lambda text, group: done.append(f"{text} [{group}]"), changed=lambda: done.append("changed"),
        trouble=lambda text: done.append(text) if text else None,
    )  # fmt: skip
    presenter.ask()
    return done, asker


def test_nothing_is_done_before_a_side_is_chosen() -> None:
    assert chose(None, [ONE, ONE])[0] == chose("later", [ONE, ONE])[0] == []


@pytest.mark.parametrize("side", ["mine", "theirs"])
def test_a_side_is_taken_in_all_of_them_and_can_be_undone(side: str) -> None:
    assert chose(side, [ONE, ONE, WHO])[0] == [side, "Đã chọn cho 2 hồ sơ [group]", "changed"]


def test_the_question_counts_those_that_stay_to_be_chosen_one_by_one() -> None:
    (question,) = chose(None, [ONE, ONE, WHO, SETTLED])[1].asked
    assert question.text.startswith("2 hồ sơ")
    assert "1 hồ sơ khác ở họ tên" in question.text
    assert question.choices[0].key == "later"
    (question,) = chose(None, [ONE, ONE])[1].asked
    assert "họ tên" not in question.text


def test_where_all_are_about_who_somebody_is_nothing_is_asked() -> None:
    done, asker = chose("mine", [WHO, WHO])
    assert asker.asked == []
    assert len(done) == 1
    assert "từng hồ sơ" in done[0]


def test_what_could_not_be_done_is_said() -> None:
    assert chose("mine", [ONE, ONE], UnavailableError("store.full", "Ổ đĩa đã đầy."))[0] == ["Ổ đĩa đã đầy."]


def test_the_button_is_there_where_there_are_several(qtbot: QtBot) -> None:
    page = SyncPage(SceneClock())
    qtbot.addWidget(page)
    for conflicts, shown in (((ONE,), False), ((ONE, replace(ONE, conflict_id=UUID(int=1))), True)):
        page.show_lists(Lists(conflicts=conflicts))
        page.show_tab(Tab.CONFLICTS)
        assert page.settle_all.isVisibleTo(page) == shown
    page.show_tab(Tab.PENDING)
    assert not page.settle_all.isVisibleTo(page)
    page.show_tab(Tab.CONFLICTS)
    with qtbot.waitSignal(page.settle_all_requested):
        page.settle_all.click()
