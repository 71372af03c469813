"""Two people and one record."""

import json
from pathlib import Path

from field import (
    Field,
    conflicts,
    edit,
    held,
    line_of,
    pending,
    remove,
    rev_of,
    seen,
    settle,
    synced,
    write,
)
from small_world import Town
from small_world import edit as change_of
from typing_extensions import override

from sync.client import store
from sync.core.squash import Op
from sync.protocol.kinds import CONFLICT, Values
from sync.protocol.messages import Change
from sync.server.records import Actor, Tx
from sync.server.rules import Effect, NoRules
from sync.testing.device import Device
from sync.testing.kinds import NOTE


def disagreed(field: Field, a: Device, b: Device, *names: str) -> bytes:
    """Let both give fields of a new note other values; return its id."""
    made = write(a, None, **dict.fromkeys(names, "gốc"))
    synced(a, b)
    edit(a, made, **dict.fromkeys(names, "của a"))
    edit(b, made, **dict.fromkeys(names, "của b"))
    synced(a, b, a)
    return made


def test_s031_who_takes_the_servers_value_has_nothing_left_to_send(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = disagreed(field, a, b, "first")
    ((conflict, _),) = conflicts(b)
    settle(b, conflict, first="theirs")
    synced(b, a)
    assert field.values(made)["first"] == (seen(b, made) or {})["first"] == "của a"
    assert (conflicts(a), conflicts(b), pending(b)) == ([], [], [])
    assert field.agrees()


def test_s032_one_field_from_each_side(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = disagreed(field, a, b, "first", "second")
    ((conflict, fields),) = conflicts(b)
    assert {item["field"] for item in fields} == {"first", "second"}
    settle(b, conflict, first="mine", second="theirs")
    synced(b, a)
    assert field.values(made) == {**field.values(made), "first": "của b", "second": "của a"}
    assert field.agrees()


def test_s035_an_edit_without_a_base_asks_about_every_value_that_differs(town: Town) -> None:
    record = town.noted(first="gốc", second="gốc")
    town.push(change_of(record, {"first": "mới"}))
    (answer,) = town.push(
        change_of(record, {"first": "khác", "second": "khác"}, base_rev=0), actor=town.actor(account="b")
    )
    assert answer.status == "conflict"
    ((_, conflict),) = town.conflicts(record)
    assert {item["field"] for item in json.loads(str(conflict.values["fields"]))} >= {"first"}
    assert town.values(record)["first"] == "mới"


def test_s036_a_record_that_was_only_received_merges_three_ways(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = write(a, first="gốc", second="gốc")
    synced(a, b)
    edit(a, made, first="của a")
    synced(a)
    edit(b, made, second="của b")
    synced(b, a)
    assert field.values(made) == {**field.values(made), "first": "của a", "second": "của b"}
    assert conflicts(b) == []
    assert field.agrees()


def test_s038_removed_from_a_set_by_one_and_another_field_edited_by_the_other(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = write(a, tags='["1","2"]', first="gốc")
    synced(a, b)
    edit(a, made, tags='["1"]')
    edit(b, made, first="của b")
    synced(a, b, a)
    assert field.values(made) == {**field.values(made), "tags": '["1"]', "first": "của b"}
    assert field.agrees()


def test_s039_s060_a_value_that_is_not_a_set_is_asked_about_as_a_whole(field: Field) -> None:
    """An order of items, or a long text: both versions are shown as they were written."""
    a, b = field.device("a"), field.device("b")
    made = write(a, first='["1","2","3"]', second="Đoạn một.\n\nĐoạn hai.")
    synced(a, b)
    edit(a, made, first='["3","1","2"]', second="Đoạn một, sửa.\n\nĐoạn hai.")
    edit(b, made, first='["1","2","3","4"]', second="Đoạn một.\n\nĐoạn hai, sửa.")
    synced(a, b, a)
    ((_, fields),) = conflicts(a)
    assert {(item["field"], item["base"], item["theirs"], item["mine"]) for item in fields} == {
        ("first", '["1","2","3"]', '["3","1","2"]', '["1","2","3","4"]'),
        (
            "second", "Đoạn một.\n\nĐoạn hai.", "Đoạn một, sửa.\n\nĐoạn hai.", "Đoạn một.\n\nĐoạn hai, sửa.",
        ),
    }  # fmt: skip
    assert field.values(made)["second"] == "Đoạn một, sửa.\n\nĐoạn hai."


def test_s040_where_the_later_one_wins_nobody_is_asked_and_the_other_stays_in_the_history(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = write(a, count=1)
    synced(a, b)
    edit(a, made, count=2)
    edit(b, made, count=3)
    synced(a, b, a)
    assert field.values(made)["count"] == (seen(a, made) or {})["count"] == 3
    assert conflicts(a) == []
    with field.server.database.read() as conn:
        lines = conn.exec_driver_sql("SELECT fields FROM sync_log WHERE record_id = ? ORDER BY rev", (made,)).scalars()
        assert [json.loads(text).get("count") for text in lines] == [None, [1, 2], [2, 3]]


def test_s044_an_edit_made_while_the_first_travels_stays_and_goes_out_on_top_of_the_answer(field: Field) -> None:
    a = field.device("a")
    made = write(a, first="một")
    synced(a)
    edit(a, made, first="hai")

    def type_on() -> None:
        line_of(a).on_packet = None
        edit(a, made, first="ba", second="thêm")

    line_of(a).on_packet = type_on
    a.sync()
    synced(a)
    sent = [change.patch for request in line_of(a).requests for change in request.changes]
    assert sent[-2:] == [{"first": "hai"}, {"first": "ba", "second": "thêm"}]
    assert line_of(a).requests[-1].changes[0].base_revs == {"first": 2}
    assert field.values(made) == {**field.values(made), "first": "ba", "second": "thêm"}
    assert conflicts(a) == []
    assert field.agrees()


def test_s045_a_removal_of_what_changed_meanwhile_is_sent_again_by_who_has_seen_the_change(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = write(a, first="một")
    synced(a, b)
    edit(b, made, first="hai")
    synced(b)
    remove(a, made)
    assert a.sync().pushed["refused"] == 1
    (refused,) = a.refused()
    assert refused.code == "record.changed"
    with a.write() as conn:
        a.replica.discard(conn, refused.change_id)
    assert (seen(a, made) or {})["first"] == "hai"
    remove(a, made)
    synced(a, b)
    assert (field.record(made), held(b)) == (None, set())
    assert field.agrees()


def test_s052_a_superior_sees_the_conflict_its_loser_and_the_decision(field: Field) -> None:
    a, b, above = field.device("a"), field.device("b"), field.device("above", "province0")
    disagreed(field, a, b, "first")
    synced(above)
    ((conflict, fields),) = conflicts(above)
    assert [(item["mine"], item["theirs"]) for item in fields] == [("của b", "của a")]
    settle(a, conflict, first="mine")
    synced(a, above)
    stored = seen(above, conflict, CONFLICT.name) or {}
    assert (stored["status"], stored["settled_by"], stored["mine_account"], stored["theirs_account"]) == (
        "settled", "a", "b", "a",
    )  # fmt: skip
    assert json.loads(str(stored["fields"])) == fields


def test_s055_who_may_not_write_any_more_is_told_how_much_and_can_take_the_servers_values(field: Field) -> None:
    a = field.device("a")
    made = [write(a, first=str(number)) for number in range(3)]
    synced(a)
    for record_id in made:
        edit(a, record_id, first="sửa")
    field.writes["a"] = False
    report = a.sync()
    assert (report.pushed["refused"], {line.code for line in a.refused()}) == (3, {"scope.read_only"})
    with a.write() as conn:
        for line in store.lines_with(conn, store.REFUSED):
            a.replica.discard(conn, line.change_id)
    assert [(seen(a, record_id) or {})["first"] for record_id in made] == ["0", "1", "2"]
    assert field.agrees(a)


class Counting(NoRules):
    """The server counts in a field of its own whatever happens to a note."""

    @override
    def effects(
        self, tx: Tx, actor: Actor, change: Change, before: Values | None, after: Values | None
    ) -> tuple[Effect, ...]:
        if change.kind != NOTE.name or after is None:
            return ()
        return (Effect(NOTE.name, change.record_id, Op.EDIT, {"second": f"máy chủ {change.at}"}),)


def test_s057_what_the_server_does_right_after_a_push_is_no_conflict(tmp_path: Path) -> None:
    field = Field(tmp_path, Counting())
    a = field.device("a")
    made = write(a, first="một")
    line_of(a).packets_max = 0
    a.sync()
    line_of(a).packets_max = None
    edit(a, made, first="hai")
    for number in range(3):
        field.now_ms += 1
        synced(a)
        edit(a, made, first=f"lần {number}")
    synced(a)
    assert (held(a, CONFLICT.name), a.refused()) == (set(), [])
    assert field.values(made)["first"] == "lần 2"
    assert field.agrees(a)
    field.close()


def test_s293_a_record_edited_a_thousand_times_is_one_change_with_all_of_it_in_the_history(field: Field) -> None:
    a = field.device("a")
    made = write(a, first="bắt đầu")
    synced(a)
    for number in range(1_000):
        edit(a, made, first=str(number), count=number)
    report = a.sync()
    assert report.pushed["applied"] == 1
    assert rev_of(a, made) == 2
    assert field.values(made)["first"] == "999"
    with a.write() as conn:
        kept = conn.exec_driver_sql("SELECT count(*) FROM sync_history WHERE field = 'first'").scalar_one()
    assert kept == 1_000


def test_s033_s292_hundreds_of_conflicts_are_settled_in_one_go(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = [write(a, first="gốc") for _ in range(300)]
    synced(a, b)
    for device in (a, b):
        with device.write() as conn:
            for record_id in made:
                device.replica.edit(conn, NOTE.name, record_id, {"first": device.name}, device.author)
    synced(a)
    assert b.sync().pushed["conflict"] == 300
    choice: Values = {"status": "settled", "choice": json.dumps({"first": {"take": "mine"}})}
    with b.write() as conn:
        for (conflict,) in conn.exec_driver_sql("SELECT id FROM conflict").all():
            b.replica.edit(conn, CONFLICT.name, conflict, choice, b.author)
    report = b.sync()
    assert (report.pushed["applied"], report.round_trips) == (300, 1)
    synced(a)
    assert {(seen(a, record_id) or {})["first"] for record_id in made} == {"b"}
    assert field.agrees()
