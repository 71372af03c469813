"""The messages of one exchange and their encoding.

A request is one packet. A response is a stream of packets, each readable once those before it are, so that a cut line
costs one packet. A packet is four bytes of length (big endian), one byte that says how the rest is packed, and the
MessagePack body. Values are typed as anything here, because the decoder knows no union of text and bytes; a request's
are checked. Records travel by column, because the values of one column resemble each other and compress well.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any, Final

import msgspec
import zstandard
from msgspec.structs import replace

from sync.protocol.columns import check_size, pack, unpack
from sync.protocol.errors import RejectedError
from sync.protocol.items import check_items
from sync.protocol.kinds import are_storable, is_storable

PROTOCOL_VERSION: Final = 1
ID_SIZE_BYTES: Final = 16
PACKET_SIZE_BYTES_MAX: Final = 64 * 1024 * 1024

CHANGES_MAX: Final = 1_000
"""Changes in one request. While they are applied, others wait."""

PARTS_MAX: Final = 256
"""Into so many parts a sector can be cut to be compared."""

REV_MAX: Final = (1 << 31) - 1
"""Both databases and every device keep a revision in 32 bits."""

HANDED_OVER: Final = "handed_over"
"""The record has left the scope of the account: its new unit decides about the change."""

ERASED: Final = "erased"
"""The reason of a record that went with everything that is remembered of it."""

STATUSES: Final = frozenset({"applied", "merged", "conflict", "refused", HANDED_OVER})
_HEAD_SIZE_BYTES: Final = 5
_PLAIN, _ZSTD, _STREAM = 0, 1, 2
"""How a body is packed: not at all; by itself; or as the next part of the response's one zstd stream."""

_WINDOW_SIZE_BYTES_MAX: Final = 8 * 1024 * 1024
_SLICE_SIZE_BYTES: Final = 256
"""A block of four bytes may stand for 128 KiB."""

NARROW_ROWS_MAX: Final = 500
"""Who asks for frames of so few rows has a narrow line: packing harder costs less than what it saves there."""

_LEVEL: Final = 6
_NARROW_LEVEL: Final = 19
_NARROW_WINDOW_SIZE_BYTES: Final = 256 * 1024
"""Keeps the memory of hard packing at 6 MB instead of 85, for one part in a hundred of the size."""

_PLAIN_SIZE_BYTES_MAX: Final = 96

