"""All measurements in their order: sizes and floors in turns, then start and search."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks import link_runs, load_runs, machine, order_runs, sync_runs
from benchmarks.children import Answer, Child, once
from benchmarks.lines import (
    SEARCHES,
    Line,
    Unit,
    export_lines,
    growth_line,
    import_lines,
    link_lines,
    lists_lines,
    load_lines,
    order_lines,
    search_lines,
    sync_lines,
)

PARTS: Final = ("sync", "link", "order", "load", "start", "search", "lists", "import", "export")
USUAL: Final = tuple(part for part in PARTS if part not in {"load", "order"})
"""What is measured when nothing else is said: these take a server of PostgreSQL, and minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to measure.

    Attributes:
        parts: Some of `PARTS`.
        runs: How many runs of everything.
        sizes: Numbers of records to synchronise.
        start_members: Members in the list that a start shows.
        search_members: Members to search in.
        lists_members: Numbers of members with saved lists.
        load_members: Members in the central database of many devices.
        load_devices: How many devices.
        load_s: For how long many devices synchronise.
        import_rows: People in the lists to import.
        export_members: Members in the lists to write.
    """

    parts: tuple[str, ...]
    runs: int
    sizes: tuple[int, ...]
    start_members: int
    search_members: int
    lists_members: tuple[int, ...]
    load_members: int
    load_devices: int
    load_s: float
    import_rows: tuple[int, ...]
    export_members: tuple[int, ...]


@dataclass(slots=True)
class Results:
    """What was measured.

    Attributes:
        lines: The table.
        raw: Everything behind it, as plain data.
        paces: How busy the machine was, before and after each part.
    """

    lines: list[Line] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)
    paces: list[dict[str, float]] = field(default_factory=list)


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Measure what is planned.

    Args:
        plan: What.
        say: Told what is being done.

    Raises:
        BrokenRunError: Something could not be measured.
    """
    results = Results(paces=[machine.pace()])
    parts = {
        "sync": _sync,
        "link": _link,
        "order": _order,
        "load": _load,
        "start": _start,
        "search": _search,
        "lists": _lists,
        "import": _import,
        "export": _export,
    }
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for part in plan.parts:
            parts[part](plan, Path(folder), results, say)
            results.paces.append(machine.pace())
    return results


def _sync(plan: Plan, folder: Path, results: Results, say: Callable[[str], None]) -> None:
    prepared = {}
    for size in plan.sizes:
        say(f"preparing {size:,} records")
        prepared[size] = sync_runs.prepare(folder / f"sync{size}", size)
    runs: dict[int, list[sync_runs.SyncRun]] = {size: [] for size in plan.sizes}
    for number in range(plan.runs):
        for size in plan.sizes:
            say(f"sync of {size:,}, run {number + 1} of {plan.runs}")
            runs[size].append(sync_runs.run(prepared[size], number))
    for size in plan.sizes:
        results.lines += sync_lines(size, prepared[size].floor["column_bytes"], runs[size])
    results.lines.append(growth_line(runs))
    results.raw["sync"] = {
        str(size): {"floor": prepared[size].floor, "runs": [sync_runs.as_json(run) for run in runs[size]]}
        for size in plan.sizes
    }


def _link(plan: Plan, folder: Path, results: Results, say: Callable[[str], None]) -> None:
    size = min(plan.sizes)
    say(f"preparing {size:,} records")
    prepared = sync_runs.prepare(folder / f"link{size}", size)
    runs = []
    for number in range(plan.runs):
        say(f"2G line, run {number + 1} of {plan.runs}")
        runs.append(link_runs.run(prepared, number))
    results.lines += link_lines(size, prepared.floor["column_bytes"], runs)
    results.raw["link"] = [link_runs.as_json(run) for run in runs]


def _order(plan: Plan, folder: Path, results: Results, say: Callable[[str], None]) -> None:
    runs = []
    seconds = min(plan.load_s, order_runs.SECONDS_MAX)
    for number in range(plan.runs):
        say(f"feed order, run {number + 1} of {plan.runs}")
        runs += [order_runs.run(folder / f"order{number}-{count}", count, seconds) for count in (order_runs.WRITERS, 1)]
    results.lines += order_lines(runs)
    results.raw["order"] = [asdict(run) for run in runs]


