"""Whom a row of a list repeats, and whom it only resembles: the keys are those of the suspected pairs."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from workbooks import make_book

from yum_desktop.exchange.excel.matching import Known
from yum_desktop.exchange.excel.plan import plan_import
from yum_desktop.registry.code_lists import shipped_codes
from yum_desktop.registry.views import MemberRow
from yum_desktop.ui.import_wizard.preview import Decisions, Preview, State

UNIT, OTHER = UUID(int=1), UUID(int=2)
AN = MemberRow(
    member_id=UUID(int=10), unit_id=UNIT, unit_name="thôn", full_name="Nguyễn Văn An", born_on="2003-08-15", sex="NAM",
    id_number="038203012345", phone="0912345678", position=None, status=None, missing=(), sort_key=b"", state="ok",
)  # fmt: skip


@pytest.mark.parametrize(
    ("values", "repeats"),
    [
        ({"full_name": "Trần Bình", "id_number": "038203012345"}, True),
        ({"full_name": "NGUYỄN VĂN AN", "born_on": "2003-08-15"}, True),
        ({"full_name": "Nguyễn Văn An", "phone": "0912345678"}, True),
        ({"full_name": "Nguyễn Văn An", "phone": "0912345678", "born_on": "2004-01-02"}, False),
        ({"full_name": "Nguyễn Văn An", "born_on": "2003-08-15", "id_number": "038203099999"}, False),
        ({"full_name": "Nguyễn Văn An", "born_on": "2003-08-15", "sex": "NU"}, False),
        ({"full_name": "Nguyễn Văn Anh", "born_on": "2003-08-15"}, False),
        ({"full_name": "Nguyễn Văn An"}, False),
    ],
)
def test_a_row_repeats_somebody_when_nothing_speaks_against_it(values: dict[str, object], *, repeats: bool) -> None:
    assert (Known([AN]).find(values) is not None) is repeats


def test_who_may_be_meant_is_told_with_why_and_within_a_unit_a_year_is_enough() -> None:
    known = Known([AN])
    assert [row for row, _ in known.like({"full_name": "Nguyễn Văn An", "born_on": "2003"})] == []
    ((row, likeness),) = known.like({"full_name": "Nguyễn Văn An", "born_on": "2003"}, UNIT)
    assert (row, likeness.strength) == (AN, "weak")


def test_a_row_that_resembles_somebody_is_to_be_looked_at_and_still_imported(tmp_path: Path) -> None:
    path = make_book(
        tmp_path / "ds.xlsx", [["Họ và tên", "Ngày sinh", "Giới tính"], ["Nguyễn An", "15/08/2003", "Nam"]]
    )
    plan = plan_import(path, codes=shipped_codes(), today=date(2026, 10, 15))
    preview = Preview(plan, [AN, replace(AN, member_id=UUID(int=11), full_name="Lê Chi", phone=None)], {})
    preview.refresh(Decisions())
    (row,) = preview.rows
    assert (row.state, row.wanted, row.known) == (State.LOOK, True, None)
    assert row.why == "Có thể là Nguyễn Văn An, thôn: cùng ngày sinh, họ tên gần giống"
