"""Sending and receiving by file: this device's own, and another's that it carries to the server."""

import io
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

import httpx

from sync.client.bundles import Bundles, Exported
from sync.client.engine import SyncReport
from sync.client.transport import HttpTransport
from sync.protocol.bundle import Direction, Head, read_head
from sync.protocol.errors import RejectedError, UnreachableError
from yum_desktop.domain.errors import InputError, UnavailableError
from yum_desktop.registry import settings
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.refusals import text_of
from yum_desktop.registry.syncing import connected

__all__ = [
    "Exported", "Looked", "Way", "answer_path", "bundle_content", "carry", "export", "file_name", "look", "take",
    "write_whole",
]  # fmt: skip

T = TypeVar("T")

SUFFIX: Final = ".yum"
SIZE_BYTES_MAX: Final = 64 * 1024 * 1024
_PATH: Final = "/bundle"


class Way(StrEnum):
    """What is to be done with a file.

    `TAKE`: it answers this device. `CARRY`: it still has to go to the server. `OTHERS`: it answers another device.
    """

    TAKE = "take"
    CARRY = "carry"
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Looked:
    """What can be said of a file without opening it.

    Attributes:
        own: It comes from this device, or is for it.
        made_at: By the clock of its maker.
    """

    way: Way
    own: bool
    device_id: UUID
    made_at: datetime


def look(r: Registry, path: Path) -> Looked:
    """Return what is to be done with a file.

    Raises:
        InputError: `bundle.not_one`, `bundle.newer`, `bundle.cut`, `file.missing`, `file.too_large`.
    """
    head = _named(lambda: read_head(io.BytesIO(bundle_content(path))))
    own = r.identity.device_id is not None and head.device_id == r.identity.device_id.bytes
    way = Way.CARRY if head.direction is Direction.UP else Way.TAKE if own else Way.OTHERS
    return Looked(way, own, UUID(bytes=head.device_id), _made(head))


def export(r: Registry, path: Path) -> Exported:
    """Write all that waits here into a file for the server. It goes on waiting until it is answered.

    Raises:
        InputError: `sync.not_enrolled`, `bundle.no_key`.
        UnavailableError: `file.unwritable`: the stick is full, read-only or gone; no half of a file is left.
    """
    bundles = _bundles(r)
    file = io.BytesIO()
    exported = bundles.export(file)
    write_whole(path, file.getvalue())
    return exported


def take(r: Registry, path: Path) -> SyncReport:
    """Store the answer in a file. Taking it again changes nothing; of a broken copy what is there is stored.

    Raises:
        InputError: `sync.not_enrolled`, `bundle.no_key`, `bundle.…`, `file.missing`, `file.too_large`.
    """
    bundles = _bundles(r)
    report = _named(lambda: bundles.take(io.BytesIO(bundle_content(path))))
    if report.status == "failed" and report.error_code is not None:
        raise InputError(report.error_code, text_of(report.error_code))
    return report


def carry(r: Registry, path: Path, answer: Path, *, transport: httpx.BaseTransport | None = None) -> None:
    """Bring a file, of this device or another, to the server, and write the answer that is to be carried back.

    Raises:
        InputError: `sync.not_enrolled`, `bundle.…`, `auth.…`, `file.missing`, `file.too_large`.
        UnavailableError: `server.…`, `link.captive`, `file.unwritable`.
    """
    content = bundle_content(path)
    with connected(r, transport) as (client, tokens):
        try:
            file = b"".join(HttpTransport(client, tokens, path=_PATH).exchange(content))
        except UnreachableError as error:
            raise UnavailableError(error.code, text_of(error.code)) from error
        except RejectedError as error:
            raise InputError(error.code, text_of(error.code)) from error
    write_whole(answer, file)


def file_name(r: Registry, *, now: datetime) -> str:
    """Return the usual name of a file that this device exports."""
    kept = "".join(char if char.isalnum() else "-" for char in r.identity.device_name).strip("-") or "may"
    return f"gui-{kept}-{now:%Y%m%d-%H%M}{SUFFIX}"


def answer_path(path: Path) -> Path:
    """Return where the answer to a file usually goes: beside it."""
    return path.with_name(f"tra-loi-{path.stem.removeprefix('gui-')}{SUFFIX}")


def _bundles(r: Registry) -> Bundles:
    if r.identity.device_id is None:
        raise InputError("sync.not_enrolled", text_of("sync.not_enrolled"))
    with r.read() as conn:
        key = settings.get(conn, settings.BUNDLE_KEY)
    if key is None:
        raise InputError("bundle.no_key", text_of("bundle.no_key"))
    device_id = r.identity.device_id.bytes
    return Bundles(r.replica, r.write, device_id=device_id, key=bytes.fromhex(key), ids=lambda: r.new_id().bytes)


def _named(work: Callable[[], T]) -> T:
    try:
        return work()
    except RejectedError as error:
        raise InputError(error.code, text_of(error.code)) from error


def _made(head: Head) -> datetime:
    with suppress(ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(head.made_at / 1_000, UTC)
    return datetime.fromtimestamp(0, UTC)


def bundle_content(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises:
        InputError: `file.missing`, `file.too_large`.
    """
    try:
        if path.stat().st_size > SIZE_BYTES_MAX:
            raise InputError("file.too_large", f"Tệp lớn hơn {SIZE_BYTES_MAX // 1024 // 1024} MB, không phải tệp này.")
        return path.read_bytes()
    except OSError as error:
        raise InputError("file.missing", f"Không đọc được tệp {path.name}.") from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a whole file, or none.

    Raises:
        UnavailableError: `file.unwritable`.
    """
    waiting = path.with_name(path.name + ".part")
    try:
        with waiting.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        waiting.replace(path)
    except OSError as error:
        with suppress(OSError):
            waiting.unlink()
        text = f"Không ghi được {path.name}. Xem lại thẻ nhớ còn chỗ và không bị khóa."
        raise UnavailableError("file.unwritable", text) from error
