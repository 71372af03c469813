"""The numbered steps from an empty database to the tables of this version.

A step that was released is never changed; a change of the tables is a new step.
"""

from collections.abc import Callable
from typing import Final

from alembic.operations import Operations

from yum_desktop.registry.migrations import (
    m0001_initial,
    m0002_handover,
    m0003_audit,
    m0004_pairs,
    m0005_rules,
    m0006_places,
)

STEPS: Final[tuple[Callable[[Operations], None], ...]] = (
    m0001_initial.upgrade,
    m0002_handover.upgrade,
    m0003_audit.upgrade,
    m0004_pairs.upgrade,
    m0005_rules.upgrade,
    m0006_places.upgrade,
)
"""Step 1 first. Each runs on SQLite and on PostgreSQL."""
