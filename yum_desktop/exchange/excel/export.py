"""Members out into a spreadsheet: a layout, some people, masked unless somebody says why, with a line in the log.

The file is written beside its place; the line of the log is stored before the file appears, so no file is without one.
"""

import io
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, timezone
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

from sync.protocol.kinds import Value
from yum_desktop.domain.codes import Codes
from yum_desktop.domain.errors import InputError, YumError
from yum_desktop.domain.masking import is_masked, masked
from yum_desktop.domain.member import BY_NAME, MemberField, Shape
from yum_desktop.exchange.excel import out_layout
from yum_desktop.exchange.excel.out_book import GAP, KNOWN, ROWS_MAX, OutSheet, Stamp, write_book
from yum_desktop.exchange.excel.out_layout import OutColumn, OutLayout, sheet_name
from yum_desktop.exchange.excel.sealing import check_password, seal, whole_file
from yum_desktop.exchange.gazetteer import Gazetteer, shipped_gazetteer
from yum_desktop.registry import audit, code_lists
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.exporting import OutMember, out_members
from yum_desktop.registry.places import extra_places

Report = Callable[[int, int], None]
_HANOI: Final = timezone(timedelta(hours=7))
_STEP: Final = 200
_ROOM: Final = 500
"""Rows of an empty table that offer the lists of values."""
_STATES: Final = {"ok": "Đã nhận", "wait": "Chờ gửi", "bad": "Bị từ chối", "pick": "Cần chọn"}
_FLAGS: Final = ("Không", "Có")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be written.

    Attributes:
        path: Where to; what stands there is replaced.
        members: Who, in the order of the file.
        about: What people call the list: a unit, or a unit and a search.
        unit_id: The unit it is of, for the log.
        reason: Why numbers and sensitive fields are needed in full; nothing leaves them masked.
        password: Opens the file; nothing leaves it open.
    """

    path: Path
    layout: OutLayout
    members: Sequence[UUID]
    about: str = ""
    unit_id: UUID | None = None
    reason: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: how many people, on how many sheets, and the line of the log."""

    path: Path
    people: int
    sheets: int
    audit_line: int


def export(
    r: Registry, wanted: Wanted, *, stop: threading.Event | None = None, report: Report = lambda _done, _all: None
) -> Exported:
    """Write a file of members, all of it or nothing.

    Args:
        r: The records.
        wanted: What to write.
        stop: Ends the work; nothing is left of it.
        report: Told how many people of how many are written.

    Raises:
        InputError: `export.nothing`, `export.too_many`, `export.stopped`, `export.folder_missing`, `export.reason_…`,
            `export.password_…`.
        UnavailableError: `export.unwritable`, `export.disk_full`, `export.not_sealed`, `store.…`.
    """
    reason = None if wanted.reason is None else audit.check_reason(wanted.reason)
    if wanted.password is not None:
        check_password(wanted.password)
    if wanted.layout.rows != "none" and not wanted.members:
        raise InputError("export.nothing", "Không có ai để xuất. Bỏ bớt điều kiện lọc hoặc chọn đơn vị khác.")
    if len(wanted.members) > ROWS_MAX:
        raise InputError("export.too_many", f"Một trang Excel chứa tối đa {ROWS_MAX} người. Xuất từng đơn vị.")
    writer = _Writer(r, wanted, open_fields=reason is not None, stop=stop, report=report)
    pages = writer.pages()
    people = writer.count(pages)
    if wanted.layout.rows == "gaps" and not people:
        raise InputError("export.nothing", "Không ai còn thiếu mục nào trong mẫu này.")
    what: dict[str, object] = {
        "layout": wanted.layout.id, "count": people, "masked": reason is None,
        "protected": wanted.password is not None,
        "unit": None if wanted.unit_id is None else str(wanted.unit_id), "reason": reason,
    }  # fmt: skip
    with whole_file(wanted.path) as (out, put_in_place):
        if wanted.password is None:
            writer.write(out, pages)
        else:
            book = io.BytesIO()  # what is sealed never stands open on a disk
            writer.write(book, pages)
            out.write(seal(book.getvalue(), wanted.password))
        out.flush()
        what["count"] = writer.written
        line = audit.note(r, audit.EXPORT, what)
        try:
            put_in_place()
        except (OSError, YumError):
            audit.note(r, audit.EXPORT_FAILED, {"line": line})
            raise
    return Exported(wanted.path, writer.written, len(pages), line)


