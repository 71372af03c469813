"""State machines as tables: buttons, permissions, documentation and tests come from one place."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from yum_desktop.domain.errors import ConflictError, DefectError

S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)
C = TypeVar("C")


class NotAllowedError(ConflictError):
    """A step that the table does not have from this state, or not for this person."""

    def __init__(self, state: str, action: str) -> None:
        super().__init__("case.not_allowed", "Hồ sơ không còn ở bước này, hoặc tài khoản không được làm việc này.")
        self.state = state
        self.action = action


@dataclass(frozen=True, slots=True)
class Edge(Generic[S, A, C]):
    """One row of a table.

    Attributes:
        source: State before.
        action: What somebody does.
        target: State afterwards.
        allowed: Whether it may be done in a situation.
    """

    source: S
    action: A
    target: S
    allowed: Callable[[C], bool]


class Machine(Generic[S, A, C]):
    """A table of states and actions.

    Args:
        initial: Where every case begins.
        final: Where it ends.
        edges: The rows, in the order in which the actions are offered.

    Raises:
        DefectError: `machine.ambiguous` (two rows for one state and action), `machine.unreachable` (a state nobody
            reaches), `machine.no_end` (a final state with a way out, or another state without one).
    """

    def __init__(self, *, initial: S, final: frozenset[S], edges: Iterable[Edge[S, A, C]]) -> None:
        self.initial = initial
        self.final = final
        self.edges = tuple(edges)
        self._by_case = {(edge.source, edge.action): edge for edge in self.edges}
        self._check()

    @property
    def states(self) -> frozenset[S]:
        """All states."""
        return frozenset({self.initial, *self.final, *(e.source for e in self.edges), *(e.target for e in self.edges)})

    def step(self, state: S, action: A, situation: C) -> S:
        """Return the state after `action`.

        Raises:
            NotAllowedError: The table has no such row, or not in this situation.
        """
        edge = self._by_case.get((state, action))
        if edge is None or not edge.allowed(situation):
            raise NotAllowedError(state, action)
        return edge.target

    def target(self, state: S, action: A) -> S | None:
        """Return where `action` leads from `state`, whoever does it; nothing if nowhere."""
        edge = self._by_case.get((state, action))
        return None if edge is None else edge.target

    def actions(self, state: S, situation: C) -> tuple[A, ...]:
        """Return what can be done now, in the order of the table."""
        return tuple(edge.action for edge in self.edges if edge.source == state and edge.allowed(situation))

    def _check(self) -> None:
        twice = [case for case, count in Counter((e.source, e.action) for e in self.edges).items() if count > 1]
        if twice:
            raise DefectError("machine.ambiguous", f"Bảng trạng thái có hai dòng cho {twice[0]}.")
        lost = self.states - self._reached()
        if lost:
            raise DefectError("machine.unreachable", f"Không có đường tới trạng thái {min(lost)}.")
        sources = {edge.source for edge in self.edges}
        wrong = (sources & self.final) | (self.states - self.final - sources)
        if wrong:
            raise DefectError("machine.no_end", f"Trạng thái {min(wrong)} kết thúc sai.")

    def _reached(self) -> frozenset[S]:
        reached, waiting = {self.initial}, [self.initial]
        while waiting:
            state = waiting.pop()
            fresh = {edge.target for edge in self.edges if edge.source == state} - reached
            reached |= fresh
            waiting.extend(fresh)
        return frozenset(reached)