def _load(plan: Plan, folder: Path, results: Results, say: Callable[[str], None]) -> None:
    found = load_runs.run(folder, plan.load_members, plan.load_devices, plan.load_s, say)
    results.lines += load_lines(plan.load_members, found)
    results.raw["load"] = asdict(found)


def _start(plan: Plan, folder: Path, results: Results, say: Callable[[str], None]) -> None:
    home = folder / "start"
    members = _home(home, plan.start_members, say)
    _painted(home)  # compiles the modules, as an installer does
    values = []
    for number in range(plan.runs):
        say(f"start, run {number + 1} of {plan.runs}")
        values.append(_painted(home))
    label = "start to first painted list"
    results.lines.append(Line("start.time", label, members, Unit.S, tuple(values)))
    results.raw["start"] = {"members": members, "s": values}


def _painted(home: Path) -> float:
    """Start the program; return the seconds until its list was painted."""
    started = time.perf_counter()
    with Child("start_process", home / "start.log", home) as program:
        program.hear()
        return time.perf_counter() - started


def _search(plan: Plan, folder: Path, results: Results, say: Callable[[str], None]) -> None:
    home = folder / "search"
    members = _home(home, plan.search_members, say)
    found: dict[str, list[dict[str, float]]] = {way: [] for way in SEARCHES}
    with Child("search_process", home / "search.log", home) as searcher:
        for number in range(plan.runs):
            say(f"search in {members:,}, run {number + 1} of {plan.runs}")
            for way, runs in found.items():
                answer: Answer = searcher.ask(way)
                runs.append(answer["steps"])
    results.lines += search_lines(members, found)
    results.raw["search"] = {"members": members, "runs": found}


def _lists(plan: Plan, folder: Path, results: Results, say: Callable[[str], None]) -> None:
    results.raw["lists"] = {}
    for count in plan.lists_members:
        home = folder / f"lists{count}"
        members = _home(home, count, say)
        counts, pages = [], []
        with Child("lists_process", home / "lists.log", home) as cleaner:
            cleaner.ask("counts")  # compiles the modules, as an installer does
            for number in range(plan.runs):
                say(f"saved lists of {members:,}, run {number + 1} of {plan.runs}")
                counts.append(cleaner.ask("counts"))
                pages.append(cleaner.ask("pages")["s"])
        results.lines += lists_lines(members, counts, pages)
        results.raw["lists"][str(members)] = {"counts": counts, "pages": pages}


def _import(plan: Plan, folder: Path, results: Results, say: Callable[[str], None]) -> None:
    results.raw["import"] = {}
    for rows in plan.import_rows:
        home = folder / f"import{rows}"
        home.mkdir()
        say(f"preparing a list of {rows:,} people")
        bare, whole = [], []
        with Child("import_process", home / "import.log", home, str(rows)) as importer:
            said = importer.hear()
            importer.ask("whole")  # compiles the modules, as an installer does
            for number in range(plan.runs):
                say(f"import of {rows:,}, run {number + 1} of {plan.runs}")
                bare.append(importer.ask("bare"))
                whole.append(importer.ask("whole"))
        results.lines += import_lines(rows, bare, whole)
        results.raw["import"][str(rows)] = {"bytes": said["bytes"], "bare": bare, "whole": whole}


def _export(plan: Plan, folder: Path, results: Results, say: Callable[[str], None]) -> None:
    results.raw["export"] = {}
    for count in plan.export_members:
        home = folder / f"export{count}"
        members = _home(home, count, say)
        runs = []
        with Child("export_process", home / "export.log", home) as exporter:
            exporter.ask("whole")  # as above
            for number in range(plan.runs):
                say(f"export of {members:,}, run {number + 1} of {plan.runs}")
                runs.append({way: exporter.ask(way) for way in ("whole", "openpyxl", "xlsxwriter")})
        results.lines += export_lines(members, runs)
        results.raw["export"][str(members)] = runs


def _home(home: Path, count: int, say: Callable[[str], None]) -> int:
    say(f"preparing a home of {count:,} members")
    home.mkdir()
    return int(once("homes", home / "homes.log", home, str(count))["members"])
