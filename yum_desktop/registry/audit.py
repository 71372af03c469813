"""The log of what left this device in files and who looked at sensitive fields: lines are added and never changed.

Each line carries a hash over itself and the line before, and the last one is remembered beside the table, so that a
line that was changed, removed or added by other means is noticed. Whoever has the key of the file could write a whole
new log; the hash of the last line, noted elsewhere, shows that too. Lines name units, layouts and counts, never people.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, func, insert, select

from yum_desktop.domain.errors import InputError
from yum_desktop.registry import settings
from yum_desktop.registry.clock import as_ms, from_ms
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.tables import AuditRecord

EXPORT: Final = "export"
EXPORT_FAILED: Final = "export.failed"
VIEW: Final = "view"
REASON_MIN: Final = 10
REASON_MAX: Final = 300
_AGAIN: Final = timedelta(hours=1)
_HEAD: Final = "audit_head"
_FIRST: Final = bytes(32)
"""What stands before the first line."""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line.

    Attributes:
        seq: Counts from 1, without gaps.
        action: `EXPORT`, `EXPORT_FAILED` or `VIEW`.
        what: Layout, unit, counts, reason: by action.
        hash: Of this line and all before it, as hexadecimal digits.
    """

    seq: int
    at: datetime
    account: str
    device: str
    action: str
    what: Mapping[str, object]
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the log is as it was written.

    Attributes:
        lines: How many there are.
        broken: The first line that is not as it was written, or that is missing; nothing when all is well.
        code: ``audit.changed`` or ``audit.cut``; empty when all is well.
        head: Hash of the last line, to be noted elsewhere.
    """

    lines: int
    broken: int | None = None
    code: str = ""
    head: str = ""


def note(r: Registry, action: str, what: Mapping[str, object]) -> int:
    """Add a line in a transaction of its own; return its number."""
    with r.write() as conn:
        return note_in(conn, r, action, what)


def note_in(conn: Connection, r: Registry, action: str, what: Mapping[str, object]) -> int:
    """Add a line in a write transaction; return its number."""
    last = conn.execute(select(AuditRecord.seq, AuditRecord.hash).order_by(AuditRecord.seq.desc()).limit(1)).first()
    seq, prev = (1, _FIRST) if last is None else (last.seq + 1, last.hash)
    author = r.author(channel=action)
    at, text = as_ms(r.clock.now()), json.dumps(dict(what), ensure_ascii=False, sort_keys=True)
    digest = _digest(prev, (seq, at, author.account, author.device, action, text))
    conn.execute(
        insert(AuditRecord).values(
            seq=seq,
            at=at,
            account=author.account,
            device=author.device,
            action=action,
            what=text,
            prev=prev,
            hash=digest,
        )
    )
    settings.put(conn, {_HEAD: f"{seq} {digest.hex()}"})
    return seq


class Views:
    """Notes that numbers of members were seen in full, of each member once an hour."""

    def __init__(self, r: Registry) -> None:
        self._r = r
        self._noted: dict[UUID, datetime] = {}

    def note(self, member_id: UUID, where: str) -> None:
        """Add a line, unless there is one of the last hour; `where` names a screen. Who was seen is not written."""
        now = self._r.clock.now()
        last = self._noted.get(member_id)
        if last is not None and timedelta() <= now - last < _AGAIN:
            return
        with self._r.write() as conn:
            row = conn.exec_driver_sql("SELECT unit_id FROM member WHERE id = ?", (member_id.bytes,)).first()
            unit = None if row is None or row[0] is None else str(UUID(bytes=row[0]))
            note_in(conn, self._r, VIEW, {"unit": unit, "where": where, "count": 1})
        self._noted[member_id] = now


def lines(r: Registry, *, limit: int | None = None) -> list[AuditLine]:
    """Return the lines, newest first."""
    query = select(AuditRecord).order_by(AuditRecord.seq.desc()).limit(limit)
    with r.read() as conn:
        return [
            AuditLine(
                row.seq, from_ms(row.at), row.account, row.device, row.action, json.loads(row.what), row.hash.hex()
            )
            for row in conn.execute(query)
        ]


def verify(r: Registry) -> Verdict:
    """Read the whole log and say whether every line is as it was written."""
    with r.read() as conn:
        head = settings.get(conn, _HEAD)
        count = conn.execute(select(func.count()).select_from(AuditRecord)).scalar_one()
        expected, prev = 1, _FIRST
        for seq, before, digest, parts in _stored(conn):
            if seq != expected or before != prev or digest != _digest(prev, parts):
                return Verdict(count, expected, "audit.changed", prev.hex())
            expected, prev = seq + 1, digest
    known, _, known_hash = (head or "0 ").partition(" ")
    if int(known) >= expected:
        return Verdict(count, expected, "audit.cut", prev.hex())
    if count and (int(known) != expected - 1 or known_hash != prev.hex()):
        return Verdict(count, expected - 1, "audit.changed", prev.hex())
    return Verdict(count, head=prev.hex() if count else "")


def check_reason(reason: str) -> str:
    """Return a reason as it is kept.

    Raises:
        InputError: `export.reason_short`, `export.reason_long`.
    """
    text = " ".join(reason.split())
    if len(text) < REASON_MIN:
        raise InputError("export.reason_short", "Lý do quá ngắn. Ghi rõ dùng vào việc gì, gửi cho ai.", field="reason")
    if len(text) > REASON_MAX:
        raise InputError("export.reason_long", f"Lý do dài quá {REASON_MAX} chữ.", field="reason")
    return text


def _stored(conn: Connection) -> Iterator[tuple[int, bytes, bytes, tuple[object, ...]]]:
    for row in conn.execute(select(AuditRecord).order_by(AuditRecord.seq)):
        yield row.seq, row.prev, row.hash, (row.seq, row.at, row.account, row.device, row.action, row.what)


def _digest(prev: bytes, parts: tuple[object, ...]) -> bytes:
    return hashlib.sha256(prev + json.dumps(parts, ensure_ascii=False).encode()).digest()
