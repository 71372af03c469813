"""Work on records that have left a scope goes to whoever has them now, on both stores (promise 6)."""

import json

import pytest
from small_world import NOW_MS, Reader, Town, delete, edit, new_id

from sync.core.squash import Op
from sync.protocol.kinds import CONFLICT, HANDOVER, UNIT, Value, Values
from sync.protocol.messages import PROTOCOL_VERSION, Answer, Change, Request, encode
from sync.server.database import run
from sync.server.handovers import ACCEPTED, AUTHOR, DISCARDED, RECEIVER, RETURNED, WAITING, WITHDRAWN
from sync.server.records import Actor, Stamp, Tx
from sync.server.rules import Effect
from sync.testing.kinds import KINDS, NODE


def brief(*answers: Answer) -> list[tuple[str, str]]:
    return [(answer.status, answer.code) for answer in answers]


def an(town: Town, device: str = "Máy 1") -> Actor:
    """Give the author, who has the units of one province."""
    return town.actor("province0", "an", device)


def binh(town: Town) -> Actor:
    """Give whoever has the unit afterwards."""
    return town.actor("province1", "binh", "Máy 2")


def move(town: Town, unit: str = "commune1", under: str = "province1") -> None:
    parent = town.units[under]
    town.server.commit([Effect(NODE.name, town.units[unit], Op.EDIT, {"parent": parent})], Stamp(account="root"))


def left(town: Town, **values: Value) -> bytes:
    """Store a note in a unit that the author has, and then has no more; return its id."""
    note = town.noted("commune1", **values)
    Reader(town.server, an(town)).pull()
    move(town)
    return note


def boxes(town: Town, record_id: bytes, side: str = RECEIVER) -> list[tuple[bytes, Values]]:
    with town.database.read() as conn:
        found = Tx(conn, KINDS, NOW_MS, new_id).find(HANDOVER.name, "target_id", record_id)
    return [(handover, record.values) for handover, record in found if record.values["side"] == side]


def box(town: Town, record_id: bytes, side: str = RECEIVER) -> tuple[bytes, Values]:
    ((handover, values),) = boxes(town, record_id, side)
    return handover, values


def decide(town: Town, handover: bytes, actor: Actor | None = None, **values: Value) -> Answer:
    (answer,) = town.push(edit(handover, values, kind=HANDOVER.name), actor=actor or binh(town))
    return answer


def accept(town: Town, handover: bytes, rev: int = 0, actor: Actor | None = None, **values: Value) -> Answer:
    choice = json.dumps({"rev": rev, "values": values}) if rev or values else None
    return decide(town, handover, actor, state=ACCEPTED, choice=choice)


# into the box


def test_s090_an_edit_of_what_has_left_waits_in_the_box_of_its_new_unit_and_its_author_sees_where(town: Town) -> None:
    note = left(town, first="ash", second="ash")
    change = edit(note, {"first": "elm"})
    (answer,) = town.push(change, actor=an(town))
    author_id, mine = box(town, note, AUTHOR)
    receiver_id, theirs = box(town, note)
    assert (answer.status, answer.link, answer.rev, answer.fix) == ("handed_over", author_id, 0, {})
    assert town.values(note)["first"] == "ash"
    assert (theirs[UNIT], theirs["state"], theirs["account"], theirs["device"]) == (
        town.units["commune1"], WAITING, "an", "Máy 1",
    )  # fmt: skip
    assert json.loads(str(theirs["fields"])) == [{"field": "first", "base": "ash", "value": "elm"}]
    assert (mine[UNIT], mine["to_unit"], mine["to_name"]) == (town.units["province0"], town.units["commune1"], "x")
    assert Reader(town.server, binh(town)).pull() >= {note, receiver_id}
    seen = Reader(town.server, an(town)).pull()
    assert author_id in seen
    assert not seen & {receiver_id, note}


def test_the_author_learns_nothing_of_what_stands_in_the_record_by_now(town: Town) -> None:
    note = left(town, first="ash")
    town.push(edit(note, {"first": "secret"}), actor=binh(town))
    town.push(edit(note, {"first": "elm"}, 99), actor=an(town))
    handover, _ = box(town, note)
    accept(town, handover, 2, first="hidden")
    for _, values in boxes(town, note, AUTHOR):
        assert not any("secret" in str(value) or "hidden" in str(value) for value in values.values())


