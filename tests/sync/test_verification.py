"""A device compares what it holds with the server, sector by sector, and what differs comes again (scenario S246)."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from small_world import Reader, Town
from sqlalchemy import Connection

from sync.client import store, verifying
from sync.client.engine import Engine, SyncReport
from sync.client.incoming import CURSOR, RESYNC, apply_frame
from sync.client.transport import Transport
from sync.client.verifying import REPAIRS_MAX
from sync.core.digest import EVERYBODY, schema_digest, total
from sync.core.squash import Op
from sync.protocol.errors import RejectedError, UnreachableError
from sync.protocol.kinds import UNIT, Values
from sync.protocol.messages import (
    PROTOCOL_VERSION,
    Checks,
    Frame,
    Problem,
    Request,
    Verdict,
    decode_parts,
    decode_request,
    encode,
    ids_of,
)
from sync.server.database import run
from sync.server.records import Actor, Stamp
from sync.server.rules import Effect
from sync.testing.device import Device
from sync.testing.kinds import KINDS, NODE, NOTE
from sync.testing.story import Story
from sync.testing.world import World

NOTES = 40


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give a world whose network is good and whose commune 0 has notes in two chapters."""
    world = World(Story(1), tmp_path)
    notes = [
        Effect(NOTE.name, world.new_id(), Op.CREATE, {UNIT: world.units[f"chapter{n % 2}"], "first": f"note {n}"})
        for n in range(NOTES)
    ]
    world.server.commit(notes, Stamp(channel="seed"))
    yield world
    world.close()


@pytest.fixture
def device(world: World) -> Device:
    """Give a device that has everything."""
    device = world.device("a")
    assert engine(device).sync().status == "done"
    return device


