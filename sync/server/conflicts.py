"""Conflicts as records: opened by the server, settled by an ordinary change, once."""

import json
from dataclasses import dataclass, field

from sync.core import values as packed
from sync.core.merge import Clash, Outcome, Since
from sync.protocol.kinds import CONFLICT, UNIT, Kind, Value, Values, is_storable
from sync.protocol.messages import Change
from sync.server.database import run
from sync.server.records import Record, Stamp, Tx

OPEN, SETTLED = "open", "settled"
MOVED_ON = "conflict.moved_on"
SAME = "conflict.same"


@dataclass(slots=True)
class Settlement:
    """What a settlement changes.

    Attributes:
        conflict: New values of the conflict record.
        kind: Kind of the record it is about.
        record_id: That record.
        target: That record as stored; nothing when it was removed meanwhile.
        changes: New values of that record.
    """

    conflict: Values
    kind: Kind
    record_id: bytes
    target: Record | None
    changes: Values = field(default_factory=dict)


def open_conflict(tx: Tx, kind: Kind, change: Change, current: Values, outcome: Outcome, stamp: Stamp) -> None:
    """Record the fields a person must choose.

    One device disagreeing again on the same record updates its open conflict; another one is not opened. Devices of
    two accounts may have the same name.
    """
    theirs = _last_change(tx, change.record_id, outcome.clashes)
    mine: Values = {
        "mine_account": stamp.account,
        "mine_device": stamp.device,
        "mine_at": change.at,
        "theirs_account": theirs.account,
        "theirs_device": theirs.device,
        "theirs_at": theirs.device_time,
        "merged": json.dumps(sorted({*outcome.take, *outcome.merged}), separators=(",", ":")),
    }
    found = _open_of(tx, change.record_id, stamp)
    if found is None:
        values: Values = {
            **mine,
            UNIT: current[UNIT],
            "target_kind": kind.name,
            "target_id": change.record_id,
            "fields": _fields([_described(clash) for clash in outcome.clashes]),
            "status": OPEN,
        }
        tx.insert(CONFLICT.name, tx.new_id(), values, stamp)
        return
    conflict_id, record = found
    fields = {item["field"]: item for item in json.loads(str(record.values["fields"]))}
    for clash in outcome.clashes:
        older = fields.get(clash.name)
        described = _described(clash)
        fields[clash.name] = {**described, "base": older["base"]} if older else described
    mine["fields"] = _fields(list(fields.values()))
    changes = {name: value for name, value in mine.items() if record.values[name] != value}
    if changes:
        tx.update(CONFLICT.name, conflict_id, record, changes, stamp)


def follow(tx: Tx, kind: Kind, record_id: bytes, unit: Value, stamp: Stamp) -> None:
    """Move the open conflicts of a record to the unit the record went to."""
    for conflict_id, record in tx.find(CONFLICT.name, "target_id", record_id):
        if record.values["target_kind"] == kind.name and record.values[UNIT] != unit:
            tx.update(CONFLICT.name, conflict_id, record, {UNIT: unit}, stamp)


def settle(tx: Tx, record: Record, known: Values, stamp: Stamp, shown: Since) -> Settlement | str:
    """Return what a settlement changes, or the code of why it is refused.

    `shown` says whether the two versions are still those that whoever chose has seen.

    Refused: ``field.read_only``, ``conflict.choice_damaged`` (it cannot be read), ``conflict.incomplete`` (a field is
    not chosen), ``conflict.already_settled``,
    ``conflict.moved_on`` (somebody changed a field again: look at the new value). `SAME` when it was settled like this.
    """
    if set(known) - {"status", "choice"} or known.get("status") != SETTLED:
        return "field.read_only"
    if record.values["status"] == SETTLED:
        return SAME if record.values["choice"] == known.get("choice") else "conflict.already_settled"
    if shown.changed or not shown.known:
        return MOVED_ON
    choice = _choices(known.get("choice"))
    return "conflict.choice_damaged" if choice is None else _settlement(tx, record, known, choice, stamp)


