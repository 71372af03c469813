"""Reading a workbook: the cells as they stand, and nothing of a file that is damaged or wants to fill the memory."""

import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from python_calamine import CalamineError, CalamineWorkbook

from yum_desktop.domain.errors import InputError
from yum_desktop.exchange.excel.guard import DAMAGED, LAST_ROW, survey, too_large

Cell = str | int | float | bool | date | datetime | time | timedelta
Row = Sequence[Cell]
Area = tuple[int, int, int, int]
"""First row, first column, last row, last column, counted from 0."""

BYTES_MAX: Final = 50_000_000
UNPACKED_MAX: Final = 400_000_000
ROWS_MAX: Final = 100_000
COLUMNS_MAX: Final = 300
_WIDTHS_MAX: Final = 50_000_000
"""Cells, empty ones included, that are looked at where a sheet has far corners."""
_OLD_MAGIC: Final = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Book:
    """One sheet of a workbook.

    Attributes:
        sheet: The sheet that was read.
        sheets: All sheets, in their order.
        rows: Its cells from row 1 and column A on; an empty cell is an empty text.
        merged: Areas that look like one cell; the value stands in their first cell.
    """

    sheet: str
    sheets: tuple[str, ...]
    rows: tuple[Row, ...]
    merged: tuple[Area, ...] = ()


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    rows: tuple[Row, ...]
    merged: tuple[Area, ...] = ()


def read_book(path: Path, sheet: str | None = None, *, likes: Callable[[Sequence[Row]], bool] | None = None) -> Book:
    """Return a sheet of a workbook; when none is named the fullest one, of those that `likes` accepts if there are any.

    Raises:
        InputError: `file.missing`, `file.kind_unsupported`, `file.too_large`, `file.damaged`, `file.no_sheet`,
            `file.protected` or `file.empty`.
    """
    _refuse_unsafe(path)
    extent = survey(path, unpacked_max=UNPACKED_MAX)
    near = extent.rows <= ROWS_MAX and extent.columns <= COLUMNS_MAX
    names, found = _dense(path, sheet) if near else _sparse(path, sheet)

    def worth(one: _Sheet) -> tuple[bool, int]:
        filled = _filled(one.rows)
        return likes is not None and filled > 0 and likes(one.rows), filled

    best = max(found, key=worth, default=_Sheet("", ()))
    if not _filled(best.rows):
        raise InputError("file.empty", "Tệp không có dòng nào")
    return Book(best.name, names, best.rows, best.merged)


def _dense(path: Path, sheet: str | None) -> tuple[tuple[str, ...], list[_Sheet]]:
    """Read by a library that is fast and keeps a grid as large as the farthest cells."""
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            names = tuple(book.sheet_names)
            found = []
            for name in _chosen(names, sheet):
                one = book.get_sheet_by_name(name)
                areas = tuple((*first, *last) for first, last in one.merged_cell_ranges or ())
                found.append(_Sheet(name, tuple(one.to_python(skip_empty_area=False)), areas))
            return names, found
    except (CalamineError, OSError, ValueError) as error:
        raise InputError("file.damaged", DAMAGED) from error


def _sparse(path: Path, sheet: str | None) -> tuple[tuple[str, ...], list[_Sheet]]:
    """Read row by row: cells far away are often stray spaces, and the list before them is fine."""
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        try:
            names = tuple(one.title for one in book.worksheets)
            found = []
            for name in _chosen(names, sheet):
                one = book[name]
                one.reset_dimensions()
                found.append(_Sheet(name, _squared(one.iter_rows(values_only=True), name)))
            return names, found
        finally:
            book.close()
    except _BROKEN as error:
        raise InputError("file.damaged", DAMAGED) from error


_BROKEN: Final = (
    zipfile.BadZipFile,
    InvalidFileException,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    SyntaxError,  # of which the errors of XML are
)
"""What the slower library raises on damaged files."""


def _squared(rows: Iterable[Sequence[object]], name: str) -> tuple[Row, ...]:
    """Return rows of one length without the blank ones and the blank columns behind the last text."""
    kept: list[list[Cell]] = []
    empty = widths = 0
    for count, row in enumerate(rows):
        widths += len(row)
        if count >= LAST_ROW or widths > _WIDTHS_MAX:
            raise too_large()
        cells = [cell if isinstance(cell, Cell) else "" for cell in row]
        while cells and not str(cells[-1]).strip():
            cells.pop()
        if not cells:
            empty += 1
            continue
        if len(kept) + empty >= ROWS_MAX or len(cells) > COLUMNS_MAX:
            raise InputError("file.too_large", f"Trang “{name}” quá lớn: nhiều nhất {ROWS_MAX} dòng, {COLUMNS_MAX} cột")
        kept += [[] for _ in range(empty)]
        empty = 0
        kept.append(cells)
    width = max(map(len, kept), default=0)
    return tuple([*cells, *[""] * (width - len(cells))] for cells in kept)


def _chosen(names: Sequence[str], sheet: str | None) -> Sequence[str]:
    if sheet is None:
        return names
    if sheet not in names:
        raise InputError("file.no_sheet", f"Tệp không có trang tính “{sheet}”")
    return (sheet,)


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
