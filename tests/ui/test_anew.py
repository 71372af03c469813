"""A restored server on the sync page: shown, asked about, and then done."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from held_jobs import AtOnceJobs
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from yum_desktop.domain.errors import InputError, UnavailableError
from yum_desktop.registry.syncing import Anew
from yum_desktop.registry.views import SyncState
from yum_desktop.ui.asking import Answer, Question, QuestionDialog
from yum_desktop.ui.scenes import SceneClock
from yum_desktop.ui.sync_page.anew import AnewPresenter
from yum_desktop.ui.sync_page.sign_in import SignInPresenter
from yum_desktop.ui.sync_page.view import SyncPage


class Answers:
    """Presses one button of a question."""

    def __init__(self, key: str | None, typed: str = "") -> None:
        self.key, self.typed = key, typed
        self.asked: list[Question] = []

    def ask(self, question: Question, answered: Callable[[Answer | None], None]) -> None:
        self.asked.append(question)
        assert self.key is None or self.key in {choice.key for choice in question.choices}
        answered(None if self.key is None else Answer(self.key, self.typed))

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


def signed_in(key: str | None, password: str = "", error: Exception | None = None) -> tuple[list[str], Question]:
    done: list[str] = []

    def sign_in(given: str) -> None:
        if error is not None:
            raise error
        done.append(given)

    asker = Answers(key, password)
    SignInPresenter(
        AtOnceJobs(), asker, account=lambda: "xa-nha", sign_in=sign_in, sync=lambda: done.append("sync"),
        trouble=done.append,
    ).ask()  # fmt: skip
    return done, asker.asked[0]


def test_s164_who_has_to_sign_in_again_types_the_password_and_the_exchange_goes_on() -> None:
    done, question = signed_in("sign_in", "ruộng bậc thang")
    assert done == ["ruộng bậc thang", "", "sync"]
    assert question.secret
    assert "xa-nha" in question.text
    assert signed_in("later")[0] == signed_in(None)[0] == []
    wrong = InputError("auth.wrong", "Mật khẩu không đúng.")
    assert signed_in("sign_in", "x", wrong)[0] == ["Mật khẩu không đúng."]


def test_a_password_is_not_shown_and_needed_for_its_button(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    answers: list[Answer | None] = []
    dialog = QuestionDialog(signed_in(None)[1], answers.append, parent)
    dialog.show()
    assert dialog.secret.echoMode() is QLineEdit.EchoMode.Password
    assert not dialog.reason.isVisibleTo(dialog)
    assert not dialog.buttons["sign_in"].isEnabled()
    dialog.secret.setText(" có dấu cách ")
    dialog.buttons["sign_in"].click()
    assert answers == [Answer("sign_in", " có dấu cách ")]


@pytest.mark.parametrize(("code", "shown"), [("auth.expired", True), ("auth.copied", True), ("auth.revoked", False)])
def test_the_button_to_sign_in_is_there_while_it_helps(qtbot: QtBot, code: str, *, shown: bool) -> None:
    page = SyncPage(SceneClock())
    qtbot.addWidget(page)
    page.show_state(replace(SyncState(), error_code=code, error_text="x"))
    assert page.sign_in.isVisibleTo(page) is shown
