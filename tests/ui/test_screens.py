"""Every screen at every reference size: nothing cut off, nothing overlapping."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from yum_desktop.ui.scenes import Scene, all_scenes
from yum_desktop.ui.screens import SCREENS, Screen, photograph, picture
from yum_desktop.ui.theme import Scheme, Theme
from yum_desktop.ui.widgets.buttons import Button
from yum_desktop.ui.widgets.text import Label

SCENES = all_scenes()


def cut(widget: QWidget) -> list[str]:
    """The words of `widget` that have less room than they need."""
    found = []
    for button in widget.findChildren(Button):
        shown = button.isVisibleTo(widget) and button.text() and type(button) is Button
        if shown and button.width() < button.sizeHint().width():
            found.append(f"button {button.text()}: {button.width()} < {button.sizeHint().width()}")
    for label in widget.findChildren(Label):
        if not label.isVisibleTo(widget) or not label.text():
            continue
        needed = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
        if label.height() < needed:
            found.append(f"label {label.text()}: {label.height()} < {needed} high")
        if not label.wordWrap() and label.width() < label.sizeHint().width():
            found.append(f"label {label.text()}: {label.width()} < {label.sizeHint().width()} wide")
    return found


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_no_word_is_cut(qapp: QApplication, scene: Scene, screen: Screen) -> None:
    widget = scene.build()
    picture(widget, screen, qapp)
    found = cut(widget)
    widget.close()
    widget.deleteLater()
    assert not found


def test_pictures_are_written_in_light_and_dark(qapp: QApplication, tmp_path: Path) -> None:
    scene = next(scene for scene in SCENES if scene.dark)
    try:
        written = photograph([scene], tmp_path / "screens", qapp)
    finally:
        Theme.install(qapp, scheme=Scheme.LIGHT)
    assert [path.name for path in written] == [
        f"{scene.name}-1366x696.png",
        f"{scene.name}-1920x1017.png",
        f"{scene.name}-1280x648@1.5.png",
        f"{scene.name}-1366x696-dark.png",
    ]
    assert all(path.stat().st_size > 10_000 for path in written)
