"""Gestures with types: pytest-qt's own have none."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
PLAIN = Qt.KeyboardModifier.NoModifier


def press(widget: QWidget, key: Qt.Key, held: Qt.KeyboardModifier = PLAIN) -> None:
    """Press a key; a list that is open gets it first, as on a real screen."""
    QTest.keyClick(QApplication.activePopupWidget() or widget, key, held)


def write(widget: QWidget, text: str) -> None:
    """Type letters. Qt's own typist stops at the first Vietnamese one."""
    for letter in text:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(QApplication.activePopupWidget() or widget, QKeyEvent(kind, 0, PLAIN, letter))


def click(widget: QWidget) -> None:
    """Press the left button of the mouse in the middle."""
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)
