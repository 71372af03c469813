"""Pictures of the saved lists and of the form that leads through one, with invented people."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from PySide6.QtWidgets import QWidget

from sync.protocol.kinds import Value
from yum_desktop.domain.cleaning import Gap
from yum_desktop.domain.text import name_key
from yum_desktop.registry.bulk import BulkDone, BulkPlan, BulkRow
from yum_desktop.registry.cleaning import Overview, SmallUnit, UnitCounts
from yum_desktop.registry.sheets import SheetPerson, Sheets, SheetUnit
from yum_desktop.registry.views import MemberDetail, MemberList, MemberRow, UnitRow
from yum_desktop.ui.asking import QtAsker
from yum_desktop.ui.cleaning.bulk_presenter import BulkSources
from yum_desktop.ui.cleaning.paper import PaperPreview
from yum_desktop.ui.cleaning.presenter import CleaningSources
from yum_desktop.ui.cleaning.printing import Printed
from yum_desktop.ui.cleaning.screen import CleaningScreen
from yum_desktop.ui.cleaning.view import CleaningPage
from yum_desktop.ui.members.presenter import MemberSources
from yum_desktop.ui.members.scene import vocabulary
from yum_desktop.ui.scenes import NOW, Scene, SceneClock, SceneJobs, in_shell

_TOTAL: Final = dict(zip(Gap, (143, 38, 61, 27, 9, 12, 204, 10, 2), strict=True))
_UNITS: Final = (
    ("Đoàn xã Mường Vạt", 143), ("bản Nà Lếch", 21), ("bản Co Sậy", 17), ("bản Huổi Cọ", 14), ("bản Hua Ẳng", 19),
    ("bản Nong Tàu", 12), ("bản Pá Khoang", 9), ("Tiểu khu 9", 22), ("bản Lót Ẳng", 6), ("bản Ten Ổi", 2),
    ("Trường THPT Mường Vạt", 21),
)  # fmt: skip
_PEOPLE: Final = (
    ("Cà Văn Dũng", "1998-02-14", "0352118407", ("id_number", "education")),
    ("Giàng Thị Mỷ", "2006-01-01", None, ("phone",)),
    ("Hà Thị Hồng Ngát", "2001", "0363905214", ("id_number", "religion", "education", "has_book")),
    ("Hoàng Văn Thưởng", None, "0971211138", ("born_on",)),
    ("Lò Văn Ẩn", "2002", "0339608152", ("residence_province", "residence_ward")),
    ("Quàng Thị Diễm", "2007-03-05", "0379552018", ("ethnicity",)),
    ("Sùng A Chứ", "2004-10-12", None, ("phone", "education", "occupation")),
    ("Vừ Thị Dợ", "2003-09-02", "0866240913", ("has_book",)),
)


def _id(place: int) -> UUID:
    return UUID(int=place)


def _overview() -> Overview:
    units = [
        UnitRow(_id(100 + n), None if n == 0 else _id(100), "XA" if n == 0 else "CHIDOAN", name, name, 30, int(n > 0))
        for n, (name, _) in enumerate(_UNITS)
    ]
    counts = [dict.fromkeys(Gap, count) for _, count in _UNITS]
    pairs = zip(units, counts, strict=True)
    return Overview(_TOTAL, tuple(UnitCounts(unit, each) for unit, each in pairs), complete=True, members_min={})


def _rows(*_asked: object) -> list[MemberRow]:
    return [
        MemberRow(
            _id(500 + n), _id(101 + n % 4), _UNITS[1 + n % 4][0], name, born, None, None, phone, None, None, missing,
            name_key(name), ("ok", "ok", "wait")[n % 3],
        )
        for n, (name, born, phone, missing) in enumerate(_PEOPLE)
    ]  # fmt: skip


def _member(member_id: UUID) -> MemberDetail:
    row = next(row for row in _rows() if row.member_id == member_id)
    values = {
        "full_name": row.full_name, "born_on": row.born_on, "sex": "NU", "ethnicity": "04", "religion": "0",
        "id_number": None if "id_number" in row.missing else "014303004815", "phone": row.phone,
        "hometown_province": "14", "hometown_ward": "03646", "residence_province": "14", "residence_ward": "03646",
        "occupation": "ND", "position": "DV", "status": "DANG_SINH_HOAT", "unit_id": row.unit_id.bytes,
        "joined_on": "2019-03-26", "has_book": 1, "source": "APP",
    }  # fmt: skip
    return MemberDetail(member_id, row.unit_id, row.unit_name, values, frozenset(), {}, (), row.missing)


def _small(*_asked: object) -> list[SmallUnit]:
    return [
        SmallUnit(_id(109), "bản Ten Ổi", "xã Mường Vạt", 2, 3),
        SmallUnit(_id(120), "Hợp tác xã chè Mường Vạt", "xã Mường Vạt", 0, 3),
    ]


def _plan(_ids: Sequence[UUID], values: Mapping[str, Value], only_empty: bool) -> BulkPlan:  # a seam
    said = ("", "", "bulk.filled", "", "", "bulk.same", "", "bulk.conflict")
    words = {
        "": "", "bulk.filled": "Nghề nghiệp đã có giá trị khác", "bulk.same": "Đã đúng như vậy",
        "bulk.conflict": "Hai người ghi khác nhau: hãy chọn trước",
    }  # fmt: skip
    old = {"bulk.filled": "CN", "bulk.same": "ND"}
    rows = [
        BulkRow(row.member_id, row.full_name, row.unit_name, {"occupation": old.get(code)}, code, words[code])
        for row, code in zip(_rows(), said, strict=True)
    ]
    return BulkPlan(values, tuple(rows), only_empty)


def _print(*_asked: object) -> Printed:
    raise AssertionError("nothing is written in a picture")


def _nothing(*_asked: object) -> list[MemberRow]:
    return []


def _screen(*, empty: bool = False) -> tuple[CleaningPage, CleaningScreen]:
    page = CleaningPage()

    def never(*_asked: object) -> str:
        return "group"

    members = MemberSources(
        units=lambda: (), rows=lambda _unit, _text: MemberList(_rows()), member=_member, history=lambda _id: (),
        vocabulary=vocabulary, add=lambda _unit, _values: (_id(600), "group"), put=never, delete=never,
    )  # fmt: skip
    bulk = BulkSources(vocabulary, _plan, lambda plan: BulkDone("group", len(plan.changing), ()))
    sources = CleaningSources(_overview, _nothing if empty else _rows, _small, members, bulk, _print)
    screen = CleaningScreen(
        page, SceneJobs(), sources, SceneClock(), did=_did, say=lambda _text: None, look=lambda _one, _other: None,
        open_unit=lambda _unit: None, open_pairs=lambda: None, asker=QtAsker(page), show_file=lambda _path: None,
    )  # fmt: skip
    screen.refresh()
    return page, screen


def _did(text: str, group: str, *, quiet: bool = False) -> None:
    """Nothing is done in a picture."""


def _lists() -> QWidget:
    page, _ = _screen()
    return in_shell("cleaning", page)


def _empty() -> QWidget:
    page, screen = _screen(empty=True)
    screen.listing.choose_list(Gap.OVER_AGE)
    return in_shell("cleaning", page)


def _chapters() -> QWidget:
    page, screen = _screen()
    screen.listing.choose_list(Gap.SMALL_CHAPTER)
    return in_shell("cleaning", page)


def _walk() -> QWidget:
    page, screen = _screen()
    screen.walk_from(2)
    window = in_shell("cleaning", page)
    page.form.focus("id_number")
    return window


def _bulk() -> QWidget:
    page, screen = _screen()
    screen.change_many()
    page.bulk.field.set_code("occupation")
    page.bulk.field.left.emit()
    page.bulk.choice.set_code("ND")
    page.bulk.choice.left.emit()
    return in_shell("cleaning", page)


def _sheet() -> QWidget:
    """Return the first page of sheets, as large as the window is."""
    people = (
        SheetPerson("Cà Văn Dũng", "1998", ("id_number", "id_missing_reason", "education")),
        SheetPerson("Giàng Thị Mỷ", "", ("born_on", "sex", "phone", "has_book")),
        SheetPerson("Hà Thị Hồng Ngát", "2001", ("religion", "hometown_province", "hometown_ward", "joined_on")),
        SheetPerson("Lò Văn Ẩn", "2002", ("residence_province", "residence_ward")),
        SheetPerson("Quàng Thị Diễm", "2007", ("ethnicity", "phone")),
    )
    ticks = {"sex": ("Nam", "Nữ"), "has_book": ("Có", "Không")}
    unit = SheetUnit("Chi đoàn bản Nà Lếch", people)
    return PaperPreview(Sheets(Gap.INCOMPLETE, (unit,), ticks, "Lò Thị Hạnh", NOW.date()))


def scenes() -> list[Scene]:
    """Return the pictures of this screen."""
    return [
        Scene("lam-sach", _lists, dark=True),
        Scene("lam-sach-het", _empty),
        Scene("lam-sach-chi-doan", _chapters),
        Scene("lam-sach-lan-luot", _walk),
        Scene("lam-sach-hang-loat", _bulk),
        Scene("lam-sach-phieu", _sheet),
    ]
