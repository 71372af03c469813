"""Reading a list: the cells as they stand, and nothing of a file that is damaged or wants to fill the memory."""

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import ParseError

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from yum_desktop.domain.errors import InputError
from yum_desktop.exchange.excel.encoding import Conversion, converted, find_conversions
from yum_desktop.exchange.excel.fonts import Fonts, fonts_of_xls, fonts_of_xlsx
from yum_desktop.exchange.excel.guard import (
    COLUMNS_MAX,
    DAMAGED,
    LAST_ROW,
    ROWS_MAX,
    counts_from_1904,
    survey,
    too_large,
)
from yum_desktop.exchange.excel.model import Area, Cell, Row
from yum_desktop.exchange.excel.textfile import read_text

BYTES_MAX: Final = 50_000_000
UNPACKED_MAX: Final = 400_000_000
_CROSS: Final = "x"
"""What a ticked box of a sheet says."""
_LETTERS_MAX: Final = 32_767
"""What a cell of a spreadsheet program holds at most."""
_WIDTHS_MAX: Final = 50_000_000
"""Cells, empty ones included, that are looked at where a sheet has far corners."""
_TEXT_SHEET: Final = "1"
"""The name of the only sheet of a text file."""
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SEALED: Final = "EncryptedPackage"
_WORKBOOKS: Final = frozenset({"Workbook", "Book"})
_OTHERS: Final = frozenset({"WordDocument", "PowerPoint Document"})
_BOF: Final = b"\x09\x08\x10\x00\x00\x06\x05\x00"
_BOF_BYTES: Final = 20
_FILEPASS: Final = b"\x2f\x00"
_UNSUPPORTED: Final = "Không phải bảng tính. Nhập được .xlsx, .xls, .ods, .csv, .tsv"
_PROTECTED: Final = "Tệp có mật khẩu. Mở bằng Excel, bỏ mật khẩu, lưu lại rồi nhập"


class Kind(StrEnum):
    """What a file is, by what it holds: names lie."""

    XLSX = "xlsx"
    XLS = "xls"
    ODS = "ods"
    TEXT = "text"


_SUFFIXES: Final = {Kind.XLSX: {".xlsx", ".xlsm"}, Kind.XLS: {".xls"}, Kind.ODS: {".ods"}}


@dataclass(frozen=True, slots=True)
class Book:
    """One sheet of a workbook.

    Attributes:
        sheet: The sheet that was read.
        sheets: All sheets, in their order.
        rows: Its cells from row 1 and column A on; an empty cell is an empty text.
        merged: Areas that look like one cell; the value stands in their first cell.
        conversions: The cells that mean other letters than they hold.
        epoch_1904: Whether numbers that are days count from 1904 on.
    """

    sheet: str
    sheets: tuple[str, ...]
    rows: tuple[Row, ...]
    merged: tuple[Area, ...] = ()
    conversions: tuple[Conversion, ...] = ()
    epoch_1904: bool = False


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    rows: tuple[Row, ...]
    merged: tuple[Area, ...] = ()
    conversions: tuple[Conversion, ...] = ()


def read_book(
    path: Path,
    sheet: str | None = None,
    *,
    likes: Callable[[Sequence[Row]], bool] | None = None,
    careful: bool = False,
) -> Book:
    """Return a sheet of a file; when none is named the fullest one, of those that `likes` accepts if there are any.

    `careful` lets no library at an archive before the guard has seen all of it; it takes longer.

    Raises:
        InputError: `file.missing`, `file.kind_unsupported`, `file.too_large`, `file.damaged`, `file.unsafe`,
            `file.no_sheet`, `file.protected` or `file.empty`.
    """
    kind = kind_of_file(path)
    read = _xlsx_carefully if careful and kind is Kind.XLSX else _READERS[kind]
    names, found = read(path, sheet)

    def worth(one: _Sheet) -> tuple[bool, int]:
        filled = _filled(one.rows)
        return likes is not None and filled > 0 and likes(converted(one.rows, one.conversions)), filled

    best = max(found, key=worth, default=_Sheet("", ()))
    if not _filled(best.rows):
        raise InputError("file.empty", "Tệp không có dòng nào")
    epoch_1904 = kind is Kind.XLSX and counts_from_1904(path)
    return Book(best.name, names, best.rows, best.merged, best.conversions, epoch_1904)


