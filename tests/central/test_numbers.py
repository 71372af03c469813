"""What a device hints with about numbers of other units: who gets it, how it is renewed, what it tells and what not."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from central_world import GOOD, Centre, SetClock, on_both_stores, served

from sync.protocol.kinds import Values
from yum_desktop.central import store
from yum_desktop.central.accounts import Role
from yum_desktop.domain.errors import UnavailableError
from yum_desktop.registry import commands, numbers, queries, syncing
from yum_desktop.registry.clock import new_id
from yum_desktop.registry.engine import Registry
from yum_desktop.ui.desk import sync_now

pytestmark = on_both_stores

KEY = bytes(range(32))
Opener = Callable[[str], Registry]
THEIRS, OURS, NOBODYS, LEFT = "008205001234", "008205005678", "008205009999", "008205004321"


@pytest.fixture
def device(centre: Centre, tmp_path: Path) -> Iterator[Opener]:
    """Give a function that enrols a device for an account and synchronises it."""
    opened: list[Registry] = []
    with served(centre) as url:

        def enrolled(account: str) -> Registry:
            registry = Registry.open(tmp_path / f"{account}-{len(opened)}.db", KEY, clock=centre.clock)
            opened.append(registry)
            syncing.enrol(registry, server=url, account=account, password=GOOD, device_name="Máy")
            assert syncing.sync(registry).status == "done"
            return registry

        yield enrolled
        for registry in opened:
            registry.close()


def person(centre: Centre, number: str, unit: str, **more: str) -> None:
    with centre.server.transaction() as tx:
        values: Values = {"unit_id": centre.units[unit], "full_name": "Ai Đó", "id_number": number, **more}
        tx.insert("member", new_id().bytes, values, store.SEED)


@pytest.fixture
def commune(centre: Centre, device: Opener) -> Registry:
    person(centre, THEIRS, "thon-ben")
    person(centre, OURS, "thon")
    person(centre, LEFT, "thon-ben", status="DA_CHUYEN_DI")
    centre.account("xa-nha")
    return device("xa-nha")


def test_a_number_of_another_commune_is_hinted_at_and_ours_and_unknown_ones_are_not(
    centre: Centre, commune: Registry
) -> None:
    assert not numbers.perhaps_elsewhere(commune, THEIRS)
    assert numbers.is_due(commune)
    assert numbers.renew(commune)
    assert not numbers.is_due(commune)
    hinted = [numbers.perhaps_elsewhere(commune, number) for number in (THEIRS, OURS, NOBODYS, LEFT, "", None)]
    assert hinted == [True, False, False, False, False, False]
    assert numbers.those_elsewhere(commune, [THEIRS, OURS, NOBODYS]) == {THEIRS}
    assert queries.digest(commune) == centre.server.digest((centre.units["xa"],))[0]


def test_the_record_that_is_being_typed_does_not_hide_the_hint(centre: Centre, commune: Registry) -> None:
    numbers.renew(commune)
    unit = UUID(bytes=centre.units["thon"])
    typed = commands.add_member(commune, unit, {"full_name": "Nông Thị Nhà", "id_number": THEIRS})
    assert numbers.perhaps_elsewhere(commune, THEIRS, member_id=typed)
    assert not numbers.perhaps_elsewhere(commune, THEIRS)
    ours = next(row.member_id for row in queries.member_rows(commune, None) if row.id_number == OURS)
    assert not numbers.perhaps_elsewhere(commune, OURS, member_id=ours)
    commands.set_member(commune, ours, {"id_number": NOBODYS})
    assert not numbers.perhaps_elsewhere(commune, NOBODYS, member_id=ours)


def test_it_is_fetched_again_only_when_it_has_changed_and_not_more_than_once_a_day(
    centre: Centre, commune: Registry
) -> None:
    assert numbers.renew(commune)
    assert not numbers.renew(commune)
    centre.clock.pass_by(days=8)
    assert numbers.is_due(commune)
    person(centre, NOBODYS, "thon-ben")
    assert numbers.renew(commune)
    assert numbers.perhaps_elsewhere(commune, NOBODYS)
    assert not numbers.is_due(commune)


def test_an_exchange_neither_fetches_it_nor_counts_it(centre: Centre, commune: Registry) -> None:
    """The budget of an idle exchange is some hundred bytes; the set is asked for by itself."""
    report = syncing.sync(commune)
    assert report.bytes_down < 400
    assert numbers.state(commune)["numbers"] is None


def test_who_only_looks_and_who_sees_everybody_get_none(centre: Centre, device: Opener) -> None:
    person(centre, THEIRS, "thon-ben")
    centre.account("xa-xem", role=Role.VIEWER)
    centre.account("tw-nha", "tw")
    looks, sees = device("xa-xem"), device("tw-nha")
    assert not numbers.is_due(looks)
    numbers.renew(looks)
    numbers.renew(sees)
    assert [numbers.state(r)["bytes"] for r in (looks, sees)] == [0, 0]


def test_two_devices_of_a_province_get_one_set_and_nobody_gets_it_without_a_token(
    centre: Centre, commune: Registry, device: Opener
) -> None:
    centre.account("xa-ben", "xa-ben")
    other = device("xa-ben")
    for r in (commune, other):
        numbers.renew(r)
    with commune.read() as one, other.read() as two:
        sql = "SELECT value FROM setting WHERE key = 'numbers'"
        assert one.exec_driver_sql(sql).scalar_one() == two.exec_driver_sql(sql).scalar_one()
    assert httpx.get(f"{commune.identity.server}/numbers").status_code == 401


def test_a_line_that_fails_damaged_data_and_a_person_who_stops_leave_the_old_set(
    centre: Centre, commune: Registry
) -> None:
    numbers.renew(commune)

    def damaged(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"YNF1 but no more")

    def gone(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no line")

    for answer, code in ((damaged, "message.damaged"), (gone, "server.unreachable")):
        with pytest.raises(UnavailableError) as caught:
            numbers.renew(commune, transport=httpx.MockTransport(answer))
        assert caught.value.code == code
    person(centre, NOBODYS, "thon-ben")
    centre.clock.pass_by(days=1)
    assert not numbers.renew(commune, cancel=lambda: True)
    assert numbers.perhaps_elsewhere(commune, THEIRS)


def test_an_old_token_is_renewed_first(centre: Centre, commune: Registry) -> None:
    assert isinstance(centre.clock, SetClock)
    centre.clock.pass_by(days=2)
    assert numbers.renew(commune)


def test_the_program_fetches_it_after_an_exchange_and_goes_on_without_it(
    centre: Centre, commune: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = sync_now(commune, lambda _: None, lambda: False)
    assert (ended.status, numbers.state(commune)["numbers"]) == ("done", 2)
    centre.clock.pass_by(days=8)

    def fails(*_: object, **__: object) -> bool:
        raise UnavailableError("server.not_ours", "an older server")

    monkeypatch.setattr(numbers, "renew", fails)
    assert sync_now(commune, lambda _: None, lambda: False).status == "done"
    assert numbers.perhaps_elsewhere(commune, THEIRS)
