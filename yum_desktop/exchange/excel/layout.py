"""Where things stand on a sheet: titles, the header of one or two rows, groups, totals, signatures."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME
from yum_desktop.domain.text import fold, nfc
from yum_desktop.exchange.excel.model import Area, Cell, Column, Row

CHI_DOAN: Final = "chi_doan"
MALE_YEAR: Final = "born_year_male"
FEMALE_YEAR: Final = "born_year_female"
FEMALE_MARK: Final = "female_mark"
MALE_MARK: Final = "male_mark"
ORDINAL: Final = "ordinal"
FAMILY_NAME: Final = "family_name"
MIDDLE_NAME: Final = "middle_name"
GIVEN_NAME: Final = "given_name"
LEFT_REASON: Final = "left_reason"
LEFT_ROW: Final = "left_row"
"""The columns that a file of rows left by an earlier import has: why, and where they stood."""
RECORD: Final = "record_id"
"""The column that says which record a row of a correction sheet is of."""
TARGETS: Final = (
    RECORD,
    LEFT_REASON,
    LEFT_ROW,
    CHI_DOAN,
    MALE_YEAR,
    FEMALE_YEAR,
    FEMALE_MARK,
    MALE_MARK,
    ORDINAL,
    FAMILY_NAME,
    MIDDLE_NAME,
    GIVEN_NAME,
)
"""What a column may be, besides the fields of a member."""

_WORDS: Final[dict[str, tuple[str, ...]]] = {
    ORDINAL: ("tt", "stt", "so tt", "so thu tu"),
    "full_name": ("ho va ten", "ho ten", "ho ten doan vien", "ho va ten doan vien", "ten doan vien"),
    "born_on": ("ngay sinh", "nam sinh", "ngay thang nam sinh", "ngay, thang, nam sinh", "ngay/thang/nam sinh"),
    FAMILY_NAME: (
        "ho va ten dem",
        "ho ten dem",
        "ho va dem",
        "ho dem",
        "ho va chu dem",
        "ho va ten lot",
        "ho lot",
        "ho",
    ),
    MIDDLE_NAME: ("dem", "ten dem", "chu dem", "lot", "chu lot"),
    GIVEN_NAME: ("ten", "ten goi"),
    MALE_YEAR: (
        "nam sinh nam",
        "ngay sinh nam",
        "ngay thang nam sinh nam",
        "ngay, thang, nam sinh nam",
    ),
    FEMALE_YEAR: ("nam sinh nu", "ngay sinh nu", "ngay thang nam sinh nu", "ngay, thang, nam sinh nu"),
    FEMALE_MARK: ("nu", "gioi tinh nu"),
    MALE_MARK: ("nam", "gioi tinh nam"),
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
    "status": ("trang thai",),
    "has_book": ("co so doan vien",),
    "source": ("nguon nhap",),
    "associations": ("hoi",),
    RECORD: ("ma ban ghi",),
    LEFT_REASON: ("ly do chua nhap",),
    LEFT_ROW: ("dong trong tep goc",),
}
_LEFT: Final = frozenset({LEFT_REASON, LEFT_ROW})
_BY_WORDS: Final = {words: target for target, many in _WORDS.items() for words in many}
_SEARCHED: Final = 40
_KNOWN_MIN: Final = 2
_HEADER_ROWS_MAX: Final = 5
_HEADER_LENGTH_MAX: Final = 200
_WIDE: Final = 3
"""Columns under one merged text that make it a heading."""
_TITLE_SIGNS: Final = re.compile(
    r"^(tm|t/m|kt)\b|^(tm|kt)\.|\bngay\b.*\bthang\b.*\bnam\b|^nguoi lap|ky,? ?ten|^xac nhan"
)
_OFFICES: Final = frozenset({"bi thu", "pho bi thu", "thu ky", "nguoi lap", "nguoi lap bieu", "hieu truong"})
_SAYS: Final = re.compile(r"[^\W_]")
_TOTAL: Final = re.compile(r"^(tong cong|tong so|tong|cong)\b|^(an dinh )?danh sach( nay)? (co|gom)\b.*\d")
_NOTE: Final = re.compile(r"^(ghi chu|luu y|danh sach (nay|gom|co)|\*)")
_ROMAN: Final = re.compile(r"[IVXLC]+[.)]?")
_UNIT: Final = re.compile(r"^([ivxlc]+[.)]\s*|\d+[.)]\s*|[a-z][.)]\s*)?(lien )?(chi doan|cd)\b")
_GROUP_NUMBER: Final = re.compile(r"^\s*(?:[IVXLC]+|\d+|[A-Z])[.)]\s+")
_TITLE_UNIT: Final = re.compile(r"\b(?:chi đoàn|cđ)\s+\S.*", re.IGNORECASE)
_TITLE_YEAR: Final = re.compile(r"[\s,(–-]*\b(?:năm(?: học)?|nhiệm kỳ|tháng|quý)\b[\s\d/–-]*\)?.*$", re.IGNORECASE)
_GROUP_COUNT: Final = re.compile(r"\s*[(:–-]\s*\d+\s*(?:đoàn viên|đv|người|đ/c|đồng chí)?\s*\)?\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """The header and what its columns are. `header_rows` count from 0."""

    header_rows: tuple[int, ...]
    columns: tuple[Column, ...]
    places: Mapping[str, int] = field(init=False)
    """The first column of each target."""
    names: tuple[int, ...] = field(init=False)
    """The columns that make up a person's name, in the order in which it is said."""

    def __post_init__(self) -> None:
        places = {one.field: one.index for one in reversed(self.columns) if one.field is not None}
        parts = ("full_name",) if "full_name" in places else (FAMILY_NAME, MIDDLE_NAME, GIVEN_NAME)
        object.__setattr__(self, "places", places)
        object.__setattr__(self, "names", tuple(places[part] for part in parts if part in places))

    @property
    def body(self) -> int:
        """The first row below the header."""
        return self.header_rows[-1] + 1 if self.header_rows else 0

    def column(self, target: str) -> int | None:
        """Return the index of the first column that is taken for a target."""
        return self.places.get(target)

    def name_of(self, row: Row) -> str:
        """Return the name on a row as it stands, its parts joined."""
        if len(self.names) == 1:
            return str(row[self.names[0]])
        return " ".join(str(row[index]) for index in self.names if text_of(row[index]))


