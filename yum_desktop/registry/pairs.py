"""What was said about two records that may be one person: that they are two, or that one was merged into the other.

Said in the smallest unit that has both, so that every device which sees both stops asking. The server adds what nobody
else can know: that a record was not accepted because its identity number belongs to somebody of another unit; only a
unit above both sees that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, select

from sync.client import store
from sync.client.store import CREATED_FIELD, DELETED_FIELD, REFUSED
from sync.core import values as packed
from sync.core.squash import Op
from sync.protocol.kinds import UNIT, Value, Values
from yum_desktop.domain import merging
from yum_desktop.domain.duplicates import Strength
from yum_desktop.domain.errors import ConflictError, InputError
from yum_desktop.domain.merging import Choice
from yum_desktop.domain.text import nfc
from yum_desktop.registry import duplicates, unit_tree
from yum_desktop.registry.changing import change, group_of
from yum_desktop.registry.checks import check_text, clean
from yum_desktop.registry.clock import as_ms, from_ms
from yum_desktop.registry.duplicates import Like, Side, Suspect
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.kinds import MEMBER_KIND, PAIR_KIND
from yum_desktop.registry.refusals import text_of
from yum_desktop.registry.tables import ConflictRecord, PairRecord, UnitRecord
from yum_desktop.registry.undoing import PREFIX, undo

MERGE: Final = "merge"
"""The channel of a merge: the server removes the record that goes only if the one that stays is there."""

_DESKTOP: Final = "desktop"
_ORDER: Final = (Strength.WEAK, Strength.MEDIUM, Strength.STRONG)


class Verdict(StrEnum):
    """What was said about two records."""

    DIFFERENT = "different"
    """They are two people."""

    MERGED = "merged"
    """`member_id` was merged into `other_id`."""

    REFUSED = "refused"
    """The server did not accept `other_id`: its identity number is that of `member_id`. Made by the server only."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What was said so far, for the list of pairs.

    Attributes:
        open: Suspected pairs that nobody has decided about.
        different: Pairs that were said to be two people, with who said it.
        refused: Records the server did not accept because somebody in another unit has their number.
        merged: Pairs of which one record was made, the newest first.
    """

    open: tuple[Suspect, ...]
    different: tuple["Told", ...]
    refused: tuple["Refused", ...]
    merged: tuple["Merged", ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A pair that was said to be two people."""

    pair_id: UUID
    suspect: Suspect
    decided_by: str
    note: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A record of a unit below that was not accepted."""

    pair_id: UUID
    side: Side
    """Who has the number."""
    other_title: str
    """The name that was typed."""
    other_unit: str
    account: str


@dataclass(frozen=True, slots=True)
class Merged:
    """Two records that have become one.

    Attributes:
        pair_id: What was said.
        survivor: The record that stayed.
        title: The name of the record that went, if this device still knows it.
        decided_by: Who merged them.
        decided_at: When.
        group: Takes the merge back as a whole; known to the device where it was done.
    """

    pair_id: UUID
    survivor: Side
    title: str
    decided_by: str
    decided_at: datetime
    group: str | None


@dataclass(frozen=True, slots=True)
class Merging:
    """Two records of one person, before they become one.

    Attributes:
        survivor: The one that stays.
        loser: The one that goes.
        choices: Every field either has, with a proposal.
    """

    survivor: duplicates.Side
    loser: duplicates.Side
    choices: tuple[Choice, ...]


def reviewed(r: Registry, unit_id: UUID | None = None) -> Verdicts:
    """Return the suspected pairs of a subtree by what was said about them.

    A pair that was said to be two people is asked about again when it has become stronger than it was then.
    """
    found = duplicates.suspects(r, unit_id)
    with r.read() as conn:
        records = conn.execute(select(PairRecord).order_by(PairRecord.id)).all()
        units = unit_tree.names(conn)
        refused = [
            Refused(
                UUID(bytes=record.id), known, record.other_title or "", units.get(record.other_unit, ""),
                record.decided_by or "",
            )
            for record in records
            if record.verdict == Verdict.REFUSED and (known := duplicates.side_of(conn, record.member_id)) is not None
        ]  # fmt: skip
        merged = _merged(conn, [record for record in records if record.verdict == Verdict.MERGED])
    told = {frozenset((each.member_id, each.other_id)): each for each in records if each.verdict == Verdict.DIFFERENT}
    still: list[Suspect] = []
    different: list[Told] = []
    for suspect in found:
        said = told.get(frozenset((suspect.first.member_id.bytes, suspect.second.member_id.bytes)))
        if said is None or _rank(suspect.strength) > _rank(said.strength):
            still.append(suspect)
        else:
            different.append(Told(UUID(bytes=said.id), suspect, said.decided_by or "", said.note or ""))
    return Verdicts(tuple(still), tuple(different), tuple(refused), tuple(reversed(merged)))


def _merged(conn: Connection, records: Sequence[Any]) -> list[Merged]:
    """Return the merges whose record that stayed is still here, in their order."""
    sql = (
        "SELECT h.group_id, (SELECT d.old FROM sync_history AS d WHERE d.group_id = h.group_id AND d.record_id = ?"
        " AND d.field = ?) FROM sync_history AS h WHERE h.record_id = ? AND h.kind = ? AND h.field = ?"
        " AND h.group_id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM sync_history AS u WHERE u.group_id = ? || h.group_id)"
    )
    found: list[Merged] = []
    for record in records:
        survivor = duplicates.side_of(conn, record.other_id)
        if survivor is None:
            continue
        params = (record.member_id, DELETED_FIELD, record.id, PAIR_KIND, CREATED_FIELD, PREFIX)
        row = conn.exec_driver_sql(sql, params).first()
        gone = packed.load(row[1]) if row is not None and row[1] else {}
        at = from_ms(record.decided_at or 0)
        title, group = str(gone.get("full_name") or ""), None if row is None else str(row[0])
        found.append(Merged(UUID(bytes=record.id), survivor, title, record.decided_by or "", at, group))
    return found


def split(r: Registry, pair_id: UUID) -> str:
    """Take a merge back as a whole; return the group of what that changed.

    Raises:
        InputError: `pair.not_here`: it was done on another device; `undo.unknown`.
    """
    with r.read() as conn:
        record = conn.execute(select(PairRecord).where(PairRecord.id == pair_id.bytes)).first()
        merged = _merged(conn, [record]) if record is not None else []
    if not merged or merged[0].group is None:
        raise InputError("pair.not_here", "Chỉ tách lại được trên máy đã gộp hai hồ sơ này.")
    undo(r, merged[0].group)
    return PREFIX + merged[0].group


def like(r: Registry, values: Mapping[str, Value], *, but: UUID | None = None) -> list[Like]:
    """Return who resembles a record that is being typed, apart from those who were said to be somebody else.

    See `duplicates.like`. Who has become more alike since is told again.
    """
    found = duplicates.like(r, values, but=but)
    if but is None or not found:
        return found
    query = select(PairRecord.member_id, PairRecord.other_id, PairRecord.strength).where(
        (PairRecord.member_id == but.bytes) | (PairRecord.other_id == but.bytes), PairRecord.verdict == "different"
    )
    with r.read() as conn:
        said = {row.other_id if row.member_id == but.bytes else row.member_id: row for row in conn.execute(query)}
    return [
        each
        for each in found
        if (row := said.get(each.side.member_id.bytes)) is None
        or (each.strength is not None and _rank(each.strength) > _rank(row.strength))
    ]


def say_different(
    r: Registry, one: UUID, other: UUID, *, strength: Strength | None = None, note: str = "", channel: str = _DESKTOP
) -> str:
    """Remember that two records are two people; return the group that takes it back.

    Raises:
        InputError: `member.unknown`, `pair.same`, `text.odd`.
    """
    group = group_of(r)
    check_text(note, field="note")
    author = r.author(channel=channel, group=group)
    with change(r) as conn:
        units = _units_of(r, conn, one, other)
        first, second = sorted((one.bytes, other.bytes))
        _make(r, conn, first, second, Verdict.DIFFERENT, units, strength=strength, note=nfc(note), group=group)
        for row in conn.execute(select(PairRecord.id).where(_about(first, second), PairRecord.verdict == "refused")):
            r.replica.delete(conn, PAIR_KIND, row.id, author)
    return group


def put_away(r: Registry, pair_id: UUID, *, channel: str = _DESKTOP) -> str:
    """Take back that two records are two people, or put away what the server told; return the group of it.

    Raises:
        InputError: `pair.unknown`.
    """
    group = group_of(r)
    with change(r) as conn:
        if r.replica.tables[PAIR_KIND].get(conn, pair_id.bytes) is None:
            raise InputError("pair.unknown", "Không còn cặp này trên máy.")
        r.replica.delete(conn, PAIR_KIND, pair_id.bytes, r.author(channel=channel, group=group))
    return group


def prepare(r: Registry, one: UUID, other: UUID, *, survivor: UUID | None = None) -> Merging:
    """Return two records as they would become one.

    Args:
        r: The records.
        one: A record.
        other: The other.
        survivor: Which of the two stays; the more complete one, then the newer one, when left out.

    Raises:
        InputError: `member.unknown`, `pair.same`.
    """
    with r.read() as conn:
        _units_of(r, conn, one, other)
        values = [_values(r, conn, each) for each in (one, other)]
        times = [_times(conn, each) for each in (one, other)]
        newest = [max(each.values(), default=0) for each in times]
        kept = survivor if survivor in {one, other} else None
        new = [_is_new(r, conn, each) for each in (one, other)]
        if kept is not None:
            place = int(kept == other)
        elif new[0] != new[1]:
            place = int(new[0])  # the server knows the other one
        else:
            place = merging.survivor_of(values[0], values[1], other_is_newer=newest[1] > newest[0])
        gone = 1 - place
        newer = frozenset(
            name
            for name in values[0]
            if times[gone].get(name, times[gone].get(CREATED_FIELD, 0))
            > times[place].get(name, times[place].get(CREATED_FIELD, 0))
        )
        ids = (one, other)
        stays, goes = duplicates.side_of(conn, ids[place].bytes), duplicates.side_of(conn, ids[gone].bytes)
        assert stays is not None, "it was there"
        assert goes is not None, "it was there"
        return Merging(stays, goes, tuple(merging.proposed(values[place], values[gone], newer)))


def merge(r: Registry, loser: UUID, survivor: UUID, values: Mapping[str, Value]) -> str:
    """Make one record of two of one person; return the group that takes all of it back.

    The record that goes is removed, what it was stays in the history, and its cases go to the one that stays when the
    server has accepted it. Nothing happens, or all of it.

    Args:
        r: The records.
        loser: The record that goes.
        survivor: The record that stays.
        values: What the one that stays has from now on, where that is something else than before.

    Raises:
        InputError: `member.unknown`, `pair.same`, `member.name_needed`, or a problem of `checks.clean`.
        ConflictError: `pair.conflict_open`: first somebody chooses between the versions of one of the two;
            `pair.survivor_new`: the server knows the record that goes, but not yet the one that stays.
    """
    group = group_of(r)
    known = clean(values)
    if "full_name" in known and known["full_name"] is None:
        raise InputError("member.name_needed", "Hãy nhập họ và tên.", field="full_name")
    with change(r) as conn:
        units = _units_of(r, conn, loser, survivor)
        open_ones = select(ConflictRecord.id).where(
            ConflictRecord.target_id.in_([loser.bytes, survivor.bytes]), ConflictRecord.status == "open"
        )
        if conn.execute(open_ones).first() is not None:
            raise ConflictError("pair.conflict_open", text_of("pair.conflict_open"))
        if _is_new(r, conn, survivor) and not _is_new(r, conn, loser):
            raise ConflictError("pair.survivor_new", text_of("pair.survivor_new"))
        reason = f"Gộp hai hồ sơ của {_title(r, conn, survivor)}"
        author = r.author(channel=MERGE, reason=reason, group=group)
        _make(r, conn, loser.bytes, survivor.bytes, Verdict.MERGED, units, group=group)
        r.replica.edit(conn, MEMBER_KIND, survivor.bytes, known, author)
        r.replica.delete(conn, MEMBER_KIND, loser.bytes, author)
        for each in (survivor, loser):  # what waited of them before goes after what is said now
            r.replica.send_last(conn, MEMBER_KIND, each.bytes)
    return group


def redirect(r: Registry, change_id: UUID) -> UUID:
    """Write a refused edit of a record that was merged meanwhile into the record that stays; return whose it is.

    Raises:
        InputError: `change.not_refused`, `pair.survivor_unknown`: the record that stays is not on this device.
    """
    with change(r) as conn:
        line = store.line_of_change(conn, change_id.bytes)
        if line is None or line.status != REFUSED or line.line.op is not Op.EDIT or line.kind != MEMBER_KIND:
            raise InputError("change.not_refused", "Thay đổi này không còn bị từ chối.")
        survivor = survivor_of(r, conn, line.link or line.record_id)
        if survivor is None:
            raise InputError(
                "pair.survivor_unknown", "Hồ sơ được giữ lại chưa có trên máy này. Hãy gửi nhận rồi thử lại."
            )
        author = replace(r.author(channel=MERGE, group=group_of(r)), reason="Ghi vào hồ sơ đã gộp")
        values: Values = {name: value for name, value in line.line.patch.items() if name != UNIT}
        r.replica.edit(conn, MEMBER_KIND, survivor, values, author)
        r.replica.discard(conn, line.change_id)
        return UUID(bytes=survivor)


def survivor_of(r: Registry, conn: Connection, member_id: bytes) -> bytes | None:
    """Return the record that a removed one was merged into, however often; nothing if it is not here."""
    seen: set[bytes] = set()
    while member_id not in seen:
        if r.replica.tables[MEMBER_KIND].get(conn, member_id) is not None:
            return member_id
        seen.add(member_id)
        into = conn.execute(
            select(PairRecord.other_id)
            .where(PairRecord.member_id == member_id, PairRecord.verdict == Verdict.MERGED)
            .order_by(PairRecord.id.desc())
        ).first()
        if into is None or into.other_id is None:
            return None
        member_id = into.other_id
    return None


def merged_into(conn: Connection, member_id: bytes) -> list[bytes]:
    """Return the records that were merged into one, however often: their history is its history."""
    found: list[bytes] = []
    waiting = [member_id]
    while waiting:
        query = select(PairRecord.member_id).where(
            PairRecord.other_id == waiting.pop(), PairRecord.verdict == Verdict.MERGED
        )
        new = [row.member_id for row in conn.execute(query) if row.member_id not in {None, member_id, *found}]
        found += new
        waiting += new
    return found


def _make(
    r: Registry,
    conn: Connection,
    member_id: bytes,
    other_id: bytes,
    verdict: Verdict,
    units: tuple[bytes, bytes],
    *,
    strength: Strength | None = None,
    note: str = "",
    group: str,
) -> None:
    author = r.author(channel=MERGE, group=group)
    values: Values = {
        UNIT: _common(conn, units, r.identity.unit_id),
        "member_id": member_id,
        "other_id": other_id,
        "verdict": verdict.value,
        "strength": None if strength is None else strength.value,
        "note": note or None,
        "decided_by": author.account,
        "decided_at": as_ms(r.clock.now()),
    }
    r.replica.create(conn, PAIR_KIND, r.new_id().bytes, values, author)


def _common(conn: Connection, units: tuple[bytes, bytes], own: UUID | None) -> bytes:
    """Return the smallest unit that has both; where the account does not have that one, the first's own."""
    one, other = (_above(conn, unit) for unit in units)
    for unit in one:
        if unit in other:
            inside = own is None or own.bytes in _above(conn, unit)
            return unit if inside else units[0]
    return units[0]


