"""A workbook written row by row straight into its zip: memory stays small, and no file for a moment holds people.

XlsxWriter makes the book with its looks, widths, headers and lists of values; the rows are put into its sheets as they
come. Writing them through it would keep them all in memory, or in a readable temporary file.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO, Final, TypeAlias

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from yum_desktop.exchange.excel.layout import letter_of

OutCell: TypeAlias = str | int | date | None
Line: TypeAlias = Sequence[OutCell]
RISKY: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a program take a text for a formula."""
ROWS_MAX: Final = 1_048_000
TEXT_MAX: Final = 32_767
_EPOCH: Final = date(1899, 12, 30)
_FIRST_SURE_DAY: Final = date(1900, 3, 1)
"""Before it the day numbers of spreadsheet programs differ."""
_ODD: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""What XML cannot hold."""
_ESCAPE: Final = re.compile("_x([0-9A-Fa-f]{4})_")
_LIST_MAX: Final = 255
_KNOWN_MAX: Final = 20_000
_CHUNK: Final = 400
_LEVEL: Final = 4
"""Of compression: half the time of the usual 6, some percent larger."""


@dataclass(frozen=True, slots=True)
class OutSheet:
    """A sheet before its rows.

    Attributes:
        titles: Lines above the header.
        lists: What may be chosen, by place of the column.
        rows: How many come at most, for the filter and the lists.
        room: Empty rows below that also offer the lists.
    """

    name: str
    headers: Sequence[str]
    widths: Sequence[float]
    hidden: frozenset[int]
    titles: Sequence[str] = ()
    lists: Mapping[int, Sequence[str]] = field(default_factory=dict)
    rows: int = 0
    room: int = 0

    @property
    def body(self) -> int:
        """The first row below the header, counted from 0."""
        return len(self.titles) + 1


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who writes the file and when, as people read it, for the properties and the foot of each page."""

    author: str
    text: str


