"""What a member's record must hold to be accepted centrally: a name, plausible days, papers of one person only.

A device checks more and warns; here stands only what would spoil the records of others. Fields that a change does not
touch are not looked at: an old mistake does not keep anybody from correcting another one.
"""

import json
from collections.abc import Mapping, Set
from datetime import date, timedelta
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

from sync.protocol.kinds import UNIT, Value, Values
from sync.server.database import run
from sync.server.records import Actor, Tx
from sync.server.rules import Refusal
from yum_desktop.central.pair_rules import are_merging
from yum_desktop.domain.check import AFTER_BIRTH, Finding, before_birth, impossible_day
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME, MemberField, Shape
from yum_desktop.domain.membership import DEPARTED
from yum_desktop.registry.checks import clean
from yum_desktop.registry.clock import from_ms
from yum_desktop.registry.kinds import KINDS, MEMBER_KIND, UNIT_KIND
from yum_desktop.registry.rules import rules_in

DUPLICATE: Final = "identity.duplicate"
_VIETNAM: Final = timedelta(hours=7)

Codes = Mapping[str, Set[str]]
"""Code list to its codes."""


class MemberRules:
    """Checks of member records. Code lists are read once for each transaction."""

    def __init__(self) -> None:
        self._codes: WeakKeyDictionary[Connection, Codes] = WeakKeyDictionary()

    def check(self, tx: Tx, actor: Actor, member_id: bytes, before: Values | None, after: Values) -> Refusal | None:
        """Return why the record must not become `after`, or nothing."""
        old = before or {}
        changed = {name: value for name, value in after.items() if value != old.get(name) and name != UNIT}
        if before is None or "full_name" in changed:
            refusal = _check_name(after.get("full_name"))
            if refusal is not None:
                return refusal
        return (
            self._check_changed(tx, {name: value for name, value in changed.items() if value is not None})
            or _check_order(changed, after)
            or _check_duplicate(tx, actor, member_id, changed, after)
        )

    def _check_changed(self, tx: Tx, changed: Values) -> Refusal | None:
        try:
            kept = clean(changed)
        except InputError as error:
            return Refusal(error.code, error.field or "", error.text)
        today = today_of(tx)
        book = rules_in(tx.conn)
        for name, value in changed.items():
            field = BY_NAME[name]
            if kept[name] != value:
                return Refusal("member.not_clean", name, f"{field.label}: có khoảng trắng thừa, hoặc để trống.")
            refusal = None
            if field.shape is Shape.DAY:
                refusal = _refusal(impossible_day(name, str(value), today, book))
            elif field.codes is not None:
                refusal = self._check_codes(tx, field, field.codes, str(value))
            if refusal is not None:
                return refusal
        return None

    def _check_codes(self, tx: Tx, field: MemberField, list_code: str, value: str) -> Refusal | None:
        known = self._codes_of(tx).get(list_code)
        chosen: list[str] = [value] if field.shape is Shape.CODE else json.loads(value)
        wrong = [code for code in chosen if code not in known] if known is not None else []
        if not wrong:
            return None
        return Refusal("member.code_unknown", field.name, f"{field.label}: danh mục không có mã «{wrong[0]}».")

    def _codes_of(self, tx: Tx) -> Codes:
        found = self._codes.get(tx.conn)
        if found is None:
            lists: dict[str, set[str]] = {}
            for name, code in run(tx.conn, "SELECT list_code, code FROM code_item"):
                lists.setdefault(name, set()).add(code)
            found = self._codes[tx.conn] = lists
        return found


def identity_name(number: str) -> str:
    """Return the name under which a transaction holds an identity number."""
    return f"identity {number}"


def today_of(tx: Tx) -> date:
    """Return the day of the transaction in Viet Nam."""
    return (from_ms(tx.now_ms) + _VIETNAM).date()


def _refusal(finding: Finding | None) -> Refusal | None:
    return None if finding is None else Refusal(finding.code, finding.field, f"{finding.text}.")


def _check_name(value: Value) -> Refusal | None:
    if not isinstance(value, str) or not any(char.isalpha() for char in value):
        return Refusal("member.name_needed", "full_name", "Đoàn viên phải có họ và tên.")
    return None


def _check_order(changed: Values, after: Values) -> Refusal | None:
    """Return which day lies before the birth."""
    touched = [name for name in AFTER_BIRTH if {name, "born_on"} & changed.keys()]
    return next((_refusal(found) for name in touched if (found := before_birth(name, after)) is not None), None)


def _check_duplicate(tx: Tx, actor: Actor, member_id: bytes, changed: Values, after: Values) -> Refusal | None:
    """Return whose identity number it is already; who and where only to those who may see that record.

    The records of those who left stay behind and do not count: the person is registered again elsewhere.
    """
    number = after.get("id_number")
    if number is None or after.get("status") in DEPARTED or not {"id_number", "status"} & changed.keys():
        return None
    tx.hold([identity_name(str(number))])
    sql = f"SELECT id, unit_id, status, full_name FROM {KINDS[MEMBER_KIND].table} WHERE id_number = ? ORDER BY id"
    rows = run(tx.conn, sql, (number,)).all()
    others = [row for row in rows if row.id != member_id and row.status not in DEPARTED]
    others = [row for row in others if not are_merging(tx, row.id, member_id)]
    if not others:
        return None
    seen = next((row for row in others if tx.within(row.unit_id, actor.roots)), None)
    if seen is None:
        text = (
            "Số giấy tờ này đã có ở một đoàn viên của đơn vị khác. Hãy kiểm tra lại giấy tờ. Nếu người này chuyển đến,"
            " hãy đề nghị chuyển sinh hoạt; đơn vị cấp trên thấy cả hai hồ sơ."
        )
        return Refusal(DUPLICATE, "id_number", text)
    unit = tx.get(UNIT_KIND, seen.unit_id)
    place = f" ({unit.values['name']!s})" if unit is not None else ""
    text = f"Số giấy tờ này đã có ở đoàn viên {seen.full_name}{place}."
    return Refusal(DUPLICATE, "id_number", text, seen.id)
