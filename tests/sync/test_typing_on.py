"""What is typed on a device while its exchanges break off: each field stands on the version its person has seen."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_world import NOW_MS, Town, edit, new_id

from sync.client import store
from sync.protocol.errors import UnreachableError
from sync.protocol.kinds import CONFLICT
from sync.server.database import sqlite_url
from sync.testing.device import Device
from sync.testing.kinds import NOTE


class CutLine:
    """Carries packets to the server; the answer may break off after some of them."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.packets_max: int | None = None

    def exchange(self, request: bytes) -> Iterator[bytes]:
        packets = list(self.town.server.exchange(self.town.actor("commune0", "an", "an"), request))
        yield from packets[: self.packets_max]
        if self.packets_max is not None:
            raise UnreachableError("server.unreachable", "cut")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(sqlite_url(tmp_path / "server.db"))
    yield town
    town.close()


@pytest.fixture
def line(town: Town) -> CutLine:
    return CutLine(town)


@pytest.fixture
def device(town: Town, line: CutLine, tmp_path: Path) -> Iterator[Device]:
    units = (town.units["commune0"],)
    device = Device("an", units, tmp_path / "device.db", random.Random(1), new_id, lambda: NOW_MS, line)
    yield device
    device.restart()


def type_in(device: Device, note: bytes, **values: str) -> None:
    with device.write() as conn:
        device.replica.edit(conn, NOTE.name, note, {**values}, device.author)


def test_typing_again_after_the_frames_were_cut_off_is_no_conflict_with_oneself(
    town: Town, line: CutLine, device: Device
) -> None:
    """The answer says what became of the field; what others did to the rest of the record has not come yet."""
    note = town.noted(first="ash", second="ash", tags='["a","b"]')
    device.sync()
    town.push(edit(note, {"second": "elm"}), actor=town.actor(device="Máy 2"))
    type_in(device, note, first="fir", tags='["a","b","c"]')
    line.packets_max = 1
    device.sync()
    type_in(device, note, first="oak", tags='["a","c"]')
    line.packets_max = None
    device.sync()
    values = town.values(note)
    assert (values["first"], values["tags"], town.conflicts(note)) == ("oak", '["a","c"]', [])
    with device.write() as conn:
        assert store.ahead(conn, NOTE.name, note) == {}


def test_choosing_again_stands_on_the_conflict_as_it_is_now(town: Town, device: Device) -> None:
    other = town.actor("root", "binh", "Máy 2")
    note = town.noted(first="ash")
    device.sync()
    town.push(edit(note, {"first": "elm"}), actor=other)
    type_in(device, note, first="fir")
    device.sync()
    ((conflict, _),) = town.conflicts(note)

    def choose() -> None:
        with device.write() as conn:
            choice = {"status": "settled", "choice": '{"first":{"take":"mine"}}'}
            device.replica.edit(conn, CONFLICT.name, conflict, {**choice}, device.author)

    choose()
    town.push(edit(note, {"first": "oak"}, 2), actor=other)
    device.sync()
    assert [(line.code, town.values(note)["first"]) for line in device.refused()] == [("conflict.moved_on", "oak")]
    choose()
    device.sync()
    assert (device.refused(), town.values(note)["first"]) == ([], "fir")
