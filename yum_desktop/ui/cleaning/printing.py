"""Writes sheets to be filled in by hand into a file, with a line in the log of what left this device."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from yum_desktop.domain.cleaning import GAP_LABELS, Gap
from yum_desktop.domain.errors import YumError
from yum_desktop.domain.text import fold
from yum_desktop.registry import audit
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.sheets import sheets_of
from yum_desktop.ui.asking import Asker
from yum_desktop.ui.cleaning.paper import pdf
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.presenter import told

SUFFIX: Final = ".pdf"


@dataclass(frozen=True, slots=True)
class Printed:
    """What was written: for how many people, on how many pages, and the line of the log."""

    path: Path
    people: int
    pages: int
    audit_line: int


Print = Callable[[Gap, Sequence[UUID], UUID | None, Path], Printed]


def write_sheets(r: Registry, gap: Gap, ids: Sequence[UUID], unit_id: UUID | None, path: Path) -> Printed:
    """Write the sheets of a list as a PDF, all of it or nothing; the line of the log is stored before it appears.

    Raises:
        InputError: `export.nothing`, `export.folder_missing`.
        UnavailableError: `export.disk_full`, `export.unwritable`, `store.…`.
    """
    from yum_desktop.exchange.excel.sealing import whole_file  # noqa: PLC0415  # a start need not load it

    sheets = sheets_of(r, gap, ids)
    content, pages = pdf(sheets)
    what: dict[str, object] = {
        "layout": f"sheets:{gap}", "count": sheets.people, "masked": True, "protected": False,
        "unit": None if unit_id is None else str(unit_id), "reason": None,
    }  # fmt: skip
    with whole_file(path) as (out, put_in_place):
        out.write(content)
        out.flush()
        line = audit.note(r, audit.EXPORT, what)
        try:
            put_in_place()
        except (OSError, YumError):
            audit.note(r, audit.EXPORT_FAILED, {"line": line})
            raise
    return Printed(path, sheets.people, pages, line)


def file_name(gap: Gap, unit_name: str, today: date) -> str:
    """Return the name that a file of sheets is offered: ``phieu-thieu-dien-thoai-ban-na-lech-24-11-2026.pdf``."""
    words = fold(f"phieu {GAP_LABELS[gap]} {unit_name}")
    plain = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in words).split()
    return "-".join([*plain, f"{today:%d-%m-%Y}"]) + SUFFIX


class PrintingPresenter:
    """Asks where to, writes, says what was written and shows it.

    Args:
        say: Told what was written.
        trouble: Told what could not be done.
        show: Opens the file with the program for it: from there it is printed.
    """

    def __init__(
        self,
        jobs: Jobs,
        asker: Asker,
        write: Print,
        *,
        say: Callable[[str], None],
        trouble: Callable[[str], None],
        show: Callable[[Path], None],
    ) -> None:
        self._jobs, self._asker, self._write = jobs, asker, write
        self._say, self._trouble, self._show = say, trouble, show

    def begin(self, gap: Gap, ids: Sequence[UUID], unit: tuple[UUID | None, str], today: date) -> None:
        """Ask where the sheets of some people of a list go. `unit` is the id and name of whose list it is."""
        people, (unit_id, unit_name), write = tuple(ids), unit, self._write

        def chosen(path: Path) -> None:
            whole = path if path.suffix.lower() == SUFFIX else path.with_name(path.name + SUFFIX)
            self._jobs.submit(lambda: write(gap, people, unit_id, whole), done=self._written, failed=self._failed)

        title = QCoreApplication.translate("cleaning", "Ghi phiếu điền tay")
        self._asker.save_file(title, file_name(gap, unit_name, today), f"PDF (*{SUFFIX})", chosen)

    def _written(self, printed: Printed) -> None:
        self._trouble("")
        words = QCoreApplication.translate("cleaning", "Đã ghi phiếu của {0} người, {1} trang: {2}")
        self._say(words.format(printed.people, printed.pages, printed.path.name))
        self._show(printed.path)

    def _failed(self, error: Exception) -> None:
        self._trouble(told(error))
