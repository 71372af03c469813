"""The engine's own tables on the device, and the few statements that touch the application's tables.

The device's database is SQLite. Statements go to the driver as they are (``?`` places), because this is the path that
has to be fast; names of tables and columns come from the declared kinds, never from input.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from sqlalchemy import Connection

from sync.core import values as packed
from sync.core.digest import EVERYBODY, part_of_ids
from sync.core.squash import Line, Op
from sync.protocol.kinds import UNIT, Kind, Kinds, Value, Values

TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS sync_outbox (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        change_id BLOB NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        record_id BLOB NOT NULL,
        op TEXT NOT NULL,
        patch TEXT NOT NULL,
        base TEXT NOT NULL,
        base_revs TEXT NOT NULL,
        agreed TEXT NOT NULL DEFAULT '{}',
        agreed_rev INTEGER NOT NULL DEFAULT 0,
        status TEXT NOT NULL,
        at INTEGER NOT NULL,
        account TEXT NOT NULL,
        device TEXT NOT NULL,
        channel TEXT NOT NULL,
        reason TEXT NOT NULL,
        group_id TEXT,
        code TEXT,
        field TEXT,
        text TEXT,
        link BLOB
    )""",
    "CREATE UNIQUE INDEX IF NOT EXISTS sync_outbox_line ON sync_outbox (kind, record_id, status)",
    """CREATE TABLE IF NOT EXISTS sync_history (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        record_id BLOB NOT NULL,
        field TEXT NOT NULL,
        old TEXT,
        new TEXT,
        account TEXT NOT NULL,
        device TEXT NOT NULL,
        at INTEGER NOT NULL,
        channel TEXT NOT NULL,
        reason TEXT NOT NULL,
        group_id TEXT,
        change_id BLOB
    )""",
    "CREATE INDEX IF NOT EXISTS sync_history_record ON sync_history (record_id, seq)",
    "CREATE INDEX IF NOT EXISTS sync_history_group ON sync_history (group_id) WHERE group_id IS NOT NULL",
    """CREATE TABLE IF NOT EXISTS sync_handed (
        handover_id BLOB NOT NULL PRIMARY KEY,
        kind TEXT NOT NULL,
        record_id BLOB NOT NULL,
        op TEXT NOT NULL,
        patch TEXT NOT NULL,
        before TEXT NOT NULL,
        at INTEGER NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS sync_ahead (
        kind TEXT NOT NULL,
        record_id BLOB NOT NULL,
        field TEXT NOT NULL,
        rev INTEGER NOT NULL,
        PRIMARY KEY (kind, record_id, field)
    ) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS sync_seen (kind TEXT, record_id BLOB, PRIMARY KEY (kind, record_id)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS sync_state (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
)

PENDING: Final = "pending"
IN_FLIGHT: Final = "in_flight"
REFUSED: Final = "refused"
CREATED_FIELD: Final = "+"
"""In the history, the line that says a record was made; its `new` holds all values."""
DELETED_FIELD: Final = "-"
"""In the history, the line that says a record was removed; its `old` holds all values."""

_LINE_COLUMNS: Final = (
    "seq, change_id, kind, record_id, op, patch, base, base_revs, status, at, account, device, channel, reason,"
    " group_id, code, field, text, link, agreed, agreed_rev"
)


StoredRecord = tuple[int, str | None, Values]
"""Revision, unknown fields as JSON text, values."""

_IDS_MAX: Final = 500


class Waiting:
    """One line of the outbox; its content is unpacked when it is asked for.

    Attributes:
        agreed_rev: Revision the server has sent since, for a record that is not here any more; 0: none.
    """

    def __init__(self, row: Sequence[Any]) -> None:
        self.seq: int = row[0]
        self.change_id: bytes = row[1]
        self.kind: str = row[2]
        self.record_id: bytes = row[3]
        self.status: str = row[8]
        self.at: int = row[9]
        self.account: str = row[10]
        self.device: str = row[11]
        self.channel: str = row[12]
        self.reason: str = row[13]
        self.group_id: str | None = row[14]
        self.code: str | None = row[15]
        self.field: str | None = row[16]
        self.text: str | None = row[17]
        self.link: bytes | None = row[18]
        self.agreed_rev: int = row[20]
        self._row = row

    @cached_property
    def line(self) -> Line:
        """What changes, and what it is based on."""
        row = self._row
        revs = {name: int(rev) for name, rev in packed.load(row[7]).items() if isinstance(rev, int)}
        return Line(Op(row[4]), packed.load(row[5]), packed.load(row[6]), revs)

    @cached_property
    def agreed(self) -> Values:
        """Values the server has sent since, for fields that keep the edited value here.

        The base stays what the person saw, so that the server can tell that somebody else was there.
        """
        agreed = packed.load(self._row[19])
        if self.line.op is not Op.EDIT:
            return agreed
        return {name: value for name, value in agreed.items() if name in self.line.base}  # some were taken back


def create_tables(conn: Connection) -> None:
    """Create the engine's tables on the device where they are missing."""
    for statement in TABLES:
        conn.exec_driver_sql(statement)


