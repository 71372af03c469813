"""Planning an import: every row of a sheet gets its place before anything is stored."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Final

from yum_desktop.domain.codes import Codes
from yum_desktop.domain.member import BY_NAME
from yum_desktop.domain.old_fonts import Encoding
from yum_desktop.domain.rules import RuleBook
from yum_desktop.domain.text import fold
from yum_desktop.exchange.excel import cells
from yum_desktop.exchange.excel.cells import NAME_MAX, OFFERED, SHOWN, Note, is_plain_name
from yum_desktop.exchange.excel.encoding import Conversion, converted
from yum_desktop.exchange.excel.layout import (
    CHI_DOAN,
    FAMILY_NAME,
    GIVEN_NAME,
    ORDINAL,
    Layout,
    find_layout,
    group_name,
    is_signature,
    kind_of,
    letter_of,
    numbers_columns,
    tail_kind,
    text_of,
    unit_of_titles,
    wide_rows,
)
from yum_desktop.exchange.excel.limits import without_collecting
from yum_desktop.exchange.excel.model import (
    Area,
    Converted,
    Duplicate,
    FileFinding,
    ImportPlan,
    PlannedRow,
    Problem,
    RejectedRow,
    Row,
    SkippedRow,
)
from yum_desktop.exchange.excel.opening import Report, open_list, stopped
from yum_desktop.exchange.excel.read import Book
from yum_desktop.exchange.excel.record import Found, Reader, problem_of
from yum_desktop.registry.rules import shipped_book

_ALL_PAIRS_MAX: Final = 12
_SHARED: Final = frozenset(
    {CHI_DOAN, "ethnicity", "religion", "hometown_text", "residence_text", "joined_on", "joined_place", "occupation"}
)
_PLAIN_MIN: Final = 2
"""Facts beside a name that make a row a member without looking further."""
_SUMS: Final = ("Tổng ", "Cộng ")
_ROWS_PER_STEP: Final = 1_000
_ENCODING_WORDS: Final = {
    Encoding.TCVN3: "Chữ gõ bằng phông .VnTime (TCVN3), đã đổi sang Unicode",
    Encoding.VNI: "Chữ gõ bằng phông VNI, đã đổi sang Unicode",
    Encoding.MOJIBAKE: "Chữ bị đọc sai bảng mã, đã sửa lại",
}


@dataclass(slots=True)
class _Sorted:
    rows: list[PlannedRow] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)
    groups: int = 0


def plan_import(
    path: Path,
    *,
    codes: Codes,
    today: date,
    rules: RuleBook | None = None,
    sheet: str | None = None,
    mapping: Mapping[int, str | None] | None = None,
    as_written: Collection[int] = (),
) -> ImportPlan:
    """Return what an import of a sheet would do. Nothing is stored.

    Args:
        path: A file of one of the kinds of `read.Kind`.
        codes: The code lists in force.
        today: Days after it cannot be.
        rules: As for `plan_list`.
        sheet: The sheet; the fullest one when none is named.
        mapping: As for `plan_list`.
        as_written: As for `plan_list`.

    Raises:
        InputError: `file.*`: the file cannot be read or has no list of people.
    """
    book = open_list(path, sheet)
    return plan_list(book, path.name, codes=codes, today=today, rules=rules, mapping=mapping, as_written=as_written)


def plan_list(
    book: Book,
    file: str,
    *,
    codes: Codes,
    today: date,
    rules: RuleBook | None = None,
    mapping: Mapping[int, str | None] | None = None,
    as_written: Collection[int] = (),
    stop: threading.Event | None = None,
    report: Report | None = None,
) -> ImportPlan:
    """Return what an import of a list that was read would do.

    Args:
        book: The list.
        file: Name of its file.
        codes: The code lists in force.
        today: Days after it cannot be.
        rules: The dated rules in force; those that ship with the program where nobody knows others.
        mapping: What columns are, by index from 0: a member field, a target of `layout.TARGETS`, or ``None`` for
            text beside the record. Columns it does not name are taken as their headers say.
        as_written: Columns, by index from 0, whose texts of before Unicode are left as they stand.
        stop: Ends the work within a moment once it is set.
        report: Called with the share that is done, from 0 to 1.

    Raises:
        InputError: `file.no_header`, `file.no_name_column`, `file.unknown_target`, or `file.stopped`.
    """
    with without_collecting():
        layout = find_layout(converted(book.rows, book.conversions), mapping, book.merged)
        written = converted(book.rows, book.conversions, as_written=as_written, body=layout.body)
        spread = _spread(written, book.merged, layout)
        reader = Reader(layout, codes=codes, rules=rules or shipped_book(), today=today, epoch_1904=book.epoch_1904)
        sorted_rows = _sort(spread, layout, wide_rows(book.merged), reader, book.sheet, _step(stop, report))
        shared = _with_doubts(_with_shared_phones(sorted_rows.rows), book.conversions, layout)
        duplicates, look_alikes = _pairs(shared)
        return ImportPlan(
            file=file,
            sheet=book.sheet,
            sheets=book.sheets,
            header_rows=tuple(row + 1 for row in layout.header_rows),
            columns=layout.columns,
            rows=tuple(shared),
            rejected=tuple(sorted_rows.rejected),
            skipped=tuple(sorted_rows.skipped),
            duplicates=duplicates,
            look_alikes=look_alikes,
            findings=(*_encodings(shared, book.conversions, layout), *_findings(shared, layout)),
            chi_doan_from=_chi_doan_from(written, book.sheet, layout, sorted_rows),
            converted=tuple(
                Converted(one.row + 1, one.column, one.encoding, one.before, one.after, one.column in as_written)
                for one in book.conversions
                if one.sure
            ),
        )


def _step(stop: threading.Event | None, report: Report | None) -> Callable[[float], None]:
    """Return what is called now and then: it tells how far the checking is, or ends it."""

    def step(share: float) -> None:
        if stop is not None and stop.is_set():
            raise stopped()
        if report is not None:
            report(share)

    return step


def _spread(written: Sequence[Row], merged: Sequence[Area], layout: Layout) -> Sequence[Row]:
    """Return the rows with what is merged over several of them on each: a unit, a people, a place, a day of joining.

    What is one person's own is left: a merged name or number says that rows belong together in another way.
    """
    shared = {column.index for column in layout.columns if column.field in _SHARED}
    rows = list(written)
    for top, left, bottom, right in merged:
        if left == right and left in shared and bottom > top >= layout.body:
            for index in range(top + 1, min(bottom + 1, len(rows))):
                if not text_of(rows[index][left]) and any(text_of(cell) for cell in rows[index]):
                    rows[index] = [*rows[index][:left], rows[top][left], *rows[index][left + 1 :]]
    return rows


def _chi_doan_from(rows: Sequence[Row], sheet: str, layout: Layout, found: _Sorted) -> str | None:
    if layout.column(CHI_DOAN) is not None:
        return "column"
    if found.groups:
        return "group"
    if unit_of_titles(rows[: layout.header_rows[0]]):
        return "title"
    return "sheet" if unit_of_titles([[sheet]]) else None


def _sort(
    rows: Sequence[Row],
    layout: Layout,
    wide: frozenset[int],
    reader: Reader,
    sheet: str,
    step: Callable[[float], None],
) -> _Sorted:
    headers = _texts(rows[layout.header_rows[0]])
    below = reversed(range(layout.body, len(rows)))
    last = next((index for index in below if _member_like(_texts(rows[index]), layout)), layout.body - 1)
    plain = _plain_places(layout)
    found = _Sorted()
    group = unit_of_titles(rows[: layout.header_rows[0]]) or unit_of_titles([[sheet]])
    members: list[Found] = []
    refusals: list[tuple[RejectedRow, Found]] = []
    for index, row in enumerate(rows):
        one = Found(index + 1, row, group)
        if plain is not None and layout.body <= index <= last and _is_plain_member(row, headers, *plain):
            members.append(one)
            continue
        texts = _texts(row)
        if not any(texts):
            continue
        kind = _kind(index, texts, layout, headers, last=last, wide=index in wide)
        if kind == "group":
            group = group_name(texts)
            found.groups += 1
        if kind is not None:
            found.skipped.append(SkippedRow(index + 1, kind))
            continue
        refused = _refusal(index + 1, texts, layout)
        if refused is not None:
            refusals.append((refused, one))
        else:
            members.append(one)
    for start in range(0, len(members), _ROWS_PER_STEP):
        step(start / len(members))
        found.rows += reader.members(members[start : start + _ROWS_PER_STEP])
    others = reader.members([one for _, one in refusals])
    found.rejected += [replace(why, member=member) for (why, _), member in zip(refusals, others, strict=True)]
    return found


def _texts(row: Row) -> list[str]:
    return [text_of(cell) for cell in row]


def _plain_places(layout: Layout) -> tuple[int, tuple[int, ...]] | None:
    """Return the column of names, where there is one, and the columns that only a member's row fills."""
    said = tuple(c.index for c in layout.columns if c.field in {"born_on", "id_number", "sex", "phone", "joined_on"})
    return (layout.names[0], said) if len(layout.names) == 1 and len(said) >= _PLAIN_MIN else None


