import itertools
import re
import subprocess
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor, QFont, QFontDatabase, QImage, QPainter
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from yum_desktop.registry.paths import resources_dir
from yum_desktop.ui.theme import DATA_FONT, STATES, WORDS_FONT, Scheme, Theme, Type, current_theme, load_tokens
from yum_desktop.ui.widgets.text import Label

GROUNDS = ("bg", "surface", "surface-alt", "nav", "row-hover", "row-select")
MARKS = "ẪỄỔẨỰỢ"
LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ"


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", list(Scheme))
@pytest.mark.parametrize("role", ["text", "text-soft", "text-hint"])
def test_text_can_be_read_on_every_ground(scheme: Scheme, role: str) -> None:
    roles = load_tokens()[scheme]
    assert min(contrast(roles[role], roles[ground]) for ground in GROUNDS) >= 4.5


@pytest.mark.parametrize("scheme", list(Scheme))
@pytest.mark.parametrize("state", STATES)
def test_a_state_can_be_read_on_its_own_ground_and_on_every_row(scheme: Scheme, state: str) -> None:
    roles = load_tokens()[scheme]
    grounds = [roles[f"{state}-soft"], *(roles[ground] for ground in GROUNDS)]
    assert min(contrast(roles[state], ground) for ground in grounds) >= 4.5


@pytest.mark.parametrize("scheme", list(Scheme))
def test_edges_of_controls_and_the_focus_stand_out(scheme: Scheme) -> None:
    roles = load_tokens()[scheme]
    for edge, ground in itertools.product(("line-strong", "focus"), ("bg", "surface", "surface-alt")):
        assert contrast(roles[edge], roles[ground]) >= 3


@pytest.mark.parametrize("scheme", list(Scheme))
def test_words_on_filled_buttons_and_messages_can_be_read(scheme: Scheme) -> None:
    roles = load_tokens()[scheme]
    assert contrast(roles["on-accent"], roles["accent"]) >= 4.5
    assert contrast(roles["on-accent"], roles["accent-hover"]) >= 4.5
    assert contrast(roles["on-toast"], roles["toast"]) >= 4.5
    assert contrast(roles["toast-link"], roles["toast"]) >= 4.5


def test_every_scheme_has_the_same_roles() -> None:
    first, *others = (set(roles) for roles in load_tokens().values())
    assert all(other == first for other in others)


def test_no_screen_writes_a_colour() -> None:
    folder = Path(__file__).parents[2] / "yum_desktop" / "ui"
    written = [path.name for path in folder.rglob("*.py") if re.search(r"#[0-9a-fA-F]{3,8}\b", path.read_text("utf-8"))]
    assert not written


def test_both_families_are_shipped_in_three_weights() -> None:
    for family in (WORDS_FONT, DATA_FONT):
        weights = {QFontDatabase.weight(family, style) for style in QFontDatabase.styles(family)}
        assert {QFont.Weight.Normal, QFont.Weight.Medium, QFont.Weight.DemiBold} <= weights


@pytest.mark.parametrize("family", [WORDS_FONT, DATA_FONT])
def test_a_font_has_every_vietnamese_letter(family: str) -> None:
    font = current_theme().font(Type.BODY, data=family == DATA_FONT)
    assert font.family() == family
    from PySide6.QtGui import QFontMetrics  # noqa: PLC0415  # only here

    metrics = QFontMetrics(font)
    assert all(metrics.inFontUcs4(ord(letter)) for letter in LETTERS + LETTERS.upper())


def ink(image: QImage) -> int:
    ground = image.pixelColor(0, image.height() - 1)
    return sum(image.pixelColor(x, y) != ground for x in range(image.width()) for y in range(image.height()))


def drawn_freely(font: QFont, color: QColor, ground: QColor) -> int:
    image = QImage(600, 120, QImage.Format.Format_RGB32)
    image.fill(ground)
    painter = QPainter(image)
    painter.setFont(font)
    painter.setPen(color)
    painter.drawText(20, 80, MARKS)
    painter.end()
    return ink(image)


@pytest.mark.parametrize("style", list(Type))
@pytest.mark.parametrize("data", [False, True])
def test_marks_are_not_cut(qtbot: QtBot, style: Type, *, data: bool) -> None:
    theme = current_theme()
    label = Label(MARKS, style, data=data)
    qtbot.addWidget(label)
    label.ensurePolished()
    label.adjustSize()
    shown = label.grab().toImage()
    whole = drawn_freely(label.font(), theme.color("text"), shown.pixelColor(0, shown.height() - 1))
    assert ink(shown) >= whole * 0.995


def test_qt_speaks_vietnamese(qtbot: QtBot) -> None:
    translate = QCoreApplication.translate
    assert translate("QPlatformTheme", "Cancel") == "Hủy"
    assert translate("QFileDialog", "File &name:") == "Tên &tệp:"
    field = QLineEdit("chữ")
    qtbot.addWidget(field)
    menu = field.createStandardContextMenu()
    assert isinstance(menu, QMenu)
    words = [action.text().split("\t")[0].replace("&", "") for action in menu.actions() if action.text()]
    menu.deleteLater()
    assert words == ["Hoàn tác", "Làm lại", "Cắt", "Chép", "Dán", "Xóa", "Chọn hết"]


def test_the_compiled_catalogue_was_made_from_the_one_people_edit(tmp_path: Path) -> None:
    folder = resources_dir() / "translations"
    made = tmp_path / "made.qm"
    import PySide6  # noqa: PLC0415  # to find its tools

    tool = Path(PySide6.__path__[0]) / "lrelease"
    subprocess.run([tool, folder / "qt_vi.ts", "-qm", made], check=True, capture_output=True)
    assert made.read_bytes() == (folder / "qt_vi.qm").read_bytes()


def test_a_change_of_scheme_reaches_palette_and_icons(qapp: QApplication) -> None:
    theme = Theme.install(qapp, scheme=Scheme.DARK)
    try:
        assert qapp.palette().window().color() == theme.color("bg")
        dark = theme.pixmap("users", "text", 18).toImage()
        theme.apply(Scheme.LIGHT)
        assert theme.pixmap("users", "text", 18).toImage() != dark
        assert load_tokens()["light"]["accent"].lower() in qapp.styleSheet().lower()
    finally:
        theme.apply(Scheme.LIGHT)
