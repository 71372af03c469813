"""What an import would do, before it does it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

Cell = str | int | float | bool | date | datetime | time | timedelta
Row = Sequence[Cell]
Area = tuple[int, int, int, int]
"""First row, first column, last row, last column, counted from 0."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about one cell.

    Attributes:
        field: Member field, or ``chi_doan``.
        code: Stable name.
        degree: ``silent`` cleaned, ``shown`` on the row, ``offered``: nothing is stored until the person agrees.
        found: What stands in the cell.
        suggest: Values that may be meant, the best first.
        text: What a person reads.
    """

    field: str
    code: str
    degree: str
    found: str
    suggest: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column and what it is taken for: a member field, a target of `layout.TARGETS`, or ``None`` for other text."""

    index: int
    letter: str
    header: str
    field: str | None


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row that is a member.

    Attributes:
        row: As a spreadsheet program numbers it.
        values: By member field, only what is known.
        chi_doan: The unit as the file names it.
        other: Clean text that no field takes, by header.
        cells: The cells as they stand, texts of before Unicode converted.
        record: Id of the record that the row of a correction sheet is of, as the file has it.
    """

    row: int
    values: Mapping[str, object]
    chi_doan: str | None
    problems: tuple[Problem, ...]
    other: Mapping[str, str] = field(default_factory=dict)
    cells: Row = ()
    record: str | None = None


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that looks like data and cannot be imported; `member` is what the rest of it says."""

    row: int
    why: str
    text: str = ""
    member: "PlannedRow | None" = None


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that is no data: a title, a header, a total, a signature."""

    row: int
    why: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two rows that are one person: ``same_id``, ``same_id_other_unit`` or ``same_name_and_birthday``."""

    first: int
    second: int
    reason: str


@dataclass(frozen=True, slots=True)
class FileFinding:
    """Said once, for the file or some columns.

    Attributes:
        code: Stable name.
        what: What a person reads.
        columns: Letters of the columns; none for the whole file.
        rows: The first and the last row of members it is about.
        headers: Whether it is also about titles and headers.
    """

    code: str
    what: str
    columns: tuple[str, ...] = ()
    rows: tuple[int, int] | None = None
    headers: bool = False


@dataclass(frozen=True, slots=True)
class Converted:
    """A text of before Unicode as it stands and as it is meant; `kept` says that it is left as it stands.

    Attributes:
        row: As a spreadsheet program numbers it.
        column: Counted from 0.
        encoding: ``tcvn3``, ``vni`` or ``mojibake``.
    """

    row: int
    column: int
    encoding: str
    before: str
    after: str
    kept: bool = False


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import of one sheet would do."""

    file: str
    sheet: str
    sheets: tuple[str, ...]
    header_rows: tuple[int, ...]
    columns: tuple[Column, ...]
    rows: tuple[PlannedRow, ...]
    rejected: tuple[RejectedRow, ...]
    skipped: tuple[SkippedRow, ...]
    duplicates: tuple[Duplicate, ...]
    look_alikes: tuple[tuple[int, int], ...]
    findings: tuple[FileFinding, ...]
    chi_doan_from: str | None
    converted: tuple[Converted, ...] = ()