def _is_plain_member(row: Row, headers: Sequence[str], name: int, said: Sequence[int]) -> bool:
    """Return whether a row is surely a member, as most are: a name as names are, and facts beside it."""
    cell = row[name]
    if not is_plain_name(cell) or cell == headers[name] or str(cell).startswith(_SUMS):
        return False
    return sum(row[index] != "" for index in said) >= _PLAIN_MIN


def _kind(
    index: int, texts: Sequence[str], layout: Layout, headers: Sequence[str], *, last: int, wide: bool
) -> str | None:
    """Return what a row that is no member is; nothing for a row of data."""
    if index in layout.header_rows:
        return "column_numbers" if numbers_columns(texts) else "header"
    if index < layout.body:
        return "title"
    if index > last:
        return tail_kind(texts)
    return kind_of(texts, layout, headers, wide=wide)


def _member_like(texts: Sequence[str], layout: Layout) -> bool:
    """Return whether a row is surely data: a name, with a number before it or something beside it."""
    ordinal = layout.column(ORDINAL)
    if not any(texts) or is_signature(texts):
        return False
    numbered = ordinal is not None and texts[ordinal].isdigit()
    aside = {*layout.names, ordinal}
    beside = sum(1 for c in layout.columns if c.field is not None and c.index not in aside and texts[c.index])
    return (bool(layout.name_of(texts)) and (numbered or beside >= 1)) or beside >= 3


