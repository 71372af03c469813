"""Where things stand on a sheet: titles, the header of one or two rows, groups, totals, signatures."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME
from yum_desktop.domain.text import fold, nfc
from yum_desktop.exchange.excel.model import Area, Cell, Column, Row

CHI_DOAN: Final = "chi_doan"
MALE_YEAR: Final = "born_year_male"
FEMALE_YEAR: Final = "born_year_female"
FEMALE_MARK: Final = "female_mark"
ORDINAL: Final = "ordinal"
FAMILY_NAME: Final = "family_name"
GIVEN_NAME: Final = "given_name"
TARGETS: Final = (CHI_DOAN, MALE_YEAR, FEMALE_YEAR, FEMALE_MARK, ORDINAL, FAMILY_NAME, GIVEN_NAME)
"""What a column may be, besides the fields of a member."""

_WORDS: Final[dict[str, tuple[str, ...]]] = {
    ORDINAL: ("tt", "stt", "so tt", "so thu tu"),
    "full_name": ("ho va ten", "ho ten", "ho ten doan vien", "ho va ten doan vien", "ten doan vien"),
    "born_on": ("ngay sinh", "nam sinh", "ngay thang nam sinh", "ngay, thang, nam sinh", "ngay/thang/nam sinh"),
    FAMILY_NAME: ("ho va ten dem", "ho ten dem", "ho va dem", "ho dem", "ho va chu dem", "ho va ten lot", "ho lot"),
    GIVEN_NAME: ("ten",),
    MALE_YEAR: (
        "nam sinh nam",
        "ngay sinh nam",
        "ngay thang nam sinh nam",
        "ngay, thang, nam sinh nam",
        "gioi tinh nam",
    ),
    FEMALE_YEAR: ("nam sinh nu", "ngay sinh nu", "ngay thang nam sinh nu", "ngay, thang, nam sinh nu", "gioi tinh nu"),
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
_HEADER_LENGTH_MAX: Final = 200
_WIDE: Final = 3
"""Columns under one merged text that make it a heading."""
_TITLE_SIGNS: Final = re.compile(
    r"^(tm|t/m|kt)\b|^(tm|kt)\.|\bngay\b.*\bthang\b.*\bnam\b|^nguoi lap|ky,? ?ten|^xac nhan"
)
_OFFICES: Final = frozenset({"bi thu", "pho bi thu", "thu ky", "nguoi lap", "nguoi lap bieu", "hieu truong"})
_TOTAL: Final = re.compile(r"^(tong cong|tong so|tong|cong)\b|^(an dinh )?danh sach( nay)? (co|gom)\b.*\d")
_NOTE: Final = re.compile(r"^(ghi chu|luu y|danh sach (nay|gom|co)|\*)")
_ROMAN: Final = re.compile(r"[IVXLC]+[.)]?")
_UNIT: Final = re.compile(r"^([ivxlc]+[.)]\s*|\d+[.)]\s*|[a-z][.)]\s*)?(lien )?(chi doan|cd)\b")
_GROUP_NUMBER: Final = re.compile(r"^\s*(?:[IVXLC]+|\d+|[A-Z])[.)]\s+")
_TITLE_UNIT: Final = re.compile(r"\bchi đoàn\s+\S.*", re.IGNORECASE)
_TITLE_YEAR: Final = re.compile(r"[\s,(–-]*\b(?:năm(?: học)?|nhiệm kỳ|tháng|quý)\b[\s\d/–-]*\)?.*$", re.IGNORECASE)
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

    @property
    def names(self) -> tuple[int, ...]:
        """The columns that make up a person's name: one, or family and middle names before the given name."""
        whole = self.column("full_name")
        parts = (whole,) if whole is not None else (self.column(FAMILY_NAME), self.column(GIVEN_NAME))
        return tuple(index for index in parts if index is not None)

    def name_of(self, row: Row) -> str:
        """Return the name on a row as it stands, its parts joined."""
        return " ".join(str(row[index]) for index in self.names if len(self.names) == 1 or text_of(row[index]))


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
    if len(header) > _HEADER_LENGTH_MAX:
        return None
    plain = re.sub(r"\(.*?\)", "", fold(header)).strip(" .:*")
    return _BY_WORDS.get(" ".join(plain.split()))


