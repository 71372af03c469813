"""Units that move, scopes that change."""

import json

import pytest
from field import Field, conflicts, edit, held, line_of, remove, seen, settle, synced, write
from small_world import Reader, Town

from sync.client import store
from sync.client.incoming import CURSOR, apply_frame
from sync.core.squash import Op
from sync.protocol.kinds import HANDOVER, UNIT, Values
from sync.protocol.messages import PROTOCOL_VERSION, Frame, Request, decode_parts, encode
from sync.server.database import run
from sync.server.records import Stamp
from sync.server.rules import Effect
from sync.testing.device import Device
from sync.testing.kinds import NODE, NOTE


def rescope(field: Field, device: Device, *units: str) -> None:
    device.roots = tuple(field.units[unit] for unit in units)


def test_s088_a_unit_that_moves_inside_the_scope_brings_only_its_new_place(field: Field) -> None:
    field.notes(50, "chapter0", first="x")
    a = field.device("a", "province0")
    synced(a)
    field.move("chapter0", "commune1")
    report = a.sync()
    assert (report.status, report.pulled) == ("done", 1)
    assert (seen(a, field.units["chapter0"], NODE.name) or {})["parent"] == field.units["commune1"]
    assert field.agrees(a)


def test_s093_of_a_second_unit_only_that_part_comes_in_full(field: Field) -> None:
    first, second = field.notes(30, "commune0"), field.notes(20, "commune1")
    a = field.device("a", "commune0")
    synced(a)
    rescope(field, a, "commune0", "commune1")
    report = a.sync()
    assert report.status == "done"
    assert 20 <= report.pulled <= 20 + 5  # the unit itself and those above it
    assert held(a) == {*first, *second}
    assert field.agrees(a)


def test_s095_who_loses_the_only_unit_keeps_what_waits(field: Field) -> None:
    a = field.device("a", "chapter0")
    made = write(a, first="đã gửi")
    synced(a)
    waits = write(a, first="chưa gửi")
    edit(a, made, second="chưa gửi")
    rescope(field, a)
    report = a.sync()
    assert report.status == "done"
    kept = {(line.record_id, line.line.patch.get("first") or line.line.patch.get("second")) for line in a.refused()}
    handed = report.pushed.get("handed_over", 0)
    assert len(kept) + handed == 2
    assert held(a) <= {waits, made}


@pytest.mark.parametrize("third", [("chapter1",), ("commune0",), ("chapter1", "commune0")])
def test_a_scope_that_changes_again_while_units_arrive_leaves_no_gap(field: Field, third: tuple[str, ...]) -> None:
    """What went for the second scope comes again with the third, also where a fourth comes in between."""
    for unit in ("commune0", "chapter0", "chapter1", "commune2"):
        field.notes(150, unit, first=unit)
    a = field.device("a", "commune0")
    synced(a)
    for units in (("commune2",), third):
        rescope(field, a, *units)
        line_of(a).left = 2
        assert a.sync().status == "partial"
    line_of(a).left = None
    rescope(field, a, "chapter1", "chapter0")
    synced(a)
    assert field.agrees(a)
    rescope(field, a, "commune0")
    synced(a)
    assert field.agrees(a)


def test_s100_s101_two_places_and_two_names_for_one_unit_are_asked_about(field: Field) -> None:
    a, b = field.device("a", "province0"), field.device("b", "province0")
    synced(a, b)
    unit = field.units["chapter0"]
    edit(a, unit, NODE.name, parent=field.units["commune1"], label="tên của a")
    edit(b, unit, NODE.name, parent=field.units["province0"], label="tên của b")
    synced(a, b, a)
    ((conflict, fields),) = conflicts(a)
    assert {item["field"] for item in fields} == {"parent", "label"}
    assert field.values(unit, NODE.name)["parent"] == field.units["commune1"]
    settle(b, conflict, parent="theirs", label="mine")
    synced(b, a)
    assert field.values(unit, NODE.name) == {
        **field.values(unit, NODE.name), "parent": field.units["commune1"], "label": "tên của b",
    }  # fmt: skip
    assert field.agrees()


