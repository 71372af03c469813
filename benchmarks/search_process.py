"""Searches members of a home folder, letter by letter: by the queries of the screens, then by typing on the screen.

python -m benchmarks.search_process HOME
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import get_ident
from typing import Final
from uuid import UUID

from PySide6.QtCore import QEvent, QEventLoop, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from benchmarks.children import Answer, answer_all
from benchmarks.painting import Painted
from benchmarks.typing_steps import QUERIES, steps
from benchmarks.vault import BenchVault
from yum_desktop.app import Program
from yum_desktop.registry import queries
from yum_desktop.registry.clock import SystemClock
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.keys import load_key
from yum_desktop.registry.paths import store_path
from yum_desktop.ui.jobs import QtJobs
from yum_desktop.ui.members.view import MembersPage
from yum_desktop.ui.theme import Theme

HITS: Final = 8
"""What the search at the top of the window asks for."""
_PATIENCE_MS: Final = 60_000


class Searcher:
    """A person at the list of members of a home."""

    def __init__(self, home: Path) -> None:
        BenchVault.folder = home
        self._app = QApplication(sys.argv[:1])
        Theme.install(self._app)
        key, path, clock = load_key(home, passphrase=None), store_path(home), SystemClock()
        self._direct = Registry.open(path, key, clock=clock)
        self._jobs = QtJobs(self._app)
        self._registry = Registry.open(path, key, clock=clock, screen_thread=get_ident())
        self._program = Program(self._registry, self._jobs, clock)
        self._loop = QEventLoop()
        self._page = self._shown_page()

    def _shown_page(self) -> MembersPage:
        """Show the program and wait for its list."""
        self._program.show()
        desk = self._program.desk
        assert desk is not None, "the home is enrolled"
        desk.stop_trying()
        page = desk.window.page("members")
        assert isinstance(page, MembersPage), "that is the page of this name"
        Painted(page, self._loop.quit)
        self._wait()
        page.search.setFocus()
        while self._jobs.busy:
            self._app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        return page

    def _wait(self) -> None:
        patience = QTimer(self._loop)
        patience.setSingleShot(True)
        patience.timeout.connect(lambda: self._loop.exit(1))
        patience.start(_PATIENCE_MS)
        if self._loop.exec():
            raise TimeoutError("the list was not painted")
        patience.stop()

    @property
    def doing(self) -> dict[str, Callable[[Answer], Answer]]:
        """What can be asked."""
        return {"query": self._query, "top": self._top, "screen": self._screen}

    def _query(self, _asked: Answer) -> Answer:
        """Ask for the rows of the list, as its screen does."""
        return self._each_step(lambda text: queries.member_list(self._direct, self._unit(), text=text))

    def _top(self, _asked: Answer) -> Answer:
        """Ask for the hits at the top of the window."""
        return self._each_step(lambda text: queries.member_rows(self._direct, None, text=text, limit=HITS))

    def _unit(self) -> UUID | None:
        return self._direct.identity.unit_id

    def _each_step(self, ask: Callable[[str], object]) -> Answer:
        took: dict[str, float] = {}
        for query in QUERIES:
            for text in steps(query):
                started = time.perf_counter()
                ask(text)
                took[text] = time.perf_counter() - started
        return {"steps": took}

    def _screen(self, _asked: Answer) -> Answer:
        """Type every query, and wait after each letter until the list is painted with its answer."""
        took: dict[str, float] = {}
        for query in QUERIES:
            self._clear()
            for place, letter in enumerate(query):
                started = time.perf_counter()
                for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                    key = QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, letter)
                    QApplication.sendEvent(self._page.search, key)
                if letter != " ":
                    self._wait()
                    took[query[: place + 1]] = time.perf_counter() - started
        self._clear()
        return {"steps": took}

    def _clear(self) -> None:
        """Empty the field; the whole list comes back."""
        if self._page.search.text():
            self._page.search.clear()
            self._wait()


if __name__ == "__main__":
    answer_all(Searcher(Path(sys.argv[1])).doing)
