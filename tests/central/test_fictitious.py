"""Invented data: reproducible, within the rules, and wrong only where and as often as asked."""

import json
import random
import re
import unicodedata
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import pairwise

import pytest

from sync.protocol.kinds import Value
from yum_desktop.central.faults import NO_GAPS, Gaps
from yum_desktop.central.fictitious import shipped_names
from yum_desktop.central.seed import Commune, MemberDraft, Plan, commune, territory
from yum_desktop.domain.check import check_member
from yum_desktop.domain.codes import Codes
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME, MEMBER_FIELDS, Shape
from yum_desktop.domain.rules import missing_fields
from yum_desktop.exchange.gazetteer import shipped_gazetteer
from yum_desktop.registry.code_lists import shipped_codes
from yum_desktop.registry.rules import shipped_book

TODAY = date(2026, 10, 1)
MAP = shipped_gazetteer()
NAMES = shipped_names()
OLD_PROVINCES = {"002", "004", "008", "010", "015", "019", "024", "025", "038", "079"}  # a few, from the decree's list


def drafted(
    *, seed: int = 7, members: int = 2000, chapters: int = 12, gaps: Gaps | None = None, today: date = TODAY
) -> Commune:
    rng = random.Random(seed)
    return commune(rng, today=today, members=members, chapters=chapters, gazetteer=MAP, names=NAMES, gaps=gaps)


@cache
def usual() -> Commune:
    return drafted()


@cache
def perfect() -> Commune:
    return drafted(gaps=NO_GAPS)


def text(member: MemberDraft, name: str) -> str:
    value = member.values[name]
    assert isinstance(value, str), (name, value)
    return value


def day(member: MemberDraft, name: str) -> date:
    return date.fromisoformat(text(member, name))


def share(draft: Commune, name: str, value: Value) -> float:
    return sum(member.values.get(name) == value for member in draft.members) / len(draft.members)


# ---- the same and the different


def test_the_same_seed_gives_the_same_drafts() -> None:
    assert drafted() == usual()


def test_another_seed_gives_other_people_in_the_same_units_above() -> None:
    other = drafted(seed=8)
    assert [member.values for member in other.members] != [member.values for member in usual().members]
    assert [unit for unit in other.units if unit.level != "CHIDOAN"] == [
        unit for unit in usual().units if unit.level != "CHIDOAN"
    ]


def test_other_gaps_are_the_same_people_where_no_record_is_spoiled() -> None:
    spoiled = drafted(gaps=replace(NO_GAPS, no_phone=1.0))
    for one, other in zip(spoiled.members, perfect().members, strict=True):
        assert {**one.values, "phone": other.values["phone"]} == other.values or one.values == other.values


# ---- units


def test_every_unit_is_reached_from_the_top_and_parents_come_first() -> None:
    seen: dict[str, str] = {}
    below = {"TW": "TINH", "TINH": "XA", "XA": "CHIDOAN"}
    for unit in usual().units:
        assert unit.key not in seen
        if unit.parent_key is None:
            assert (unit.level, unit.name) == ("TW", "Trung ương Đoàn TNCS Hồ Chí Minh")
        else:
            assert below[seen[unit.parent_key]] == unit.level
        seen[unit.key] = unit.level
    assert Counter(seen.values()) == {"TW": 1, "TINH": 1, "XA": 2, "CHIDOAN": 15}


def test_units_have_their_own_names_and_the_codes_of_real_places() -> None:
    units = usual().units
    assert len({unit.code for unit in units}) == len(units)
    assert len({(unit.parent_key, unit.name) for unit in units}) == len(units)
    for unit in units:
        if unit.level in {"TINH", "XA"}:
            place = MAP.place(unit.code)
            assert place is not None
            assert place.current
            assert unit.name.endswith(place.name)
        if unit.level == "CHIDOAN":
            assert unit.name.startswith("Chi đoàn ")
    assert {unit.kind for unit in units} == {"", "NONGTHON", "TRUONGHOC", "CCVC", "LLVT"}


def test_members_are_in_chapters_only_and_as_many_as_asked() -> None:
    draft, sizes = usual(), Counter(member.unit_key for member in usual().members)
    assert set(sizes) == {unit.key for unit in draft.units if unit.level == "CHIDOAN"}
    by_commune = Counter(key.split("/")[0] for key in sizes.elements())
    assert by_commune == {draft.home_key: 2000, draft.neighbour_keys[0]: 150}
    assert min(sizes.values()) >= 3
    assert max(sizes.values()) > 5 * min(sizes.values())


