"""What the local file remembers about itself: account, device, server, tokens. All of it is inside the encryption."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from yum_desktop.registry.tables import SettingRecord

ACCOUNT: Final = "account"
ROLE: Final = "role"
UNIT_ID: Final = "unit_id"
DEVICE_ID: Final = "device_id"
DEVICE_NAME: Final = "device_name"
SERVER: Final = "server"
ACCESS: Final = "access_token"
REFRESH: Final = "refresh_token"
BUNDLE_KEY: Final = "bundle_key"
ERROR_CODE: Final = "sync_error_code"
ERROR_TEXT: Final = "sync_error_text"
WAIT_UNTIL: Final = "sync_wait_until_ms"
"""Until when the server asked to be left alone, ms UTC of this device's clock."""
FAR: Final = "line_is_far"
"""Whether the last answer took long to begin: such lines are narrow, and often cut."""

WIPED_AT: Final = "wiped_server"
"""Address of the server that ordered this file to be emptied, until it knows that it was."""

NUMBERS: Final = "numbers"
"""The set of numbers that are known in the province, as text; see `registry.numbers`."""
NUMBERS_ETAG: Final = "numbers_etag"
NUMBERS_AT: Final = "numbers_at_ms"
NUMBERS_TRIED: Final = "numbers_tried_ms"

VIEWER: Final = "viewer"
"""The role of accounts that only look."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose file this is. Everything is empty before it was enrolled."""

    account: str = ""
    role: str = ""
    unit_id: UUID | None = None
    device_id: UUID | None = None
    device_name: str = ""
    server: str = ""

    @property
    def only_looks(self) -> bool:
        """Whether the account may change nothing."""
        return self.role == VIEWER


def read_all(conn: Connection) -> dict[str, str]:
    """Return everything that is remembered, apart from what is large."""
    query = select(SettingRecord.key, SettingRecord.value).where(SettingRecord.key != NUMBERS)
    return {row.key: row.value for row in conn.execute(query)}


def get(conn: Connection, key: str) -> str | None:
    """Return one value."""
    return conn.execute(select(SettingRecord.value).where(SettingRecord.key == key)).scalar()


def put(conn: Connection, values: Mapping[str, str | None]) -> None:
    """Remember values; ``None`` forgets."""
    gone = [key for key, value in values.items() if value is None]
    if gone:
        conn.execute(delete(SettingRecord).where(SettingRecord.key.in_(gone)))
    kept = [{"key": key, "value": value} for key, value in values.items() if value is not None]
    if kept:
        statement = insert(SettingRecord)
        conn.execute(
            statement.on_conflict_do_update(index_elements=["key"], set_={"value": statement.excluded.value}), kept
        )


def identity(conn: Connection) -> Identity:
    """Return whose file this is."""
    values = read_all(conn)
    unit, device = values.get(UNIT_ID), values.get(DEVICE_ID)
    return Identity(
        account=values.get(ACCOUNT, ""),
        role=values.get(ROLE, ""),
        unit_id=None if unit is None else UUID(unit),
        device_id=None if device is None else UUID(device),
        device_name=values.get(DEVICE_NAME, ""),
        server=values.get(SERVER, ""),
    )
