"""What devices push: each change is checked, merged field by field, and gets its own answer."""

import hashlib
import logging
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import msgspec
from sqlalchemy import exc

from sync.core.merge import Outcome, Since, merge
from sync.core.squash import Op
from sync.protocol.errors import BrokenRuleError
from sync.protocol.kinds import CONFLICT, HANDOVER, UNIT, Kind, Merge, Value, Values, is_storable
from sync.protocol.messages import HANDED_OVER, ID_SIZE_BYTES, Answer, Change
from sync.server import conflicts, handovers
from sync.server.checking import RefusedError, check_storable, joined_extra, refuse, split
from sync.server.database import places, run, run_many
from sync.server.records import EFFECT, Actor, Record, Stamp, Tx
from sync.server.rules import Effect, Rules
from sync.server.scope import Past

log = logging.getLogger(__name__)

_IDS_MAX: Final = 500
_PRINT_SIZE_BYTES: Final = 8
_UNKNOWN: Final = -1
"""Before any revision: what happened since is not known."""
_BROKEN: Final = (ValueError, TypeError, LookupError, ArithmeticError, RecursionError, exc.DataError)
"""What the content of a change can cause where nobody has foreseen it; what may pass by itself is not among them."""

_FAILURES: Final = (RefusedError, exc.ProgrammingError, *_BROKEN)

_TYPE_MISMATCH: Final = "42804"


class _Receipt(Answer, array_like=True):
    """The answer that a change got.

    Attributes:
        account: Whose it was: who uses the id of somebody else's change learns nothing.
        content: Print of what it said. Two copies of one store go on under the same ids, and say different things.
    """

    account: str = ""
    content: bytes = b""


_receipts = msgspec.msgpack.Decoder(_Receipt)


