"""Work that was handed over: read with what stands there now, decided offline, once."""

import json
from uuid import UUID

import pytest
from commune import HAMLET, arrive, become

from sync.client import store
from sync.core import values as packed
from sync.protocol.kinds import Values
from yum_desktop.domain.errors import ConflictError, InputError
from yum_desktop.registry import commands, handovers, queries
from yum_desktop.registry.engine import Registry

MEMBER, BOX, OWN = UUID(int=7_001), UUID(int=8_001), UUID(int=8_002)


def handed(r: Registry, handover_id: UUID, **values: object) -> None:
    full: Values = {
        "unit_id": HAMLET.bytes,
        "side": "receiver",
        "twin": OWN.bytes,
        "target_kind": "member",
        "target_id": MEMBER.bytes,
        "op": "edit",
        "fields": json.dumps([{"field": "phone", "base": "0987000111", "value": "0911111111"}]),
        "bases": '{"rev":1,"revs":{}}',
        "account": "cu",
        "device": "Máy cũ",
        "at": 1_000,
        "from_name": "Xã Cũ",
        "to_name": "thôn Nà Đông",
        "state": "waiting",
        **values,  # type: ignore[dict-item]  # whatever a test says
    }
    arrive(r, "handover", handover_id, full)


@pytest.fixture
def box(r: Registry) -> Registry:
    values: Values = {"unit_id": HAMLET.bytes, "full_name": "Lý Thị Học", "phone": "0987000222"}
    arrive(r, "member", MEMBER, values, rev=4)
    handed(r, BOX)
    return r


def waiting_line(r: Registry) -> store.Waiting:
    with r.write() as conn:
        (line,) = store.lines_with(conn, store.PENDING)
    return line


def refuse_all(r: Registry, code: str) -> None:
    with r.write() as conn:
        conn.exec_driver_sql("UPDATE sync_outbox SET status = ?, code = ?", (store.REFUSED, code))


def test_received_work_shows_who_wrote_what_and_what_stands_there_now(box: Registry) -> None:
    (row,) = handovers.received(box)
    (field,) = row.fields
    assert (row.title, row.from_name, row.account, row.device, row.state) == (
        "Lý Thị Học", "Xã Cũ", "cu", "Máy cũ", "waiting",
    )  # fmt: skip
    assert (field.field, field.base, field.value, field.now) == ("phone", "0987000111", "0911111111", "0987000222")
    assert (queries.sync_state(box).received, queries.sync_state(box).handed_over) == (1, 0)
    assert handovers.mine(box) == []


def test_accepting_waits_for_the_server_and_changes_no_record_by_itself(box: Registry) -> None:
    handovers.accept(box, BOX)
    assert (waiting_line(box).line.patch, handovers.received(box)) == ({"state": "accepted"}, [])
    assert handovers.handover(box, BOX).state == "deciding"
    assert queries.member(box, MEMBER).values["phone"] == "0987000222"
    (row,) = queries.pending(box)
    assert (row.kind, row.title, row.unit_name) == ("handover", "Lý Thị Học", "thôn Nà Đông")


def test_another_value_says_on_which_revision_it_is_based(box: Registry) -> None:
    handovers.accept(box, BOX, {"phone": " 0933333333 "})
    choice = json.loads(str(waiting_line(box).line.patch["choice"]))
    assert choice == {"rev": 4, "values": {"phone": "0933333333"}}


def test_a_removal_says_which_revision_was_seen(box: Registry) -> None:
    handed(box, UUID(int=8_003), op="delete", fields="[]")
    handovers.accept(box, UUID(int=8_003))
    assert json.loads(str(waiting_line(box).line.patch["choice"])) == {"rev": 4, "values": {}}


def test_another_value_is_checked_like_any_other(box: Registry) -> None:
    for values in ({"id_number": "12"}, {"phon": "1"}):
        with pytest.raises(InputError):
            handovers.accept(box, BOX, values)
    assert queries.pending(box) == []


def test_work_is_returned_with_a_reason_only(box: Registry) -> None:
    with pytest.raises(InputError, match="lý do"):
        handovers.give_back(box, BOX, "  ")
    handovers.give_back(box, BOX, " Đã chuyển trường ")
    assert waiting_line(box).line.patch == {"state": "returned", "why": "Đã chuyển trường"}


