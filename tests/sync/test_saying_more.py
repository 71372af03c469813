"""What an application says about removed records and refused changes, and the order in which a device sends."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from small_world import NOW_MS, Town, delete, edit, new_id
from typing_extensions import override

from sync.client import store
from sync.client.replica import Author
from sync.core.squash import Op
from sync.protocol.kinds import UNIT, Values
from sync.protocol.messages import Change
from sync.server.database import sqlite_url
from sync.server.records import Actor, Tx
from sync.server.rules import Effect, NoRules, Refusal
from sync.testing.device import Device
from sync.testing.kinds import NOTE


class Saying(NoRules):
    """Knows where removed records have gone, and tells the province what was refused."""

    def __init__(self) -> None:
        self.successor = b""
        self.told: list[str] = []

    @override
    def check(
        self, tx: Tx, actor: Actor, change: Change, before: Values | None, after: Values | None
    ) -> Refusal | None:
        return Refusal("word.bad", "first") if after is not None and after.get("first") == "BAD" else None

    @override
    def gone(self, tx: Tx, actor: Actor, change: Change) -> Refusal | None:
        return Refusal("note.moved", "", "gone elsewhere", self.successor) if self.successor else None

    @override
    def refused(self, tx: Tx, actor: Actor, change: Change, code: str) -> Sequence[Effect]:
        self.told.append(code)
        unit = tx.unit(actor.roots[0])
        assert unit is not None, "the account has a unit"
        return [Effect(NOTE.name, tx.new_id(), Op.CREATE, {UNIT: unit.parent_id, "first": code})]


@pytest.fixture
def rules() -> Saying:
    return Saying()


@pytest.fixture
def town(tmp_path: Path, rules: Saying) -> Iterator[Town]:
    town = Town(sqlite_url(tmp_path / "server.db"), rules)
    yield town
    town.close()


def above(town: Town) -> list[object]:
    """Return what stands in the notes of the province."""
    with town.database.read() as conn:
        found = Tx(conn, town.server.kinds, NOW_MS, new_id).find(NOTE.name, UNIT, town.units["province0"])
    return [record.values["first"] for _, record in found]


def test_an_edit_of_a_removed_record_is_answered_with_where_it_went(town: Town, rules: Saying) -> None:
    note, successor = town.noted(first="ash"), town.noted(first="oak")
    town.push(delete(note))
    (plain,) = town.push(edit(note, {"first": "fir"}))
    rules.successor = successor
    (told,) = town.push(edit(note, {"first": "elm"}))
    assert [(answer.code, answer.link) for answer in (plain, told)] == [
        ("record.deleted", b""),
        ("note.moved", successor),
    ]


def test_who_never_had_the_record_is_not_told_where_it_went(town: Town, rules: Saying) -> None:
    note = town.noted("commune2", first="ash")
    town.push(delete(note), actor=town.actor("commune2"))
    rules.successor = note
    (answer,) = town.push(edit(note, {"first": "fir"}))
    assert (answer.code, answer.link) == ("record.unknown", b"")


def test_what_is_refused_is_told_once_beside_what_is_accepted(town: Town, rules: Saying) -> None:
    good, bad = town.note(first="ash"), town.note(first="BAD")
    answers = town.push(bad, good)
    assert [answer.status for answer in answers] == ["refused", "applied"]
    assert (rules.told, above(town)) == (["word.bad"], ["word.bad"])
    assert town.push(bad, good) == answers
    assert (rules.told, above(town)) == (["word.bad"], ["word.bad"])


@pytest.fixture
def device(town: Town, tmp_path: Path) -> Iterator[Device]:
    class Direct:
        def exchange(self, request: bytes) -> Iterator[bytes]:
            yield from town.server.exchange(town.actor("commune0", "an", "an"), request)

    units = (town.units["commune0"],)
    device = Device("an", units, tmp_path / "device.db", random.Random(1), new_id, lambda: NOW_MS, Direct())
    yield device
    device.restart()


def test_what_waits_of_a_record_can_be_sent_after_everything_else_but_a_new_record_keeps_its_place(
    town: Town, device: Device
) -> None:
    old = town.noted(first="ash")
    device.sync()
    new, last = new_id(), new_id()
    with device.write() as conn:
        device.replica.edit(conn, NOTE.name, old, {"first": "fir"}, device.author)
        for note in (new, last):
            device.replica.create(conn, NOTE.name, note, {UNIT: town.units["commune0"], "first": "x"}, device.author)
        for note in (old, new):
            device.replica.send_last(conn, NOTE.name, note)
        waiting = [row[0] for row in conn.exec_driver_sql("SELECT record_id FROM sync_outbox ORDER BY seq").all()]
    assert waiting == [new, last, old]
    device.sync()
    assert town.values(old)["first"] == "fir"


def test_a_removal_over_a_waiting_edit_is_from_who_removed(town: Town, device: Device) -> None:
    note = town.noted(first="ash")
    device.sync()
    with device.write() as conn:
        device.replica.edit(conn, NOTE.name, note, {"first": "fir"}, Author("an", "Máy 1", "form", group="g1"))
        device.replica.delete(conn, NOTE.name, note, Author("binh", "Máy 1", "list", reason="twice", group="g2"))
        (line,) = store.lines(conn, NOTE.name, note).values()
    assert (line.account, line.channel, line.reason, line.group_id) == ("binh", "list", "twice", "g2")
