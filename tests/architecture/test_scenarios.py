"""The page of scenarios and the tests named after them say the same."""

import ast
import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "sync-scenarios.md"
NUMBERS = (
    "1-10 12-19 21 23 25-29 31-48 52-53 55-57 59-61 63-66 68-73 75-86 88-96 98-105 107 109-112 114 116-118 120-129 132"
    " 135-137 139-160 162 164-167 170-176 178-184 187-189 191-200 202-207 209-213 215-216 218 220-225 227-235 238-246"
    " 249 251-257 259-261 263-265 267-272 274-276 278-287 289-295 297-298 300-308 310-313 315-318 320-322 324"
)
"""The numbers that were given. Some that lie between were taken back and are not given again."""


class Row(NamedTuple):
    number: str
    what: str
    shown: str

    @property
    def tests(self) -> list[str]:
        return re.findall(r"`(tests/[^`]+)`", self.shown)


def rows() -> list[Row]:
    lines = re.findall(r"^\| (S\d{3}) \| (.+?) \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return [Row(*line) for line in lines]


def given() -> list[str]:
    bounds = [part.partition("-") for part in NUMBERS.split()]
    return [f"S{each:03}" for first, _, last in bounds for each in range(int(first), int(last or first) + 1)]


def named() -> dict[str, set[str]]:
    """Return the tests that carry a number, by number."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for number in re.findall(r"(?<=_)s(\d{3})(?=_)", node.name):
                    found[f"S{number}"].add(f"{path.relative_to(ROOT).as_posix()}::{node.name}")
    return found


def test_every_scenario_stands_on_the_page_once_and_in_order() -> None:
    assert [row.number for row in rows()] == given()


def test_the_page_names_exactly_the_tests_that_carry_a_number() -> None:
    page = {row.number: set(row.tests) for row in rows() if row.tests}
    assert page == dict(named())


def test_a_scenario_without_a_test_says_why() -> None:
    why = re.compile(r"(does not apply|left): (\S+ ?)+")
    unsaid = [row.number for row in rows() if not row.tests and not why.fullmatch(row.shown)]
    assert unsaid == []
    both = [row.number for row in rows() if row.tests and "<br>".join(f"`{test}`" for test in row.tests) != row.shown]
    assert both == []


def test_a_reason_points_only_to_scenarios_that_are_there() -> None:
    assert {number for row in rows() for number in re.findall(r"S\d{3}", row.what + row.shown)} <= set(given())
