"""Many devices at once on PostgreSQL, with a nation's members in it; and what one exchange costs in a small one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from benchmarks.children import BrokenRunError, Child, once
from sync.testing.postgres import Postgres, started

SERVERS: Final = 2
"""Processes of the server on the one database: each can use one core."""

RATE: Final = 101.0
"""Synchronisations asked for in a second."""

SMALL: Final = 10_000
"""Members of the small database, if the large one has more."""

_ALONE: Final = 200
_TURN: Final = 20
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class LoadRun:
    """What was measured.

    Attributes:
        devices: How many took part.
        seconds: For so long.
        rate: Synchronisations finished in a second.
        p50_s: What one took from when it was due, half of them at most.
        p99_s: 99 of 100 at most.
        errors: Those that went wrong.
        alone_s: What one takes when nothing else happens, in the middle.
        alone_small_s: The same in a database of `SMALL` members.
    """

    devices: int
    seconds: float
    rate: float
    p50_s: float
    p99_s: float
    errors: int
    alone_s: float
    alone_small_s: float


def run(folder: Path, members: int, devices: int, seconds: float, say: Callable[[str], None]) -> LoadRun:
    """Fill two databases, exchange with them in turns, and let devices synchronise with the large one."""
    with started(durable=True) as postgres, ExitStack() as running:
        few = min(SMALL, members)
        say(f"filling {few:,} and {members:,} members")
        small = running.enter_context(_devices(postgres, folder / "small", few, 1))
        large = running.enter_context(_devices(postgres, folder / "large", members, devices))
        say("one device alone")
        alone_small, alone = _in_turns(small, large)
        say(f"{devices} devices for {seconds:.0f} s")
        many = large.ask("run", rate=RATE, seconds=seconds)
    took = many["took_s"]
    for text in sorted(set(many["wrong"]))[:_SHOWN]:
        say(f"went wrong: {text}")
    return LoadRun(
        devices=devices,
        seconds=many["seconds"],
        rate=len(took) / many["seconds"],
        p50_s=median(took),
        p99_s=quantiles(took, n=100)[-1],
        errors=len(many["wrong"]),
        alone_s=median(alone),
        alone_small_s=median(alone_small),
    )


def _in_turns(small: Child, large: Child) -> tuple[list[float], list[float]]:
    """What an exchange took with either; what else the machine does meets both."""
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(_ALONE // _TURN):
        for child, times in zip((small, large), took, strict=True):
            times.extend(child.ask("alone", count=_TURN)["took_s"])
    return took


@contextmanager
def _devices(postgres: Postgres, folder: Path, members: int, count: int) -> Iterator[Child]:
    """Devices that have received everything, of a database of their own and its servers."""
    folder.mkdir()
    url, facts = postgres.store(), folder / "facts.json"
    once("nation", folder / "nation.log", url, str(members), str(count), facts)
    servers = [Child("central_process", folder / f"server{number}.log", url) for number in range(SERVERS)]
    with ExitStack() as running:
        ports = ",".join(str(running.enter_context(server).hear()["port"]) for server in servers)
        devices = running.enter_context(Child("load_process", folder / "load.log", ports, facts))
        begun = devices.ask("begin")
        if begun["wrong"]:
            raise BrokenRunError(f"the first synchronisation: {begun['wrong'][0]}")
        yield devices
