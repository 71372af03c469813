"""Real devices with encrypted files against the central server over HTTP: what they hold in the end."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from central_world import CEREMONY, DECISION, GOOD, PERSON, Centre, SetClock, on_both_stores, served
from typing_extensions import override

from sync.server.database import run
from yum_desktop.domain.cases.admission import Action, State
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


def test_s164_a_copied_file_is_told_and_becomes_a_device_of_its_own(
    centre: Centre, device: Opener, tmp_path: Path
) -> None:
    """Each refresh token is used once, so whoever comes second with one is found out within its short life."""
    centre.account("xa-nha")
    one = device("xa-nha", "một")
    member = commands.add_member(one, UUID(bytes=centre.units["thon"]), {"full_name": "Nông Thị Nhà"})
    one.close()
    shutil.copy(tmp_path / "một.db", tmp_path / "bản-sao.db")
    one, twin = (Registry.open(tmp_path / name, KEY, clock=centre.clock) for name in ("một.db", "bản-sao.db"))
    commands.set_member(twin, member, {"phone": "0912345678"})
    for _ in range(2):
        centre.clock.pass_by(hours=1)
        assert syncing.sync(one).status == "done"
    report = syncing.sync(twin)
    assert (report.status, report.error_code, len(queries.pending(twin))) == ("failed", "auth.copied", 1)
    syncing.sign_in_again(twin, GOOD)
    assert twin.identity.device_id != one.identity.device_id
    for registry in (twin, one, twin):
        centre.clock.pass_by(hours=1)
        assert syncing.sync(registry).status == "done"
    assert {line.code for line in queries.pending(twin)} <= {"record.exists"}
    one.close()
    twin.close()


def test_s255_s256_a_wrong_clock_is_shown_with_and_without_a_connection(
    centre: Centre, device: Opener, tmp_path: Path
) -> None:
    centre.account("xa-nha")
    device("xa-nha", "một").close()

    def shown(*, off: timedelta, sync: bool) -> tuple[str | None, str]:
        one = Registry.open(tmp_path / "một.db", KEY, clock=SetClock(centre.clock.now() + off))
        assert not sync or syncing.sync(one).status == "done"
        state = queries.sync_state(one)
        one.close()
        assert state.error_code == state.clock
        return state.clock, state.error_text or ""

    assert shown(off=timedelta(), sync=True) == (None, "")
    code, text = shown(off=timedelta(minutes=6), sync=True)
    assert (code, "6 phút" in text) == ("clock.wrong", True)
    assert shown(off=timedelta(days=-30), sync=False)[0] == "clock.behind"
    assert shown(off=timedelta(minutes=-4), sync=True) == (None, "")


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


def test_s284_a_device_is_rebuilt_from_the_server(centre: Centre, device: Opener) -> None:
    centre.account("xa-nha")
    one = device("xa-nha", "một")
    unit = UUID(bytes=centre.units["thon"])
    members = [commands.add_member(one, unit, {"full_name": "Nông Thị Nhà"}) for _ in range(3)]
    syncing.sync(one)
    commands.set_member(one, members[0], {"phone": "0912345678"})
    with one.write() as conn:
        conn.exec_driver_sql("DELETE FROM member WHERE id = ?", (members[1].bytes,))
    report = syncing.sync(one, anew=syncing.Anew.TRUST_SERVER)
    assert (report.status, report.pushed["applied"], report.offered) == ("done", 1, 0)
    assert agrees(centre, one, "xa")


def test_s281_a_restored_server_gets_back_what_it_has_lost(centre: Centre, device: Opener) -> None:
    centre.account("xa-nha")
    one = device("xa-nha", "một")
    unit = UUID(bytes=centre.units["thon"])
    kept = commands.add_member(one, unit, {"full_name": "Nông Thị Nhà"})
    syncing.sync(one)
    lost = commands.add_member(one, unit, {"full_name": "Lò Văn Mất"})
    syncing.sync(one)
    with centre.server.database.write() as conn:  # as after a restore from between the two
        run(conn, "DELETE FROM member WHERE id = ?", (lost.bytes,))
        run(conn, "DELETE FROM sync_log WHERE record_id = ?", (lost.bytes,))
        run(
            conn, "UPDATE sync_position SET pos = (SELECT max(pos) FROM sync_log l WHERE l.shard = sync_position.shard)"
        )
    assert syncing.sync(one).error_code == "server.went_back"
    report = syncing.sync(one, anew=syncing.Anew.OFFER)
    assert (report.status, report.offered, report.pushed["applied"]) == ("done", 1, 1)
    assert {row.member_id for row in queries.member_rows(one, None)} == {kept, lost}
    assert agrees(centre, one, "xa")


def test_s178_what_is_handed_in_and_cancelled_offline_arrives_as_cancelled(centre: Centre, device: Opener) -> None:
    centre.account("chi-doan", "thon")
    centre.account("xa-nha")
    chapter, commune = device("chi-doan", "chi-đoàn"), device("xa-nha", "xã")
    case = drafted(chapter, centre)
    for action in (Action.TRAIN, Action.CALL_MEETING, Action.SUBMIT, Action.CANCEL):
        commands.take_step(chapter, case, action)
    assert syncing.sync(chapter).pushed["refused"] == 0
    syncing.sync(commune)
    assert queries.case(commune, case).row.state == State.CANCELLED
    assert queries.member_rows(commune, None) == []
    assert agrees(centre, commune, "xa")


def test_s188_a_case_closed_while_another_edits_arrives_closed_and_the_edit_is_kept_aside(
    centre: Centre, device: Opener
) -> None:
    centre.account("chi-doan", "thon")
    one, other = device("chi-doan", "một"), device("chi-doan", "hai")
    case = drafted(one, centre)
    syncing.sync(one)
    syncing.sync(other)
    commands.take_step(other, case, Action.CANCEL)
    syncing.sync(other)
    commands.set_case(one, case, {"occupation": "NONG_DAN"})
    assert syncing.sync(one).pushed["refused"] == 1
    assert queries.case(one, case).row.state == State.CANCELLED
    assert [row.code for row in queries.pending(one)] == ["case.closed"]
    stored = centre.record("case", case.bytes)
    assert stored is not None
    assert "NONG_DAN" not in str(stored.values["data"])


def drafted(registry: Registry, centre: Centre) -> UUID:
    person = {name: value for name, value in PERSON.items() if value is None or isinstance(value, str | int)}
    return commands.draft_admission(registry, UUID(bytes=centre.units["thon"]), person)


def everything_in(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))


def test_s310_a_device_that_is_to_be_wiped_sends_what_waits_first_and_says_when_it_is_done(
    centre: Centre, device: Opener, tmp_path: Path
) -> None:
    centre.account("xa-nha")
    one, other = device("xa-nha", "một"), device("xa-nha", "hai")
    unit = UUID(bytes=centre.units["thon"])
    commands.add_member(one, unit, {"full_name": "Nông Thị Nhà"})
    syncing.sync(one)
    member = commands.add_member(one, unit, {"full_name": "Nông Thị Chưa Gửi"})
    (row,) = [row for row in centre.devices.all() if row.name == "một"]
    centre.devices.order_wipe(row.device_id)
    centre.clock.pass_by(hours=1)
    report = syncing.sync(one)
    assert (report.status, report.error_code, report.pushed["applied"]) == ("failed", "auth.wiped", 1)
    assert (one.identity.account, queries.member_rows(one, None), queries.pending(one)) == ("", [], [])
    assert queries.sync_state(one).error_code == "auth.wiped"
    (row,) = [row for row in centre.devices.all() if row.name == "một"]
    assert (row.wipe, row.revoked_at is not None) == ("done", True)
    with pytest.raises(InputError, match=r"sync\.not_enrolled"):
        syncing.sync(one)
    assert syncing.sync(other).status == "done"
    assert member in {row.member_id for row in queries.member_rows(other, None)}
    one.close()
    assert len(everything_in(tmp_path / "một.db")) < len(everything_in(tmp_path / "hai.db"))
    reopened = Registry.open(tmp_path / "một.db", KEY, clock=centre.clock)
    assert reopened.identity.account == ""
    reopened.close()


def test_s310_without_a_line_the_data_is_gone_and_the_server_hears_of_it_later(centre: Centre, device: Opener) -> None:
    centre.account("xa-nha")
    one = device("xa-nha", "một")
    commands.add_member(one, UUID(bytes=centre.units["thon"]), {"full_name": "Nông Thị Nhà"})
    (row,) = centre.devices.all()
    centre.devices.order_wipe(row.device_id)
    lost = Losing("/auth/wiped")
    assert syncing.sync(one, transport=lost).error_code == "auth.wiped"
    assert (one.identity.server, centre.devices.all()[0].wipe) == ("", "ordered")
    assert syncing.sync(one).error_code == "auth.wiped"
    assert centre.devices.all()[0].wipe == "done"
    with pytest.raises(InputError, match=r"device\.unknown"):
        centre.devices.order_wipe(UUID(int=5))


class Losing(httpx.HTTPTransport):
    """A line that loses the requests for one path."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path_lost = path

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == self._path_lost:
            raise httpx.ConnectError("lost", request=request)
        return super().handle_request(request)
