"""Layouts of files that leave the program, as data: a new one, such as an official template, needs no code.

A layout is a JSON file of `resources/data/layouts`, of the folder ``layouts`` beside the records, or any file that is
named. `docs/layouts.md` describes it.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from yum_desktop.domain.errors import InputError, UnavailableError
from yum_desktop.domain.member import BY_NAME
from yum_desktop.registry.paths import resources_dir

AS_SHOWN: Final = "nhu-man-hinh"
THIRTY: Final = "yum30"
CORRECTION: Final = "bo-sung"
TEMPLATE: Final = "mau-nhap"

ORDINAL: Final = "@ordinal"
RECORD_ID: Final = "@id"
UNIT_NAME: Final = "@unit"
MISSING: Final = "@missing"
STATE: Final = "@state"
SPECIAL: Final = frozenset({ORDINAL, RECORD_ID, UNIT_NAME, MISSING, STATE})
"""What a column may hold besides the fields of a member: a number, the record's id, the unit, what is missing, sync."""
_FORMAT: Final = 1
_SHEET_NAME_MAX: Final = 31
_SIZE_MAX_BYTES: Final = 1_000_000
_NOT_IN_NAMES: Final = frozenset("[]:*?/\\")


class OutColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column.

    Attributes:
        label: Its header.
        value: A field of a member, one of `SPECIAL`, several that are joined by commas, or nothing for an empty column.
        otherwise: What stands there where `value` gives nothing.
        fills: Fields that are missing until something stands here; by itself `value`.
        width: In characters.
        hidden: It is not seen.
        always: It stays in a file of gaps although nothing is missing in it.
    """

    label: str
    value: str | tuple[str, ...] | None
    otherwise: str | None = None
    fills: tuple[str, ...] = ()
    width: float = 14
    hidden: bool = False
    always: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """What its value is made of."""
        if self.value is None:
            return ()
        return (self.value,) if isinstance(self.value, str) else self.value


class OutLayout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A layout.

    Attributes:
        format: Version of this description.
        id: Stable name: letters, digits and hyphens.
        about: What it is for, for who chooses it.
        source: Where it comes from.
        sheet: Name of the sheet.
        titles: Lines above the header; ``{unit}`` and ``{stamp}`` (who, when) are filled in.
        sheets: One sheet, or one for each unit that has members.
        rows: Everybody, those with gaps and the gaps marked, or nobody: an empty table to fill in.
        as_shown: The columns are cut down to those that a screen shows.
    """

    format: int
    id: str
    title: str
    about: str
    source: str
    sheet: str
    columns: tuple[OutColumn, ...]
    titles: tuple[str, ...] = ()
    sheets: Literal["one", "unit"] = "one"
    rows: Literal["all", "gaps", "none"] = "all"
    as_shown: bool = False

    @property
    def fields(self) -> frozenset[str]:
        """The fields of a member that it shows."""
        names = {name for c in self.columns for name in (*c.names, *((c.otherwise,) if c.otherwise else ()))}
        return frozenset(names - SPECIAL)

    def showing(self, names: Sequence[str]) -> "OutLayout":
        """Return the layout with the named values only, in this order, after its ordinal numbers."""
        kept = [column for column in self.columns if column.names == (ORDINAL,)]
        by_name = {column.value: column for column in self.columns}
        kept += [by_name[name] for name in names if name in by_name and by_name[name] not in kept]
        return msgspec.structs.replace(self, columns=tuple(kept))


def read_layout(path: Path) -> OutLayout:
    """Return the layout of a file.

    Raises:
        InputError: `layout.missing`, `layout.not_json`, `layout.invalid`, `layout.newer`, `layout.value_unknown`,
            `layout.header_twice`; the text names the place.
        UnavailableError: `layout.unreadable`.
    """
    if not path.is_file():
        raise InputError("layout.missing", f"Không có tệp mẫu {path.name}.")
    try:
        text = path.read_bytes()[:_SIZE_MAX_BYTES]
    except OSError as error:
        raise UnavailableError("layout.unreadable", f"Không mở được tệp mẫu {path.name}.") from error
    return parse_layout(text, path.name)


