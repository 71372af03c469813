"""The administrative map of Viet Nam with its dates: the two tiers since 2025-07-01 and the three tiers before.

A code alone does not name a place: the reform gave many old codes to new places (ward 02266 was the town of
Lăng Can and is the commune of Lâm Bình). A code therefore means today's place unless a day is given, and a code
that only the former map knows means the former place. A former ward that was divided has several successors:
they are suggestions for a person, never a reason to change a record (domain §1.7).
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Final, NamedTuple

from yum_desktop.domain.errors import DefectError
from yum_desktop.domain.text import fold
from yum_desktop.registry.paths import resources_dir

KIND_LABELS: Final = {
    "TINH": "Tỉnh",
    "THANH_PHO": "Thành phố",
    "QUAN": "Quận",
    "HUYEN": "Huyện",
    "THI_XA": "Thị xã",
    "XA": "Xã",
    "PHUONG": "Phường",
    "THI_TRAN": "Thị trấn",
    "DAC_KHU": "Đặc khu",
}
"""What people read before the name, by the code of the kind."""


class Tier(StrEnum):
    """How high a place stands. There are no districts since 2025-07-01."""

    PROVINCE = "province"
    DISTRICT = "district"
    WARD = "ward"


class Place(NamedTuple):
    """A province, district or ward during one period. A named tuple: fourteen thousand are made at the start.

    Attributes:
        code: Code of the General Statistics Office: 2, 3 or 5 digits for a province, a district and a ward.
        kind: Key of `KIND_LABELS`.
        name: Without the kind: ``Tuyên Quang``.
        parent_code: Province of a district or of a present ward, district of a former ward.
        valid_from: First day, ``None`` when it lies before the recorded history.
        valid_to: Last day, ``None`` while the place exists.
        successors: Codes of the present places that took it over, the likely one first. Empty for a present place,
            and for a former district with wards (they have their own).
    """

    code: str
    tier: Tier
    kind: str
    name: str
    parent_code: str | None
    valid_from: date | None
    valid_to: date | None
    successors: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name with its kind: ``Xã Thượng Lâm``. A numbered place keeps its number: ``Quận 1``."""
        return f"{KIND_LABELS[self.kind]} {self.name}"

    @property
    def current(self) -> bool:
        """Whether the place exists today."""
        return self.valid_to is None


class Gazetteer:
    """Looks places up. The order of every answer is that of the codes, of `find` that of likeliness."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._current: dict[str, Place] = {}
        self._former: dict[str, Place] = {}
        self._children: dict[tuple[bool, str], list[Place]] = {}
        self._predecessors: dict[str, list[Place]] = {}
        for place in places:
            (self._current if place.current else self._former)[place.code] = place
            if place.parent_code is not None:
                self._children.setdefault((place.current, place.parent_code), []).append(place)
            for code in place.successors:
                self._predecessors.setdefault(code, []).append(place)

    def provinces(self) -> tuple[Place, ...]:
        """Return the 34 provinces and cities of today."""
        return tuple(place for place in self._current.values() if place.tier is Tier.PROVINCE)

    def former_provinces(self) -> tuple[Place, ...]:
        """Return the 63 provinces until 2025-06-30; identity numbers begin with ``0`` and one of their codes."""
        return tuple(place for place in self._former.values() if place.tier is Tier.PROVINCE)

    def wards(self, province_code: str) -> tuple[Place, ...]:
        """Return today's wards, communes and special zones of a present province; none for an unknown code."""
        return tuple(self._children.get((True, province_code), ()))

    def former_children(self, code: str) -> tuple[Place, ...]:
        """Return the districts of a former province, or the wards of a former district."""
        return tuple(self._children.get((False, code), ()))

    def place(self, code: str, *, on: date | None = None) -> Place | None:
        """Return the place that `code` names on a day; without a day today's place, else the former one."""
        current, former = self._current.get(code), self._former.get(code)
        if on is None:
            return current or former
        return next((place for place in (current, former) if place is not None and _exists(place, on)), None)

    def parent(self, place: Place) -> Place | None:
        """Return the place above, of the same period."""
        if place.parent_code is None:
            return None
        return (self._current if place.current else self._former).get(place.parent_code)

    def province_of(self, place: Place) -> Place:
        """Return the province of the same period, which is the place itself for a province."""
        above = self.parent(place)
        return place if above is None else self.province_of(above)

    def full_name(self, place: Place) -> str:
        """Return the address: ``Xã Thượng Lâm, Tỉnh Tuyên Quang``."""
        above = self.parent(place)
        return place.label if above is None else f"{place.label}, {self.full_name(above)}"

    def successors(self, place: Place) -> tuple[Place, ...]:
        """Return today's places that took a former one over, the likely one first."""
        return tuple(self._current[code] for code in place.successors)

    def predecessors(self, place: Place) -> tuple[Place, ...]:
        """Return the former places of the same tier (for islands: the district) that a present one was made of."""
        return tuple(self._predecessors.get(place.code, ())) if place.current else ()

    def find(self, text: str, *, limit: int = 20) -> tuple[Place, ...]:
        """Return the places that people may mean by `text`, likeliest first.

        Case, accents, kinds and punctuation may be missing: ``xa thuong lam``, ``TP.HCM``. What follows a comma
        narrows to places below: ``Thượng Lâm, Tuyên Quang``. Equal names come before longer ones, written accents
        before missing ones, today's places before former ones, provinces before wards.
        """
        first, *above = [_query(part) for part in text.split(",")]
        if not first:
            return ()
        ranked = [
            (rank, place.code, place)
            for place, names in self._folded
            if first in names[1]  # cheap, and true for every answer
            if (rank := _rank(place, names, first, text)) is not None and self._lies_in(place, above)
        ]
        ranked.sort(key=lambda item: item[:2])
        return tuple(place for _, _, place in ranked[:limit])

    def named(self, text: str) -> tuple[Place, ...]:
        """Return the places that are called so, with or without their kind and accents; today's first, then by code.

        A written kind counts: ``xã X`` is no ``thị trấn X``.
        """
        return tuple(self._by_name.get(_query(text), ()))

    def lies_in(self, place: Place, above: Iterable[str]) -> bool:
        """Return whether a place lies in all the places that are called so."""
        return self._lies_in(place, [_query(part) for part in above])

    @cached_property
    def _by_name(self) -> dict[str, list[Place]]:
        found: dict[str, list[Place]] = {}
        for place, names in self._folded:
            for name in dict.fromkeys(names):
                found.setdefault(name, []).append(place)
        return found

    @cached_property
    def _folded(self) -> list[tuple[Place, tuple[str, str]]]:
        kinds = {kind: _fold(label) for kind, label in KIND_LABELS.items()}
        folded: list[tuple[Place, tuple[str, str]]] = []
        for place in (*self._current.values(), *self._former.values()):
            name = _fold(place.name)
            folded.append((place, (name, f"{kinds[place.kind]} {name}")))
        return folded

    def _lies_in(self, place: Place, above: list[str]) -> bool:
        wanted = [part for part in above if part]
        if not wanted:
            return True
        names: set[str] = set()
        higher = self.parent(place)
        while higher is not None:
            names |= {_fold(higher.name), _fold(higher.label)}
            higher = self.parent(higher)
        return all(part in names for part in wanted)


