"""Runs of the synchronisation: a device receives everything, a day passes on both sides, it synchronises again."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.children import Answer, BrokenRunError, Child, once
from benchmarks.outcome import Central, Outcome, compare, touched
from benchmarks.people import Edits, edits, records
from benchmarks.proxy import CountingProxy, Traffic


@dataclass(frozen=True, slots=True)
class Measured:
    """One synchronisation: what the device says about it, and what passed on the wire."""

    seconds: float
    traffic: Traffic
    said: Answer


@dataclass(frozen=True, slots=True)
class SyncRun:
    """One run at one size, with the pipe floor taken right beside it.

    Attributes:
        first: The first synchronisation.
        delta: The one after a day of edits, with the opening of the file.
        idle: The second of two with nothing to do.
        pipe: What the pipe floor took: `s`, `bytes`, `file_bytes`.
        outcome: What became of the edits.
    """

    first: Measured
    delta: Measured
    idle: Measured
    pipe: Answer
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Prepared:
    """The files of one size, made once, and what its column floor is.

    Attributes:
        folder: Where the files are.
        count: Number of records.
        floor: `column_bytes`, `column_s`, `json_bytes`.
        day: The edits of one day.
    """

    folder: Path
    count: int
    floor: Answer
    day: Edits


def prepare(folder: Path, count: int) -> Prepared:
    """Make the files of one size."""
    folder.mkdir()
    floor = once("central_files", folder / "central_files.log", folder, str(count))
    return Prepared(folder, count, floor, edits(records(count)))


def run(prepared: Prepared, number: int) -> SyncRun:
    """Make one run. The floor comes first and last in turns, so that a busy machine touches both alike."""
    folder = prepared.folder / f"run{number}"
    folder.mkdir()
    floor_first = number % 2 == 0
    pipe = _pipe(prepared, folder) if floor_first else {}
    try:
        first, delta, idle, outcome = _device(prepared, folder)
        return SyncRun(first, delta, idle, pipe or _pipe(prepared, folder), outcome)
    finally:
        shutil.rmtree(folder)


def _pipe(prepared: Prepared, folder: Path) -> Answer:
    answer = once("pipe_floor", folder / "pipe.log", prepared.folder / "plain.db", folder / "pipe.db")
    if answer["rows"] != prepared.count:
        raise BrokenRunError(f"the floor moved {answer['rows']} of {prepared.count} records")
    return answer


def _device(prepared: Prepared, folder: Path) -> tuple[Measured, Measured, Measured, Outcome]:
    central, day = folder / "central.db", prepared.day
    shutil.copyfile(prepared.folder / "central.db", central)
    server = Child("server_process", folder / "server.log", central)
    device = Child("client_process", folder / "client.log", folder / "device.db")
    with server, CountingProxy(server.hear()["port"]) as proxy, device:

        def measured(what: str) -> Measured:
            proxy.take()
            said = device.ask(what)
            if said["status"] != "done":
                raise BrokenRunError(f"{what}: {said['status']} ({said['error']})")
            return Measured(said["s"], proxy.take(), said)

        device.ask("enrol", url=proxy.url)
        first = measured("first")
        work = [(edit.record_id, edit.values) for edit in day.client]
        work += [(dispute.record_id, dispute.client) for dispute in day.disputes]
        device.ask("edit", edits=work)
        Central(central).edit(day)
        delta = measured("delta")
        measured("idle")
        idle = measured("idle")
        ids = touched(day)
        outcome = compare(day, device.ask("outcome", ids=ids), Central(central).outcome(ids))
    outcome.check(day)
    return first, delta, idle, outcome


def as_json(run_: SyncRun) -> dict[str, Any]:
    """Return a run as plain data."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(run_)))
    return plain
