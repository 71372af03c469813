"""Many devices for minutes on PostgreSQL: real processes, HTTP, killed servers, bad lines; then everything is compared.

    python -m sync.testing.soak --devices 50 --seconds 600

Unlike the simulated worlds this is not repeatable: processes and threads run as they like.
"""

import argparse
import asyncio
import logging
import multiprocessing
import random
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import SpawnProcess
from pathlib import Path
from statistics import quantiles
from typing import Final

import httpx
import uvicorn
from starlette.applications import Starlette

from sync.core.squash import Op
from sync.protocol.errors import RejectedError, UnreachableError
from sync.protocol.kinds import UNIT, Value, Values
from sync.server.asgi import sync_route
from sync.server.database import Database, run
from sync.server.records import Actor, Stamp
from sync.server.rules import Effect
from sync.server.server import SyncServer
from sync.testing.device import Device, Sent, Typed
from sync.testing.ground import NoBadWords
from sync.testing.kinds import KINDS, NODE, NOTE, create_tables
from sync.testing.network import BadTransport, Faults, KilledError
from sync.testing.postgres import started
from sync.testing.promises import Promises, first_lost, known_values

SERVERS: Final = 2
FLEETS: Final = 2
PROVINCES, COMMUNES, LEAVES = 4, 3, 3
NOTES: Final = 20
"""In each leaf, at the beginning."""

FAULTS: Final = Faults(lost_request=0.03, lost_answer=0.05, cut=0.08, twice=0.05, late=0.05, killed=0.03)
_KILLED_EVERY_S: Final = 20.0
_MOVED_EVERY_S: Final = 3.0
_HEALING_MAX: Final = 12
_START_S_MAX: Final = 60.0
_SPAWN: Final = multiprocessing.get_context("spawn")

Roots = Mapping[str, tuple[bytes, ...]]
"""Account to the units it begins with."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one device says at the end.

    Attributes:
        sent: What travelled.
        typed: What its person typed last, by record and field.
        refused: What it shows as refused.
        problem: Why it could not synchronise at the end.
        took_s: How long each exchange took.
        faults: How often each fault was made.
        pushed: How many changes got each answer.
    """

    account: str
    digest: str
    waiting: int
    sent: list[Sent]
    typed: dict[tuple[bytes, str], Typed]
    refused: dict[tuple[bytes, str], Value]
    problem: str
    took_s: list[float]
    faults: Counter[str]
    pushed: Counter[str]


@dataclass(slots=True)
class Outcome:
    """What came of it.

    Attributes:
        broken: Which promises were broken, and how.
        syncs: Exchanges that were tried.
        took_s: How long each took.
        pushed: How many changes got each answer.
        faults: How often each fault was made.
        lines: Of the server's log.
    """

    broken: list[str] = field(default_factory=list)
    syncs: int = 0
    took_s: list[float] = field(default_factory=list)
    pushed: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    lines: int = 0


def _new_id() -> bytes:
    return time.time_ns().to_bytes(8, "big")[1:7] + random.randbytes(10)  # as a device makes them


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _server(url: str) -> SyncServer:
    return SyncServer(KINDS, Database(url), NoBadWords(), ids=_new_id, clock_ms=_now_ms)


def _serve(url: str, port: int, roots: Roots) -> None:
    """Serve until killed; runs in a process of its own."""
    logging.disable(logging.CRITICAL)

    def authenticate(token: str) -> Actor:
        account, _, device = token.partition("/")
        if account not in roots:
            raise RejectedError("auth.expired")
        return Actor(account, device, roots[account])

    app = Starlette(routes=[sync_route(_server(url), authenticate)])
    listener = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(app, lifespan="off", ws="none", log_level="critical")
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


