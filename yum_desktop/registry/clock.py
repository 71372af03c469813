"""The time, as something that is handed in."""

from datetime import UTC, datetime
from typing import Final, Protocol
from uuid import UUID

from uuid_utils.compat import uuid7

_MS: Final = 1_000


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the time now, aware, in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the time now, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251  # this is the one clock that others are given


def as_ms(instant: datetime) -> int:
    """Return an aware instant as ms UTC, the stored form."""
    assert instant.tzinfo is not None, "an instant is aware"
    return round(instant.timestamp() * _MS)


def from_ms(stored_ms: int) -> datetime:
    """Return a stored instant as an aware one in UTC."""
    seconds, ms = divmod(stored_ms, _MS)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=ms * _MS)


def new_id() -> UUID:
    """Return a new id that sorts by the time it was made (UUIDv7)."""
    return uuid7()
