"""The command line of the benchmarks."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NoReturn

from typing_extensions import override

from benchmarks import machine, report
from benchmarks.children import BUILD, BrokenRunError
from benchmarks.measuring import PARTS, USUAL, Plan, measure
from benchmarks.people import DISPUTED, EDITED

DONE, NOT_DONE, BAD_ARGUMENTS = 0, 1, 2
RECORDS_MIN: Final = 2 * EDITED + 2 * DISPUTED
"""So many records are edited in one day."""
MEMBERS_MIN: Final = 3
"""The smallest chapter."""
MEMBERS_MAX: Final = 200_000


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    @override
    def error(self, message: str) -> NoReturn:
        self.exit(BAD_ARGUMENTS, f"{self.prog}: {message}\n")


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            number = int(text.strip().replace("_", ""))
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{number} is not between {least:,} and {most:,}")
        return number

    return read


def _sizes(text: str) -> tuple[int, ...]:
    read = _number(RECORDS_MIN, MEMBERS_MAX)
    return tuple(sorted({read(part) for part in text.split(",")}))


def _counts(text: str) -> tuple[int, ...]:
    read = _number(MEMBERS_MIN, MEMBERS_MAX)
    return tuple(sorted({read(part) for part in text.split(",")}))


def _rows(text: str) -> tuple[int, ...]:
    read = _number(1, 90_000)
    return tuple(sorted({read(part) for part in text.split(",")}))


def _parts(text: str) -> tuple[str, ...]:
    asked = [part.strip() for part in text.split(",")]
    unknown = [part for part in asked if part not in PARTS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown) or 'nothing'} is none of {', '.join(PARTS)}")
    return tuple(part for part in PARTS if part in asked)


def parser() -> argparse.ArgumentParser:
    """Return the reader of the command line."""
    reader = _Parser(
        prog="bench",
        description="Measures synchronisation against its floors, start, search, saved lists, import and export.",
    )
    members = _number(MEMBERS_MIN, MEMBERS_MAX)
    reader.add_argument("--runs", type=_number(1, 1_000), default=5, help="runs of everything (default 5)")
    reader.add_argument(
        "--sizes", type=_sizes, default=(2_000, 10_000), help="records to synchronise (default 2000,10000)"
    )
    reader.add_argument("--only", type=_parts, default=USUAL, help=f"some of {','.join(PARTS)}")
    reader.add_argument("--start-members", type=members, default=2_000, help="members in the list of a start")
    reader.add_argument("--search-members", type=members, default=50_000, help="members to search in")
    reader.add_argument(
        "--lists-members", type=_counts, default=(2_000, 10_000, 50_000), help="members with saved lists"
    )
    reader.add_argument(
        "--load-members", type=_number(2_000, 2_000_000), default=100_000, help="members of many devices' server"
    )
    reader.add_argument("--load-devices", type=_number(1, 1_000), default=200, help="how many devices")
    reader.add_argument("--load-s", type=_number(1, 3_600), default=20, help="how long many devices synchronise")
    reader.add_argument("--import-rows", type=_rows, default=(20_000,), help="people in the lists to import")
    reader.add_argument("--export-members", type=_counts, default=(2_000, 10_000), help="members in the lists to write")
    reader.add_argument("--strict", action="store_true", help="end with 1 when a budget is missed")
    reader.add_argument("--out", type=Path, default=BUILD, help="folder of the JSON (default build/bench)")
    return reader


def main(argv: Sequence[str]) -> int:
    """Measure and tell; return the exit code."""
    try:
        asked = parser().parse_args(argv)
    except SystemExit as end:
        return int(end.code or DONE)
    plan = Plan(
        parts=asked.only,
        runs=asked.runs,
        sizes=asked.sizes,
        start_members=asked.start_members,
        search_members=asked.search_members,
        lists_members=asked.lists_members,
        load_members=asked.load_members,
        load_devices=asked.load_devices,
        load_s=asked.load_s,
        import_rows=asked.import_rows,
        export_members=asked.export_members,
    )
    started = time.strftime("%Y-%m-%dT%H:%M:%S")
    try:
        results = measure(plan, lambda text: print(f"bench: {text}", file=sys.stderr, flush=True))
    except BrokenRunError as error:
        print(f"bench: {error}", file=sys.stderr)
        return NOT_DONE
    facts = machine.facts()
    document = {
        "started": started,
        "runs": plan.runs,
        "machine": facts | {"paces": results.paces},
        "lines": [line.as_json() for line in results.lines],
        "raw": results.raw,
    }
    name = f"bench-{started.translate({ord('-'): None, ord(':'): None})}"
    try:
        path = report.write(asked.out, name, document)
    except OSError as error:
        print(f"bench: cannot write into {asked.out}: {error.strerror}", file=sys.stderr)
        return NOT_DONE
    print(report.table(results.lines, facts, results.paces))
    print(f"JSON: {path}")
    missed = any(line.reached is False for line in results.lines)
    return NOT_DONE if asked.strict and missed else DONE