def test_s103_an_edit_inside_a_unit_that_moves_lands_in_its_new_place(field: Field) -> None:
    (note,) = field.notes(1, "chapter0", first="gốc")
    a, b = field.device("a", "province0"), field.device("b", "province0")
    synced(a, b)
    edit(a, field.units["chapter0"], NODE.name, parent=field.units["commune1"])
    edit(b, note, first="sửa trong lúc chuyển")
    synced(a, b, a)
    assert (seen(a, note) or {})["first"] == "sửa trong lúc chuyển"
    receiver = field.device("receiver", "commune1")
    synced(receiver)
    assert held(receiver) == {note}
    assert field.agrees()


def test_s105_of_a_unit_that_is_split_each_part_goes_with_what_waits_in_it(field: Field) -> None:
    """What moves out with the new unit is handed over to it; what stays is stored."""
    stays, goes = field.notes(1, "chapter0", first="ở lại"), field.notes(1, "chapter1", first="đi")
    a, receiver = field.device("a", "commune0"), field.device("receiver", "commune1")
    synced(a, receiver)
    edit(a, stays[0], second="sửa")
    edit(a, goes[0], second="sửa")
    field.move("chapter1", "commune1")
    report = a.sync()
    assert (report.pushed["applied"], report.pushed["handed_over"]) == (1, 1)
    assert field.values(stays[0])["second"] == "sửa"
    assert held(a) == set(stays)
    synced(receiver)
    assert [values["target_id"] for values in boxes(receiver)] == goes


def boxes(device: Device) -> list[Values]:
    with device.write() as conn:
        table = device.replica.tables["handover"]
        return [values for _, _, _, values in table.every(conn) if values["side"] == "receiver"]


def test_s107_the_path_a_record_was_made_under_gives_no_right(town: Town) -> None:
    record = town.noted("commune0", first="x")
    reader = Reader(town.server, town.actor("province0"))
    reader.pull()
    move = Effect(NODE.name, town.units["commune0"], Op.EDIT, {"parent": town.units["province1"]})
    town.server.commit([move], Stamp())
    reader.pull()
    assert record not in Reader(town.server, town.actor("province0")).pull()
    assert record in Reader(town.server, town.actor("province1")).pull()


def test_s111_a_unit_above_that_is_no_longer_above_goes(field: Field) -> None:
    a = field.device("a", "commune0")
    synced(a)
    assert field.units["province0"] in held(a, NODE.name)
    field.move("commune0", "province1")
    synced(a)
    assert held(a, NODE.name) >= {field.units["province1"]}
    assert field.units["province0"] not in held(a, NODE.name)
    assert field.agrees(a)


def test_s112_a_unit_above_that_becomes_ones_own_comes_in_full(field: Field) -> None:
    ids = field.notes(7, "province0")
    a = field.device("a", "commune0")
    synced(a)
    assert held(a) == set()
    rescope(field, a, "province0")
    synced(a)
    assert held(a) == set(ids)
    edit(a, ids[0], first="của mình rồi")
    synced(a)
    assert field.values(ids[0])["first"] == "của mình rồi"
    assert field.agrees(a)


def test_s094_the_rest_stays_untouched_when_one_of_two_units_goes(field: Field) -> None:
    first, second = field.notes(5, "commune0"), field.notes(5, "commune1")
    a = field.device("a", "commune0", "commune1")
    synced(a)
    assert held(a) == {*first, *second}
    rescope(field, a, "commune0")
    report = a.sync()
    assert report.status == "done"
    assert report.pulled < 15
    assert held(a) == set(first)
    assert field.agrees(a)


@pytest.mark.parametrize("removed", [True, False])
def test_s104_units_are_merged_while_one_has_new_records(field: Field, *, removed: bool) -> None:
    """The records move, then the empty unit is removed; what is made in it meanwhile is kept with the reason."""
    (old,) = field.notes(1, "chapter0")
    a = field.device("a", "commune0")
    synced(a)
    made = write(a, field.units["chapter0"], first="mới ở đơn vị cũ")
    field.commit(Effect(NOTE.name, old, Op.EDIT, {UNIT: field.units["chapter1"]}))
    if removed:
        field.commit(Effect(NODE.name, field.units["chapter0"], Op.DELETE, {}))
    report = a.sync()
    assert report.pushed["refused"] == int(removed)
    edit(a, made, unit_id=field.units["chapter1"])
    synced(a)
    assert field.values(made) == {**field.values(made), UNIT: field.units["chapter1"], "first": "mới ở đơn vị cũ"}
    assert field.agrees(a)


