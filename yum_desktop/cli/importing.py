"""`yumctl import`: a spreadsheet into the store, as far as it can be done without asking anybody.

Nothing is guessed: what a file only offers is not taken, who is there already is left out and named, and a unit that is
not surely known stops the whole import before anything is stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from yum_desktop.domain.errors import InputError
from yum_desktop.domain.text import fold
from yum_desktop.exchange.excel.leftovers import write_leftovers
from yum_desktop.exchange.excel.matching import Known, match_units, only_leaf, stored_values
from yum_desktop.exchange.excel.model import ImportPlan, PlannedRow
from yum_desktop.exchange.excel.opening import open_list
from yum_desktop.exchange.excel.plan import plan_import, plan_list
from yum_desktop.exchange.excel.read import Book
from yum_desktop.exchange.excel.report import dry_run_document
from yum_desktop.registry import code_lists, commands, queries
from yum_desktop.registry.clock import Clock
from yum_desktop.registry.commands import ImportRow
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.rules import rules_in
from yum_desktop.registry.views import UnitRow

UNNAMED: Final = ""
"""The name under which the unit of rows without one is kept."""


_REFUSED: Final = {"name.missing": "Không có họ tên", "name.not_a_name": "Không phải họ tên"}
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    Attributes:
        file: The spreadsheet.
        sheet: The sheet; the fullest one when none is named.
        unit: The unit that the file is of, by name, short name or id.
        same: ``name in the file=unit`` for names that differ from the tree's; no name for rows without one.
        left: Where the rows that are not imported are written, with the reasons, for somebody to correct.
    """

    file: Path
    sheet: str | None = None
    unit: str | None = None
    same: Sequence[str] = ()
    left: Path | None = None


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
        UnavailableError: `file.unwritable`: the import is done, the rows that were left are not written.
    """
    book = open_list(asked.file, asked.sheet)
    plan = _planned(r, book, asked)
    units = _units(plan, queries.unit_tree(r), asked)
    left_out = _left_out(r, plan)
    repeats = {line["row"] for line in left_out}
    wanted = [row for row in plan.rows if row.row not in repeats]
    if not wanted:
        raise InputError("import.nothing", "Tệp không có ai mới để nhập.")
    rows = [ImportRow(_unit_of(row, units), stored_values(row)) for row in wanted]
    try:
        batch = commands.import_members(r, rows, reason=f"Nhập từ tệp {plan.file}")
    except InputError as error:
        number = None if error.row is None else wanted[error.row - 1].row
        raise InputError(error.code, error.text, field=error.field, row=number) from error
    if asked.left is not None:
        write_leftovers(asked.left, book.rows, plan, _reasons(plan, left_out))
    return dry_run_document(plan) | {"batch": batch, "imported": len(rows), "left_out": left_out, "units": units}


def _plan(r: Registry, asked: Request) -> ImportPlan:
    return _planned(r, open_list(asked.file, asked.sheet), asked)


def _planned(r: Registry, book: Book, asked: Request) -> ImportPlan:
    with r.read() as conn:
        rules = rules_in(conn)
    return plan_list(book, asked.file.name, codes=code_lists.codes(r), today=r.clock.now().date(), rules=rules)


def _reasons(plan: ImportPlan, left_out: Sequence[Json]) -> list[tuple[int, str]]:
    """Return the rows that are not imported, and why, as a person reads it."""
    found = {row.row: _REFUSED.get(row.why, row.why) for row in plan.rejected}
    for line in left_out:
        other = line.get("same_as_row")
        found[int(str(line["row"]))] = "Đã có trên máy" if other is None else f"Trùng với dòng {other}"
    return sorted(found.items())


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
    title_only = (
        plan.chi_doan_from in {"title", "sheet"} and top is None
    )  # what a title says is offered, a person picks
    found = {} if title_only else match_units((name for name in names if name), inside, alike=False)
    return {name: said.get(fold(name)) or (found.get(name) if name else only_leaf(inside)) for name in names}


def _subtree(units: Sequence[UnitRow], top: UnitRow) -> list[UnitRow]:
    """Return a unit and all below it; the tree lists parents before their children."""
    inside = {top.unit_id}
    for unit in units:
        if unit.parent_id in inside:
            inside.add(unit.unit_id)
    return [unit for unit in units if unit.unit_id in inside]


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
    there = Known(queries.member_rows(r, None))
    seconds = {pair.second: pair for pair in plan.duplicates}
    left_out: list[Json] = []
    for row in plan.rows:
        known = there.of_record(row.record) or there.find(row.values)
        if known is not None:
            left_out.append({"row": row.row, "why": "in_store", "id": known.member_id})
        elif row.row in seconds:
            pair = seconds[row.row]
            left_out.append({"row": row.row, "why": pair.reason, "same_as_row": pair.first})
    return left_out
