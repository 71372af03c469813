"""The saved lists against a plain Python model of them, over an invented commune with every kind of gap."""

import calendar
import random
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from commune import COMMUNE, HAMLET, OTHER_COMMUNE, PROVINCE, SCHOOL, arrive, arrive_all, crowd, unit

from sync.protocol.kinds import Values
from yum_desktop.domain.cleaning import FILLABLE, Gap, fields_of
from yum_desktop.domain.membership import DEPARTED
from yum_desktop.domain.rules import AGE_LIMIT, AgeLimit, Way, missing_fields
from yum_desktop.registry import cleaning, pairs
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.rules import shipped_book

TODAY = date(2026, 3, 26)
LISTS = [gap for gap in Gap if gap not in {Gap.SUSPECTED, Gap.SMALL_CHAPTER}]
SMALL, EMPTY = UUID(int=6), UUID(int=7)


def holed(count: int = 500, seed: int = 3) -> list[tuple[UUID, Values]]:
    """Return invented members with gaps of every kind."""
    rng = random.Random(seed)
    people = crowd(count, seed)
    for _, values in people:
        if rng.random() < 0.3:
            values[rng.choice([name for name in values if name != "unit_id"])] = rng.choice([None, ""])
        year = rng.randint(1988, 2000)
        values["born_on"] = rng.choice(
            [
                values.get("born_on"), f"{year}", f"{year}-{rng.randint(1, 12):02}", f"{year}-03-{rng.randint(24, 28)}",
                f"{rng.choice((1990, 1991, 1995, 1996))}-03-{rng.randint(24, 28)}", "1996-03", "1991", "?", None, "",
            ]
        )  # fmt: skip
        values["position"] = rng.choice(["DOAN_VIEN", "DOAN_VIEN", "BI_THU_CHI_DOAN", None, ""])
        values["honorary"] = rng.choice([None, None, 0, 1])
        values["source"] = rng.choice(["APP", "APP", "YUM", "EXCEL", "OFFLINE", None, ""])
        values["status"] = rng.choice(["DANG_SINH_HOAT", "DANG_SINH_HOAT", "CHO_DUYET", None, *sorted(DEPARTED)])
        values["id_missing_reason"] = rng.choice([None, None, "", "Chưa làm thẻ"])
        for place in ("hometown", "residence"):
            values[f"{place}_text"] = rng.choice([None, "", "xã Năng Khả, huyện Na Hang"])
            values[f"{place}_ward"] = rng.choice([values.get(f"{place}_ward"), None, ""])
    return people


def birthdays(born: object) -> list[date] | None:
    """Return every day on which somebody may be born; nothing when nobody knows."""
    text = born if isinstance(born, str) else ""
    if len(text) not in {4, 7, 10}:
        return None
    year, *rest = (int(part) for part in text.split("-"))
    months = rest[:1] or range(1, 13)
    return [
        date(year, month, day)
        for month in months
        for day in (rest[1:] or range(1, calendar.monthrange(year, month)[1] + 1))
    ]


def is_over(born: date, years: int, on: date) -> bool:
    """Return whether somebody is over an age, the day after the birthday, counted on fingers."""
    age = on.year - born.year
    had_it = (on.month, on.day) > (born.month, born.day)
    return age > years or (age == years and had_it)


def age_verdict(values: Values, on: date = TODAY) -> Gap | None:
    """Return in which of the two lists of ages somebody is: over only if no birthday and office says otherwise."""
    if values.get("honorary") == 1:
        return None
    days = birthdays(values.get("born_on"))
    if days is None:
        return Gap.AGE_UNKNOWN
    position = values.get("position")
    limits = [30] if position == "DOAN_VIEN" else [35] if position else [30, 35]
    said = {is_over(day, years, on) for day in days for years in limits}
    return Gap.AGE_UNKNOWN if len(said) == 2 else Gap.OVER_AGE if said == {True} else None


def model(values: Values) -> set[Gap]:
    """Return the lists that a member is in."""
    if values.get("status") in DEPARTED:
        return set()
    found: set[Gap] = set()
    if missing_fields(values, shipped_book(), on=TODAY):
        found.add(Gap.INCOMPLETE)
    if not values.get("id_number") and not values.get("id_missing_reason"):
        found.add(Gap.NO_NUMBER)
    if not values.get("phone"):
        found.add(Gap.NO_PHONE)
    if any(
        values.get(f"{place}_text") and not (values.get(f"{place}_ward") and values.get(f"{place}_province"))
        for place in ("hometown", "residence")
    ):
        found.add(Gap.UNMAPPED)
    if values.get("source") != "APP":
        found.add(Gap.NOT_IN_APP)
    age = age_verdict(values)
    return found | ({age} if age else set())


