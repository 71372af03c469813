"""The saved lists of records that somebody has to look at again (domain §1.3, §2.2, §2.8, §4.4)."""

from enum import StrEnum
from typing import Final


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

GAP_FIELDS: Final[dict[Gap, tuple[str, ...]]] = {
    Gap.NO_NUMBER: ("id_number",),
    Gap.NO_PHONE: ("phone",),
    Gap.UNMAPPED: ("hometown_province", "hometown_ward", "residence_province", "residence_ward"),
    Gap.AGE_UNKNOWN: ("born_on", "position"),
    Gap.OVER_AGE: ("born_on",),
    Gap.NOT_IN_APP: ("source",),
}
"""The fields that a list is about, in form order; `INCOMPLETE` is about all that a record needs."""

FILLABLE: Final = (Gap.INCOMPLETE, Gap.NO_NUMBER, Gap.NO_PHONE, Gap.UNMAPPED, Gap.AGE_UNKNOWN)
"""Lists whose records are cleaned by filling fields in."""
