"""What the server does not take, and what becomes of it on the device."""

from pathlib import Path

from field import Field, edit, held, line_of, pending, seen, synced, travelling, write
from small_world import Town, new_id
from typing_extensions import override

from sync.client.replica import Author
from sync.core.squash import Op
from sync.protocol.kinds import UNIT, Values
from sync.protocol.messages import Answers, Change, Frame, decode_parts, encode
from sync.server.compact import compact
from sync.server.records import Actor, Tx
from sync.server.rules import NoRules, Refusal
from sync.testing.device import Device
from sync.testing.kinds import NOTE


class NoBad(NoRules):
    """One word is not accepted."""

    @override
    def check(
        self, tx: Tx, actor: Actor, change: Change, before: Values | None, after: Values | None
    ) -> Refusal | None:
        bad = [name for name, value in (after or {}).items() if value == "BAD"]
        return Refusal("word.bad", bad[0], text="Từ này không dùng được.") if bad else None


def test_s124_a_refused_change_goes_again_only_when_a_person_says_so(tmp_path: Path) -> None:
    field = Field(tmp_path, NoBad())
    a = field.device("a")
    made = write(a, first="BAD", second="giữ")
    assert a.sync().pushed["refused"] == 1
    for _ in range(3):
        assert a.sync().pushed["refused"] == 0
        assert line_of(a).requests[-1].changes == []
    edit(a, made, first="tốt")
    assert a.sync().pushed["applied"] == 1
    assert field.values(made) == {**field.values(made), "first": "tốt", "second": "giữ"}
    assert (a.refused(), field.agrees(a)) == ([], True)
    field.close()


def test_s132_changes_without_an_answer_still_wait(field: Field) -> None:
    a = field.device("a")
    synced(a)
    made = [write(a, first=str(number)) for number in range(3)]
    honest = line_of(a).exchange_with

    def forgetful(packet: bytes) -> list[bytes]:
        answers, *rest = decode_parts(honest(packet))
        assert isinstance(answers, Answers)
        return [encode(Answers(answers.answers[:2], answers.clock_ms)), *map(encode, rest)]

    line_of(a).exchange_with = lambda packet: iter(forgetful(packet))
    report = a.sync()
    assert (report.status, report.error_code) == ("failed", "message.damaged")
    assert len(travelling(a)) == 3
    line_of(a).exchange_with = honest
    synced(a)
    assert held(a) == set(made)
    assert field.agrees(a)


def test_s136_a_record_of_others_that_was_changed_by_a_mistake_is_refused_and_kept_aside(field: Field) -> None:
    """A program that lets somebody edit what is above them: the server does not."""
    a = field.device("a")
    synced(a)
    above = field.units["province0"]
    edit(a, above, "node", label="sửa nhầm")
    assert a.sync().pushed["refused"] == 1
    (line,) = a.refused()
    assert (line.code, line.line.patch) == ("scope.forbidden", {"label": "sửa nhầm"})
    with a.write() as conn:
        a.replica.discard(conn, line.change_id)
    assert (seen(a, above, "node") or {})["label"] == "province0"
    assert field.agrees(a)


def test_s137_one_forbidden_change_among_hundreds_stops_no_other(town: Town) -> None:
    changes = [town.note(first=str(number)) for number in range(300)]
    changes[150] = town.note("commune2", first="không phải của mình")
    answers = town.push(*changes)
    assert [(place, answer.code) for place, answer in enumerate(answers) if answer.status != "applied"] == [
        (150, "scope.forbidden")
    ]


def test_s126_s146_what_is_refused_is_counted_apart_here_and_on_the_server(tmp_path: Path) -> None:
    field = Field(tmp_path, NoBad())
    a = field.device("a")
    write(a, first="BAD")
    write(a, first="tốt")
    report = a.sync()
    assert (report.pushed["applied"], report.pushed["refused"], report.left) == (1, 1, 0)
    a.sync()
    assert field.server.waiting() == {("a", "a"): 1}
    _, counts = field.server.digest(a.roots)
    assert (counts["note"], len(held(a))) == (1, 2)
    field.close()


def type_as(device: Device, account: str, record_id: bytes, **values: str) -> None:
    with device.write() as conn:
        author = Author(account, device.name, "form", reason="vì thế")
        device.replica.edit(conn, NOTE.name, record_id, dict(values), author)


