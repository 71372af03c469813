"""Runs over a bad line: a commune's device receives everything, edits a few members, synchronises again."""

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

from benchmarks.children import Answer, BrokenRunError, Child
from benchmarks.slow_link import Quality, SlowLink
from benchmarks.sync_runs import Measured, Prepared

EDITS: Final = 20


@dataclass(frozen=True, slots=True)
class LinkRun:
    """One run.

    Attributes:
        first: The first synchronisation.
        delta: The one after some edits on the device, with the opening of the file.
        stalls: How often the line fell silent.
        resets: How often it was cut.
    """

    first: Measured
    delta: Measured
    stalls: int
    resets: int


def least_s(column_bytes: int) -> float:
    """Return what a first synchronisation must take on such a line: the values in columns, and three round trips."""
    quality = Quality()
    return column_bytes / quality.bytes_per_s + 3 * quality.round_trip_s


def run(prepared: Prepared, number: int) -> LinkRun:
    """Make one run. The device enrols on the same line."""
    folder = prepared.folder / f"link{number}"
    folder.mkdir()
    central = folder / "central.db"
    shutil.copyfile(prepared.folder / "central.db", central)
    server = Child("server_process", folder / "server.log", central)
    device = Child("client_process", folder / "client.log", folder / "device.db")
    with server, SlowLink(server.hear()["port"]) as link, device:

        def measured(ask: Callable[[], Answer]) -> Measured:
            link.take()
            said = ask()
            if said["status"] != "done":
                raise BrokenRunError(f"on a bad line: {said['status']} ({said['error']})")
            return Measured(said["s"], link.take(), said)

        link.quality = Quality()
        device.ask("enrol", url=link.url)
        first = measured(lambda: device.ask("first"))
        device.ask("edit", edits=[(edit.record_id, edit.values) for edit in prepared.day.client[:EDITS]])
        delta = measured(lambda: device.ask("delta"))
    shutil.rmtree(folder)
    return LinkRun(first, delta, link.stalls, link.resets)


def as_json(run_: LinkRun) -> Answer:
    """Return a run as plain data."""
    return asdict(run_)
