"""Much of it: borders of frames, many devices, small steps."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from field import Field, edit, held, line_of, seen, synced, write
from small_world import Reader, Town, new_id

from sync.client import store
from sync.client.engine import FRAME_ROWS_MAX, Engine
from sync.core.squash import Op
from sync.protocol.kinds import UNIT
from sync.protocol.messages import Frame, decode_parts, encode
from sync.server.records import Actor, Stamp
from sync.server.rules import Effect
from sync.testing.device import Device
from sync.testing.kinds import NOTE


def test_s285_one_more_than_a_frame_takes_arrives_too(town: Town) -> None:
    for number in (FRAME_ROWS_MAX - 1, FRAME_ROWS_MAX, FRAME_ROWS_MAX + 1):
        reader = Reader(town.server, town.actor())
        reader.pull()
        notes = [Effect(NOTE.name, new_id(), Op.CREATE, {UNIT: town.units["commune0"]}) for _ in range(number)]
        town.server.commit(notes, Stamp())
        assert reader.pull() == {note.record_id for note in notes}
        assert len(reader.frames) == (1 if number <= FRAME_ROWS_MAX else 2)


def test_s238_s298_each_frame_is_stored_before_the_next_is_read(field: Field) -> None:
    ids = field.notes(3_000)
    a = field.device("a")
    here: list[int] = []
    line_of(a).on_packet = lambda: here.append(len(held(a)))
    engine = Engine(a.replica, a.write, line_of(a), frame_rows_max=200)
    assert engine.sync().status == "done"
    steps = [later - earlier for earlier, later in pairwise(here)]
    assert max(steps) <= 200
    assert len(steps) > 10
    here.clear()
    field.commit(*(Effect(NOTE.name, record_id, Op.DELETE, {}) for record_id in ids))
    assert engine.sync().status == "done"
    steps = [earlier - later for earlier, later in pairwise(here)]
    assert max(steps) <= 200
    assert here[-1] == 0


def test_s249_a_list_that_is_bad_too_leaves_the_old_records_usable(field: Field) -> None:
    """A damaged cursor asks for everything again, and what comes is damaged as well."""
    a = field.device("a")
    ids = field.notes(50, first="cũ")
    synced(a)
    with a.write() as conn:
        conn.exec_driver_sql("UPDATE sync_state SET value = x'c1' WHERE key = 'cursor'")
    honest = line_of(a).exchange_with

    def spoilt(packet: bytes) -> list[bytes]:
        answers, frame, *_ = decode_parts(honest(packet))
        assert isinstance(frame, Frame)
        frame.rows[0].revs[0] = 0
        return [encode(answers), encode(frame)]

    line_of(a).exchange_with = lambda packet: iter(spoilt(packet))
    for _ in range(3):
        assert a.sync().error_code == "message.damaged"
    assert held(a) == set(ids)
    edit(a, ids[0], second="vẫn dùng được")
    line_of(a).exchange_with = honest
    synced(a)
    assert field.values(ids[0])["second"] == "vẫn dùng được"
    assert field.agrees(a)


def test_s294_a_hundred_devices_in_their_first_exchange_all_get_everything(field: Field) -> None:
    ids = set(field.notes(300))
    devices = [field.device(f"d{number}") for number in range(100)]
    with ThreadPoolExecutor(8) as pool:
        reports = list(pool.map(Device.sync, devices))
    assert {report.status for report in reports} == {"done"}
    assert all(held(device) == ids for device in devices)


def test_s295_devices_at_the_same_time_get_their_own_scope_only(town: Town) -> None:
    notes = {unit: {town.noted(unit) for _ in range(20)} for unit in ("commune0", "commune1", "commune2")}
    wanted = [(unit, number) for number in range(8) for unit in notes]
    together = threading.Barrier(len(wanted))

    def pull(unit: str, number: int) -> set[bytes]:
        reader = Reader(town.server, Actor(f"{unit}-{number}", "Máy 1", (town.units[unit],)))
        together.wait()
        return reader.pull()

    with ThreadPoolExecutor(len(wanted)) as pool:
        received = list(pool.map(lambda each: pull(*each), wanted))
    assert received == [notes[unit] for unit, _ in wanted]


def test_s241_two_programs_on_one_store_lose_nothing_of_each_other(field: Field) -> None:
    """Whoever finds that the other has received meanwhile stops; the store stands at one place."""
    ids = field.notes(400)
    a = field.device("a")
    second = Engine(a.replica, a.write, line_of(a), frame_rows_max=50)
    made = write(a, first="chờ gửi")
    first = Engine(a.replica, a.write, line_of(a), frame_rows_max=50)
    reports = []

    def run_beside() -> None:
        line_of(a).on_packet = None
        reports.append(second.sync())

    line_of(a).on_packet = run_beside
    reports.append(first.sync())
    assert [(report.status, report.error_code) for report in reports] == [("done", None), ("failed", "sync.overtaken")]
    synced(a)
    assert held(a) == {*ids, made}
    assert (seen(a, made) or {})["first"] == "chờ gửi"
    with a.write() as conn:
        assert store.count(conn, store.PENDING, store.IN_FLIGHT, store.REFUSED) == 0
    assert field.agrees(a)
