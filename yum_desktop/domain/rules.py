"""Rules that change with a congress or a decision: data with the days from and to which they hold (domain §0.2, §2.8).

A rule is a key, a value and a period. The keys that this program knows are read when the book is made; a value that
cannot be read is an error that names its key, and other keys are kept for newer programs.
"""

from bisect import bisect_right
from calendar import isleap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, Generic, TypeVar

from yum_desktop.domain.days import first_day, last_day
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME, MEMBER_FIELDS, Shape

COMPLETENESS: Final = "member.completeness"
RECORD_AGE: Final = "member.record_age"
AGE_LIMIT: Final = "member.age_limit"
ADMISSION_AGE: Final = "member.admission_age"
CARD_NUMBER: Final = "member.card_number"
FROM_APP: Final = "member.from_app"
MEMBERS_MIN: Final = "unit.members_min"
KNOWN_KEYS: Final = (COMPLETENESS, RECORD_AGE)
"""Keys of which a book must have at least one rule."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rule:
    """One value of a rule.

    Attributes:
        key: Which rule.
        value: What JSON can say.
        effective_from: First day as ISO text; ``None`` when it always held.
        effective_to: Last day; ``None`` while it holds. A later rule of the same key ends an earlier one.
        source: Where it is written.
    """

    key: str
    value: object
    effective_from: str | None = None
    effective_to: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that a record says.

    Attributes:
        field: Name of a field.
        among: One of these values; empty: any value.
    """

    field: str
    among: tuple[str | int, ...] = ()

    def holds(self, values: Mapping[str, object]) -> bool:
        """Return whether a record says it."""
        value = values.get(self.field)
        return value in self.among if self.among else value not in (None, "")


@dataclass(frozen=True, slots=True)
class FieldNeed:
    """A field that a complete record has.

    Attributes:
        field: Its name.
        when: Needed when all of these hold; empty: always.
        unless: Not needed when any of these holds.
        why: What it is needed for, as people read it.
    """

    field: str
    when: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    why: str = ""

    def applies(self, values: Mapping[str, object]) -> bool:
        """Return whether a record needs the field."""
        return all(one.holds(values) for one in self.when) and not any(one.holds(values) for one in self.unless)


Completeness = tuple[FieldNeed, ...]
"""What a complete record has, in form order."""


class Way(StrEnum):
    """From which day on somebody is over an age N (domain §2.8)."""

    AFTER_BIRTHDAY = "after_birthday"
    """The day after the birthday N."""
    NEXT_BIRTHDAY = "next_birthday"
    """The birthday N + 1."""
    BY_YEAR = "by_year"
    """The first of January of the year after the birthday N."""


class Start(StrEnum):
    """From which day on somebody has an age N (domain §2.8)."""

    ON_BIRTHDAY = "on_birthday"
    """The birthday N."""
    AFTER_BIRTHDAY = "after_birthday"
    """The day after: “N years and a day”."""


@dataclass(frozen=True, slots=True)
class AdmissionAge:
    """At which age one is admitted.

    Attributes:
        years: At least.
        start: From which day on one has that age.
        years_max: At most; ``None`` where no rule says it.
        way: What being over `years_max` means.
    """

    years: int
    start: Start
    years_max: int | None
    way: Way

    def has_come(self, born: str, on: date) -> bool:
        """Return whether somebody may be old enough on a day; of an inexact birthday the earliest is taken."""
        first, needed = f"{born}-01-01"[:10], f"{on.year - self.years:04}-{on.month:02}-{on.day:02}"
        return first < needed or (first == needed and self.start is Start.ON_BIRTHDAY)

    def is_over(self, born: str, on: date) -> bool:
        """Return whether somebody is too old on a day whatever is not known of the birthday."""
        if self.years_max is None:
            return False
        return last_day(born).isoformat() < _born_before(self.way, self.years_max, on)

    def first_day(self, born: str) -> date:
        """Return from which day on somebody may be old enough; of an inexact birthday the earliest is taken."""
        birthday = first_day(born)
        year, leap = birthday.year + self.years, (birthday.month, birthday.day) == (2, 29)
        if leap and not isleap(year):
            return date(year, 3, 1)
        return birthday.replace(year=year) + timedelta(days=self.start is Start.AFTER_BIRTHDAY)


