"""The way to the server: addresses, what its answers mean, tokens. The whole exchange is tested with the server."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from commune import COMMUNE, HAMLET, TickingClock, become, opened
from typing_extensions import override

from sync.client.engine import FRAME_ROWS_MAX
from sync.protocol.messages import decode_request
from yum_desktop.domain.errors import InputError, UnavailableError
from yum_desktop.registry import commands, queries, reachable, settings, syncing
from yum_desktop.registry.engine import Registry

Asked = dict[str, str]
Reply = tuple[int, object]

ENROLLED = {
    "account": "thuonglam",
    "role": "editor",
    "unit_id": str(COMMUNE),
    "device_id": str(UUID(int=77)),
    "device_name": "Máy tính (2)",
    "access_token": "a1",
    "refresh_token": "r1",
    "bundle_key": bytes(range(32)).hex(),
}


@contextmanager
def server(answer: Callable[[str, Asked], Reply]) -> Iterator[str]:
    """Serve HTTP on this machine; give its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            asked = json.loads(body) if "json" in self.headers.get("content-type", "") else {}
            told = {"token": self.headers.get("authorization", ""), "body": body.hex()}
            status, reply = answer(self.path, {**asked, **told})
            sent = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
            self.send_response(status)
            if status == 503:
                self.send_header("retry-after", "60")
            self.send_header("content-type", "text/html" if isinstance(reply, bytes) else "application/json")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}"
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Registry]:
    registry = opened(tmp_path / "yum.db")
    yield registry
    registry.close()


def enrol(r: Registry, address: str, account: str = "ThuongLam") -> None:
    syncing.enrol(r, server=address, account=account, password="mây trắng núi xanh", device_name="Máy tính")


def test_an_enrolled_device_knows_whose_it_is(fresh: Registry) -> None:
    seen: list[Asked] = []

    def answer(path: str, asked: Asked) -> Reply:
        assert path == "/auth/enrol"
        seen.append(asked)
        return 200, ENROLLED

    with server(answer) as address:
        enrol(fresh, f" {address}/ ")
        enrol(fresh, address)
    assert fresh.identity.account == "thuonglam"
    assert fresh.identity.unit_id == COMMUNE
    assert fresh.identity.device_name == "Máy tính (2)"
    assert "device_id" not in seen[0]
    assert seen[1]["device_id"] == ENROLLED["device_id"]
    state = queries.sync_state(fresh)
    assert (state.server, state.account, state.complete) == (address, "thuonglam", False)
    assert b"may trang" not in fresh.path.read_bytes()


@pytest.mark.parametrize(
    ("reply", "code", "field"),
    [
        ((401, {"code": "auth.wrong", "text": ""}), "auth.wrong", "password"),
        ((403, {"code": "auth.default_password", "text": ""}), "auth.default_password", "password"),
        ((429, {"code": "auth.throttled", "text": "Chờ 5 phút."}), "auth.throttled", None),
    ],
)
def test_s305_what_the_server_refuses_is_an_input_error(
    fresh: Registry, reply: Reply, code: str, field: str | None
) -> None:
    with server(lambda _path, _asked: reply) as address, pytest.raises(InputError) as caught:
        enrol(fresh, address)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert caught.value.text
    assert fresh.identity == settings.Identity()


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ((500, {"code": "server.defect"}), "server.defect"),
        ((502, b"<html>"), "server.unreachable"),
        ((404, b"<html>"), "server.not_ours"),
        ((200, b"<html>Welcome to the hotel"), "server.not_ours"),
        ((200, {"hello": 1}), "server.not_ours"),
        ((200, [1]), "server.not_ours"),
    ],
)
def test_what_is_no_server_of_ours_is_unavailable(fresh: Registry, reply: Reply, code: str) -> None:
    with server(lambda _path, _asked: reply) as address, pytest.raises(UnavailableError) as caught:
        enrol(fresh, address)
    assert caught.value.code == code


