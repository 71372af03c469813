"""What every store of the server must give: changes in, answers and feed out, the same on SQLite and PostgreSQL."""

import json

import pytest
from small_world import Reader, Town, delete, edit, new_id

from sync.core.squash import Op
from sync.protocol.errors import RejectedError
from sync.protocol.kinds import CONFLICT, UNIT
from sync.protocol.messages import Answer, Change, ids_of
from sync.server.records import DEPTH_MAX, Actor, Stamp
from sync.server.rules import Effect
from sync.testing.kinds import NODE, NOTE


def brief(*answers: Answer) -> list[tuple[str, str]]:
    return [(answer.status, answer.code) for answer in answers]


# one record


def test_s001_s014_what_was_made_arrives_as_it_was_typed(town: Town) -> None:
    """Marks, composed or not, emoji and right-to-left text keep their bytes."""
    typed = 'Đặng Thị Ngọc ♥ 𠀀 \u05d0\u05d1 e\u0301 é \u202e\'; DROP "x" %s ? \n\t\\'
    change = town.note(first=typed, second="", count=-(1 << 63), tags='["a"]')
    assert brief(*town.push(change)) == [("applied", "")]
    values = town.values(change.record_id)
    assert (values["first"], values["second"], values["count"]) == (typed, "", -(1 << 63))
    reader = Reader(town.server, town.actor())
    assert reader.pull() == {change.record_id}
    (rows,) = [rows for frame in reader.frames for rows in frame.rows if rows.kind == NOTE.name]
    assert rows.values[rows.columns.index("first")] == [typed]


def test_s027_different_fields_of_one_record_both_survive(town: Town) -> None:
    note = town.noted(first="ash", second="ash")
    one, other = town.push(edit(note, {"first": "elm"}), edit(note, {"second": "fir"}))
    assert (one.status, other.status, other.rev) == ("applied", "merged", 3)
    assert (town.values(note)["first"], town.values(note)["second"]) == ("elm", "fir")


def test_s028_the_same_value_twice_asks_nobody(town: Town) -> None:
    note = town.noted(first="ash")
    assert brief(*town.push(edit(note, {"first": "elm"}), edit(note, {"first": "elm"})))[1] == ("merged", "")
    assert town.conflicts(note) == []


def test_s029_two_values_for_one_field_are_a_conflict_that_is_settled_once(town: Town) -> None:
    note = town.noted(first="ash")
    town.push(edit(note, {"first": "elm"}), actor=town.actor(device="Máy 2"))
    (answer,) = town.push(edit(note, {"first": "fir"}))
    assert (answer.status, answer.fix) == ("conflict", {"first": "elm"})
    ((conflict, record),) = town.conflicts(note)
    (item,) = json.loads(str(record.values["fields"]))
    assert (item["base"], item["mine"], item["theirs"]) == ("ash", "fir", "elm")
    choice = {"status": "settled", "choice": '{"first":{"take":"mine"}}'}
    first, second = town.push(
        edit(conflict, {**choice}, record.rev, CONFLICT.name),
        edit(conflict, {**choice, "choice": '{"first":{"take":"theirs"}}'}, record.rev, CONFLICT.name),
    )
    assert brief(first, second) == [("applied", ""), ("refused", "conflict.already_settled")]
    assert town.values(note)["first"] == "fir"


def test_a_field_that_was_changed_back_asks_nobody(town: Town) -> None:
    note = town.noted(first="ash")
    town.push(edit(note, {"first": "elm"}, 1), edit(note, {"first": "ash"}, 2))
    (answer,) = town.push(edit(note, {"first": "fir"}, 1))
    assert (answer.status, town.values(note)["first"], town.conflicts(note)) == ("merged", "fir", [])