def _refusal(number: int, texts: Sequence[str], layout: Layout) -> RejectedRow | None:
    text = cells.clean(layout.name_of(texts))[0]
    if not text:
        return RejectedRow(number, "name.missing")
    if cells.is_name(text):
        return None
    return RejectedRow(number, "name.not_a_name", text if len(text) <= NAME_MAX else f"{text[:NAME_MAX]}…")


def _with_shared_phones(rows: Sequence[PlannedRow]) -> Sequence[PlannedRow]:
    """Say of two people that they have one number: a household is a real case, so it is not forbidden."""
    owners: dict[object, list[int]] = {}
    for place, row in enumerate(rows):
        if "phone" in row.values:
            owners.setdefault(row.values["phone"], []).append(place)
    made = list(rows)
    for phone, places in owners.items():
        if len(places) > 1 and len({fold(str(rows[place].values.get("full_name"))) for place in places}) > 1:
            for place in places:
                problem = problem_of("phone", Note("phone.shared", SHOWN), str(phone))
                made[place] = replace(rows[place], problems=(*rows[place].problems, problem))
    return made


def _identity(row: PlannedRow) -> str | None:
    """Return the identity number, or the one that is meant."""
    if "id_number" in row.values:
        return str(row.values["id_number"])
    if not row.problems:
        return None
    return next((p.suggest[0] for p in row.problems if p.field == "id_number" and p.suggest), None)


