"""Workbooks made for a test."""

from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook


def make_book(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path
