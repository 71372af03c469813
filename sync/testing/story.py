"""The history of a simulated world as a list of steps that follows from a seed, and can be told again without some."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from sync.testing.network import Faults

_SIZES: Final = ((2, 4, 50, 80), (4, 6, 80, 130), (7, 20, 150, 300))
"""Fewest and most devices, fewest and most steps, of small, middling and large worlds."""

_HOW_OFTEN_SIZES: Final = (75, 23, 2)

_ROOTS: Final = (
    ("commune0",), ("commune0",), ("province0",), ("commune1",), ("chapter0",), ("province1",), ("root",),
    ("chapter0", "commune2"), ("commune1", "chapter1"),
)  # fmt: skip

_NEIGHBOURS: Final = (("commune0",), ("province0",))
"""Where everybody works on the same records."""

_HOW_OFTEN: Final = {
    "sync": 24, "change": 18, "make": 5, "remove": 3, "move": 3, "choose": 6, "decide": 5, "tidy": 3,
    "rename": 1, "regroup": 2, "found": 1, "close": 1,
    "restart": 2, "late": 2, "trespass": 1, "clock": 1, "damage": 1, "copy": 0.3,
    "bundle": 3, "carry": 3, "take": 3,
    "move_unit": 3, "merge_units": 0.7, "account": 1.5, "backup": 0.5,
}  # fmt: skip
"""What happens how often, as weights: what people do, what happens to devices, what is carried by hand, and what an
operator does on the server."""

_WRONG: Final = {
    "lost_request": 0.1, "lost_answer": 0.1, "cut": 0.15, "twice": 0.1, "late": 0.1, "killed": 0.05, "dies": 0.05,
    "server_dies": 0.05, "full": 0.03, "server_full": 0.03,
}  # fmt: skip
"""How often things go wrong in an ordinary world; see `Faults`."""

_TOGETHER: Final = frozenset({"change", "choose", "decide", "carry", "take"})
"""What two people often do one right after the other, without knowing."""

_ALWAYS: Final = frozenset({"sync", "change", "make"})


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens.

    Attributes:
        what: The name of a method of `World` or of `Device`.
        who: Number of the device.
        dice: What it has instead of chance: a step stays what it is when others before it are left out.
        calm: Nothing goes wrong in it.
    """

    what: str
    who: int
    dice: int
    calm: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that happens in one world.

    Attributes:
        seed: What it follows from.
        accounts: The units with whose names each account begins.
        devices: Number of the account of each device.
        faults: How often things go wrong.
        steps: In their order.
    """

    seed: int
    accounts: tuple[tuple[str, ...], ...] = (("commune0",), ("commune0",), ("commune1",), ("province0",), ("chapter0",))
    devices: tuple[int, ...] = (0, 1, 2, 3, 4)
    faults: Faults = field(default_factory=Faults)
    steps: tuple[Step, ...] = ()


def tell(seed: int, only: Sequence[str] = ()) -> Story:
    """Return the story of a seed. Each seed likes some things more than others, so that rare ones meet.

    Args:
        seed: Everything follows from it.
        only: Names of steps beside which nothing happens but exchanges, among neighbours with bad lines.
    """
    rng = random.Random(seed)
    fewest, most, shortest, longest = rng.choices(_SIZES, _HOW_OFTEN_SIZES)[0]
    devices = rng.randint(fewest, most)
    roots = _ROOTS if rng.random() < 0.6 and not only else _NEIGHBOURS
    accounts = tuple(rng.choice(roots) for _ in range(max(2, rng.randint(devices // 2, devices))))
    worse = rng.choice((0.0, 0.5, 1.0, 1.5))
    if only:
        worse, shortest, longest = 1.5, 100, 160
    faults = Faults(**{name: worse * rng.choice((0, 1, 2)) * share for name, share in _WRONG.items()})
    liked = {what: often * (rng.choice((0, 1, 1, 4)) or what in _ALWAYS) for what, often in _HOW_OFTEN.items()}
    if only:
        liked = {"sync": _HOW_OFTEN["sync"], **{what: 20 + _HOW_OFTEN[what] for what in only}}
    steps: list[Step] = []
    for what in rng.choices(list(liked), list(liked.values()), k=rng.randint(shortest, longest)):
        times = 2 if what in _TOGETHER and rng.random() < 0.4 else 1
        steps += [Step(what, rng.randrange(devices), rng.getrandbits(32)) for _ in range(times)]
    return Story(
        seed,
        accounts,
        tuple(number if number < len(accounts) else rng.randrange(len(accounts)) for number in range(devices)),
        faults,
        tuple(steps),
    )


def shorten(story: Story, fails: Callable[[Story], bool]) -> Story:
    """Return a shorter story that still fails: steps are left out, half of them at a time, then fewer, then each.

    What is left goes as calmly as it can.

    Args:
        story: It fails.
        fails: Plays a story to its end.
    """
    steps = list(story.steps)
    size = max(1, len(steps) // 2)
    while True:
        place, shorter = 0, False
        while place < len(steps):
            kept = steps[:place] + steps[place + size :]
            if fails(replace(story, steps=tuple(kept))):
                steps, shorter = kept, True
            else:
                place += size
        if size == 1 and not shorter:
            break
        size = max(1, size // 2)
    return replace(story, steps=tuple(_calmed(story, steps, fails)))


def _calmed(story: Story, steps: Sequence[Step], fails: Callable[[Story], bool]) -> Sequence[Step]:
    for place, step in enumerate(steps):
        calm = [*steps[:place], replace(step, calm=True), *steps[place + 1 :]]
        if fails(replace(story, steps=tuple(calm))):
            steps = calm
    return steps