class _Person:
    """One device with its person, on a thread of its own."""

    def __init__(self, number: int, account: str, roots: tuple[bytes, ...], port: int, folder: Path) -> None:
        name = f"{account}-{number}"
        self._rng = random.Random(number)
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False)
        self._headers = {"authorization": f"Bearer {account}/{name}"}
        self._line = BadTransport(self._post, self._rng, FAULTS)
        self._device = Device(name, roots, folder / f"{number}.db", self._rng, _new_id, _now_ms, self._line, account)
        self._took_s: list[float] = []
        self._pushed: Counter[str] = Counter()

    def _post(self, packet: bytes) -> list[bytes]:
        self._device.note_travelling()
        try:
            answer = self._client.post("/sync", content=packet, headers=self._headers)
        except httpx.TransportError as error:
            raise UnreachableError("server.unreachable", repr(error)) from error
        if answer.status_code != httpx.codes.OK:
            raise UnreachableError("server.busy", answer.text)
        return [answer.content]

    def live(self, until: float) -> None:
        """Type and synchronise until the time has come."""
        while time.monotonic() < until:
            for _ in range(self._rng.randint(1, 6)):
                self._device.act()
            if self._rng.random() < 0.1 and self._line.late:
                self._quietly(self._line.deliver_late)
            self._sync()
            self._pause(self._rng.uniform(0.0, 1.0))

    def _sync(self) -> None:
        began = time.perf_counter()
        try:
            report = self._device.sync()
        except KilledError:
            self._device.restart()
        else:
            self._pushed.update(report.pushed)
            if report.status == "done":
                self._took_s.append(time.perf_counter() - began)
        self._device.note_answered()

    def heal(self) -> None:
        """Let nothing go wrong any more: what was late arrives, and what waits goes out."""
        self._line.faults = Faults()
        while self._line.late:
            self._quietly(self._line.deliver_late)
        self.settle()

    def settle(self) -> str:
        """Synchronise until nothing waits; return why that did not come about."""
        problem = "it never ends"
        for _ in range(_HEALING_MAX):
            report = self._device.sync()
            self._pushed.update(report.pushed)
            self._device.note_answered()
            if report.status == "done" and not report.left:
                return ""
            problem = f"{report.status} {report.error_code} {report.error_detail}"
            self._pause(1.0)
        return problem

    def told(self) -> Told:
        """Return what the device says at the end."""
        problem = self.settle()
        device = self._device
        told = Told(
            device.account, device.digest(), device.waiting(), device.sent, device.typed, device.refused_values(),
            problem, self._took_s, Counter({name: n for name, n in self._line.injected.items() if n}), self._pushed,
        )  # fmt: skip
        device.restart()
        self._client.close()
        return told

    def _quietly(self, work: Callable[[], object]) -> None:
        try:
            work()
        except UnreachableError:
            self._pause(0.2)

    def _pause(self, seconds: float) -> None:
        threading.Event().wait(seconds)


