"""The lists communes keep, against what a careful human takes from them."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from yum_desktop.domain.errors import InputError
from yum_desktop.exchange.excel.plan import plan_import
from yum_desktop.exchange.excel.report import dry_run_document
from yum_desktop.registry.code_lists import shipped_codes

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
TODAY = date(2026, 10, 15)
UNICODE = ("danh-sach-doan-vien-xa", "truong-thpt", "xuat-tu-yum")


def documents(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    plan = plan_import(SAMPLES / f"{name}.xlsx", codes=shipped_codes(), today=TODAY)
    expected = json.loads((SAMPLES / f"{name}.expected.json").read_text(encoding="utf-8"))
    return dict(dry_run_document(plan)), expected


def comparable(member: dict[str, Any]) -> dict[str, Any]:
    """Return a member without what is only for information, and with suggestions in a fixed order."""
    kept = {key: value for key, value in member.items() if key != "silent"}
    return kept | {"suggestions": sorted(member["suggestions"], key=lambda suggestion: suggestion["field"])}


@pytest.mark.parametrize("name", UNICODE)
def test_every_member_reads_as_a_careful_human_reads_it(name: str) -> None:
    got, expected = documents(name)
    assert [member["row"] for member in got["members"]] == [member["row"] for member in expected["members"]]
    for mine, theirs in zip(got["members"], expected["members"], strict=True):
        assert comparable(mine) == comparable(theirs)


@pytest.mark.parametrize("name", UNICODE)
def test_every_row_that_is_no_member_and_every_pair_is_told(name: str) -> None:
    got, expected = documents(name)
    kept = [key for key in expected if key not in {"members", "notes"}]
    assert {key: got[key] for key in kept} == {key: expected[key] for key in kept}


def test_the_commune_list_is_cleaned_in_exactly_the_expected_cells() -> None:
    got, expected = documents("danh-sach-doan-vien-xa")
    silent = {member["row"]: member["silent"] for member in expected["members"]}
    assert {member["row"]: member["silent"] for member in got["members"]} == silent


def test_a_list_typed_for_an_old_font_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        plan_import(SAMPLES / "chi-doan-thon-vntime.xlsx", codes=shipped_codes(), today=TODAY)
    assert caught.value.code == "file.old_encoding"


@pytest.mark.parametrize("name", ["khoi-co-quan.xls", "danh-sach.csv"])
def test_files_of_another_kind_are_refused(name: str) -> None:
    with pytest.raises(InputError) as caught:
        plan_import(SAMPLES / name, codes=shipped_codes(), today=TODAY)
    assert caught.value.code == "file.kind_unsupported"
