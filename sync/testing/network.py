"""A network that loses, cuts, repeats and delays, driven by a seeded source of chance."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sync.protocol.errors import UnreachableError

Handler = Callable[[bytes], list[bytes]]
"""The server's answer to one request, as a list of packets."""


class KilledError(BaseException):
    """A process ends here, whatever it is doing."""


@dataclass(slots=True)
class Faults:
    """How often things go wrong, each as a share of exchanges; nothing does where nothing is said.

    Attributes:
        lost_request: The request does not arrive.
        lost_answer: Nothing of the answer arrives.
        cut: The answer breaks off at some byte.
        twice: The request arrives twice.
        late: It arrives once more, some time later.
        killed: The device's process ends while the answer arrives.
        dies: It ends just before or just after one of its commits.
        server_dies: The server's process ends just before or just after its commit.
        full: The device's disk is full.
        server_full: The server's disk is full.
    """

    lost_request: float = 0.0
    lost_answer: float = 0.0
    cut: float = 0.0
    twice: float = 0.0
    late: float = 0.0
    killed: float = 0.0
    dies: float = 0.0
    server_dies: float = 0.0
    full: float = 0.0
    server_full: float = 0.0


@dataclass(slots=True)
class BadTransport:
    """Carries requests to a server function, and does to them what networks do.

    Attributes:
        injected: How often each fault was made, by name.
    """

    handler: Handler
    rng: random.Random
    faults: Faults
    late: list[bytes] = field(default_factory=list)
    injected: Counter[str] = field(default_factory=Counter)

    def exchange(self, request: bytes) -> Iterator[bytes]:
        """Send `request`; see `Transport`."""
        if self._happens("lost_request"):
            raise UnreachableError("server.unreachable", "lost on the way")
        if self._happens("late"):
            self.late.append(request)
        packets = self.handler(request)
        if self._happens("twice"):
            packets = self.handler(request)
        if self._happens("lost_answer"):
            raise UnreachableError("server.unreachable", "answer lost")
        answer = b"".join(packets)
        if self._happens("killed"):
            yield answer[: self.rng.randrange(len(answer))]
            raise KilledError
        if self._happens("cut"):
            yield answer[: self.rng.randrange(len(answer))]
            raise UnreachableError("server.unreachable", "cut")
        while answer:
            size = self.rng.randint(1, 4_000)
            yield answer[:size]
            answer = answer[size:]

    def deliver_late(self) -> bool:
        """Deliver a delayed repeat, if there is one; nobody waits for its answer any more."""
        if not self.late:
            return False
        self.handler(self.late.pop(self.rng.randrange(len(self.late))))
        return True

    def _happens(self, fault: str) -> bool:
        happens: bool = self.rng.random() < getattr(self.faults, fault)
        self.injected[fault] += happens
        return happens
