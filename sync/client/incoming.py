"""What the server said, stored on the device: answers to changes, and frames of the feed."""

import json
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from sync.client import store
from sync.client.replica import Replica, Row, agreed_record
from sync.client.store import IN_FLIGHT, PENDING, REFUSED, RecordTable, StoredRecord, Waiting
from sync.core import values as packed
from sync.core.digest import EVERYBODY
from sync.core.squash import Line, Op, answered
from sync.protocol.errors import RejectedError
from sync.protocol.kinds import UNIT, Kind, Value, Values
from sync.protocol.messages import ERASED, HANDED_OVER, ID_SIZE_BYTES, Answer, Frame, Gone, Patches, Rows, ids_of

CURSOR = "cursor"
COMPLETE = "complete"
LAST_SYNC = "last_sync"
"""When the device last had everything, in ms UTC by its own clock."""

RESYNC = "resync"
"""What is being listed again: sectors, or everything."""

_EVERYTHING = b"1"


def apply_answers(replica: Replica, conn: Connection, answers: Iterable[Answer]) -> list[Answer]:
    """Store what became of some changes; return the answers somebody waited for. Others came twice."""
    travelling = {line.change_id: line for line in store.lines_with(conn, IN_FLIGHT)}
    awaited = [(travelling.pop(answer.change_id), answer) for answer in answers if answer.change_id in travelling]
    later = store.pending_behind_travelling(conn)
    by_kind: dict[str, list[bytes]] = {}
    for sent, _ in awaited:
        by_kind.setdefault(sent.kind, []).append(sent.record_id)
    for kind, ids in by_kind.items():
        table = replica.tables[kind]
        records = table.many(conn, ids)
        settling = _Settling(replica, conn, table)
        for sent, answer in awaited:
            if sent.kind == kind:
                settling.settle(sent, later.get((kind, sent.record_id)), records.get(sent.record_id), answer)
        settling.finish()
    return [answer for _, answer in awaited]


class _Settling:
    """Stores the answers to the changes of one kind; what is alike is stored together at the end."""

    def __init__(self, replica: Replica, conn: Connection, table: RecordTable) -> None:
        self._replica = replica
        self._conn = conn
        self._table = table
        self._answered: list[int] = []
        self._revs: list[tuple[int, bytes]] = []

    def finish(self) -> None:
        """Store what has been gathered."""
        store.remove_lines(self._conn, self._answered)
        self._table.set_revs(self._conn, self._revs)

    def settle(self, sent: Waiting, later: Waiting | None, found: StoredRecord | None, answer: Answer) -> None:
        """Store what became of `sent`; `later` has been typed since, `found` is the record as it stands here."""
        replica, conn, table = self._replica, self._conn, self._table
        accepted = answer.status != "refused"
        if answer.status == HANDED_OVER:
            _hand_over(replica, conn, sent, later, answer)
            return
        if later is not None:
            _rebase(conn, sent, later, answer)
        if not accepted:
            _keep_refused(conn, sent, later, answer)
            return
        self._answered.append(sent.seq)
        if found is None:
            return
        rev, _, values = found
        moved = rev == answer.rev_before or (sent.line.op is Op.CREATE and rev < answer.rev)
        untouched = {
            name: value
            for name, value in answer.fix.items()
            if name in values and not (later is not None and name in later.line.patch)
        }
        _check_place(table.kind, sent.record_id, {**values, **untouched})
        if untouched:
            table.set(conn, sent.record_id, {**untouched, **replica.derive(sent.kind, {**values, **untouched})})
            _note_fixes(replica, conn, sent, values, untouched)
        if moved:
            self._revs.append((answer.rev, sent.record_id))
        else:
            told = [name for name in (*sent.line.patch, *answer.fix) if name in values]
            store.note_ahead(conn, sent.kind, sent.record_id, told, answer.rev)


