"""The server's core: one request in, a stream of packets out. Keeps nothing between requests."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace
from sqlalchemy import Connection

from sync.core.digest import record_digest, shown, total
from sync.protocol.errors import RejectedError
from sync.protocol.kinds import UNIT, Kinds
from sync.protocol.messages import (
    PROTOCOL_VERSION,
    Answer,
    Answers,
    Change,
    Frame,
    Packer,
    Problem,
    Request,
    decode_request,
    encode,
)
from sync.server import scope as scopes
from sync.server.apply import Applier, apply_effects
from sync.server.database import Database, run
from sync.server.feed import Feed
from sync.server.lineage import Lineage
from sync.server.records import Actor, Stamp, Tx, columns_of
from sync.server.rules import Effect, Rules

FRAME_ROWS_MAX: Final = 20_000
_EPOCH_SIZE_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Refused:
    """A change that was refused.

    Attributes:
        account: Who sent it.
        device: From where.
        kind: Of the record.
        record_id: 16 bytes.
        code: Why.
        field: The field to blame; empty where it is none.
        received_at: ms UTC.
    """

    account: str
    device: str
    kind: str
    record_id: bytes
    code: str
    field: str
    received_at: int


class SyncServer:
    """Replicates the declared kinds from one database to the devices of their units.

    Args:
        kinds: What is replicated. The application creates their tables.
        database: Where they are.
        rules: The application's checks and effects.
        ids: Makes new 16-byte ids.
        clock_ms: The server's clock, ms UTC.
    """

    def __init__(
        self, kinds: Kinds, database: Database, rules: Rules, *, ids: Callable[[], bytes], clock_ms: Callable[[], int]
    ) -> None:
        self.kinds: Final = kinds
        self.database: Final = database
        self._rules = rules
        self._ids = ids
        self.clock_ms = clock_ms

    def create_tables(self) -> None:
        """Create the engine's tables and name the data set, if that has not been done."""
        self.database.create_tables()
        with self.database.write() as conn:
            sql = "INSERT INTO sync_meta (key, value) VALUES ('epoch', ?) ON CONFLICT DO NOTHING"
            run(conn, sql, (self._ids()[-_EPOCH_SIZE_BYTES:],))

    @contextmanager
    def transaction(self, roots: Sequence[bytes] = ()) -> Iterator[Tx]:
        """Open a transaction for the application's own changes; they reach the devices like any other."""
        with self.database.write() as conn:
            tx = Tx(conn, self.kinds, self.clock_ms(), self._ids)
            tx.lock(roots)
            yield tx
            tx.finish()

    def commit(self, effects: Iterable[Effect], stamp: Stamp) -> None:
        """Store changes of the application in one transaction, without its checks."""
        with self.transaction() as tx:
            apply_effects(tx, list(effects), stamp)

    def exchange(self, actor: Actor, packet: bytes, *, named: bool = False) -> Iterator[bytes]:
        """Answer one request: what became of each change, then the feed since its cursor.

        Changes are committed before the first byte of the answer.

        Args:
            actor: Who asks.
            packet: The request.
            named: Each answer says which change it is for, not only its place among the others, and each packet
                can be read without the others.
        """
        pack = encode if named else Packer().pack
        try:
            request = _read(packet)
            if request.changes and request.cursor is not None:
                self._check_past(request.cursor)
            answers, copied = self._push(actor, request.changes)
            self._note(actor, request)
            if not named:
                answers = [replace(answer, change_id=b"") for answer in answers]
            yield pack(Answers(answers, self.clock_ms()))
            if request.pull:
                yield from map(pack, self.pull(actor, request, copied))
        except RejectedError as error:
            yield pack(Problem(error.code, error.detail))

    def _check_past(self, packed: bytes) -> None:
        """Take no changes that are based on what this server has lost.

        Raises:
            RejectedError: `server.changed`, `server.went_back`.
        """
        try:
            cursor = scopes.read_cursor(packed)
        except RejectedError:  # it is of no use, and everything comes again
            return
        with self.database.read() as conn:
            Lineage(conn, _epoch(conn)).check(cursor, scopes.positions(conn, tuple(cursor.positions)))

    def push(self, actor: Actor, changes: Sequence[Change]) -> list[Answer]:
        """Apply changes in one transaction; one answer for each."""
        return self._push(actor, changes)[0]

    def _push(self, actor: Actor, changes: Sequence[Change]) -> tuple[list[Answer], set[bytes]]:
        """Apply changes; return the answers, and the ids that a copy of the device has used for something else."""
        if not changes:
            return [], set()
        with self.transaction(actor.roots) as tx:
            applier = Applier(tx, self._rules, actor)
            return applier.apply_all(changes), applier.copied

    def pull(self, actor: Actor, request: Request, copied: Collection[bytes] = ()) -> Iterator[Frame]:
        """Give the frames of the feed since the request's cursor.

        Args:
            actor: Who asks.
            request: What its changes said is not said again.
            copied: Those of its changes that said something else before.
        """
        own = {change.change_id: change.record_id for change in request.changes if change.change_id not in copied}
        rows_max = max(1, min(request.frame_rows_max, FRAME_ROWS_MAX))
        with self.database.read() as conn:
            scope = scopes.scope_of(conn, actor.roots)
            feed = Feed(self.kinds, conn, _epoch(conn), actor, scope, own, rows_max, request.checks)
            yield from feed.frames(request.cursor)

    def _note(self, actor: Actor, request: Request) -> None:
        """Remember what the account has in its scope from now on, and how much stays behind on the device.

        A device that has never said so is not known: its work may be anything.
        """
        key = (actor.account, actor.device)
        with self.database.read() as conn:
            scope = scopes.scope_of(conn, actor.roots)
            has_other = request.pull and not scopes.is_current(conn, actor.account, scope)
            sql = "SELECT changes FROM sync_waiting WHERE account = ? AND device = ?"
            waits_other = request.waiting != run(conn, sql, key).scalar()
        if not (has_other or waits_other):
            return
        with self.database.write() as conn:
            if has_other:
                scopes.remember(conn, actor.account, scope, self.clock_ms())
            if waits_other:
                sql = (
                    "INSERT INTO sync_waiting (account, device, changes, at) VALUES (?, ?, ?, ?) ON CONFLICT"
                    " (account, device) DO UPDATE SET changes = excluded.changes, at = excluded.at"
                )
                run(conn, sql, (*key, request.waiting, self.clock_ms()))

    def waiting(self) -> dict[tuple[str, str], int]:
        """Return how many changes each device kept when it last exchanged, by account and device."""
        with self.database.read() as conn:
            rows = run(conn, "SELECT account, device, changes FROM sync_waiting")
            return {(row[0], row[1]): row[2] for row in rows}

    def refusals(self, *, since_ms: int, account: str | None = None) -> list[Refused]:
        """Return what was refused since a time, ms UTC, the latest first; of one account, or of all."""
        sql = (
            "SELECT account, device, kind, record_id, code, field, received_at FROM sync_refusal WHERE received_at >= ?"
        )
        with self.database.read() as conn:
            rows = run(conn, sql + " ORDER BY received_at DESC, change_id DESC", (since_ms,)).all()
        return [Refused(*row) for row in rows if account in {None, row[0]}]

    def digest(self, roots: Sequence[bytes]) -> tuple[str, dict[str, int]]:
        """Return the digest and the number of records of each kind that a device with these roots holds."""
        counts: dict[str, int] = {}
        digests: list[int] = []
        with self.database.read() as conn:
            scope = scopes.scope_of(conn, roots)
            for kind in self.kinds:
                counts[kind.name] = 0
                place = kind.columns.index(UNIT) + 3
                for row in run(conn, f"SELECT {columns_of(kind)} FROM {kind.table}"):
                    unit = row[place]
                    inside = kind.shared if unit is None else unit in scope.units
                    if inside or (kind.tree and unit in scope.above):
                        counts[kind.name] += 1
                        digests.append(record_digest(kind.name, row[0], row[1], row[3:]))
        return shown(total(digests)), counts


def _epoch(conn: Connection) -> bytes:
    return bytes(run(conn, "SELECT value FROM sync_meta WHERE key = 'epoch'").scalar_one())


def _read(packet: bytes) -> Request:
    request = decode_request(packet)
    if request.version != PROTOCOL_VERSION:
        raise RejectedError("version.unsupported", f"{request.version}, not {PROTOCOL_VERSION}")
    return request
