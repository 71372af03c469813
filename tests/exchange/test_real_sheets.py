"""What lists of communes are really like (domain §6.8): headers anywhere, merged cells, days in every form."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from workbooks import make_book

from yum_desktop.exchange.excel import cells
from yum_desktop.exchange.excel.model import ImportPlan
from yum_desktop.exchange.excel.plan import plan_import
from yum_desktop.registry.code_lists import shipped_codes

TODAY = date(2026, 10, 15)


def plan_of(path: Path, sheet: str | None = None) -> ImportPlan:
    return plan_import(path, codes=shipped_codes(), today=TODAY, sheet=sheet)


def sheet_of(folder: Path, rows: Sequence[Sequence[object]], merged: Sequence[str] = (), title: str = "DS") -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    for area in merged:
        sheet.merge_cells(area)
    path = folder / "ds.xlsx"
    book.save(path)
    return path


def test_a_header_of_three_rows_is_held_together_by_its_merged_cells(tmp_path: Path) -> None:
    rows = [
        ("ĐOÀN XÃ PHÚ LĨNH",),
        ("DANH SÁCH ĐOÀN VIÊN",),
        ("TT", "Họ và tên", "Thông tin cá nhân", None, None, None, "Số CCCD"),
        (None, None, "Ngày tháng năm sinh", None, "Dân tộc", "Quê quán", None),
        (None, None, "Nam", "Nữ", None, None, None),
        (1, 2, 3, 4, 5, 6, 7),
        (1, "Nguyễn Văn An", "15/08/2003", None, "Kinh", "xã A", "038203012345"),
        (2, "Trần Thị Bình", None, "2004", "Tày", "xã B", "038304012345"),
    ]
    merged = ("A3:A5", "B3:B5", "C3:F3", "C4:D4", "E4:E5", "F4:F5", "G3:G5")
    plan = plan_of(sheet_of(tmp_path, rows, merged))
    assert plan.header_rows == (3, 4, 5, 6)
    assert [(row.values["full_name"], row.values["sex"], row.values["born_on"]) for row in plan.rows] == [
        ("Nguyễn Văn An", "NAM", "2003-08-15"),
        ("Trần Thị Bình", "NU", "2004"),
    ]
    assert [row.values["hometown_text"] for row in plan.rows] == ["xã A", "xã B"]
    assert [row.values["ethnicity"] for row in plan.rows] == ["01", "02"]


@pytest.mark.parametrize("above", [0, 1, 12, 35])
def test_a_header_is_found_on_any_row(tmp_path: Path, above: int) -> None:
    rows = [("Tỉnh đoàn Thanh Hóa",)] * above + [("STT", "Họ tên", "Năm sinh"), (1, "Lê Văn Cường", 2003)]
    plan = plan_of(sheet_of(tmp_path, rows))
    assert [(row.row, row.values["full_name"]) for row in plan.rows] == [(above + 2, "Lê Văn Cường")]


def test_a_name_in_three_columns_is_joined(tmp_path: Path) -> None:
    rows = [("TT", "Họ", "Tên đệm", "Tên", "Năm sinh"), (1, "Nguyễn", "Văn", "An", 2003), (2, "Lê", None, "Bình", 2004)]
    plan = plan_of(sheet_of(tmp_path, rows))
    assert [row.values["full_name"] for row in plan.rows] == ["Nguyễn Văn An", "Lê Bình"]


def test_one_header_over_two_columns_of_a_name(tmp_path: Path) -> None:
    rows = [
        ("TT", "Họ và tên", None, "Ngày sinh"),
        (None, None, None, None),
        (1, "Nguyễn Văn", "An", "15/08/2003"),
        (2, "Trần Thị", "Bình", "01/02/2004"),
    ]
    plan = plan_of(sheet_of(tmp_path, rows, ("A1:A2", "B1:C2", "D1:D2")))
    assert [row.values["full_name"] for row in plan.rows] == ["Nguyễn Văn An", "Trần Thị Bình"]


def test_what_is_merged_over_rows_holds_for_each_and_a_name_does_not(tmp_path: Path) -> None:
    rows = [
        ("TT", "Họ và tên", "Năm sinh", "Dân tộc", "Lớp"),
        (1, "Nguyễn Văn An", 2003, "Tày", "10A1"),
        (2, "Trần Thị Bình", 2004, None, None),
        (3, None, 2004, "Kinh", "10A2"),
    ]
    plan = plan_of(sheet_of(tmp_path, rows, ("D2:D3", "E2:E3", "B3:B4")))
    assert [(row.values["ethnicity"], row.chi_doan) for row in plan.rows] == [("02", "10A1"), ("02", "10A1")]
    assert [(row.row, row.why) for row in plan.rejected] == [(4, "name.missing")]


@pytest.mark.parametrize(
    ("header", "cells_of", "sexes"),
    [
        (("Nam", "Nữ"), (("x", None), (None, "x"), (None, None)), ["NAM", "NU", None]),
        (("Nữ", None), (("x", None), (None, None), ("X", None)), ["NU", "NAM", "NU"]),
        (("Nam", None), (("x", None), (None, None), (True, None)), ["NAM", "NU", "NAM"]),
        (("Giới tính", None), (("nam giới", None), ("Gái", None), ("F", None)), ["NAM", "NU", "NU"]),
        (("Phái", None), (("TRAI", None), ("Nu.", None), ("(nữ)", None)), ["NAM", "NU", "NU"]),
        (("Giới tính", None), (("1", None), ("?", None), ("nam/nữ", None)), [None, None, None]),
    ],
)
def test_a_sex_is_read_however_it_is_written(
    tmp_path: Path, header: tuple[str, ...], cells_of: tuple[tuple[object, ...], ...], sexes: list[str | None]
) -> None:
    rows: list[tuple[object, ...]] = [("TT", "Họ và tên", "Năm sinh", *header)]
    rows += [(n, f"Nguyễn Văn {'ABC'[n]}n", 2003, *pair) for n, pair in enumerate(cells_of)]
    plan = plan_of(sheet_of(tmp_path, rows))
    assert [row.values.get("sex") for row in plan.rows] == sexes


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("5/8/03", "2003-08-05"),
        ("05.08.2003", "2003-08-05"),
        ("5 - 8 - 2003", "2003-08-05"),
        ("2003-08-05", "2003-08-05"),
        ("2003-08-05 00:00:00", "2003-08-05"),
        ("ngày 5 tháng 8 năm 2003", "2003-08-05"),
        ("Mùng 5 tháng 8 năm 2003", "2003-08-05"),
        ("05-thg 8-2003", "2003-08-05"),
        ("5-Aug-03", "2003-08-05"),
        ("05 August 2003", "2003-08-05"),
        ("08/2003", "2003-08"),
        ("tháng 8 năm 2003", "2003-08"),
        ("Tháng 8/2003", "2003-08"),
        ("00/08/2003", "2003-08"),
        ("?/8/2003", "2003-08"),
        ("2003", "2003"),
        ("năm 2003", "2003"),
        ("sinh năm 2003", "2003"),
        ("00/00/2003", "2003"),
        ("…/…/2003", "2003"),
        (2003, "2003"),
        (2003.0, "2003"),
        (37838, "2003-08-05"),
        (datetime(2003, 8, 5), "2003-08-05"),  # noqa: DTZ001  # a cell knows no zone
        (date(2003, 8, 5), "2003-08-05"),
        ("31/02/2003", None),
        ("8/25/2003", None),
        ("05082003", None),
        ("hai nghìn lẻ ba", None),
        (200308, None),
    ],
)
def test_a_day_is_read_in_every_form_and_never_guessed(cell: str | float | date, day: str | None) -> None:
    assert cells.read_date(cell, TODAY, birth=True).value == day


def test_days_of_an_old_macintosh_count_from_1904(tmp_path: Path) -> None:
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    assert sheet is not None
    sheet.append(["TT", "Họ và tên", "Ngày sinh"])
    sheet.append([1, "Nguyễn Văn An", datetime(2003, 8, 5)])  # noqa: DTZ001  # a cell knows no zone
    sheet.append([2, "Trần Thị Bình", 37838 - 1462])
    book.save(tmp_path / "mac.xlsx")
    plan = plan_of(tmp_path / "mac.xlsx")
    assert [row.values["born_on"] for row in plan.rows] == ["2003-08-05", "2003-08-05"]


def test_a_sheet_named_after_a_unit_offers_it(tmp_path: Path) -> None:
    rows = [("TT", "Họ và tên", "Năm sinh"), (1, "Nguyễn Văn An", 2003)]
    plan = plan_of(sheet_of(tmp_path, rows, title="CĐ thôn Đông"))
    assert (plan.chi_doan_from, plan.rows[0].chi_doan) == ("sheet", "CĐ thôn Đông")
    assert plan_of(sheet_of(tmp_path, rows, title="Sheet1")).chi_doan_from is None


def test_each_sheet_of_a_workbook_can_be_read(tmp_path: Path) -> None:
    book = Workbook()
    for name, person in (("Thôn 1", "Nguyễn Văn An"), ("Thôn 2", "Trần Thị Bình")):
        sheet = book.create_sheet(name)
        sheet.append(["TT", "Họ và tên", "Năm sinh"])
        sheet.append([1, person, 2003])
    book.save(tmp_path / "ds.xlsx")
    assert plan_of(tmp_path / "ds.xlsx").sheets == ("Sheet", "Thôn 1", "Thôn 2")
    assert plan_of(tmp_path / "ds.xlsx", "Thôn 2").rows[0].values["full_name"] == "Trần Thị Bình"


def test_notes_and_signatures_below_a_list_are_no_people(tmp_path: Path) -> None:
    rows = [
        ("TT", "Họ và tên", "Năm sinh", "Ghi chú"),
        (1, "Nguyễn Văn An", 2003, "Bí thư"),
        (None, "Ấn định danh sách có 1 đoàn viên", None, None),
        (None, "Ghi chú: người có dấu * đang đi học", None, None),
        (None, None, None, "Phú Lĩnh, ngày 15 tháng 10 năm 2026"),
        (None, None, None, "TM. BAN CHẤP HÀNH"),
        (None, None, None, "Trần Văn Ký"),
    ]
    plan = plan_of(sheet_of(tmp_path, rows))
    assert [row.row for row in plan.rows] == [2]
    assert plan.rejected == ()
    assert [one.why for one in plan.skipped] == ["header", "total", "note", "signature", "signature", "signature"]


def test_several_spellings_of_a_column_are_known(tmp_path: Path) -> None:
    rows = [
        (
            "Số TT",
            "HỌ VÀ TÊN (viết hoa)",
            "Ngày, tháng, năm sinh",
            "Số CMND/CCCD:",
            "SĐT",
            "Ngày kết nạp",
            "Chi đoàn/Lớp",
        ),
        (1, "NGUYỄN VĂN AN", "15/08/2003", "'038203012345", "0912 345 678", "26/3/2019", "11A1"),
    ]
    (row,) = plan_of(make_book(tmp_path / "ds.xlsx", rows)).rows
    assert row.values == {
        "full_name": "Nguyễn Văn An",
        "born_on": "2003-08-15",
        "id_number": "038203012345",
        "phone": "0912345678",
        "joined_on": "2019-03-26",
    }
    assert row.chi_doan == "11A1"
