"""The window as the shell's presenter sees it."""

from collections.abc import Callable, Sequence
from uuid import UUID

from PySide6.QtCore import QObject

from yum_desktop.registry.clock import Clock
from yum_desktop.registry.views import MemberRow, SyncState
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.shell.finding import Finder
from yum_desktop.ui.shell.hits import Hit
from yum_desktop.ui.shell.presenter import ShellPresenter
from yum_desktop.ui.shell.window import MainWindow


class ShellScreen(QObject):
    """Shows in the window what the presenter says. The window owns it."""

    def __init__(self, window: MainWindow, clock: Clock) -> None:
        super().__init__(window)
        self._window, self._clock = window, clock
        self._kept: list[object] = []  # a connection to a bound method does not keep its object alive

    def attach(self, presenter: ShellPresenter) -> None:
        """Connect the gestures of the window."""
        self._kept.append(presenter)
        self._window.strip.sync_requested.connect(presenter.sync)
        self._window.strip.stop_requested.connect(presenter.stop_sync)
        self._window.undo_requested.connect(presenter.undo)
        self._window.page_shown.connect(self._shown)
        self._window.top.unit_requested.connect(self._go_to_units)
        self._window.strip.list_requested.connect(self._go_to_list)

    def attach_search(
        self,
        jobs: Jobs,
        find_members: Callable[[str], Sequence[MemberRow]],
        show_member: Callable[[UUID], None],
    ) -> Finder:
        """Connect the search in the top bar: people open in the members' page, functions are pages."""
        top, window = self._window.top, self._window
        finder = Finder(top, jobs, find_members, window.page_titles)
        self._kept.append(finder)
        top.search_changed.connect(finder.search)

        def go(hit: object) -> None:
            if isinstance(hit, Hit):
                window.show_page(hit.page)
                if isinstance(hit.key, UUID):
                    show_member(hit.key)

        top.hit_chosen.connect(go)
        return finder

    def show_state(self, state: SyncState) -> None:
        """Show the sync state in strip, top bar and navigation."""
        self._window.strip.show_state(state, self._clock.now())
        self._window.top.show_unit(state.unit_name)
        self._window.top.show_person(state.account, state.device_name)
        role = "bad" if state.refused else "pick" if state.conflicts else "info"
        self._window.nav.set_count("sync", state.refused + state.conflicts + state.received, role)
        title = f"Yum Desktop – {state.unit_name}" if state.unit_name else "Yum Desktop"
        self._window.setWindowTitle(title)

    def say_done(self, text: str, *, undo: bool) -> None:
        """Show a message about what was done."""
        self._window.toast.say(text, undo=undo)

    def say_trouble(self, text: str) -> None:
        """Show what could not be done."""
        self._window.toast.say(text, undo=False)

    def refresh_page(self) -> None:
        """Let the page in front read its data again."""
        self._shown(self._window.page_key())

    def _go_to_units(self) -> None:
        """Open the tree of units."""
        self._window.show_page("members")
        focus_tree = getattr(self._window.page("members"), "focus_tree", None)
        if focus_tree is not None:
            focus_tree()

    def _go_to_list(self, kind: str) -> None:
        """Open what waits, was refused or is to be chosen, on the page of the sync."""
        self._window.show_page("sync")
        open_list = getattr(self._window.page("sync"), "open_list", None)
        if open_list is not None:
            open_list(kind)

    def _shown(self, key: str) -> None:
        refresh = getattr(self._window.page(key), "refresh", None)
        if refresh is not None:
            refresh()
