"""Where things stand on a sheet: titles, the header of one or two rows, groups, totals, signatures."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME
from yum_desktop.domain.text import fold, nfc
from yum_desktop.exchange.excel.model import Column
from yum_desktop.exchange.excel.read import Cell, Row

CHI_DOAN: Final = "chi_doan"
MALE_YEAR: Final = "born_year_male"
FEMALE_YEAR: Final = "born_year_female"
FEMALE_MARK: Final = "female_mark"
ORDINAL: Final = "ordinal"
TARGETS: Final = (CHI_DOAN, MALE_YEAR, FEMALE_YEAR, FEMALE_MARK, ORDINAL)
"""What a column may be, besides the fields of a member."""

_WORDS: Final[dict[str, tuple[str, ...]]] = {
    ORDINAL: ("tt", "stt", "so tt", "so thu tu"),
    "full_name": ("ho va ten", "ho ten", "ho ten doan vien", "ho va ten doan vien", "ten doan vien"),
    "born_on": ("ngay sinh", "nam sinh", "ngay thang nam sinh", "ngay, thang, nam sinh", "ngay/thang/nam sinh"),
    MALE_YEAR: ("nam sinh nam", "ngay sinh nam", "ngay thang nam sinh nam", "ngay, thang, nam sinh nam"),
    FEMALE_YEAR: ("nam sinh nu", "ngay sinh nu", "ngay thang nam sinh nu", "ngay, thang, nam sinh nu"),
    FEMALE_MARK: ("nu",),
    "sex": ("gioi tinh", "gioi", "nam/nu", "phai"),
    "ethnicity": ("dan toc",),
    "religion": ("ton giao",),
    "id_number": ("so cccd", "cccd", "so cmnd/cccd", "so cmnd", "cmnd", "cmnd/cccd", "so cccd/cmnd", "so can cuoc"),
    "id_issued_on": ("ngay cap", "ngay cap cccd"),
    "id_issued_by": ("noi cap", "noi cap cccd"),
    "phone": ("so dien thoai", "dien thoai", "sdt", "so dt", "dt", "di dong"),
    "email": ("email", "e-mail", "thu dien tu"),
    "hometown_text": ("que quan", "nguyen quan"),
    "residence_text": ("dia chi thuong tru", "thuong tru", "ho khau thuong tru", "dia chi"),
    "current_address": ("noi o hien tai", "noi o hien nay", "tam tru"),
    "education": ("trinh do van hoa", "van hoa", "trinh do hoc van"),
    "qualification": ("trinh do chuyen mon", "chuyen mon"),
    "major": ("chuyen nganh",),
    "politics_level": ("trinh do llct", "llct", "ly luan chinh tri", "trinh do ly luan chinh tri"),
    "it_level": ("tin hoc", "trinh do tin hoc"),
    "language_level": ("ngoai ngu", "trinh do ngoai ngu"),
    "occupation": ("nghe nghiep", "nghe nghiep hien nay"),
    "joined_on": ("ngay vao doan", "thoi gian vao doan", "vao doan", "ngay ket nap"),
    "joined_place": ("noi vao doan", "noi ket nap"),
    "admission_no": ("so nghi quyet chuan y ket nap", "so nq chuan y ket nap", "so nq chuan y"),
    "party_joined_on": ("thoi gian vao dang", "ngay vao dang"),
    "activity_kind": ("doi tuong sinh hoat",),
    "position": ("chuc vu", "chuc vu doan", "chuc vu trong chi doan"),
    "member_code": ("ma dinh danh doan vien",),
    "card_no": ("so the doan", "so the", "so the doan vien"),
    CHI_DOAN: ("chi doan", "don vi", "lop", "chi doan/lop", "ten chi doan"),
    "note": ("ghi chu",),
}
_BY_WORDS: Final = {words: target for target, many in _WORDS.items() for words in many}
_SEARCHED: Final = 40
_KNOWN_MIN: Final = 2
_TITLE_SIGNS: Final = re.compile(
    r"^(tm|t/m|kt)\b|^(tm|kt)\.|\bngay\b.*\bthang\b.*\bnam\b|^nguoi lap|ky,? ?ten|^xac nhan"
)
_OFFICES: Final = frozenset({"bi thu", "pho bi thu", "thu ky", "nguoi lap", "nguoi lap bieu", "hieu truong"})
_TOTAL: Final = re.compile(r"^(tong cong|tong so|tong|cong)\b")
_NOTE: Final = re.compile(r"^(ghi chu|luu y|danh sach (nay|gom|co)|\*)")
_ROMAN: Final = re.compile(r"[IVXLC]+[.)]?")
_UNIT: Final = re.compile(r"^([ivxlc]+[.)]\s*|\d+[.)]\s*|[a-z][.)]\s*)?(lien )?(chi doan|cd)\b")
_GROUP_NUMBER: Final = re.compile(r"^\s*(?:[IVXLC]+|\d+|[A-Z])[.)]\s+")
_GROUP_COUNT: Final = re.compile(r"\s*[(:–-]\s*\d+\s*(?:đoàn viên|đv|người|đ/c|đồng chí)?\s*\)?\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """The header and what its columns are. `header_rows` count from 0."""

    header_rows: tuple[int, ...]
    columns: tuple[Column, ...]

    @property
    def body(self) -> int:
        """The first row below the header."""
        return self.header_rows[-1] + 1 if self.header_rows else 0

    def column(self, target: str) -> int | None:
        """Return the index of the first column that is taken for a target."""
        return next((column.index for column in self.columns if column.field == target), None)


def text_of(cell: Cell) -> str:
    """Return a cell as clean text; a whole number without a fraction."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return nfc(str(cell))


