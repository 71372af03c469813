"""What is typed on a device while its exchanges break off: each field stands on the version its person has seen."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_world import NOW_MS, Town, edit, new_id

from sync.client import store
from sync.core.squash import Op
from sync.protocol.errors import UnreachableError
from sync.protocol.kinds import CONFLICT, UNIT, Values
from sync.server.database import sqlite_url
from sync.server.records import Stamp
from sync.server.rules import Effect
from sync.testing.device import Device
from sync.testing.ground import NoBadWords
from sync.testing.kinds import NODE, NOTE


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
    town = Town(sqlite_url(tmp_path / "server.db"), NoBadWords())
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


def test_an_edit_taken_back_leaves_nothing_of_what_the_server_said_about_it(town: Town, device: Device) -> None:
    """A refused change keeps what the server has sent since for its own fields only."""
    other = town.actor(device="Máy 2")
    note = town.noted(first="ash", mark="ash")
    device.sync()
    type_in(device, note, second="BAD", mark="fir")
    town.push(edit(note, {"mark": "elm"}), actor=other)
    device.sync()
    (line,) = device.refused()
    assert set(line.line.patch) == {"second", "mark"}
    type_in(device, note, mark="ash")
    town.push(edit(note, {"mark": "oak"}, 2), actor=other)
    device.sync()
    assert device.digest() == town.server.digest(device.roots)[0]


def copied(device: Device, town: Town, path: Path) -> Device:
    device.restart()
    path.write_bytes(device.path.read_bytes())
    return Device(device.name, device.roots, path, random.Random(2), new_id, lambda: NOW_MS, CutLine(town))


def test_a_copy_that_made_less_of_a_record_gets_the_rest(town: Town, device: Device, tmp_path: Path) -> None:
    """Both copies send the record that was made before they were two, under one id; one of them has typed on."""
    device.sync()
    note = new_id()
    with device.write() as conn:
        device.replica.create(conn, NOTE.name, note, {UNIT: device.roots[0], "first": "ash"}, device.author)
    twin = copied(device, town, tmp_path / "twin.db")
    type_in(device, note, mark="elm")
    device.sync()
    twin.sync()
    for each in (device, twin):
        assert each.digest() == town.server.digest(device.roots)[0]
        each.restart()


def test_a_copy_whose_record_was_refused_agrees_once_the_other_has_corrected_it(
    town: Town, device: Device, tmp_path: Path
) -> None:
    device.sync()
    note = new_id()
    with device.write() as conn:
        device.replica.create(conn, NOTE.name, note, {UNIT: device.roots[0], "first": "BAD"}, device.author)
    twin = copied(device, town, tmp_path / "twin.db")
    device.sync()
    type_in(device, note, first="elm")
    device.sync()
    twin.sync()
    assert twin.digest() == town.server.digest(device.roots)[0]
    (line,) = twin.refused()
    assert (line.line.op, line.line.patch) == (Op.EDIT, {"first": "BAD"})
    twin.restart()


@pytest.mark.parametrize("packets_max", [0, 1])
def test_a_unit_that_left_before_its_maker_knew_it_was_made_goes(
    town: Town, line: CutLine, device: Device, packets_max: int
) -> None:
    """Whether the answer had come or not, and also where the maker's own unit has gone to another province since."""
    device.sync()
    unit, note = new_id(), new_id()
    with device.write() as conn:
        values: Values = {UNIT: unit, "parent": device.roots[0], "label": "x"}
        device.replica.create(conn, NODE.name, unit, values, device.author)
        device.replica.create(conn, NOTE.name, note, {UNIT: unit, "first": "ash"}, device.author)
    line.packets_max = packets_max
    device.sync()
    line.packets_max = None
    for each, parent in ((unit, "commune1"), (device.roots[0], "province1")):
        town.server.commit([Effect(NODE.name, each, Op.EDIT, {"parent": town.units[parent]})], Stamp())
    assert device.sync().status == "done"
    assert device.digest() == town.server.digest(device.roots)[0]
    with device.write() as conn:
        assert device.replica.tables[NOTE.name].get(conn, note) is None


def test_a_unit_made_where_ones_own_unit_has_gone_meanwhile_goes_too(town: Town, line: CutLine, device: Device) -> None:
    """The device does not know of the other province yet, in whose part of the feed its unit was made."""
    device.sync()
    town.server.commit([Effect(NODE.name, device.roots[0], Op.EDIT, {"parent": town.units["province1"]})], Stamp())
    unit = new_id()
    with device.write() as conn:
        values: Values = {UNIT: unit, "parent": device.roots[0], "label": "x"}
        device.replica.create(conn, NODE.name, unit, values, device.author)
    line.packets_max = 1
    device.sync()
    line.packets_max = None
    town.server.commit([Effect(NODE.name, unit, Op.EDIT, {"parent": town.units["province0"]})], Stamp())
    assert device.sync().status == "done"
    assert device.digest() == town.server.digest(device.roots)[0]
