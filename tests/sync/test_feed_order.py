"""The feed is in commit order while several write at once: no reader's cursor passes a change it has not seen."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from small_world import NOW_MS, Reader, Town, new_id
from sqlalchemy import Connection

from sync.protocol.kinds import UNIT
from sync.server import records
from sync.server.database import run
from sync.server.records import Stamp, Tx
from sync.testing.kinds import KINDS, NOTE

WRITERS = 8
PULLS_MIN = 2
WAIT_S = 30


class Writer:
    """A transaction of the application that locks nothing before it ends: the least that a writer may do."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._open = ExitStack()
        self.conn: Connection = self._open.enter_context(town.database.write())
        self.tx = Tx(self.conn, KINDS, NOW_MS, new_id)
        self.written: set[bytes] = set()

    def write(self, unit: str = "commune0") -> bytes:
        record_id = new_id()
        self.tx.insert(NOTE.name, record_id, {UNIT: self._town.units[unit]}, Stamp())
        self.written.add(record_id)
        return record_id

    def pause(self, ms: int) -> None:
        """Let time pass inside the transaction."""
        run(self.conn, "SELECT pg_sleep(?)", (ms / 1_000,))

    def commit(self) -> None:
        self.tx.finish()
        self._open.close()

    def roll_back(self) -> None:
        self.conn.get_transaction().rollback()  # type: ignore[union-attr]  # it is open
        self._open.pop_all()
        self.conn.close()


def positions(town: Town) -> list[tuple[bytes, int, bytes]]:
    with town.database.read() as conn:
        return [tuple(row) for row in run(conn, "SELECT shard, pos, record_id FROM sync_log ORDER BY shard, pos")]


def assert_no_gaps(town: Town) -> None:
    with town.database.read() as conn:
        for shard, lines, last in run(conn, "SELECT shard, count(*), max(pos) FROM sync_log GROUP BY shard"):
            assert lines == last, shard


def test_what_began_first_and_commits_last_is_not_skipped(busy: Town) -> None:
    reader = Reader(busy.server, busy.actor())
    reader.pull()
    slow = Writer(busy)
    late = slow.write()
    quick = Writer(busy)
    early = quick.write()
    quick.commit()
    assert reader.pull() == {early}
    slow.commit()
    assert reader.pull() == {late}


def test_nobody_overtakes_a_transaction_that_has_its_positions(busy: Town) -> None:
    reader = Reader(busy.server, busy.actor())
    reader.pull()
    slow, quick = Writer(busy), Writer(busy)
    first, second = slow.write(), quick.write()
    slow.tx.finish()
    with ThreadPoolExecutor(1) as pool:
        overtaking = pool.submit(quick.commit)
        with pytest.raises(TimeoutError):
            overtaking.result(0.3)
        assert reader.pull() == set()
        slow.commit()
        overtaking.result(WAIT_S)
    assert reader.pull() == {first, second}
    assert [record_id for shard, _, record_id in positions(busy) if shard == busy.units["province0"]][-2:] == [
        first,
        second,
    ]


def test_a_transaction_that_is_rolled_back_leaves_no_gap(busy: Town) -> None:
    reader = Reader(busy.server, busy.actor())
    lost, kept = Writer(busy), Writer(busy)
    lost.write()
    record_id = kept.write()
    lost.tx.finish()
    lost.roll_back()
    kept.commit()
    assert reader.pull() == {record_id}
    assert_no_gaps(busy)


def test_two_who_write_in_two_provinces_the_other_way_round_do_not_block_each_other(busy: Town) -> None:
    one, other = Writer(busy), Writer(busy)
    for writer, units in ((one, ("commune0", "commune2")), (other, ("commune2", "commune0"))):
        for unit in units:
            writer.write(unit)
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(writer.commit) for writer in (one, other)]:
            done.result(WAIT_S)
    reader = Reader(busy.server, busy.actor("root"))
    assert reader.pull() == one.written | other.written
    assert_no_gaps(busy)