def _above(conn: Connection, unit: bytes) -> list[bytes]:
    """Return a unit and all above it, from below."""
    chain: list[bytes] = []
    at: bytes | None = unit
    while at is not None and at not in chain:
        chain.append(at)
        at = conn.execute(select(UnitRecord.parent_id).where(UnitRecord.id == at)).scalar()
    return chain


def _units_of(r: Registry, conn: Connection, one: UUID, other: UUID) -> tuple[bytes, bytes]:
    if one == other:
        raise InputError("pair.same", "Hãy chọn hai hồ sơ khác nhau.")
    units = []
    for member_id in (one, other):
        unit = _values(r, conn, member_id)[UNIT]
        assert isinstance(unit, bytes), "a member belongs to a unit"
        units.append(unit)
    return units[0], units[1]


def _values(r: Registry, conn: Connection, member_id: UUID) -> Values:
    found = r.replica.tables[MEMBER_KIND].get(conn, member_id.bytes)
    if found is None:
        raise InputError("member.unknown", "Không còn đoàn viên này trên máy.")
    return found[2]


def _is_new(r: Registry, conn: Connection, member_id: UUID) -> bool:
    """Return whether the server does not have a record yet."""
    found = r.replica.tables[MEMBER_KIND].get(conn, member_id.bytes)
    return found is not None and found[0] == 0


def _title(r: Registry, conn: Connection, member_id: UUID) -> str:
    return str(_values(r, conn, member_id).get("full_name") or "")


def _times(conn: Connection, member_id: UUID) -> dict[str, int]:
    """Return when each field was changed last, as far as this device knows."""
    sql = "SELECT field, max(at) FROM sync_history WHERE record_id = ? AND kind = ? GROUP BY field"
    return {row[0]: int(row[1]) for row in conn.exec_driver_sql(sql, (member_id.bytes, MEMBER_KIND))}


def _about(one: bytes, other: bytes) -> ColumnElement[bool]:
    ids = (one, other)
    return PairRecord.member_id.in_(ids) & PairRecord.other_id.in_(ids)


def _rank(strength: str | None) -> int:
    return _ORDER.index(Strength(strength)) if strength in set(Strength) else len(_ORDER)
