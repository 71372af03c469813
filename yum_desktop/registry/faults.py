"""What the database's errors mean in our own terms."""

from typing import Final

from sqlalchemy import exc

from yum_desktop.domain.errors import DefectError, UnavailableError, YumError

_BY_MESSAGE: Final[tuple[tuple[str, str, str], ...]] = (
    ("not a database", "store.key_wrong", "Mật khẩu không đúng, hoặc đây không phải tệp dữ liệu của chương trình."),
    ("file is encrypted", "store.key_wrong", "Mật khẩu không đúng, hoặc đây không phải tệp dữ liệu của chương trình."),
    ("locked", "store.locked", "Dữ liệu đang được một chương trình khác ghi. Hãy thử lại sau ít giây."),
    ("busy", "store.locked", "Dữ liệu đang được một chương trình khác ghi. Hãy thử lại sau ít giây."),
    ("disk is full", "store.full", "Ổ đĩa đã đầy. Hãy dọn bớt rồi thử lại; những gì đã lưu vẫn còn."),
    ("readonly", "store.read_only", "Không được phép ghi vào tệp dữ liệu."),
    ("malformed", "store.damaged", "Tệp dữ liệu bị hỏng. Hãy khôi phục từ bản sao lưu."),
    ("unable to open", "store.unreachable", "Không mở được tệp dữ liệu. Hãy kiểm tra ổ đĩa và quyền truy cập."),
    ("i/o error", "store.io", "Ổ đĩa báo lỗi khi đọc hoặc ghi. Hãy sao lưu dữ liệu ngay."),
)
_DEFECTS: Final = (
    exc.IntegrityError,
    exc.ProgrammingError,
    exc.DataError,
    exc.InternalError,
    exc.NotSupportedError,
    exc.InterfaceError,
)


def translated(error: exc.SQLAlchemyError | Exception) -> YumError:
    """Return our error for one of the database library's or the driver's.

    What only a mistake of ours can cause is a `DefectError` (`store.defect`), everything else a safe-to-repeat
    `UnavailableError`.
    """
    message = str(getattr(error, "orig", None) or error).lower()
    if isinstance(error, exc.TimeoutError):
        return UnavailableError("store.locked", "Dữ liệu đang bận. Hãy thử lại sau ít giây.")
    for part, code, text in _BY_MESSAGE:
        if part in message:
            return UnavailableError(code, text)
    if isinstance(error, _DEFECTS) or not isinstance(error, exc.DatabaseError):
        return DefectError("store.defect", "Chương trình gặp lỗi khi đọc hoặc ghi dữ liệu.")
    return UnavailableError("store.unreachable", "Không đọc được dữ liệu trên máy. Hãy thử lại.")
