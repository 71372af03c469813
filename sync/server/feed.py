"""The feed: records a device lacks (snapshot), and what changed since its cursor; each frame ends with a cursor."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec.structs import replace
from sqlalchemy import Connection

from sync.core.digest import EVERYBODY as EVERYBODY_SECTOR
from sync.protocol.errors import RejectedError
from sync.protocol.kinds import CONFLICT, HANDOVER, UNIT, Kind, Kinds, Value, Values
from sync.protocol.messages import ERASED, Checks, Frame, Gone, Patches, Rows, ids_of
from sync.server import scope as scopes
from sync.server import verify
from sync.server.compact import EMPTIED
from sync.server.database import places, run
from sync.server.lineage import Lineage
from sync.server.records import EFFECT, EVERYBODY, Actor, columns_of, path_range, unit_of
from sync.server.scope import NOTHING, Backfill, Cursor, Past, Scope

_UNITS_MAX: Final = 300
"""Units named in one statement."""

_FIRST_ROWS: Final = 100
"""Records in the first frame of a snapshot, so that the device has work soon; each next one has twice as many."""

_LOG_ROWS_MAX: Final = 4_000
"""Lines of the log read for one frame; fewer where a device asks for small frames."""


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a snapshot: the records of one kind in some units; no units: everybody's."""

    kind: Kind
    units: tuple[bytes, ...]