def state(conn: Connection, key: str) -> bytes | None:
    """Return one entry of the engine's state."""
    row = conn.exec_driver_sql("SELECT value FROM sync_state WHERE key = ?", (key,)).first()
    return None if row is None else bytes(row[0])


def set_state(conn: Connection, key: str, value: bytes | None) -> None:
    """Store one entry of the engine's state; ``None`` removes it."""
    if value is None:
        conn.exec_driver_sql("DELETE FROM sync_state WHERE key = ?", (key,))
    else:
        same_is_no_write = "ON CONFLICT DO UPDATE SET value = excluded.value WHERE value IS NOT excluded.value"
        conn.exec_driver_sql(f"INSERT INTO sync_state (key, value) VALUES (?, ?) {same_is_no_write}", (key, value))


def lines(conn: Connection, kind: str, record_id: bytes) -> dict[str, Waiting]:
    """Return what waits for one record, by status."""
    rows = conn.exec_driver_sql(
        f"SELECT {_LINE_COLUMNS} FROM sync_outbox WHERE kind = ? AND record_id = ?", (kind, record_id)
    )
    return {line.status: line for line in map(Waiting, rows.all())}


def lines_with(conn: Connection, status: str, *, limit: int = -1) -> list[Waiting]:
    """Return the lines of one status in the order in which they were made."""
    rows = conn.exec_driver_sql(
        f"SELECT {_LINE_COLUMNS} FROM sync_outbox WHERE status = ? ORDER BY seq LIMIT ?", (status, limit)
    )
    return [Waiting(row) for row in rows.all()]


def line_of_change(conn: Connection, change_id: bytes) -> Waiting | None:
    """Return the line of one change."""
    row = conn.exec_driver_sql(f"SELECT {_LINE_COLUMNS} FROM sync_outbox WHERE change_id = ?", (change_id,)).first()
    return None if row is None else Waiting(row)


def waiting_records(conn: Connection, kind: str) -> dict[bytes, list[Waiting]]:
    """Return all lines of one kind by record, oldest first."""
    rows = conn.exec_driver_sql(f"SELECT {_LINE_COLUMNS} FROM sync_outbox WHERE kind = ? ORDER BY seq", (kind,))
    found: dict[bytes, list[Waiting]] = {}
    for line in map(Waiting, rows.all()):
        found.setdefault(line.record_id, []).append(line)
    return found


def all_waiting_records(conn: Connection, kinds: Kinds) -> dict[str, dict[bytes, list[Waiting]]]:
    """Return all lines by kind and record, oldest first."""
    found: dict[str, dict[bytes, list[Waiting]]] = {kind.name: {} for kind in kinds}
    for line in map(Waiting, conn.exec_driver_sql(f"SELECT {_LINE_COLUMNS} FROM sync_outbox ORDER BY seq").all()):
        found.setdefault(line.kind, {}).setdefault(line.record_id, []).append(line)
    return found


def pending_behind_travelling(conn: Connection) -> dict[tuple[str, bytes], Waiting]:
    """Return what was typed about records while an earlier change of theirs travels, by kind and record."""
    columns = ", ".join(f"p.{name}" for name in _LINE_COLUMNS.split(", "))
    rows = conn.exec_driver_sql(
        f"SELECT {columns} FROM sync_outbox AS f JOIN sync_outbox AS p ON p.kind = f.kind"
        " AND p.record_id = f.record_id AND p.status = ? WHERE f.status = ?",
        (PENDING, IN_FLIGHT),
    )
    return {(line.kind, line.record_id): line for line in map(Waiting, rows.all())}


