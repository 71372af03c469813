"""Merge, squash and settlement against a plain model: two people, one record, edits that travel and wait, in any order.

The model knows no revisions and no lines: it keeps what each person has seen of each field, and compares values.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sync.core.merge import Clash, Since, merge
from sync.core.squash import TRAVELLING, Line, Op, answered, deleted, edited, restored
from sync.protocol.kinds import Merge, Value, Values
from sync.testing.kinds import NOTE

FIELDS = {"first": Merge.MANUAL, "count": Merge.LATEST, "tags": Merge.UNION, "more": Merge.MAP}
PEOPLE = st.sampled_from([0, 1])
TEXTS = st.sampled_from(["ash", "elm", "fir", None])
VALUES = {
    "first": TEXTS,
    "count": st.sampled_from([1, 2, None]),
    "tags": st.sets(st.sampled_from("abc")).map(
        lambda its: json.dumps(sorted(its), separators=(",", ":")) if its else None
    ),
    "more": st.dictionaries(st.sampled_from("xy"), st.sampled_from([1, 2])).map(
        lambda its: json.dumps(dict(sorted(its.items())), separators=(",", ":"))
    ),
}
EDITS = st.fixed_dictionaries(VALUES)


@dataclass
class Person:
    """What one device has: its record, what it knows of the server's and at which revision, and the engine's lines.

    Attributes:
        retyped: Fields typed as they were before while another value of them travelled, which did not become the
            server's: an edit all the same, since the server is asked what to do with the one that travelled.
    """

    here: Values
    known: Values
    revs: dict[str, int]
    pending: Line | None = None
    travels: Line | None = None
    retyped: set[str] = field(default_factory=set)


def parts(value: Value) -> dict[str, object]:
    """Return a list or object as a mapping; an item of a list stands for itself."""
    loaded = json.loads(value) if isinstance(value, str) and value else {}
    return loaded if isinstance(loaded, dict) else dict.fromkeys(loaded, True)


def expected(rule_: Merge, base: Value, mine: Value, theirs: Value) -> tuple[bool, object]:
    """Return whether somebody must choose, and else what the field holds afterwards, as plainly as it can be said."""
    if mine == theirs or theirs == base:
        return False, mine if rule_ not in {Merge.UNION, Merge.MAP} else parts(mine)
    if rule_ is Merge.LATEST:
        return False, mine
    if rule_ is Merge.MANUAL:
        return True, None
    was, one, two = parts(base), parts(mine), parts(theirs)
    result: dict[str, object] = {}
    for key in {*was, *one, *two}:
        changed = [its.get(key) for its in (one, two) if its.get(key) != was.get(key)]
        if len(changed) == 2 and changed[0] != changed[1]:
            return True, None
        value = changed[0] if changed else was.get(key)
        if value is not None:
            result[key] = value
    return False, result


def changing(line: Line | None) -> Line | None:
    """Return an edit without what stands as it was: see `Person.retyped`."""
    if line is None or line.op is not Op.EDIT:
        return line
    kept = [name for name, value in line.patch.items() if value != line.base[name]]
    patch, base = ({name: part[name] for name in kept} for part in (line.patch, line.base))
    return Line(Op.EDIT, patch, base, {name: line.base_revs[name] for name in kept}) if kept else None


class MergeMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        first: Values = {"first": "ash", "count": None, "tags": None, "more": "{}"}
        self.server = dict(first)
        self.versions = [dict(first)]
        self.people = [Person(dict(first), dict(first), dict.fromkeys(first, 1)) for _ in range(2)]
        self.clashes: dict[str, Clash] = {}

    def since(self, name: str, rev: int) -> Since:
        """Say what happened to a field, from the versions of the record as the server's log would."""
        changed = [n for n in range(rev, len(self.versions)) if self.versions[n][name] != self.versions[n - 1][name]]
        return Since(bool(changed), self.versions[changed[0] - 1][name] if changed else None)

    # what a person does

    @rule(who=PEOPLE, values=EDITS, names=st.sets(st.sampled_from(sorted(FIELDS)), min_size=1))
    def types(self, who: int, values: Values, names: set[str]) -> None:
        person = self.people[who]
        changes = {name: values[name] for name in sorted(names) if person.here[name] != values[name]}
        if changes:
            travelling = person.travels.patch if person.travels else {}
            waited = person.pending.patch if person.pending else {}
            person.pending = edited(person.pending, changes, person.here, person.revs, travelling)
            person.here.update(changes)
            still = person.pending.patch if person.pending else {}
            for name in changes.keys() & waited.keys() - still.keys() - travelling.keys():
                person.here[name] = person.known[name]  # it was taken back: what others have done meanwhile shows

    @rule(who=PEOPLE)
    def removes_and_thinks_better_of_it(self, who: int) -> None:
        """Take a removal back before it is sent: what was typed before it is an edit again, and nothing else."""
        person = self.people[who]
        if person.travels is None:
            before = person.pending
            line = deleted(before, person.here, person.revs, frozenset())
            assert line is not None
            person.pending = restored(line, person.here)
            assert changing(person.pending) == changing(before)

    # what travels

    @precondition(lambda self: any(person.pending and not person.travels for person in self.people))
    @rule(who=PEOPLE)
    def sends(self, who: int) -> None:
        for person in (self.people[who], self.people[1 - who]):
            if person.travels is None and person.pending is not None:
                person.travels, person.pending = person.pending, None
                return

    @precondition(lambda self: any(person.travels for person in self.people))
    @rule(who=PEOPLE)
    def arrives(self, who: int) -> None:
        """Let the server merge what travels, and the device have the answer, which speaks of these fields alone."""
        person = self.people[who] if self.people[who].travels else self.people[1 - who]
        sent = person.travels
        assert sent is not None
        assert sent.op is Op.EDIT
        assert TRAVELLING not in sent.base_revs.values(), "what travels stands on what the server has had"
        before = dict(self.server)
        outcome = merge(NOTE, sent.patch, before, lambda name: self.since(name, sent.base_revs[name]))
        self.server.update(outcome.take)
        self.versions.append(dict(self.server))
        asked = {clash.name for clash in outcome.clashes}
        for name, mine in sent.patch.items():
            must_choose, value = expected(FIELDS[name], sent.base[name], mine, before[name])
            assert (name in asked) == must_choose, f"{name}: {sent.base[name]!r}, {mine!r}, {before[name]!r}"
            if must_choose:
                assert self.server[name] == before[name], "the server's value stays while somebody chooses"
            else:
                stored = self.server[name]
                assert (parts(stored) if FIELDS[name] in {Merge.UNION, Merge.MAP} else stored) == value
        for clash in outcome.clashes:
            assert (clash.mine, clash.theirs) == (sent.patch[clash.name], before[clash.name]), "both values are shown"
            self.clashes[clash.name] = clash
        lost = frozenset(name for name, mine in sent.patch.items() if self.server[name] != mine)
        person.travels = None
        rev = len(self.versions)
        if person.pending is not None:
            person.pending = line = answered(person.pending, sent, accepted=True, rev=rev, lost=lost)
            person.retyped = {name for name, value in line.patch.items() if value == line.base[name]}
        self.learns(person, sent.patch, rev)

    @rule(who=PEOPLE)
    def receives(self, who: int) -> None:
        """Let a device have everything new: a field with an edit that waits keeps the edited value."""
        person = self.people[who]
        if person.travels is not None:
            return
        self.learns(person, self.server, len(self.versions))

    def learns(self, person: Person, names: Iterable[str], rev: int) -> None:
        """Let a device know some fields as they are; an edit to what the server has by now is none."""
        for name in names:
            person.revs[name], person.known[name] = rev, self.server[name]
            line = person.pending
            if line is None or name not in line.patch:
                person.here[name] = self.server[name]
            elif line.patch[name] == self.server[name] and line.base_revs[name] != TRAVELLING:
                for part in (line.patch, line.base, line.base_revs):
                    part.pop(name)
                person.pending = line if line.patch else None

    @precondition(lambda self: self.clashes)
    @rule(who=PEOPLE, mine=st.booleans())
    def chooses(self, who: int, mine: bool) -> None:  # hypothesis passes it by name
        """Settle a clash with what the server has now: once, and by an edit that has seen both values."""
        name, clash = next(iter(self.clashes.items()))
        del self.clashes[name]
        if self.server[name] == clash.theirs:
            self.server[name] = clash.mine if mine else clash.theirs
            self.versions.append(dict(self.server))
        self.receives(who)

    # what holds at every moment

    @invariant()
    def what_waits_is_what_differs(self) -> None:
        for person in self.people:
            line = person.pending
            if line is None or line.op is not Op.EDIT:
                continue
            assert line.patch, "an edit that changes nothing is none"
            assert set(line.patch) == set(line.base) == set(line.base_revs)
            for name, value in line.patch.items():
                assert value == person.here[name], "the line has what the person sees"
                assert value != line.base[name] or name in person.retyped, "as it was is no edit"

    @invariant()
    def a_base_is_what_the_server_had(self) -> None:
        for person in self.people:
            for line in (person.pending, person.travels):
                for name, rev in (line.base_revs if line else {}).items():
                    if rev == TRAVELLING:
                        assert person.travels is not None, "nothing stands on what does not travel"
                        assert line is not None
                        assert line.base[name] == person.travels.patch[name]
                    elif line is not None and line.op is Op.EDIT:
                        assert line.base[name] == self.versions[rev - 1][name]


MergeMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=40, derandomize=True)
TestMergeMachine = MergeMachine.TestCase
