"""Pictures of the list of pairs and of two records side by side, with invented people."""

from uuid import UUID

from PySide6.QtWidgets import QWidget

from yum_desktop.domain.duplicates import Advice, Reason, Strength
from yum_desktop.domain.merging import proposed
from yum_desktop.registry.duplicates import Side
from yum_desktop.registry.pairs import Merging
from yum_desktop.ui.duplicates.merging import MergePage
from yum_desktop.ui.duplicates.presenter import Tab, Take, entry_of
from yum_desktop.ui.duplicates.view import DuplicatesPage
from yum_desktop.ui.members.scene import vocabulary
from yum_desktop.ui.scenes import Scene, in_shell


def _side(
    place: int, name: str, unit: str, born: str | None, number: str | None = None, phone: str | None = None
) -> Side:
    return Side(UUID(int=place), UUID(int=place), unit, name, born, "NU", number, phone)


NA_LECH, CO_SAY, SCHOOL = "bản Nà Lếch", "bản Co Sậy", "Trường THPT Mường Vạt"
_R, _A = Reason, Advice
ENTRIES = tuple(
    entry_of(*each)
    for each in (
        (
            _side(1, "Lò Thị Phương Thảo", NA_LECH, "2003-04-30"),
            _side(2, "Lò Thị Phương Thảo", SCHOOL, "2003-04-30"),
            Strength.STRONG, (_R.ID_NUMBER, _R.NAME, _R.BORN_ON), _A.TRANSFER,
        ),
        (
            _side(3, "Cà Văn Dũng", CO_SAY, "2001-09-12"), _side(4, "Tòng Thị Ín", CO_SAY, "2004"),
            Strength.STRONG, (_R.ID_NUMBER, _R.UNIT, _R.NAME_OTHER), _A.CHECK_PAPERS,
        ),
        (
            _side(5, "Vì Văn Tướng", NA_LECH, "2005-01-07"), _side(6, "VÌ VĂN TƯỚNG", SCHOOL, "2005-01-07"),
            Strength.MEDIUM, (_R.PHONE, _R.BORN_ON, _R.NAME), _A.LOOK,
        ),
        (
            _side(7, "Quàng Thị Hồng Nhung", NA_LECH, "2004-11-02"),
            _side(8, "Quàng Hồng Nhung", NA_LECH, "2004-11-02"),
            Strength.WEAK, (_R.BORN_ON, _R.NAME_LIKE, _R.UNIT), _A.LOOK,
        ),
        (
            _side(9, "Hà Thị Hồng Ngát", CO_SAY, "2002-02-14"), _side(10, "Hà Thị Hồng Ngát", CO_SAY, "2002"),
            Strength.WEAK, (_R.NAME, _R.BIRTH_YEAR, _R.UNIT), _A.LOOK,
        ),
    )
)  # fmt: skip
_STAYS = {
    "full_name": "Lò Thị Phương Thảo", "born_on": "2003-04-30", "sex": "NU", "id_number": "014303001234",
    "phone": "0388417509", "email": "thaolo.mv@example.vn", "occupation_detail": "Công nhân may, Bắc Ninh",
    "joined_on": "2019-03-26", "status": "DANG_SINH_HOAT",
}  # fmt: skip
_GOES = {
    "full_name": "Lò Thị Phương Thảo", "born_on": "2003-04-03", "sex": "NU", "id_number": "014303001234",
    "phone": "0977206114", "occupation_detail": "Công nhân may ở Bắc Ninh", "joined_on": "2019-05-26",
    "card_no": "00412877", "status": "DANG_SINH_HOAT",
}  # fmt: skip


def _list() -> QWidget:
    page = DuplicatesPage()
    page.show_entries(
        ENTRIES, {Tab.OPEN: len(ENTRIES), Tab.DIFFERENT: 3, Tab.REFUSED: 1, Tab.MERGED: 2}, filtered=False
    )
    return in_shell("duplicates", page)


def _merge() -> QWidget:
    page = MergePage()
    merging = Merging(
        _side(1, "Lò Thị Phương Thảo", NA_LECH, "2003-04-30"),
        _side(2, "Lò Thị Phương Thảo", SCHOOL, "2003-04-03"),
        tuple(proposed(_STAYS, _GOES, frozenset({"phone"}))),
    )
    page.show_merging(merging, vocabulary())
    taken = {"phone": Take.THEIRS, "occupation_detail": Take.MINE, "joined_on": Take.MINE}
    page.show_taken(taken, left=1)
    return in_shell("duplicates", page)


def _empty() -> QWidget:
    page = DuplicatesPage()
    page.show_entries((), dict.fromkeys(Tab, 0), filtered=False)
    return in_shell("duplicates", page)


def scenes() -> list[Scene]:
    """Return the scenes of this screen."""
    return [
        Scene("duplicates", _list, dark=True),
        Scene("duplicates-merge", _merge, dark=True),
        Scene("duplicates-empty", _empty),
    ]