def remove_lines(conn: Connection, seqs: Sequence[int]) -> None:
    """Remove some lines."""
    if seqs:
        conn.exec_driver_sql("DELETE FROM sync_outbox WHERE seq = ?", [(seq,) for seq in seqs])


def remove_line(conn: Connection, seq: int) -> None:
    """Remove one line."""
    conn.exec_driver_sql("DELETE FROM sync_outbox WHERE seq = ?", (seq,))


def update_line(conn: Connection, seq: int, line: Line) -> None:
    """Store a line's new content."""
    conn.exec_driver_sql(
        "UPDATE sync_outbox SET op = ?, patch = ?, base = ?, base_revs = ? WHERE seq = ?",
        (line.op, packed.dump(line.patch), packed.dump(line.base), packed.dump(line.base_revs), seq),
    )


def told_by(
    conn: Connection, seq: int, account: str, device: str, channel: str, reason: str, group: str | None
) -> None:
    """Store who a line is by now from, and why: a removal that took the place of an edit is not the edit's author's."""
    sql = "UPDATE sync_outbox SET account = ?, device = ?, channel = ?, reason = ?, group_id = ? WHERE seq = ?"
    conn.exec_driver_sql(sql, (account, device, channel, reason, group, seq))


def put_last(conn: Connection, seq: int) -> None:
    """Give a line the last place."""
    conn.exec_driver_sql("UPDATE sync_outbox SET seq = (SELECT max(seq) + 1 FROM sync_outbox) WHERE seq = ?", (seq,))


def note_agreed(conn: Connection, waiting: Waiting, server: Values, rev: int, *, full: bool = False) -> None:
    """Remember what the server has in the fields that a line keeps; all of it where the line has none to go back to.

    Args:
        conn: A write transaction.
        waiting: The line.
        server: What the server has in some fields, or, when `full`, in all.
        rev: Its revision.
        full: Whether it is the whole record: only that tells that one which waits to be made is there.
    """
    made = waiting.line.op is Op.CREATE and (full or bool(waiting.agreed))
    whole = made or waiting.line.op is Op.DELETE
    news = {name: value for name, value in server.items() if whole or name in waiting.line.base}
    if news or whole:
        waiting.agreed.update(news)
        waiting.agreed_rev = rev
        conn.exec_driver_sql(
            "UPDATE sync_outbox SET agreed = ?, agreed_rev = ? WHERE seq = ?",
            (packed.dump(waiting.agreed), rev, waiting.seq),
        )


def note_handed_over(conn: Connection, handover_id: bytes, waiting: Waiting, before: Values) -> None:
    """Remember what was handed over, as it was typed here, and what stood there before.

    The record goes; the author's side of the hand-over says later what became of it.
    """
    row = conn.exec_driver_sql("SELECT patch, before FROM sync_handed WHERE handover_id = ?", (handover_id,)).first()
    patch = {**packed.load(row[0]), **waiting.line.patch} if row else waiting.line.patch
    seen = {**before, **packed.load(row[1])} if row else before
    conn.exec_driver_sql(
        "INSERT INTO sync_handed (handover_id, kind, record_id, op, patch, before, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET patch = excluded.patch, before = excluded.before, at = excluded.at",
        (
            handover_id, waiting.kind, waiting.record_id, waiting.line.op, packed.dump(patch), packed.dump(seen),
            waiting.at,
        ),
    )  # fmt: skip


def note_ahead(conn: Connection, kind: str, record_id: bytes, fields: Iterable[str], rev: int) -> None:
    """Remember that some fields are here as the server has them at `rev`, while the rest of the record is older.

    That is so when a change was answered and the line broke off before the frames told what others had changed.
    """
    rows = [(kind, record_id, name, rev) for name in fields]
    if rows:
        conn.exec_driver_sql(
            "INSERT OR REPLACE INTO sync_ahead (kind, record_id, field, rev) VALUES (?, ?, ?, ?)", rows
        )


