"""What the server forgets by policy, and devices that come back from before it."""

from pathlib import Path

import pytest
import small_world
from field import Field, conflicts, edit, held, line_of, remove, seen, synced, travelling, write
from small_world import Reader, Town

from sync.protocol.messages import Request, decode_parts, encode
from sync.server.compact import compact, preview
from sync.server.database import run
from sync.server.erase import erase
from sync.testing.kinds import NOTE

DAY_MS = 86_400_000


def forget(field: Field, days: int = 0) -> tuple[int, int, int]:
    before = field.now_ms - days * DAY_MS
    foreseen = preview(field.server.database, before_ms=before)
    done = compact(field.server.database, before_ms=before)
    assert foreseen == done
    return done.lines, done.removed, done.receipts


@pytest.mark.parametrize("days", [90, 180, 365])
def test_s300_a_device_away_for_so_long_gets_what_is_new_or_everything_and_keeps_what_waits(
    field: Field, days: int
) -> None:
    a, b = field.device("a"), field.device("b")
    kept, gone, mine = write(a, first="một"), write(a, first="hai"), write(a, first="ba")
    synced(a, b)
    edit(a, mine, second="sửa trước khi vắng")
    new = write(a, first="viết trước khi vắng")
    for day in range(3):
        field.now_ms += days * DAY_MS // 3
        edit(b, kept, first=f"ngày {day}")
        synced(b)
    remove(b, gone)
    synced(b)
    field.now_ms += DAY_MS
    forget(field, days=200)
    synced(a, b)
    assert held(a) == {kept, mine, new}
    assert (seen(a, kept) or {})["first"] == "ngày 2"
    assert field.values(mine)["second"] == "sửa trước khi vắng"
    assert field.values(new)["first"] == "viết trước khi vắng"
    assert field.agrees()


