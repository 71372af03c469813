"""Two stores and a real server over HTTP, all by `yumctl`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from terminal import PASSWORD, Central, Terminal, central_words, cheap, served


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Central]:
    with served(tmp_path_factory.mktemp("central")) as running:
        yield running


def enrolled(terminal: Terminal, central: Central, home: str, account: str | None = None) -> None:
    cheap(terminal.home(home))
    document = terminal.done(
        "enrol", central.url, account or central.account, "--password", PASSWORD, "--device", home, home=home
    )
    assert (document["account"], document["server"]) == (account or central.account, central.url)
    assert terminal.done("sync", home=home)["status"] == "done"


def test_two_people_disagree_choose_and_agree_again(terminal: Terminal, central: Central) -> None:
    for home in ("a", "b"):
        enrolled(terminal, central, home)
    person = terminal.done("members", "list", home="a")[0]["id"]
    terminal.done("members", "set", person, "phone=0388417590", "email=a@example.vn", home="a")
    terminal.done("members", "set", person, "phone=0388417599", "note=Ghi ở máy b", home="b")
    first = terminal.done("sync", home="a")
    assert set(first) == {
        "status", "pushed", "pulled", "left", "bytes_up", "bytes_down", "round_trips", "duration_ms", "repaired",
        "differing", "error",
    }  # fmt: skip
    assert first["pushed"] == {"applied": 1, "merged": 0, "conflict": 0, "refused": 0}
    assert terminal.done("sync", home="b")["pushed"]["conflict"] == 1

    found = terminal.done("conflicts", "list", home="b")
    assert [field["field"] for field in found[0]["fields"]] == ["phone"]
    assert (found[0]["fields"][0]["mine"], found[0]["fields"][0]["theirs"]) == ("0388417599", "0388417590")
    conflict = found[0]["conflict_id"]
    assert terminal.run("conflicts", "settle", conflict, "email=mine", home="b").error == "conflict.incomplete"
    assert terminal.run("conflicts", "settle", conflict, "phone=both", home="b").error == "conflict.choice"
    settled = terminal.done("conflicts", "settle", conflict, "phone==0388417555", home="b")
    assert settled["status"] == "deciding"
    for home in ("b", "a"):
        assert terminal.done("sync", home=home)["status"] == "done"
    assert terminal.done("conflicts", "list", home="a") == []
    assert terminal.done("conflicts", "list", "--all", home="a")[0]["status"] == "settled"
    values = terminal.done("members", "show", person, home="a")["values"]
    assert (values["phone"], values["email"], values["note"]) == ("0388417555", "a@example.vn", "Ghi ở máy b")

    one, two = (terminal.done("status", home=home) for home in ("a", "b"))
    server = json.loads(central_words(central.db, "doctor", "--scope", one["unit"]))
    assert one["digest"] == two["digest"] == server["digest"]
    assert one["rows"]["member"] == server["rows"]["member"]
    compared = terminal.done("sync", "--verify", home="a")
    assert (compared["status"], compared["repaired"], compared["differing"]) == ("done", 0, [])


def test_a_refused_change_says_why_and_is_done_once_corrected(terminal: Terminal, central: Central) -> None:
    enrolled(terminal, central, "c")
    people = [row for row in terminal.done("members", "list", home="c") if row["id_number"]]
    new = ("full_name=Lò Văn Thử", f"id_number={people[0]['id_number']}")
    added = terminal.done("members", "add", "--unit", people[0]["unit"], *new, home="c")["id"]
    said = terminal.run("sync", home="c")
    assert said.json["pushed"]["refused"] == 1
    problem = terminal.done("members", "show", added, home="c")["refused"]["id_number"]
    assert problem["code"] == "identity.duplicate"
    assert terminal.done("status", home="c")["refused"] == 1
    terminal.done("members", "set", added, "id_number=008205004321", home="c")
    assert terminal.done("sync", home="c")["pushed"]["applied"] == 1
    assert terminal.done("status", home="c")["refused"] == 0


def test_a_wrong_password_enrols_nothing(terminal: Terminal, central: Central) -> None:
    cheap(terminal.home("d"))
    said = terminal.run("enrol", central.url, central.account, "--password", "không phải", home="d")
    assert (said.exit_code, said.out, said.error) == (1, "", "auth.wrong")
    assert terminal.done("status", home="d")["account"] == ""
    assert terminal.run("sync", home="d").exit_code == 1


def test_who_only_looks_changes_nothing(terminal: Terminal, central: Central) -> None:
    enrolled(terminal, central, "viewer", central.viewer)
    person = terminal.done("members", "list", "--limit", "1", home="viewer")[0]["id"]
    assert terminal.run("members", "set", person, "note=x", home="viewer").error == "scope.read_only"
    assert terminal.done("status", home="viewer")["pending"] == 0


def test_the_password_may_come_from_the_environment(
    terminal: Terminal, central: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YUM_PASSWORD", PASSWORD)
    assert terminal.done("enrol", central.url, central.account, home="e")["account"] == central.account


def test_s224_a_device_without_a_connection_sends_and_receives_by_file(
    terminal: Terminal, central: Central, tmp_path: Path
) -> None:
    for home in ("e", "f"):
        enrolled(terminal, central, home)
    unit = terminal.done("status", home="e")["unit"]
    person = terminal.done("members", "list", home="e")[0]["id"]
    terminal.done("members", "set", person, "email=theo.tep@example.vn", home="e")
    up = tmp_path / "gui-may.yum"
    exported = terminal.done("bundle", "export", up, home="e")
    assert (exported["changes"], exported["size_bytes"]) == (1, up.stat().st_size)
    assert terminal.done("status", home="e")["pending"] == 1

    assert terminal.run("bundle", "take", up, home="e").error == "bundle.wrong_way"
    carried = Path(terminal.done("bundle", "carry", up, home="f")["answer"])
    assert carried == tmp_path / "tra-loi-may.yum"
    assert terminal.run("bundle", "take", carried, home="f").error == "bundle.other_device"
    taken = terminal.done("bundle", "take", carried, home="e")
    assert (taken["status"], taken["pushed"]["applied"], taken["left"]) == ("done", 1, 0)
    assert terminal.done("bundle", "take", carried, home="e")["pushed"]["applied"] == 0
    assert terminal.done("sync", home="e")["pushed"]["applied"] == 0
    terminal.done("sync", home="f")
    assert terminal.done("members", "show", person, home="f")["values"]["email"] == "theo.tep@example.vn"

    by_hand = tmp_path / "by-hand.yum"
    terminal.done("members", "set", person, "note=đưa tận tay", home="e")
    terminal.done("bundle", "export", up, home="e")
    central_words(central.db, "bundle", str(up), "--out", str(by_hand))
    assert terminal.done("bundle", "take", by_hand, home="e")["left"] == 0
    one, server = terminal.done("status", home="e"), json.loads(central_words(central.db, "doctor", "--scope", unit))
    assert one["digest"] == server["digest"]


def test_a_damaged_file_is_refused_with_the_reason(terminal: Terminal, central: Central, tmp_path: Path) -> None:
    enrolled(terminal, central, "g")
    up = tmp_path / "x.yum"
    terminal.done("bundle", "export", up, home="g")
    whole = up.read_bytes()
    for content, code in ((whole[:-3], "bundle.cut"), (whole[:-1] + b"?", "bundle.altered"), (b"ok", "bundle.not_one")):
        up.write_bytes(content)
        assert terminal.run("bundle", "carry", up, home="g").error == code
    assert terminal.run("bundle", "take", tmp_path / "none.yum", home="g").error == "file.missing"
    assert terminal.run("bundle", "export", tmp_path / "no folder" / "x.yum", home="g").error == "file.unwritable"
    assert not list(tmp_path.glob("*.part"))
