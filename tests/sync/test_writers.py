"""Who waits for whom: pushes of two provinces do not, those of one do, and nobody writes while the tree changes."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from small_world import Town, new_id
from typing_extensions import override

from sync.core.squash import Op
from sync.protocol.kinds import UNIT, Values
from sync.protocol.messages import Answer, Change
from sync.server.database import run
from sync.server.records import Actor, Stamp, Tx
from sync.server.rules import NoRules, Refusal
from sync.testing.kinds import NODE, NOTE
from sync.testing.postgres import Postgres

WAIT_S = 30
ROUNDS = 12


class OnlyOnce(NoRules):
    """What a note says first, no other note may say."""

    @override
    def names(self, change: Change) -> Iterable[str]:
        return [str(change.patch["first"])] if "first" in change.patch else []

    @override
    def check(
        self, tx: Tx, actor: Actor, change: Change, before: Values | None, after: Values | None
    ) -> Refusal | None:
        said = (after or {}).get("first")
        if said is None:
            return None
        tx.hold([str(said)])
        others = [found for found, _ in tx.find(NOTE.name, "first", said) if found != change.record_id]
        return Refusal("note.twice", "first") if others else None


@pytest.fixture
def strict(postgres: Postgres) -> Iterator[Town]:
    """Give a town on PostgreSQL where nobody may say what another one has said."""
    town = Town(postgres.emptied("strict"), OnlyOnce())
    yield town
    town.close()


def at_once(works: Iterable[Callable[[], list[Answer]]]) -> list[list[Answer]]:
    """Let several do something at the same time; return what they got, in their order."""
    todo = list(works)
    begun = threading.Barrier(len(todo))

    def begin(work: Callable[[], list[Answer]]) -> list[Answer]:
        begun.wait(WAIT_S)
        return work()

    with ThreadPoolExecutor(len(todo)) as pool:
        return [done.result(WAIT_S) for done in [pool.submit(begin, work) for work in todo]]


def pushing(town: Town, unit: str, *changes: Change) -> Callable[[], list[Answer]]:
    return lambda: town.push(*changes, actor=town.actor(unit, account=unit, device=unit))


def pushed(town: Town, unit: str) -> bool:
    """Return whether somebody in a unit can push now."""
    with ThreadPoolExecutor(1) as pool:
        pushed = pool.submit(pushing(town, unit, town.note(unit)))
        try:
            pushed.result(0.4)
        except TimeoutError:
            with town.database.write() as conn:  # let who waits go, so that the pool can end
                run(conn, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").all()
            return False
        return True


def test_a_push_waits_for_those_of_its_province_only(busy: Town) -> None:
    with busy.server.transaction([busy.units["commune0"]], alone=False):
        assert pushed(busy, "commune2")
        assert not pushed(busy, "commune1")


def test_nobody_pushes_while_the_tree_changes(busy: Town) -> None:
    with busy.server.transaction():
        assert not pushed(busy, "commune2")


def test_a_change_of_the_tree_waits_for_every_push(busy: Town) -> None:
    moved = threading.Event()

    def move() -> None:
        record = busy.record(busy.units["commune1"], NODE.name)
        assert record is not None
        with busy.server.transaction() as tx:
            tx.update(NODE.name, busy.units["commune1"], record, {"label": "moved"}, Stamp())
        moved.set()

    with ThreadPoolExecutor(1) as pool:
        with busy.server.transaction([busy.units["commune2"]], alone=False):
            moving = pool.submit(move)
            assert not moved.wait(0.4)
        moving.result(WAIT_S)
    assert busy.values(busy.units["commune1"], NODE.name)["label"] == "moved"


def test_a_push_that_changes_the_tree_is_alone(busy: Town) -> None:
    unit = new_id()
    made = Change(new_id(), NODE.name, unit, Op.CREATE, {UNIT: unit, "parent": busy.units["commune0"], "label": "new"})
    with ThreadPoolExecutor(1) as pool, ExitStack() as other:
        other.enter_context(busy.server.transaction([busy.units["commune2"]], alone=False))
        making = pool.submit(pushing(busy, "commune0", made))
        with pytest.raises(TimeoutError):
            making.result(0.4)
        other.close()
        assert making.result(WAIT_S)[0].status == "applied"


def test_what_two_provinces_say_at_once_is_said_once(strict: Town) -> None:
    for number in range(ROUNDS):
        notes = [(unit, strict.note(unit, first=f"word {number}")) for unit in ("commune0", "commune2")]
        answers = at_once(pushing(strict, unit, note) for unit, note in notes)
        assert sorted(answer.status for (answer,) in answers) == ["applied", "refused"], f"round {number}"


def test_names_in_opposite_orders_block_nobody(strict: Town) -> None:
    for number in range(ROUNDS):
        words = [f"word {number} {place}" for place in range(10)]
        orders = (("commune0", words), ("commune2", words[::-1]))
        answers = at_once(
            pushing(strict, unit, *(strict.note(unit, first=word) for word in order)) for unit, order in orders
        )
        said = [sum(answer.status == "applied" for answer in its) for its in answers]
        assert sorted(said) == [0, 10], f"round {number}"


def test_more_names_than_can_be_held_are_checked_alone(strict: Town) -> None:
    many = [strict.note("commune0", first=f"word {place}") for place in range(120)]
    answers = at_once(
        [pushing(strict, "commune0", *many), pushing(strict, "commune2", strict.note("commune2", first="word 60"))]
    )
    statuses = [answer.status for its in answers for answer in its]
    assert (statuses.count("applied"), statuses.count("refused")) == (120, 1)


def test_a_record_that_two_provinces_make_at_once_is_one(busy: Town) -> None:
    for number in range(ROUNDS):
        notes = [(unit, busy.note(unit, second=f"{number}")) for unit in ("commune0", "commune2")]
        record_id = new_id()
        for _, note in notes:
            note.record_id = record_id
        answers = at_once(pushing(busy, unit, note) for unit, note in notes)
        got = sorted((answer.status, answer.code) for (answer,) in answers)
        assert got == [("applied", ""), ("refused", "record.exists")], f"round {number}"