def test_a_repeat_is_handed_over_once(town: Town) -> None:
    note = left(town, first="ash")
    changes = (edit(note, {"first": "elm"}), town.note("commune1", first="new"))
    answers = town.push(*changes, actor=an(town))
    lines = town.log_lines()
    assert town.push(*reversed(changes), actor=an(town)) == answers[::-1]
    assert town.log_lines() == lines


def test_a_second_edit_of_one_device_joins_the_first_and_another_device_has_its_own(town: Town) -> None:
    note = left(town, first="ash", second="ash")
    town.push(edit(note, {"first": "elm"}), edit(note, {"first": "fir", "second": "fir"}), actor=an(town))
    town.push(edit(note, {"first": "oak"}), actor=an(town, "Máy 9"))
    found = [json.loads(str(values["fields"])) for _, values in boxes(town, note)]
    assert found == [
        [{"field": "first", "base": "ash", "value": "fir"}, {"field": "second", "base": "ash", "value": "fir"}],
        [{"field": "first", "base": "ash", "value": "oak"}],
    ]


def test_s104_what_was_made_in_a_unit_that_left_waits_there_and_arises_when_it_is_accepted(town: Town) -> None:
    left(town)
    change = town.note("commune1", first="new")
    assert brief(*town.push(change, actor=an(town))) == [("handed_over", "")]
    assert town.record(change.record_id) is None
    town.push(edit(change.record_id, {"second": "later"}), actor=an(town))
    handover, _ = box(town, change.record_id)
    assert accept(town, handover).status == "applied"
    assert (town.values(change.record_id)["first"], town.values(change.record_id)["second"]) == ("new", "later")


def test_what_was_made_and_removed_before_anybody_decided_is_withdrawn(town: Town) -> None:
    left(town)
    change = town.note("commune1", first="new")
    town.push(change, actor=an(town))
    assert brief(*town.push(delete(change.record_id), actor=an(town))) == [("handed_over", "")]
    handover, values = box(town, change.record_id)
    assert values["state"] == WITHDRAWN
    assert brief(accept(town, handover)) == [("refused", "handover.already_settled")]


def test_a_removal_waits_and_removes_when_it_is_accepted(town: Town) -> None:
    note = left(town, first="ash")
    assert brief(*town.push(delete(note), actor=an(town))) == [("handed_over", "")]
    handover, _ = box(town, note)
    assert accept(town, handover).status == "applied"
    assert town.record(note) is None


def test_a_removal_of_what_was_changed_meanwhile_needs_somebody_who_has_seen_the_change(town: Town) -> None:
    note = left(town, first="ash")
    town.push(edit(note, {"first": "oak"}), actor=binh(town))
    town.push(delete(note), actor=an(town))
    handover, _ = box(town, note)
    assert brief(accept(town, handover)) == [("refused", "record.changed")]
    assert accept(town, handover, 2).status == "applied"


def test_s098_an_edit_of_a_record_that_was_transferred_goes_to_its_new_unit(town: Town) -> None:
    note = town.noted("commune0", first="ash")
    Reader(town.server, an(town)).pull()
    town.push(edit(note, {UNIT: town.units["commune2"]}), actor=town.actor("root"))
    assert brief(*town.push(edit(note, {"first": "elm"}), actor=an(town))) == [("handed_over", "")]
    assert box(town, note)[1][UNIT] == town.units["commune2"]


def test_the_name_of_a_unit_that_left_is_decided_by_the_unit_above_it(town: Town) -> None:
    left(town)
    unit = town.units["commune1"]
    town.push(edit(unit, {"label": "y"}, kind=NODE.name), actor=an(town))
    handover, values = box(town, unit)
    assert values[UNIT] == town.units["province1"]
    assert accept(town, handover, 2).status == "merged"
    assert town.values(unit, NODE.name)["label"] == "y"


def test_s094_an_account_that_loses_a_unit_hands_over_and_one_that_gains_it_decides(town: Town) -> None:
    note = town.noted("commune1", first="ash")
    had = Actor("an", "Máy 1", (town.units["commune0"], town.units["commune1"]))
    Reader(town.server, had).pull()
    has = Actor("an", "Máy 1", (town.units["commune0"],))
    assert brief(*town.push(edit(note, {"first": "elm"}), actor=has)) == [("handed_over", "")]
    Reader(town.server, has).pull()
    assert accept(town, box(town, note)[0], actor=town.actor("commune1", "chi")).status == "applied"
    assert brief(*town.push(edit(note, {"second": "fir"}), actor=had)) == [("merged", "")]