@pytest.mark.parametrize(("members", "chapters"), [(3, 1), (36, 12), (37, 12), (100, 3), (700, 70)])
def test_small_and_large_communes_have_the_size_asked_for(members: int, chapters: int) -> None:
    draft = drafted(members=members, chapters=chapters)
    sizes = Counter(member.unit_key for member in draft.members if member.unit_key.startswith(f"{draft.home_key}/"))
    assert (sum(sizes.values()), len(sizes)) == (members, chapters)
    names = [unit.name for unit in draft.units if unit.parent_key == draft.home_key]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("members", "chapters"), [(2, 1), (35, 12), (100, 0)])
def test_a_commune_that_cannot_fill_its_chapters_is_refused(members: int, chapters: int) -> None:
    with pytest.raises(InputError) as caught:
        drafted(members=members, chapters=chapters)
    assert caught.value.code == "seed.too_small"


def test_several_provinces_share_the_centre_and_a_city_has_wards_and_blocks() -> None:
    plans = [Plan(ward_code=code, members=60, chapters=5) for code in ("02269", "00004", MAP.wards("14")[0].code)]
    draft = territory(random.Random(3), plans, today=TODAY, gazetteer=MAP, names=NAMES)
    names = {unit.name for unit in draft.units}
    assert {"Thành đoàn Hà Nội", "Tỉnh đoàn Tuyên Quang", "Đoàn phường Ba Đình", "Chi đoàn tổ dân phố 1"} <= names
    assert Counter(unit.level for unit in draft.units)["TW"] == 1
    numbers = [member.values["id_number"] for member in draft.members if "id_number" in member.values]
    assert len(set(numbers)) == len(numbers)
    kinh = Counter(member.unit_key[:8] for member in draft.members if member.values.get("ethnicity") == "01")
    assert kinh["xa-00004"] > 45 > kinh["xa-02269"]


@pytest.mark.parametrize(("codes", "expected"), [((), "seed.nothing"), (("08",), "seed.ward_unknown")])
def test_a_territory_without_wards_is_refused(codes: tuple[str, ...], expected: str) -> None:
    plans = [Plan(ward_code=code, members=9, chapters=1) for code in codes]
    with pytest.raises(InputError) as caught:
        territory(random.Random(1), plans, today=TODAY, gazetteer=MAP, names=NAMES)
    assert caught.value.code == expected


# ---- values


def allowed(codes: Codes, name: str, value: str) -> bool:
    items = {item.code for item in codes.items(BY_NAME[name].codes or "")}
    return set(json.loads(value) if BY_NAME[name].shape is Shape.CODES else [value]) <= items


def test_only_known_fields_hold_values_of_their_shape() -> None:
    codes = shipped_codes()
    shapes = {
        Shape.DAY: r"\d{4}(-\d\d-\d\d)?",
        Shape.PHONE: r"0[35789]\d{8}",
        Shape.EMAIL: r"[a-z0-9]+@example\.com",
        Shape.IDENTITY: r"\d{12}|\d{9}",
    }
    for member in usual().members:
        assert "unit_id" not in member.values
        for name, value in member.values.items():
            shape = BY_NAME[name].shape
            if shape is Shape.FLAG:
                assert value in (0, 1)
                continue
            assert isinstance(value, str), (name, value)
            assert value == unicodedata.normalize("NFC", value).strip() != ""
            if shape in {Shape.CODE, Shape.CODES}:
                assert allowed(codes, name, value), (name, value)
            if shape is Shape.PLACE:
                place = MAP.place(value)
                assert place is not None
                assert place.current
            if shape in shapes:
                assert re.fullmatch(shapes[shape], value), (name, value)


def test_unit_codes_and_peoples_are_in_the_code_lists() -> None:
    codes = shipped_codes()
    kinds = {item.code for item in codes.items("unit_kind")}
    levels = {item.code for item in codes.items("unit_level")}
    assert {unit.kind for unit in usual().units} - {""} <= kinds
    assert {unit.level for unit in usual().units} <= levels
    peoples = {item.code for item in codes.items("ethnicity")}
    assert set(NAMES.peoples) <= peoples
    assert {people for shares in NAMES.regions.values() for people in shares} <= peoples


def test_a_commune_without_gaps_has_only_complete_records_that_the_checks_pass() -> None:
    for member in perfect().members:
        assert missing_fields({**member.values, "unit_id": "x"}, shipped_book(), on=TODAY) == ()
        assert [found for found in check_member(member.values, TODAY, shipped_book()) if found.field != "unit_id"] == []


