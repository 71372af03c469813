"""Local edits: the record, its outbox line and its history change in one transaction, whatever the network does."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from sync.client import store
from sync.client.store import CREATED_FIELD, DELETED_FIELD, IN_FLIGHT, PENDING, REFUSED, RecordTable, Waiting
from sync.core import values as packed
from sync.core.digest import EVERYBODY, part_of_ids, record_digest, shown, total
from sync.core.squash import TRAVELLING, Line, Op, deleted, edited, restored
from sync.protocol.errors import BrokenRuleError, RaceError
from sync.protocol.kinds import CONFLICT, UNIT, Kind, Kinds, Value, Values

Row = tuple[Any, ...]
"""A record as its table stores it: id, revision, unknown fields, values, derived values."""

IdSource = Callable[[], bytes]
"""Makes a new 16-byte id."""

ClockMs = Callable[[], int]
"""Gives the device's time in ms UTC."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a change, where and why.

    Attributes:
        account: Name of the account.
        device: Name of the device.
        channel: Where it was made, such as a form or a file.
        reason: Why, where a reason was asked for.
        group: Changes made together carry one group, so that they can be undone together.
    """

    account: str
    device: str
    channel: str
    reason: str = ""
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Derived:
    """Local columns of a kind that follow from its fields and never travel.

    Attributes:
        columns: Their names.
        reads: The fields they follow from.
        derive: Gives their values, in the order of `columns`, from the values of `reads`.
    """

    columns: tuple[str, ...]
    reads: tuple[str, ...]
    derive: Callable[..., tuple[Value, ...]]


class Replica:
    """The device's copy of its scope. Every method works inside a write transaction of the caller.

    Args:
        kinds: What is replicated.
        ids: Makes ids of changes.
        clock_ms: The device's clock.
        derived: Kind name to its derived columns.
    """

    def __init__(
        self,
        kinds: Kinds,
        *,
        ids: IdSource,
        clock_ms: ClockMs,
        derived: Mapping[str, Derived] | None = None,
    ) -> None:
        self.kinds: Final = kinds
        self.clock_ms: Final = clock_ms
        self._ids = ids
        self._derived: Final = dict(derived or {})
        self.tables: Final = {
            kind.name: RecordTable(kind, self._derived[kind.name].columns if kind.name in self._derived else ())
            for kind in kinds
        }

    def create_tables(self, conn: Connection) -> None:
        """Create the engine's own tables where they are missing."""
        store.create_tables(conn)

    def create(self, conn: Connection, kind: str, record_id: bytes, values: Values, author: Author) -> None:
        """Make a record. `values` holds `unit_id`; what is left out is empty.

        Making a record again whose removal has not been sent takes the removal back.

        Raises:
            RaceError: `record.exists`.
        """
        table = self._writable(kind)
        if table.get(conn, record_id) is not None:
            raise RaceError("record.exists", record_id.hex())
        full: Values = {name: values.get(name) for name in table.columns}
        assert full[UNIT] is not None, "a record belongs to a unit"
        known: Values = {name: value for name, value in full.items() if value is not None}
        waiting = store.lines(conn, kind, record_id)
        rev = 0
        removal = waiting.get(PENDING)
        if removal is not None and removal.line.op is Op.DELETE:
            rev, _ = removed_record(removal)
            self._store_line(conn, kind, record_id, removal, restored(removal.line, full), author)
        else:
            self._store_line(conn, kind, record_id, None, Line(Op.CREATE, patch=known), author)
        self._put(conn, table, record_id, rev, None, full)
        self._note(conn, kind, record_id, CREATED_FIELD, None, packed.dump(known), author)

    def edit(self, conn: Connection, kind: str, record_id: bytes, values: Values, author: Author) -> frozenset[str]:
        """Change fields of a record; return the names of those that really changed.

        An edit of a refused field, or of a record whose creation was refused, sends the refused values again with it.

        Raises:
            BrokenRuleError: `record.unknown` or `field.unknown`.
        """
        table = self._writable(kind)
        found = table.get(conn, record_id)
        if found is None:
            raise BrokenRuleError("record.unknown", f"{kind} {record_id.hex()}")
        rev, _, before = found
        unknown = set(values) - set(table.columns)
        if unknown or table.kind.append_only:
            raise BrokenRuleError("field.unknown", ", ".join(sorted(unknown)) or kind)
        changes = {name: value for name, value in values.items() if before[name] != value}
        waiting = store.lines(conn, kind, record_id)
        pending, flying = waiting.get(PENDING), waiting.get(IN_FLIGHT)
        if self._takes_back(waiting.get(REFUSED), changes or values):
            pending = self._reopen(conn, waiting[REFUSED], pending)
            if not changes and table.kind is CONFLICT:
                store.update_line(conn, pending.seq, _seen_as_it_is(pending.line, rev))
        if not changes:
            return frozenset()
        revs = {**dict.fromkeys(changes, rev), **store.ahead(conn, kind, record_id)}
        line = edited(pending.line if pending else None, changes, before, revs, flying.line.patch if flying else {})
        if line is not None and table.kind is CONFLICT:
            line = _seen_as_it_is(line, rev)
        self._store_line(conn, kind, record_id, pending, line, author)
        after = {**changes, **_taken_back(pending, line, changes)}
        table.set(conn, record_id, {**after, **self.derive(kind, {**before, **after})})
        for name, value in changes.items():
            old, new = packed.dump_one(before[name]), packed.dump_one(value)
            self._note(conn, kind, record_id, name, old, new, author)
        return frozenset(changes)

    def delete(self, conn: Connection, kind: str, record_id: bytes, author: Author) -> None:
        """Remove a record; one that was never sent leaves nothing to send.

        Raises:
            BrokenRuleError: `record.unknown`.
        """
        table = self._writable(kind)
        found = table.get(conn, record_id)
        if found is None:
            raise BrokenRuleError("record.unknown", f"{kind} {record_id.hex()}")
        rev, _, before = found
        waiting = store.lines(conn, kind, record_id)
        refused = waiting.get(REFUSED)
        pending = waiting.get(PENDING)
        if refused is not None:
            pending = self._reopen(conn, refused, pending)
        flying = waiting.get(IN_FLIGHT)
        revs = {**dict.fromkeys(before, rev), **store.ahead(conn, kind, record_id)}
        line = deleted(pending.line if pending else None, before, revs, _travelling(flying, before))
        self._store_line(conn, kind, record_id, pending, line, author)
        if pending is not None and line is not None:
            its = (author.account, author.device, author.channel, author.reason, author.group)
            store.told_by(conn, pending.seq, *its)
        table.remove(conn, [record_id])
        known = packed.dump({name: value for name, value in before.items() if value is not None})
        self._note(conn, kind, record_id, DELETED_FIELD, known, None, author)

    def send_last(self, conn: Connection, kind: str, record_id: bytes) -> None:
        """Let what waits of a record go after everything else that waits, where it follows from that.

        A new record keeps its place: others may stand on it.
        """
        pending = store.lines(conn, kind, record_id).get(PENDING)
        if pending is not None and pending.line.op is not Op.CREATE:
            store.put_last(conn, pending.seq)

    def retry(self, conn: Connection, change_id: bytes) -> None:
        """Send a refused change again with the next exchange.

        Raises:
            BrokenRuleError: `change.not_refused`.
        """
        refused = self._refused(conn, change_id)
        self._reopen(conn, refused, store.lines(conn, refused.kind, refused.record_id).get(PENDING))

    def discard(self, conn: Connection, change_id: bytes) -> None:
        """Give a refused change up: its fields go back to the server's values, a refused new record is removed.

        What was typed stays in the history.

        Raises:
            BrokenRuleError: `change.not_refused`.
        """
        refused = self._refused(conn, change_id)
        self.take_back(conn, refused, reason="discard")

    def take_back(self, conn: Connection, given_up: Waiting, *, reason: str) -> None:
        """Remove a line, and what it did to its record here."""
        store.remove_line(conn, given_up.seq)
        kind, record_id = given_up.kind, given_up.record_id
        table = self.tables[kind]
        found = table.get(conn, record_id)
        author = Author(given_up.account, given_up.device, given_up.channel, reason=reason)
        if given_up.line.op is Op.DELETE:
            rev, values = removed_record(given_up)
            if found is None and values.get(UNIT) is not None:
                full: Values = {name: values.get(name) for name in table.columns}
                self._put(conn, table, record_id, rev, None, full)
            return
        if found is None:
            return
        if given_up.line.op is Op.CREATE and not given_up.agreed:
            table.remove(conn, [record_id])
            known = packed.dump({k: v for k, v in found[2].items() if v is not None})
            self._note(conn, kind, record_id, DELETED_FIELD, known, None, author)
            return
        later = store.lines(conn, kind, record_id)
        back = {
            name: value
            for name, value in {**given_up.line.base, **given_up.agreed}.items()
            if not any(name in line.line.patch for line in later.values()) and found[2].get(name) != value
        }
        if back:
            table.set(conn, record_id, {**back, **self.derive(kind, {**found[2], **back})})
        for name, value in back.items():
            old, new = packed.dump_one(found[2].get(name)), packed.dump_one(value)
            self._note(conn, kind, record_id, name, old, new, author)

    def digest(self, conn: Connection, *, units: frozenset[bytes] | None = None) -> str:
        """Return the digest of what this device believes the server holds: waiting edits are not counted.

        Args:
            conn: A read transaction.
            units: Count only records of these units and shared ones; everything when left out.
        """
        return shown(total(self._digests(conn, units)))

    def _digests(self, conn: Connection, units: frozenset[bytes] | None) -> list[int]:
        result = []
        for kind in self.kinds:
            table = self.tables[kind.name]
            waiting = store.waiting_records(conn, kind.name)
            records = {i: (rev, values) for i, rev, _, values in table.every(conn)}
            for record_id, lines in waiting.items():
                agreed = agreed_record(records.get(record_id), lines)
                records.pop(record_id, None)
                if agreed is not None:
                    records[record_id] = agreed
            for record_id, (rev, values) in records.items():
                if units is None or values[UNIT] is None or values[UNIT] in units:
                    columns = [values[name] for name in table.columns]
                    result.append(record_digest(kind.name, record_id, rev, columns))
        return result

    def sector_digests(
        self, conn: Connection, sectors: Iterable[bytes], *, part: int = 0, parts: int = 1
    ) -> Iterator[tuple[bytes, tuple[int, int]]]:
        """Give for each sector the digest of what this device believes the server holds, and the number of its records.

        Args:
            conn: A read transaction.
            sectors: See `sync.core.digest`.
            part: Take only this part of each sector.
            parts: Of so many.
        """
        first, last = part_of_ids(part, parts)
        waiting = store.all_waiting_records(conn, self.kinds)
        moving: dict[Value, list[int]] = {}
        for kind in self.kinds:
            table = self.tables[kind.name]
            records = table.many(conn, list(waiting[kind.name]))
            for record_id, lines in waiting[kind.name].items():
                found = records.get(record_id)
                agreed = agreed_record((found[0], found[2]) if found else None, lines)
                if agreed is not None and first <= record_id[-1:] <= last:
                    digest = record_digest(kind.name, record_id, agreed[0], [agreed[1][name] for name in table.columns])
                    moving.setdefault(agreed[1][UNIT], []).append(digest)
        for sector in sectors:
            unit = None if sector == EVERYBODY else sector
            digests = list(moving.get(unit, ()))
            for kind in self.kinds:
                if unit is None or not kind.shared:
                    digests += [
                        record_digest(kind.name, row[0], row[1], row[3:])
                        for row in self.tables[kind.name].rows_of_unit(conn, unit, part=part, parts=parts)
                        if row[0] not in waiting[kind.name]
                    ]
            yield sector, (total(digests), len(digests))

    def _writable(self, kind: str) -> RecordTable:
        table = self.tables[kind]
        if table.kind.shared:
            raise BrokenRuleError("scope.read_only", kind)
        return table

    def _refused(self, conn: Connection, change_id: bytes) -> Waiting:
        line = store.line_of_change(conn, change_id)
        if line is None or line.status != REFUSED:
            raise BrokenRuleError("change.not_refused", change_id.hex())
        return line

    def _takes_back(self, refused: Waiting | None, names: Mapping[str, Value]) -> bool:
        if refused is None:
            return False
        return refused.line.op is not Op.EDIT or bool(set(names) & set(refused.line.patch))

    def _reopen(self, conn: Connection, refused: Waiting, pending: Waiting | None) -> Waiting:
        """Make a refused line pending again, joined with what waits already, as a new change."""
        if pending is None:
            conn.exec_driver_sql(
                "UPDATE sync_outbox SET status = ?, change_id = ?, code = NULL, field = NULL, text = NULL, link = NULL"
                " WHERE seq = ?",
                (PENDING, self._ids(), refused.seq),
            )
            refused.status = PENDING
            return refused
        joined = Line(
            pending.line.op if pending.line.op is Op.DELETE else refused.line.op,
            {**refused.line.patch, **pending.line.patch},
            {**pending.line.base, **refused.line.base},
            {**pending.line.base_revs, **refused.line.base_revs},
        )
        store.remove_line(conn, refused.seq)
        store.update_line(conn, pending.seq, joined)
        store.join_agreed(conn, pending, refused)
        pending.line = joined
        return pending

    def _store_line(
        self,
        conn: Connection,
        kind: str,
        record_id: bytes,
        old: Waiting | None,
        line: Line | None,
        author: Author,
    ) -> None:
        if line is None:
            if old is not None:
                store.remove_line(conn, old.seq)
        elif old is not None:
            store.update_line(conn, old.seq, line)
        else:
            conn.exec_driver_sql(
                "INSERT INTO sync_outbox (change_id, kind, record_id, op, patch, base, base_revs, status, at, account,"
                " device, channel, reason, group_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self._ids(), kind, record_id, line.op, packed.dump(line.patch), packed.dump(line.base),
                    packed.dump(line.base_revs), PENDING, self.clock_ms(), author.account, author.device,
                    author.channel, author.reason, author.group,
                ),
            )  # fmt: skip

    def _put(
        self,
        conn: Connection,
        table: RecordTable,
        record_id: bytes,
        rev: int,
        extra: str | None,
        full: Values,
    ) -> None:
        table.put(conn, [self.row(table.kind, record_id, rev, extra, full)])

    def row(self, kind: Kind, record_id: bytes, rev: int, extra: str | None, full: Values) -> Row:
        """Return a record as its table stores it, derived columns included."""
        values = (full[name] for name in self.tables[kind.name].columns)
        return (record_id, rev, extra, *values, *self.derive(kind.name, full).values())

    def rows(
        self,
        kind: str,
        ids: Sequence[bytes],
        revs: Sequence[int],
        extras: Sequence[str | None],
        columns: Mapping[str, Sequence[Value]],
    ) -> list[Row]:
        """Return records as their table stores them, derived columns included.

        Args:
            kind: Name of the kind.
            ids: 16 bytes for each record.
            revs: Revision of each.
            extras: Unknown fields of each.
            columns: Name of a field to the values of all records; a field left out is empty.
        """
        empty = [None] * len(ids)
        found = [columns.get(name, empty) for name in self.tables[kind].columns]
        derived = self._derived.get(kind)
        if derived is not None:
            follows = map(derived.derive, *(columns.get(name, empty) for name in derived.reads))
            found += zip(*follows, strict=True) if ids else [()] * len(derived.columns)
        return list(zip(ids, revs, extras, *found, strict=True))

    def derive(self, kind: str, full: Values) -> Values:
        """Return the derived columns of a record."""
        derived = self._derived.get(kind)
        if derived is None:
            return {}
        follows = derived.derive(*(full.get(name) for name in derived.reads))
        return dict(zip(derived.columns, follows, strict=True))

    def _note(
        self,
        conn: Connection,
        kind: str,
        record_id: bytes,
        name: str,
        old: str | None,
        new: str | None,
        author: Author,
    ) -> None:
        conn.exec_driver_sql(
            "INSERT INTO sync_history"
            " (kind, record_id, field, old, new, account, device, at, channel, reason, group_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                kind, record_id, name, old, new, author.account, author.device, self.clock_ms(), author.channel,
                author.reason, author.group,
            ),
        )  # fmt: skip


