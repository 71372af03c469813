"""The shipped map: complete, dated, mapped from old to new, and found however people write it."""

import json
import runpy
import sqlite3
import unicodedata
from datetime import date
from pathlib import Path

import pytest

from yum_desktop.domain.errors import DefectError
from yum_desktop.domain.identity import PROVINCE_CODES
from yum_desktop.exchange.gazetteer import Gazetteer, Place, Tier, read_gazetteer, shipped_gazetteer
from yum_desktop.registry.paths import resources_dir

DATA = resources_dir() / "data"
MAP = shipped_gazetteer()
REFORM = date(2025, 7, 1)
LAST_OLD_DAY = date(2025, 6, 30)


def wards() -> list[Place]:
    return [ward for province in MAP.provinces() for ward in MAP.wards(province.code)]


def former_districts() -> list[Place]:
    return [district for province in MAP.former_provinces() for district in MAP.former_children(province.code)]


def former_wards() -> list[Place]:
    return [ward for district in former_districts() for ward in MAP.former_children(district.code)]


def test_the_shipped_file_is_small_and_names_its_source() -> None:
    path = DATA / "gazetteer.json"
    about = json.loads(path.read_text(encoding="utf-8"))["about"]
    assert path.stat().st_size < 1_000_000
    assert "vietnamadminunits 1.0.4" in about["source"]
    assert about["licence"].startswith("MIT")
    assert "Permission is hereby granted" in (DATA / "README.md").read_text(encoding="utf-8")


def test_the_present_map_has_the_official_counts() -> None:
    kinds = [ward.kind for ward in wards()]
    assert len(MAP.provinces()) == 34
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"XA": 2621, "PHUONG": 687, "DAC_KHU": 13}


@pytest.mark.parametrize(
    ("code", "count"), [("01", 126), ("08", 124), ("15", 99), ("38", 166), ("79", 168), ("96", 64)]
)
def test_a_province_has_its_wards(code: str, count: int) -> None:
    assert len(MAP.wards(code)) == count


def test_the_former_map_has_the_official_counts() -> None:
    assert len(MAP.former_provinces()) == 63
    assert len(former_districts()) == 696
    assert len(former_wards()) == 10_035


def test_identity_numbers_begin_with_the_codes_of_the_former_provinces() -> None:
    assert {f"0{place.code}" for place in MAP.former_provinces()} == PROVINCE_CODES


def test_codes_are_digits_and_names_are_composed_and_capital() -> None:
    digits = {Tier.PROVINCE: 2, Tier.DISTRICT: 3, Tier.WARD: 5}
    for place in (*MAP.provinces(), *wards(), *MAP.former_provinces(), *former_districts(), *former_wards()):
        assert place.code.isdigit(), place
        assert len(place.code) == digits[place.tier], place
        assert unicodedata.is_normalized("NFC", place.name), place
        assert not place.name[0].islower(), place


def test_every_former_place_leads_to_present_ones_and_every_present_one_has_a_past() -> None:
    assert all(len(MAP.successors(place)) == 1 for place in MAP.former_provinces())
    assert all(MAP.successors(place) for place in former_wards())
    assert all(MAP.predecessors(place) for place in (*MAP.provinces(), *wards()))


def test_a_former_ward_stays_in_the_province_that_took_its_province_over() -> None:
    for place in former_wards():
        (province,) = MAP.successors(MAP.province_of(place))
        assert {MAP.province_of(new) for new in MAP.successors(place)} == {province}, place


def test_a_divided_ward_leads_to_several_places() -> None:
    divided = [place for place in former_wards() if len(place.successors) > 1]
    assert len(divided) == 471
    assert all(len(set(place.successors)) == len(place.successors) for place in divided)


def test_an_island_district_without_wards_leads_to_its_special_zone() -> None:
    zones = {place.name: MAP.full_name(new) for place in former_districts() for new in MAP.successors(place)}
    assert zones["Côn Đảo"] == "Đặc khu Côn Đảo, Thành phố Hồ Chí Minh"
    assert len(zones) == 5


def test_a_code_means_another_place_on_another_day() -> None:
    before, after = MAP.place("02266", on=LAST_OLD_DAY), MAP.place("02266", on=REFORM)
    assert before is not None
    assert after is not None
    assert (before.label, after.label) == ("Thị trấn Lăng Can", "Xã Lâm Bình")
    assert MAP.place("02266") == after
    assert after in MAP.successors(before)
    assert before in MAP.predecessors(after)


def test_a_code_that_ended_means_the_former_place_but_not_on_a_later_day() -> None:
    place = MAP.place("02")
    assert place is not None
    assert MAP.full_name(place) == "Tỉnh Hà Giang"
    assert not place.current
    assert place.valid_to == LAST_OLD_DAY
    assert MAP.place("02", on=REFORM) is None
    assert [new.name for new in MAP.successors(place)] == ["Tuyên Quang"]


