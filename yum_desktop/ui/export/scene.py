"""Pictures of the window of an export."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from yum_desktop.exchange.excel.out_layout import layouts
from yum_desktop.ui.asking import QtAsker
from yum_desktop.ui.export.presenter import ExportPresenter, ExportSources, Subject
from yum_desktop.ui.export.view import ExportDialog
from yum_desktop.ui.scenes import NOW, Scene, SceneJobs


def _window(then: Callable[[ExportDialog], object]) -> QWidget:
    window = QWidget()
    dialog = ExportDialog(window)
    dialog.setWindowFlags(Qt.WindowType.Widget)
    QVBoxLayout(window).addWidget(dialog, 0, Qt.AlignmentFlag.AlignCenter)
    subject = Subject([UUID(int=n) for n in range(412)], "Đoàn xã Mường Vạt", None)

    def write(*_args: object) -> None:
        raise AssertionError("nothing is written in a picture")

    sources = ExportSources(layouts, write)  # type: ignore[arg-type]  # it never returns
    dialog.presenter = ExportPresenter(dialog, SceneJobs(), sources, QtAsker(window), subject, NOW.date())
    dialog.presenter.begin()
    then(dialog)
    return window


def _full(dialog: ExportDialog) -> None:
    dialog.full.setChecked(True)
    dialog.reason.setText("Nộp")
    dialog.protect.setChecked(True)
    dialog.go.click()


def _done(dialog: ExportDialog) -> None:
    dialog.show_done("Đã ghi 412 người, 12 trang, vào phieu-bo-sung-doan-xa-muong-vat-24-11-2026.xlsx", Path("a.xlsx"))


def scenes() -> list[Scene]:
    """Return the pictures of this window."""
    return [
        Scene("xuat-excel", lambda: _window(lambda _dialog: None), dark=True),
        Scene("xuat-excel-thieu-ly-do", lambda: _window(_full)),
        Scene("xuat-excel-dang-ghi", lambda: _window(lambda dialog: dialog.show_progress(200, 412))),
        Scene("xuat-excel-xong", lambda: _window(_done)),
    ]
