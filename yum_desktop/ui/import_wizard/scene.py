"""Pictures of the wizard with an invented file."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from PySide6.QtWidgets import QWidget

from yum_desktop.exchange.excel.matching import match_units
from yum_desktop.exchange.excel.model import Column, Converted, Duplicate, ImportPlan, PlannedRow, Problem, RejectedRow
from yum_desktop.registry.imports import Batch
from yum_desktop.registry.views import MemberRow, UnitRow
from yum_desktop.ui.import_wizard.presenter import Imported, Read, Stage
from yum_desktop.ui.import_wizard.preview import Decisions, Preview, count, unit_names
from yum_desktop.ui.import_wizard.view import ImportPage
from yum_desktop.ui.members.scene import vocabulary
from yum_desktop.ui.scenes import Scene, in_shell

_PEOPLE: Final = (
    ("Lò Văn Hặc", "2003-04-12", "NAM", "014203001127", "0352118407", "04", "Chi đoàn bản Nà Lếch"),
    ("Quàng Thị Ẩm", "2005-09-01", "NU", "014305007741", "0388417509", "04", "Chi đoàn bản Nà Lếch"),
    ("Tòng Văn Ổn", "2004", "NAM", None, "0977206114", "04", "Chi đoàn bản Nà Lếch"),
    ("Giàng Thị Mỷ", "2006-01-01", "NU", "014306002208", None, "08", "Chi đoàn bản Nà Lếch"),
    ("Vì Văn Tướng", None, "NAM", "014202009413", "0352118408", "04", "CĐ bản Co Sậy"),
    ("Lò Thị Phương", "2004-07-07", "NU", "014304005562", "0352118409", "04", "CĐ bản Co Sậy"),
    ("Sùng A Chứ", "2004-10-12", "NAM", None, "0352118410", "08", "CĐ bản Co Sậy"),
    ("Cà Văn Dũng", "1998-02-14", "NAM", "014098003344", "0352118411", "04", "Trường cấp 3"),
    ("Lò Văn Hặc", "2003-04-12", "NAM", "014203001127", "0352118407", "04", "Trường cấp 3"),
)


def _lost_zero(number: str) -> Problem:
    words = f"Số bị mất số 0 ở đầu: “{number}”"
    return Problem("id_number", "id.lost_zero", "offered", number, (f"0{number}",), words)


_PROBLEMS: Final = {
    12: (Problem("born_on", "date.year_only", "shown", "2004", (), "Chỉ có năm"), _lost_zero("14204003815")),
    13: (Problem("phone", "missing", "shown", "", (), "Chưa có"),),
    14: (Problem("born_on", "date.invalid", "shown", "30/2/2002", (), "Ngày này không có: “30/2/2002”"),),
    16: (_lost_zero("14204006609"),),
}
_THERE: Final = MemberRow(
    member_id=UUID(int=50),
    unit_id=UUID(int=2),
    unit_name="bản Nà Lếch",
    full_name="Quàng Thị Ẩm",
    born_on="2005-09-01",
    sex="NU",
    id_number="014305007741",
    phone=None,
    position=None,
    status="DANG_SINH_HOAT",
    missing=("phone", "ethnicity"),
    sort_key=b"",
    state="ok",
)
_STORED: Final = {
    "full_name": "Quàng Thị Ấm",
    "born_on": "2005",
    "sex": "NU",
    "id_number": "014305007741",
    "phone": None,
    "ethnicity": "02",
}
_FIELDS: Final = ("full_name", "born_on", "sex", "id_number", "phone", "ethnicity")
_HEADERS: Final = (
    ("TT", "ordinal"),
    ("Họ và tên", "full_name"),
    ("Năm sinh Nam", "born_year_male"),
    ("Năm sinh Nữ", "born_year_female"),
    ("Số CMT", "id_number"),
    ("ĐT", "phone"),
    ("D.tộc", "ethnicity"),
    ("Chi đoàn", "chi_doan"),
    ("Ghi chú khác", None),
)
_UNITS: Final = (
    UnitRow(UUID(int=1), None, "XA", "Đoàn xã Mường Vạt", "Mường Vạt", 412, 0),
    UnitRow(UUID(int=2), UUID(int=1), "CHIDOAN", "Chi đoàn bản Nà Lếch", "bản Nà Lếch", 38, 1),
    UnitRow(UUID(int=3), UUID(int=1), "CHIDOAN", "Chi đoàn bản Co Sậy", "bản Co Sậy", 25, 1),
    UnitRow(UUID(int=4), UUID(int=1), "CHIDOAN", "Chi đoàn Trường THPT Mường Vạt", "THPT Mường Vạt", 60, 1),
)


def _read() -> Read:
    rows = []
    for place, (*values, unit) in enumerate(_PEOPLE, 10):
        known: dict[str, object] = {n: v for n, v in zip(_FIELDS, values, strict=True) if v is not None}
        other = {"Ghi chú khác": "Lao động ở Bắc Ninh"} if place == 12 else {}
        rows.append(PlannedRow(place, known, unit, _PROBLEMS.get(place, ()), other))
    plan = ImportPlan(
        file="DS doan vien Na Lech 2026.xlsx",
        sheet="Sheet1",
        sheets=("Sheet1", "Sheet2"),
        header_rows=(8, 9),
        columns=tuple(Column(at, "ABCDEFGHI"[at], header, field) for at, (header, field) in enumerate(_HEADERS)),
        rows=tuple(rows),
        rejected=(RejectedRow(19, "name.missing"),),
        skipped=(),
        duplicates=(Duplicate(10, 18, "same_id_other_unit"),),
        look_alikes=(),
        findings=(),
        chi_doan_from="column",
        converted=(
            Converted(10, 1, "tcvn3", "Lß V¨n HÆc", "Lò Văn Hặc"),
            Converted(11, 1, "tcvn3", "Quµng ThÞ Èm", "Quàng Thị Ẩm"),
        ),
    )
    return Read(plan, _UNITS, (_THERE,), vocabulary(), stored={_THERE.member_id: _STORED}, recalled=True)


def _start() -> QWidget:
    page = ImportPage()
    at = datetime(2026, 10, 14, 9, 30, tzinfo=UTC)
    batches = (
        Batch("b", "Nhập từ tệp DS doan vien Na Lech 2026.xlsx", 123, at, undone=False),
        Batch("a", "Nhập từ tệp danh-sach-cu.xls", 40, at - timedelta(days=9), undone=True),
    )
    page.show_batches(batches, at + timedelta(hours=4))
    return in_shell("import", page)


def _columns() -> QWidget:
    page, read = ImportPage(), _read()
    page.show_stage(Stage.COLUMNS)
    page.show_columns(read, match_units(unit_names(read.plan), read.units, alike=True))
    return in_shell("import", page)


def _preview() -> QWidget:
    page, read = ImportPage(), _read()
    units = {"Trường cấp 3": UUID(int=4), **match_units(unit_names(read.plan), read.units, alike=True)}
    shown = Preview(read.plan, read.people, read.stored)
    shown.refresh(Decisions(units))
    rows = shown.rows
    page.show_stage(Stage.PREVIEW)
    page.show_preview(rows, count(rows), read)
    page.looking.table.select_row(next(i for i, row in enumerate(page.looking.model.rows) if row.known is not None))
    return in_shell("import", page)


def _done() -> QWidget:
    page = ImportPage()
    page.show_stage(Stage.DONE)
    units = (("Chi đoàn bản Nà Lếch", 38), ("Chi đoàn bản Co Sậy", 25), ("Chi đoàn Trường THPT Mường Vạt", 60))
    page.show_done(Imported("DS doan vien Na Lech 2026.xlsx", 123, units, 5))
    return in_shell("import", page)


def scenes() -> list[Scene]:
    """Return the scenes of this screen."""
    return [
        Scene("import-file", _start),
        Scene("import-columns", _columns),
        Scene("import-preview", _preview, dark=True),
        Scene("import-done", _done),
    ]
