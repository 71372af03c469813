"""Members out into spreadsheets: masked, disarmed, whole or not at all, and matched again when they come back."""

import errno
import io
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import msoffcrypto
import pytest
from local_commune import HAMLET, SCHOOL, local, person
from msoffcrypto.exceptions import InvalidKeyError
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from yum_desktop.domain.errors import InputError, UnavailableError
from yum_desktop.domain.member import BY_NAME, MEMBER_FIELDS, Need
from yum_desktop.exchange.excel import export as exporting
from yum_desktop.exchange.excel import out_layout
from yum_desktop.exchange.excel.export import Wanted, export
from yum_desktop.exchange.excel.layout import target_of
from yum_desktop.exchange.excel.opening import open_list
from yum_desktop.exchange.excel.out_layout import find_layout, parse_layout
from yum_desktop.exchange.excel.plan import plan_list
from yum_desktop.registry import audit, commands, imports, queries
from yum_desktop.registry.code_lists import codes
from yum_desktop.registry.commands import ImportRow
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.exporting import members_in
from yum_desktop.ui.import_wizard.preview import Decisions, Preview, State, matched

REASON = "Gửi tỉnh đoàn đối chiếu"


@pytest.fixture
def r(tmp_path: Path) -> Iterator[Registry]:
    registry = local(tmp_path / "yum.db")
    yield registry
    registry.close()


def sheet_of(path: Path, sheet: int = 0) -> list[list[Any]]:
    book = load_workbook(path)
    return [[cell.value for cell in row] for row in book.worksheets[sheet].iter_rows()]


def out(r: Registry, path: Path, layout: str = "yum30", **more: Any) -> Path:
    export(r, Wanted(path, find_layout(layout), members_in(r, None), **more))
    return path


def by_header(path: Path, row: int = 1) -> dict[str, Any]:
    rows = sheet_of(path)
    return dict(zip(rows[0], rows[row], strict=True))


FULL: dict[str, Any] = {
    "born_on": "2003-08-15", "sex": "NAM", "ethnicity": "02", "religion": "KHONG", "id_number": "038203012345",
    "phone": "0352118407", "joined_on": "2019-03", "occupation": "NONG_DAN",
}  # fmt: skip


def test_the_thirty_columns_stand_in_their_order_with_real_days_and_texts(r: Registry, tmp_path: Path) -> None:
    person(r, 1, "Ma Văn Sáng", **FULL, residence_text="Thôn Nà Đông")
    path = out(r, tmp_path / "ds.xlsx", reason=REASON)
    rows = sheet_of(path)
    assert rows[0][:5] == ["Họ và tên", "Mã định danh đoàn viên", "Số thẻ đoàn", "Ngày sinh", "Giới tính"]
    assert rows[0][29] == "Điện thoại"
    told = by_header(path)
    assert told["Ngày sinh"].date() == date(2003, 8, 15)
    assert told["Thời gian vào đoàn"] == "03/2019"
    assert (told["Số CMND/CCCD"], told["Điện thoại"], told["Dân tộc"]) == ("038203012345", "0352118407", "Tày")
    assert (told["Địa chỉ thường trú"], told["Quê quán"], told["Rèn luyện đoàn viên"]) == ("Thôn Nà Đông", None, None)


def test_without_a_reason_numbers_and_sensitive_fields_are_masked_everywhere_in_the_file(
    r: Registry, tmp_path: Path
) -> None:
    person(r, 1, "Ma Văn Sáng", **FULL, admission_no="CMND 171234567")
    told = by_header(out(r, tmp_path / "ds.xlsx"))
    assert (told["Số CMND/CCCD"], told["Điện thoại"]) == ("038******345", "035****407")
    assert (told["Dân tộc"], told["Tôn giáo"]) == ("***", "***")
    assert told["Số Nghị quyết chuẩn y kết nạp"] == "CMND 171***567"
    text = repr(sheet_of(tmp_path / "ds.xlsx"))
    assert not any(secret in text for secret in ("038203012345", "0352118407", "171234567", "Tày"))


