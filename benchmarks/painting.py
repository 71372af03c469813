"""Tells when the list of members has been painted."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from typing_extensions import override

from yum_desktop.ui.members.view import MembersPage


class Painted(QObject):
    """Calls `told` once for each time the page was `awaited`: when table or its replacement shows the new rows.

    Args:
        page: The list of members.
        told: Called after the painting.
    """

    def __init__(self, page: MembersPage, told: Callable[[], None]) -> None:
        super().__init__(page)
        self._told = told
        self._arrived = False
        page.model.modelReset.connect(self._reset)
        for surface in (page.table.viewport(), page.empty):
            surface.installEventFilter(self)

    def _reset(self) -> None:
        self._arrived = True

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice a painting after rows have arrived."""
        if self._arrived and event.type() is QEvent.Type.Paint:
            self._arrived = False
            QTimer.singleShot(0, self, self._told)
        return False
