"""Packets of one response: read one by one, packed together."""

import random

import pytest

from sync.client.engine import FRAME_ROWS_MAX
from sync.protocol.errors import RejectedError
from sync.protocol.messages import NARROW_ROWS_MAX, Answers, Frame, Packer, Part, Rows, decode_parts, encode

NAMES = random.Random(7).choices(["An", "Bình", "Chi", "Dũng", "Giang", "Hạnh"], k=400)
IDS_SIZE_BYTES = 16 * len(NAMES)
"""Ids are random: nothing packs them."""


def frames(rows: int) -> list[Frame]:
    """Return frames of people who resemble each other."""
    made = []
    for start in range(0, len(NAMES), rows):
        names = [f"{name} {place % 90}" for place, name in enumerate(NAMES[start : start + rows])]
        ids = random.Random(start).randbytes(16 * rows)
        made.append(Frame(b"c%d" % start, rows=[Rows("note", ["name"], ids, [1] * rows, [names])]))
    return made


def test_each_packet_can_be_read_when_it_has_come() -> None:
    packer = Packer(FRAME_ROWS_MAX)
    sent: list[Part] = [Answers([], 5), *frames(100)]
    packets = [packer.pack(part) for part in sent]
    for count in range(1, len(packets) + 1):
        assert list(decode_parts(packets[:count])) == sent[:count]


def test_small_frames_cost_little_more_than_large_ones() -> None:
    def size(rows: int) -> int:
        packer = Packer(FRAME_ROWS_MAX)
        return sum(len(packer.pack(frame)) for frame in frames(rows)) - IDS_SIZE_BYTES

    alone = sum(len(encode(frame)) for frame in frames(20)) - IDS_SIZE_BYTES
    assert size(20) < 0.6 * alone
    assert size(20) < 1.5 * size(400)


def test_for_a_narrow_line_an_answer_is_packed_harder() -> None:
    def packets(frame_rows_max: int) -> list[bytes]:
        packer = Packer(frame_rows_max)
        return [packer.pack(frame) for frame in frames(100)]

    hard, ready = packets(NARROW_ROWS_MAX), packets(NARROW_ROWS_MAX + 1)
    assert sum(map(len, hard)) < sum(map(len, ready))
    assert list(decode_parts(hard)) == list(decode_parts(ready)) == frames(100)


def test_a_packet_that_is_missing_is_noticed() -> None:
    packer = Packer(FRAME_ROWS_MAX)
    first, second, third = (packer.pack(frame) for frame in frames(100)[:3])
    parts = decode_parts([first, third])
    next(parts)
    with pytest.raises(RejectedError, match=r"message\.damaged"):
        list(parts)
    with pytest.raises(RejectedError, match=r"message\.damaged"):
        list(decode_parts([second]))


def test_a_packet_that_came_in_part_is_not_read() -> None:
    packer = Packer(FRAME_ROWS_MAX)
    first, second = (packer.pack(frame) for frame in frames(200)[:2])
    parts = decode_parts([first, second[:-1]])
    assert next(parts) == frames(200)[0]
    with pytest.raises(RejectedError, match=r"message\.cut"):
        next(parts)
