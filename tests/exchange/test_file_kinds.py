"""One list in every kind of file and every encoding that occurs gives the same people."""

import csv
import io
import unicodedata
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from workbooks import make_book, make_ods

from yum_desktop.domain.old_fonts import TCVN3, VNI
from yum_desktop.exchange.excel.model import ImportPlan
from yum_desktop.exchange.excel.plan import plan_import
from yum_desktop.exchange.excel.read import Kind, kind_of_file, read_book
from yum_desktop.registry.code_lists import shipped_codes

TODAY = date(2026, 10, 15)
SAMPLES = Path(__file__).parents[1] / "data" / "samples"
ROWS = [
    ("TT", "Họ và tên", "Ngày sinh", "Giới tính", "Quê quán", "Chi đoàn"),
    ("1", "Nguyễn Văn Hưởng", "15/08/2003", "Nam", 'Xóm "Đê", xã Phú Lĩnh; Thanh Hóa', "Chi đoàn thôn Đông"),
    ("2", "Trần Thị Ngọc Ánh", "01/02/2004", "Nữ", "xã Thượng Lâm", "Chi đoàn thôn Tây"),
    ("3", "Đặng Hữu Đức", "2005", "Nam", "xã Vân Trạch", "Chi đoàn thôn Tây"),
]
PEOPLE = [
    ("Nguyễn Văn Hưởng", "2003-08-15", "NAM", "Chi đoàn thôn Đông"),
    ("Trần Thị Ngọc Ánh", "2004-02-01", "NU", "Chi đoàn thôn Tây"),
    ("Đặng Hữu Đức", "2005", "NAM", "Chi đoàn thôn Tây"),
]


def plan_of(path: Path, **more: object) -> ImportPlan:
    return plan_import(path, codes=shipped_codes(), today=TODAY, **more)  # type: ignore[arg-type]  # as given


def people(plan: ImportPlan) -> list[tuple[object, ...]]:
    return [(*(row.values.get(name) for name in ("full_name", "born_on", "sex")), row.chi_doan) for row in plan.rows]