def _pairs(rows: Sequence[PlannedRow]) -> tuple[tuple[Duplicate, ...], tuple[tuple[int, int], ...]]:
    """Return the pairs that are one person, and those that only look so."""
    duplicates: dict[tuple[int, int], str] = {}
    by_number, by_name, by_birth = _Same(), _Same(), _Same()
    folded: dict[str, str] = {}
    for row in rows:
        number = _identity(row)
        if number is not None:
            by_number.add(number, row)
        said = str(row.values["full_name"])
        name = folded.get(said) or folded.setdefault(said, fold(said))
        by_name.add(name, row)
        if "born_on" in row.values:
            by_birth.add((name, row.values["born_on"]), row)
    for one, two in _linked(by_number.groups.values()):
        elsewhere = fold(one.chi_doan or "") != fold(two.chi_doan or "")
        duplicates[one.row, two.row] = "same_id_other_unit" if elsewhere else "same_id"
    for one, two in _linked(by_birth.groups.values()):
        if None in {_identity(one), _identity(two)}:
            duplicates.setdefault((one.row, two.row), "same_name_and_birthday")
    look_alikes = sorted({(one.row, two.row) for one, two in _linked(by_name.groups.values())} - set(duplicates))
    found = tuple(Duplicate(one, two, reason) for (one, two), reason in sorted(duplicates.items()))
    return found, tuple(look_alikes)


class _Same:
    """Rows by what they have in common; those that are alone make no group."""

    def __init__(self) -> None:
        self._first: dict[object, PlannedRow] = {}
        self.groups: dict[object, list[PlannedRow]] = {}

    def add(self, key: object, row: PlannedRow) -> None:
        """Add a row."""
        first = self._first.setdefault(key, row)
        if first is not row:
            self.groups.setdefault(key, [first]).append(row)


def _linked(groups: Iterable[Sequence[PlannedRow]]) -> Iterator[tuple[PlannedRow, PlannedRow]]:
    """Return the pairs of each group; of a large one those with its first row, or a common name would mean millions."""
    for same in groups:
        if len(same) <= _ALL_PAIRS_MAX:
            yield from combinations(same, 2)
        else:
            yield from ((same[0], other) for other in same[1:])


def _with_doubts(rows: Sequence[PlannedRow], conversions: Sequence[Conversion], layout: Layout) -> Sequence[PlannedRow]:
    """Ask about texts that are right as they stand and right as texts of an old font."""
    doubts: dict[int, list[Conversion]] = {}
    for one in conversions:
        if not one.sure:
            doubts.setdefault(one.row + 1, []).append(one)
    fields = {column.index: column.field for column in layout.columns}
    return [
        replace(row, problems=(*row.problems, *_doubts_of(row, doubts[row.row], fields))) if row.row in doubts else row
        for row in rows
    ]


def _doubts_of(row: PlannedRow, doubts: Iterable[Conversion], fields: Mapping[int, str | None]) -> Iterator[Problem]:
    for one in doubts:
        target = fields.get(one.column)
        name = "full_name" if target in {FAMILY_NAME, GIVEN_NAME} else target or letter_of(one.column)
        if not (name in row.values and name in BY_NAME and BY_NAME[name].codes):  # what a list knows is no accident
            yield problem_of(name, Note("text.old_font", OFFERED, (one.after,)), one.before)


def _encodings(rows: Sequence[PlannedRow], conversions: Sequence[Conversion], layout: Layout) -> Iterator[FileFinding]:
    """Say once for each encoding which columns and rows it was found in."""
    members = {row.row for row in rows}
    for encoding, words in _ENCODING_WORDS.items():
        found = [one for one in conversions if one.sure and one.encoding is encoding]
        inside = [one for one in found if one.row + 1 in members]
        if not found:
            continue
        columns = tuple(letter_of(index) for index in sorted({one.column for one in inside}))
        lines = [one.row + 1 for one in inside]
        ends = (min(lines), max(lines)) if lines else None
        above = any(one.row < layout.body for one in found)
        yield FileFinding(f"text.{encoding}", words, columns, ends, headers=above)


def _findings(rows: Sequence[PlannedRow], layout: Layout) -> tuple[FileFinding, ...]:
    """Return what is asked once for the file: abbreviations of peoples, as soon as one could mean several."""
    codes = {problem.code for row in rows for problem in row.problems}
    column = layout.column("ethnicity")
    if "ethnic.ambiguous" not in codes or column is None:
        return ()
    return (FileFinding("ethnic.abbrev", "Dân tộc viết tắt: hỏi một lần cho cả tệp", (letter_of(column),)),)
