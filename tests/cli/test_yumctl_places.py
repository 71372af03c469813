"""Places by the console: found, reported without a connection, answered by the province."""

import json
from collections.abc import Iterator

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


def test_a_missing_place_goes_up_and_comes_back_to_the_map(terminal: Terminal, central: Central) -> None:
    accounts = json.loads(central_words(central.db, "account", "list"))["accounts"]
    names = [account["name"] for account in accounts]
    commune = next(name for name in names if name.startswith("xa-"))
    province = next(name for name in names if name.startswith("tinh"))
    enrolled(terminal, central, "xa", commune)
    enrolled(terminal, central, "tinh", province)
    report = terminal.done("places", "report", "xã Mường Vạt Mới", "--province", "14", home="xa")["report_id"]
    assert terminal.run("places", "accept", str(report), "--code", "02269", home="xa").error == "place.by_superior"
    terminal.done("sync", home="xa")
    terminal.done("sync", home="tinh")
    (row,) = terminal.done("places", "reports", home="tinh")
    assert (row["text"], row["state"]) == ("xã Mường Vạt Mới", "waiting")
    accept = ("places", "accept", row["report_id"])
    assert terminal.run(*accept, "--name", "Mường Vạt", home="tinh").error == "place.answer"
    assert terminal.run(*accept, "--name", "Mường Vạt", "--province", "14", home="tinh").error == "place.kind"
    terminal.done(*accept, "--name", "Xã Mường Vạt Mới", "--province", "14", home="tinh")
    terminal.done("sync", home="tinh")
    terminal.done("sync", home="xa")
    assert terminal.done("places", "reports", home="xa") == []
    (answered,) = terminal.done("places", "reports", "--all", home="xa")
    assert (answered["state"], answered["decided_by"]) == ("accepted", province)
    found = terminal.done("places", "find", "muong vat moi", home="xa")
    assert [place["name"] for place in found["places"]] == ["Xã Mường Vạt Mới, Tỉnh Sơn La"]


def test_an_old_address_is_explained(terminal: Terminal, central: Central) -> None:
    accounts = json.loads(central_words(central.db, "account", "list"))["accounts"]
    enrolled(terminal, central, "home", next(a["name"] for a in accounts if a["name"].startswith("chi-doan-")))
    found = terminal.done("places", "find", "Thị trấn Lăng Can, Lâm Bình")
    assert found["offer"]["reason"] == "Thị trấn Lăng Can (cũ) nay thuộc Xã Lâm Bình, Tỉnh Tuyên Quang"
    assert found["places"][0]["now"][0]["code"] == found["offer"]["choices"][0]["code"] == "02266"
    report = terminal.done("places", "report", "Xã Không Có")["report_id"]
    assert terminal.run("places", "refuse", "x", "--reason", "y").error == "place.unknown"
    assert terminal.run("places", "refuse", str(report), "--reason", "y").error == "place.by_superior"
