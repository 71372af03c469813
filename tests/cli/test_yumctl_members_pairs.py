"""Suspected pairs by the console: listed, merged field by field, undone, remembered as two people."""

import pytest
from local_store import CHAPTERS, make
from terminal import PASSPHRASE, Terminal


@pytest.fixture
def home(terminal: Terminal) -> Terminal:
    make(terminal.home("home"), PASSPHRASE, CHAPTERS)
    return terminal


def entered(home: Terminal, chapter: str, *values: str) -> str:
    made = home.done("members", "add", "--unit", chapter, "full_name=Lò Văn Thử", *values)
    return str(made["id"])


def test_a_pair_is_listed_merged_and_undone(home: Terminal) -> None:
    stays = entered(home, CHAPTERS[0], "born_on=18/6/2005", "phone=0388417590", "id_number=008205001234")
    goes = entered(home, CHAPTERS[1], "born_on=16/8/2005", "phone=0388417590", "email=thu@example.vn")
    missed = home.run("members", "merge", goes, stays)
    assert (missed.exit_code, missed.error) == (1, "pair.incomplete")
    home.done("members", "set", goes, "born_on=18/6/2005")
    (pair,) = home.done("members", "duplicates")["open"]
    assert (pair["strength"], pair["advice"]) == ("medium", "look")
    merged = home.done("members", "merge", goes, stays, "phone==0912345678")
    assert merged["changed"] == ["email", "phone"]
    shown = home.done("members", "show", stays)["values"]
    assert isinstance(shown, dict)
    assert (shown["email"], shown["phone"]) == ("thu@example.vn", "0912345678")
    assert home.run("members", "show", goes).error == "member.unknown"
    home.done("undo", str(merged["group"]))
    assert home.done("members", "show", goes)["id"] == goes
    assert len(home.done("members", "duplicates")["open"]) == 1


def test_two_people_are_remembered(home: Terminal) -> None:
    one, other = (entered(home, chapter, "born_on=18/6/2005") for chapter in CHAPTERS[:2])
    home.done("members", "different", one, other, "--note", "anh em họ")
    found = home.done("members", "duplicates", "--all")
    (told,) = found["different"]
    assert (found["open"], told["note"], told["decided_by"]) == ([], "anh em họ", "thuonglam")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("members", "merge", "x", "y"), "input.id"),
        (("members", "different", "0" * 32, "0" * 32), "pair.same"),
        (("members", "numbers", "--renew"), "server.unreachable"),
    ],
)
def test_what_cannot_be_done_says_why(home: Terminal, words: tuple[str, ...], code: str) -> None:
    said = home.run(*words)
    assert (said.exit_code, said.error) == (1, code)


def test_a_choice_that_means_nothing_is_refused(home: Terminal) -> None:
    one, other = (entered(home, chapter) for chapter in CHAPTERS[:2])
    assert home.run("members", "merge", one, other, "phone=ours").error == "pair.choice"
    assert home.run("members", "merge", one, other, "nothing=mine").error == "member.field_unknown"


def test_without_a_set_of_numbers_nothing_is_hinted_at(home: Terminal) -> None:
    known = home.done("members", "numbers", "008205001234")
    assert (known["numbers"], known["perhaps_elsewhere"], known["new"]) == (None, False, False)
