"""Seeds of a server that comes back from backups again and again: everybody agrees in the end, no record is missing."""

import random
import shutil
from pathlib import Path

import pytest
from field import Field, copied, held

from sync.client import anew, store
from sync.core.squash import Op
from sync.server import lineage
from sync.server.database import run
from sync.testing.device import Device
from sync.testing.kinds import NOTE

STEPS = 60
SEEDS = 25
DEVICES_MAX = 5


def settled(device: Device) -> None:
    """Exchange until nothing waits; offer what the server has lost as often as it went back."""
    code = None
    for _ in range(6):
        report = device.sync()
        code = report.error_code
        if code == "server.went_back":
            with device.write() as conn:
                anew.begin(device.replica, conn, device.author, device.roots)
        elif report.status == "done" and not device.waiting():
            return
    pytest.fail(f"{device.name}: {code}")


def on_server(field: Field) -> set[bytes]:
    """Return what cannot go with a file that is replaced by an older one."""
    with field.server.database.read() as conn:
        return {row[0] for row in run(conn, "SELECT id FROM note")}


def removed_on_server(field: Field) -> set[bytes]:
    """Return what was removed by a device that may not know it any more."""
    with field.server.database.read() as conn:
        return {row[0] for row in run(conn, "SELECT record_id FROM sync_log WHERE op = 'delete'")}


def removed_by_a_person(device: Device) -> set[bytes]:
    with device.write() as conn:
        rows = conn.exec_driver_sql("SELECT DISTINCT record_id FROM sync_history WHERE kind = 'note' AND field = '-'")
        return {row[0] for row in rows}


def waits_to_be_corrected(device: Device) -> set[bytes]:
    with device.write() as conn:
        return {line.record_id for line in store.lines_with(conn, store.REFUSED) if line.line.op is Op.CREATE}


def copy_or_bring_back(field: Field, devices: list[Device], device: Device, rng: random.Random) -> None:
    """Let a device's file be copied to a second laptop, be put aside, or come back as it was put aside."""
    aside = device.path.with_suffix(".aside")
    what = rng.random()
    if what < 0.3 and len(devices) < DEVICES_MAX:
        twin = field.device(f"{device.name}{len(devices)}", account=device.name[0], copy_of=device)
        twin.roots, twin.rng = device.roots, random.Random(rng.random())
        devices.append(twin)
    elif what < 0.6 or not aside.exists():
        copied(device, aside)
    else:
        device.restart()
        for part in device.path.parent.glob(f"{device.path.name}-*"):
            part.unlink()
        shutil.copy(aside, device.path)


def play(seed: int, folder: Path, *, copies: bool = False) -> None:
    """Play one world to its end; whatever is wrong then is an `AssertionError`.

    Its server comes back from backups, or the files of its devices are copied and come back.
    """
    rng = random.Random(seed)
    field = Field(folder)
    devices = [field.device("a"), field.device("b"), field.device("c", "province0")]
    for number, device in enumerate(devices):
        device.rng = random.Random(1_000 * seed + number)
    backups = [field.backup()]
    known: set[bytes] = set()
    for _ in range(STEPS):
        field.now_ms += 1_000
        what = rng.random()
        device = rng.choice(devices)
        if what < 0.6:
            device.act()
        elif what < 0.85:
            device.sync()
        elif copies:
            copy_or_bring_back(field, devices, device, rng)
        elif what < 0.93:
            backups.append(field.backup())
        else:
            field.restore(rng.choice(backups))
        known |= on_server(field) if copies else {record_id for device in devices for record_id in held(device)}
    for _ in range(3):
        for device in devices:
            settled(device)
    assert field.agrees(), seed
    gone = (
        removed_on_server(field)
        | set.union(*map(removed_by_a_person, devices))
        | set.union(*map(waits_to_be_corrected, devices))
    )
    lost = {record_id for record_id in known - gone if field.record(record_id, NOTE.name) is None}
    assert lost == set(), seed
    field.close()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_s281_s282_everybody_agrees_after_any_number_of_restores(seed: int, tmp_path: Path) -> None:
    play(seed, tmp_path)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_s164_s165_everybody_agrees_after_any_number_of_copies(seed: int, tmp_path: Path) -> None:
    play(seed, tmp_path, copies=True)


@pytest.mark.parametrize("broken", ["nothing is offered", "the print is not compared"])
def test_a_broken_rule_is_noticed(broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if broken == "nothing is offered":
        monkeypatch.setattr(anew, "_offer", lambda *_: False)
    else:
        monkeypatch.setattr(lineage.Lineage, "check", lambda *_: True)
    noticed = 0
    for seed in range(SEEDS):
        folder = tmp_path / str(seed)
        folder.mkdir()
        try:
            play(seed, folder)
        except (AssertionError, pytest.fail.Exception):
            noticed += 1
            break
    assert noticed
