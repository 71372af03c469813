"""Addresses of before and after the reform: the place of today is offered with the reason, and never forced."""

import pytest

from yum_desktop.exchange.addresses import read_address, read_province, reason_of
from yum_desktop.exchange.gazetteer import Tier, shipped_gazetteer

MAP = shipped_gazetteer()


@pytest.mark.parametrize(
    ("text", "reason", "detail"),
    [
        (
            "Thôn 3, xã Thượng Lâm, huyện Lâm Bình, tỉnh Tuyên Quang",
            "Xã Thượng Lâm (cũ) nay thuộc Xã Thượng Lâm, Tỉnh Tuyên Quang",
            "Thôn 3",
        ),
        ("Thị trấn Lăng Can, Lâm Bình", "Thị trấn Lăng Can (cũ) nay thuộc Xã Lâm Bình, Tỉnh Tuyên Quang", ""),
        ("TT. Lăng Can, H. Lâm Bình", "Thị trấn Lăng Can (cũ) nay thuộc Xã Lâm Bình, Tỉnh Tuyên Quang", ""),
        (
            "xa thuong lam huyen lam binh tinh tuyen quang",
            "Xã Thượng Lâm (cũ) nay thuộc Xã Thượng Lâm, Tỉnh Tuyên Quang",
            "",
        ),
        (
            "P. Bến Nghé, Q.1, TP.HCM, Việt Nam",
            "Phường Bến Nghé (cũ) nay thuộc Phường Sài Gòn, Thành phố Hồ Chí Minh",
            "",
        ),
        (
            "huyện Côn Đảo, Bà Rịa - Vũng Tàu",
            "Huyện Côn Đảo (cũ) nay thuộc Đặc khu Côn Đảo, Thành phố Hồ Chí Minh",
            "",
        ),
        (
            "Tổ 4, phường Trung Hòa, quận Cầu Giấy, Hà Nội",
            "Phường Trung Hòa (cũ) nay chia vào Phường Yên Hòa, Phường Thanh Xuân, Phường Đại Mỗ. Chọn theo chỗ ở",
            "Tổ 4",
        ),
        (
            "Tổ 2 - xã Thượng Lâm - Tuyên Quang",
            "Xã Thượng Lâm, Tỉnh Tuyên Quang có trong danh mục hiện nay",
            "Tổ 2",
        ),
    ],
)
def test_an_address_is_read_with_the_reason(text: str, reason: str, detail: str) -> None:
    offer = read_address(MAP, text)
    assert offer is not None
    assert (reason_of(MAP, offer), offer.detail) == (reason, detail)


def test_a_misspelt_district_does_not_keep_a_ward_from_being_found() -> None:
    offer = read_address(MAP, "xã Thượng Lâm, huyện Lâm Bnh, Tuyên Quang")
    assert offer is not None
    assert offer.choices[0].label == "Xã Thượng Lâm"


@pytest.mark.parametrize("text", ["", " , ", "Bản X", "xã Tân Lập", "Nhà văn hóa xã, ven sông", "Tuyên Quang", "12"])
def test_what_names_no_place_or_many_is_left_alone(text: str) -> None:
    assert read_address(MAP, text) is None


def test_the_province_of_the_record_tells_equal_names_apart() -> None:
    assert read_address(MAP, "xã Thượng Lâm") is None or read_address(MAP, "xã Thượng Lâm", within="08") is not None
    offer = read_address(MAP, "xã Thượng Lâm", within="08")
    assert offer is not None
    assert offer.is_sure
    assert MAP.province_of(offer.choices[0]).code == "08"
    elsewhere = read_address(MAP, "xã Thượng Lâm", within="96")
    assert elsewhere is None


def test_a_former_province_alone_is_read_too() -> None:
    offer = read_province(MAP, "Bản Nà Tông, tỉnh Hà Giang")
    assert offer is not None
    assert reason_of(MAP, offer) == "Tỉnh Hà Giang (cũ) nay thuộc Tỉnh Tuyên Quang"
    assert offer.detail == "Bản Nà Tông"
    assert read_province(MAP, "một nơi nào đó") is None


def test_every_former_ward_with_its_district_and_province_leads_to_what_it_is_now() -> None:
    wrong = []
    for province in MAP.former_provinces():
        for district in MAP.former_children(province.code):
            for ward in MAP.former_children(district.code):
                offer = read_address(MAP, f"Tổ 1, {MAP.full_name(ward)}")
                if offer is None or set(offer.choices) != set(MAP.successors(ward)):
                    wrong.append(MAP.full_name(ward))
    assert len(wrong) <= 5, wrong[:20]


def test_every_present_ward_is_read_as_itself() -> None:
    for province in MAP.provinces():
        for ward in MAP.wards(province.code):
            offer = read_address(MAP, MAP.full_name(ward))
            assert offer is not None, ward
            assert offer.is_sure
            assert offer.choices == (ward,)
            assert offer.named.tier is Tier.WARD
