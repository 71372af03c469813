"""The sets of identity numbers that devices hint with while they are offline: one for each province (ADR 0009)."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sync.server.database import Database, run
from sync.server.records import EVERYBODY, Actor
from yum_desktop.central import settings
from yum_desktop.domain.membership import DEPARTED
from yum_desktop.domain.number_filter import KEY_SIZE_BYTES, NumberFilter

_AGE_MS_MAX: Final = 12 * 3_600_000
"""A set is made anew when it is asked for and older."""
_KEY: Final = "number_filter_key:"
_HERE: Final = ", ".join(repr(status) for status in sorted(DEPARTED))


@dataclass(frozen=True, slots=True)
class Shipped:
    """A set as it is sent.

    Attributes:
        content: See `domain.number_filter`.
        etag: Print of the content: who has it already need not fetch it.
        made_at_ms: When it was made.
    """

    content: bytes
    etag: str
    made_at_ms: int


class NumberFilters:
    """Makes the sets and keeps them for some hours. Safe to use from several threads.

    Args:
        database: Where the members are.
        clock_ms: The server's time.
        entropy: Makes new keys.
    """

    def __init__(self, database: Database, *, clock_ms: Callable[[], int], entropy: Callable[[int], bytes]) -> None:
        self._database, self._clock_ms, self._entropy = database, clock_ms, entropy
        self._kept: dict[bytes, Shipped] = {}
        self._making = threading.Lock()

    def of(self, actor: Actor) -> Shipped | None:
        """Return the set of the province an account works in.

        Nothing for those who enter nobody, and for those above the provinces: they see everybody.
        """
        if not actor.writes:
            return None
        with self._database.read() as conn:
            sql = "SELECT shard FROM sync_unit WHERE unit_id = ?"
            shard = run(conn, sql, (actor.roots[0],)).scalar()
        if shard is None or bytes(shard) == EVERYBODY:
            return None
        with self._making:
            kept = self._kept.get(bytes(shard))
            if kept is None or self._clock_ms() - kept.made_at_ms > _AGE_MS_MAX:
                kept = self._kept[bytes(shard)] = self._made(bytes(shard))
            return kept

    def _made(self, shard: bytes) -> Shipped:
        key = self._key(shard)
        sql = (
            "SELECT m.id_number FROM member AS m JOIN sync_unit AS u ON u.unit_id = m.unit_id"
            f" WHERE u.shard = ? AND m.id_number IS NOT NULL AND (m.status IS NULL OR m.status NOT IN ({_HERE}))"
        )
        with self._database.read() as conn:
            numbers = [str(row[0]) for row in run(conn, sql, (shard,))]
        content = NumberFilter.of(numbers, key).dump()
        return Shipped(content, hashlib.blake2b(content, digest_size=8).hexdigest(), self._clock_ms())

    def _key(self, shard: bytes) -> bytes:
        """Return the key of a province; made once, the same for all its devices and for good."""
        name = _KEY + shard.hex()
        with self._database.read() as conn:
            known = settings.get(conn, name)
        if known is None:
            with self._database.write() as conn:
                known = settings.put_first(conn, name, self._entropy(KEY_SIZE_BYTES).hex())
        return bytes.fromhex(known)
