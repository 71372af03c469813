"""Searches members of a home folder, letter by letter: by the queries of the screens, then by typing on the screen.

python -m benchmarks.search_process HOME
"""

import gc
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import get_ident
from typing import Final
from uuid import UUID

from PySide6.QtCore import QEvent, QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

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
_TURNS: Final = 40
"""How often a way of scrolling is repeated."""


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
        gc.freeze()  # as the program does

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
        return {
            "query": self._query,
            "top": self._top,
            "screen": self._screen,
            "scroll": self._scroll,
            "sort": self._sort,
            "form": self._form,
        }

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

    def _scroll(self, _asked: Answer) -> Answer:
        """Scroll the whole list by every way; each step ends when it is painted."""
        table = self._page.table
        table.setFocus()
        table.select_row(0)
        self._settle()
        wheel, at = table.viewport(), QPointF(table.viewport().rect().center())
        took: dict[str, float] = {}
        keys = {"Page Down": Qt.Key.Key_PageDown, "Down": Qt.Key.Key_Down, "Page Up": Qt.Key.Key_PageUp}
        moves = [(f"{name} {turn}", key) for name, key in keys.items() for turn in range(_TURNS)]
        moves += [("Ctrl+End", Qt.Key.Key_End), ("Ctrl+Home", Qt.Key.Key_Home)]
        for name, key in moves:
            held = Qt.KeyboardModifier.ControlModifier if "+" in name else Qt.KeyboardModifier.NoModifier
            took[name] = self._painted_after(partial(QTest.keyClick, table, key, held))
        for turn in range(_TURNS):
            event = QWheelEvent(
                at, wheel.mapToGlobal(at), QPoint(), QPoint(0, -360), Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
            )  # fmt: skip
            took[f"wheel {turn}"] = self._painted_after(partial(QApplication.sendEvent, wheel, event))
        return {"steps": took}

    def _sort(self, _asked: Answer) -> Answer:
        """Sort the whole list by every column, both ways, and put it back."""
        table, took = self._page.table, {}
        for column in range(table.model().columnCount()):
            for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
                title = table.model().headerData(column, Qt.Orientation.Horizontal)
                took[f"{title} {order.name}"] = self._painted_after(partial(table.sortByColumn, column, order))
        table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self._settle()
        return {"steps": took}

    def _form(self, _asked: Answer) -> Answer:
        """Open the form of some members by Enter, and go back."""
        table, form, took = self._page.table, self._page.form, {}
        for row in range(0, 80, 10):
            table.setFocus()
            table.select_row(row)
            self._settle()
            press = partial(QTest.keyClick, table, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier)
            took[f"row {row}"] = self._painted_after(press, form)
            QTest.keyClick(form, Qt.Key.Key_Escape)
            self._settle()
        return {"steps": took}

    def _settle(self) -> None:
        """Let everything that was begun come to its end."""
        while self._jobs.busy:
            self._app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        self._app.processEvents()

    def _painted_after(self, act: Callable[[], object], shown: QWidget | None = None) -> float:
        """Do something; return the seconds until the table, or what is shown instead, is painted with it."""
        started = time.perf_counter()
        act()
        while shown is not None and not shown.isVisible():
            self._app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        self._app.sendPostedEvents()
        self._app.processEvents()
        return time.perf_counter() - started

    def _clear(self) -> None:
        """Empty the field; the whole list comes back."""
        if self._page.search.text():
            self._page.search.clear()
            self._wait()


if __name__ == "__main__":
    answer_all(Searcher(Path(sys.argv[1])).doing)
