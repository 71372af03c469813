"""What the fields of a member may hold, how it reads, and how it is typed."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from sync.protocol.kinds import Value
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME, MemberField, Shape
from yum_desktop.registry.views import UnitRow
from yum_desktop.ui.formats import NONE, day_text, masked_text, phone_text
from yum_desktop.ui.widgets.options import Option

Values = Mapping[str, Value]
FLAGS: Final = (Option("1", "Có"), Option("0", "Không"))
WARD_OF: Final = {"hometown_ward": "hometown_province", "residence_ward": "residence_province"}
"""The field that narrows the list of a field."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What is said beside a field: ``bad`` stops sending, ``wait`` asks to look again."""

    field: str
    role: str
    text: str


@dataclass(frozen=True, slots=True)
class PlaceOffer:
    """A place of today for an address that is only words.

    Attributes:
        field: The field of the ward, or of the province where only that is known.
        text: Why it is offered.
        values: What would be set; the words stay as they are.
        choose: What to look for in the list of wards, where a person must say which.
    """

    field: str
    text: str
    values: Values
    choose: str = ""


class Places(Protocol):
    """The provinces and wards of today."""

    def provinces(self) -> Sequence[Option]:
        """Return all provinces."""

    def wards(self, province_code: str) -> Sequence[Option]:
        """Return the wards of a province."""

    def name(self, code: str) -> str:
        """Return how a place is called, the code itself when it is not known."""


class Vocabulary:
    """Answers for all fields. Plain values: made on the database lane, used on the screen."""

    def __init__(
        self,
        *,
        lists: Mapping[str, Sequence[Option]],
        places: Places,
        units: Sequence[UnitRow],
        read: Callable[[MemberField, str], Value],
        check: Callable[[Values], Sequence[Remark]],
        missing: Callable[[Values], tuple[str, ...]],
        offers: Callable[[Values], Sequence[PlaceOffer]] = lambda _values: (),
    ) -> None:
        self._lists = {name: tuple(options) for name, options in lists.items()}
        self._places = places
        self._units = tuple(Option(unit.unit_id.hex, unit.name) for unit in units if not unit.readable_only)
        self._read = read
        self._check = check
        self.missing: Final = missing
        self.offers: Final = offers

    def options(self, name: str, values: Values) -> tuple[Option, ...]:
        """Return the values a field is chosen from; none for a field that is typed."""
        field = BY_NAME[name]
        if field.shape is Shape.FLAG:
            return FLAGS
        if field.shape is Shape.UNIT:
            return self._units
        if field.shape is Shape.PLACE:
            if name not in WARD_OF:
                return tuple(self._places.provinces())
            province = values.get(WARD_OF[name])
            return tuple(self._places.wards(str(province))) if province else ()
        return self._lists.get(field.codes or "", ())

    def text(self, name: str, value: Value) -> str:
        """Return how a value reads; empty for no value."""
        field = BY_NAME[name]
        if value is None or value == "":
            return ""
        match field.shape:
            case Shape.DAY:
                text = day_text(str(value))
            case Shape.FLAG:
                text = FLAGS[0 if value else 1].label
            case Shape.CODE:
                text = self._label(field, str(value))
            case Shape.CODES:
                text = ", ".join(self._label(field, code) for code in codes_of(value))
            case Shape.PLACE:
                text = self._places.name(str(value))
            case Shape.UNIT:
                text = self._unit(value)
            case _:
                text = str(value)
        return text

    def shown(self, name: str, value: Value, *, open_numbers: bool = False) -> str:
        """Return how a value reads to somebody who looks: numbers grouped, identity numbers masked unless asked."""
        text = self.text(name, value)
        shape = BY_NAME[name].shape
        if not text:
            return NONE
        if shape is Shape.PHONE:
            return phone_text(text)
        if shape is Shape.IDENTITY and not open_numbers:
            return masked_text(text)
        return text

    def parse(self, name: str, raw: str, values: Values) -> Value:
        """Return the value that was typed or chosen.

        Raises:
            InputError: It cannot be one; the field is `name`.
        """
        field, text = BY_NAME[name], raw.strip()
        if not text:
            return None
        if field.shape in (Shape.FLAG, Shape.CODE, Shape.PLACE, Shape.UNIT):
            return self._chosen(field, text, values)
        if field.shape is Shape.CODES:
            return text
        return self._read(field, text)

    def check(self, values: Values) -> Sequence[Remark]:
        """Return what is to be said about a record."""
        return self._check(values)

    def _chosen(self, field: MemberField, text: str, values: Values) -> Value:
        if all(option.code != text for option in self.options(field.name, values)):
            words = QCoreApplication.translate("members", "Không có “{0}” trong danh sách. Gõ vài chữ rồi chọn")
            raise InputError("input.not_in_list", words.format(text), field=field.name)
        if field.shape is Shape.FLAG:
            return int(text)
        return UUID(text).bytes if field.shape is Shape.UNIT else text

    def _label(self, field: MemberField, code: str) -> str:
        options = self._lists.get(field.codes or "", ())
        return next((option.label for option in options if option.code == code), code)

    def _unit(self, value: Value) -> str:
        code = UUID(bytes=value).hex if isinstance(value, bytes) else str(value)
        return next((option.label for option in self._units if option.code == code), "")


def raw_code(value: Value) -> str:
    """Return a value as the form holds it: the code for a field that is chosen from a list."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return UUID(bytes=value).hex
    return str(value)


def codes_of(value: Value) -> tuple[str, ...]:
    """Return the codes of a set."""
    return tuple(str(code) for code in json.loads(str(value))) if value else ()
