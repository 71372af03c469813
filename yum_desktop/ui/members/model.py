"""The columns of the member table."""

from functools import lru_cache

from PySide6.QtCore import QCoreApplication

from yum_desktop.domain.member import BY_NAME
from yum_desktop.registry.views import MemberRow
from yum_desktop.ui.formats import NONE, day_text, phone_text
from yum_desktop.ui.widgets.badges import RECEIVED, STATE_MARKS, Mark
from yum_desktop.ui.widgets.tables import Column, RowsModel


def missing_mark(row: MemberRow) -> Mark | None:
    """Return what a record still needs: named when it is one, counted when it is more."""
    if not row.missing:
        return None
    if len(row.missing) == 1:
        return Mark("triangle-alert", BY_NAME[row.missing[0]].label, "wait")
    words = QCoreApplication.translate("members", "{0} mục").format(len(row.missing))
    return Mark("triangle-alert", words, "wait")


@lru_cache(4_096)
def _rank(missing: tuple[str, ...]) -> str:
    """Return a text that sorts by how much is missing, then by what."""
    return f"{len(missing):03} {' '.join(missing)}"


def _missing_text(row: MemberRow) -> str:
    mark = missing_mark(row)
    return QCoreApplication.translate("members", "Đủ") if mark is None else mark.word


def _state(row: MemberRow) -> Mark:
    return STATE_MARKS.get(row.state, RECEIVED)


def members_model() -> RowsModel[MemberRow]:
    """Return an empty table of members. It is given them by name: who is alike in a column stays in that order."""
    columns: tuple[Column[MemberRow], ...] = (
        Column(
            title=QCoreApplication.translate("members", "Họ và tên"),
            text=lambda row: row.full_name,
            sort=lambda row: row.sort_key,
            strong=True,
            stretch=True,
        ),
        Column(
            title=QCoreApplication.translate("members", "Ngày sinh"),
            text=lambda row: day_text(row.born_on),
            sort=lambda row: row.born_on or "",
            width_px=104,
        ),
        Column(
            title=QCoreApplication.translate("members", "Điện thoại"),
            text=lambda row: phone_text(row.phone),
            sort=lambda row: row.phone or "",
            width_px=114,
        ),
        Column(
            title=QCoreApplication.translate("members", "Chi đoàn"),
            text=lambda row: row.unit_name or NONE,
            sort=lambda row: row.unit_name,
            width_px=150,
        ),
        Column(
            title=QCoreApplication.translate("members", "Còn thiếu"),
            text=_missing_text,
            sort=lambda row: _rank(row.missing),
            mark=missing_mark,
            tone=lambda _row: "text-soft",
            width_px=112,
            plain=True,
        ),
        Column(
            title=QCoreApplication.translate("members", "Đồng bộ"),
            text=lambda row: _state(row).word,
            sort=lambda row: ("ok", "wait", "pick", "bad").index(row.state),
            mark=_state,
            width_px=110,
        ),
    )
    return RowsModel(columns)


OUT_NAMES = ("full_name", "born_on", "phone", "@unit", "@missing", "@state")
"""What layouts of files call what the columns hold."""

PHONE_COLUMN, UNIT_COLUMN = 2, 3
"""Hidden where there is no room; the unit also where all rows are of one."""
