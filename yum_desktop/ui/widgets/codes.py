"""A set of values of a list."""

import json
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget
from typing_extensions import override

from yum_desktop.ui.widgets.options import Option
from yum_desktop.ui.widgets.ticks import Tick


class CodesField(QWidget):
    """Boxes to tick; `left` follows every tick."""

    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ticks: dict[str, Tick] = {}
        self._others: list[str] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 4, 0, 4)
        self._column.setSpacing(2)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def set_options(self, options: Sequence[Option]) -> None:
        """Offer the values of a list."""
        if list(self._ticks) == [option.code for option in options]:
            return
        for tick in self._ticks.values():
            self._column.removeWidget(tick)
            tick.deleteLater()
        self._ticks = {option.code: Tick(option.label, self) for option in options}
        for tick in self._ticks.values():
            tick.clicked.connect(self.left)
            self._column.addWidget(tick)

    def set_codes(self, text: str) -> None:
        """Tick the codes of a JSON list; codes that are not offered are kept."""
        codes = [str(code) for code in json.loads(text)] if text else []
        self._others = [code for code in codes if code not in self._ticks]
        for code, tick in self._ticks.items():
            tick.setChecked(code in codes)

    def codes(self) -> str:
        """Return the ticked codes as a JSON list; empty for none."""
        codes = [code for code, tick in self._ticks.items() if tick.isChecked()] + self._others
        return json.dumps(codes, ensure_ascii=False) if codes else ""

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        """Hand the focus to the first box."""
        first = next(iter(self._ticks.values()), None)
        if first is not None:
            first.setFocus(event.reason())