def has_header(rows: Sequence[Row]) -> bool:
    """Return whether a sheet has a row of known headers."""
    return max(_scores(rows), default=0) >= _KNOWN_MIN


def _scores(rows: Sequence[Row]) -> list[int]:
    return [sum(target_of(text_of(cell)) is not None for cell in row) for row in rows[:_SEARCHED]]


def find_layout(rows: Sequence[Row], mapping: Mapping[int, str | None] | None = None) -> Layout:
    """Return the header of a sheet; `mapping` says what columns are, whatever their headers say.

    Raises:
        InputError: `file.no_header`, `file.no_name_column` or `file.unknown_target`.
    """
    for target in (mapping or {}).values():
        if target is not None and target not in TARGETS and target not in BY_NAME:
            raise InputError("file.unknown_target", f"Không có trường “{target}” để ghép cột")
    scores = _scores(rows)
    filled = [sum(1 for cell in row if text_of(cell)) for row in rows[:_SEARCHED]]
    top = max(range(len(scores)), key=lambda row: (scores[row], filled[row] if scores[row] == 0 else 0))
    mapped = mapping or {}
    if scores[top] < _KNOWN_MIN and not {"full_name", GIVEN_NAME} & set(mapped.values()):
        raise InputError("file.no_header", "Không tìm thấy dòng tiêu đề có cột Họ và tên")
    headers, header_rows = _headers(rows, top)
    body = rows[header_rows[-1] + 1 :]
    said = {index for row in body for index, cell in enumerate(row) if text_of(cell)}
    targets = _targets(headers, body, mapped)
    columns = [
        Column(index, letter_of(index), header, targets.get(index))
        for index, header in enumerate(headers)
        if header or index in targets or index in said
    ]
    layout = Layout(header_rows, tuple(columns))
    if not layout.names:
        raise InputError("file.no_name_column", "Không tìm thấy cột Họ và tên. Chọn cột đó trong bảng ghép cột")
    return layout


def _targets(headers: Sequence[str], body: Sequence[Row], mapping: Mapping[int, str | None]) -> dict[int, str]:
    """Return what columns are. What a person chose comes first; no two columns are the same."""
    found: dict[int, str] = {}
    taken = {target for target in mapping.values() if target is not None}
    for index, header in enumerate(headers):
        target = mapping[index] if index in mapping else target_of(header)
        if target is None or (index not in mapping and target in taken):
            continue
        found[index] = target
        taken.add(target)
    _part_names(found, headers, body, mapping)
    _pair_sexes(found, headers, mapping)
    return found


def _part_names(
    found: dict[int, str], headers: Sequence[str], body: Sequence[Row], mapping: Mapping[int, str | None]
) -> None:
    """Take a name in two columns for what it is, also where one header spans both."""
    places = {target: index for index, target in found.items()}
    whole, given, family = (places.get(target) for target in ("full_name", GIVEN_NAME, FAMILY_NAME))
    if whole is None or family is not None or whole in mapping:
        return
    if given is None and whole + 1 < len(headers) and not headers[whole + 1] and whole + 1 not in mapping:
        named = [row for row in body if text_of(row[whole])]
        beside = sum(1 for row in named if text_of(row[whole + 1]).isalpha())
        given = whole + 1 if beside * 2 > len(named) else None
    if given is not None:
        found[whole], found[given] = FAMILY_NAME, GIVEN_NAME


def _pair_sexes(found: dict[int, str], headers: Sequence[str], mapping: Mapping[int, str | None]) -> None:
    """Take two columns `Nam` and `Nữ` as a pair: an empty cell of one says nothing about the other."""
    female = next((index for index, target in found.items() if target == FEMALE_MARK), None)
    male = next((i for i, header in enumerate(headers) if fold(header) == "nam" and i not in found), None)
    if female is not None and male is not None and not {female, male} & set(mapping):
        found[female], found[male] = FEMALE_YEAR, MALE_YEAR


