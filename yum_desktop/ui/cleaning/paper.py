"""Sheets to be filled in by hand, as pages of A4: large boxes, one for each missing field, no number in clear."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPageLayout,
    QPageSize,
    QPainter,
    QPaintEvent,
    QPdfWriter,
    QPen,
)
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from yum_desktop.domain.cleaning import GAP_LABELS
from yum_desktop.domain.member import BY_NAME, Shape
from yum_desktop.registry.sheets import SheetPerson, Sheets, SheetUnit
from yum_desktop.ui.theme import DATA_FONT, WORDS_FONT

_DPI: Final = 300
_INCH_MM: Final = 25.4
_WIDTH_MM, _HEIGHT_MM = 210.0, 297.0
_LEFT_MM, _RIGHT_MM, _TOP_MM, _BOTTOM_MM = 15.0, 15.0, 14.0, 18.0
_HEAD_MM, _NAME_MM, _ROW_MM, _GAP_MM = 20.0, 9.0, 11.0, 5.0
_LABEL_MM, _BOX_MM, _CELL_MM = 33.0, 8.0, 5.2
_HALF_MM: Final = (_WIDTH_MM - _LEFT_MM - _RIGHT_MM) / 2
_DIGITS: Final = {Shape.PHONE: (10,), Shape.IDENTITY: (12,), Shape.DAY: (2, 2, 4)}
"""How many digits stand together; groups are divided by a stroke."""
_WHOLE: Final = (Shape.IDENTITY, Shape.TEXT, Shape.NAME, Shape.EMAIL, Shape.PLACE, Shape.CODES)
_WORDS = Qt.TextFlag.TextWordWrap.value | Qt.AlignmentFlag.AlignVCenter.value | Qt.TextFlag.TextDontClip.value


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of a chapter: its people, each with a number that goes on from page to page."""

    unit: SheetUnit
    people: Sequence[tuple[int, SheetPerson]]


def pdf(sheets: Sheets) -> tuple[bytes, int]:
    """Return the sheets as a PDF, and how many pages it has. It needs the fonts of the program, not its screen."""
    pages = _pages(sheets)
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(_DPI)
    writer.setPageLayout(
        QPageLayout(QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, QMarginsF(0, 0, 0, 0))
    )
    writer.setTitle(f"Phiếu bổ sung hồ sơ: {GAP_LABELS[sheets.gap]}")
    writer.setCreator("Yum Desktop")
    painter = QPainter(writer)
    for number, page in enumerate(pages, 1):
        if number > 1:
            writer.newPage()
        paint_page(painter, sheets, page, number, len(pages))
    painter.end()
    buffer.close()
    return bytes(content.data()), len(pages)


def _pages(sheets: Sheets) -> list[_Page]:
    """Return who stands on which page: nobody is cut by its end, and each chapter begins a new one."""
    room = _HEIGHT_MM - _TOP_MM - _BOTTOM_MM - _HEAD_MM
    pages: list[_Page] = []
    for unit in sheets.units:
        here: list[tuple[int, SheetPerson]] = []
        used = 0.0
        for number, person in enumerate(unit.people, 1):
            height = _height(person, sheets)
            if here and used + height > room:
                pages.append(_Page(unit, here))
                here, used = [], 0.0
            here.append((number, person))
            used += height
        pages.append(_Page(unit, here))
    return pages


def _rows(person: SheetPerson, sheets: Sheets) -> list[tuple[str, ...]]:
    """Return the fields of a person line by line: two short ones share a line."""
    rows: list[tuple[str, ...]] = []
    for name in person.fields:
        if rows and len(rows[-1]) == 1 and not _is_whole(rows[-1][0], sheets) and not _is_whole(name, sheets):
            rows[-1] = (rows[-1][0], name)
        else:
            rows.append((name,))
    return rows


def _is_whole(name: str, sheets: Sheets) -> bool:
    """Return whether a field takes a line for itself."""
    if name in sheets.ticks:
        return sum(len(label) for label in sheets.ticks[name]) > 14
    return BY_NAME[name].shape in _WHOLE or BY_NAME[name].shape is Shape.CODE


def _height(person: SheetPerson, sheets: Sheets) -> float:
    return _NAME_MM + _ROW_MM * len(_rows(person, sheets)) + _GAP_MM


def _px(mm: float) -> float:
    return mm * _DPI / _INCH_MM


def _box(left: float, top: float, width: float, height: float) -> QRectF:
    return QRectF(_px(left), _px(top), _px(width), _px(height))


