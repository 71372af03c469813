"""A device and a server over HTTP, on a line that stalls, breaks, and is not always ours (scenarios S194 to S225)."""

import json
import random
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from typing_extensions import override

from sync.client import store
from sync.client.engine import FRAME_ROWS, Engine, Progress, SyncReport
from sync.client.transport import CONTENT_TYPE, HttpTransport, asked_wait_s
from sync.core.squash import Op
from sync.protocol.kinds import UNIT, Values
from sync.protocol.messages import decode_request
from sync.server.records import Actor, Stamp
from sync.server.rules import Effect
from sync.testing.device import Device
from sync.testing.kinds import NOTE
from sync.testing.story import Story
from sync.testing.world import World

IDLE_S = 1.0
IDLE_LONG_S = 60.0
Answer = Callable[["_Handler", Iterator[bytes]], None]


@dataclass
class Line:
    """The way to the server: what happens to the next requests, then nothing unusual.

    Attributes:
        requests: The packets that arrived.
        tell: What is done to the coming answers, one each.
    """

    world: World
    url: str = ""
    requests: list[bytes] = field(default_factory=list)
    tell: list[Answer] = field(default_factory=list)

    def engine(self, device: Device, *, rows: int = 2_000, idle_s: float = IDLE_S) -> Engine:
        timeout = httpx.Timeout(idle_s, connect=5)
        client = httpx.Client(base_url=self.url, timeout=timeout)
        self.http = HttpTransport(client, _Token())
        return Engine(device.replica, device.write, self.http, frame_rows_max=rows)

    def sync(self, device: Device, *, rows: int = 2_000) -> SyncReport:
        return self.engine(device, rows=rows).sync()


class _Token:
    def access(self) -> str:
        return "a"

    def renew(self) -> str:
        return "a"