class Applier:
    """Applies the changes of one request, in their order, inside one transaction.

    Attributes:
        copied: Ids of those changes that say something else than what was here before under the same id.
        repeated: Kind and id of the records of those that were accepted before.
    """

    def __init__(self, tx: Tx, rules: Rules, actor: Actor) -> None:
        self.copied: set[bytes] = set()
        self.repeated: list[tuple[str, bytes]] = []
        self._anew: set[bytes] = set()
        self._handed: set[bytes] = set()
        self._tx = tx
        self._rules = rules
        self._actor = actor
        self._past = Past(tx.conn, actor.account)

    def apply_all(self, changes: Sequence[Change]) -> list[Answer]:
        """Apply changes one after the other; one that was applied before gets the answer it got then."""
        before = self._receipts([change.change_id for change in changes])
        asked = [self._told_apart(change, before.get(change.change_id)) for change in changes]
        other = [its.change_id for its, change in zip(asked, changes, strict=True) if its is not change]
        self._anew |= set(other)
        self.copied |= {change.change_id for its, change in zip(asked, changes, strict=True) if its is not change}
        before.update(self._receipts(other))
        receipts = {change_id: self._received(change_id, receipt) for change_id, receipt in before.items()}
        accepted = {
            change_id for change_id, answer in receipts.items() if answer.status not in {"refused", HANDED_OVER}
        }
        self.repeated = [(change.kind, change.record_id) for change in asked if change.change_id in accepted]
        fresh: dict[bytes, Change] = {}
        for change in asked:
            if change.change_id not in receipts:
                fresh.setdefault(change.change_id, change)
        self._tx.hold(name for change in fresh.values() for name in self._rules.names(change))
        new = self._apply_together(list(fresh.values()))
        if new is None:
            self._foresee(fresh.values())
            new = {change_id: self._apply_one(change) for change_id, change in fresh.items()}
        receipts.update(new)
        sql = "INSERT INTO sync_receipt (change_id, answer, received_at) VALUES (?, ?, ?)"
        rows = [(key, self._receipt(fresh[key], answer), self._tx.now_ms) for key, answer in new.items()]
        run_many(self._tx.conn, sql, rows)
        self._note_refused([(fresh[key], answer) for key, answer in new.items() if answer.status == "refused"])
        return [
            msgspec.structs.replace(receipts[its.change_id], change_id=change.change_id)
            for change, its in zip(changes, asked, strict=True)
        ]

    def _note_refused(self, refused: Sequence[tuple[Change, Answer]]) -> None:
        sql = (
            "INSERT INTO sync_refusal (change_id, account, device, kind, record_id, code, field, received_at)"
            f" VALUES ({places(8)}) ON CONFLICT DO NOTHING"
        )
        for change, answer in refused:
            whose = (change.change_id, self._actor.account, self._actor.device, _text(change.kind), change.record_id)
            run(self._tx.conn, sql, (*whose, answer.code, _text(answer.field), self._tx.now_ms))
            effects = self._rules.refused(self._tx, self._actor, change, answer.code)
            apply_effects(self._tx, effects, Stamp(account=self._actor.account, device=self._actor.device))

    def _told_apart(self, change: Change, receipt: _Receipt | None) -> Change:
        """Give a change another id if it says something else than the one of that id that was here before.

        Two copies of one store, or an older copy that came back, go on under ids that the other has used: neither may
        get the other's answer. The new id follows from the content, so that a repeat is still one.
        """
        if receipt is None or receipt.account != self._actor.account or not receipt.content:
            return change
        said = print_of(change)
        if said == receipt.content:
            return change
        log.warning("change %s of %s came with two contents", change.change_id.hex(), self._actor.device)
        return msgspec.structs.replace(change, change_id=_other_id(change.change_id, said))

    def _receipts(self, ids: Sequence[bytes]) -> dict[bytes, _Receipt]:
        found: dict[bytes, _Receipt] = {}
        for start in range(0, len(ids), _IDS_MAX):
            part = ids[start : start + _IDS_MAX]
            sql = f"SELECT change_id, answer FROM sync_receipt WHERE change_id IN ({places(len(part))})"
            found.update((bytes(row[0]), _receipts.decode(row[1])) for row in run(self._tx.conn, sql, part))
        return found

    def _received(self, change_id: bytes, receipt: _Receipt) -> Answer:
        """Return the answer a change got; who uses the id of somebody else's learns nothing."""
        if receipt.account not in {"", self._actor.account}:
            return Answer(change_id, "refused", code="change.id")
        return Answer(*(getattr(receipt, name) for name in Answer.__struct_fields__))

    def _apply_together(self, changes: Sequence[Change]) -> dict[bytes, Answer] | None:
        """Apply changes with one savepoint and few statements; if one cannot be applied, none is: nothing returned."""
        tx, mark = self._tx, self._tx.mark()
        run(tx.conn, "SAVEPOINT together")
        self._foresee(changes)
        try:
            answers = {change.change_id: self._apply(change) for change in changes}
            tx.flush()
        except _FAILURES:
            tx.rewind(mark)
            run(tx.conn, "ROLLBACK TO SAVEPOINT together")
            answers = None
        run(tx.conn, "RELEASE SAVEPOINT together")
        return answers

    def _foresee(self, changes: Iterable[Change]) -> None:
        """Read the records of the changes at once."""
        by_kind: dict[str, list[bytes]] = {}
        made: list[bytes] = []
        for change in changes:
            if change.kind in self._tx.kinds:
                by_kind.setdefault(change.kind, []).append(change.record_id)
                made += [change.record_id] if change.op == Op.CREATE else []
        for start in range(0, len(made), _IDS_MAX):
            self._handed |= handovers.waiting_creations(self._tx, made[start : start + _IDS_MAX])
        for kind, ids in by_kind.items():
            for start in range(0, len(ids), _IDS_MAX):
                self._tx.foresee(kind, ids[start : start + _IDS_MAX])

    def _apply_one(self, change: Change) -> Answer:
        tx = self._tx
        mark = tx.mark()
        run(tx.conn, "SAVEPOINT one_change")
        try:
            answer = self._apply(change)
            tx.flush()
        except _FAILURES as error:
            if isinstance(error, exc.ProgrammingError) and not _is_type_mismatch(error):
                raise
            tx.rewind(mark)
            run(tx.conn, "ROLLBACK TO SAVEPOINT one_change")
            answer = _refused(change, error)
        run(tx.conn, "RELEASE SAVEPOINT one_change")
        return answer

    def _receipt(self, change: Change, answer: Answer) -> bytes:
        its = msgspec.structs.asdict(answer)
        return msgspec.msgpack.encode(_Receipt(**its, account=self._actor.account, content=print_of(change)))

    def _apply(self, change: Change) -> Answer:
        if not self._actor.writes:
            raise refuse("scope.read_only")
        check_storable(change)
        if change.kind not in self._tx.kinds:
            raise refuse("kind.unknown")
        kind = self._tx.kinds[change.kind]
        if kind.shared or (kind.append_only and change.op != Op.CREATE):
            raise refuse("scope.read_only")
        stamp = Stamp(
            change.change_id, self._actor.account, self._actor.device, change.at, change.channel, change.reason
        )
        record = self._tx.get(change.kind, change.record_id)
        try:
            handed_over = self._hand_over(kind, change, record, stamp)
            return handed_over or self._operate(kind, change, record, stamp)
        except BrokenRuleError as error:
            raise refuse(error.code, error.detail if error.code == "field.type" else "") from error

    def _hand_over(self, kind: Kind, change: Change, record: Record | None, stamp: Stamp) -> Answer | None:
        """Keep the change for others if its record has left the account's scope; do nothing where it has not.

        Somebody whose record it never was learns nothing: they are refused as anybody is.
        """
        if kind in {CONFLICT, HANDOVER} or kind.append_only or change.op not in set(Op):
            return None
        if record is None and change.op != Op.CREATE:
            return self._hand_more(kind, change, stamp)
        values = change.patch if record is None else record.values
        unit = values.get(UNIT)
        if kind.tree:
            unit = values.get(kind.parent) or unit
        made = change.op == Op.CREATE
        if not isinstance(unit, bytes) or made == (record is not None) or self._tx.within(unit, self._actor.roots):
            return None
        if record is None:
            known = self._past.had_unit(unit) and not self._was_elsewhere(kind, change.record_id)
        else:
            known = not self._sees(kind, record.values) and self._past.had(kind.name, change.record_id)
        if not known or not self._tx.is_there(unit):
            return None
        self._check_server_fields(kind, split(kind, change.patch)[0])
        bases: Values = {}
        if record is not None:
            since = self._since(change, record)
            seen = {name: since(name) for name in change.patch}
            bases = {name: its.base if its.changed else record.values.get(name) for name, its in seen.items()}
        link = handovers.hand_over(self._tx, kind, change, bases, unit, self._actor, stamp)
        return Answer(change.change_id, HANDED_OVER, link=link)

    def _hand_more(self, kind: Kind, change: Change, stamp: Stamp) -> Answer | None:
        """Add to a record that was handed over and is not accepted yet, or take it back."""
        found = handovers.waiting_of(self._tx, kind, change.record_id, self._actor)
        if found is None or found[1].values["op"] != Op.CREATE:
            return None
        if change.op == Op.DELETE:
            link = handovers.withdraw(self._tx, *found, stamp)
        else:
            self._check_server_fields(kind, split(kind, change.patch)[0])
            unit = found[1].values[UNIT]
            assert isinstance(unit, bytes), "a hand-over waits in a unit"
            link = handovers.hand_over(self._tx, kind, change, {}, unit, self._actor, stamp)
        return Answer(change.change_id, HANDED_OVER, link=link)

    # the three operations

    def _operate(self, kind: Kind, change: Change, record: Record | None, stamp: Stamp) -> Answer:
        match change.op:
            case Op.CREATE:
                return self._create(kind, change, record, stamp)
            case Op.EDIT:
                return self._edit(kind, change, record, stamp)
            case Op.DELETE:
                return self._delete(kind, change, record, stamp)
        raise refuse("op.unknown")

    def _create(self, kind: Kind, change: Change, record: Record | None, stamp: Stamp) -> Answer:
        known, unknown = split(kind, change.patch)
        full: Values = {name: known.get(name) for name in kind.columns}
        if record is not None:
            if self._sees(kind, record.values) and all(record.values[n] == v for n, v in known.items()):
                return Answer(change.change_id, "applied", rev_before=record.rev, rev=record.rev)
            if change.change_id in self._anew and self._sees(kind, record.values):
                # a copy of the device has made the record and sent it, and then here something else was said
                edit = msgspec.structs.replace(change, op=Op.EDIT, base_rev=_UNKNOWN, base_revs={})
                return self._edit(kind, edit, record, stamp)
            raise refuse("record.exists")
        if kind in {CONFLICT, HANDOVER}:
            raise refuse("scope.read_only")
        if self._was_elsewhere(kind, change.record_id):
            raise refuse("record.exists")
        self._check_unit(kind, change, full)
        self._check_server_fields(kind, known)
        self._check_rules(change, None, full)
        rev = self._tx.insert(kind.name, change.record_id, full, stamp, extra=joined_extra(None, unknown))
        if change.record_id in self._handed:  # a copy of the device has handed it over as something else
            handovers.follow(self._tx, kind, change.record_id, full[UNIT], stamp)
        self._run_effects(change, None, full, stamp)
        return Answer(change.change_id, "applied", rev=rev)

    def _edit(self, kind: Kind, change: Change, record: Record | None, stamp: Stamp) -> Answer:
        if record is None:
            raise self._gone(kind, change)
        if not self._sees(kind, record.values):
            raise refuse("scope.forbidden")
        known, unknown = split(kind, change.patch)
        decide = {CONFLICT.name: self._settle, HANDOVER.name: self._decide}.get(kind.name)
        if decide is not None:
            return decide(change, record, known, stamp)
        self._check_server_fields(kind, known)
        outcome = merge(kind, known, record.values, self._since(change, record))
        after = {**record.values, **outcome.take}
        if outcome.take:
            self._check_move(kind, change, record.values, after)
            self._check_rules(change, record.values, after)
        extra = joined_extra(record.extra, unknown)
        rev = record.rev
        before = record.rev
        changed_extra, record.extra = extra != record.extra, extra
        if outcome.take:
            rev = _update(self._tx, kind, change.record_id, record, outcome.take, stamp)
        elif changed_extra:
            rev = self._tx.touch(kind.name, change.record_id, record, stamp)
        if outcome.clashes:
            conflicts.open_conflict(self._tx, kind, change, after, outcome, stamp)
        if outcome.take:
            self._run_effects(change, record.values, after, stamp)
        return Answer(
            change.change_id, _status(outcome, change, before), rev_before=before, rev=rev,
            fix={name: after[name] for name in known if after[name] != known[name]},
        )  # fmt: skip

    def _delete(self, kind: Kind, change: Change, record: Record | None, stamp: Stamp) -> Answer:
        if record is None:
            rev = self._tx.last_rev(change.record_id)
            return Answer(change.change_id, "applied", rev_before=rev, rev=rev)
        if not self._sees(kind, record.values):
            raise refuse("scope.forbidden")
        if kind in {CONFLICT, HANDOVER}:
            raise refuse("scope.read_only")
        if self._is_newer(kind, change, record):
            raise refuse("record.changed", rev=record.rev)
        if kind.tree and self._has_content(change.record_id):
            raise refuse("unit.not_empty")
        self._check_rules(change, record.values, None)
        rev = self._tx.remove(kind.name, change.record_id, record, stamp)
        self._run_effects(change, record.values, None, stamp)
        return Answer(change.change_id, "applied", rev_before=record.rev, rev=rev)

    def _is_newer(self, kind: Kind, change: Change, record: Record) -> bool:
        """Return whether the record has something that who wants to remove it has not seen.

        They may have seen a newer version of some fields than of others, which they were changing themselves.
        """
        if record.rev > max([change.base_rev, *change.base_revs.values()]):
            return True
        if not change.base_revs:
            return False
        seen = map(self._since(change, record), kind.columns)
        return any(its.changed or not its.known for its in seen)

    def _settle(self, change: Change, record: Record, known: Values, stamp: Stamp) -> Answer:
        shown = self._since(change, record)("fields")
        settled = conflicts.settle(self._tx, record, known, stamp, shown)
        if settled == conflicts.MOVED_ON:
            rev = conflicts.refresh(self._tx, change.record_id, record, stamp)
            return Answer(change.change_id, "refused", rev_before=record.rev, rev=rev, code=settled)
        if settled == conflicts.SAME:
            return Answer(change.change_id, "applied", rev_before=record.rev, rev=record.rev)
        if isinstance(settled, str):
            raise refuse(settled, rev=record.rev)
        target = settled.target
        if target is not None and settled.changes:
            inner = Change(
                change.change_id, settled.kind.name, settled.record_id, Op.EDIT, settled.changes, at=change.at
            )
            after = {**target.values, **settled.changes}
            self._check_move(settled.kind, inner, target.values, after)
            self._check_rules(inner, target.values, after)
            _update(self._tx, settled.kind, settled.record_id, target, settled.changes, stamp)
            self._run_effects(inner, target.values, after, stamp)
        now = self._tx.get(CONFLICT.name, change.record_id) or record  # it has followed its record
        rev = self._tx.update(CONFLICT.name, change.record_id, now, settled.conflict, stamp)
        return Answer(change.change_id, "applied", rev_before=record.rev, rev=rev)

    def _decide(self, change: Change, record: Record, known: Values, stamp: Stamp) -> Answer:
        """Decide about handed-over work; what is accepted is applied as the decider's own change, or not at all."""
        decision = handovers.read(record, change, known)
        if decision == handovers.SAME:
            return Answer(change.change_id, "applied", rev_before=record.rev, rev=record.rev)
        if isinstance(decision, str):
            raise refuse(decision, rev=record.rev)
        status, inner = "applied", decision.inner
        if inner is not None:
            kind = self._tx.kinds[inner.kind]
            target = self._tx.get(inner.kind, inner.record_id)
            own = replace(stamp, reason=inner.reason)
            if inner.op == Op.CREATE and target is not None:
                inner = msgspec.structs.replace(inner, op=Op.EDIT, base_rev=_UNKNOWN, base_revs={})
            try:
                status = self._operate(kind, inner, target, own).status
            except RefusedError as error:
                raise RefusedError(error.refusal, record.rev) from error
        now = self._tx.get(HANDOVER.name, change.record_id) or record  # it has followed its record
        rev = handovers.store(self._tx, change.record_id, now, decision, stamp)
        return Answer(change.change_id, status, rev_before=record.rev, rev=rev)

    # checks

    def _sees(self, kind: Kind, values: Values) -> bool:
        return kind.shared or self._tx.within(values[UNIT], self._actor.roots)

    def _check_unit(self, kind: Kind, change: Change, full: Values) -> None:
        unit = full[UNIT]
        if kind.tree:
            if unit != change.record_id:
                raise refuse("unit.id", UNIT)
            unit = full[kind.parent]
        if not self._tx.within(unit, self._actor.roots):
            raise refuse("scope.forbidden", UNIT)
        self._check_there(unit, kind.parent if kind.tree else UNIT)

    def _check_there(self, unit: Value, field: str) -> None:
        if not (isinstance(unit, bytes) and self._tx.is_there(unit)):
            raise refuse("unit.removed", field)

    def _check_move(self, kind: Kind, change: Change, before: Values, after: Values) -> None:
        if kind.tree:
            if after[UNIT] != change.record_id:
                raise refuse("unit.id", UNIT)
            if after[kind.parent] == before[kind.parent]:
                return
            parent = after[kind.parent]
            if change.record_id in self._actor.roots or not self._tx.within(parent, self._actor.roots):
                raise refuse("scope.forbidden", kind.parent)
            if self._tx.within(parent, (change.record_id,)):
                raise refuse("unit.cycle", kind.parent)
            self._check_there(parent, kind.parent)
        elif after[UNIT] != before[UNIT]:
            if not self._tx.within(after[UNIT], self._actor.roots):
                raise refuse("scope.forbidden", UNIT)
            self._check_there(after[UNIT], UNIT)

    def _check_server_fields(self, kind: Kind, known: Values) -> None:
        for name, value in known.items():
            if kind.by_name[name].merge is Merge.SERVER and value is not None:
                raise refuse("field.read_only", name)

    def _check_rules(self, change: Change, before: Values | None, after: Values | None) -> None:
        refusal = self._rules.check(self._tx, self._actor, change, before, after)
        if refusal is not None:
            raise RefusedError(refusal)

    def _gone(self, kind: Kind, change: Change) -> RefusedError:
        if not self._existed(kind, change.record_id):
            return refuse("record.unknown")
        why = self._rules.gone(self._tx, self._actor, change)
        return refuse("record.deleted") if why is None else RefusedError(why)

    def _existed(self, kind: Kind, record_id: bytes) -> bool:
        """Return whether the actor may know that the record existed."""
        row = run(
            self._tx.conn,
            "SELECT unit_id FROM sync_log WHERE record_id = ? AND kind = ? ORDER BY rev DESC LIMIT 1",
            (record_id, kind.name),
        ).first()
        return row is not None and self._tx.within(row[0], self._actor.roots)

    def _was_elsewhere(self, kind: Kind, record_id: bytes) -> bool:
        """Return whether the id was given to another kind's record, or to one that the actor may not know about.

        With the id one would take over its history, which a conflict shows.
        """
        row = run(
            self._tx.conn,
            "SELECT unit_id, kind FROM sync_log WHERE record_id = ? ORDER BY rev DESC LIMIT 1",
            (record_id,),
        ).first()
        return row is not None and (row[1] != kind.name or not self._tx.within(row[0], self._actor.roots))

    def _has_content(self, unit_id: bytes) -> bool:
        for kind in self._tx.kinds:
            column = kind.parent if kind.tree else UNIT
            sql = f"SELECT 1 FROM {kind.table} WHERE {column} = ? LIMIT 1"
            if run(self._tx.conn, sql, (unit_id,)).first() is not None:
                return True
        return False

    def _since(self, change: Change, record: Record) -> "_SinceEach":
        return _SinceEach(self._tx, change, record)

    def _run_effects(self, change: Change, before: Values | None, after: Values | None, stamp: Stamp) -> None:
        effects = self._rules.effects(self._tx, self._actor, change, before, after)
        apply_effects(self._tx, effects, stamp)


