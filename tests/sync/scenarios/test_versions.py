"""Programs of different age: what one does not know is not lost, and comes when it is known."""

import pytest
from field import Field, edit, held, line_of, pending, seen, synced, travelling, write
from small_world import NOW_MS, Town, new_id

from sync.client.bundles import Bundles
from sync.client.replica import Replica
from sync.core.squash import Op
from sync.protocol.kinds import UNIT, Kind, Kinds
from sync.protocol.messages import PROTOCOL_VERSION, Change, Problem, Request, decode_parts, encode
from sync.testing.device import Device
from sync.testing.kinds import KINDS, NODE, NOTE

OLD_NOTE = Kind(NOTE.name, NOTE.table, tuple(its for its in NOTE.fields if its.name not in {"second", "count"}))


def run_program(device: Device, kinds: Kinds) -> None:
    """Let a device have the kinds of another version of the program."""
    device.replica = Replica(kinds, ids=device.new_id, clock_ms=device.clock_ms)


def test_s265_a_program_of_another_protocol_is_told_and_goes_on_by_itself(field: Field) -> None:
    request = encode(Request(PROTOCOL_VERSION + 1, NOW_MS, changes=[]))
    a = field.device("a")
    (problem,) = decode_parts(field.server.exchange(field.actor(a, "a"), request))
    assert problem == Problem("version.unsupported", f"{PROTOCOL_VERSION + 1}, not {PROTOCOL_VERSION}")
    line_of(a).exchange_with = lambda _packet: field.server.exchange(field.actor(a, "a"), request)
    made = write(a, first="vẫn nhập được")
    report = a.sync()
    assert (report.status, report.error_code) == ("failed", "version.unsupported")
    assert (len(travelling(a)), held(a)) == (1, {made})
    bundles = Bundles(a.replica, a.write, device_id=bytes(16), key=bytes(32), ids=a.new_id)
    with (field.folder / "ra.yum").open("wb") as file:
        assert bundles.export(file).changes == 1


def test_s268_s269_a_kind_that_an_old_program_does_not_know_comes_after_its_update(field: Field) -> None:
    ids = field.notes(120, "chapter0")
    a = field.device("a")
    run_program(a, Kinds((NODE,)))
    report = a.sync()
    assert report.status == "done"
    assert held(a, NODE.name) >= {field.units["commune0"], field.units["chapter0"]}
    a.restart()
    run_program(a, KINDS)
    report = a.sync()
    assert (report.status, report.round_trips) == ("done", 1)
    assert held(a) == set(ids)
    assert field.agrees(a)
    assert a.sync().pulled == 0


def test_s267_s270_s276_fields_that_came_with_an_update_are_filled_and_what_waits_goes_out(field: Field) -> None:
    a, b = field.device("a"), field.device("b")
    made = write(b, first="một", second="hai", count=3)
    synced(b)
    run_program(a, Kinds((NODE, OLD_NOTE)))
    synced(a)
    edit(a, made, first="sửa ở bản cũ")
    synced(a)
    assert field.values(made) == {**field.values(made), "first": "sửa ở bản cũ", "second": "hai", "count": 3}
    edit(a, made, mark="chờ khi cập nhật")
    new = write(a, first="chưa gửi")
    a.restart()
    run_program(a, KINDS)
    report = a.sync()
    assert (report.status, report.pushed["applied"], report.pushed["refused"]) == ("done", 2, 0)
    synced(a)
    assert seen(a, made) == field.values(made)
    assert (seen(a, made) or {})["count"] == 3
    assert field.values(new)["first"] == "chưa gửi"
    synced(b)
    assert field.agrees()


def test_s275_a_kind_that_the_server_has_no_more_is_refused_by_name_and_kept(town: Town, field: Field) -> None:
    change = Change(new_id(), "gone", new_id(), Op.CREATE, {UNIT: town.units["commune0"], "text": "x"})
    (answer,) = town.push(change)
    assert (answer.status, answer.code) == ("refused", "kind.unknown")
    a = field.device("a")
    made = write(a, first="giữ lại")
    field.server.kinds = Kinds((NODE,))  # type: ignore[misc]  # the same server with one kind less
    report = a.sync()
    assert (report.status, report.pushed["refused"]) == ("done", 1)
    assert [line.code for line in a.refused()] == ["kind.unknown"]
    assert (seen(a, made) or {})["first"] == "giữ lại"


@pytest.mark.parametrize("times", [1, 3])
def test_s278_an_update_sends_nothing_again(field: Field, times: int) -> None:
    a = field.device("a")
    for number in range(20):
        write(a, first=str(number))
    synced(a)
    for _ in range(times):
        a.restart()
        run_program(a, Kinds((NODE, OLD_NOTE)))
        synced(a)
        run_program(a, KINDS)
        synced(a)
    assert [request.changes for request in line_of(a).requests[1:]] == [[]] * (2 * times)
    assert (pending(a), field.agrees(a)) == ([], True)
