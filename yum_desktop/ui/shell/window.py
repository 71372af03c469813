"""The main window."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIcon, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from yum_desktop.ui.shell.nav import NavBar
from yum_desktop.ui.shell.strip import SyncStrip
from yum_desktop.ui.shell.topbar import TopBar
from yum_desktop.ui.theme import current_theme
from yum_desktop.ui.widgets.panels import Toast

FOLD_BELOW_PX = 1340


class MainWindow(QMainWindow):
    """Shows one page at a time. A page may have `refresh()` (called when it is shown) and `panes()` (for F6).

    Signals:
        page_shown: The key of the page that was brought to the front.
        undo_requested: Ctrl+Z outside a field, or "Hoàn tác" in the message.
    """

    page_shown = Signal(str)
    undo_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Yum Desktop")
        self.setWindowIcon(QIcon(current_theme().pixmap("users", "accent", 32)))
        self.setMinimumSize(1120, 600)
        self.top, self.nav, self.strip = TopBar(), NavBar(), SyncStrip()
        self._pages: dict[str, QWidget] = {}
        self._fold_wish: bool | None = None
        self.stack = QStackedWidget()
        self.toast = Toast(self.stack)
        self.toast.undone.connect(self.undo_requested)
        body = QWidget()
        body.setProperty("surface", "bg")
        body.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(body)
        row = QHBoxLayout()
        for layout in (column, row):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        row.addWidget(self.nav)
        row.addWidget(self.stack, 1)
        column.addWidget(self.top)
        column.addLayout(row, 1)
        column.addWidget(self.strip)
        self.setCentralWidget(body)
        self.nav.chosen.connect(self.show_page)
        self._bind("Ctrl+K", self.top.focus_search)
        self._bind("Ctrl+B", self._toggle_fold)
        self._bind("F6", self._next_pane)
        self._bind("Shift+F6", self._previous_pane)
        self._bind("Ctrl+Z", self.undo_requested.emit)

    def _bind(self, key: str, act: object) -> None:
        shortcut = QShortcut(QKeySequence(key), self)
        shortcut.activated.connect(act)

    def add_page(self, key: str, title: str, icon: str, widget: QWidget, *, below: bool = False) -> None:
        """Add a page and its entry in the navigation. The first one is shown."""
        self._pages[key] = widget
        self.stack.addWidget(widget)
        self.nav.add(key, title, icon, below=below)
        if len(self._pages) == 1:
            self.show_page(key)

    def add_hidden_page(self, key: str, widget: QWidget) -> None:
        """Add a page that is reached from another one."""
        self._pages[key] = widget
        self.stack.addWidget(widget)

    def show_page(self, key: str) -> None:
        """Bring a page to the front and give it the focus."""
        page = self._pages[key]
        self.stack.setCurrentWidget(page)
        self.toast.raise_()
        self.nav.mark(key)
        page.setFocus(Qt.FocusReason.OtherFocusReason)
        self.page_shown.emit(key)

    def page_key(self) -> str:
        """Return the key of the page in front."""
        return next(key for key, page in self._pages.items() if page is self.stack.currentWidget())

    def page(self, key: str) -> QWidget:
        """Return a page."""
        return self._pages[key]

    def page_titles(self) -> dict[str, str]:
        """Return the names of the entries of the navigation by key."""
        return self.nav.titles()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fold the navigation when the window is narrow."""
        super().resizeEvent(event)
        narrow = event.size().width() < current_theme().px(FOLD_BELOW_PX)
        self.nav.fold(folded=narrow if self._fold_wish is None else self._fold_wish)

    def _toggle_fold(self) -> None:
        self._fold_wish = not self.nav.is_folded()
        self.nav.fold(folded=self._fold_wish)

    def _panes(self) -> list[QWidget]:
        page = self.stack.currentWidget()
        named = getattr(page, "panes", None)
        panes: list[QWidget] = list(named()) if named is not None else [page] if page is not None else []
        return [pane for pane in panes if pane.isVisible()]

    def _next_pane(self) -> None:
        self._move_pane(1)

    def _previous_pane(self) -> None:
        self._move_pane(-1)

    def _move_pane(self, step: int) -> None:
        panes = self._panes()
        if not panes:
            return
        focus = QApplication.focusWidget()
        here = next((i for i, pane in enumerate(panes) if focus is not None and _inside(pane, focus)), -1)
        place = (here + step) % len(panes) if here >= 0 else 0
        panes[place].setFocus(Qt.FocusReason.TabFocusReason)


def _inside(pane: QWidget, focus: QWidget) -> bool:
    return pane is focus or pane.isAncestorOf(focus)
