"""When to send and receive without being asked: plain Python."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from yum_desktop.registry.clock import Clock
from yum_desktop.registry.views import SyncState
from yum_desktop.ui.jobs import Jobs, Lane

log = logging.getLogger(__name__)

SETTLE_MS: Final = 8_000
"""After the last edit: a person who types on is not interrupted."""
FIRST_MS: Final = 500
WAIT_MS_MIN: Final = 20_000
WAIT_MS_MAX: Final = 10 * 60_000
WAIT_MS_OFFLINE_MAX: Final = 50_000
"""A connection that comes back is used within a minute."""

_JITTER: Final = 0.2
_OLD: Final = timedelta(minutes=10)
"""After this time the server is asked for news although nothing waits here."""


class AutoSync:
    """Looks for a connection, ever more seldom while there is none, and exchanges when there is a reason to.

    Args:
        later: Calls `look` after so many ms, instead of what it was told before.
        reachable: Whether the server answers; runs on the network lane.
        state: What waits now.
        sync: Begins an exchange, unless one runs.
        heard: Told when a look found something else than the one before.
        chance: A number from 0 to 1, so that devices that lost one server together do not come back together.
    """

    def __init__(
        self,
        jobs: Jobs,
        clock: Clock,
        *,
        later: Callable[[int], None],
        reachable: Callable[[], bool],
        state: Callable[[], SyncState],
        sync: Callable[[], None],
        heard: Callable[[], None],
        chance: Callable[[], float],
    ) -> None:
        self._jobs, self._clock = jobs, clock
        self._later, self._reachable, self._state = later, reachable, state
        self._sync, self._heard, self._chance = sync, heard, chance
        self._wait_ms = WAIT_MS_MIN
        self._online: bool | None = None
        self._news: bool | None = None
        self._looking = False
        self._stopped = False

    def start(self) -> None:
        """Begin to look."""
        self._later(FIRST_MS)

    def stop(self) -> None:
        """Exchange only when asked to from now on."""
        self._stopped = True

    def edited(self) -> None:
        """Something was changed here: send it when the person pauses."""
        self._wait_ms = WAIT_MS_MIN
        self._later(SETTLE_MS)

    def look(self) -> None:
        """See whether the server answers."""
        if self._looking or self._stopped:
            return
        self._looking = True
        self._jobs.submit(self._reachable, done=self._looked, failed=self._not_looked, lane=Lane.NETWORK)

    def take_news(self) -> bool | None:
        """Return whether the last look found a connection, once; nothing when there is no news."""
        news, self._news = self._news, None
        return news

    def _looked(self, online: bool) -> None:  # an answer of a job
        self._looking = False
        came_back = online and self._online is False
        changed = online != self._online
        self._online = online
        if changed:
            self._news = online
            self._heard()
        if came_back:
            self._wait_ms = WAIT_MS_MIN
        if online and self._has_reason(came_back=came_back):
            self._sync()
        waits_ms = self._wait_ms if online else min(self._wait_ms, WAIT_MS_OFFLINE_MAX)
        self._later(round(waits_ms * (1 - _JITTER * self._chance())))
        self._wait_ms = min(2 * self._wait_ms, WAIT_MS_MAX)

    def _not_looked(self, error: Exception) -> None:
        log.error("cannot look for a connection", exc_info=error)
        self._looked(False)

    def _has_reason(self, *, came_back: bool) -> bool:
        state = self._state()
        if came_back or state.pending or not state.complete or state.error_code or state.last_sync is None:
            return True
        return self._clock.now() - state.last_sync >= _OLD
