"""The key of the local file: kept by the operating system's keyring, or made from a passphrase where there is none.

A small file beside the records says which of the two, so that a keyring that appears later changes nothing.
"""

import base64
import contextlib
import json
import logging
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import keyring.backend
from argon2.low_level import Type, hash_secret_raw
from keyring.errors import KeyringError

from yum_desktop.domain.errors import InputError, UnavailableError

log = logging.getLogger(__name__)

SERVICE: Final = "yum-desktop"
PASSPHRASE_ENV: Final = "YUM_PASSPHRASE"  # noqa: S105  # the name of a variable, not its content
"""Where console programs look for the passphrase."""

KEY_SIZE_BYTES: Final = 32
_NOTE: Final = "key.json"
_SALT_SIZE_BYTES: Final = 16
_ROUNDS: Final = 3
_MEMORY_KIB: Final = 64 * 1024
_LANES: Final = 2
_SYSTEM_BACKENDS: Final = (
    "keyring.backends.SecretService",
    "keyring.backends.Windows",
    "keyring.backends.macOS",
    "keyring.backends.kwallet",
    "keyring.backends.libsecret",
)
"""Others (files, prompts on the console) are not asked: they would hang a program without a console."""


class Vault(Protocol):
    """A place of the operating system for secrets. Both methods raise `KeyringError` when it is locked or gone."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return a stored secret."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store a secret."""


def system_vault() -> Vault | None:
    """Return the operating system's keyring; nothing when there is none that works without asking."""
    usable = [
        backend
        for backend in keyring.backend.get_all_keyring()
        if type(backend).__module__.startswith(_SYSTEM_BACKENDS) and backend.priority > 0
    ]
    return max(usable, key=lambda backend: backend.priority, default=None)


def load_key(
    home: Path,
    *,
    passphrase: str | None,
    find_vault: Callable[[], Vault | None] = system_vault,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> bytes:
    """Return the 32 bytes that open the store in `home`; a new store gets its key here.

    A new store is protected by `passphrase` when one is given, else by the keyring.

    Raises:
        InputError: `store.passphrase_needed`.
        UnavailableError: `store.keyring_locked` (the key is in a keyring that does not answer now) or
            `store.key_missing` (it answers and does not have the key).
    """
    note_path = home / _NOTE
    if note_path.exists():
        note = json.loads(note_path.read_text("utf-8"))
        return _from_passphrase(note, passphrase) if note["source"] == "passphrase" else _from_vault(note, find_vault)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if passphrase:
        note = _new_passphrase_note(random_bytes)
        key = _from_passphrase(note, passphrase)
    else:
        note, key = _new_in_vault(find_vault, random_bytes)
    _write(note_path, note)
    return key


def needs_passphrase(home: Path, *, find_vault: Callable[[], Vault | None] = system_vault) -> bool:
    """Return whether `load_key` wants a passphrase: the store has one, or it is new and there is no keyring."""
    note_path = home / _NOTE
    if note_path.exists():
        return bool(json.loads(note_path.read_text("utf-8"))["source"] == "passphrase")
    return find_vault() is None


def _passphrase_needed() -> InputError:
    return InputError("store.passphrase_needed", "Hãy nhập mật khẩu mở dữ liệu trên máy này.", field="passphrase")


def _new_passphrase_note(random_bytes: Callable[[int], bytes]) -> dict[str, object]:
    return {
        "source": "passphrase",
        "salt": base64.b64encode(random_bytes(_SALT_SIZE_BYTES)).decode("ascii"),
        "rounds": _ROUNDS,
        "memory_kib": _MEMORY_KIB,
        "lanes": _LANES,
    }


def _from_passphrase(note: dict[str, object], passphrase: str | None) -> bytes:
    if not passphrase:
        raise _passphrase_needed()
    return hash_secret_raw(
        passphrase.encode("utf-8"),
        base64.b64decode(str(note["salt"])),
        time_cost=int(str(note["rounds"])),
        memory_cost=int(str(note["memory_kib"])),
        parallelism=int(str(note["lanes"])),
        hash_len=KEY_SIZE_BYTES,
        type=Type.ID,
    )


def _new_in_vault(
    find_vault: Callable[[], Vault | None], random_bytes: Callable[[int], bytes]
) -> tuple[dict[str, object], bytes]:
    vault = find_vault()
    if vault is None:
        raise _passphrase_needed()
    name, key = random_bytes(_SALT_SIZE_BYTES).hex(), random_bytes(KEY_SIZE_BYTES)
    try:
        vault.set_password(SERVICE, name, key.hex())
        kept = vault.get_password(SERVICE, name) == key.hex()
    except KeyringError as error:
        log.warning("the keyring does not take the key: %s", type(error).__name__)
        raise _passphrase_needed() from error
    if not kept:
        raise _passphrase_needed()
    return {"source": "keyring", "name": name}, key


def _from_vault(note: dict[str, object], find_vault: Callable[[], Vault | None]) -> bytes:
    vault = find_vault()
    stored = None
    try:
        if vault is not None:
            stored = vault.get_password(SERVICE, str(note["name"]))
    except KeyringError as error:
        raise _keyring_locked() from error
    if vault is None:
        raise _keyring_locked()
    if stored is None:
        raise UnavailableError(
            "store.key_missing", "Kho khóa của máy không còn giữ khóa của dữ liệu này. Hãy khôi phục từ bản sao lưu."
        )
    return bytes.fromhex(stored)


def _keyring_locked() -> UnavailableError:
    return UnavailableError("store.keyring_locked", "Kho khóa của máy chưa mở. Hãy đăng nhập lại vào máy rồi thử lại.")


def _write(path: Path, note: dict[str, object]) -> None:
    """Write the note as a whole or not at all, readable for its owner only."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(note), "utf-8")
    with contextlib.suppress(NotImplementedError):  # not every file system knows owners
        new.chmod(0o600)
    new.replace(path)
