"""Removals on one side, edits on the other, and units that go with what is in them."""

import json
from pathlib import Path

from field import Field, edit, held, line_of, pending, remove, seen, synced, travelling, write
from small_world import Town, delete
from typing_extensions import override

from sync.core.squash import Op
from sync.protocol.kinds import UNIT, Values
from sync.protocol.messages import Change
from sync.server.records import Actor, Tx
from sync.server.rules import Effect, NoRules, Refusal
from sync.testing.device import Device
from sync.testing.kinds import NODE, NOTE


def make_unit(device: Device, parent: bytes) -> bytes:
    unit = device.new_id()
    values: Values = {UNIT: unit, "parent": parent, "label": "mới"}
    with device.write() as conn:
        device.replica.create(conn, NODE.name, unit, values, device.author)
    return unit


def test_s063_what_a_frame_took_away_is_no_removal_of_ones_own(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = write(a, first="x")
    synced(a, b)
    remove(a, made)
    synced(a, b)
    assert (held(b), pending(b), travelling(b)) == (set(), [], [])
    synced(b)
    assert line_of(b).requests[-1].changes == []


def test_s065_s175_an_edit_of_what_was_removed_is_refused_and_kept(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = write(a, first="gốc")
    synced(a, b)
    remove(b, made)
    synced(b)
    edit(a, made, second="công nhập")
    assert a.sync().pushed["refused"] == 1
    (line,) = a.refused()
    assert (line.code, line.line.patch) == ("record.deleted", {"second": "công nhập"})


def test_s064_who_removes_what_was_changed_meanwhile_decides_again(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = write(a, first="gốc")
    synced(a, b)
    remove(a, made)
    edit(b, made, first="của b")
    synced(b)
    assert a.sync().pushed["refused"] == 1
    (refused,) = a.refused()
    with a.write() as conn:
        a.replica.discard(conn, refused.change_id)
    assert (seen(a, made) or {})["first"] == "của b"
    synced(a)
    assert field.agrees()


def test_s066_removed_on_both_is_gone_without_a_word(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = write(a, first="x")
    synced(a, b)
    remove(a, made)
    remove(b, made)
    synced(a, b)
    assert (a.refused(), b.refused(), field.record(made)) == ([], [], None)
    assert field.agrees()


def test_s069_a_removed_record_that_is_restored_comes_back_everywhere(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = write(a, first="x", second="y")
    synced(a, b)
    values = seen(a, made) or {}
    remove(a, made)
    synced(a, b)
    assert held(b) == set()
    with a.write() as conn:
        a.replica.create(conn, NOTE.name, made, values, a.author)
    synced(a, b)
    assert seen(b, made) == values
    assert field.record(made).rev == 3  # type: ignore[union-attr]  # it is there
    assert field.agrees()


def test_s070_what_was_made_in_a_unit_that_was_removed_is_kept_with_the_reason(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    unit = field.units["chapter0"]
    synced(a, b)
    remove(b, unit, NODE.name)
    synced(b)
    made = write(a, unit, first="công nhập")
    assert a.sync().pushed["refused"] == 1
    (line,) = a.refused()
    assert (line.record_id, line.line.patch["first"]) == (made, "công nhập")
    assert (line.code, line.field) == ("unit.removed", UNIT)
    edit(a, made, unit_id=a.roots[0])
    synced(a, b)
    assert (seen(b, made) or {})["first"] == "công nhập"
    assert field.agrees()


def test_s071_a_unit_is_renamed_here_and_removed_there(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    unit = field.units["chapter0"]
    synced(a, b)
    remove(b, unit, NODE.name)
    synced(b)
    edit(a, unit, NODE.name, label="tên mới")
    assert a.sync().pushed["refused"] == 1
    assert [(line.code, line.line.patch) for line in a.refused()] == [("record.deleted", {"label": "tên mới"})]
    kept = field.units["chapter1"]
    inside = write(b, kept, first="ở trong")
    synced(b)
    remove(b, inside)
    write(a, kept, first="cũng ở trong")
    a.sync()
    remove(b, kept, NODE.name)
    assert b.sync().pushed["refused"] == 1
    assert field.record(kept, NODE.name) is not None


def test_s072_two_removals_of_two_records_both_hold(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    one, other = write(a, first="1"), write(a, first="2")
    synced(a, b)
    remove(a, one)
    remove(b, other)
    synced(a, b, a, b)
    assert (held(a), held(b), field.record(one), field.record(other)) == (set(), set(), None, None)
    assert field.agrees()


def test_s073_s075_a_unit_with_something_in_it_is_not_removed_and_comes_back(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    unit = field.units["chapter0"]
    synced(a, b)
    inside = write(b, unit, first="vừa thêm")
    synced(b)
    remove(a, unit, NODE.name)
    report = a.sync()
    assert (report.status, report.pushed["refused"]) == ("done", 1)
    assert inside in held(a)
    (refused,) = a.refused()
    assert refused.code == "unit.not_empty"
    with a.write() as conn:
        a.replica.discard(conn, refused.change_id)
    assert unit in held(a, NODE.name)
    edit(a, unit, NODE.name, label="dùng tiếp")
    synced(a, b)
    assert field.agrees()


class OneMark(NoRules):
    """No two notes carry one mark."""

    @override
    def check(
        self, tx: Tx, actor: Actor, change: Change, before: Values | None, after: Values | None
    ) -> Refusal | None:
        mark = (after or {}).get("mark")
        taken = mark is not None and any(found != change.record_id for found, _ in tx.find(NOTE.name, "mark", mark))
        return Refusal("mark.taken", "mark") if taken else None


def test_s077_what_is_removed_and_made_again_under_one_number_goes_in_this_order(tmp_path: Path) -> None:
    field = Field(tmp_path, OneMark())
    a = field.device("a")
    old = write(a, mark="008")
    synced(a)
    remove(a, old)
    new = write(a, mark="008")
    report = a.sync()
    assert (report.pushed["applied"], report.pushed["refused"]) == (2, 0)
    assert (held(a), field.values(new)["mark"]) == ({new}, "008")
    field.close()


def test_a_unit_is_removed_after_what_was_in_it(field: Field) -> None:
    a = field.device("a")
    synced(a)
    unit = make_unit(a, a.roots[0])
    inside = write(a, unit, first="x")
    synced(a)
    with a.write() as conn:
        a.replica.delete(conn, NODE.name, unit, a.author)
        a.replica.delete(conn, NOTE.name, inside, a.author)
    assert a.sync().pushed["refused"] == 0
    assert field.agrees(a)


def test_s079_thousands_of_removals_come_in_frames_and_go_on_after_a_cut(field: Field) -> None:
    ids = field.notes(6_000)
    a = field.device("a")
    synced(a)
    field.commit(*(Effect(NOTE.name, record_id, Op.DELETE, {}) for record_id in ids[:5_900]))
    left = []
    while len(held(a)) > 100:
        line_of(a).left = 2
        a.sync()
        left.append(len(held(a)))
    line_of(a).left = None
    assert sorted(left, reverse=True) == left
    assert len(left) > 1
    synced(a)
    assert held(a) == set(ids[5_900:])
    assert field.agrees(a)


def test_s083_moving_or_renaming_the_only_record_raises_no_alarm(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = write(a, first="duy nhất")
    synced(a, b)
    edit(a, made, first="tên khác", unit_id=field.units["chapter0"])
    synced(a, b)
    assert (seen(b, made) or {})[UNIT] == field.units["chapter0"]
    assert field.agrees()


def test_a_removal_leaves_only_its_place_in_the_log(town: Town) -> None:
    record = town.noted(first="x")
    town.push(delete(record))
    with town.database.read() as conn:
        (text,) = conn.exec_driver_sql("SELECT fields FROM sync_log WHERE op = 'delete'").one()
    assert json.loads(text)["first"] == ["x", None]