def test_a_feed_numbered_before_the_commit_is_noticed(busy: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order of a sequence: what the tests above must not be blind to."""

    def careless(tx: Tx) -> None:
        for entry in tx._entries:
            with busy.database.write() as other:
                sql = "UPDATE sync_position SET pos = pos + 1 WHERE shard = ? RETURNING pos"
                pos = int(run(other, sql, (entry.shard,)).scalar_one())
            run(tx.conn, records._LOG_INSERT, tx._log_row(entry, pos))
        tx._entries.clear()

    reader = Reader(busy.server, busy.actor())
    reader.pull()
    monkeypatch.setattr(Tx, "finish", careless)
    slow, quick = Writer(busy), Writer(busy)
    late, early = slow.write(), quick.write()
    slow.tx.finish()
    quick.commit()
    assert reader.pull() == {early}
    slow.commit()
    assert late not in reader.pull()


def read_beside(reader: Reader, write: Callable[[int, threading.Event], set[bytes]]) -> set[bytes]:
    """Let writers write while a reader pulls without a pause; return what they wrote. The event: it has pulled."""
    often = threading.Event()
    with ThreadPoolExecutor(WRITERS) as pool:
        writing = [pool.submit(write, number, often) for number in range(WRITERS)]
        pulls = 0
        try:
            while not all(done.done() for done in writing):
                reader.pull()
                pulls += 1
                if pulls > PULLS_MIN:
                    often.set()
            reader.pull()
        finally:
            often.set()
    assert pulls > PULLS_MIN, "the reader read while others wrote"
    return set().union(*(done.result() for done in writing))


def test_a_reader_beside_eight_slow_writers_misses_nothing(busy: Town) -> None:
    begun = threading.Barrier(WRITERS)

    def write(number: int, _often: threading.Event) -> set[bytes]:
        written: set[bytes] = set()
        begun.wait(WAIT_S)
        for turn in range(6):
            writer = Writer(busy)
            writer.write(("commune0", "commune1", "commune2")[(number + turn) % 3])
            writer.pause((number * 37 + turn * 53) % 190)  # the transactions end in another order than they began
            writer.write("commune0")
            writer.commit()
            written |= writer.written
        return written

    reader = Reader(busy.server, busy.actor("root"))
    assert read_beside(reader, write) - reader.received == set()
    assert_no_gaps(busy)


def test_a_reader_beside_eight_devices_misses_nothing(town: Town) -> None:
    begun = threading.Barrier(WRITERS)

    def write(number: int, often: threading.Event) -> set[bytes]:
        actor = town.actor(("commune0", "commune1", "commune2")[number % 3], device=f"Máy {number}")
        written: set[bytes] = set()
        begun.wait(WAIT_S)
        while len(written) < 18 or not often.is_set():
            changes = [town.note(("commune0", "commune1", "commune2")[number % 3]) for _ in range(3)]
            assert [answer.status for answer in town.push(*changes, actor=actor)] == ["applied"] * 3
            written |= {change.record_id for change in changes}
        return written

    reader = Reader(town.server, town.actor("root"))
    written = read_beside(reader, write)
    assert len(written) >= WRITERS * 18
    assert written - reader.received == set()
    assert_no_gaps(town)


def test_a_read_transaction_sees_one_moment(town: Town) -> None:
    with town.database.read() as conn:
        before = run(conn, "SELECT count(*) FROM note").scalar_one()
        town.noted()
        assert run(conn, "SELECT count(*) FROM note").scalar_one() == before


def test_s107_a_unit_that_moves_while_a_push_waits_is_found_in_its_new_place(busy: Town) -> None:
    """The feed is cut by province: a line in the old one would never be read by those who have the unit now."""
    unit = busy.units["commune0"]
    with ExitStack() as moving:
        tx = moving.enter_context(busy.server.transaction())
        record = tx.get("node", unit)
        assert record is not None
        tx.update("node", unit, record, {"parent": busy.units["province1"]}, Stamp())
        with ThreadPoolExecutor(1) as pool:
            change = busy.note()
            pushing = pool.submit(busy.push, change)
            with pytest.raises(TimeoutError):
                pushing.result(0.3)
            moving.close()
            assert pushing.result(WAIT_S)[0].status == "applied"
    found = [shard for shard, _, record_id in positions(busy) if record_id == change.record_id]
    assert found == [busy.units["province1"]]
