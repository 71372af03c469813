"""Odd values, pushed at the real server on both stores: the same answers, nothing broken, nothing lost on the way."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from central_world import Centre
from sqlalchemy import Integer, LargeBinary

from sync.core.squash import Op
from sync.protocol.kinds import CONFLICT, UNIT, Value, Values
from sync.protocol.messages import PROTOCOL_VERSION, Answers, Change, Frame, Request, decode_parts, encode
from sync.testing.postgres import Postgres
from yum_desktop.domain.cases.admission import PROCEDURE, Action, State
from yum_desktop.registry.clock import new_id
from yum_desktop.registry.kinds import CASE_KIND, KINDS, MEMBER_KIND, STEP_KIND, UNIT_KIND
from yum_desktop.registry.tables import Base

TEXTS = (
    "", " ", "x", "a\0b", "\x01", "\x7f", "\ufeff", "\ufffe\uffff", "\U0010ffff", "\u202e", "e\u0301", "\u0660" * 12,
    "é" * 4_001, "x" * 70_000, "%s %(x)s ? :x", "'; DROP TABLE member; --", "\\", '"', "true", "NaN", "1e400",
    "9999-12-31", "10000-01-01", "0000", "0001-01-01", "2023-02-29", "-2023", "2023-1-1", "٢٠٢٣", "2023-12-31T00:00",
    "[", "[" * 3_000, "[" * 60_000, "{}", "[]", "null", '["\\ud800"]', '["\\u0000"]', '{"a":' * 10_000,
    '{"full_name":"\\ud800"}', '{"full_name":"\\u0000"}', "[1e999]", '{"x":1e999}', "9" * 5_000,
    '["' + "9" * 5_000 + '"]', "[" + "9" * 5_000 + "]",
)  # fmt: skip
NUMBERS = (
    -1, 0, 1, 2, (1 << 31) - 1, 1 << 31, -(1 << 31), -(1 << 31) - 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, -(1 << 63),
    253_402_300_799_999, 253_402_300_800_000,
)  # fmt: skip
BYTES = (b"", b"x", b"\0" * 16, b"\xff" * 16, b"\xff" * 17, b"\xff" * 10_000)


@pytest.fixture
def both(tmp_path: Path, postgres: Postgres) -> Iterator[tuple[Centre, Centre]]:
    """Give a server on each store, with the same units."""
    one = Centre(tmp_path / "central.db")
    other = Centre(tmp_path / "central.db", postgres.emptied("centre", but=["schema_version"]))
    yield one, other
    one.close()
    other.close()


def shapes() -> list[tuple[str, str]]:
    """Return one field of every kind for each way in which it may be stored, merged and read."""
    found: dict[tuple[object, ...], tuple[str, str]] = {}
    for kind in KINDS:
        for name in kind.columns:
            column = Base.metadata.tables[kind.table].columns[name]
            merge = kind.by_name[name].merge if name in kind.by_name else None
            special = name if name in {UNIT, kind.parent, "data", "choice", "status", "id_number", "born_on"} else ""
            shape = (type(column.type), merge, special, kind.name if special else kind.append_only)
            found.setdefault(shape, (kind.name, name))
    return sorted(found.values())


def odd_for(kind: str, field: str) -> Sequence[Value]:
    """Return odd values for a field: many of its type, and some of others."""
    column = Base.metadata.tables[KINDS[kind].table].columns[field]
    if isinstance(column.type, LargeBinary):
        return (*BYTES, "x", "\0", 0, 1 << 63, None)
    if isinstance(column.type, Integer):
        return (*NUMBERS, "", "x", "1", "\0", b"x", None)
    return (*TEXTS, 0, 1 << 63, b"", b"x" * 16, None)


def records(centre: Centre, ids: dict[str, bytes]) -> None:
    """Store a record of each kind, and two versions of the member's that a person must choose between."""
    made = [
        Change(new_id().bytes, kind, ids[kind], Op.CREATE, whole(centre, kind, ids[kind], ids))
        for kind in (MEMBER_KIND, CASE_KIND)
    ]
    later: tuple[tuple[str, Value, int], ...] = (
        ("full_name", "Ma Văn Một", 1), ("associations", '["HOI_LHTN"]', 2), ("full_name", "Ma Văn Hai", 1)
    )  # fmt: skip
    made += [
        Change(new_id().bytes, MEMBER_KIND, ids[MEMBER_KIND], Op.EDIT, {name: value}, base_rev=rev)
        for name, value, rev in later
    ]
    answers = centre.push(centre.actor("an", "xa"), *made)
    assert [answer.status for answer in answers] == ["applied"] * 4 + ["conflict"]


