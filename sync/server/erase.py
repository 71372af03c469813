"""Erasure of one record, as a law may ask: nothing of its content stays, here and on the devices.

What stays is that a record of this id was removed, and when; a restored copy of the record could otherwise come back
unnoticed. Backups made before are the operator's to destroy.
"""

from typing import Final

from sqlalchemy import Connection

from sync.protocol.kinds import CONFLICT, HANDOVER
from sync.server.compact import EMPTIED
from sync.server.database import run
from sync.server.records import SERVER, Stamp
from sync.server.server import SyncServer

_ABOUT: Final = (CONFLICT.name, HANDOVER.name)


def erase(server: SyncServer, kind: str, record_id: bytes, *, account: str) -> bool:
    """Remove a record with its history, its conflicts and hand-overs; return whether there was anything of it.

    Devices that have it remove it with what they remember of it, also what waits there to be sent.

    Args:
        server: Where it is.
        kind: Name of the kind.
        record_id: 16 bytes.
        account: Who erases, for the line that stays.
    """
    with server.transaction() as tx:
        _overwrite(tx.conn)
        stamp = Stamp(account=account, channel=SERVER)
        targets = [(kind, record_id)]
        targets += [(about, found) for about in _ABOUT for found, _ in tx.find(about, "target_id", record_id)]
        for its_kind, its_id in targets:
            record = tx.get(its_kind, its_id)
            if record is not None:
                tx.remove(its_kind, its_id, record, stamp)
    with server.database.write() as conn:
        _overwrite(conn)
        found = False
        for its_kind, its_id in targets:
            changes = "SELECT change_id FROM sync_log WHERE record_id = ? AND kind = ? AND change_id IS NOT NULL"
            run(conn, f"DELETE FROM sync_receipt WHERE change_id IN ({changes})", (its_id, its_kind))
            sql = f"UPDATE sync_log SET fields = '{EMPTIED}', reason = '' WHERE record_id = ? AND kind = ?"
            found = run(conn, sql, (its_id, its_kind)).rowcount > 0 or found
        return found


def _overwrite(conn: Connection) -> None:
    """Let what is removed be written over in the file. PostgreSQL does so when it cleans its tables."""
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql("PRAGMA secure_delete=ON")
