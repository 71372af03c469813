"""What is said beside the fields of a member: what cannot be, and what should be looked at again."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from yum_desktop.domain import identity
from yum_desktop.domain.codes import Codes
from yum_desktop.domain.days import first_day, last_day, read_day
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME, MEMBER_FIELDS, MemberField, Shape
from yum_desktop.domain.phone import normalise
from yum_desktop.domain.rules import RuleBook, missing_needs
from yum_desktop.domain.text import nfc

Value = str | int | bytes | None
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_OLDEST: Final = 1900
_NAME_LENGTHS: Final = range(2, 101)
AFTER_BIRTH: Final = ("joined_on", "admission_on", "id_issued_on", "card_issued_on", "party_joined_on")
"""Days of a record that do not lie before the birth."""
_IN_ORDER: Final = (
    ("admission_on", "joined_on"), ("joined_on", "card_issued_on"), ("party_joined_on", "party_official_on"),
)  # fmt: skip
"""Pairs of days of which the first does not lie after the second, as a rule (domain §2.6, §3.1)."""
_KIND_DIGITS: Final = {
    "CMND": identity.CMND_DIGITS, "CCCD": identity.CCCD_DIGITS, "CAN_CUOC": identity.CCCD_DIGITS,
    "DINH_DANH": identity.CCCD_DIGITS,
}  # fmt: skip


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
    if len(digits) in {identity.CCCD_DIGITS - 1, identity.CMND_DIGITS - 1}:
        return f"Thiếu số 0 đầu? Có thể là 0{digits}. Cần 12 số (căn cước) hoặc 9 số (CMND)"
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
    found += _about_name(values)
    found += _about_identity(values)
    found += _about_papers(values)
    found += _about_contact(values)
    found += _about_days(values, today, rules)
    found += _about_card(values, today, rules)
    order = {field.name: place for place, field in enumerate(MEMBER_FIELDS)}
    return sorted(found, key=lambda finding: order[finding.field])


def contradictions(values: Mapping[str, Value], rules: RuleBook) -> list[Finding]:
    """Return what the fields of a record say against each other: number, sex and birthday, and the age at joining."""
    about = [one for one in _about_identity(values) if one.code not in {"id.old_cmnd", "id.bad_length"}]
    return about + _about_age(values, rules)


def impossible_day(name: str, value: str, today: date, rules: RuleBook) -> Finding | None:
    """Return why a day of a record cannot be, whatever else the record says: the central server refuses it too."""
    label = BY_NAME[name].label
    if int(value[:4]) < _OLDEST:
        return Finding(name, "date.too_early", "bad", f"{label}: năm {value[:4]} quá xa. Gõ lại năm")
    if value > today.isoformat()[: len(value)]:
        return Finding(name, "date.future", "bad", f"{label} ở tương lai. Gõ lại ngày")
    if name == "born_on" and today.year - int(value[:4]) < rules.record_age(today):
        return Finding(name, "date.too_young", "bad", f"Người sinh năm {value[:4]} chưa đến tuổi vào Đoàn. Gõ lại năm")
    return None


def before_birth(name: str, values: Mapping[str, Value]) -> Finding | None:
    """Return that a day lies before the birth: the central server refuses it too.

    Days of different precision are compared as far as both are known.
    """
    if not _is_after(values.get("born_on"), values.get(name)):
        return None
    return Finding(name, "date.before_birth", "bad", f"{BY_NAME[name].label} trước ngày sinh. Một trong hai ngày sai")


def _about_name(values: Mapping[str, Value]) -> list[Finding]:
    name = values.get("full_name")
    if not isinstance(name, str) or not name:
        return []
    if len(name) not in _NAME_LENGTHS:
        return [Finding("full_name", "name.length", "wait", "Tên có từ 2 đến 100 chữ cái. Gõ lại họ và tên")]
    if len(name.split()) == 1:
        return [Finding("full_name", "name.one_word", "wait", "Chỉ có một chữ. Nếu còn họ hoặc đệm, gõ đủ như giấy tờ")]
    return []


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
        text = f"Ba số đầu {number[:3]} không phải mã tỉnh. Đúng nếu sinh ở nước ngoài, còn không thì xem lại thẻ"
        found.append(Finding("id_number", "id.unknown_province", "wait", text))
    sex = identity.sex_of(number)
    if values.get("sex") not in (None, sex):
        word = "nữ" if sex == "NU" else "nam"
        text = f"Số này ghi giới tính {word} (số thứ tư là {number[3]}). Xem lại thẻ và ô giới tính"
        found.append(Finding("id_number", "id.sex_mismatch", "wait", text))
    born, year = values.get("born_on"), identity.year_of(number)
    if isinstance(born, str) and born and int(born[:4]) != year:
        text = f"Số này ghi năm sinh {year} (số thứ tư đến thứ sáu là {number[3:6]}). Xem lại thẻ và ngày sinh"
        found.append(Finding("id_number", "id.year_mismatch", "wait", text))
    return found


def _about_papers(values: Mapping[str, Value]) -> list[Finding]:
    """Return what the kind of paper, the old number and the reason for none say against the number."""
    number, old = values.get("id_number"), values.get("old_id_number")
    found = []
    digits = _KIND_DIGITS.get(str(values.get("id_kind")))
    if isinstance(number, str) and number and digits is not None and len(number) != digits:
        text = f"Loại giấy tờ này có {digits} số, số đang ghi có {len(number)}. Sửa loại hoặc sửa số"
        found.append(Finding("id_kind", "id.kind_mismatch", "wait", text))
    if number and values.get("id_missing_reason"):
        text = "Đã có số giấy tờ thì không cần lý do nữa. Xóa ô này, hoặc xóa số nếu số không đúng"
        found.append(Finding("id_missing_reason", "id.reason_beside_number", "wait", text))
    if isinstance(old, str) and old and len(old) != identity.CMND_DIGITS:
        text = f"CMND cũ có 9 số, đang có {len(old)}. Số 12 chữ số ghi ở ô Số CCCD/CMND"
        found.append(Finding("old_id_number", "id.old_length", "wait", text))
    elif old and old == number:
        text = "Trùng với ô Số CCCD/CMND. Ô này chỉ ghi CMND trước khi có căn cước"
        found.append(Finding("old_id_number", "id.old_same", "wait", text))
    return found


def _about_contact(values: Mapping[str, Value]) -> list[Finding]:
    """Return what is no mobile number or address: a file may have brought it as it stood."""
    found = []
    phone, email = values.get("phone"), values.get("email")
    if isinstance(phone, str) and phone:
        meant = normalise(phone).number
        if meant is None:
            found.append(Finding("phone", "phone.not_mobile", "wait", _phone_text(phone, None)))
        elif meant != phone:
            text = f"Nên ghi {meant} để khớp được với App"
            found.append(Finding("phone", "phone.not_normal", "wait", text, (meant,)))
    if isinstance(email, str) and email and not is_email(email):
        found.append(Finding("email", "email.odd", "wait", "Email phải như ten@vidu.vn"))
    return found


def _about_days(values: Mapping[str, Value], today: date, rules: RuleBook) -> list[Finding]:
    found = []
    days = {f.name: day for f in MEMBER_FIELDS if f.shape is Shape.DAY and isinstance(day := values.get(f.name), str)}
    for name, day in days.items():
        wrong = impossible_day(name, day, today, rules) if day else None
        wrong = wrong or (before_birth(name, values) if name in AFTER_BIRTH else None)
        if wrong is not None:
            found.append(wrong)
    wrong_names = {finding.field for finding in found}
    for first, second in _IN_ORDER:
        if _is_after(days.get(first), days.get(second)) and not {first, second} & wrong_names:
            text = f"{BY_NAME[second].label} trước {BY_NAME[first].label}. Xem lại hai ngày"
            found.append(Finding(second, "date.order", "wait", text))
    return found + [finding for finding in _about_age(values, rules) if finding.field not in wrong_names]


def _is_after(one: Value, other: Value) -> bool:
    """Return whether a day surely lies after another."""
    if not isinstance(one, str) or not isinstance(other, str) or not one or not other:
        return False
    shared = min(len(one), len(other))
    return one[:shared] > other[:shared]


def _about_age(values: Mapping[str, Value], rules: RuleBook) -> list[Finding]:
    """Return that somebody joined too young or too old by the rules of that time, where that is certain."""
    born, joined = values.get("born_on"), values.get("joined_on")
    if not isinstance(born, str) or not isinstance(joined, str) or not born or not joined:
        return []
    if int(joined[:4]) - int(born[:4]) in rules.plain_years():
        return []
    first, last = first_day(joined), last_day(joined)
    ages = [age for age in map(rules.admission_age, {first, last}) if age is not None]
    if ages and not any(age.has_come(born, last) for age in ages):
        earliest = min(age.first_day(born) for age in ages)
        text = f"Vào Đoàn quá sớm: theo ngày sinh thì từ {earliest:%d/%m/%Y} mới đủ tuổi. Xem lại hai ngày"
        return [Finding("joined_on", "join.too_young", "wait", text)]
    if ages and all(age.is_over(born, first) for age in ages):
        most = max(age.years_max or 0 for age in ages)
        text = f"Vào Đoàn khi đã quá {most} tuổi. Xem lại ngày sinh và ngày vào Đoàn"
        return [Finding("joined_on", "join.too_old", "wait", text)]
    return []


def _about_card(values: Mapping[str, Value], today: date, rules: RuleBook) -> list[Finding]:
    number, usual = values.get("card_no"), rules.card_digits(today)
    if not isinstance(number, str) or not number or usual is None:
        return []
    if number.isdigit() and len(number) in usual:
        return []
    text = f"Số thẻ in sẵn thường có {usual.start} đến {usual.stop - 1} chữ số. Xem lại thẻ"
    return [Finding("card_no", "card.unusual", "wait", text)]
