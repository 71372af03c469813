"""What no honest device sends, and what one store takes and the other does not: refused at the edge, on both alike."""

import json

import msgspec
import pytest
from small_world import Reader, Town, edit, new_id

from sync.protocol.errors import RejectedError
from sync.protocol.kinds import CONFLICT, UNIT, Value, is_storable
from sync.protocol.messages import PROTOCOL_VERSION, Change, Request, decode_parts, decode_request, encode
from sync.server.checking import TIME_MS_MAX, TIME_MS_MIN
from sync.server.database import run
from sync.server.scope import Backfill, Cursor
from sync.testing.kinds import NOTE

ODD = ("\0", "a\0b", "\ud800", "a\udfffb", 1 << 63, -(1 << 63) - 1)
FINE = ("", "\1", "\ufffe", "\U0010ffff", "\u202e", "a" * 100_000, (1 << 63) - 1, -(1 << 63), None, b"\0")


@pytest.mark.parametrize("value", FINE)
def test_what_both_stores_keep_is_storable(value: Value) -> None:
    assert is_storable(value)


@pytest.mark.parametrize("value", [*ODD, 1.5, True, [], {}])
def test_what_one_of_them_does_not_keep_is_not(value: object) -> None:
    assert not is_storable(value)


@pytest.mark.parametrize(("field", "value"), [("first", "a\0b"), ("count", 1 << 63), ("unknown", "\0"), ("a\0", "x")])
def test_an_odd_value_is_refused_and_the_rest_is_stored(town: Town, field: str, value: Value) -> None:
    note = town.noted(first="ash")
    bad, good = edit(note, {field: value}), edit(note, {"second": "elm"})
    refused, applied = town.push(bad, good)
    assert (refused.status, refused.code, refused.field) == ("refused", "field.type", field)
    assert (applied.status, applied.rev) == ("applied", 2)


@pytest.mark.parametrize("place", ["account", "channel", "reason"])
def test_odd_text_beside_the_values_is_refused(town: Town, place: str) -> None:
    change = town.note()
    setattr(change, place, "a\0b")
    (answer,) = town.push(change)
    assert (answer.status, answer.code) == ("refused", "change.text")


@pytest.mark.parametrize("channel", ["seed", "effect", "server"])
def test_no_device_speaks_for_the_server(town: Town, channel: str) -> None:
    """What comes by the channel of a new database would begin counting again, and be taken for an older one."""
    change = town.note()
    change.channel = channel
    (answer,) = town.push(change)
    assert (answer.status, answer.code) == ("refused", "change.channel")


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (TIME_MS_MIN, ""), (TIME_MS_MAX, ""), (0, ""), (TIME_MS_MIN - 1, "change.time"),
        (TIME_MS_MAX + 1, "change.time"), ((1 << 64) - 1, "change.time"), (-(1 << 63), "change.time"),
    ],
)  # fmt: skip
def test_s263_a_time_no_calendar_shows_is_refused(town: Town, at: int, code: str) -> None:
    change = town.note()
    change.at = at
    assert [answer.code for answer in town.push(change)] == [code]


@pytest.mark.parametrize("rev", [-1, 1 << 31, 1 << 63, (1 << 64) - 1])
def test_a_revision_that_never_was_is_refused(town: Town, rev: int) -> None:
    note = town.noted(first="ash")
    one, other = edit(note, {"first": "elm"}, rev), edit(note, {"first": "elm"})
    other.base_revs = {"first": rev}
    assert [answer.code for answer in town.push(one, other)] == ["change.revision"] * 2


@pytest.mark.parametrize(
    ("kind", "op", "code"),
    [("a\0b", "edit", "kind.unknown"), ("note", "a\0b", "op.unknown"), ("conflict", "create", "scope.read_only")],
)
def test_odd_kinds_and_operations_are_refused(town: Town, kind: str, op: str, code: str) -> None:
    change = Change(new_id(), kind, new_id(), op, {})
    assert [answer.code for answer in town.push(change)] == [code]


