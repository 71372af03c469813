import os
from collections.abc import Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

import yum_desktop.ui  # noqa: F401  # keeps None alive before the first widget
from yum_desktop.ui.theme import Scheme, Theme

TOLERATED = (
    "This plugin does not support propagateSizeHints()",  # said by the offscreen platform for every window
    "This plugin does not support raise()",  # as above
    "This plugin does not support grabbing the keyboard",  # said for every list that opens
)


@pytest.fixture(scope="session", autouse=True)
def _theme(qapp: QApplication) -> Theme:
    return Theme.install(qapp, scheme=Scheme.LIGHT)


@pytest.fixture(autouse=True)
def _qt_messages_are_errors(qtlog: object) -> Iterator[None]:
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)  # windows go with their test
    records = getattr(qtlog, "records", [])
    said = [record.message for record in records if record.message not in TOLERATED]
    assert not said, f"Qt said: {said}"
