"""The navigation at the left."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QSizePolicy, QVBoxLayout, QWidget
from typing_extensions import override

from yum_desktop.ui.theme import Type, current_theme
from yum_desktop.ui.widgets.badges import paint_count
from yum_desktop.ui.widgets.buttons import bind_key

WIDE_PX, FOLDED_PX = 200, 56


class NavButton(QAbstractButton):
    """One entry: icon, name, and a count where something waits."""

    def __init__(self, text: str, icon: str, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setCheckable(True)
        bind_key(self, key)
        self.setToolTip(f"{text} ({key})")
        self.setAccessibleName(text)
        self.setProperty("ring", "inside")
        self._icon_name, self._count, self._role = icon, 0, "off"
        self.setFixedHeight(current_theme().px(40))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_count(self, count: int, role: str) -> None:
        """Show how many things wait, in the colour of the worst state."""
        self._count, self._role = count, role
        self.setAccessibleDescription(str(count) if count else "")
        self.update()

    @override
    def sizeHint(self) -> QSize:
        """Return the size of an entry."""
        return QSize(FOLDED_PX, self.height())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the entry."""
        theme, painter = current_theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        here = self.isChecked()
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if here or self.underMouse():
            painter.setPen(QPen(theme.color("line" if here else "nav"), 1))
            painter.setBrush(theme.color("surface" if here else "row-hover"))
            painter.drawRoundedRect(box, 6, 6)
        if here:
            painter.fillRect(QRectF(0, 9, 3, self.height() - 18), theme.color("accent"))
        ink = "accent" if here else "text-soft"
        size, middle = theme.px(18), self.height() / 2
        folded = self.width() < theme.px(100)
        left = (self.width() - size) / 2 if folded else theme.px(12)
        theme.draw_icon(painter, self._icon_name, ink, left=left, top=middle - size / 2, size_px=size)
        if not folded:
            font = theme.font(Type.STRONG if here else Type.BODY)
            if here:
                font.setWeight(theme.font(Type.HEADING).weight())
            painter.setFont(font)
            painter.setPen(theme.color(ink))
            room = self.rect().adjusted(theme.px(40), 0, -theme.px(8), 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter.value | Qt.TextFlag.TextDontClip.value, self.text())
        if self._count:
            at = middle - theme.px(10) if folded else middle
            paint_count(painter, str(self._count), self._role, right=self.width() - (2 if folded else 10), middle=at)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("focus"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.end()


class NavBar(QWidget):
    """The entries; Alt and a digit chooses one."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "nav")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._buttons: dict[str, NavButton] = {}
        self._above = 0
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(8, 8, 9, 8)
        self._column.setSpacing(2)
        self._column.addStretch(1)
        self.fold(folded=False)

    def add(self, key: str, title: str, icon: str, *, below: bool = False) -> None:
        """Add an entry at the end, or at the bottom of the window."""
        button = NavButton(title, icon, f"Alt+{len(self._buttons) + 1}", self)
        self._buttons[key] = button
        self._group.addButton(button)
        button.clicked.connect(lambda _checked=False, chosen=key: self.chosen.emit(chosen))
        if below:
            self._column.addWidget(button)
        else:
            self._column.insertWidget(self._above, button)
            self._above += 1

    def mark(self, key: str) -> None:
        """Show where one is."""
        if key in self._buttons:
            self._buttons[key].setChecked(True)

    def set_count(self, key: str, count: int, role: str) -> None:
        """Show how many things wait under an entry."""
        if key in self._buttons:
            self._buttons[key].set_count(count, role)

    def keys(self) -> list[str]:
        """Return the entries in their order."""
        return list(self._buttons)

    def titles(self) -> dict[str, str]:
        """Return the names of the entries by key."""
        return {key: button.text() for key, button in self._buttons.items()}

    def fold(self, *, folded: bool) -> None:
        """Show the icons alone, or with their names."""
        self.setFixedWidth(current_theme().px(FOLDED_PX if folded else WIDE_PX))

    def is_folded(self) -> bool:
        """Return whether the icons stand alone."""
        return self.width() <= current_theme().px(FOLDED_PX)
