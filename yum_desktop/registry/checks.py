"""What a member's record takes: each value in its stored form, or a problem that names the field."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from sync.protocol.kinds import Value, Values, is_storable
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME, MemberField, Shape
from yum_desktop.domain.phone import normalise
from yum_desktop.domain.text import nfc

TEXT_LENGTH_MAX: Final = 4_000
_ID_SIZE_BYTES: Final = 16
_DAY: Final = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)
_ODD: Final = ("text.odd", "có ký tự hỏng, không lưu được. Hãy gõ lại.")
_GROUPED: Final = re.compile(r"\+?[\d .()-]+", re.ASCII)
_IDENTITY: Final = re.compile(r"\d{9}|\d{12}", re.ASCII)


def clean(values: Mapping[str, Value], *, row: int | None = None) -> Values:
    """Return `values` as they are stored: composed text, numbers without what groups their digits, nothing for empty.

    Whether codes and places exist is not asked: their lists change, and a record keeps what it has.

    Raises:
        InputError: `member.field_unknown`, `member.not_a_day`, `member.not_a_flag`, `member.not_an_identity`,
            `member.not_a_set`, `member.not_a_unit`, `member.not_text`, `member.too_long` or `text.odd`, with `field`
            and `row`.
    """
    result: Values = {}
    for name, value in values.items():
        field = BY_NAME.get(name)
        if field is None:
            raise InputError("member.field_unknown", f"Không có trường {name}.", field=name, row=row)
        kept = value
        if isinstance(value, str):
            kept = value.strip() if field.shape is Shape.TEXT and "\n" in value else _written(field, nfc(value))
        kept = None if kept == "" else kept
        if kept is not None:
            problem = _problem(field, kept)
            if problem is not None:
                raise InputError(problem[0], f"{field.label}: {problem[1]}", field=name, row=row)
        result[name] = kept
    return result


def _written(field: MemberField, text: str) -> str:
    """Return a number in the one form in which it is stored: how people group its digits is no difference."""
    if field.name == "phone" and _GROUPED.fullmatch(text):
        phone = normalise(text)
        if phone.number is not None and set(phone.done) <= {"format", "country_code"}:
            return phone.number
    if field.shape is Shape.IDENTITY and _GROUPED.fullmatch(text):
        return "".join(letter for letter in text if letter.isdigit())
    return text


def check_text(text: object, *, field: str | None = None) -> None:
    """Refuse text with characters that are none, such as a broken file has: no server would take it.

    Raises:
        InputError: `text.odd`.
    """
    if isinstance(text, str) and not is_storable(text):
        raise InputError(_ODD[0], f"Nội dung {_ODD[1]}", field=field)


def _problem(field: MemberField, value: str | int | bytes) -> tuple[str, str] | None:
    """Return code and text of what is wrong with a value; nothing if it is as it should be."""
    if field.shape is Shape.UNIT:
        right = isinstance(value, bytes) and len(value) == _ID_SIZE_BYTES
        return None if right else ("member.not_a_unit", "chưa chọn đơn vị.")
    if field.shape is Shape.FLAG:
        return None if value in {0, 1} and isinstance(value, int) else ("member.not_a_flag", "chọn có hoặc không.")
    if not isinstance(value, str):
        return "member.not_text", "phải là chữ."
    if not is_storable(value):
        return _ODD
    if len(value) > TEXT_LENGTH_MAX:
        return "member.too_long", f"dài quá {TEXT_LENGTH_MAX} ký tự."
    check = _TEXT_CHECKS.get(field.shape)
    return None if check is None or check[0](value) else check[1:]


def _is_day(text: str) -> bool:
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(f"{text}-01-01"[:10])
    except ValueError:
        return False
    return True


def _is_set(text: str) -> bool:
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(items, list) and all(isinstance(item, str) for item in items)


_TEXT_CHECKS: Final[dict[Shape, tuple[Callable[[str], object], str, str]]] = {
    Shape.DAY: (_is_day, "member.not_a_day", "không phải ngày, tháng hoặc năm có thật."),
    Shape.IDENTITY: (_IDENTITY.fullmatch, "member.not_an_identity", "phải có 9 hoặc 12 chữ số."),
    Shape.CODES: (_is_set, "member.not_a_set", "không đọc được danh sách."),
}