def letter_of(index: int) -> str:
    """Return the letters of a column counted from 0."""
    letters, rest = "", index + 1
    while rest:
        rest, place = divmod(rest - 1, 26)
        letters = chr(ord("A") + place) + letters
    return letters


def target_of(header: str) -> str | None:
    """Return what a header says the column is."""
    plain = re.sub(r"\(.*?\)", "", fold(header)).strip(" .:*")
    return _BY_WORDS.get(" ".join(plain.split()))


def find_layout(rows: Sequence[Row], mapping: Mapping[int, str | None] | None = None) -> Layout:
    """Return the header of a sheet; `mapping` says what columns are, whatever their headers say.

    Raises:
        InputError: `file.no_header` or `file.unknown_target`.
    """
    for target in (mapping or {}).values():
        if target is not None and target not in TARGETS and target not in BY_NAME:
            raise InputError("file.unknown_target", f"Không có trường “{target}” để ghép cột")
    scores = [sum(target_of(text_of(cell)) is not None for cell in row) for row in rows[:_SEARCHED]]
    top = max(range(len(scores)), key=lambda row: scores[row])
    if scores[top] < _KNOWN_MIN:
        raise InputError("file.no_header", "Không tìm thấy dòng tiêu đề có cột Họ và tên")
    headers, header_rows = _headers(rows, top)
    columns: list[Column] = []
    taken = {target for target in (mapping or {}).values() if target is not None}
    for index, header in enumerate(headers):
        target = target_of(header)
        if mapping is not None and index in mapping:
            target = mapping[index]
        elif target in taken:
            target = None
        if target is not None:
            taken.add(target)
        if header or target:
            columns.append(Column(index, letter_of(index), header, target))
    layout = Layout(header_rows, tuple(columns))
    if layout.column("full_name") is None:
        raise InputError("file.no_name_column", "Không tìm thấy cột Họ và tên. Chọn cột đó trong bảng ghép cột")
    return layout


