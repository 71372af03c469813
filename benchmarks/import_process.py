"""Reads a list of the thirty columns of the web system's export: by the fastest bare reader, then as an import does.

python -m benchmarks.import_process FOLDER ROWS
"""

import random
import sys
import time
from datetime import date
from pathlib import Path
from typing import Final

import xlsxwriter
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from benchmarks.children import Answer, answer_all, peak_memory_bytes, tell
from yum_desktop.exchange.excel.opening import open_list
from yum_desktop.exchange.excel.plan import plan_list
from yum_desktop.registry.code_lists import shipped_codes
from yum_desktop.ui.import_wizard.preview import Decisions, Preview, count

TODAY: Final = date(2026, 10, 15)
SEED: Final = 20_260
HEADERS: Final = (
    "Họ và tên", "Mã định danh đoàn viên", "Số thẻ đoàn", "Ngày sinh", "Giới tính", "Dân tộc", "Tôn giáo", "Quê quán",
    "Địa chỉ thường trú", "Số CMND/CCCD", "Ngày cấp", "Nơi cấp", "Trình độ văn hóa", "Trình độ chuyên môn",
    "Trình độ LLCT", "Tin học", "Ngoại ngữ", "Thời gian vào đoàn", "Số Nghị quyết chuẩn y kết nạp",
    "Thời gian vào Đảng", "Nghề nghiệp hiện nay", "Đối tượng sinh hoạt", "Rèn luyện đoàn viên", "Đánh giá, xếp loại",
    "Khen thưởng", "Kỷ luật", "Chức vụ trong chi đoàn", "Hội", "Email", "Điện thoại", "Đơn vị",
)  # fmt: skip
_FAMILIES: Final = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương")
_MIDDLES: Final = (("Văn", "Hữu", "Đức", "Minh", "Quốc"), ("Thị", "Ngọc", "Thu", "Kim", "Thanh"))
_GIVEN: Final = ("An", "Bình", "Chi", "Dũng", "Giang", "Hà", "Hùng", "Lan", "Mai", "Nam", "Oanh", "Phúc", "Quân", "Sơn")


def row(rng: random.Random, number: int) -> list[object]:
    """Return an invented person; every fifth has something to be looked at."""
    sex, year = number % 2, rng.randint(1994, 2010)
    born = f"{rng.randint(1, 28):02d}/{rng.randint(1, 12):02d}/{year}"
    identity = f"038{(2 if year >= 2000 else 0) + sex}{year % 100:02d}{rng.randrange(10**6):06d}"
    phone: object = f"0{rng.choice('35789')}{rng.randrange(10**8):08d}"
    if number % 5 == 0:
        odd = rng.randrange(4)
        born = str(year) if odd == 0 else born
        identity = identity[1:] if odd == 1 else identity
        phone = int(str(phone)) if odd == 2 else "" if odd == 3 else phone
    name = f"{rng.choice(_FAMILIES)} {rng.choice(_MIDDLES[sex])} {rng.choice(_GIVEN)}"
    return [
        name, f"DV{number:07d}", f"{number:09d}", born, ("Nam", "Nữ")[sex], rng.choice(("Kinh", "Kinh", "Tày", "Thái")),
        "Không", f"xã {number % 30}, tỉnh Thanh Hóa", f"Thôn {number % 9}, xã {number % 30}, tỉnh Thanh Hóa", identity,
        date(2021, 1 + number % 12, 1 + number % 28), "Cục CS QLHC về TTXH", "12/12", "Đại học", "Sơ cấp", "Cơ bản",
        "Bậc 2", f"26/03/{year + 16}", f"{number % 90}-NQ/ĐTN", "", "Sinh viên", "", "Tốt", "Hoàn thành tốt nhiệm vụ",
        "", "", "Đoàn viên", "Hội LHTN Việt Nam", f"nguoi{number}@example.com", phone, f"Chi đoàn thôn {number % 40}",
    ]  # fmt: skip


def write(path: Path, rows: int) -> None:
    """Write a list of invented people."""
    rng = random.Random(SEED)
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "default_date_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet("Danh sách")
    sheet.write_row(0, 0, HEADERS)
    for number in range(1, rows + 1):
        sheet.write_row(number, 0, row(rng, number))
    book.close()


class Importer:
    """Somebody who imports one list again and again."""

    def __init__(self, path: Path) -> None:
        self._path, self._codes = path, shipped_codes()

    def bare(self, _asked: Answer) -> Answer:
        """Read every cell of the list, and nothing more, with the fastest reader and with openpyxl."""
        started = time.perf_counter()
        with CalamineWorkbook.from_path(str(self._path)) as book:
            rows = book.get_sheet_by_index(0).to_python()
        read = time.perf_counter()
        for sheet in load_workbook(self._path, read_only=True).worksheets[:1]:
            for _ in sheet.iter_rows(values_only=True):
                pass
        ended = time.perf_counter()
        return {"s": read - started, "openpyxl_s": ended - read, "rows": len(rows)}

    def whole(self, _asked: Answer) -> Answer:
        """Read, check and preview the list, as the wizard does before a person has decided anything."""
        started = time.perf_counter()
        book = open_list(self._path)
        read = time.perf_counter()
        plan = plan_list(book, self._path.name, codes=self._codes, today=TODAY)
        checked = time.perf_counter()
        preview = Preview(plan, (), {})
        preview.refresh(Decisions())
        rows = count(preview.rows)
        ended = time.perf_counter()
        return {
            "s": ended - started,
            "read_s": read - started,
            "check_s": checked - read,
            "preview_s": ended - checked,
            "wanted": rows.wanted,
            "peak_bytes": peak_memory_bytes(),
        }


if __name__ == "__main__":
    file = Path(sys.argv[1]) / "list.xlsx"
    write(file, int(sys.argv[2]))
    importer = Importer(file)
    tell(bytes=file.stat().st_size)
    answer_all({"bare": importer.bare, "whole": importer.whole})
