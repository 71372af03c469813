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


def test_one_value_fills_a_list_and_is_taken_back(home: Terminal) -> None:
    seen = home.done("cleaning", "fill", "incomplete", "occupation=Nông dân", "--dry-run")
    assert len(seen["changing"]) == 2
    done = home.done("cleaning", "fill", "incomplete", "occupation=Nông dân", "--unit", CHAPTERS[0])
    assert (done["changed"], done["kept"]) == (1, [])
    again = home.done("cleaning", "fill", "incomplete", "occupation=Nông dân", "--dry-run")
    assert [row["code"] for row in again["kept"]] == ["bulk.same"]
    assert home.done("undo", str(done["group"]))["undone"] == 1


@pytest.mark.parametrize("words", [("unit_id=x",), ("full_name=Ai Đó",), ("nothing",), ("residence_ward=02269",)])
def test_what_cannot_be_shared_is_refused(home: Terminal, words: tuple[str, ...]) -> None:
    assert home.run("cleaning", "fill", "incomplete", *words).error == "bulk.field"


def test_a_list_that_nobody_knows_is_wrong_usage(home: Terminal) -> None:
    assert home.run("cleaning", "list", "nothing").exit_code == 2
    assert home.run("cleaning", "counts", "--unit", "không có").error == "unit.unknown"
