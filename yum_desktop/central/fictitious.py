"""Invents members that look like the ones cadres know: no real person, but real rules and real habits.

Everything follows from the `random.Random` handed in, so the same seed gives the same people.
"""

import json
import random
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from functools import cache
from itertools import accumulate
from typing import Final, Generic, TypeVar

from sync.protocol.kinds import Value
from yum_desktop.domain.text import fold
from yum_desktop.exchange.gazetteer import Gazetteer, Place
from yum_desktop.registry.paths import resources_dir

T = TypeVar("T")

KINH: Final = "01"
MALE: Final = "NAM"
FEMALE: Final = "NU"


class Weighted(Generic[T]):
    """Draws values as often as their weights say."""

    def __init__(self, weights: Mapping[T, float]) -> None:
        self._values = tuple(weights)
        self._limits = tuple(accumulate(weights.values()))

    def draw(self, rng: random.Random) -> T:
        """Return one value."""
        return self._values[bisect(self._limits, rng.random() * self._limits[-1], hi=len(self._values) - 1)]


@dataclass(frozen=True, slots=True)
class PeopleNames:
    """The names of one people; `middle` and `given` by sex."""

    families: Weighted[str]
    middle: Mapping[str, Weighted[str]]
    given: Mapping[str, Weighted[str]]


@dataclass(frozen=True, slots=True)
class Names:
    """The content of `names.json`."""

    peoples: Mapping[str, PeopleNames]
    regions: Mapping[str, Mapping[str, float]]
    hamlets: Sequence[str]

    def shares(self, province_code: str) -> Mapping[str, float]:
        """Return how frequent each people is in a province, relative to the others."""
        return self.regions.get(province_code, self.regions["*"])

    def full_name(self, rng: random.Random, *, people: str, sex: str) -> str:
        """Invent a name. Peoples without a list of their own carry Kinh names, as many do."""
        names = self.peoples.get(people, self.peoples[KINH])
        middle = names.middle[sex].draw(rng)
        given = names.given[sex].draw(rng)
        while given in middle.split():
            given = names.given[sex].draw(rng)
        return " ".join(part for part in (names.families.draw(rng), middle, given) if part)


