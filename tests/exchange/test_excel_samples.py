"""The lists communes keep, against what a careful human takes from them."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from yum_desktop.domain.text import fold
from yum_desktop.exchange.excel.plan import plan_import
from yum_desktop.exchange.excel.report import dry_run_document
from yum_desktop.registry.code_lists import shipped_codes

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
TODAY = date(2026, 10, 15)
LISTS = sorted(path for path in SAMPLES.iterdir() if path.suffix != ".json")


def documents(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    plan = plan_import(path, codes=shipped_codes(), today=TODAY)
    expected = json.loads((SAMPLES / f"{path.stem}.expected.json").read_text(encoding="utf-8"))
    return dict(dry_run_document(plan)), expected


def comparable(member: dict[str, Any]) -> dict[str, Any]:
    """Return a member without what is only for information; units and further columns are compared folded."""
    kept = {key: value for key, value in member.items() if key not in {"silent", "suggestions"}}
    kept["chi_doan"] = fold(kept["chi_doan"] or "")
    kept["other"] = {fold(header): fold(text) for header, text in member.get("other", {}).items()}
    return kept


def suggestions(member: dict[str, Any]) -> dict[tuple[str, str, str], list[str]]:
    return {(one["field"], one["code"], one["found"]): one["suggest"] for one in member["suggestions"]}


def test_there_is_a_list_of_every_kind() -> None:
    assert {path.suffix for path in LISTS} == {".xlsx", ".xls", ".csv"}
    assert len(LISTS) == len(list(SAMPLES.glob("*.expected.json"))) == 6


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
def test_a_list_reads_as_a_careful_human_reads_it(path: Path) -> None:
    got, expected = documents(path)
    assert [comparable(member) for member in got["members"]] == [comparable(member) for member in expected["members"]]
    for mine, theirs in zip(got["members"], expected["members"], strict=True):
        found, wanted = suggestions(mine), suggestions(theirs)
        assert set(found) == set(wanted)
        for key, values in wanted.items():
            if key[1] == "ethnic.ambiguous":  # any list that holds these will do
                assert set(found[key]) >= set(values)
            else:
                assert found[key] == values
    kept = [key for key in expected if key not in {"members", "notes", "file_findings"}]
    assert {key: got[key] for key in kept} == {key: expected[key] for key in kept}
    where = [[(one["code"], one["where"]) for one in document["file_findings"]] for document in (got, expected)]
    assert where[0] == where[1]


def test_the_commune_list_is_cleaned_in_exactly_the_expected_cells() -> None:
    got, expected = documents(SAMPLES / "danh-sach-doan-vien-xa.xlsx")
    silent = {member["row"]: member["silent"] for member in expected["members"]}
    assert {member["row"]: member["silent"] for member in got["members"]} == silent
