"""The columns of the list of units."""

from PySide6.QtCore import QCoreApplication

from yum_desktop.domain.text import text_key
from yum_desktop.registry.cleaning import SmallUnit
from yum_desktop.ui.formats import NONE, number_text
from yum_desktop.ui.widgets.badges import Mark
from yum_desktop.ui.widgets.tables import Column, RowsModel


def _mark(row: SmallUnit) -> Mark:
    words = QCoreApplication.translate("cleaning", "Còn thiếu {0}").format(row.members_min - row.members)
    return Mark("triangle-alert", words, "wait")


def small_model() -> RowsModel[SmallUnit]:
    """Return an empty table of units with too few members."""
    return RowsModel(
        (
            Column(
                title=QCoreApplication.translate("cleaning", "Chi đoàn"),
                text=lambda row: row.name,
                sort=lambda row: text_key(row.name),
                strong=True,
                stretch=True,
            ),
            Column(
                title=QCoreApplication.translate("cleaning", "Thuộc"),
                text=lambda row: row.above or NONE,
                sort=lambda row: text_key(row.above),
                width_px=180,
            ),
            Column(
                title=QCoreApplication.translate("cleaning", "Đoàn viên"),
                text=lambda row: number_text(row.members),
                sort=lambda row: row.members,
                width_px=100,
                right=True,
            ),
            Column(
                title=QCoreApplication.translate("cleaning", "So với mức"),
                text=lambda row: _mark(row).word,
                mark=_mark,
                width_px=140,
                plain=True,
            ),
        )
    )