def _font(family: str, points: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    font = QFont(family)
    font.setPixelSize(round(points / 72 * _DPI))
    font.setWeight(weight)
    return font


def paint_page(painter: QPainter, sheets: Sheets, page: _Page, number: int, total: int) -> None:
    """Paint one page; the painter's unit is a dot of the sheet."""
    painter.setPen(QColor(Qt.GlobalColor.black))
    _paint_head(painter, sheets, page)
    top = _TOP_MM + _HEAD_MM
    for place, person in page.people:
        _paint_person(painter, sheets, place, person, top)
        top += _height(person, sheets)
    foot = _box(_LEFT_MM, _HEIGHT_MM - _BOTTOM_MM + 4, _WIDTH_MM - _LEFT_MM - _RIGHT_MM, 8)
    painter.setFont(_font(WORDS_FONT, 8.5))
    said = f"In {sheets.on:%d/%m/%Y} · {sheets.account} · Nhập xong thì hủy phiếu"
    painter.drawText(foot, _WORDS, said)
    painter.drawText(foot, _WORDS | Qt.AlignmentFlag.AlignRight.value, f"Trang {number}/{total}")


def _paint_head(painter: QPainter, sheets: Sheets, page: _Page) -> None:
    across = _WIDTH_MM - _LEFT_MM - _RIGHT_MM
    painter.setFont(_fitting(page.unit.name, across, 15))
    painter.drawText(_box(_LEFT_MM, _TOP_MM, across, 8), _WORDS, page.unit.name)
    painter.setFont(_font(WORDS_FONT, 10))
    people = f"{len(page.unit.people)} người"
    said = f"Phiếu bổ sung hồ sơ: {GAP_LABELS[sheets.gap]} · {people} · Ngày ghi: ……/……/………… · Người ghi: ……………………"
    painter.drawText(_box(_LEFT_MM, _TOP_MM + 8, across, 7), _WORDS, said)
    painter.setPen(QPen(QColor(Qt.GlobalColor.black), _px(0.35)))
    line = _px(_TOP_MM + _HEAD_MM - 3)
    painter.drawLine(round(_px(_LEFT_MM)), round(line), round(_px(_WIDTH_MM - _RIGHT_MM)), round(line))


def _fitting(text: str, across_mm: float, points: float) -> QFont:
    """Return a font in which a name fits into a line: names are not cut."""
    font = _font(WORDS_FONT, points, QFont.Weight.DemiBold)
    width = QFontMetricsF(font).horizontalAdvance(text)
    if width > _px(across_mm):
        font.setPixelSize(max(1, int(font.pixelSize() * _px(across_mm) / width)))
    return font


def _paint_person(painter: QPainter, sheets: Sheets, place: int, person: SheetPerson, top: float) -> None:
    across = _WIDTH_MM - _LEFT_MM - _RIGHT_MM
    born = f"sinh {person.born}" if person.born else "chưa rõ năm sinh"
    text = f"{place}.  {person.full_name}"
    painter.setFont(_fitting(text, across - 40, 12))
    painter.drawText(_box(_LEFT_MM, top, across, _NAME_MM), _WORDS, text)
    painter.setFont(_font(DATA_FONT, 10.5))
    painter.drawText(_box(_LEFT_MM, top, across, _NAME_MM), _WORDS | Qt.AlignmentFlag.AlignRight.value, born)
    at = top + _NAME_MM
    for row in _rows(person, sheets):
        for side, name in enumerate(row):
            whole = len(row) == 1 and _is_whole(name, sheets)
            _paint_field(painter, sheets, name, _LEFT_MM + side * _HALF_MM, at, across if whole else _HALF_MM - 3)
        at += _ROW_MM


def _paint_field(painter: QPainter, sheets: Sheets, name: str, left: float, top: float, width: float) -> None:
    """Paint a label and the empty place beside it: cells for digits, boxes to tick, or one to write in."""
    field = BY_NAME[name]
    painter.setFont(_font(WORDS_FONT, 9))
    painter.drawText(_box(left, top, _LABEL_MM - 2, _BOX_MM), _WORDS, field.label)
    start = left + _LABEL_MM
    painter.setPen(QPen(QColor(Qt.GlobalColor.black), _px(0.25)))
    if name in sheets.ticks:
        _paint_ticks(painter, sheets.ticks[name], start, top)
    elif field.shape in _DIGITS:
        _paint_cells(painter, _DIGITS[field.shape], start, top)
    else:
        painter.drawRect(_box(start, top, width - _LABEL_MM, _BOX_MM))


def _paint_cells(painter: QPainter, groups: Sequence[int], left: float, top: float) -> None:
    painter.setFont(_font(DATA_FONT, 12))
    for place, count in enumerate(groups):
        if place:
            painter.drawText(_box(left, top, 3, _BOX_MM), _WORDS | Qt.AlignmentFlag.AlignHCenter.value, "/")
            left += 3
        for _ in range(count):
            painter.drawRect(_box(left, top, _CELL_MM, _BOX_MM))
            left += _CELL_MM


def _paint_ticks(painter: QPainter, labels: Sequence[str], left: float, top: float) -> None:
    font = _font(WORDS_FONT, 9.5)
    painter.setFont(font)
    for label in labels:
        painter.drawRect(_box(left, top + 1.8, 4.4, 4.4))
        painter.drawText(_box(left + 6, top, 60, _BOX_MM), _WORDS, label)
        left += 11 + QFontMetricsF(font).horizontalAdvance(label) * _INCH_MM / _DPI


class PaperPreview(QWidget):
    """The first page of sheets, as it will be printed, as large as there is room for."""

    def __init__(self, sheets: Sheets, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sheets, self._pages = sheets, _pages(sheets)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the page on white, in the middle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        factor = min(self.width() / _px(_WIDTH_MM), self.height() / _px(_HEIGHT_MM))
        painter.translate((self.width() - _px(_WIDTH_MM) * factor) / 2, 0)
        painter.scale(factor, factor)
        painter.fillRect(_box(0, 0, _WIDTH_MM, _HEIGHT_MM), QColor(Qt.GlobalColor.white))
        paint_page(painter, self._sheets, self._pages[0], 1, len(self._pages))
        painter.end()
