"""Requests that no honest device sends: the server answers with a stable code, tells nothing and changes nothing."""

import itertools
import re
import resource
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import msgspec
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_world import Town, edit, new_id

from sync.core.squash import Op
from sync.protocol.errors import RejectedError
from sync.protocol.items import ITEMS_MAX
from sync.protocol.kinds import CONFLICT, UNIT
from sync.protocol.messages import (
    CHANGES_MAX,
    PACKET_SIZE_BYTES_MAX,
    PROTOCOL_VERSION,
    Answer,
    Answers,
    Change,
    Frame,
    Part,
    Problem,
    Request,
    decode_parts,
    decode_request,
    encode,
)
from sync.server.database import run
from sync.testing.kinds import NODE, NOTE

SECRET = "điều bí mật"
CODE = re.compile(r"[a-z]+(\.[a-z_]+)+")
WRONG: tuple[Any, ...] = (
    None, True, -1, (1 << 63) - 1, (1 << 64) - 1, 1.5, "", "\0", "x", b"", b"\xff" * 16, b"\0" * 17, [], {}, [[]],
    {"a": []}, {1: 2}, [None] * 100, msgspec.msgpack.Ext(1, b"x"),
)  # fmt: skip
FOREIGN_UNIT = "commune2"


def packed(body: bytes, packing: int = 0, size: int | None = None) -> bytes:
    return (len(body) + 1 if size is None else size).to_bytes(4, "big") + bytes((packing,)) + body


def plain(request: object) -> bytes:
    return packed(msgspec.msgpack.encode(request))


