"""Pictures of every screen: ``python -m yum_desktop.ui.screens OUTDIR [NAME...]``."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from yum_desktop.ui.scenes import Scene, all_scenes
from yum_desktop.ui.theme import Scheme, Theme


@dataclass(frozen=True, slots=True)
class Screen:
    """A size of the window, in px of the program, and how many px of the screen each takes."""

    size: QSize
    scale: float = 1.0

    @property
    def name(self) -> str:
        """The size as part of a file's name."""
        scale = "" if self.scale == 1 else f"@{self.scale:g}"
        return f"{self.size.width()}x{self.size.height()}{scale}"


SCREENS: Final = (Screen(QSize(1366, 696)), Screen(QSize(1920, 1017)), Screen(QSize(1280, 648), 1.5))


def picture(widget: QWidget, screen: Screen, app: QApplication) -> QPixmap:
    """Return the widget as it looks on a screen."""
    widget.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    widget.setFixedSize(screen.size)
    widget.show()
    for _ in range(4):  # layouts settle, and ask for another round
        app.sendPostedEvents(None, 0)
        app.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
    pixmap = QPixmap(screen.size * screen.scale)
    pixmap.setDevicePixelRatio(screen.scale)
    widget.render(pixmap)
    return pixmap


def photograph(scenes: Sequence[Scene], folder: Path, app: QApplication) -> list[Path]:
    """Write a PNG of each scene at each reference size, and in the dark colours where the scene asks for it."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for scheme in (Scheme.LIGHT, Scheme.DARK):
        Theme.install(app, scheme=scheme)
        for scene in scenes:
            screens = SCREENS if scheme is Scheme.LIGHT else SCREENS[:1] if scene.dark else ()
            for screen in screens:
                tone = "" if scheme is Scheme.LIGHT else "-dark"
                path = folder / f"{scene.name}-{screen.name}{tone}.png"
                widget = scene.build()
                saved = picture(widget, screen, app).save(str(path))
                assert saved, f"the picture {path.name} can be written"
                widget.close()
                widget.deleteLater()
                app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
                written.append(path)
    return written


def run(arguments: Sequence[str]) -> int:
    """Write the pictures; the arguments are the folder and, if not all are wanted, names of scenes."""
    known = {scene.name for scene in all_scenes()}
    unknown = sorted(set(arguments[1:]) - known)
    if not arguments or arguments[0].startswith("-") or unknown:
        said = f"no such scene: {', '.join(unknown)}; there are: {', '.join(sorted(known))}\n" if unknown else ""
        sys.stderr.write(f"{said}python -m yum_desktop.ui.screens OUTDIR [NAME...]\n")
        return 2
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication(["yum-desktop"])
    Theme.install(app, scheme=Scheme.LIGHT)
    wanted = set(arguments[1:])
    scenes = [scene for scene in all_scenes() if not wanted or scene.name in wanted]
    for path in photograph(scenes, Path(arguments[0]), app):
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