def _hand_over(replica: Replica, conn: Connection, sent: Waiting, later: Waiting | None, answer: Answer) -> None:
    """Give up a change that others decide about now; the record, if it is still here, goes with the frames."""
    title = replica.kinds[sent.kind].title
    found = replica.tables[sent.kind].get(conn, sent.record_id)
    seen: Values = {**(found[2] if found else {}), **sent.line.base, **sent.agreed}
    before = {name: seen.get(name) for name in {*sent.line.patch, title} if name in seen}
    store.note_handed_over(conn, answer.link, sent, {} if sent.line.op is Op.CREATE else before)
    replica.take_back(conn, sent, reason=HANDED_OVER)
    if later is not None:
        store.update_line(conn, later.seq, answered(later.line, sent.line, accepted=False, rev=0, lost=frozenset()))


def _rebase(conn: Connection, sent: Waiting, later: Waiting, answer: Answer) -> None:
    """Let what was typed since stand on what the server has now."""
    accepted = answer.status != "refused"
    line = answered(later.line, sent.line, accepted=accepted, rev=answer.rev, lost=frozenset(answer.fix))
    if accepted:
        store.update_line(conn, later.seq, line)
        if answer.fix:
            store.note_agreed(conn, later, answer.fix, answer.rev)
    later.line = line


def _note_fixes(replica: Replica, conn: Connection, sent: Waiting, before: Values, fixes: Values) -> None:
    now = replica.clock_ms()
    _note_all(
        conn,
        (
            (sent.kind, sent.record_id, name, packed.dump_one(before[name]), packed.dump_one(value), "", now)
            for name, value in fixes.items()
            if before[name] != value
        ),
    )


def _keep_refused(conn: Connection, sent: Waiting, later: Waiting | None, answer: Answer) -> None:
    """Keep a refused change where a person sees it, joined with an older refused one or a later correction."""
    if later is not None and (sent.line.op is Op.CREATE or set(later.line.patch) & set(sent.line.patch)):
        joined = Line(
            later.line.op if later.line.op is Op.DELETE else sent.line.op,
            {**sent.line.patch, **later.line.patch},
            {**later.line.base, **sent.line.base},
            {**later.line.base_revs, **sent.line.base_revs},
        )
        store.remove_line(conn, sent.seq)
        if joined.op is Op.DELETE and sent.line.op is Op.CREATE:
            store.remove_line(conn, later.seq)
        else:
            store.update_line(conn, later.seq, joined)
            store.join_agreed(conn, later, sent)
        return
    if later is not None:
        store.update_line(conn, later.seq, later.line)
    older = store.lines(conn, sent.kind, sent.record_id).get(REFUSED)
    if older is not None:
        joined = Line(
            sent.line.op,
            {**older.line.patch, **sent.line.patch},
            {**sent.line.base, **older.line.base},
            {**sent.line.base_revs, **older.line.base_revs},
        )
        store.remove_line(conn, older.seq)
        store.update_line(conn, sent.seq, joined)
        store.join_agreed(conn, sent, older)
    conn.exec_driver_sql(
        "UPDATE sync_outbox SET status = ?, code = ?, field = ?, text = ?, link = ? WHERE seq = ?",
        (REFUSED, answer.code, answer.field or None, answer.text or None, answer.link or None, sent.seq),
    )


def apply_frame(replica: Replica, conn: Connection, frame: Frame) -> int:
    """Store one frame and its cursor; return how many records it touched."""
    if frame.restart:
        _list_again(conn, _EVERYTHING)
    if frame.again:
        _list_again(conn, frame.again)
    listed = store.state(conn, RESYNC)
    count = _store_records(replica, conn, frame, listing=listed is not None)
    store.catch_up(conn, replica.kinds)
    if listed == _EVERYTHING and frame.complete:
        _drop_unseen(replica, conn, None)
    elif frame.again_done and listed == frame.again_done:
        _drop_unseen(replica, conn, ids_of(listed))
    elif frame.complete and listed is not None:
        _stop_listing(conn)  # the device's units have changed while a sector came again: it is compared anew
    if frame.cursor:
        store.set_state(conn, CURSOR, frame.cursor)
    store.set_state(conn, COMPLETE, b"1" if frame.complete else b"0")
    if frame.complete:
        store.set_state(conn, LAST_SYNC, str(replica.clock_ms()).encode())
    return count