def test_s167_s193_every_step_says_who_when_where_and_why(field: Field) -> None:
    """Another person takes over the device: what the first one wrote stays theirs."""
    a = field.device("a", account="an")
    made = write(a, first="x")
    synced(a)
    type_as(a, "an", made, first="của An")
    field.now_ms += 7
    synced(a)
    line_of(a).exchange_with = lambda packet: field.server.exchange(field.actor(a, "binh"), packet)
    type_as(a, "binh", made, second="của Bình")
    field.now_ms += 5
    synced(a)
    with field.server.database.read() as conn:
        columns = "account, device, received_at - device_time, channel, reason"
        lines = conn.exec_driver_sql(f"SELECT {columns} FROM sync_log WHERE record_id = ? ORDER BY rev", (made,)).all()
    assert [tuple(line) for line in lines] == [
        ("an", "a", 0, "form", ""), ("an", "a", 7, "form", "vì thế"), ("binh", "a", 5, "form", "vì thế"),
    ]  # fmt: skip
    with a.write() as conn:
        authors = conn.exec_driver_sql("SELECT account FROM sync_history WHERE record_id = ? ORDER BY seq", (made,))
        assert [row[0] for row in authors] == ["a", "an", "binh"]


def test_s207_a_frame_without_records_is_not_the_end(field: Field) -> None:
    a = field.device("a")
    synced(a)
    (made,) = field.notes(1)
    honest = line_of(a).exchange_with

    def padded(packet: bytes) -> list[bytes]:
        answers, frame = decode_parts(honest(packet))
        assert isinstance(frame, Frame)
        return [encode(answers), *[encode(Frame(a_cursor(a)))] * 2, encode(frame)]

    line_of(a).exchange_with = lambda packet: iter(padded(packet))
    assert a.sync().status == "done"
    assert held(a) == {made}


def a_cursor(device: Device) -> bytes:
    with device.write() as conn:
        return bytes(conn.exec_driver_sql("SELECT value FROM sync_state WHERE key = 'cursor'").scalar_one())


def test_s212_an_answer_that_was_lost_after_the_commit_is_known_the_next_time(field: Field) -> None:
    a = field.device("a")
    synced(a)
    made = write(a, first="một lần")
    line_of(a).packets_max = 0
    report = a.sync()
    assert (report.status, len(travelling(a))) == ("failed", 1)
    assert field.values(made)["first"] == "một lần"
    line_of(a).packets_max = None
    report = a.sync()
    assert (report.pushed["applied"], report.pushed["conflict"], pending(a)) == (1, 0, [])
    assert field.record(made).rev == 1  # type: ignore[union-attr]  # it is there
    assert field.agrees(a)


def test_s122_a_change_that_fails_leaves_nothing_of_itself(town: Town) -> None:
    record = town.noted(first="gốc")
    half = Change(new_id(), NOTE.name, record, Op.EDIT, {"first": "nửa", UNIT: new_id()}, base_rev=1)
    before = town.log_lines()
    (answer,) = town.push(half)
    assert answer.status == "refused"
    assert (town.values(record)["first"], town.log_lines()) == ("gốc", before)


def test_s149_the_operator_sees_who_was_refused_what_and_why_but_not_what_was_typed(town: Town) -> None:
    actor = town.actor(account="an", device="Máy 1")
    bad = town.note("commune2", first="riêng tư")
    fine = town.note(first="x")
    town.push(bad, fine, actor=actor)
    town.push(bad, actor=actor)
    (refused,) = town.server.refusals(since_ms=0)
    assert (refused.account, refused.device, refused.kind, refused.record_id, refused.code, refused.field) == (
        "an", "Máy 1", "note", bad.record_id, "scope.forbidden", "unit_id",
    )  # fmt: skip
    assert town.server.refusals(since_ms=0, account="khác") == []
    assert town.server.refusals(since_ms=refused.received_at + 1) == []
    with town.database.read() as conn:
        assert "riêng tư" not in str(conn.exec_driver_sql("SELECT * FROM sync_refusal").all())
    assert compact(town.database, before_ms=refused.received_at + 1).refusals == 1
    assert town.server.refusals(since_ms=0) == []