def test_line_of_a_unit_that_was_removed_is_not_found_again(field: Field) -> None:
    a, b = field.device("a", "province0"), field.device("b", "province0")
    synced(a, b)
    remove(a, field.units["chapter0"], NODE.name)
    synced(a, b)
    assert field.units["chapter0"] not in held(b, NODE.name)
    assert line_of(b).requests[-1].changes == []
    assert field.agrees()


def test_a_note_moved_out_of_a_unit_that_went_to_another_shard_comes_with_what_others_wrote(field: Field) -> None:
    (note,) = field.notes(1, "commune0", first="x")
    a = field.device("a", "root")
    synced(a)
    edit(a, note, unit_id=field.units["commune1"])
    field.move("commune0", "root")
    field.commit(Effect(NOTE.name, note, Op.EDIT, {"second": "by others"}))
    report = a.sync()
    assert (report.status, report.pushed["merged"]) == ("done", 1)
    assert (seen(a, note) or {})["second"] == "by others"
    assert field.agrees(a)


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_others_removed_in_a_unit_that_was_made_here_goes_though_its_shard_is_new(field: Field, when: str) -> None:
    """The device does not know from any answer that the server has the unit, nor what happened in it."""
    a, b = field.device("a", "commune0"), field.device("b", "root")
    synced(a)
    if when == "before":
        field.move("commune0", "root")
    unit = a.new_id()
    with a.write() as conn:
        values: Values = {UNIT: unit, "parent": field.units["commune0"], "label": "new"}
        a.replica.create(conn, NODE.name, unit, values, a.author)
    note = write(a, unit, first="x")
    line_of(a).left = 0
    assert a.sync().status == "failed"
    line_of(a).left = None
    if when == "after":
        field.move("commune0", "root")
    synced(b)
    remove(b, note)
    synced(b, a)
    assert seen(a, note) is None
    assert field.agrees(a, b)
    assert a.repaired == 0
    assert (seen(a, unit, NODE.name) or {})["label"] == "new"


@pytest.mark.parametrize("edited", [False, True])
def test_what_was_accepted_goes_with_its_unit_though_the_device_did_not_know_it(field: Field, *, edited: bool) -> None:
    """The answer got lost, and frames that a stick brought took the unit away before it came again."""
    a = field.device("a", "commune0")
    synced(a)
    note = write(a, field.units["chapter0"], first="x")
    line_of(a).left = 0
    assert a.sync().status == "failed"
    line_of(a).left = None
    rescope(field, a, "commune1")
    with a.write() as conn:
        request = Request(PROTOCOL_VERSION, 0, store.state(conn, CURSOR))
    for part in decode_parts(field.server.exchange(field.actor(a, "a"), encode(request))):
        if isinstance(part, Frame):
            with a.write() as conn:
                apply_frame(a.replica, conn, part)
    assert (seen(a, note) or {})["first"] == "x"
    if edited:
        edit(a, note, second="y")
    synced(a)
    assert seen(a, note) is None
    assert field.agrees(a)
    with field.server.database.read() as conn:
        rows = run(
            conn, f"SELECT fields FROM {HANDOVER.table} WHERE target_id = ? AND side = 'receiver'", (note,)
        ).all()
    assert [json.loads(row[0])[0]["value"] for row in rows] == (["y"] if edited else [])


def test_a_unit_that_was_made_and_lost_in_a_shard_of_no_cursor_goes(field: Field) -> None:
    a = field.device("a", "chapter0")
    synced(a)
    field.move("commune0", "root")  # another shard
    unit = a.new_id()
    with a.write() as conn:
        values: Values = {UNIT: unit, "parent": field.units["chapter0"], "label": "new"}
        a.replica.create(conn, NODE.name, unit, values, a.author)
    line_of(a).left = 1  # the answer arrives, no frame does
    a.sync()
    line_of(a).left = None
    assert a.waiting() == 0
    field.commit(Effect(NODE.name, unit, Op.EDIT, {"parent": field.units["commune2"]}))
    field.move("chapter0", "commune1")  # back in the province of its cursor
    synced(a)
    assert seen(a, unit, NODE.name) is None
    assert field.agrees(a)
