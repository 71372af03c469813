"""The central server's HTTP under calls that make no sense: a status below 500 and a code, on every route."""

import base64
import itertools
import json
import re
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from central_world import GOOD, Centre, create, edit, on_both_stores, served
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.protocol.messages import Answers, Problem, Request, decode_parts, encode
from yum_desktop.central.app import BODY_SIZE_BYTES_MAX
from yum_desktop.registry.clock import new_id
from yum_desktop.registry.kinds import KINDS

CODE = re.compile(r"[a-z]+(\.[a-z0-9_]+)+")
ROUTES = ("/health", "/auth/enrol", "/auth/refresh", "/auth/password", "/sync", "/bundle", "/", "/nowhere/%00/..%2f")
BODIES: dict[str, dict[str, object]] = {
    "/auth/enrol": {"account": "xa-nha", "password": GOOD, "device_name": "Máy", "device_id": None},
    "/auth/refresh": {"refresh_token": "x"},
    "/auth/password": {"account": "xa-nha", "password": "sai", "new_password": "sai"},
}
WRONG: tuple[Any, ...] = (
    None, True, -1, 1e308, "", "\0", "x" * 5_000, "é\u202e", "👩‍👩‍👧", "' OR 1=1 --", [], {},
    [[]], {"a": 1}, "\ufeff", 10**30,
)  # fmt: skip


def fine(answer: httpx.Response) -> httpx.Response:
    """Check that an answer is no accident."""
    assert answer.status_code < 500, (answer.request.url, answer.text)
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        assert CODE.fullmatch(answer.json()["code"]), answer.text
        assert "Traceback" not in answer.text
    return answer


@pytest.fixture
def client(centre: Centre) -> Iterator[httpx.Client]:
    centre.account("xa-nha")
    with served(centre) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield client


@pytest.fixture
def token(client: httpx.Client) -> str:
    body = {"account": "xa-nha", "password": GOOD, "device_name": "Máy"}
    return str(client.post("/auth/enrol", json=body).json()["access_token"])


def test_every_method_on_every_route_gets_a_status(client: httpx.Client, token: str) -> None:
    methods = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
    for method, route in itertools.product(methods, ROUTES):
        for headers in ({}, {"authorization": f"Bearer {token}"}):
            fine(client.request(method, route, headers=headers))


def test_a_wrong_value_in_any_field_gets_a_code(centre: Centre, client: httpx.Client) -> None:
    for (route, good), wrong in itertools.product(BODIES.items(), WRONG[::2]):
        for name in (*good, "more"):
            fine(client.post(route, content=json.dumps({**good, name: wrong})))
            centre.clock.pass_by(hours=1)  # guessing is slowed down
        fine(client.post(route, content=json.dumps(wrong)))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=120))
def test_random_bytes_on_every_route_get_a_code(client: httpx.Client, token: str, body: bytes) -> None:
    for route in ROUTES[1:6]:
        answer = fine(client.post(route, content=body, headers={"authorization": f"Bearer {token}"}))
        if route == "/sync":
            (part,) = decode_parts([answer.content])
            assert isinstance(part, Problem)


