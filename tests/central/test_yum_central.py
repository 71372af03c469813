"""`yum-central` as an operator uses it: in this process, and once as a program of its own on a free port."""

import io
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from central_world import CHEAP, GOOD

from sync.protocol.messages import Answers, Change, Frame, Request, decode_parts, encode, ids_of
from sync.server.records import Actor, Stamp
from yum_desktop.central.opened import opened
from yum_desktop.cli.yum_central import main
from yum_desktop.registry.clock import new_id

MEMBERS = 40


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("centre") / "central.db"
    assert main(["seed", "--db", str(place), "--members", str(MEMBERS), "--password", GOOD]) == 0
    return place


class Command:
    """Runs the program and keeps what it said."""

    def __init__(self, capsys: pytest.CaptureFixture[str], place: Path) -> None:
        self._capsys = capsys
        self._place = place

    def __call__(self, *argv: str) -> int:
        self._capsys.readouterr()
        code = main([*argv, "--db", str(self._place), "--json"])
        self.out, self.err = self._capsys.readouterr()
        return code

    def json(self, *argv: str) -> dict[str, object]:
        assert self(*argv) == 0, self.err
        told = json.loads(self.out)
        assert isinstance(told, dict)
        return told


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    return Command(capsys, tmp_path / "central.db")


@pytest.fixture
def on_seed(capsys: pytest.CaptureFixture[str], seeded: Path) -> Command:
    return Command(capsys, seeded)


