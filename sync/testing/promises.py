"""Checkers of what must never happen on the server: each line of the log is looked at once, as it comes."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from sync.core import values as packed
from sync.core.squash import Op
from sync.protocol.kinds import CONFLICT, HANDOVER, UNIT, Kind, Merge, Value
from sync.server.database import run
from sync.server.handovers import ACCEPTED, RETURNED, WAITING, WITHDRAWN
from sync.testing.device import Sent, Typed
from sync.testing.kinds import KINDS, NODE, NOTE


@dataclass
class Promises:
    """What is known of one server's log, and what must hold for each line that follows."""

    _positions: dict[bytes, int] = field(default_factory=dict)
    _applied: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    _removed: set[bytes] = field(default_factory=set)
    _decided: set[bytes] = field(default_factory=set)

    def check(self, conn: Connection, sent: Mapping[bytes, Sequence[Sent]]) -> None:
        """Check what the log has got since the last call, and what follows its records.

        Args:
            conn: A read transaction.
            sent: What devices have sent, by change. Copies of a device may use one id for two changes.

        Raises:
            AssertionError: A promise is broken; its text says which.
        """
        positions = dict(map(tuple, run(conn, "SELECT shard, pos FROM sync_position ORDER BY shard")))
        if positions == self._positions:
            return
        news: list[Any] = []
        for shard, last in positions.items():
            before = self._positions.get(shard, 0)
            if before == last:
                continue
            sql = (
                "SELECT pos, kind, record_id, rev, op, fields, change_id FROM sync_log"
                " WHERE shard = ? AND pos > ? ORDER BY pos"
            )
            lines = run(conn, sql, (shard, before)).all()
            assert [line.pos for line in lines] == [*range(before + 1, last + 1)], f"a gap in the feed of {shard.hex()}"
            news += lines
        for line in sorted(news, key=lambda line: (line.rev, line.op != "leave")):  # a record may change its shard
            self._check_line(conn, line, sent.get(line.change_id, ()))
        self._positions = positions
        _check_places(conn)
        _check_company(conn, CONFLICT, "status = 'open'")
        _check_company(conn, HANDOVER, f"side = 'receiver' AND state = '{WAITING}'")

    def _check_line(self, conn: Connection, line: Any, sent: Sequence[Sent]) -> None:
        record_id: bytes = line.record_id
        made = line.op == "arrive" and all(its.op is Op.CREATE for its in sent)  # by a copy that had not heard of it
        assert made or record_id not in self._removed, f"{record_id.hex()} came back after it was removed"
        if line.op == "delete":
            self._removed.add(record_id)
        elif made:
            self._removed.discard(record_id)
        fields = {name: (packed.restored(old), packed.restored(new)) for name, (old, new) in _loaded(line.fields)}
        if line.kind in {NODE.name, NOTE.name}:
            self._check_once(line)
            _check_any(sent, lambda its: _check_merge(its, record_id, line.op, fields, line.rev - 1))
        if line.kind in {CONFLICT.name, HANDOVER.name}:
            self._check_decided_once(line.kind, record_id, fields)
        if line.kind == CONFLICT.name:
            _check_any(sent, lambda its: _check_two_disagree(conn, line, its))

    def _check_once(self, line: Any) -> None:
        """Promise 3: a change is applied once."""
        if line.change_id is not None:
            rev = self._applied.setdefault((line.change_id, line.record_id), line.rev)
            assert rev == line.rev, f"a change of {line.record_id.hex()} was applied twice"

    def _check_decided_once(self, kind: str, record_id: bytes, fields: Mapping[str, tuple[Value, Value]]) -> None:
        """Promises 6 and 8: a conflict is settled once, and work that was handed over is decided about once."""
        _, status = fields.get("status" if kind == CONFLICT.name else "state", (None, None))
        if status in {"settled", ACCEPTED, RETURNED, WITHDRAWN}:
            assert record_id not in self._decided, f"{kind} {record_id.hex()} was decided about twice"
            self._decided.add(record_id)


def _check_any(sent: Sequence[Sent], check: Callable[[Sent], None]) -> None:
    """Check that one of several changes that have the same id is all right."""
    for number, its in enumerate(sent, 1):
        try:
            check(its)
        except AssertionError:
            if number == len(sent):
                raise
        else:
            return


def _loaded(text: str) -> list[tuple[str, tuple[object, object]]]:
    return [(name, (old, new)) for name, (old, new) in json.loads(text).items()]


def _check_merge(
    sent: Sent, record_id: bytes, op: str, fields: Mapping[str, tuple[Value, Value]], rev_before: int
) -> None:
    """Promise 7: a field is changed by somebody who has seen its value, or as its merge rule says."""
    if sent.kind in {NODE.name, NOTE.name} and sent.record_id == record_id and sent.op is not Op.CREATE:
        for name, (old, new) in fields.items():
            where = f"{name} of {record_id.hex()}"
            if op == "delete":
                gone_from_there = not sent.base and sent.seen_rev == rev_before  # what was seen has left the device
                assert gone_from_there or old == sent.base.get(name), f"{where} was removed unseen"
                continue
            assert name in sent.patch, f"{where} was changed by somebody who had not touched it"
            base, mine = sent.base.get(name), sent.patch[name]
            rule = KINDS[sent.kind].by_name[name].merge
            assert rule is not Merge.MANUAL or old == base, f"{where} was overwritten unseen"
            assert _as_merged(rule, new) == _merged(rule, base, mine, old), f"{where} was not merged by its rule"
    if sent.kind == CONFLICT.name:
        for name, (old, _) in fields.items():
            assert name in sent.base, f"{name} of {record_id.hex()} was settled without a conflict"
            assert old == sent.base[name], f"{name} of {record_id.hex()} was settled unseen"


