"""Why the server or the connection said no, in words for people. Looked up by the stable code."""

from typing import Final

_TEXTS: Final[dict[str, str]] = {
    "auth.default_password": "Mật khẩu vẫn là mật khẩu cấp ban đầu. Hãy đổi mật khẩu rồi đăng nhập lại.",
    "auth.expired": "Phiên đăng nhập đã hết hạn. Hãy đăng nhập lại; những gì đã nhập vẫn còn.",
    "auth.missing": "Thiết bị chưa đăng nhập. Hãy đăng nhập lại; những gì đã nhập vẫn còn.",
    "auth.revoked": "Thiết bị này đã bị thu hồi quyền. Hãy liên hệ đơn vị cấp trên.",
    "auth.throttled": "Đăng nhập sai nhiều lần. Hãy chờ ít phút rồi thử lại.",
    "auth.wrong": "Tên tài khoản hoặc mật khẩu không đúng.",
    "case.incomplete": "Hồ sơ còn thiếu thông tin cho bước này.",
    "case.not_allowed": "Hồ sơ không còn ở bước này, hoặc tài khoản không được làm việc này.",
    "change.too_large": "Thay đổi này quá lớn, máy chủ không nhận. Hãy rút ngắn ghi chú rồi gửi lại.",
    "change.broken": "Máy chủ không đọc được thay đổi này. Hãy báo cho người quản trị; nội dung vẫn còn trên máy.",
    "conflict.already_settled": "Người khác đã chọn trước cho xung đột này.",
    "conflict.incomplete": "Còn trường chưa chọn.",
    "conflict.moved_on": "Dữ liệu lại vừa thay đổi. Hãy xem lại rồi chọn.",
    "cursor.unknown": "Máy chủ không nhận ra dữ liệu của máy này; dữ liệu sẽ được tải lại.",
    "field.read_only": "Trường này do máy chủ đặt, không sửa được trên máy.",
    "field.unknown": "Máy chủ chưa biết trường này.",
    "kind.unknown": "Máy chủ chưa biết loại dữ liệu này. Máy chủ cần được cập nhật.",
    "link.captive": "Mạng này đòi đăng nhập trước. Mở trình duyệt để đăng nhập mạng, rồi gửi nhận lại.",
    "message.cut": "Đường truyền bị ngắt giữa chừng. Phần đã nhận vẫn được giữ.",
    "message.damaged": "Dữ liệu bị hỏng trên đường truyền. Hãy thử lại.",
    "message.too_large": "Gói dữ liệu quá lớn.",
    "record.changed": "Có người vừa sửa bản ghi này nên chưa xóa. Hãy xem lại rồi quyết định.",
    "record.deleted": "Bản ghi đã bị xóa trên máy chủ.",
    "record.exists": "Bản ghi này đã có trên máy chủ.",
    "record.unknown": "Máy chủ không có bản ghi này.",
    "scope.forbidden": "Tài khoản không có quyền với đơn vị này.",
    "scope.read_only": "Tài khoản chỉ được xem dữ liệu này.",
    "server.busy": "Máy chủ đang bận hoặc đang bảo trì. Những gì đã nhập vẫn còn và sẽ được gửi sau.",
    "server.certificate": "Không tin được chứng chỉ của máy chủ. Xem lại ngày giờ của máy này, rồi báo người quản trị.",
    "server.changed": "Máy chủ không còn là máy chủ cũ. Chưa gửi nhận gì; hãy hỏi người quản trị.",
    "server.defect": "Máy chủ gặp lỗi. Những gì đã nhập vẫn còn và sẽ được gửi sau.",
    "server.moved": "Máy chủ đã chuyển sang địa chỉ {0}. Hỏi người quản trị trước khi đổi địa chỉ.",
    "server.unreachable": "Không liên lạc được với máy chủ. Những gì đã nhập vẫn còn và sẽ được gửi sau.",
    "server.wait": "Máy chủ hẹn gửi nhận lại sau {0}. Những gì đã nhập vẫn còn.",
    "server.went_back": "Máy chủ vừa được khôi phục từ bản cũ hơn. Chưa gửi nhận gì; hãy hỏi người quản trị.",
    "sync.no_progress": "Đồng bộ không tiến triển. Hãy thử lại sau.",
    "server.not_ours": "Địa chỉ này không phải máy chủ của chương trình.",
    "auth.disabled": "Tài khoản đã bị khóa. Hãy liên hệ đơn vị cấp trên.",
    "sync.not_enrolled": "Máy này chưa đăng nhập vào máy chủ nào.",
    "sync.stopped": "Đã dừng đồng bộ. Phần đã nhận vẫn được giữ.",
    "unit.cycle": "Đơn vị không thể trực thuộc chính cấp dưới của mình.",
    "unit.not_empty": "Đơn vị còn đoàn viên hoặc đơn vị con nên không xóa được.",
    "version.unsupported": "Chương trình và máy chủ khác phiên bản. Hãy cập nhật chương trình.",
}


def text_of(code: str, given: str | None = None) -> str:
    """Return what people read for `code`: the text that came with it, else ours, else one that names the code."""
    return given or _TEXTS.get(code) or f"Máy chủ không nhận thay đổi này (mã {code})."
