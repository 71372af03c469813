"""An engine with one rule broken: each of these must be noticed by the checkers of the simulated world."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, Final

from msgspec.structs import replace as with_other
from sqlalchemy import Connection

from sync.client import bundles, clock, engine, incoming, replica, store
from sync.core import merge as merging
from sync.core import squash
from sync.core import values as packed
from sync.core.merge import Clash, Outcome, Since
from sync.core.squash import Line
from sync.protocol.kinds import Kind, Merge, Value, Values
from sync.protocol.messages import Answer, Change, Checks, Frame, Verdict, ids_of
from sync.server import apply, conflicts, feed, handovers, lineage, records, server, verify
from sync.server import scope as scopes
from sync.server.database import run, run_many
from sync.server.records import Record, Stamp

Sabotage = Callable[[], AbstractContextManager[None]]

SABOTAGES: Final[dict[str, Sabotage]] = {}
"""Name to what breaks the rule for as long as it is open."""


MEETS: Final[dict[str, tuple[str, ...]]] = {
    "accepts_a_hand_over_twice": ("change", "decide", "account", "move_unit"),
    "forgets_what_an_answer_told": ("change",),
    "moves_the_cursor_before_the_data": ("change",),
    "settles_by_an_older_version": ("change", "choose"),
    "settles_twice": ("change", "choose"),
    "settles_what_has_changed_again": ("change", "choose"),
    "takes_an_answer_wherever_it_stands": ("change", "bundle", "carry", "take"),
}
"""For rules about what seldom meets: the steps of stories in which it does. Others are noticed in any story."""


def _sabotage(breaks: Callable[[], Iterator[None]]) -> Sabotage:
    opened = contextmanager(breaks)
    SABOTAGES[breaks.__name__] = opened
    return opened


@contextmanager
def _replaced(owner: Any, name: str, new: object) -> Iterator[None]:
    """Put something else in the place of a part of the engine, which must be there."""
    old = getattr(owner, name)
    setattr(owner, name, new)
    try:
        yield
    finally:
        setattr(owner, name, old)


# what a device does with what its person types


@_sabotage
def forgets_an_edit_behind_one_that_travels() -> Iterator[None]:
    """A second edit of a record whose first travels is not written down."""
    honest = replica.Replica._store_line

    def careless(
        self: replica.Replica, conn: Connection, kind: str, record_id: bytes, old: Any, line: Any, author: Any
    ) -> None:
        if store.IN_FLIGHT not in store.lines(conn, kind, record_id):
            honest(self, conn, kind, record_id, old, line, author)

    with _replaced(replica.Replica, "_store_line", careless):
        yield


@_sabotage
def changes_what_travels() -> Iterator[None]:
    """An edit is folded into a change that may have reached the server."""
    honest = store.lines

    def confused(conn: Connection, kind: str, record_id: bytes) -> dict[str, store.Waiting]:
        lines = honest(conn, kind, record_id)
        if store.IN_FLIGHT in lines:
            lines[store.PENDING] = lines.pop(store.IN_FLIGHT)
        return lines

    with _replaced(store, "lines", confused):
        yield


@_sabotage
def squash_loses_a_field() -> Iterator[None]:
    """When edits are folded together, the oldest field is dropped."""
    honest = squash.edited

    def careless(line: Line | None, *args: Any) -> Line | None:
        result = honest(line, *args)
        if line is not None and result is not None and len(result.patch) > 1:
            result.patch.pop(next(iter(result.patch)))
        return result

    with _replaced(replica, "edited", careless):
        yield


@_sabotage
def drops_a_refused_change() -> Iterator[None]:
    """What the server refuses is forgotten instead of shown."""

    def careless(conn: Connection, sent: store.Waiting, *_: object) -> None:
        store.remove_line(conn, sent.seq)

    with _replaced(incoming, "_keep_refused", careless):
        yield


@_sabotage
def sends_again_under_another_id() -> Iterator[None]:
    """A change that was not answered gets a new id for each request."""
    honest = store.freeze

    def careless(conn: Connection, limit: int) -> None:
        honest(conn, limit)
        conn.exec_driver_sql("UPDATE sync_outbox SET change_id = randomblob(16) WHERE status = ?", (store.IN_FLIGHT,))

    with _replaced(store, "freeze", careless):
        yield


@_sabotage
def loses_the_rebase() -> Iterator[None]:
    """What was typed behind a change keeps the base it had when that change travelled."""

    def idle(line: Line, *_: object, **__: object) -> Line:
        return line

    with _replaced(incoming, "answered", idle):
        yield


@_sabotage
def moves_the_base_of_an_edit() -> Iterator[None]:
    """An edit that waits passes for one made after what the server has just sent."""
    honest = store.note_agreed

    def careless(conn: Connection, waiting: store.Waiting, news: Values, rev: int, *, full: bool = False) -> None:
        honest(conn, waiting, news, rev, full=full)
        line = waiting.line
        line.base_revs.update({name: rev for name in news if name in line.base_revs})
        store.update_line(conn, waiting.seq, line)

    with _replaced(store, "note_agreed", careless):
        yield


@_sabotage
def answers_are_for_other_changes() -> Iterator[None]:
    """Two answers change places."""
    honest = incoming.apply_answers

    def confused(its: replica.Replica, conn: Connection, answers: Sequence[Answer]) -> list[Answer]:
        ids = [answer.change_id for answer in answers]
        turned = [with_other(answer, change_id=ids[-1 - place]) for place, answer in enumerate(answers)]
        return honest(its, conn, turned)

    with _replaced(engine, "apply_answers", confused):
        yield


# what a device does with the feed


@_sabotage
def moves_the_cursor_before_the_data() -> Iterator[None]:
    """The cursor is committed first, what it covers after it."""
    honest = engine.Engine._store

    def careless(self: engine.Engine, parts: Sequence[Any], *args: Any) -> int:
        frame = next((part for part in parts if isinstance(part, Frame) and part.cursor), None)
        if frame is not None:
            with self._begin() as conn:
                before = store.state(conn, incoming.CURSOR)
                store.set_state(conn, incoming.CURSOR, frame.cursor)
            with self._begin() as conn:
                store.set_state(conn, incoming.CURSOR, before)
        return honest(self, parts, *args)

    with _replaced(engine.Engine, "_store", careless):
        yield


@_sabotage
def stores_a_part_of_a_frame() -> Iterator[None]:
    """The last of several records in a frame is not stored."""
    honest = incoming._put_rows

    def careless(its: replica.Replica, conn: Connection, rows: Any) -> int:
        if len(rows.revs) > 1:
            kept = len(rows.revs) - 1
            rows = with_other(
                rows, ids=rows.ids[: 16 * kept], revs=rows.revs[:kept], values=[column[:kept] for column in rows.values]
            )
        return honest(its, conn, rows)

    with _replaced(incoming, "_put_rows", careless):
        yield


@_sabotage
def overwrites_what_waits() -> Iterator[None]:
    """A record that comes from the server wipes out what was typed here and not sent yet."""
    honest = store.waiting_records

    def blind(conn: Connection, kind: str) -> dict[bytes, list[store.Waiting]]:
        honest(conn, kind)
        return {}

    with _replaced(store, "waiting_records", blind):
        yield


@_sabotage
def keeps_removed_records() -> Iterator[None]:
    """Tombstones are not applied."""

    def idle(*_: object) -> int:
        return 0

    with _replaced(incoming, "_drop_records", idle):
        yield


# what the server does with changes


@_sabotage
def overwrites_instead_of_merging() -> Iterator[None]:
    """Whoever comes last wins every field."""

    def careless(
        kind: Kind, patch: Mapping[str, Value], current: Mapping[str, Value], since: Callable[[str], Since]
    ) -> Outcome:
        del kind, since
        return Outcome(take={name: value for name, value in patch.items() if current.get(name) != value})

    with _replaced(apply, "merge", careless):
        yield


@_sabotage
def identity_is_not_asked_about() -> Iterator[None]:
    """A field that tells people apart is merged like any other, the later one wins."""
    honest = merging._by_rule

    def careless(declared: Any, seen: Since, mine: Value, theirs: Value) -> tuple[Value] | None:
        return (mine,) if declared.identifies else honest(declared, seen, mine, theirs)

    with _replaced(merging, "_by_rule", careless):
        yield


@_sabotage
def the_earlier_one_wins() -> Iterator[None]:
    """Where the later arrival wins by rule, it is dropped instead."""
    honest = merging._by_rule

    def careless(declared: Any, seen: Since, mine: Value, theirs: Value) -> tuple[Value] | None:
        return (theirs,) if declared.merge is Merge.LATEST else honest(declared, seen, mine, theirs)

    with _replaced(merging, "_by_rule", careless):
        yield


@_sabotage
def a_set_forgets_what_others_added() -> Iterator[None]:
    """A list used as a set is taken whole from one side."""

    def careless(base: Value, mine: Value, theirs: Value) -> Value:
        del base, theirs
        return mine

    with _replaced(merging, "merge_sets", careless):
        yield


@_sabotage
def merges_against_the_wrong_base() -> Iterator[None]:
    """The server takes what it has now for what both sides last agreed on."""
    honest = records.Tx.since

    def confused(self: records.Tx, record_id: bytes, rev_now: int, base_rev: int) -> Callable[[str], Since]:
        del base_rev
        return honest(self, record_id, rev_now, rev_now)

    with _replaced(records.Tx, "since", confused):
        yield


@_sabotage
def ignores_receipts() -> Iterator[None]:
    """A change that comes again is applied again."""

    def forgetful(conn: Connection, sql: str, rows: Sequence[Sequence[object]]) -> None:
        run_many(conn, sql.removesuffix(" ON CONFLICT DO NOTHING") + " ON CONFLICT DO NOTHING", rows)

    with _replaced(apply.Applier, "_receipts", lambda *_: {}), _replaced(apply, "run_many", forgetful):
        yield


@_sabotage
def ignores_scope_on_push() -> Iterator[None]:
    """Everybody may write everywhere."""
    with _replaced(records.Tx, "within", lambda *_: True):
        yield


@_sabotage
def removes_what_has_changed_since() -> Iterator[None]:
    """A removal does not name the version it is based on."""
    honest = apply.Applier._delete

    def careless(self: apply.Applier, kind: Kind, change: Change, record: Record | None, stamp: Stamp) -> Answer:
        newest = 0 if record is None else record.rev
        return honest(self, kind, with_other(change, base_rev=newest), record, stamp)

    with _replaced(apply.Applier, "_delete", careless):
        yield


@_sabotage
def brings_back_what_was_removed() -> Iterator[None]:
    """An edit of a removed record makes it again."""
    honest = apply.Applier._edit

    def careless(self: apply.Applier, kind: Kind, change: Change, record: Record | None, stamp: Stamp) -> Answer:
        if record is None and kind.name == "note":
            tx, roots = self._tx, self._actor.roots
            full: Values = {name: change.patch.get(name) for name in kind.columns} | {"unit_id": roots[0]}
            return Answer(change.change_id, "applied", rev=tx.insert(kind.name, change.record_id, full, stamp))
        return honest(self, kind, change, record, stamp)

    with _replaced(apply.Applier, "_edit", careless):
        yield


# conflicts and hand-overs


@_sabotage
def settles_twice() -> Iterator[None]:
    """A conflict that somebody has settled can be settled again."""
    honest = conflicts.settle

    def forgetful(tx: Any, record: Record, known: Values, stamp: Stamp, _shown: Since) -> Any:
        record = replace(record, values={**record.values, "status": "open"})
        return honest(tx, record, known, stamp, merging.UNTOUCHED)

    with _replaced(conflicts, "settle", forgetful):
        yield


@_sabotage
def drops_a_value_of_a_conflict() -> Iterator[None]:
    """A conflict shows one side only."""
    honest = conflicts._described

    def careless(clash: Clash) -> dict[str, object]:
        return {**honest(clash), "mine": None}

    with _replaced(conflicts, "_described", careless):
        yield


@_sabotage
def settles_by_an_older_version() -> Iterator[None]:
    """A settlement chooses between two versions, and the conflict has others by now."""
    honest = conflicts.settle

    def careless(tx: Any, record: Record, known: Values, stamp: Stamp, _shown: Since) -> Any:
        return honest(tx, record, known, stamp, merging.UNTOUCHED)

    with _replaced(conflicts, "settle", careless):
        yield


@_sabotage
def settles_what_has_changed_again() -> Iterator[None]:
    """A settlement is applied to a value that its author has not seen."""
    honest = conflicts._settlement  # this module breaks what is inside

    def careless(tx: Any, record: Record, known: Values, choice: Any, stamp: Stamp) -> Any:
        values = record.values
        target = tx.get(str(values["target_kind"]), values["target_id"])
        fields = json.loads(str(values["fields"]))
        for item in fields if target is not None else ():
            item["theirs"] = packed.plain(target.values[item["field"]])
        record = replace(record, values={**values, "fields": json.dumps(fields)})
        return honest(tx, record, known, choice, stamp)

    with _replaced(conflicts, "_settlement", careless):
        yield


@_sabotage
def leaves_a_conflict_behind() -> Iterator[None]:
    """A conflict stays in the unit that its record has left."""
    with _replaced(conflicts, "follow", lambda *_: None):
        yield


@_sabotage
def drops_a_hand_over() -> Iterator[None]:
    """Work on a record that has left the scope is answered and forgotten."""

    def careless(tx: Any, *_: object) -> bytes:
        return bytes(tx.new_id())

    with _replaced(handovers, "hand_over", careless):
        yield


@_sabotage
def accepts_a_hand_over_twice() -> Iterator[None]:
    """What was decided about handed-over work can be decided again."""
    honest = handovers.read

    def forgetful(record: Record, change: Change, known: Values) -> Any:
        if record.values["side"] == handovers.RECEIVER:
            record = replace(record, values={**record.values, "state": handovers.WAITING})
        return honest(record, change, known)

    with _replaced(handovers, "read", forgetful):
        yield


@_sabotage
def takes_work_for_a_unit_that_is_gone() -> Iterator[None]:
    """A note is made in a unit that was removed meanwhile."""
    with _replaced(records.Tx, "is_there", lambda *_: True):
        yield


@_sabotage
def gives_one_answer_to_two_copies() -> Iterator[None]:
    """Two copies of a device go on under the same ids, and the second one's change passes for the first one's."""

    def blind(_: apply.Applier, change: Change, __: object) -> Change:
        return change

    with _replaced(apply.Applier, "_told_apart", blind):
        yield


# the feed


@_sabotage
def ignores_scope_on_pull() -> Iterator[None]:
    """Everybody gets everything."""
    honest = scopes.scope_of

    def everything(conn: Connection, roots: Sequence[bytes]) -> scopes.Scope:
        del roots
        row = run(conn, "SELECT unit_id FROM sync_unit WHERE parent_id IS NULL").one()
        return honest(conn, (row[0],))

    with _replaced(scopes, "scope_of", everything):
        yield


@_sabotage
def skips_a_line_of_the_log() -> Iterator[None]:
    """The first of several lines is left out."""
    honest = feed.Feed._log

    def careless(self: feed.Feed, *args: Any) -> Sequence[Any]:
        lines = honest(self, *args)
        return lines[1:] if len(lines) > 1 else lines

    with _replaced(feed.Feed, "_log", careless):
        yield


@_sabotage
def drops_tombstones() -> Iterator[None]:
    """Nobody is told that a record is gone."""
    with _replaced(feed.Batch, "gone", lambda *_: None):
        yield


@_sabotage
def leaves_positions_out() -> Iterator[None]:
    """A position is given before it is certain that its line will be stored."""
    honest = records.Tx.finish

    def careless(self: records.Tx) -> None:
        for shard in {entry.shard for entry in self._entries}:
            run(self.conn, "UPDATE sync_position SET pos = pos + 1 WHERE shard = ?", (shard,))
        honest(self)

    with _replaced(records.Tx, "finish", careless):
        yield


@_sabotage
def leaves_what_went_out_of_scope() -> Iterator[None]:
    """A device keeps the records of a unit that it has lost."""
    honest = scopes.difference

    def careless(*args: Any) -> scopes.Change:
        return replace(honest(*args), removed=())

    with _replaced(scopes, "difference", careless):
        yield


@_sabotage
def forgets_to_send_what_came_into_scope() -> Iterator[None]:
    """A device does not get the older records of a unit that it has gained."""
    honest = scopes.difference

    def careless(conn: Connection, had: bytes, *args: Any) -> scopes.Change:
        change = honest(conn, had, *args)
        return change if had == scopes.NOTHING else replace(change, added=())

    with _replaced(scopes, "difference", careless):
        yield


@_sabotage
def sends_what_has_left_the_scope() -> Iterator[None]:
    """A record that has left the scope is still sent."""
    with _replaced(feed.Feed, "_sees", lambda *_: True):
        yield


@_sabotage
def answers_without_storing() -> Iterator[None]:
    """The server's answer leaves before its transaction commits, which then fails once in a while."""
    honest = server.SyncServer._push
    calls = 0

    def careless(self: Any, actor: Any, changes: Any, request: Any = None) -> Any:
        nonlocal calls
        calls += 1
        if calls % 7:
            return honest(self, actor, changes, request)
        said = [Answer(its.change_id, "applied", rev_before=its.base_rev, rev=its.base_rev + 1) for its in changes]
        return server.Pushed(said)

    with _replaced(server.SyncServer, "_push", careless):
        yield


