"""S234: each statement of an exchange fails in turn, on the device and on the server; then all is well again."""

import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from fault_story import Direct, Laptop, check_end, open_server, prepare
from sqlalchemy import Engine, exc

from sync.server.server import SyncServer

ERRORS = (
    "database is locked",
    "disk I/O error",
    "database or disk is full",
    "database disk image is malformed",
)
ROWS = 25


@contextmanager
def failing(engine: Engine, at: int) -> Iterator[list[str]]:
    """Let the statement number `at` fail, or the commit; give which one it was."""
    seen = 0
    failed: list[str] = []
    dialect = engine.dialect
    its_own = {name: getattr(dialect, name) for name in ("do_commit", "do_execute", "do_executemany")}

    def look(statement: str) -> None:
        nonlocal seen
        seen += 1
        if seen == at:
            failed.append(statement)
            raise sqlite3.OperationalError(ERRORS[at % len(ERRORS)])

    def watched(name: str) -> Callable[..., None]:
        def executing(*args: object) -> None:
            look("COMMIT" if name == "do_commit" else str(args[1]))
            its_own[name](*args)

        return executing

    for name in its_own:
        setattr(dialect, name, watched(name))
    try:
        yield failed
    finally:
        for name, method in its_own.items():
            setattr(dialect, name, method)


@dataclass
class Story:
    """The story's two sides, which can be put back to where something will happen."""

    template: Path
    laptop: Laptop
    server: SyncServer

    def again(self) -> None:
        for name in ("device.db", "server.db"):
            with (
                closing(sqlite3.connect(self.template / name)) as one,
                closing(sqlite3.connect(self.laptop.path.parent / name)) as other,
            ):
                one.backup(other)

    def to_the_end(self) -> None:
        self.laptop.type_after()
        report = self.laptop.sync(Direct(self.server))
        assert (report.status, report.left) == ("done", 0), report
        check_end(self.laptop, self.server)


@pytest.fixture
def story(memory: Path) -> Iterator[Story]:
    template, run = memory / "template", memory / "run"
    template.mkdir()
    prepare(template, f"sqlite:///{template / 'server.db'}").close()
    shutil.copytree(template, run)
    story = Story(template, Laptop(run / "device.db"), open_server(f"sqlite:///{run / 'server.db'}"))
    yield story
    story.laptop.close()
    story.server.database.close()


def test_s230_s234_a_device_loses_nothing_whichever_statement_fails(story: Story) -> None:
    for at in count(1):
        story.again()
        with failing(story.laptop.engine, at) as failed:
            try:
                report = story.laptop.sync(Direct(story.server), rows=ROWS)
            except exc.OperationalError:
                assert failed
            else:
                assert not failed, "an error of the store is not swallowed"
                assert report.status == "done"
        story.to_the_end()
        if not failed:
            assert at > 60
            break


def test_s232_s234_an_edit_is_stored_whole_or_not_at_all_whichever_statement_fails(story: Story) -> None:
    """Who is told that it failed still has the form, and nothing half is stored."""
    laptop = story.laptop
    for at in count(1):
        story.again()
        tables = ("note", "sync_outbox", "sync_history")
        before = [laptop.rows(f"SELECT * FROM {table}") for table in tables]
        with failing(laptop.engine, at) as failed:
            try:
                laptop.type_after()
            except exc.OperationalError:
                assert failed
        after = [laptop.rows(f"SELECT * FROM {table}") for table in tables]
        changed = [one != other for one, other in zip(before, after, strict=True)]
        assert all(changed) or not any(changed)
        if not failed:
            assert at > 15
            break


def test_s234_a_server_loses_nothing_whichever_statement_fails(story: Story) -> None:
    for at in count(1):
        story.again()
        with failing(story.server.database.engine, at) as failed, suppress(exc.OperationalError):
            story.laptop.sync(Direct(story.server), rows=ROWS)  # no HTTP between them that makes a status of it
        story.to_the_end()
        if not failed:
            assert at > 60
            break


LOCKER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
"""


@contextmanager
def locked_by_another(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process write in a file until it is told to let go, or the block ends."""
    pipe = subprocess.PIPE
    other = subprocess.Popen([sys.executable, "-c", LOCKER, str(path)], stdin=pipe, stdout=pipe, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "locked\n"
    try:
        yield other
    finally:
        if other.stdin is not None and not other.stdin.closed:
            other.stdin.close()
        other.stdout.close()
        other.wait(10)


def test_s233_an_exchange_waits_for_another_process_and_goes_on(story: Story) -> None:
    with locked_by_another(story.laptop.path) as other:
        assert other.stdin is not None
        letting_go = threading.Timer(0.3, other.stdin.close)
        letting_go.start()
        began = time.monotonic()
        assert story.laptop.sync(Direct(story.server)).status == "done"
        assert time.monotonic() - began > 0.2
        letting_go.join()
    story.to_the_end()


def test_s233_a_lock_that_stays_ends_the_exchange_and_nothing_is_lost(story: Story) -> None:
    with story.laptop.engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA busy_timeout=50")
    with locked_by_another(story.laptop.path), pytest.raises(exc.OperationalError, match="locked"):
        story.laptop.sync(Direct(story.server))
    story.to_the_end()
