"""Reading a workbook: the cells as they stand, and nothing of a file that is damaged or wants to fill the memory."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from python_calamine import CalamineError, CalamineWorkbook

from yum_desktop.domain.errors import InputError

Cell = str | int | float | bool | date | datetime | time | timedelta
Row = Sequence[Cell]

BYTES_MAX: Final = 50_000_000
UNPACKED_MAX: Final = 400_000_000
PARTS_MAX: Final = 2_000
ROWS_MAX: Final = 100_000
COLUMNS_MAX: Final = 300
_OLD_MAGIC: Final = b"\xd0\xcf\x11\xe0"
_DAMAGED: Final = "Tệp hỏng hoặc không phải bảng tính. Mở bằng Excel, lưu lại dạng .xlsx rồi nhập lại"


@dataclass(frozen=True, slots=True)
class Book:
    """One sheet of a workbook.

    Attributes:
        sheet: The sheet that was read.
        sheets: All sheets, in their order.
        rows: Its cells from row 1 and column A on; an empty cell is an empty text.
    """

    sheet: str
    sheets: tuple[str, ...]
    rows: tuple[Row, ...]


def read_book(path: Path, sheet: str | None = None) -> Book:
    """Return a sheet of a workbook, the fullest one when none is named.

    Raises:
        InputError: `file.missing`, `file.kind_unsupported`, `file.too_large`, `file.damaged`, `file.no_sheet`,
            `file.protected` or `file.empty`.
    """
    _refuse_unsafe(path)
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            names = tuple(book.sheet_names)
            if sheet is not None and sheet not in names:
                raise InputError("file.no_sheet", f"Tệp không có trang tính “{sheet}”")
            found = [(name, _rows(book, name)) for name in ((sheet,) if sheet is not None else names)]
    except (CalamineError, OSError, ValueError) as error:
        raise InputError("file.damaged", _DAMAGED) from error
    name, rows = max(found, key=lambda pair: _filled(pair[1]), default=("", ()))
    if not _filled(rows):
        raise InputError("file.empty", "Tệp không có dòng nào")
    return Book(name, names, rows)


def _rows(book: CalamineWorkbook, name: str) -> tuple[Row, ...]:
    sheet = book.get_sheet_by_name(name)
    if sheet.height > ROWS_MAX or sheet.width > COLUMNS_MAX:
        raise InputError("file.too_large", f"Trang “{name}” quá lớn: nhiều nhất {ROWS_MAX} dòng, {COLUMNS_MAX} cột")
    return tuple(sheet.to_python(skip_empty_area=False))


def _filled(rows: Sequence[Row]) -> int:
    return sum(1 for row in rows for cell in row if cell != "")


def _refuse_unsafe(path: Path) -> None:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise InputError("file.missing", "Không mở được tệp. Kiểm tra tệp còn ở đó và không bị khóa") from error
    if head == _OLD_MAGIC and path.suffix.lower() == ".xlsx":
        raise InputError("file.protected", "Tệp có mật khẩu hoặc là .xls đổi tên. Bỏ mật khẩu, lưu lại dạng .xlsx")
    if path.suffix.lower() not in {".xlsx", ".xlsm"}:
        raise InputError("file.kind_unsupported", "Chỉ nhập được tệp .xlsx. Mở tệp bằng Excel, lưu lại dạng .xlsx")
    if size > BYTES_MAX:
        raise InputError("file.too_large", "Tệp quá lớn: nhiều nhất 50 MB")
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError("file.damaged", _DAMAGED) from error
    if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_MAX:
        raise InputError("file.too_large", "Tệp bung ra quá lớn nên không mở")
