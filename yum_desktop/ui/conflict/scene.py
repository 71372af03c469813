"""Pictures of the conflict page with invented people."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from PySide6.QtWidgets import QWidget

from yum_desktop.registry.views import ConflictField, ConflictRow
from yum_desktop.ui.conflict.presenter import Choice, Side, pair_of
from yum_desktop.ui.conflict.view import ConflictPage
from yum_desktop.ui.members.scene import vocabulary
from yum_desktop.ui.scenes import NOW, Scene, SceneClock, in_shell

ROW = ConflictRow(
    conflict_id=UUID(int=900),
    kind="member",
    record_id=UUID(int=505),
    title="Lò Thị Phương Thảo",
    unit_name="Chi đoàn bản Nà Lếch",
    fields=(
        ConflictField("phone", "Điện thoại", "0388417509", "0388417590", "0977206114", identifies=False),
        ConflictField("born_on", "Ngày sinh", "2003-04-30", "2002-04-30", "2003-04-03", identifies=True),
        ConflictField("joined_on", "Ngày vào Đoàn", None, "2019-03-26", "2019-05-26", identifies=False),
    ),
    merged=("occupation_detail", "email"),
    mine_account="Lò Thị Hạnh",
    mine_device="Văn phòng Đoàn xã 1",
    mine_at=NOW - timedelta(hours=20),
    theirs_account="Cà Văn Dũng",
    theirs_device="Máy bản Nà Lếch",
    theirs_at=NOW - timedelta(days=2),
    status="open",
)
"""A conflict in three fields."""
_MERGED = {"occupation_detail": "Công nhân may, Bắc Ninh", "email": "thaolo.mv@example.vn"}


def _settled(place: int, title: str, by: str, days: int) -> ConflictRow:
    at = NOW - timedelta(days=days)
    return replace(
        ROW,
        conflict_id=UUID(int=place),
        title=title,
        status="settled",
        settled_by=by,
        settled_at=at,
        fields=ROW.fields[:1],
    )


def _page() -> QWidget:
    page = ConflictPage(SceneClock())
    second = replace(ROW, conflict_id=UUID(int=901), title="Tòng Văn Ổn", fields=ROW.fields[:1])
    settled = (_settled(902, "Hà Thị Hồng Ngát", "Cầm Thị Ánh", 7), _settled(903, "Vì Văn Tướng", "Lò Thị Hạnh", 12))
    page.show_lists((ROW, second), settled, ROW.conflict_id)
    page.show_conflict(pair_of(ROW, "Lò Thị Hạnh", vocabulary(), _MERGED))
    page.show_choices({"phone": Choice(Side.MINE, "0388417590")}, left=2)
    return in_shell("sync", page)


def scenes() -> list[Scene]:
    """Return the scenes of this screen."""
    return [Scene("conflict", _page, dark=True)]
