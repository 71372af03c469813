"""The server's core: one request in, a stream of packets out. Keeps nothing between requests."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace
from sqlalchemy import Connection, exc

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
    Part,
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
from sync.server.records import Actor, AloneNeededError, Stamp, Tx, columns_of
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


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of the changes of a request.

    Attributes:
        answers: One for each.
        copied: Ids that a copy of the device has used for something else.
        repeated: Kind and id of the records of those that were accepted before.
    """

    answers: list[Answer] = field(default_factory=list)
    copied: set[bytes] = field(default_factory=set)
    repeated: list[tuple[str, bytes]] = field(default_factory=list)


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
    def transaction(self, roots: Sequence[bytes] = (), *, alone: bool = True) -> Iterator[Tx]:
        """Open a transaction for the application's own changes; they reach the devices like any other.

        See `Tx.lock` for the arguments.
        """
        with self.database.write() as conn:
            tx = Tx(conn, self.kinds, self.clock_ms(), self._ids)
            tx.lock(roots, alone=alone)
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
        pack: Callable[[Part], bytes] = encode
        try:
            request = _read(packet)
            pack = encode if named else Packer(request.frame_rows_max).pack
            pushed = self._push(actor, request.changes, request)
            answers = pushed.answers
            if not named:
                answers = [replace(answer, change_id=b"") for answer in answers]
            yield pack(Answers(answers, self.clock_ms()))
            yield from map(pack, self._pull(actor, request, pushed))
        except RejectedError as error:
            yield pack(Problem(error.code, error.detail))

    def push(self, actor: Actor, changes: Sequence[Change]) -> list[Answer]:
        """Apply changes in one transaction; one answer for each."""
        return self._push(actor, changes).answers

    def _push(self, actor: Actor, changes: Sequence[Change], request: Request | None = None) -> "Pushed":
        """Apply changes; return what became of them.

        Args:
            actor: Who made them.
            changes: In the order in which they must be seen.
            request: What they came with: it must be of this server's past, and what it says about its device is
                remembered in the same transaction.

        Raises:
            RejectedError: `server.changed`, `server.went_back`.
        """
        if not changes:
            return Pushed()
        alone = any(change.kind == self.kinds.tree.name for change in changes)
        try:
            return self._pushed(actor, changes, request, alone=alone)
        except (AloneNeededError, exc.IntegrityError):  # somebody else may be making the same record in another shard
            if alone:
                raise
            return self._pushed(actor, changes, request, alone=True)

    def _pushed(self, actor: Actor, changes: Sequence[Change], request: Request | None, *, alone: bool) -> "Pushed":
        with self.transaction(actor.roots, alone=alone) as tx:
            if request is not None:
                _check_past(tx.conn, request.cursor)
            applier = Applier(tx, self._rules, actor)
            answers = applier.apply_all(changes)
            news = None if request is None else _News(tx.conn, actor, request, self.kinds.tree.name)
            if news:
                news.store(self.clock_ms())
            return Pushed(answers, applier.copied, applier.repeated)

    def _pull(self, actor: Actor, request: Request, pushed: "Pushed") -> Iterator[Frame]:
        """Give the frames of the feed since the request's cursor; none where they are not asked for.

        What the account and the device have from now on is remembered before the first one.

        Args:
            actor: Who asks.
            request: What its changes said is not said again.
            pushed: What became of its changes.
        """
        own = {
            change.change_id: change.record_id for change in request.changes if change.change_id not in pushed.copied
        }
        if not request.changes:
            with self.database.read() as conn:
                news = _News(conn, actor, request, self.kinds.tree.name)
                if not news and request.pull:
                    yield from self._feed(conn, actor, request, news.scope, own, pushed).frames(request.cursor)
                    return
            if news:
                with self.database.write() as conn:
                    _News(conn, actor, request, self.kinds.tree.name).store(self.clock_ms())
        if request.pull or pushed.repeated:
            with self.database.read() as conn:
                feed = self._feed(conn, actor, request, scopes.scope_of(conn, actor.roots), own, pushed)
                if request.pull:
                    yield from feed.frames(request.cursor)
                elif request.cursor and (gone := feed.out_of_sight()):
                    yield Frame(request.cursor, gone=gone)

    def _feed(
        self, conn: Connection, actor: Actor, request: Request, scope: scopes.Scope, own: dict[bytes, bytes],
        pushed: "Pushed",
    ) -> Feed:  # fmt: skip
        rows_max = max(1, min(request.frame_rows_max, FRAME_ROWS_MAX))
        return Feed(self.kinds, conn, _epoch(conn), actor, scope, own, pushed.repeated, rows_max, request.checks)

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


class _News:
    """What an exchange says about its account and device that is not known yet.

    Attributes:
        scope: What the account has now.
    """

    def __init__(self, conn: Connection, actor: Actor, request: Request, tree: str) -> None:
        self._conn, self._actor, self._waiting = conn, actor, request.waiting
        self.scope: Final = scopes.scope_of(conn, actor.roots)
        told = request.pull or any(change.kind == tree for change in request.changes)  # it knows the units it made
        self._has_other = told and not scopes.is_current(conn, actor.account, self.scope)
        sql = "SELECT changes FROM sync_waiting WHERE account = ? AND device = ?"
        self._waits_other = request.waiting != run(conn, sql, (actor.account, actor.device)).scalar()

    def __bool__(self) -> bool:
        return self._has_other or self._waits_other

    def store(self, now_ms: int) -> None:
        """Remember what the account has in its scope from now on, and how much stays behind on the device.

        A device that has never said so is not known: its work may be anything.
        """
        if self._has_other:
            scopes.remember(self._conn, self._actor.account, self.scope, now_ms)
        if self._waits_other:
            sql = (
                "INSERT INTO sync_waiting (account, device, changes, at) VALUES (?, ?, ?, ?) ON CONFLICT"
                " (account, device) DO UPDATE SET changes = excluded.changes, at = excluded.at"
            )
            run(self._conn, sql, (self._actor.account, self._actor.device, self._waiting, now_ms))


def _check_past(conn: Connection, packed: bytes | None) -> None:
    """Take no changes that are based on what this server has lost.

    Raises:
        RejectedError: `server.changed`, `server.went_back`.
    """
    if packed is None:
        return
    try:
        cursor = scopes.read_cursor(packed)
    except RejectedError:  # it is of no use, and everything comes again
        return
    Lineage(conn, _epoch(conn)).check(cursor, scopes.positions(conn, tuple(cursor.positions)))


def _epoch(conn: Connection) -> bytes:
    return bytes(run(conn, "SELECT value FROM sync_meta WHERE key = 'epoch'").scalar_one())


def _read(packet: bytes) -> Request:
    request = decode_request(packet)
    if request.version != PROTOCOL_VERSION:
        raise RejectedError("version.unsupported", f"{request.version}, not {PROTOCOL_VERSION}")
    return request