def _store_records(replica: Replica, conn: Connection, frame: Frame, *, listing: bool) -> int:
    count = 0
    waiting = store.all_waiting_records(conn, replica.kinds) if frame.gone_units else {}
    for unit in ids_of(frame.gone_units):
        count += _drop_unit(replica, conn, unit, waiting)
    for gone in frame.gone:
        count += _drop_records(replica, conn, gone)
    for rows in frame.rows:
        count += _put_rows(replica, conn, rows)
        if listing:
            _mark_seen(conn, rows)
    for patches in frame.patches:
        count += _put_patches(replica, conn, patches)
    return count


def list_everything_again(conn: Connection) -> None:
    """Begin a list of everything by the device's own wish; see `_list_again`."""
    _list_again(conn, _EVERYTHING)


def _list_again(conn: Connection, what: bytes) -> None:
    """Begin a list of everything, or of some sectors: what is not on it is removed when all of it has arrived."""
    conn.exec_driver_sql("DELETE FROM sync_seen")
    store.set_state(conn, RESYNC, what)


def _mark_seen(conn: Connection, rows: Rows) -> None:
    seen = [(rows.kind, record_id) for record_id in ids_of(rows.ids)]
    conn.exec_driver_sql("INSERT OR IGNORE INTO sync_seen VALUES (?, ?)", seen)


def _drop_unseen(replica: Replica, conn: Connection, sectors: list[bytes] | None) -> None:
    """Remove what was not on the list, apart from what waits to be made, or to go into one of the sectors.

    Who waited to remove what was not on it has what they wanted.
    """
    seen = {tuple(row) for row in conn.exec_driver_sql("SELECT kind, record_id FROM sync_seen")}
    for kind, table in replica.tables.items():
        kept = {
            record_id
            for record_id, lines in store.waiting_records(conn, kind).items()
            if any(line.line.op is Op.CREATE or (sectors and UNIT in line.line.patch) for line in lines)
        }
        for sector in (None,) if sectors is None else sectors:
            table.remove(conn, [each for each in table.unseen(conn, sector) if each not in kept])
        for record_id, lines in store.waiting_records(conn, kind).items():
            agreed = agreed_record(None, lines) if (kind, record_id) not in seen else None
            if agreed is not None and (sectors is None or (agreed[1][UNIT] or EVERYBODY) in sectors):
                _drop(table, conn, [record_id])
    _stop_listing(conn)


def _stop_listing(conn: Connection) -> None:
    conn.exec_driver_sql("DELETE FROM sync_seen")
    store.set_state(conn, RESYNC, None)


def _drop_unit(replica: Replica, conn: Connection, unit: bytes, waiting: dict[str, dict[bytes, list[Waiting]]]) -> int:
    """Let go what the server has in a unit, wherever an edit that waits has put it here, and nothing else.

    The unit may come again in the same frames.
    """
    count = 0
    for kind, table in replica.tables.items():
        ids = set(table.ids_of_unit(conn, unit))
        records = table.many(conn, list(waiting[kind]))
        for record_id, lines in waiting[kind].items():
            found = records.get(record_id)
            agreed = agreed_record((found[0], found[2]) if found else None, lines)
            if agreed is not None and agreed[1][UNIT] == unit:
                ids.add(record_id)
            elif agreed is not None or any(line.line.op is Op.CREATE for line in lines):
                ids.discard(record_id)
        _let_go(table, conn, sorted(ids))
        count += len(ids)
    return count


def _drop(table: RecordTable, conn: Connection, ids: list[bytes]) -> None:
    """Remove records. Who waited to remove one has what they wanted; edits stay, to be answered."""
    table.remove(conn, ids)
    if ids:
        conn.exec_driver_sql(
            "DELETE FROM sync_outbox WHERE record_id = ? AND op = 'delete' AND status <> 'in_flight'",
            [(record_id,) for record_id in ids],
        )


def _let_go(table: RecordTable, conn: Connection, ids: list[bytes]) -> None:
    """Remove records that live on elsewhere. What waits for them goes to whoever has them now."""
    table.remove(conn, ids)
    if ids:
        store.forget_place(conn, ids)