DECODING_ERRORS: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What the decoder raises for bytes that are no message; the last two are not in its own family."""


class Change(msgspec.Struct, array_like=True):
    """One change of one record, made on a device.

    Attributes:
        change_id: Idempotency key, 16 bytes.
        kind: Name of the kind.
        record_id: 16 bytes.
        op: ``create``, ``edit`` or ``delete``.
        patch: New values.
        base_rev: Revision of the record that the edit is based on.
        base_revs: Fields that are based on another revision.
        at: When it was made, in ms UTC by the device's clock.
        account: Who made it.
        channel: Where it was made, such as a form or a file.
        reason: Why, where a reason was asked for.
    """

    change_id: bytes
    kind: str
    record_id: bytes
    op: str
    patch: dict[str, Any]
    base_rev: int = 0
    base_revs: dict[str, int] = msgspec.field(default_factory=dict)
    at: int = 0
    account: str = ""
    channel: str = ""
    reason: str = ""


class Checks(msgspec.Struct, array_like=True):
    """What a device believes the server to hold, for the server to compare.

    Attributes:
        schema: Names what the digests are made of; where the server's is another, it compares nothing.
        sectors: 16 bytes for each unit; zeros stand for the records of everybody.
        digests: 8 bytes for each.
        part: Which part of each sector is compared; see `sync.core.digest.part_of_ids`.
        parts: How many parts each is cut into.
    """

    schema: bytes
    sectors: bytes
    digests: bytes
    part: int = 0
    parts: int = 1


class Request(msgspec.Struct, array_like=True):
    """What a device sends.

    Attributes:
        version: `PROTOCOL_VERSION`.
        clock_ms: The device's clock.
        cursor: Where the device stands, as the server gave it; ``None`` at the beginning.
        changes: What it has changed.
        frame_rows_max: How many rows a frame may carry; smaller on a slow line, for which the answer is packed harder.
        pull: Whether it wants the feed after the answers.
        checks: What it wants to have compared.
        waiting: How many changes stay behind on the device: not sent yet, or refused.
    """

    version: int
    clock_ms: int
    cursor: bytes | None = None
    changes: list[Change] = msgspec.field(default_factory=list)
    frame_rows_max: int = 2_000
    pull: bool = True
    checks: Checks | None = None
    waiting: int = 0


class Answer(msgspec.Struct, array_like=True):
    """What became of one change.

    Attributes:
        change_id: The change; left out where the answers' order says it.
        status: ``applied``, ``merged``, ``conflict``, ``refused`` or ``handed_over``.
        rev_before: Revision of the record before the change.
        rev: Revision afterwards.
        fix: Fields of the change that now have another value on the server than was sent.
        code: Why it was refused.
        field: The field that is to blame.
        text: The reason for people, if the application gave one.
        link: Record that stands in the way, 16 bytes, if the device may know it; of a change that was handed over
            the author's side of the hand-over.
    """

    change_id: bytes
    status: str
    rev_before: int = 0
    rev: int = 0
    fix: dict[str, Any] = msgspec.field(default_factory=dict)
    code: str = ""
    field: str = ""
    text: str = ""
    link: bytes = b""


class Answers(msgspec.Struct, tag=0, tag_field="t", omit_defaults=True, rename={"answers": "a", "clock_ms": "c"}):
    """One answer for each change of the request, in their order."""

    answers: list[Answer] = msgspec.field(default_factory=list)
    clock_ms: int = 0


class Rows(msgspec.Struct, array_like=True):
    """Whole records of one kind, by column.

    Attributes:
        kind: Name of the kind.
        columns: Names of the columns in `values`; a column left out is empty in every row.
        ids: 16 bytes for each row.
        revs: Revision of each row.
        values: For each column, the value of each row; as `sync.protocol.columns` packs them while they travel.
        extra: Row number to JSON text of fields this version does not know.
    """

    kind: str
    columns: list[str]
    ids: bytes
    revs: list[int]
    values: list[Any]
    extra: dict[int, str] = msgspec.field(default_factory=dict)


class Patches(msgspec.Struct, array_like=True):
    """Changed fields of records the device already has, by column.

    Attributes:
        kind: Name of the kind.
        ids: 16 bytes for each record.
        revs: Revision of each record.
        columns: Names of the fields in `rows` and `values`.
        rows: For each field, which records it belongs to.
        values: For each field, the value for each of those records.
        accounts: Who changed each record last.
        at: When, in ms UTC as received by the server.
        extra: Row number to JSON text of fields this version does not know.
    """

    kind: str
    ids: bytes
    revs: list[int]
    columns: list[str]
    rows: list[list[int]]
    values: list[list[Any]]
    accounts: list[str]
    at: list[int]
    extra: dict[int, str] = msgspec.field(default_factory=dict)


class Gone(msgspec.Struct, array_like=True):
    """Records that the device no longer has.

    Attributes:
        kind: Name of the kind.
        ids: 16 bytes for each record.
        reason: ``deleted``; ``erased`` when nothing of it may be remembered; or ``left`` when the record lives on
            outside the device's scope.
    """

    kind: str
    ids: bytes
    reason: str


class Verdict(IntEnum):
    """What a comparison came to."""

    SKIPPED = 0
    """Not compared: it has changed since the device's cursor, or the device has no right to it."""

    EQUAL = 1
    DIFFERS = 2


