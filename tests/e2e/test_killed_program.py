"""The program is killed while a form is open: what was typed before is in the file."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typing_program import IN_HAND, TYPED

from yum_desktop.registry import queries
from yum_desktop.registry.clock import SystemClock
from yum_desktop.registry.engine import Registry

KEPT = {**TYPED, "born_on": "2007-03-05"}
KEY = bytes(range(32))  # as the commune of the program has it


def killed_at(last: str, file: Path) -> None:
    """Let the person type as far as `last`, and kill the program in the middle of it."""
    program = Path(__file__).with_name("typing_program.py")
    process = subprocess.Popen(
        [sys.executable, str(program), str(file)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert process.stdout is not None
    with process:
        for line in process.stdout:
            if line.strip() == last:
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL, "it was killed, it did not end by itself"


@pytest.mark.parametrize("last", ["id_number", "in hand"])
def test_s176_a_kill_with_an_open_form_costs_at_most_the_field_in_hand(last: str, tmp_path: Path) -> None:
    file = tmp_path / "yum.db"
    killed_at(last, file)
    registry = Registry.open(file, KEY, clock=SystemClock())
    (row,) = queries.member_rows(registry, None)
    values = queries.member(registry, row.member_id).values
    names = list(TYPED)
    typed = names[: names.index(last) + 1] if last in names else names
    assert {name: values.get(name) for name in typed} == {name: KEPT[name] for name in typed}
    assert values.get("note") in (None, IN_HAND)
    assert queries.sync_state(registry).pending >= 1
    registry.close()
