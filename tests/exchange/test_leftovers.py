"""The rows that were left, corrected in a spreadsheet program and imported again."""

from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook
from workbooks import make_book

from yum_desktop.domain.errors import UnavailableError
from yum_desktop.exchange.excel.layout import LEFT_REASON, LEFT_ROW, fingerprint
from yum_desktop.exchange.excel.leftovers import ORIGIN, REASON, write_leftovers
from yum_desktop.exchange.excel.model import ImportPlan
from yum_desktop.exchange.excel.opening import open_list
from yum_desktop.exchange.excel.plan import plan_list
from yum_desktop.registry.code_lists import shipped_codes

TODAY = date(2026, 10, 15)
ROWS = [
    ("TT", "Họ và tên", "Ngày sinh", "Số CCCD", "Quê quán"),
    ("I", "Chi đoàn thôn Đông (2 đoàn viên)", None, None, None),
    (1, "Nguyễn Văn An", date(2003, 8, 15), "038203012345", "xã A"),
    (2, "asdf 12", "31/02/2003", "038203012346", "=1+1"),
    ("II", "Chi đoàn thôn Tây", None, None, None),
    (3, "Trần Thị Bình", "30/02/2004", 38304012345, "@SUM(A1)"),
]


def read(path: Path) -> tuple[ImportPlan, tuple[object, ...]]:
    book = open_list(path)
    return plan_list(book, path.name, codes=shipped_codes(), today=TODAY), book.rows


def left_of(folder: Path) -> tuple[Path, ImportPlan]:
    book = open_list(make_book(folder / "ds.xlsx", ROWS))
    plan = plan_list(book, "ds.xlsx", codes=shipped_codes(), today=TODAY)
    path = folder / "chưa nhập.xlsx"
    assert write_leftovers(path, book.rows, plan, [(4, "Không phải họ tên"), (6, "Ngày này không có")]) == 2
    return path, plan


def test_rows_are_written_with_their_unit_and_the_reason(tmp_path: Path) -> None:
    path, _ = left_of(tmp_path)
    sheet = load_workbook(path).active
    assert sheet is not None
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["TT", "Họ và tên", "Ngày sinh", "Số CCCD", "Quê quán", "Chi đoàn", REASON, ORIGIN],
        [2, "asdf 12", "31/02/2003", "038203012346", None, "Chi đoàn thôn Đông", "Không phải họ tên", 4],
        [3, "Trần Thị Bình", "30/02/2004", 38304012345, "@SUM(A1)", "Chi đoàn thôn Tây", "Ngày này không có", 6],
    ]


def test_no_text_is_a_formula(tmp_path: Path) -> None:
    path, _ = left_of(tmp_path)
    sheet = load_workbook(path).active
    assert sheet is not None
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    risky = sheet["E3"]
    assert (risky.value, risky.quotePrefix) == ("@SUM(A1)", True)


def test_the_corrected_file_is_imported_like_the_first(tmp_path: Path) -> None:
    path, first = left_of(tmp_path)
    book = load_workbook(path)
    sheet = book.active
    assert sheet is not None
    sheet["B2"], sheet["C2"], sheet["C3"] = "Lê Văn Cường", "28/02/2003", "29/02/2004"
    book.save(path)
    plan, _ = read(path)
    assert [(row.values["full_name"], row.values["born_on"], row.chi_doan) for row in plan.rows] == [
        ("Lê Văn Cường", "2003-02-28", "Chi đoàn thôn Đông"),
        ("Trần Thị Bình", "2004-02-29", "Chi đoàn thôn Tây"),
    ]
    assert {LEFT_REASON, LEFT_ROW} <= {column.field for column in plan.columns}
    assert all(REASON not in row.other for row in plan.rows)
    assert first.rejected[0].member is not None


def test_lists_of_one_layout_have_one_fingerprint(tmp_path: Path) -> None:
    whole = [(*row, unit) for row, unit in zip(ROWS, ("Chi đoàn", None, "A", "A", None, "B"), strict=True)]
    book = open_list(make_book(tmp_path / "ds.xlsx", whole))
    plan = plan_list(book, "ds.xlsx", codes=shipped_codes(), today=TODAY)
    write_leftovers(tmp_path / "rest.xlsx", book.rows, plan, [(4, "x")])
    rest, _ = read(tmp_path / "rest.xlsx")
    other, _ = read(make_book(tmp_path / "other.xlsx", [("TT", "Họ tên", "Ngày sinh"), (1, "Nguyễn Văn An", 2003)]))
    assert fingerprint(rest.columns) == fingerprint(plan.columns) != fingerprint(other.columns)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    book = open_list(make_book(tmp_path / "ds.xlsx", ROWS))
    plan = plan_list(book, "ds.xlsx", codes=shipped_codes(), today=TODAY)
    with pytest.raises(UnavailableError) as caught:
        write_leftovers(tmp_path / "no folder" / "a.xlsx", book.rows, plan, [(4, "x")])
    assert caught.value.code == "file.unwritable"