def test_s078_a_device_from_before_the_kept_log_lists_everything_and_drops_what_is_gone(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    gone = [write(a, first=str(number)) for number in range(3)]
    synced(a, b)
    edit(a, gone[1], second="sửa cái đã xóa")
    unsent = write(a, first="chưa gửi")
    for record_id in gone:
        remove(b, record_id)
    synced(b)
    field.now_ms += DAY_MS
    forget(field)
    report = a.sync()
    assert (report.status, report.pushed["applied"], report.pushed["refused"]) == ("done", 1, 1)
    assert [line.code for line in a.refused()] == ["record.deleted"]
    assert held(a) == {unsent}
    synced(b)
    assert field.agrees()


def test_what_stands_at_the_cut_is_current_and_idle(field: Field) -> None:
    """Nobody who had everything is made to fetch it again."""
    a = field.device("a")
    made = write(a, first="một")
    synced(a)
    edit(a, made, first="hai")
    synced(a)
    field.now_ms += DAY_MS
    assert forget(field) == (1, 0, 2)
    assert forget(field) == (0, 0, 0)
    report = a.sync()
    assert (report.status, report.pulled, report.round_trips) == ("done", 0, 1)
    new = field.device("new")
    synced(new)
    report = new.sync()
    assert (report.status, report.pulled) == ("done", 0)
    field.notes(1)
    assert new.sync().pulled == 1
    assert field.agrees(new)


def test_s281_a_restored_server_is_noticed_across_a_cut(field: Field) -> None:
    a = field.device("a")
    made = write(a, first="một")
    synced(a)
    backup = field.backup()
    edit(a, made, first="hai")
    synced(a)
    field.restore(backup)
    field.notes(1)
    field.now_ms += DAY_MS
    forget(field)
    assert a.sync().error_code == "server.went_back"


def test_an_edit_from_before_the_cut_is_merged_with_an_unknown_past(field: Field) -> None:
    """A person decides where values differ; equal values and a field where the later one wins ask nobody."""
    a, b = field.device("a"), field.device("b")
    made = write(a, first="gốc", second="gốc", mark="m", count=1)
    synced(a, b)
    edit(b, made, first="của b", mark="n")
    synced(b)
    field.now_ms += DAY_MS
    forget(field)
    edit(a, made, first="của a", mark="n", count=5)
    report = a.sync()
    assert report.pushed["conflict"] == 1
    assert field.values(made) == {**field.values(made), "first": "của b", "mark": "n", "count": 5}
    ((_, fields),) = conflicts(a)
    assert [(item["field"], item["mine"], item["theirs"], item["base"]) for item in fields] == [
        ("first", "của a", "của b", None)
    ]


def test_a_change_that_is_sent_again_after_its_receipt_is_gone_does_no_harm(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = write(a, first="một")
    synced(a, b)
    edit(a, made, first="hai")
    line_of(a).packets_max = 0
    a.sync()
    line_of(a).packets_max = None
    assert len(travelling(a)) == 1
    synced(b)
    edit(b, made, second="của b")
    synced(b)
    field.now_ms += DAY_MS
    forget(field)
    synced(a, b)
    assert field.values(made) == {**field.values(made), "first": "hai", "second": "của b"}
    assert (conflicts(a), a.refused()) == ([], [])
    assert field.agrees()


def test_what_is_forgotten_is_not_in_the_file_any_more_and_what_is_needed_is(field: Field) -> None:
    a = field.device("a")
    lives, gone = write(a, first="tên cũ"), write(a, first="người đã xóa")
    synced(a)
    edit(a, lives, first="tên mới")
    remove(a, gone)
    synced(a)
    field.now_ms += DAY_MS
    assert forget(field) == (1, 1, 4)
    with field.server.database.read() as conn:
        text = str(run(conn, "SELECT * FROM sync_log").all())
    assert "tên cũ" not in text
    assert "người đã xóa" not in text
    with a.write() as conn:
        a.replica.create(conn, NOTE.name, gone, {"unit_id": a.roots[0], "first": "trở lại"}, a.author)
    synced(a)
    assert field.record(gone).rev == 3  # type: ignore[union-attr]  # it is there


def test_what_was_received_since_stays_also_when_the_clock_jumped(field: Field) -> None:
    a = field.device("a")
    made = write(a, first="một")
    synced(a)
    field.now_ms += 10 * DAY_MS
    edit(a, made, first="hai")
    synced(a)
    field.now_ms -= 20 * DAY_MS
    edit(a, made, first="ba")
    synced(a)
    field.now_ms += 15 * DAY_MS
    assert forget(field, days=2)[0] == 0
    field.now_ms += 30 * DAY_MS
    assert forget(field, days=2)[0] == 2


def test_a_first_exchange_that_was_cut_before_the_log_was_goes_on(field: Field) -> None:
    ids = field.notes(1_200)
    a = field.device("a")
    line_of(a).left = 3
    a.sync()
    line_of(a).left = None
    assert 0 < len(held(a)) < len(ids)
    b = field.device("b")
    synced(b)
    edit(b, ids[0], first="sửa")
    synced(b)
    field.now_ms += DAY_MS
    forget(field)
    synced(a)
    assert held(a) == set(ids)
    assert field.agrees()


def test_the_answer_for_a_device_below_the_cut_says_that_everything_comes_again(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    (made,) = field.notes(1)
    synced(a, b)
    edit(b, made, first="x")
    synced(b)
    field.now_ms += DAY_MS
    forget(field)
    with a.write() as conn:
        cursor = bytes(conn.exec_driver_sql("SELECT value FROM sync_state WHERE key = 'cursor'").scalar_one())
    _, first, *_ = decode_parts(field.server.exchange(field.actor(a, "a"), encode(Request(1, 0, cursor))))
    assert first.restart  # type: ignore[union-attr]  # a frame


def test_both_stores_forget_alike(town: Town) -> None:
    lives, gone = town.noted(first="một"), town.noted(first="hai")
    old, current = Reader(town.server, town.actor()), Reader(town.server, town.actor())
    old.pull()
    town.push(small_world.edit(lives, {"first": "mới"}), small_world.delete(gone))
    current.pull()
    assert preview(town.database, before_ms=small_world.NOW_MS).lines == 0
    for done in (preview, compact):
        forgotten = done(town.database, before_ms=small_world.NOW_MS + 1)
        assert (forgotten.lines, forgotten.removed, forgotten.receipts) == (1, 1, 4)
    assert (current.pull(), old.pull()) == (set(), {lives})
    assert old.frames[0].restart


def everything_in(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))


def test_s085_a_person_is_erased_from_server_and_devices(field: Field) -> None:
    a, b, new = field.device("a"), field.device("b"), field.device("new")
    made, other = write(a, first="Quàng Thị Xóa"), write(a, first="Quàng Thị Giữ")
    synced(a, b)
    edit(a, made, first="Quàng Thị Xóa Hết", second="ghi chú Xóa")
    edit(b, made, first="Quàng Thị Xóa Sạch")
    synced(a, b, a)
    assert len(conflicts(a)) == 1
    edit(b, made, second="Xóa chưa gửi")
    assert erase(field.server, NOTE.name, made, account="người vận hành")
    synced(a, b, a, new)
    for device in (a, b, new):
        assert held(device) == {other}
        assert (conflicts(device), device.refused()) == ([], [])
        with device.write() as conn:
            rows = [conn.exec_driver_sql(f"SELECT * FROM {table}").all() for table in ("sync_history", "sync_outbox")]
        text = str(rows)
        assert "Xóa" not in text
    with field.server.database.read() as conn:
        tables = ("sync_log", "sync_receipt", "note", "conflict")
        text = str([run(conn, f"SELECT * FROM {table}").all() for table in tables])
    assert "Xóa" not in text
    field.server.database.close()
    assert "Xóa".encode() not in everything_in(field.path)
    assert "Quàng Thị Giữ".encode() in everything_in(field.path)
    assert field.agrees()
    assert not erase(field.server, NOTE.name, other[::-1], account="người vận hành")


def test_an_edit_of_what_was_erased_meanwhile_is_refused(field: Field) -> None:
    a = field.device("a")
    made = write(a, first="x")
    synced(a)
    edit(a, made, first="y")
    erase(field.server, NOTE.name, made, account="người vận hành")
    report = a.sync()
    assert (report.pushed["refused"], held(a), a.refused()) == (1, set(), [])


def test_a_refused_removal_of_what_is_not_on_the_list_is_over(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = write(a, first="x")
    synced(a, b)
    edit(b, made, first="y")
    synced(b)
    remove(a, made)
    assert a.sync().pushed["refused"] == 1
    remove(b, made)
    synced(b)
    field.now_ms += DAY_MS
    forget(field)
    synced(a)
    assert (a.refused(), held(a)) == ([], set())
    assert field.agrees()
