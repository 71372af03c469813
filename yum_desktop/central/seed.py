"""Drafts of realistic, invented data: a tree of units and their members, for demonstrations, tests and benchmarks.

Pure: the same `random.Random`, day and sizes give the same drafts. Putting them into a database is someone else's
work. The communes are real places, the people are not.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sync.protocol.kinds import Value
from yum_desktop.central.faults import Gaps, Spoiler
from yum_desktop.central.fictitious import Chapter, ChapterSort, Inventor, Names, Weighted, age_on, years_after
from yum_desktop.domain.errors import InputError
from yum_desktop.exchange.gazetteer import Gazetteer, Place

TOP_KEY: Final = "tw"
HOME_WARD: Final = "02269"
"""Xã Thượng Lâm, Tuyên Quang: a mountain commune on the lake of Na Hang."""
NEIGHBOUR_WARD: Final = "02266"
"""Xã Lâm Bình, Tuyên Quang, beside it."""
CHAPTER_SIZE_MIN: Final = 3
"""The smallest chapter there may be (domain §1.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDraft:
    """A unit to create. Parents come before their children.

    Attributes:
        key: Stable name within the drafts, such as ``xa-02269`` or ``xa-02269/03``.
        level: ``TW``, ``TINH``, ``XA`` or ``CHIDOAN``.
        kind: Code of the list `unit_kind` (domain §1.2), empty above the commune.
        code: ``TW``, the gazetteer code, or for a chapter the ward's code and a number.
    """

    key: str
    parent_key: str | None
    level: str
    kind: str
    name: str
    short_name: str
    code: str


@dataclass(frozen=True, slots=True)
class MemberDraft:
    """A member to create in a chapter: field names and values of `domain.member`, without `unit_id`."""

    unit_key: str
    values: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Commune:
    """The drafts: the units above, the home commune, its neighbours, and everyone in them."""

    units: tuple[UnitDraft, ...]
    members: tuple[MemberDraft, ...]
    home_key: str
    neighbour_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How large to draft one commune."""

    ward_code: str
    members: int
    chapters: int


def commune(
    rng: random.Random,
    *,
    today: date,
    members: int = 2000,
    chapters: int = 12,
    gazetteer: Gazetteer,
    names: Names,
    gaps: Gaps | None = None,
) -> Commune:
    """Draft a mountain commune, and a neighbour with 3 chapters and 150 members beside it.

    Raises:
        InputError: Fewer members than three for each chapter.
    """
    plans = (
        Plan(ward_code=HOME_WARD, members=members, chapters=chapters),
        Plan(ward_code=NEIGHBOUR_WARD, members=150, chapters=3),
    )
    return territory(rng, plans, today=today, gazetteer=gazetteer, names=names, gaps=gaps)


def territory(
    rng: random.Random,
    plans: Sequence[Plan],
    *,
    today: date,
    gazetteer: Gazetteer,
    names: Names,
    gaps: Gaps | None = None,
) -> Commune:
    """Draft the communes of `plans`, the first being home, with the units above them.

    Identity numbers, phones and cards are unique over all of them.

    Raises:
        InputError: No plan, an unknown ward, or fewer members than three for each chapter.
    """
    if not plans:
        raise InputError("seed.nothing", "Chưa chọn xã nào để tạo dữ liệu mẫu.")
    inventor = Inventor(rng, today=today, gazetteer=gazetteer, names=names)
    faults = gaps or Gaps()
    units = {TOP_KEY: _top()}
    members: list[MemberDraft] = []
    homes: list[str] = []
    hamlet_names = _endless_hamlets(rng, names.hamlets)
    for plan in plans:
        ward = _ward(gazetteer, plan)
        province = gazetteer.province_of(ward)
        above = _province_unit(province)
        home = _commune_unit(ward, above.key)
        settled = _chapters(rng, plan, ward, hamlet_names if province.code in names.regions else _numbers())
        units |= {unit.key: unit for unit in (above, home, *(draft for draft, _ in settled))}
        homes.append(home.key)
        peoples = names.shares(province.code)
        members += _population(rng, inventor, settled, _Context(plan, ward, peoples, faults, today))
    return Commune(tuple(units.values()), tuple(members), homes[0], tuple(homes[1:]))


@dataclass(frozen=True, slots=True)
class _Context:
    plan: Plan
    ward: Place
    peoples: Mapping[str, float]
    gaps: Gaps
    today: date


def _ward(gazetteer: Gazetteer, plan: Plan) -> Place:
    place = gazetteer.place(plan.ward_code)
    if place is None or not place.current or place.parent_code is None:
        raise InputError("seed.ward_unknown", f"Không có xã mã {plan.ward_code} trong danh mục.", field="ward_code")
    if plan.chapters < 1 or plan.members < CHAPTER_SIZE_MIN * plan.chapters:
        raise InputError("seed.too_small", "Mỗi chi đoàn cần ít nhất 3 đoàn viên.", field="members")
    return place


def _top() -> UnitDraft:
    return UnitDraft(
        key=TOP_KEY,
        parent_key=None,
        level="TW",
        kind="",
        name="Trung ương Đoàn TNCS Hồ Chí Minh",
        short_name="Trung ương Đoàn",
        code="TW",
    )


def _province_unit(province: Place) -> UnitDraft:
    name = f"{'Thành đoàn' if province.kind == 'THANH_PHO' else 'Tỉnh đoàn'} {province.name}"
    return UnitDraft(
        key=f"tinh-{province.code}",
        parent_key=TOP_KEY,
        level="TINH",
        kind="",
        name=name,
        short_name=name,
        code=province.code,
    )


def _commune_unit(ward: Place, parent_key: str) -> UnitDraft:
    return UnitDraft(
        key=f"xa-{ward.code}",
        parent_key=parent_key,
        level="XA",
        kind=ChapterSort.HAMLET.value.kind,
        name=f"Đoàn {_kind_of(ward)} {ward.name}",
        short_name=ward.label,
        code=ward.code,
    )


def _kind_of(ward: Place) -> str:
    return ward.label.removesuffix(f" {ward.name}").lower()


# ---- chapters

_SPECIAL: Final = (
    ChapterSort.OFFICE,
    ChapterSort.HIGH_SCHOOL,
    ChapterSort.POLICE,
    ChapterSort.MILITARY,
    ChapterSort.SCHOOL,
)
_WEIGHTS: Final = {
    ChapterSort.OFFICE: 0.018,
    ChapterSort.HIGH_SCHOOL: 0.16,
    ChapterSort.POLICE: 0.008,
    ChapterSort.MILITARY: 0.008,
    ChapterSort.SCHOOL: 0.02,
}
"""Share of the commune's members; the hamlets divide the rest unevenly."""


def _endless_hamlets(rng: random.Random, hamlets: Sequence[str]) -> Iterator[str]:
    order = list(hamlets)
    rng.shuffle(order)
    yield from order
    turn = 2
    while True:
        yield from (f"{hamlet} {turn}" for hamlet in order)
        turn += 1


def _numbers() -> Iterator[str]:
    number = 1
    while True:
        yield str(number)
        number += 1


def _chapters(
    rng: random.Random, plan: Plan, ward: Place, hamlets: Iterator[str]
) -> tuple[tuple[UnitDraft, ChapterSort], ...]:
    special = _SPECIAL[: plan.chapters * 5 // 12]
    word = "tổ dân phố" if ward.kind == "PHUONG" else "thôn"
    titles = [(ChapterSort.HAMLET, f"{word} {next(hamlets)}") for _ in range(plan.chapters - len(special))]
    if rng.random() < 0.5:  # cadres keep no fixed order
        titles.reverse()
    titles += [(sort, _title(sort, ward)) for sort in special]
    return tuple(
        (
            UnitDraft(
                key=f"xa-{ward.code}/{number:02}",
                parent_key=f"xa-{ward.code}",
                level="CHIDOAN",
                kind=sort.value.kind,
                name=f"Chi đoàn {title}",
                short_name=title[0].upper() + title[1:],
                code=f"{ward.code}-{number:02}",
            ),
            sort,
        )
        for number, (sort, title) in enumerate(titles, start=1)
    )


def _title(sort: ChapterSort, ward: Place) -> str:
    kind = _kind_of(ward)
    return {
        ChapterSort.OFFICE: f"Cơ quan {kind}",
        ChapterSort.HIGH_SCHOOL: f"Trường THPT {ward.name}",
        ChapterSort.POLICE: f"Công an {kind}",
        ChapterSort.MILITARY: f"Quân sự {kind}",
        ChapterSort.SCHOOL: f"Trường Tiểu học và THCS {ward.name}",
    }[sort]


def _sizes(rng: random.Random, sorts: Sequence[ChapterSort], total: int) -> list[int]:
    """Divide `total` members among chapters: none below the smallest allowed, hamlets uneven."""
    shares = [_WEIGHTS.get(sort, 0.0) for sort in sorts]
    rest = 1 - sum(shares)
    hamlets = [0.0 if share else rng.uniform(0.45, 1.6) for share in shares]
    scale = rest / sum(hamlets)
    weights = [share or hamlet * scale for share, hamlet in zip(shares, hamlets, strict=True)]
    free = total - CHAPTER_SIZE_MIN * len(sorts)
    exact = [free * weight / sum(weights) for weight in weights]
    sizes = [CHAPTER_SIZE_MIN + int(part) for part in exact]
    by_rest = sorted(range(len(sorts)), key=lambda place: (int(exact[place]) - exact[place], place))
    for place in by_rest[: total - sum(sizes)]:
        sizes[place] += 1
    return sizes


# ---- people


def _population(
    rng: random.Random, inventor: Inventor, settled: Sequence[tuple[UnitDraft, ChapterSort]], context: _Context
) -> list[MemberDraft]:
    ward = context.ward
    sizes = _sizes(rng, [sort for _, sort in settled], context.plan.members)
    hamlets = tuple(unit.short_name for unit, sort in settled if sort is ChapterSort.HAMLET)
    people: list[list[dict[str, Value]]] = []
    for (unit, sort), size in zip(settled, sizes, strict=True):
        chapter = Chapter(
            sort=sort,
            ward=ward,
            hamlets=(unit.short_name,) if sort is ChapterSort.HAMLET else hamlets,
            peoples=_mix(rng, context.peoples, sort),
            joined_place=f"Đoàn {_kind_of(ward)} {ward.name}",
        )
        members = [inventor.member(chapter) for _ in range(size)]
        _appoint(members, sort, context.today)
        people.append(members)
    Spoiler(rng, context.gaps, inventor.taken).spoil_all(people)
    return [
        MemberDraft(unit.key, values) for (unit, _), members in zip(settled, people, strict=True) for values in members
    ]


def _mix(rng: random.Random, peoples: Mapping[str, float], sort: ChapterSort) -> Weighted[str]:
    """Return the peoples of a chapter: a hamlet has a people of its own, teachers and officials are more often Kinh."""
    mix = dict(peoples)
    total = sum(mix.values())
    if sort is ChapterSort.HAMLET:
        mix[Weighted(peoples).draw(rng)] += total * 0.7
    elif sort in {ChapterSort.OFFICE, ChapterSort.SCHOOL, ChapterSort.POLICE}:
        mix["01"] = mix.get("01", 0) + total * 0.5
    return Weighted(mix)


def _appoint(members: Sequence[dict[str, Value]], sort: ChapterSort, today: date) -> None:
    """Give the chapter its officers: a committee from nine members on, else a secretary alone (domain §1.4)."""
    by_age = sorted(range(len(members)), key=lambda place: (str(members[place]["born_on"]), place))
    middle = by_age[len(by_age) // 3 :]  # not the oldest, who leave soon
    posts = ["BI_THU_CHI_DOAN"]
    if len(members) >= 9:
        posts += ["PHO_BI_THU_CHI_DOAN", "UV_BCH_CHI_DOAN"]
    if len(members) >= 60:
        posts += ["UV_BCH_CHI_DOAN"] * 2
    if sort is ChapterSort.OFFICE:
        posts += ["BI_THU_DOAN_CO_SO", "PHO_BI_THU_DOAN_CO_SO"]
    for place, post in zip(middle, posts, strict=False):
        officer = members[place]
        officer["position"] = post
        born = date.fromisoformat(str(officer["born_on"]))
        if post.startswith("BI_THU") and age_on(today, born) >= 21 and "party_joined_on" not in officer:
            officer["party_joined_on"] = years_after(born, 20).isoformat()
            officer["party_official_on"] = years_after(born, 21).isoformat()
