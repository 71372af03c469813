"""What a device does with work on records that have left its scope: nothing stays, nothing is lost, it agrees."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from small_world import NOW_MS, Town, delete, edit, new_id

from sync.core import values as packed
from sync.core.squash import Op
from sync.protocol.errors import UnreachableError
from sync.protocol.kinds import UNIT, Values
from sync.server.database import run, sqlite_url
from sync.server.records import Stamp
from sync.server.rules import Effect
from sync.testing.device import Device
from sync.testing.kinds import NODE, NOTE


class Line:
    """Carries packets to the server; something may happen on the way, and the answer may be lost."""

    def __init__(self, town: Town, unit: str = "province0") -> None:
        self.town = town
        self.unit = unit
        self.meanwhile: Callable[[], None] | None = None
        self.loses_answer = False
        self.requests: list[bytes] = []

    def exchange(self, request: bytes) -> Iterator[bytes]:
        self.requests.append(request)
        packets = list(self.town.server.exchange(self.town.actor(self.unit, "an", "an"), request))
        if self.loses_answer:
            self.loses_answer = False
            raise UnreachableError("server.unreachable", "answer lost")
        if self.meanwhile is not None:
            self.meanwhile()
            self.meanwhile = None
        yield from packets


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(sqlite_url(tmp_path / "server.db"))
    yield town
    town.close()


@pytest.fixture
def device(town: Town, tmp_path: Path) -> Iterator[Device]:
    device = Device(
        "an", (town.units["province0"],), tmp_path / "device.db", random.Random(1), new_id, lambda: NOW_MS, Line(town)
    )
    yield device
    device.restart()


def move(town: Town, under: str = "province1") -> None:
    parent = town.units[under]
    town.server.commit([Effect(NODE.name, town.units["commune1"], Op.EDIT, {"parent": parent})], Stamp(account="root"))


def line(device: Device) -> Line:
    assert isinstance(device.transport, Line)
    return device.transport


def typed(device: Device, note: bytes, **values: str) -> None:
    with device.write() as conn:
        device.replica.edit(conn, NOTE.name, note, {**values}, device.author)


def made(device: Device, unit: bytes, **values: str) -> bytes:
    record_id = device.new_id()
    full: Values = {UNIT: unit, **values}
    with device.write() as conn:
        device.replica.create(conn, NOTE.name, record_id, full, device.author)
    return record_id


def removed(device: Device, note: bytes) -> None:
    with device.write() as conn:
        device.replica.delete(conn, NOTE.name, note, device.author)


def handed(device: Device) -> list[tuple[str, Values, Values]]:
    with device.write() as conn:
        rows = conn.exec_driver_sql("SELECT op, patch, before FROM sync_handed ORDER BY handover_id").all()
    return [(op, packed.load(patch), packed.load(before)) for op, patch, before in rows]


def has(device: Device, note: bytes) -> bool:
    with device.write() as conn:
        return device.replica.tables[NOTE.name].get(conn, note) is not None


def agrees(device: Device) -> None:
    report = device.sync()
    assert (report.status, report.repaired, device.waiting(), device.refused()) == ("done", 0, 0, [])
    assert device.digest() == line(device).town.server.digest(device.roots)[0]


def test_s090_an_edit_leaves_the_outbox_with_its_record_and_is_remembered_as_typed(town: Town, device: Device) -> None:
    note = town.noted("commune1", first="ash", second="ash")
    device.sync()
    typed(device, note, first="elm")
    move(town)
    report = device.sync()
    assert (report.pushed["handed_over"], report.left, has(device, note)) == (1, 0, False)
    assert handed(device) == [("edit", {"first": "elm"}, {"first": "ash"})]
    agrees(device)


def test_s089_without_anything_pending_the_records_just_leave(town: Town, device: Device) -> None:
    note = town.noted("commune1")
    device.sync()
    move(town)
    agrees(device)
    assert (has(device, note), handed(device)) == (False, [])


def test_a_new_record_and_what_is_typed_while_it_travels_are_handed_over_together(town: Town, device: Device) -> None:
    device.sync()
    note = made(device, town.units["commune1"], first="new")
    move(town)
    line(device).meanwhile = lambda: typed(device, note, second="later")
    device.sync()
    agrees(device)
    ((op, patch, _),) = handed(device)
    assert (op, patch["first"], patch["second"]) == ("create", "new", "later")
    assert not has(device, note)


def test_a_removal_is_handed_over_also_when_the_record_left_while_it_was_typed(town: Town, device: Device) -> None:
    early, late = town.noted("commune1", first="ash"), town.noted("commune1", first="ash")
    device.sync()
    removed(device, early)
    move(town)
    line(device).meanwhile = lambda: removed(device, late)
    device.sync()
    assert device.waiting() == 1
    agrees(device)
    assert [op for op, _, _ in handed(device)] == ["delete", "delete"]


def test_s099_a_unit_that_is_back_before_the_answer_arrived_leaves_device_and_server_equal(
    town: Town, device: Device
) -> None:
    changed, gone = town.noted("commune1", first="ash"), town.noted("commune1", first="ash")
    device.sync()
    typed(device, changed, first="elm")
    removed(device, gone)
    new = made(device, town.units["commune1"], first="new")
    move(town)
    line(device).loses_answer = True
    assert device.sync().status == "failed"
    move(town, under="province0")
    device.sync()
    agrees(device)
    assert [op for op, _, _ in handed(device)] == ["edit", "delete", "create"]
    assert (has(device, changed), has(device, gone), has(device, new)) == (True, True, False)


def test_a_unit_that_left_was_edited_elsewhere_and_came_back_unseen_is_up_to_date(town: Town, device: Device) -> None:
    note = town.noted("commune1", first="ash")
    device.sync()
    move(town)
    town.push(edit(note, {"first": "elm"}), actor=town.actor("province1", "binh"))
    move(town, under="province0")
    device.sync()
    agrees(device)


def test_a_refused_change_that_is_sent_again_after_its_unit_left_is_handed_over(town: Town, device: Device) -> None:
    note = town.noted("commune1", first="ash")
    device.sync()
    town.push(edit(note, {"first": "oak"}), actor=town.actor("province0"))
    removed(device, note)
    device.sync()
    (refused,) = device.refused()
    move(town)
    device.sync()
    assert len(device.refused()) == 1
    with device.write() as conn:
        device.replica.retry(conn, refused.change_id)
    agrees(device)
    assert [op for op, _, _ in handed(device)] == ["delete"]


def test_a_refused_removal_of_what_has_left_can_be_given_up(town: Town, device: Device) -> None:
    note = town.noted("commune1", first="ash")
    device.sync()
    town.push(edit(note, {"first": "oak"}), actor=town.actor("province0"))
    removed(device, note)
    device.sync()
    (refused,) = device.refused()
    move(town)
    device.sync()
    with device.write() as conn:
        device.replica.discard(conn, refused.change_id)
    assert not has(device, note)
    agrees(device)


def test_s088_the_record_of_a_unit_above_is_up_to_date_after_it_went_to_another_province(
    town: Town, tmp_path: Path
) -> None:
    unit = town.units["commune1"]
    device = Device("an", (unit,), tmp_path / "d.db", random.Random(1), new_id, lambda: NOW_MS, Line(town, "commune1"))
    device.sync()
    for under in ("province1", "root"):
        parent = town.units[under]
        town.server.commit([Effect(NODE.name, town.units["province0"], Op.EDIT, {"parent": parent})], Stamp())
        agrees(device)
    device.restart()


def test_a_unit_above_that_was_removed_after_it_went_to_another_province_is_gone(town: Town, tmp_path: Path) -> None:
    unit, above = town.units["commune1"], town.units["province0"]
    device = Device("an", (unit,), tmp_path / "d.db", random.Random(1), new_id, lambda: NOW_MS, Line(town, "commune1"))
    device.sync()
    town.server.commit([Effect(NODE.name, unit, Op.DELETE)], Stamp())
    agrees(device)
    town.server.commit([Effect(NODE.name, above, Op.EDIT, {"parent": town.units["province1"]})], Stamp())
    town.server.commit([Effect(NODE.name, above, Op.DELETE)], Stamp())
    agrees(device)
    device.restart()


def test_a_unit_above_that_was_removed_after_it_came_inside_is_gone(town: Town, tmp_path: Path) -> None:
    unit, above = town.units["commune1"], town.units["province0"]
    carrier = Line(town, "commune1")
    device = Device("an", (unit,), tmp_path / "d.db", random.Random(1), new_id, lambda: NOW_MS, carrier)
    device.sync()
    carrier.unit, device.roots = "province1", (town.units["province1"],)
    town.server.commit([Effect(NODE.name, unit, Op.DELETE)], Stamp())
    town.server.commit([Effect(NODE.name, above, Op.EDIT, {"parent": town.units["province1"]})], Stamp())
    town.server.commit([Effect(NODE.name, above, Op.DELETE)], Stamp())
    agrees(device)
    device.restart()


def test_an_edit_that_moves_a_record_into_a_unit_that_leaves_keeps_the_record(town: Town, device: Device) -> None:
    note = town.noted("commune0", first="ash")
    device.sync()
    line(device).meanwhile = lambda: moved_to(device, note, town.units["commune1"])
    move(town)
    device.sync()
    assert has(device, note)
    device.sync()
    (refused,) = device.refused()
    assert (refused.code, refused.field) == ("scope.forbidden", UNIT)
    with device.write() as conn:
        device.replica.discard(conn, refused.change_id)
    agrees(device)
    assert has(device, note)


def test_an_edit_that_moves_a_record_out_of_a_unit_that_leaves_does_not_keep_it(town: Town, device: Device) -> None:
    note = town.noted("commune1", first="ash")
    device.sync()
    line(device).meanwhile = lambda: moved_to(device, note, town.units["commune0"])
    move(town)
    device.sync()
    assert not has(device, note)
    agrees(device)
    assert [patch for _, patch, _ in handed(device)] == [{UNIT: town.units["commune0"]}]


def moved_to(device: Device, note: bytes, unit: bytes) -> None:
    with device.write() as conn:
        device.replica.edit(conn, NOTE.name, note, {UNIT: unit}, device.author)


def test_a_record_that_came_out_of_a_unit_that_has_just_arrived_arrives_too(town: Town, device: Device) -> None:
    note = town.noted("commune2", first="ash")
    device.sync()
    parent = town.units["province0"]
    town.server.commit([Effect(NODE.name, town.units["commune2"], Op.EDIT, {"parent": parent})], Stamp())
    town.push(edit(note, {UNIT: town.units["commune0"]}), actor=town.actor("root"))
    agrees(device)
    assert has(device, note)


def test_a_new_record_that_is_removed_while_it_travels_leaves_nothing_behind(town: Town, device: Device) -> None:
    device.sync()
    note = made(device, town.units["commune1"], first="new")
    move(town)
    line(device).meanwhile = lambda: removed(device, note)
    device.sync()
    agrees(device)
    assert not has(device, note)
    with town.database.read() as conn:
        states = run(conn, "SELECT state FROM handover WHERE target_id = ?", (note,)).all()
    assert [row[0] for row in states] == ["withdrawn", "withdrawn"]


def test_what_was_removed_while_its_unit_was_elsewhere_is_not_there_when_it_comes_back(
    town: Town, device: Device
) -> None:
    note = town.noted("commune1", first="ash")
    device.sync()
    move(town)
    town.push(delete(note), actor=town.actor("province1", "binh"))
    new = made(device, town.units["commune1"], first="new")
    move(town, under="province0")
    agrees(device)
    assert (has(device, note), has(device, new)) == (False, True)
