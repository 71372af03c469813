"""The server's side of pairs: a merge goes through as a whole, links follow it, and units above learn of what clashes.

Two devices may merge one pair in opposite directions. Whoever comes second finds the record they kept gone: their
verdict is refused, and with it the removal that belongs to it, so that one of the two records always stays.
"""

import json
from collections.abc import Sequence
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

from sync.core.squash import Op
from sync.protocol.kinds import UNIT, Value, Values
from sync.protocol.messages import Change
from sync.server.database import run
from sync.server.records import Actor, Record, Tx
from sync.server.rules import Effect, Refusal
from sync.server.server import SyncServer
from yum_desktop.domain.membership import DEPARTED
from yum_desktop.registry.kinds import KINDS, MEMBER_KIND, MEMBER_LINKS, PAIR_KIND, UNIT_KIND
from yum_desktop.registry.pairs import MERGE, Verdict

_TABLE: Final = KINDS[PAIR_KIND].table
_SAID: Final = frozenset({Verdict.DIFFERENT, Verdict.MERGED})
_REASON: Final = "Gộp hồ sơ trùng"
_UNDONE: Final = "Hoàn tác gộp hồ sơ trùng"


class PairRules:
    """Checks and effects of pairs. What was refused is read once for each transaction."""

    def __init__(self) -> None:
        self._refused: WeakKeyDictionary[Connection, set[bytes]] = WeakKeyDictionary()

    def check(self, tx: Tx, actor: Actor, before: Values | None, after: Values | None) -> Refusal | None:
        """Return why something must not be said about two records, or nothing."""
        if after is None:
            return None
        if before is not None:
            fixed = next((name for name in ("member_id", "other_id", "verdict") if before[name] != after[name]), None)
            return None if fixed is None else Refusal("field.read_only", fixed, "Không đổi được sau khi đã kết luận.")
        one, other = after.get("member_id"), after.get("other_id")
        if after.get("verdict") not in _SAID or not isinstance(one, bytes) or not isinstance(other, bytes):
            return Refusal("pair.verdict", "verdict", "Kết luận về cặp nghi trùng không đọc được.")
        if one == other:
            return Refusal("pair.same", "other_id", "Hai hồ sơ là một.")
        return _check_sides(tx, actor, one, other, merged=after["verdict"] == Verdict.MERGED)

    def check_removal(self, tx: Tx, change: Change) -> Refusal | None:
        """Return why a record must not go by a merge: nothing would be left of the person."""
        if change.channel != MERGE:
            return None
        into = [record.values["other_id"] for record in _verdicts(tx, change.record_id)]
        if any(isinstance(each, bytes) and tx.get(MEMBER_KIND, each) is not None for each in into):
            return None
        return Refusal("pair.survivor_gone", "", "Hồ sơ định giữ lại không còn nữa, nên hồ sơ này chưa bị gộp.")

    def effects(self, tx: Tx, pair_id: bytes, before: Values | None, after: Values | None) -> Sequence[Effect]:
        """Return what follows from a merge, or from taking one back: whatever points at the record goes along."""
        if before is None and after is not None and after["verdict"] == Verdict.MERGED:
            loser, survivor = after["member_id"], after["other_id"]
            links = [
                (kind, name, record_id) for kind, name in MEMBER_LINKS for record_id, _ in tx.find(kind, name, loser)
            ]
            text = json.dumps([[kind, name, record_id.hex()] for kind, name, record_id in links])
            kept = [Effect(PAIR_KIND, pair_id, Op.EDIT, {"links": text}, _REASON)] if links else []
            return (*(Effect(kind, each, Op.EDIT, {name: survivor}, _REASON) for kind, name, each in links), *kept)
        if after is None and before is not None and before["verdict"] == Verdict.MERGED:
            return [
                Effect(kind, bytes.fromhex(each), Op.EDIT, {name: before["member_id"]}, _UNDONE)
                for kind, name, each in json.loads(str(before["links"] or "[]"))
                if (record := tx.get(kind, bytes.fromhex(each))) is not None
                and record.values[name] == before["other_id"]
            ]
        return ()

    def link_effects(self, tx: Tx, change: Change, after: Values) -> Sequence[Effect]:
        """Return where a new record that points at a merged one points to instead."""
        effects = []
        for kind, name in MEMBER_LINKS:
            member_id = after.get(name) if kind == change.kind else None
            if isinstance(member_id, bytes) and tx.get(MEMBER_KIND, member_id) is None:
                survivor = _survivor(tx, member_id)
                if survivor is not None:
                    effects.append(Effect(kind, change.record_id, Op.EDIT, {name: survivor[0]}, _REASON))
        return effects

    def member_effects(self, tx: Tx, change: Change) -> Sequence[Effect]:
        """Return what is put away when a record that was refused is accepted, or nobody has its number any more.

        An edit of anything but the number is not looked at: reading would store one by one what is stored together.
        """
        if change.op == Op.EDIT and "id_number" not in change.patch:
            return ()
        return self.accepted(tx, change.record_id)

    def accepted(self, tx: Tx, member_id: Value) -> Sequence[Effect]:
        """Return what is put away when a record that was refused is accepted, or the other gives its number up."""
        if member_id not in self._refused_of(tx):
            return ()
        return [
            Effect(PAIR_KIND, pair_id, Op.DELETE)
            for name in ("other_id", "member_id")
            for pair_id, record in tx.find(PAIR_KIND, name, member_id)
            if record.values["verdict"] == Verdict.REFUSED
        ]

    def gone(self, tx: Tx, actor: Actor, member_id: bytes) -> Refusal | None:
        """Return into which record one was merged; who it is only to those who may see that record."""
        survivor = _survivor(tx, member_id)
        if survivor is None:
            return None
        record_id, record = survivor
        if not tx.within(record.values[UNIT], actor.roots):
            return Refusal("member.merged", "", "Hồ sơ này đã được gộp vào một hồ sơ của đơn vị khác.")
        unit = tx.get(UNIT_KIND, _as_id(record.values[UNIT]))
        place = f" ({unit.values['name']!s})" if unit is not None else ""
        text = f"Hồ sơ này đã được gộp vào hồ sơ của {record.values['full_name']!s}{place}."
        return Refusal("member.merged", "", text, record_id)

    def refused(self, tx: Tx, actor: Actor, change: Change) -> Sequence[Effect]:
        """Return what the unit above two units is told: the number of a record that was refused is somebody's there."""
        own = tx.get(MEMBER_KIND, change.record_id)
        values = {**(own.values if own is not None else {}), **change.patch}
        return self.tell_above(tx, actor, change.record_id, values)

    def tell_above(self, tx: Tx, actor: Actor, refused_id: bytes, values: Values) -> Sequence[Effect]:
        """Return what the unit above two units is told of a record, or of one that a case would make."""
        number, unit = values.get("id_number"), values.get(UNIT) or actor.roots[0]
        if not isinstance(number, str) or not isinstance(unit, bytes):
            return ()
        others = [
            (member_id, record)
            for member_id, record in tx.find(MEMBER_KIND, "id_number", number)
            if member_id != refused_id and record.values.get("status") not in DEPARTED
        ]
        if not others or any(tx.within(record.values[UNIT], actor.roots) for _, record in others):
            return ()  # who sees the other record is told by the refusal itself
        member_id, record = others[0]
        above = _common(tx, unit, _as_id(record.values[UNIT]))
        told = any(pair.values["member_id"] == member_id for _, pair in tx.find(PAIR_KIND, "other_id", refused_id))
        if above is None or told:
            return ()
        self._refused_of(tx).update((refused_id, member_id))
        known: Values = {
            UNIT: above, "member_id": member_id, "other_id": refused_id, "verdict": Verdict.REFUSED.value,
            "strength": "strong", "other_unit": unit, "other_title": values.get("full_name"),
            "decided_by": actor.account, "decided_at": tx.now_ms,
        }  # fmt: skip
        return [Effect(PAIR_KIND, tx.new_id(), Op.CREATE, known)]

    def _refused_of(self, tx: Tx) -> set[bytes]:
        found = self._refused.get(tx.conn)
        if found is None:
            sql = f"SELECT member_id, other_id FROM {_TABLE} WHERE verdict = ?"
            rows = run(tx.conn, sql, (Verdict.REFUSED.value,))
            found = self._refused[tx.conn] = {bytes(each) for row in rows for each in row}
        return found


