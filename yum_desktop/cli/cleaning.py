"""`yumctl cleaning`: the saved lists of records that somebody has to look at again."""

import argparse
from dataclasses import asdict
from typing import Final
from uuid import UUID

from sync.protocol.kinds import Value
from yum_desktop.cli.adding import Add, Answer
from yum_desktop.cli.importing import find_unit
from yum_desktop.domain.check import parse_value
from yum_desktop.domain.cleaning import GAP_HINTS, GAP_LABELS, Gap
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.masking import masked_number
from yum_desktop.domain.member import BY_NAME, Shape
from yum_desktop.registry import bulk, cleaning, code_lists, queries
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.views import MemberRow

DONE: Final = 0
_NAMES: Final = ", ".join(f"{gap}: {label}" for gap, label in GAP_LABELS.items())


def add(add_command: Add) -> None:
    """Add the commands."""
    counting = add_command("counts", _counts)
    counting.add_argument("--unit", help="chỉ đơn vị này và các đơn vị bên dưới")
    listing = add_command("list", _list)
    listing.add_argument("list", choices=[gap.value for gap in Gap], metavar="DANH_SÁCH", help=_NAMES)
    listing.add_argument("--unit")
    listing.add_argument("--limit", type=int, default=None)
    filling = add_command("fill", _fill)
    filling.add_argument(
        "list", choices=[gap.value for gap in Gap if gap is not Gap.SMALL_CHAPTER], metavar="DANH_SÁCH"
    )
    filling.add_argument("values", nargs="+", metavar="trường=giá_trị", help="một mục; xã thì kèm tỉnh")
    filling.add_argument("--unit")
    filling.add_argument("--replace", action="store_true", help="cả những hồ sơ đã có giá trị khác")
    filling.add_argument("--dry-run", action="store_true", help="chỉ xem, không ghi")


def _counts(r: Registry, asked: argparse.Namespace) -> Answer:
    found = cleaning.overview(r)
    unit_id = _unit(r, asked.unit)
    units = [each for each in found.units if unit_id is None or _is_within(found, each, unit_id)]
    first = min((each.unit.depth for each in units), default=0)
    total = found.total if unit_id is None else units[0].counts
    document: dict[str, object] = {
        "complete": found.complete,
        "total": {gap.value: total[gap] for gap in Gap},
        "units": [
            {"id": each.unit.unit_id, "name": each.unit.name, "depth": each.unit.depth - first,
             "counts": {gap.value: each.counts[gap] for gap in Gap}}
            for each in units if not each.unit.readable_only
        ],
    }  # fmt: skip
    lines = [f"{total[gap]:>7}  {gap:<14} {GAP_LABELS[gap]}. {GAP_HINTS[gap]}" for gap in Gap]
    lines += ["", "  ".join(GAP_LABELS[gap] for gap in Gap)]
    lines += [
        "  " * (each.unit.depth - first) + each.unit.name + ":  " + "  ".join(str(each.counts[gap]) for gap in Gap)
        for each in units
        if not each.unit.readable_only
    ]
    if not found.complete:
        lines.append("Máy này chưa nhận đủ hồ sơ: các số trên có thể còn đổi. Chạy yumctl sync.")
    return document, lines, DONE


def _is_within(found: cleaning.Overview, each: cleaning.UnitCounts, root: UUID) -> bool:
    parents = {one.unit.unit_id: one.unit.parent_id for one in found.units}
    now: UUID | None = each.unit.unit_id
    while now is not None and now != root:
        now = parents.get(now)
    return now is not None


def _list(r: Registry, asked: argparse.Namespace) -> Answer:
    gap, unit_id = Gap(asked.list), _unit(r, asked.unit)
    if gap is Gap.SMALL_CHAPTER:
        small = cleaning.small_units(r, unit_id)[: asked.limit]
        said = [f"{each.unit_id}  {each.name}  {each.members}/{each.members_min} đoàn viên" for each in small]
        return [asdict(each) for each in small], said or [_nobody(gap)], DONE
    rows = cleaning.rows(r, gap, unit_id, limit=asked.limit)
    return [_document(row) for row in rows], [_line(row) for row in rows] or [_nobody(gap)], DONE


def _fill(r: Registry, asked: argparse.Namespace) -> Answer:
    rows = cleaning.rows(r, Gap(asked.list), _unit(r, asked.unit))
    values = dict(_value(r, text) for text in asked.values)
    seen = bulk.plan(r, [row.member_id for row in rows], values, only_empty=not asked.replace)
    kept = [{"id": row.member_id, "full_name": row.full_name, "code": row.code, "text": row.text}
            for row in seen.rows if row.code]  # fmt: skip
    said = [f"{row.member_id}  {row.full_name}  {row.unit_name}  {row.text or 'sẽ sửa'}" for row in seen.rows]
    document: dict[str, object] = {"changing": [row.member_id for row in seen.changing], "kept": kept}
    if asked.dry_run:
        return document, [*said, f"Sẽ sửa {len(seen.changing)} trong {len(seen.rows)} hồ sơ."], DONE
    done = bulk.write(r, seen)
    document |= {"changed": done.changed, "group": done.group}
    return document, [*said, f"Đã sửa {done.changed} hồ sơ. Hoàn tác: yumctl undo {done.group}"], DONE


def _value(r: Registry, text: str) -> tuple[str, Value]:
    name, equals, raw = text.partition("=")
    field = BY_NAME.get(name)
    if not equals or field is None or field.shape is Shape.UNIT:
        raise InputError("bulk.field", f"“{text}”: viết tên_trường=giá_trị của một mục.", field=name)
    return name, parse_value(field, raw, code_lists.codes(r), r.clock.now().date())


def _nobody(gap: Gap) -> str:
    return f"{GAP_LABELS[gap]}: không có."


def _document(row: MemberRow) -> dict[str, object]:
    return {
        "id": row.member_id, "unit": row.unit_name, "full_name": row.full_name, "born_on": row.born_on,
        "id_number": masked_number(row.id_number or "") or None, "phone": masked_number(row.phone or "") or None,
        "state": row.state, "missing": list(row.missing),
    }  # fmt: skip


def _line(row: MemberRow) -> str:
    missing = ", ".join(BY_NAME[name].label for name in row.missing)
    return f"{row.member_id}  {row.full_name}  {row.born_on or '–'}  {row.unit_name}  {missing}".rstrip()


def _unit(r: Registry, named: str | None) -> UUID | None:
    return None if named is None else find_unit(queries.unit_tree(r), named).unit_id
