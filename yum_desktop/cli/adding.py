"""How a group of commands of `yumctl` is added by a module of its own."""

import argparse
from collections.abc import Callable
from typing import Protocol, TypeAlias

from yum_desktop.registry.engine import Registry

Answer: TypeAlias = tuple[object, list[str], int]
"""The JSON document, the lines for people, the exit code."""
Act: TypeAlias = Callable[[Registry, argparse.Namespace], Answer]


class Add(Protocol):
    """Adds a command that works on an open store."""

    def __call__(self, name: str, act: Act, /) -> argparse.ArgumentParser:
        """Return the command, to be given its arguments."""