# nobody else


def test_s144_who_never_had_the_record_is_refused_as_ever_and_nothing_is_kept(town: Town) -> None:
    note = town.noted("commune1", first="ash")
    neighbour = town.actor("commune2", "neighbour")
    Reader(town.server, neighbour).pull()
    attacks = (edit(note, {"first": "elm"}), delete(note), town.note("commune1"), edit(new_id(), {"first": "elm"}))
    assert brief(*town.push(*attacks, actor=neighbour)) == [
        ("refused", "scope.forbidden"), ("refused", "scope.forbidden"), ("refused", "scope.forbidden"),
        ("refused", "record.unknown"),
    ]  # fmt: skip
    assert boxes(town, note) == []


def test_a_record_that_arose_after_its_unit_had_left_was_never_in_scope(town: Town) -> None:
    clock = [NOW_MS]
    town.server.clock_ms = lambda: clock[0]
    left(town)
    clock[0] += 1_000
    Reader(town.server, an(town)).pull()
    clock[0] += 1_000
    later = town.noted("commune1", first="ash")
    assert brief(*town.push(edit(later, {"first": "elm"}), actor=an(town))) == [("refused", "scope.forbidden")]


def test_a_record_that_was_in_the_unit_before_the_account_had_it_was_never_in_scope(town: Town) -> None:
    clock = [NOW_MS]
    town.server.clock_ms = lambda: clock[0]
    note = town.noted("commune0", first="ash")
    town.push(edit(note, {UNIT: town.units["commune2"]}), actor=town.actor("root"))
    clock[0] += 1_000
    Reader(town.server, an(town)).pull()
    assert brief(*town.push(edit(note, {"first": "elm"}, 2), actor=an(town))) == [("refused", "scope.forbidden")]


def test_a_forged_cursor_gives_no_past(town: Town) -> None:
    note = town.noted("commune1", first="ash")
    reader = Reader(town.server, town.actor("commune1", "chi"))
    reader.pull()
    forged = Reader(town.server, town.actor("commune2", "neighbour"), cursor=reader.cursor)
    forged.pull()
    assert brief(*town.push(edit(note, {"first": "elm"}), actor=forged.actor)) == [("refused", "scope.forbidden")]


def test_who_only_looks_hands_nothing_over(town: Town) -> None:
    note = left(town, first="ash")
    looks = Actor("an", "Máy 1", (town.units["province0"],), writes=False)
    assert brief(*town.push(edit(note, {"first": "elm"}), actor=looks)) == [("refused", "scope.read_only")]


def test_the_settlement_of_a_conflict_is_not_handed_over_because_the_conflict_has_gone_along(town: Town) -> None:
    note = left(town, first="ash")
    town.push(edit(note, {"first": "elm"}), actor=binh(town))
    town.push(edit(note, {"first": "fir"}), actor=town.actor("commune1", "chi"))
    ((conflict, record),) = town.conflicts(note)
    choice = {"status": "settled", "choice": '{"first":{"take":"mine"}}'}
    (answer,) = town.push(edit(conflict, {**choice}, record.rev, CONFLICT.name), actor=an(town))
    assert brief(answer) == [("refused", "scope.forbidden")]


# out of the box


def test_accepted_work_merges_as_of_its_base_and_is_the_work_of_who_accepts(town: Town) -> None:
    note = left(town, first="ash", second="ash")
    town.push(edit(note, {"second": "oak"}), actor=binh(town))
    town.push(edit(note, {"first": "elm"}), actor=an(town))
    handover, _ = box(town, note)
    assert accept(town, handover).status == "merged"
    assert (town.values(note)["first"], town.values(note)["second"]) == ("elm", "oak")
    with town.database.read() as conn:
        (line,) = run(conn, "SELECT account, channel FROM sync_log WHERE record_id = ? AND rev = 3", (note,))
    assert tuple(line) == ("binh", "")
    _, mine = box(town, note, AUTHOR)
    assert (mine["state"], mine["decided_by"], mine["edited"], mine["decided_at"]) == (ACCEPTED, "binh", 0, NOW_MS)


