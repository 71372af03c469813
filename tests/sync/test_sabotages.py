"""An engine that is wrong is noticed: each sabotage breaks one rule, and a checker of the simulated world stops it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sync.testing.sabotages import SABOTAGES
from sync.testing.world import play

SEEDS = 50


@pytest.mark.parametrize("name", SABOTAGES)
def test_a_broken_rule_is_noticed(name: str, folder: Path, record_property: Callable[[str, object], None]) -> None:
    with SABOTAGES[name]():
        for seed in range(SEEDS):
            try:
                play(seed, folder / str(seed))
            except AssertionError as noticed:
                record_property("noticed_at_seed", seed)
                record_property("noticed_as", str(noticed))
                return
    pytest.fail(f"{SEEDS} seeds do not notice: {SABOTAGES[name].__doc__}")
