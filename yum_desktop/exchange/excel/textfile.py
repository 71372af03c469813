"""Lists saved as text: which letters the bytes are, what stands between the cells (`.csv`, `.tsv`, `.txt`)."""

import codecs
import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Final

from yum_desktop.domain.errors import InputError
from yum_desktop.domain.old_fonts import Encoding, decode, misspelled
from yum_desktop.exchange.excel.guard import too_large
from yum_desktop.exchange.excel.model import Row

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS: Final = ("\t", ";", ",", "|")
_LOOKED_AT: Final = 50
_SAMPLE_LETTERS: Final = 200_000
_FIELD_MAX: Final = 32_767
_CONTROL_MAX: Final = 0.01
"""Share of control characters above which a file is no text."""


def text_of_bytes(data: bytes) -> str | None:
    """Return the letters of a text file; nothing when it is no text.

    Without a mark and no valid UTF-8, one byte is one letter: of Windows-1258 (Excel's "CSV" on a Vietnamese
    computer) where that gives the fewest misspelled words, otherwise the Latin letters that old fonts turned into
    Vietnamese ones, which are judged cell by cell.
    """
    name = _unicode_name(data)
    text = _decoded(data, name or "utf-8")
    if text is None and name is None and b"\0" not in data:
        text = _single_bytes(data)
    return None if text is None or _is_binary(text) else text


def _unicode_name(data: bytes) -> str | None:
    """Return the encoding that a mark or the zeros of UTF-16 show."""
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if marked is not None:
        return marked
    if data[1::2].count(0) > len(data) // 4:
        return "utf-16-le"
    return "utf-16-be" if data[::2].count(0) > len(data) // 4 else None


def _decoded(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except UnicodeDecodeError:
        return None


def _single_bytes(data: bytes) -> str:
    plain = data.decode("latin-1")
    sample = plain[:_SAMPLE_LETTERS]
    windows = unicodedata.normalize("NFC", data.decode("cp1258", "replace"))
    wrong = {
        "windows": misspelled(windows[:_SAMPLE_LETTERS]),
        "old": min(misspelled(decode(sample, one)) for one in (Encoding.TCVN3, Encoding.VNI)),
    }
    return windows if wrong["windows"] <= wrong["old"] else plain


def _is_binary(text: str) -> bool:
    sample = text[:_SAMPLE_LETTERS]
    controls = sum(1 for letter in sample if letter < " " and letter not in "\t\r\n\f")
    return controls > len(sample) * _CONTROL_MAX


def read_text(path: Path, *, rows_max: int, columns_max: int) -> tuple[Row, ...] | None:
    """Return the records of a text file, all of one length; nothing when it is no text.

    Raises:
        InputError: `file.too_large`.
    """
    text = text_of_bytes(path.read_bytes())
    if text is None:
        return None
    said, text = _said_delimiter(text)
    delimiter = said or _delimiter(text)
    rows: list[list[str]] = []
    for record in _records(text, delimiter):
        if len(rows) >= rows_max or len(record) > columns_max:
            raise too_large()
        rows.append(record)
    width = max(map(len, rows), default=0)
    return tuple([*row, *[""] * (width - len(row))] for row in rows)


def _said_delimiter(text: str) -> tuple[str | None, str]:
    """Return the delimiter that the first line names (``sep=;``), and the text below it."""
    first, _, rest = text.partition("\n")
    said = first.strip().lower()
    return (said[4], rest) if said.startswith("sep=") and len(said) == 5 else (None, text)


def _delimiter(text: str) -> str:
    """Return what stands between the cells: what gives the most records of one length, of several cells."""
    counts = {one: Counter(map(len, islice(_records(text, one), _LOOKED_AT))) for one in _DELIMITERS}
    best: Callable[[str], int] = lambda one: max((n * (width - 1) for width, n in counts[one].items()), default=0)  # noqa: E731
    return max(_DELIMITERS, key=best)


def _records(text: str, delimiter: str) -> Iterable[list[str]]:
    csv.field_size_limit(_FIELD_MAX)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise InputError("file.too_large", "Có ô quá dài, có lẽ thiếu dấu nháy đóng") from error
