"""Pictures of the sync page with invented people."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from PySide6.QtWidgets import QWidget

from yum_desktop.domain.member import BY_NAME
from yum_desktop.registry.activity import ActivityRow
from yum_desktop.registry.views import ConflictField, ConflictRow, PendingRow, SyncState
from yum_desktop.ui.scenes import NOW, STATE, Scene, SceneClock, in_shell
from yum_desktop.ui.sync_page.presenter import Lists, Tab
from yum_desktop.ui.sync_page.view import SyncPage

_BUSY = replace(STATE, online=True, busy=True, busy_rows=5, busy_rows_total=12, busy_bytes=18_000)
_PENDING = (
    ("Tòng Thị Yến", "edit", ("phone", "email"), "in_flight"),
    ("Sùng A Chứ", "create", ("full_name", "born_on", "id_number"), "pending"),
    ("Quàng Văn Ổn", "edit", ("residence_detail",), "pending"),
    ("Vì Thị Sơ", "delete", (), "pending"),
)


def _pending(place: int, title: str, operation: str, fields: tuple[str, ...], status: str) -> PendingRow:
    return PendingRow(
        change_id=UUID(int=place),
        kind="member",
        record_id=UUID(int=100 + place),
        operation=operation,
        title=title,
        unit_name="Chi đoàn bản Nà Lếch",
        fields=fields,
        status=status,
        at=NOW - timedelta(hours=3 * place + 1),
        code="identity.duplicate" if status == "refused" else None,
        field="id_number" if status == "refused" else None,
        text="Số này đã có ở một người của đơn vị khác. Xem lại thẻ căn cước" if status == "refused" else None,
    )


def lists() -> Lists:
    """Return the lists of the pictures."""
    pending = tuple(_pending(place, *row) for place, row in enumerate(_PENDING, 1))
    refused = (_pending(9, "Lò Văn Ổn", "create", ("full_name", "id_number"), "refused"),)
    conflict = ConflictRow(
        conflict_id=UUID(int=900),
        kind="member",
        record_id=UUID(int=505),
        title="Lò Thị Phương Thảo",
        unit_name="Chi đoàn bản Nà Lếch",
        fields=(ConflictField("phone", "Điện thoại", "0388417509", "0388417590", "0388417599", identifies=False),),
        merged=("email",),
        mine_account="Lò Thị Hạnh",
        mine_device="Văn phòng Đoàn xã 1",
        mine_at=NOW - timedelta(days=1),
        theirs_account="Quàng Văn Ổn",
        theirs_device="Máy bản Nà Lếch",
        theirs_at=NOW - timedelta(days=2),
        status="open",
    )
    history = tuple(
        ActivityRow(
            kind="member",
            record_id=UUID(int=300 + place),
            operation=operation,
            title=title,
            unit_name="Chi đoàn bản Nà Lếch",
            fields=tuple(BY_NAME[name].label for name in fields),
            account="Lò Thị Hạnh" if place % 2 else "Cà Văn Dũng",
            device="Văn phòng Đoàn xã 1",
            at=NOW - timedelta(hours=5 * place + 1),
            channel="desktop",
            waiting=place < 3,
        )
        for place, (title, operation, fields, _) in enumerate(_PENDING, 1)
    )
    return Lists(pending, refused, (conflict,), history)


def _page(tab: Tab, state: SyncState = STATE) -> QWidget:
    page = SyncPage(SceneClock())
    page.show_lists(lists())
    page.show_state(state)
    page.show_tab(tab)
    page.tables[tab].select_row(0)
    return in_shell("sync", page, state)


def scenes() -> list[Scene]:
    """Return the scenes of this screen."""
    return [
        Scene("sync-pending", lambda: _page(Tab.PENDING, _BUSY)),
        Scene("sync-refused", lambda: _page(Tab.REFUSED)),
        Scene("sync-conflicts", lambda: _page(Tab.CONFLICTS)),
        Scene("sync-history", lambda: _page(Tab.HISTORY)),
    ]
