"""Whether the device's clock can be believed: measured at each contact, and by the last time the server was known.

Nothing is ordered by it. It stands beside edits in the history, and days are counted by it.
"""

from typing import Final

from sqlalchemy import Connection

from sync.client import store

CLOCK_OFFSET: Final = "clock_offset_ms"
SERVER_TIME: Final = "server_time_ms"
OFFSET_MS_MAX: Final = 5 * 60 * 1_000
"""What two good clocks may differ by, the time of an answer on a slow line included."""

WRONG: Final = "clock.wrong"
"""It differed from the server's by more than `OFFSET_MS_MAX` at the last contact."""

BEHIND: Final = "clock.behind"
"""It shows a time before the last contact with the server."""


def note(conn: Connection, *, server_ms: int, device_ms: int) -> None:
    """Remember both clocks at one moment, ms UTC."""
    store.set_state(conn, CLOCK_OFFSET, str(server_ms - device_ms).encode())
    store.set_state(conn, SERVER_TIME, str(server_ms).encode())


def offset_ms(conn: Connection) -> int | None:
    """Return the server's clock less the device's at the last contact; nothing before the first."""
    found = store.state(conn, CLOCK_OFFSET)
    return None if found is None else int(found)


def doubt(conn: Connection, now_ms: int) -> str | None:
    """Return `BEHIND` or `WRONG` where the device's clock cannot be right, which needs no connection.

    Args:
        conn: A transaction.
        now_ms: The device's clock.
    """
    known = store.state(conn, SERVER_TIME)
    if known is not None and now_ms + OFFSET_MS_MAX < int(known):
        return BEHIND
    return WRONG if abs(offset_ms(conn) or 0) > OFFSET_MS_MAX else None