def test_identity_numbers_say_province_century_sex_and_year_and_are_unique() -> None:
    numbers = []
    for member in perfect().members:
        number, born = text(member, "id_number"), day(member, "born_on")
        expected = {(19, "NAM"): "0", (19, "NU"): "1", (20, "NAM"): "2", (20, "NU"): "3"}
        assert re.fullmatch(r"\d{12}", number)
        assert number[3] == expected[born.year // 100, text(member, "sex")]
        assert number[4:6] == f"{born:%y}"
        numbers.append(number)
    assert len(set(numbers)) == len(numbers)
    origins = Counter(number[:3] for number in numbers)
    assert origins["008"] > 0.8 * len(numbers)
    assert OLD_PROVINCES & set(origins)
    assert all(MAP.place(code[1:], on=date(2025, 6, 30)) for code in origins)


@pytest.mark.parametrize("seed", range(5))
def test_identity_numbers_stay_unique_when_records_are_spoiled(seed: int) -> None:
    gaps = Gaps(wrong_sex_digit=0.5, nine_digits=0.5, duplicated=0.1)
    draft = drafted(seed=seed, gaps=gaps)
    numbers = [member.values["id_number"] for member in draft.members if "id_number" in member.values]
    assert len(set(numbers)) == len(numbers)
    assert any(len(str(number)) == 9 for number in numbers)


def test_the_place_of_birth_in_the_number_is_the_former_province_of_the_hometown() -> None:
    for member in perfect().members:
        ward = MAP.place(text(member, "hometown_ward"))
        assert ward is not None
        assert ward.parent_code == text(member, "hometown_province")
        provinces = {f"0{MAP.province_of(place).code}" for place in MAP.predecessors(ward)}
        assert text(member, "id_number")[:3] in provinces


@pytest.mark.parametrize("today", [TODAY, date(2026, 2, 28), date(2028, 2, 29), date(2026, 1, 1)])
def test_days_follow_each_other_and_ages_are_those_of_members(today: date) -> None:
    for member in drafted(gaps=NO_GAPS, members=300, today=today).members:
        born, joined = day(member, "born_on"), day(member, "joined_on")
        birthday_past = (today.month, today.day) >= (born.month, born.day)
        assert 15 <= today.year - born.year - (not birthday_past) <= 30
        assert date(born.year + 15, born.month, min(born.day, 28)) < joined <= today
        assert day(member, "admission_on") <= joined
        assert born < day(member, "id_issued_on") <= today
        steps = [
            day(member, name) for name in ("born_on", "party_joined_on", "party_official_on") if name in member.values
        ]
        assert all(earlier < later for earlier, later in pairwise(steps))
        assert max(steps) <= today


def test_pupils_are_in_the_school_and_officials_are_grown_up() -> None:
    kinds = {unit.key: unit for unit in perfect().units}
    for member in perfect().members:
        unit, age = kinds[member.unit_key], TODAY.year - day(member, "born_on").year
        if "THPT" in unit.name:
            assert text(member, "occupation") == "HOC_SINH"
            assert age <= 18
        if unit.kind in {"CCVC", "LLVT"}:
            assert age >= 18
            assert member.values["salaried"] == 1


def test_every_chapter_has_one_secretary_and_the_commune_one_too() -> None:
    posts = Counter((member.unit_key, text(member, "position")) for member in usual().members)
    for unit in usual().units:
        if unit.level == "CHIDOAN":
            assert posts[unit.key, "BI_THU_CHI_DOAN"] == 1
            size = sum(count for (key, _), count in posts.items() if key == unit.key)
            assert (posts[unit.key, "PHO_BI_THU_CHI_DOAN"] == 1) == (size >= 9)
    heads = [key.split("/")[0] for key, post in posts.elements() if post == "BI_THU_DOAN_CO_SO"]
    assert sorted(heads) == sorted([usual().home_key, *usual().neighbour_keys])


# ---- what is realistic


def test_the_mix_of_people_is_that_of_a_mountain_commune() -> None:
    draft = perfect()
    assert 0.45 < share(draft, "sex", "NU") < 0.55
    assert 0.25 < share(draft, "ethnicity", "02") < 0.65
    assert 0.08 < share(draft, "ethnicity", "01") < 0.4
    assert len({member.values["ethnicity"] for member in draft.members}) >= 6
    assert share(draft, "religion", "KHONG") > 0.9
    ages = Counter(TODAY.year - day(member, "born_on").year for member in draft.members)
    assert max(ages.values()) < 0.2 * len(draft.members)


def test_names_are_as_frequent_as_they_are_in_the_country() -> None:
    rng = random.Random(1)
    names = [NAMES.full_name(rng, people="01", sex=sex) for sex in ("NAM", "NU") for _ in range(4000)]
    families = Counter(name.split()[0] for name in names)
    assert 0.32 < families["Nguyễn"] / len(names) < 0.4
    assert 0.09 < families["Trần"] / len(names) < 0.13
    assert 0.08 < families["Lê"] / len(names) < 0.12
    assert 0.055 < families["Phạm"] / len(names) < 0.09
    assert sum(" Thị " in name for name in names[:4000]) == 0
    assert 0.5 < sum(" Thị " in name for name in names[4000:]) / 4000 < 0.85
    assert all(len(set(parts := name.split())) >= 2 and parts[-1] not in parts[1:-1] for name in names)


def test_hmong_people_carry_hmong_names() -> None:
    rng = random.Random(2)
    names = [NAMES.full_name(rng, people="08", sex="NAM") for _ in range(500)]
    assert {"Giàng", "Vàng", "Sùng", "Thào"} <= {name.split()[0] for name in names}
    assert not any(name.startswith("Nguyễn") for name in names)
    assert sum(name.split()[1] in {"A", "Mí", "Seo"} for name in names) > 250


def test_the_usual_faults_are_as_frequent_as_asked() -> None:
    members, gaps = drafted(members=4000).members, Gaps()
    ordinary = [member for member in members if member.values["position"] == "DOAN_VIEN"]
    named_only = [m for m in ordinary if m.values.keys() == {"full_name", "position", "status", "source"}]
    rest = [member for member in ordinary if "born_on" in member.values and "residence_ward" in member.values]
    close = {
        "name_only": (len(named_only) / len(ordinary), gaps.name_only),
        "no_phone": (sum("phone" not in m.values for m in rest) / len(rest), gaps.no_phone),
        "year_only": (sum(len(str(m.values["born_on"])) == 4 for m in rest) / len(rest), gaps.year_only),
        "lower": (sum(m.values["full_name"] == str(m.values["full_name"]).lower() for m in rest) / len(rest), 0.0105),
        "no_identity": (sum("id_number" not in m.values for m in rest) / len(rest), gaps.no_identity),
        "departed": (sum(m.values["status"] != "DANG_SINH_HOAT" for m in rest) / len(rest), gaps.departed),
    }
    assert {name: pair for name, pair in close.items() if not pair[1] * 0.6 < pair[0] < pair[1] * 1.5} == {}
    wrong = [
        m
        for m in rest
        if len(str(m.values.get("id_number"))) == 12 and int(text(m, "id_number")[3]) % 2 != (m.values["sex"] == "NU")
    ]
    assert 0.004 < len(wrong) / len(rest) < 0.013
    phones = Counter(text(member, "phone") for member in ordinary if "phone" in member.values)
    assert 0 < sum(count > 1 for count in phones.values()) < 0.04 * len(ordinary)


@pytest.mark.parametrize(
    ("fault", "gone"),
    [
        ("no_phone", {"phone"}),
        ("no_identity", {"id_number", "id_kind"}),
        ("no_address", {"residence_ward"}),
        ("no_ethnicity", {"religion"}),
        ("no_joined_on", {"joined_on", "card_no"}),
        ("name_only", {field.name for field in MEMBER_FIELDS} - {"full_name", "position", "status", "source"}),
    ],
)
def test_a_fault_asked_of_everyone_spares_only_the_officers(fault: str, gone: set[str]) -> None:
    draft = drafted(members=200, gaps=replace(NO_GAPS, **{fault: 1.0}))
    for member in draft.members:
        if member.values["position"] == "DOAN_VIEN":
            assert not gone & member.values.keys()
        else:
            assert missing_fields({**member.values, "unit_id": "x"}, shipped_book(), on=TODAY) == ()


def test_a_duplicate_is_a_poorer_record_of_a_person_of_another_chapter() -> None:
    draft = drafted(gaps=replace(NO_GAPS, duplicated=0.02))
    copies = [member for member in draft.members if "id_number" not in member.values]
    assert len(draft.members) == 2150
    assert 20 < len(copies) < 44
    for copy in copies:
        twins = [
            member
            for member in draft.members
            if member is not copy
            and member.unit_key != copy.unit_key
            and member.unit_key.split("/")[0] == copy.unit_key.split("/")[0]
            and (member.values["born_on"], member.values.get("phone"))
            == (copy.values["born_on"], copy.values.get("phone"))
        ]
        assert len(twins) == 1
        assert "id_number" in twins[0].values