def test_a_choice_between_versions_that_have_changed_is_refused(town: Town) -> None:
    note = town.noted(first="ash")
    one, other = town.actor(device="Máy 1"), town.actor(device="Máy 2")
    town.push(edit(note, {"first": "elm"}), actor=other)
    town.push(edit(note, {"first": "fir"}), actor=one)
    ((conflict, seen),) = town.conflicts(note)
    town.push(edit(note, {"first": "oak"}, 2), actor=other)
    town.push(edit(note, {"first": "yew"}, 1), actor=one)
    choice = {"status": "settled", "choice": '{"first":{"take":"mine"}}'}
    assert brief(*town.push(edit(conflict, {**choice}, seen.rev, CONFLICT.name))) == [("refused", "conflict.moved_on")]
    assert town.values(note)["first"] == "oak"
    ((_, now),) = town.conflicts(note)
    assert brief(*town.push(edit(conflict, {**choice}, now.rev, CONFLICT.name))) == [("applied", "")]
    assert town.values(note)["first"] == "yew"


def test_a_settlement_that_moves_a_record_takes_its_other_conflicts_along(town: Town) -> None:
    here, there = town.units["commune0"], town.units["commune1"]
    above = town.actor("province0", "ba")
    note = town.noted(first="ash")
    town.push(edit(note, {"first": "elm", UNIT: town.units["province0"]}), actor=above)
    town.push(edit(note, {"first": "fir"}), actor=town.actor("province0", "chi"))
    town.push(edit(note, {UNIT: there}), actor=town.actor("province0", "dung"))
    ((moved, record),) = [each for each in town.conflicts(note) if UNIT in str(each[1].values["fields"])]
    choice = json.dumps({UNIT: {"take": "mine"}})
    settled = edit(moved, {"status": "settled", "choice": choice}, record.rev, CONFLICT.name)
    assert brief(*town.push(settled, actor=above)) == [("applied", "")]
    ((_, other),) = town.conflicts(note)
    assert (town.values(note)[UNIT], other.values[UNIT]) == (there, there) != (here, here)
    assert town.values(moved, CONFLICT.name)[UNIT] == there


def test_one_device_that_disagrees_twice_has_one_conflict(town: Town) -> None:
    note = town.noted(first="ash", second="ash")
    town.push(edit(note, {"first": "elm", "second": "elm"}), actor=town.actor(device="Máy 2"))
    town.push(edit(note, {"first": "fir"}))
    town.push(edit(note, {"second": "fir"}))
    ((_, record),) = town.conflicts(note)
    assert {item["field"] for item in json.loads(str(record.values["fields"]))} == {"first", "second"}


def test_s053_devices_of_two_accounts_with_the_same_name_have_a_conflict_each(town: Town) -> None:
    note = town.noted(first="ash")
    town.push(edit(note, {"first": "elm"}), actor=town.actor(account="chi", device="Máy 2"))
    town.push(edit(note, {"first": "fir"}), actor=town.actor(account="an", device="Máy"))
    town.push(edit(note, {"first": "oak"}), actor=town.actor(account="binh", device="Máy"))
    found = {
        str(record.values["mine_account"]): json.loads(str(record.values["fields"]))[0]["mine"]
        for _, record in town.conflicts(note)
    }
    assert found == {"an": "fir", "binh": "oak"}


def test_s037_sets_and_maps_merge_by_item(town: Town) -> None:
    note = town.noted(tags='["a"]', more='{"x":1}')
    town.push(edit(note, {"tags": '["a","b"]', "more": '{"x":1,"y":2}'}))
    town.push(edit(note, {"tags": '["c"]', "more": '{"x":1,"z":3}'}))
    values = town.values(note)
    assert (json.loads(str(values["tags"])), json.loads(str(values["more"]))) == (["b", "c"], {"x": 1, "y": 2, "z": 3})


def test_s048_an_edit_two_versions_behind_does_not_win(town: Town) -> None:
    note = town.noted(first="ash")
    town.push(edit(note, {"first": "elm"}, 1), edit(note, {"first": "oak"}, 2))
    (answer,) = town.push(edit(note, {"first": "fir"}, 1))
    assert (answer.status, town.values(note)["first"]) == ("conflict", "oak")


