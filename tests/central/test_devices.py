"""Devices: access tokens, the rotation of refresh tokens, revocation."""

import pytest
from central_world import GOOD, Centre, on_both_stores

from yum_desktop.central.accounts import Role
from yum_desktop.central.denials import DeniedError
from yum_desktop.central.devices import Enrolment
from yum_desktop.central.tokens import ACCESS_SECONDS, SECRET_SIZE_BYTES, AccessTokens
from yum_desktop.domain.errors import InputError
from yum_desktop.registry.clock import new_id

KEY = AccessTokens(bytes(range(SECRET_SIZE_BYTES)))
DEVICE = bytes(range(16))
NOW_S = 1_800_000_000


def enrolled(centre: Centre, name: str = "xa-02269", device: str = "Máy văn phòng") -> Enrolment:
    return centre.devices.enrol(name, GOOD, device_name=device)


def code_of_refresh(centre: Centre, token: str) -> str:
    with pytest.raises(DeniedError) as caught:
        centre.devices.refresh(token)
    return caught.value.code


def code_of_access(centre: Centre, token: str) -> str:
    with pytest.raises(DeniedError) as caught:
        centre.devices.authenticate(token)
    return caught.value.code


def test_an_access_token_is_short_and_names_its_device() -> None:
    token = KEY.sign(DEVICE, now_s=NOW_S)
    assert len(token) <= 60
    assert KEY.device_of(token, now_s=NOW_S) == DEVICE


def test_an_access_token_is_good_for_its_time_and_not_a_second_longer() -> None:
    token = KEY.sign(DEVICE, now_s=NOW_S)
    assert KEY.device_of(token, now_s=NOW_S + ACCESS_SECONDS - 1) == DEVICE
    with pytest.raises(DeniedError, match=r"auth\.expired"):
        KEY.device_of(token, now_s=NOW_S + ACCESS_SECONDS)


def test_no_letter_of_an_access_token_can_be_changed() -> None:
    token = KEY.sign(DEVICE, now_s=NOW_S)
    for place in range(len(token) - 1):  # the last letter carries bits that are cut off
        other = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(DeniedError):
            KEY.device_of(other, now_s=NOW_S)


@pytest.mark.parametrize("token", ["", "x", "ô" * 59, "=" * 59, "A" * 59, "A" * 64])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(DeniedError, match=r"auth\.expired"):
        KEY.device_of(token, now_s=NOW_S)


def test_another_servers_token_is_refused() -> None:
    other = AccessTokens(bytes(SECRET_SIZE_BYTES))
    with pytest.raises(DeniedError):
        KEY.device_of(other.sign(DEVICE, now_s=NOW_S), now_s=NOW_S)


def test_a_device_gets_the_scope_and_the_role_of_its_account(centre: Centre) -> None:
    centre.account("xa-02269-xem", role=Role.VIEWER)
    actor = centre.devices.authenticate(enrolled(centre, "xa-02269-xem").tokens.access)
    assert (actor.account, actor.device) == ("xa-02269-xem", "Máy văn phòng")
    assert (actor.roots, actor.writes) == ((centre.units["xa"],), False)


@on_both_stores
def test_tokens_outlive_a_restart_of_the_server(centre: Centre) -> None:
    centre.account("xa-02269")
    tokens = enrolled(centre).tokens
    centre.close()
    centre.open()
    assert centre.devices.authenticate(tokens.access).account == "xa-02269"
    assert centre.devices.refresh(tokens.refresh).refresh != tokens.refresh


def test_an_old_access_token_is_renewed_with_the_refresh_token(centre: Centre) -> None:
    centre.account("xa-02269")
    tokens = enrolled(centre).tokens
    centre.clock.pass_by(seconds=ACCESS_SECONDS)
    assert code_of_access(centre, tokens.access) == "auth.expired"
    assert centre.devices.authenticate(centre.devices.refresh(tokens.refresh).access).account == "xa-02269"


@on_both_stores
def test_a_refresh_token_works_again_while_its_successor_was_not_used(centre: Centre) -> None:
    """The answer may have been lost on the way."""
    centre.account("xa-02269")
    first = enrolled(centre).tokens.refresh
    lost = centre.devices.refresh(first).refresh
    second = centre.devices.refresh(first).refresh
    assert code_of_refresh(centre, lost) == "auth.copied"
    assert centre.devices.refresh(second).refresh not in {first, lost, second}