def _settlement(
    tx: Tx, record: Record, known: Values, choice: dict[str, dict[str, object]], stamp: Stamp
) -> Settlement | str:
    fields = json.loads(str(record.values["fields"]))
    kind = tx.kinds[str(record.values["target_kind"])]
    target_id = record.values["target_id"]
    assert isinstance(target_id, bytes), "a conflict names its record by id"
    target = tx.get(kind.name, target_id)
    conflict: Values = {
        "status": SETTLED, "choice": known.get("choice"), "settled_by": stamp.account, "settled_at": tx.now_ms,
    }  # fmt: skip
    settlement = Settlement(conflict, kind, target_id, target)
    if target is None:
        return settlement
    for item in fields:
        name = item["field"]
        if name not in choice:
            return "conflict.incomplete"
        if target.values[name] != packed.restored(item["theirs"]):
            if not _knows(choice[name], target.values[name]):
                return MOVED_ON
            continue
        chosen = _chosen(choice[name], item)
        if chosen != target.values[name]:
            settlement.changes[name] = chosen
    return settlement


def refresh(tx: Tx, conflict_id: bytes, record: Record, stamp: Stamp) -> int:
    """Show the current values of a conflict's record as "theirs"; return the conflict's revision."""
    target_id = record.values["target_id"]
    assert isinstance(target_id, bytes), "a conflict names its record by id"
    target = tx.get(str(record.values["target_kind"]), target_id)
    fields = json.loads(str(record.values["fields"]))
    if target is not None:
        for item in fields:
            item["theirs"] = packed.plain(target.values[item["field"]])
    text = _fields(fields)
    if text == record.values["fields"]:
        return record.rev
    return tx.update(CONFLICT.name, conflict_id, record, {"fields": text}, stamp)


def _choices(text: Value) -> dict[str, dict[str, object]] | None:
    """Return what was chosen for each field; nothing if that cannot be read."""
    if text is None:
        return {}
    try:
        choices = json.loads(text) if isinstance(text, str) else None
        if not isinstance(choices, dict):
            return None
        for choice in choices.values():
            if not isinstance(choice, dict) or not ("value" in choice or choice.get("take") in {"mine", "theirs"}):
                return None
            if "value" in choice and not is_storable(packed.restored(choice["value"])):
                return None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return choices


def _knows(choice: dict[str, object], current: Value) -> bool:
    """Return whether the chosen value is what stands there by now anyway."""
    return "value" in choice and packed.restored(choice["value"]) == current


def _chosen(choice: dict[str, object], item: dict[str, object]) -> Value:
    if "value" in choice:
        return packed.restored(choice["value"])
    return packed.restored(item["mine" if choice.get("take") == "mine" else "theirs"])


def _described(clash: Clash) -> dict[str, object]:
    return {
        "field": clash.name,
        "base": packed.plain(clash.base),
        "mine": packed.plain(clash.mine),
        "theirs": packed.plain(clash.theirs),
        "identifies": clash.identifies,
    }


def _fields(items: list[dict[str, object]]) -> str:
    return json.dumps(items, ensure_ascii=False, separators=(",", ":"))


def _open_of(tx: Tx, target_id: bytes, stamp: Stamp) -> tuple[bytes, Record] | None:
    """Return the open conflict of a device, which is known by its account and its name among that account's."""
    mine = (OPEN, stamp.account, stamp.device)
    for conflict_id, record in tx.find(CONFLICT.name, "target_id", target_id):
        if tuple(record.values[name] for name in ("status", "mine_account", "mine_device")) == mine:
            return conflict_id, record
    return None


def _last_change(tx: Tx, record_id: bytes, clashes: list[Clash]) -> Stamp:
    """Return who changed one of the fields last."""
    names = {clash.name for clash in clashes}
    rows = run(
        tx.conn,
        "SELECT fields, account, device, device_time FROM sync_log WHERE record_id = ? ORDER BY rev DESC",
        (record_id,),
    )
    for fields, account, device, device_time in rows:
        if names & set(json.loads(fields)):
            return Stamp(account=account, device=device, device_time=device_time)
    return Stamp()
