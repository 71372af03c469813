"""Units move between communes while devices are away: what the operator sees, and what becomes of the work."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from central_world import GOOD, PERSON, Centre, create, edit, on_both_stores, served

from sync.protocol.messages import PROTOCOL_VERSION, Request, encode
from yum_desktop.central import moving
from yum_desktop.central.opened import Central
from yum_desktop.domain.cases.admission import Action
from yum_desktop.domain.errors import InputError
from yum_desktop.registry import commands, handovers, queries, syncing
from yum_desktop.registry.engine import Registry

Opener = Callable[[str, str], Registry]
KEY = bytes(range(32))


@pytest.fixture
def device(centre: Centre, tmp_path: Path) -> Iterator[Opener]:
    """Give a function that enrols a new device for an account."""
    opened: list[Registry] = []
    with served(centre) as url:

        def enrolled(account: str, name: str) -> Registry:
            registry = Registry.open(tmp_path / f"{name}.db", KEY, clock=centre.clock)
            opened.append(registry)
            syncing.enrol(registry, server=url, account=account, password=GOOD, device_name=name)
            assert syncing.sync(registry).status == "done"
            return registry

        yield enrolled
        for registry in opened:
            registry.close()


def moved(centre: Centre, unit: str = "thon", under: str = "xa-ben", *, preview: bool = False) -> list[moving.Touched]:
    central = Central(centre.server, centre.accounts, centre.devices)
    return moving.move(central, centre.units[unit], centre.units[under], preview=preview)


def agrees(centre: Centre, registry: Registry, unit: str) -> bool:
    digest, counts = centre.server.digest((centre.units[unit],))
    return (queries.digest(registry), queries.row_counts(registry)) == (digest, counts)


def exchanged(*registries: Registry) -> None:
    for registry in registries:
        report = syncing.sync(registry)
        assert (report.status, report.pushed["refused"]) == ("done", 0)


def test_s117_a_move_shows_beforehand_whose_devices_it_touches_and_what_they_kept(
    centre: Centre, device: Opener
) -> None:
    for account, unit in (("xa-nha", "xa"), ("xa-ben", "xa-ben"), ("tinh", "tinh"), ("chi-doan", "thon")):
        centre.account(account, unit)
    one = device("xa-nha", "một")
    for account in ("xa-ben", "tinh", "chi-doan"):
        device(account, f"máy {account}")
    for name in ("Nông Thị Nhà", "Nông Thị Khác"):
        commands.add_member(one, UUID(bytes=centre.units["thon"]), {"full_name": name, "id_number": "008305001234"})
    syncing.sync(one)
    assert len([row for row in queries.pending(one) if row.status == "refused"]) == 1
    syncing.sync(one)
    seen = moved(centre, preview=True)
    assert [(row.account, row.device, row.waiting, row.loses, row.gains) for row in seen] == [
        ("xa-nha", "một", 1, 1, 0), ("chi-doan", "máy chi-doan", 0, 0, 0), ("xa-ben", "máy xa-ben", 0, 0, 1),
    ]  # fmt: skip
    assert all(row.seen_at is not None for row in seen)
    record = centre.record("unit", centre.units["thon"])
    assert record is not None
    assert record.values["parent_id"] == centre.units["xa"]
    assert moved(centre) == seen
    record = centre.record("unit", centre.units["thon"])
    assert record is not None
    assert record.values["parent_id"] == centre.units["xa-ben"]


def test_a_device_that_never_exchanged_has_an_unknown_count(centre: Centre) -> None:
    centre.account("xa-nha")
    centre.devices.enrol("xa-nha", GOOD, device_name="mới")
    (row,) = moved(centre, preview=True)
    assert row.waiting is None


@pytest.mark.parametrize(
    ("unit", "under", "code"),
    [("xa", "thon", "unit.cycle"), ("thon", "xa", "unit.there"), ("xa", "thon-ben", "unit.level")],
)
def test_a_move_that_makes_no_tree_is_refused(centre: Centre, unit: str, under: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        moved(centre, unit, under)
    assert caught.value.code == code


def test_s090_work_of_a_commune_on_a_unit_that_moved_is_decided_by_the_other_commune(
    centre: Centre, device: Opener
) -> None:
    centre.account("xa-nha")
    centre.account("xa-ben", "xa-ben")
    thon = UUID(bytes=centre.units["thon"])
    old, new = device("xa-nha", "một"), device("xa-ben", "hai")
    people = [commands.add_member(old, thon, {"full_name": f"Nông Thị {n}"}) for n in ("Một", "Hai", "Ba")]
    exchanged(old)
    for person, phone in zip(people, ("0912345671", "0912345672", "0912345673"), strict=True):
        commands.set_member(old, person, {"phone": phone})
    made = commands.add_member(old, thon, {"full_name": "Lý Thị Mới"})
    moved(centre)
    exchanged(new, old)
    assert queries.pending(old) == []
    assert [(row.title, row.to_name, row.state) for row in handovers.mine(old)] == [
        ("Lý Thị Mới", "Đơn vị thon", "waiting"), ("Nông Thị Ba", "Đơn vị thon", "waiting"),
        ("Nông Thị Hai", "Đơn vị thon", "waiting"), ("Nông Thị Một", "Đơn vị thon", "waiting"),
    ]  # fmt: skip
    exchanged(new)
    received = {row.title: row for row in handovers.received(new)}
    assert {row.from_name for row in received.values()} == {"Đơn vị xa"}
    handovers.accept(new, received["Nông Thị Một"].handover_id)
    handovers.accept(new, received["Nông Thị Hai"].handover_id, {"phone": "0912345699"})
    handovers.give_back(new, received["Nông Thị Ba"].handover_id, "Đã có số khác")
    handovers.accept(new, received["Lý Thị Mới"].handover_id)
    exchanged(new, new, old)
    shown = {row.full_name: row.phone for row in queries.member_rows(new, None)}
    assert shown == {
        "Nông Thị Một": "0912345671", "Nông Thị Hai": "0912345699", "Nông Thị Ba": None, "Lý Thị Mới": None,
    }  # fmt: skip
    assert {row.title: (row.state, row.edited, row.why) for row in handovers.mine(old)} == {
        "Nông Thị Một": ("accepted", False, ""), "Nông Thị Hai": ("accepted", True, ""),
        "Nông Thị Ba": ("returned", False, "Đã có số khác"), "Lý Thị Mới": ("accepted", False, ""),
    }  # fmt: skip
    assert queries.sync_state(old).handed_over == 1
    assert agrees(centre, old, "xa")
    assert agrees(centre, new, "xa-ben")
    assert queries.member(new, made).values["full_name"] == "Lý Thị Mới"


def test_what_is_accepted_must_hold_the_same_rules_as_any_other_work(centre: Centre, device: Opener) -> None:
    centre.account("xa-nha")
    centre.account("xa-ben", "xa-ben")
    old, new = device("xa-nha", "một"), device("xa-ben", "hai")
    commands.add_member(new, UUID(bytes=centre.units["thon-ben"]), {"full_name": "A Một", "id_number": "008305001234"})
    exchanged(new)
    thon = UUID(bytes=centre.units["thon"])
    commands.add_member(old, thon, {"full_name": "A Hai", "id_number": "008305001234"})
    moved(centre)
    exchanged(old, new)
    (row,) = handovers.received(new)
    handovers.accept(new, row.handover_id)
    assert syncing.sync(new).pushed["refused"] == 1
    (row,) = handovers.received(new)
    assert row.problem is not None
    assert (row.problem.code, row.blamed) == ("identity.duplicate", "id_number")
    handovers.accept(new, row.handover_id, {"id_number": "008305001235"})
    exchanged(new)
    assert sorted(found.full_name for found in queries.member_rows(new, None)) == ["A Hai", "A Một"]


def test_a_draft_case_is_handed_over_but_a_step_that_somebody_took_is_refused(centre: Centre, device: Opener) -> None:
    centre.account("xa-nha")
    centre.account("xa-ben", "xa-ben")
    old, new = device("xa-nha", "một"), device("xa-ben", "hai")
    person = {name: value for name, value in PERSON.items() if value is None or isinstance(value, str | int)}
    case = commands.draft_admission(old, UUID(bytes=centre.units["thon"]), person)
    commands.take_step(old, case, Action.TRAIN)
    moved(centre)
    report = syncing.sync(old)
    assert (report.pushed["handed_over"], report.pushed["refused"]) == (1, 1)
    (refused,) = [row for row in queries.pending(old) if row.status == "refused"]
    assert (refused.kind, refused.code) == ("case_step", "scope.forbidden")
    exchanged(new)
    (row,) = handovers.received(new)
    assert row.title == "Ma Văn Thử"
    handovers.accept(new, row.handover_id)
    exchanged(new)
    assert queries.case(new, case).row.state == "NHAP"
    commands.take_step(new, case, Action.TRAIN)
    exchanged(new)


@on_both_stores
def test_rules_see_a_decision_as_the_work_of_who_decides(centre: Centre) -> None:
    old, new = centre.actor("xa-nha", "xa"), centre.actor("xa-ben", "xa-ben")
    list(centre.server.exchange(old, _request()))
    unit = centre.units["thon"]
    made = create("member", {"unit_id": unit, "full_name": "Nông Thị Nhà"})
    centre.push(old, made)
    list(centre.server.exchange(old, _request()))
    moved(centre)
    (answer,) = centre.push(old, edit("member", made.record_id, {"phone": "không phải số", "born_on": "2031-01"}, 1))
    assert answer.status == "handed_over"
    (box,) = [r for r in centre.records("handover", "target_id", made.record_id) if r.values["side"] == "receiver"]
    with centre.server.transaction() as tx:
        ((box_id, _),) = [
            found for found in tx.find("handover", "side", "receiver") if found[1].values["twin"] == box.values["twin"]
        ]
    (refused,) = centre.push(new, edit("handover", box_id, {"state": "accepted"}, 1))
    assert (refused.status, refused.code, refused.field) == ("refused", "date.future", "born_on")
    choice = json.dumps({"rev": 1, "values": {"born_on": "2007"}})
    (taken,) = centre.push(new, edit("handover", box_id, {"state": "accepted", "choice": choice}, 1))
    assert taken.status == "applied"
    record = centre.record("member", made.record_id)
    assert record is not None
    assert record.values["born_on"] == "2007"


def _request() -> bytes:
    return encode(Request(PROTOCOL_VERSION, 0))
