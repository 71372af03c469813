"""Buttons: one filled button on a screen, the key shown in a small frame."""

from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeySequence, QPainter, QPaintEvent, QPen, QShortcut
from PySide6.QtWidgets import QAbstractButton, QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QWidget
from typing_extensions import override

from yum_desktop.ui.theme import Type, current_theme

_INK: Final = {"primary": "on-accent", "danger": "bad", "toast": "toast-link", "link": "accent", "tab": "text-soft"}


def key_text(key: str) -> str:
    """Return the name of a key as it stands on the keyboard."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText).replace("Return", "Enter")


def bind_key(button: QAbstractButton, key: str) -> None:
    """Let a key press the button while it can be seen. Qt's own way waits a tenth of a second, and typing goes on."""
    shortcut = QShortcut(QKeySequence(key), button)
    shortcut.activated.connect(button.click)


class Button(QPushButton):
    """A button with an icon, its words and its key.

    Args:
        text: At most four words, the verb first.
        kind: ``primary`` (the next step), ``secondary``, ``quiet``, ``danger``, ``toast``.
        icon: A Lucide name.
        key: The key that presses it, such as ``Ctrl+N``: bound and shown.
        show_key: Whether the key is painted on the button; else it stands in the tooltip.
        small: 28 high instead of 36.
    """

    def __init__(
        self,
        text: str,
        *,
        kind: str = "secondary",
        icon: str | None = None,
        key: str | None = None,
        show_key: bool = True,
        small: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._icon_name = icon
        self._kind = kind
        self._key = key_text(key) if key and show_key else ""
        self._small = small
        self._role: str | None = None
        self.setProperty("kind", kind)
        self.setProperty("size", "small" if small else "normal")
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(current_theme().px(28 if small else 36))
        self.setAutoDefault(False)
        if key:
            bind_key(self, key)
            self.setToolTip("" if show_key else f"{text} ({key_text(key)})")

    @override
    def setText(self, text: str) -> None:
        """Write other words, with room for them."""
        super().setText(text)
        self.updateGeometry()

    def set_icon(self, name: str | None) -> None:
        """Show another icon."""
        self._icon_name = name
        self.updateGeometry()
        self.update()

    def set_role(self, role: str | None) -> None:
        """Write in the colour of a role instead of the kind's own."""
        self._role = role
        self.update()

    @override
    def sizeHint(self) -> QSize:
        """Return the room that icon, words and key need."""
        theme = current_theme()
        pad = theme.px(10 if self._small else 14)
        return QSize(2 * pad + self._content_px(), self.maximumHeight())

    @override
    def minimumSizeHint(self) -> QSize:
        """Return the same: words are never cut."""
        return self.sizeHint()

    def _words_font_px(self) -> tuple[QFontMetrics, QFontMetrics]:
        theme = current_theme()
        words = theme.font(Type.SMALL if self._small else Type.STRONG)
        words.setWeight(theme.font(Type.STRONG).weight())
        return QFontMetrics(words), QFontMetrics(theme.font(Type.TINY, data=True))

    def _content_px(self) -> int:
        words, keys = self._words_font_px()
        theme, parts = current_theme(), []
        if self._icon_name:
            parts.append(self._icon_px())
        if self.text():
            parts.append(words.horizontalAdvance(self.text()) + 2)
        if self._key:
            parts.append(keys.horizontalAdvance(self._key) + theme.px(12))
        return sum(parts) + theme.px(8) * (len(parts) - 1)

    def _icon_px(self) -> int:
        return current_theme().px(16 if self._small else 18)

    def _ink(self) -> str:
        if not self.isEnabled():
            return "text-hint"
        if self._role:
            return self._role
        if self.isChecked():
            return "accent"
        return _INK.get(self._kind, "text")

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame by style sheet, the content by hand."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_frame(painter)
        self._paint_content(painter)
        painter.end()

    def paint_frame(self, painter: QPainter) -> None:
        """Paint ground and edge without the content."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        self.style().drawControl(QStyle.ControlElement.CE_PushButton, option, painter, self)

    def _paint_content(self, painter: QPainter) -> None:
        theme, ink = current_theme(), self._ink()
        left = (self.width() - self._content_px()) // 2
        if self._icon_name:
            size = self._icon_px()
            top = (self.height() - size) // 2
            theme.draw_icon(painter, self._icon_name, ink, left=left, top=top, size_px=size)
            left += size + theme.px(8)
        if self.text():
            font = theme.font(Type.SMALL if self._small else Type.STRONG)
            font.setWeight(theme.font(Type.STRONG).weight())
            painter.setFont(font)
            painter.setPen(theme.color(ink))
            width = QFontMetrics(font).horizontalAdvance(self.text()) + 2
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            flags_int = flags.value | Qt.TextFlag.TextDontClip.value | Qt.TextFlag.TextShowMnemonic.value
            painter.drawText(QRect(left, 0, width, self.height()), flags_int, self.text())
            left += width + theme.px(8)
        if self._key:
            paint_key(painter, self._key, left=left, height=self.height(), filled=self._kind == "primary")


def paint_key(painter: QPainter, key: str, *, left: int, height: int, filled: bool = False) -> None:
    """Paint the name of a key in its frame, at the middle of `height`; `filled` on a filled button."""
    theme = current_theme()
    font = theme.font(Type.TINY, data=True)
    painter.setFont(font)
    width, tall = QFontMetrics(font).horizontalAdvance(key) + theme.px(12), theme.px(20)
    frame = QRectF(left + 0.5, (height - tall) / 2 + 0.5, width - 1, tall - 1)
    painter.setPen(QPen(theme.color("on-accent" if filled else "line"), 1))
    painter.setBrush(theme.color("accent" if filled else "surface-alt"))
    painter.drawRoundedRect(frame, 4, 4)
    painter.setPen(theme.color("on-accent" if filled else "text-soft"))
    painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, key)


class IconButton(Button):
    """An icon alone, only for close, back, columns and more. Its name is read out and shown as a tooltip."""

    def __init__(
        self,
        icon: str,
        name: str,
        *,
        kind: str = "quiet",
        key: str | None = None,
        small: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("", kind=kind, icon=icon, key=key, show_key=False, small=small, parent=parent)
        self.setAccessibleName(name)
        self.setToolTip(f"{name} ({key_text(key)})" if key else name)
        self.setFixedWidth(self.maximumHeight())
