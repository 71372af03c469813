"""The transaction that every command works in."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from sync.protocol.errors import SyncError
from yum_desktop.domain.errors import ConflictError, DefectError, InputError, YumError
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.refusals import text_of


@contextmanager
def change(r: Registry) -> Iterator[Connection]:
    """Open a write transaction in which the engine's errors are ours; not for an account that only looks.

    Raises:
        InputError: `scope.read_only`, and what the engine says of the input.
        ConflictError: `record.exists`.
    """
    if r.identity.only_looks:
        raise InputError("scope.read_only", text_of("scope.read_only"))
    try:
        with r.write() as conn:
            yield conn
    except SyncError as error:
        raise _translated(error) from error


def _translated(error: SyncError) -> YumError:
    if error.code == "record.unknown":
        return InputError(error.code, "Không còn bản ghi này trên máy.")
    if error.code == "change.not_refused":
        return InputError(error.code, "Thay đổi này không còn bị từ chối.")
    if error.code == "record.exists":
        return ConflictError(error.code, text_of(error.code))
    return DefectError(error.code, f"Chương trình gặp lỗi khi ghi dữ liệu (mã {error.code}).")


def group_of(r: Registry) -> str:
    """Return a new group for what is done together."""
    return r.new_id().hex
