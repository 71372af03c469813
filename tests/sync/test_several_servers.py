"""Several servers on one database: repeats are recognised whichever they reach, and no edit is overwritten unseen."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from small_world import Reader, Town, edit, server_on

from sync.protocol.messages import Answer
from sync.server.database import run
from sync.testing.kinds import create_tables

ROUNDS = 12
WAIT_S = 60


def together(*works: Callable[[], list[Answer]]) -> list[list[Answer]]:
    """Do things at the same time, as far as threads can."""
    begun = threading.Barrier(len(works))

    def one(work: Callable[[], list[Answer]]) -> list[Answer]:
        begun.wait(WAIT_S)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [done.result(WAIT_S) for done in [pool.submit(one, work) for work in works]]


def history(town: Town, record_id: bytes, name: str) -> list[list[object]]:
    """Return the changes of one field: what stood there, what came."""
    with town.database.read() as conn:
        rows = run(conn, "SELECT fields FROM sync_log WHERE record_id = ? ORDER BY rev", (record_id,))
        return [json.loads(text)[name] for (text,) in rows if name in json.loads(text)]


def test_s162_a_repeat_that_reaches_another_server_is_recognised(town: Town) -> None:
    other = town.another_server()
    changes = [town.note(first="ash") for _ in range(4)]
    first = town.push(*changes[:2])
    second = town.push(*changes, server=other)
    assert second[:2] == first
    lines = town.log_lines()
    assert town.push(*changes) == second
    assert town.log_lines() == lines
    reader = Reader(town.server, town.actor())
    assert reader.pull() == {change.record_id for change in changes}
    reader.server = other
    assert reader.pull() == set()


def test_s162_the_same_request_at_two_servers_at_once_is_applied_once(town: Town) -> None:
    other = town.another_server()
    note = town.noted(count=0)
    for turn in range(ROUNDS):
        changes = [town.note(first="ash"), edit(note, {"count": turn + 1, "first": str(turn)}, turn + 1)]
        one, two = together(partial(town.push, *changes), partial(town.push, *changes, server=other))
        assert one == two
        assert [answer.status for answer in one] == ["applied", "applied"]
    record = town.record(note)
    assert record is not None
    assert record.rev == ROUNDS + 1


def test_s047_edits_of_one_field_through_two_servers_are_stored_or_asked_about(town: Town) -> None:
    servers = (town.server, town.another_server())
    actors = (town.actor(account="an"), town.actor(account="binh"))
    for turn in range(ROUNDS):
        note = town.noted(first="ash", second="ash")
        pushes = [
            partial(
                town.push,
                edit(note, {"first": f"{who}{turn}", ("mark", "second")[who]: "x"}),
                actor=actors[who],
                server=servers[who],
            )
            for who in (0, 1)
        ]
        answers = [answer for (answer,) in together(*pushes)]
        assert sorted(answer.status for answer in answers) == ["applied", "conflict"]
        values = town.values(note)
        winner = [answer.status for answer in answers].index("applied")
        assert (values["first"], values["mark"], values["second"]) == (f"{winner}{turn}", "x", "x")
        ((_, conflict),) = town.conflicts(note)
        (item,) = json.loads(str(conflict.values["fields"]))
        assert (item["mine"], item["theirs"]) == (f"{1 - winner}{turn}", f"{winner}{turn}")


def test_no_edit_is_lost_where_the_later_one_wins(town: Town) -> None:
    """Each change of the field starts from the value of the one before it: the history is one chain."""
    servers = (town.server, town.another_server())
    note = town.noted(count=0)
    values = [[100 * who + turn for turn in range(1, ROUNDS + 1)] for who in (0, 1)]

    def work(who: int) -> list[Answer]:
        return [town.push(edit(note, {"count": value}), server=servers[who])[0] for value in values[who]]

    together(partial(work, 0), partial(work, 1))
    chain = history(town, note, "count")
    assert {new for _, new in chain} == {value for its in values for value in its}
    assert [old for old, _ in chain][1:] == [new for _, new in chain][:-1]
    record = town.record(note)
    assert record is not None
    assert record.rev == 2 * ROUNDS + 1


def test_servers_that_start_at_once_make_the_tables_once(store_url: str) -> None:
    servers = [server_on(store_url) for _ in range(4)]
    with servers[0].database.write() as conn:
        create_tables(conn)
    with ThreadPoolExecutor(len(servers)) as pool:
        for done in [pool.submit(server.create_tables) for server in servers]:
            done.result(WAIT_S)
    epochs = set()
    for server in servers:
        with server.database.read() as conn:
            epochs.add(bytes(run(conn, "SELECT value FROM sync_meta WHERE key = 'epoch'").scalar_one()))
        server.database.close()
    assert len(epochs) == 1
