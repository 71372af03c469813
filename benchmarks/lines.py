"""What is measured, as lines of one table: values of all runs, and the budget where there is one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Any, Final

from benchmarks.children import Answer
from benchmarks.link_runs import EDITS, LinkRun, least_s
from benchmarks.load_runs import RATE, SERVERS, SMALL, LoadRun
from benchmarks.order_runs import PAUSE_MS_MAX, WRITERS, OrderRun
from benchmarks.slow_link import Quality
from benchmarks.sync_runs import Measured, SyncRun


class Unit(StrEnum):
    """What a value counts."""

    MS = "ms"
    S = "s"
    BYTES = "bytes"
    TIMES = "x"
    COUNT = ""
    PER_S = "/s"


@dataclass(frozen=True, slots=True)
class Budget:
    """What a value may be at most, or at least.

    Attributes:
        limit: In the unit of its line.
        of: What a ratio is of.
        least: The value may not be smaller, instead of not larger.
    """

    limit: float
    of: str = ""
    least: bool = False

    def share(self, value: float) -> float:
        """Return how much of the budget a value uses; above 1 it is missed."""
        used, allowed = (self.limit, value) if self.least else (value, self.limit)
        return used / allowed if allowed else 1.0 + used


BUDGETS: Final = {
    "first.time_ratio": Budget(1.3, "the pipe floor"),
    "first.down_ratio": Budget(1.15, "the column floor"),
    "client.file_ratio": Budget(1.4, "the plain file"),
    "client.growth": Budget(40_000_000),
    "delta.requests": Budget(1),
    "delta.bytes": Budget(12_000),
    "delta.time": Budget(40),
    "idle.requests": Budget(1),
    "idle.bytes": Budget(400),
    "link.first_ratio": Budget(1.2, "columns ÷ bandwidth + 3 round trips"),
    "link.delta": Budget(2.5),
    "load.rate": Budget(100, least=True),
    "load.p99": Budget(1),
    "load.errors": Budget(0),
    "load.growth": Budget(1.3, "the same in a small database"),
    "order.commits": Budget(1_000, least=True),
    "order.wrong": Budget(0),
    "start.time": Budget(2),
    "import.ratio": Budget(3, "the fastest bare reader"),
    "lists.counts": Budget(500),
    "lists.page": Budget(200),
    "search.query": Budget(100),
    "search.top": Budget(100),
    "search.screen": Budget(100),
    "search.scroll": Budget(50),
    "search.sort": Budget(100),
    "search.form": Budget(100),
}
"""By the name of the line."""


@dataclass(frozen=True, slots=True)
class Line:
    """One measured thing.

    Attributes:
        name: Stable name.
        label: What people read.
        records: How many records there were.
        unit: Of the values.
        values: One for each run; a ratio is taken within its run.
        note: More about it.
    """

    name: str
    label: str
    records: int
    unit: Unit
    values: tuple[float, ...]
    note: str = ""

    @property
    def median(self) -> float:
        """The value in the middle."""
        return median(self.values)

    @property
    def spread(self) -> float:
        """How far the runs lie apart, as a share of the median."""
        return (max(self.values) - min(self.values)) / self.median if self.median else 0.0

    @property
    def budget(self) -> Budget | None:
        """What it may be at most."""
        return BUDGETS.get(self.name)

    @property
    def reached(self) -> bool | None:
        """Whether the median is within the budget; nothing without one."""
        if self.budget is None:
            return None
        return self.median >= self.budget.limit if self.budget.least else self.median <= self.budget.limit

    def as_json(self) -> dict[str, Any]:
        """Return the line as plain data."""
        budget = self.budget
        return {
            "name": self.name,
            "label": self.label,
            "records": self.records,
            "unit": self.unit.value,
            "median": self.median,
            "min": min(self.values),
            "max": max(self.values),
            "spread": self.spread,
            "values": list(self.values),
            "budget": None if budget is None else budget.limit,
            "budget_of": "" if budget is None else budget.of,
            "reached": self.reached,
            "of_budget": None if budget is None else budget.share(self.median),
            "note": self.note,
        }


def sync_lines(count: int, column_bytes: int, runs: Sequence[SyncRun]) -> list[Line]:
    """Return the lines of one size."""

    def line(name: str, label: str, unit: Unit, value: Callable[[SyncRun], float], note: str = "") -> Line:
        return Line(name, label, count, unit, tuple(value(run) for run in runs), note)

    def ms(part: Callable[[SyncRun], Measured]) -> Callable[[SyncRun], float]:
        return lambda run: part(run).seconds * 1_000

    outcome = runs[0].outcome
    merged = f"{outcome.merged} merged, {outcome.conflicts} conflicts with both values, nothing lost"
    return [
        line("first.time", "first sync", Unit.MS, ms(lambda run: run.first)),
        line("floor.pipe_time", "  pipe floor", Unit.MS, lambda run: run.pipe["s"] * 1_000),
        line("first.time_ratio", "  of the pipe floor", Unit.TIMES, lambda run: run.first.seconds / run.pipe["s"]),
        line("first.down", "first sync, down", Unit.BYTES, lambda run: run.first.traffic.down),
        line("floor.pipe_bytes", "  pipe floor", Unit.BYTES, lambda run: run.pipe["bytes"]),
        line("floor.column_bytes", "  column floor", Unit.BYTES, lambda _run: column_bytes),
        line("first.down_of_pipe", "  of the pipe", Unit.TIMES, lambda run: run.first.traffic.down / run.pipe["bytes"]),
        line("first.down_ratio", "  of the columns", Unit.TIMES, lambda run: run.first.traffic.down / column_bytes),
        line("first.requests", "first sync, requests", Unit.COUNT, lambda run: run.first.traffic.requests),
        line("client.file", "device's file", Unit.BYTES, lambda run: run.first.said["file_bytes"]),
        line("floor.file", "  plain file", Unit.BYTES, lambda run: run.pipe["file_bytes"]),
        line(
            "client.file_ratio", "  of the plain file", Unit.TIMES,
            lambda run: run.first.said["file_bytes"] / run.pipe["file_bytes"],
        ),
        line("client.peak", "device's peak memory", Unit.BYTES, lambda run: run.first.said["peak_bytes"]),
        line("delta.time", "delta, opening included", Unit.MS, ms(lambda run: run.delta), merged),
        line("delta.open", "  opening", Unit.MS, lambda run: run.delta.said["open_s"] * 1_000),
        line("delta.requests", "delta, requests", Unit.COUNT, lambda run: run.delta.traffic.requests),
        line("delta.bytes", "delta, up and down", Unit.BYTES, lambda run: run.delta.traffic.both),
        line("idle.time", "nothing to do", Unit.MS, ms(lambda run: run.idle)),
        line("idle.requests", "nothing to do, requests", Unit.COUNT, lambda run: run.idle.traffic.requests),
        line("idle.bytes", "nothing to do, up and down", Unit.BYTES, lambda run: run.idle.traffic.both),
    ]  # fmt: skip


def link_lines(count: int, column_bytes: int, runs: Sequence[LinkRun]) -> list[Line]:
    """Return the lines of a bad line."""
    least, quality = least_s(column_bytes), Quality()
    firsts = tuple(run.first.seconds for run in runs)
    told = (
        f"{quality.bytes_per_s * 8 / 1_000:.0f} kbit/s, {quality.round_trip_s * 1_000:.0f} ms there and back,"
        f" {runs[0].stalls} stalls of {quality.stall_s:.0f} s, {runs[0].resets} cut"
    )
    ratios = tuple(first / least for first in firsts)
    down = tuple(float(run.first.traffic.down) for run in runs)
    return [
        Line("link.first", "2G: first sync", count, Unit.S, firsts, told),
        Line("link.least", "  columns ÷ width + 3 round trips", count, Unit.S, (least,) * len(runs)),
        Line("link.first_ratio", "  of that", count, Unit.TIMES, ratios),
        Line("link.first_down", "  down", count, Unit.BYTES, down),
        Line("link.delta", f"2G: delta of {EDITS} edits", count, Unit.S, tuple(run.delta.seconds for run in runs)),
    ]


def order_lines(runs: Sequence[OrderRun]) -> list[Line]:
    """Return the lines of eight writers: in one province each, and all in one."""
    lines = []
    for provinces in sorted({run.provinces for run in runs}, reverse=True):
        its = [run for run in runs if run.provinces == provinces]
        apart = provinces > 1
        told = f"{WRITERS} processes, each transaction waits up to {PAUSE_MS_MAX:.0f} ms before its commit"
        where = f"in {provinces} provinces" if apart else "in one province"
        name = "order.commits" if apart else "order.commits_in_one"
        label = f"feed order, {where}: commits"
        lines.append(Line(name, label, 0, Unit.PER_S, tuple(run.commits for run in its), told))
        wrong = tuple(float(run.missed + run.doubled) for run in its)
        pulls = f"a reader pulled {min(run.pulls for run in its)} times and more"
        lines.append(Line("order.wrong", "  missed or read twice", 0, Unit.COUNT, wrong, pulls))
    return lines


def load_lines(members: int, run: LoadRun) -> list[Line]:
    """Return the lines of many devices at once."""

    def line(name: str, label: str, unit: Unit, value: float, note: str = "") -> Line:
        return Line(name, label, members, unit, (value,), note)

    told = (
        f"{run.devices} devices, {RATE:.0f} asked for in a second, {SERVERS} servers on one PostgreSQL,"
        f" for {run.seconds:.0f} s"
    )
    return [
        line("load.rate", "many devices: deltas in a second", Unit.PER_S, run.rate, told),
        line("load.p50", "  half of them within", Unit.S, run.p50_s),
        line("load.p99", "  99 of 100 within", Unit.S, run.p99_s),
        line("load.errors", "  that went wrong", Unit.COUNT, run.errors),
        line("load.alone", "one device alone, a delta", Unit.MS, run.alone_s * 1_000),
        line(
            "load.growth", f"  of that in {min(SMALL, members):,} members", Unit.TIMES, run.alone_s / run.alone_small_s
        ),
    ]


def import_lines(count: int, bare: Sequence[Answer], whole: Sequence[Answer]) -> list[Line]:
    """Return the lines of an import: a list read, checked and previewed."""

    def line(name: str, label: str, key: str) -> Line:
        return Line(name, label, count, Unit.S, tuple(float(run[key]) for run in whole))

    ratios = tuple(one["s"] / floor["s"] for one, floor in zip(whole, bare, strict=True))
    openpyxl = tuple(one["s"] / floor["openpyxl_s"] for one, floor in zip(whole, bare, strict=True))
    return [
        line("import.time", "list read, checked, previewed", "s"),
        line("import.read", "  read in its own process", "read_s"),
        line("import.check", "  checked", "check_s"),
        line("import.preview", "  previewed", "preview_s"),
        Line("floor.reader", "  fastest bare reader", count, Unit.S, tuple(float(run["s"]) for run in bare)),
        Line("import.ratio", "  of the bare reader", count, Unit.TIMES, ratios),
        Line("import.openpyxl", "  of openpyxl's bare reading", count, Unit.TIMES, openpyxl),
    ]


def export_lines(count: int, runs: Sequence[dict[str, Answer]]) -> list[Line]:
    """Return the lines of a list written to a file.

    Args:
        count: Number of members.
        runs: For each run what the program and the bare writers took: `whole`, `openpyxl`, `xlsxwriter`.
    """

    def of(writer: str) -> tuple[float, ...]:
        return tuple(run["whole"]["s"] / run[writer]["s"] for run in runs)

    return [
        Line("export.time", "list written to a file", count, Unit.S, tuple(run["whole"]["s"] for run in runs)),
        Line("export.openpyxl", "  of openpyxl's bare writing", count, Unit.TIMES, of("openpyxl")),
        Line("export.xlsxwriter", "  of XlsxWriter's bare writing", count, Unit.TIMES, of("xlsxwriter")),
        Line("export.peak", "  peak memory", count, Unit.BYTES, tuple(run["whole"]["peak_bytes"] for run in runs)),
    ]


def growth_line(by_count: dict[int, list[SyncRun]]) -> Line:
    """Return by how much the device's memory grows with the number of records: the largest size minus the smallest.

    With one size alone: how much the first synchronisation adds to what was there before.
    """
    small, large = min(by_count), max(by_count)
    if small == large:
        runs = by_count[large]
        values = [run.first.said["peak_bytes"] - run.first.said["peak_before_bytes"] for run in runs]
        note = f"at {large:,}, over what was there before"
    else:
        pairs = zip(by_count[large], by_count[small], strict=True)
        values = [one.first.said["peak_bytes"] - other.first.said["peak_bytes"] for one, other in pairs]
        note = f"peak at {large:,} minus peak at {small:,}"
    return Line("client.growth", "device's memory growth", large, Unit.BYTES, tuple(map(float, values)), note)


def search_lines(count: int, found: dict[str, list[dict[str, float]]]) -> list[Line]:
    """Return for each way of searching what the slowest letter takes, and what one takes usually.

    Args:
        count: Number of members.
        found: By the way of searching, for each run the seconds by what stood in the field.
    """
    lines = []
    for way, label in SEARCHES.items():
        runs = found[way]
        slowest = max(runs[0], key=lambda text: median(run[text] for run in runs))
        values = tuple(run[slowest] * 1_000 for run in runs)
        usual = tuple(median(run.values()) * 1_000 for run in runs)
        lines += [
            Line(f"search.{way}", label, count, Unit.MS, values, f"slowest of {len(runs[0])} steps: “{slowest}”"),
            Line(f"search.{way}_usual", "  usual step", count, Unit.MS, usual),
        ]
    return lines


def lists_lines(count: int, counts: Sequence[Answer], pages: Sequence[dict[str, float]]) -> list[Line]:
    """Return what it takes to count every saved list down the tree, and to read the first page of the slowest one.

    Args:
        count: Number of members.
        counts: For each run the seconds, with and without the comparing of suspected pairs.
        pages: For each run the seconds by list.
    """
    slowest = max(pages[0], key=lambda name: median(page[name] for page in pages))
    usual = tuple(median(page.values()) * 1_000 for page in pages)
    bare, whole = (tuple(1_000 * one[name] for one in counts) for name in ("counts_s", "whole_s"))
    return [
        Line("lists.counts", "saved lists, all counts", count, Unit.MS, bare),
        Line("lists.whole", "  and suspected pairs", count, Unit.MS, whole),
        Line(
            "lists.page", "  first page of a list", count, Unit.MS, tuple(1_000 * page[slowest] for page in pages),
            f"slowest of {len(pages[0])} lists: {slowest}",
        ),
        Line("lists.page_usual", "  usual list", count, Unit.MS, usual),
    ]  # fmt: skip


SEARCHES: Final = {
    "query": "search, query of the list",
    "top": "search, query of the top bar",
    "screen": "search, letter to painted list",
    "scroll": "scrolling, a step to painted list",
    "sort": "sorting by a column, to painted list",
    "form": "a member's form, Enter to painted",
}
"""The ways of searching."""
