"""Real devices with encrypted files against the central server over HTTP: what they hold in the end."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from central_world import CEREMONY, DECISION, GOOD, PERSON, Centre, on_both_stores, served

from yum_desktop.domain.cases.admission import Action
from yum_desktop.domain.errors import InputError
from yum_desktop.registry import commands, queries, syncing
from yum_desktop.registry.engine import Registry

pytestmark = on_both_stores

KEY = bytes(range(32))
Opener = Callable[[str, str], Registry]


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


def agrees(centre: Centre, registry: Registry, unit: str) -> bool:
    digest, counts = centre.server.digest((centre.units[unit],))
    return (queries.digest(registry), queries.row_counts(registry)) == (digest, counts)


def test_two_devices_of_a_commune_and_the_server_show_the_same_digest(centre: Centre, device: Opener) -> None:
    centre.account("xa-nha")
    one, other = device("xa-nha", "một"), device("xa-nha", "hai")
    member = commands.add_member(one, UUID(bytes=centre.units["thon"]), {"full_name": "Nông Thị Nhà"})
    syncing.sync(one)
    syncing.sync(other)
    commands.set_member(one, member, {"phone": "0912345678"})
    commands.set_member(other, member, {"born_on": "2005"})
    for registry in (one, other, one):
        assert syncing.sync(registry).status == "done"
    assert agrees(centre, one, "xa")
    assert agrees(centre, other, "xa")
    detail = queries.member(one, member)
    assert (detail.values["phone"], detail.values["born_on"]) == ("0912345678", "2005")


def test_s150_a_number_taken_meanwhile_stays_on_the_device_with_the_reason(centre: Centre, device: Opener) -> None:
    centre.account("xa-nha")
    one, other = device("xa-nha", "một"), device("xa-nha", "hai")
    unit = UUID(bytes=centre.units["thon"])
    commands.add_member(one, unit, {"full_name": "Nông Thị Nhà", "id_number": "008305001234"})
    commands.add_member(other, unit, {"full_name": "Nông Thị Khác", "id_number": "008305001234"})
    syncing.sync(one)
    report = syncing.sync(other)
    assert report.pushed["refused"] == 1
    (waiting,) = [row for row in queries.pending(other) if row.code == "identity.duplicate"]
    assert "Nông Thị Nhà" in str(waiting.text)


def test_an_admission_goes_from_the_chapter_to_the_commune_and_back(centre: Centre, device: Opener) -> None:
    centre.account("chi-doan", "thon")
    centre.account("xa-nha")
    chapter, commune = device("chi-doan", "chi-đoàn"), device("xa-nha", "xã")
    person = {name: value for name, value in PERSON.items() if value is None or isinstance(value, str | int)}
    case = commands.draft_admission(chapter, UUID(bytes=centre.units["thon"]), person)
    for action in (Action.TRAIN, Action.CALL_MEETING, Action.SUBMIT):
        commands.take_step(chapter, case, action)
    assert syncing.sync(chapter).pushed["refused"] == 0
    syncing.sync(commune)
    commands.set_case(commune, case, {name: str(value) for name, value in DECISION.items()})
    commands.take_step(commune, case, Action.APPROVE)
    assert syncing.sync(commune).pushed["refused"] == 0
    syncing.sync(chapter)
    commands.set_case(chapter, case, {name: str(value) for name, value in CEREMONY.items()})
    commands.take_step(chapter, case, Action.HOLD_CEREMONY)
    assert syncing.sync(chapter).pushed["refused"] == 0
    assert [row.full_name for row in queries.member_rows(chapter, None)] == ["Ma Văn Thử"]
    syncing.sync(commune)
    assert agrees(centre, chapter, "thon")
    assert agrees(centre, commune, "xa")


def test_s304_a_device_whose_access_token_is_old_renews_it_by_itself(centre: Centre, device: Opener) -> None:
    centre.account("xa-nha")
    one = device("xa-nha", "một")
    for _ in range(3):
        centre.clock.pass_by(days=1)
        assert syncing.sync(one).status == "done"


def test_a_revoked_device_is_told_so_and_keeps_what_it_has(centre: Centre, device: Opener) -> None:
    centre.account("xa-nha")
    one = device("xa-nha", "một")
    commands.add_member(one, UUID(bytes=centre.units["thon"]), {"full_name": "Nông Thị Nhà"})
    centre.devices.revoke(centre.devices.all()[0].device_id)
    report = syncing.sync(one)
    assert (report.status, report.error_code) == ("failed", "auth.revoked")
    assert len(queries.pending(one)) == 1


def test_a_first_password_is_changed_from_the_device(centre: Centre, tmp_path: Path) -> None:
    centre.account("xa-nha", must_change=True)
    registry = Registry.open(tmp_path / "một.db", KEY, clock=centre.clock)
    other = "suối chảy qua bản 31"
    with served(centre) as url:
        with pytest.raises(InputError, match=r"auth\.default_password"):
            syncing.enrol(registry, server=url, account="xa-nha", password=GOOD, device_name="một")
        syncing.change_password(server=url, account="xa-nha", password=GOOD, new_password=other)
        syncing.enrol(registry, server=url, account="xa-nha", password=other, device_name="một")
    assert registry.identity.account == "xa-nha"
    registry.close()
