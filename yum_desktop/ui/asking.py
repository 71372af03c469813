"""Questions to the person, through a seam that a test can answer. Nothing here waits."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from yum_desktop.ui.theme import Type
from yum_desktop.ui.widgets.buttons import Button
from yum_desktop.ui.widgets.fields import TextField
from yum_desktop.ui.widgets.text import Label


@dataclass(frozen=True, slots=True)
class Choice:
    """A button of a question: it names the act."""

    key: str
    label: str
    kind: str = "secondary"


@dataclass(frozen=True, slots=True)
class Question:
    """What cannot be undone, or needs a reason.

    Attributes:
        choices: The harmless one first: it has the focus.
        reason: Label of the reason to be typed; empty for none. Only `reason_for` needs it.
        secret: What is typed is a password, not shown.
    """

    title: str
    text: str
    choices: tuple[Choice, ...]
    reason: str = ""
    reason_for: frozenset[str] = field(default_factory=frozenset)
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The chosen button and the reason."""

    key: str
    reason: str = ""


class Asker(Protocol):
    """Asks the person. The answer comes later; `None` means that the question was closed."""

    def ask(self, question: Question, answered: Callable[[Answer | None], None]) -> None:
        """Ask `question`."""

    def open_file(self, title: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        """Let a file be chosen; nothing happens if none is. `kinds` is like ``Excel (*.xlsx *.xls)``."""

    def save_file(self, title: str, name: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        """Let the place of a new file be chosen."""


def open_file(path: Path) -> None:
    """Open a file with the program that the system has for it."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


class QtAsker:
    """Asks in a window over `parent`."""

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent

    def ask(self, question: Question, answered: Callable[[Answer | None], None]) -> None:
        """Ask `question`."""
        QuestionDialog(question, answered, self._parent).open()

    def open_file(self, title: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        """Let a file be chosen."""
        dialog = QFileDialog(self._parent, title, "", kinds)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        self._open(dialog, chosen)

    def save_file(self, title: str, name: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        """Let the place of a new file be chosen."""
        dialog = QFileDialog(self._parent, title, name, kinds)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        self._open(dialog, chosen)

    def _open(self, dialog: QFileDialog, chosen: Callable[[Path], None]) -> None:
        dialog.fileSelected.connect(lambda name: chosen(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


class QuestionDialog(QDialog):
    """A question, 420 wide, or as wide as its buttons need. The focus starts on the harmless button; Esc closes it."""

    def __init__(self, question: Question, answered: Callable[[Answer | None], None], parent: QWidget) -> None:
        super().__init__(parent)
        self._answered = answered
        self._key: str | None = None
        self.setWindowTitle(question.title)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(8)
        column.addWidget(Label(question.title, Type.HEADING, wrap=True))
        column.addWidget(Label(question.text, wrap=True))
        self.reason = QPlainTextEdit()
        self.reason.setFixedHeight(72)
        self.reason.setTabChangesFocus(True)
        self.reason.setAccessibleName(question.reason)
        self.secret = TextField()
        self.secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.secret.setAccessibleName(question.reason)
        self._is_secret = question.secret
        typed: QWidget = self.secret if question.secret else self.reason
        for unused in {self.secret, self.reason} - ({typed} if question.reason else set()):
            unused.setParent(self)
            unused.hide()
        if question.reason:
            column.addWidget(Label(question.reason, Type.SMALL))
            column.addWidget(typed)
        row = QHBoxLayout()
        row.setContentsMargins(0, 12, 0, 0)
        row.addStretch(1)
        self.buttons: dict[str, Button] = {}
        for choice in question.choices:
            button = self.buttons[choice.key] = Button(choice.label, kind=choice.kind)
            button.clicked.connect(lambda _checked=False, key=choice.key: self._choose(key))
            row.addWidget(button)
        column.addLayout(row)
        margins = column.contentsMargins()
        self.setFixedWidth(max(420, row.sizeHint().width() + margins.left() + margins.right()))
        self._needs = question.reason_for
        self.reason.textChanged.connect(self._enable)
        self.secret.textChanged.connect(self._enable)
        self._enable()
        self.buttons[question.choices[0].key].setFocus()
        if question.reason:
            typed.setFocus()
        self.finished.connect(self._tell)

    def _enable(self) -> None:
        has_reason = bool(self._typed())
        for key, button in self.buttons.items():
            button.setEnabled(has_reason or key not in self._needs)

    def _typed(self) -> str:
        return self.secret.text() if self._is_secret else self.reason.toPlainText().strip()

    def _choose(self, key: str) -> None:
        self._key = key
        self.accept()

    def _tell(self) -> None:
        answer = Answer(self._key, self._typed()) if self._key is not None else None
        self.deleteLater()
        self._answered(answer)
