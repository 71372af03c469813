"""A restored server on the sync page: shown, asked about, and then done."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from held_jobs import AtOnceJobs
from pytestqt.qtbot import QtBot

from yum_desktop.domain.errors import UnavailableError
from yum_desktop.registry.syncing import Anew
from yum_desktop.registry.views import SyncState
from yum_desktop.ui.asking import Answer, Question
from yum_desktop.ui.scenes import SceneClock
from yum_desktop.ui.sync_page.anew import AnewPresenter
from yum_desktop.ui.sync_page.view import SyncPage


class Answers:
    """Presses one button of a question."""

    def __init__(self, key: str | None) -> None:
        self.key = key
        self.asked: list[Question] = []

    def ask(self, question: Question, answered: Callable[[Answer | None], None]) -> None:
        self.asked.append(question)
        assert self.key is None or self.key in {choice.key for choice in question.choices}
        answered(None if self.key is None else Answer(self.key))

    def open_file(self, title: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        raise AssertionError(title)

    def save_file(self, title: str, name: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        raise AssertionError(title)


def chose(key: str | None, error: Exception | None = None) -> tuple[list[str], Question]:
    """Press a button; return what was done, and the question."""
    done: list[str] = []

    def list_anew(anew: Anew) -> None:
        if error is not None:
            raise error
        done.append(anew.name)

    asker = Answers(key)
    presenter = AnewPresenter(
        AtOnceJobs(), asker, list_anew=list_anew, sync=lambda: done.append("sync"), trouble=done.append
    )
    presenter.ask()
    return done, asker.asked[0]


def test_nothing_is_done_before_a_person_has_chosen() -> None:
    assert chose(None)[0] == chose("later")[0] == []
    assert chose("offer")[0] == ["OFFER", "sync"]
    assert chose("server")[0] == ["TRUST_SERVER", "sync"]


def test_the_harmless_button_comes_first_and_the_one_that_removes_says_so() -> None:
    _, question = chose(None)
    assert [choice.key for choice in question.choices] == ["later", "server", "offer"]
    assert question.choices[1].kind == "danger"


def test_what_could_not_be_done_is_said_and_no_exchange_begins() -> None:
    done, _ = chose("offer", UnavailableError("store.full", "Ổ đĩa đã đầy."))
    assert done == ["Ổ đĩa đã đầy."]


@pytest.mark.parametrize(
    ("code", "shown"), [("server.went_back", True), ("server.changed", True), ("link.captive", False), (None, False)]
)
def test_the_button_is_there_while_something_is_to_be_decided(qtbot: QtBot, code: str | None, *, shown: bool) -> None:
    page = SyncPage(SceneClock())
    qtbot.addWidget(page)
    page.show_state(replace(SyncState(), error_code=code, error_text="x" if code else None))
    assert page.anew.isVisibleTo(page) is shown
    with qtbot.waitSignal(page.anew_requested):
        page.anew.click()