def test_init_makes_a_private_file_and_doing_it_twice_changes_nothing(command: Command, tmp_path: Path) -> None:
    assert command("init") == command("init") == 0
    assert (tmp_path / "central.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("argv", [("doctor",), ("account", "list"), ("serve",), ("device", "list")])
def test_nothing_but_init_and_seed_makes_a_file(command: Command, tmp_path: Path, argv: tuple[str, ...]) -> None:
    assert command(*argv) == 1
    assert command.err.startswith("store.missing: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "argv", [(), ("fly",), ("account",), ("account", "add", "xa-02269"), ("device", "revoke", "x")]
)
def test_wrong_usage_ends_with_two(argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 2
    assert capsys.readouterr().err


def test_another_kind_of_database_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--db", "mysql://nowhere/x", "doctor"]) == 1
    assert capsys.readouterr().err.startswith("store.url: ")


def test_the_seed_makes_units_members_codes_and_accounts_whose_passwords_are_shown_once(command: Command) -> None:
    told = command.json("seed", "--members", str(MEMBERS), "--seed", "7")
    accounts = told["accounts"]
    assert isinstance(accounts, list)
    assert [account["name"] for account in accounts] == [
        "tinh-08", "xa-02269", "xa-02269-xem", "chi-doan-02269-01", "xa-02266",
    ]  # fmt: skip
    assert len({account["password"] for account in accounts}) == len(accounts)
    assert {account["must_change"] for account in accounts} == {1}
    assert "password" not in json.dumps(command.json("account", "list"))
    doctor = command.json("doctor")
    assert isinstance(doctor["rows"], dict)
    assert doctor["rows"]["member"] == MEMBERS + 150
    assert doctor["rows"]["code_item"] > 100


def test_a_seed_into_a_database_with_units_is_refused(on_seed: Command) -> None:
    before = on_seed.json("doctor")
    assert on_seed("seed") == 1
    assert on_seed.err.startswith("seed.not_empty: ")
    assert on_seed.json("doctor") == before


def test_a_seed_with_a_trivial_password_writes_nothing(command: Command) -> None:
    assert command("seed", "--password", "12345678") == 1
    assert command.err.startswith("account.default_password: ")
    assert command.json("account", "list") == {"accounts": []}


def test_doctor_shows_the_scope_of_a_unit_by_code_or_id(on_seed: Command) -> None:
    home = on_seed.json("doctor", "--scope", "02269")
    assert home["unit"] == "Đoàn xã Thượng Lâm"
    assert isinstance(home["rows"], dict)
    assert home["rows"]["member"] == MEMBERS
    assert on_seed.json("doctor", "--scope", str(home["unit_id"])) == home
    assert on_seed.json("doctor", "--scope", "02266")["digest"] != home["digest"]
    assert on_seed("doctor", "--scope", "99999") == 1
    assert on_seed.err.startswith("unit.unknown: ")


def test_an_account_is_added_given_another_password_and_disabled(command: Command) -> None:
    command.json("seed", "--members", str(MEMBERS), "--password", GOOD)
    added = command.json("account", "add", "Can-Bo-1", "--unit", "02269", "--role", "viewer")
    assert (added["name"], added["role"], added["must_change"]) == ("can-bo-1", "viewer", 1)
    changed = command.json("account", "passwd", "can-bo-1")
    assert changed["password"] not in {None, added["password"]}
    assert command.json("account", "disable", "can-bo-1")["active"] == 0
    assert command.json("account", "enable", "can-bo-1")["active"] == 1
    assert command("account", "disable", "khong-ai") == 1
    assert command.err.startswith("account.unknown: ")


def test_a_password_may_come_from_standard_input(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command.json("seed", "--members", str(MEMBERS), "--password", GOOD)
    monkeypatch.setattr(sys, "stdin", io.StringIO("ngắn\n"))
    assert command("account", "add", "can-bo-1", "--unit", "02269", "--password-stdin") == 1
    assert command.err.startswith("account.password_short: ")
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{GOOD}\n"))
    assert "password" not in command.json("account", "add", "can-bo-1", "--unit", "02269", "--password-stdin")


@pytest.mark.parametrize("password", ["12345678", "thanhnien2026", "xa-02269-x"])
def test_a_default_password_is_refused_when_it_is_set(on_seed: Command, password: str) -> None:
    assert on_seed("account", "passwd", "xa-02269", "--password", password) == 1
    assert on_seed.err.startswith(("account.default_password: ", "account.password_name: "))


def test_serving_outside_this_machine_needs_tls(on_seed: Command, tmp_path: Path) -> None:
    assert on_seed("serve", "--host", "0.0.0.0") == 1
    assert on_seed.err.startswith("serve.tls_needed: ")
    assert on_seed("serve", "--tls-cert", str(tmp_path / "a.pem")) == 1
    assert on_seed.err.startswith("serve.tls_pair: ")
    (tmp_path / "a.pem").write_text("không phải chứng thư", encoding="utf-8")
    both = ("--tls-cert", str(tmp_path / "a.pem"), "--tls-key", str(tmp_path / "a.pem"))
    assert on_seed("serve", "--port", "0", *both) == 1
    assert on_seed.err.startswith("serve.tls_bad: ")


def test_serving_is_refused_while_an_account_has_a_default_password(command: Command, tmp_path: Path) -> None:
    command.json("seed", "--members", str(MEMBERS), "--password", GOOD)
    with opened(str(tmp_path / "central.db")) as central, central.server.database.write() as conn:
        change = "UPDATE account SET password_hash = ? WHERE name = 'xa-02266'"  # as another tool might
        conn.exec_driver_sql(change, (CHEAP.hash("123456"),))
    assert command("serve", "--port", "0") == 1
    assert command.err.startswith("account.default_password: ")
    assert "xa-02266" in command.err
    assert command("doctor") == 1
    assert json.loads(command.out)["default_passwords"] == ["xa-02266"]


# ---- as a program


@pytest.fixture
def served(seeded: Path, tmp_path: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    ready = tmp_path / "ready"
    argv = [sys.executable, "-m", "yum_desktop.cli.yum_central", "serve", "--db", str(seeded), "--port", "0"]
    pipe = subprocess.PIPE
    program = subprocess.Popen([*argv, "--ready-file", str(ready), "--json"], stdout=pipe, stderr=pipe, text=True)
    assert program.stdout is not None
    line = program.stdout.readline()
    try:
        assert line, program.communicate()[1]
        url = json.loads(line)["url"]
        assert ready.read_text(encoding="utf-8") == f"{url}\n"
        yield url, program
    finally:
        program.kill()
        program.communicate()


def test_the_program_serves_a_device_and_stops_when_told(
    served: tuple[str, "subprocess.Popen[str]"], on_seed: Command
) -> None:
    url, program = served
    with httpx.Client(base_url=url) as client:
        body = {"account": "xa-02269", "password": GOOD, "device_name": "Máy văn phòng"}
        enrolled = client.post("/auth/enrol", json=body).json()
        headers = {"authorization": f"Bearer {enrolled['access_token']}"}
        answer = client.post("/sync", content=encode(Request(1, 0)), headers=headers)
        first, *rest = decode_parts([answer.content])
        assert isinstance(first, Answers)
        frames = [part for part in rest if isinstance(part, Frame)]
        assert frames[-1].complete
        members = [rows for frame in frames for rows in frame.rows if rows.kind == "member"]
        assert sum(len(ids_of(rows.ids)) for rows in members) == MEMBERS
        devices = on_seed.json("device", "list", "--account", "xa-02269")["devices"]
        assert isinstance(devices, list)
        assert [device["name"] for device in devices] == ["Máy văn phòng"]
        on_seed.json("device", "revoke", devices[0]["id"])
        assert client.post("/sync", content=encode(Request(1, 0)), headers=headers).json()["code"] == "auth.revoked"
    program.send_signal(signal.SIGTERM)
    out, err = program.communicate(timeout=60)
    assert (program.returncode, json.loads(out), err) == (0, {"status": "stopped"}, "")


def test_old_changes_are_counted_then_forgotten(on_seed: Command, seeded: Path) -> None:
    with opened(str(seeded), hasher=CHEAP) as central, central.server.transaction() as tx:
        unit_id = tx.conn.exec_driver_sql("SELECT id FROM unit WHERE parent_id IS NULL").scalar_one()
        record = tx.get("unit", unit_id)
        assert record is not None
        tx.update("unit", unit_id, record, {"short_name": "TW"}, Stamp())
    assert on_seed("compact", "--keep-days", "29") == 1
    assert on_seed.err.startswith("compact.keep_days: ")
    assert on_seed.json("compact")["lines"] == 0
    with opened(str(seeded), hasher=CHEAP) as central, central.server.database.write() as conn:
        conn.exec_driver_sql("UPDATE sync_log SET received_at = received_at - 401 * 86400000")
    said = {"keep_days": 400, "lines": 1, "removed": 0, "receipts": 0, "refusals": 0}
    assert on_seed.json("compact", "--preview") == {**said, "compacted": False}
    assert on_seed.json("compact") == {**said, "compacted": True}
    assert on_seed.json("compact")["lines"] == 0


def test_s149_s085_what_was_refused_is_listed_and_a_person_is_erased(on_seed: Command, seeded: Path) -> None:
    with opened(str(seeded), hasher=CHEAP) as central:
        with central.server.database.read() as conn:
            member_id, unit_id = conn.exec_driver_sql("SELECT id, unit_id FROM member ORDER BY id LIMIT 1").one()
        change = Change(new_id().bytes, "member", member_id, "edit", {"full_name": ""}, base_rev=1)
        (answer,) = central.server.push(Actor("xa-02269", "Máy 1", (unit_id,)), [change])
        assert answer.status == "refused"
    listed = on_seed.json("refusals")["refusals"]
    assert isinstance(listed, list)
    (row,) = listed
    assert (row["account"], row["kind"], row["record"], row["code"], row["field"]) == (
        "xa-02269", "member", str(UUID(bytes=member_id)), answer.code, "full_name",
    )  # fmt: skip
    assert on_seed.json("refusals", "--account", "tinh-08") == {"refusals": []}
    assert on_seed.json("erase", str(UUID(bytes=member_id))) == {"erased": str(UUID(bytes=member_id))}
    with opened(str(seeded), hasher=CHEAP) as central, central.server.database.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM member WHERE id = ?", (member_id,)).scalar() == 0
    assert on_seed("erase", str(UUID(int=5))) == 1
    assert on_seed.err.startswith("record.unknown: ")


def test_s310_a_wipe_is_ordered_for_a_device_that_is_there(command: Command, tmp_path: Path) -> None:
    command.json("seed", "--members", str(MEMBERS), "--password", GOOD)
    with opened(str(tmp_path / "central.db"), hasher=CHEAP) as central:
        enrolled = central.devices.enrol("xa-02269-xem", GOOD, device_name="Máy sẽ xóa")
    device_id = str(UUID(bytes=enrolled.device_id))
    assert command.json("device", "wipe", device_id) == {"id": device_id, "wipe": "ordered"}
    listed = command.json("device", "list", "--account", "xa-02269-xem")["devices"]
    assert isinstance(listed, list)
    assert [device["wipe"] for device in listed] == ["ordered"]
    assert command("device", "wipe", str(UUID(int=5))) == 1
    assert command.err.startswith("device.unknown: ")


def test_a_unit_is_moved_after_a_look_at_whom_it_touches(on_seed: Command) -> None:
    accounts = on_seed.json("account", "list")["accounts"]
    assert isinstance(accounts, list)
    chapter = next(account for account in accounts if account["name"].startswith("chi-doan-"))
    home = next(account["unit_id"] for account in accounts if account["name"].endswith("-xem"))
    other = next(a["unit_id"] for a in accounts if a["name"].startswith("xa-") and a["unit_id"] != home)
    seen = on_seed.json("unit", "move", chapter["unit_id"], "--under", other, "--preview")
    assert (seen["unit"], seen["moved"], seen["devices"]) == (chapter["unit"], 0, [])
    assert on_seed.json("unit", "move", chapter["unit_id"], "--under", other)["moved"] == 1
    assert on_seed("unit", "move", chapter["unit_id"], "--under", other) == 1
    assert on_seed.err.startswith("unit.there: ")
    assert on_seed.json("unit", "move", chapter["unit_id"], "--under", home)["moved"] == 1
