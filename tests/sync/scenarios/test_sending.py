"""Sending and receiving without anybody in the way."""

import pytest
from field import Field, edit, held, line_of, pending, remove, seen, synced, travelling, write
from small_world import NOW_MS, Reader, Town, new_id
from typing_extensions import override

from sync.client.replica import Replica
from sync.core.squash import Op
from sync.protocol.errors import BrokenRuleError
from sync.protocol.kinds import CONFLICT, UNIT, Kind, Kinds, Values
from sync.protocol.kinds import Field as Column
from sync.protocol.messages import Answers, Change, Frame, Request, decode_parts, encode
from sync.server.database import run
from sync.server.records import Actor, Stamp, Tx
from sync.server.rules import Effect, NoRules
from sync.testing.kinds import NODE, NOTE


def test_s002_only_the_fields_that_were_changed_travel(field: Field) -> None:
    a = field.device("a")
    made = write(a, first="một", second="hai", mark="m", count=1, tags='["x"]', more='{"k":1}')
    synced(a)
    edit(a, made, second="khác", count=2)
    synced(a)
    (change,) = line_of(a).requests[-1].changes
    assert change.patch == {"second": "khác", "count": 2}


def test_s003_s004_what_one_made_and_edited_arrives_at_the_other(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = write(a, first="một", count=1)
    synced(a, b)
    assert seen(b, made) == seen(a, made)
    edit(a, made, first="hai")
    synced(a, b)
    assert (seen(b, made) or {})["first"] == "hai"
    assert (pending(b), field.agrees()) == ([], True)
    edit(b, made, second="trên bản mới")
    assert pending(b)[0].line.base == {"second": None}


def test_s005_nothing_new_is_one_small_request_and_no_write_on_the_server(field: Field) -> None:
    a = field.device("a")
    field.notes(20)
    synced(a, a)
    with field.server.database.read() as conn:
        before = run(conn, "PRAGMA data_version").scalar_one(), run(conn, "SELECT count(*) FROM sync_log").scalar_one()
        line_of(a).sent.clear()
        report = a.sync()
        assert (report.status, report.round_trips, report.moved) == ("done", 1, 0)
        assert before == (
            run(conn, "PRAGMA data_version").scalar_one(),
            run(conn, "SELECT count(*) FROM sync_log").scalar_one(),
        )
    assert len(line_of(a).sent[0]) + line_of(a).size_bytes_down < 200


def test_s006_a_new_device_is_complete_only_when_all_has_come(field: Field) -> None:
    ids = field.notes(900)
    a = field.device("a")
    complete = []

    def look() -> None:
        with a.write() as conn:
            complete.append(conn.exec_driver_sql("SELECT value FROM sync_state WHERE key = 'complete'").scalar())

    line_of(a).on_packet = look
    synced(a)
    assert complete[-1] == b"1"
    assert set(complete[:-1]) == {None, b"0"}
    assert held(a) == set(ids)


def test_s007_a_new_device_and_an_empty_server(field: Field) -> None:
    a = field.device("a", "commune2")
    report = a.sync()
    assert (report.status, report.round_trips, held(a)) == ("done", 1, set())
    assert field.agrees(a)


def test_s008_records_from_before_the_first_exchange_survive_beside_the_servers(field: Field) -> None:
    on_server = field.notes(3, first="máy chủ")
    a = field.device("a")
    own = [write(a, first="máy này") for _ in range(3)]
    synced(a)
    assert held(a) == {*on_server, *own}
    assert field.agrees(a)


def test_s009_what_a_device_sent_does_not_come_back(field: Field) -> None:
    a = field.device("a")
    synced(a)
    made = [write(a, first=str(n)) for n in range(20)]
    report = a.sync()
    assert (report.pushed["applied"], report.pulled) == (20, 0)
    edit(a, made[0], first="x")
    assert a.sync().pulled == 0
    assert field.agrees(a)


def test_s010_who_only_sends_still_gets_later_what_others_wrote(town: Town) -> None:
    reader = Reader(town.server, town.actor())
    reader.pull()
    theirs, mine = town.noted(), town.note()
    packet = encode(Request(1, 0, reader.cursor, [mine], pull=False))
    assert [type(part) for part in decode_parts(town.server.exchange(reader.actor, packet))] == [Answers]
    assert reader.pull() == {theirs, mine.record_id}


class Tidy(NoRules):
    """The server writes some text in its own way."""

    @override
    def effects(
        self, tx: Tx, actor: Actor, change: Change, before: Values | None, after: Values | None
    ) -> tuple[Effect, ...]:
        text = (after or {}).get("first")
        if not isinstance(text, str) or text == text.strip().upper():
            return ()
        return (Effect(NOTE.name, change.record_id, Op.EDIT, {"first": text.strip().upper()}),)


def test_s012_the_servers_own_form_of_a_value_is_taken_over_without_a_conflict(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    field = Field(tmp_path_factory.mktemp("gọn"), Tidy())
    a, b = field.device("a"), field.device("b")
    made = write(a, first="  nông thị nhà ")
    synced(a)
    assert (seen(a, made) or {})["first"] == "NÔNG THỊ NHÀ"
    edit(a, made, first="Nông Thị Sửa ")
    synced(a, b)
    assert (seen(a, made) or {})["first"] == (seen(b, made) or {})["first"] == "NÔNG THỊ SỬA"
    assert held(a, CONFLICT.name) == set()
    assert field.agrees()
    field.close()


def test_s013_what_the_server_has_already_is_done(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = write(a, first="một")
    synced(a, b)
    for device in (a, b):
        edit(device, made, first="hai")
    synced(a)
    report = b.sync()
    assert (report.pushed["conflict"], report.left, pending(b), travelling(b)) == (0, 0, [], [])
    assert field.record(made).rev == 2  # type: ignore[union-attr]  # it is there
    assert field.agrees()


def test_s015_a_unit_goes_before_what_is_inside_it(field: Field) -> None:
    a = field.device("a")
    synced(a)
    unit = a.new_id()
    inside = write(a, unit, first="trong đơn vị mới")
    with a.write() as conn:
        values: Values = {UNIT: unit, "parent": a.roots[0], "label": "mới"}
        a.replica.create(conn, NODE.name, unit, values, a.author)
    synced(a)
    assert [change.record_id for change in line_of(a).requests[-1].changes] == [unit, inside]
    assert field.agrees(a)


def test_s016_records_that_name_each_other_arrive_in_one_transaction(field: Field) -> None:
    a = field.device("a")
    one, other = a.new_id(), a.new_id()
    with a.write() as conn:
        for record_id, names in ((one, other), (other, one)):
            values: Values = {UNIT: a.roots[0], "second": names.hex()}
            a.replica.create(conn, NOTE.name, record_id, values, a.author)
    synced(a)
    assert {change.record_id for change in line_of(a).requests[0].changes} == {one, other}
    with field.server.database.read() as conn:
        sql = "SELECT count(*), count(DISTINCT received_at), max(pos) - min(pos) FROM sync_log WHERE kind = 'note'"
        assert tuple(run(conn, sql).one()) == (2, 1, 1)


WORD = Kind("word", "word", (Column("text"),), shared=True)


@pytest.fixture
def words(town: Town) -> Kinds:
    """Give kinds with one that everybody reads, in a database that has it."""
    binary = "BLOB" if town.database.is_sqlite else "BYTEA"
    columns = f"id {binary} PRIMARY KEY, rev INTEGER NOT NULL, extra TEXT, unit_id {binary}, text TEXT"
    with town.database.write() as conn:
        conn.exec_driver_sql("DROP TABLE IF EXISTS word")
        conn.exec_driver_sql(f"CREATE TABLE word ({columns})")
    kinds = Kinds((NODE, WORD, NOTE))
    town.server.kinds = kinds  # type: ignore[misc]  # the same server with one kind more
    return kinds


def test_s019_the_tree_and_what_everybody_reads_come_before_the_records(town: Town, words: Kinds) -> None:
    for number in range(5):
        town.noted(first=str(number))
    town.server.commit([Effect(WORD.name, new_id(), Op.CREATE, {"text": str(n)}) for n in range(5)], Stamp())
    order: list[str] = []
    parts = decode_parts(town.server.exchange(town.actor(), encode(Request(1, 0, frame_rows_max=2))))
    for part in parts:
        if isinstance(part, Frame):
            order += [rows.kind for rows in part.rows if rows.kind not in order]
    assert order[:3] == ["node", "word", "note"]


def test_s023_what_everybody_reads_is_written_by_no_device(town: Town, words: Kinds, field: Field) -> None:
    word = new_id()
    town.server.commit([Effect(WORD.name, word, Op.CREATE, {"text": "gốc"})], Stamp())
    change = Change(new_id(), WORD.name, word, Op.EDIT, {"text": "sửa"}, base_rev=1)
    (answer,) = town.push(change)
    assert (answer.status, answer.code) == ("refused", "scope.read_only")
    a = field.device("a")
    replica = Replica(words, ids=new_id, clock_ms=lambda: NOW_MS)
    with a.write() as conn, pytest.raises(BrokenRuleError, match=r"scope\.read_only"):
        replica.edit(conn, WORD.name, word, {"text": "sửa"}, a.author)


def test_the_first_frame_must_say_where_it_stands(field: Field) -> None:
    """Without a place the device could not go on from there, and would begin again for ever."""
    a = field.device("a")
    line_of(a).exchange_with = lambda _packet: iter([encode(Answers()), encode(Frame(complete=True))])
    report = a.sync()
    assert (report.status, report.error_code) == ("failed", "message.damaged")


def test_a_damaged_cursor_heals_and_costs_nothing_that_waits(field: Field) -> None:
    a = field.device("a")
    ids = field.notes(5)
    synced(a)
    with a.write() as conn:
        conn.exec_driver_sql("UPDATE sync_state SET value = x'c1' WHERE key = 'cursor'")
    edit(a, ids[0], first="còn chờ")
    made = write(a, first="mới")
    synced(a)
    assert held(a) == {*ids, made}
    assert field.values(ids[0])["first"] == "còn chờ"
    assert a.sync().pulled == 0
    assert field.agrees(a)


def test_s021_what_was_made_and_removed_before_it_was_sent_is_never_sent(field: Field) -> None:
    a = field.device("a")
    remove(a, write(a, first="x"))
    synced(a)
    assert line_of(a).requests[0].changes == []