class Line:
    """The way of a device to its server.

    Attributes:
        cut_at: The share of the next answer that arrives, if it is cut.
        requests: What was asked.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.cut_at: float | None = None
        self.requests: list[Request] = []

    def exchange(self, request: bytes) -> Iterator[bytes]:
        self.requests.append(decode_request(request))
        answer = b"".join(self._transport.exchange(request))
        if self.cut_at is None:
            yield answer
            return
        yield answer[: int(len(answer) * self.cut_at)]
        raise UnreachableError("server.unreachable", "cut")


def lined(device: Device) -> Line:
    line = Line(device.transport)
    device.transport = line
    return line


def engine(device: Device, *, rows: int = 2_000, compared: int = 300) -> Engine:
    return Engine(device.replica, device.write, device.transport, frame_rows_max=rows, compared_max=compared)


def same(world: World, device: Device) -> bool:
    return device.digest() == world.server.digest(device.roots)[0]


def some_notes(conn: Connection, unit: bytes) -> list[bytes]:
    return [row[0] for row in conn.exec_driver_sql("SELECT id FROM note WHERE unit_id = ? ORDER BY id", (unit,))]


def forget_a_note(world: World, conn: Connection) -> None:
    conn.exec_driver_sql("DELETE FROM note WHERE id = ?", (some_notes(conn, world.units["chapter0"])[0],))


def spoil_a_value(world: World, conn: Connection) -> None:
    (note, *_) = some_notes(conn, world.units["chapter0"])
    conn.exec_driver_sql("UPDATE note SET first = 'spoilt' WHERE id = ?", (note,))


def keep_an_old_revision(world: World, conn: Connection) -> None:
    (note, *_) = some_notes(conn, world.units["chapter1"])
    conn.exec_driver_sql("UPDATE note SET rev = 7 WHERE id = ?", (note,))


def forget_what_is_in_a_unit_that_is_to_go(world: World, conn: Connection) -> None:
    chapter = world.units["chapter0"]
    conn.exec_driver_sql("DELETE FROM note WHERE unit_id = ?", (chapter,))
    device = world.device("a")
    device.replica.delete(conn, NODE.name, chapter, device.author)


def invent_a_note(world: World, conn: Connection) -> None:
    values = (world.new_id(), world.units["chapter1"])
    conn.exec_driver_sql("INSERT INTO note (id, rev, unit_id, first) VALUES (?, 1, ?, 'nobody made me')", values)


@pytest.mark.parametrize(
    "damage",
    [forget_a_note, spoil_a_value, keep_an_old_revision, invent_a_note, forget_what_is_in_a_unit_that_is_to_go],
)
@pytest.mark.parametrize(("rows", "compared", "rounds"), [(3, 300, 10), (2_000, 300, 10), (2_000, 4, 40)])
def test_s246_what_differs_from_the_server_comes_again_within_one_round(
    world: World, device: Device, damage: Callable[[World, Connection], None], rows: int, compared: int, rounds: int
) -> None:
    with device.write() as conn:
        damage(world, conn)
    assert not same(world, device)
    reports: list[SyncReport] = []
    while not same(world, device) and len(reports) < rounds:
        reports.append(engine(device, rows=rows, compared=compared).sync())
    assert [report.status for report in reports] == ["done"] * len(reports)
    assert same(world, device)
    assert sum(report.repaired for report in reports) == 1
    assert engine(device).sync(verify=True).repaired == 0


def test_s246_asking_about_everything_repairs_everything_at_once(world: World, device: Device) -> None:
    with device.write() as conn:
        for damage in (forget_a_note, spoil_a_value, keep_an_old_revision, invent_a_note):
            damage(world, conn)
        conn.exec_driver_sql("UPDATE node SET label = 'spoilt' WHERE id = ?", (device.roots[0],))
    report = engine(device).sync(verify=True)
    assert (report.status, report.repaired, report.round_trips) == ("done", 3, 1)
    assert same(world, device)


def test_every_sector_has_its_turn_and_a_few_are_asked_about_at_a_time(world: World, device: Device) -> None:
    line = lined(device)
    for _ in range(6):
        assert engine(device).sync().status == "done"
    asked = [ids_of(request.checks.sectors) for request in line.requests if request.checks is not None]
    assert [1 <= len(sectors) <= 4 for sectors in asked] == [True] * 6
    inside = {world.units[name] for name in ("commune0", "chapter0", "chapter1")}
    assert {*inside, EVERYBODY} <= {sector for sectors in asked for sector in sectors}


def test_each_part_of_a_large_sector_has_its_turn(world: World, device: Device) -> None:
    chapter = world.units["chapter0"]
    with device.write() as conn:
        records = len(some_notes(conn, chapter))
        whole = dict(device.replica.sector_digests(conn, [chapter]))[chapter]
        cut = [dict(device.replica.sector_digests(conn, [chapter], part=part, parts=7))[chapter] for part in range(7)]
    assert records > 2
    assert (total(digest for digest, _ in cut), sum(count for _, count in cut)) == whole
    line = lined(device)
    for _ in range(40):
        assert engine(device, compared=2).sync().status == "done"
    asked = [request.checks for request in line.requests if request.checks is not None]
    parts = [(checks.part, checks.parts) for checks in asked if checks.sectors == chapter]
    whole_round = [(part, parts[0][1]) for part in range(parts[0][1])]
    assert parts[0][1] >= records / 2
    assert parts[: len(whole_round)] == whole_round
    assert parts[len(whole_round) :] == whole_round[: len(parts) - len(whole_round)]
    assert engine(device).sync(verify=True).repaired == 0


@pytest.mark.parametrize(("part", "parts"), [(1, 1), (-1, 1), (0, 0), (0, 257), (256, 256)])
def test_a_part_that_cannot_be_is_refused(world: World, device: Device, part: int, parts: int) -> None:
    checks = Checks(bytes(8), world.units["chapter0"], bytes(8), part, parts)
    request = Request(PROTOCOL_VERSION, 0, None, checks=checks)
    (problem,) = decode_parts(world.server.exchange(Actor("a", "a", device.roots), encode(request)))
    assert isinstance(problem, Problem)
    assert problem.code == "message.damaged"


def test_edits_that_wait_are_no_difference_and_survive_a_repair(world: World, device: Device) -> None:
    chapter = world.units["chapter0"]
    with device.write() as conn:
        edited, moved, removed, spoilt, *_ = some_notes(conn, chapter)
        author = device.author
        device.replica.edit(conn, NOTE.name, edited, {"first": "mine"}, author)
        device.replica.edit(conn, NOTE.name, moved, {UNIT: world.units["chapter1"]}, author)
        device.replica.delete(conn, NOTE.name, removed, author)
        made = world.new_id()
        device.replica.create(conn, NOTE.name, made, {UNIT: chapter, "first": "new"}, author)
        sectors = [*world.units.values(), EVERYBODY]
        asked = [
            (sector, found) for sector, (found, _) in device.replica.sector_digests(conn, sectors) if sector == chapter
        ]
        conn.exec_driver_sql("UPDATE note SET first = 'spoilt' WHERE id = ?", (spoilt,))
        differs = [found for _, (found, _) in device.replica.sector_digests(conn, [chapter])]
    (verdict,) = verdicts(world, device, [(chapter, asked[0][1])])
    assert verdict == Verdict.EQUAL
    (verdict,) = verdicts(world, device, [(chapter, differs[0])], store=True)
    assert verdict == Verdict.DIFFERS
    with device.write() as conn:
        kept = {row[0]: row[1:] for row in conn.exec_driver_sql("SELECT id, unit_id, first FROM note")}
    assert kept[edited] == (chapter, "mine")
    assert kept[moved][0] == world.units["chapter1"]
    assert removed not in kept
    assert kept[made] == (chapter, "new")
    assert kept[spoilt][1] != "spoilt"
    assert engine(device).sync().status == "done"
    assert same(world, device)


def verdicts(world: World, device: Device, asked: list[tuple[bytes, int]], *, store: bool = False) -> bytes:
    """Return what the server says about digests; its frames are stored when asked."""
    checks = Checks(
        schema_digest(KINDS),
        b"".join(sector for sector, _ in asked),
        b"".join(digest.to_bytes(8, "big") for _, digest in asked),
    )
    with device.write() as conn:
        cursor = conn.exec_driver_sql("SELECT value FROM sync_state WHERE key = 'cursor'").scalar_one()
    request = Request(PROTOCOL_VERSION, 0, cursor, checks=checks)
    actor = Actor(device.name, device.name, device.roots)
    told = b""
    for part in decode_parts(world.server.exchange(actor, encode(request))):
        if isinstance(part, Frame):
            told = part.verdicts or told
            if store:
                with device.write() as conn:
                    apply_frame(device.replica, conn, part)
    return told


def test_a_repair_that_a_change_of_scope_ends_is_begun_anew(world: World, device: Device) -> None:
    with device.write() as conn:
        invent_a_note(world, conn)
    line = lined(device)
    line.cut_at = 0.5
    assert engine(device, rows=3).sync(verify=True).status == "partial"
    with device.write() as conn:
        assert store.state(conn, RESYNC) is not None
    unit = world.new_id()
    values: Values = {UNIT: unit, "parent": world.units["commune0"], "label": "new"}
    world.server.commit([Effect(NODE.name, unit, Op.CREATE, values)], Stamp())
    line.cut_at = None
    assert engine(device).sync().status == "done"
    assert engine(device).sync(verify=True).status == "done"
    assert same(world, device)


def take_without_answers(world: World, device: Device) -> None:
    """Let what is new come by another way than the answers to what travels, as on a stick that was written before."""
    with device.write() as conn:
        request = Request(PROTOCOL_VERSION, 0, store.state(conn, CURSOR))
    for part in decode_parts(world.server.exchange(Actor(device.name, device.name, device.roots), encode(request))):
        if isinstance(part, Frame):
            with device.write() as conn:
                apply_frame(device.replica, conn, part)


def send_without_an_answer(device: Device) -> Line:
    line = lined(device)
    line.cut_at = 0.0
    assert engine(device).sync().status == "failed"
    line.cut_at = None
    return line


def test_what_travels_and_has_come_by_another_way_is_no_difference(world: World, device: Device) -> None:
    made = world.new_id()
    with device.write() as conn:
        values: Values = {UNIT: world.units["chapter0"], "first": "new"}
        device.replica.create(conn, NOTE.name, made, values, device.author)
    send_without_an_answer(device)
    world.server.commit([Effect(NOTE.name, made, Op.EDIT, {"second": "by others"})], Stamp())
    take_without_answers(world, device)
    report = engine(device).sync(verify=True)
    assert (report.status, report.pushed["applied"], report.repaired) == ("done", 1, 0)
    assert same(world, device)


def test_a_removal_whose_record_left_and_came_back_is_based_on_what_was_seen(world: World, device: Device) -> None:
    with device.write() as conn:
        (note, *_) = some_notes(conn, world.units["chapter0"])
        device.replica.delete(conn, NOTE.name, note, device.author)
    world.server.commit([Effect(NODE.name, device.roots[0], Op.EDIT, {"parent": world.units["root"]})], Stamp())
    take_without_answers(world, device)
    with device.write() as conn:
        (line,) = store.lines_with(conn, store.PENDING)
        assert line.line.base[UNIT] == world.units["chapter0"]
    assert engine(device).sync(verify=True).repaired == 0
    assert same(world, device)


def test_what_has_changed_since_the_cursor_or_is_not_ones_own_is_not_compared(world: World, device: Device) -> None:
    with device.write() as conn:
        (note, *_) = some_notes(conn, world.units["chapter0"])
    world.server.commit([Effect(NOTE.name, note, Op.EDIT, {"first": "newer"})], Stamp())
    names = ("chapter0", "chapter2", "province0")
    assert verdicts(world, device, [(world.units[name], 0) for name in names]) == bytes([Verdict.SKIPPED] * 3)
    (told,) = verdicts(world, device, [(world.units["chapter1"], 0)])
    assert told == Verdict.DIFFERS


def test_programs_with_other_fields_compare_nothing(world: World, device: Device) -> None:
    with device.write() as conn:
        cursor = conn.exec_driver_sql("SELECT value FROM sync_state WHERE key = 'cursor'").scalar_one()
    request = Request(PROTOCOL_VERSION, 0, cursor, checks=Checks(bytes(8), world.units["chapter0"], bytes(8)))
    parts = list(decode_parts(world.server.exchange(Actor("a", "a", device.roots), encode(request))))
    assert isinstance(parts[-1], Frame)
    assert parts[-1].verdicts == bytes([Verdict.SKIPPED])


@pytest.mark.parametrize("checks", [Checks(bytes(8), bytes(15), bytes(8)), Checks(bytes(8), bytes(32), bytes(8))])
def test_checks_of_odd_sizes_are_refused(checks: Checks) -> None:
    with pytest.raises(RejectedError) as refused:
        decode_request(encode(Request(PROTOCOL_VERSION, 0, None, checks=checks)))
    assert refused.value.code == "message.damaged"


def test_a_repair_that_was_cut_goes_on_where_it_stopped(world: World, device: Device) -> None:
    with device.write() as conn:
        forget_a_note(world, conn)
        invent_a_note(world, conn)
    line = lined(device)
    line.cut_at = 0.5
    report = engine(device, rows=3).sync(verify=True)
    assert report.status == "partial"
    line.cut_at = None
    report = engine(device, rows=3).sync()
    assert report.status == "done"
    assert report.pulled < 2 * NOTES
    assert same(world, device)


def test_a_repair_that_does_not_help_stops_and_is_reported(world: World, device: Device) -> None:
    chapter = world.units["chapter0"]
    with device.write() as conn:
        spoilt = some_notes(conn, chapter)[0]
        conn.exec_driver_sql(
            "CREATE TRIGGER broken AFTER UPDATE ON note BEGIN"
            f" UPDATE note SET first = 'spoilt' WHERE id = x'{spoilt.hex()}'; END"
        )
        spoil_a_value(world, conn)
    reports = [engine(device).sync() for _ in range(4 * REPAIRS_MAX)]
    assert {report.status for report in reports} == {"done"}
    assert sum(report.repaired for report in reports) == REPAIRS_MAX
    assert reports[-1].differing == [chapter]
    with device.write() as conn:
        conn.exec_driver_sql("DROP TRIGGER broken")
    healed = engine(device).sync(verify=True)
    assert (healed.repaired, healed.differing) == (1, [])
    assert same(world, device)


def test_a_device_that_is_not_complete_asks_nothing(world: World) -> None:
    fresh = world.device("b")
    with fresh.write() as conn:
        assert verifying.checks(fresh.replica, conn) is None
    with world.server.database.read() as conn:
        assert run(conn, "SELECT count(*) FROM note").scalar_one() == NOTES


@pytest.mark.parametrize("cut_at", [0.5, 0.75, 0.95])
def test_a_scope_that_changes_back_before_it_has_arrived_leaves_nothing_behind(world: World, cut_at: float) -> None:
    device = world.device("e")
    home = world.units["chapter0"]
    assert engine(device).sync().status == "done"
    world.accounts["e"] = (home, world.units["chapter1"])
    line = lined(device)
    line.cut_at = cut_at
    assert engine(device, rows=3).sync().status == "partial"
    line.cut_at = None
    with device.write() as conn:
        assert some_notes(conn, world.units["chapter1"])
    world.accounts["e"] = (home,)
    assert engine(device).sync().status == "done"
    with device.write() as conn:
        assert some_notes(conn, world.units["chapter1"]) == []
    assert same(world, device)


def test_a_repair_in_several_frames_ends_where_it_began(town: Town) -> None:
    """The last frame must say so: the device stands somewhere else meanwhile."""
    for number in range(9):
        town.noted(first=str(number))
    reader = Reader(town.server, town.actor(), frame_rows_max=2)
    reader.pull()
    place = reader.cursor
    checks = Checks(schema_digest(KINDS), town.units["commune0"], bytes(8))
    asked = Request(PROTOCOL_VERSION, 0, place, checks=checks, frame_rows_max=2)
    for part in decode_parts(town.server.exchange(reader.actor, encode(asked))):
        if isinstance(part, Frame):
            reader.cursor = part.cursor or reader.cursor
    assert reader.cursor == place
    assert reader.pull() == set()


@pytest.mark.parametrize("cut_at", [0.25, 0.5, 0.75])
def test_an_own_unit_that_is_only_above_now_is_not_lost_when_the_line_breaks_off(world: World, cut_at: float) -> None:
    device = world.device("e")
    world.accounts["e"] = (world.units["commune0"], world.units["commune2"])
    assert engine(device).sync().status == "done"
    world.server.commit(
        [Effect(NODE.name, world.units["chapter0"], Op.EDIT, {"parent": world.units["commune2"]})], Stamp()
    )
    world.accounts["e"] = (world.units["chapter0"],)
    line = lined(device)
    line.cut_at = cut_at
    assert engine(device, rows=3).sync().status == "partial"
    line.cut_at = None
    assert engine(device, rows=3).sync().status == "done"
    device.roots = world.accounts["e"]
    assert same(world, device)


def test_a_removal_of_what_the_server_no_longer_has_is_over_when_the_list_comes_without_it(
    world: World, device: Device
) -> None:
    with device.write() as conn:
        (note, *_) = some_notes(conn, world.units["chapter0"])
        device.replica.delete(conn, NOTE.name, note, device.author)
        conn.exec_driver_sql("UPDATE sync_outbox SET status = 'refused', code = 'record.changed'")
    with world.database.write() as conn:  # as a backup from before it was made leaves the server
        run(conn, "DELETE FROM note WHERE id = ?", (note,))
    assert engine(device).sync(verify=True).status == "done"
    assert same(world, device)
    assert device.refused() == []
