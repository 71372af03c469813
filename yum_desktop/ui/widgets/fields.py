"""What people type into, and what is said beside it."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, QStringListModel, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QSizePolicy,
    QWidget,
)
from typing_extensions import override

from yum_desktop.domain.text import fold
from yum_desktop.ui.theme import Type, current_theme
from yum_desktop.ui.widgets.options import Option
from yum_desktop.ui.widgets.text import IconLabel, Label

LABEL_PX: Final = 132
FIELD_PX: Final = 300
LIST_MAX: Final = 200
NUMBERED_MAX: Final = 60
ICONS: Final = {"bad": "octagon-x", "wait": "triangle-alert", "ok": "circle-check", "pick": "git-compare-arrows"}


class TextField(QLineEdit):
    """A line of text that tells when it was left. Ctrl+Z goes to the program when there is nothing to undo here."""

    left = Signal()

    def __init__(self, parent: QWidget | None = None, *, placeholder: str = "", icon: str | None = None) -> None:
        super().__init__(parent)
        self._icon_name = icon
        self.setPlaceholderText(placeholder)
        if icon:
            self.setTextMargins(current_theme().px(24), 0, 0, 0)

    def set_state(self, state: str) -> None:
        """Show the edge of ``bad``, ``wait``, ``pick``, or none."""
        if (self.property("state") or "") != state:
            self.setProperty("state", state)
            self.style().unpolish(self)
            self.style().polish(self)

    @override
    def event(self, event: QEvent) -> bool:
        """Let Ctrl+Z pass when this field has nothing to undo."""
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.matches(QKeySequence.StandardKey.Undo)
            and not self.isUndoAvailable()
        ):
            event.ignore()
            return False
        return super().event(event)

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell that the field was left, unless only a menu opened."""
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self.left.emit()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field and its icon."""
        super().paintEvent(event)
        if self._icon_name:
            theme, painter = current_theme(), QPainter(self)
            size = theme.px(16)
            top = (self.height() - size) / 2
            theme.draw_icon(painter, self._icon_name, "text-soft", left=theme.px(10), top=top, size_px=size)
            painter.end()


class SearchField(TextField):
    """Finds while one types. Esc empties it."""

    def __init__(self, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, placeholder=placeholder, icon="search")
        self.setClearButtonEnabled(False)
        self.setAccessibleName(placeholder)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Empty the field on Esc; the arrows go on to the list."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


class ChoiceField(TextField):
    """A value of a list, chosen by typing letters (without marks), or its number or code.

    While the list is open its first line is chosen: Enter takes it.

    Signals:
        left: The field was left, or a value was clicked in the list.
        entered: Enter took a value in the list: on to the next field.
    """

    entered = Signal()

    def __init__(self, parent: QWidget | None = None, *, placeholder: str = "") -> None:
        super().__init__(parent, placeholder=placeholder)
        self._options: tuple[Option, ...] = ()
        self._numbered = True
        self._shown: list[Option] = []
        self._lines = QStringListModel(self)
        self._list: tuple[QCompleter, QListView] | None = None
        self.textEdited.connect(self._typed)

    def set_options(self, options: Sequence[Option], *, numbered: bool = True) -> None:
        """Offer `options`; with `numbered`, their number in the list chooses them too."""
        self._options = tuple(options)
        self._numbered = numbered

    def set_code(self, code: str | None) -> None:
        """Show the label of `code`; a code that is not in the list is shown as it is."""
        found = next((option.label for option in self._options if option.code == code), code or "")
        self.setText(found)

    def code(self) -> str | None:
        """Return the code of what is typed; `None` when it is empty; the text itself when it fits nothing."""
        text = fold(self.text())
        if not text:
            return None
        best = self._matches(text)
        exact = [o for o in best if text in (fold(o.label), fold(o.code), *map(fold, o.others))]
        if exact:
            return exact[0].code
        made_of = [o for o in best if text in map(fold, o.former)]
        if made_of:  # what was divided is several values now: a person says which
            return made_of[0].code if len(made_of) == 1 else self.text().strip()
        if self._numbered and text.isdigit() and 0 < int(text) <= len(self._options):
            return self._options[int(text) - 1].code
        return best[0].code if len(best) == 1 else self.text().strip()

    def fits(self) -> bool:
        """Return whether what is typed means one value of the list, or none."""
        code = self.code()
        return code is None or any(option.code == code for option in self._options)

    def settle(self) -> None:
        """Write the full label of what was typed in short."""
        if self.fits():
            self.set_code(self.code())

    def open_list(self, text: str = "") -> None:
        """Show all values, or those that a text finds, which is then in the field."""
        if text:
            self.setText(text)
        self._typed(text)

    def _matches(self, text: str) -> list[Option]:
        if not text:
            return list(self._options)
        starts, inside, former = [], [], []
        for option in self._options:
            words = [fold(option.label), *map(fold, option.others), fold(option.code)]
            if any(word.startswith(text) for word in words):
                starts.append(option)
            elif any(text in word for word in words):
                inside.append(option)
            elif self._of(option, text):
                former.append(option)
        return starts + inside + former

    def _of(self, option: Option, text: str) -> str:
        """Return by which name of what it was made of an option is found."""
        return next((name for name in option.former if text and text in fold(name)), "")

    def _line(self, option: Option, text: str) -> str:
        """Return how a value reads in the list."""
        found = any(text in fold(word) for word in (option.label, *option.others, option.code))
        of = "" if found else self._of(option, text)
        return self.tr("{0} (gồm {1} cũ)").format(option.label, of) if of else option.label

    def _typed(self, text: str) -> None:
        """Open the list at what fits, the likeliest value first."""
        number = fold(text)
        self._shown = self._matches(number)
        if self._numbered and number.isdigit() and 0 < int(number) <= len(self._options):
            chosen = self._options[int(number) - 1]
            self._shown = [chosen, *(option for option in self._shown if option is not chosen)]
        self._shown = self._shown[:LIST_MAX]
        order = {option.code: place for place, option in enumerate(self._options, 1)}
        many = self._numbered and len(self._options) <= NUMBERED_MAX
        lines = [self._line(option, number) for option in self._shown]
        self._lines.setStringList(
            [f"{order[o.code]}  {line}" if many else line for o, line in zip(self._shown, lines, strict=True)]
        )
        completer, popup = self._open_list()
        if self._shown:
            completer.complete()
            popup.setCurrentIndex(self._lines.index(0, 0) if text else QModelIndex())
        else:
            popup.hide()

    def _open_list(self) -> tuple[QCompleter, QListView]:
        """Return the list, made when it is first needed: a form has dozens of fields."""
        if self._list is None:
            popup = QListView()
            popup.setProperty("look", "popup")
            completer = QCompleter(self._lines, self)
            completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
            completer.setMaxVisibleItems(12)
            completer.setPopup(popup)
            completer.setWidget(self)  # not `setCompleter`: it would write the lines of the list into the field
            popup.installEventFilter(self)
            popup.clicked.connect(self._clicked)
            self._list = (completer, popup)
        return self._list

    def _is_open(self) -> bool:
        return self._list is not None and self._list[1].isVisible()

    def _clicked(self, index: QModelIndex) -> None:
        self._take(index.row())
        self._open_list()[1].hide()
        self.left.emit()

    def _take(self, row: int) -> None:
        if 0 <= row < len(self._shown):
            self.setText(self._shown[row].label)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take a value of the open list with Enter or Tab, and go on."""
        popup = self._list[1] if self._list is not None else None
        pressed = popup is not None and watched is popup and event.type() is QEvent.Type.KeyPress
        taking = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab)
        if pressed and isinstance(event, QKeyEvent) and event.key() in taking:
            assert popup is not None, "it was pressed in"
            self._take(popup.currentIndex().row())
            popup.hide()
            self.entered.emit()
            return True
        return super().eventFilter(watched, event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the list on the down arrow."""
        if event.key() == Qt.Key.Key_Down and not self._is_open():
            self.open_list()
        else:
            super().keyPressEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field and the arrow of a list."""
        super().paintEvent(event)
        theme, painter = current_theme(), QPainter(self)
        size = theme.px(16)
        left, top = self.width() - size - theme.px(10), (self.height() - size) / 2
        theme.draw_icon(painter, "chevron-down", "text-soft", left=left, top=top, size_px=size)
        painter.end()


class Combo(QComboBox):
    """A short list that opens."""

    def set_state(self, state: str) -> None:
        """Show the edge of ``bad``, ``wait``, or none."""
        self.setProperty("state", state)
        self.style().unpolish(self)
        self.style().polish(self)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the box and its arrow."""
        super().paintEvent(event)
        theme, painter = current_theme(), QPainter(self)
        size = theme.px(16)
        left, top = self.width() - size - theme.px(8), (self.height() - size) / 2
        theme.draw_icon(painter, "chevron-down", "text-soft", left=left, top=top, size_px=size)
        painter.end()


class FieldRow(QWidget):
    """Label, field, and what is said at its right.

    Args:
        label: What the field is called.
        editor: The widget that is typed into.
        required: Shows the star, and says the word to a screen reader.
    """

    def __init__(
        self,
        label: str,
        editor: QWidget,
        *,
        required: bool = False,
        field_px: int = FIELD_PX,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        theme = current_theme()
        self.editor = editor
        editor.setParent(self)
        self._hint = ""
        self._saying: tuple[str, str, bool, str | None] = ("", "", True, None)
        grid = QGridLayout(self)
        grid.setContentsMargins(4, 4, 4, 4)
        grid.setHorizontalSpacing(12)
        self.label = Label(label, Type.SMALL, wrap=True, parent=self)
        self.label.setFixedWidth(theme.px(LABEL_PX))
        self.label.setBuddy(editor)
        self.label.setProperty("look", "beside")
        name = QHBoxLayout()
        name.setSpacing(2)
        name.addWidget(self.label, 1)
        if required:
            self.label.setTextFormat(Qt.TextFormat.RichText)
            self.label.setText(f'{label} <span style="color:{theme.color("bad").name()}">*</span>')
        editor.setAccessibleName(self.tr("{0}, phải có").format(label) if required else label)
        if editor.sizePolicy().horizontalPolicy() is not QSizePolicy.Policy.Fixed:
            editor.setFixedWidth(theme.px(field_px))
        self._icon = IconLabel("triangle-alert", "wait", 16, self)
        self._icon.hide()
        self.message = Label("", Type.SMALL, wrap=True, parent=self)
        self.message.setProperty("look", "beside")
        grid.addLayout(name, 0, 0)
        grid.addWidget(editor, 0, 1)
        grid.addWidget(self._icon, 0, 2)
        grid.addWidget(self.message, 0, 3)
        grid.setColumnStretch(3, 1)
        self.setMinimumHeight(theme.px(44))

    def say(self, role: str, text: str, *, edge: bool = True, icon: str | None = None) -> None:
        """Say something beside the field as ``bad``, ``wait``, ``pick`` or ``ok``; an empty text shows the hint.

        Without `edge` the field itself stays plain: for what is only worth knowing.
        """
        saying = (role, text or self._hint, edge, icon)
        if saying == self._saying:  # most fields say the same as before, at every field that is left
            return
        self._saying = saying
        state = role if text and edge else ""
        setter = getattr(self.editor, "set_state", None)
        if setter is not None:
            setter("" if state == "ok" else state)
        self._icon.setVisible(bool(text))
        if text:
            self._icon.set_icon(icon or ICONS.get(role, "info"), role)
        self.message.setText(text or self._hint)
        self.message.set_tone("text" if text else "hint")
        self.editor.setAccessibleDescription(text)

    def set_hint(self, hint: str) -> None:
        """Say how to type, while nothing else is said."""
        self._hint = hint
        if not self.editor.accessibleDescription():
            self.say("", "")

    @property
    def said(self) -> str:
        """What is said beside the field now, without the hint."""
        return self.editor.accessibleDescription()