def agreed_record(current: tuple[int, Values] | None, lines: Sequence[Waiting]) -> tuple[int, Values] | None:
    """Return a record as the server has it, from what stands here and what waits; nothing if it has none."""
    creation = next((line for line in lines if line.line.op is Op.CREATE), None)
    if creation is not None:  # the feed may have brought it by another way than its answer
        if current is None or not creation.agreed:
            return None
        current = (creation.agreed_rev, creation.agreed)
    if current is None:
        removal = next((line for line in lines if line.line.op is Op.DELETE), None)
        if removal is None or removed_record(removal)[1].get(UNIT) is None:
            return None
        current = removed_record(removal)
    rev, values = current
    agreed = dict(values)
    for waiting in reversed(lines):
        agreed.update({name: value for name, value in waiting.line.base.items() if name in agreed})
    for waiting in lines:
        agreed.update(waiting.agreed)
    return rev, agreed


def removed_record(removal: Waiting) -> tuple[int, Values]:
    """Return revision and values, as the server has them, of a record that waits for its removal.

    No unit among them: the record has left the scope, or was handed over before it was made.
    """
    rev = max((r for r in removal.line.base_revs.values() if r > 0), default=0)
    return max(rev, removal.agreed_rev), {**removal.line.base, **removal.agreed}


def _seen_as_it_is(line: Line, rev: int) -> Line:
    """Let a settlement stand on revision `rev` of its conflict: who chooses, or chooses again, looks at that."""
    revs = {name: known if known == TRAVELLING else rev for name, known in line.base_revs.items()}
    return dataclasses.replace(line, base_revs=revs)


def _taken_back(pending: Waiting | None, line: Line | None, changes: Values) -> Values:
    """Return the server's newer values of fields whose edit was taken back: no edit is left to stand before them."""
    if pending is None:
        return {}
    still = line.patch if line is not None else {}
    return {name: value for name, value in pending.agreed.items() if name in changes and name not in still}


def _travelling(flying: Waiting | None, before: Values) -> frozenset[str]:
    if flying is None:
        return frozenset()
    return frozenset(before if flying.line.op is Op.CREATE else flying.line.patch)