def test_s064_a_removal_of_what_was_changed_meanwhile_is_refused(town: Town) -> None:
    note = town.noted(first="ash")
    town.push(edit(note, {"first": "elm"}))
    assert brief(*town.push(delete(note, 1), delete(note, 2))) == [("refused", "record.changed"), ("applied", "")]
    assert brief(*town.push(delete(note, 2), edit(note, {"first": "fir"}))) == [
        ("applied", ""),
        ("refused", "record.deleted"),
    ]


def test_a_removal_by_somebody_who_has_not_seen_each_field_is_refused(town: Town) -> None:
    """They were changing one field themselves when others changed it, and saw the newer version of the rest."""
    note = town.noted(first="ash", second="ash")
    town.push(edit(note, {"first": "elm"}, 1), edit(note, {"second": "elm"}, 2))
    blind, seen = (
        Change(new_id(), NOTE.name, note, Op.DELETE, {}, base_rev=3, base_revs=revs)
        for revs in ({"first": 1}, {"first": 2})
    )
    assert brief(*town.push(blind, seen)) == [("refused", "record.changed"), ("applied", "")]


def test_a_record_that_comes_back_goes_on_counting(town: Town) -> None:
    note = town.noted(first="ash")
    again = Change(new_id(), NOTE.name, note, Op.CREATE, {UNIT: town.units["commune0"]})
    _, answer = town.push(delete(note), again)
    assert answer.rev == 3


def test_s129_s267_unknown_fields_are_kept(town: Town) -> None:
    note = town.noted(first="ash")
    town.push(edit(note, {"colour": "xanh lá", "photo": b"\0\xff"}))
    record = town.record(note)
    assert record is not None
    assert json.loads(str(record.extra)) == {"colour": "xanh lá", "photo": {"b": "AP8="}}


def test_s121_one_refused_change_among_fifty_stops_no_other(town: Town) -> None:
    changes = [town.note("commune2" if number == 25 else "commune0") for number in range(50)]
    answers = town.push(*changes)
    assert [number for number, answer in enumerate(answers) if answer.status == "refused"] == [25]
    assert Reader(town.server, town.actor("root")).pull() == {c.record_id for c in changes if c is not changes[25]}


# repeats


def test_s162_a_repeat_gets_the_answer_of_the_first_time(town: Town) -> None:
    note = town.noted(first="ash")
    changes = (town.note(), edit(note, {"first": "elm"}), edit(note, {"first": "fir"}), edit(new_id(), {"first": "x"}))
    answers = town.push(*changes)
    lines = town.log_lines()
    assert town.push(*changes) == answers
    assert town.push(*reversed(changes)) == answers[::-1]
    assert town.log_lines() == lines


# the feed


def test_s092_a_cursor_brings_only_what_is_new(town: Town) -> None:
    first = town.noted()
    reader = Reader(town.server, town.actor())
    assert reader.pull() == {first}
    assert reader.pull() == set()
    second = town.noted()
    town.push(edit(first, {"mark": "x"}))
    assert reader.pull() == {first, second}


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_s204_a_snapshot_in_small_frames_goes_on_where_the_line_was_cut(town: Town, rows: int) -> None:
    notes = {town.noted(unit) for unit in ("commune0", "commune1") * 5}
    town.noted("commune2")
    reader = Reader(town.server, town.actor("province0"), frame_rows_max=rows)
    for _ in range(40):
        reader.pull(frames_max=1)
        if reader.frames[-1].complete:
            break
    assert reader.frames[-1].complete
    assert reader.received == notes