@dataclass(slots=True)
class Feed:
    """The feed of one request.

    Args:
        kinds: What is replicated.
        conn: A read transaction: what is committed later comes with the next request.
        epoch: Names the server's data.
        actor: Whose feed it is.
        scope: Their units.
        own_changes: Changes of this very request and their records: what they said is not sent back.
        repeated: Records, with their kind, of those that were accepted before: the device did not know it, and may have
            let their units go meanwhile.
        frame_rows_max: How many records go into one frame.
        checks: What the device wants to have compared.
    """

    kinds: Kinds
    conn: Connection
    epoch: bytes
    actor: Actor
    scope: Scope
    own_changes: Mapping[bytes, bytes]
    repeated: Sequence[tuple[str, bytes]]
    frame_rows_max: int
    checks: Checks | None = None
    _now: dict[bytes, int] = field(default_factory=dict)
    _lineage: Lineage = field(init=False)
    _shards_are_seen: bool = True

    def __post_init__(self) -> None:
        self._lineage = Lineage(self.conn, self.epoch)

    def frames(self, packed: bytes | None) -> Iterator[Frame]:
        """Give everything since the cursor; the last frame is complete.

        Raises:
            RejectedError: `server.changed` (the cursor is another server's) or `server.went_back` (this server has
                lost what the device has seen).
        """
        held: Frame | None = None
        lost, place = self._made_and_lost(packed), packed
        unseen = self.out_of_sight()
        for frame in self._frames(packed):
            frame.gone_units += lost
            frame.gone += unseen
            lost, unseen = b"", []
            frame.cursor = self._lineage.stamped(frame.cursor)
            latest = frame
            if held is not None and frame == Frame(frame.cursor, complete=True, verdicts=frame.verdicts):
                latest = replace(held, cursor=frame.cursor, complete=True, verdicts=frame.verdicts)
            elif held is not None:
                yield held
                place = held.cursor
            held = latest
            if scopes.read_cursor(latest.cursor).backfill is not None:
                yield latest
                place, held = latest.cursor, None
        assert held is not None, "what is complete has no back-fill"
        if held.cursor == place:
            held.cursor = b""
        yield held

    def _made_and_lost(self, packed: bytes | None) -> bytes:
        """Return the units that the account has made since the cursor and that the device must let go.

        It may have made them, and know it from an answer or not: no set of units that its cursor could name has them,
        so that it would not be told that they have left its scope, or, where they are in a shard that is new to it,
        what was removed in them. The latter come again.
        """
        try:
            cursor = scopes.read_cursor(packed or b"")
        except RejectedError:
            return b""
        made: set[bytes] = set()
        for shard in {*cursor.positions, *self.scope.shards}:
            pos = cursor.positions.get(shard, 0)  # its units may have gone to another shard before it made one there
            sql = (
                "SELECT record_id FROM sync_log WHERE shard = ? AND pos > ? AND kind = ? AND account = ?"
                " AND op = 'arrive'"
            )
            made |= {row[0] for row in run(self.conn, sql, (shard, pos, self.kinds.tree.name, self.actor.account))}
        lost = made - {*self.scope.units, *self.scope.above}
        again = {unit for unit in made if self.scope.units.get(unit, EVERYBODY) not in {EVERYBODY, *cursor.positions}}
        return b"".join(sorted(lost | again))

    def out_of_sight(self) -> list[Gone]:
        """Return which records of repeated changes the device cannot have: they have left its scope, or are no more."""
        found = []
        for kind in self.kinds:
            ids = sorted({record_id for its, record_id in self.repeated if its == kind.name} if not kind.shared else ())
            current = self._current(kind, ids)
            left = [each for each in ids if each in current and not self._sees(kind, current[each][3])]
            gone = [each for each in ids if each not in current]
            found += [
                Gone(kind.name, b"".join(its), reason) for its, reason in ((left, "left"), (gone, "deleted")) if its
            ]
        return found

    def _frames(self, packed: bytes | None) -> Iterator[Frame]:
        cursor, restart = self._cursor(packed)
        verdicts = b""
        begun = cursor.backfill.to if cursor.backfill is not None else self.scope.hash()
        if cursor.scope != self.scope.hash() or begun != self.scope.hash():
            self._shards_are_seen = False
            for frame in self._snapshot(cursor):
                frame.restart, restart = restart, False
                cursor = scopes.read_cursor(frame.cursor)
                yield frame
        elif cursor.backfill is not None:
            for frame in self._repaired(cursor, ids_of(cursor.backfill.again)):
                cursor = scopes.read_cursor(frame.cursor)
                yield frame
        elif self.checks is not None:
            found = verify.compare(self.conn, self.kinds, self.scope, cursor, self.checks)
            verdicts = found.verdicts
            for frame in self._repaired(cursor, found.differing) if found.differing else ():
                cursor = scopes.read_cursor(frame.cursor)
                yield frame
        for frame in self._delta(cursor):
            frame.verdicts = verdicts if frame.complete else b""
            yield frame

    def _cursor(self, packed: bytes | None) -> tuple[Cursor, bool]:
        self._now = scopes.positions(self.conn, self.scope.shards)
        fresh = Cursor(self.epoch, NOTHING, dict(self._now))
        if packed is None:
            return fresh, False
        try:
            cursor = scopes.read_cursor(packed)
        except RejectedError:
            return fresh, True
        if not self._lineage.check(cursor, self._now):
            return fresh, True
        begun = NOTHING if cursor.backfill is None else cursor.backfill.to
        if not all(scopes.is_remembered(self.conn, has) for has in {cursor.scope, begun} - {NOTHING}):
            return fresh, True
        return cursor, False

    # snapshot

    def _snapshot(self, cursor: Cursor) -> Iterator[Frame]:
        """Send the records of units the device has not got, and tell it which units it must let go."""
        backfill = cursor.backfill
        begun = NOTHING
        begins = backfill is None or backfill.to != self.scope.hash()
        if backfill is None or begins:
            begun = NOTHING if backfill is None else backfill.to
            backfill = Backfill(self.scope.hash())
        change = scopes.difference(self.conn, cursor.scope, self.scope, begun)
        steps = self._plan(change, first=change.had == NOTHING)
        start = {shard: cursor.positions.get(shard, pos) for shard, pos in self._now.items()}
        place = Cursor(self.epoch, change.had, start, backfill)
        frames = self._sent(steps, place)
        first = next(frames)
        if begins:  # afterwards the device has let them go, and those that are above now have come again
            first.gone_units = b"".join((*change.removed, *change.again))
        if cursor.scope != NOTHING or begun != NOTHING:  # a new device has none of them
            first.gone = self._removed_units((*change.above, *change.added))
            first.gone_units += self._former(change.removed) if begins else b""
        yield first
        yield from frames

    def _former(self, told: tuple[bytes, ...]) -> bytes:
        """Return the units that the account has had beside those that are told: the device may have made one meanwhile.

        No set that a cursor names has such a unit, and it may have been in a shard that is in no cursor either.
        """
        known = {*self.scope.units, *self.scope.above, *told}
        return b"".join(sorted(Past(self.conn, self.actor.account).units - known))

    def _removed_units(self, units: tuple[bytes, ...]) -> list[Gone]:
        """Return those that are no more: a device may have one as it was in another shard, where it was removed."""
        tree = self.kinds.tree
        missing = set(units) - set(self._current(tree, units))
        return [Gone(tree.name, b"".join(sorted(missing)), "deleted")] if missing else []

    def _repaired(self, cursor: Cursor, sectors: Sequence[bytes]) -> Iterator[Frame]:
        """Send all records of some sectors again; those the device has beside them are none."""
        again = b"".join(sectors)
        backfill = cursor.backfill or Backfill(self.scope.hash(), again=again)
        inside = [sector for sector in sectors if sector in self.scope.units]
        steps = [Step(kind, (sector,)) for sector in inside for kind in self.kinds if not kind.shared]
        if EVERYBODY_SECTOR in sectors:
            steps += [Step(kind, ()) for kind in self.kinds]
        place = Cursor(self.epoch, cursor.scope, cursor.positions, backfill)
        last = None
        for number, frame in enumerate(self._sent(steps, place)):
            if last is not None:
                yield last
            last = frame
            last.again = again if cursor.backfill is None and number == 0 else b""
        assert last is not None, "the last frame is always sent"
        last.again_done = again
        yield last

    def _sent(self, steps: Sequence[Step], place: Cursor) -> Iterator[Frame]:
        """Send the records of `steps`, beginning where the back-fill of `place` stands; at least one frame."""
        backfill = place.backfill
        assert backfill is not None, "there is something to send"
        rows_total = sum(self._count(step) for step in steps)
        batch, size, full = Batch(), 0, min(_FIRST_ROWS, self.frame_rows_max)
        for number in range(backfill.step, len(steps)):
            after = (backfill.unit, backfill.record) if number == backfill.step else (b"", b"")
            for row in self._records(steps[number], after):
                batch.add(steps[number].kind, row)
                size += 1
                if size >= full:
                    at = Backfill(backfill.to, number, row[3] or b"", row[0], backfill.again)
                    yield batch.frame(Cursor(place.epoch, place.scope, place.positions, at), rows_total)
                    batch, size, full = Batch(), 0, min(2 * full, self.frame_rows_max)
        yield batch.frame(Cursor(place.epoch, self.scope.hash(), place.positions), rows_total)

    def _plan(self, change: scopes.Change, *, first: bool) -> list[Step]:
        """Return the parts of a snapshot as a person needs them: the tree, code lists, the own unit, the rest."""
        tree = self.kinds.tree
        steps = [Step(tree, part) for part in _parts(change.above + change.added)]
        if first:
            steps += [Step(kind, ()) for kind in self.kinds if kind.shared]
        kinds = [kind for kind in self.kinds if not kind.shared and not kind.tree]
        for part in (change.added[:1], *_parts(change.added[1:])):
            steps += [Step(kind, part) for kind in kinds if part]
        return steps

    def _count(self, step: Step) -> int:
        where, params = _where(step)
        return int(run(self.conn, f"SELECT count(*) FROM {step.kind.table} WHERE {where}", params).scalar_one())

    def _records(self, step: Step, after: tuple[bytes, bytes]) -> Iterator[Sequence[Any]]:
        where, params = _where(step)
        columns = columns_of(step.kind)
        if step.units:
            sql = f"SELECT {columns} FROM {step.kind.table} WHERE {where} AND ({UNIT}, id) > (?, ?) ORDER BY {UNIT}, id"
            rows = run(self.conn, sql, (*params, *after))
        else:
            sql = f"SELECT {columns} FROM {step.kind.table} WHERE {where} AND id > ? ORDER BY id"
            rows = run(self.conn, sql, (after[1],))
        yield from rows

    # delta

    @property
    def _log_rows_max(self) -> int:
        return min(self.frame_rows_max, _LOG_ROWS_MAX)

    def _delta(self, cursor: Cursor) -> Iterator[Frame]:
        """Send what changed since the cursor, in windows of the log, in commit order."""
        positions = {shard: cursor.positions.get(shard, now) for shard, now in self._now.items()}
        for shard, last in self._now.items():
            while positions[shard] < last:
                lines = self._log(shard, positions[shard], last)
                full = len(lines) == self._log_rows_max
                positions[shard] = int(lines[-1].pos) if full else last
                batch = self._changes(lines)
                if batch:
                    yield batch.frame(Cursor(self.epoch, self.scope.hash(), dict(positions)))
        last_frame = Batch().frame(Cursor(self.epoch, self.scope.hash(), positions))
        last_frame.complete = True
        yield last_frame

    def _log(self, shard: bytes, after: int, last: int) -> Sequence[Any]:
        columns = "l.pos, l.kind, l.record_id, l.rev, l.op, l.fields, l.change_id, l.account, l.received_at, l.channel"
        span = "l.shard = ? AND l.pos > ? AND l.pos <= ?"
        order = f"ORDER BY l.pos LIMIT {self._log_rows_max}"
        if shard == EVERYBODY:
            above = self.scope.above
            own = f" OR l.unit_id IN ({places(len(above))})" if above else ""
            inside = [unit for unit, its in self.scope.units.items() if its == EVERYBODY]
            own += f" OR l.unit_id IN ({places(len(inside))})" if inside else ""
            sql = f"SELECT {columns} FROM sync_log l WHERE {span} AND (l.unit_id IS NULL{own}) {order}"
            return run(self.conn, sql, (shard, after, last, *above, *inside)).all()
        ranges = [path_range(unit.path) for root in self.actor.roots if (unit := unit_of(self.conn, root)) is not None]
        inside_any = " OR ".join(["(u.path >= ? AND u.path < ?)"] * len(ranges))
        above = tuple(self.scope.above)
        if above:
            inside_any += f" OR (l.kind = ? AND l.unit_id IN ({places(len(above))}))"
        sql = (
            f"SELECT {columns} FROM sync_log l JOIN sync_unit u ON u.unit_id = l.unit_id"
            f" WHERE {span} AND ({inside_any}) {order}"
        )
        bounds = [bound for pair in ranges for bound in pair]
        more = (self.kinds.tree.name, *above) if above else ()
        return run(self.conn, sql, (shard, after, last, *bounds, *more)).all()

    def _changes(self, lines: Sequence[Any]) -> "Batch":
        """Return the current state of the records that `lines` touched, as far as the device needs it."""
        touched: dict[tuple[str, bytes], list[Any]] = {}
        for line in lines:
            touched.setdefault((line.kind, line.record_id), []).append(line)
        batch = Batch()
        by_kind: dict[str, list[bytes]] = {}
        for (kind, record_id), its in touched.items():
            if not all(self._is_known(line) for line in its):
                by_kind.setdefault(kind, []).append(record_id)
        for declared in self.kinds:
            ids = by_kind.get(declared.name, [])
            current = self._current(declared, ids)
            for record_id in ids:
                self._sort_out(batch, declared, record_id, current.get(record_id), touched[declared.name, record_id])
        return batch

    def _is_known(self, line: Any) -> bool:
        """Return whether a line says only what this request said: nothing the server did because of it.

        Where units are new to the device, its record may have come from one of them, with changes it has not seen.
        """
        own = self._shards_are_seen and self.own_changes.get(line.change_id) == line.record_id
        return bool(own and line.channel != EFFECT and line.kind not in {CONFLICT.name, HANDOVER.name})

    def _sort_out(
        self, batch: "Batch", kind: Kind, record_id: bytes, row: Sequence[Any] | None, lines: Sequence[Any]
    ) -> None:
        if row is None:
            emptied = any(line.op == "delete" and line.fields == EMPTIED for line in lines)
            batch.gone(kind, record_id, ERASED if emptied else "deleted")
        elif not self._sees(kind, row[3]):
            batch.gone(kind, record_id, "left")
        elif not _tell_everything(lines, row[1]):
            batch.add(kind, row)
        else:
            names = {name for line in lines for name in json.loads(line.fields)}
            values = dict(zip(kind.columns, row[3:], strict=True))
            batch.patch(kind, row, {name: values[name] for name in sorted(names & set(values))}, lines[-1])

    def _sees(self, kind: Kind, unit: Value) -> bool:
        if unit is None:
            return kind.shared
        return unit in self.scope.units or (kind.tree and unit in self.scope.above)

    def _current(self, kind: Kind, ids: Sequence[bytes]) -> dict[bytes, Sequence[Any]]:
        found: dict[bytes, Sequence[Any]] = {}
        for part in _parts(tuple(ids)):
            sql = f"SELECT {columns_of(kind)} FROM {kind.table} WHERE id IN ({places(len(part))})"
            found.update((row[0], row) for row in run(self.conn, sql, part).all())
        return found