@pytest.mark.parametrize("unit", [None, "x", 5, b"", bytes(16), bytes(17)])
def test_a_unit_that_is_none_is_refused(town: Town, unit: Value) -> None:
    note = town.noted()
    made = town.note()
    made.patch[UNIT] = unit
    answers = town.push(made, edit(note, {UNIT: unit}))
    assert {(answer.status, answer.code, answer.field) for answer in answers} == {
        ("refused", "scope.forbidden", UNIT),
    }


# messages


def damaged(packet: bytes, old: bytes, new: bytes) -> bytes:
    assert old in packet
    return packet.replace(old, new)


def test_text_that_is_no_utf8_damages_the_message(town: Town) -> None:
    """Half a surrogate pair has no UTF-8, so nobody can send it as such."""
    packet = encode(Request(PROTOCOL_VERSION, 0, None, [Change(new_id(), "note", new_id(), "edit", {"first": "QQQ"})]))
    (part,) = decode_parts(town.server.exchange(town.actor(), damaged(packet, b"QQQ", b"\xed\xa0\x80")))
    assert msgspec.to_builtins(part)["code"] == "message.damaged"


def test_a_message_nested_too_deep_is_damaged() -> None:
    body = msgspec.msgpack.encode([PROTOCOL_VERSION, 0, None, [[new_id(), "note", new_id(), "edit", {"first": "Q"}]]])
    body = damaged(body, b"\xa1Q", b"\x91" * 200_000 + b"\xc0")
    with pytest.raises(RejectedError, match=r"message\.damaged"):
        decode_request((len(body) + 1).to_bytes(4, "big") + b"\0" + body)


def cursor_of(town: Town) -> Cursor:
    reader = Reader(town.server, town.actor())
    reader.pull()
    assert reader.cursor is not None
    return msgspec.msgpack.decode(reader.cursor, type=Cursor)