def test_forged_tokens_open_nothing(centre: Centre, client: httpx.Client, token: str) -> None:
    packet = encode(Request(1, 0))
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))

    def text(body: bytes) -> str:
        return base64.urlsafe_b64encode(body).rstrip(b"=").decode()

    forged = [text(raw[:place] + bytes((raw[place] ^ 1,)) + raw[place + 1 :]) for place in range(len(raw))]
    forged += [text(raw[:size]) for size in range(1, len(raw))]
    forged += [text(raw + b"x"), token[::-1], token * 100, token + "é"]
    for some in forged:
        header = b"Bearer " + some.encode()
        answer = client.post("/sync", content=packet, headers=[(b"authorization", header)])
        assert (answer.status_code, answer.json()["code"]) in {(401, "auth.expired"), (401, "auth.missing")}, some
    for header in (b"Bearer", b"", b"Basic eA==", b"Bearer \xff\xfe", token.encode()):
        answer = client.post("/sync", content=packet, headers=[(b"authorization", header)])
        assert answer.status_code == 401
        assert fine(client.post("/bundle", content=packet, headers=[(b"authorization", header)])).status_code == 401
    assert client.post("/sync", content=packet, headers={"authorization": f"bearer {token}"}).status_code == 200
    centre.clock.pass_by(hours=1)
    answer = client.post("/sync", content=packet, headers={"authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.expired")


def test_large_and_odd_headers_and_bodies(client: httpx.Client, token: str) -> None:
    ours = {"authorization": f"Bearer {token}"}
    for headers in (
        {"content-type": "text/plain; charset=\x7f"}, {"content-encoding": "gzip"}, {"accept-encoding": "zstd;q=-1"},
        {"range": "bytes=0-1"}, {"x-forwarded-for": "' OR 1=1"}, {"host": ""}, {"cookie": "a" * 8_000},
    ):  # fmt: skip
        fine(client.post("/sync", content=encode(Request(1, 0)), headers={**ours, **headers}))
    for route in BODIES:
        for size in (BODY_SIZE_BYTES_MAX, BODY_SIZE_BYTES_MAX + 1, 100 * BODY_SIZE_BYTES_MAX):
            fine(client.post(route, content=b'"' + b"x" * (size - 1)))
        fine(client.post(route, content=b"[" * BODY_SIZE_BYTES_MAX))
    fine(client.get("/" + "x" * 5_000))
    fine(client.get("/health?" + "a=b&" * 500))


@pytest.mark.parametrize(
    "raw",
    [
        b"POST /sync HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999\r\n\r\n",
        b"POST /sync HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"POST /auth/enrol HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n",
        b"POST /auth/enrol HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{}",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /" + b"a" * 200_000,
        b"GET / HTTP/1.1\r\nx: " + b"a" * 200_000,
        b"\r\n" * 100,
    ],
)
def test_what_is_hardly_http_is_turned_away_and_the_next_is_served(client: httpx.Client, raw: bytes) -> None:
    place = urlsplit(str(client.base_url))
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=2) as line:
        try:
            line.sendall(raw)
            line.shutdown(socket.SHUT_WR)
            answer = line.recv(4_096)
        except OSError:
            answer = b""
    assert not answer.startswith(b"HTTP/1.1 5"), answer
    assert client.get("/health").status_code == 200


@on_both_stores
def test_a_wrong_value_in_any_field_of_any_record_is_answered(centre: Centre, client: httpx.Client, token: str) -> None:
    """Promise 9, with the rules of the real kinds: a change that means nothing is refused by a code, alone."""
    unit = centre.units["thon"]
    wrongs: tuple[Any, ...] = (
        b"",
        b"\xff" * 16,
        "",
        "x" * 3_000,
        "é\u202e",
        -1,
        1 << 62,
        "[]",
        '{"a":1}',
        "2026-02-30",
    )
    headers = {"authorization": f"Bearer {token}"}
    codes: set[str] = set()
    for kind in KINDS:
        changes = []
        for name, wrong in itertools.product(kind.columns, wrongs):
            made = create(kind.name, {"unit_id": unit, "full_name": "Nông Thị Thử", name: wrong})
            changes += [made, edit("unit", unit, {name: wrong}, 1)]
        for start in range(0, len(changes), 300):
            part = changes[start : start + 300]
            good = create("member", {"unit_id": unit, "full_name": "Nông Thị Tốt"}, new_id().bytes)
            answer = fine(
                client.post("/sync", content=encode(Request(1, 0, None, [*part, good], pull=False)), headers=headers)
            )
            (told,) = decode_parts([answer.content])
            assert isinstance(told, Answers), told
            assert told.answers[-1].status == "applied", told.answers[-1]
            codes |= {one.code for one in told.answers}
    assert "change.broken" not in codes, codes
