"""Plays simulated worlds, or breaks the engine on purpose: ``python -m sync.testing --seeds 0:2000 --shrink``."""

import argparse
import logging
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sync.testing.network import KilledError
from sync.testing.sabotages import MEETS, SABOTAGES
from sync.testing.story import Story, shorten, tell
from sync.testing.world import play

SABOTAGE_SEEDS: Final = 50
"""So many stories a sabotage may play in before it must have been noticed."""
_STRANGE = (Exception, KilledError)
"""An engine that breaks down has broken a promise too."""


@dataclass(slots=True)
class Outcome:
    """What came of one seed.

    Attributes:
        failure: What was broken; nothing if all went well.
        steps: How many things happened.
        injected: Faults by name.
    """

    seed: int
    failure: str = ""
    steps: int = 0
    injected: Counter[str] = field(default_factory=Counter)


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder, in memory where the machine has one: thousands of small commits are made there."""
    memory = Path("/dev/shm")  # noqa: S108  # it is made there under a name of its own
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


def outcome(story: Story | int) -> Outcome:
    """Play one story, or that of a seed."""
    told = tell(story) if isinstance(story, int) else story
    with folder() as where:
        try:
            world = play(told, where / "world")
        except _STRANGE as error:
            return Outcome(told.seed, f"{type(error).__name__}: {error}", len(told.steps))
    return Outcome(told.seed, "", len(told.steps), world.injected)


def shrunk(seed: int) -> str:
    """Return a short story that still fails, as text."""
    short = shorten(tell(seed), lambda story: bool(outcome(story).failure))
    with folder() as where:
        try:
            play(short, where / "world")
        except _STRANGE as error:
            return "\n".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())])
    return "it fails no more"


def noticed(name: str) -> Outcome | None:
    """Return what the checkers say about a sabotage, at the first seed that notices it; nothing if none does."""
    stories = (tell(seed, MEETS.get(name, ())) for seed in range(SABOTAGE_SEEDS))
    with SABOTAGES[name]():
        return next((its for its in map(outcome, stories) if its.failure), None)


def main(argv: Sequence[str]) -> int:
    """Play; return 1 if a promise was broken, or a sabotage was not noticed."""
    parser = argparse.ArgumentParser(prog="python -m sync.testing", description=__doc__)
    parser.add_argument("--seeds", default="0:200", help="from:to, the last one not included")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--shrink", action="store_true", help="tell the first failure as a short story")
    parser.add_argument("--sabotages", action="store_true", help="break one rule of the engine at a time instead")
    wanted = parser.parse_args(argv)
    logging.disable(logging.ERROR)
    if wanted.sabotages:
        return _sabotaged(wanted.jobs)
    first, last = map(int, wanted.seeds.split(":"))
    return _played(range(first, last), wanted.jobs, shrink=wanted.shrink)


def _played(seeds: range, jobs: int, *, shrink: bool) -> int:
    begun = time.monotonic()
    injected: Counter[str] = Counter()
    failed: list[int] = []
    steps = 0
    for its in _mapped(outcome, seeds, jobs):
        steps += its.steps
        injected += its.injected
        if its.failure:
            failed.append(its.seed)
            _say(f"seed {its.seed}: {its.failure}")
    _say(f"{len(seeds)} seeds, {steps} steps, {len(failed)} failures, {time.monotonic() - begun:.0f} s")
    _say(f"{injected.total()} faults: {', '.join(f'{name} {count}' for name, count in injected.most_common())}")
    if failed and shrink:
        _say(shrunk(failed[0]))
    return 1 if failed else 0


def _sabotaged(jobs: int) -> int:
    missed = 0
    for name, its in zip(SABOTAGES, _mapped(noticed, list(SABOTAGES), jobs), strict=True):
        missed += its is None
        _say(f"{name}: {'not noticed' if its is None else f'seed {its.seed}: {its.failure}'}")
    _say(f"{len(SABOTAGES)} sabotages, {missed} not noticed")
    return 1 if missed else 0


def _mapped(function, items: Iterable, jobs: int) -> Iterator:  # type: ignore[no-untyped-def, type-arg]  # as `map` is
    if jobs == 1:
        yield from map(function, items)
        return
    with multiprocessing.get_context("spawn").Pool(jobs, logging.disable, (logging.ERROR,)) as pool:
        yield from pool.imap(function, items, chunksize=1 if isinstance(items, list) else 20)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