class Edge:
    """The server with records of a neighbour, watched while somebody of commune0 says what they like."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.mine = town.noted(first="ash", tags='["elm"]', more='{"x":1}')
        self.theirs = town.noted(FOREIGN_UNIT, first=SECRET, second=SECRET, mark=SECRET)
        neighbour = town.actor(FOREIGN_UNIT, "bình")
        self.their_change = edit(self.theirs, {"mark": SECRET + " 2"})
        town.push(self.their_change, actor=neighbour)
        town.push(edit(self.theirs, {"mark": SECRET + " 3"}), actor=neighbour)
        ((self.their_conflict, _),) = town.conflicts(self.theirs)
        town.push(edit(self.mine, {"first": "fir"}), actor=town.actor(device="Máy 2"))
        town.push(edit(self.mine, {"first": "elm"}))
        ((self.my_conflict, _),) = town.conflicts(self.mine)
        self.their_cursor = self.cursor(neighbour)
        self.my_cursor = self.cursor(town.actor())
        self._before = self._foreign()

    def cursor(self, actor: Any) -> bytes:
        parts = list(decode_parts(self.town.server.exchange(actor, encode(Request(PROTOCOL_VERSION, 0)))))
        assert isinstance(parts[-1], Frame)
        return parts[-1].cursor

    def say(self, packet: bytes) -> list[Part]:
        """Send a packet; the answer is one, tells nothing of the neighbour and changes nothing there."""
        answer = list(self.town.server.exchange(self.town.actor(), packet))
        parts = list(decode_parts(answer))
        assert parts, "there is always an answer"
        for part in parts:
            if isinstance(part, Problem):
                assert CODE.fullmatch(part.code), part
            if isinstance(part, Answers):
                for told in part.answers:
                    assert told.status != "refused" or CODE.fullmatch(told.code), told
                    if self.town.database.is_sqlite:  # the other store looks at types, and the log says so
                        assert told.code != "change.broken", "somebody has foreseen it"
            told_all = repr(part)
            assert SECRET not in told_all
            if isinstance(part, Frame):
                for hidden in (self.theirs, self.their_conflict, self.town.units[FOREIGN_UNIT]):
                    assert repr(hidden)[2:-1] not in repr(part.rows) + repr(part.patches), "records of others"
        return parts

    def check(self) -> None:
        assert self._foreign() == self._before

    def _foreign(self) -> list[object]:
        with self.town.database.read() as conn:
            rows: list[object] = []
            for kind in (NODE, NOTE, CONFLICT):
                sql = f"SELECT * FROM {kind.table} WHERE unit_id = ? ORDER BY id"
                rows += run(conn, sql, (self.town.units[FOREIGN_UNIT],)).all()
            return rows


@pytest.fixture
def edge(town: Town) -> Iterator[Edge]:
    edge = Edge(town)
    yield edge
    edge.check()


def answers(parts: list[Part]) -> list[Answer]:
    assert isinstance(parts[0], Answers), parts
    return parts[0].answers


def good(edge: Edge) -> list[Any]:
    """Return a request with everything in it, as plain lists."""
    unit = edge.town.units["commune0"]
    changes = [
        [new_id(), NOTE.name, new_id(), "create", {UNIT: unit, "first": "a", "count": 1, "new": b"x"}, 0, {}, 1, "a",
         "form", "why"],
        [new_id(), NOTE.name, edge.mine, "edit", {"tags": '["a"]', "more": "{}", UNIT: unit}, 1, {"tags": 1}, 1],
        [new_id(), CONFLICT.name, edge.my_conflict, "edit",
         {"status": "settled", "choice": '{"first":{"take":"mine"}}'}, 1],
        [new_id(), NODE.name, unit, "edit", {"label": "y", "parent": edge.town.units["province0"]}, 1],
        [new_id(), NOTE.name, edge.mine, "delete", {}, 1],
    ]  # fmt: skip
    return [PROTOCOL_VERSION, 0, edge.my_cursor, changes, 5, True]


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the way to every position of a tree of lists and objects."""
    yield path
    for key, item in enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ():
        yield from paths(item, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = deepcopy(value)
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = new
    return copy


def fresh(request: Any) -> Any:
    """Give the changes new ids, so that each is looked at."""
    changes = request[3] if isinstance(request, list) and len(request) > 3 else ()
    for change in changes if isinstance(changes, list) else ():
        if isinstance(change, list) and change and isinstance(change[0], bytes) and len(change[0]) == 16:
            change[0] = new_id()
        if isinstance(change, list) and change[3:4] == ["create"] and isinstance(change[2], bytes):
            change[2] = change[2][:-8] + new_id()[-8:]
    return request


def test_a_wrong_type_in_any_position_gets_a_code(edge: Edge) -> None:
    request = good(edge)
    every = list(paths(request))
    assert len(every) > 60
    wrongs = WRONG if edge.town.database.is_sqlite else WRONG[::4] + WRONG[9:12]
    for path, wrong in itertools.product(every, wrongs):
        edge.say(plain(fresh(replaced(request, path, wrong))))


def test_a_request_too_short_or_too_long_in_any_list_gets_a_code(edge: Edge) -> None:
    request = good(edge)
    for path in paths(request):
        inner = request
        for key in path:
            inner = inner[key]
        if isinstance(inner, list):
            for size in range(len(inner)):
                edge.say(plain(fresh(replaced(request, path, inner[:size]))))
            edge.say(plain(fresh(replaced(request, path, [*inner, "more"]))))


def test_a_request_cut_at_any_byte_changes_nothing(edge: Edge) -> None:
    for packet in (plain(good(edge)), encode(msgspec.convert(good(edge), Request))):
        before = edge.town.log_lines()
        for size in range(len(packet)):
            (part,) = edge.say(packet[:size])
            assert isinstance(part, Problem)
            assert part.code.startswith("message.")
        assert edge.town.log_lines() == before


def test_any_byte_changed_gets_an_answer(edge: Edge) -> None:
    packet = plain(good(edge))
    step = 2 if edge.town.database.is_sqlite else 9
    for place, byte in itertools.product(range(0, len(packet), step), (0x00, 0x81, 0xC1, 0xDD)):
        edge.say(packet[:place] + bytes((byte,)) + packet[place + 1 :])


QUICK = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(data=st.binary(max_size=200), packing=st.integers(0, 3))
def test_random_bytes_get_a_code(edge: Edge, data: bytes, packing: int) -> None:
    for packet in (data, packed(data, packing), packed(zstandard.compress(data), 1)):
        (part,) = edge.say(packet)
        assert isinstance(part, Problem)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.floats() | st.text(max_size=5)
    | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@QUICK
@given(patch=st.dictionaries(st.sampled_from([*NOTE.columns, "new"]), values, max_size=4), op=st.sampled_from(list(Op)))
def test_any_values_in_a_change_get_an_answer(edge: Edge, patch: dict[str, Any], op: Op) -> None:
    edge.say(plain([PROTOCOL_VERSION, 0, None, [[new_id(), NOTE.name, edge.mine, op, patch, 1]], 5, False]))


def test_bytes_for_a_number_stop_no_other_change(edge: Edge) -> None:
    """PostgreSQL counts them as a mistake of the program, not as one in the data."""
    bad, fine = edge.town.note(count=b"x"), edge.town.note(count=1)
    told = answers(edge.say(encode(Request(PROTOCOL_VERSION, 0, None, [bad, fine]))))
    assert told[0].code == ("" if edge.town.database.is_sqlite else "change.broken")
    assert told[1].status == "applied"


# ids of others


def positions(edge: Edge) -> dict[str, Callable[[bytes], Change]]:
    """Return changes with an id in each position where one may stand."""
    unit = edge.town.units["commune0"]

    def change(kind: str, record_id: bytes, op: str, patch: dict[str, Any], change_id: bytes | None = None) -> Change:
        return Change(change_id or new_id(), kind, record_id, op, patch, base_rev=1)

    choice = '{"mark":{"take":"theirs"}}'
    return {
        "edit": lambda i: change(NOTE.name, i, Op.EDIT, {"mark": "mine"}),
        "steal": lambda i: change(NOTE.name, i, Op.EDIT, {UNIT: unit}),
        "delete": lambda i: change(NOTE.name, i, Op.DELETE, {}),
        "create": lambda i: change(NOTE.name, i, Op.CREATE, {UNIT: unit, "mark": "mine"}),
        "create the same": lambda i: change(NOTE.name, i, Op.CREATE, {UNIT: edge.town.units[FOREIGN_UNIT]}),
        "create there": lambda i: change(NOTE.name, new_id(), Op.CREATE, {UNIT: i}),
        "move there": lambda i: change(NOTE.name, edge.mine, Op.EDIT, {UNIT: i}),
        "change id": lambda i: change(NOTE.name, edge.mine, Op.EDIT, {"second": "x"}, i),
        "settle": lambda i: change(CONFLICT.name, i, Op.EDIT, {"status": "settled", "choice": choice}),
        "make a conflict": lambda i: change(CONFLICT.name, i, Op.CREATE, {UNIT: unit, "target_id": edge.theirs}),
        "point a conflict": lambda i: change(CONFLICT.name, edge.my_conflict, Op.EDIT, {"target_id": i}),
        "move a conflict": lambda i: change(CONFLICT.name, edge.my_conflict, Op.EDIT, {UNIT: i}),
        "edit a unit": lambda i: change(NODE.name, i, Op.EDIT, {"label": "x"}),
        "take a unit": lambda i: change(NODE.name, i, Op.EDIT, {"parent": unit}),
        "delete a unit": lambda i: change(NODE.name, i, Op.DELETE, {}),
        "make a unit": lambda i: change(NODE.name, i, Op.CREATE, {UNIT: i, "parent": unit}),
        "make a unit there": lambda i: change(NODE.name, (n := new_id()), Op.CREATE, {UNIT: n, "parent": i}),
        "move the own unit": lambda i: change(NODE.name, unit, Op.EDIT, {"parent": i}),
        "another unit's record": lambda i: change(NODE.name, unit, Op.EDIT, {UNIT: i}),
    }


def test_s144_no_id_of_others_opens_anything_wherever_it_stands(edge: Edge) -> None:
    foreign = (edge.theirs, edge.their_conflict, edge.their_change.change_id, edge.town.units[FOREIGN_UNIT])
    ways = positions(edge)
    for (name, way), some_id, cursor in itertools.product(
        ways.items(), foreign, (None, edge.my_cursor, edge.their_cursor)
    ):
        packet = encode(Request(PROTOCOL_VERSION, 0, cursor, [way(some_id)]))
        (answer,) = answers(edge.say(packet))
        fine = name == "change id" and some_id != edge.their_change.change_id  # the first use of such an id
        deleted = name.startswith("delete") and answer.rev == answer.rev_before  # there is no such record to remove
        made = name in {"create", "make a unit"} and some_id == edge.their_change.change_id  # never an id of a record
        assert fine or deleted or made or answer.status == "refused", (name, answer)


def test_s145_who_takes_over_the_id_of_a_removed_record_does_not_get_its_history(edge: Edge) -> None:
    town = edge.town
    gone = town.noted(FOREIGN_UNIT, mark=SECRET)
    town.push(edit(gone, {"mark": SECRET + " 2"}), actor=town.actor("root"))
    town.push(Change(new_id(), NOTE.name, gone, Op.DELETE, {}, base_rev=2), actor=town.actor("root"))
    made = Change(new_id(), NOTE.name, gone, Op.CREATE, {UNIT: town.units["commune0"], "mark": "mine"})
    asked = edit(gone, {"mark": "x"}, 1)
    told = answers(edge.say(encode(Request(PROTOCOL_VERSION, 0, None, [made, asked]))))
    assert [answer.code for answer in told] == ["record.exists", "record.unknown"]


def test_a_record_of_ones_own_may_be_made_again(edge: Edge) -> None:
    unit = edge.town.units["commune0"]
    again = [
        Change(new_id(), NOTE.name, edge.mine, Op.DELETE, {}, base_rev=9),
        Change(new_id(), NOTE.name, edge.mine, Op.CREATE, {UNIT: unit, "first": "again"}),
    ]
    assert [answer.status for answer in edge.town.push(*again)] == ["applied", "applied"]


def test_the_answer_to_somebody_elses_change_is_not_told(edge: Edge) -> None:
    """Its `fix` holds the value that stands there."""
    stolen = Change(edge.their_change.change_id, NOTE.name, edge.theirs, Op.EDIT, {"mark": "x"}, base_rev=1)
    (answer,) = answers(edge.say(encode(Request(PROTOCOL_VERSION, 0, None, [stolen]))))
    assert answer == Answer(b"", "refused", code="change.id")
    (own,) = edge.town.push(edge.their_change, actor=edge.town.actor(FOREIGN_UNIT, "bình", "another device"))
    assert own.status == "applied"


# what is too large


HUGE = PACKET_SIZE_BYTES_MAX
UNSIZED = zstandard.ZstdCompressor(write_content_size=False)
NESTED = b"\x96\x01\x00\xc0\x91\x95\xc4\x10" + bytes(16) + b"\xa4note\xc4\x10" + bytes(16) + b"\xa4edit\x81\xa1a\xdd"
LYING = zstandard.ZstdCompressor().compress(b"x" * 100_000)
BOMBS: dict[str, Callable[[], bytes]] = {
    "too much": lambda: packed(UNSIZED.compress(bytes(2 * HUGE)), 1),
    "too much with its size": lambda: packed(zstandard.compress(bytes(2 * HUGE)), 1),
    "lists": lambda: packed(zstandard.compress(b"\x90" * HUGE), 1),
    "lists without size": lambda: packed(UNSIZED.compress(b"\x90" * HUGE), 1),
    "lists in a value": lambda: packed(zstandard.compress(NESTED + b"\x01\x00\x00\x00" + b"\x90" * (1 << 24)), 1),
    "a size that is not true": lambda: packed(LYING[:6] + b"\xff\xff\xff\x7f" + LYING[10:], 1),
    "a long text": lambda: packed(zstandard.compress(b"\xdb\xff\xff\xff\xff"), 1),
    "a long list": lambda: packed(b"\xdd\xff\xff\xff\xff"),
    "a long map": lambda: packed(b"\x96\x01\x00\xc0\xdd\xff\xff\xff\xff"),
    "length": lambda: packed(b"", size=(1 << 32) - 1),
    "a stream": lambda: packed(UNSIZED.compress(bytes(64 * HUGE)), 2),
    "a stream of lists": lambda: packed(zstandard.compress(b"\x90" * HUGE), 2),
    "many packets": lambda: packed(b"\xc0") * 100_000,
}
"""Small packets that would become large."""


@pytest.mark.parametrize("name", list(BOMBS))
def test_s317_a_bomb_is_refused_in_bounded_time_and_memory(name: str) -> None:
    packet = BOMBS[name]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    with pytest.raises(RejectedError, match=r"message\.(damaged|too_large)"):
        decode_request(packet)
    assert time.process_time() - began < 5
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 400 * 1024, f"{grown} KiB more"


def test_more_changes_than_one_request_may_have_are_refused(edge: Edge) -> None:
    change = [new_id(), NOTE.name, edge.mine, "edit", {"second": "x"}]
    (part,) = edge.say(plain([PROTOCOL_VERSION, 0, None, [change] * (CHANGES_MAX + 1)]))
    assert isinstance(part, Problem)
    assert part.code == "message.too_large"


def test_what_honest_devices_send_is_far_from_too_many_values() -> None:
    values_of_a_record = 2 * 100
    assert CHANGES_MAX * values_of_a_record < ITEMS_MAX
