"""Servers that come back from a backup, devices that are copied or come back themselves, clocks, ids."""

from pathlib import Path

import pytest
from field import Field, conflicts, copied, edit, held, line_of, remove, seen, set_clock, synced, travelling, write

from sync.client import anew, clock
from sync.core.squash import Op
from sync.protocol.kinds import UNIT, Values
from sync.protocol.messages import Change
from sync.server.rules import Effect
from sync.server.scope import read_cursor
from sync.testing.device import Device
from sync.testing.kinds import NODE, NOTE


def cursor_of(device: Device) -> bytes:
    with device.write() as conn:
        return bytes(conn.exec_driver_sql("SELECT value FROM sync_state WHERE key = 'cursor'").scalar_one())


@pytest.mark.parametrize("later", [0, 1, 2, 3])
def test_s281_a_restored_server_is_noticed_however_much_was_written_since(field: Field, later: int) -> None:
    """It gives the lost positions out again: behind, at, and beyond the place of the device's cursor."""
    a, b = field.device("a"), field.device("b")
    made = write(a, first="trước")
    synced(a, b)
    backup = field.backup()
    edit(a, made, first="mất trên máy chủ")
    write(a, first="cũng mất")
    synced(a)
    field.restore(backup)
    field.notes(later)
    edit(a, made, second="còn chờ")
    before = held(a)
    report = a.sync()
    assert (report.status, report.error_code, report.moved) == ("failed", "server.went_back", 0)
    assert held(a) == before
    assert [line.line.patch for line in travelling(a)] == [{"second": "còn chờ"}]
    assert field.values(made)["second"] is None
    synced(b)