@cache
def shipped_gazetteer() -> Gazetteer:
    """Return the map that ships with the program, read once.

    Raises:
        DefectError: The shipped file is missing or damaged.
    """
    return read_gazetteer(resources_dir() / "data" / "gazetteer.json")


def read_gazetteer(path: Path) -> Gazetteer:
    """Read a map that `resources/data/build_gazetteer.py` wrote.

    Raises:
        DefectError: The file is missing, damaged or of another format.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != 1:
            raise DefectError("gazetteer.format", "Danh mục địa giới không đúng định dạng.")
        return Gazetteer(_places(document))
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise DefectError("gazetteer.damaged", "Không đọc được danh mục địa giới đi kèm chương trình.") from error


_Row = list[str]
_Section = dict[str, list[_Row]]


def _places(document: dict[str, dict[str, object]]) -> Iterable[Place]:
    for section, tiers in (
        (document["current"], {"wards": Tier.WARD}),
        (document["former"], {"districts": Tier.DISTRICT, "wards": Tier.WARD}),
    ):
        period = _day(section.get("valid_from")), _day(section.get("valid_to"))
        provinces = section["provinces"]
        assert isinstance(provinces, list)
        for code, kind, name, *successors in provinces:
            yield Place(code, Tier.PROVINCE, kind, name, None, *period, tuple(successors))
        for key, tier in tiers.items():
            groups = section[key]
            assert isinstance(groups, dict)
            for parent_code, rows in groups.items():
                for code, kind, name, *successors in rows:
                    yield Place(code, tier, kind, name, parent_code, *period, tuple(successors))


def _day(text: object) -> date | None:
    return None if text is None else date.fromisoformat(str(text))


def _exists(place: Place, on: date) -> bool:
    return (place.valid_from is None or place.valid_from <= on) and (place.valid_to is None or on <= place.valid_to)


_ABBREVIATED: Final = (
    (re.compile(r"^(?:tp|t p)[ .]+"), "thanh pho "),
    (re.compile(r"^(?:tx|t x)[ .]+"), "thi xa "),
    (re.compile(r"^(?:tt|t t)[ .]+"), "thi tran "),
    (re.compile(r"^t[ .]+"), "tinh "),
    (re.compile(r"^q[ .]+"), "quan "),
    (re.compile(r"^h[ .]+"), "huyen "),
    (re.compile(r"^p[ .]+"), "phuong "),
    (re.compile(r"^x[ .]+"), "xa "),
)
_ALIASES: Final = {
    "hcm": "ho chi minh",
    "tphcm": "ho chi minh",
    "thanh pho hcm": "ho chi minh",
    "hn": "ha noi",
    "brvt": "ba ria vung tau",
    "br vt": "ba ria vung tau",
    "thua thien hue": "hue",
    "tinh thua thien hue": "hue",
}


_APOSTROPHES: Final = re.compile("['’`]")
_PUNCTUATION: Final = re.compile(r"[\W_]+")


def _fold(text: str) -> str:
    """Drop case, accents, apostrophes and punctuation, the way people leave them out (domain §6.7)."""
    return _PUNCTUATION.sub(" ", _APOSTROPHES.sub("", fold(text))).strip()


def _query(text: str) -> str:
    plain = fold(text)
    for pattern, kind in _ABBREVIATED:
        plain, count = pattern.subn(kind, plain)
        if count:
            break
    folded = _fold(plain)
    return _ALIASES.get(folded, folded)


_TIER_ORDER: Final = {Tier.PROVINCE: 0, Tier.DISTRICT: 1, Tier.WARD: 2}


def _rank(place: Place, names: tuple[str, str], wanted: str, text: str) -> tuple[int, ...] | None:
    name, label = names
    if wanted in names:
        closeness = 0
    elif name.startswith(wanted) or label.startswith(wanted):
        closeness = 1
    elif f" {wanted}" in label:
        closeness = 2
    else:
        return None
    written = unicodedata.normalize("NFC", text).lower()
    return closeness, not place.current, place.name.lower() not in written, _TIER_ORDER[place.tier], len(name)