def test_odd_cursors_get_a_code_or_everything(town: Town) -> None:
    note = town.noted()
    good = cursor_of(town)
    with town.database.read() as conn:
        whole = bytes(run(conn, "SELECT value FROM sync_meta WHERE key = 'epoch'").scalar_one())
    shard = next(iter(good.positions))
    odd = {
        Cursor(b"other", good.scope, good.positions).packed(): "server.changed",
        Cursor(good.epoch, good.scope, {shard: (1 << 63) - 1}).packed(): "server.went_back",
    }
    for cursor, code in odd.items():
        with pytest.raises(RejectedError, match=code.replace(".", r"\.")):
            Reader(town.server, town.actor(), cursor=cursor).pull()
    fresh = (
        Cursor(good.epoch, b"never seen\0", good.positions).packed(),
        Cursor(whole, b"", {b"nowhere": 5}, Backfill(b"other", 1 << 40, b"x", b"y")).packed(),
        Cursor(whole, good.scope, {shard: -1}).packed(),
        Cursor(whole, good.scope, {shard: 1 << 63}).packed(),
        Cursor(whole, good.scope, {bytes([n % 256, n // 256]): 0 for n in range(10_001)}).packed(),
        Cursor(whole, b"", {}, Backfill(good.scope, -5)).packed(),
        b"",
        b"\xc1",
        b"\x91" * 100_000,
    )
    for useless in fresh:
        assert Reader(town.server, town.actor(), cursor=useless).pull() == {note}


@pytest.mark.parametrize("rows", [0, -1, 1 << 40])
def test_an_odd_size_of_frames_is_no_obstacle(town: Town, rows: int) -> None:
    notes = {town.noted() for _ in range(3)}
    assert Reader(town.server, town.actor(), frame_rows_max=rows).pull() == notes


# JSON inside of values


@pytest.mark.parametrize("text", ["", "x", "5", "null", '{"a":1}', "[[1]]", "[1.5]", "[" * 100_000, "{", '"a"'])
@pytest.mark.parametrize("field", ["tags", "more"])
def test_json_that_makes_no_sense_is_asked_about_and_breaks_nothing(town: Town, field: str, text: str) -> None:
    note = town.noted()
    good = {"tags": '["b"]', "more": '{"b":2}'}[field]
    answers = town.push(edit(note, {field: good}), edit(note, {field: text}), edit(note, {"first": "elm"}))
    assert answers[0].status == "applied"
    assert answers[1].status in {"conflict", "merged"}
    assert (answers[2].status, answers[2].code) == ("merged", "")
    assert town.values(note)[field] == good or json.loads(str(town.values(note)[field]))


def test_half_a_surrogate_pair_inside_of_json_does_not_get_out_by_merging(town: Town) -> None:
    note = town.noted()
    town.push(edit(note, {"tags": '["b"]'}))
    (answer,) = town.push(edit(note, {"tags": '["\\ud800"]'}))
    assert (answer.status, answer.code, answer.field) == ("refused", "field.type", "tags")


@pytest.mark.parametrize(
    "choice",
    [
        None, 5, b"x", "", "x", "[]", "null", '{"first":1}', '{"first":{}}', '{"first":{"take":"all"}}',
        '{"first":{"take":[]}}', '{"first":{"value":{}}}', '{"first":{"value":{"b":1}}}', '{"first":{"value":1.5}}',
        '{"first":{"value":[1]}}', '{"first":{"value":"\\u0000"}}', '{"first":{"value":"\\ud800"}}',
        '{"first":{"value":true}}', '{"first":{"value":9223372036854775808}}', "[" * 100_000,
    ],
)  # fmt: skip
def test_a_choice_that_cannot_be_read_settles_nothing(town: Town, choice: Value) -> None:
    note = town.noted(first="ash")
    town.push(edit(note, {"first": "elm"}), actor=town.actor(device="Máy 2"))
    town.push(edit(note, {"first": "fir"}))
    ((conflict, record),) = town.conflicts(note)
    settling = edit(conflict, {"status": "settled", "choice": choice}, record.rev, CONFLICT.name)
    (answer,) = town.push(settling)
    assert (answer.status, answer.code) in {
        ("refused", "conflict.choice_damaged"),
        ("refused", "conflict.incomplete"),
    }
    assert len(town.conflicts(note)) == 1
    assert town.values(note)["first"] == "elm"


def test_a_change_that_breaks_the_rules_of_the_application_itself_stops_no_other(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Promise 9. What the change holds is not written to the log."""
    server = town.another_server()

    def check(_tx: object, _actor: object, change: Change, _before: object, after: object) -> None:
        assert isinstance(after, dict)
        if after["first"] == "Bí mật":
            raise ValueError(after["first"])

    monkeypatch.setattr(server._rules, "check", check)
    answers = town.push(town.note(first="Bí mật"), town.note(first="elm"), server=server)
    assert [(answer.status, answer.code) for answer in answers] == [("refused", "change.broken"), ("applied", "")]
    assert "ValueError" in caplog.text
    assert "Bí mật" not in caplog.text


def test_text_is_found_by_its_bytes_whatever_the_stores_alphabet(town: Town) -> None:
    """One store sorts by Vietnamese, the other by code points: nothing that is compared may depend on it."""
    changes = [town.note(first=text, mark=text) for text in ("a", "A", "á", "a\u0301", "ă", "â", "đ", "z", "Z", " a")]
    town.push(*changes)
    assert [town.values(change.record_id)["first"] for change in changes] == [c.patch["first"] for c in changes]
    with town.server.transaction() as tx:
        assert [len(tx.find(NOTE.name, "first", str(change.patch["first"]))) for change in changes] == [1] * 10
    assert town.server.digest((town.units["root"],))[1]["note"] == 10