class _SinceEach:
    """Answers what happened to each field since the revision that field is based on."""

    def __init__(self, tx: Tx, change: Change, record: Record) -> None:
        self._change = change
        bases = {change.base_rev, *change.base_revs.values()}
        self._by_rev = {rev: tx.since(change.record_id, record.rev, rev) for rev in bases}

    def __call__(self, name: str) -> Since:
        return self._by_rev[self._change.base_revs.get(name, self._change.base_rev)](name)


def print_of(change: Change) -> bytes:
    """Return 8 bytes that tell what a change says from anything else it might say."""
    print_ = hashlib.blake2b(digest_size=_PRINT_SIZE_BYTES)
    for part in (
        change.op,
        change.kind,
        change.record_id,
        *(each for pair in sorted(change.patch.items()) for each in pair),
    ):
        data = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
        print_.update(f"{type(part).__name__}{len(data)}:".encode() + data)
    return print_.digest()


def _text(name: str) -> str:
    """Return a name as a database keeps it, whatever somebody called their kind or field."""
    return name if is_storable(name) else ascii(name)


def _other_id(change_id: bytes, said: bytes) -> bytes:
    return hashlib.blake2b(change_id + said, digest_size=ID_SIZE_BYTES).digest()


def apply_effects(tx: Tx, effects: Sequence[Effect], stamp: Stamp) -> None:
    """Store what the server does by itself. Creating what exists, and changing what is so already, does nothing."""
    for effect in effects:
        kind = tx.kinds[effect.kind]
        own = Stamp(stamp.change_id, stamp.account, stamp.device, stamp.device_time, EFFECT, effect.reason)
        record = tx.get(effect.kind, effect.record_id)
        if effect.op is Op.CREATE:
            if record is None:
                full: Values = {name: effect.values.get(name) for name in kind.columns}
                tx.insert(effect.kind, effect.record_id, full, own)
        elif record is None:
            raise refuse("record.unknown")
        elif effect.op is Op.DELETE:
            tx.remove(effect.kind, effect.record_id, record, own)
        else:
            changes = {name: value for name, value in effect.values.items() if record.values[name] != value}
            if changes:
                _update(tx, kind, effect.record_id, record, changes, own)