def test_accepted_work_on_a_field_that_was_changed_meanwhile_is_a_conflict(town: Town) -> None:
    note = left(town, first="ash")
    town.push(edit(note, {"first": "oak"}), actor=binh(town))
    town.push(edit(note, {"first": "elm"}), actor=an(town))
    handover, _ = box(town, note)
    assert accept(town, handover).status == "conflict"
    assert (town.values(note)["first"], len(town.conflicts(note))) == ("oak", 1)


def test_work_is_accepted_with_another_value_that_is_based_on_what_the_receiver_saw(town: Town) -> None:
    note = left(town, first="ash", second="ash")
    town.push(edit(note, {"first": "oak"}), actor=binh(town))
    town.push(edit(note, {"first": "elm", "second": "elm"}), actor=an(town))
    handover, _ = box(town, note)
    assert accept(town, handover, 2, first="fir").status == "applied"
    assert (town.values(note)["first"], town.values(note)["second"], town.conflicts(note)) == ("fir", "elm", [])
    assert (box(town, note)[1]["edited"], box(town, note, AUTHOR)[1]["edited"]) == (1, 1)


def test_work_is_returned_with_a_reason_and_its_author_may_put_it_away(town: Town) -> None:
    note = left(town, first="ash")
    town.push(edit(note, {"first": "elm"}), actor=an(town))
    handover, _ = box(town, note)
    author_id, _ = box(town, note, AUTHOR)
    reader = Reader(town.server, an(town))
    reader.pull()
    refused = decide(town, author_id, an(town), state=DISCARDED)
    assert brief(refused) == [("refused", "field.read_only")]
    for without in (None, "", "  "):
        assert brief(decide(town, handover, state=RETURNED, why=without)) == [("refused", "handover.reason_needed")]
    assert decide(town, handover, state=RETURNED, why="Người này đã mất").status == "applied"
    assert author_id in reader.pull()
    _, mine = box(town, note, AUTHOR)
    assert (mine["state"], mine["why"], town.values(note)["first"]) == (RETURNED, "Người này đã mất", "ash")
    assert decide(town, author_id, an(town), state=DISCARDED).status == "applied"
    assert box(town, note, AUTHOR)[1]["state"] == DISCARDED


def test_work_is_decided_once(town: Town) -> None:
    note = left(town, first="ash")
    town.push(edit(note, {"first": "elm"}), actor=an(town))
    handover, _ = box(town, note)
    root = town.actor("root", "root")
    assert accept(town, handover, actor=root).status == "applied"
    assert accept(town, handover).status == "applied"
    assert brief(decide(town, handover, state=RETURNED, why="x")) == [("refused", "handover.already_settled")]
    assert town.values(note)["first"] == "elm"
    assert box(town, note)[1]["decided_by"] == "root"


def test_the_author_decides_nothing_and_nobody_writes_into_a_box(town: Town) -> None:
    note = left(town, first="ash")
    town.push(edit(note, {"first": "elm"}), actor=an(town))
    handover, values = box(town, note)
    author_id, _ = box(town, note, AUTHOR)
    forged = Change(new_id(), HANDOVER.name, new_id(), Op.CREATE, {**values})
    answers = (
        accept(town, handover, actor=an(town)),
        accept(town, author_id, actor=an(town)),
        decide(town, handover, fields="[]"),
        decide(town, handover, state="open"),
        decide(town, handover, state=ACCEPTED, choice='{"rev":-1}'),
        decide(town, handover, state=ACCEPTED, choice="[]"),
        *town.push(forged, delete(handover, kind=HANDOVER.name), actor=binh(town)),
    )
    assert brief(*answers) == [
        ("refused", "scope.forbidden"), ("refused", "field.read_only"), ("refused", "field.read_only"),
        ("refused", "field.read_only"), ("refused", "handover.choice_damaged"), ("refused", "handover.choice_damaged"),
        ("refused", "scope.read_only"), ("refused", "scope.read_only"),
    ]  # fmt: skip
    assert box(town, note)[1]["state"] == WAITING


def test_work_that_its_receiver_may_not_do_is_not_done_by_accepting_it(town: Town) -> None:
    note = left(town, first="ash")
    town.push(edit(note, {UNIT: town.units["commune0"]}), actor=an(town))
    handover, _ = box(town, note)
    assert brief(accept(town, handover)) == [("refused", "scope.forbidden")]
    assert box(town, note)[1]["state"] == WAITING
    assert accept(town, handover, actor=town.actor("root", "root")).status == "applied"
    assert town.values(note)[UNIT] == town.units["commune0"]


