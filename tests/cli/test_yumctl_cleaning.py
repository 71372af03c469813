"""The saved lists by the console: counts down the tree, rows with masked numbers."""

import pytest
from local_store import CHAPTERS, make
from terminal import PASSPHRASE, Terminal


@pytest.fixture
def home(terminal: Terminal) -> Terminal:
    make(terminal.home("home"), PASSPHRASE, CHAPTERS)
    add = ("members", "add", "--unit")
    terminal.done(*add, CHAPTERS[0], "full_name=Lò Văn Thử", "id_number=008205001234", "born_on=1980", "source=YUM")
    terminal.done(*add, CHAPTERS[1], "full_name=Ma Thị Thử", "phone=0388417590", "source=APP")
    return terminal


def test_counts_go_down_the_tree(home: Terminal) -> None:
    said = home.done("cleaning", "counts")
    assert said["total"] == {
        "incomplete": 2, "no_number": 1, "no_phone": 1, "unmapped": 0, "over_age": 1, "age_unknown": 1,
        "not_in_app": 1, "suspected": 0, "small_chapter": 4,
    }  # fmt: skip
    units = said["units"]
    assert isinstance(units, list)
    found = {each["name"]: each["counts"]["incomplete"] for each in units}
    assert found.pop("Đoàn xã Thượng Lâm") == 2
    assert found == {f"Chi đoàn {name}": int(name in CHAPTERS[:2]) for name in CHAPTERS}
    below = home.done("cleaning", "counts", "--unit", CHAPTERS[1])
    assert below["total"]["no_number"] == 1
    assert [each["depth"] for each in below["units"]] == [0]


def test_rows_have_no_number_in_clear(home: Terminal) -> None:
    (row,) = home.done("cleaning", "list", "over_age")
    assert (row["full_name"], row["id_number"], row["phone"]) == ("Lò Văn Thử", "008******234", None)
    (row,) = home.done("cleaning", "list", "no_number", "--unit", CHAPTERS[1])
    assert row["phone"] == "038****590"
    assert len(home.done("cleaning", "list", "small_chapter", "--limit", "3")) == 3


def test_a_list_that_nobody_knows_is_wrong_usage(home: Terminal) -> None:
    assert home.run("cleaning", "list", "nothing").exit_code == 2
    assert home.run("cleaning", "counts", "--unit", "không có").error == "unit.unknown"
