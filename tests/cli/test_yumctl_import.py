"""`yumctl import`: what it says beforehand, what it stores, and that nothing is guessed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from local_store import CHAPTERS, make
from terminal import PASSPHRASE, Terminal

from yum_desktop.exchange.excel import reading, wire
from yum_desktop.exchange.excel.limits import Limits

ROOT = Path(__file__).parents[2]
SAMPLES = Path(__file__).parents[1] / "data" / "samples"
LIST = SAMPLES / "danh-sach-doan-vien-xa.xlsx"
IN_LIST = ("thôn Đồng Vạc", "thôn Bái Sậy", "thôn Làng Mốc", "Trường THCS Phú Lĩnh Hạ")
YUM = SAMPLES / "xuat-tu-yum.xlsx"


def expected(name: str) -> dict[str, object]:
    document = json.loads((SAMPLES / f"{name}.expected.json").read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def chapters_of(document: dict[str, Any]) -> tuple[str, ...]:
    """Return the chapters that a file names."""
    return tuple(dict.fromkeys(str(member["chi_doan"]).removeprefix("Chi đoàn ") for member in document["members"]))


def test_a_look_at_a_file_needs_neither_store_nor_passphrase(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("YUM_PASSPHRASE")
    document = terminal.done("import", LIST, "--dry-run")
    wanted = expected("danh-sach-doan-vien-xa")
    assert set(document) >= set(wanted) - {"notes"}
    assert document["counts"] == wanted["counts"]
    assert document["chi_doan_from"] == wanted["chi_doan_from"]
    assert "batch" not in document
    assert not terminal.home("home").exists()


def test_a_look_with_a_unit_says_which_chapters_are_known_and_stores_nothing(terminal: Terminal) -> None:
    make(terminal.home("home"), PASSPHRASE, IN_LIST[:3])
    document = terminal.done("import", LIST, "--dry-run", "--unit", "thượng lâm")
    assert document["units"] == {
        "Chi đoàn thôn Đồng Vạc": str(UUID(int=10)),
        "Chi đoàn thôn Bái Sậy": str(UUID(int=11)),
        "Chi đoàn thôn Làng Mốc": str(UUID(int=12)),
        "Chi đoàn Trường THCS Phú Lĩnh Hạ": None,
    }
    assert terminal.done("members", "list") == []


def test_an_import_stores_everybody_in_the_right_chapter_and_is_undone_by_its_batch(terminal: Terminal) -> None:
    make(terminal.home("home"), PASSPHRASE, IN_LIST)
    document = terminal.done("import", LIST)
    assert (document["imported"], document["left_out"]) == (60, [])
    stored = {(row["full_name"], row["unit"]) for row in terminal.done("members", "list")}
    assert {(name, f"Chi đoàn {unit}") for name, unit in stored} == {
        (member["ho_ten"], member["chi_doan"]) for member in document["members"]
    }
    assert terminal.done("status")["pending"] == 60
    assert terminal.done("undo", document["batch"])["undone"] == 60
    assert terminal.done("members", "list") == []
    assert terminal.done("status")["pending"] == 0


def test_what_no_field_takes_is_kept_in_the_note_with_where_it_comes_from(terminal: Terminal) -> None:
    look = terminal.done("import", YUM, "--dry-run")
    make(terminal.home("home"), PASSPHRASE, chapters_of(look))
    terminal.done("import", YUM)
    found = terminal.done("members", "list", "vu thi diem")
    assert len(found) == 1
    values = terminal.done("members", "show", found[0]["id"])["values"]
    assert (values["source"], values["status"], values["education"]) == ("EXCEL", "DANG_SINH_HOAT", "LOP_11")
    assert values["note"] == "Đánh giá, xếp loại: Hoàn thành tốt nhiệm vụ"


def test_a_chapter_that_is_not_surely_known_stops_the_whole_import(terminal: Terminal) -> None:
    make(terminal.home("home"), PASSPHRASE, IN_LIST[:3])
    said = terminal.run("import", LIST)
    assert (said.exit_code, said.out, said.error) == (1, "", "import.unit_unknown")
    assert "Trường THCS Phú Lĩnh Hạ" in said.err
    assert terminal.done("members", "list") == []


def test_a_person_says_which_chapter_a_name_of_the_file_means(terminal: Terminal) -> None:
    make(terminal.home("home"), PASSPHRASE, (*IN_LIST[:3], "THCS Phú Lĩnh"))
    assert terminal.run("import", LIST).error == "import.unit_unknown"
    document = terminal.done("import", LIST, "--same", "Chi đoàn Trường THCS Phú Lĩnh Hạ=THCS Phú Lĩnh")
    assert document["imported"] == 60
    assert "THCS Phú Lĩnh" in {row["unit"] for row in terminal.done("members", "list")}


def test_importing_a_file_again_adds_nobody(terminal: Terminal) -> None:
    make(terminal.home("home"), PASSPHRASE, IN_LIST)
    terminal.done("import", LIST)
    look = terminal.done("import", LIST, "--dry-run", "--unit", "Thượng Lâm")
    assert [line["row"] for line in look["left_out"]] == [member["row"] for member in look["members"]]
    assert {line["why"] for line in look["left_out"]} == {"in_store"}
    again = terminal.run("import", LIST)
    assert (again.exit_code, again.out, again.error) == (1, "", "import.nothing")
    assert len(terminal.done("members", "list")) == 60


def test_somebody_who_stands_twice_in_a_file_is_imported_once(terminal: Terminal) -> None:
    document = terminal.done("import", YUM, "--dry-run")
    make(terminal.home("home"), PASSPHRASE, chapters_of(document))
    stored = terminal.done("import", YUM)
    pairs = document["duplicates"]
    assert stored["left_out"] == [
        {"row": second, "why": "same_id_other_unit", "same_as_row": first} for first, second in pairs
    ]
    assert stored["imported"] == len(document["members"]) - len(pairs) == len(terminal.done("members", "list"))


def test_one_class_is_known_however_it_is_written(terminal: Terminal) -> None:
    make(terminal.home("home"), PASSPHRASE, ("10A1", "11A1", "11A4", "12A3"))
    units = terminal.done("import", SAMPLES / "truong-thpt.xlsx", "--dry-run", "--unit", "Thượng Lâm")["units"]
    a1, a4, a3 = (str(UUID(int=number)) for number in (11, 12, 13))
    known = {"Lớp 11A1": a1, "11A1": a1, "CĐ 11A4": a4, "11A4": a4, "12 A3": a3, "12A3": a3}
    assert {name: units[name] for name in known} == known
    assert (units["12A1"], units["12a1"], units["10A2"]) == (None, None, None)


def test_rows_without_a_chapter_go_to_the_one_that_was_named_and_to_no_other(terminal: Terminal) -> None:
    make(terminal.home("home"), PASSPHRASE, CHAPTERS)
    school = SAMPLES / "truong-thpt.xlsx"
    whole = terminal.done("import", school, "--dry-run", "--unit", "Thượng Lâm")
    one = terminal.done("import", school, "--dry-run", "--unit", "Khe Nâu")
    assert whole["units"][""] is None
    assert one["units"][""] == str(UUID(int=13))


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("danh-sach.expected.json", "file.no_header"),
        ("missing.xlsx", "file.missing"),
    ],
)
def test_a_file_that_cannot_be_read_gives_its_code_and_no_document(terminal: Terminal, file: str, code: str) -> None:
    said = terminal.run("import", SAMPLES / file, "--dry-run")
    assert (said.exit_code, said.out, said.error) == (1, "", code)


def test_the_unit_of_a_title_is_only_offered(terminal: Terminal) -> None:
    hamlet = SAMPLES / "chi-doan-thon-vntime.xlsx"
    make(terminal.home("home"), PASSPHRASE, ("thôn Đồng Mít", "thôn Khe Nâu"))
    assert terminal.run("import", hamlet).error == "import.unit_unknown"
    document = terminal.done("import", hamlet, "--unit", "thôn Đồng Mít")
    assert document["imported"] == 35
    assert {row["unit"] for row in terminal.done("members", "list")} == {"thôn Đồng Mít"}


def test_a_package_starts_its_reader_of_lists_with_this_program() -> None:
    command = [sys.executable, "-m", "yum_desktop.cli.yumctl", reading.FLAG]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        wire.send(process.stdin, wire.Asked(str(LIST), None, Limits()))  # type: ignore[arg-type]  # a binary file
        said = wire.hear(process.stdout, 1 << 20)  # type: ignore[arg-type]  # a binary file
        assert isinstance(said, wire.Head)
        rows = [row for part in wire.hear_rows(process.stdout, said.rows, 1 << 20) for row in part]  # type: ignore[arg-type]
        process.stdin.close()
    assert (process.returncode, len(rows)) == (0, said.rows)


def test_rows_that_were_left_are_written_for_correcting(terminal: Terminal, tmp_path: Path) -> None:
    document = terminal.done("import", YUM, "--dry-run")
    make(terminal.home("home"), PASSPHRASE, chapters_of(document))
    left = tmp_path / "rest.xlsx"
    stored = terminal.done("import", YUM, "--left", left)
    again = terminal.done("import", left, "--dry-run")
    assert [member["ho_ten"] for member in again["members"]] == [
        next(member["ho_ten"] for member in document["members"] if member["row"] == line["row"])
        for line in stored["left_out"]
    ]
    assert "Lý do chưa nhập" not in str(again["members"])


def test_an_account_that_only_looks_imports_nothing(terminal: Terminal) -> None:
    make(terminal.home("home"), PASSPHRASE, IN_LIST, role="viewer")
    assert terminal.run("import", LIST).error == "scope.read_only"
    assert terminal.done("members", "list") == []
