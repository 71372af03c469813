"""A network that loses, cuts, repeats and delays, driven by a seeded source of chance."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sync.protocol.errors import UnreachableError

Handler = Callable[[bytes], list[bytes]]
"""The server's answer to one request, as a list of packets."""


class KilledError(BaseException):
    """The device's process ends here, whatever it is doing."""


@dataclass(slots=True)
class Faults:
    """How often things go wrong, each as a share of exchanges."""

    lost_request: float = 0.1
    lost_answer: float = 0.1
    cut: float = 0.15
    twice: float = 0.1
    late: float = 0.1
    killed: float = 0.05
    dies: float = 0.05


@dataclass(slots=True)
class BadTransport:
    """Carries requests to a server function, and does to them what networks do."""

    handler: Handler
    rng: random.Random
    faults: Faults
    late: list[bytes] = field(default_factory=list)

    def exchange(self, request: bytes) -> Iterator[bytes]:
        """Send `request`; see `Transport`."""
        if self._happens(self.faults.lost_request):
            raise UnreachableError("server.unreachable", "lost on the way")
        if self._happens(self.faults.late):
            self.late.append(request)
        packets = self.handler(request)
        if self._happens(self.faults.twice):
            packets = self.handler(request)
        if self._happens(self.faults.lost_answer):
            raise UnreachableError("server.unreachable", "answer lost")
        answer = b"".join(packets)
        if self._happens(self.faults.killed):
            yield answer[: self.rng.randrange(len(answer))]
            raise KilledError
        if self._happens(self.faults.cut):
            yield answer[: self.rng.randrange(len(answer))]
            raise UnreachableError("server.unreachable", "cut")
        while answer:
            size = self.rng.randint(1, 4_000)
            yield answer[:size]
            answer = answer[size:]

    def deliver_late(self) -> None:
        """Deliver a delayed repeat; nobody waits for its answer any more."""
        if self.late:
            self.handler(self.late.pop(self.rng.randrange(len(self.late))))

    def _happens(self, share: float) -> bool:
        return self.rng.random() < share
