"""The key of the file: from a keyring or from a passphrase."""

import stat
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from commune import opened
from keyring.errors import KeyringError, KeyringLocked, NoKeyringError

from yum_desktop.domain.errors import InputError, UnavailableError
from yum_desktop.registry.keys import KEY_SIZE_BYTES, SERVICE, load_key, needs_passphrase, system_vault


class MemoryVault:
    """A keyring that keeps its secrets in memory, or does not answer."""

    def __init__(self, error: KeyringError | None = None) -> None:
        self.secrets: dict[tuple[str, str], str] = {}
        self.error = error

    def get_password(self, service: str, username: str) -> str | None:
        if self.error is not None:
            raise self.error
        return self.secrets.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.error is not None:
            raise self.error
        self.secrets[service, username] = password


def numbered() -> Iterator[bytes]:
    return (bytes([number]) * 64 for number in count(1))


def nothing() -> None:
    return None


def test_a_keyring_keeps_the_key(tmp_path: Path) -> None:
    vault = MemoryVault()
    key = load_key(tmp_path / "home", passphrase=None, find_vault=lambda: vault)
    assert len(key) == KEY_SIZE_BYTES
    assert [service for service, _ in vault.secrets] == [SERVICE]
    assert load_key(tmp_path / "home", passphrase=None, find_vault=lambda: vault) == key
    assert load_key(tmp_path / "home", passphrase="thừa", find_vault=lambda: vault) == key


def test_s116_s313_two_homes_have_two_keys(tmp_path: Path) -> None:
    vault = MemoryVault()
    one = load_key(tmp_path / "one", passphrase=None, find_vault=lambda: vault)
    two = load_key(tmp_path / "two", passphrase=None, find_vault=lambda: vault)
    assert one != two
    assert len(vault.secrets) == 2


def test_a_passphrase_gives_the_same_key_each_time(tmp_path: Path) -> None:
    key = load_key(tmp_path, passphrase="mây trắng núi xanh", find_vault=nothing)
    assert len(key) == KEY_SIZE_BYTES
    assert load_key(tmp_path, passphrase="mây trắng núi xanh", find_vault=nothing) == key
    assert load_key(tmp_path, passphrase="mây trắng núi xám", find_vault=nothing) != key
    assert needs_passphrase(tmp_path)


def test_the_same_passphrase_gives_another_key_elsewhere(tmp_path: Path) -> None:
    one = load_key(tmp_path / "one", passphrase="mây trắng", find_vault=nothing)
    assert load_key(tmp_path / "two", passphrase="mây trắng", find_vault=nothing) != one


def test_s306_a_wrong_passphrase_does_not_open_the_file(tmp_path: Path) -> None:
    opened(tmp_path / "yum.db", key=load_key(tmp_path, passphrase="đúng", find_vault=nothing)).close()
    with pytest.raises(UnavailableError) as caught:
        opened(tmp_path / "yum.db", key=load_key(tmp_path, passphrase="sai", find_vault=nothing))
    assert caught.value.code == "store.key_wrong"


@pytest.mark.parametrize("vault", [None, MemoryVault(NoKeyringError()), MemoryVault(KeyringLocked())])
def test_without_keyring_and_passphrase_one_is_asked_for(tmp_path: Path, vault: MemoryVault | None) -> None:
    with pytest.raises(InputError) as caught:
        load_key(tmp_path, passphrase=None, find_vault=lambda: vault)
    assert (caught.value.code, caught.value.field) == ("store.passphrase_needed", "passphrase")
    assert list(tmp_path.iterdir()) == []


def test_a_store_with_a_passphrase_keeps_it_when_a_keyring_appears(tmp_path: Path) -> None:
    load_key(tmp_path, passphrase="mây", find_vault=nothing)
    with pytest.raises(InputError):
        load_key(tmp_path, passphrase=None, find_vault=MemoryVault)


def test_s321_a_keyring_that_is_locked_is_told_apart_from_one_without_the_key(tmp_path: Path) -> None:
    load_key(tmp_path, passphrase=None, find_vault=MemoryVault)
    assert problem(tmp_path, None) == "store.keyring_locked"
    assert problem(tmp_path, MemoryVault(KeyringLocked())) == "store.keyring_locked"
    assert problem(tmp_path, MemoryVault()) == "store.key_missing"


def problem(home: Path, vault: MemoryVault | None) -> str:
    with pytest.raises(UnavailableError) as caught:
        load_key(home, passphrase=None, find_vault=lambda: vault)
    return caught.value.code


def test_nobody_else_may_read_what_is_beside_the_file(tmp_path: Path) -> None:
    home = tmp_path / "home"
    key = load_key(home, passphrase="mây", find_vault=nothing, random_bytes=lambda size: next(numbered())[:size])
    (note,) = home.iterdir()
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert key.hex() not in note.read_text("utf-8")


def test_a_machine_without_a_desktop_has_no_vault_that_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    vault = system_vault()
    assert vault is None or type(vault).__module__.startswith("keyring.backends.")
