"""Asks for the saved lists of a home folder, as their screen does.

python -m benchmarks.lists_process HOME
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.children import Answer, answer_all
from benchmarks.vault import BenchVault
from yum_desktop.domain.cleaning import Gap
from yum_desktop.registry import cleaning
from yum_desktop.registry.clock import SystemClock
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.keys import load_key
from yum_desktop.registry.paths import store_path

PAGE: Final = 200
"""Rows of a first page: several screens."""


class Cleaner:
    """A person at the saved lists of a home."""

    def __init__(self, home: Path) -> None:
        BenchVault.folder = home
        self._registry = Registry.open(store_path(home), load_key(home, passphrase=None), clock=SystemClock())

    @property
    def doing(self) -> dict[str, Callable[[Answer], Answer]]:
        """What can be asked."""
        return {"counts": self._counts, "pages": self._pages}

    def _counts(self, _asked: Answer) -> Answer:
        """Count every list down the tree: with the suspected pairs, which are compared first, and without."""
        r = self._registry
        started = time.perf_counter()
        suspected = cleaning.suspects_of(r)
        compared = time.perf_counter()
        cleaning.overview(r, suspected=suspected)
        ended = time.perf_counter()
        return {"whole_s": ended - started, "counts_s": ended - compared}

    def _pages(self, _asked: Answer) -> Answer:
        """Read the first page of every list, from the account's own unit down."""
        r, took = self._registry, dict[str, float]()
        suspected = cleaning.suspects_of(r)  # known from the counts
        for gap in Gap:
            started = time.perf_counter()
            if gap is Gap.SMALL_CHAPTER:
                cleaning.small_units(r, r.identity.unit_id)
            else:
                cleaning.rows(r, gap, r.identity.unit_id, limit=PAGE, suspected=suspected)
            took[gap] = time.perf_counter() - started
        return {"s": took}


if __name__ == "__main__":
    answer_all(Cleaner(Path(sys.argv[1])).doing)
