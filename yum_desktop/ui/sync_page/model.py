"""The columns of the lists of the sync page: what, why, and the next step."""

from collections.abc import Callable
from typing import Any, Final

from PySide6.QtCore import QCoreApplication

from yum_desktop.domain.labels import KIND_LABELS, field_label
from yum_desktop.registry.activity import ActivityRow
from yum_desktop.registry.clock import Clock
from yum_desktop.registry.views import ConflictRow, HandoverRow, PendingRow
from yum_desktop.ui.formats import instant_text
from yum_desktop.ui.sync_page.presenter import MERGED, Tab
from yum_desktop.ui.widgets.badges import HANDOVER_MARKS, RECEIVED, SENDING, WAITING, WAITS_FOR_OTHERS, Mark
from yum_desktop.ui.widgets.tables import Column, RowsModel

NEXT: Final = 2
"""The column of the next step: a click on it goes there."""
_FIELDS_MAX: Final = 3


def models(clock: Clock) -> dict[Tab, RowsModel[Any]]:
    """Return an empty list for each tab."""

    def at(row: PendingRow | ActivityRow | HandoverRow) -> str:
        return instant_text(row.at, clock.now())

    def sent(row: HandoverRow) -> str:
        if row.problem is not None:
            return row.problem.text
        return _tr("{0} ghi {1}").format(row.account, instant_text(row.at, clock.now()))

    def both(row: ConflictRow) -> str:
        words = _tr("{0} và {1} cùng sửa, {2}")
        return words.format(row.mine_account, row.theirs_account, instant_text(row.mine_at, clock.now()))

    columns: dict[Tab, list[Column[Any]]] = {
        Tab.PENDING: [
            _name(_where),
            Column(title=_tr("Thay đổi"), text=_pending_text, detail=_pending_fields, stretch=True),
            Column(title=_tr("Trạng thái"), text=lambda r: _travel(r).word, mark=_travel, width_px=116),
            Column(title=_tr("Lúc"), text=at, width_px=128),
        ],
        Tab.REFUSED: [
            _name(_blamed),
            Column(title=_tr("Lý do"), text=_why, detail=at, stretch=True),
            Column(title=_tr("Việc tiếp theo"), text=_repair_text, tone=_accent, width_px=136),
        ],
        Tab.CONFLICTS: [
            _name(_where),
            Column(title=_tr("Khác nhau ở"), text=_clashes, detail=both, stretch=True),
            Column(title=_tr("Việc tiếp theo"), text=lambda _: _tr("Chọn giá trị"), tone=_accent, width_px=136),
        ],
        Tab.RECEIVED: [
            _name(_came_from),
            Column(title=_tr("Thay đổi"), text=_handed_text, detail=sent, stretch=True),
            Column(title=_tr("Việc tiếp theo"), text=lambda _: _tr("Quyết định"), tone=_accent, width_px=136),
        ],
        Tab.HANDED: [
            _name(_went_to),
            Column(title=_tr("Thay đổi"), text=_handed_text, detail=_decided_text, stretch=True),
            Column(title=_tr("Trạng thái"), text=lambda r: _settled(r).word, mark=_settled, width_px=116),
            Column(title=_tr("Lúc"), text=at, width_px=128),
        ],
        Tab.HISTORY: [
            _name(_where),
            Column(title=_tr("Thay đổi"), text=_done_text, detail=_done_fields, stretch=True),
            Column(title=_tr("Trạng thái"), text=lambda r: _arrived(r).word, mark=_arrived, width_px=116),
            Column(title=_tr("Lúc"), text=at, width_px=128),
        ],
    }
    return {tab: RowsModel(given) for tab, given in columns.items()}


def next_column(tab: Tab) -> int | None:
    """Return the column that names the next step of a list."""
    return NEXT if tab in (Tab.REFUSED, Tab.CONFLICTS, Tab.RECEIVED) else None


def operation_text(operation: str) -> str:
    """Return what a change does, for people."""
    return {"create": _tr("Thêm mới"), "edit": _tr("Sửa"), "delete": _tr("Xóa")}[operation]


def _tr(text: str) -> str:
    return QCoreApplication.translate("sync", text)


def _name(detail: Callable[[Any], str]) -> Column[Any]:
    return Column(title=_tr("Hồ sơ"), text=_title, detail=detail, strong=True, width_px=236)


def _title(row: PendingRow | ConflictRow | ActivityRow | HandoverRow) -> str:
    return row.title or KIND_LABELS.get(row.kind, row.kind)


def _accent(_row: object) -> str:
    return "accent"


def _where(row: PendingRow | ConflictRow | ActivityRow) -> str:
    return " · ".join(part for part in (KIND_LABELS.get(row.kind, row.kind), row.unit_name) if part)


def _few(labels: list[str] | tuple[str, ...]) -> str:
    text = ", ".join(labels[:_FIELDS_MAX])
    more = len(labels) - _FIELDS_MAX
    return _tr("{0} và {1} mục nữa").format(text, more) if more > 0 else text


def _pending_text(row: PendingRow) -> str:
    words = {"conflict": _tr("Chọn giữa hai bản"), "handover": _tr("Quyết định bàn giao")}
    return words.get(row.kind) or operation_text(row.operation)


def _pending_fields(row: PendingRow) -> str:
    return _few([field_label(row.kind, name) for name in row.fields]) if row.operation == "edit" else ""


def _travel(row: PendingRow) -> Mark:
    return SENDING if row.status == "in_flight" else WAITING


def _blamed(row: PendingRow) -> str:
    if row.field:
        return field_label(row.kind, row.field)
    return operation_text(row.operation) if row.operation != "edit" else _pending_fields(row)


def _why(row: PendingRow) -> str:
    return row.text or row.code or ""


def _repair_text(row: PendingRow) -> str:
    if row.code == MERGED:
        return _tr("Ghi vào hồ sơ kia")
    if row.field:
        return _tr("Sửa mục này")
    return _tr("Xem lại hồ sơ")


def _came_from(row: HandoverRow) -> str:
    return _tr("Từ {0}").format(row.from_name or row.account)


def _went_to(row: HandoverRow) -> str:
    return _tr("Nay thuộc {0}").format(row.to_name or _tr("đơn vị khác"))


def _handed_text(row: HandoverRow) -> str:
    fields = _few([field.label for field in row.fields]) if row.operation == "edit" else ""
    return f"{operation_text(row.operation)} {fields}".rstrip()


def _decided_text(row: HandoverRow) -> str:
    if row.state == "returned":
        return row.why
    return _tr("{0} quyết định").format(row.decided_by) if row.decided_by else ""


def _settled(row: HandoverRow) -> Mark:
    return HANDOVER_MARKS.get(row.state, WAITS_FOR_OTHERS)


def _clashes(row: ConflictRow) -> str:
    return ", ".join(field.label for field in row.fields)


def _done_text(row: ActivityRow) -> str:
    return f"{operation_text(row.operation)} · {row.account}" if row.account else operation_text(row.operation)


def _done_fields(row: ActivityRow) -> str:
    return _few(row.fields) or row.device


def _arrived(row: ActivityRow) -> Mark:
    return WAITING if row.waiting else RECEIVED