@_sabotage
def takes_an_answer_wherever_it_stands() -> Iterator[None]:
    """A frame from a stick is stored also where the device has gone on meanwhile."""
    honest = bundles.Bundles._store

    def careless(self: bundles.Bundles, conn: Connection, part: Any, expected: bytes, report: Any) -> bytes:
        del expected
        return honest(self, conn, part, store.state(conn, incoming.CURSOR) or b"", report)

    with _replaced(bundles.Bundles, "_store", careless):
        yield


@_sabotage
def finds_everything_equal() -> Iterator[None]:
    """A comparison with the server never finds a difference."""

    def blind(_conn: Connection, _kinds: object, _scope: object, _cursor: object, asked: Checks) -> verify.Comparison:
        return verify.Comparison(bytes([Verdict.EQUAL] * len(ids_of(asked.sectors))), ())

    with _replaced(verify, "compare", blind):
        yield


@_sabotage
def goes_on_with_a_restored_server() -> Iterator[None]:
    """Nobody looks whether the server still has what a device has seen."""
    with _replaced(lineage.Lineage, "check", lambda *_: None):
        yield


@_sabotage
def forgets_what_an_answer_told() -> Iterator[None]:
    """A field whose answer came, and the frames after it did not, passes for as old as the rest of its record."""
    with _replaced(store, "note_ahead", lambda *_: None):
        yield


@_sabotage
def does_not_look_at_the_clock() -> Iterator[None]:
    """The device's clock is not measured against the server's."""
    with _replaced(clock, "note", lambda *_, **__: None):
        yield