def parse_layout(text: bytes, name: str) -> OutLayout:
    """Return the layout that a text describes; `name` is what the errors call it. Raises as `read_layout`."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = f", dòng {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError("layout.not_json", f"Mẫu {name} không phải JSON{line}.") from error
    if isinstance(given, dict) and isinstance(given.get("format"), int) and given["format"] > _FORMAT:
        raise InputError("layout.newer", f"Mẫu {name} viết cho bản mới hơn của chương trình. Hãy cập nhật.")
    try:
        layout = msgspec.convert(given, OutLayout)
    except msgspec.ValidationError as error:
        raise InputError("layout.invalid", f"Mẫu {name} sai: {error}.") from error
    _check(layout, name)
    return layout


def layouts(folder: Path | None = None) -> tuple[list[OutLayout], list[InputError | UnavailableError]]:
    """Return all layouts, shipped ones first, then those of a folder; and what is wrong with those that are not there.

    A layout of the folder takes the place of a shipped one with its id.
    """
    found = {layout.id: layout for layout in map(read_layout, _files(resources_dir() / "data" / "layouts"))}
    wrong: list[InputError | UnavailableError] = []
    for path in _files(folder) if folder is not None else ():
        try:
            layout = read_layout(path)
        except (InputError, UnavailableError) as error:
            wrong.append(error)
        else:
            found[layout.id] = layout
    order = (AS_SHOWN, THIRTY, CORRECTION, TEMPLATE)
    return sorted(found.values(), key=lambda one: order.index(one.id) if one.id in order else len(order)), wrong


def find_layout(named: str, folder: Path | None = None) -> OutLayout:
    """Return the layout with an id, or of a file.

    Raises:
        InputError: `layout.unknown`, or as `read_layout`.
    """
    if named.endswith(".json"):
        return read_layout(Path(named))
    known, wrong = layouts(folder)
    found = next((layout for layout in known if layout.id == named), None)
    if found is not None:
        return found
    broken = next((error for error in wrong if f"{named}.json" in error.text), None)
    if broken is not None:
        raise broken
    raise InputError("layout.unknown", f"Không có mẫu “{named}”. Có: {', '.join(layout.id for layout in known)}.")


def sheet_name(text: str, taken: Iterable[str]) -> str:
    """Return a name that a sheet may have and none of `taken` has."""
    bare = "".join(" " if letter in _NOT_IN_NAMES or not letter.isprintable() else letter for letter in text)
    bare = " ".join(bare.split()).strip("'") or "Danh sách"
    known = {name.lower() for name in taken}
    name, number = bare[:_SHEET_NAME_MAX].strip("' "), 1
    while name.lower() in known or name.lower() == "history":
        number += 1
        end = f" ({number})"
        name = bare[: _SHEET_NAME_MAX - len(end)].strip("' ") + end
    return name


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.json") if path.is_file())


def _check(layout: OutLayout, name: str) -> None:
    """Check what the shape of the data does not say."""
    if not layout.id or not all(letter.isalnum() or letter == "-" for letter in layout.id):
        raise InputError("layout.invalid", f"Mẫu {name} sai: id chỉ gồm chữ, số và gạch nối - at `$.id`.")
    if layout.sheet != sheet_name(layout.sheet, ()):
        raise InputError("layout.invalid", f"Mẫu {name} sai: tên trang không dùng được - at `$.sheet`.")
    if not layout.columns:
        raise InputError("layout.invalid", f"Mẫu {name} sai: không có cột - at `$.columns`.")
    seen: set[str] = set()
    for place, column in enumerate(layout.columns):
        values = (*column.names, *((column.otherwise,) if column.otherwise else ()), *column.fills)
        for value in values:
            if value not in BY_NAME and value not in SPECIAL:
                text = f"Mẫu {name}, cột {place + 1} “{column.label}”: không có trường “{value}”."
                raise InputError("layout.value_unknown", text, field=value)
        if column.label in seen or not column.label.strip():
            text = f"Mẫu {name}, cột {place + 1}: tiêu đề “{column.label}” trống hoặc lặp lại."
            raise InputError("layout.header_twice", text)
        seen.add(column.label)