def pairs_about(server: SyncServer, member_id: bytes) -> set[bytes]:
    """Return what was said about a record: who is erased is erased there, too."""
    with server.transaction() as tx:
        return {pair_id for name in ("member_id", "other_id") for pair_id, _ in tx.find(PAIR_KIND, name, member_id)}


def are_merging(tx: Tx, one: bytes, other: bytes) -> bool:
    """Return whether one of two records is being merged into the other, or that taken back.

    For a moment both have the number then.
    """
    pairs = ((one, other), (other, one))
    return any(record.values["other_id"] == stays for goes, stays in pairs for record in _verdicts(tx, goes))


def _check_sides(tx: Tx, actor: Actor, one: bytes, other: bytes, *, merged: bool) -> Refusal | None:
    """Return what is wrong with the two records; one that was merged or removed meanwhile is no longer in the way."""
    for side, name in ((one, "member_id"), (other, "other_id")):
        record = tx.get(MEMBER_KIND, side)
        if record is not None and not tx.within(record.values[UNIT], actor.roots):
            return Refusal("scope.forbidden", name, "Tài khoản không có quyền với hồ sơ này.")
        if record is None and merged and side is other:
            return Refusal("pair.survivor_gone", name, "Hồ sơ định giữ lại không còn nữa. Hãy xem lại cặp này.")
    return None


def _verdicts(tx: Tx, loser: bytes) -> list[Record]:
    """Return what was said about merging a record into another, the newest last."""
    found = sorted(tx.find(PAIR_KIND, "member_id", loser), key=lambda each: each[0])
    return [record for _, record in found if record.values["verdict"] == Verdict.MERGED]


def _survivor(tx: Tx, member_id: bytes) -> tuple[bytes, Record] | None:
    """Return the record that one was merged into, however often; nothing if it was not, or that one is gone, too."""
    seen = {member_id}
    while True:
        into = [record.values["other_id"] for record in _verdicts(tx, member_id)]
        if not into or (target := _as_id(into[-1])) in seen:
            return None
        record = tx.get(MEMBER_KIND, target)
        if record is not None:
            return target, record
        seen.add(target)
        member_id = target


def _common(tx: Tx, one: bytes, other: bytes) -> bytes | None:
    """Return the smallest unit that has both."""
    above: set[bytes] = set()
    at: bytes | None = one
    while at is not None and (unit := tx.unit(at)) is not None:
        above.add(at)
        at = unit.parent_id
    at = other
    while at is not None and at not in above:
        unit = tx.unit(at)
        at = None if unit is None else unit.parent_id
    return at


def _as_id(value: Value) -> bytes:
    assert isinstance(value, bytes), "a record is named by its id"
    return value