def whole(centre: Centre, kind: str, record_id: bytes, ids: dict[str, bytes]) -> Values:
    """Return values with which a record of a kind is accepted."""
    unit = centre.units["thon"]
    made: dict[str, Values] = {
        UNIT_KIND: {UNIT: record_id, "parent_id": centre.units["xa"], "level": "CHIDOAN", "name": "Thôn thử"},
        MEMBER_KIND: {UNIT: unit, "full_name": "Ma Văn Thử"},
        CASE_KIND: {UNIT: unit, "procedure": PROCEDURE, "title": "Ma", "member_id": record_id[::-1], "data": "{}"},
        STEP_KIND: {
            UNIT: unit, "case_id": ids[CASE_KIND], "action": Action.TRAIN.value, "from_state": State.DRAFT.value,
            "to_state": State.TRAINING.value,
        },
    }  # fmt: skip
    return made.get(kind, {})


def answered(centre: Centre, changes: list[Change]) -> list[tuple[str, str, str]]:
    """Push through the edge, as bytes, and pull everything; return status, code and field of each answer."""
    actor = centre.actor("an", "xa")
    parts = list(decode_parts(centre.server.exchange(actor, encode(Request(PROTOCOL_VERSION, 0, None, changes)))))
    assert isinstance(parts[0], Answers)
    assert isinstance(parts[-1], Frame)
    assert parts[-1].complete
    return [(answer.status, answer.code, answer.field) for answer in parts[0].answers]


def target(kind: str, ids: dict[str, bytes], centre: Centre) -> bytes:
    if kind == UNIT_KIND:
        return centre.units["thon"]
    if kind == CONFLICT.name:
        with centre.server.transaction() as tx:
            ((conflict_id, _),) = tx.find(kind, "target_id", ids[MEMBER_KIND])
        return conflict_id
    return ids[kind]


@pytest.mark.parametrize(("kind", "field"), shapes(), ids=lambda value: value)
def test_both_stores_answer_odd_values_alike(both: tuple[Centre, Centre], kind: str, field: str) -> None:
    """Every value in a new record, and in an edit of one that has changed meanwhile."""
    ids = {kind.name: new_id().bytes for kind in KINDS}
    changes = [
        (new_id().bytes, new_id().bytes, value, op) for value in odd_for(kind, field) for op in (Op.CREATE, Op.EDIT)
    ]
    told = []
    for centre in both:
        records(centre, ids)
        edited = target(kind, ids, centre)
        more: Values = {"status": "settled"} if (kind, field) == (CONFLICT.name, "choice") else {}
        pushed = [
            Change(change_id, kind, made, op, {**whole(centre, kind, made, ids), field: value})
            if op is Op.CREATE
            else Change(change_id, kind, edited, op, {**more, field: value}, base_rev=1)
            for change_id, made, value, op in changes
        ]
        told.append(answered(centre, pushed))
        assert answered(centre, pushed) == told[-1]
    assert told[0] == told[1]
    assert (
        both[0].server.digest(both[0].actor("an", "xa").roots)[1]
        == both[1].server.digest(both[1].actor("an", "xa").roots)[1]
    )
    broken = {str(changes[place][2])[:20] for place, (_, code, _) in enumerate(told[0]) if code == "change.broken"}
    assert broken == set()
