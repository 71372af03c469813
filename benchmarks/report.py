"""The measurements as a table for people and a file for programs."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.lines import Line, Unit

_WIDTHS: Final = (33, 8, 11, 19, 8, 11)
_HEADS: Final = ("what", "records", "median", "min – max", "spread", "budget")


def table(lines: Sequence[Line], machine: dict[str, Any], paces: Sequence[dict[str, float]]) -> str:
    """Return the table."""
    sqlite = machine["sqlite"]
    loads = " → ".join(f"{pace['load']:.1f}" for pace in (paces[0], paces[-1]))
    loops = [pace["loop_ms"] for pace in paces]
    head = [
        f"{machine['system']}, {machine['cpus']} CPUs, Python {machine['python']}",
        f"SQLite: server {sqlite['server']}, device {sqlite['device']}, floor {sqlite['floor']}",
        f"load {loads}; a loop that always does the same took {min(loops):.0f} – {max(loops):.0f} ms",
        "",
        _row(_HEADS),
        "-" * (sum(_WIDTHS) + len(_WIDTHS) + 16),
    ]
    return "\n".join([*head, *map(_line, lines), "", _verdict(lines)])


def _line(line: Line) -> str:
    budget = line.budget
    ends = f"{_shown(line.unit, min(line.values))} – {_shown(line.unit, max(line.values))}"
    cells = [line.label, f"{line.records:,}", _shown(line.unit, line.median), ends, f"{line.spread:.0%}"]
    cells.append("" if budget is None else f"{'≥' if budget.least else '≤'} {_shown(line.unit, budget.limit)}")
    verdict = ""
    if budget is not None:
        share = budget.share(line.median)
        verdict = f"reached ({share:.2f})" if line.reached else f"MISSED ({share:.2f})"
    parts = [_row(cells), verdict, line.note]
    return "  ".join(part for part in parts if part).rstrip()


def _row(cells: Sequence[str]) -> str:
    first, *rest = zip(cells, _WIDTHS, strict=True)
    return " ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)])


def _shown(unit: Unit, value: float) -> str:
    if unit is Unit.BYTES:
        return f"{value / 1e6:.2f} MB" if abs(value) >= 1e6 else f"{value / 1e3:.2f} kB"
    if unit is Unit.TIMES:
        return f"{value:.2f}x"
    if unit is Unit.COUNT:
        return f"{value:.0f}"
    return f"{value:.1f} {unit}" if value < 100 else f"{value:,.0f} {unit}"


def _verdict(lines: Sequence[Line]) -> str:
    judged = [line for line in lines if line.budget is not None]
    missed = [f"{line.name} at {line.records:,}" for line in judged if not line.reached]
    told = f"{len(judged) - len(missed)} of {len(judged)} budgets reached"
    return f"{told}; missed: {', '.join(missed)}" if missed else told


def write(folder: Path, name: str, document: dict[str, Any]) -> Path:
    """Write the measurements as JSON, under their own name and as the latest ones; return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, ensure_ascii=False, indent=1)
    path = folder / f"{name}.json"
    for target in (path, folder / "latest.json"):
        target.write_text(text + "\n", encoding="utf-8")
    return path
