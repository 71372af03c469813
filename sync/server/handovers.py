"""Changes whose record has left the scope of their author: kept for whoever has the record now, who decides once.

What somebody did, such as a step that can never be changed, is not handed over: nobody can do it in their name. Neither
is the settlement of a conflict: the conflict has gone along with its record and asks its new unit.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sync.core import values as packed
from sync.core.squash import Op
from sync.protocol.kinds import HANDOVER, UNIT, Kind, Value, Values, is_storable
from sync.protocol.messages import REV_MAX, Change
from sync.server.database import places, run
from sync.server.records import Actor, Record, Stamp, Tx

RECEIVER, AUTHOR = "receiver", "author"
WAITING, ACCEPTED, RETURNED, WITHDRAWN, DISCARDED = "waiting", "accepted", "returned", "withdrawn", "discarded"
SAME: Final = "handover.same"

_DECIDES: Final = frozenset({"state", "choice", "why"})
_FOLDS: Final = frozenset({(Op.CREATE, Op.CREATE), (Op.CREATE, Op.EDIT), (Op.EDIT, Op.EDIT)})
"""What waits, and what joins it when it comes later about the same record."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a decision does.

    Attributes:
        known: What was decided, new values of the hand-over.
        inner: The change that is applied to the record; nothing when the work is returned.
    """

    known: Values
    inner: Change | None = None


@dataclass(frozen=True, slots=True)
class _Choice:
    rev: int = 0
    values: Values = field(default_factory=dict)


def hand_over(tx: Tx, kind: Kind, change: Change, bases: Values, unit: bytes, actor: Actor, stamp: Stamp) -> bytes:
    """Keep a change for the unit that has its record now; return the id of the author's side.

    One device that changes the same record again adds to what already waits.

    Args:
        tx: The transaction of the push.
        kind: Of the record.
        change: As it came.
        bases: What stood in the fields of the change at the revision they are based on.
        unit: Where the record is now.
        actor: The author.
        stamp: Of the change.
    """
    found = waiting_of(tx, kind, change.record_id, actor)
    if found is not None and (Op(str(found[1].values["op"])), Op(change.op)) in _FOLDS:
        return _add(tx, *found, change, bases, stamp)
    home = actor.roots[0]
    receiver_id, author_id = tx.new_id(), tx.new_id()
    common: Values = {
        "target_kind": kind.name,
        "target_id": change.record_id,
        "op": change.op,
        "account": stamp.account,
        "device": stamp.device,
        "at": change.at,
        "reason": change.reason or None,
        "from_unit": home,
        "from_name": _name_of(tx, home),
        "to_unit": unit,
        "to_name": _name_of(tx, unit),
        "state": WAITING,
    }
    new = {name: _item(name, value, bases) for name, value in change.patch.items()}
    receiver: Values = {
        UNIT: unit, "side": RECEIVER, "twin": author_id, "fields": _dump(new),
        "bases": _compact({"rev": change.base_rev, "revs": change.base_revs}),
    }  # fmt: skip
    author: Values = {UNIT: home, "side": AUTHOR, "twin": receiver_id, "fields": _dump(new, with_base=False)}
    tx.insert(HANDOVER.name, receiver_id, {**common, **receiver}, stamp)
    tx.insert(HANDOVER.name, author_id, {**common, **author}, stamp)
    return author_id


def waiting_of(tx: Tx, kind: Kind, record_id: bytes, actor: Actor) -> tuple[bytes, Record] | None:
    """Return what a device has already handed over about a record, if nobody has decided yet."""
    wanted = (RECEIVER, WAITING, kind.name, actor.account, actor.device)
    for handover_id, record in tx.find(HANDOVER.name, "target_id", record_id):
        if tuple(record.values[name] for name in ("side", "state", "target_kind", "account", "device")) == wanted:
            return handover_id, record
    return None


def waiting_creations(tx: Tx, ids: Sequence[bytes]) -> set[bytes]:
    """Return those of some records of which a creation waits for a decision."""
    sql = (
        f"SELECT target_id FROM {HANDOVER.table} WHERE target_id IN ({places(len(ids))}) AND side = ? AND state = ?"
        " AND op = ?"
    )
    return {bytes(row[0]) for row in run(tx.conn, sql, (*ids, RECEIVER, WAITING, Op.CREATE.value))} if ids else set()


def _add(tx: Tx, handover_id: bytes, record: Record, change: Change, bases: Values, stamp: Stamp) -> bytes:
    """Fold a later change into what waits. A field that is there already keeps its base."""
    items = {item["field"]: item for item in json.loads(str(record.values["fields"]))}
    known = json.loads(str(record.values["bases"]))
    for name, value in change.patch.items():
        if name in items:
            items[name]["value"] = packed.plain(value)
        else:
            items[name] = _item(name, value, bases)
            known["revs"][name] = change.base_revs.get(name, change.base_rev)
    author_id = _twin(record)
    changes: Values = {"fields": _dump(items), "bases": _compact(known), "at": change.at}
    _update(tx, handover_id, record, changes, stamp)
    author = tx.get(HANDOVER.name, author_id)
    if author is not None:
        _update(tx, author_id, author, {"fields": _dump(items, with_base=False), "at": change.at}, stamp)
    return author_id


def withdraw(tx: Tx, handover_id: bytes, record: Record, stamp: Stamp) -> bytes:
    """End what waits about a record that its author has removed; return the id of the author's side."""
    author_id = _twin(record)
    for each_id, each in ((handover_id, record), (author_id, tx.get(HANDOVER.name, author_id))):
        if each is not None:
            _update(
                tx, each_id, each, {"state": WITHDRAWN, "decided_by": stamp.account, "decided_at": tx.now_ms}, stamp
            )
    return author_id


