"""`yumctl export` on a real store."""

from pathlib import Path

import pytest
from local_store import make
from openpyxl import load_workbook
from terminal import PASSPHRASE, Terminal


@pytest.fixture
def local(terminal: Terminal) -> Terminal:
    make(terminal.home("home"), PASSPHRASE, ("thôn Đồng Vạc", "Khe Nâu"))
    terminal.done("members", "add", "--unit", "thôn Đồng Vạc", "full_name=Ma Văn Sáng", "phone=0352118407")
    terminal.done("members", "add", "--unit", "Khe Nâu", "full_name=Lý Thị Tối", "phone=0987110711")
    return terminal


def names(path: Path) -> list[str]:
    return [str(row[0].value) for row in load_workbook(path).worksheets[0].iter_rows(min_row=2)]


def test_a_unit_is_exported_masked_and_the_log_says_so(local: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "ds.xlsx"
    said = local.done("export", path, "--unit", "Khe Nâu")
    assert said == {
        "file": str(path), "layout": "yum30", "people": 1, "sheets": 1, "masked": True, "protected": False,
        "audit_line": 1,
    }  # fmt: skip
    assert names(path) == ["Lý Thị Tối"]
    assert "0987110711" not in repr([[cell.value for cell in row] for row in load_workbook(path).worksheets[0]])
    assert local.done("audit")["lines"][0]["what"]["count"] == 1


def test_a_reason_a_search_and_a_password_from_the_environment(
    local: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ds.xlsx"
    assert local.run("export", path, "--protect").error == "export.password_needed"
    monkeypatch.setenv("YUM_FILE_PASSWORD", "ngắn")
    assert local.run("export", path, "--protect").error == "export.password_short"
    monkeypatch.setenv("YUM_FILE_PASSWORD", "mây trắng núi xanh")
    assert local.done("export", path, "--protect")["protected"] is True
    assert local.done("export", path, "--text", "sang", "--reason", "Gửi tỉnh đoàn đối chiếu")["people"] == 1
    assert names(path) == ["Ma Văn Sáng"]


def test_layouts_are_listed_and_an_unknown_one_is_refused_by_name(local: Terminal, tmp_path: Path) -> None:
    assert [one["id"] for one in local.done("export", "--layouts")["layouts"]][1:] == ["yum30", "bo-sung", "mau-nhap"]
    assert local.run("export", tmp_path / "x.xlsx", "--layout", "la").error == "layout.unknown"
    assert local.run("export").error == "export.file_needed"
    assert not (tmp_path / "x.xlsx").exists()
