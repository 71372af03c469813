"""What a day's edits must have come to after one synchronisation, on both sides."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from benchmarks.children import Answer, BrokenRunError
from benchmarks.kinds import COMMUNE, KINDS, unit_id
from benchmarks.people import Dispute, Edits, Record
from sync.core.digest import record_digest, shown, total
from sync.server.database import Database, sqlite_url
from sync.server.records import Stamp, Tx
from sync.server.scope import scope_of
from yum_desktop.registry.clock import SystemClock, as_ms, new_id
from yum_desktop.registry.kinds import MEMBER_KIND


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many of the edits ended as they must.

    Attributes:
        to_client: Edits of the server that the device has.
        to_server: Edits of the device that the server has.
        merged: Records edited in different fields that have both values on both sides.
        conflicts: Records edited in the same field that became a conflict with both values on both sides.
        agree: Device and server hold the same.
    """

    to_client: int
    to_server: int
    merged: int
    conflicts: int
    agree: bool

    def check(self, day: Edits) -> None:
        """Refuse an outcome that loses anything.

        Raises:
            BrokenRunError: Something was lost.
        """
        same = sum(dispute.same for dispute in day.disputes)
        wanted = Outcome(len(day.server), len(day.client), len(day.disputes) - same, same, agree=True)
        if self != wanted:
            raise BrokenRunError(f"the edits came to {asdict(self)}, not {asdict(wanted)}")


class Central:
    """The server's file, looked at and edited from outside while the server runs."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def edit(self, day: Edits) -> None:
        """Edit the records of the server's side, as somebody else's device would."""
        work = [(edit.record_id, edit.values) for edit in day.server]
        work += [(dispute.record_id, dispute.server) for dispute in day.disputes]
        database = Database(sqlite_url(self._path))
        stamp = Stamp(account="xa-khac", device="Máy khác", channel="form", device_time=as_ms(SystemClock().now()))
        with database.write() as conn:
            tx = Tx(conn, KINDS, as_ms(SystemClock().now()), lambda: new_id().bytes)
            for text, values in work:
                key = UUID(text).bytes
                record = tx.get(MEMBER_KIND, key)
                assert record is not None, "it was made for this"
                tx.update(MEMBER_KIND, key, record, dict(values), stamp)
            tx.finish()
        database.close()

    def outcome(self, ids: list[str]) -> Answer:
        """Return records, open conflicts and the digest of the device's scope, as they are on the server."""
        database = Database(sqlite_url(self._path))
        with database.write() as conn:
            tx = Tx(conn, KINDS, 0, lambda: new_id().bytes)
            found = {text: tx.get(MEMBER_KIND, UUID(text).bytes) for text in ids}
            sql = "SELECT target_id, fields FROM conflict WHERE status = 'open'"
            conflicts = {str(UUID(bytes=row[0])): row[1] for row in conn.exec_driver_sql(sql)}
            scope = scope_of(conn, [unit_id(COMMUNE)])
            digests = []
            for kind in KINDS:
                columns = ", ".join(("id", "rev", *kind.columns))
                for key, rev, *values in conn.exec_driver_sql(f"SELECT {columns} FROM {kind.table}"):
                    if values[0] in scope.units or (kind.tree and values[0] in scope.above):
                        digests.append(record_digest(kind.name, key, rev, values))
        database.close()
        records = {text: record.values for text, record in found.items() if record is not None}
        return {"records": records, "conflicts": conflicts, "digest": shown(total(digests))}


def touched(day: Edits) -> list[str]:
    """Return the ids of all records that were edited."""
    return [edit.record_id for edit in (*day.server, *day.client)] + [each.record_id for each in day.disputes]


def compare(day: Edits, client: Answer, server: Answer) -> Outcome:
    """Count what arrived, what merged and what became a conflict."""
    ours, theirs = client["records"], server["records"]
    merged = [
        dispute
        for dispute in day.disputes
        if not dispute.same
        and all(_has(side.get(dispute.record_id), {**dispute.server, **dispute.client}) for side in (ours, theirs))
    ]
    conflicts = [
        dispute
        for dispute in day.disputes
        if dispute.same
        and all(_asks(side["conflicts"].get(dispute.record_id), dispute) for side in (client, server))
        and _has(theirs.get(dispute.record_id), dispute.server)
    ]
    return Outcome(
        sum(_has(ours.get(edit.record_id), edit.values) for edit in day.server),
        sum(_has(theirs.get(edit.record_id), edit.values) for edit in day.client),
        len(merged),
        len(conflicts),
        client["digest"] == server["digest"],
    )


def _has(record: Mapping[str, object] | None, values: Record) -> bool:
    return record is not None and all(record.get(name) == value for name, value in values.items())


def _asks(fields: str | None, dispute: Dispute) -> bool:
    """Return whether a conflict keeps both values of the field."""
    found = {item["field"]: (item["mine"], item["theirs"]) for item in json.loads(fields or "[]")}
    return found == {name: (dispute.client[name], value) for name, value in dispute.server.items()}