@dataclass(frozen=True, slots=True)
class AgeLimit:
    """Up to which age one is a member.

    Attributes:
        years: Of somebody without an office.
        years_in_office: Of somebody who has one.
        way: What "over" means.
        without_office: Positions that are no office.
        unless: Nobody is too old of whom any of these holds.
    """

    years: int
    years_in_office: int
    way: Way
    without_office: tuple[str, ...]
    unless: tuple[Condition, ...] = ()

    def born_before(self, years: int, on: date) -> str:
        """Return a text: on that day, who was born on a day whose ISO text sorts before it is over `years`.

        It may name a day that no calendar has, so that 29/02 needs no care.
        """
        return _born_before(self.way, years, on)


class RuleBook:
    """All rules with their periods.

    Raises:
        InputError: `rule.bad` (`field` is the key), `rule.missing`.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        by_key: dict[str, list[Rule]] = {}
        for rule in rules:
            by_key.setdefault(rule.key, []).append(rule)
        missing = next((key for key in KNOWN_KEYS if key not in by_key), None)
        if missing is not None:
            raise InputError("rule.missing", f"Thiếu quy tắc {missing}.", field=missing)
        for found in by_key.values():
            found.sort(key=lambda rule: rule.effective_from or "")
        self.rules: Final = tuple(rule for key in sorted(by_key) for rule in by_key[key])
        self._completeness = _Dated(by_key[COMPLETENESS], _completeness)
        self._record = _Dated(by_key[RECORD_AGE], lambda rule: _whole(rule, "years"))
        self._age_limit = _Dated(by_key.get(AGE_LIMIT, ()), _age_limit)
        self._admission_age = _Dated(by_key.get(ADMISSION_AGE, ()), _admission_age)
        self._card_number = _Dated(by_key.get(CARD_NUMBER, ()), _digits)
        self._from_app = _Dated(by_key.get(FROM_APP, ()), lambda rule: _texts(rule, "sources"))
        self._members_min = _Dated(by_key.get(MEMBERS_MIN, ()), _members_min)

    def completeness(self, on: date) -> Completeness:
        """Return what a complete record has on a day."""
        return self._completeness.on(on) or ()

    def record_age(self, on: date) -> int:
        """Return how many calendar years after birth somebody may have a record at the earliest."""
        return self._record.on(on) or 0

    def age_limit(self, on: date) -> AgeLimit | None:
        """Return up to which age one is a member on a day; nothing where no rule says it."""
        return self._age_limit.on(on)

    def admission_age(self, on: date) -> AdmissionAge | None:
        """Return at which age one is admitted on a day; nothing where no rule says it."""
        return self._admission_age.on(on)

    def plain_years(self) -> range:
        """Return the differences between the years of joining and of birth of which no rule says anything."""
        ages = self._admission_age.every
        least = max((age.years + 1 for age in ages), default=0)
        most = min((age.years_max for age in ages if age.years_max is not None), default=200)
        return range(least, max(least, most))

    def card_digits(self, on: date) -> range | None:
        """Return how many digits a card number usually has; nothing where no rule says it."""
        return self._card_number.on(on)

    def from_app(self, on: date) -> tuple[str, ...]:
        """Return the sources of records that are in the app."""
        return self._from_app.on(on) or ()

    def members_min(self, on: date) -> Mapping[str, int]:
        """Return how many members a unit has at least, by its level."""
        return self._members_min.on(on) or {}


class _Dated(Generic[T]):
    """The readings of one key by time."""

    def __init__(self, rules: Sequence[Rule], read: Callable[[Rule], T]) -> None:
        self._starts = [rule.effective_from or "" for rule in rules]
        self._ends = [rule.effective_to for rule in rules]
        self.every = [read(rule) for rule in rules]

    def on(self, day: date) -> T | None:
        """Return what holds on a day."""
        place = bisect_right(self._starts, day.isoformat()) - 1
        if place < 0:
            return None
        end = self._ends[place]
        return None if end is not None and end < day.isoformat() else self.every[place]


def _born_before(way: Way, years: int, on: date) -> str:
    if way is Way.BY_YEAR:
        return f"{on.year - years:04}-01-01"
    if way is Way.NEXT_BIRTHDAY:
        return f"{on.year - years - 1:04}-{on.month:02}-{on.day + 1:02}"
    return f"{on.year - years:04}-{on.month:02}-{on.day:02}"


def missing_fields(values: Mapping[str, object], rules: RuleBook, *, on: date) -> tuple[str, ...]:
    """Return the names of the fields that a complete record has on a day and `values` lacks, in form order."""
    return tuple(need.field for need in missing_needs(values, rules, on=on))


def missing_needs(values: Mapping[str, object], rules: RuleBook, *, on: date) -> tuple[FieldNeed, ...]:
    """Return what `missing_fields` does, with what each field is needed for."""
    return tuple(
        need for need in rules.completeness(on) if values.get(need.field) in (None, "") and need.applies(values)
    )


def _bad(rule: Rule, what: str) -> InputError:
    return InputError("rule.bad", f"Quy tắc {rule.key}: {what}.", field=rule.key)


def _table(rule: Rule) -> Mapping[str, object]:
    if not isinstance(rule.value, dict):
        raise _bad(rule, "không phải một bảng")
    return rule.value


def _whole(rule: Rule, name: str) -> int:
    value = _table(rule).get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _bad(rule, f"{name} phải là số nguyên")
    return value


def _texts(rule: Rule, name: str) -> tuple[str, ...]:
    items = _table(rule).get(name)
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise _bad(rule, f"{name} phải là một danh sách chữ")
    return tuple(items)


def _age_limit(rule: Rule) -> AgeLimit:
    way = _table(rule).get("way")
    if way not in set(Way):
        raise _bad(rule, "way phải là một trong " + ", ".join(Way))
    return AgeLimit(
        _whole(rule, "years"), _whole(rule, "years_in_office"), Way(str(way)), _texts(rule, "without_office"),
        _conditions(rule, _table(rule).get("unless", [])),
    )  # fmt: skip


def _admission_age(rule: Rule) -> AdmissionAge:
    start, way = _table(rule).get("start"), _table(rule).get("way", Way.AFTER_BIRTHDAY)
    if start not in set(Start):
        raise _bad(rule, "start phải là một trong " + ", ".join(Start))
    if way not in set(Way):
        raise _bad(rule, "way phải là một trong " + ", ".join(Way))
    most = _whole(rule, "years_max") if "years_max" in _table(rule) else None
    return AdmissionAge(_whole(rule, "years"), Start(str(start)), most, Way(str(way)))


def _digits(rule: Rule) -> range:
    least, most = _whole(rule, "digits_min"), _whole(rule, "digits_max")
    if least > most:
        raise _bad(rule, "digits_min lớn hơn digits_max")
    return range(least, most + 1)


def _members_min(rule: Rule) -> Mapping[str, int]:
    return {level: _whole(rule, level) for level in _table(rule)}


def _completeness(rule: Rule) -> Completeness:
    items = rule.value
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise _bad(rule, "không phải một danh sách")
    order = {field.name: place for place, field in enumerate(MEMBER_FIELDS)}
    needs = [_need(rule, item) for item in items]
    if len({need.field for need in needs}) < len(needs):
        raise _bad(rule, "một trường có hai lần")
    return tuple(sorted(needs, key=lambda need: order[need.field]))


def _need(rule: Rule, item: Mapping[str, object]) -> FieldNeed:
    name, why = item.get("field"), item.get("why", "")
    if not isinstance(why, str):
        raise _bad(rule, "why phải là chữ")
    return FieldNeed(
        _field(rule, name), _conditions(rule, item.get("when", [])), _conditions(rule, item.get("unless", [])), why
    )


def _field(rule: Rule, name: object) -> str:
    if not isinstance(name, str) or name not in BY_NAME:
        raise _bad(rule, f"không có trường {name}")
    return name


def _conditions(rule: Rule, items: object) -> tuple[Condition, ...]:
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise _bad(rule, "điều kiện phải là một danh sách")
    found = []
    for item in items:
        among = item.get("among", [])
        whole = BY_NAME[_field(rule, item.get("field"))].shape is Shape.FLAG
        if not isinstance(among, list) or not all(isinstance(one, int if whole else str) for one in among):
            raise _bad(rule, "among phải là một danh sách giá trị")
        found.append(Condition(str(item["field"]), tuple(among)))
    return tuple(found)
