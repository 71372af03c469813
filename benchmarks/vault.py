"""A keyring in a file, which the program takes for one of the operating system's.

So the program opens a store in the way it does on a person's machine, and nothing of it has to be replaced.
"""

from pathlib import Path
from typing import Final

import keyring.backend
from keyring.errors import KeyringError
from typing_extensions import override

_FILE: Final = "vault"


class BenchVault(keyring.backend.KeyringBackend):
    """Keeps the one secret of a home folder."""

    folder: Path = Path()
    priority = 100.0

    @override
    def get_password(self, service: str, username: str) -> str | None:
        """Return a stored secret."""
        path = self.folder / _FILE
        return path.read_text() if path.exists() else None

    @override
    def set_password(self, service: str, username: str, password: str) -> None:
        """Store a secret."""
        (self.folder / _FILE).write_text(password)

    @override
    def delete_password(self, service: str, username: str) -> None:
        """Refuse: nobody asks for it."""
        raise KeyringError(username)


BenchVault.__module__ = "keyring.backends.libsecret.bench"