_FRAME_NAMES: Final = {
    "cursor": "c", "rows": "r", "patches": "p", "gone": "g", "gone_units": "u", "rows_total": "n", "complete": "e",
    "restart": "s", "again": "a", "again_done": "d", "verdicts": "v",
}  # fmt: skip


class Frame(msgspec.Struct, tag=1, tag_field="t", omit_defaults=True, rename=_FRAME_NAMES):
    """A part of the feed. The device stores all of it together with `cursor`, or nothing.

    Attributes:
        cursor: Where the device stands afterwards; left out when that is where it stood.
        rows: Whole records.
        patches: Changed fields.
        gone: Records that went away.
        gone_units: 16 bytes for each unit whose records the device must let go.
        rows_total: How many rows a snapshot has altogether, where that is known.
        complete: The device then has everything its scope holds.
        restart: The device's cursor was of no use: from here on everything comes again, and what does not is gone.
        again: Sectors that differed: from here on all their records come again.
        again_done: Sectors whose records have all come again; what has not come is gone.
        verdicts: In the complete frame, one byte for each sector the device asked about: see `Verdict`.
    """

    cursor: bytes = b""
    rows: list[Rows] = msgspec.field(default_factory=list)
    patches: list[Patches] = msgspec.field(default_factory=list)
    gone: list[Gone] = msgspec.field(default_factory=list)
    gone_units: bytes = b""
    rows_total: int = 0
    complete: bool = False
    restart: bool = False
    again: bytes = b""
    again_done: bytes = b""
    verdicts: bytes = b""


class Problem(msgspec.Struct, tag=2, tag_field="t"):
    """The server cannot go on with this exchange; `code` says why."""

    code: str
    detail: str = ""


Part = Answers | Frame | Problem

_encoder = msgspec.msgpack.Encoder()
_request_decoder = msgspec.msgpack.Decoder(Request)
_part_decoder: msgspec.msgpack.Decoder[Answers | Frame | Problem] = msgspec.msgpack.Decoder(Answers | Frame | Problem)


def encode(message: Request | Part) -> bytes:
    """Return `message` as one packet that stands alone."""
    body = _encoded(message)
    packing = _PLAIN
    if len(body) > _PLAIN_SIZE_BYTES_MAX:
        zstd = _compressor().compress(body)
        if len(zstd) < len(body):
            body, packing = zstd, _ZSTD
    return _packet(packing, body)


class Packer:
    """Makes the packets of one response.

    Each can be read as soon as it is there, and is packed with those before it: what has been said does not travel
    again, however small the frames are.

    Args:
        frame_rows_max: How many rows its frames may have; see `NARROW_ROWS_MAX`.
    """

    def __init__(self, frame_rows_max: int) -> None:
        self._narrow = frame_rows_max <= NARROW_ROWS_MAX
        self._stream: zstandard.ZstdCompressionObj | None = None

    def pack(self, part: Part) -> bytes:
        """Return the next part as a packet."""
        body = _encoded(part)
        if len(body) <= _PLAIN_SIZE_BYTES_MAX:
            return _packet(_PLAIN, body)
        if self._stream is None:
            self._stream = (_narrow_compressor() if self._narrow else _compressor()).compressobj()
        return _packet(_STREAM, self._stream.compress(body) + self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK))


def _encoded(message: Request | Part) -> bytes:
    if isinstance(message, Frame) and message.rows:
        packed = [replace(rows, values=list(map(pack, rows.values))) for rows in message.rows]
        message = replace(message, rows=packed)
    return _encoder.encode(message)


def _compressor() -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True, write_checksum=False)


def _narrow_compressor() -> zstandard.ZstdCompressor:
    parameters = zstandard.ZstdCompressionParameters.from_level(_NARROW_LEVEL, source_size=_NARROW_WINDOW_SIZE_BYTES)
    return zstandard.ZstdCompressor(compression_params=parameters)


