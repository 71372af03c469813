"""Two processes of the program on one PostgreSQL: one device may talk to either, and no edit is lost between them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from central_world import GOOD, Centre, create, edit, on_both_stores

from sync.protocol.messages import Answer, Answers, Change, Request, decode_parts, encode
from sync.testing.postgres import Postgres
from yum_desktop.central.store import open_server
from yum_desktop.registry.clock import SystemClock, new_id

PROCESSES = 2
EDITS = 10
WAIT_S = 60


@contextmanager
def process(place: str, ready: Path) -> Iterator[httpx.Client]:
    """Serve a database by a process of its own; give a client for it."""
    argv = [sys.executable, "-m", "yum_desktop.cli.yum_central", "serve", "--db", place, "--port", "0", "--json"]
    pipe = subprocess.PIPE
    program = subprocess.Popen([*argv, "--ready-file", str(ready)], stdout=pipe, stderr=pipe, text=True)
    assert program.stdout is not None
    try:
        line = program.stdout.readline()
        assert line, program.communicate()[1]
        with httpx.Client(base_url=json.loads(line)["url"], timeout=WAIT_S) as client:
            yield client
    finally:
        program.kill()
        program.communicate()


class Device:
    """A device that sends each request to the process it likes."""

    def __init__(self, client: httpx.Client, name: str) -> None:
        answer = client.post("/auth/enrol", json={"account": "xa-nha", "password": GOOD, "device_name": name})
        assert answer.status_code == 200, answer.text
        self._headers = {"authorization": f"Bearer {answer.json()['access_token']}"}

    def push(self, client: httpx.Client, *changes: Change) -> list[Answer]:
        packet = encode(Request(1, 0, None, list(changes), pull=False))
        answer = client.post("/sync", content=packet, headers=self._headers)
        assert answer.status_code == 200, answer.text
        (part,) = decode_parts([answer.content])
        assert isinstance(part, Answers)
        return part.answers


def test_two_processes_on_one_database_serve_one_device_and_lose_no_edit(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.emptied("centre", but=["schema_version"])
    centre = Centre(tmp_path / "unused", url)
    centre.account("xa-nha")
    with ExitStack() as running:
        clients = [running.enter_context(process(url, tmp_path / f"ready{n}")) for n in range(PROCESSES)]
        devices = [Device(client, "Máy") for client in clients]
        member = create("member", {"unit_id": centre.units["thon"], "full_name": "Nông Thị Nhà"})
        answers = [devices[0].push(client, member) for client in clients]
        assert answers[0] == answers[1]
        assert answers[0][0].status == "applied"

        def work(who: int) -> list[Answer]:
            """Change a field of one's own and a shared one, again and again, each time by the other process."""
            own = ("phone", "email")[who]
            answers = []
            for n in range(EDITS):
                change = edit("member", member.record_id, {own: f"{who}{n}", "note": f"{who}-{n}"}, 1)
                answers += devices[who].push(clients[(who + n) % PROCESSES], change)
            return answers

        with ThreadPoolExecutor(PROCESSES) as pool:
            told = [done.result(WAIT_S) for done in [pool.submit(work, who) for who in range(PROCESSES)]]
    assert {answer.status for its in told for answer in its} <= {"applied", "merged", "conflict"}
    assert_every_edit_is_known(centre, member.record_id)
    centre.close()


def assert_every_edit_is_known(centre: Centre, member_id: bytes) -> None:
    """Promise 1: each value stands in the record, in its history, or in a conflict or its history."""
    with centre.server.database.read() as conn:
        sql = "SELECT fields FROM sync_log UNION ALL SELECT fields FROM conflict"
        texts = " ".join(row[0] for row in conn.exec_driver_sql(sql))
    lost = [f"{who}-{n}" for who in range(PROCESSES) for n in range(EDITS) if f"{who}-{n}" not in texts]
    assert lost == []
    record = centre.record("member", member_id)
    assert record is not None
    assert len(centre.records("conflict", "target_id", member_id)) <= PROCESSES


@on_both_stores
def test_a_device_known_to_one_server_is_known_to_the_other(centre: Centre) -> None:
    centre.account("xa-nha")
    token = centre.devices.enrol("xa-nha", GOOD, device_name="Máy").tokens.access
    other = Centre.__new__(Centre)
    other.place, other.url, other.clock = centre.place, centre.url, centre.clock
    other.open()
    assert other.devices.authenticate(token).account == "xa-nha"
    other.close()


def test_servers_that_start_at_once_on_an_empty_database_make_its_tables_once(postgres: Postgres) -> None:
    url = postgres.store()
    with ThreadPoolExecutor(4) as pool:
        starting = [pool.submit(open_server, url, clock=SystemClock(), ids=new_id) for _ in range(4)]
        servers = [done.result(WAIT_S) for done in starting]
    for server in servers:
        assert server.digest(())[1]["member"] == 0
        server.database.close()
