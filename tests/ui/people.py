"""Invented members in memory, with the functions that the screens ask for."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from sync.protocol.kinds import Value
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME, MemberField, Shape
from yum_desktop.domain.rules import missing_fields
from yum_desktop.domain.text import fold, name_key
from yum_desktop.registry.rules import shipped_book
from yum_desktop.registry.views import FieldProblem, HistoryRow, MemberDetail, MemberList, MemberRow, UnitRow
from yum_desktop.ui.members.likeness import Hints
from yum_desktop.ui.members.presenter import MemberSources
from yum_desktop.ui.members.vocabulary import Remark, Vocabulary
from yum_desktop.ui.widgets.options import Option

NOW = datetime(2026, 11, 24, 1, 25, tzinfo=UTC)
XA, NA_LECH, CO_SAY = UUID(int=1), UUID(int=2), UUID(int=3)
UNITS = (
    UnitRow(XA, None, "XA", "Đoàn xã Mường Vạt", "", 3, 0),
    UnitRow(NA_LECH, XA, "CHIDOAN", "Chi đoàn bản Nà Lếch", "bản Nà Lếch", 2, 1),
    UnitRow(CO_SAY, XA, "CHIDOAN", "Chi đoàn bản Co Sậy", "bản Co Sậy", 1, 1),
)
LISTS = {
    "sex": (Option("NAM", "Nam"), Option("NU", "Nữ")),
    "ethnicity": (Option("01", "Kinh"), Option("04", "Thái"), Option("08", "Hmông", ("Mèo", "Mông"))),
    "religion": (Option("0", "Không"),),
    "association": (Option("HLH", "Hội Liên hiệp Thanh niên"), Option("HSV", "Hội Sinh viên")),
}


class StoppedClock:
    def now(self) -> datetime:
        return NOW


class SomePlaces:
    def provinces(self) -> Sequence[Option]:
        return (Option("14", "Tỉnh Sơn La"), Option("01", "Thành phố Hà Nội"))

    def wards(self, province_code: str) -> Sequence[Option]:
        found = {"14": (Option("03646", "Xã Mường Vạt"),), "01": (Option("00004", "Phường Ba Đình"),)}
        return found.get(province_code, ())

    def name(self, code: str) -> str:
        every = (*self.provinces(), *self.wards("14"), *self.wards("01"))
        return next((option.label for option in every if option.code == code), code)


def read(field: MemberField, text: str) -> Value:
    if field.shape is Shape.DAY:
        if len(text) == 6 and text.isdigit():
            return f"20{text[4:]}-{text[2:4]}-{text[:2]}"
        if len(text) == 4 and text.isdigit():
            return text
        if text.count("/") == 2:
            day, month, year = text.split("/")
            return f"{year}-{month}-{day}"
        raise InputError("input.day", "Ngày này không đọc được. Gõ như 120805", field=field.name)
    return text


def check(values: Mapping[str, Value]) -> Sequence[Remark]:
    phone = values.get("phone")
    if isinstance(phone, str) and len(phone) != 10:
        return [Remark("phone", "bad", f"Thiếu {10 - len(phone)} số: cần 10 số, đang có {len(phone)}")]
    return []


class People:
    """A store of members in memory. `groups` undoes, as the registry does."""

    def __init__(self) -> None:
        self.members: dict[UUID, dict[str, Value]] = {}
        self.refused: dict[UUID, dict[str, FieldProblem]] = {}
        self.waiting: dict[UUID, set[str]] = {}
        self.conflicts: dict[UUID, tuple[UUID, ...]] = {}
        self.log: list[tuple[str, Mapping[str, Value]]] = []
        self.fail_next: Exception | None = None
        self.like: Callable[[Mapping[str, Value], UUID | None], Hints] | None = None
        self._count = 100

    def have(self, name: str, unit_id: UUID = NA_LECH, **values: Value) -> UUID:
        self._count += 1
        member_id = UUID(int=self._count)
        self.members[member_id] = {"full_name": name, "unit_id": unit_id.bytes, **values}
        return member_id

    def rows(self, unit_id: UUID | None, text: str) -> MemberList:
        found = []
        for member_id, values in self.members.items():
            unit, name = UUID(bytes=bytes(values["unit_id"])), str(values["full_name"])  # type: ignore[arg-type]
            if unit_id not in (None, XA, unit) or any(word not in fold(name) for word in fold(text).split()):
                continue
            found.append(
                MemberRow(
                    member_id=member_id,
                    unit_id=unit,
                    unit_name=next(row.short_name for row in UNITS if row.unit_id == unit),
                    full_name=name,
                    born_on=_text(values.get("born_on")),
                    sex=None,
                    id_number=None,
                    phone=_text(values.get("phone")),
                    position=None,
                    status=None,
                    missing=missing_of(values),
                    sort_key=name_key(name),
                    state="wait" if self.waiting.get(member_id) else "ok",
                )
            )
        return MemberList(sorted(found, key=lambda row: row.sort_key))

    def member(self, member_id: UUID) -> MemberDetail:
        if member_id not in self.members:
            raise InputError("member.unknown", "Không còn đoàn viên này trên máy.")
        values = {**dict.fromkeys(BY_NAME), **self.members[member_id]}
        unit = UUID(bytes=bytes(values["unit_id"]))  # type: ignore[arg-type]  # always bytes here
        return MemberDetail(
            member_id=member_id,
            unit_id=unit,
            unit_name=next(row.name for row in UNITS if row.unit_id == unit),
            values=values,
            waiting=frozenset(self.waiting.get(member_id, set())),
            refused=dict(self.refused.get(member_id, {})),
            conflicts=self.conflicts.get(member_id, ()),
            missing=missing_of(values),
        )

    def add(self, unit_id: UUID, values: Mapping[str, Value]) -> tuple[UUID, str]:
        self._fail()
        name = str(values["full_name"])
        member_id = self.have(name, unit_id, **{k: v for k, v in values.items() if k != "full_name"})
        self.waiting[member_id] = set(values)
        self.log.append(("add", dict(values)))
        return member_id, f"group-{len(self.log)}"

    def put(self, member_id: UUID, values: Mapping[str, Value]) -> str:
        self._fail()
        self.members[member_id].update(values)
        self.waiting.setdefault(member_id, set()).update(values)
        for name in values:
            self.refused.get(member_id, {}).pop(name, None)
        self.log.append(("put", dict(values)))
        return f"group-{len(self.log)}"

    def delete(self, member_id: UUID) -> str:
        self._fail()
        del self.members[member_id]
        self.log.append(("delete", {}))
        return f"group-{len(self.log)}"

    def _fail(self) -> None:
        if self.fail_next is not None:
            error, self.fail_next = self.fail_next, None
            raise error

    def sources(self) -> MemberSources:
        return MemberSources(
            units=lambda: UNITS,
            rows=self.rows,
            member=self.member,
            history=lambda _id: (
                HistoryRow("phone", "Điện thoại", None, "0352118407", "Lò Thị Hạnh", "Máy 1", NOW, "desktop", "", None),
            ),
            vocabulary=vocabulary,
            add=self.add,
            put=self.put,
            delete=self.delete,
            like=self.like,
        )


def missing_of(values: Mapping[str, Value]) -> tuple[str, ...]:
    return missing_fields(values, shipped_book(), on=NOW.date())


def vocabulary() -> Vocabulary:
    return Vocabulary(lists=LISTS, places=SomePlaces(), units=UNITS, read=read, check=check, missing=missing_of)


def many(people: People, count: int) -> None:
    for number in range(count):
        people.have(f"Lò Văn {chr(65 + number % 20)}{number}")


def as_codes(*codes: str) -> str:
    return json.dumps(list(codes))


def _text(value: Value) -> str | None:
    return None if value is None else str(value)


__all__ = ["NOW", "UNITS", "People", "StoppedClock", "as_codes", "many", "vocabulary"]
