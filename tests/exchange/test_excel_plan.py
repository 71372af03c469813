"""Planning an import: mapping, groups, totals and files that want to do harm."""

import io
import random
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from workbooks import make_book

from yum_desktop.domain.errors import InputError
from yum_desktop.exchange.excel.model import ImportPlan
from yum_desktop.exchange.excel.plan import plan_import
from yum_desktop.registry.code_lists import shipped_codes

TODAY = date(2026, 10, 15)
HEADER = ("TT", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD")
AN = (1, "Nguyễn Văn An", "15/08/2003", "Nam", "038203012345")
BINH = (2, "Trần Thị Bình", "01/02/2004", "Nữ", "038304012345")
SAMPLE = Path(__file__).parents[1] / "data" / "samples" / "danh-sach-doan-vien-xa.xlsx"


def plan_of(folder: Path, rows: Sequence[Sequence[object]], mapping: dict[int, str | None] | None = None) -> ImportPlan:
    path = make_book(folder / "ds.xlsx", rows)
    return plan_import(path, codes=shipped_codes(), today=TODAY, mapping=mapping)


def outcome(path: Path) -> str:
    try:
        plan_import(path, codes=shipped_codes(), today=TODAY)
    except InputError as error:
        return error.code
    return "read"


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        plan_import(path, codes=shipped_codes(), today=TODAY)
    return caught.value.code


def test_a_plain_list_becomes_members(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [HEADER, AN, BINH])
    assert [row.values for row in plan.rows] == [
        {"full_name": "Nguyễn Văn An", "born_on": "2003-08-15", "sex": "NAM", "id_number": "038203012345"},
        {"full_name": "Trần Thị Bình", "born_on": "2004-02-01", "sex": "NU", "id_number": "038304012345"},
    ]
    assert all(not row.problems for row in plan.rows)


def test_characters_that_no_server_would_take_do_not_get_in(tmp_path: Path) -> None:
    """Office programs write a character zero as ``_x0000_``."""
    plan = plan_of(tmp_path, [HEADER, (1, "Nguyễn_x0000_ Văn_x0001_ An", "15/08/2003", "Nam", "038203012345")])
    assert [row.values["full_name"] for row in plan.rows] == ["Nguyễn Văn An"]


def test_a_mapping_overrules_the_headers(tmp_path: Path) -> None:
    rows = [(*HEADER, "Nơi sinh hoạt"), (*AN, "Thôn 1")]
    plan = plan_of(tmp_path, rows, {5: "chi_doan", 4: None})
    assert plan.rows[0].chi_doan == "Thôn 1"
    assert "id_number" not in plan.rows[0].values
    assert plan.rows[0].other == {"Số CCCD": "038203012345"}


def test_a_mapping_takes_a_field_from_the_column_that_had_it(tmp_path: Path) -> None:
    rows = [(*HEADER, "Tên trong giấy khai sinh"), (*AN, "Nguyễn Văn Ân")]
    plan = plan_of(tmp_path, rows, {5: "full_name"})
    assert plan.rows[0].values["full_name"] == "Nguyễn Văn Ân"
    assert plan.rows[0].other == {"Họ và tên": "Nguyễn Văn An"}


def test_a_number_that_is_no_day_is_told(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [HEADER, (1, "Nguyễn Văn An", 9e300, "Nam", None), (2, "Lê Văn Bách", 20, "Nam", None)])
    assert [[p.code for p in row.problems if p.field == "born_on"] for row in plan.rows] == [["date.invalid"]] * 2


def test_a_mapping_to_no_field_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        plan_of(tmp_path, [HEADER, AN], {0: "salary"})
    assert caught.value.code == "file.unknown_target"


def test_a_name_column_that_is_mapped_away_is_missed(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        plan_of(tmp_path, [HEADER, AN], {1: None})
    assert caught.value.code == "file.no_name_column"


def test_a_second_person_called_tong_is_no_total(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [HEADER, AN, (2, "Tống Văn Cường", "2003", "Nam", None), ("Tổng cộng: 2",)])
    assert [row.values["full_name"] for row in plan.rows] == ["Nguyễn Văn An", "Tống Văn Cường"]
    assert [(row.row, row.why) for row in plan.skipped] == [(1, "header"), (4, "total")]


def test_the_last_heading_above_gives_the_unit(tmp_path: Path) -> None:
    rows = [HEADER, ("I", "Chi đoàn thôn Đông (1 đoàn viên)"), AN, ("II", "Chi đoàn thôn Tây"), BINH]
    plan = plan_of(tmp_path, rows)
    assert [row.chi_doan for row in plan.rows] == ["Chi đoàn thôn Đông", "Chi đoàn thôn Tây"]
    assert plan.chi_doan_from == "group"


def test_an_identity_number_that_lost_its_zero_is_only_offered(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [HEADER, (*AN[:4], 38203012345), BINH])
    (row, _) = plan.rows
    assert "id_number" not in row.values
    assert [(p.code, p.degree, p.suggest) for p in row.problems] == [("id.lost_zero", "offered", ("038203012345",))]


def test_one_person_on_two_rows_is_told_with_the_reason(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [HEADER, AN, (2, "Nguyễn Văn An", "15/08/2003", "Nam", None), (3, *AN[1:])])
    assert {(d.first, d.second, d.reason) for d in plan.duplicates} == {
        (2, 4, "same_id"),
        (2, 3, "same_name_and_birthday"),
        (3, 4, "same_name_and_birthday"),
    }


def test_a_value_no_list_knows_stays_beside_the_record(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [(*HEADER, "Tôn giáo"), (*AN, "Chưa rõ lắm")])
    assert "religion" not in plan.rows[0].values
    assert plan.rows[0].other == {"Tôn giáo": "Chưa rõ lắm"}


def test_text_that_is_no_name_is_rejected_with_its_row(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [HEADER, (1, "asdf ;; 12", "15/08/2003", "Nam", None), BINH])
    assert [(row.row, row.why) for row in plan.rejected] == [(2, "name.not_a_name")]


def test_a_file_without_a_list_is_refused(tmp_path: Path) -> None:
    assert refusal(make_book(tmp_path / "a.xlsx", [("Xin chào",)])) == "file.no_header"
    assert refusal(make_book(tmp_path / "b.xlsx", [])) == "file.empty"


def test_a_sheet_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = make_book(tmp_path / "a.xlsx", [HEADER, AN])
    with pytest.raises(InputError) as caught:
        plan_import(path, codes=shipped_codes(), today=TODAY, sheet="Khác")
    assert caught.value.code == "file.no_sheet"


def test_a_file_that_is_gone_or_no_workbook_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.xlsx") == "file.missing"
    (tmp_path / "text.xlsx").write_text("Họ và tên", encoding="utf-8")
    assert refusal(tmp_path / "text.xlsx") == "file.no_header"


def test_an_archive_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.xlsx", "w") as archive:
        archive.writestr("a.txt", "a")
    assert refusal(tmp_path / "other.xlsx") == "file.kind_unsupported"


def test_a_damaged_workbook_is_read_or_refused_and_never_breaks_the_program(tmp_path: Path) -> None:
    rng = random.Random(7)
    whole = SAMPLE.read_bytes()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    outcomes = set()
    for turn in range(24):
        broken = dict(parts)
        name = rng.choice(sorted(broken))
        data = bytearray(broken[name])
        for _ in range(rng.randint(1, 20)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        broken[name] = bytes(data[: rng.randrange(len(data))]) if turn % 3 == 0 else bytes(data)
        path = tmp_path / "broken.xlsx"
        with zipfile.ZipFile(path, "w") as archive:
            for part, content in broken.items():
                archive.writestr(part, content)
        outcomes.add(outcome(path))
    assert "file.damaged" in outcomes
    assert all(code == "read" or code.startswith("file.") for code in outcomes)