def test_s098_a_record_that_moves_leaves_one_scope_and_arrives_in_the_other(town: Town) -> None:
    note = town.noted("commune0", first="ash")
    old, new = Reader(town.server, town.actor("commune0")), Reader(town.server, town.actor("commune2"))
    old.pull()
    new.pull()
    town.push(edit(note, {UNIT: town.units["commune2"]}), actor=town.actor("root"))
    assert (old.pull(), old.gone()) == (set(), {note: "left"})
    assert new.pull() == {note}


def test_s091_a_unit_that_moves_into_a_scope_brings_all_its_records(town: Town) -> None:
    note = town.noted("commune0")
    old, new = Reader(town.server, town.actor("province0")), Reader(town.server, town.actor("province1"))
    old.pull()
    new.pull()
    move = edit(town.units["commune0"], {"parent": town.units["province1"]}, kind=NODE.name)
    assert brief(*town.push(move, actor=town.actor("root"))) == [("applied", "")]
    assert new.pull() == {note}
    old.pull()
    assert town.units["commune0"] in [unit for frame in old.frames for unit in ids_of(frame.gone_units)]
    later = town.noted("commune0")
    assert (new.pull(), old.pull()) == ({later}, set())


def test_s102_two_units_that_move_below_each_other_make_no_circle(town: Town) -> None:
    one, other = town.units["commune0"], town.units["commune1"]
    moves = [edit(a, {"parent": b}, kind=NODE.name) for a, b in ((one, other), (other, one))]
    assert brief(*town.push(*moves, actor=town.actor("root"))) == [("applied", ""), ("refused", "unit.cycle")]


def test_s281_a_server_that_went_back_is_noticed(town: Town) -> None:
    reader = Reader(town.server, town.actor())
    town.noted()
    reader.pull()
    with town.database.write() as conn:
        conn.exec_driver_sql("DELETE FROM sync_position")
        conn.exec_driver_sql("INSERT INTO sync_position SELECT shard, max(pos) - 1 FROM sync_log GROUP BY shard")
    with pytest.raises(RejectedError, match=r"server\.went_back"):
        reader.pull()


def test_the_digest_counts_what_a_scope_holds(town: Town) -> None:
    before = town.server.digest((town.units["commune0"],))
    town.noted("commune1")
    assert town.server.digest((town.units["commune0"],)) == before
    town.noted("commune0")
    digest, counts = town.server.digest((town.units["commune0"],))
    assert digest != before[0]
    assert counts == {"node": 3, "note": 1, "conflict": 0, "handover": 0}


# the size of the tree


def test_s118_a_tree_as_deep_as_it_may_be_works_and_a_deeper_one_is_refused(town: Town) -> None:
    levels, parent = [], town.units["commune0"]
    for _ in range(DEPTH_MAX - 2):
        levels.append(town.node(new_id(), parent))
        parent = levels[-1].record_id
    town.server.commit(levels, Stamp())
    bottom = Change(new_id(), NODE.name, new_id(), Op.CREATE, {"parent": parent, "label": "x"})
    bottom.patch[UNIT] = bottom.record_id
    assert brief(*town.push(bottom)) == [("refused", "unit.too_deep")]
    note = Change(new_id(), NOTE.name, new_id(), Op.CREATE, {UNIT: parent})
    assert brief(*town.push(note)) == [("applied", "")]
    assert Reader(town.server, Actor("an", "Máy 1", (parent,))).pull() == {note.record_id}
    assert Reader(town.server, town.actor()).pull() == {note.record_id}


def test_s118_s286_hundreds_of_units_side_by_side(town: Town) -> None:
    """More than one statement can name."""
    units = [new_id() for _ in range(400)]
    notes = [Effect(NOTE.name, new_id(), Op.CREATE, {UNIT: unit}) for unit in units]
    town.server.commit([*(town.node(unit, town.units["commune0"]) for unit in units), *notes], Stamp())
    reader = Reader(town.server, town.actor())
    assert reader.pull() == {note.record_id for note in notes}
    change = town.note()
    town.push(change)
    assert reader.pull() == {change.record_id}
