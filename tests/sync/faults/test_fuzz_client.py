"""Answers that no honest server gives: the device reports a stable code, raises nothing and stores nothing half."""

import itertools
import json
import re
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import zstandard
from fault_story import NOTES, UNITS, Direct, Laptop, check_sound, fill_server, let_others_work, open_server
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typing_extensions import override

from sync.client import store
from sync.client.engine import SyncReport
from sync.client.transport import CONTENT_TYPE, HttpTransport, asked_wait_s
from sync.protocol.kinds import CONFLICT, UNIT, is_storable
from sync.protocol.messages import Answer, Answers, Frame, Gone, Patches, Rows, decode_parts, decode_request, encode
from sync.server.server import SyncServer
from sync.testing.kinds import NODE, NOTE

CODE = re.compile(r"[a-z]+(\.[a-z_]+)+")
WRONG: tuple[Any, ...] = (
    None, True, -1, 0, 1 << 31, (1 << 64) - 1, 1.5, "", "\0", b"", b"\xff" * 16, b"\0" * 17, [], {}, [[]], [None] * 9,
    msgspec.msgpack.Ext(1, b"x"),
)  # fmt: skip
MEMORY = Path("/dev/shm")
SEEN = [bytes((9, number)) + bytes(14) for number in range(2)]


def packed(body: bytes, packing: int = 0) -> bytes:
    return (len(body) + 1).to_bytes(4, "big") + bytes((packing,)) + body


class Liar:
    """A server that says what it is told to."""

    wait_s = 0.0

    def __init__(self, say: Callable[[bytes], bytes]) -> None:
        self._say = say

    def exchange(self, request: bytes) -> Iterator[bytes]:
        yield self._say(request)


class Victim:
    """A device that agreed with an honest server, has edits that wait, and can be put back to that."""

    def __init__(self, folder: Path) -> None:
        url = f"sqlite:///{folder / 'server.db'}"
        fill_server(url)
        self.server: SyncServer = open_server(url)
        self.laptop = Laptop(folder / "device.db")
        self.laptop.make_tables()
        assert self.laptop.sync(Direct(self.server)).status == "done"
        let_others_work(url)
        self.laptop.type_before()
        self._kept = folder / "kept.db"
        with closing(sqlite3.connect(folder / "device.db")) as file, closing(sqlite3.connect(self._kept)) as kept:
            file.backup(kept)
        self._before = self.content()

    def again(self) -> None:
        """Put the device's file back."""
        with closing(sqlite3.connect(self._kept)) as kept, closing(sqlite3.connect(self.laptop.path)) as file:
            kept.backup(file)

    def content(self) -> list[object]:
        tables = ("note", "node", "conflict", "sync_state", "sync_outbox", "sync_history", "sync_seen")
        return [self.laptop.rows(f"SELECT * FROM {table}") for table in tables]

    def hear(self, say: Callable[[bytes], bytes]) -> SyncReport:
        """Exchange with a liar: nothing is raised, what is stored can be read and means something."""
        report = self.laptop.sync(Liar(say))
        assert report.status in {"done", "partial", "failed"}
        assert (report.error_code is None) == (report.status == "done")
        assert report.error_code is None or CODE.fullmatch(report.error_code), report
        with self.laptop.write() as conn:
            self.laptop.replica.digest(conn)
            for kind in (NODE, NOTE, CONFLICT):
                for record_id, rev, extra, values in self.laptop.replica.tables[kind.name].every(conn):
                    assert isinstance(record_id, bytes)
                    assert len(record_id) == 16
                    assert 0 <= rev < 1 << 31
                    assert extra is None or isinstance(json.loads(extra), dict)
                    assert all(map(is_storable, values.values()))
                    unit = values[UNIT]
                    assert isinstance(unit, bytes)
                    assert len(unit) == 16
            assert len(store.state(conn, "cursor") or b"") > 0
        return report

    def refuses(self, say: Callable[[bytes], bytes]) -> None:
        """Check that a lie is refused as damaged and nothing of it stored."""
        report = self.hear(say)
        assert (report.status, report.error_code) == ("failed", "message.damaged"), report
        self.unchanged()

    def unchanged(self) -> None:
        after = self.content()
        for table in (0, 1, 2, 5):
            assert after[table] == self._before[table]

    def recovers(self) -> None:
        assert self.laptop.sync(Direct(self.server)).status == "done"
        check_sound(self.laptop, self.server)


@pytest.fixture(scope="module")
def made() -> Iterator[Victim]:
    folder = Path(tempfile.mkdtemp(prefix="yum-faults-", dir=MEMORY if MEMORY.is_dir() else None))
    victim = Victim(folder)
    yield victim
    shutil.rmtree(folder)
    victim.laptop.close()
    victim.server.database.close()