def _merged(rule: Merge, base: Value, mine: Value, theirs: Value) -> object:
    """Return what a field must hold after a merge, said in another way than the engine does."""
    if theirs == base or rule not in {Merge.UNION, Merge.MAP}:
        return _as_merged(rule, mine)
    was, one, two = (_as_merged(rule, value) for value in (base, mine, theirs))
    assert isinstance(was, set), "these rules know sets"
    assert isinstance(one, set), "these rules know sets"
    assert isinstance(two, set), "these rules know sets"
    return (two - (was - one)) | (one - was)


def _as_merged(rule: Merge, value: Value) -> object:
    return parts_of(value) if rule in {Merge.UNION, Merge.MAP} else value


def parts_of(value: Value) -> set[str]:
    """Return the items of a JSON list or object."""
    if not isinstance(value, str) or not value:
        return set()
    loaded = json.loads(value)
    return {str(item) for item in (loaded.items() if isinstance(loaded, dict) else loaded)}


def _check_two_disagree(conn: Connection, line: Any, sent: Sent) -> None:
    """Promise 7: nobody is asked about a field that has the value their change is based on, or the one they want."""
    if line.op != "arrive" or sent.kind not in {NODE.name, NOTE.name}:
        return
    text = run(conn, "SELECT fields FROM conflict WHERE id = ? AND rev = 1", (line.record_id,)).scalar()
    for item in json.loads(text or "[]"):
        name = item["field"]
        assert packed.restored(item["mine"]) == sent.patch[name], f"conflict {line.record_id.hex()} shows another value"
        needless = packed.restored(item["theirs"]) in {sent.base.get(name), sent.patch[name]}
        assert not needless, f"conflict {line.record_id.hex()} asks about {name}, which nobody else has changed"


def _check_places(conn: Connection) -> None:
    """Promise 1: every note stands in a unit that is there, and so does every unit below the top."""
    for kind, place in ((NOTE, UNIT), (NODE, NODE.parent)):
        sql = (
            f"SELECT k.id FROM {kind.table} k LEFT JOIN {NODE.table} n ON n.id = k.{place}"
            f" WHERE k.{place} IS NOT NULL AND n.id IS NULL"
        )
        lost = run(conn, sql).first()
        assert lost is None, f"{kind.name} {lost[0].hex()} stands in no unit" if lost else ""


def _check_company(conn: Connection, kind: Kind, waits: str) -> None:
    """What waits for a decision about a note stands in the unit of the note, where somebody can decide."""
    sql = (
        f"SELECT k.id FROM {kind.table} k JOIN {NOTE.table} n ON n.id = k.target_id WHERE k.target_kind = ? AND {waits}"
        " AND k.unit_id <> n.unit_id"
    )
    left = run(conn, sql, (NOTE.name,)).first()
    assert left is None, f"{kind.name} {left[0].hex()} did not go along with its record" if left else ""


def known_values(conn: Connection) -> dict[tuple[bytes, str], set[Value]]:
    """Return every value that the server has or had of each field of each record, by record and field."""
    known: dict[tuple[bytes, str], set[Value]] = {}

    def note(record_id: bytes, name: str, *values: Value) -> None:
        known.setdefault((record_id, name), set()).update(values)

    for kind in (NODE, NOTE):
        for row in run(conn, f"SELECT id, {', '.join(kind.columns)} FROM {kind.table}"):
            for name, value in zip(kind.columns, row[1:], strict=True):
                note(row[0], name, value)
    for record_id, text in run(conn, "SELECT record_id, fields FROM sync_log"):
        for name, (old, new) in _loaded(text):
            note(record_id, name, packed.restored(old), packed.restored(new))
    for table in (CONFLICT.table, HANDOVER.table):
        for target_id, text in _versions(conn, table):
            for item in json.loads(text):
                values = (item[side] for side in ("base", "mine", "theirs", "value") if side in item)
                note(target_id, item["field"], *map(packed.restored, values))
    return known


def first_lost(
    typed: Mapping[tuple[bytes, str], Typed],
    refused: Mapping[tuple[bytes, str], Value],
    known: Mapping[tuple[bytes, str], set[Value]],
) -> str:
    """Return what somebody typed that is nowhere; empty when all is current, in the history, asked about, or refused.

    Args:
        typed: By record and field, what a device's person typed last.
        refused: The same for what the device shows as refused.
        known: See `known_values`.
    """
    for (record_id, name), its in typed.items():
        if (record_id, name) in refused and refused[record_id, name] == its.value:
            continue
        values = known.get((record_id, name), set())
        if its.kind == NOTE.name and name in {"tags", "more"}:
            found = parts_of(its.value) <= {part for value in values for part in parts_of(value)}
        else:
            found = its.value in values
        if not found:
            return f"{name}={its.value!r} of {record_id.hex()}"
    return ""


def _versions(conn: Connection, table: str) -> Iterator[tuple[bytes, str]]:
    """Yield record and fields of all conflicts or hand-overs, as they are and as they were."""
    targets: dict[bytes, bytes] = {}
    for record_id, target_id, text in run(conn, f"SELECT id, target_id, fields FROM {table}"):
        targets[record_id] = target_id
        yield target_id, text
    for record_id, text in run(conn, "SELECT record_id, fields FROM sync_log WHERE kind = ?", (table,)):
        for version in json.loads(text).get("fields", []):
            if version and record_id in targets:
                yield targets[record_id], version