def ahead(conn: Connection, kind: str, record_id: bytes) -> dict[str, int]:
    """Return the revisions of the fields that are newer than their record."""
    sql = "SELECT field, rev FROM sync_ahead WHERE kind = ? AND record_id = ?"
    return dict(map(tuple, conn.exec_driver_sql(sql, (kind, record_id))))


def catch_up(conn: Connection, kinds: Kinds) -> None:
    """Forget the fields whose records are as new as they are by now."""
    if conn.exec_driver_sql("SELECT 1 FROM sync_ahead LIMIT 1").first() is None:
        return
    for kind in kinds:
        conn.exec_driver_sql(
            f'DELETE FROM sync_ahead WHERE kind = ? AND NOT EXISTS (SELECT 1 FROM "{kind.table}" AS r'
            " WHERE r.id = sync_ahead.record_id AND r.rev < sync_ahead.rev)",
            (kind.name,),
        )


def forget(conn: Connection, kind: str, record_ids: Sequence[bytes]) -> None:
    """Remove everything that is remembered of some records, also what waits."""
    for table in ("sync_outbox", "sync_history", "sync_handed"):
        sql = f"DELETE FROM {table} WHERE kind = ? AND record_id = ?"
        conn.exec_driver_sql(sql, [(kind, record_id) for record_id in record_ids])


def forget_place(conn: Connection, record_ids: Sequence[bytes]) -> None:
    """Let removals that wait for records outside the scope not count as records the server has inside it."""
    conn.exec_driver_sql(
        "UPDATE sync_outbox SET base = '{}', agreed = '{}' WHERE record_id = ? AND op = 'delete'",
        [(record_id,) for record_id in record_ids],
    )


def join_agreed(conn: Connection, kept: Waiting, joined: Waiting) -> None:
    """Let a line that took another one in know what the server has sent for it."""
    kept.agreed = {**joined.agreed, **kept.agreed}
    kept.agreed_rev = max(kept.agreed_rev, joined.agreed_rev)
    conn.exec_driver_sql(
        "UPDATE sync_outbox SET agreed = ?, agreed_rev = ? WHERE seq = ?",
        (packed.dump(kept.agreed), kept.agreed_rev, kept.seq),
    )