class _Handler(BaseHTTPRequestHandler):
    line: Line

    def do_POST(self) -> None:
        packet = self.rfile.read(int(self.headers["content-length"]))
        self.line.requests.append(packet)
        answer = self.line.tell.pop(0) if self.line.tell else whole
        device = self.line.world.device(self.headers["authorization"].removeprefix("Bearer "))
        answer(self, self.line.world.server.exchange(Actor(device.name, device.name, device.roots), packet))

    def start(self, status: int = 200, kind: str = CONTENT_TYPE, **headers: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        del format, args


def whole(handler: _Handler, packets: Iterator[bytes]) -> None:
    handler.start()
    for packet in packets:
        handler.wfile.write(packet)


def cut_after(size: int) -> Answer:
    def cut(handler: _Handler, packets: Iterator[bytes]) -> None:
        handler.start()
        handler.wfile.write(b"".join(packets)[:size])

    return cut


def stall_after(size: int) -> Answer:
    def stall(handler: _Handler, packets: Iterator[bytes]) -> None:
        handler.start()
        handler.wfile.write(b"".join(packets)[:size])
        handler.wfile.flush()
        time.sleep(2 * IDLE_S)

    return stall


def drip(handler: _Handler, packets: Iterator[bytes]) -> None:
    """Never silent for the idle limit, but longer in all."""
    handler.start()
    answer = b"".join(packets)
    step = max(1, len(answer) // 8)
    for begin in range(0, len(answer), step):
        handler.wfile.write(answer[begin : begin + step])
        handler.wfile.flush()
        time.sleep(IDLE_S / 4)


def page(status: int, body: str = "<html>", kind: str = "text/html", **headers: str) -> Answer:
    def show(handler: _Handler, packets: Iterator[bytes]) -> None:
        del packets
        handler.start(status, kind, **headers)
        handler.wfile.write(body.encode())

    return show


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    line = Line(World(Story(7), tmp_path))
    handler = type("Handler", (_Handler,), {"line": line})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    line.url = f"http://127.0.0.1:{server.server_port}"
    yield line
    server.shutdown()
    server.server_close()
    thread.join()


def fill(world: World, notes: int) -> None:
    unit = world.units["chapter0"]
    texts = random.Random(notes)
    world.server.commit(
        (Effect(NOTE.name, world.new_id(), Op.CREATE, {UNIT: unit, "first": texts.randbytes(30).hex()})
         for _ in range(notes)),
        Stamp(channel="seed"),
    )  # fmt: skip


def notes_of(device: Device) -> int:
    with device.write() as conn:
        return int(conn.exec_driver_sql("SELECT count(*) FROM note").scalar_one())


def write_note(device: Device, text: str) -> bytes:
    record_id = device.new_id()
    with device.write() as conn:
        values: Values = {UNIT: device.roots[0], "first": text}
        device.replica.create(conn, NOTE.name, record_id, values, device.author)
    return record_id


def agree(line: Line, device: Device) -> bool:
    return device.digest() == line.world.server.digest(device.roots)[0]


def test_s194_s220_no_answer_ends_the_run_in_bounded_time(line: Line) -> None:
    line.tell = [stall_after(0)]
    began = time.monotonic()
    report = line.sync(line.world.device("a"))
    assert (report.status, report.error_code) == ("failed", "server.unreachable")
    assert time.monotonic() - began < 3 * IDLE_S


def test_s195_s239_a_stall_half_way_ends_at_the_idle_limit_and_the_rest_comes_later(line: Line) -> None:
    fill(line.world, 300)
    device = line.world.device("a")
    line.tell = [stall_after(9_000), page(502)]
    report = line.sync(device, rows=50)
    assert report.status == "partial"
    assert 0 < notes_of(device) < 300
    assert line.sync(device, rows=50).status == "done"
    assert agree(line, device)


def test_s196_a_slow_line_that_moves_is_never_given_up(line: Line) -> None:
    fill(line.world, 100)
    line.tell = [drip]
    report = line.sync(line.world.device("a"))
    assert (report.status, report.round_trips) == ("done", 1)
    assert report.duration_ms >= 0


def test_s199_a_page_of_a_proxy_is_not_taken_for_the_server(line: Line) -> None:
    device = line.world.device("a")
    for status, code in ((502, "server.unreachable"), (404, "server.not_ours"), (400, "server.not_ours")):
        line.tell = [page(status)]
        assert line.sync(device).error_code == code
    line.tell = [page(200, "ok", "text/plain")]
    assert line.sync(device).error_code == "server.not_ours"
    assert line.sync(device).status == "done"


@pytest.mark.parametrize(
    "portal",
    [
        page(200, "<html>Wi-Fi miễn phí</html>"),
        page(302, location="http://login.example.vn/"),
        page(307, location="https://login.example.vn/"),
        page(511),
    ],
)
def test_s200_a_network_that_asks_for_a_sign_in_is_named_and_asked_once(line: Line, portal: Answer) -> None:
    device = line.world.device("a")
    write_note(device, "giữ lại")
    line.tell = [portal]
    report = line.sync(device)
    assert (report.error_code, report.round_trips, report.left) == ("link.captive", 1, 1)
    assert line.sync(device).pushed["applied"] == 1


def test_s202_a_wish_for_quiet_on_a_good_answer_is_heard(line: Line) -> None:
    def quiet(handler: _Handler, packets: Iterator[bytes]) -> None:
        handler.start(retry_after="120")
        handler.wfile.write(b"".join(packets))

    line.tell = [quiet]
    assert line.sync(line.world.device("a")).status == "done"
    assert line.http.wait_s == 120


def test_s203_maintenance_is_one_message_and_no_error_of_a_record(line: Line) -> None:
    device = line.world.device("a")
    write_note(device, "một")
    write_note(device, "hai")
    line.tell = [page(503, retry_after="60")]
    report = line.sync(device)
    assert (report.error_code, report.left, line.http.wait_s) == ("server.busy", 2, 60)
    assert device.refused() == []


def test_s204_an_answer_cut_anywhere_is_taken_up_where_it_was(line: Line) -> None:
    fill(line.world, 60)
    device = line.world.device("a")
    for _ in range(4):
        write_note(device, "giữa chừng")
    line.tell = [cut_after(size) for size in range(30, 6_000, 300)]
    while line.sync(device, rows=10).status != "done":
        assert line.tell, "the line is whole by now"
    assert notes_of(device) == 64
    assert agree(line, device)


def test_s205_a_request_too_large_is_halved_until_one_change_is_to_blame(line: Line) -> None:
    device = line.world.device("a")
    for number in range(6):
        write_note(device, "x" * (40 if number != 3 else 5_000))
    too_large = page(413, json.dumps({"code": "message.too_large"}), "application/json")

    def strict(handler: _Handler, packets: Iterator[bytes]) -> None:
        (whole if _size(line.requests[-1]) < 1_500 else too_large)(handler, packets)

    line.tell = [strict] * 40
    assert line.sync(device).status == "done"
    (refused,) = device.refused()
    assert refused.code == "change.too_large"
    assert len(str(refused.line.patch["first"])) == 5_000
    assert notes_of(device) == 6


def _size(packet: bytes) -> int:
    return sum(len(str(change.patch)) for change in decode_request(packet).changes)


def test_frames_shrink_until_the_line_carries_one_and_grow_again(line: Line) -> None:
    fill(line.world, 2_000)
    device = line.world.device("a")
    too_small = 3_500  # carries 50 notes, and not the 100 of a first frame
    line.tell = [cut_after(too_small) for _ in range(200)]
    while line.sync(device).status != "done":
        assert line.tell, "every run came further"
    assert notes_of(device) == 2_000
    assert agree(line, device)
    for _ in range(4):
        line.tell = []
        line.sync(device)
    with device.write() as conn:
        assert store.state(conn, FRAME_ROWS) == b"2000"


def test_s213_another_address_is_named_and_no_token_goes_there(line: Line) -> None:
    line.tell = [page(308, location="https://new.example.vn/sync")]
    report = line.sync(line.world.device("a"))
    assert (report.error_code, report.error_detail) == ("server.moved", "https://new.example.vn")


def test_s215_a_certificate_that_nobody_vouches_for_is_named(line: Line, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*make, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line.url = f"https://127.0.0.1:{listener.getsockname()[1]}"

        def greet() -> None:
            with suppress(OSError), context.wrap_socket(listener.accept()[0], server_side=True):
                pass

        greeter = threading.Thread(target=greet)
        greeter.start()
        report = line.sync(line.world.device("a"))
        greeter.join()
    assert (report.error_code, report.status) == ("server.certificate", "failed")


def test_s221_a_run_is_stopped_while_the_line_is_silent(line: Line) -> None:
    fill(line.world, 300)
    device = line.world.device("a")
    stop, speaks = threading.Event(), threading.Event()

    def fall_silent(handler: _Handler, packets: Iterator[bytes]) -> None:
        handler.start()
        handler.wfile.write(b"".join(packets)[:9_000])
        handler.wfile.flush()
        speaks.wait(IDLE_LONG_S)

    line.tell = [fall_silent]
    engine = line.engine(device, rows=50, idle_s=IDLE_LONG_S)
    report = engine.sync(progress=lambda _progress: stop.set(), cancelled=stop.is_set)
    assert not speaks.is_set()
    speaks.set()
    assert report.error_code == "sync.stopped"
    assert notes_of(device) > 0
    stop.clear()
    assert line.engine(device, rows=50).sync(cancelled=stop.is_set).status == "done"
    assert agree(line, device)


def test_s223_progress_never_goes_back_and_ends_at_all(line: Line) -> None:
    fill(line.world, 400)
    device = line.world.device("a")
    seen: list[Progress] = []
    line.tell = [cut_after(12_000), cut_after(12_000)]
    for _ in range(10):
        if line.engine(device, rows=50).sync(progress=seen.append).status == "done":
            break
    shares = [now.rows / now.rows_total for now in seen if now.rows_total]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) > 5


def test_retry_after_reads_seconds_and_days_by_the_servers_own_clock() -> None:
    def wait(**headers: str) -> float:
        return asked_wait_s(httpx.Response(503, headers={k.replace("_", "-"): v for k, v in headers.items()}))

    date = "Wed, 25 Nov 2026 10:00:00 GMT"
    assert wait() == 0
    assert wait(retry_after="90") == 90
    assert wait(retry_after="999999999") == 3_600
    assert wait(retry_after="-5") == 0
    assert wait(retry_after="soon", date=date) == 0
    assert wait(retry_after="Wed, 25 Nov 2026 10:02:00 GMT", date=date) == 120
    assert wait(retry_after="Wed, 25 Nov 2026 09:00:00 GMT", date=date) == 0
    assert wait(retry_after="Wed, 25 Nov 2026 10:02:00 GMT") == 0
