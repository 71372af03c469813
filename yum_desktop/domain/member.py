"""The fields of a member's record: order, labels, groups and what makes a record complete (`domain` dictionary).

Values are what the record stores: text, ``int`` flags (0, 1), days as ISO text of the known precision
(``2005``, ``2005-08``, ``2005-08-12``), codes of a code list, a unit id, or ``None`` for "not known".
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Need(StrEnum):
    """How much the dictionary asks for the field; what a record lacks follows from the dated rules (`domain.rules`)."""

    ALWAYS = "always"
    CONTEXT = "context"
    OPTIONAL = "optional"


class Shape(StrEnum):
    """What a field holds, and so how it is typed and shown."""

    TEXT = "text"
    NAME = "name"
    DAY = "day"  # ISO text, may be a year or a month only
    FLAG = "flag"  # 0 or 1
    CODE = "code"  # a code of `codes`
    CODES = "codes"  # a set of codes of `codes`, as JSON list text
    PLACE = "place"  # a code of the gazetteer: province or ward
    PHONE = "phone"
    EMAIL = "email"
    IDENTITY = "identity"  # 9 or 12 digits
    UNIT = "unit"  # a unit id


class Group(StrEnum):
    """A card of the form, in the order of the paper form."""

    PERSON = "Thông tin cá nhân"
    IDENTITY = "Giấy tờ và liên hệ"
    HOME = "Quê quán và nơi ở"
    STUDY = "Trình độ và nghề nghiệp"
    UNION = "Sinh hoạt Đoàn"
    CARD = "Sổ và thẻ đoàn viên"
    PARTY = "Đảng và hội"
    OTHER = "Khác"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberField:
    """One field of the member record.

    Attributes:
        name: Column and wire name.
        label: What people read.
        identifies: Two differing edits are always asked about, whoever was later.
        sensitive: Personal data that needs a reason to be shown or exported in full.
        codes: Code list that the value comes from, for `Shape.CODE` and `Shape.CODES`.
        hint: Shown in the empty field.
    """

    name: str
    label: str
    shape: Shape
    group: Group
    need: Need = Need.OPTIONAL
    identifies: bool = False
    sensitive: bool = False
    codes: str | None = None
    hint: str = ""


def _field(name: str, label: str, shape: Shape, group: Group, **more: object) -> MemberField:
    return MemberField(name=name, label=label, shape=shape, group=group, **more)  # type: ignore[arg-type]  # checked by the table test


_T, _P, _I, _H = Shape, Group.PERSON, Group.IDENTITY, Group.HOME
_S, _U, _C, _D, _O = Group.STUDY, Group.UNION, Group.CARD, Group.PARTY, Group.OTHER
_ALWAYS, _CONTEXT = Need.ALWAYS, Need.CONTEXT

MEMBER_FIELDS: Final[tuple[MemberField, ...]] = (
    _field("full_name", "Họ và tên", _T.NAME, _P, need=_ALWAYS, identifies=True),
    _field("sort_name", "Tên để xếp", _T.TEXT, _P, hint="Bỏ trống nếu xếp theo tên gọi"),
    _field("born_on", "Ngày sinh", _T.DAY, _P, need=_ALWAYS, identifies=True, hint="120805 hoặc 2005"),
    _field("sex", "Giới tính", _T.CODE, _P, need=_ALWAYS, codes="sex"),
    _field("ethnicity", "Dân tộc", _T.CODE, _P, need=_ALWAYS, sensitive=True, codes="ethnicity"),
    _field("religion", "Tôn giáo", _T.CODE, _P, need=_ALWAYS, sensitive=True, codes="religion"),
    _field("marital", "Hôn nhân", _T.CODE, _P, codes="marital"),
    _field("id_number", "Số CCCD/CMND", _T.IDENTITY, _I, need=_ALWAYS, identifies=True, sensitive=True),
    _field("id_kind", "Loại giấy tờ", _T.CODE, _I, codes="id_kind"),
    _field("id_missing_reason", "Lý do chưa có giấy tờ", _T.TEXT, _I),
    _field("old_id_number", "CMND cũ", _T.IDENTITY, _I, sensitive=True),
    _field("id_issued_on", "Ngày cấp", _T.DAY, _I, need=_CONTEXT),
    _field("id_issued_by", "Nơi cấp", _T.TEXT, _I, need=_CONTEXT),
    _field("phone", "Điện thoại", _T.PHONE, _I, need=_ALWAYS),
    _field("email", "Email", _T.EMAIL, _I),
    _field("hometown_province", "Quê quán: tỉnh", _T.PLACE, _H, need=_ALWAYS),
    _field("hometown_ward", "Quê quán: xã", _T.PLACE, _H, need=_ALWAYS),
    _field("hometown_detail", "Quê quán: chi tiết", _T.TEXT, _H),
    _field("hometown_text", "Quê quán (như bản gốc)", _T.TEXT, _H),
    _field("residence_province", "Thường trú: tỉnh", _T.PLACE, _H, need=_ALWAYS),
    _field("residence_ward", "Thường trú: xã", _T.PLACE, _H, need=_ALWAYS),
    _field("residence_detail", "Thường trú: chi tiết", _T.TEXT, _H),
    _field("residence_text", "Thường trú (như bản gốc)", _T.TEXT, _H),
    _field("current_address", "Nơi ở hiện tại", _T.TEXT, _H),
    _field("education", "Trình độ văn hóa", _T.CODE, _S, need=_ALWAYS, codes="education"),
    _field("qualification", "Trình độ chuyên môn", _T.CODE, _S, codes="qualification"),
    _field("major", "Chuyên ngành", _T.TEXT, _S),
    _field("politics_level", "Lý luận chính trị", _T.CODE, _S, codes="politics_level"),
    _field("it_level", "Tin học", _T.CODE, _S, codes="it_level"),
    _field("language_level", "Ngoại ngữ", _T.CODE, _S, codes="language_level"),
    _field("language", "Thứ tiếng", _T.TEXT, _S),
    _field("occupation", "Nghề nghiệp", _T.CODE, _S, need=_ALWAYS, codes="occupation"),
    _field("occupation_detail", "Nghề cụ thể, nơi làm", _T.TEXT, _S),
    _field("salaried", "Có hưởng lương", _T.FLAG, _S, need=_CONTEXT),
    _field("unit_id", "Chi đoàn", _T.UNIT, _U, need=_ALWAYS),
    _field("position", "Chức vụ Đoàn", _T.CODE, _U, need=_ALWAYS, codes="position"),
    _field("position_from", "Giữ chức vụ từ", _T.DAY, _U),
    _field("position_to", "Giữ chức vụ đến", _T.DAY, _U),
    _field("activity_kind", "Đối tượng sinh hoạt", _T.CODE, _U, codes="activity_kind"),
    _field("status", "Trạng thái", _T.CODE, _U, need=_ALWAYS, codes="member_status"),
    _field("joined_on", "Ngày vào Đoàn", _T.DAY, _U, need=_ALWAYS),
    _field("joined_place", "Nơi vào Đoàn", _T.TEXT, _U),
    _field("admission_no", "Số NQ chuẩn y kết nạp", _T.TEXT, _U, need=_CONTEXT),
    _field("admission_on", "Ngày NQ chuẩn y", _T.DAY, _U, need=_CONTEXT),
    _field("member_code", "Mã định danh đoàn viên", _T.TEXT, _C),
    _field("card_no", "Số thẻ", _T.TEXT, _C, need=_CONTEXT),
    _field("card_issued_on", "Ngày cấp thẻ", _T.DAY, _C, need=_CONTEXT),
    _field("card_issued_by", "Nơi cấp thẻ", _T.TEXT, _C, need=_CONTEXT),
    _field("card_decision", "Quyết định trao thẻ", _T.TEXT, _C),
    _field("has_book", "Có sổ đoàn viên", _T.FLAG, _C, need=_ALWAYS),
    _field("book_reissued", "Sổ cấp lại", _T.FLAG, _C),
    _field("book_keeper", "Nơi giữ sổ", _T.TEXT, _C),
    _field("party_joined_on", "Ngày vào Đảng", _T.DAY, _D, sensitive=True),
    _field("party_official_on", "Ngày chính thức", _T.DAY, _D, sensitive=True),
    _field("party_position", "Chức vụ Đảng", _T.TEXT, _D, sensitive=True),
    _field("associations", "Hội", _T.CODES, _D, codes="association"),
    _field("honorary", "Đoàn viên danh dự", _T.FLAG, _O),
    _field("source", "Nguồn nhập", _T.CODE, _O, need=_ALWAYS, codes="source"),
    _field("note", "Ghi chú", _T.TEXT, _O),
)
"""All fields a person may see, in the order of the paper form."""

BY_NAME: Final[dict[str, MemberField]] = {field.name: field for field in MEMBER_FIELDS}
