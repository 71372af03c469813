"""Who may be entered twice: the pairs of a subtree, and who resembles a record that is being typed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from sync.protocol.kinds import UNIT, Value
from yum_desktop.domain.duplicates import (
    Advice,
    Likeness,
    Person,
    Reason,
    Rules,
    Strength,
    compare,
    find_pairs,
    rules_from,
)
from yum_desktop.domain.membership import DEPARTED
from yum_desktop.domain.text import fold
from yum_desktop.registry import unit_tree
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.paths import resources_dir

_COLUMNS: Final = (
    "id, unit_id, name_fold, born_on, sex, id_number, old_id_number, phone, coalesce(hometown_ward, hometown_province),"
    " full_name"
)
_HERE: Final = f"(status IS NULL OR status NOT IN ({', '.join(repr(status) for status in sorted(DEPARTED))}))"
"""The records of those who left stay behind: the person is registered again elsewhere."""

_LIKE_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Side:
    """One of two records that may be one person."""

    member_id: UUID
    unit_id: UUID
    unit_name: str
    full_name: str
    born_on: str | None
    sex: str | None
    id_number: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Suspect:
    """Two records of this device that may be one person."""

    first: Side
    second: Side
    strength: Strength
    reasons: tuple[Reason, ...]
    advice: Advice


@dataclass(frozen=True, slots=True)
class Like:
    """Somebody who resembles a record that is being typed."""

    side: Side
    strength: Strength | None
    """Nothing for somebody who only shares the telephone."""
    reasons: tuple[Reason, ...]
    advice: Advice


@cache
def rules() -> Rules:
    """Return what counts, as it ships with the program."""
    return rules_from(json.loads((resources_dir() / "data" / "duplicate_rules.json").read_text(encoding="utf-8")))


def suspects(r: Registry, unit_id: UUID | None = None) -> list[Suspect]:
    """Return the pairs that may be one person, the likeliest first.

    Args:
        r: The records.
        unit_id: Only pairs of which both are in this subtree; everything when left out.
    """
    with r.read() as conn:
        units = unit_tree.names(conn)
        begin = scope = ""
        params: tuple[bytes, ...] = ()
        if unit_id is not None:
            begin, scope, params = unit_tree.SUBTREE + " ", " AND unit_id IN (SELECT id FROM subtree)", (unit_id.bytes,)
        rows = conn.exec_driver_sql(f"{begin}SELECT {_COLUMNS} FROM member WHERE {_HERE}{scope}", params).all()
    by_id = {row[0]: row for row in rows}
    pairs = find_pairs([_person(row) for row in rows], rules())
    return [
        Suspect(
            _side(by_id[pair.first.key], units), _side(by_id[pair.second.key], units), _strength(pair.likeness),
            pair.likeness.reasons, pair.likeness.advice,
        )
        for pair in pairs
    ]  # fmt: skip


def like(r: Registry, values: Mapping[str, Value], *, but: UUID | None = None, limit: int = 5) -> list[Like]:
    """Return who resembles a record, the likeliest first; also who only shares its telephone.

    Args:
        r: The records.
        values: The record as it stands in the form, `unit_id` included if it is known.
        but: The record itself.
        limit: How many at most.
    """
    wanted = person_of(values)
    with r.read() as conn:
        rows = [row for row in _candidates(conn, wanted) if but is None or row[0] != but.bytes]
        units = unit_tree.names(conn) if rows else {}
    found = [(row, compare(wanted, _person(row), rules())) for row in rows]
    told = [each for each in found if each[1].strength is not None or each[1].advice is Advice.SHARED_PHONE]
    told.sort(key=lambda each: (-each[1].score, each[0][2] or ""))
    return [Like(_side(row, units), how.strength, how.reasons, how.advice) for row, how in told[:limit]]


def person_of(values: Mapping[str, Value], key: object = None) -> Person:
    """Return what is compared of a record that is being typed or imported."""

    def text(name: str) -> str | None:
        value = values.get(name)
        return value if isinstance(value, str) and value else None

    return Person(
        key=key,
        unit=values.get(UNIT),
        name=fold(text("full_name") or ""),
        born_on=text("born_on"),
        sex=text("sex"),
        id_number=text("id_number"),
        old_id_number=text("old_id_number"),
        phone=text("phone"),
        hometown=text("hometown_ward") or text("hometown_province"),
    )


def _candidates(conn: Connection, wanted: Person) -> Sequence[Any]:
    """Return the records that share a number, the telephone, the name or the birthday and a part of the name."""
    conditions: list[str] = []
    params: list[str] = []
    numbers = [number for number in (wanted.id_number, wanted.old_id_number) if number]
    for number in numbers:
        conditions.append("id_number = ? OR old_id_number = ?")
        params += [number, number]
    if wanted.phone:
        conditions.append("phone = ?")
        params.append(wanted.phone)
    if wanted.name and wanted.born_on:
        family, _, given = wanted.name.rpartition(" ")
        conditions.append("name_fold = ? OR (born_on = ? AND (name_fold LIKE ? OR name_fold LIKE ?))")
        params += [wanted.name, wanted.born_on, f"% {given}", f"{family} %" if family else wanted.name]
    if not conditions:
        return ()
    sql = f"SELECT {_COLUMNS} FROM member WHERE {_HERE} AND ({' OR '.join(conditions)}) LIMIT {_LIKE_MAX}"
    return conn.exec_driver_sql(sql, tuple(params)).all()


def side_of(conn: Connection, member_id: bytes) -> Side | None:
    """Return one record as a side of a pair; nothing if it is not here."""
    row = conn.exec_driver_sql(f"SELECT {_COLUMNS} FROM member WHERE id = ?", (member_id,)).first()
    return None if row is None else _side(row, unit_tree.names(conn))


def everybody(conn: Connection) -> Iterable[Person]:
    """Give everybody who is here, to be compared; the key is the id of the record."""
    return map(_person, conn.exec_driver_sql(f"SELECT {_COLUMNS} FROM member WHERE {_HERE}").all())


def _person(row: Sequence[Any]) -> Person:
    return Person(row[0], row[1], row[2] or "", row[3], row[4], row[5], row[6], row[7], row[8])


def _side(row: Sequence[Any], units: Mapping[bytes, str]) -> Side:
    return Side(
        member_id=UUID(bytes=row[0]),
        unit_id=UUID(bytes=row[1]),
        unit_name=units.get(row[1], ""),
        full_name=row[9] or "",
        born_on=row[3],
        sex=row[4],
        id_number=row[5],
        phone=row[7],
    )


def _strength(likeness: Likeness) -> Strength:
    assert likeness.strength is not None, "a pair is suspected"
    return likeness.strength