@cache
def shipped_names() -> Names:
    """Return the names that ship with the program, read once."""
    document = json.loads((resources_dir() / "data" / "names.json").read_text(encoding="utf-8"))
    peoples: dict[str, PeopleNames] = {}
    kinh = document["peoples"][KINH]
    for people, lists in document["peoples"].items():
        sexes = {MALE: "male", FEMALE: "female"}
        parts = {
            part: {code: Weighted[str](lists.get(sex, {}).get(part) or kinh[sex][part]) for code, sex in sexes.items()}
            for part in ("middle", "given")
        }
        peoples[people] = PeopleNames(Weighted[str](lists["families"]), parts["middle"], parts["given"])
    return Names(peoples, document["regions"], tuple(document["hamlets"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the members of one sort of chapter have in common.

    Attributes:
        kind: Sector of the unit (domain §1.2).
        ages: Youngest and oldest, in full years.
        men: Share of men.
        local: Share of those whose home is the commune itself.
        occupations: Weights by code.
        schooled: Share of those who finished twelve years of school, once they are 18.
        party: Share of Party members among those of 20 and more.
    """

    kind: str
    ages: tuple[int, int]
    men: float
    local: float
    occupations: Weighted[str]
    schooled: float
    party: float


class ChapterSort(Enum):
    """The sorts of chapters of a commune."""

    HAMLET = Setting(
        kind="NONGTHON",
        ages=(15, 30),
        men=0.53,
        local=0.93,
        occupations=Weighted({"NONG_DAN": 46, "LAO_DONG_TU_DO": 17, "CONG_NHAN": 22, "SINH_VIEN": 6, "CHUA_VIEC": 9}),
        schooled=0.62,
        party=0.04,
    )
    HIGH_SCHOOL = Setting(
        kind="TRUONGHOC",
        ages=(15, 17),
        men=0.46,
        local=0.6,
        occupations=Weighted({"HOC_SINH": 1}),
        schooled=0.0,
        party=0.0,
    )
    SCHOOL = Setting(
        kind="TRUONGHOC",
        ages=(22, 30),
        men=0.24,
        local=0.35,
        occupations=Weighted({"GIAO_VIEN": 1}),
        schooled=1.0,
        party=0.3,
    )
    POLICE = Setting(
        kind="LLVT",
        ages=(19, 30),
        men=0.86,
        local=0.3,
        occupations=Weighted({"CONG_AN": 1}),
        schooled=1.0,
        party=0.55,
    )
    MILITARY = Setting(
        kind="LLVT",
        ages=(19, 30),
        men=0.92,
        local=0.9,
        occupations=Weighted({"QUAN_NHAN": 1}),
        schooled=0.95,
        party=0.4,
    )
    OFFICE = Setting(
        kind="CCVC",
        ages=(22, 30),
        men=0.48,
        local=0.5,
        occupations=Weighted({"CONG_CHUC": 6, "VIEN_CHUC": 4}),
        schooled=1.0,
        party=0.6,
    )


@dataclass(slots=True)
class Taken:
    """Numbers already given out: no two people share one."""

    identities: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    cards: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Chapter:
    """Where invented members live: the sort of chapter, its commune, its hamlets and the mix of peoples."""

    sort: ChapterSort
    ward: Place
    hamlets: Sequence[str]
    peoples: Weighted[str]
    joined_place: str


SALARIED: Final = frozenset({"GIAO_VIEN", "CONG_AN", "QUAN_NHAN", "CONG_CHUC", "VIEN_CHUC", "CONG_NHAN"})
_HIGHER: Final = Weighted({"DAI_HOC": 70, "CAO_DANG": 16, "TRUNG_CAP": 10, "THAC_SI": 4})
_LOWER: Final = Weighted({"CHUA_CO": 74, "SO_CAP": 10, "TRUNG_CAP": 9, "CAO_DANG": 5, "DAI_HOC": 2})
_MAJORS: Final = {
    "GIAO_VIEN": ("Giáo dục tiểu học", "Giáo dục mầm non", "Sư phạm Ngữ văn", "Sư phạm Toán", "Giáo dục thể chất"),
    "CONG_AN": ("Điều tra trinh sát", "Quản lý hành chính về trật tự xã hội"),
    "QUAN_NHAN": ("Quân sự cơ sở",),
    "CONG_CHUC": ("Luật", "Kế toán", "Quản lý đất đai", "Hành chính học", "Công tác xã hội"),
    "VIEN_CHUC": ("Y sĩ đa khoa", "Điều dưỡng", "Quản lý văn hóa", "Khuyến nông"),
}
_DETAILS: Final = {
    "CONG_NHAN": ("Công nhân may, khu công nghiệp Long Bình An", "Công nhân điện tử, Bắc Ninh", "Công nhân xây dựng"),
    "LAO_DONG_TU_DO": ("Thợ xây", "Sửa xe máy", "Bán hàng", "Lái xe", "Dịch vụ du lịch"),
    "NONG_DAN": ("Trồng lúa, chăn nuôi", "Trồng rừng", "Nuôi cá lồng", "Trồng cây ăn quả"),
    "SINH_VIEN": ("Đại học Tân Trào", "Đại học Thái Nguyên", "Cao đẳng nghề"),
}
_PHONE_PREFIXES: Final = (
    *("032", "033", "034", "035", "036", "037", "038", "039", "086", "096", "097", "098"),
    *("081", "082", "083", "084", "085", "088", "091", "094"),
    *("070", "076", "077", "078", "079", "089", "090", "093", "056", "058", "092"),
)
_FEASTS: Final = ((3, 26), (5, 19), (9, 2), (2, 3), (11, 20), (12, 22), (4, 30), (1, 9), (10, 15))
_CARDS_BY_MINISTRY: Final = date(2024, 7, 1)
_CHIP_CARDS: Final = date(2021, 3, 1)
_BY_DEPARTMENT: Final = "Cục Cảnh sát quản lý hành chính về trật tự xã hội"
_BY_MINISTRY: Final = "Bộ Công an"


def years_after(day: date, years: int) -> date:
    """Return the same day `years` later; 29 February becomes the 28th where there is none."""
    year = day.year + years
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return date(year, day.month, 28 if (day.month, day.day) == (2, 29) and not leap else day.day)


def age_on(day: date, born: date) -> int:
    """Return the age in full years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def century_digit(born: date, *, male: bool) -> int:
    """Return the fourth digit of an identity number: century and sex (domain §2.5)."""
    return (born.year // 100 - 19) * 2 + (0 if male else 1)


def unused(rng: random.Random, taken: set[str], head: str, *, digits: int) -> str:
    """Return `head` and random digits that nobody has yet, and take the number."""
    while True:
        number = f"{head}{rng.randrange(10**digits):0{digits}}"
        if number not in taken:
            taken.add(number)
            return number


class Inventor:
    """Invents members of chapters, each complete and free of contradictions; `faults` adds what is usually wrong."""

    def __init__(self, rng: random.Random, *, today: date, gazetteer: Gazetteer, names: Names) -> None:
        self._rng = rng
        self._today = today
        self._gazetteer = gazetteer
        self._names = names
        self._provinces = gazetteer.provinces()
        self._origins: dict[str, tuple[Place, ...]] = {}
        self.taken = Taken()

    def member(self, chapter: Chapter) -> dict[str, Value]:
        """Return the values of a new member, by the field names of `domain.member`, without the unit."""
        rng, setting = self._rng, chapter.sort.value
        male = rng.random() < setting.men
        born = self._birthday(*setting.ages)
        people = chapter.peoples.draw(rng)
        values: dict[str, Value] = {
            "full_name": self._names.full_name(rng, people=people, sex=MALE if male else FEMALE),
            "born_on": born.isoformat(),
            "sex": MALE if male else FEMALE,
            "ethnicity": people,
            "religion": self._religion(people),
            "marital": self._marital(born),
        }
        origin = self._home(values, chapter)
        self._identity(values, born, origin, male=male)
        self._contact(values, born)
        self._study(values, chapter, born)
        self._union(values, chapter, born)
        self._party(values, chapter, born)
        return values

    def _between(self, first: date, last: date) -> date:
        first = min(first, last)
        return first + timedelta(days=self._rng.randint(0, (last - first).days))

    def _birthday(self, youngest: int, oldest: int) -> date:
        first = years_after(self._today, -oldest - 1) + timedelta(days=1)
        last = years_after(self._today, -youngest)
        if youngest == 15:  # old enough to have been admitted
            last -= timedelta(days=45)
        return self._between(first, last)

    def _religion(self, people: str) -> str:
        chance = self._rng.random()
        if people == "08" and chance < 0.12:
            return "TIN_LANH"
        return "PHAT_GIAO" if chance > 0.985 else "CONG_GIAO" if chance > 0.977 else "KHONG"

    def _marital(self, born: date) -> str:
        age = age_on(self._today, born)
        return "CO_VO_CHONG" if self._rng.random() < max(0.0, (age - 18) * 0.065) else "CHUA_KET_HON"

    def _home(self, values: dict[str, Value], chapter: Chapter) -> Place:
        """Fill hometown and residence; return the former place of birth, on which the identity number depends."""
        rng = self._rng
        hamlet = rng.choice(chapter.hamlets)
        local = rng.random() < chapter.sort.value.local
        ward = chapter.ward if local else self._elsewhere(chapter.ward, str(values["ethnicity"]))
        values["hometown_province"] = ward.parent_code
        values["hometown_ward"] = ward.code
        origin = self._origin(ward)
        if local:
            values["hometown_detail"] = hamlet
        if rng.random() < 0.35:
            values["hometown_text"] = _old_address(self._gazetteer, origin)
        values["residence_province"] = chapter.ward.parent_code
        values["residence_ward"] = chapter.ward.code
        values["residence_detail"] = hamlet
        if rng.random() < 0.2:
            former = self._origin(chapter.ward)
            values["residence_text"] = f"{hamlet}, {_old_address(self._gazetteer, former)}"
        return origin

    def _elsewhere(self, ward: Place, people: str) -> Place:
        """Return another ward, mostly of the province; from further away come Kinh people."""
        rng = self._rng
        near = people != KINH or rng.random() < 0.65
        province = ward.parent_code if near else rng.choice(self._provinces).code
        assert province is not None
        return rng.choice(self._gazetteer.wards(province))

    def _origin(self, ward: Place) -> Place:
        if ward.code not in self._origins:
            self._origins[ward.code] = self._gazetteer.predecessors(ward)
        return self._rng.choice(self._origins[ward.code])

    def _identity(self, values: dict[str, Value], born: date, origin: Place, *, male: bool) -> None:
        province = self._gazetteer.province_of(origin).code
        head = f"0{province}{century_digit(born, male=male)}{born.year % 100:02}"
        values["id_number"] = unused(self._rng, self.taken.identities, head, digits=6)
        issued = self._between(max(years_after(born, 14), _CHIP_CARDS), self._today)
        new = issued >= _CARDS_BY_MINISTRY
        values["id_kind"] = "CAN_CUOC" if new else "CCCD"
        values["id_issued_on"] = issued.isoformat()
        values["id_issued_by"] = _BY_MINISTRY if new else _BY_DEPARTMENT

    def _contact(self, values: dict[str, Value], born: date) -> None:
        rng = self._rng
        values["phone"] = unused(rng, self.taken.phones, rng.choice(_PHONE_PREFIXES), digits=7)
        if rng.random() < 0.12:
            account = fold(str(values["full_name"])).replace(" ", "")
            values["email"] = f"{account}{born.year % 100:02}{rng.randrange(100):02}@example.com"

    def _study(self, values: dict[str, Value], chapter: Chapter, born: date) -> None:
        rng, setting, age = self._rng, chapter.sort.value, age_on(self._today, born)
        occupation = "HOC_SINH" if age < 18 else setting.occupations.draw(rng)
        finished = age >= 18 and (occupation == "SINH_VIEN" or rng.random() < setting.schooled)
        values["occupation"] = occupation
        values["education"] = "12/12" if finished else self._class_reached(age)
        higher = occupation in _MAJORS
        values["qualification"] = _HIGHER.draw(rng) if higher else _LOWER.draw(rng) if finished else "CHUA_CO"
        if higher:
            values["major"] = rng.choice(_MAJORS[occupation])
            values["it_level"] = "CO_BAN" if rng.random() < 0.9 else "NANG_CAO"
            values["politics_level"] = "SO_CAP" if rng.random() < 0.5 else "TRUNG_CAP"
            if rng.random() < 0.6:
                values["language_level"] = rng.choice(("BAC_1", "BAC_2", "BAC_2", "BAC_3"))
                values["language"] = "Tiếng Anh"
        elif occupation in _DETAILS and rng.random() < 0.5:
            values["occupation_detail"] = rng.choice(_DETAILS[occupation])
        values["salaried"] = int(occupation in SALARIED)

    def _class_reached(self, age: int) -> str:
        if age < 18:
            return "THCS"  # a pupil of the upper school has finished the lower one
        return "THCS" if self._rng.random() < 0.88 else "TIEU_HOC"

    def _union(self, values: dict[str, Value], chapter: Chapter, born: date) -> None:
        rng = self._rng
        joined = self._joined(born)
        values["position"] = "DOAN_VIEN"
        values["activity_kind"] = "CHINH_THUC"
        values["status"] = "DANG_SINH_HOAT"
        values["joined_on"] = joined.isoformat()
        values["joined_place"] = chapter.joined_place
        values["admission_on"] = max(years_after(born, 15) + timedelta(days=1), joined - timedelta(days=7)).isoformat()
        values["admission_no"] = f"{rng.randint(1, 60):02}-NQ/ĐTN"
        if rng.random() < 0.72:
            values["card_no"] = unused(rng, self.taken.cards, "", digits=9)
            values["card_issued_on"] = joined.isoformat()
            values["card_issued_by"] = chapter.joined_place
        values["has_book"] = int(rng.random() < 0.9)
        if rng.random() < 0.3:
            values["associations"] = json.dumps(["LHTN"])
        values["source"] = rng.choices(("APP", "YUM", "EXCEL", "OFFLINE"), cum_weights=(30, 45, 90, 100))[0]

    def _joined(self, born: date) -> date:
        first = years_after(born, 15) + timedelta(days=1)
        last = min(self._today, years_after(born, 18))
        feasts = [
            day
            for year in range(first.year, last.year + 1)
            for month, number in _FEASTS
            if first <= (day := date(year, month, number)) <= last
        ]
        return self._rng.choice(feasts) if feasts else self._between(first, last)

    def _party(self, values: dict[str, Value], chapter: Chapter, born: date) -> None:
        if age_on(self._today, born) < 20 or self._rng.random() >= chapter.sort.value.party:
            return
        admitted = self._between(years_after(born, 18) + timedelta(days=30), self._today)
        values["party_joined_on"] = admitted.isoformat()
        official = years_after(admitted, 1)
        if official <= self._today:
            values["party_official_on"] = official.isoformat()


def _old_address(gazetteer: Gazetteer, place: Place) -> str:
    parts = [place]
    while (above := gazetteer.parent(parts[-1])) is not None:
        parts.append(above)
    return ", ".join(part.label[0].lower() + part.label[1:] for part in parts)
