"""Files that appear whole or not at all, sealed with a password where one is given.

The only module that knows the library that seals: msoffcrypto-tool, "agile" encryption of Office, AES-256.
"""

import errno
import io
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from msoffcrypto.exceptions import EncryptionError
from msoffcrypto.format.ooxml import OOXMLFile

from yum_desktop.domain.errors import InputError, UnavailableError, YumError

PASSWORD_MIN: Final = 8
PASSWORD_MAX: Final = 255
"""What Excel can take."""


def check_password(password: str) -> None:
    """Refuse a password that opens nothing or protects nothing.

    Raises:
        InputError: `export.password_short`, `export.password_long`, `export.password_odd`.
    """
    if len(password) < PASSWORD_MIN:
        text = f"Mật khẩu cần ít nhất {PASSWORD_MIN} ký tự. Một câu ngắn dễ nhớ là tốt nhất."
        raise InputError("export.password_short", text, field="password")
    if len(password) > PASSWORD_MAX:
        raise InputError("export.password_long", f"Mật khẩu dài quá {PASSWORD_MAX} ký tự.", field="password")
    if password != password.strip() or not password.isprintable():
        text = "Mật khẩu có dấu cách ở đầu, cuối hoặc ký tự không thấy được."
        raise InputError("export.password_odd", text, field="password")


def seal(book: bytes, password: str) -> bytes:
    """Return a workbook that only opens with the password."""
    sealed = io.BytesIO()
    try:
        OOXMLFile(io.BytesIO(book)).encrypt(password, sealed)
    except EncryptionError as error:
        raise UnavailableError("export.not_sealed", "Không đặt được mật khẩu cho tệp. Chưa ghi gì.") from error
    return sealed.getvalue()


@contextmanager
def whole_file(path: Path) -> "Iterator[tuple[BinaryIO, Callable[[], None]]]":
    """Open a new file beside `path` for writing; the function given puts it in its place, on the disk to the last byte.

    Without that call, or when anything goes wrong, nothing is left and what stood at `path` stays.

    Raises:
        InputError: `export.folder_missing`.
        UnavailableError: `export.disk_full`, `export.unwritable`.
    """
    if not path.parent.is_dir():
        raise InputError("export.folder_missing", f"Không có thư mục {path.parent}.")
    waiting = path.with_name(f".{path.name[:60]}.{secrets.token_hex(4)}.tmp")
    try:
        handle = os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(handle, "wb") as out:

            def put_in_place() -> None:
                out.flush()
                os.fsync(out.fileno())
                out.close()
                waiting.replace(path)

            yield out, put_in_place
    except YumError:
        raise
    except OSError as error:
        raise _told(error) from error
    finally:
        _remove(waiting)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # the folder is gone: so is the file
        return


def _told(error: OSError) -> UnavailableError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}:
        return UnavailableError("export.disk_full", "Ổ đĩa hết chỗ, chưa ghi tệp nào. Dọn bớt hoặc chọn ổ khác.")
    text = "Không ghi được tệp. Có thể tệp đang mở trong Excel, hoặc thư mục không cho ghi. Chọn tên hay chỗ khác."
    return UnavailableError("export.unwritable", text)