def separated(delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(ROWS)
    return text.getvalue()


def to_tcvn3(text: str) -> str:
    back = {letter: code for code, letter in TCVN3.items()}
    return "".join(back.get(letter) or back.get(letter.lower(), letter) for letter in text)


def to_vni(text: str) -> str:
    back = {letter: pair for pair, letter in reversed(VNI.items())}
    return "".join(back.get(letter, letter) for letter in text)


def to_cp1258(text: str) -> bytes:
    """Return the bytes of Windows-1258, where a tone is a letter of its own."""
    made = b""
    for letter in text:
        try:
            made += letter.encode("cp1258")
        except UnicodeEncodeError:
            base, tone = unicodedata.normalize("NFD", letter)[:-1], unicodedata.normalize("NFD", letter)[-1]
            if tone not in "\u0300\u0301\u0303\u0309\u0323":  # the hat stands last
                parts = unicodedata.normalize("NFD", letter)
                base, tone = parts[0] + parts[2], parts[1]
            made += unicodedata.normalize("NFC", base).encode("cp1258") + tone.encode("cp1258")
    return made


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_text_file_reads_in_unicode_with_any_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "ds.csv"
    path.write_bytes(separated(delimiter).encode(encoding))
    plan = plan_of(path)
    assert people(plan) == PEOPLE
    assert plan.rows[0].values["hometown_text"] == ROWS[1][4]
    assert plan.findings == ()


@pytest.mark.parametrize(
    ("written", "finding"),
    [
        (to_cp1258, None),
        (lambda text: to_tcvn3(text).encode("latin-1"), "text.tcvn3"),
        (lambda text: to_vni(text).encode("latin-1"), "text.vni"),
        (lambda text: text.encode().decode("latin-1").encode("utf-8"), "text.mojibake"),
    ],
    ids=["windows-1258", "tcvn3", "vni", "mojibake"],
)
def test_a_text_file_of_before_unicode_is_recognised(
    tmp_path: Path, written: Callable[[str], bytes], finding: str | None
) -> None:
    path = tmp_path / "ds.csv"
    path.write_bytes(written(separated(";")))
    plan = plan_of(path)
    assert people(plan) == PEOPLE
    assert [one.code for one in plan.findings] == ([finding] if finding else [])


def test_a_first_line_that_names_the_delimiter_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "ds.csv"
    path.write_text("sep=|\r\n" + separated("|"), encoding="utf-8-sig")
    plan = plan_of(path)
    assert people(plan) == PEOPLE
    assert plan.rows[0].row == 2


def test_a_kind_is_told_by_what_is_inside(tmp_path: Path) -> None:
    make_book(tmp_path / "a.csv", ROWS)
    make_ods(tmp_path / "b.xlsx", ROWS)
    (tmp_path / "c.xls").write_text(separated("\t"), encoding="utf-16")
    (tmp_path / "d.xlsx").write_bytes((SAMPLES / "khoi-co-quan.xls").read_bytes())
    kinds = [kind_of_file(path) for path in sorted(tmp_path.iterdir())]
    assert kinds == [Kind.XLSX, Kind.ODS, Kind.TEXT, Kind.XLS]
    assert all(people(plan_of(tmp_path / name)) == PEOPLE for name in ("a.csv", "b.xlsx", "c.xls"))
    assert len(plan_of(tmp_path / "d.xlsx").rows) == 45


def test_a_list_of_an_old_office_program_is_judged_by_its_fonts(tmp_path: Path) -> None:
    """The sheet of offices, typed as TCVN3: letters alone cannot tell `Vò Gia` from Unicode."""
    path = SAMPLES / "khoi-co-quan.xls"
    data, plain = path.read_bytes(), plan_of(path)
    texts = {cell for row in read_book(path).rows for cell in row if isinstance(cell, str) and not cell.isascii()}
    for text in sorted(texts, key=len, reverse=True):
        for encoding in ("utf-16-le", "latin-1"):
            written = text.encode(encoding, "replace")
            data = data.replace(written, to_tcvn3(text).encode(encoding, "replace"))
    for encoding in ("utf-16-le", "latin-1"):
        data = data.replace("Times New Roman".encode(encoding), ".VnTime Altered".encode(encoding))
    old = tmp_path / "old.xls"
    old.write_bytes(data)
    assert people(plan_of(old)) == people(plain)
    assert [one.code for one in plan_of(old).findings] == ["text.tcvn3", "ethnic.abbrev"]
    assert ("Vò Gia", "Vũ Gia") in {(one.before, one.after) for one in plan_of(old).converted}


def test_a_column_of_old_letters_can_be_left_as_it_is_written(tmp_path: Path) -> None:
    path = SAMPLES / "chi-doan-thon-vntime.xlsx"
    before = plan_of(path)
    kept = plan_of(path, as_written={1})
    first = next(one for one in before.converted if (one.row, one.column) == (7, 1))
    assert (first.before, first.after) == ("TrÇn Xu©n B¸ch", "Trần Xuân Bách")
    assert {(one.row, one.column, one.before) for one in kept.converted} == {
        (one.row, one.column, one.before) for one in before.converted
    }
    assert {one.column for one in kept.converted if one.kept} == {1}
    assert [row.chi_doan for row in kept.rows] == [row.chi_doan for row in before.rows][: len(kept.rows)]
    assert "Trần Xuân Bách" not in {row.values["full_name"] for row in kept.rows}


def test_a_text_that_may_be_of_an_old_font_is_only_asked_about(tmp_path: Path) -> None:
    lines = [";".join(row) for row in ROWS]
    old = [to_tcvn3(line) for line in lines[:3]]
    path = tmp_path / "ds.csv"
    path.write_bytes("\r\n".join([*old, "3;Ly Vò;2005;Nam;;"]).encode("latin-1"))
    last = plan_of(path).rows[-1]
    assert last.values["full_name"] == "Ly Vò"
    assert [(one.field, one.degree, one.suggest) for one in last.problems if one.code == "text.old_font"] == [
        ("full_name", "offered", ("Ly Vũ",))
    ]
