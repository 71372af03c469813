"""A unit moves to another commune while a laptop is away: all by `yumctl` and `yum-central`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from terminal import PASSWORD, Central, Terminal, central_words, cheap, served


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Central]:
    with served(tmp_path_factory.mktemp("central")) as running:
        yield running


def enrolled(terminal: Terminal, central: Central, home: str, account: str) -> None:
    cheap(terminal.home(home))
    terminal.done("enrol", central.url, account, "--password", PASSWORD, "--device", home, home=home)
    assert terminal.done("sync", home=home)["status"] == "done"


def words(db: Path, *argv: str) -> dict[str, object]:
    found = json.loads(central_words(db, *argv))
    assert isinstance(found, dict)
    return found


def test_work_on_a_unit_that_moved_is_accepted_with_another_value_and_returned(
    terminal: Terminal, central: Central
) -> None:
    accounts = words(central.db, "account", "list")["accounts"]
    assert isinstance(accounts, list)
    home = next(account["unit_id"] for account in accounts if account["name"] == central.viewer)
    old = next(a["name"] for a in accounts if a["unit_id"] == home and a["name"] != central.viewer)
    other = next(a for a in accounts if a["name"].startswith("xa-") and a["unit_id"] != home)
    chapter = next(account for account in accounts if account["name"].startswith("chi-doan-"))
    enrolled(terminal, central, "old", old)
    enrolled(terminal, central, "new", other["name"])
    people = [row["id"] for row in terminal.done("members", "list", "--unit", chapter["unit_id"], home="old")[:2]]
    terminal.done("members", "set", people[0], "phone=0388417590", "note=Ghi ở xã cũ", home="old")
    terminal.done("members", "set", people[1], "phone=0388417591", home="old")

    move = ("unit", "move", chapter["unit_id"], "--under", other["unit_id"])
    touched = words(central.db, *move, "--preview")["devices"]
    assert isinstance(touched, list)
    assert {(row["device"], row["waiting"], row["loses"], row["gains"]) for row in touched} == {
        ("old", 0, 1, 0), ("new", 0, 0, 1),
    }  # fmt: skip
    assert words(central.db, *move)["moved"] == 1

    sent = terminal.done("sync", home="old")
    assert (sent["pushed"]["handed_over"], sent["left"]) == (2, 0)
    assert terminal.done("status", home="old")["handed_over"] == 2
    assert {row["state"] for row in terminal.done("handovers", "list", "--mine", home="old")} == {"waiting"}

    terminal.done("sync", home="new")
    boxes = {row["record_id"]: row for row in terminal.done("handovers", "list", home="new")}
    assert set(boxes) == set(people)
    first, second = (boxes[person]["handover_id"] for person in people)
    assert terminal.run("handovers", "return", second, "--reason", " ", home="new").error == "handover.reason_needed"
    accepted = terminal.done("handovers", "accept", first, "phone=0388417599", home="new")
    assert accepted["state"] == "deciding"
    terminal.done("handovers", "return", second, "--reason", "Đã đổi số", home="new")
    assert terminal.done("handovers", "list", home="new") == []
    for home in ("new", "old"):
        assert terminal.done("sync", home=home)["status"] == "done"
    values = terminal.done("members", "show", people[0], home="new")["values"]
    assert (values["phone"], values["note"]) == ("0388417599", "Ghi ở xã cũ")
    mine = {row["record_id"]: row for row in terminal.done("handovers", "list", "--mine", home="old")}
    assert (mine[people[0]]["state"], mine[people[0]]["edited"]) == ("accepted", True)
    assert (mine[people[1]]["state"], mine[people[1]]["why"]) == ("returned", "Đã đổi số")
    assert terminal.run("handovers", "accept", first, home="new").error == "handover.already_settled"
    said = terminal.plain("handovers", "list", "--mine", home="old")
    assert "Lý do trả lại: Đã đổi số" in said.out
    for row in mine.values():
        terminal.done("handovers", "put-away", row["handover_id"], home="old")
    terminal.done("sync", home="old")
    assert terminal.done("handovers", "list", "--mine", home="old") == []
    one = terminal.done("status", home="old")
    assert one["digest"] == words(central.db, "doctor", "--scope", one["unit"])["digest"]
