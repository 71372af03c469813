"""Many devices in one process: each edits a few members of its commune and synchronises, again and again.

A device speaks the protocol and remembers its cursor and revisions, but keeps no records, so that the two cores belong
to the server.

    python -m benchmarks.load_process PORTS FACTS
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.children import Answer, asked, tell
from sync.protocol.messages import PROTOCOL_VERSION, Answers, Change, Frame, Problem, Request, decode_parts, encode
from yum_desktop.registry.clock import SystemClock, as_ms, new_id
from yum_desktop.registry.kinds import MEMBER_KIND

EDITS: Final = 2
"""Members edited before a synchronisation."""

_AT_ONCE: Final = 4
"""Devices that receive everything at once, before the measuring."""


class Device:
    """One device on a connection of its own."""

    def __init__(self, port: int, facts: Answer) -> None:
        self._port = port
        self._token, self._account = facts["token"], facts["account"]
        self._revs = {bytes.fromhex(text): 1 for text in facts["members"]}
        self._turn = 0
        self._cursor: bytes | None = None
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter | None = None
        self.wrong: list[str] = []

    async def sync(self, *, edits: int = EDITS) -> None:
        """Edit and exchange; what goes wrong is in `wrong`."""
        request = Request(PROTOCOL_VERSION, as_ms(SystemClock().now()), self._cursor, self._edited(edits))
        try:
            body = await self._exchange(encode(request))
            for part in decode_parts([body]):
                self._take(part, request.changes)
        except Exception as error:  # noqa: BLE001  # counted, and the next one goes on
            self._writer = None
            self.wrong.append(repr(error))

    def _edited(self, count: int) -> list[Change]:
        at, changes = as_ms(SystemClock().now()), []
        for _ in range(count):
            record_id = list(self._revs)[self._turn % len(self._revs)]
            self._turn += 1
            patch = {"phone": f"09{random.randrange(10**8):08}"}
            rev = self._revs[record_id]
            changes.append(
                Change(new_id().bytes, MEMBER_KIND, record_id, "edit", patch, rev, at=at, account=self._account)
            )
        return changes

    def _take(self, part: object, changes: Sequence[Change]) -> None:
        match part:
            case Answers():
                for answer, change in zip(part.answers, changes, strict=True):
                    if answer.status not in {"applied", "merged"}:
                        self.wrong.append(f"{answer.status} {answer.code}")
                    self._revs[change.record_id] = max(answer.rev, 1)
            case Frame():
                self._cursor = part.cursor or self._cursor
            case Problem():
                self.wrong.append(part.code)

    async def _exchange(self, packet: bytes) -> bytes:
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        head = f"POST /sync HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {self._token}\r\ncontent-length: {len(packet)}"
        self._writer.write(head.encode() + b"\r\n\r\n" + packet)
        told = (await self._reader.readuntil(b"\r\n\r\n")).decode().casefold()
        size = next((line.partition(":")[2] for line in told.splitlines() if line.startswith("content-length")), None)
        body = await self._chunks() if size is None else await self._reader.readexactly(int(size))
        if " 200 " not in told.splitlines()[0]:
            raise ValueError(f"{told.splitlines()[0]} {body[:80]!r}")
        return body

    async def _chunks(self) -> bytes:
        body = b""
        while size := int(await self._reader.readline(), 16):
            body += (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readline()
        return body


async def begin(devices: Sequence[Device]) -> Answer:
    """Let every device receive everything."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(device: Device) -> None:
        async with turns:
            await device.sync(edits=0)

    await asyncio.gather(*(one(device) for device in devices))
    return {"wrong": _wrong(devices)}


async def run(devices: Sequence[Device], rate: float, seconds: float) -> Answer:
    """Synchronise `rate` times a second, the devices in turns; how long each took counts from when it was due."""
    took_s: list[float] = []
    began = time.perf_counter()

    async def one(place: int) -> None:
        for number in range(place, round(rate * seconds), len(devices)):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await devices[place].sync()
            took_s.append(time.perf_counter() - due)

    await asyncio.gather(*map(one, range(len(devices))))
    return {"took_s": took_s, "seconds": time.perf_counter() - began, "wrong": _wrong(devices)}


async def alone(device: Device, count: int) -> Answer:
    """Synchronise one device, one time after the other."""
    took_s = []
    for _ in range(count):
        began = time.perf_counter()
        await device.sync()
        took_s.append(time.perf_counter() - began)
    return {"took_s": took_s, "wrong": _wrong([device])}


def _wrong(devices: Sequence[Device]) -> list[str]:
    return [text for device in devices for text in device.wrong]


def main(ports: Sequence[int], facts: Path) -> None:
    """Do what is asked; the devices use the servers in turns."""
    devices = [Device(ports[place % len(ports)], each) for place, each in enumerate(json.loads(facts.read_text()))]
    with asyncio.Runner() as runner:
        for question in asked():
            match question:
                case {"do": "begin"}:
                    tell(**runner.run(begin(devices)))
                case {"do": "run", "rate": rate, "seconds": seconds}:
                    tell(**runner.run(run(devices, rate, seconds)))
                case {"do": "alone", "count": count}:
                    tell(**runner.run(alone(devices[0], count)))


if __name__ == "__main__":
    main([int(port) for port in sys.argv[1].split(",")], Path(sys.argv[2]))
