"""Devices in processes of their own, on PostgreSQL, with bad lines and killed servers, for a few seconds."""

from sync.testing import soak


def test_devices_in_real_processes_agree_and_lose_nothing() -> None:
    outcome = soak.soak(8, 5.0, lambda _text: None)
    assert outcome.broken == []
    assert outcome.syncs > 30
    assert outcome.pushed["applied"] > 50
    assert {"cut", "twice", "unit_moved"} <= set(outcome.faults)
    assert outcome.lines > 50