class RecordTable:
    """The statements for one kind's table."""

    def __init__(self, kind: Kind, derived: Sequence[str]) -> None:
        self.kind = kind
        self.columns = kind.columns
        self.derived = tuple(derived)
        names = ("id", "rev", "extra", *self.columns)
        quoted = ", ".join(f'"{name}"' for name in names)
        every = ", ".join(f'"{name}"' for name in (*names, *self.derived))
        places = ", ".join("?" * (len(names) + len(self.derived)))
        updates = ", ".join(f'"{n}" = excluded."{n}"' for n in (*names[1:], *self.derived))
        self._select = f'SELECT {quoted} FROM "{kind.table}"'
        self._upsert = (
            f'INSERT INTO "{kind.table}" ({every}) VALUES ({places}) ON CONFLICT (id) DO UPDATE SET {updates}'
        )

    def get(self, conn: Connection, record_id: bytes) -> StoredRecord | None:
        """Return one record."""
        row = conn.exec_driver_sql(self._select + " WHERE id = ?", (record_id,)).first()
        return None if row is None else (row[1], row[2], dict(zip(self.columns, row[3:], strict=True)))

    def many(self, conn: Connection, ids: Sequence[bytes]) -> dict[bytes, StoredRecord]:
        """Return the records that are here."""
        found: dict[bytes, StoredRecord] = {}
        for start in range(0, len(ids), _IDS_MAX):
            part = ids[start : start + _IDS_MAX]
            places = ", ".join("?" * len(part))
            for row in conn.exec_driver_sql(f"{self._select} WHERE id IN ({places})", tuple(part)).all():
                found[row[0]] = (row[1], row[2], dict(zip(self.columns, row[3:], strict=True)))
        return found

    def every(self, conn: Connection) -> Iterable[tuple[bytes, int, str | None, Values]]:
        """Return all records."""
        for row in conn.exec_driver_sql(self._select):
            yield row[0], row[1], row[2], dict(zip(self.columns, row[3:], strict=True))

    def rows_of_unit(
        self, conn: Connection, unit_id: bytes | None, *, part: int = 0, parts: int = 1
    ) -> Sequence[Sequence[Any]]:
        """Return id, revision, unknown fields and values of one unit's records, or of a part of them.

        Args:
            conn: A read transaction.
            unit_id: The unit; ``None``: of everybody's records.
            part: See `sync.core.digest.part_of_ids`.
            parts: See there.
        """
        sql, params = f'{self._select} WHERE "{UNIT}" IS ?', [unit_id]
        if parts > 1:
            sql, params = sql + " AND substr(id, 16, 1) BETWEEN ? AND ?", [*params, *part_of_ids(part, parts)]
        return conn.exec_driver_sql(sql, tuple(params)).all()

    def count_of_unit(self, conn: Connection, unit_id: bytes | None) -> int:
        """Return how many records one unit has; ``None``: everybody."""
        sql = f'SELECT count(*) FROM "{self.kind.table}" WHERE "{UNIT}" IS ?'
        return int(conn.exec_driver_sql(sql, (unit_id,)).scalar_one())

    def put(self, conn: Connection, rows: list[tuple[Value, ...]]) -> None:
        """Insert or replace records. A row is id, revision, unknown fields, values, derived values."""
        if rows:
            conn.exec_driver_sql(self._upsert, rows)

    def set(self, conn: Connection, record_id: bytes, changes: Mapping[str, Value]) -> None:
        """Change columns of one record."""
        places = ", ".join(f'"{name}" = ?' for name in changes)
        conn.exec_driver_sql(f'UPDATE "{self.kind.table}" SET {places} WHERE id = ?', (*changes.values(), record_id))

    def set_revs(self, conn: Connection, revs: Sequence[tuple[int, bytes]]) -> None:
        """Give records other revisions: pairs of revision and id."""
        if revs:
            conn.exec_driver_sql(f'UPDATE "{self.kind.table}" SET rev = ? WHERE id = ?', list(revs))

    def remove(self, conn: Connection, ids: Sequence[bytes]) -> None:
        """Remove records."""
        if ids:
            conn.exec_driver_sql(f'DELETE FROM "{self.kind.table}" WHERE id = ?', [(i,) for i in ids])

    def unseen(self, conn: Connection, sector: bytes | None) -> list[bytes]:
        """Return the ids of one sector's records, or of all, that have not come again."""
        sql = f'SELECT id FROM "{self.kind.table}" WHERE id NOT IN (SELECT record_id FROM sync_seen WHERE kind = ?)'
        if sector is None:
            rows = conn.exec_driver_sql(sql, (self.kind.name,))
        else:
            unit = None if sector == EVERYBODY else sector
            rows = conn.exec_driver_sql(f'{sql} AND "{UNIT}" IS ?', (self.kind.name, unit))
        return [row[0] for row in rows]

    def ids_of_unit(self, conn: Connection, unit_id: bytes) -> list[bytes]:
        """Return the ids of one unit's records."""
        rows = conn.exec_driver_sql(f'SELECT id FROM "{self.kind.table}" WHERE "{UNIT}" = ?', (unit_id,))
        return [row[0] for row in rows]


def count(conn: Connection, *statuses: str) -> int:
    """Return how many lines have one of the statuses."""
    places = ", ".join("?" * len(statuses))
    return int(
        conn.exec_driver_sql(f"SELECT count(*) FROM sync_outbox WHERE status IN ({places})", statuses).scalar_one()
    )


def freeze(conn: Connection, limit: int) -> None:
    """Mark up to `limit` lines as travelling; a record with a travelling line waits for its answer."""
    conn.exec_driver_sql(
        "UPDATE sync_outbox SET status = ? WHERE seq IN (SELECT p.seq FROM sync_outbox AS p WHERE p.status = ?"
        " AND NOT EXISTS (SELECT 1 FROM sync_outbox AS f WHERE f.kind = p.kind AND f.record_id = p.record_id"
        " AND f.status = ?) ORDER BY p.seq LIMIT max(0, ? - (SELECT count(*) FROM sync_outbox WHERE status = ?)))",
        (IN_FLIGHT, PENDING, IN_FLIGHT, limit, IN_FLIGHT),
    )