def fingerprint(columns: Sequence[Column]) -> str:
    """Return what lists of one layout have in common: their headers, each in its place."""
    words = "\n".join(
        f"{column.index} {fold(column.header)}" for column in columns if column.header and column.field not in _LEFT
    )
    return hashlib.sha256(words.encode()).hexdigest()[:16]


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


def find_layout(
    rows: Sequence[Row], mapping: Mapping[int, str | None] | None = None, merged: Sequence[Area] = ()
) -> Layout:
    """Return the header of a sheet; `mapping` says what columns are, whatever their headers say.

    Args:
        rows: The cells.
        mapping: What columns are, by index from 0.
        merged: Areas that look like one cell.

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
    headers, header_rows = _merged_headers(rows, top, merged) or _headers(rows, top)
    body = rows[header_rows[-1] + 1 :]
    said = _said(body, len(headers))
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


def _said(body: Sequence[Row], width: int) -> frozenset[int]:
    """Return the columns in which something stands."""
    silent = set(range(width))
    for row in body:
        silent -= {index for index in silent if row[index] != "" and text_of(row[index])}
        if not silent:
            break
    return frozenset(range(width)) - silent


def _merged_headers(rows: Sequence[Row], top: int, merged: Sequence[Area]) -> tuple[list[str], tuple[int, ...]] | None:
    """Return headers of several rows as merged cells hold them together; nothing where none does.

    A cell over several columns stands above each of them, one over several rows is said once.
    """
    beside = [(first, last) for first, _, last, _ in merged if first <= top <= last and first < last]
    if not beside:
        return None
    start, end = min(first for first, _ in beside), max(last for _, last in beside)
    if end - start >= _HEADER_ROWS_MAX or end >= len(rows):
        return None
    texts = [[text_of(cell) for cell in row] for row in rows[start : end + 1]]
    for first, left, last, right in merged:
        if start <= first and last <= end:
            for row in range(first, last + 1):
                texts[row - start][left : right + 1] = [text_of(rows[first][left])] * (right + 1 - left)
    headers = []
    for parts in zip(*texts, strict=True):
        said = [part for place, part in enumerate(parts) if part and (place == 0 or part != parts[place - 1])]
        headers.append(_joined(" / ".join(said)))
    last = end + 1 if end + 1 < len(rows) and numbers_columns([text_of(cell) for cell in rows[end + 1]]) else end
    return headers, tuple(range(start, last + 1))


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
    _pair_sexes(found, mapping)
    return found


def _part_names(
    found: dict[int, str], headers: Sequence[str], body: Sequence[Row], mapping: Mapping[int, str | None]
) -> None:
    """Take a name in two columns for what it is, also where one header spans both."""
    places = {target: index for index, target in found.items()}
    whole, given, family = (places.get(target) for target in ("full_name", GIVEN_NAME, FAMILY_NAME))
    if whole is None or family is not None or whole in mapping:
        return
    if (
        given is None
        and whole + 1 < len(headers)
        and headers[whole + 1] in {"", headers[whole]}
        and whole + 1 not in mapping
    ):
        named = [row for row in body if text_of(row[whole])]
        beside = sum(1 for row in named if text_of(row[whole + 1]).isalpha())
        given = whole + 1 if beside * 2 > len(named) else None
    if given is not None:
        found[whole], found[given] = FAMILY_NAME, GIVEN_NAME


def _pair_sexes(found: dict[int, str], mapping: Mapping[int, str | None]) -> None:
    """Take two columns `Nam` and `Nữ` as a pair: an empty cell of one says nothing about the other."""
    places = {target: index for index, target in found.items()}
    female, male = places.get(FEMALE_MARK), places.get(MALE_MARK)
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
    """Return a header of several rows by what it means: all of it, its last words, or as it stands."""
    whole = header.replace(" / ", " ")
    if target_of(whole):
        return whole
    parts = header.split(" / ")
    below = next((" ".join(parts[at:]) for at in range(1, len(parts)) if target_of(" ".join(parts[at:]))), None)
    ends = {FAMILY_NAME, MIDDLE_NAME, GIVEN_NAME}
    return (
        below
        if below is not None and (len(parts) > 2 or target_of(below) in ends or _is_group_word(parts[0]))
        else header
    )


def _is_group_word(text: str) -> bool:
    """Return whether a header only says what the columns below it are about."""
    return target_of(text) is None


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
    if len(filled) >= _KNOWN_MIN and _repeats(filled, headers):
        return "repeated_header"
    if not any(map(_SAYS.search, filled)):
        return "separator"
    if _TOTAL.search(folded) and not _named(texts, layout, folded):
        return "total"
    return "group" if _is_group(texts, layout) else _heading(filled, texts, layout, wide=wide)


def _repeats(filled: Sequence[str], headers: Sequence[str]) -> bool:
    said = [header for header in headers if header]
    return len(filled) == len(said) and all(
        fold(text) == fold(header) for text, header in zip(filled, said, strict=True)
    )


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
