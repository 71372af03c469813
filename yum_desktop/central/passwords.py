"""Passwords: which are refused, how they are kept, how one is made up (domain §7, "no shared default password")."""

import hmac
import itertools
import threading
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from yum_desktop.domain.errors import InputError
from yum_desktop.domain.text import fold
from yum_desktop.registry.paths import resources_dir

LENGTH_MIN: Final = 8
LENGTH_MAX: Final = 128
_DIFFERENT_MIN: Final = 4
_CORE_MIN: Final = 3
"""What stands from the first letter to the last; less is a number with a letter, and numbers are tried first."""
_NAME_LENGTH_MIN: Final = 4
"""A shorter name stands in many a good password by chance."""

_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what is easily confused on paper: i, l, o, 0, 1."""
_GROUPS: Final = 4
_GROUP_LENGTH: Final = 4

_HASHES_AT_ONCE: Final = 4
"""Each takes `_MEMORY_KIB`; a flood of sign-ins waits instead of taking the memory."""
_MEMORY_KIB: Final = 19 * 1024
_PASSES: Final = 2


@dataclass(frozen=True, slots=True)
class Policy:
    """Which passwords are refused.

    Attributes:
        refused: Passwords nobody may have, folded; also with digits and signs around them.
    """

    refused: frozenset[str]

    def check(self, password: str, *, account: str) -> None:
        """Refuse a password that others would try first.

        Raises:
            InputError: `account.password_short`, `account.password_long`, `account.default_password` (on the list, or
                trivial), `account.password_name` (holds the account's name).
        """
        text = composed(password)
        if len(text) < LENGTH_MIN:
            raise _refusal("account.password_short", f"Mật khẩu cần ít nhất {LENGTH_MIN} ký tự.")
        if len(text) > LENGTH_MAX:
            raise _refusal("account.password_long", f"Mật khẩu dài nhất {LENGTH_MAX} ký tự.")
        if self.is_default(text):
            raise _refusal("account.default_password", "Mật khẩu này quá dễ đoán. Hãy chọn mật khẩu khác.")
        name = _letters(account)
        if len(name) >= _NAME_LENGTH_MIN and name in _letters(text):
            raise _refusal("account.password_name", "Mật khẩu không được chứa tên tài khoản.")

    def is_default(self, password: str) -> bool:
        """Return whether a password is on the list or trivial."""
        folded = "".join(fold(password).split())
        core = folded.strip("".join(char for char in set(folded) if not char.isalpha()))
        trivial = len(core) < _CORE_MIN or len(set(folded)) < _DIFFERENT_MIN or _is_run(folded)
        letters = "".join(char for char in folded if char.isalpha())
        return trivial or not self.refused.isdisjoint({folded, core, letters})


def _refusal(code: str, text: str) -> InputError:
    return InputError(code, text, field="new_password")


def _letters(text: str) -> str:
    return "".join(char for char in fold(text) if char.isalnum())


def _is_run(text: str) -> bool:
    """Return whether each character is the one after, or before, its neighbour: ``abcdefgh``."""
    steps = {ord(right) - ord(left) for left, right in itertools.pairwise(text)}
    return steps in ({1}, {-1})


def read_policy(lines: Iterable[str]) -> Policy:
    """Return the policy of a list; lines that begin with ``#`` are remarks."""
    words = (line.strip() for line in lines)
    return Policy(frozenset(word for word in words if word and not word.startswith("#")))


@cache
def shipped_policy() -> Policy:
    """Return the policy with the list that ships with the program, read once."""
    path = resources_dir() / "data" / "refused_passwords.txt"
    return read_policy(path.read_text(encoding="utf-8").splitlines())


def composed(password: str) -> str:
    """Return a password as it is kept: keyboards write the same Vietnamese letter in several ways."""
    return unicodedata.normalize("NFC", password)


def invented(choose: Callable[[Sequence[str]], str]) -> str:
    """Return a new password of 79 bits that can be read over the phone.

    Args:
        choose: Draws one character, unpredictably.
    """
    groups = ("".join(choose(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)


@dataclass(frozen=True, slots=True)
class Hasher:
    """Keeps passwords as Argon2id hashes. May be used by several threads, a few at once.

    Attributes:
        argon: The measure; weaker hashes of older versions are renewed at the next sign-in.
    """

    argon: argon2.PasswordHasher = field(
        default_factory=lambda: argon2.PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1)
    )
    _turns: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(_HASHES_AT_ONCE))

    def hash(self, password: str) -> str:
        """Return the hash of a password."""
        with self._turns:
            return self.argon.hash(composed(password))

    def verify(self, password_hash: str, password: str) -> bool:
        """Return whether it is this password. A hash that cannot be read fits none."""
        if len(password) > LENGTH_MAX:
            return False
        try:
            with self._turns:
                return self.argon.verify(password_hash, composed(password))
        except (VerificationError, InvalidHashError):
            return False

    def is_weak(self, password_hash: str) -> bool:
        """Return whether the hash was made with a lesser measure than today's."""
        return self.argon.check_needs_rehash(password_hash)


def same(left: bytes | None, right: bytes) -> bool:
    """Return whether two digests are equal, in a time that does not tell where they differ."""
    return left is not None and hmac.compare_digest(left, right)
