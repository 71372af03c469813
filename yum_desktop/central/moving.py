"""Moving a unit under another one, and seeing beforehand which devices that touches."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from sync.core.squash import Op
from sync.protocol.errors import BrokenRuleError
from sync.server import scope as scopes
from sync.server.apply import apply_effects
from sync.server.records import Stamp, Tx
from sync.server.rules import Effect
from sync.server.scope import Scope
from yum_desktop.central.opened import Central
from yum_desktop.central.rules import check_level
from yum_desktop.domain.errors import InputError
from yum_desktop.registry.kinds import UNIT_KIND
from yum_desktop.registry.refusals import text_of

_OPERATOR: Final = Stamp(account="operator")


@dataclass(frozen=True, slots=True)
class Touched:
    """A device whose units change.

    Attributes:
        account: Whose it is.
        device: Its name.
        seen_at: When it was last here.
        waiting: How many changes it kept then; nothing where it has never said.
        loses: Units that leave it; work on them that it has not sent is handed over.
        gains: Units that come to it, or come again.
    """

    account: str
    device: str
    seen_at: datetime | None
    waiting: int | None
    loses: int
    gains: int


class _OnlyLookedError(Exception):
    """Takes back what was only tried."""


def move(central: Central, unit: bytes, parent: bytes, *, preview: bool) -> list[Touched]:
    """Move a unit with all below it; return the devices that this touches, those with most waiting first.

    Args:
        central: The server.
        unit: What moves.
        parent: Under which it stands afterwards.
        preview: Only say it; nothing is stored.

    Raises:
        InputError: `unit.unknown`, `unit.cycle`, `unit.level`, `unit.too_deep`, `unit.there` (it stands there already).
    """
    accounts = {account.name: account.unit_id for account in central.accounts.all()}
    before: dict[bytes, Scope] = {}
    after: dict[bytes, Scope] = {}
    with suppress(_OnlyLookedError), central.server.transaction() as tx:
        before.update(_scopes(tx.conn, accounts))
        _check(tx, unit, parent)
        try:
            apply_effects(tx, [Effect(UNIT_KIND, unit, Op.EDIT, {"parent_id": parent})], _OPERATOR)
        except BrokenRuleError as error:
            raise InputError(error.code, text_of(error.code), field="under") from error
        after.update(_scopes(tx.conn, accounts))
        if preview:
            raise _OnlyLookedError
    return _touched(central, accounts, before, after)


def _check(tx: Tx, unit: bytes, parent: bytes) -> None:
    record = tx.get(UNIT_KIND, unit)
    if record is None or tx.get(UNIT_KIND, parent) is None:
        raise InputError("unit.unknown", "Không có đơn vị này.", field="unit")
    if record.values["parent_id"] == parent:
        raise InputError("unit.there", "Đơn vị đã trực thuộc đơn vị đó.", field="under")
    if tx.within(parent, (unit,)):
        raise InputError("unit.cycle", text_of("unit.cycle"), field="under")
    refusal = check_level(tx, record.values, {**record.values, "parent_id": parent})
    if refusal is not None:
        raise InputError(refusal.code, refusal.text, field="under")


def _scopes(conn: Connection, accounts: dict[str, bytes]) -> dict[bytes, Scope]:
    return {unit: scopes.scope_of(conn, (unit,)) for unit in set(accounts.values())}


def _touched(
    central: Central, accounts: dict[str, bytes], before: dict[bytes, Scope], after: dict[bytes, Scope]
) -> list[Touched]:
    waiting = central.server.waiting()
    result = []
    for device in central.devices.all():
        unit = accounts.get(device.account)
        if unit is None or device.revoked_at is not None or before[unit].hash() == after[unit].hash():
            continue
        had, has = before[unit], after[unit]
        result.append(
            Touched(
                device.account,
                device.name,
                device.seen_at,
                waiting.get((device.account, device.name)),
                loses=sum(each not in has.units for each in had.units),
                gains=sum(each not in had.units or had.place(each) != has.place(each) for each in has.units),
            )
        )
    return sorted(result, key=lambda row: (-(row.waiting or 0), row.account, row.device))