def _headers(rows: Sequence[Row], top: int) -> tuple[list[str], tuple[int, ...]]:
    """Return the header of every column, and its rows: a second row splits what stands above it."""
    upper = [text_of(cell) for cell in rows[top]]
    if top + 1 >= len(rows):
        return upper, (top,)
    lower = [text_of(cell) for cell in rows[top + 1]]
    filled = [index for index, text in enumerate(lower) if text]
    if numbers_columns(lower):
        return upper, (top, top + 1)
    if not filled or not _splits(upper, lower, filled):
        return upper, (top,)
    headers, above = [], ""
    for high, low in zip(upper, lower, strict=True):
        above = high or above
        headers.append(f"{above} / {low}" if low and fold(low) != fold(above) else high)
    counted = top + 2 < len(rows) and numbers_columns([text_of(cell) for cell in rows[top + 2]])
    return [_joined(header) for header in headers], (top, top + 1, top + 2) if counted else (top, top + 1)


def numbers_columns(texts: Sequence[str]) -> bool:
    """Return whether a row numbers the columns (1, 2, 3, …)."""
    bare = [text.strip("()") for text in texts if text]
    if len(bare) <= len(texts) // 2 or not all(text.isdecimal() and len(text) < 4 for text in bare):
        return False
    numbers = [int(text) for text in bare]
    return numbers == sorted(set(numbers)) and numbers[0] == 1


def _joined(header: str) -> str:
    if target_of(header.replace(" / ", " ", 1)):
        return header.replace(" / ", " ", 1)
    last = header.rpartition(" / ")[2]
    return last if target_of(last) in {FAMILY_NAME, GIVEN_NAME} else header


def _splits(upper: Sequence[str], lower: Sequence[str], filled: Sequence[int]) -> bool:
    """Return whether a row stands below headers: only where one of them spans columns, and not as data."""
    spanning = [i for i in range(len(upper)) if not upper[i] or (i + 1 < len(upper) and not upper[i + 1])]
    parts = {i for i in filled if target_of(lower[i]) in {FAMILY_NAME, GIVEN_NAME}}
    named = [i for i in range(len(upper)) if target_of(upper[i]) == "full_name" and i not in parts]
    words = all(not any(letter.isdigit() for letter in lower[index]) for index in filled)
    return words and set(filled) <= set(spanning) and not set(filled) & set(named)


def kind_of(texts: Sequence[str], layout: Layout, headers: Sequence[str], *, wide: bool = False) -> str | None:
    """Return what a row that is no member is: a repeated header, total, group, note or separator; nothing for others.

    `wide` says that its text is spread over several columns.
    """
    filled = [text for text in texts if text]
    folded = fold(filled[0])
    if len(filled) >= _KNOWN_MIN and [fold(text) for text in texts if text] == [fold(h) for h in headers if h]:
        return "repeated_header"
    if all(not any(letter.isalnum() for letter in text) for text in filled):
        return "separator"
    if _TOTAL.search(folded) and not _named(texts, layout, folded):
        return "total"
    return "group" if _is_group(texts, layout) else _heading(filled, texts, layout, wide=wide)


def _heading(filled: Sequence[str], texts: Sequence[str], layout: Layout, *, wide: bool) -> str | None:
    """Return what a text alone on its row is, when it stands where no name stands."""
    ordinal = layout.column(ORDINAL)
    aside = wide or (ordinal is not None and bool(texts[ordinal]))
    if len(filled) != 1 or not aside or not any(letter.isalpha() for letter in filled[0]):
        return None
    return "note" if _NOTE.search(fold(filled[0])) else "group"


def wide_rows(merged: Sequence[Area]) -> frozenset[int]:
    """Return the rows with a text that is spread over several columns."""
    return frozenset(top for top, left, bottom, right in merged if top == bottom and right - left + 1 >= _WIDE)


def _named(texts: Sequence[str], layout: Layout, folded: str) -> bool:
    """Return whether a row has a name that is not the word itself: some families are called Tống, Công."""
    name = layout.name_of(texts)
    return bool(name) and (fold(name) != folded or sum(map(bool, texts)) > len(texts) // 2)


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


def unit_of_titles(rows: Iterable[Row]) -> str | None:
    """Return the unit that the titles above a list name; nothing when they name none."""
    for row in rows:
        for cell in row:
            found = _TITLE_UNIT.search(text_of(cell))
            if found is not None:
                return _TITLE_YEAR.sub("", found[0]).strip(" .,:-–")
    return None


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
