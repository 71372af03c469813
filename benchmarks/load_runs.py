"""Many devices at once on PostgreSQL, with a nation's members in it; and what one exchange costs in a small one."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from benchmarks.children import Answer, BrokenRunError, Child, once
from sync.testing.postgres import Postgres, started

SERVERS: Final = 2
"""Processes of the server on the one database: each can use one core."""

RATE: Final = 101.0
"""Synchronisations asked for in a second."""

SMALL: Final = 10_000
"""Members of the small database, if the large one has more."""

_ALONE: Final = 200


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
    """Fill two databases and let devices synchronise."""
    with started(durable=True) as postgres:
        few = min(SMALL, members)
        say(f"one device in {few:,} members")
        small = _measure(postgres, folder / "small", few, 1, lambda one: one.ask("alone", count=_ALONE))
        say(f"filling {members:,} members")

        def both(all_: Child) -> Answer:
            alone = all_.ask("alone", count=_ALONE)
            say(f"{devices} devices for {seconds:.0f} s")
            many = all_.ask("run", rate=RATE, seconds=seconds)
            return {**many, "alone_s": alone["took_s"]}

        large = _measure(postgres, folder / "large", members, devices, both)
    took = large["took_s"]
    return LoadRun(
        devices=devices,
        seconds=large["seconds"],
        rate=len(took) / large["seconds"],
        p50_s=median(took),
        p99_s=quantiles(took, n=100)[-1],
        errors=len(large["wrong"]),
        alone_s=median(large["alone_s"]),
        alone_small_s=median(small["took_s"]),
    )


def _measure(postgres: Postgres, folder: Path, members: int, count: int, ask: Callable[[Child], Answer]) -> Answer:
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
        return ask(devices)
