"""Why the server does not let somebody in: the codes devices know, with HTTP status and text."""

from typing import Final

from yum_desktop.domain.errors import InputError

_DENIALS: Final[dict[str, tuple[int, str]]] = {
    "auth.wrong": (401, "Tên tài khoản hoặc mật khẩu không đúng."),
    "auth.missing": (401, "Thiết bị chưa đăng nhập."),
    "auth.expired": (401, "Phiên đăng nhập đã hết hạn. Hãy đăng nhập lại; những gì đã nhập vẫn còn."),
    "auth.copied": (
        401,
        "Dữ liệu của máy này đã được dùng tiếp ở một bản sao khác (máy khác, hoặc bản khôi phục). Hãy đăng nhập lại:"
        " máy này sẽ là một thiết bị riêng, những gì đã nhập vẫn còn.",
    ),
    "auth.revoked": (401, "Thiết bị này đã bị thu hồi quyền. Hãy liên hệ đơn vị cấp trên."),
    "auth.disabled": (403, "Tài khoản đã bị khóa. Hãy liên hệ đơn vị cấp trên."),
    "auth.default_password": (403, "Mật khẩu vẫn là mật khẩu cấp ban đầu. Hãy đổi mật khẩu rồi đăng nhập lại."),
    "auth.throttled": (429, "Đăng nhập sai nhiều lần. Hãy chờ ít phút rồi thử lại."),
}


class DeniedError(InputError):
    """Somebody is not let in. A device does something else: sign in, wait, or ask its superior.

    Attributes:
        status: HTTP status.
        retry_after_s: How long to wait; 0 where waiting does not help.
    """

    def __init__(self, code: str, *, retry_after_s: int = 0) -> None:
        self.status, text = _DENIALS[code]
        super().__init__(code, text)
        self.retry_after_s = retry_after_s