@pytest.fixture
def people(r: Registry) -> dict[UUID, Values]:
    found = dict(holed())
    arrive_all(r, "member", list(found.items()))
    return found


@pytest.mark.parametrize("gap", LISTS)
def test_a_list_holds_whom_a_plain_model_puts_there(r: Registry, people: dict[UUID, Values], gap: Gap) -> None:
    wanted = {one for one, values in people.items() if gap in model(values)}
    assert 0 < len(wanted) < len(people)
    assert {row.member_id for row in cleaning.rows(r, gap)} == wanted


@pytest.mark.parametrize("gap", LISTS)
def test_counts_are_those_of_the_rows_in_every_unit(r: Registry, people: dict[UUID, Values], gap: Gap) -> None:
    found = cleaning.overview(r)
    assert len(people) > found.total[gap] == len(cleaning.rows(r, gap))
    for each in found.units:
        assert each.counts[gap] == len(cleaning.rows(r, gap, each.unit.unit_id)), each.unit.name


def test_ages_on_both_sides_of_every_border(r: Registry) -> None:
    births = [f"{year}-03-{day}" for year in (1990, 1991, 1995, 1996) for day in (25, 26, 27)]
    births += [f"{year}-{month}" for year in (1991, 1996) for month in ("02", "03", "04")]
    births += [str(year) for year in range(1989, 1998)]
    cases = [
        (born, position, honorary)
        for born in [*births, None]
        for position in ("DOAN_VIEN", "BI_THU_CHI_DOAN", None)
        for honorary in (None, 1)
    ]
    people: dict[UUID, Values] = {
        UUID(int=5_000 + number): {
            "unit_id": HAMLET.bytes, "full_name": "Ma Thị Thử", "born_on": born, "position": position,
            "honorary": honorary,
        }
        for number, (born, position, honorary) in enumerate(cases)
    }  # fmt: skip
    arrive_all(r, "member", list(people.items()))
    for gap in (Gap.OVER_AGE, Gap.AGE_UNKNOWN):
        wanted = {one for one, values in people.items() if age_verdict(values) is gap}
        assert {row.member_id for row in cleaning.rows(r, gap)} == wanted


def test_rows_come_in_the_order_of_the_list_and_as_many_as_asked(r: Registry, people: dict[UUID, Values]) -> None:
    every = cleaning.rows(r, Gap.INCOMPLETE, COMMUNE)
    assert [row.sort_key for row in every] == sorted(row.sort_key for row in every)
    assert cleaning.rows(r, Gap.INCOMPLETE, COMMUNE, limit=7) == every[:7]
    name = every[0].full_name
    assert every[0] in cleaning.rows(r, Gap.INCOMPLETE, COMMUNE, text=name)
    assert cleaning.rows(r, Gap.INCOMPLETE, UUID(int=12345)) == []
    assert all(row.missing for row in every)


@pytest.mark.parametrize("gap", FILLABLE)
def test_whoever_is_in_a_list_to_be_filled_in_has_a_field_to_fill(
    r: Registry, people: dict[UUID, Values], gap: Gap
) -> None:
    for row in cleaning.rows(r, gap):
        assert fields_of(gap, people[row.member_id], row.missing), people[row.member_id]


def test_whoever_is_of_a_unit_that_has_not_arrived_is_counted(r: Registry) -> None:
    arrive(r, "member", UUID(int=50), {"unit_id": OTHER_COMMUNE.bytes, "full_name": "Ma Thị Thử"})
    found = cleaning.overview(r)
    assert found.total[Gap.NO_PHONE] == 1
    assert all(each.counts[Gap.NO_PHONE] == 0 for each in found.units)


