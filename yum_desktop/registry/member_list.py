"""The table of members: flat rows of a subtree, in Vietnamese order, searched as one types."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from sync.client.store import REFUSED
from yum_desktop.domain.rules import Completeness, Condition, FieldNeed
from yum_desktop.domain.text import fold
from yum_desktop.registry import unit_tree
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.kinds import MEMBER_KIND
from yum_desktop.registry.rules import rules_in
from yum_desktop.registry.views import MemberList, MemberRow

_COLUMNS: Final = "id, unit_id, full_name, born_on, sex, id_number, phone, position, status, name_key"
_WORDS_MAX: Final = 8
FIRST: Final = 200
"""Rows of a list that are there at once: several screens."""


@dataclass(frozen=True, slots=True)
class _Search:
    """What to look for: a statement's condition, and its parameters."""

    condition: str
    params: tuple[str, ...]


def member_rows(r: Registry, unit_id: UUID | None, *, text: str = "", limit: int | None = None) -> list[MemberRow]:
    """Return the members of a unit and of all below it, by given name, then by the rest of the name.

    Args:
        r: The records.
        unit_id: The unit; ``None`` for everybody. An unknown unit gives nothing: it may not have arrived yet.
        text: Every word of it must be part of the name (marks and đ do not matter), of the phone or of the number.
        limit: How many rows at most.
    """
    with r.read() as conn:
        return rows_in(conn, unit_id, rules_in(conn).completeness(r.clock.now().date()), text=text, limit=limit)


def rows_in(
    conn: Connection,
    unit_id: UUID | None,
    needs: Completeness,
    *,
    text: str = "",
    limit: int | None = None,
    where: str = "",
) -> list[MemberRow]:
    """Return what `member_rows` does inside a transaction.

    Args:
        conn: The transaction.
        unit_id: The unit; ``None`` for everybody.
        needs: What a complete record has.
        text: As `member_rows`.
        limit: How many rows at most.
        where: A condition of the program's own over the columns of a member.
    """
    search = _search(text)
    return _Maker(conn, needs).rows(conn.exec_driver_sql(*_statement(unit_id, search, limit, needs, where)).all())


def member_list(r: Registry, unit_id: UUID | None, *, text: str = "", first: int = FIRST) -> MemberList:
    """Return the first rows of what `member_rows` gives, and what `more_members` needs for the others.

    It costs one walk through the narrow index, however many rows there are.
    """
    search = _search(text)
    scope: tuple[bytes, ...] = () if unit_id is None else (unit_id.bytes,)
    begin = "" if unit_id is None else unit_tree.SUBTREE + " "
    condition = search.condition if unit_id is None else f"{search.condition} AND unit_id IN (SELECT id FROM subtree)"
    hits = f"SELECT rowid AS place FROM member INDEXED BY ix_member_search WHERE {condition} ORDER BY name_key"
    sql = f"{begin}SELECT json_group_array(place) FROM ({hits})"  # one value: a row for each costs more than the walk
    with r.read() as conn:
        found = json.loads(conn.exec_driver_sql(sql, (*scope, *search.params)).scalar_one())
        needs = rules_in(conn).completeness(r.clock.now().date())
        return MemberList(_Maker(conn, needs).at(conn, found[:first]), found[first:])


def more_members(r: Registry, rest: Sequence[int]) -> list[MemberRow]:
    """Return the rows for a part of `MemberList.rest`; who is gone meanwhile is left out."""
    with r.read() as conn:
        return _Maker(conn, rules_in(conn).completeness(r.clock.now().date())).at(conn, rest)


class _Maker:
    """Makes rows of the table within one read transaction."""

    def __init__(self, conn: Connection, needs: Completeness) -> None:
        self._needs = needs
        self._units = unit_tree.names(conn)
        self._states = member_states(conn)
        self._missing: dict[int, tuple[str, ...]] = {}

    def at(self, conn: Connection, places: Sequence[int]) -> list[MemberRow]:
        """Return the rows at some places of the table, in their order."""
        columns = f"{_COLUMNS}, {_missing(self._needs)}, rowid"
        sql = f"SELECT {columns} FROM member WHERE rowid IN (SELECT value FROM json_each(?))"
        found = conn.exec_driver_sql(sql, (json.dumps(list(places)),)).all()
        order = {place: number for number, place in enumerate(places)}
        return self.rows(sorted(found, key=lambda row: order[row[11]]))

    def rows(self, rows: Sequence[Sequence[Any]]) -> list[MemberRow]:
        """Return what the columns of a statement mean."""
        ids = {unit: UUID(bytes=unit) for unit in {row[1] for row in rows}}
        missing, units, states = self._missing, self._units, self._states
        return [
            MemberRow(
                UUID(bytes=row[0]),
                ids[row[1]],
                units.get(row[1], ""),
                row[2] or "",
                row[3],
                row[4],
                row[5],
                row[6],
                row[7],
                row[8],
                missing[row[10]] if row[10] in missing else missing.setdefault(row[10], _names(self._needs, row[10])),
                row[9] or b"",
                states.get(row[0], "ok"),
            )
            for row in rows
        ]