def kind_of_file(path: Path) -> Kind:
    """Return what a file is.

    Raises:
        InputError: `file.missing`, `file.empty`, `file.too_large`, `file.protected` or `file.kind_unsupported`.
    """
    try:
        size = path.stat().st_size
        if size > BYTES_MAX:
            raise InputError("file.too_large", "Tệp quá lớn: nhiều nhất 50 MB")
        with path.open("rb") as file:
            head = file.read(4096)
            if head.startswith(_OLE):
                return _old_kind(head + file.read())
    except OSError as error:
        raise missing() from error
    if not head:
        raise InputError("file.empty", "Tệp rỗng")
    if head.startswith(b"PK\3\4"):
        return _kind_of_archive(path)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<table", b"{\\rtf", b"%pdf")):
        text = "Tệp này là trang web hoặc văn bản đổi đuôi. Mở bằng Excel, lưu lại dạng .xlsx rồi nhập"
        raise InputError("file.kind_unsupported", text)
    return Kind.TEXT


def missing() -> InputError:
    """Return the error of a file that cannot be opened."""
    return InputError("file.missing", "Không mở được tệp. Kiểm tra tệp còn ở đó và không bị khóa")


def _kind_of_archive(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = frozenset(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError("file.damaged", DAMAGED) from error
    if "xl/workbook.xml" in names:
        return Kind.XLSX
    if {"content.xml", "mimetype"} <= names and "word/document.xml" not in names:
        return Kind.ODS
    raise InputError("file.kind_unsupported", _UNSUPPORTED)


def _old_kind(data: bytes) -> Kind:
    """Return what a container of Office of before 2007 holds; its parts are named in UTF-16."""
    names = {name for name in (*_WORKBOOKS, *_OTHERS, _SEALED) if name.encode("utf-16-le") in data}
    start = data.find(_BOF)
    first = data[start + _BOF_BYTES : start + _BOF_BYTES + 2]  # what stands behind the head of a workbook
    if _SEALED in names or (start >= 0 and first == _FILEPASS):
        raise InputError("file.protected", _PROTECTED)
    if names & _WORKBOOKS:
        return Kind.XLS
    if names & _OTHERS:
        raise InputError("file.kind_unsupported", _UNSUPPORTED)
    raise InputError("file.damaged", DAMAGED)


_Found = tuple[tuple[str, ...], list[_Sheet]]


def _xlsx(path: Path, sheet: str | None) -> _Found:
    """Read while the archive is looked through: what the guard says comes first, and may be that it reaches far."""
    with ThreadPoolExecutor(1) as guards:
        surveyed = guards.submit(survey, path, unpacked_max=UNPACKED_MAX)

        def fonts_of(path: Path, name: str) -> Fonts:
            surveyed.result()
            return fonts_of_xlsx(path, name)

        try:
            found, broken = _dense(path, sheet, fonts_of), None
        except BaseException as error:  # noqa: BLE001  # a panic of the library is no Exception; it is raised below
            found, broken = ((), []), error
        if surveyed.result():
            return _sparse(path, sheet)
    if broken is not None:
        raise broken
    return found


def _xlsx_carefully(path: Path, sheet: str | None) -> _Found:
    """Look through the archive before a library reads it."""
    far = survey(path, unpacked_max=UNPACKED_MAX)
    return _sparse(path, sheet) if far else _dense(path, sheet, fonts_of_xlsx)


def _xls(path: Path, sheet: str | None) -> _Found:
    return _dense(path, sheet, fonts_of_xls)


def _ods(path: Path, sheet: str | None) -> _Found:
    survey(path, unpacked_max=UNPACKED_MAX)
    return _dense(path, sheet, lambda *_: {})


def _text(path: Path, sheet: str | None) -> _Found:
    rows = read_text(path, rows_max=ROWS_MAX, columns_max=COLUMNS_MAX)
    if rows is None:
        raise InputError("file.kind_unsupported", _UNSUPPORTED)
    return (_TEXT_SHEET,), [_judged(name, rows, {}) for name in _chosen((_TEXT_SHEET,), sheet)]


_READERS: Final = {Kind.XLSX: _xlsx, Kind.XLS: _xls, Kind.ODS: _ods, Kind.TEXT: _text}


def _judged(name: str, rows: tuple[Row, ...], fonts: Fonts, merged: tuple[Area, ...] = ()) -> _Sheet:
    kinds = set(map(type, chain.from_iterable(rows)))
    texts = {cell for cell in set().union(*rows) if isinstance(cell, str)}
    if any(len(text) > _LETTERS_MAX for text in texts):
        raise InputError("file.too_large", f"Trang “{name}” có ô dài hơn {_LETTERS_MAX} chữ")
    if bool in kinds:
        rows = tuple([_CROSS if cell is True else "" if cell is False else cell for cell in row] for row in rows)
    return _Sheet(name, rows, merged, find_conversions(rows, fonts, texts))


def _opened(path: Path) -> CalamineWorkbook:
    """Open by the path where the name is right: what the library says of a mere stream it says less exactly."""
    if path.suffix.lower() in _SUFFIXES[kind_of_file(path)]:
        return CalamineWorkbook.from_path(str(path))
    return CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))


def _dense(path: Path, sheet: str | None, fonts_of: Callable[[Path, str], Fonts]) -> _Found:
    """Read by a library that is fast and keeps a grid as large as the farthest cells."""
    try:
        with _opened(path) as book:
            names = tuple(book.sheet_names)
            found = []
            for name in _chosen(names, sheet):
                one = book.get_sheet_by_name(name)
                if one.total_height > ROWS_MAX or one.total_width > COLUMNS_MAX:
                    raise _too_wide(name)
                areas = tuple((*first, *last) for first, last in one.merged_cell_ranges or ())
                rows = tuple(one.to_python(skip_empty_area=False))
                found.append(_judged(name, rows, fonts_of(path, name) if rows else {}, areas))
            return names, found
    except PasswordError as error:
        raise InputError("file.protected", _PROTECTED) from error
    except (CalamineError, *_BROKEN) as error:
        raise too_large() if "limit exceeded" in str(error) else InputError("file.damaged", DAMAGED) from error


def _sparse(path: Path, sheet: str | None) -> _Found:
    """Read row by row: cells far away are often stray spaces, and the list before them is fine."""
    from openpyxl import load_workbook  # noqa: PLC0415  # most files need no second library

    try:
        with path.open("rb") as file, closing(load_workbook(file, read_only=True, data_only=True)) as book:
            names = tuple(one.title for one in book.worksheets)
            found = []
            for name in _chosen(names, sheet):
                one = book[name]
                one.reset_dimensions()
                rows = _squared(one.iter_rows(values_only=True), name)
                found.append(_judged(name, rows, fonts_of_xlsx(path, name)))
            return names, found
    except _BROKEN as error:
        raise InputError("file.damaged", DAMAGED) from error


_BROKEN: Final = (
    zipfile.BadZipFile,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    ParseError,
    SyntaxError,
    EOFError,
)
"""What the slower libraries raise on damaged files."""


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
            raise _too_wide(name)
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
    return sum(len(row) - list(row).count("") for row in rows)


def _too_wide(name: str) -> InputError:
    return InputError("file.too_large", f"Trang “{name}” quá lớn: nhiều nhất {ROWS_MAX} dòng, {COLUMNS_MAX} cột")
