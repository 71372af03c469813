"""Looking at a workbook's archive before a library opens it: how much it unpacks to, and how far its cells reach.

Sizes in an archive are claims. The library believes them, and keeps a dense grid: two cells in opposite corners of a
sheet would end the program. So every part is unpacked here in pieces and measured, and nothing is kept.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from yum_desktop.domain.errors import InputError

DAMAGED: Final = "Tệp hỏng hoặc không phải bảng tính. Mở bằng Excel, lưu lại dạng .xlsx rồi nhập lại"
PARTS_MAX: Final = 2_000
ROWS_MAX: Final = 100_000
COLUMNS_MAX: Final = 300
LAST_ROW: Final = 1_048_576
LAST_COLUMN: Final = 16_384
_PIECE: Final = 1 << 20
_HEADER: Final = 30
_SHEET: Final = re.compile(r"(?:.*/)?worksheets/[^/]+\.xml", re.IGNORECASE)
_MARKUP: Final = (".xml", ".rels", ".vml")
_DEFINES: Final = (b"<!DOCTYPE", b"<!ENTITY")
_ROOT: Final = re.compile(rb"<[A-Za-z]")
"""The first element: what defines entities stands before it, or the part is no XML."""
_TAG_BYTES: Final = 16
_MAYBE_FAR: Final = re.compile(rb"""r="(?:[A-Za-z]{3}|[L-Zl-z][A-Za-z]|[A-Za-z]{0,2}[0-9]{6})""")
"""What costs little to look for: a place beyond column KZ or row 99,999. Written otherwise, memory is the limit."""
_EPOCH: Final = re.compile(rb"""date1904\s?=\s?["'](?:1|true)["']""")
_CELL: Final = re.compile(rb"<(?:\w+:)?c(?:\s[^<>]*?)?(?<!/)>")
_PLACE: Final = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,9})(\d{1,7})["']""")


def survey(path: Path, *, unpacked_max: int) -> bool:
    """Return whether a workbook has cells beyond `ROWS_MAX` or `COLUMNS_MAX`, or cells that do not say where they are.

    Raises:
        InputError: `file.damaged`, `file.unsafe` when it defines entities, or `file.too_large` when it unpacks to more
            than `unpacked_max` bytes.
    """
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as file:
            parts = archive.infolist()
            if len(parts) > PARTS_MAX:
                raise too_large()
            return _reaches_far(file, parts, unpacked_max)
    except (zipfile.BadZipFile, zlib.error, struct.error, OSError, ValueError, NotImplementedError) as error:
        raise InputError("file.damaged", DAMAGED) from error


def counts_from_1904(path: Path) -> bool:
    """Return whether the days of a workbook count from 1904 on, as on old Macintoshes. `survey` comes first."""
    with zipfile.ZipFile(path) as archive:
        return _EPOCH.search(archive.read("xl/workbook.xml")) is not None


def _reaches_far(file: BinaryIO, parts: list[zipfile.ZipInfo], unpacked_max: int) -> bool:
    total = 0
    far = False
    for part in parts:
        is_sheet = _SHEET.fullmatch(part.filename) is not None
        is_markup = part.filename.lower().endswith(_MARKUP)
        rest, before, begun = b"", b"", False
        for piece in _pieces(file, part):
            total += len(piece)
            if is_markup and not begun:
                _refuse_tricks(before + piece)
                before, begun = piece[-_TAG_BYTES:], _ROOT.search(before + piece) is not None
            if is_sheet:
                whole, rest = _cut(rest + piece)
                far = far or (_MAYBE_FAR.search(whole) is not None and _has_far(whole))
            if total > unpacked_max:
                raise too_large()
    return far


def _has_far(whole: bytes) -> bool:
    return sum(map(_is_far, _CELL.findall(whole))) > 0  # each is looked at: some cannot be


def _is_far(cell: bytes) -> bool:
    place = _PLACE.search(cell)
    if place is None:
        return True
    column = _column_of(place[1])
    if column > LAST_COLUMN:
        raise too_large()
    return int(place[2]) > ROWS_MAX or column > COLUMNS_MAX


def _refuse_tricks(markup: bytes) -> None:
    """Refuse markup that defines entities, or hides from being looked through in another encoding."""
    if b"\0" in markup:
        raise InputError("file.damaged", DAMAGED)
    if any(sign in markup for sign in _DEFINES):
        raise InputError("file.unsafe", "Tệp có khai báo lạ trong ruột (DTD), không mở. Lưu lại bằng Excel rồi nhập")


def _cut(text: bytes) -> tuple[bytes, bytes]:
    """Return the whole tags and the rest. A tag longer than a piece is none of ours and is let go."""
    end = text.rfind(b">") + 1
    rest = text[end:]
    return text[:end], rest if len(rest) < _PIECE else b""


def _column_of(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _pieces(file: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Unpack a part to its real end, whatever size it claims."""
    file.seek(part.header_offset)
    name_bytes, extra_bytes = struct.unpack("<26xHH", file.read(_HEADER))
    file.seek(name_bytes + extra_bytes, 1)
    left = part.compress_size
    if part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise InputError("file.damaged", DAMAGED)
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS) if part.compress_type == zipfile.ZIP_DEFLATED else None
    while left > 0:
        packed = file.read(min(left, _PIECE))
        if not packed:
            raise InputError("file.damaged", DAMAGED)
        left -= len(packed)
        if unpacker is None:
            yield packed
            continue
        while packed:
            yield unpacker.decompress(packed, _PIECE)
            packed = unpacker.unconsumed_tail


def too_large() -> InputError:
    """Return the error of a workbook that the program will not hold."""
    return InputError("file.too_large", "Tệp bung ra quá lớn nên không mở")