@lru_cache(maxsize=16)
def _missing(needs: Completeness) -> str:
    """Return an expression that says in one number what a record lacks: a bit for each need, as `missing_needs`."""
    return " + ".join(f"({lacks(need)}) * {1 << place}" for place, need in enumerate(needs)) or "0"


def lacks(need: FieldNeed) -> str:
    """Return when a record lacks a field that it needs."""
    parts = [
        f"({need.field} IS NULL OR {need.field} = '')",
        *(says(one) for one in need.when),
        *(f"NOT {says(one)}" for one in need.unless),
    ]
    return " AND ".join(parts)


def says(one: Condition) -> str:
    """Return when a record says something; names and values are of rules that have been read."""
    if not one.among:
        return f"ifnull({one.field} <> '', 0)"
    values = ", ".join(str(value) if isinstance(value, int) else f"'{_quoted(value)}'" for value in one.among)
    return f"ifnull({one.field} IN ({values}), 0)"


def _quoted(value: str) -> str:
    return value.replace("'", "''")


def _statement(
    unit_id: UUID | None, search: _Search, limit: int | None, needs: Completeness = (), where: str = ""
) -> tuple[str, tuple[bytes | str | int, ...]]:
    """Return the statement and its parameters; what is missing comes last.

    A search walks the narrow index in the order of the list and touches the table for its hits only.
    """
    scope: tuple[bytes, ...] = () if unit_id is None else (unit_id.bytes,)
    begin = "" if unit_id is None else unit_tree.SUBTREE + " "
    condition = search.condition if unit_id is None else f"{search.condition} AND unit_id IN (SELECT id FROM subtree)"
    cut = "" if limit is None else " LIMIT ?"
    columns = f"{_COLUMNS}, {_missing(needs)}"
    params = (*scope, *search.params, *(() if limit is None else (limit,)))
    if where:
        cut = f" LIMIT {limit:d}" if limit is not None else ""
        return (
            f"{begin}SELECT {columns} FROM member NOT INDEXED WHERE {condition} AND ({where})"
            f" ORDER BY name_key, id{cut}"
        ), (*scope, *search.params)
    if search.params or limit is not None:
        hits = f"SELECT rowid FROM member INDEXED BY ix_member_search WHERE {condition} ORDER BY name_key{cut}"
        return f"{begin}SELECT {columns} FROM member WHERE rowid IN ({hits}) ORDER BY name_key, id", params
    return f"{begin}SELECT {columns} FROM member NOT INDEXED WHERE {condition} ORDER BY name_key, id", params


def _search(text: str) -> _Search:
    """Return what `text` looks for: a word of digits is part of a phone or an identity number, others of the name."""
    conditions: list[str] = []
    params: list[str] = []
    for word in fold(text).split()[:_WORDS_MAX]:
        digits = word.isdigit()
        conditions.append("(instr(phone, ?) OR instr(id_number, ?))" if digits else "instr(name_fold, ?)")
        params += [word, word] if digits else [word]
    return _Search(" AND ".join(conditions) or "1", tuple(params))


def _names(needs: Completeness, bits: int) -> tuple[str, ...]:
    return tuple(need.field for place, need in enumerate(needs) if bits >> place & 1)


def member_states(conn: Connection) -> dict[bytes, str]:
    """Return the state of every member that is not simply ``ok``: ``wait``, ``pick`` or, before all, ``bad``."""
    states: dict[bytes, str] = {}
    rows = conn.exec_driver_sql("SELECT record_id, status FROM sync_outbox WHERE kind = ?", (MEMBER_KIND,)).all()
    for record_id, _ in rows:
        states[record_id] = "wait"
    sql = "SELECT target_id FROM conflict WHERE target_kind = ? AND status = 'open'"
    for row in conn.exec_driver_sql(sql, (MEMBER_KIND,)):
        states[row[0]] = "pick"
    for record_id, status in rows:
        if status == REFUSED:
            states[record_id] = "bad"
    return states