def _packet(packing: int, body: bytes) -> bytes:
    return (len(body) + 1).to_bytes(4, "big") + bytes((packing,)) + body


def decode_request(packet: bytes) -> Request:
    """Return the request in `packet`.

    Raises:
        RejectedError: `message.damaged` or `message.too_large`.
    """
    packets = list(split([packet]))
    if len(packets) != 1:
        raise RejectedError("message.damaged", f"{len(packets)} packets in a request")
    try:
        request = _request_decoder.decode(packets[0])
    except DECODING_ERRORS as error:
        raise RejectedError("message.damaged", str(error)) from error
    if len(request.changes) > CHANGES_MAX:
        raise RejectedError("message.too_large", f"{len(request.changes)} changes")
    if not 0 <= request.waiting <= REV_MAX:
        raise RejectedError("message.damaged", "what waits is counted")
    for change in request.changes:
        _check_change(change)
    if request.checks is not None:
        _check_checks(request.checks)
    return request


def _check_checks(checks: Checks) -> None:
    if len(checks.sectors) % ID_SIZE_BYTES or len(checks.digests) * 2 != len(checks.sectors):
        raise RejectedError("message.damaged", "a sector has 16 bytes and a digest of 8")
    if not 0 <= checks.part < checks.parts <= PARTS_MAX:
        raise RejectedError("message.damaged", f"no part {checks.part} of {checks.parts}")


def _check_change(change: Change) -> None:
    if len(change.change_id) != ID_SIZE_BYTES or len(change.record_id) != ID_SIZE_BYTES:
        raise RejectedError("message.damaged", "an id has 16 bytes")
    for name, value in change.patch.items():
        if isinstance(value, bool) or not (value is None or isinstance(value, str | int | bytes)):
            raise RejectedError("message.damaged", f"{name} is no scalar")


def decode_parts(chunks: Iterable[bytes]) -> Iterator[Part]:
    """Return the parts of a response as they become complete.

    Raises:
        RejectedError: `message.damaged`, `message.cut` (the stream ended inside a packet) or `message.too_large`.
    """
    for body in split(chunks):
        try:
            part = _part_decoder.decode(body)
        except DECODING_ERRORS as error:
            raise RejectedError("message.damaged", str(error)) from error
        if isinstance(part, Frame):
            _unpack_rows(part.rows)
        if not _fits(part):
            raise RejectedError("message.damaged", "its parts do not fit together")
        yield part


def _unpack_rows(sent: Sequence[Rows]) -> None:
    check_size(sum(len(rows.values) * len(rows.revs) for rows in sent))
    for rows in sent:
        rows.values = [unpack(column, len(rows.revs)) for column in rows.values]


# what fits the types and still means nothing is refused here, so that whoever stores it can trust it


def _fits(part: Part) -> bool:
    if isinstance(part, Answers):
        return _fits_answers(part)
    return isinstance(part, Problem) or _fits_frame(part)


def _fits_answers(part: Answers) -> bool:
    return is_storable(part.clock_ms) and all(map(_fits_answer, part.answers))


def _fits_answer(answer: Answer) -> bool:
    return (
        answer.status in STATUSES
        and len(answer.change_id) in {0, ID_SIZE_BYTES}
        and len(answer.link) in ({ID_SIZE_BYTES} if answer.status == HANDED_OVER else {0, ID_SIZE_BYTES})
        and min(answer.rev_before, answer.rev) >= 0
        and max(answer.rev_before, answer.rev) <= REV_MAX
        and are_storable(list(answer.fix.values()))
    )


def _fits_frame(frame: Frame) -> bool:
    ids = (frame.gone_units, frame.again, frame.again_done, *(gone.ids for gone in frame.gone))
    return (
        (bool(frame.cursor) or frame.complete)
        and frame.rows_total >= 0
        and is_storable(frame.rows_total)
        and set(frame.verdicts) <= set(Verdict)
        and not any(len(joined) % ID_SIZE_BYTES for joined in ids)
        and all(_fits_records(rows, len(rows.revs)) for rows in frame.rows)
        and all(map(_fits_patches, frame.patches))
    )