def test_s281_an_edit_based_on_lost_work_does_not_overwrite_what_came_in_its_place(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = write(a, first="trước")
    synced(a, b)
    backup = field.backup()
    edit(a, made, first="của a")
    synced(a)
    field.restore(backup)
    edit(b, made, first="của b")
    synced(b)
    assert field.record(made).rev == 2  # type: ignore[union-attr]  # it is there
    edit(a, made, first="lại của a")
    assert a.sync().error_code == "server.went_back"
    assert field.values(made)["first"] == "của b"


def test_s282_a_server_that_goes_back_again_is_noticed_again(field: Field) -> None:
    a = field.device("a")
    synced(a)
    backup = field.backup()
    write(a, first="một")
    synced(a)
    for _ in range(3):
        field.restore(backup)
        field.notes(3)
        for _ in range(2):
            assert a.sync().error_code == "server.went_back"


def test_s281_the_print_costs_no_byte_and_a_cursor_without_one_is_good(field: Field) -> None:
    a = field.device("a")
    field.notes(2)
    synced(a)
    with field.server.database.read() as conn:
        epoch = bytes(conn.exec_driver_sql("SELECT value FROM sync_meta WHERE key = 'epoch'").scalar_one())
    cursor = read_cursor(cursor_of(a))
    assert len(cursor.epoch) == len(epoch)
    cursor.epoch = epoch
    with a.write() as conn:
        conn.exec_driver_sql("UPDATE sync_state SET value = ? WHERE key = 'cursor'", (cursor.packed(),))
    field.notes(1)
    report = a.sync()
    assert (report.status, report.pulled) == ("done", 1)


def test_s171_another_server_is_not_taken_for_ones_own(field: Field, tmp_path_factory: pytest.TempPathFactory) -> None:
    a = field.device("a")
    made = write(a, first="ở máy chủ của mình")
    synced(a)
    other = Field(tmp_path_factory.mktemp("khác"))
    other.units = field.units
    line_of(a).exchange_with = lambda packet: other.server.exchange(other.actor(a, "a"), packet)
    edit(a, made, second="chờ")
    assert a.sync().error_code == "server.changed"
    assert seen(a, made) == {**(seen(a, made) or {}), "second": "chờ"}
    assert other.record(made) is None
    other.close()


def test_s164_two_copies_of_one_device_lose_nothing_of_each_other(field: Field) -> None:
    """What waited when the file was copied goes on under one id, and says two things."""
    a = field.device("a")
    made = write(a, first="gốc", second="gốc")
    new = write(a, first="chung")
    twin = field.device("twin", account="a", copy_of=a)
    edit(a, new, second="của bản gốc")
    edit(twin, new, second="của bản sao")
    edit(twin, made, first="sửa ở bản sao")
    other = write(twin, first="chỉ ở bản sao")
    synced(a)
    report = twin.sync()
    assert (report.pushed["refused"], report.pushed["conflict"]) == (0, 2)
    assert field.values(new)["second"] == "của bản gốc"
    assert field.values(made) == {**field.values(made), "first": "gốc", "second": "gốc"}
    assert field.values(other)["first"] == "chỉ ở bản sao"
    synced(a, twin)
    asked = {(item["mine"], item["theirs"]) for _, fields in conflicts(a) for item in fields}
    assert asked == {("của bản sao", "của bản gốc"), ("sửa ở bản sao", "gốc")}
    assert field.agrees(a, twin)


def test_s164_edits_of_two_copies_under_one_id_are_two_edits(field: Field) -> None:
    a = field.device("a")
    made = write(a, first="gốc", second="gốc")
    synced(a)
    edit(a, made, first="một")
    twin = field.device("twin", account="a", copy_of=a)
    edit(twin, made, first="hai", second="thêm")
    synced(a)
    for _ in range(2):
        line_of(twin).packets_max = 0
        assert twin.sync().status == "failed"
    line_of(twin).packets_max = None
    report = twin.sync()
    assert report.pushed["conflict"] == 1
    assert field.values(made) == {**field.values(made), "first": "một", "second": "thêm"}
    synced(a, twin)
    ((_, fields),) = conflicts(a)
    assert [(item["mine"], item["theirs"]) for item in fields] == [("hai", "một")]
    assert field.agrees(a, twin)


def test_s165_an_older_file_of_a_device_is_brought_up_to_date_and_sends_nothing_twice(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = write(a, first="một")
    synced(a, b)
    edit(a, made, first="hai")
    waiting = write(a, first="chưa gửi khi sao lưu")
    old = copied(a, field.folder / "a-old.db")
    synced(a)
    edit(b, made, second="mới hơn, của b")
    synced(b)
    edit(a, made, first="ba")
    synced(a)
    a.restart()
    a.path = old
    report = a.sync()
    assert (report.status, report.pushed["conflict"], report.pushed["refused"]) == ("done", 0, 0)
    assert field.values(made) == {**field.values(made), "first": "ba", "second": "mới hơn, của b"}
    assert seen(a, made) == field.values(made)
    assert held(a) == {made, waiting}
    synced(a)
    assert field.agrees(a)


def test_s152_two_records_with_one_id_are_not_mixed(field: Field) -> None:
    a, b = field.device("a"), field.device("b", "commune1")
    shared = write(a, first="của a")
    with b.write() as conn:
        b.replica.create(conn, NOTE.name, shared, {UNIT: b.roots[0], "first": "của b"}, b.author)
    synced(a)
    assert b.sync().pushed["refused"] == 1
    (refused,) = b.refused()
    assert (refused.code, refused.line.patch["first"]) == ("record.exists", "của b")
    assert (seen(b, shared) or {})["first"] == "của b"
    assert field.values(shared)["first"] == "của a"


def test_s153_an_id_of_another_kind_is_refused(field: Field) -> None:
    (note,) = field.notes(1)
    a = field.device("a")
    actor = field.actor(a, "a")
    values: Values = {UNIT: note, "parent": field.units["commune0"], "label": "x"}
    (answer,) = field.server.push(actor, [Change(field.new_id(), NODE.name, note, Op.CREATE, values)])
    assert (answer.status, answer.code) == ("refused", "record.exists")


def test_s151_two_units_of_one_name_are_two_units(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    synced(a, b)
    made = []
    for device in (a, b):
        unit = device.new_id()
        with device.write() as conn:
            values: Values = {UNIT: unit, "parent": device.roots[0], "label": "Chi đoàn bản Mới"}
            device.replica.create(conn, NODE.name, unit, values, device.author)
        made.append(unit)
    synced(a, b, a)
    assert held(a, NODE.name) >= set(made)
    assert field.agrees()


def test_s166_names_that_differ_in_case_or_marks_only_stay_as_they_are_chosen(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = write(a, first="Hoa")
    synced(a, b)
    edit(a, made, first="HOA")
    edit(b, made, first="Hòa")
    synced(a, b, a, b, a)
    assert field.values(made)["first"] == "HOA"
    assert [item["mine"] for _, fields in conflicts(a) for item in fields] == ["Hòa"]
    assert field.record(made).rev == 2  # type: ignore[union-attr]  # it is there


# clocks


def test_s255_a_clock_more_than_five_minutes_off_is_known_after_a_contact(field: Field) -> None:
    a = field.device("a")
    for off_ms, doubt in ((0, None), (299_000, None), (301_000, clock.WRONG), (-301_000, clock.BEHIND), (0, None)):
        set_clock(a, field.now_ms + off_ms)
        synced(a)
        with a.write() as conn:
            assert clock.doubt(conn, field.now_ms + off_ms) == doubt, off_ms
            assert clock.offset_ms(conn) == -off_ms


def test_s256_a_clock_behind_the_last_contact_is_known_without_a_connection(field: Field) -> None:
    a = field.device("a")
    with a.write() as conn:
        assert clock.doubt(conn, 0) is None
    synced(a)
    with a.write() as conn:
        assert clock.doubt(conn, field.now_ms + 1_000_000_000) is None
        assert clock.doubt(conn, field.now_ms - 299_000) is None
        assert clock.doubt(conn, field.now_ms - 301_000) == clock.BEHIND


def test_s257_an_edit_made_after_the_clock_was_set_back_counts_like_any_other(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = write(a, first="một", count=1)
    synced(a, b)
    edit(b, made, second="của b", count=2)
    synced(b)
    set_clock(a, 86_400_000)
    edit(a, made, first="sau khi lùi giờ", count=3)
    synced(a, b)
    assert field.values(made) == {**field.values(made), "first": "sau khi lùi giờ", "second": "của b", "count": 3}
    assert field.agrees()


def test_s260_changes_of_one_millisecond_at_the_border_of_a_frame_all_arrive(field: Field) -> None:
    a = field.device("a")
    synced(a)
    ids = field.notes(7)
    line_of(a).packets_max = 2
    for _ in range(5):
        a.rng.seed(4)  # frames of three rows
        a.sync()
    line_of(a).packets_max = None
    synced(a)
    assert held(a) == set(ids)
    assert field.agrees(a)


def test_s261_the_time_of_the_device_and_of_the_receipt_are_both_kept(field: Field) -> None:
    a = field.device("a")
    set_clock(a, 1_000)
    made = write(a, first="x")
    synced(a)
    edit(a, made, first="y")
    field.now_ms += 5
    synced(a)
    with field.server.database.read() as conn:
        lines = conn.exec_driver_sql(
            "SELECT device_time, received_at FROM sync_log WHERE record_id = ? ORDER BY pos", (made,)
        ).all()
    assert [tuple(line) for line in lines] == [(1_000, field.now_ms - 5), (1_000, field.now_ms)]


def test_s264_an_answer_that_comes_late_does_not_bring_an_older_version_back(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = write(a, first="một")
    synced(a, b)
    edit(b, made, first="hai")
    synced(b)
    late = list(field.server.exchange(field.actor(a, "a"), line_of(a).sent[-1]))
    synced(a)
    edit(a, made, first="ba")
    synced(a)
    honest, line_of(a).exchange_with = line_of(a).exchange_with, lambda _packet: iter(late)
    a.sync()
    line_of(a).exchange_with = honest
    synced(a, b)
    assert field.values(made)["first"] == "ba"
    assert (seen(a, made) or {})["first"] == "ba"
    assert field.agrees()


# beginning again


def begin_anew(device: Device, *, offer: bool) -> None:
    with device.write() as conn:
        anew.begin(device.replica, conn, device.author if offer else None, device.roots)


def test_s281_a_restored_server_is_offered_what_it_has_lost_and_nothing_is_overwritten(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    old, both, gone = (write(a, first="gốc", second="gốc") for _ in range(3))
    synced(a, b)
    backup = field.backup()
    edit(a, old, first="mất trên máy chủ")
    edit(a, both, first="của a, mất")
    remove(a, gone)
    lost = write(a, first="mới, mất")
    unit = a.new_id()
    with a.write() as conn:
        values: Values = {UNIT: unit, "parent": a.roots[0], "label": "đơn vị mới, mất"}
        a.replica.create(conn, NODE.name, unit, values, a.author)
    inside = write(a, unit, first="ở trong, mất")
    synced(a)
    edit(a, old, second="còn chờ")
    edit(a, lost, second="còn chờ")
    field.restore(backup)
    edit(b, both, first="của b, sau khi khôi phục")
    synced(b)
    assert a.sync().error_code == "server.went_back"
    begin_anew(a, offer=True)
    report = a.sync()
    assert (report.status, report.offered, a.refused()) == ("done", 5, [])
    assert field.values(old) == {**field.values(old), "first": "mất trên máy chủ", "second": "còn chờ"}
    assert field.values(lost) == {**field.values(lost), "first": "mới, mất", "second": "còn chờ"}
    assert field.values(inside)[UNIT] == unit
    assert field.values(both)["first"] == "của b, sau khi khôi phục"
    assert field.record(gone) is not None
    synced(a, b)
    ((_, fields),) = conflicts(b)
    assert [(item["mine"], item["theirs"]) for item in fields] == [("của a, mất", "của b, sau khi khôi phục")]
    assert field.agrees()


def test_s283_a_new_server_is_filled_from_what_a_device_has(field: Field, tmp_path: Path) -> None:
    """The operator makes the units above and the account; the rest comes from the device, and nothing is removed."""
    a = field.device("a", "province0")
    made = [write(a, field.units["chapter0"], first=str(number)) for number in range(30)]
    synced(a)
    new = Field(tmp_path)
    new.units |= {name: field.units[name] for name in ("root", "province0", "commune0", "commune1", "chapter0")}
    new.commit(Effect(NODE.name, new.units["root"], Op.CREATE, {UNIT: new.units["root"], "label": "mới"}))
    new.commit(
        Effect(
            NODE.name, new.units["province0"], Op.CREATE,
            {UNIT: new.units["province0"], "parent": new.units["root"], "label": "mới"},
        )
    )  # fmt: skip
    line_of(a).exchange_with = lambda packet: new.server.exchange(new.actor(a, "a"), packet)
    assert a.sync().error_code == "server.changed"
    begin_anew(a, offer=True)
    report = a.sync()
    assert (report.status, report.pushed["refused"]) == ("done", 0)
    assert {new.values(record_id)["first"] for record_id in made} == {str(number) for number in range(30)}
    synced(a)
    assert a.digest() == new.server.digest(a.roots)[0]
    new.close()


def test_s284_a_device_is_rebuilt_from_the_server_and_what_waits_goes_out(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    ids = field.notes(40, first="gốc")
    synced(a, b)
    edit(a, ids[0], second="chưa gửi")
    made = write(a, first="chưa gửi")
    with a.write() as conn:  # somebody has spoilt the file
        conn.exec_driver_sql("UPDATE note SET first = 'hỏng' WHERE rev > 0")
        conn.exec_driver_sql("DELETE FROM note WHERE id = ?", (ids[1],))
        conn.exec_driver_sql("UPDATE note SET id = ? WHERE id = ?", (a.new_id(), ids[2]))
    begin_anew(a, offer=False)
    report = a.sync()
    assert (report.status, report.offered, report.pushed["applied"]) == ("done", 0, 2)
    assert held(a) == {*ids, made}
    assert {(seen(a, each) or {})["first"] for each in ids} == {"gốc"}
    assert field.values(ids[0])["second"] == "chưa gửi"
    synced(b)
    assert field.agrees()


def test_beginning_again_goes_on_after_a_cut_and_sends_nothing_before_the_list_is_complete(field: Field) -> None:
    a = field.device("a")
    ids = field.notes(900)
    synced(a)
    edit(a, ids[0], first="chờ")
    backup = field.backup()
    lost = write(a, first="mất")
    synced(a)
    edit(a, ids[1], first="chờ nữa")
    field.restore(backup)
    begin_anew(a, offer=True)
    for _ in range(3):
        line_of(a).left = 2
        a.sync()
        assert line_of(a).requests[-1].changes == []
        a.restart()
    line_of(a).left = None
    report = a.sync()
    assert (report.status, report.offered) == ("done", 2)
    assert held(a) == {*ids, lost}
    assert (field.values(ids[0])["first"], field.values(ids[1])["first"]) == ("chờ", "chờ nữa")
    assert field.agrees()
