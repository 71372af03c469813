"""The columns of the list of units and of the preview of a change of many records."""

from PySide6.QtCore import QCoreApplication

from yum_desktop.domain.text import text_key
from yum_desktop.registry.cleaning import SmallUnit
from yum_desktop.ui.cleaning.bulk_presenter import BulkLine
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


def _becomes(row: BulkLine) -> Mark:
    if not row.code:
        return Mark("check", QCoreApplication.translate("cleaning", "Sẽ sửa"), "ok")
    if row.code == "bulk.same":
        return Mark("circle-check", row.why, "off")
    return Mark("triangle-alert", row.why, "wait")


def bulk_model() -> RowsModel[BulkLine]:
    """Return an empty preview."""
    return RowsModel(
        (
            Column(
                title=QCoreApplication.translate("cleaning", "Họ và tên"),
                text=lambda row: row.full_name or NONE,
                strong=True,
                stretch=True,
            ),
            Column(
                title=QCoreApplication.translate("cleaning", "Chi đoàn"),
                text=lambda row: row.unit_name or NONE,
                width_px=150,
            ),
            Column(title=QCoreApplication.translate("cleaning", "Đang ghi"), text=lambda row: row.old, width_px=170),
            Column(
                title=QCoreApplication.translate("cleaning", "Sẽ ghi"),
                text=lambda row: row.new or NONE,
                tone=lambda row: "text" if row.new else "text-hint",
                width_px=170,
            ),
            Column(
                title=QCoreApplication.translate("cleaning", "Kết quả"),
                text=lambda row: _becomes(row).word,
                mark=_becomes,
                width_px=270,
                plain=True,
            ),
        )
    )