@on_both_stores
def test_s318_a_refresh_token_ends_when_its_successor_was_used(centre: Centre) -> None:
    """A copied laptop holds the old token: only one of the two goes on."""
    centre.account("xa-02269")
    first = enrolled(centre).tokens.refresh
    second = centre.devices.refresh(first).refresh
    third = centre.devices.refresh(second).refresh
    assert code_of_refresh(centre, first) == "auth.copied"
    assert centre.devices.refresh(third).refresh


def test_refresh_tokens_are_not_stored(centre: Centre) -> None:
    centre.account("xa-02269")
    token = enrolled(centre).tokens.refresh
    centre.close()
    stored = b"".join(path.read_bytes() for path in centre.place.parent.iterdir())
    assert len(stored) > 10_000
    assert token.encode() not in stored
    centre.open()


@pytest.mark.parametrize("token", ["", "abc", "A" * 64, "ô" * 64])
def test_an_unknown_refresh_token_is_refused(centre: Centre, token: str) -> None:
    assert code_of_refresh(centre, token) == "auth.expired"


@on_both_stores
def test_a_revoked_device_is_out_at_once(centre: Centre) -> None:
    centre.account("xa-02269")
    one, other = enrolled(centre), enrolled(centre)
    device = next(row for row in centre.devices.all() if row.name == one.device_name)
    centre.devices.revoke(device.device_id)
    assert code_of_access(centre, one.tokens.access) == "auth.revoked"
    assert code_of_refresh(centre, one.tokens.refresh) == "auth.revoked"
    with pytest.raises(DeniedError, match=r"auth\.revoked"):
        centre.devices.enrol("xa-02269", GOOD, device_name="Máy", device_id=device.device_id)
    assert centre.devices.authenticate(other.tokens.access).account == "xa-02269"


@on_both_stores
def test_a_disabled_account_takes_its_devices_along(centre: Centre) -> None:
    centre.account("xa-02269")
    tokens = enrolled(centre).tokens
    centre.accounts.set_active("xa-02269", active=False)
    assert code_of_access(centre, tokens.access) == code_of_refresh(centre, tokens.refresh) == "auth.disabled"


@on_both_stores
def test_a_device_enrolled_again_stays_the_same_and_its_old_tokens_end(centre: Centre) -> None:
    centre.account("xa-02269")
    before = enrolled(centre)
    device_id = centre.devices.all()[0].device_id
    after = centre.devices.enrol("xa-02269", GOOD, device_name="Máy văn phòng", device_id=device_id)
    assert (after.device_id, after.device_name) == (before.device_id, "Máy văn phòng")
    assert code_of_refresh(centre, before.tokens.refresh) == "auth.copied"
    assert len(centre.devices.all()) == 1


def test_the_device_of_another_account_is_another_device(centre: Centre) -> None:
    centre.account("xa-02269")
    centre.account("xa-02266", "xa-ben")
    mine = enrolled(centre)
    device_id = centre.devices.all()[0].device_id
    theirs = centre.devices.enrol("xa-02266", GOOD, device_name="Máy văn phòng", device_id=device_id)
    assert theirs.device_id != mine.device_id
    assert centre.devices.authenticate(mine.tokens.access).roots == (centre.units["xa"],)
    assert centre.devices.authenticate(theirs.tokens.access).roots == (centre.units["xa-ben"],)


@on_both_stores
def test_devices_of_one_account_have_different_names(centre: Centre) -> None:
    centre.account("xa-02269")
    names = [enrolled(centre, device=name).device_name for name in ("Máy", "Máy", "  Máy ", "M\0áy\x07", "", "x" * 99)]
    assert names == ["Máy", "Máy (2)", "Máy (3)", "Máy (4)", "Thiết bị", "x" * 60]


@on_both_stores
def test_the_list_shows_when_a_device_was_seen(centre: Centre) -> None:
    centre.account("xa-02269")
    tokens = enrolled(centre).tokens
    centre.clock.pass_by(minutes=5)
    centre.devices.authenticate(tokens.access)
    (row,) = centre.devices.all("xa-02269")
    assert (row.account, row.seen_at, row.revoked_at) == ("xa-02269", centre.clock.now(), None)


def test_an_unknown_device_cannot_be_revoked(centre: Centre) -> None:
    with pytest.raises(InputError, match=r"device\.unknown"):
        centre.devices.revoke(new_id())