def _fleet(pipe: Pipe, numbers: Sequence[int], accounts: Sequence[str], roots: Roots, ports: Sequence[int]) -> None:
    """Let some devices live; runs in a process of its own. It is told for how long, then to heal, then to tell."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        people = [
            _Person(
                n, accounts[n % len(accounts)], roots[accounts[n % len(accounts)]], ports[n % SERVERS], Path(folder)
            )
            for n in numbers
        ]
        until = time.monotonic() + pipe.recv()
        pipe.send(_at_once(people, lambda person: person.live(until)))
        for _ in range(2):
            pipe.recv()
            pipe.send(_at_once(people, _Person.heal))
        pipe.recv()
        pipe.send([person.told() for person in people])


def _at_once(people: Sequence[_Person], work: Callable[[_Person], object]) -> list[str]:
    """Let all do something, each on its thread; return what broke."""
    broken: list[str] = []

    def begin(person: _Person) -> None:
        try:
            work(person)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is told at the end
            broken.append(repr(error))

    threads = [threading.Thread(target=begin, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return broken


def soak(devices: int, seconds: float, say: Callable[[str], None]) -> Outcome:
    """Let devices live for some seconds; return what came of it."""
    outcome = Outcome()
    with started() as postgres, ExitStack() as open_:
        url = postgres.store()
        server = _server(url)
        open_.callback(server.database.close)
        roots, leaves = _fill(server)
        ports = [_free_port() for _ in range(SERVERS)]
        serving = [open_.enter_context(_serving(url, port, roots)) for port in ports]
        accounts = sorted(roots)
        fleets = []
        for place in range(FLEETS):
            mine, its = _SPAWN.Pipe()
            words = (its, range(place, devices, FLEETS), accounts, roots, ports)
            fleet = _SPAWN.Process(target=_fleet, args=words, daemon=True)
            fleet.start()
            fleets.append(mine)
        for fleet_ in fleets:
            fleet_.send(seconds)
        until = time.monotonic() + seconds
        _disturb(server, leaves, serving, until, outcome, say)
        for ask in (None, "heal", "heal"):
            if ask is not None:
                for fleet_ in fleets:
                    fleet_.send(ask)
            for fleet_ in fleets:
                outcome.broken += fleet_.recv()
        say("comparing")
        told: list[Told] = []
        for fleet_ in fleets:  # one after the other: nobody changes anything any more
            fleet_.send("tell")
            told += fleet_.recv()
        _compare(server, roots, told, outcome)
    return outcome


def _fill(server: SyncServer) -> tuple[Roots, list[bytes]]:
    """Make the tables, a tree and some notes; return the accounts, and the leaves."""
    with server.database.write() as conn:
        create_tables(conn)
    server.create_tables()
    top = _new_id()
    effects = [_unit(top, None, "top")]
    roots: dict[str, tuple[bytes, ...]] = {"top": (top,)}
    leaves = []
    for p in range(PROVINCES):
        province = _new_id()
        effects.append(_unit(province, top, f"province {p}"))
        roots[f"province{p}"] = (province,)
        for c in range(COMMUNES):
            commune = _new_id()
            effects.append(_unit(commune, province, f"commune {p}.{c}"))
            roots[f"commune{p}{c}"] = (commune,)
            for h in range(LEAVES):
                leaf = _new_id()
                leaves.append(leaf)
                effects.append(_unit(leaf, commune, f"leaf {p}.{c}.{h}"))
                effects += [
                    Effect(NOTE.name, _new_id(), Op.CREATE, {UNIT: leaf, "first": f"note {number}"})
                    for number in range(NOTES)
                ]
    server.commit(effects, Stamp(channel="seed"))
    return roots, leaves


def _unit(unit: bytes, parent: bytes | None, label: str) -> Effect:
    values: Values = {UNIT: unit, "parent": parent, "label": label}
    return Effect(NODE.name, unit, Op.CREATE, values)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class _Serving:
    """A server's process, which can be killed and begins again."""

    def __init__(self, url: str, port: int, roots: Roots) -> None:
        self._words = (url, port, roots)
        self._process: SpawnProcess | None = None

    def start(self) -> None:
        """Begin, and wait until somebody listens."""
        self._process = _SPAWN.Process(target=_serve, args=self._words, daemon=True)
        self._process.start()
        until = time.monotonic() + _START_S_MAX
        while time.monotonic() < until:
            with socket.socket() as caller:
                if caller.connect_ex(("127.0.0.1", self._words[1])) == 0:
                    return
            threading.Event().wait(0.05)
        raise UnreachableError("server.unreachable", "the server does not begin")

    def kill(self) -> None:
        """End it at whatever it is doing."""
        assert self._process is not None, "it runs"
        self._process.kill()
        self._process.join()


@contextmanager
def _serving(url: str, port: int, roots: Roots) -> Iterator[_Serving]:
    serving = _Serving(url, port, roots)
    serving.start()
    try:
        yield serving
    finally:
        serving.kill()


