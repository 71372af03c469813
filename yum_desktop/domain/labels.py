"""What people read for kinds of records and their fields, where `domain.member` and the procedures do not say it."""

from typing import Final

from yum_desktop.domain.cases.admission import DATA_LABELS
from yum_desktop.domain.member import BY_NAME

KIND_LABELS: Final[dict[str, str]] = {
    "unit": "Đơn vị",
    "member": "Đoàn viên",
    "pair": "Cặp nghi trùng",
    "case": "Hồ sơ nghiệp vụ",
    "case_step": "Bước xử lý hồ sơ",
    "code_item": "Mục danh mục",
    "rule_set": "Quy tắc",
    "place": "Địa danh bổ sung",
    "place_report": "Địa danh còn thiếu",
    "conflict": "Xung đột",
    "handover": "Bàn giao",
}

CREATED_LABEL: Final = "Tạo mới"
DELETED_LABEL: Final = "Xóa"

_FIELD_LABELS: Final[dict[str, dict[str, str]]] = {
    "unit": {
        "parent_id": "Đơn vị cấp trên",
        "level": "Cấp",
        "kind": "Loại hình",
        "name": "Tên đơn vị",
        "short_name": "Tên ngắn",
        "code": "Mã đơn vị",
        "address": "Địa chỉ",
        "phone": "Điện thoại",
        "email": "Email",
        "founded_on": "Ngày thành lập",
        "status": "Trạng thái",
        "position": "Thứ tự",
    },
    "pair": {"verdict": "Kết luận", "note": "Ghi chú", "decided_by": "Người kết luận", "decided_at": "Lúc"},
    "case": {
        "unit_id": "Đơn vị",
        "procedure": "Nghiệp vụ",
        "state": "Trạng thái",
        "title": "Tên hồ sơ",
        "data": "Nội dung hồ sơ",
        "returned_note": "Lý do trả lại",
        **DATA_LABELS,
    },
    "case_step": {
        "case_id": "Hồ sơ",
        "action": "Việc đã làm",
        "from_state": "Từ trạng thái",
        "to_state": "Sang trạng thái",
        "note": "Ghi chú",
    },
    "place_report": {
        "text": "Tên còn thiếu",
        "wanted": "Bộ địa giới",
        "province": "Tỉnh",
        "state": "Trạng thái",
        "answer": "Trả lời",
        "why": "Lý do",
    },
    "conflict": {"status": "Trạng thái", "choice": "Lựa chọn"},
    "handover": {"state": "Trạng thái", "choice": "Giá trị khác", "why": "Lý do"},
}


def field_label(kind: str, name: str) -> str:
    """Return what people read for a field; its name where there is nothing better."""
    if kind == "member" and name in BY_NAME:
        return BY_NAME[name].label
    return _FIELD_LABELS.get(kind, {}).get(name, name)
