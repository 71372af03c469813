"""The look: fonts, colours by role, sizes, tinted icons and the style sheet, all from `resources/`.

The theme is a child of the application object, as the palette and the fonts are Qt's own. Screens name roles
(``accent``, ``bad``) and never a colour.
"""

import json
import re
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, QLocale, QObject, QRectF, QSize, Qt, QTranslator, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from yum_desktop.registry.paths import resources_dir
from yum_desktop.ui.focus import FocusRing

WORDS_FONT: Final = "Be Vietnam Pro"
"""What the program says."""
DATA_FONT: Final = "IBM Plex Sans"
"""What people entered or we counted: its digits have one width."""
BODY_PX: Final = 14
STATES: Final = ("ok", "wait", "bad", "pick", "info", "off")


class Scheme(StrEnum):
    """A set of colours."""

    LIGHT = "light"
    DARK = "dark"
    CONTRAST = "contrast"


class Type(StrEnum):
    """A style of text (size, line and weight)."""

    NUMBER = "number"
    TITLE = "title"
    HEADING = "heading"
    BODY = "body"
    STRONG = "strong"
    SMALL = "small"
    COLUMN = "column"
    TINY = "tiny"


_TYPES: Final[dict[str, tuple[int, QFont.Weight]]] = {
    Type.NUMBER: (28, QFont.Weight.DemiBold),
    Type.TITLE: (20, QFont.Weight.DemiBold),
    Type.HEADING: (16, QFont.Weight.DemiBold),
    Type.BODY: (14, QFont.Weight.Normal),
    Type.STRONG: (14, QFont.Weight.Medium),
    Type.SMALL: (13, QFont.Weight.Normal),
    Type.COLUMN: (13, QFont.Weight.DemiBold),
    Type.TINY: (12, QFont.Weight.Medium),
}


@lru_cache(1)
def load_tokens() -> dict[str, dict[str, str]]:
    """Return the colours of each scheme by role."""
    text = (resources_dir() / "styles" / "tokens.json").read_text("utf-8")
    tokens: dict[str, dict[str, str]] = json.loads(text)
    for scheme, roles in tokens.items():
        for state in STATES:
            roles[f"{state}-line"] = roles[state if scheme == Scheme.CONTRAST else f"{state}-soft"]
    return tokens


def render_sheet(template: str, roles: dict[str, str], *, body_px: int) -> str:
    """Return the style sheet: ``@role`` becomes its colour and ``36u`` becomes px at this size of text."""
    sheet = re.sub(r"@([a-z-]+)", lambda found: roles[found[1]], template)
    return re.sub(r"\b(\d+)u\b", lambda found: f"{round(int(found[1]) * body_px / BODY_PX)}px", sheet)