def _drop_records(replica: Replica, conn: Connection, gone: Gone) -> int:
    if gone.kind not in replica.kinds:
        return 0
    ids = ids_of(gone.ids)
    if gone.reason == ERASED:
        store.forget(conn, gone.kind, ids)
    let = _drop if gone.reason in {"deleted", ERASED} else _let_go
    let(replica.tables[gone.kind], conn, ids)
    return len(ids)


def _put_rows(replica: Replica, conn: Connection, rows: Rows) -> int:
    """Store whole records; where edits wait, they stay on top."""
    if rows.kind not in replica.kinds:
        return 0
    table = replica.tables[rows.kind]
    ids = ids_of(rows.ids)
    sent = dict(zip(rows.columns, rows.values, strict=True))
    known = {name: sent[name] for name in table.columns if name in sent}
    unknown = {name: values for name, values in sent.items() if name not in known}
    _check_places(table.kind, ids, known)
    prepared = replica.rows(rows.kind, ids, rows.revs, _extras(rows, unknown), known)
    waiting = store.waiting_records(conn, rows.kind)
    if waiting:
        prepared = [
            kept
            for row in prepared
            if (kept := _under_waiting(replica, conn, table, row, waiting.get(row[0], ()))) is not None
        ]
    table.put(conn, prepared)
    return len(ids)


def _extras(rows: Rows, unknown: Mapping[str, Sequence[Value]]) -> list[str | None]:
    """Return the unknown fields of each record as JSON text."""
    if not unknown:
        return [rows.extra.get(place) for place in range(len(rows.revs))]
    return [
        _extra(rows.extra.get(place), {name: values[place] for name, values in unknown.items()})
        for place in range(len(rows.revs))
    ]


def _under_waiting(
    replica: Replica, conn: Connection, table: RecordTable, row: Row, lines: Sequence[Waiting]
) -> Row | None:
    """Return a row as the server sent it with what waits on top; nothing if it waits for its removal."""
    if not lines:
        return row
    record_id, rev, extra, *values = row
    full = dict(zip(table.columns, values, strict=False))  # the derived ones come last
    for line in lines:
        store.note_agreed(conn, line, full, rev, full=True)
        if line.line.op is Op.DELETE and not line.line.base and rev == max(line.line.base_revs.values(), default=0):
            line.line.base.update(full)  # it had left the scope, and is back as the person saw it
            store.update_line(conn, line.seq, line.line)
    over = _overlay(conn, lines, full, rev)
    return None if over is None else replica.row(table.kind, record_id, rev, extra, {**full, **over})


def _check_places(kind: Kind, ids: Sequence[bytes], columns: Mapping[str, Sequence[Value]]) -> None:
    """Refuse records of which one stands nowhere; see `_check_place`."""
    units = columns.get(UNIT, [None] * len(ids))
    if kind.tree:
        parents = columns.get(kind.parent, [None] * len(ids))
        for record_id, unit, parent in zip(ids, units, parents, strict=True):
            _check_place(kind, record_id, {UNIT: unit, kind.parent: parent})
        return
    for unit, record_id in dict(zip(units, ids, strict=True)).items():
        _check_place(kind, record_id, {UNIT: unit})


def _check_place(kind: Kind, record_id: bytes, values: Values) -> None:
    """Refuse a record that stands nowhere: in no unit, or in something that is none.

    Raises:
        RejectedError: `message.damaged`.
    """
    unit = values[UNIT]
    fits = kind.shared if unit is None else isinstance(unit, bytes) and len(unit) == ID_SIZE_BYTES
    if kind.tree:
        parent = values[kind.parent]
        fits = unit == record_id and (parent is None or (isinstance(parent, bytes) and len(parent) == ID_SIZE_BYTES))
    if not fits:
        raise RejectedError("message.damaged", f"{kind.name} {record_id.hex()} stands nowhere")


def _overlay(conn: Connection, lines: Sequence[Waiting], server: Values, rev: int) -> Values | None:
    """Return the waiting values that stay on top of a record the server sent; nothing if it waits for its removal.

    An edit to what the server has by now is no longer an edit.
    """
    over: Values = {}
    for waiting in lines:
        if waiting.line.op is Op.DELETE:
            return None
        over.update(waiting.line.patch)
        if waiting.status == PENDING:
            _drop_agreed(conn, waiting, server)
        if waiting.line.op is Op.CREATE and waiting.status != IN_FLIGHT:
            _made_by_somebody(conn, waiting, server, rev)
    return over