def test_a_chapter_is_small_by_those_who_are_here(r: Registry) -> None:
    unit(r, SMALL, COMMUNE, "CHIDOAN", "Chi đoàn thôn Nà Ta")
    unit(r, EMPTY, COMMUNE, "CHIDOAN", "Chi đoàn thôn Bản Vàng")
    people = [(UUID(int=2_000 + n), replace_unit(values, SMALL)) for n, (_, values) in enumerate(crowd(3))]
    people += [(UUID(int=3_000 + n), replace_unit(values, HAMLET)) for n, (_, values) in enumerate(crowd(3))]
    people += [(UUID(int=4_000 + n), replace_unit(values, SCHOOL)) for n, (_, values) in enumerate(crowd(3))]
    people[0][1]["status"] = "DA_TRUONG_THANH"
    arrive_all(r, "member", people)
    small = cleaning.small_units(r)
    assert [(each.unit_id, each.members, each.members_min) for each in small] == [(EMPTY, 0, 3), (SMALL, 2, 3)]
    counts = {each.unit.unit_id: each.counts[Gap.SMALL_CHAPTER] for each in cleaning.overview(r).units}
    assert counts == {PROVINCE: 2, COMMUNE: 2, HAMLET: 0, SCHOOL: 0, SMALL: 1, EMPTY: 1}
    assert [each.unit_id for each in cleaning.small_units(r, SMALL)] == [SMALL]
    assert cleaning.rows(r, Gap.SMALL_CHAPTER) == []


def replace_unit(values: Values, unit_id: UUID) -> Values:
    return {**values, "unit_id": unit_id.bytes}


def test_suspects_are_those_of_the_pairs_until_somebody_says_that_they_are_two(r: Registry) -> None:
    (one, values), (other, _), (third, else_) = crowd(3)
    arrive_all(r, "member", [(one, values), (other, {**values, "unit_id": SCHOOL.bytes}), (third, else_)])
    assert {row.member_id for row in cleaning.rows(r, Gap.SUSPECTED)} == {one, other}
    counts = {each.unit.unit_id: each.counts[Gap.SUSPECTED] for each in cleaning.overview(r).units}
    assert counts == {PROVINCE: 2, COMMUNE: 2, HAMLET: 1, SCHOOL: 1}
    pairs.say_different(r, one, other, strength=pairs.reviewed(r).open[0].strength)
    assert cleaning.rows(r, Gap.SUSPECTED) == []
    assert cleaning.overview(r).total[Gap.SUSPECTED] == 0


@pytest.mark.parametrize("way", Way)
@pytest.mark.parametrize("on", [date(2026, 2, 28), date(2026, 3, 1), date(2028, 2, 29), date(2026, 12, 31)])
def test_who_is_over_an_age_on_a_day(way: Way, on: date) -> None:
    limit = AgeLimit(30, 35, way, ("DOAN_VIEN",))
    for year in range(on.year - 33, on.year - 28):
        for month, day in ((1, 1), (2, 28), (2, 29), (3, 1), (12, 30), (12, 31)):
            if day == 29 and not calendar.isleap(year):
                continue
            born = date(year, month, day)
            age = on.year - year - ((on.month, on.day) < (month, day))
            wanted = {
                Way.AFTER_BIRTHDAY: is_over(born, 30, on),
                Way.NEXT_BIRTHDAY: age >= 31,
                Way.BY_YEAR: on.year - year > 30,
            }[way]
            assert (born.isoformat() < limit.born_before(30, on)) is wanted, (born, on)


def test_the_limits_are_a_dated_rule_that_the_server_may_send(r: Registry) -> None:
    person = {**crowd(1)[0][1], "born_on": "1999-01-02"}
    arrive(r, "member", UUID(int=50), person)
    assert cleaning.rows(r, Gap.OVER_AGE) == []
    value = '{"years": 25, "years_in_office": 28, "way": "by_year", "without_office": ["DOAN_VIEN"]}'
    arrive(r, "rule_set", UUID(int=51), {"key": AGE_LIMIT, "value": value, "effective_from": "2026-01-01"})
    assert [row.member_id for row in cleaning.rows(r, Gap.OVER_AGE)] == [UUID(int=50)]
    arrive(r, "rule_set", UUID(int=51), {"key": AGE_LIMIT, "value": '{"years": "x"}'}, rev=2)
    assert cleaning.rows(r, Gap.OVER_AGE) == []


def test_before_any_rule_nobody_s_age_is_known() -> None:
    book = shipped_book()
    dated = type(book)([replace(rule, effective_from="2027-01-01") if rule.key == AGE_LIMIT else rule
                        for rule in book.rules])  # fmt: skip
    assert cleaning.condition(Gap.OVER_AGE, dated, TODAY) == "(0)"
    assert cleaning.condition(Gap.AGE_UNKNOWN, dated, TODAY) == "(NOT 0 AND NOT 0)"