class _Looks:
    """The looks of cells, known to the book even where no cell of its own has them."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        edge = {"border": 1, "border_color": "#BFBFBF", "valign": "vcenter"}
        self.title: Format = book.add_format({"bold": True, "font_size": 13})
        self.about: Format = book.add_format({"italic": True, "font_color": "#555555"})
        self.head: Format = book.add_format(
            {"bold": True, "text_wrap": True, "align": "center", "bg_color": "#E8EEF7"} | edge
        )
        made = {
            "text": book.add_format({"num_format": "@"} | edge),
            "inert": book.add_format({"num_format": "@", "quote_prefix": True} | edge),
            "day": book.add_format({"num_format": "dd/mm/yyyy"} | edge),
            "number": book.add_format({"num_format": "0"} | edge),
            "gap": book.add_format({"num_format": "@", "bg_color": "#FFF2CC"} | edge),
            "known": book.add_format({"num_format": "@", "bg_color": "#EDEDED"} | edge),
        }
        self.numbers = {name: look._get_xf_index() for name, look in made.items()}  # noqa: SLF001  # rows are written beside the library
        self.text = made["text"]


GAP: Final = object()
"""A cell that is to be filled in."""
KNOWN: Final = object()
"""A cell that is filled in the records and not shown."""


def write_book(
    target: BinaryIO,
    sheets: Sequence[OutSheet],
    lines: Callable[[int], Iterable[Sequence[object]]],
    stamp: Stamp,
) -> None:
    """Write a workbook.

    Args:
        target: Where to; written from front to end.
        sheets: At least one.
        lines: Gives the rows of the sheet with that place: an `OutCell` for each column, or `GAP` or `KNOWN`.
        stamp: Who and when.
    """
    skeleton = io.BytesIO()
    book = xlsxwriter.Workbook(skeleton, {"in_memory": True})
    book.set_properties({"author": stamp.author, "comments": stamp.text, "title": sheets[0].name})
    looks = _Looks(book)
    for sheet in sheets:
        _begin(book.add_worksheet(sheet.name), sheet, looks, stamp)
    book.close()
    with (
        zipfile.ZipFile(skeleton) as made,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as whole,
    ):
        for part in made.namelist():
            place = _place_of(part)
            if place is None:
                whole.writestr(part, made.read(part))
            else:
                _write_sheet(whole, part, made.read(part).decode(), sheets[place], lines(place), looks.numbers)


def _begin(page: Worksheet, sheet: OutSheet, looks: _Looks, stamp: Stamp) -> None:
    """Write all of a sheet but its rows."""
    for row, title in enumerate(sheet.titles):
        page.write_string(row, 0, title, looks.about if row else looks.title)
    for place, header in enumerate(sheet.headers):
        page.write_string(sheet.body - 1, place, header, looks.head)
        options = {"hidden": True} if place in sheet.hidden else {}
        page.set_column(place, place, sheet.widths[place], looks.text if sheet.room else None, options)
    page.freeze_panes(sheet.body, min(2, len(sheet.headers) - 1))
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(sheet.body - 1)
    page.set_footer(f"&L{stamp.text.replace('&', '&&')}&R&P/&N")
    last = sheet.body + max(sheet.rows + sheet.room, 1) - 1
    if sheet.rows:
        page.autofilter(sheet.body - 1, 0, sheet.body + sheet.rows - 1, len(sheet.headers) - 1)
    for place, values in sheet.lists.items():
        if values and len(",".join(values)) <= _LIST_MAX and not any("," in value for value in values):
            page.data_validation(
                sheet.body, place, last, place,
                {"validate": "list", "source": list(values), "error_type": "information", "ignore_blank": True},
            )  # fmt: skip


def _place_of(part: str) -> int | None:
    found = re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", part)
    return None if found is None else int(found[1]) - 1


def _write_sheet(
    whole: zipfile.ZipFile,
    part: str,
    text: str,
    sheet: OutSheet,
    lines: Iterable[Sequence[object]],
    looks: Mapping[str, int],
) -> None:
    """Write a sheet with its rows put in behind its header."""
    end = f"{letter_of(len(sheet.headers) - 1)}{max(sheet.body + sheet.rows, 1)}"
    text = re.sub(r'<dimension ref="[^"]*"/>', f'<dimension ref="A1:{end}"/>', text, count=1)
    before, mark, after = text.partition("</sheetData>")
    assert mark, "a sheet with a header has data"
    spell = _speller(sheet, looks)
    with whole.open(zipfile.ZipInfo(part, (1980, 1, 1, 0, 0, 0)), "w", force_zip64=True) as out:
        out.write(before.encode())
        waiting: list[str] = []
        for number, line in enumerate(lines, sheet.body + 1):
            waiting.append(spell(number, line))
            if len(waiting) >= _CHUNK:
                out.write("".join(waiting).encode())
                waiting.clear()
        out.write("".join(waiting).encode())
        out.write(f"{mark}{after}".encode())


def _speller(sheet: OutSheet, looks: Mapping[str, int]) -> Callable[[int, Sequence[object]], str]:
    """Return what writes one row."""
    letters = [letter_of(place) for place in range(len(sheet.headers))]
    text, inert, day, number_look = (looks[name] for name in ("text", "inert", "day", "number"))
    empties = {id(GAP): looks["gap"], id(KNOWN): looks["known"]}
    known: dict[str, str] = {}

    def spelled(value: str) -> str:
        """Return the inside of a text cell; what was said before need not be made safe again."""
        found = known.get(value)
        if found is None:
            look = inert if value.startswith(RISKY) else text
            found = f'" s="{look}" t="inlineStr"><is><t xml:space="preserve">{safe(value)}</t></is></c>'
            if len(known) < _KNOWN_MAX:
                known[value] = found
        return found

    def cell(at: str, value: object) -> str:
        """Return one cell that stands at `at`."""
        if value is None or value == "":
            return f'<c r="{at}" s="{text}"/>'
        if isinstance(value, str):
            return f'<c r="{at}{spelled(value)}'
        if isinstance(value, int):
            return f'<c r="{at}" s="{number_look}"><v>{value}</v></c>'
        if isinstance(value, date):
            early = value < _FIRST_SURE_DAY
            day_number = f'<c r="{at}" s="{day}"><v>{(value - _EPOCH).days}</v></c>'
            return f'<c r="{at}{spelled(f"{value:%d/%m/%Y}")}' if early else day_number
        return f'<c r="{at}" s="{empties[id(value)]}"/>'

    def spell(number: int, line: Sequence[object]) -> str:
        cells = "".join([cell(f"{letter}{number}", value) for letter, value in zip(letters, line, strict=True)])
        return f'<row r="{number}">{cells}</row>'

    return spell


def safe(text: str) -> str:
    """Return a text as it stands in XML; what XML cannot hold is left out, what is too long for a cell is cut."""
    if len(text) > TEXT_MAX:
        text = text[: TEXT_MAX - 1] + "…"
    if not text.isprintable():
        text = _ODD.sub("", text)
    if "_x" in text:
        text = _ESCAPE.sub(r"_x005F_x\1_", text)
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text
