"""An engine that is wrong is noticed: each sabotage breaks one rule, and a checker of the simulated world stops it."""

from collections.abc import Callable

import pytest

from sync.testing.running import SABOTAGE_SEEDS, noticed
from sync.testing.sabotages import SABOTAGES


@pytest.mark.parametrize("name", SABOTAGES)
def test_a_broken_rule_is_noticed(name: str, record_property: Callable[[str, object], None]) -> None:
    outcome = noticed(name)
    assert outcome is not None, f"{SABOTAGE_SEEDS} seeds do not notice it"
    assert outcome.failure.startswith("AssertionError"), "the engine broke down before a checker looked"
    record_property("noticed_at_seed", outcome.seed)
    record_property("noticed_as", outcome.failure)