def test_a_decision_may_be_another_one_until_it_is_sent(box: Registry) -> None:
    handovers.accept(box, BOX, {"phone": "0933333333"})
    handovers.give_back(box, BOX, "Nhầm người")
    assert waiting_line(box).line.patch == {"state": "returned", "why": "Nhầm người"}


def test_a_refused_decision_is_asked_again_with_what_the_server_said(box: Registry) -> None:
    handovers.accept(box, BOX)
    refuse_all(box, "identity.duplicate")
    (row,) = handovers.received(box)
    assert row.problem is not None
    assert (row.state, row.problem.code, queries.sync_state(box).received) == ("waiting", "identity.duplicate", 1)
    handovers.give_back(box, BOX, "Trùng người")
    assert waiting_line(box).line.patch["state"] == "returned"


def test_what_somebody_else_decided_is_not_decided_again(box: Registry) -> None:
    handed(box, BOX, state="returned", why="x", decided_by="tren")
    with pytest.raises(ConflictError, match="đã có người"):
        handovers.accept(box, BOX)
    assert handovers.received(box) == []
    assert [row.state for row in handovers.received(box, waiting_only=False)] == ["returned"]


def test_who_only_looks_decides_nothing(box: Registry) -> None:
    become(box, own=HAMLET, role="viewer")
    with pytest.raises(InputError, match="chỉ được xem"):
        handovers.accept(box, BOX)


def test_a_new_record_is_shown_by_what_was_written(r: Registry) -> None:
    fields = [{"field": "unit_id", "base": None, "value": packed.plain(HAMLET.bytes)},
              {"field": "full_name", "base": None, "value": "Vàng A Sử"}]  # fmt: skip
    handed(r, BOX, op="create", fields=json.dumps(fields))
    (row,) = handovers.received(r)
    assert (row.title, [field.field for field in row.fields], row.operation) == ("Vàng A Sử", ["full_name"], "create")


def test_own_work_shows_where_it_went_and_why_it_came_back(r: Registry) -> None:
    account = queries.sync_state(r).account
    handed(r, OWN, side="author", twin=BOX.bytes, account=account, fields='[{"field":"phone","value":"0911111111"}]')
    with r.write() as conn:
        conn.exec_driver_sql(
            "INSERT INTO sync_handed VALUES (?, 'member', ?, 'edit', '{}', ?, 1000)",
            (OWN.bytes, MEMBER.bytes, packed.dump({"phone": "0987000111", "full_name": "Lý Thị Học"})),
        )
    (row,) = handovers.mine(r)
    assert (row.title, row.to_name, row.state, row.mine) == ("Lý Thị Học", "thôn Nà Đông", "waiting", True)
    assert [(field.base, field.value, field.now) for field in row.fields] == [("0987000111", "0911111111", None)]
    assert (queries.sync_state(r).received, queries.sync_state(r).handed_over) == (0, 1)
    with pytest.raises(ConflictError, match="Chưa ai"):
        handovers.put_away(r, OWN)
    handed(r, OWN, side="author", twin=BOX.bytes, account=account, state="returned", why="Nhầm", decided_by="tren")
    assert [(row.state, row.why, row.decided_by) for row in handovers.mine(r)] == [("returned", "Nhầm", "tren")]
    handovers.put_away(r, OWN)
    assert handovers.mine(r) == []


def test_own_work_is_in_sight_before_its_hand_over_has_arrived_and_also_after_it_has_gone(r: Registry) -> None:
    with r.write() as conn:
        conn.exec_driver_sql(
            "INSERT INTO sync_handed VALUES (?, 'member', ?, 'edit', ?, '{}', 1000)",
            (OWN.bytes, MEMBER.bytes, packed.dump({"phone": "0911111111"})),
        )
    (row,) = handovers.mine(r)
    assert (row.state, row.fields[0].value, queries.sync_state(r).handed_over) == ("waiting", "0911111111", 1)
    handovers.put_away(r, OWN)
    assert (handovers.mine(r), queries.sync_state(r).handed_over) == ([], 0)


def test_a_colleague_of_the_author_does_not_see_it_as_their_own(r: Registry) -> None:
    handed(r, OWN, side="author", twin=BOX.bytes, account="dong-nghiep")
    assert (handovers.mine(r), handovers.received(r)) == ([], [])


def test_what_is_unknown_is_said(r: Registry) -> None:
    for act in (handovers.handover, handovers.accept, handovers.put_away):
        with pytest.raises(InputError, match="Không còn"):
            act(r, BOX)
    assert commands.last_group(r) is None