@pytest.mark.parametrize("name", ["=1+1", "+84", "-2", "@SUM(A1)", "\t=1", "a & <b> \x07"])
def test_a_text_that_looks_like_a_formula_is_a_text(r: Registry, tmp_path: Path, name: str) -> None:
    person(r, 1, name)
    book = load_workbook(out(r, tmp_path / "ds.xlsx", reason=REASON))
    cell = book.worksheets[0]["A2"]
    assert cell.data_type != "f"
    assert cell.value == name.replace("\x07", "")
    assert cell.quotePrefix or not name.startswith(("=", "+", "-", "@", "\t"))


def test_our_own_reader_takes_the_thirty_columns_back_without_a_complaint(r: Registry, tmp_path: Path) -> None:
    person(r, 1, "Ma Văn Sáng", **FULL)
    book = open_list(out(r, tmp_path / "ds.xlsx", reason=REASON))
    row = plan_list(book, "ds.xlsx", codes=codes(r), today=date(2026, 3, 26)).rows[0]
    assert {name: row.values.get(name) for name in FULL} == FULL
    assert [p.code for p in row.problems if p.degree != "silent"] == ["date.month_only"]


def preview(r: Registry, path: Path) -> Preview:
    plan = plan_list(open_list(path), path.name, codes=codes(r), today=date(2026, 3, 26))
    people = queries.member_rows(r, None)
    shown = Preview(plan, people, imports.values_of(r, matched(plan, people)))
    shown.refresh(Decisions())
    return shown


def heads_of(page: Any) -> dict[str, int]:
    return {str(cell.value): cell.column for cell in page[3]}


def filled(path: Path, cells: dict[tuple[str, str], str]) -> None:
    """Fill in a correction sheet as a person does: by name of the row and header of the column."""
    book = load_workbook(path)
    page = book.worksheets[0]
    headers = heads_of(page)
    for row in page.iter_rows(min_row=4):
        for (name, header), text in cells.items():
            if row[1].value == name:
                page.cell(row[1].row, headers[header]).value = text
    book.save(path)


def test_a_correction_sheet_that_comes_back_finds_each_record_and_fills_its_gaps_only(
    r: Registry, tmp_path: Path
) -> None:
    one = person(r, 1, "Ma Văn Sáng", born_on="2003-08-15", id_number="038203012345")
    other = person(r, 2, "Ma Văn Sáng", born_on="2003-08-15", phone="0352118407", id_number="038203012346")
    path = out(r, tmp_path / "bs.xlsx", "bo-sung")
    assert "038203012345" not in repr(sheet_of(path))
    filled(path, {("Ma Văn Sáng", "Dân tộc"): "Tày"})
    book = load_workbook(path)  # the two have one name and one birthday: only the hidden column tells them apart
    page = book.worksheets[0]
    headers = heads_of(page)
    assert page.column_dimensions[get_column_letter(headers["Mã bản ghi"])].hidden
    row = next(line for line in (4, 5) if page.cell(line, headers["Mã bản ghi"]).value == str(one))
    page.cell(row, headers["Điện thoại"]).value = "0987110711"
    book.save(path)
    rows = {line.known: line for line in preview(r, path).rows}
    assert rows.keys() == {one, other}
    assert all(line.wanted and line.state is State.KNOWN for line in rows.values())
    assert rows[one].wanted_changes == {"ethnicity": "02", "phone": "0987110711"}
    assert rows[other].wanted_changes == {"ethnicity": "02"}
    commands.import_members(
        r, [ImportRow(HAMLET, line.wanted_changes, line.known) for line in rows.values()], reason="Bổ sung"
    )
    assert queries.member(r, one).values["phone"] == "0987110711"
    assert queries.member(r, other).values["phone"] == "0352118407"