@pytest.fixture
def victim(made: Victim) -> Victim:
    made.again()
    return made


def changes_of(request: bytes) -> list[Any]:
    return list(decode_request(request).changes)


def answered(request: bytes, how: Callable[[Answer], Answer] = lambda answer: answer) -> bytes:
    told = [Answer(change.change_id, "refused", code="test.no") for change in changes_of(request)]
    return encode(Answers([how(answer) for answer in told], 0))


def frame(**parts: Any) -> bytes:
    return encode(Frame(**{"cursor": b"c", "complete": True, **parts}))


def rows(**parts: Any) -> Rows:
    good = {
        "kind": NOTE.name, "columns": [UNIT, "first"], "ids": b"".join(SEEN), "revs": [1, 1],
        "values": [[UNITS["chapter"]] * 2, ["a", "b"]],
    }  # fmt: skip
    return Rows(**{**good, **parts})


def patches(**parts: Any) -> Patches:
    good = {
        "kind": NOTE.name, "ids": b"".join(NOTES[9:11]), "revs": [2, 2], "columns": ["first"], "rows": [[0, 1]],
        "values": [["x", "y"]], "accounts": ["b", "b"], "at": [1, 1],
    }  # fmt: skip
    return Patches(**{**good, **parts})


def test_the_well_formed_parts_of_these_tests_are_taken(victim: Victim) -> None:
    whole = frame(rows=[rows()], patches=[patches()], gone=[Gone(NOTE.name, NOTES[11], "deleted")])
    report = victim.hear(lambda request: answered(request) + whole)
    assert (report.status, report.pulled) == ("done", 5)


