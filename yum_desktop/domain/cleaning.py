"""The saved lists of records that somebody has to look at again (domain §1.3, §2.2, §2.8, §4.4)."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from yum_desktop.domain.member import MEMBER_FIELDS


class Gap(StrEnum):
    """One saved list. What it holds follows from the dated rules."""

    INCOMPLETE = "incomplete"
    NO_NUMBER = "no_number"
    NO_PHONE = "no_phone"
    UNMAPPED = "unmapped"
    OVER_AGE = "over_age"
    AGE_UNKNOWN = "age_unknown"
    NOT_IN_APP = "not_in_app"
    SUSPECTED = "suspected"
    SMALL_CHAPTER = "small_chapter"


GAP_LABELS: Final[dict[Gap, str]] = {
    Gap.INCOMPLETE: "Còn thiếu mục",
    Gap.NO_NUMBER: "Thiếu số CCCD",
    Gap.NO_PHONE: "Thiếu điện thoại",
    Gap.UNMAPPED: "Địa chỉ chưa khớp",
    Gap.OVER_AGE: "Quá tuổi Đoàn",
    Gap.AGE_UNKNOWN: "Chưa rõ có quá tuổi",
    Gap.NOT_IN_APP: "Chưa có trên App",
    Gap.SUSPECTED: "Nghi trùng",
    Gap.SMALL_CHAPTER: "Chi đoàn ít người",
}

GAP_HINTS: Final[dict[Gap, str]] = {
    Gap.INCOMPLETE: "Hồ sơ còn thiếu ít nhất một mục bắt buộc.",
    Gap.NO_NUMBER: "Chưa có số giấy tờ và cũng chưa ghi lý do chưa có.",
    Gap.NO_PHONE: "Không có điện thoại thì không tự khớp được với App.",
    Gap.UNMAPPED: "Có ghi địa chỉ nhưng chưa chọn được tỉnh, xã theo địa giới mới.",
    Gap.OVER_AGE: "Chắc chắn đã quá tuổi: xem xét trưởng thành đoàn.",
    Gap.AGE_UNKNOWN: "Chưa có ngày sinh, chỉ có năm, hoặc chưa rõ chức vụ nên chưa biết có quá tuổi không.",
    Gap.NOT_IN_APP: "Hồ sơ nhập thẳng hoặc chưa rõ nguồn: mời đăng ký trên App.",
    Gap.SUSPECTED: "Hai hồ sơ có thể là của một người.",
    Gap.SMALL_CHAPTER: "Chi đoàn có ít đoàn viên hơn số tối thiểu.",
}

FILLABLE: Final = (Gap.INCOMPLETE, Gap.NO_NUMBER, Gap.NO_PHONE, Gap.UNMAPPED, Gap.AGE_UNKNOWN)
"""Lists whose records are cleaned by filling fields in."""

_WHOLE_DAY: Final = 10
"""Letters of a day that is known exactly."""


def fields_of(gap: Gap, values: Mapping[str, object], missing: Collection[str]) -> tuple[str, ...]:
    """Return the fields for which a record is in a list, in form order; nothing where filling in does not help.

    They are empty, or say too little: a birthday of which only the year is known. Beside the number of a paper stands
    the reason for having none: either will do.

    Args:
        gap: The list.
        values: The record.
        missing: What a complete record has and this one lacks.
    """
    match gap:
        case Gap.INCOMPLETE:
            wanted = set(missing)
        case Gap.NO_NUMBER:
            lacks = "id_number" in missing or not values.get("id_missing_reason")
            wanted = {"id_number"} if lacks else set()
        case Gap.NO_PHONE:
            wanted = {"phone"}
        case Gap.AGE_UNKNOWN:
            wanted = {"born_on", "position"}
        case Gap.UNMAPPED:
            wanted = {f"{place}_{part}" for place in ("hometown", "residence") for part in ("province", "ward")
                      if values.get(f"{place}_text") or values.get(f"{place}_detail")}  # fmt: skip
        case _:
            wanted = set()
    if "id_number" in wanted and values.get("id_number") in (None, ""):
        wanted.add("id_missing_reason")
    vague = {"born_on"} if gap is Gap.AGE_UNKNOWN and len(str(values.get("born_on") or "")) < _WHOLE_DAY else set()
    empty = {name for name in wanted if values.get(name) in (None, "")}
    return tuple(field.name for field in MEMBER_FIELDS if field.name in empty | vague)