def _update(tx: Tx, kind: Kind, record_id: bytes, record: Record, changes: Values, stamp: Stamp) -> int:
    """Change fields of a record; what waits for a decision about it goes along. Return the record's revision."""
    rev = tx.update(kind.name, record_id, record, changes, stamp)
    if UNIT in changes and not kind.tree:
        conflicts.follow(tx, kind, record_id, changes[UNIT], stamp)
        handovers.follow(tx, kind, record_id, changes[UNIT], stamp)
    return rev


def _is_type_mismatch(error: exc.ProgrammingError) -> bool:
    """Return whether a value does not fit its column. PostgreSQL counts that among the mistakes of a program."""
    return getattr(error.orig, "sqlstate", None) == _TYPE_MISMATCH


def _refused(change: Change, error: Exception) -> Answer:
    """Return the answer to a change that could not be applied. One that nobody has foreseen is ours to look at."""
    if not isinstance(error, RefusedError):
        place = traceback.extract_tb(error.__traceback__)[-1]  # its own text may hold what a person typed
        what = (change.change_id.hex(), type(error).__name__, place.filename, place.lineno)
        log.error("change %s could not be applied: %s in %s:%s", *what)
        return Answer(change.change_id, "refused", code="change.broken")
    why = error.refusal
    return Answer(
        change.change_id, "refused", rev_before=error.rev, rev=error.rev, code=why.code, field=why.field,
        text=why.text, link=why.link,
    )  # fmt: skip


def _status(outcome: Outcome, change: Change, rev: int) -> str:
    if outcome.clashes:
        return "conflict"
    return "merged" if outcome.merged or rev > max([change.base_rev, *change.base_revs.values()]) else "applied"