LIES: dict[str, bytes] = {
    "ids cut": frame(rows=[rows(ids=SEEN[0] + SEEN[1][:8])]),
    "an id too many": frame(rows=[rows(ids=b"".join(SEEN) + bytes(16))]),
    "a revision too few": frame(rows=[rows(revs=[1])]),
    "revision of none": frame(rows=[rows(revs=[1, 0])]),
    "revision below": frame(rows=[rows(revs=[1, -1])]),
    "revision too large": frame(rows=[rows(revs=[1, 1 << 31])]),
    "a column too many": frame(rows=[rows(columns=[UNIT, "first", "second"])]),
    "a column twice": frame(rows=[rows(columns=["first", "first"])]),
    "a short column": frame(rows=[rows(values=[[UNITS["chapter"]] * 2, ["a"]])]),
    "a long column": frame(rows=[rows(values=[[UNITS["chapter"]] * 2, ["a", "b", "c"]])]),
    "a list for a value": frame(rows=[rows(values=[[UNITS["chapter"]] * 2, ["a", ()]])]),
    "a float": frame(rows=[rows(values=[[UNITS["chapter"]] * 2, ["a", 1.5]])]),
    "yes or no": frame(rows=[rows(values=[[UNITS["chapter"]] * 2, ["a", True]])]),
    "65 bits": frame(rows=[rows(values=[[UNITS["chapter"]] * 2, [1, (1 << 64) - 1]])]),
    "character zero": frame(rows=[rows(values=[[UNITS["chapter"]] * 2, ["a", "\0b"]])]),
    "no unit": frame(rows=[rows(columns=["first"], values=[["a", "b"]])]),
    "a unit that is text": frame(rows=[rows(values=[["x", "y"], ["a", "b"]])]),
    "a short unit": frame(rows=[rows(values=[[b"x", b"y"], ["a", "b"]])]),
    "extra that is no object": frame(rows=[rows(extra={0: "[1]"})]),
    "extra that is no JSON": frame(rows=[rows(extra={0: "{"})]),
    "extra too deep": frame(rows=[rows(extra={0: '{"a":' * 100_000})]),
    "extra of no row": frame(rows=[rows(extra={2: "{}"})]),
    "a tree of text": frame(rows=[rows(kind=NODE.name, columns=[UNIT, "parent"], values=[SEEN, ["x", "y"]])]),
    "another unit's record": frame(rows=[rows(kind=NODE.name, columns=[UNIT], values=[[SEEN[1], SEEN[0]]])]),
    "a row below": frame(patches=[patches(rows=[[0, -1]])]),
    "a row above": frame(patches=[patches(rows=[[0, 2]])]),
    "rows without values": frame(patches=[patches(values=[["x"]])]),
    "columns without rows": frame(patches=[patches(rows=[])]),
    "accounts missing": frame(patches=[patches(accounts=[])]),
    "times missing": frame(patches=[patches(at=[1])]),
    "a time too large": frame(patches=[patches(at=[1, (1 << 64) - 1])]),
    "a list in a patch": frame(patches=[patches(values=[["x", {}]])]),
    "a unit that is none": frame(patches=[patches(columns=[UNIT], values=[["x", None]])]),
    "gone ids cut": frame(gone=[Gone(NOTE.name, NOTES[0][:9], "deleted")]),
    "gone units cut": frame(gone_units=UNITS["chapter"][:15]),
    "no cursor": frame(cursor=b"", complete=False),
    "less than no rows": frame(rows_total=-1),
    "half a frame": frame(rows=[rows()], patches=[patches(columns=[UNIT], values=[["x", "y"]])]),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_frame_that_does_not_fit_together_is_refused_whole(victim: Victim, lie: str) -> None:
    report = victim.hear(lambda request: answered(request) + LIES[lie])
    assert report.error_code == "message.damaged", report
    assert report.pulled == 0
    victim.unchanged()


ANSWERS: dict[str, Callable[[Answer], Answer]] = {
    "status": lambda answer: Answer(answer.change_id, "perhaps"),
    "id": lambda answer: Answer(b"x", "applied"),
    "another id": lambda answer: Answer(bytes(16), "applied"),
    "revision": lambda answer: Answer(answer.change_id, "applied", rev=-1),
    "revision too large": lambda answer: Answer(answer.change_id, "applied", rev=1 << 40),
    "list": lambda answer: Answer(answer.change_id, "merged", rev=2, fix={"first": []}),
    "number": lambda answer: Answer(answer.change_id, "merged", rev=2, fix={"first": (1 << 64) - 1}),
    "unit": lambda answer: Answer(answer.change_id, "merged", rev=2, fix={UNIT: "x"}),
    "link": lambda answer: Answer(answer.change_id, "refused", code="a.b", link=b"x"),
}


@pytest.mark.parametrize("lie", ANSWERS)
def test_answers_that_mean_nothing_are_refused(victim: Victim, lie: str) -> None:
    victim.refuses(lambda request: answered(request, ANSWERS[lie]) + frame())
    victim.recovers()


OUT_OF_TURN: dict[str, Callable[[bytes], bytes]] = {
    "no answers": lambda _: frame(),
    "answers to nothing": lambda _: encode(Answers([], 0)) + frame(),
    "an answer too few": lambda request: encode(
        Answers([Answer(change.change_id, "applied") for change in changes_of(request)[1:]], 0)
    ),
    "the frame first": lambda request: frame(rows=[rows()]) + answered(request),
}


@pytest.mark.parametrize("lie", OUT_OF_TURN)
def test_parts_out_of_turn_are_refused(victim: Victim, lie: str) -> None:
    victim.refuses(OUT_OF_TURN[lie])
    victim.recovers()


def test_answers_twice_are_refused(victim: Victim) -> None:
    report = victim.hear(lambda request: answered(request) * 2)
    assert report.error_code == "message.damaged"


def test_an_answer_cut_or_changed_at_any_byte_stores_whole_frames_or_nothing(victim: Victim) -> None:
    """After any cut the device goes on with an honest server; after any change it at least reads what it stored."""
    parts: list[bytes] = []
    victim.laptop.sync(_Recorded(victim.server, parts))
    answer = b"".join(parts)
    for size in range(0, len(answer), 23):
        victim.again()
        before = victim.content()
        report = victim.hear(lambda _: answer[:size])  # noqa: B023  # called at once
        assert report.status != "done"
        if not report.moved:
            assert victim.content()[:3] == before[:3]
    for place, byte in itertools.product(range(0, len(answer), 19), (0x00, 0x93, 0xFF)):
        victim.again()
        victim.hear(lambda _: answer[:place] + bytes((byte,)) + answer[place + 1 :])  # noqa: B023  # likewise


class _Recorded(Direct):
    def __init__(self, server: SyncServer, parts: list[bytes]) -> None:
        super().__init__(server)
        self._parts = parts

    @override
    def exchange(self, request: bytes) -> Iterator[bytes]:
        for part in super().exchange(request):
            self._parts.append(part)
            yield part


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
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


def test_a_wrong_type_in_any_position_of_a_frame_is_borne(victim: Victim) -> None:
    whole = frame(rows=[rows(extra={0: "{}"})], patches=[patches()], gone=[Gone(NOTE.name, NOTES[11], "deleted")])
    (body,) = decode_parts([whole])
    tree = msgspec.msgpack.decode(msgspec.msgpack.encode(body), strict=False)
    every = list(paths(tree))
    assert len(every) > 40
    for number, (path, wrong) in enumerate(itertools.product(every, WRONG)):
        if number % 3:
            continue
        lie = packed(msgspec.msgpack.encode(replaced(tree, path, wrong)))
        if victim.hear(lambda request: answered(request) + lie).moved:  # noqa: B023  # called at once
            victim.again()


QUICK = settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(data=st.binary(max_size=300), packing=st.integers(0, 3))
def test_random_bytes_are_refused(victim: Victim, data: bytes, packing: int) -> None:
    for stream in (data, packed(data, packing), packed(zstandard.compress(data), 1)):
        report = victim.hear(lambda _: stream)  # noqa: B023  # called at once
        assert report.status == "failed"
    victim.unchanged()


@pytest.mark.parametrize(
    "bomb",
    [
        packed(zstandard.compress(b"\x90" * (1 << 26)), 1),
        packed(zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1 << 27)), 1),
        packed(zstandard.compress(bytes(1 << 27)), 1),
        packed(zstandard.compress(bytes(1 << 27)), 2),
        packed(zstandard.compress(b"\xc0"), 2) * 2,
        packed(b"\xdd\xff\xff\xff\xff"),
        b"\xff\xff\xff\xff" + bytes(100),
        packed(b"\xc0") * 1_000,
    ],
)
def test_s317_a_bomb_is_refused_in_bounded_time(victim: Victim, bomb: bytes) -> None:
    began = time.process_time()
    report = victim.hear(lambda _: bomb)
    assert report.error_code in {"message.damaged", "message.too_large"}
    assert time.process_time() - began < 5
    victim.unchanged()


