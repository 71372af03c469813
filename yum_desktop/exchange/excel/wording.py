"""What a person reads about a cell."""

from typing import Final

_TEXTS: Final[dict[str, str]] = {
    "missing": "Chưa có",
    "text.nfc": "Đã gộp dấu về Unicode dựng sẵn",
    "text.space": "Đã bỏ khoảng trắng thừa",
    "text.invisible": "Đã bỏ ký tự ẩn",
    "text.d_stroke": "Đã đổi chữ Đ về đúng mã",
    "text.old_font": "Có thể gõ bằng phông cũ",
    "text.formula": "Ô chứa công thức, không lấy",
    "name.case": "Đã viết hoa lại tên",
    "name.no_diacritics": "Tên không dấu",
    "name.extra_text": "Có chữ khác cạnh tên",
    "date.text_form": "Đã đọc ngày viết kiểu khác",
    "date.year_only": "Chỉ có năm",
    "date.month_only": "Chỉ có tháng và năm",
    "date.two_digit_year": "Năm chỉ có hai chữ số",
    "date.serial_unformatted": "Ô là số, đã đọc thành ngày",
    "date.not_day_first": "Có vẻ viết tháng trước ngày",
    "date.serial_text": "Có vẻ là ngày dạng số của Excel",
    "date.digits_only": "Ngày viết liền",
    "date.letter_for_digit": "Có chữ O thay cho số 0",
    "date.invalid": "Ngày này không có",
    "date.implausible": "Ngày này không hợp lý",
    "id.format": "Đã bỏ dấu cách trong số",
    "id.lost_zero": "Số bị mất số 0 ở đầu",
    "id.letter_for_digit": "Có chữ O thay cho số 0",
    "id.scientific": "Số bị Excel làm tròn, không khôi phục được",
    "id.bad_length": "Số căn cước có 12 số, CMND có 9 số",
    "id.old_cmnd": "CMND đã hết giá trị, cần số căn cước",
    "id.unknown_province": "Mã tỉnh không có trong danh mục",
    "id.sex_mismatch": "Số này ghi giới tính khác",
    "id.year_mismatch": "Số này ghi năm sinh khác",
    "phone.format": "Đã bỏ dấu cách trong số",
    "phone.country_code": "Đã đổi +84 về số 0",
    "phone.lost_zero": "Đã thêm số 0 ở đầu",
    "phone.old_prefix": "Đã đổi đầu số cũ 11 số",
    "phone.extra_text": "Có chữ cạnh số",
    "phone.shared": "Hai người chung số này",
    "phone.lost_zero_old": "Đầu số cũ và mất số 0",
    "phone.several": "Có nhiều số trong một ô",
    "phone.invalid": "Không phải số di động",
    "ethnic.alias": "Đã nhận ra tên gọi khác",
    "ethnic.abbrev": "Đã hiểu chữ viết tắt",
    "ethnic.ambiguous": "Chữ tắt có thể là nhiều dân tộc",
    "ethnic.unknown": "Không có dân tộc này trong danh mục",
    "sex.both_columns": "Cả hai cột Nam và Nữ đều có năm sinh",
    "sex.empty_row": "Dòng chỉ có tên nên ô trống không nói gì",
    "sex.from_id": "Số căn cước cho biết giới tính",
    "sex.unknown": "Không rõ là nam hay nữ",
    "join.too_young": "Vào Đoàn khi chưa đủ tuổi",
    "join.too_old": "Vào Đoàn khi đã quá tuổi",
    "value.unread": "Không đọc được, giữ ở cột khác",
}


def text_for(code: str, found: str, suggest: tuple[str, ...]) -> str:
    """Return what is said about a finding: what it is, what stands there, what may be meant."""
    text = _TEXTS.get(code, code)
    if found and suggest:
        return f"{text}: “{found}”"
    return text
