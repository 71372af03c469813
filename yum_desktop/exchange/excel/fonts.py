"""The fonts of cells: what says that Latin letters are Vietnamese ones (domain §6.4)."""

import posixpath
import struct
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Final
from xml.etree import ElementTree

from yum_desktop.domain.old_fonts import encoding_of_font

Run = tuple[str, str]
"""A font and the text in it."""
Fonts = Mapping[tuple[int, int], Sequence[Run]]
"""The runs of the cells with a font of before Unicode, by row and column from 0."""

_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_OLD_NAMES: Final = (b".vn", b"vni-")


@dataclass(frozen=True, slots=True)
class _Shared:
    """A shared text: all of it, and its runs where it has several."""

    text: str
    runs: tuple[Run, ...]


def fonts_of_xlsx(path: Path, sheet: str) -> Fonts:
    """Return the old fonts on a sheet; none, and no time spent, where the workbook has no such font."""
    with zipfile.ZipFile(path) as archive:
        names = frozenset(archive.namelist())
        shared_part = "xl/sharedStrings.xml" if "xl/sharedStrings.xml" in names else None
        if "xl/styles.xml" not in names or not _names_old_font(archive, "xl/styles.xml", shared_part):
            return {}
        part = _part_of(archive, sheet)
        if part not in names:
            return {}
        fonts = _style_fonts(archive)
        shared = [] if shared_part is None else list(_shared(archive, shared_part))
        return dict(_styled(archive, part, fonts, shared))


def _names_old_font(archive: zipfile.ZipFile, *parts: str | None) -> bool:
    return any(name in archive.read(part).lower() for part in parts if part is not None for name in _OLD_NAMES)


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str | None:
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314  # the guard refused what defines entities
    wanted = next((one.get(_RELATION) for one in book.iter(f"{_MAIN}sheet") if one.get("name") == sheet), None)
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314  # the guard refused what defines entities
    target = next((link.get("Target") for link in links if link.get("Id") == wanted), None)
    return None if target is None else posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")


def _style_fonts(archive: zipfile.ZipFile) -> list[str]:
    """Return the font of each cell style."""
    styles = ElementTree.fromstring(archive.read("xl/styles.xml"))  # noqa: S314  # the guard refused what defines entities
    fonts = [_value(font.find(f"{_MAIN}name")) for font in styles.findall(f"{_MAIN}fonts/{_MAIN}font")]
    uses = (int(xf.get("fontId") or 0) for xf in styles.findall(f"{_MAIN}cellXfs/{_MAIN}xf"))
    return [fonts[use] if use < len(fonts) else "" for use in uses]


def _value(element: ElementTree.Element | None) -> str:
    return "" if element is None else element.get("val") or ""


def _shared(archive: zipfile.ZipFile, part: str) -> Iterator[_Shared]:
    with archive.open(part) as file:
        for _, element in ElementTree.iterparse(file):  # noqa: S314  # the guard refused what defines entities
            if element.tag == f"{_MAIN}si":
                runs = tuple(_runs(element))
                yield _Shared("".join(text for _, text in runs), runs)
                element.clear()


def _runs(item: ElementTree.Element) -> Iterator[Run]:
    for child in item:
        if child.tag == f"{_MAIN}t":
            yield "", child.text or ""
        elif child.tag == f"{_MAIN}r":
            text = child.find(f"{_MAIN}t")
            yield _value(child.find(f"{_MAIN}rPr/{_MAIN}rFont")), "" if text is None else text.text or ""


def _styled(
    archive: zipfile.ZipFile, part: str, fonts: Sequence[str], shared: Sequence[_Shared]
) -> Iterator[tuple[tuple[int, int], Sequence[Run]]]:
    row, column = -1, -1
    with archive.open(part) as file:
        for event, element in ElementTree.iterparse(file, events=("start", "end")):  # noqa: S314  # the guard refused what defines entities
            if event == "start" and element.tag == f"{_MAIN}row":
                row, column = int(element.get("r") or row + 2) - 1, -1
            elif event == "end" and element.tag == f"{_MAIN}c":
                column = _column(element.get("r")) if element.get("r") else column + 1
                runs = _cell_runs(element, fonts, shared)
                if any(encoding_of_font(font) for font, _ in runs):
                    yield (row, column), runs
                element.clear()


def _column(place: str | None) -> int:
    number = 0
    for letter in place or "":
        if not letter.isalpha():
            break
        number = number * 26 + ord(letter.upper()) - ord("A") + 1
    return number - 1


def _cell_runs(cell: ElementTree.Element, fonts: Sequence[str], shared: Sequence[_Shared]) -> Sequence[Run]:
    """Return the runs of a cell of text; a run without a font of its own has that of the cell."""
    style = int(cell.get("s") or 0)
    font = fonts[style] if style < len(fonts) else ""
    if cell.get("t") == "s":
        place = int(cell.findtext(f"{_MAIN}v") or 0)
        runs = shared[place].runs if place < len(shared) else ()
    elif cell.get("t") == "inlineStr":
        item = cell.find(f"{_MAIN}is")
        runs = () if item is None else tuple(_runs(item))
    elif cell.get("t") == "str":
        runs = (("", cell.findtext(f"{_MAIN}v") or ""),)
    else:
        return ()
    return [(own or font, text) for own, text in runs]


def fonts_of_xls(path: Path, sheet: str) -> Fonts:
    """Return the old fonts on a sheet of a workbook of before 2007; none where they cannot be made out."""
    import xlrd  # noqa: PLC0415  # most files need no second library

    try:
        return _fonts_of_xls(xlrd, path, sheet)
    except (
        xlrd.XLRDError,
        xlrd.compdoc.CompDocError,
        struct.error,
        ValueError,
        LookupError,
        TypeError,
        AssertionError,
    ):
        return {}  # the library that reads the cells takes more files than this one


def _fonts_of_xls(xlrd: ModuleType, path: Path, sheet: str) -> Fonts:
    with xlrd.open_workbook(str(path), formatting_info=True, on_demand=True, logfile=_Silence()) as book:
        names = [font.name for font in book.font_list]
        if not any(encoding_of_font(name) for name in names):
            return {}
        one = book.sheet_by_name(sheet)
        found = {}
        for row in range(one.nrows):
            for column in range(one.row_len(row)):
                if one.cell_type(row, column) != xlrd.XL_CELL_TEXT:
                    continue
                font = names[book.xf_list[one.cell_xf_index(row, column)].font_index]
                runs = _split(
                    str(one.cell_value(row, column)), font, names, one.rich_text_runlist_map.get((row, column))
                )
                if any(encoding_of_font(name) for name, _ in runs):
                    found[row, column] = runs
        return found


def _split(text: str, font: str, names: Sequence[str], changes: Sequence[tuple[int, int]] | None) -> list[Run]:
    marks = [(0, font), *((at, names[index]) for at, index in changes or ()), (len(text), "")]
    return [(name, text[at:end]) for (at, name), (end, _) in pairwise(marks) if text[at:end]]


class _Silence:
    """Where the older library writes its remarks."""

    def write(self, text: str) -> int:
        """Let a remark go."""
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""
