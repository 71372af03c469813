"""The columns of the list of cases."""

from PySide6.QtCore import QCoreApplication

from yum_desktop.domain.cases.admission import ACTION_LABELS, PROCEDURE, PROCEDURE_LABEL, Action
from yum_desktop.registry.clock import Clock
from yum_desktop.registry.views import CaseRow
from yum_desktop.ui.cases.steps import forward, is_closed, state_mark, who_acts
from yum_desktop.ui.formats import NONE, instant_text
from yum_desktop.ui.widgets.tables import Column, RowsModel


def cases_model(clock: Clock) -> RowsModel[CaseRow]:
    """Return an empty list of cases."""
    return RowsModel(
        (
            Column(
                title=_tr("Hồ sơ"),
                text=lambda row: row.title or _tr("Chưa có tên"),
                detail=lambda row: PROCEDURE_LABEL if row.procedure == PROCEDURE else row.procedure,
                strong=True,
                width_px=250,
            ),
            Column(title=_tr("Chi đoàn"), text=lambda row: row.unit_name, stretch=True),
            Column(title=_tr("Trạng thái"), text=lambda row: row.state_label, mark=state_mark, width_px=150),
            Column(title=_tr("Việc tiếp theo"), text=_next, tone=_tone, width_px=240),
            Column(title=_tr("Cập nhật"), text=lambda row: instant_text(row.updated_at, clock.now()), width_px=140),
        )
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("cases", text)


def _next(row: CaseRow) -> str:
    if is_closed(row):
        return NONE
    action = forward(row)
    return who_acts(row).rstrip(".") if action is None else ACTION_LABELS[Action(action)]


def _tone(row: CaseRow) -> str:
    return "accent" if forward(row) is not None else "text-soft"
