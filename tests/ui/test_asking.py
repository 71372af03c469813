from keys import click, press
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from yum_desktop.ui.asking import Answer, Choice, QtAsker, Question, QuestionDialog

GIVE_BACK = Question(
    "Trả lại hồ sơ?",
    "Chi đoàn sẽ thấy lý do và bổ sung.",
    (Choice("keep", "Để sau"), Choice("return", "Trả lại", "primary")),
    reason="Lý do",
    reason_for=frozenset({"return"}),
)


def asked(qtbot: QtBot, question: Question) -> tuple[QuestionDialog, list[Answer | None], QWidget]:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    answers: list[Answer | None] = []
    QtAsker(parent).ask(question, answers.append)
    (dialog,) = parent.findChildren(QuestionDialog)
    return dialog, answers, parent


def test_asking_does_not_wait_and_the_answer_names_the_act(qtbot: QtBot) -> None:
    dialog, answers, _parent = asked(qtbot, GIVE_BACK)
    assert answers == []
    assert not dialog.buttons["return"].isEnabled()
    dialog.reason.setPlainText("  Thiếu biên bản họp ")
    click(dialog.buttons["return"])
    assert answers == [Answer("return", "Thiếu biên bản họp")]


def test_esc_is_no_answer(qtbot: QtBot) -> None:
    dialog, answers, _parent = asked(qtbot, GIVE_BACK)
    press(dialog, Qt.Key.Key_Escape)
    assert answers == [None]


def test_the_harmless_button_has_the_focus(qtbot: QtBot) -> None:
    question = Question("Xóa hồ sơ?", "Không lấy lại được.", (Choice("keep", "Giữ"), Choice("drop", "Xóa", "danger")))
    dialog, _answers, _parent = asked(qtbot, question)
    assert dialog.focusWidget() is dialog.buttons["keep"]