def test_a_row_whose_name_no_longer_fits_its_record_changes_nothing(r: Registry, tmp_path: Path) -> None:
    person(r, 1, "Ma Văn Sáng")
    path = out(r, tmp_path / "bs.xlsx", "bo-sung")
    filled(path, {("Ma Văn Sáng", "Dân tộc"): "Tày", ("Ma Văn Sáng", "Họ và tên"): "Lý Thị Tối"})
    line = preview(r, path).rows[0]
    assert (line.state, line.wanted) == (State.BAD, False)


def test_a_number_of_somebody_else_in_a_correction_sheet_is_stopped(r: Registry, tmp_path: Path) -> None:
    person(r, 1, "Ma Văn Sáng")
    person(r, 2, "Lý Thị Tối", id_number="038303012345")
    path = out(r, tmp_path / "bs.xlsx", "bo-sung")
    filled(path, {("Ma Văn Sáng", "Số CMND/CCCD"): "038303012345"})
    lines = {str(line.values.get("full_name")): line for line in preview(r, path).rows}
    assert (lines["Ma Văn Sáng"].state, lines["Ma Văn Sáng"].wanted) == (State.BAD, False)


def test_a_correction_sheet_has_a_sheet_for_each_chapter_and_only_columns_that_somebody_lacks(
    r: Registry, tmp_path: Path
) -> None:
    person(r, 1, "Ma Văn Sáng", HAMLET, phone="0352118407")
    person(r, 2, "Lý Thị Tối", SCHOOL, ethnicity="02")
    book = load_workbook(out(r, tmp_path / "bs.xlsx", "bo-sung"))
    heads = {page.title: {cell.value for cell in page[3]} for page in book.worksheets}
    assert len(heads) == 2
    assert [("Điện thoại" in head, "Dân tộc" in head) for head in heads.values()] == [(False, True), (True, False)]


def test_who_lacks_nothing_is_not_on_a_correction_sheet(r: Registry, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        out(r, tmp_path / "bs.xlsx", "bo-sung")
    assert caught.value.code == "export.nothing"


def test_an_empty_template_offers_the_lists_and_has_nobody(r: Registry, tmp_path: Path) -> None:
    person(r, 1, "Ma Văn Sáng")
    book = load_workbook(out(r, tmp_path / "mau.xlsx", "mau-nhap"))
    page = book.worksheets[0]
    assert page.max_row == 1
    assert {v.formula1 for v in page.data_validations.dataValidation} >= {'"Nam,Nữ"'}


def test_every_column_of_the_sheets_that_come_back_is_known_to_the_import() -> None:
    for name in ("bo-sung", "mau-nhap"):
        layout = find_layout(name)
        unknown = [c.label for c in layout.columns if c.value != "@ordinal" and target_of(c.label) is None]
        assert unknown == []
        taken = {c.label: target_of(c.label) for c in layout.columns if isinstance(c.value, str) and c.value in BY_NAME}
        assert taken == {c.label: c.value for c in layout.columns if c.label in taken}


def test_every_field_that_a_record_needs_can_be_filled_in_on_a_correction_sheet() -> None:
    covered = {name for c in find_layout("bo-sung").columns for name in (*c.names, *c.fills)}
    assert {f.name for f in MEMBER_FIELDS if f.need is Need.ALWAYS} - covered == {"unit_id"}


def test_a_sealed_file_opens_with_its_password_only(r: Registry, tmp_path: Path) -> None:
    person(r, 1, "Ma Văn Sáng", **FULL)
    path = out(r, tmp_path / "kin.xlsx", reason=REASON, password="mây trắng núi xanh")
    assert path.read_bytes()[:2] != b"PK"
    with path.open("rb") as file, pytest.raises(InvalidKeyError):
        msoffcrypto.OfficeFile(file).load_key(password="mây trắng núi đỏ", verify_password=True)
    opened = io.BytesIO()
    with path.open("rb") as file:
        sealed = msoffcrypto.OfficeFile(file)
        sealed.load_key(password="mây trắng núi xanh", verify_password=True)
        sealed.decrypt(opened)
    assert load_workbook(opened).worksheets[0]["A2"].value == "Ma Văn Sáng"
    with pytest.raises(InputError) as caught:
        open_list(path)
    assert caught.value.code == "file.protected"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"password": "1234567"}, "export.password_short"),
        ({"password": "x" * 256}, "export.password_long"),
        ({"password": " 12345678"}, "export.password_odd"),
        ({"reason": "ok"}, "export.reason_short"),
    ],
)
def test_a_poor_password_or_reason_is_refused_before_anything_is_written(
    r: Registry, tmp_path: Path, more: dict[str, str], code: str
) -> None:
    person(r, 1, "Ma Văn Sáng")
    with pytest.raises(InputError) as caught:
        out(r, tmp_path / "ds.xlsx", **more)
    assert caught.value.code == code
    assert audit.lines(r) == []
    assert not list(tmp_path.glob("*.xlsx*"))


