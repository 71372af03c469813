"""Who may be entered twice (domain §4.3): what two records have in common, how strongly, and what speaks against it.

Weights and thresholds are data (`resources/data/duplicate_rules.json`). Pairs are found by what they share, never by
comparing everybody with everybody.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import combinations
from typing import Any, Final, NamedTuple

from yum_desktop.domain.identity import CCCD_DIGITS

_YEAR: Final = 4
_DAY: Final = 10
_GIVEN_MIN: Final = 4
"""Shorter given names that differ by a letter are different names: Hoa and Huệ, An and Anh."""


_Key = tuple[Hashable, ...]


class Strength(StrEnum):
    """How likely two records are one person."""

    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"


class Reason(StrEnum):
    """What two records have in common, or what speaks against one person."""

    ID_NUMBER = "id_number"
    OLD_ID_NUMBER = "old_id_number"
    ID_NUMBER_NEAR = "id_number_near"
    PHONE = "phone"
    NAME = "name"
    NAME_LIKE = "name_like"
    BORN_ON = "born_on"
    BIRTH_YEAR = "birth_year"
    HOMETOWN = "hometown"
    UNIT = "unit"
    ID_NUMBER_OTHER = "id_number_other"
    NAME_OTHER = "name_other"
    BORN_ON_OTHER = "born_on_other"
    SEX_OTHER = "sex_other"


AGAINST: Final = frozenset({Reason.ID_NUMBER_OTHER, Reason.NAME_OTHER, Reason.BORN_ON_OTHER, Reason.SEX_OTHER})
_SURE: Final = frozenset({Reason.ID_NUMBER, Reason.OLD_ID_NUMBER})


class Advice(StrEnum):
    """What to do about two records (the table of domain §4.3)."""

    MERGE = "merge"
    """One person in one unit: one record is enough."""

    TRANSFER = "transfer"
    """One person in two units: transfer, never by itself."""

    CHECK_PAPERS = "check_papers"
    """One identity number and two names: somebody looks at the paper."""

    SHARED_PHONE = "shared_phone"
    """Two people with one telephone, as families and dormitories have."""

    LOOK = "look"
    """Somebody who knows them decides."""


STRENGTH_LABELS: Final = {Strength.STRONG: "Rất giống", Strength.MEDIUM: "Khá giống", Strength.WEAK: "Có thể giống"}
REASON_LABELS: Final = {
    Reason.ID_NUMBER: "cùng số giấy tờ",
    Reason.OLD_ID_NUMBER: "số này là CMND cũ của người kia",
    Reason.ID_NUMBER_NEAR: "số giấy tờ chỉ lệch một chữ số",
    Reason.PHONE: "cùng điện thoại",
    Reason.NAME: "cùng họ tên",
    Reason.NAME_LIKE: "họ tên gần giống",
    Reason.BORN_ON: "cùng ngày sinh",
    Reason.BIRTH_YEAR: "ngày sinh không trái nhau",
    Reason.HOMETOWN: "cùng quê",
    Reason.UNIT: "cùng chi đoàn",
    Reason.ID_NUMBER_OTHER: "khác số giấy tờ",
    Reason.NAME_OTHER: "khác tên",
    Reason.BORN_ON_OTHER: "khác ngày sinh",
    Reason.SEX_OTHER: "khác giới tính",
}
ADVICE_LABELS: Final = {
    Advice.MERGE: "Nếu đúng là một người, hãy gộp hai hồ sơ.",
    Advice.TRANSFER: "Nếu người này đã chuyển nơi sinh hoạt, hãy làm thủ tục chuyển sinh hoạt, hoặc gộp hai hồ sơ.",
    Advice.CHECK_PAPERS: "Cùng số giấy tờ mà khác tên: hãy xem lại giấy tờ của cả hai.",
    Advice.SHARED_PHONE: "Có thể hai người dùng chung số điện thoại (gia đình, anh chị em sinh đôi).",
    Advice.LOOK: "Hãy hỏi người biết họ, rồi gộp hoặc đánh dấu là hai người khác nhau.",
}


class Person(NamedTuple):
    """What is compared of a record.

    Attributes:
        key: Whose record it is.
        unit: The unit it belongs to.
        name: The full name, folded.
        born_on: ISO text of the known precision.
        hometown: The most exact place that is known, as code.
    """

    key: Hashable
    unit: Hashable
    name: str
    born_on: str | None = None
    sex: str | None = None
    id_number: str | None = None
    old_id_number: str | None = None
    phone: str | None = None
    hometown: str | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """Weights, thresholds and limits.

    Attributes:
        weights: What each reason counts; below zero for those against.
        thresholds: From which sum on a pair is strong, medium or weak.
        alike: How much of family, middle and given names must agree to be alike, from 0 to 1.
        block_max: How many records with one thing in common are still compared each with each.
        window: In larger groups each is compared with so many next to it by name.
    """

    weights: Mapping[Reason, int]
    thresholds: Mapping[Strength, int]
    alike: Mapping[str, float]
    block_max: int
    window: int


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two records are.

    Attributes:
        score: The sum of the weights.
        strength: Nothing when they are not suspected.
        reasons: Those for it first.
        advice: What to do.
    """

    score: int
    strength: Strength | None
    reasons: tuple[Reason, ...]
    advice: Advice


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may be one person, in the order in which they were given."""

    first: Person
    second: Person
    likeness: Likeness


def rules_from(data: Mapping[str, Any]) -> Rules:
    """Return the rules that a file of data holds.

    Raises:
        ValueError, KeyError: The file does not say everything, or something else.
    """
    weights = {Reason(name): int(value) for name, value in data["weights"].items()}
    thresholds = {Strength(name): int(value) for name, value in data["thresholds"].items()}
    if set(weights) != set(Reason) or set(thresholds) != set(Strength):
        raise ValueError("a weight or a threshold is missing")
    alike = {part: float(data["alike"][part]) for part in ("family", "middle", "given")}
    return Rules(weights, thresholds, alike, int(data["block_max"]), int(data["window"]))


def explained(reasons: Sequence[Reason]) -> str:
    """Return reasons as people read them, those against at the end."""
    on = ", ".join(REASON_LABELS[reason] for reason in reasons if reason not in AGAINST)
    against = ", ".join(REASON_LABELS[reason] for reason in reasons if reason in AGAINST)
    return f"{on}; nhưng {against}" if against else on


def compare(one: Person, other: Person, rules: Rules) -> Likeness:
    """Return how alike two records are, and why. Who is first does not matter."""
    found = (
        _number(one, other),
        Reason.PHONE if one.phone and one.phone == other.phone else None,
        _name(one.name, other.name, rules),
        _birth(one.born_on, other.born_on),
        Reason.HOMETOWN if one.hometown and one.hometown == other.hometown else None,
        Reason.UNIT if one.unit == other.unit else None,
        Reason.SEX_OTHER if one.sex and other.sex and one.sex != other.sex else None,
    )
    reasons = [reason for reason in found if reason is not None]
    score = sum(rules.weights[reason] for reason in reasons)
    if not _SURE.isdisjoint(reasons):
        strength: Strength | None = Strength.STRONG
    else:
        strength = next((s for s in (Strength.MEDIUM, Strength.WEAK) if score >= rules.thresholds[s]), None)
    reasons.sort(key=lambda reason: (reason in AGAINST, -rules.weights[reason]))
    return Likeness(score, strength, tuple(reasons), _advice(reasons, strength))


def _advice(reasons: Sequence[Reason], strength: Strength | None) -> Advice:
    if strength is Strength.STRONG:
        if Reason.NAME_OTHER in reasons:
            return Advice.CHECK_PAPERS
        return Advice.MERGE if Reason.UNIT in reasons else Advice.TRANSFER
    if strength is None:
        return Advice.SHARED_PHONE if Reason.PHONE in reasons else Advice.LOOK
    return Advice.LOOK


def _number(one: Person, other: Person) -> Reason | None:
    mine, theirs = one.id_number, other.id_number
    if mine and theirs and mine == theirs:
        return Reason.ID_NUMBER
    mine_all = {number for number in (mine, one.old_id_number) if number}
    if mine_all & {number for number in (theirs, other.old_id_number) if number}:
        return Reason.OLD_ID_NUMBER
    if not mine or not theirs or len(mine) != len(theirs) or len(mine) != CCCD_DIGITS:
        return None  # a person has one number of nine digits and one of twelve
    return Reason.ID_NUMBER_NEAR if _is_slip(mine, theirs) else Reason.ID_NUMBER_OTHER


def _is_slip(one: str, other: str) -> bool:
    """Return whether one digit differs, or two neighbours have changed places."""
    places = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(places) == 1:
        return True
    if len(places) != 2 or places[1] - places[0] != 1:
        return False
    first, second = places
    return one[first] == other[second] and one[second] == other[first]


def _birth(one: str | None, other: str | None) -> Reason | None:
    if not one or not other:
        return None
    if one == other and len(one) == _DAY:
        return Reason.BORN_ON
    shared = min(len(one), len(other))
    return Reason.BIRTH_YEAR if one[:shared] == other[:shared] else Reason.BORN_ON_OTHER


def _name(one: str, other: str, rules: Rules) -> Reason | None:
    if not one or not other:
        return None
    if one == other:
        return Reason.NAME
    return Reason.NAME_LIKE if _alike(one, other, rules) else Reason.NAME_OTHER


def _alike(one: str, other: str, rules: Rules) -> bool:
    """Return whether two folded names differ as one name written twice does: a slip, or a middle name left out.

    Part by part: Nguyễn Thị Hoa and Nguyễn Thị Huệ share most letters and are sisters.
    """
    mine, theirs = one.split(), other.split()
    if sorted(mine) == sorted(theirs):
        return True  # family name first or last
    if len(mine) < 2 or len(theirs) < 2:
        return False
    alike = rules.alike
    if mine[-1] != theirs[-1]:
        long_enough = min(len(mine[-1]), len(theirs[-1])) >= _GIVEN_MIN
        if not long_enough or _ratio(mine[-1], theirs[-1]) < alike["given"]:
            return False
    if mine[0] != theirs[0] and _ratio(mine[0], theirs[0]) < alike["family"]:
        return False
    middle, their_middle = mine[1:-1], theirs[1:-1]
    if set(middle) <= set(their_middle) or set(their_middle) <= set(middle):
        return True
    return _ratio(" ".join(middle), " ".join(their_middle)) >= alike["middle"]


@lru_cache(16_384)
def _ratio(one: str, other: str) -> float:
    from rapidfuzz import fuzz  # noqa: PLC0415  # loading it costs 40 ms of the start, and only pairs need it

    return fuzz.ratio(one, other) / 100


class People:
    """Records in such an order that those who resemble somebody are found at once.

    Args:
        people: Everybody who is there.
        rules: What counts.
    """

    def __init__(self, people: Iterable[Person], rules: Rules) -> None:
        self._rules = rules
        self._blocks: defaultdict[_Key, list[Person]] = defaultdict(list)
        for person in people:
            for key in (*_keys(person), *_years(person)):
                self._blocks[key].append(person)

    def like(self, person: Person) -> list[tuple[Person, Likeness]]:
        """Return who may be `person`, or shares a telephone with them; the likeliest first."""
        found: dict[Hashable, tuple[Person, Likeness]] = {}
        for key in (*_keys(person), *_years(person)):
            for other in self._blocks.get(key, ())[: self._rules.block_max]:
                if other.key not in found and other.key != person.key:
                    found[other.key] = (other, compare(person, other, self._rules))
        told = [each for each in found.values() if each[1].strength or each[1].advice is Advice.SHARED_PHONE]
        return sorted(told, key=lambda each: -each[1].score)


def find_pairs(people: Sequence[Person], rules: Rules) -> list[Pair]:
    """Return every pair that is suspected, the likeliest first, then by name."""
    seen: set[tuple[int, int]] = set()
    found: list[Pair] = []
    for block in _blocks(people):
        for one, other in _within(block, rules):
            both = (id(one), id(other)) if id(one) < id(other) else (id(other), id(one))
            if both in seen or one is other:
                continue
            seen.add(both)
            likeness = compare(one, other, rules)
            if likeness.strength is not None:
                found.append(Pair(one, other, likeness))
    return sorted(found, key=lambda pair: (-pair.likeness.score, pair.first.name, str(pair.first.key)))


def _blocks(people: Sequence[Person]) -> list[list[Person]]:
    """Return the groups with something in common. Most people are alone with each of their keys: no list for them."""
    alone: dict[_Key, Person] = {}
    together: dict[_Key, list[Person]] = {}
    vague = {key for person in people if len(person.born_on or "") < _DAY for key in _years(person)}
    for person in people:
        keys = _keys(person)
        if vague:
            keys += [key for key in _years(person) if key in vague]
        for key in keys:
            first = alone.setdefault(key, person)
            if first is not person:
                together.setdefault(key, [first]).append(person)
    return list(together.values())


def _within(block: list[Person], rules: Rules) -> Iterator[tuple[Person, Person]]:
    """Give the pairs of a block; of a very large one, such as a number that stands for "none", the neighbours."""
    if len(block) <= rules.block_max:
        yield from combinations(block, 2)
        return
    ordered = sorted(block, key=lambda person: (person.name, person.born_on or ""))
    for place, one in enumerate(ordered):
        for other in ordered[place + 1 : place + 1 + rules.window]:
            yield one, other


def _keys(person: Person) -> list[_Key]:
    """Return what a person is found by: who reaches a threshold with them has one of it, too, or one of `_years`."""
    keys: list[_Key] = []
    if person.id_number:
        keys.append(("number", person.id_number))
    if person.old_id_number and person.old_id_number != person.id_number:
        keys.append(("number", person.old_id_number))
    if person.phone:
        keys.append(("phone", person.phone))
    if person.born_on and len(person.born_on) == _DAY:
        family, _, given = person.name.rpartition(" ")
        keys.append((person.born_on, family.partition(" ")[0], given))
        if len(given) >= _GIVEN_MIN:
            keys.append((person.born_on, family))
    return keys


def _years(person: Person) -> list[_Key]:
    """Return what somebody whose birthday is not known to the day is found by: name and year, within a unit."""
    return [(person.unit, person.name, person.born_on[:_YEAR])] if person.born_on else []