def test_an_unknown_code_is_nowhere() -> None:
    assert MAP.place("99999") is None
    assert MAP.wards("99") == ()
    assert MAP.former_children("99") == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("thuong lam", "Xã Thượng Lâm, Tỉnh Tuyên Quang"),
        ("  XÃ THƯỢNG LÂM ", "Xã Thượng Lâm, Tỉnh Tuyên Quang"),
        ("x. Thượng Lâm, t. Tuyên Quang", "Xã Thượng Lâm, Tỉnh Tuyên Quang"),
        ("TP.HCM", "Thành phố Hồ Chí Minh"),
        ("tp Hồ Chí Minh", "Thành phố Hồ Chí Minh"),
        ("hà giang", "Tỉnh Hà Giang"),
        ("Bà Rịa-Vũng Tàu", "Tỉnh Bà Rịa - Vũng Tàu"),
        ("Thừa Thiên Huế", "Thành phố Huế"),
        ("ea hleo", "Xã Ea H'Leo, Tỉnh Đắk Lắk"),
        ("Ea H’leo", "Xã Ea H'Leo, Tỉnh Đắk Lắk"),
        ("đắk lắk", "Tỉnh Đắk Lắk"),
        ("Xã Thượng Lâm, huyện Lâm Bình, tỉnh Tuyên Quang", "Xã Thượng Lâm, Huyện Lâm Bình, Tỉnh Tuyên Quang"),
        ("Thượng Lâm, Hà Nội", "Xã Thượng Lâm, Huyện Mỹ Đức, Thành phố Hà Nội"),
        ("q. 1, tphcm", "Quận 1, Thành phố Hồ Chí Minh"),
    ],
)
def test_a_place_is_found_as_people_write_it(text: str, expected: str) -> None:
    assert MAP.full_name(MAP.find(text)[0]) == expected


def test_todays_places_come_before_former_ones_and_written_accents_first() -> None:
    found = MAP.find("Cẩm Giàng")
    assert [place.current for place in found] == sorted((place.current for place in found), reverse=True)
    assert found[0].name == "Cẩm Giàng"
    assert "Cẩm Giang" in {place.name for place in found}


def test_nothing_is_found_for_nothing_and_the_answer_is_limited() -> None:
    assert MAP.find("  , ") == ()
    assert MAP.find("không có nơi này") == ()
    assert len(MAP.find("tan", limit=7)) == 7


def test_every_present_place_is_found_by_its_full_name() -> None:
    for place in (*MAP.provinces(), *MAP.wards("08")[:60], *MAP.wards("79")[-20:]):
        assert MAP.find(MAP.full_name(place))[0] == place


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 1}', '{"format": 1, "current": {}, "former": {}}'])
def test_a_damaged_map_is_reported(tmp_path: Path, content: str) -> None:
    path = tmp_path / "gazetteer.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DefectError) as caught:
        read_gazetteer(path)
    assert caught.value.code == "gazetteer.damaged"


def test_a_map_of_another_format_or_none_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DefectError) as caught:
        read_gazetteer(tmp_path / "missing.json")
    assert caught.value.code == "gazetteer.damaged"
    newer = tmp_path / "gazetteer.json"
    newer.write_text('{"format": 2}', encoding="utf-8")
    with pytest.raises(DefectError) as caught:
        read_gazetteer(newer)
    assert caught.value.code == "gazetteer.format"


def test_a_gazetteer_of_nothing_answers_with_nothing() -> None:
    empty = Gazetteer(())
    assert (empty.provinces(), empty.wards("08"), empty.find("ha noi")) == ((), (), ())


def small_package(folder: Path) -> None:
    """Lay out a package with one old province, district and ward that became one new ward."""
    (folder / "vietnamadminunits-1.0.4.dist-info").mkdir(parents=True)
    (folder / "vietnamadminunits-1.0.4.dist-info" / "METADATA").write_text("Version: 1.0.4\n", encoding="utf-8")
    data = folder / "vietnamadminunits" / "data"
    data.mkdir(parents=True)
    converter = {
        "DICT_PROVINCE": {"tinhmoi": ["tinhcu"]},
        "DICT_PROVINCE_WARD_NO_DIVIDED": {"tinhmoi": {"xamoi": ["tinhcu_huyencu_xacu"]}},
        "DICT_PROVINCE_WARD_DIVIDED": {},
    }
    (data / "converter_2025.json").write_text(json.dumps(converter), encoding="utf-8")
    database = sqlite3.connect(data / "dataset.db")
    database.execute("CREATE TABLE admin_units (provinceCode, province, provinceKey, wardCode, ward, wardKey)")
    database.execute("INSERT INTO admin_units VALUES ('01', 'Tỉnh Mới', 'tinhmoi', '00001', 'Xã Mới', 'xamoi')")
    database.execute(
        "CREATE TABLE admin_units_legacy (provinceCode, province, provinceKey, districtCode, district, districtKey, "
        "wardCode, ward, wardKey)"
    )
    database.execute(
        "INSERT INTO admin_units_legacy VALUES ('02', 'Tỉnh Cũ', 'tinhcu', '001', 'Huyện Cũ', 'huyencu', "
        "'00009', 'Thị Trấn cũ', 'xacu')"
    )
    database.commit()
    database.close()


def test_the_build_refuses_a_package_that_is_not_the_known_one(tmp_path: Path) -> None:
    script = runpy.run_path(str(DATA / "build_gazetteer.py"))
    with pytest.raises(script["BuildError"], match="does not hold"):
        script["build"](tmp_path)
    small_package(tmp_path)
    with pytest.raises(script["BuildError"], match="1 provinces instead of 34"):
        script["build"](tmp_path)


def test_the_build_gives_what_the_program_reads(tmp_path: Path) -> None:
    script = runpy.run_path(str(DATA / "build_gazetteer.py"))
    small_package(tmp_path)
    for counts in (script["CENTRE"], script["FORMER"]):
        counts.update(dict.fromkeys(counts, 1))
    path = tmp_path / "gazetteer.json"
    path.write_text(script["render"](script["build"](tmp_path)), encoding="utf-8")
    built = read_gazetteer(path)
    town = built.place("00009")
    assert town is not None
    assert built.full_name(town) == "Thị trấn Cũ, Huyện Cũ, Tỉnh Cũ"
    assert [built.full_name(new) for new in built.successors(town)] == ["Xã Mới, Tỉnh Mới"]
