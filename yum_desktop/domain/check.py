"""What is said beside the fields of a member: what cannot be, and what should be looked at again."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from yum_desktop.domain import identity
from yum_desktop.domain.codes import Codes
from yum_desktop.domain.days import first_day, full_years, last_day, read_day
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME, MEMBER_FIELDS, MemberField, Shape
from yum_desktop.domain.phone import normalise
from yum_desktop.domain.rules import RuleBook, missing_needs
from yum_desktop.domain.text import nfc

Value = str | int | bytes | None
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_JOIN_AGE_MIN: Final = 15


@dataclass(frozen=True, slots=True)
class Finding:
    """Something said about a field.

    Attributes:
        field: Its name.
        code: Stable name of the finding.
        level: ``bad`` cannot be, ``wait`` should be looked at again.
        text: What a person reads.
        suggest: Values that may be meant, the best first.
    """

    field: str
    code: str
    level: str
    text: str
    suggest: tuple[str, ...] = ()


def parse_value(field: MemberField, text: str, codes: Codes, today: date) -> Value:
    """Return what was typed into a field in its stored form.

    Raises:
        InputError: `input.day`, `input.identity`, `input.phone`, `input.email`, `input.flag` or `input.not_in_list`.
    """
    text = nfc(text)
    if not text:
        return None
    if field.shape is Shape.DAY:
        return _or_raise(read_day(text, today=today), field, "input.day", "Ngày này không đọc được. Gõ như 120805")
    if field.shape is Shape.CODE:
        found = codes.find(field.codes or "", text)
        return _or_raise(found, field, "input.not_in_list", f"Không có “{text}” trong danh sách")
    reader = _READERS.get(field.shape)
    return text if reader is None else reader(field, text)


def _read_identity(field: MemberField, text: str) -> Value:
    digits = re.sub(r"[\s.\-']", "", text)
    right = digits.isdigit() and len(digits) in {identity.CMND_DIGITS, identity.CCCD_DIGITS}
    return _or_raise(digits if right else None, field, "input.identity", _length_text(digits))


def _read_phone(field: MemberField, text: str) -> Value:
    found = normalise(text)
    number = None if "lost_zero" in found.done else found.number
    return _or_raise(number, field, "input.phone", _phone_text(text, found.number))


def is_email(text: str) -> bool:
    """Return whether a text is written as addresses are."""
    return _EMAIL.fullmatch(text) is not None


def _read_email(field: MemberField, text: str) -> Value:
    return _or_raise(text if is_email(text) else None, field, "input.email", "Email phải như ten@vidu.vn")


def _read_flag(field: MemberField, text: str) -> Value:
    flag = {"1": 1, "0": 0, "có": 1, "không": 0}.get(text.lower())
    if flag is None:
        raise InputError("input.flag", "Gõ có hoặc không", field=field.name)
    return flag


_READERS: Final[dict[Shape, Callable[[MemberField, str], Value]]] = {
    Shape.IDENTITY: _read_identity,
    Shape.PHONE: _read_phone,
    Shape.EMAIL: _read_email,
    Shape.FLAG: _read_flag,
}


def _or_raise(value: str | None, field: MemberField, code: str, text: str) -> str:
    if value is None:
        raise InputError(code, text, field=field.name)
    return value


def _length_text(digits: str) -> str:
    if not digits.isdigit():
        return "Chỉ gồm chữ số: 12 số căn cước hoặc 9 số CMND"
    return f"Cần 12 số (căn cước) hoặc 9 số (CMND), đang có {len(digits)}"


def _phone_text(text: str, meant: str | None) -> str:
    if meant is not None:
        return f"Thiếu số 0 đầu? Có thể là {meant}"
    return f"Cần 10 số di động, đang có {sum(letter.isdigit() for letter in text)}"


def check_member(values: Mapping[str, Value], today: date, rules: RuleBook) -> list[Finding]:
    """Return what is to be said about a record, in form order; what is missing with what it is needed for."""
    found = [
        Finding(need.field, "missing", "wait", f"Chưa có. {need.why}" if need.why else "Chưa có")
        for need in missing_needs(values, rules, on=today)
    ]
    found += _about_identity(values)
    found += _about_days(values, today)
    order = {field.name: place for place, field in enumerate(MEMBER_FIELDS)}
    return sorted(found, key=lambda finding: order[finding.field])


def contradictions(values: Mapping[str, Value]) -> list[Finding]:
    """Return what the fields of a record say against each other: number, sex and birthday, and the age at joining."""
    about = [one for one in _about_identity(values) if one.code not in {"id.old_cmnd", "id.bad_length"}]
    return about + _about_age(values)


def _about_identity(values: Mapping[str, Value]) -> list[Finding]:
    number = values.get("id_number")
    if not isinstance(number, str) or not number.isdigit():
        return []
    if len(number) == identity.CMND_DIGITS:
        text = "CMND đã hết giá trị từ 01/01/2025, cần số căn cước"
        return [Finding("id_number", "id.old_cmnd", "wait", text)]
    if len(number) != identity.CCCD_DIGITS:
        return [Finding("id_number", "id.bad_length", "bad", _length_text(number))]
    found = []
    if not identity.has_known_province(number):
        text = f"Mã tỉnh {number[:3]} không có trong danh mục"
        found.append(Finding("id_number", "id.unknown_province", "wait", text))
    if values.get("sex") not in (None, identity.sex_of(number)):
        word = "nữ" if identity.sex_of(number) == "NU" else "nam"
        found.append(Finding("id_number", "id.sex_mismatch", "wait", f"Số này ghi giới tính {word}"))
    born = values.get("born_on")
    if isinstance(born, str) and born and int(born[:4]) != identity.year_of(number):
        text = f"Số này ghi năm sinh {identity.year_of(number)}"
        found.append(Finding("id_number", "id.year_mismatch", "wait", text))
    return found


def _about_days(values: Mapping[str, Value], today: date) -> list[Finding]:
    found = []
    for name in (field.name for field in MEMBER_FIELDS if field.shape is Shape.DAY):
        day = values.get(name)
        if isinstance(day, str) and day and first_day(day) > today:
            found.append(Finding(name, "date.future", "bad", f"{BY_NAME[name].label} ở tương lai"))
    return found + _about_age(values)


def _about_age(values: Mapping[str, Value]) -> list[Finding]:
    born, joined = values.get("born_on"), values.get("joined_on")
    both = isinstance(born, str) and isinstance(joined, str) and born and joined
    if both and int(str(joined)[:4]) - int(str(born)[:4]) > _JOIN_AGE_MIN:
        return []
    if both and full_years(str(born), last_day(str(joined))) < _JOIN_AGE_MIN:
        return [Finding("joined_on", "join.too_young", "wait", f"Vào Đoàn khi chưa đủ {_JOIN_AGE_MIN} tuổi")]
    return []