class Theme(QObject):
    """The look in use. Made once, by `Theme.install`."""

    changed = Signal()

    def __init__(self, app: QApplication, *, body_px: int) -> None:
        super().__init__(app)
        self.setObjectName("theme")
        self._app = app
        self._body_px = body_px
        self._scheme = Scheme.LIGHT
        self._pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}
        self._ring: FocusRing | None = None

    @staticmethod
    def install(app: QApplication, *, scheme: Scheme | None = None, body_px: int = BODY_PX) -> "Theme":
        """Give the application its fonts, Vietnamese texts and colours. Without a scheme, the system's is followed.

        Raises:
            FileNotFoundError: The shipped files are not there.
        """
        theme = app.findChild(Theme, "theme")
        if theme is None:
            theme = Theme(app, body_px=body_px)
            _load_fonts(resources_dir() / "fonts")
            QLocale.setDefault(QLocale(QLocale.Language.Vietnamese, QLocale.Country.Vietnam))
            _load_words(app, resources_dir() / "translations" / "qt_vi.qm")
            app.setStyle("Fusion")
            theme._ring = FocusRing(app, theme, lambda: theme.color("focus"))
        if scheme is None:
            app.styleHints().colorSchemeChanged.connect(theme.follow_system)
            theme.follow_system()
        else:
            theme.apply(scheme)
        return theme

    @property
    def scheme(self) -> Scheme:
        """The colours in use."""
        return self._scheme

    def follow_system(self) -> None:
        """Take the light or dark colours, as the system is set."""
        dark = self._app.styleHints().colorScheme() is Qt.ColorScheme.Dark
        self.apply(Scheme.DARK if dark else Scheme.LIGHT)

    def apply(self, scheme: Scheme) -> None:
        """Take the colours of `scheme` everywhere."""
        self._scheme = scheme
        self._pixmaps.clear()
        self._app.setFont(self.font(Type.BODY))
        self._app.setPalette(self._palette())
        template = (resources_dir() / "styles" / "app.qss").read_text("utf-8")
        self._app.setStyleSheet(render_sheet(template, load_tokens()[scheme], body_px=self._body_px))
        self.changed.emit()

    def color(self, role: str) -> QColor:
        """Return the colour of a role."""
        return QColor(load_tokens()[self._scheme][role])

    def px(self, size_px: int) -> int:
        """Return a size of the drawings at the size of text in use."""
        return round(size_px * self._body_px / BODY_PX)

    def font(self, style: Type, *, data: bool = False) -> QFont:
        """Return the font of a text style: for words of the program, or for data."""
        size_px, weight = _TYPES[style]
        font = QFont(DATA_FONT if data else WORDS_FONT)
        font.setPixelSize(self.px(size_px))
        font.setWeight(weight)
        return font

    def pixmap(self, name: str, role: str, size_px: int, ratio: float = 1.0) -> QPixmap:
        """Return an icon in the colour of `role`, `size_px` wide on the screen."""
        key = (name, role, size_px, ratio)
        found = self._pixmaps.get(key)
        if found is None:
            found = self._pixmaps[key] = _render(name, self.color(role), size_px, ratio)
        return found

    def icon(self, name: str, role: str = "text", size_px: int = 18) -> QIcon:
        """Return an icon for widgets that take one. It keeps its colour until asked for again."""
        icon = QIcon()
        for ratio in (1.0, 1.5, 2.0):
            icon.addPixmap(self.pixmap(name, role, size_px, ratio))
        return icon

    def draw_icon(self, painter: QPainter, name: str, role: str, *, left: float, top: float, size_px: int) -> None:
        """Paint an icon with its corner at (`left`, `top`)."""
        ratio = painter.device().devicePixelRatio()
        painter.drawPixmap(QRectF(left, top, size_px, size_px).toRect(), self.pixmap(name, role, size_px, ratio))

    def _palette(self) -> QPalette:
        palette = QPalette()
        for role, names in _PALETTE.items():
            palette.setColor(role, self.color(names))
        off = QPalette.ColorGroup.Disabled
        for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
            palette.setColor(off, role, self.color("text-hint"))
        return palette


_R = QPalette.ColorRole
_PALETTE: Final[dict[QPalette.ColorRole, str]] = {
    _R.Window: "bg",
    _R.WindowText: "text",
    _R.Base: "surface",
    _R.AlternateBase: "surface-alt",
    _R.Text: "text",
    _R.Button: "surface",
    _R.ButtonText: "text",
    _R.BrightText: "on-accent",
    _R.Highlight: "accent",
    _R.HighlightedText: "on-accent",
    _R.Accent: "accent",
    _R.Link: "accent",
    _R.ToolTipBase: "toast",
    _R.ToolTipText: "on-toast",
    _R.PlaceholderText: "text-hint",
    _R.Mid: "line",
    _R.Dark: "line-strong",
}


def current_theme() -> Theme:
    """Return the theme of the running application."""
    app = QApplication.instance()
    theme = app.findChild(Theme, "theme") if app is not None else None
    assert theme is not None, "Theme.install comes before the first widget"
    return theme


def _load_fonts(folder: Path) -> None:
    for path in sorted(folder.glob("*.ttf")):
        number = QFontDatabase.addApplicationFont(str(path))
        assert number >= 0, f"the font {path.name} can be read"


def _load_words(app: QApplication, path: Path) -> None:
    """Give Qt its own words in Vietnamese: it ships no such catalogue. Made by ``pyside6-lrelease qt_vi.ts``."""
    catalogue = QTranslator(app)
    loaded = catalogue.load(str(path))
    assert loaded, f"the catalogue {path.name} can be read"
    app.installTranslator(catalogue)


@lru_cache(256)
def _source(name: str) -> str:
    return (resources_dir() / "icons" / f"{name}.svg").read_text("utf-8")


def _render(name: str, color: QColor, size_px: int, ratio: float) -> QPixmap:
    text = _source(name).replace("currentColor", color.name())
    renderer = QSvgRenderer(QByteArray(text.encode()))
    pixmap = QPixmap(QSize(round(size_px * ratio), round(size_px * ratio)))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
