"""Processes of this package: each answers a line of JSON to each line of JSON."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Self

ROOT: Final = Path(__file__).resolve().parents[1]
BUILD: Final = ROOT / "build" / "bench"
_TIMEOUT_S: Final = 60

Answer = dict[str, Any]
"""A JSON object; every process knows what it holds."""


class BrokenRunError(Exception):
    """A measurement could not be made."""


class Child:
    """A process that runs a module of this package until the block ends.

    Args:
        module: Name of the module.
        log: Receives what the process says beside its answers.
        words: Its arguments.
    """

    def __init__(self, module: str, log: Path, *words: str | Path) -> None:
        self._module, self._log, self._words = module, log, [str(word) for word in words]

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", f"benchmarks.{self._module}", *self._words]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=_environment(),
                cwd=ROOT,
                text=True,
            )
        return self

    def __exit__(self, *_error: object) -> None:
        process = self._process
        assert process.stdin is not None, "it was made with pipes"
        assert process.stdout is not None, "it was made with pipes"
        process.stdin.close()
        process.terminate()
        process.wait(timeout=_TIMEOUT_S)
        process.stdout.close()

    def hear(self) -> Answer:
        """Wait for the next answer.

        Raises:
            BrokenRunError: The process ended instead.
        """
        assert self._process.stdout is not None, "it was made with pipes"
        for line in self._process.stdout:
            if line.startswith("{"):
                answer: Answer = json.loads(line)
                return answer
        raise BrokenRunError(f"{self._module} ended: {_last_line(self._log)}")

    def ask(self, what: str, **more: object) -> Answer:
        """Say what to do and wait for the answer."""
        assert self._process.stdin is not None, "it was made with pipes"
        try:
            self._process.stdin.write(json.dumps({"do": what, **more}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise BrokenRunError(f"{self._module} ended: {_last_line(self._log)}") from error
        return self.hear()


def once(module: str, log: Path, *words: str | Path) -> Answer:
    """Run a module that gives one answer."""
    with Child(module, log, *words) as child:
        return child.hear()


def end_with_the_caller() -> None:
    """End this process when nobody listens any more; runs on a thread of its own in a process that is asked nothing."""
    sys.stdin.read()
    os._exit(0)


def tell(**answer: object) -> None:
    """Give an answer; called in the process."""
    print(json.dumps(answer), flush=True)


def asked() -> Iterator[Answer]:
    """Give what the process is asked, until nobody asks any more; called in the process."""
    for line in sys.stdin:
        yield json.loads(line)


def answer_all(doing: dict[str, Callable[[Answer], Answer]]) -> None:
    """Answer every question by the function of its name; called in the process."""
    for question in asked():
        tell(**doing[question["do"]](question))


def peak_memory_bytes() -> int:
    """Return the most memory this process had at one time.

    Linux counts what a process took over from the one that started it in `ru_maxrss`, but not in `VmHWM`.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource  # noqa: PLC0415  # not on every system

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _environment() -> dict[str, str]:
    """Return the environment of a process. It keeps compiled modules, as an installed program has them."""
    known = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return known | {"PYTHONPYCACHEPREFIX": str(BUILD / "bytecode"), "QT_QPA_PLATFORM": "offscreen"}


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "without a word"