# moves after moves


def test_s099_a_unit_that_comes_back_brings_the_box_to_its_author(town: Town) -> None:
    note = left(town, first="ash")
    town.push(edit(note, {"first": "elm"}), actor=an(town))
    move(town, under="province0")
    handover, _ = box(town, note)
    assert handover in Reader(town.server, an(town)).pull()
    assert brief(*town.push(edit(note, {"second": "fir"}), actor=an(town))) == [("applied", "")]
    assert accept(town, handover, actor=an(town)).status == "merged"
    assert (town.values(note)["first"], town.values(note)["second"]) == ("elm", "fir")


def test_a_record_that_moves_on_takes_its_box_along_and_tells_its_author(town: Town) -> None:
    note = town.noted("commune0", first="ash")
    Reader(town.server, town.actor("commune0")).pull()
    root = town.actor("root")
    town.push(edit(note, {UNIT: town.units["commune1"]}), actor=root)
    town.push(edit(note, {"first": "elm"}), actor=town.actor("commune0"))
    town.push(edit(note, {UNIT: town.units["commune2"]}, 2), actor=root)
    (_, theirs), (_, mine) = box(town, note), box(town, note, AUTHOR)
    assert (theirs[UNIT], mine["to_unit"]) == (town.units["commune2"], town.units["commune2"])
    assert accept(town, box(town, note)[0], actor=town.actor("commune2", "chi")).status == "merged"


def test_a_unit_that_moves_twice_is_decided_about_where_it_is_now(town: Town) -> None:
    note = left(town, first="ash")
    town.push(edit(note, {"first": "elm"}), actor=an(town))
    move(town, under="root")
    handover, _ = box(town, note)
    assert brief(accept(town, handover)) == [("refused", "scope.forbidden")]
    assert accept(town, handover, actor=town.actor("commune1", "chi")).status == "applied"


# what it costs, and what devices keep


def test_s126_what_stays_behind_on_a_device_is_known(town: Town) -> None:
    def says(waiting: int, device: str = "Máy 1") -> None:
        packet = encode(Request(PROTOCOL_VERSION, 0, waiting=waiting))
        list(town.server.exchange(town.actor(device=device), packet))

    assert town.server.waiting() == {}
    says(0)
    says(7, "Máy 2")
    assert town.server.waiting() == {("an", "Máy 1"): 0, ("an", "Máy 2"): 7}
    says(3)
    says(0, "Máy 2")
    assert town.server.waiting() == {("an", "Máy 1"): 3, ("an", "Máy 2"): 0}


@pytest.mark.parametrize("waiting", [-1, 1 << 31])
def test_a_count_of_what_waits_that_is_none_is_refused(town: Town, waiting: int) -> None:
    (packet,) = town.server.exchange(town.actor(), encode(Request(PROTOCOL_VERSION, 0, waiting=waiting)))
    assert b"message.damaged" in packet


def test_a_creation_that_waits_follows_the_record_that_a_copy_of_the_device_has_made(town: Town) -> None:
    """One copy put the new note into a unit that has left, the other sent it as it was before."""
    left(town)
    made = town.note("commune1", first="elm")
    (handed,) = town.push(made, actor=an(town))
    assert handed.status == "handed_over"
    same = Change(new_id(), made.kind, made.record_id, Op.CREATE, {UNIT: town.units["commune0"], "first": "ash"})
    (stored,) = town.push(same, actor=an(town, "Máy 9"))
    assert stored.status == "applied"
    handover, values = box(town, made.record_id)
    assert (values[UNIT], values["to_unit"]) == (town.units["commune0"],) * 2
    assert box(town, made.record_id, AUTHOR)[1]["to_unit"] == town.units["commune0"]
    answer = accept(town, handover, actor=an(town, "Máy 9"))
    assert answer.status == "conflict"
    assert town.values(made.record_id)["first"] == "ash"
    assert box(town, made.record_id)[1]["state"] == ACCEPTED
    ((_, conflict),) = town.conflicts(made.record_id)
    assert {item["field"] for item in json.loads(str(conflict.values["fields"]))} >= {"first"}