@dataclass(frozen=True, slots=True)
class _Page:
    """A sheet, its columns, and its people: who is on it, or, where columns depend on them, all of each."""

    sheet: OutSheet
    columns: Sequence[OutColumn]
    ids: Sequence[UUID]
    people: Sequence[OutMember] = ()


class _Writer:
    def __init__(
        self, r: Registry, wanted: Wanted, *, open_fields: bool, stop: threading.Event | None, report: Report
    ) -> None:
        self._r, self._wanted, self._layout = r, wanted, wanted.layout
        self._open, self._stop, self._report = open_fields, stop, report
        self._codes = code_lists.codes(r)
        with r.read() as conn:
            self._places = shipped_gazetteer().with_extras(extra_places(conn))
        self._fields = wanted.layout.fields
        names = {name for column in wanted.layout.columns for name in column.names}
        self._with_missing = wanted.layout.rows == "gaps" or out_layout.MISSING in names
        now = r.clock.now().astimezone(_HANOI)
        author = r.identity.account or "?"
        masked_text = "" if open_fields else ", số giấy tờ và điện thoại đã che"
        self._stamp = Stamp(author, f"Xuất bởi {author} lúc {now:%H:%M %d/%m/%Y}{masked_text}")
        self.written = 0

    def count(self, pages: Sequence[_Page]) -> int:
        """Return how many people the pages hold."""
        return sum(len(page.ids) for page in pages)

    def pages(self) -> list[_Page]:
        """Return the sheets with who is on them."""
        layout, members = self._layout, self._wanted.members
        if layout.rows == "none":
            return [self._page(layout.sheet, self._wanted.about, layout.columns, (), room=_ROOM)]
        if layout.rows == "all" and layout.sheets == "one":
            return [self._page(layout.sheet, self._wanted.about, layout.columns, members)]
        by_unit: dict[tuple[UUID, str], list[OutMember]] = {}
        for one in self._watched(out_members(self._r, members, self._fields, with_missing=self._with_missing)):
            if layout.rows == "all" or any(_is_gap(column, one) for column in layout.columns):
                key = (one.unit_id, one.unit_name) if layout.sheets == "unit" else (UUID(int=0), self._wanted.about)
                by_unit.setdefault(key, []).append(one)
        pages: list[_Page] = []
        for (_, name), people in by_unit.items():
            columns = layout.columns
            if layout.rows == "gaps":
                columns = tuple(c for c in columns if c.always or any(_is_gap(c, one) for one in people))
            title = sheet_name(name or layout.sheet, (page.sheet.name for page in pages))
            pages.append(self._page(title, name, columns, [one.member_id for one in people], people=people))
        return pages

    def _page(
        self,
        title: str,
        about: str,
        columns: Sequence[OutColumn],
        ids: Sequence[UUID],
        *,
        people: Sequence[OutMember] = (),
        room: int = 0,
    ) -> _Page:
        fills_in = self._layout.rows != "all"
        sheet = OutSheet(
            name=title,
            headers=[column.label for column in columns],
            widths=[column.width for column in columns],
            hidden=frozenset(place for place, column in enumerate(columns) if column.hidden),
            titles=[
                line.replace("{unit}", about or "tất cả đơn vị").replace("{stamp}", self._stamp.text)
                for line in self._layout.titles
            ],
            lists={place: self._choices(column) for place, column in enumerate(columns)} if fills_in else {},
            rows=len(ids),
            room=room,
        )
        return _Page(sheet, columns, ids, people)

    def _choices(self, column: OutColumn) -> Sequence[str]:
        field = BY_NAME.get(column.names[0]) if len(column.names) == 1 else None
        if field is None:
            return ()
        if field.shape is Shape.FLAG:
            return _FLAGS
        return [item.label for item in self._codes.items(field.codes or "")] if field.shape is Shape.CODE else ()

    def write(self, out: BinaryIO, pages: Sequence[_Page]) -> None:
        """Write the workbook."""
        write_book(out, [page.sheet for page in pages], lambda place: self._lines(pages[place]), self._stamp)

    def _lines(self, page: _Page) -> Iterator[Sequence[object]]:
        people: Iterable[OutMember] = page.people or out_members(
            self._r, page.ids, self._fields, with_missing=self._with_missing
        )
        spell = [self._speller(column) for column in page.columns]
        gaps = self._layout.rows == "gaps"
        for number, one in enumerate(people, 1):
            self._tick()
            line = [say(number, one) for say in spell]
            if gaps:
                line = [
                    GAP if _is_gap(column, one) else KNOWN if self._hides(column, one) else cell
                    for column, cell in zip(page.columns, line, strict=True)
                ]
            yield line

    def _hides(self, column: OutColumn, one: OutMember) -> bool:
        """Return whether a cell has a value that must not be read: in a sheet that comes back it stays empty."""
        field = BY_NAME.get(column.names[0]) if column.names else None
        return field is not None and not self._open and is_masked(field) and bool(one.values.get(field.name))

    def _tick(self) -> None:
        self.written += 1
        if self.written % _STEP == 0:
            self._look()
            self._report(self.written, len(self._wanted.members))

    def _look(self) -> None:
        if self._stop is not None and self._stop.is_set():
            raise InputError("export.stopped", "Đã dừng, chưa ghi tệp nào.")

    def _watched(self, people: Iterable[OutMember]) -> Iterator[OutMember]:
        for number, one in enumerate(people):
            if number % _STEP == 0:
                self._look()
            yield one

    # ---- values

    def _speller(self, column: OutColumn) -> Callable[[int, OutMember], object]:
        if not column.names:
            return lambda _number, _one: None
        if len(column.names) == 1 and column.otherwise is None:
            return self._one_speller(column.names[0])
        parts = [self._one_speller(name) for name in column.names]
        other = None if column.otherwise is None else self._one_speller(column.otherwise)

        def joined(number: int, one: OutMember) -> object:
            said = [_as_text(cell) for part in parts if (cell := part(number, one)) not in (None, "")]
            if said:
                return ", ".join(said)
            return None if other is None else other(number, one)

        return joined

    def _one_speller(self, name: str) -> Callable[[int, OutMember], object]:
        special: dict[str, Callable[[int, OutMember], object]] = {
            out_layout.ORDINAL: lambda number, _one: number,
            out_layout.RECORD_ID: lambda _number, one: str(one.member_id),
            out_layout.UNIT_NAME: lambda _number, one: one.unit_name,
            out_layout.MISSING: lambda _number, one: ", ".join(BY_NAME[field].label for field in one.missing),
            out_layout.STATE: lambda _number, one: _STATES.get(one.state, ""),
        }
        if name in special:
            return special[name]
        field = BY_NAME[name]
        if field.shape is Shape.UNIT:
            return special[out_layout.UNIT_NAME]
        hides = not self._open
        said: dict[Value, object] = {}

        def spelled(_number: int, one: OutMember) -> object:
            value = one.values.get(name)
            if value is None or value == "":
                return None
            found = said.get(value)
            if found is None:
                found = _spelled(field, value, self._codes, self._places)
                if hides and isinstance(found, str):
                    found = masked(field, found)
                elif hides and is_masked(field):
                    found = masked(field, _as_text(found))
                if len(said) < 5_000:
                    said[value] = found
            return found

        return spelled