def _fits_patches(patches: Patches) -> bool:
    count = len(patches.revs)
    return (
        _fits_records(patches, count)
        and len(patches.rows) == len(patches.columns)
        and all(len(rows) == len(values) for rows, values in zip(patches.rows, patches.values, strict=True))
        and all(not rows or (min(rows) >= 0 and max(rows) < count) for rows in patches.rows)
        and all(map(are_storable, patches.values))
        and len(patches.accounts) == len(patches.at) == count
        and are_storable(patches.accounts)
        and are_storable(patches.at)
    )


def _fits_records(part: Rows | Patches, count: int) -> bool:
    return (
        len(part.ids) == count * ID_SIZE_BYTES
        and len(part.values) == len(part.columns) == len(set(part.columns))
        and are_storable(part.columns)
        and (not count or (min(part.revs) >= 1 and max(part.revs) <= REV_MAX))
        and _fits_extra(part.extra, count)
    )


def _fits_extra(extra: Mapping[int, str], count: int) -> bool:
    try:
        return all(
            0 <= place < count and is_storable(text) and isinstance(json.loads(text), dict)
            for place, text in extra.items()
        )
    except (ValueError, RecursionError):
        return False


def split(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut a stream of bytes into the unpacked bodies of its packets."""
    unpacker = _Unpacker()
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= _HEAD_SIZE_BYTES:
            size = int.from_bytes(waiting[:4], "big")
            if not 1 <= size <= PACKET_SIZE_BYTES_MAX:
                raise RejectedError("message.too_large", f"{size} bytes")
            if len(waiting) < 4 + size:
                break
            packing, body = waiting[4], bytes(waiting[_HEAD_SIZE_BYTES : 4 + size])
            del waiting[: 4 + size]
            unpacked = unpacker.unpacked(packing, body)
            check_items(unpacked)
            yield unpacked
    if waiting:
        raise RejectedError("message.cut", f"{len(waiting)} bytes left over")


class _Unpacker:
    """Unpacks the packets of one response, in their order."""

    def __init__(self) -> None:
        self._stream: zstandard.ZstdDecompressionObj | None = None

    def unpacked(self, packing: int, body: bytes) -> bytes:
        """Return the body of the next packet."""
        if packing == _PLAIN:
            return body
        try:
            if packing == _STREAM:
                return self._next(body)
            if packing == _ZSTD:
                return _alone(body)
        except zstandard.ZstdError as error:
            raise RejectedError("message.damaged", str(error)) from error
        raise RejectedError("message.damaged", f"packing {packing}")

    def _next(self, body: bytes) -> bytes:
        """Unpack a little at a time: a few bytes can become very many."""
        if self._stream is None:
            self._stream = zstandard.ZstdDecompressor(max_window_size=_WINDOW_SIZE_BYTES_MAX).decompressobj()
        unpacked = bytearray()
        for start in range(0, len(body), _SLICE_SIZE_BYTES):
            unpacked += self._stream.decompress(body[start : start + _SLICE_SIZE_BYTES])
            if len(unpacked) > PACKET_SIZE_BYTES_MAX:
                raise RejectedError("message.too_large")
        return bytes(unpacked)


def _alone(body: bytes) -> bytes:
    if zstandard.frame_content_size(body) > PACKET_SIZE_BYTES_MAX:
        raise RejectedError("message.too_large")
    return zstandard.ZstdDecompressor().decompress(body, max_output_size=PACKET_SIZE_BYTES_MAX)


def ids_of(joined: bytes) -> list[bytes]:
    """Cut joined 16-byte ids apart."""
    return [joined[start : start + ID_SIZE_BYTES] for start in range(0, len(joined), ID_SIZE_BYTES)]
