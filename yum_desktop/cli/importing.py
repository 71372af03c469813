"""`yumctl import`: a spreadsheet into the store, as far as it can be done without asking anybody.

Nothing is guessed: what a file only offers is not taken, who is there already is left out and named, and a unit that is
not surely known stops the whole import before anything is stored.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from sync.protocol.kinds import Value
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.text import fold
from yum_desktop.exchange.excel.model import ImportPlan, PlannedRow
from yum_desktop.exchange.excel.plan import plan_import
from yum_desktop.exchange.excel.report import dry_run_document
from yum_desktop.registry import code_lists, commands, queries
from yum_desktop.registry.clock import Clock
from yum_desktop.registry.commands import ImportRow
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.views import MemberRow, UnitRow

UNNAMED: Final = ""
"""The name under which the unit of rows without one is kept."""

_SOURCE: Final = "EXCEL"
_STATUS: Final = "DANG_SINH_HOAT"
_KINDS: Final = re.compile(r"^((chi doan|cd|doan|lop)\s+)+")

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    Attributes:
        file: The spreadsheet.
        sheet: The sheet; the fullest one when none is named.
        unit: The unit that the file is of, by name, short name or id.
        same: ``name in the file=unit`` for names that differ from the tree's; no name for rows without one.
    """

    file: Path
    sheet: str | None = None
    unit: str | None = None
    same: Sequence[str] = ()


def find_unit(units: Sequence[UnitRow], named: str) -> UnitRow:
    """Return the unit that a name, short name or id means.

    Raises:
        InputError: `unit.unknown`: none, or more than one.
    """
    wanted = fold(named)
    found = [unit for unit in units if named in {str(unit.unit_id), unit.unit_id.hex}]
    found = found or [unit for unit in units if wanted in {fold(unit.name), fold(unit.short_name)}]
    if len(found) != 1:
        raise InputError("unit.unknown", f"Không rõ đơn vị “{named}”.", field="unit")
    return found[0]


def look(asked: Request, clock: Clock) -> Json:
    """Return what an import would do; needs no store.

    Raises:
        InputError: `file.…`.
    """
    plan = plan_import(asked.file, codes=code_lists.shipped_codes(), today=clock.now().date(), sheet=asked.sheet)
    return dry_run_document(plan)


def look_in(r: Registry, asked: Request) -> Json:
    """Return what an import would do, and which unit each name of the file means (nothing where that is not sure).

    Raises:
        InputError: `file.…`, `unit.unknown`.
    """
    plan = _plan(r, asked)
    units = _units(plan, queries.unit_tree(r), asked)
    return dry_run_document(plan) | {"units": units, "left_out": _left_out(r, plan)}


def store(r: Registry, asked: Request) -> Json:
    """Import, all of it or nothing; the document names the batch with which it can be undone.

    Raises:
        InputError: `file.…`, `unit.unknown`, `import.unit_unknown`, `import.nothing`, or what is wrong with a row,
            `row` as a spreadsheet program numbers it.
    """
    plan = _plan(r, asked)
    units = _units(plan, queries.unit_tree(r), asked)
    left_out = _left_out(r, plan)
    repeats = {line["row"] for line in left_out}
    wanted = [row for row in plan.rows if row.row not in repeats]
    if not wanted:
        raise InputError("import.nothing", "Tệp không có ai mới để nhập.")
    rows = [ImportRow(_unit_of(row, units), _values(row)) for row in wanted]
    try:
        batch = commands.import_members(r, rows, reason=f"Nhập từ tệp {plan.file}")
    except InputError as error:
        number = None if error.row is None else wanted[error.row - 1].row
        raise InputError(error.code, error.text, field=error.field, row=number) from error
    return dry_run_document(plan) | {"batch": batch, "imported": len(rows), "left_out": left_out, "units": units}


def _plan(r: Registry, asked: Request) -> ImportPlan:
    return plan_import(asked.file, codes=code_lists.codes(r), today=r.clock.now().date(), sheet=asked.sheet)