def follow(tx: Tx, kind: Kind, record_id: bytes, unit: Value, stamp: Stamp) -> None:
    """Move what waits about a record to the unit the record went to, and tell its author."""
    assert isinstance(unit, bytes), "a record goes to a unit"
    for handover_id, record in tx.find(HANDOVER.name, "target_id", record_id):
        values = record.values
        if (values["target_kind"], values["side"], values["state"]) == (kind.name, RECEIVER, WAITING):
            new: Values = {"to_unit": unit, "to_name": _name_of(tx, unit)}
            _update(tx, handover_id, record, {UNIT: unit, **new}, stamp)
            author_id = _twin(record)
            author = tx.get(HANDOVER.name, author_id)
            if author is not None:
                _update(tx, author_id, author, new, stamp)


def read(record: Record, change: Change, known: Values) -> Decision | str:
    """Return what a decision does, or the code of why it is refused.

    Refused: ``field.read_only``, ``handover.already_settled``, ``handover.reason_needed`` (work is not returned without
    one), ``handover.choice_damaged``. `SAME` when it was decided like this.
    """
    values = record.values
    if set(known) - _DECIDES:
        return "field.read_only"
    if values["state"] == known.get("state") and values["choice"] == known.get("choice"):
        return SAME
    if values["side"] == AUTHOR:
        settled = values["state"] in {ACCEPTED, RETURNED, WITHDRAWN}
        return Decision({"state": DISCARDED}) if settled and known == {"state": DISCARDED} else "field.read_only"
    if values["state"] != WAITING:
        return "handover.already_settled"
    return _decided(values, change, known)


def _decided(values: Values, change: Change, known: Values) -> Decision | str:
    why = known.get("why")
    if known.get("state") == RETURNED:
        told = isinstance(why, str) and bool(why.strip())
        return Decision({"state": RETURNED, "why": why}) if told else "handover.reason_needed"
    if known.get("state") != ACCEPTED:
        return "field.read_only"
    choice = _choice(known.get("choice"))
    return "handover.choice_damaged" if choice is None else _accepted(values, change, known, choice)


def _accepted(values: Values, change: Change, known: Values, choice: _Choice) -> Decision:
    """Return the change as its author made it, apart from values that the receiver has put in their place.

    Those are based on what the receiver saw, and so is a removal.
    """
    bases = json.loads(str(values["bases"]))
    patch = {item["field"]: packed.restored(item["value"]) for item in json.loads(str(values["fields"]))}
    op = str(values["op"])
    target_id = values["target_id"]
    assert isinstance(target_id, bytes), "a hand-over names its record by id"
    inner = Change(
        change.change_id,
        str(values["target_kind"]),
        target_id,
        op,
        {**patch, **choice.values},
        max(bases["rev"], choice.rev) if op == Op.DELETE else bases["rev"],
        {**bases["revs"], **dict.fromkeys(choice.values, choice.rev)},
        change.at,
        reason=str(values["reason"] or ""),
    )
    new: Values = {"state": ACCEPTED, "choice": known.get("choice"), "edited": int(bool(choice.values))}
    return Decision(new, inner)


def store(tx: Tx, handover_id: bytes, record: Record, decision: Decision, stamp: Stamp) -> int:
    """Store a decision on both sides; return the revision of the side that was decided on.

    The author learns what was decided and why, but not what stands in the record by now.
    """
    told: Values = {**decision.known, "decided_by": stamp.account, "decided_at": tx.now_ms}
    if record.values["side"] == AUTHOR:
        return _update(tx, handover_id, record, decision.known, stamp)
    author_id = _twin(record)
    author = tx.get(HANDOVER.name, author_id)
    if author is not None:
        _update(tx, author_id, author, {name: value for name, value in told.items() if name != "choice"}, stamp)
    return _update(tx, handover_id, record, told, stamp)


def _choice(text: Value) -> _Choice | None:
    """Return what was chosen; nothing if that cannot be read."""
    if text is None:
        return _Choice()
    try:
        choice = json.loads(text) if isinstance(text, str) else None
        if not isinstance(choice, dict):
            return None
        rev, values = choice.get("rev", 0), choice.get("values", {})
        if isinstance(rev, bool) or not isinstance(rev, int) or not 0 <= rev <= REV_MAX or not isinstance(values, dict):
            return None
        chosen = {name: packed.restored(value) for name, value in values.items()}
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return _Choice(rev, chosen) if all(map(is_storable, chosen.values())) else None


def _update(tx: Tx, handover_id: bytes, record: Record, changes: Values, stamp: Stamp) -> int:
    new = {name: value for name, value in changes.items() if record.values[name] != value}
    return tx.update(HANDOVER.name, handover_id, record, new, stamp) if new else record.rev


def _twin(record: Record) -> bytes:
    twin = record.values["twin"]
    assert isinstance(twin, bytes), "a hand-over has two sides"
    return twin


def _name_of(tx: Tx, unit: bytes) -> Value:
    tree = tx.kinds.tree
    record = tx.get(tree.name, unit) if tree.title else None
    return None if record is None else record.values[tree.title]


def _item(name: str, value: Value, bases: Values) -> dict[str, object]:
    return {"field": name, "base": packed.plain(bases.get(name)), "value": packed.plain(value)}


def _dump(items: dict[str, dict[str, object]], *, with_base: bool = True) -> str:
    kept = [item if with_base else {k: v for k, v in item.items() if k != "base"} for item in items.values()]
    return _compact(kept)


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