def test_each_export_leaves_one_line_without_people(r: Registry, tmp_path: Path) -> None:
    person(r, 1, "Ma Văn Sáng", **FULL)
    out(r, tmp_path / "a.xlsx")
    out(r, tmp_path / "b.xlsx", reason=REASON, password="mây trắng núi xanh", unit_id=HAMLET)
    told = [dict(line.what) for line in audit.lines(r)]
    assert told == [
        {"layout": "yum30", "count": 1, "masked": False, "protected": True, "unit": str(HAMLET), "reason": REASON},
        {"layout": "yum30", "count": 1, "masked": True, "protected": False, "unit": None, "reason": None},
    ]
    assert not any(secret in repr(told) for secret in ("Sáng", "038203012345", "0352118407", "mây trắng"))


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("yum.db"))


def test_a_stopped_export_leaves_the_old_file_and_nothing_beside_it(r: Registry, tmp_path: Path) -> None:
    for number in range(450):
        person(r, number, f"Ma Văn {number}")
    path = tmp_path / "ds.xlsx"
    path.write_bytes(b"old")
    stop, seen = threading.Event(), []

    def report(done: int, whole: int) -> None:
        seen.append((done, whole))
        stop.set()

    with pytest.raises(InputError) as caught:
        export(r, Wanted(path, find_layout("yum30"), members_in(r, None)), stop=stop, report=report)
    assert caught.value.code == "export.stopped"
    assert seen == [(200, 450)]
    assert (path.read_bytes(), left(tmp_path), audit.lines(r)) == (b"old", ["ds.xlsx"], [])


def test_a_full_disk_is_named_and_nothing_half_written_is_left(
    r: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person(r, 1, "Ma Văn Sáng")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UnavailableError) as caught:
        out(r, tmp_path / "ds.xlsx")
    assert caught.value.code == "export.disk_full"
    assert left(tmp_path) == []
    assert [line.action for line in audit.lines(r)] == ["export.failed", "export"]


def test_a_place_that_cannot_be_written_is_named(r: Registry, tmp_path: Path) -> None:
    person(r, 1, "Ma Văn Sáng")
    with pytest.raises(InputError) as caught:
        out(r, tmp_path / "không có" / "ds.xlsx")
    assert caught.value.code == "export.folder_missing"
    (tmp_path / "ds.xlsx").mkdir()
    with pytest.raises(UnavailableError) as refused:
        out(r, tmp_path / "ds.xlsx")
    assert refused.value.code == "export.unwritable"
    assert left(tmp_path) == ["ds.xlsx"]


