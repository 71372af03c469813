"""The rows that were not imported, as a file: corrected in a spreadsheet program, it is imported like any list."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

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
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Chưa nhập")
    sheet.freeze_panes = "A2"
    for place in range(width + with_unit):
        sheet.column_dimensions[get_column_letter(place + 1)].width = _WIDTH
    sheet.column_dimensions[get_column_letter(width + with_unit + 1)].width = _REASON_WIDTH
    sheet.append([_cell(sheet, text, strong=True) for text in [*headers, *["Chi đoàn"] * with_unit, REASON, ORIGIN]])
    for number, why in left:
        cells: list[Cell] = list(rows[number - 1][:width])
        if with_unit:
            cells.append(units.get(number) or "")
        sheet.append([_cell(sheet, cell) for cell in (*cells, why, number)])
    try:
        book.save(path)
    except OSError as error:
        raise UnavailableError("file.unwritable", "Không ghi được tệp. Có thể tệp đang mở trong Excel") from error
    return len(left)


def _cell(sheet: Worksheet, value: Cell, *, strong: bool = False) -> SheetCell:
    cell = WriteOnlyCell(sheet, None if value == "" else value)  # type: ignore[arg-type]  # every cell is one of its kinds
    if isinstance(value, str):
        cell.data_type = "s"
        cell.number_format = "@"
        cell.quotePrefix = value.startswith(_RISKY)
    elif isinstance(value, date):
        cell.number_format = "dd/mm/yyyy"
    if strong:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="center")
    return cell
