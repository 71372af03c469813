"""The feed cut by province: stored in parts by its shard, as a distributed PostgreSQL stores it (ADR 0010)."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_world import Reader, Town

from sync.core.squash import Op
from sync.protocol.kinds import UNIT
from sync.protocol.messages import Change
from sync.server.database import Database, run
from sync.testing.kinds import NODE, NOTE
from sync.testing.postgres import Postgres
from sync.testing.story import tell
from sync.testing.world import play

PARTS = 4
BY_SHARD = ("sync_log", "sync_position", "sync_floor")
SEEDS = 4
HISTORY_OF_A_RECORD = {
    "SELECT max(rev) FROM sync_log WHERE record_id",
    "SELECT rev, fields FROM sync_log WHERE record_id",
    "SELECT unit_id FROM sync_log WHERE record_id",
    "SELECT unit_id, kind FROM sync_log WHERE record_id",
}
"""What asks every part, because a record may have been in any province; see ADR 0010."""


def spread(url: str) -> str:
    """Make the engine's tables, those that a shard cuts in parts; return the URL."""
    database = Database(url)
    database.create_tables()
    with database.write() as conn:
        for table in BY_SHARD:
            run(conn, f"ALTER TABLE {table} RENAME TO whole")
            run(conn, f"CREATE TABLE {table} (LIKE whole INCLUDING ALL) PARTITION BY HASH (shard)")
            run(conn, "DROP TABLE whole")
            for part in range(PARTS):
                bounds = f"(MODULUS {PARTS}, REMAINDER {part})"
                run(conn, f"CREATE TABLE part{part}_of_{table} PARTITION OF {table} FOR VALUES WITH {bounds}")
    database.close()
    return url


@pytest.fixture
def town(postgres: Postgres) -> Iterator[Town]:
    town = Town(spread(postgres.store()))
    yield town
    town.close()


@pytest.fixture
def asked(town: Town, monkeypatch: pytest.MonkeyPatch) -> dict[str, set[int]]:
    """Give, for each statement about a spread table, in how many of its parts it looks."""
    found: dict[str, set[int]] = defaultdict(set)
    dialect = town.database.engine.dialect
    execute = dialect.do_execute

    def looking(cursor: Any, statement: str, parameters: Any, *more: Any) -> None:
        if re.search(r"\b(?:FROM|UPDATE|INTO) (?:sync_log|sync_position|sync_floor)\b", statement):
            execute(cursor, f"EXPLAIN (VERBOSE, COSTS OFF) {statement}", parameters, *more)
            plan = "\n".join(row[0] for row in cursor.fetchall())
            parts = set(re.findall(r"\bpart(\d)_of_", plan))
            found[re.sub(r"\s+", " ", statement)].add(len(parts))
        execute(cursor, statement, parameters, *more)

    monkeypatch.setattr(dialect, "do_execute", looking)
    return found


def test_an_exchange_looks_into_the_part_of_its_province_and_everybodys(town: Town, asked: dict[str, set[int]]) -> None:
    record_id = town.noted("commune0", first="x")
    reader = Reader(town.server, town.actor("commune0"))
    reader.pull()
    asked.clear()
    edit = Change(town.note().record_id, NOTE.name, record_id, Op.EDIT, {"first": "y"}, 1)
    assert [answer.status for answer in town.push(edit)] == ["applied"]
    assert reader.pull() == {record_id}
    assert asked, "something was asked"
    wide = {statement: parts for statement, parts in asked.items() if max(parts) > 2}
    assert wide == {}


def test_what_asks_all_parts_is_the_history_of_a_record(town: Town, asked: dict[str, set[int]]) -> None:
    note, other = town.noted("commune0", first="x"), town.noted("commune0")
    old = Change(town.note().record_id, NOTE.name, note, Op.EDIT, {"first": "y"}, 1)
    late = Change(town.note().record_id, NOTE.name, note, Op.EDIT, {"second": "z"}, 1)
    gone = Change(town.note().record_id, NOTE.name, other, Op.DELETE, {}, 1)
    again = Change(town.note().record_id, NOTE.name, other, Op.EDIT, {"first": "late"}, 1)
    asked.clear()
    town.push(old)
    town.push(late)
    town.push(gone)
    town.push(again, town.note("commune0"))
    wide = {statement for statement, parts in asked.items() if max(parts) > 2}
    assert wide
    assert {next((known for known in HISTORY_OF_A_RECORD if its.startswith(known)), its) for its in wide} <= (
        HISTORY_OF_A_RECORD
    )


def test_a_unit_goes_to_a_province_whose_feed_is_in_another_part(town: Town) -> None:
    note = town.noted("commune0", first="x")
    before, after = Reader(town.server, town.actor("commune0")), Reader(town.server, town.actor("province1"))
    before.pull()
    after.pull()
    move = Change(
        town.note().record_id, NODE.name, town.units["commune0"], Op.EDIT, {"parent": town.units["province1"]}, 1
    )
    assert town.push(move, actor=town.actor("root"))[0].status == "applied"
    assert note in after.pull()
    before.pull()
    assert town.values(note)[UNIT] == town.units["commune0"]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_world_on_a_spread_feed_ends_like_the_same_world_on_sqlite(
    seed: int, folder: Path, postgres: Postgres
) -> None:
    story = tell(seed)
    story = replace(story, faults=replace(story.faults, server_dies=0.0, server_full=0.0))  # a file's own faults
    ends = [play(story, folder / f"{n}", url=url).end for n, url in enumerate((spread(postgres.store()), None))]
    assert ends[0] == ends[1]