def test_a_list_as_shown_has_the_columns_and_the_order_of_the_screen(r: Registry, tmp_path: Path) -> None:
    one, two = person(r, 1, "Ma Văn Sáng"), person(r, 2, "Lý Thị Tối", phone="0352118407")
    layout = find_layout(out_layout.AS_SHOWN).showing(["phone", "full_name"])
    export(r, Wanted(tmp_path / "ds.xlsx", layout, [two, one, UUID(int=77)], about="Thượng Lâm"))
    rows = sheet_of(tmp_path / "ds.xlsx")
    assert rows[0][0] == "DANH SÁCH ĐOÀN VIÊN – Thượng Lâm"
    assert rows[1][0].startswith("Xuất bởi thuonglam lúc ")
    assert rows[2:] == [["STT", "Điện thoại", "Họ và tên"], [1, "035****407", "Lý Thị Tối"], [2, None, "Ma Văn Sáng"]]


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("{", "layout.not_json", "dòng 1"),
        ('{"format": 2}', "layout.newer", "x.json"),
        ('{"format": 1}', "layout.invalid", "id"),
        ("COLUMNS[{}]", "layout.invalid", "$.columns[0]"),
        ('COLUMNS[{"label": "A", "value": 5}]', "layout.invalid", "$.columns[0].value"),
        ('COLUMNS[{"label": "A", "value": null, "colour": 1}]', "layout.invalid", "colour"),
        ('COLUMNS[{"label": "A", "value": null}, {"label": "B", "value": "ho_ten"}]', "layout.value_unknown", "cột 2"),
        ('COLUMNS[{"label": "A", "value": null}, {"label": "A", "value": null}]', "layout.header_twice", "cột 2"),
        ("COLUMNS[]", "layout.invalid", "$.columns"),
    ],
)
def test_a_bad_layout_says_where_it_is_bad(text: str, code: str, place: str) -> None:
    rest = '{"format": 1, "id": "x", "title": "X", "about": "", "source": "", "sheet": "X", "columns": '
    whole = f"{rest}{text.removeprefix('COLUMNS')}}}" if text.startswith("COLUMNS") else text
    with pytest.raises(InputError) as caught:
        parse_layout(whole.encode(), "x.json")
    assert caught.value.code == code
    assert place in caught.value.text


def test_a_layout_in_the_folder_is_added_without_code_and_a_broken_one_stops_no_other(
    r: Registry, tmp_path: Path
) -> None:
    folder = tmp_path / "layouts"
    folder.mkdir()
    mine = '{"format": 1, "id": "chinh-thuc", "title": "Mẫu", "about": "", "source": "Công văn", "sheet": "Mau",'
    mine += ' "columns": [{"label": "Họ tên ĐV", "value": "full_name"}]}'
    (folder / "chinh-thuc.json").write_text(mine, encoding="utf-8")
    (folder / "hong.json").write_text("{", encoding="utf-8")
    known, wrong = out_layout.layouts(folder)
    assert [one.id for one in known] == ["nhu-man-hinh", "yum30", "bo-sung", "mau-nhap", "chinh-thuc"]
    assert [error.code for error in wrong] == ["layout.not_json"]
    person(r, 1, "Ma Văn Sáng")
    exporting.export(r, Wanted(tmp_path / "m.xlsx", find_layout("chinh-thuc", folder), members_in(r, None)))
    assert sheet_of(tmp_path / "m.xlsx") == [["Họ tên ĐV"], ["Ma Văn Sáng"]]
    with pytest.raises(InputError) as caught:
        find_layout("hong", folder)
    assert caught.value.code == "layout.not_json"


@pytest.mark.parametrize("name", ["a/b:c*?[]\\", "x" * 60, "'", "History", "Chi đoàn\n1"])
def test_any_unit_name_makes_a_sheet_name_that_excel_takes(name: str) -> None:
    taken: list[str] = []
    for _ in range(3):
        made = out_layout.sheet_name(name, taken)
        assert 0 < len(made) <= 31
        assert not set(made) & set("[]:*?/\\\n")
        assert made.lower() not in {other.lower() for other in taken} | {"history"}
        taken.append(made)
