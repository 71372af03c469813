"""The rows that were not imported, as a file: corrected in a spreadsheet program, it is imported like any list."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from yum_desktop.domain.errors import UnavailableError
from yum_desktop.exchange.excel.layout import CHI_DOAN, LEFT_REASON, LEFT_ROW
from yum_desktop.exchange.excel.model import Cell, ImportPlan, Row

REASON: Final = "Lý do chưa nhập"
ORIGIN: Final = "Dòng trong tệp gốc"
_RISKY: Final = ("=", "+", "-", "@", "\t", "\r")
"""What makes a program take a text for a formula."""
_WIDTH: Final = 18
_REASON_WIDTH: Final = 60


def write_leftovers(path: Path, rows: Sequence[Row], plan: ImportPlan, left: Sequence[tuple[int, str]]) -> int:
    """Write rows of a list with the reasons why they were left; return how many.

    The headers are those of the list, so that its columns are taken as before; the unit stands on each row, also where
    a heading or a title named it. No text is a formula, whatever it begins with.

    Args:
        path: Where to.
        rows: The cells of the list.
        plan: What the list says.
        left: Numbers of rows, from 1, and why.

    Raises:
        UnavailableError: `file.unwritable`.
    """
    units = {row.row: row.chi_doan for row in plan.rows}
    units |= {row.row: row.member.chi_doan for row in plan.rejected if row.member is not None}
    columns = [c for c in plan.columns if c.field not in {LEFT_REASON, LEFT_ROW}]
    with_unit = not any(column.field == CHI_DOAN for column in columns)
    width = max((column.index for column in columns), default=-1) + 1
    headers = [""] * width
    for column in columns:
        headers[column.index] = column.header
    book = xlsxwriter.Workbook(str(path), {"in_memory": True})  # nothing about people in files for a moment
    sheet = book.add_worksheet("Chưa nhập")
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, width + with_unit, _WIDTH)
    sheet.set_column(width + with_unit, width + with_unit, _REASON_WIDTH)
    looks = _Looks(book)
    for place, text in enumerate([*headers, *["Chi đoàn"] * with_unit, REASON, ORIGIN]):
        sheet.write_string(0, place, text, looks.head)
    for line, (number, why) in enumerate(left, 1):
        cells: list[Cell] = list(rows[number - 1][:width])
        if with_unit:
            cells.append(units.get(number) or "")
        for place, cell in enumerate((*cells, why, number)):
            _write(sheet, line, place, cell, looks)
    try:
        book.close()
    except (FileCreateError, OSError) as error:
        raise UnavailableError("file.unwritable", "Không ghi được tệp. Có thể tệp đang mở trong Excel") from error
    return len(left)


class _Looks:
    """How cells look and are kept."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.head: Format = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter"})
        self.text: Format = book.add_format({"num_format": "@"})
        self.inert: Format = book.add_format({"num_format": "@", "quote_prefix": True})
        self.day: Format = book.add_format({"num_format": "dd/mm/yyyy"})


def _write(sheet: Worksheet, line: int, place: int, cell: Cell, looks: _Looks) -> None:
    if isinstance(cell, str):
        if cell:
            sheet.write_string(line, place, cell, looks.inert if cell.startswith(_RISKY) else looks.text)
    elif isinstance(cell, datetime | date):
        sheet.write_datetime(line, place, cell, looks.day)
    elif isinstance(cell, int | float):
        sheet.write_number(line, place, cell)
    else:
        sheet.write_string(line, place, str(cell), looks.text)