# HTTP


class _Token:
    def __init__(self, token: str = "a") -> None:
        self._token = token

    def access(self) -> str:
        return self._token

    def renew(self) -> str:
        return self._token


def over_http(victim: Victim, answer: Callable[[httpx.Request], httpx.Response]) -> SyncReport:
    with httpx.Client(base_url="http://server", transport=httpx.MockTransport(answer)) as client:
        return victim.laptop.sync(HttpTransport(client, _Token()))


class _Endless(httpx.SyncByteStream):
    @override
    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield b" " * 65_536


JSON = {"content-type": "application/json"}
PAGES: dict[str, Callable[[], httpx.Response]] = {
    "nested": lambda: httpx.Response(400, headers=JSON, stream=httpx.ByteStream(b"[" * 60_000)),
    "endless": lambda: httpx.Response(400, headers=JSON, stream=_Endless()),
    "no gzip": lambda: httpx.Response(
        400, headers={**JSON, "content-encoding": "gzip"}, stream=httpx.ByteStream(b"no gzip")
    ),
    "bytes": lambda: httpx.Response(500, headers=JSON, stream=httpx.ByteStream(b"\xff\xfe{")),
    "odd code": lambda: httpx.Response(409, json={"code": {"a": []}, "text": None}),
    "no address": lambda: httpx.Response(308, headers={"location": "https://[", "content-type": "text/html"}),
    "an odd address": lambda: httpx.Response(301, headers={"location": "https://a:b:c/"}),
    "an odd wait": lambda: httpx.Response(503, headers={"retry-after": "9" * 400}),
    "an odd day": lambda: httpx.Response(503, headers={"retry-after": "Mon, 1 Jan 0000 99:99:99 +99999999999999"}),
    "no content": lambda: httpx.Response(204),
    "early": lambda: httpx.Response(299, headers={"content-type": CONTENT_TYPE}),
    "empty": lambda: httpx.Response(200, headers={"content-type": CONTENT_TYPE}, stream=httpx.ByteStream(b"")),
    "packed twice": lambda: httpx.Response(
        200, headers={"content-type": CONTENT_TYPE, "content-encoding": "gzip"}, stream=httpx.ByteStream(b"\x1f\x8b!!!")
    ),
}


@pytest.mark.parametrize("page", PAGES)
def test_any_page_is_a_report(victim: Victim, page: str) -> None:
    report = over_http(victim, lambda _: PAGES[page]())
    assert report.status == "failed"
    assert report.error_code
    victim.unchanged()


@QUICK
@given(text=st.text(max_size=40), date=st.text(max_size=40))
def test_any_wish_for_quiet_is_read(text: str, date: str) -> None:
    headers = [(b"retry-after", text.encode()), (b"date", date.encode())]
    assert 0 <= asked_wait_s(httpx.Response(503, headers=headers)) <= 3_600


@pytest.mark.parametrize("status", range(100, 600, 7))
def test_any_status_is_a_report(victim: Victim, status: int) -> None:
    report = over_http(victim, lambda _: httpx.Response(status, stream=httpx.ByteStream(b"")))
    assert report.status == "failed"
    assert report.error_code
