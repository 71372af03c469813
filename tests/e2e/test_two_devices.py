"""Two devices and a real server over real HTTP: what they enter offline meets, and nobody is overwritten."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from sync.protocol.kinds import Values
from yum_desktop.registry import commands, queries, syncing
from yum_desktop.registry.clock import SystemClock
from yum_desktop.registry.commands import Take
from yum_desktop.registry.engine import Registry

PASSWORD = "khoai-lang-nuong-2026"
PATIENCE_S = 60


@dataclass
class Central:
    db: Path
    url: str
    commune: str
    neighbour: str


def run(db: Path, *words: str) -> str:
    command = [sys.executable, "-m", "yum_desktop.cli.yum_central", "--db", str(db), "--json", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Central]:
    folder = tmp_path_factory.mktemp("central")
    db, ready = folder / "central.db", folder / "ready"
    run(db, "init")
    seeded = json.loads(run(db, "seed", "--profile", "commune", "--members", "200", "--password", PASSWORD))
    names = [a["name"] for a in seeded["accounts"] if a["role"] != "viewer" and a["name"].startswith("xa-")]
    serve = [sys.executable, "-m", "yum_desktop.cli.yum_central", "--db", str(db), "serve", "--port", "0"]
    process = subprocess.Popen([*serve, "--ready-file", str(ready)], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + PATIENCE_S
    while not (ready.exists() and ready.read_text().strip()):
        assert process.poll() is None, "the server ended"
        assert time.monotonic() < deadline, "the server does not answer"
    yield Central(db, ready.read_text().strip(), names[0], names[1])
    process.terminate()
    process.wait()


def device(central: Central, folder: Path, name: str, account: str | None = None) -> Registry:
    registry = Registry.open(folder / f"{name}.db", bytes(32), clock=SystemClock())
    if not registry.identity.server:
        syncing.enrol(
            registry, server=central.url, account=account or central.commune, password=PASSWORD, device_name=name
        )
    return registry


def exchanged(registry: Registry) -> syncing.SyncReport:
    report = syncing.sync(registry)
    assert report.status == "done", (report.error_code, report.error_detail)
    return report


def test_two_devices_disagree_and_agree_again(central: Central, tmp_path: Path) -> None:
    a, b = device(central, tmp_path, "a"), device(central, tmp_path, "b")
    exchanged(a)
    exchanged(b)
    people = queries.member_rows(a, None)
    one, two = people[0].member_id, people[1].member_id
    unit = queries.unit_tree(a)[-1].unit_id
    commands.set_member(a, one, {"email": "a@example.vn"})
    commands.set_member(b, one, {"current_address": "Thôn Nà Lếch"})
    commands.set_member(a, two, {"phone": "0388417590"})
    commands.set_member(b, two, {"phone": "0388417599"})
    new = {"full_name": "Lò Văn Thử", "id_number": "008205001234"}
    commands.add_member(a, unit, new)
    refused_id = commands.add_member(b, unit, {**new, "full_name": "Lò Văn Thủ"})
    assert exchanged(a).pushed == {"applied": 3, "merged": 0, "conflict": 0, "refused": 0}
    assert exchanged(b).pushed == {"applied": 0, "merged": 1, "conflict": 1, "refused": 1}

    merged = queries.member(b, one).values
    assert (merged["email"], merged["current_address"]) == ("a@example.vn", "Thôn Nà Lếch")
    conflict = queries.conflicts(b)[0]
    assert [(f.field, f.mine, f.theirs) for f in conflict.fields] == [("phone", "0388417599", "0388417590")]
    refused = [row for row in queries.pending(b) if row.status == "refused"]
    assert [(row.code, row.field, row.record_id) for row in refused] == [
        ("identity.duplicate", "id_number", refused_id)
    ]

    commands.settle_conflict(b, conflict.conflict_id, {"phone": Take.MINE})
    commands.set_member(b, refused_id, {"id_number": "008205004321"})
    assert exchanged(b).pushed["refused"] == 0
    exchanged(a)
    assert queries.member(a, two).values["phone"] == "0388417599"
    scope = a.identity.unit_id
    assert scope is not None
    server = json.loads(run(central.db, "doctor", "--scope", scope.hex))["digest"]
    assert queries.digest(a) == queries.digest(b) == server
    a.close()
    b.close()


def test_an_admission_drafted_on_one_is_approved_on_the_other(central: Central, tmp_path: Path) -> None:
    a, b = device(central, tmp_path, "c"), device(central, tmp_path, "d")
    exchanged(a)
    exchanged(b)
    case_id = commands.draft_admission(
        a,
        queries.unit_tree(a)[-1].unit_id,
        {
            "full_name": "Mùa Thị Dở", "born_on": "2009-08-25", "sex": "NU", "id_number": "008309001235",
            "id_issued_on": "2024-09-10", "occupation": "HOC_SINH", "introducer": "Sùng A Chứ",
            "introducer_since": "2026-01-15", "meeting_on": "2026-11-12", "meeting_present": 24, "meeting_agreed": 23,
        },
    )  # fmt: skip
    for action in ("BOI_DUONG", "DUA_RA_HOI_NGHI", "GUI_CHUAN_Y"):
        commands.take_step(a, case_id, action)
    exchanged(a)
    exchanged(b)
    commands.take_step(b, case_id, "TRA_LAI", "Thiếu ngày cấp căn cước")
    exchanged(b)
    commands.take_step(a, case_id, "HUY")
    exchanged(a)
    assert queries.case(a, case_id).row.refused or queries.case(a, case_id).row.state == "TRA_LAI"
    a.close()
    b.close()


def test_a_neighbours_valid_token_reaches_nothing_of_ours(central: Central, tmp_path: Path) -> None:
    ours = device(central, tmp_path, "ours")
    exchanged(ours)
    row = queries.member_rows(ours, None)[0]
    theirs = device(central, tmp_path, "theirs", central.neighbour)
    exchanged(theirs)
    assert row.member_id not in {other.member_id for other in queries.member_rows(theirs, None)}
    with theirs.write() as conn:  # a device that lies: it claims to have the record
        author = theirs.author(channel="test")
        values: Values = {"unit_id": row.unit_id.bytes, "full_name": "Bị sửa trộm"}
        theirs.replica.create(conn, "member", row.member_id.bytes, values, author)
    report = exchanged(theirs)
    assert report.pushed["refused"] == 1
    exchanged(ours)
    assert queries.member(ours, row.member_id).values["full_name"] == row.full_name
    ours.close()
    theirs.close()


KILLED = """
import sys
from pathlib import Path
from yum_desktop.registry import commands, queries, syncing
from yum_desktop.registry.clock import SystemClock
from yum_desktop.registry.engine import Registry
registry = Registry.open(Path(sys.argv[1]), bytes(32), clock=SystemClock())
for number, row in enumerate(queries.member_rows(registry, None)[:40]):
    commands.set_member(registry, row.member_id, {"note": f"ghi chú {number}"})
print("ready", flush=True)
while True:
    syncing.sync(registry)
"""


def test_a_kill_during_a_sync_loses_nothing(central: Central, tmp_path: Path) -> None:
    first = device(central, tmp_path, "killed")
    exchanged(first)
    ids = [row.member_id for row in queries.member_rows(first, None)[:40]]
    first.close()
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "killed.db")], stdout=subprocess.PIPE, env=dict(os.environ)
    )
    assert process.stdout is not None
    with process:
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    again = device(central, tmp_path, "killed")
    assert notes(again, ids) == [f"ghi chú {number}" for number in range(40)]
    exchanged(again)
    assert notes(again, ids) == [f"ghi chú {number}" for number in range(40)]
    assert queries.sync_state(again).pending == 0
    again.close()


def notes(registry: Registry, ids: list[UUID]) -> list[object]:
    return [queries.member(registry, member_id).values["note"] for member_id in ids]
