"""The columns of the list of pairs."""

from typing import Final

from PySide6.QtCore import QCoreApplication

from yum_desktop.domain.duplicates import STRENGTH_LABELS, Strength
from yum_desktop.registry.duplicates import Side
from yum_desktop.ui.duplicates.presenter import Entry
from yum_desktop.ui.formats import day_text
from yum_desktop.ui.widgets.badges import Mark
from yum_desktop.ui.widgets.tables import Column, RowsModel

MARKS: Final = {
    Strength.STRONG: Mark("octagon-x", STRENGTH_LABELS[Strength.STRONG], "bad"),
    Strength.MEDIUM: Mark("triangle-alert", STRENGTH_LABELS[Strength.MEDIUM], "wait"),
    Strength.WEAK: Mark("circle-question-mark", STRENGTH_LABELS[Strength.WEAK], "info"),
}
MERGED: Final = Mark("git-merge", "Đã gộp", "ok")
_ORDER: Final = (Strength.STRONG, Strength.MEDIUM, Strength.WEAK)


def pairs_model() -> RowsModel[Entry]:
    """Return an empty list of pairs."""
    return RowsModel(
        (
            Column(
                title=_tr("Mức giống"),
                text=lambda row: STRENGTH_LABELS[row.strength],
                mark=lambda row: MERGED if row.merged else MARKS[row.strength],
                sort=lambda row: _ORDER.index(row.strength),
                width_px=128,
            ),
            Column(
                title=_tr("Hồ sơ này"),
                text=lambda row: row.first.full_name,
                detail=lambda row: side_text(row.first),
                sort=lambda row: row.first.full_name,
                strong=True,
                width_px=250,
            ),
            Column(title=_tr("và hồ sơ này"), text=_second, detail=_second_detail, strong=True, width_px=250),
            Column(title=_tr("Vì sao"), text=lambda row: row.why, stretch=True),
        )
    )


def side_text(side: Side) -> str:
    """Return birthday and unit of one of two records."""
    return " · ".join(part for part in (day_text(side.born_on) if side.born_on else "", side.unit_name) if part)


def _second(row: Entry) -> str:
    return row.second.full_name if row.second is not None else row.other_title


def _second_detail(row: Entry) -> str:
    return side_text(row.second) if row.second is not None else row.other_unit


def _tr(text: str) -> str:
    return QCoreApplication.translate("duplicates", text)
