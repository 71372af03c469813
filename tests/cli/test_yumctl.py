"""`yumctl` on a store of its own: words, codes, exit codes, and documents that other programs read."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from local_store import CHAPTERS, make
from terminal import PASSPHRASE, Terminal

from yum_desktop.cli.yumctl import main
from yum_desktop.domain.member import MEMBER_FIELDS

VALUES = ("full_name=Lò Văn Thử", "born_on=18/6/2005", "sex=Nam", "id_number=008205001234", "phone=+84 388 417 590")


@pytest.fixture
def home(terminal: Terminal) -> Terminal:
    make(terminal.home("home"), PASSPHRASE, CHAPTERS)
    return terminal


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["members"],
        ["members", "show"],
        ["members", "list", "--limit", "many"],
        ["members", "add", "full_name=Lò Văn Thử"],
        ["conflicts", "settle", "0"],
        ["import"],
    ],
    ids=" ".join,
)
def test_wrong_usage_gives_2_and_no_document(words: list[str], terminal: Terminal) -> None:
    said = terminal.run(*words)
    assert (said.exit_code, said.out) == (2, "")
    assert "yumctl" in said.err


def test_help_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "yumctl" in capsys.readouterr().out


def test_a_passphrase_that_is_wrong_opens_nothing(home: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUM_PASSPHRASE", "sai")
    said = home.run("status")
    assert (said.exit_code, said.out, said.error) == (1, "", "store.key_wrong")
    monkeypatch.delenv("YUM_PASSPHRASE")
    assert home.run("status").error == "store.passphrase_needed"


def test_the_status_has_the_promised_shape(home: Terminal) -> None:
    status = home.done("status")
    assert set(status) == {
        "account", "unit", "device", "server", "last_sync", "pending", "refused", "conflicts", "handed_over", "rows",
        "digest",
    }  # fmt: skip
    assert (status["account"], status["unit"], status["device"]) == ("thuonglam", str(UUID(int=2)), "Máy văn phòng")
    assert (status["last_sync"], status["pending"], status["refused"]) == (None, 0, 0)
    assert status["rows"]["unit"] == 5


def test_the_flags_may_stand_before_and_after_the_command(home: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    place = str(home.home("home"))
    documents = []
    for words in (["--home", place, "--json", "status"], ["status", "--json", "--home", place]):
        assert main(words) == 0
        documents.append(json.loads(capsys.readouterr().out))
    assert documents[0] == documents[1]


def test_values_are_taken_as_people_write_them(home: Terminal) -> None:
    added = home.done("members", "add", "--unit", "khe nau", *VALUES)
    values = added["values"]
    assert (values["born_on"], values["sex"], values["phone"]) == ("2005-06-18", "NAM", "0388417590")
    assert (added["unit"], values["unit_id"]) == ("Khe Nâu", str(UUID(int=13)))
    assert set(values) == {field.name for field in MEMBER_FIELDS}
    assert home.done("members", "show", added["id"]) == added
    assert "full_name" in added["waiting"]
    assert [row["id"] for row in home.done("members", "list", "lo van thu")] == [added["id"]]


def test_people_read_lines_with_labels(home: Terminal) -> None:
    member_id = home.plain("members", "add", "--unit", "Khe Nâu", *VALUES).out.strip()
    lines = home.plain("members", "show", member_id).out.splitlines()
    assert "Họ và tên: Lò Văn Thử" in lines
    assert all(": " in line for line in lines)
    assert home.plain("members", "list").out.startswith(f"{member_id}  Lò Văn Thử  2005-06-18")


def test_a_list_keeps_to_the_unit_and_to_the_limit(home: Terminal) -> None:
    for unit, name in (("Khe Nâu", "Ma Văn An"), ("Khe Nâu", "Ma Văn Bình"), ("thôn Bản Đung", "Ma Văn Chi")):
        home.done("members", "add", "--unit", unit, f"full_name={name}")
    names = [row["full_name"] for row in home.done("members", "list", "--unit", "Khe Nâu")]
    assert names == ["Ma Văn An", "Ma Văn Bình"]
    assert len(home.done("members", "list", "--limit", "2")) == 2
    assert len(home.done("members", "list", "--unit", "Thượng Lâm")) == 3


def test_a_change_says_what_changed_and_an_empty_value_empties(home: Terminal) -> None:
    member_id = home.done("members", "add", "--unit", "Khe Nâu", *VALUES)["id"]
    changed = home.done("members", "set", member_id, "phone=", "sex=Nam", "note=Đi làm xa", "--reason", "Gọi điện hỏi")
    assert changed["changed"] == ["note", "phone"]
    assert changed["values"]["phone"] is None
    assert home.done("members", "set", member_id, "sex=Nam")["changed"] == []


def test_what_was_done_last_is_undone_first(home: Terminal) -> None:
    member_id = home.done("members", "add", "--unit", "Khe Nâu", *VALUES)["id"]
    home.done("members", "set", member_id, "phone=0388417599")
    assert home.done("undo")["undone"] == 1
    assert home.done("members", "show", member_id)["values"]["phone"] == "0388417590"
    home.done("undo")
    assert home.run("members", "show", member_id).error == "member.unknown"
    said = home.run("undo")
    assert (said.exit_code, said.error) == (1, "undo.unknown")


@pytest.mark.parametrize(
    ("words", "code", "where"),
    [
        (["members", "show", "abc"], "input.id", ""),
        (["members", "show", str(UUID(int=77))], "member.unknown", ""),
        (["members", "list", "--unit", "Khe Nước"], "unit.unknown", "unit"),
        (["members", "add", "--unit", "Khe Nâu", "nickname=Thử"], "member.field_unknown", "nickname"),
        (["members", "add", "--unit", "Khe Nâu", "full_name"], "member.field_unknown", "full_name"),
        (["members", "add", "--unit", "Khe Nâu", "sex=Nam"], "member.name_needed", "full_name"),
        (["members", "add", "--unit", "Khe Nâu", "full_name=Lò Thử", "born_on=31/2/2005"], "", "born_on"),
        (["members", "add", "--unit", "Khe Nâu", "full_name=Lò Thử", "id_number=123"], "", "id_number"),
        (["conflicts", "settle", str(UUID(int=77)), "phone=mine"], "conflict.unknown", ""),
        (["cases", "show", str(UUID(int=77))], "case.unknown", ""),
        (["cases", "draft", "--unit", "Khe Nâu", "hobby=Bơi"], "case.field_unknown", "hobby"),
        (["undo", "abc"], "undo.unknown", ""),
        (["enrol", "http://127.0.0.1:9", "thuonglam"], "auth.password_needed", ""),
        (["enrol", "http://example.vn", "thuonglam", "--password", "x"], "server.not_safe", ""),
        (["enrol", "http://127.0.0.1:9", "thuonglam", "--password", "x"], "server.unreachable", ""),
        (["enrol", "http://127.0.0.1:9", "nguoikhac", "--password", "x"], "store.other_account", "account"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else "",
)
def test_what_cannot_be_done_gives_1_a_code_and_the_field(
    home: Terminal, words: list[str], code: str, where: str
) -> None:
    before = home.done("status")
    said = home.run(*words)
    assert (said.exit_code, said.out) == (1, "")
    first, _, text = said.err.partition(": ")
    assert "." in first
    assert text.strip()
    assert code in {"", first}
    assert f"trường {where}" in said.err if where else True
    assert home.done("status") == before


def test_an_exchange_without_a_server_is_reported_and_incomplete(home: Terminal) -> None:
    home.done("members", "add", "--unit", "Khe Nâu", *VALUES)
    said = home.run("sync")
    assert (said.exit_code, said.error) == (1, said.json["error"]["code"])
    assert said.json["status"] == "failed"
    assert said.json["left"] == 1
    assert home.done("status")["pending"] == 1


def test_a_case_goes_its_way_without_a_server(home: Terminal) -> None:
    data = (
        "full_name=Mùa Thị Dở", "born_on=25/8/2009", "sex=Nữ", "id_number=008309001235", "id_issued_on=10/9/2024",
        "occupation=HOC_SINH", "introducer=Sùng A Chứ", "introducer_since=2026-01-15", "meeting_on=2026-10-12",
        "meeting_present=24",
    )  # fmt: skip
    case_id = home.done("cases", "draft", "--unit", "Khe Nâu", *data)["row"]["case_id"]
    assert home.done("cases", "list")[0]["case_id"] == case_id
    for action in ("BOI_DUONG", "DUA_RA_HOI_NGHI"):
        home.done("cases", "step", case_id, action)
    lacking = home.run("cases", "step", case_id, "GUI_CHUAN_Y")
    assert (lacking.exit_code, lacking.error) == (1, "case.incomplete")
    assert home.run("cases", "set", case_id, "meeting_agreed=nhiều").error == "input.number"
    assert home.done("cases", "set", case_id, "meeting_agreed=23")["data"]["meeting_agreed"] == 23
    sent = home.done("cases", "step", case_id, "GUI_CHUAN_Y")
    assert [step["action"] for step in sent["steps"]] == ["BOI_DUONG", "DUA_RA_HOI_NGHI", "GUI_CHUAN_Y"]
    again = home.run("cases", "step", case_id, "GUI_CHUAN_Y")
    assert (again.exit_code, again.error) == (1, "case.not_allowed")


def test_every_command_is_described(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    described = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
    main(["--help"])
    for command in ("enrol", "sync", "status", "members", "import", "conflicts", "cases", "undo"):
        assert f"`{command}" in described, command
        assert main([command, "--help"]) == 0
