"""Pictures of the members' screen with invented people."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from PySide6.QtWidgets import QWidget

from sync.protocol.kinds import Value
from yum_desktop.domain.member import BY_NAME, MemberField
from yum_desktop.domain.rules import missing_fields
from yum_desktop.domain.text import name_key
from yum_desktop.exchange.gazetteer import shipped_gazetteer
from yum_desktop.registry.rules import shipped_book
from yum_desktop.registry.views import FieldProblem, HistoryRow, MemberDetail, MemberList, MemberRow, UnitRow
from yum_desktop.ui.members.editing import EditingPresenter
from yum_desktop.ui.members.presenter import Detail, MemberSources
from yum_desktop.ui.members.view import MembersPage
from yum_desktop.ui.members.vocabulary import Remark, Vocabulary
from yum_desktop.ui.members.words import GazetteerPlaces, offers_for
from yum_desktop.ui.scenes import NOW, Scene, SceneClock, SceneJobs, in_shell
from yum_desktop.ui.widgets.options import Option

_UNITS: Final = (
    ("Đoàn xã Mường Vạt", None, 412),
    ("Chi đoàn bản Nà Lếch", 0, 38),
    ("Chi đoàn bản Co Sậy", 0, 31),
    ("Chi đoàn bản Huổi Cọ", 0, 27),
    ("Chi đoàn bản Hua Ẳng", 0, 26),
    ("Chi đoàn bản Nong Tàu", 0, 24),
    ("Chi đoàn bản Pá Khoang", 0, 22),
    ("Chi đoàn Tiểu khu 9", 0, 35),
    ("Đoàn trường THPT Mường Vạt", 0, 139),
    ("Chi đoàn lớp 10A", 8, 39),
    ("Chi đoàn Công an xã", 0, 35),
)
_PEOPLE: Final = (
    ("Cà Văn Dũng", "1998-02-14", "0352118407", (), "ok"),
    ("Cầm Thị Ánh", "2004-12-08", "0987110711", (), "ok"),
    ("Giàng Thị Mỷ", "2006-01-01", None, ("phone",), "wait"),
    ("Hà Thị Hồng Ngát", "2001-07-23", "0363905214", (), "ok"),
    ("Hoàng Văn Thưởng", "1999-11-11", "0971211138", (), "ok"),
    ("Lò Thị Phương Thảo", "2003-04-30", "0388417590", (), "pick"),
    ("Lò Văn Ẩn", "2002", "0339608152", ("id_number", "ethnicity"), "bad"),
    ("Lường Văn Tuấn", "2005-05-19", "0866240913", (), "wait"),
    ("Nguyễn Thị Quỳnh Chi", "2000-09-27", "0915774306", (), "ok"),
    ("Quàng Thị Diễm", "2007-03-05", "0379552018", ("ethnicity",), "wait"),
    ("Quàng Văn Ổn", "1997-08-16", "0964113870", (), "ok"),
    ("Sùng A Chứ", "2004-10-12", "0327661495", (), "ok"),
    ("Tòng Thị Yến", "2005-02-02", "0345889120", (), "ok"),
    ("Tòng Văn Ổn", "2004-06-18", "0378220415", ("joined_on",), "ok"),
    ("Vì Thị Sơ", "2003-11-30", "0389001227", (), "ok"),
)
_LISTS: Final[dict[str, tuple[Option, ...]]] = {
    "sex": (Option("NAM", "Nam"), Option("NU", "Nữ")),
    "ethnicity": (Option("01", "Kinh"), Option("04", "Thái"), Option("08", "Hmông")),
    "religion": (Option("0", "Không"), Option("1", "Phật giáo")),
    "position": (Option("DV", "Đoàn viên"), Option("BT", "Bí thư")),
    "member_status": (Option("DANG_SINH_HOAT", "Đang sinh hoạt"),),
    "education": (Option("12", "12/12"),),
    "occupation": (Option("ND", "Nông dân"), Option("CN", "Công nhân")),
    "association": (Option("HLHTN", "Hội Liên hiệp Thanh niên"), Option("HSV", "Hội Sinh viên")),
    "source": (Option("APP", "App Thanh niên Việt Nam"), Option("DESKTOP", "Nhập trên máy này")),
}


def _id(number: int) -> UUID:
    return UUID(int=number)


class _Places:
    def provinces(self) -> Sequence[Option]:
        return (Option("14", "Tỉnh Sơn La"), Option("01", "Thành phố Hà Nội"))

    def wards(self, province_code: str) -> Sequence[Option]:
        return (Option("03646", "Xã Mường Vạt"),) if province_code == "14" else ()

    def name(self, code: str) -> str:
        known = {option.code: option.label for option in (*self.provinces(), *self.wards("14"))}
        return known.get(code, code)


def _units() -> tuple[UnitRow, ...]:
    return tuple(
        UnitRow(
            unit_id=_id(100 + place),
            parent_id=None if parent is None else _id(100 + parent),
            level="XA" if parent is None else "CHIDOAN",
            name=name,
            short_name=name.removeprefix("Chi đoàn ").replace("Đoàn trường ", ""),
            members=members,
            depth=0 if parent is None else 1,
        )
        for place, (name, parent, members) in enumerate(_UNITS)
    )


def _rows() -> tuple[MemberRow, ...]:
    rows = [
        MemberRow(
            member_id=_id(500 + place),
            unit_id=_id(101),
            unit_name="bản Nà Lếch",
            full_name=name,
            born_on=born,
            sex=None,
            id_number=None,
            phone=phone,
            position=None,
            status=None,
            missing=missing,
            sort_key=name_key(name),
            state=state,
        )
        for place, (name, born, phone, missing, state) in enumerate(_PEOPLE)
    ]
    return tuple(sorted(rows, key=lambda row: row.sort_key))


def _read(field: MemberField, text: str) -> Value:
    return text if field.name in BY_NAME else None


def _check(values: Mapping[str, Value]) -> Sequence[Remark]:
    remarks = []
    if values.get("id_number") == "014204003815":
        remarks.append(Remark("id_number", "wait", "Số này ghi năm sinh 2004"))
    if values.get("phone") == "035111840":
        remarks.append(Remark("phone", "bad", "Thiếu 1 số: cần 10 số, đang có 9"))
    return remarks


def vocabulary() -> Vocabulary:
    """Return the vocabulary of the pictures."""
    return Vocabulary(
        lists=_LISTS, places=_Places(), units=_units(), read=_read, check=_check, missing=lambda values: missing_fields(
            values, shipped_book(), on=NOW.date()
        ),
    )  # fmt: skip


def _on_the_map() -> Vocabulary:
    """Return the vocabulary with the real map, for addresses."""
    places = shipped_gazetteer()
    return Vocabulary(
        lists=_LISTS, places=GazetteerPlaces(places), units=_units(), read=_read, check=_check,
        missing=lambda values: missing_fields(values, shipped_book(), on=NOW.date()),
        offers=lambda values: offers_for(places, values),
    )  # fmt: skip


def _member(*, refused: bool) -> MemberDetail:
    problem = FieldProblem("member.id_taken", "Số này đã có ở một người của đơn vị khác. Xem lại thẻ căn cước", None)
    return MemberDetail(
        member_id=_id(505),
        unit_id=_id(101),
        unit_name="Chi đoàn bản Nà Lếch",
        values={
            **dict.fromkeys(BY_NAME),
            "full_name": "Lò Thị Phương Thảo",
            "born_on": "2003-04-30",
            "sex": "NU",
            "ethnicity": "04",
            "religion": "0",
            "id_number": "014303004815",
            "id_issued_on": "2021-05-10",
            "phone": "0388417590",
            "email": "thaolo.mv@example.vn",
            "hometown_province": "14",
            "hometown_ward": "03646",
            "residence_province": "14",
            "residence_ward": "03646",
            "occupation": "ND",
            "position": "DV",
            "status": "DANG_SINH_HOAT",
            "unit_id": _id(101).bytes,
            "joined_on": "2019-03-26",
            "card_no": "0214673018",
            "has_book": 1,
            "source": "APP",
        },
        waiting=frozenset({"phone"}),
        refused={"id_number": problem} if refused else {},
        conflicts=() if refused else (_id(900),),
        missing=("education",),
    )


def _history() -> tuple[HistoryRow, ...]:
    at = NOW - timedelta(days=5, hours=3)
    return (
        HistoryRow(
            "phone", "Điện thoại", "0388417509", "0388417590", "Lò Thị Hạnh", "Văn phòng", at, "desktop", "", None
        ),
        HistoryRow("+", "Tạo mới", None, None, "App", "", NOW - timedelta(days=900), "app", "", None),
    )


def _page() -> MembersPage:
    page = MembersPage(SceneClock())
    page.show_units(_units(), _id(101))
    page.show_rows(_rows(), unit_name="Chi đoàn bản Nà Lếch", chosen=_id(505))
    return page


def _list() -> QWidget:
    page = _page()
    page.show_detail(Detail(_member(refused=False), _history()), vocabulary())
    return in_shell("members", page)


def _empty() -> QWidget:
    page = _page()
    page.search.setText("nguyen van khong co")
    page.show_rows((), unit_name="Chi đoàn bản Nà Lếch", chosen=None)
    page.show_empty(searching=True)
    return in_shell("members", page)


def _sources() -> MemberSources:
    return MemberSources(
        units=_units,
        rows=lambda _unit, _text: MemberList(_rows()),
        member=lambda _id: _member(refused=True),
        history=lambda _id: _history(),
        vocabulary=vocabulary,
        add=lambda _unit, _values: (_id(600), "group"),
        put=lambda _id, _values: "group",
        delete=lambda _id: "group",
    )


def _editing(page: MembersPage) -> EditingPresenter:
    return EditingPresenter(
        page.form,
        SceneJobs(),
        _sources(),
        SceneClock(),
        defaults={"status": "DANG_SINH_HOAT", "position": "DV", "source": "DESKTOP"},
        noted=lambda _text, _group: None,
        closed=lambda _id: None,
        settled=lambda _id, _text: None,
    )


def _edit() -> QWidget:
    page = _page()
    _editing(page).edit(_member(refused=True), vocabulary())
    page.show_form(shown=True)
    window = in_shell("members", page)
    page.form.focus("full_name")
    return window


def _new() -> QWidget:
    page = _page()
    editing = _editing(page)
    editing.begin(_id(101), vocabulary())
    page.show_form(shown=True)
    for name, raw in (("born_on", "2005-08-12"), ("id_number", "014204003815"), ("phone", "035111840")):
        editing.leave_field(name, raw)
    page.form.show_value("full_name", "Quàng Văn Thưởng", "")
    window = in_shell("members", page)
    page.form.focus("phone")
    return window


def _address() -> QWidget:
    page = _page()
    editing = _editing(page)
    editing.begin(_id(101), _on_the_map())
    page.show_form(shown=True)
    for name, raw in (
        ("hometown_text", "Tổ 4, phường Trung Hòa, quận Cầu Giấy, Hà Nội"),
        ("residence_text", "Thôn 3, thị trấn Lăng Can, huyện Lâm Bình, tỉnh Tuyên Quang"),
    ):
        editing.leave_field(name, raw)
    page.form.show_value("full_name", "Ma Thị Bưởi", "")
    window = in_shell("members", page)
    page.form.focus("hometown_ward")
    return window


def scenes() -> list[Scene]:
    """Return the pictures of this screen."""
    return [
        Scene("doan-vien", _list, dark=True),
        Scene("doan-vien-khong-thay", _empty),
        Scene("doan-vien-sua", _edit),
        Scene("doan-vien-them", _new),
        Scene("doan-vien-dia-chi", _address),
    ]
