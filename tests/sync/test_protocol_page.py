"""The page from which a stranger writes another client: its example is what server and device really say."""

import hashlib
import json
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import msgspec
import pytest

import sync
from sync.core.squash import Op
from sync.protocol import messages
from sync.protocol.columns import pack, unpack
from sync.protocol.kinds import UNIT
from sync.protocol.messages import (
    PROTOCOL_VERSION,
    Answers,
    Change,
    Frame,
    Request,
    Verdict,
    decode_parts,
    decode_request,
    encode,
    split,
)
from sync.server.database import Database, sqlite_url
from sync.server.records import Actor, Stamp
from sync.server.rules import Effect, NoRules
from sync.server.server import SyncServer
from sync.testing.kinds import KINDS, NODE, NOTE, create_tables

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "sync-protocol.md").read_text(encoding="utf-8")
NOW_MS = 1_790_000_000_000


def block(name: str) -> str:
    """Return the content of the fenced block of a name."""
    (found,) = re.findall(rf"^```{name}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def packet(name: str) -> bytes:
    return bytes.fromhex(block(f"hex {name}"))


def diagnostic(value: object) -> str:
    """Return a value as the page writes it: JSON, with bytes as ``h'…'``."""
    if isinstance(value, bytes):
        return f"h'{value.hex()}'"
    if isinstance(value, list):
        return f"[{', '.join(map(diagnostic, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{diagnostic(key)}: {diagnostic(its)}" for key, its in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


class Example:
    """The server of the page's example: three units, three notes, one device that had everything."""

    def __init__(self, folder: Path) -> None:
        self._numbers = count(1)
        self.server = SyncServer(
            KINDS, Database(sqlite_url(folder / "page.db")), NoRules(), ids=self._new_id, clock_ms=lambda: NOW_MS
        )
        with self.server.database.write() as conn:
            create_tables(conn)
        self.server.create_tables()
        self.units = [self._new_id() for _ in range(3)]
        parents = [None, *self.units[:2]]
        self._commit(
            *(
                Effect(NODE.name, unit, Op.CREATE, {UNIT: unit, "parent": parent, "label": "x"})
                for unit, parent in zip(self.units, parents, strict=True)
            )
        )
        self.mine, self.theirs = (self._note(first="ash") for _ in range(2))
        self.actor = Actor("an", "Máy 1", (self.units[2],))
        *_, self.cursor = (
            part.cursor
            for part in decode_parts(self.server.exchange(self.actor, encode(Request(PROTOCOL_VERSION, NOW_MS))))
            if isinstance(part, Frame)
        )
        self._commit(Effect(NOTE.name, self.theirs, Op.EDIT, {"first": "elm"}))
        self.new = self._note(first="fir", count=7)

    def _new_id(self) -> bytes:
        return hashlib.blake2b(str(next(self._numbers)).encode(), digest_size=16).digest()

    def _note(self, **values: str | int) -> bytes:
        record_id = self._new_id()
        self._commit(Effect(NOTE.name, record_id, Op.CREATE, {UNIT: self.units[2], **values}))
        return record_id

    def _commit(self, *effects: Effect) -> None:
        self.server.commit(effects, Stamp(account="binh"))

    def request(self) -> Request:
        change = Change(
            hashlib.blake2b(b"change", digest_size=16).digest(), NOTE.name, self.mine, Op.EDIT, {"first": "oak"},
            base_rev=1, at=NOW_MS - 60_000, account="an", channel="form",
        )  # fmt: skip
        return Request(PROTOCOL_VERSION, NOW_MS, self.cursor, [change])


@pytest.fixture
def example(tmp_path: Path) -> Iterator[Example]:
    example = Example(tmp_path)
    yield example
    example.server.database.close()


def test_the_request_on_the_page_is_what_a_device_sends(example: Example) -> None:
    assert packet("request") == encode(example.request())
    assert decode_request(packet("request")) == example.request()


def test_the_answer_on_the_page_is_what_the_server_says(example: Example) -> None:
    answered = list(example.server.exchange(example.actor, packet("request")))
    assert answered[0] == packet("answers")
    assert list(split(answered)) == list(split([packet("answers"), packet("frame")]))  # zstd may pack anew in its way
    answers, frame = decode_parts([packet("answers"), packet("frame")])
    assert isinstance(answers, Answers)
    assert [(answer.status, answer.rev) for answer in answers.answers] == [("applied", 2)]
    assert isinstance(frame, Frame)
    assert frame.complete
    assert frame.rows[0].ids == example.new
    assert frame.patches[0].ids == example.theirs


@pytest.mark.parametrize("name", ["request", "answers", "frame"])
def test_what_the_page_says_stands_in_the_bytes_does(name: str) -> None:
    (body,) = split([packet(name)])
    assert "".join(block(f"text {name}").split()) == "".join(diagnostic(msgspec.msgpack.decode(body)).split())


def test_the_columns_on_the_page_are_packed_so() -> None:
    for line in block("json columns").splitlines():
        values, packed = map(json.loads, line.split(" => "))
        told = pack(values)
        assert json.loads(json.dumps(told, default=list)) == packed, line
        assert unpack(told, len(values)) == values


def test_the_page_names_every_field_in_its_order() -> None:
    """Arrays have no names on the wire: a field left out on the page would shift those after it."""
    for struct in (Request, Change, messages.Checks, messages.Answer, messages.Rows, messages.Patches, messages.Gone):
        listed = re.findall(r"^\| `(\w+)` \|", section(struct.__name__), re.MULTILINE)
        assert tuple(listed) == struct.__struct_fields__, struct.__name__
    for tagged in (Answers, Frame, messages.Problem):
        listed = re.findall(r"^\| `(\w+)` \|", section(tagged.__name__), re.MULTILINE)
        assert listed == ["t", *(field.encode_name for field in msgspec.structs.fields(tagged))], tagged.__name__
    assert ", ".join(f"{verdict.value} {verdict.name.lower()}" for verdict in Verdict) in section("Frame")


def section(name: str) -> str:
    (found,) = re.findall(rf"^### {name}\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def test_every_code_of_the_engine_stands_on_the_page() -> None:
    rooms = "auth|bundle|change|clock|conflict|cursor|field|handover|kind|link|message|op|record|request|scope|server"
    made = re.compile(rf'"((?:{rooms}|sync|unit|version)\.[a-z_]+)"')
    engine = Path(sync.__file__).parent
    codes = {
        code
        for room in ("protocol", "core", "client", "server")
        for path in (engine / room).glob("*.py")
        for code in made.findall(path.read_text(encoding="utf-8"))
    }
    assert len(codes) > 40
    assert {code for code in codes if f"`{code}`" not in PAGE} == set()
