"""Servers that answer anything at all, and disks without room: the device says a code and keeps what it has."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from commune import HAMLET
from sqlalchemy import Connection, event
from typing_extensions import override

from yum_desktop.domain.errors import UnavailableError, YumError
from yum_desktop.registry import commands, queries, settings, syncing
from yum_desktop.registry.engine import Registry

JSON = {"content-type": "application/json"}
ODD: dict[str, Callable[[], httpx.Response]] = {
    "nested": lambda: httpx.Response(200, headers=JSON, content=b"[" * 100_000),
    "text": lambda: httpx.Response(200, headers=JSON, content=b"\xff"),
    "list": lambda: httpx.Response(200, json=[]),
    "nothing": lambda: httpx.Response(200, json={}),
    "no gzip": lambda: httpx.Response(200, headers={**JSON, "content-encoding": "gzip"}, stream=httpx.ByteStream(b"x")),
    "refused": lambda: httpx.Response(401, json={"code": ["a"], "text": {}}),
    "a token nobody can send": lambda: httpx.Response(200, json={"access_token": "é", "refresh_token": "b"}),
    "a token in two lines": lambda: httpx.Response(200, json={"access_token": "a\r\nb: c", "refresh_token": "b"}),
}


@pytest.fixture
def enrolled(r: Registry) -> Registry:
    with r.write() as conn:
        settings.put(conn, {settings.SERVER: "http://127.0.0.1", settings.ACCESS: "a", settings.REFRESH: "b"})
    r.reload_identity()
    return r


def _sync(r: Registry, answer: Callable[[httpx.Request], httpx.Response]) -> syncing.SyncReport:
    return syncing.sync(r, transport=httpx.MockTransport(answer))


@pytest.mark.parametrize("odd", ODD)
def test_any_answer_to_the_wish_for_a_new_token_is_a_report(enrolled: Registry, odd: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return ODD[odd]() if request.url.path == "/auth/refresh" else httpx.Response(401, stream=httpx.ByteStream(b""))

    report = _sync(enrolled, answer)
    assert report.status == "failed"
    assert report.error_code
    with enrolled.read() as conn:
        assert settings.get(conn, settings.ACCESS) == "a"


@pytest.mark.parametrize("odd", ODD)
def test_any_answer_to_an_enrolment_is_an_error_of_ours(r: Registry, odd: str) -> None:
    with pytest.raises(YumError):
        syncing.enrol(
            r, server="http://127.0.0.1", account="a", password="b", device_name="c",
            transport=httpx.MockTransport(lambda _: ODD[odd]()),
        )  # fmt: skip


def test_s232_a_full_disk_is_named_what_was_stored_stays_and_later_it_goes_on(r: Registry) -> None:
    member = commands.add_member(r, HAMLET, {"full_name": "Ma Văn Sáng"})
    room = 0

    @event.listens_for(r._engine, "begin")
    def limit(conn: Connection) -> None:
        conn.exec_driver_sql(f"PRAGMA max_page_count={1 + room}")

    def write_on() -> None:
        for number in range(100):
            commands.set_member(r, member, {"note": str(number % 10) * 3_900})

    with pytest.raises(UnavailableError) as caught:
        write_on()
    assert caught.value.code == "store.full"
    assert queries.member(r, member).values["full_name"] == "Ma Văn Sáng"
    room = 1 << 20
    commands.set_member(r, member, {"note": "có chỗ"})
    assert queries.member(r, member).values["note"] == "có chỗ"
    with r.read() as conn:
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"


def test_s240_what_a_person_was_told_is_stored_is_on_the_disk(r: Registry) -> None:
    """Without it a power cut may take the last edits back, also those that the server has taken by then."""
    with r.write() as conn:
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2


def test_s235_a_damaged_file_is_refused_by_name(r: Registry) -> None:
    for number in range(20):
        commands.add_member(r, HAMLET, {"full_name": f"Ma Văn {number}"})
    r.close()
    size = r.path.stat().st_size
    with r.path.open("r+b") as file:
        file.seek(4_096)
        file.write(bytes(size - 4_096))
    with pytest.raises(UnavailableError) as caught:
        syncing.sync(r)
    assert caught.value.code in {"store.damaged", "store.key_wrong", "store.io"}


class Endless(httpx.SyncByteStream):
    """A body that never ends, and how much of it was asked for."""

    def __init__(self) -> None:
        self.given = 0

    @override
    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.given += 1_000
            yield b" " * 1_000


def test_an_answer_to_the_wish_for_a_new_token_is_not_read_for_ever(enrolled: Registry) -> None:
    endless = Endless()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/refresh":
            assert request.headers["accept-encoding"] == "identity"
            return httpx.Response(200, headers={"content-type": "application/json"}, stream=endless)
        return httpx.Response(401, stream=httpx.ByteStream(b""))

    report = _sync(enrolled, answer)
    assert (report.status, report.error_code) == ("failed", "server.not_ours")
    assert endless.given < 100_000