def _headers(rows: Sequence[Row], top: int) -> tuple[list[str], tuple[int, ...]]:
    """Return the header of every column, and its rows: a second row splits what stands above it."""
    upper = [text_of(cell) for cell in rows[top]]
    if top + 1 >= len(rows):
        return upper, (top,)
    lower = [text_of(cell) for cell in rows[top + 1]]
    filled = [index for index, text in enumerate(lower) if text]
    if filled and all(lower[index].strip("()").isdigit() for index in filled) and len(filled) > len(lower) // 2:
        numbers = [int(lower[index].strip("()")) for index in filled]
        return (upper, (top, top + 1)) if numbers == sorted(set(numbers)) and numbers[0] == 1 else (upper, (top,))
    if not filled or not _splits(upper, lower, filled):
        return upper, (top,)
    headers, above = [], ""
    for high, low in zip(upper, lower, strict=True):
        above = high or above
        headers.append(f"{above} / {low}" if low and fold(low) != fold(above) else high)
    return [_joined(header) for header in headers], (top, top + 1)


def _joined(header: str) -> str:
    return header.replace(" / ", " ", 1) if target_of(header.replace(" / ", " ", 1)) else header


def _splits(upper: Sequence[str], lower: Sequence[str], filled: Sequence[int]) -> bool:
    """Return whether a row stands below headers: only where one of them spans columns, and not as data."""
    spanning = [i for i in range(len(upper)) if not upper[i] or (i + 1 < len(upper) and not upper[i + 1])]
    named = [i for i in range(len(upper)) if target_of(upper[i]) == "full_name"]
    words = all(not any(letter.isdigit() for letter in lower[index]) for index in filled)
    return words and set(filled) <= set(spanning) and not set(filled) & set(named)


def kind_of(texts: Sequence[str], layout: Layout, headers: Sequence[str]) -> str | None:
    """Return what a row that is no member is: a repeated header, total, group or separator; nothing for others."""
    filled = [text for text in texts if text]
    folded = fold(filled[0])
    if len(filled) >= _KNOWN_MIN and [fold(text) for text in texts if text] == [fold(h) for h in headers if h]:
        return "repeated_header"
    if all(not any(letter.isalnum() for letter in text) for text in filled):
        return "separator"
    if _TOTAL.search(folded) and not _named(texts, layout, folded):
        return "total"
    return "group" if _is_group(texts, layout) else None


def _named(texts: Sequence[str], layout: Layout, folded: str) -> bool:
    """Return whether a row has a name that is not the word itself: some families are called Tống, Công."""
    name = layout.column("full_name")
    return (
        name is not None
        and bool(texts[name])
        and (fold(texts[name]) != folded or sum(map(bool, texts)) > len(texts) // 2)
    )


def _is_group(texts: Sequence[str], layout: Layout) -> bool:
    filled = [text for text in texts if text]
    ordinal = layout.column(ORDINAL)
    number = texts[ordinal] if ordinal is not None else ""
    words = [text for text in filled if text != number] or filled
    if len(words) != 1 or number.isdigit():
        return False
    return bool(_UNIT.search(fold(words[0])) or _ROMAN.fullmatch(number))


def group_name(texts: Sequence[str]) -> str:
    """Return the unit a group heading names, without its number and count."""
    longest = max(texts, key=len)
    return _GROUP_COUNT.sub("", _GROUP_NUMBER.sub("", longest)).strip()


def tail_kind(texts: Sequence[str]) -> str:
    """Return what a row below the last member is."""
    first = fold(next(text for text in texts if text))
    if _TOTAL.search(first):
        return "total"
    return "note" if _NOTE.search(first) else "signature"


def is_signature(texts: Sequence[str]) -> bool:
    """Return whether a row signs the list: place and date, an office, on behalf of."""
    words = [fold(text) for text in texts if text]
    few = len(words) <= _KNOWN_MIN
    return few and any(_TITLE_SIGNS.search(word) or word in _OFFICES for word in words)
