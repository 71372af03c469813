"""Writes everybody of a home into a spreadsheet: as the program does, then by the bare writers.

python -m benchmarks.export_process HOME
"""

import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import openpyxl
import xlsxwriter
from python_calamine import CalamineWorkbook

from benchmarks.children import Answer, answer_all, peak_memory_bytes
from benchmarks.vault import BenchVault
from yum_desktop.exchange.excel.export import Wanted, export
from yum_desktop.exchange.excel.out_layout import THIRTY, find_layout
from yum_desktop.registry.clock import SystemClock
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.exporting import members_in
from yum_desktop.registry.keys import load_key
from yum_desktop.registry.paths import store_path

_REASON: Final = "So sánh với các trình ghi khác"


class Exporter:
    """Somebody who writes one list again and again. The bare writers are given its cells."""

    def __init__(self, home: Path) -> None:
        BenchVault.folder = home
        self._registry = Registry.open(store_path(home), load_key(home, passphrase=None), clock=SystemClock())
        self._path = home / "out.xlsx"
        self._layout = find_layout(THIRTY)
        self._cells: Sequence[Sequence[Any]] = ()

    def whole(self, _asked: Answer) -> Answer:
        """Write the list in the thirty columns, in full, with its line of the log."""
        started = time.perf_counter()
        members = members_in(self._registry, None)
        done = export(self._registry, Wanted(self._path, self._layout, members, reason=_REASON))
        took = time.perf_counter() - started
        size, peak = self._path.stat().st_size, peak_memory_bytes()
        if not self._cells:
            with CalamineWorkbook.from_path(str(self._path)) as book:
                self._cells = book.get_sheet_by_index(0).to_python()
        return {"s": took, "people": done.people, "bytes": size, "peak_bytes": peak}

    def openpyxl(self, _asked: Answer) -> Answer:
        """Write the same cells with openpyxl, which keeps none of them."""
        started = time.perf_counter()
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("Danh sách")
        for row in self._cells:
            sheet.append(row)
        book.save(self._path.with_name("openpyxl.xlsx"))
        return {"s": time.perf_counter() - started}

    def xlsxwriter(self, _asked: Answer) -> Answer:
        """Write the same cells with XlsxWriter, a row at a time."""
        started = time.perf_counter()
        options = {"constant_memory": True, "default_date_format": "dd/mm/yyyy"}
        book = xlsxwriter.Workbook(str(self._path.with_name("xlsxwriter.xlsx")), options)
        sheet = book.add_worksheet("Danh sách")
        for place, row in enumerate(self._cells):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(place, column, cell)
                elif cell != "":
                    sheet.write(place, column, cell)
        book.close()
        return {"s": time.perf_counter() - started}


if __name__ == "__main__":
    exporter = Exporter(Path(sys.argv[1]))
    answer_all({"whole": exporter.whole, "openpyxl": exporter.openpyxl, "xlsxwriter": exporter.xlsxwriter})