def _is_gap(column: OutColumn, one: OutMember) -> bool:
    """Return whether a cell of a file of gaps is to be filled in: it is empty and its record is not complete."""
    name = column.names[0] if len(column.names) == 1 else ""
    if name not in BY_NAME or one.values.get(name) not in (None, ""):
        return False
    return any(field in one.missing for field in (*column.fills, name))


def _spelled(field: MemberField, value: Value, codes: Codes, places: Gazetteer) -> object:
    """Return a value as a cell: real days where they are known to the day, everything else as people read it."""
    text = str(value)
    said: object = text
    match field.shape:
        case Shape.DAY:
            said = _day(text)
        case Shape.FLAG:
            said = _FLAGS[1 if value else 0]
        case Shape.CODE:
            said = codes.label(field.codes or "", text)
        case Shape.CODES:
            said = ", ".join(codes.label(field.codes or "", str(code)) for code in _list_of(text))
        case Shape.PLACE:
            place = places.place(text)
            said = text if place is None else place.label
        case _:
            pass
    return said


def _day(text: str) -> object:
    try:
        return date.fromisoformat(text) if len(text) == len("2005-08-12") else "/".join(reversed(text.split("-")))
    except ValueError:
        return text


def _list_of(text: str) -> list[object]:
    try:
        found = json.loads(text)
    except ValueError:
        return [text]
    return found if isinstance(found, list) else [found]


def _as_text(cell: object) -> str:
    return f"{cell:%d/%m/%Y}" if isinstance(cell, date) else str(cell)
