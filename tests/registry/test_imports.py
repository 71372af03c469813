"""What the local file remembers about imports, and imports that change people who are there."""

from uuid import UUID

import pytest
from commune import HAMLET

from yum_desktop.domain.errors import InputError
from yum_desktop.registry import commands, imports, queries
from yum_desktop.registry.commands import ImportRow
from yum_desktop.registry.engine import Registry


def test_what_columns_are_is_remembered_for_their_layout(r: Registry) -> None:
    assert imports.recall_layout(r, "a") is None
    imports.remember_layout(r, "a", {0: "ordinal", 1: "full_name", 2: None})
    imports.remember_layout(r, "b", {0: "full_name"})
    assert imports.recall_layout(r, "a") == {0: "ordinal", 1: "full_name", 2: None}
    imports.remember_layout(r, "a", {1: "full_name"})
    assert imports.recall_layout(r, "a") == {1: "full_name"}


def test_one_import_makes_some_and_changes_others_and_is_undone_as_a_whole(r: Registry) -> None:
    there = commands.add_member(r, HAMLET, {"full_name": "Nguyễn Văn An", "phone": None})
    rows = [
        ImportRow(HAMLET, {"full_name": "Trần Thị Bình"}),
        ImportRow(UUID(int=0), {"phone": "0912345678", "born_on": "2003"}, there),
    ]
    group = commands.import_members(r, rows, reason="Nhập từ tệp a.xlsx")
    assert imports.values_of(r, [there])[there]["phone"] == "0912345678"
    assert queries.member(r, there).unit_id == HAMLET
    (batch,) = imports.batches(r)
    assert (batch.group, batch.reason, batch.people, batch.undone) == (group, "Nhập từ tệp a.xlsx", 2, False)
    assert commands.undo(r, group) == 3  # a record that was made, two fields that were changed
    values = imports.values_of(r, [there])[there]
    assert (values["phone"], values["born_on"]) == (None, None)
    assert [row.full_name for row in queries.member_rows(r, None) if row.full_name == "Trần Thị Bình"] == []
    assert [one.undone for one in imports.batches(r)] == [True]


def test_a_wrong_value_for_somebody_stops_the_whole_import(r: Registry) -> None:
    there = commands.add_member(r, HAMLET, {"full_name": "Nguyễn Văn An"})
    rows = [ImportRow(HAMLET, {"full_name": "Trần Thị Bình"}), ImportRow(HAMLET, {"born_on": "31/02/2005"}, there)]
    with pytest.raises(InputError) as caught:
        commands.import_members(r, rows, reason="a")
    assert (caught.value.field, caught.value.row) == ("born_on", 2)
    assert imports.batches(r) == []


def test_somebody_who_is_gone_stops_the_import(r: Registry) -> None:
    with pytest.raises(InputError) as caught:
        commands.import_members(r, [ImportRow(HAMLET, {"phone": "0912345678"}, UUID(int=99))], reason="a")
    assert caught.value.code == "member.unknown"


def test_values_of_nobody_are_none(r: Registry) -> None:
    assert imports.values_of(r, [UUID(int=98_765)]) == {}
