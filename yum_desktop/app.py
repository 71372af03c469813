"""The desktop program put together. The only place where everything meets."""

import argparse
import gc
import logging
import socket
import sys
from collections.abc import Callable, Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path
from threading import get_ident

from PySide6.QtWidgets import QApplication

from yum_desktop.exchange.gazetteer import shipped_gazetteer
from yum_desktop.registry.clock import Clock, SystemClock
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.keys import load_key, needs_passphrase
from yum_desktop.registry.paths import default_home, store_path
from yum_desktop.ui.apology import Apology
from yum_desktop.ui.asking import Asker, QtAsker, open_file
from yum_desktop.ui.desk import Desk, enrolment_sources
from yum_desktop.ui.enrolment.opening import OpeningPresenter
from yum_desktop.ui.enrolment.presenter import EnrolmentPresenter
from yum_desktop.ui.enrolment.view import EnrolmentPage
from yum_desktop.ui.jobs import Jobs, QtJobs
from yum_desktop.ui.members.words import vocabulary_of
from yum_desktop.ui.theme import Theme

log = logging.getLogger(__name__)

VERSION = "0.1.0"
_LOG_SIZE_BYTES = 1_000_000
_LOG_FILES = 3


def run() -> int:
    """Start the program with the arguments of the command line; return its exit code."""
    return main(sys.argv)


def main(argv: Sequence[str]) -> int:
    """Start the program; return its exit code."""
    parser = argparse.ArgumentParser(prog="yum-desktop", description="Quản lý đoàn viên, làm việc khi không có mạng.")
    parser.add_argument("--home", type=Path, default=None, help="thư mục dữ liệu")
    parser.add_argument("--version", action="version", version=f"Yum Desktop {VERSION}")
    asked = parser.parse_args(argv[1:])
    home: Path = asked.home or default_home()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    _log_to(home)
    app = QApplication(list(argv[:1]))
    app.setApplicationName("Yum Desktop")
    Theme.install(app)
    jobs = QtJobs(app)
    program = Start(home, jobs, SystemClock(), get_ident())
    sys.excepthook = Apology(program.asker, VERSION)
    program.show()
    gc.freeze()  # what the program consists of is never garbage: looking through it again costs a frame
    try:
        return app.exec()
    finally:
        jobs.close()
        program.close()


class Start:
    """Opens the records of a home folder, with a passphrase where there is no keyring, then begins the program.

    Args:
        home: Folder of the records.
        screen_thread: Ident of the thread on which nothing may wait.
        find_passphrase: Whether the records of a home need a passphrase.
    """

    def __init__(
        self,
        home: Path,
        jobs: Jobs,
        clock: Clock,
        screen_thread: int,
        *,
        find_passphrase: Callable[[Path], bool] = needs_passphrase,
    ) -> None:
        self._home, self._jobs, self._clock = home, jobs, clock
        self._screen_thread = screen_thread
        self.page = EnrolmentPage(device_name=socket.gethostname())
        self.program: Program | None = None
        self.opening = OpeningPresenter(
            self.page,
            jobs,
            self._open,
            needed=find_passphrase(home),
            new=not store_path(home).exists(),
            opened=self._opened,
        )
        self.page.passphrase_entered.connect(self.opening.enter)
        self.page.retry_requested.connect(self.opening.start)

    def show(self) -> None:
        """Open the records; what comes then depends on them."""
        self.page.resize(1040, 660)
        self.page.show()
        self.opening.start()

    def asker(self) -> Asker | None:
        """Return the seam to the person, over the window in front."""
        if self.program is not None and self.program.desk is not None:
            return self.program.desk.asker
        return QtAsker(self.page)

    def close(self) -> None:
        """Close the records."""
        if self.program is not None:
            self.program.registry.close()

    def _open(self, passphrase: str | None) -> Registry:
        key = load_key(self._home, passphrase=passphrase)
        return Registry.open(store_path(self._home), key, clock=self._clock, screen_thread=self._screen_thread)

    def _opened(self, registry: Registry) -> None:
        self.program = Program(registry, self._jobs, self._clock, page=self.page)
        self.program.show()


class Program:
    """Enrols the device where that is still to be done, then shows the main window.

    Attributes:
        registry: The records.
        page: The first start, while it is shown.
        desk: The main window with its screens, once it is shown.
    """

    def __init__(self, registry: Registry, jobs: Jobs, clock: Clock, *, page: EnrolmentPage | None = None) -> None:
        self.registry, self._jobs, self._clock = registry, jobs, clock
        self.page = page
        self.desk: Desk | None = None
        self._kept: list[object] = []  # a connection to a bound method does not keep its object alive

    def show(self) -> None:
        """Show what comes first."""
        if self.registry.identity.server:
            self._work()
        else:
            self._enrol()

    def _enrol(self) -> None:
        if self.page is None:
            self.page = EnrolmentPage(device_name=socket.gethostname())
            self.page.resize(1040, 660)
        page, sources = self.page, enrolment_sources(self.registry)
        presenter = EnrolmentPresenter(page, self._jobs, sources, self._clock, finished=self._work)
        self._kept.append(presenter)
        page.submitted.connect(presenter.enrol)
        page.stop_requested.connect(presenter.stop)
        page.resume_requested.connect(presenter.resume)
        page.use_requested.connect(presenter.use_now)
        page.show()
        presenter.start()

    def _work(self) -> None:
        words = vocabulary_of(self.registry, shipped_gazetteer, self._clock)
        self.desk = Desk(self.registry, self._jobs, self._clock, words, QtAsker, open_file)
        self.desk.window.resize(1366, 696)
        self.desk.window.show()
        self.desk.start()
        if self.page is not None:
            self.page.close()


def _log_to(home: Path) -> None:
    file = RotatingFileHandler(
        home / "yum-desktop.log", maxBytes=_LOG_SIZE_BYTES, backupCount=_LOG_FILES, encoding="utf-8", delay=True
    )
    form = "%(asctime)s %(levelname)s %(name)s %(message)s"
    logging.basicConfig(level=logging.INFO, format=form, handlers=[file, logging.StreamHandler()])
