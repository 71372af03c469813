"""How a list comes from the process that reads it: frames of MessagePack, a length before each.

Days and times have no place in MessagePack and travel as marked texts. Nothing that arrives can make the receiver run
code: a reader that a file took over can lie about the cells, and do no more.
"""

import struct
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import BinaryIO, Final

import msgspec

from yum_desktop.domain.errors import InputError
from yum_desktop.exchange.excel.encoding import Conversion
from yum_desktop.exchange.excel.limits import Limits
from yum_desktop.exchange.excel.model import Area, Cell, Row

_LENGTH: Final = struct.Struct("<I")
_ROWS_PER_FRAME: Final = 2_000
_DAYS: Final = 1
_DAYS_KEPT: Final = 16_384
"""Days whose marked form is remembered: lists repeat them."""
_KINDS: Final[dict[type, str]] = {datetime: "m", date: "d", time: "t", timedelta: "s"}


class Asked(msgspec.Struct, frozen=True):
    """Which sheet of which file; the fullest list where none is named. `careful` as for `read_book`."""

    path: str
    sheet: str | None
    limits: Limits
    careful: bool = False


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The file cannot be read; a code and a text as of an `InputError`."""

    code: str
    text: str


class Head(msgspec.Struct, frozen=True, tag=True):
    """What stands before the rows; `rows` frames of them follow."""

    sheet: str
    sheets: tuple[str, ...]
    merged: tuple[Area, ...]
    conversions: tuple[Conversion, ...]
    epoch_1904: bool
    rows: int


Said = Refused | Head
_encoder: Final = msgspec.msgpack.Encoder()
_said: Final[msgspec.msgpack.Decoder[Said]] = msgspec.msgpack.Decoder(Said)
_asked: Final = msgspec.msgpack.Decoder(Asked)


class BrokenFrameError(Exception):
    """The other side ended, or sent what cannot be."""


def send(pipe: BinaryIO, message: Asked | Said) -> None:
    """Send one message."""
    _write(pipe, _encoder.encode(message))


def hear_asked(pipe: BinaryIO) -> Asked:
    """Return what is asked."""
    return _asked.decode(_read(pipe, 1 << 20))


def hear(pipe: BinaryIO, bytes_max: int) -> Said:
    """Return the next message.

    Raises:
        BrokenFrameError: There is none.
    """
    try:
        return _said.decode(_read(pipe, bytes_max))
    except msgspec.DecodeError as error:
        raise BrokenFrameError from error


def send_rows(pipe: BinaryIO, rows: Sequence[Row]) -> None:
    """Send rows of one length in frames of `_ROWS_PER_FRAME`."""
    for start in range(0, len(rows), _ROWS_PER_FRAME):
        _write(pipe, _encoder.encode(_packed(rows[start : start + _ROWS_PER_FRAME])))


def hear_rows(pipe: BinaryIO, count: int, bytes_max: int) -> Iterator[list[Row]]:
    """Return `count` rows as they come, in parts.

    Raises:
        BrokenFrameError: They do not come, or are too long.
    """
    decoder = msgspec.msgpack.Decoder(list[list[object]], ext_hook=_unpacked)
    left, heard = count, 0
    while left > 0:
        data = _read(pipe, bytes_max - heard)
        heard += len(data)
        try:
            part = decoder.decode(data)
        except (msgspec.DecodeError, ValueError, OverflowError) as error:
            raise BrokenFrameError from error
        if not part:
            raise BrokenFrameError
        left -= len(part)
        yield part  # type: ignore[misc]  # what is no cell was refused by `_unpacked`
    if left:
        raise BrokenFrameError


def _packed(rows: Sequence[Row]) -> list[Sequence[object]]:
    """Return rows with their days marked; only the columns that have some are looked through."""
    marked = [
        at for at, column in enumerate(zip(*rows, strict=True)) if not _KINDS.keys().isdisjoint(map(type, column))
    ]
    if not marked:
        return list(rows)
    packed: list[Sequence[object]] = []
    for row in rows:
        cells: list[object] = list(row)
        for at in marked:
            if cells[at].__class__ in _KINDS:
                cells[at] = _marked(row[at])
        packed.append(cells)
    return packed


@lru_cache(_DAYS_KEPT, typed=True)
def _marked(cell: Cell) -> msgspec.msgpack.Ext:
    text = repr(cell.total_seconds()) if isinstance(cell, timedelta) else cell.isoformat()  # type: ignore[union-attr]
    return msgspec.msgpack.Ext(_DAYS, f"{_KINDS[cell.__class__]}{text}".encode())


def _unpacked(code: int, data: memoryview) -> Cell:
    if code != _DAYS:
        raise ValueError(code)
    return _day(bytes(data))


@lru_cache(_DAYS_KEPT)
def _day(data: bytes) -> Cell:
    text = data.decode()
    kind, rest = text[:1], text[1:]
    if kind == "s":
        return timedelta(seconds=float(rest))
    if kind == "m":
        return datetime.fromisoformat(rest)
    if kind not in {"d", "t"}:
        raise ValueError(kind)
    return date.fromisoformat(rest) if kind == "d" else time.fromisoformat(rest)


def _write(pipe: BinaryIO, data: bytes) -> None:
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def _read(pipe: BinaryIO, bytes_max: int) -> bytes:
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise BrokenFrameError
    (length,) = _LENGTH.unpack(head)
    if length > bytes_max:
        raise InputError("file.too_large", "Tệp có quá nhiều chữ")
    data = pipe.read(length)
    if len(data) < length:
        raise BrokenFrameError
    return data
