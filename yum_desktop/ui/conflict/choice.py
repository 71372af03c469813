"""A value to be chosen: a frame with a circle and the value, its changed letters highlighted."""

from difflib import SequenceMatcher
from html import escape
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget
from typing_extensions import override

from yum_desktop.ui.formats import NONE
from yum_desktop.ui.theme import Type, current_theme
from yum_desktop.ui.widgets.text import Label
from yum_desktop.ui.widgets.ticks import Radio

_ALIKE_MIN: Final = 0.6
"""Below this share of equal letters single letters would be speckles: all between the equal ends is highlighted."""


class ChoiceBox(QFrame):
    """One version of a field. A click anywhere, Space or the key of its side chooses it."""

    chosen = Signal()

    def __init__(self, html: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "choice")
        self.setProperty("chosen", False)
        self.setMinimumHeight(current_theme().px(44))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.radio = Radio("")
        self.radio.setAutoExclusive(False)
        self.radio.setAccessibleName(name)
        self.radio.setFixedWidth(current_theme().px(24))
        self.radio.clicked.connect(self._clicked)
        self.value = Label("", Type.STRONG, data=True, wrap=True)
        self.value.setTextFormat(Qt.TextFormat.RichText)
        self.value.setText(html)
        self.value.setProperty("look", "beside")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 10, 2)
        row.setSpacing(6)
        row.addWidget(self.radio)
        row.addWidget(self.value, 1)

    def set_chosen(self, *, chosen: bool) -> None:
        """Show whether this is what is taken."""
        self.radio.setChecked(chosen)
        if bool(self.property("chosen")) != chosen:
            self.setProperty("chosen", chosen)
            self.style().unpolish(self)
            self.style().polish(self)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose this value."""
        if self.radio.isEnabled():
            self.radio.setFocus(Qt.FocusReason.MouseFocusReason)
            self._clicked()

    def _clicked(self) -> None:
        self.radio.setChecked(bool(self.property("chosen")))  # the presenter decides
        self.chosen.emit()


def marked(text: str, base: str, other: str) -> str:
    """Return `text` as HTML, with the letters highlighted that differ from the base (or from the other version).

    The base is the better measure: it shows what each of the two changed. Where there was none, the two versions are
    compared with each other.
    """
    measure = other if base in (NONE, "", text) else base
    if text in (NONE, measure) or measure == NONE:
        return escape(text)
    color = current_theme().color("diff").name()
    parts = []
    for part, same in _parts(text, measure):
        shown = escape(part)
        parts.append(shown if same or not part else f'<span style="background:{color}">{shown}</span>')
    return "".join(parts)


def _parts(text: str, measure: str) -> list[tuple[str, bool]]:
    """Return the parts of `text` and whether each is the same in `measure`."""
    matcher = SequenceMatcher(a=text, b=measure, autojunk=False)
    if matcher.ratio() >= _ALIKE_MIN:
        return [(text[start:end], what == "equal") for what, start, end, _, _ in matcher.get_opcodes()]
    shorter = min(len(text), len(measure))
    head = next((i for i in range(shorter) if text[i] != measure[i]), shorter)
    tail = next((i for i in range(shorter - head) if text[-1 - i] != measure[-1 - i]), shorter - head)
    return [(text[:head], True), (text[head : len(text) - tail], False), (text[len(text) - tail :], True)]
