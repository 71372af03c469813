"""Conflicts: shown with both versions, settled offline, once."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from commune import HAMLET, arrive

from sync.client import store
from yum_desktop.domain.errors import ConflictError, InputError
from yum_desktop.registry import commands, queries
from yum_desktop.registry.commands import Take
from yum_desktop.registry.engine import Registry

MEMBER, CONFLICT = UUID(int=7_001), UUID(int=8_001)


@pytest.fixture
def disputed(r: Registry) -> Registry:
    arrive(r, "member", MEMBER, {"unit_id": HAMLET.bytes, "full_name": "Lý Thị Học", "phone": "0987000111"})
    fields = [
        {"field": "phone", "base": None, "mine": "0911111111", "theirs": "0987000111", "identifies": False},
        {"field": "born_on", "base": "2005", "mine": "2005-08-12", "theirs": "2005-12-08", "identifies": True},
    ]
    arrive(
        r,
        "conflict",
        CONFLICT,
        {
            "unit_id": HAMLET.bytes,
            "target_kind": "member",
            "target_id": MEMBER.bytes,
            "fields": json.dumps(fields),
            "merged": '["note"]',
            "mine_account": "a",
            "mine_device": "Máy A",
            "mine_at": 1_000,
            "theirs_account": "b",
            "theirs_device": "Máy B",
            "theirs_at": 2_500,
            "status": "open",
        },
    )
    return r


def state(r: Registry) -> str:
    return queries.member_rows(r, None)[0].state


def refuse_all(r: Registry, code: str) -> None:
    with r.write() as conn:
        conn.exec_driver_sql("UPDATE sync_outbox SET status = ?, code = ?", (store.REFUSED, code))


def test_s056_a_conflict_shows_both_versions(disputed: Registry) -> None:
    (row,) = queries.conflicts(disputed)
    assert (row.title, row.unit_name, row.status, row.merged) == ("Lý Thị Học", "thôn Nà Đông", "open", ("note",))
    assert [(f.label, f.base, f.mine, f.theirs, f.identifies) for f in row.fields] == [
        ("Điện thoại", None, "0911111111", "0987000111", False),
        ("Ngày sinh", "2005", "2005-08-12", "2005-12-08", True),
    ]
    assert row.mine_at == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert (row.mine_device, row.theirs_device) == ("Máy A", "Máy B")
    assert queries.member(disputed, MEMBER).conflicts == (CONFLICT,)
    assert queries.sync_state(disputed).conflicts == 1
    assert state(disputed) == "pick"


def test_a_choice_waits_to_be_sent(disputed: Registry) -> None:
    commands.settle_conflict(disputed, CONFLICT, {"phone": Take.MINE, "born_on": "2005-08-02"})
    assert queries.conflicts(disputed) == []
    row = queries.conflict(disputed, CONFLICT)
    assert row.status == "deciding"
    assert row.choice == {"phone": "0911111111", "born_on": "2005-08-02"}
    assert [found.status for found in queries.conflicts(disputed, open_only=False)] == ["deciding"]
    (waiting,) = queries.pending(disputed)
    assert (waiting.kind, waiting.title, waiting.unit_name) == ("conflict", "Lý Thị Học", "thôn Nà Đông")
    with disputed.read() as conn:
        (line,) = store.lines_with(conn, store.PENDING)
    assert json.loads(str(line.line.patch["choice"])) == {
        "phone": {"take": "mine"},
        "born_on": {"value": "2005-08-02"},
    }
    assert state(disputed) == "ok"


def test_every_field_must_be_chosen(disputed: Registry) -> None:
    with pytest.raises(InputError) as caught:
        commands.settle_conflict(disputed, CONFLICT, {"phone": Take.THEIRS})
    assert (caught.value.code, caught.value.field) == ("conflict.incomplete", "born_on")
    assert queries.pending(disputed) == []


def test_a_conflict_is_settled_once(disputed: Registry) -> None:
    choice = {"phone": Take.MINE, "born_on": Take.THEIRS}
    commands.settle_conflict(disputed, CONFLICT, choice)
    with pytest.raises(ConflictError) as caught:
        commands.settle_conflict(disputed, CONFLICT, choice)
    assert caught.value.code == "conflict.already_settled"


def test_a_choice_that_was_refused_is_open_again_and_can_be_made_again(disputed: Registry) -> None:
    choice = {"phone": Take.MINE, "born_on": Take.THEIRS}
    commands.settle_conflict(disputed, CONFLICT, choice)
    refuse_all(disputed, "conflict.moved_on")
    assert [row.status for row in queries.conflicts(disputed)] == ["open"]
    assert queries.sync_state(disputed).conflicts == 1
    commands.settle_conflict(disputed, CONFLICT, choice)
    assert [row.status for row in queries.pending(disputed)] == ["pending"]
    assert queries.conflict(disputed, CONFLICT).status == "deciding"


def test_a_choice_can_be_taken_back_before_it_is_sent(disputed: Registry) -> None:
    commands.settle_conflict(disputed, CONFLICT, {"phone": Take.MINE, "born_on": Take.THEIRS})
    group = commands.last_group(disputed)
    assert group is not None
    commands.undo(disputed, group)
    assert queries.pending(disputed) == []
    assert queries.conflict(disputed, CONFLICT).status == "open"


def test_an_unknown_conflict_is_told(disputed: Registry) -> None:
    for ask in (
        lambda: commands.settle_conflict(disputed, UUID(int=404), {}),
        lambda: queries.conflict(disputed, UUID(int=404)),
    ):
        with pytest.raises(InputError) as caught:
            ask()
        assert caught.value.code == "conflict.unknown"


def test_s033_one_choice_for_all_leaves_what_identifies_a_person(disputed: Registry) -> None:
    fields = [{"field": "phone", "base": None, "mine": "1", "theirs": "2", "identifies": False}]
    for number in range(300):
        arrive(
            disputed, "conflict", UUID(int=9_000 + number),
            {
                "unit_id": HAMLET.bytes, "target_kind": "member", "target_id": MEMBER.bytes,
                "fields": json.dumps(fields), "status": "open", "mine_at": 1, "theirs_at": 1,
            },
        )  # fmt: skip
    done = commands.settle_all(disputed, Take.THEIRS)
    assert (done.settled, done.left) == (300, 1)
    assert [row.conflict_id for row in queries.conflicts(disputed)] == [CONFLICT]
    again = commands.settle_all(disputed, Take.MINE)
    assert (again.settled, again.left) == (0, 1)
    waiting = [row for row in queries.pending(disputed) if row.kind == "conflict"]
    assert len(waiting) == 300
    commands.undo(disputed, done.group)
    assert len(queries.conflicts(disputed)) == 301


def test_a_settlement_that_was_sent_is_not_taken_back(disputed: Registry) -> None:
    with disputed.write() as conn:
        conn.exec_driver_sql("UPDATE conflict SET fields = replace(fields, 'true', 'false')")
    done = commands.settle_all(disputed, Take.MINE)
    assert done.settled == 1
    with disputed.write() as conn:
        store.freeze(conn, 10)
    assert commands.undo(disputed, done.group) == 0
    (row,) = [row for row in queries.pending(disputed) if row.kind == "conflict"]
    assert row.status == "in_flight"
