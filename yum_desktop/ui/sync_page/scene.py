"""Pictures of the sync page with invented people."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from yum_desktop.domain.member import BY_NAME
from yum_desktop.registry.activity import ActivityRow
from yum_desktop.registry.refusals import text_of
from yum_desktop.registry.views import ConflictField, ConflictRow, HandoverField, HandoverRow, PendingRow, SyncState
from yum_desktop.ui.asking import Question, QuestionDialog
from yum_desktop.ui.members.scene import vocabulary
from yum_desktop.ui.scenes import NOW, STATE, Scene, SceneClock, in_shell
from yum_desktop.ui.sync_page import anew, settling, sign_in
from yum_desktop.ui.sync_page.handover import HandoverDialog
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


RECEIVED = (
    HandoverRow(
        handover_id=UUID(int=950),
        mine=False,
        kind="member",
        record_id=UUID(int=550),
        operation="edit",
        title="Quàng Thị Mai Hoa",
        from_name="Đoàn xã Chiềng Lề",
        to_name="Chi đoàn bản Nà Lếch",
        fields=(
            HandoverField("phone", "Điện thoại", "0388417509", "0388417590", "0977206114"),
            HandoverField("born_on", "Ngày sinh", "2003-04", "2003-04-30", "2003-04"),
            HandoverField("sex", "Giới tính", None, "NU", None),
        ),
        account="Lò Thị Hạnh",
        device="Văn phòng Đoàn xã Chiềng Lề",
        at=NOW - timedelta(days=3),
        state="waiting",
    ),
    HandoverRow(
        handover_id=UUID(int=951),
        mine=False,
        kind="member",
        record_id=UUID(int=551),
        operation="delete",
        title="Vì Văn Sơ",
        from_name="Đoàn xã Chiềng Lề",
        to_name="Chi đoàn bản Nà Lếch",
        fields=(),
        account="Lò Thị Hạnh",
        device="Văn phòng Đoàn xã Chiềng Lề",
        at=NOW - timedelta(days=3),
        state="waiting",
    ),
)
HANDED = tuple(
    replace(
        RECEIVED[0],
        handover_id=UUID(int=960 + place),
        mine=True,
        title=title,
        to_name="Chi đoàn bản Huổi Lướng",
        fields=RECEIVED[0].fields[:2],
        state=state,
        decided_by="Cà Văn Dũng" if state != "waiting" else None,
        decided_at=NOW - timedelta(hours=5) if state != "waiting" else None,
        why="Người này đã đổi số, xem căn cước mới" if state == "returned" else "",
    )
    for place, (title, state) in enumerate(
        (("Lường Thị Inh", "waiting"), ("Tòng Văn Pản", "returned"), ("Cầm Thị Ánh", "accepted"))
    )
)


def _conflicts() -> Lists:
    """Return lists with more conflicts than anybody wants to open."""
    one = lists().conflicts[0]
    names = ("Lò Thị Phương Thảo", "Quàng Văn Panh", "Vì Thị Inh", "Cà Thị Mai", "Tòng Văn Sơn", "Lường Văn Hặc")
    born = ConflictField("born_on", "Ngày sinh", "2004", "2004-05-06", "2004-06-05", identifies=True)
    rows = [
        replace(one, conflict_id=UUID(int=900 + n), record_id=UUID(int=505 + n), title=name)
        for n, name in enumerate(names)
    ]
    rows[-1] = replace(rows[-1], fields=(born, *one.fields))
    return replace(lists(), conflicts=tuple(rows))


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
    return Lists(pending, refused, (conflict,), history, RECEIVED, HANDED)


def _page(tab: Tab, state: SyncState = STATE, shown: Lists | None = None) -> QWidget:
    page = SyncPage(SceneClock())
    page.show_lists(shown or lists())
    page.show_state(state)
    page.show_tab(tab)
    page.tables[tab].select_row(0)
    return in_shell("sync", page, state)


def _handover(row: HandoverRow) -> QWidget:
    """Return what lies over the page, alone on a window."""
    window = QWidget()
    dialog = HandoverDialog(row, vocabulary(), NOW, window)
    dialog.setWindowFlags(Qt.WindowType.Widget)
    QVBoxLayout(window).addWidget(dialog, 0, Qt.AlignmentFlag.AlignCenter)
    return window


def _stopped(code: str, text: str | None = None) -> SyncState:
    """Return the state after an exchange that ended with an error."""
    return replace(STATE, online=True, error_code=code, error_text=text or text_of(code))


def _asked(question: Question) -> QWidget:
    """Return a question alone on a window."""
    window = QWidget()
    dialog = QuestionDialog(question, lambda _answer: None, window)
    dialog.setWindowFlags(Qt.WindowType.Widget)
    QVBoxLayout(window).addWidget(dialog, 0, Qt.AlignmentFlag.AlignCenter)
    return window


def scenes() -> list[Scene]:
    """Return the scenes of this screen."""
    return [
        Scene("sync-pending", lambda: _page(Tab.PENDING, _BUSY)),
        Scene("sync-refused", lambda: _page(Tab.REFUSED)),
        Scene("sync-conflicts", lambda: _page(Tab.CONFLICTS)),
        Scene("sync-received", lambda: _page(Tab.RECEIVED, replace(STATE, received=2))),
        Scene("sync-handed", lambda: _page(Tab.HANDED)),
        Scene("sync-received-one", lambda: _handover(RECEIVED[0])),
        Scene("sync-handed-one", lambda: _handover(HANDED[1])),
        Scene("sync-history", lambda: _page(Tab.HISTORY)),
        Scene("sync-many-conflicts", lambda: _page(Tab.CONFLICTS, shown=_conflicts())),
        Scene("sync-settle-all", lambda: _asked(settling.question(*settling.counted(_conflicts().conflicts)))),
        Scene("sync-went-back", lambda: _page(Tab.PENDING, _stopped("server.went_back")), dark=True),
        Scene("sync-went-back-question", lambda: _asked(anew.question())),
        Scene("sync-signed-out", lambda: _page(Tab.PENDING, _stopped("auth.expired"))),
        Scene("sync-signed-out-question", lambda: _asked(sign_in.question("xa-muong-vat"))),
        Scene(
            "sync-clock",
            lambda: _page(Tab.PENDING, _stopped("clock.wrong", text_of("clock.wrong").replace("{0}", "2 ngày"))),
        ),
    ]
