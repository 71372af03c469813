"""What a change must hold before anybody asks what it means, and how it is refused."""

import json
from typing import Final

from sync.core import values as packed
from sync.protocol.kinds import Kind, Values, is_storable
from sync.protocol.messages import REV_MAX, Change
from sync.server.records import CHANNELS
from sync.server.rules import Refusal

TIME_MS_MIN: Final = -62_135_596_800_000
"""The beginning of year 1, UTC."""

TIME_MS_MAX: Final = 253_402_300_799_999
"""The end of year 9999, UTC. No calendar of a device shows more."""


class RefusedError(Exception):
    """Ends the handling of one change."""

    def __init__(self, refusal: Refusal, rev: int = 0) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.rev = rev


def refuse(code: str, field: str = "", *, rev: int = 0) -> RefusedError:
    """Return the error that refuses a change with one of the engine's own codes."""
    return RefusedError(Refusal(code, field), rev)


def check_storable(change: Change) -> None:
    """Refuse what one of the databases or another device could not keep, whatever it means."""
    for name, value in change.patch.items():
        if not (is_storable(name) and is_storable(value)):
            raise refuse("field.type", name)
    if not all(map(is_storable, (change.account, change.channel, change.reason))):
        raise refuse("change.text")
    if change.channel in CHANNELS:
        raise refuse("change.channel")
    if not TIME_MS_MIN <= change.at <= TIME_MS_MAX:
        raise refuse("change.time")
    if not all(0 <= rev <= REV_MAX for rev in (change.base_rev, *change.base_revs.values())):
        raise refuse("change.revision")


def split(kind: Kind, patch: Values) -> tuple[Values, Values]:
    """Return the fields of a change that the kind has, and those it does not know."""
    known = {name: value for name, value in patch.items() if name in kind.by_name}
    return known, {name: value for name, value in patch.items() if name not in known}


def joined_extra(extra: str | None, unknown: Values) -> str | None:
    """Return the unknown fields of a record as JSON text, with new ones."""
    if not unknown:
        return extra
    fields: dict[str, object] = json.loads(extra) if extra else {}
    for name, value in unknown.items():
        fields[name] = packed.plain(value)
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
