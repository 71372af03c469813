"""Opening a file of a stranger: read by a process of its own, which may take only so much memory and time."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from yum_desktop.domain.errors import InputError
from yum_desktop.exchange.excel import wire
from yum_desktop.exchange.excel.guard import DAMAGED, too_large
from yum_desktop.exchange.excel.limits import Limits, without_collecting
from yum_desktop.exchange.excel.model import Row
from yum_desktop.exchange.excel.read import Book, missing
from yum_desktop.exchange.excel.reading import FLAG

Report = Callable[[float], None]
_ROOT: Final = Path(__file__).resolve().parents[3]
_START: Final = (
    "import sys; sys.modules['typing_extensions'] = None; from yum_desktop.exchange.excel.reading import run; run()"
)
"""The reader does without a module that takes as long to load as all others; the library of messages can, too."""
_NO_MEMORY: Final = frozenset({-signal.SIGABRT, -getattr(signal, "SIGKILL", signal.SIGABRT)})
"""How a reader ends that gets no more memory: by its library, or by the kernel."""
_LOOK_S: Final = 0.05


def open_list(
    path: Path,
    sheet: str | None = None,
    *,
    limits: Limits | None = None,
    stop: threading.Event | None = None,
    report: Report | None = None,
) -> Book:
    """Return a sheet of a file; when none is named the fullest one of those with a header.

    Args:
        path: Any file; what it holds decides what it is.
        sheet: Name of the sheet.
        limits: What reading may use.
        stop: Ends the reading within a moment once it is set.
        report: Called with the share of the rows that came, up to 1.

    Raises:
        InputError: `file.missing`, `file.kind_unsupported`, `file.too_large`, `file.too_slow`, `file.damaged`,
            `file.unsafe`, `file.no_sheet`, `file.protected`, `file.empty`, or `file.stopped` when `stop` was set.
    """
    if not path.is_file():
        raise missing()
    limits = limits or Limits()
    asked = wire.Asked(str(path.resolve()), sheet, limits)
    book = _asked(asked, stop, report) or _asked(msgspec.structs.replace(asked, careful=True), stop, report)
    if book is None:
        raise too_large()
    return book


def _asked(asked: wire.Asked, stop: threading.Event | None, report: Report | None) -> Book | None:
    """Return what a reader answers; nothing when it ended because it got no more memory."""
    with without_collecting(), _reader() as process, _watched(process, asked.limits, stop) as ended:
        try:
            return _heard(process, asked, report)
        except (wire.BrokenFrameError, BrokenPipeError) as error:
            process.wait()
            reason = ended()
            if reason is None and process.returncode in _NO_MEMORY:
                return None
            raise reason or _told_by(process.returncode) from error


def _heard(process: "subprocess.Popen[bytes]", asked: wire.Asked, report: Report | None) -> Book:
    assert process.stdin is not None, "it was made with pipes"
    assert process.stdout is not None, "it was made with pipes"
    wire.send(process.stdin, asked)  # type: ignore[arg-type]  # a pipe is a binary file
    most = asked.limits.answer_bytes
    said = wire.hear(process.stdout, most)  # type: ignore[arg-type]
    if isinstance(said, wire.Refused):
        raise InputError(said.code, said.text)
    rows: list[Row] = []
    for part in wire.hear_rows(process.stdout, said.rows, most):  # type: ignore[arg-type]
        rows += part
        if report is not None:
            report(len(rows) / said.rows)
    return Book(said.sheet, said.sheets, tuple(rows), said.merged, said.conversions, epoch_1904=said.epoch_1904)


def _command() -> list[str]:
    """Return how to start the reader: in a package the console program, which has pipes on every system."""
    if getattr(sys, "frozen", False):
        here = Path(sys.executable)
        return [str(here.with_name(f"yumctl{here.suffix}")), FLAG]
    return [sys.executable, "-c", _START]


@contextmanager
def _reader() -> "Iterator[subprocess.Popen[bytes]]":
    environment = dict(os.environ)
    if not getattr(sys, "frozen", False):
        environment["PYTHONPATH"] = os.pathsep.join([str(_ROOT), environment.get("PYTHONPATH", "")])
    process = subprocess.Popen(  # noqa: S603  # the program itself, with a fixed argument
        _command(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def _watched(
    process: "subprocess.Popen[bytes]", limits: Limits, stop: threading.Event | None
) -> Iterator[Callable[[], InputError | None]]:
    """End the process when it is told to stop or has run too long; the function given says which of both it was."""
    reason: list[InputError] = []
    over = threading.Event()
    end = time.monotonic() + limits.wall_s

    def watch() -> None:
        while not over.wait(_LOOK_S):
            if stop is not None and stop.is_set():
                reason.append(stopped())
            elif time.monotonic() > end:
                reason.append(_too_slow())
            else:
                continue
            process.kill()
            return

    watcher = threading.Thread(target=watch, name="reading", daemon=True)
    watcher.start()
    try:
        yield lambda: reason[0] if reason else None
    finally:
        over.set()
        watcher.join()


def _told_by(code: int) -> InputError:
    """Return what the end of a reader that did not answer means."""
    if code == -getattr(signal, "SIGXCPU", 0):
        return _too_slow()
    return InputError("file.damaged", DAMAGED)


def stopped() -> InputError:
    """Return the error of work that a person ended."""
    return InputError("file.stopped", "Đã dừng đọc tệp")


def _too_slow() -> InputError:
    return InputError("file.too_slow", "Đọc tệp quá lâu nên đã dừng. Bớt trang, bớt định dạng rồi lưu lại")