def _tell_everything(lines: Sequence[Any], rev: int) -> bool:
    """Return whether these lines hold every change that leads a device's copy to revision `rev`.

    They do not when the record is new to the device, was removed in between, or has changed again after the part of
    the log that was read. One that went from unit to unit may have come from a unit that the device did not have then.
    """
    if any(line.op != "patch" for line in lines):
        return False
    revs = {line.rev for line in lines}
    return revs == set(range(min(line.rev for line in lines), rev + 1))


def _parts(units: tuple[bytes, ...]) -> list[tuple[bytes, ...]]:
    return [units[start : start + _UNITS_MAX] for start in range(0, len(units), _UNITS_MAX)]


def _where(step: Step) -> tuple[str, tuple[object, ...]]:
    if not step.units:
        return f"{UNIT} IS NULL", ()
    return f"{UNIT} IN ({places(len(step.units))})", step.units


class Batch:
    """The records of one frame, gathered row by row and turned into columns."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[Kind, list[Sequence[Any]]]] = {}
        self._patches: dict[str, list[tuple[Sequence[Any], Values, Any]]] = {}
        self._gone: dict[tuple[str, str], list[bytes]] = {}

    def __bool__(self) -> bool:
        return bool(self._rows or self._patches or self._gone)

    def add(self, kind: Kind, row: Sequence[Any]) -> None:
        """Add a whole record: id, revision, unknown fields, values."""
        self._rows.setdefault(kind.name, (kind, []))[1].append(row)

    def patch(self, kind: Kind, row: Sequence[Any], values: Values, line: Any) -> None:
        """Add changed fields of a record."""
        self._patches.setdefault(kind.name, []).append((row, values, line))

    def gone(self, kind: Kind, record_id: bytes, reason: str) -> None:
        """Add a record the device no longer has."""
        self._gone.setdefault((kind.name, reason), []).append(record_id)

    def frame(self, cursor: Cursor, rows_total: int = 0) -> Frame:
        """Return the batch as a frame that ends at `cursor`."""
        return Frame(
            cursor.packed(),
            rows=[_rows(kind, rows) for kind, rows in self._rows.values()],
            patches=[_patches(name, found) for name, found in self._patches.items()],
            gone=[Gone(kind, b"".join(ids), reason) for (kind, reason), ids in self._gone.items()],
            rows_total=rows_total,
        )


def _rows(kind: Kind, rows: Sequence[Sequence[Any]]) -> Rows:
    columns: list[str] = []
    values: list[list[Value]] = []
    for place, name in enumerate(kind.columns, 3):
        column = [row[place] for row in rows]
        if any(value is not None for value in column):
            columns.append(name)
            values.append(column)
    extra = {place: row[2] for place, row in enumerate(rows) if row[2] is not None}
    return Rows(kind.name, columns, b"".join(row[0] for row in rows), [row[1] for row in rows], values, extra)


def _patches(kind: str, found: Sequence[tuple[Sequence[Any], Values, Any]]) -> Patches:
    rows: dict[str, list[int]] = {}
    values: dict[str, list[Value]] = {}
    for place, (_, changed, _) in enumerate(found):
        for name, value in changed.items():
            rows.setdefault(name, []).append(place)
            values.setdefault(name, []).append(value)
    return Patches(
        kind,
        b"".join(row[0] for row, _, _ in found),
        [row[1] for row, _, _ in found],
        list(rows),
        list(rows.values()),
        list(values.values()),
        [line.account for _, _, line in found],
        [int(line.received_at) for _, _, line in found],
        {place: row[2] for place, (row, _, _) in enumerate(found) if row[2] is not None},
    )