def _values(row: PlannedRow) -> dict[str, Value]:
    """Return what is stored of a row; text that no field takes goes to the note."""
    values: dict[str, Value] = {name: value for name, value in row.values.items() if isinstance(value, str | int)}
    parts = [str(values.get("note") or ""), *(f"{header}: {text}" for header, text in row.other.items())]
    note = "; ".join(part for part in parts if part)
    return {"source": _SOURCE, "status": _STATUS, **values} | ({"note": note} if note else {})


# ---- units


def _units(plan: ImportPlan, tree: Sequence[UnitRow], asked: Request) -> dict[str, UUID | None]:
    """Return the unit of each name in the file."""
    own = [unit for unit in tree if not unit.readable_only]
    top = None if asked.unit is None else find_unit(own, asked.unit)
    inside = own if top is None else _subtree(own, top)
    said: dict[str, UUID] = {}
    for pair in asked.same:
        name, _, unit = pair.rpartition("=")
        said[fold(name)] = find_unit(own, unit).unit_id
    names = list(dict.fromkeys(row.chi_doan or UNNAMED for row in plan.rows))
    return {name: said.get(fold(name)) or (_match(name, inside) if name else _default(inside)) for name in names}


def _subtree(units: Sequence[UnitRow], top: UnitRow) -> list[UnitRow]:
    """Return a unit and all below it; the tree lists parents before their children."""
    inside = {top.unit_id}
    for unit in units:
        if unit.parent_id in inside:
            inside.add(unit.unit_id)
    return [unit for unit in units if unit.unit_id in inside]


def _match(name: str, units: Sequence[UnitRow]) -> UUID | None:
    wanted = _bare(name)
    found = [unit.unit_id for unit in units if wanted in {_bare(unit.name), _bare(unit.short_name)}]
    return found[0] if len(found) == 1 else None


def _bare(name: str) -> str:
    """Return a name without marks, signs, spaces and the words for the kind of unit: lớp 12 A3 is 12A3."""
    return _KINDS.sub("", " ".join(re.findall(r"\w+", fold(name)))).replace(" ", "")


def _default(units: Sequence[UnitRow]) -> UUID | None:
    """Return where rows without a unit go: to the only unit that has none below it, if there is just one."""
    parents = {unit.parent_id for unit in units}
    leaves = [unit for unit in units if unit.unit_id not in parents]
    return leaves[0].unit_id if len(leaves) == 1 else None


def _unit_of(row: PlannedRow, units: Mapping[str, UUID | None]) -> UUID:
    unit_id = units[row.chi_doan or UNNAMED]
    if unit_id is None:
        unknown = ", ".join(f"“{name}”" if name else "dòng không ghi chi đoàn" for name, at in units.items() if not at)
        hint = "Chỉ rõ bằng --unit hoặc --same “tên trong tệp=đơn vị”."
        raise InputError("import.unit_unknown", f"Chưa rõ đơn vị: {unknown}. {hint}", field="unit", row=row.row)
    return unit_id


# ---- who is there already


def _left_out(r: Registry, plan: ImportPlan) -> list[Json]:
    """Return the rows that repeat somebody: a row before them, or a member of the store."""
    people = queries.member_rows(r, None)
    numbers = {person.id_number: person for person in people if person.id_number}
    names: dict[tuple[str, str], list[MemberRow]] = {}
    for person in people:
        if person.born_on:
            names.setdefault((fold(person.full_name), person.born_on), []).append(person)
    seconds = {pair.second: pair for pair in plan.duplicates}
    left_out: list[Json] = []
    for row in plan.rows:
        there = _there(row, numbers, names)
        if there is not None:
            left_out.append({"row": row.row, "why": "in_store", "id": there.member_id})
        elif row.row in seconds:
            pair = seconds[row.row]
            left_out.append({"row": row.row, "why": pair.reason, "same_as_row": pair.first})
    return left_out


def _there(
    row: PlannedRow, numbers: Mapping[str, MemberRow], names: Mapping[tuple[str, str], Sequence[MemberRow]]
) -> MemberRow | None:
    """Return the member that a row would repeat; two different identity numbers are two people."""
    number, born_on = row.values.get("id_number"), row.values.get("born_on")
    if isinstance(number, str) and number in numbers:
        return numbers[number]
    named = names.get((fold(str(row.values["full_name"])), str(born_on)), ()) if born_on else ()
    return next((person for person in named if not (number and person.id_number)), None)
