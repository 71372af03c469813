"""What a person reads when we broke a rule of our own."""

import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from zlib import crc32

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication

from yum_desktop.ui.asking import Answer, Asker, Choice, Question

log = logging.getLogger(__name__)


class Apology:
    """An exception hook: logs, says so once at a time, and offers a report that holds no data.

    Args:
        ask: The seam to the person; nothing while there is no window.
        version: Of the program, for the report.
    """

    def __init__(self, ask: Callable[[], Asker | None], version: str) -> None:
        self._ask, self._version = ask, version
        self._open = False

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Tell about an error that nobody expected. What was typed is stored field by field and stays."""
        log.critical("unexpected error", exc_info=(kind, error, trace))
        asker = self._ask()
        if asker is None or self._open:
            return
        self._open = True
        report = self.report(kind, trace)
        words = QCoreApplication.translate("apology", "Có lỗi lạ, dữ liệu vẫn còn. Mã {0}")
        question = Question(
            title=words.format(code_of(report)),
            text=QCoreApplication.translate(
                "apology", "Làm tiếp được. Nếu gặp lại, chép báo lỗi gửi người hỗ trợ: trong đó không có dữ liệu."
            ),
            choices=(
                Choice("go", QCoreApplication.translate("apology", "Làm tiếp"), "primary"),
                Choice("copy", QCoreApplication.translate("apology", "Chép báo lỗi")),
            ),
        )
        asker.ask(question, lambda answer: self._answered(answer, report))

    def report(self, kind: type[BaseException], trace: TracebackType | None) -> str:
        """Return where it happened, without any value: values may be people's data."""
        frames = traceback.extract_tb(trace)
        places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
        return "\n".join([f"Yum Desktop {self._version}", kind.__name__, *places])

    def _answered(self, answer: Answer | None, report: str) -> None:
        self._open = False
        if answer is not None and answer.key == "copy":
            QGuiApplication.clipboard().setText(report)


def code_of(report: str) -> str:
    """Return four letters that are the same whenever the same thing happens."""
    return f"{crc32(report.encode()) & 0xFFFF:04X}"
