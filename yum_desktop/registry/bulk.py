"""One value for many records: seen before, written in one transaction, taken back as a whole."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, select

from sync.protocol.kinds import UNIT, Value, Values
from yum_desktop.domain.bulk import BULK_FIELDS, PROVINCE_OF
from yum_desktop.domain.check import check_member
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME
from yum_desktop.registry import unit_tree
from yum_desktop.registry.changing import change, group_of
from yum_desktop.registry.checks import clean
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.kinds import MEMBER_KIND
from yum_desktop.registry.rules import rules_in
from yum_desktop.registry.tables import ConflictRecord

ROWS_MAX: Final = 5_000
"""So many are written in a second or two, so that nobody needs to stop it."""
_CHANNEL: Final = "desktop"
_ALLOWED: Final = frozenset(field.name for field in BULK_FIELDS)


@dataclass(frozen=True, slots=True)
class BulkRow:
    """What would become of one record.

    Attributes:
        old: What it holds of the fields that are set.
        code: Empty if it changes; ``bulk.same``, ``bulk.filled``, ``bulk.conflict``, ``bulk.ward``, ``bulk.gone``,
            ``bulk.changed``, or what `domain.check` says against the new record.
        text: The reason as people read it.
    """

    member_id: UUID
    full_name: str
    unit_name: str
    old: Mapping[str, Value]
    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """What is set, and what would become of each record, in the order asked."""

    values: Mapping[str, Value]
    rows: tuple[BulkRow, ...]
    only_empty: bool

    @property
    def changing(self) -> tuple[BulkRow, ...]:
        """The records that change."""
        return tuple(row for row in self.rows if not row.code)


@dataclass(frozen=True, slots=True)
class BulkDone:
    """What was written.

    Attributes:
        group: Takes it back as a whole.
        changed: How many records.
        left: Those that were seen to change and did not: somebody was faster.
    """

    group: str
    changed: int
    left: tuple[BulkRow, ...]


def plan(r: Registry, ids: Sequence[UUID], values: Mapping[str, Value], *, only_empty: bool = True) -> BulkPlan:
    """Return what would become of records if all of them got the same values. Nothing is written.

    Args:
        r: The records.
        ids: Whose.
        values: One of `BULK_FIELDS`; a ward with its province.
        only_empty: What a record already says stays.

    Raises:
        InputError: `bulk.field`, `bulk.nothing`, `bulk.too_many`, or a problem of `checks.clean`.
    """
    known = _known(values)
    if not ids:
        raise InputError("bulk.nothing", "Chưa chọn hồ sơ nào.")
    if len(ids) > ROWS_MAX:
        raise InputError("bulk.too_many", f"Mỗi lần sửa tối đa {ROWS_MAX} hồ sơ. Chọn đơn vị nhỏ hơn.")
    with r.read() as conn:
        return BulkPlan(known, tuple(_rows(r, conn, ids, known, only_empty=only_empty)), only_empty)


def write(r: Registry, seen: BulkPlan) -> BulkDone:
    """Write a plan as it was seen: a record that has changed since is left as it is.

    Raises:
        InputError: `bulk.nothing`: no record changes; `scope.read_only`.
    """
    ids = [row.member_id for row in seen.changing]
    if not ids:
        raise InputError("bulk.nothing", "Không có hồ sơ nào thay đổi.")
    labels = ", ".join(BY_NAME[name].label for name in seen.values)
    author = r.author(channel=_CHANNEL, reason=f"Sửa hàng loạt: {labels}", group=group_of(r))
    assert author.group is not None, "it was given one"
    before = {row.member_id: row.old for row in seen.changing}
    left: list[BulkRow] = []
    changed = 0
    with change(r) as conn:
        for row in _rows(r, conn, ids, seen.values, only_empty=seen.only_empty):
            if row.code:
                left.append(row)
            elif row.old != before[row.member_id]:
                left.append(_refused(row, "bulk.changed", "Vừa có người sửa mục này"))
            else:
                r.replica.edit(conn, MEMBER_KIND, row.member_id.bytes, dict(seen.values), author)
                changed += 1
    return BulkDone(author.group, changed, tuple(left))


def _known(values: Mapping[str, Value]) -> Values:
    known = clean(values)
    for name, value in known.items():
        if name not in _ALLOWED:
            raise InputError("bulk.field", f"{BY_NAME[name].label} không sửa hàng loạt được.", field=name)
        if value is None:
            raise InputError("bulk.nothing", "Chưa có giá trị để ghi.", field=name)
    whole = set(known)
    main = [name for name in known if not any(PROVINCE_OF.get(ward) == name for ward in known)]
    if len(main) != 1 or (main[0] in PROVINCE_OF and PROVINCE_OF[main[0]] not in whole):
        raise InputError("bulk.field", "Mỗi lần sửa một mục; xã thì chọn cùng tỉnh.")
    return known


def _rows(
    r: Registry, conn: Connection, ids: Sequence[UUID], values: Mapping[str, Value], *, only_empty: bool
) -> list[BulkRow]:
    units, book, today = unit_tree.names(conn), rules_in(conn), r.clock.now().date()
    disputed = _disputed(conn)
    names = list(BY_NAME)
    rows: list[BulkRow] = []
    for member_id in ids:
        found = r.replica.tables[MEMBER_KIND].get(conn, member_id.bytes)
        if found is None:
            rows.append(BulkRow(member_id, "", "", {}, "bulk.gone", "Không còn hồ sơ này trên máy"))
            continue
        now = {name: found[2][name] for name in names}
        unit = now[UNIT]
        name = str(now["full_name"] or "")
        old = {field: now[field] for field in values}
        row = BulkRow(member_id, name, units.get(unit, "") if isinstance(unit, bytes) else "", old)
        code, text = _against(now, values, disputed.get(member_id.bytes, frozenset()), only_empty=only_empty)
        if not code:
            said = {(each.field, each.code) for each in check_member(now, today, book)}
            new = [each for each in check_member({**now, **values}, today, book) if each.code != "missing"]
            worse = next((each for each in new if each.field in values or (each.field, each.code) not in said), None)
            code, text = (worse.code, worse.text) if worse is not None else ("", "")
        rows.append(_refused(row, code, text) if code else row)
    return rows


def _against(
    now: Mapping[str, Value], values: Mapping[str, Value], disputed: frozenset[str], *, only_empty: bool
) -> tuple[str, str]:
    """Return code and reason why a record does not take the values; nothing if it does."""
    if all(now[name] == value for name, value in values.items()):
        return "bulk.same", "Đã đúng như vậy"
    if disputed & values.keys():
        return "bulk.conflict", "Hai người ghi khác nhau: hãy chọn trước"
    other = next((name for name, value in values.items() if now[name] not in (None, "", value)), None)
    if only_empty and other is not None:
        return "bulk.filled", f"{BY_NAME[other].label} đã có giá trị khác"
    for ward, province in PROVINCE_OF.items():
        if province in values and ward not in values and now[ward] and now[province] != values[province]:
            return "bulk.ward", f"{BY_NAME[ward].label} đang thuộc tỉnh khác"
    return "", ""


def _disputed(conn: Connection) -> dict[bytes, frozenset[str]]:
    """Return the fields of which somebody must choose the value, by record."""
    query = select(ConflictRecord.target_id, ConflictRecord.fields).where(
        ConflictRecord.target_kind == MEMBER_KIND, ConflictRecord.status == "open"
    )
    found: dict[bytes, frozenset[str]] = {}
    for target, fields in conn.execute(query):
        if target is not None:
            names = frozenset(item["field"] for item in json.loads(fields or "[]"))
            found[target] = found.get(target, frozenset()) | names
    return found


def _refused(row: BulkRow, code: str, text: str) -> BulkRow:
    return BulkRow(row.member_id, row.full_name, row.unit_name, row.old, code, text)