def test_s305_a_server_that_does_not_listen_is_unreachable(fresh: Registry) -> None:
    with server(lambda _path, _asked: (200, {})) as address:
        pass
    with pytest.raises(UnavailableError) as caught:
        enrol(fresh, address)
    assert caught.value.code == "server.unreachable"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("http://doan.example.vn", "server.not_safe"),
        ("http://10.0.0.8:8000", "server.not_safe"),
        ("ftp://doan.example.vn", "server.address"),
        ("https://", "server.address"),
        ("", "server.address"),
        ("https://doan.example.vn:x", "server.address"),
        ("https://[::1", "server.address"),
    ],
)
def test_passwords_do_not_go_where_they_can_be_read(fresh: Registry, address: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        enrol(fresh, address)
    assert (caught.value.code, caught.value.field) == (code, "server")


def test_s170_a_file_belongs_to_one_account(r: Registry) -> None:
    with pytest.raises(InputError) as caught:
        enrol(r, "https://doan.example.vn", account="nguoikhac")
    assert caught.value.code == "store.other_account"


def test_a_file_that_is_not_enrolled_does_not_sync(fresh: Registry) -> None:
    with pytest.raises(InputError) as caught:
        syncing.sync(fresh)
    assert caught.value.code == "sync.not_enrolled"


def pointed_at(r: Registry, address: str) -> None:
    become(r, own=COMMUNE)
    with r.write() as conn:
        known = {settings.SERVER: address, settings.ACCESS: "a1", settings.REFRESH: "r1"}
        settings.put(conn, known)
    r.reload_identity()


def test_s197_without_a_connection_nothing_is_lost_and_the_strip_says_why(r: Registry) -> None:
    with server(lambda _path, _asked: (200, {})) as address:
        pass
    pointed_at(r, address)
    commands.add_member(r, HAMLET, {"full_name": "Ma Văn Sáng"})
    report = syncing.sync(r)
    assert (report.status, report.error_code, report.left) == ("failed", "server.unreachable", 1)
    state = queries.sync_state(r)
    assert (state.pending, state.error_code, state.error_text) == (1, report.error_code, syncing.error_text(report))


def test_new_tokens_are_fetched_once_and_kept(r: Registry) -> None:
    tried: list[str] = []

    def answer(path: str, asked: Asked) -> Reply:
        if path == "/auth/refresh":
            assert asked["refresh_token"] == "r1"
            return 200, {"access_token": "a2", "refresh_token": "r2", "expires_in_s": 900}
        tried.append(asked["token"])
        return 401, {"code": "auth.expired", "text": ""}

    with server(answer) as address:
        pointed_at(r, address)
        report = syncing.sync(r)
    assert tried == ["Bearer a1", "Bearer a2"]
    assert (report.status, report.error_code) == ("failed", "auth.expired")
    with r.read() as conn:
        assert (settings.get(conn, settings.ACCESS), settings.get(conn, settings.REFRESH)) == ("a2", "r2")


def test_a_device_that_was_revoked_is_told(r: Registry) -> None:
    with server(lambda _path, _asked: (401, {"code": "auth.revoked", "text": ""})) as address:
        pointed_at(r, address)
        report = syncing.sync(r)
    assert report.error_code == "auth.revoked"
    assert "thu hồi" in (queries.sync_state(r).error_text or "")


def clock_of(r: Registry) -> TickingClock:
    assert isinstance(r.clock, TickingClock)
    return r.clock


def test_s202_a_server_that_asks_for_quiet_is_not_called_until_then(r: Registry) -> None:
    asked: list[str] = []

    def busy(path: str, _asked: Asked) -> Reply:
        asked.append(path)
        return 503, {}

    with server(busy) as address:
        pointed_at(r, address)
        assert syncing.sync(r).error_code == "server.busy"
        report = syncing.sync(r)
        assert (report.error_code, report.status) == ("server.wait", "failed")
        assert "giây" in (queries.sync_state(r).error_text or "")
        assert asked == ["/sync"], "a second run and the look for a connection leave it alone"
        assert reachable.is_reachable(r)
        clock_of(r).at += timedelta(minutes=2)
        assert syncing.sync(r).error_code == "server.busy"
    assert asked == ["/sync", "/sync"]


def test_a_clock_that_was_set_back_does_not_silence_the_device(r: Registry) -> None:
    with server(lambda _path, _asked: (503, {})) as address:
        pointed_at(r, address)
        syncing.sync(r)
        clock_of(r).at -= timedelta(days=400)
        assert syncing.sync(r).error_code == "server.busy"


def test_a_line_whose_answers_begin_late_is_asked_for_small_frames(fresh: Registry) -> None:
    late_s = [syncing.FAR_S * 1.2]
    rows: list[int] = []

    def answer(path: str, asked: Asked) -> Reply:
        time.sleep(late_s[0])
        if path == "/sync":
            rows.append(decode_request(bytes.fromhex(asked["body"])).frame_rows_max)
        return (200, ENROLLED) if path == "/auth/enrol" else (503, {})

    with server(answer) as address:
        enrol(fresh, address)
        late_s[0] = 0.0
        for _ in range(2):
            syncing.sync(fresh)
            clock_of(fresh).at += timedelta(minutes=2)
    assert rows == [syncing.FAR_ROWS, FRAME_ROWS_MAX]


class Proxy(BaseHTTPRequestHandler):
    """Passes requests on, as the proxy of an office does."""

    passed: list[str]

    def do_POST(self) -> None:
        self.passed.append(self.path)
        body = self.rfile.read(int(self.headers["content-length"]))
        answer = httpx.post(self.path, content=body, headers={"content-type": "application/json"}, trust_env=False)
        self.send_response(answer.status_code)
        self.send_header("content-type", answer.headers["content-type"])
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.parametrize("through", [True, False])
def test_s216_the_proxy_of_the_system_is_used_where_there_is_one(
    fresh: Registry, monkeypatch: pytest.MonkeyPatch, *, through: bool
) -> None:
    passed: list[str] = []
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), type("Passing", (Proxy,), {"passed": passed}))
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    if through:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.server_port}")
    try:
        with server(lambda _path, _asked: (200, ENROLLED)) as address:
            enrol(fresh, address)
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
    assert fresh.identity.account == "thuonglam"
    assert passed == ([f"{address}/auth/enrol"] if through else [])