def _made_by_somebody(conn: Connection, waiting: Waiting, server: Values, rev: int) -> None:
    """Turn a waiting creation, also a refused one, into an edit: the server has the record already.

    It was restored, or sent by a copy of this device.
    """
    patch = {name: value for name, value in waiting.line.patch.items() if server.get(name) != value}
    if not patch:
        store.remove_line(conn, waiting.seq)
        return
    base = {name: server.get(name) for name in patch}
    store.update_line(conn, waiting.seq, Line(Op.EDIT, patch, base, dict.fromkeys(patch, rev)))


def _drop_agreed(conn: Connection, waiting: Waiting, server: Values) -> None:
    line = waiting.line
    if line.op is not Op.EDIT:
        return
    agreed = [name for name, value in line.patch.items() if name in server and server[name] == value]
    if not agreed:
        return
    for part in (line.patch, line.base, line.base_revs):
        for name in agreed:
            part.pop(name, None)
    if line.patch:
        store.update_line(conn, waiting.seq, line)
    else:
        store.remove_line(conn, waiting.seq)


def _put_patches(replica: Replica, conn: Connection, patches: Patches) -> int:
    """Store changed fields; a field with a waiting edit keeps the edited value, and the revision it is based on."""
    if patches.kind not in replica.kinds:
        return 0
    table = replica.tables[patches.kind]
    waiting = store.waiting_records(conn, patches.kind)
    changed: list[Values] = [{} for _ in patches.revs]
    for name, rows, values in zip(patches.columns, patches.rows, patches.values, strict=True):
        for place, value in zip(rows, values, strict=True):
            changed[place][name] = value
    history: list[tuple[Value, ...]] = []
    prepared = []
    records = table.many(conn, ids_of(patches.ids))
    for place, record_id in enumerate(ids_of(patches.ids)):
        found, lines = records.get(record_id), waiting.get(record_id, [])
        agreed = agreed_record((0, found[2]) if found else None, lines)
        for line in lines:
            store.note_agreed(conn, line, changed[place], patches.revs[place])
        if found is None:
            continue
        _, extra, before = found
        after, over = dict(before), changed[place]
        held = {name for line in lines for name in line.line.patch}
        for line in lines:
            if line.status == PENDING:
                _drop_agreed(conn, line, over)
        after.update({name: value for name, value in over.items() if name in before and name not in held})
        _check_place(table.kind, record_id, after)
        unknown = {name: value for name, value in over.items() if name not in before}
        prepared.append(
            replica.row(
                table.kind, record_id, patches.revs[place], _extra(patches.extra.get(place, extra), unknown), after
            )
        )
        history += _seen(patches, place, record_id, agreed, over)
    table.put(conn, prepared)
    _note_all(conn, history)
    return len(patches.revs)


def _seen(
    patches: Patches, place: int, record_id: bytes, agreed: tuple[int, Values] | None, over: Values
) -> Iterable[tuple[Value, ...]]:
    """Return history lines for what others changed, old values as last agreed with the server."""
    before = agreed[1] if agreed else {}
    account, at = patches.accounts[place], patches.at[place]
    for name, value in over.items():
        if before.get(name) != value:
            old, new = packed.dump_one(before.get(name)), packed.dump_one(value)
            yield (patches.kind, record_id, name, old, new, account, at)


def _note_all(conn: Connection, lines: Iterable[tuple[Value, ...]]) -> None:
    rows = list(lines)
    if rows:
        conn.exec_driver_sql(
            "INSERT INTO sync_history (kind, record_id, field, old, new, account, device, at, channel, reason)"
            " VALUES (?, ?, ?, ?, ?, ?, '', ?, 'sync', '')",
            rows,
        )


def _extra(stored: str | None, unknown: Values) -> str | None:
    """Return the unknown fields of a record as JSON text, older ones kept."""
    fields = {name: packed.plain(value) for name, value in unknown.items() if value is not None}
    if not fields:
        return stored
    return json.dumps({**(json.loads(stored) if stored else {}), **fields}, ensure_ascii=False)