def _disturb(
    server: SyncServer, leaves: Sequence[bytes], serving: Sequence[_Serving], until: float, outcome: Outcome,
    say: Callable[[str], None],
) -> None:  # fmt: skip
    """Move units, and kill servers, until the time has come."""
    rng = random.Random(1)
    kill_at = time.monotonic() + _KILLED_EVERY_S
    while (left := until - time.monotonic()) > 0:
        threading.Event().wait(min(left, _MOVED_EVERY_S))
        _move(server, rng.choice(leaves), rng)
        outcome.faults["unit_moved"] += 1
        if time.monotonic() > kill_at and left > _KILLED_EVERY_S:
            one = rng.choice(serving)
            one.kill()
            one.start()
            outcome.faults["server_killed"] += 1
            kill_at = time.monotonic() + _KILLED_EVERY_S
            say(f"{left:.0f} s left")


def _move(server: SyncServer, leaf: bytes, rng: random.Random) -> None:
    """Put a leaf under a commune of any province, as an operator does."""
    with server.transaction() as tx:
        record = tx.get(NODE.name, leaf)
        if record is None:
            return
        rows = run(tx.conn, "SELECT u.unit_id FROM sync_unit u JOIN node n ON n.id = u.unit_id WHERE u.depth = 2").all()
        others = sorted(row[0] for row in rows if row[0] not in {leaf, record.values["parent"]})
        unit = tx.unit(leaf)
        target = rng.choice(others)
        if unit is None or tx.within(target, (leaf,)):
            return
        tx.update(NODE.name, leaf, record, {"parent": target}, Stamp())


def _compare(server: SyncServer, roots: Roots, told: Sequence[Told], outcome: Outcome) -> None:
    """Note every promise that is broken."""
    sent: dict[bytes, list[Sent]] = {}
    for each in told:
        outcome.took_s += each.took_s
        outcome.pushed += each.pushed
        outcome.faults += each.faults
        for change in each.sent:
            sent.setdefault(change.change_id, []).append(change)
    outcome.syncs = len(outcome.took_s)
    with server.database.read() as conn:
        known = known_values(conn)
        outcome.lines = int(run(conn, "SELECT count(*) FROM sync_log").scalar_one())
        try:
            Promises().check(conn, sent)
        except AssertionError as error:
            outcome.broken.append(str(error))
    digests = {account: server.digest(its)[0] for account, its in roots.items()}
    for number, each in enumerate(told):
        name = f"device {number} of {each.account}"
        if each.problem:
            outcome.broken.append(f"{name}: {each.problem}")
        if each.waiting:
            outcome.broken.append(f"{name}: {each.waiting} wait")
        if each.digest != digests[each.account]:
            outcome.broken.append(f"{name} differs from the server")
        lost = first_lost(each.typed, each.refused, known)
        if lost:
            outcome.broken.append(f"{name} lost {lost}")


def main(argv: Sequence[str]) -> int:
    """Soak; return 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m sync.testing.soak", description=__doc__)
    parser.add_argument("--devices", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=600.0)
    wanted = parser.parse_args(argv)
    outcome = soak(wanted.devices, wanted.seconds, _say)
    took = sorted(outcome.took_s)
    _say(f"{outcome.syncs} exchanges done, {outcome.syncs / wanted.seconds:.0f} in a second, {outcome.lines} log lines")
    _say(f"half of them within {took[len(took) // 2]:.3f} s, 99 of 100 within {quantiles(took, n=100)[-1]:.3f} s")
    _say(f"changes: {', '.join(f'{name} {count}' for name, count in sorted(outcome.pushed.items()))}")
    _say(f"{outcome.faults.total()} faults: {', '.join(f'{n} {c}' for n, c in outcome.faults.most_common())}")
    for broken in outcome.broken:
        _say(f"BROKEN: {broken}")
    _say(f"{wanted.devices} devices, {len(outcome.broken)} broken promises")
    return 1 if outcome.broken else 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
