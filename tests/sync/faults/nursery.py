"""Makes real processes of the device and of the server, cheaply, and lets them die by SIGKILL at the n-th place.

A program: it imports everything once and forks a process for each line on its standard input, a JSON object; the
answer to each is a line of JSON. Nothing of the engine knows about it: it stands around the driver's commits, the
statements, and the pieces of what travels.

    {"do": "sync", "store", "url", …}   a device exchanges and ends, or dies
    {"do": "serve", "db", …}            a server starts to listen
    {"do": "stop", "pid"}               a server is ended; what became of it

Both take `die_at`, `fine` and `size_max`: no file of this process may grow beyond so many bytes.
"""

import asyncio
import gc
import json
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fault_story import DEVICE, Laptop, open_server
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sync.client.transport import HttpTransport
from sync.server.asgi import sync_route
from sync.server.records import Actor

SILENCE_S = 20.0


class Deaths:
    """Counts the places where this process could die, and dies at one of them.

    Args:
        at: The number of that place, from 1; 0: never.
        tell: Told its name before.
        fine: Whether each statement is a place, and not only what others can see.
    """

    def __init__(self, at: int, tell: Callable[[dict[str, object]], None], *, fine: bool) -> None:
        self._at = at
        self._tell = tell
        self._fine = fine
        self._count = 0

    def __call__(self, place: str) -> None:
        self._count += 1
        if self._count == self._at:
            self._tell({"died": place})
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, engine: Engine) -> None:
        """Look at commits, and at statements."""
        dialect = engine.dialect
        commit = dialect.do_commit
        wrote = False

        def committing(connection: Any) -> None:
            nonlocal wrote
            if wrote:
                self("before a commit")
            commit(connection)
            if wrote:
                self("after a commit")
            wrote = False

        def watched(execute: Callable[..., None]) -> Callable[..., None]:
            def executing(cursor: object, statement: str, *more: object) -> None:
                nonlocal wrote
                execute(cursor, statement, *more)
                wrote = wrote or statement.startswith(("INSERT", "UPDATE", "DELETE"))
                if self._fine:
                    self("after a statement")

            return executing

        dialect.do_commit = committing  # type: ignore[method-assign, assignment]  # the driver's side of this process
        for name in ("do_execute", "do_executemany"):
            setattr(dialect, name, watched(getattr(dialect, name)))


def caller(url: str) -> httpx.Client:
    """Return a client that loads no certificates, which takes longer than an exchange."""
    return httpx.Client(base_url=url, timeout=SILENCE_S, trust_env=False, verify=False)


class _Token:
    def access(self) -> str:
        return "an"

    def renew(self) -> str:
        return "an"


class _Watched:
    """The way to the server, with a place after each piece that arrives."""

    def __init__(self, http: HttpTransport, deaths: Deaths) -> None:
        self._http = http
        self._deaths = deaths

    def exchange(self, request: bytes) -> Iterator[bytes]:
        self._deaths("before a request")
        for chunk in self._http.exchange(request):  # the server sends each packet in two pieces
            self._deaths("between pieces of an answer")
            yield chunk
        self._deaths("at the end of an answer")


def sync(asked: dict[str, Any], tell: Callable[[dict[str, object]], None]) -> None:
    deaths = Deaths(asked["die_at"], tell, fine=asked["fine"])
    laptop = Laptop(Path(asked["store"]))
    deaths.watch(laptop.engine)
    with caller(asked["url"]) as client:
        try:
            report = laptop.sync(_Watched(HttpTransport(client, _Token()), deaths))
        except OperationalError as error:
            tell({"store": str(error.orig)})
        else:
            tell(asdict(report))


def serve(asked: dict[str, Any], tell: Callable[[dict[str, object]], None]) -> None:
    deaths = Deaths(asked["die_at"], tell, fine=asked["fine"])
    server = open_server(asked["db"])
    deaths.watch(server.database.engine)

    def authenticate(token: str) -> Actor:
        assert token == DEVICE.account
        return DEVICE

    app = _dying(Starlette(routes=[sync_route(server, authenticate, whole_size_bytes_max=0)]), deaths)
    listener = socket.create_server(("127.0.0.1", 0))
    tell({"pid": os.getpid(), "url": f"http://127.0.0.1:{listener.getsockname()[1]}"})
    config = uvicorn.Config(app, lifespan="off", ws="none", log_level="critical")
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


def _dying(app: ASGIApp, deaths: Deaths) -> ASGIApp:
    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                deaths("before an answer")
            body = message.get("body", b"")
            if body:
                deaths("before a piece of an answer")
                half = len(body) // 2
                await send({**message, "body": body[:half], "more_body": True})
                await asyncio.sleep(0)
                deaths("within a piece of an answer")
                message = {**message, "body": body[half:]}
            await send(message)
            if body:
                deaths("after a piece of an answer")

        await app(scope, receive, sending)

    return watched


def warm() -> None:
    """Import what is only imported when it is first used."""
    uvicorn.Config(Starlette(), lifespan="off", ws="none").load()
    asyncio.run(run_in_threadpool(int))
    for url in ("sqlite://", "postgresql+psycopg:///?host=/nowhere"):
        engine = create_engine(url)
        with suppress(SQLAlchemyError), engine.connect():
            pass
        engine.dispose()
    with suppress(httpx.TransportError), caller("http://127.0.0.1:9") as client:
        client.post("/")


def born(work: Callable[[dict[str, Any], Callable[[dict[str, object]], None]], None], asked: dict[str, Any]) -> Any:
    """Let a new process work; return its number and where it tells."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    os.close(reading)
    os.close(0)
    if asked["size_max"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["size_max"], asked["size_max"]))
    try:
        work(asked, lambda told: (os.write(writing, json.dumps(told).encode() + b"\n"), None)[1])
    except BaseException as error:  # noqa: BLE001  # told to who asked
        os.write(writing, json.dumps({"broke": repr(error)}).encode() + b"\n")
    os._exit(0)


def told_by(reading: int) -> dict[str, Any]:
    """Return the last thing a process told until it ended."""
    with os.fdopen(reading) as file:
        lines = file.readlines()
    return json.loads(lines[-1]) if lines else {"broke": "said nothing"}


def main() -> None:
    """Serve whoever writes on standard input."""
    warm()
    gc.freeze()
    servers: dict[int, int] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["do"] == "sync":
            pid, reading = born(sync, asked)
            answer = told_by(reading)
            os.waitpid(pid, 0)
        elif asked["do"] == "serve":
            pid, reading = born(serve, asked)
            select.select([reading], [], [], SILENCE_S)
            answer = json.loads(os.read(reading, 4_096))
            servers[pid] = reading
        else:
            reading = servers.pop(asked["pid"])
            os.kill(asked["pid"], signal.SIGTERM)
            os.kill(asked["pid"], signal.SIGKILL)
            os.waitpid(asked["pid"], 0)
            with os.fdopen(reading) as file:
                answer = {"died": [json.loads(told)["died"] for told in file]}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
