"""A central database of a whole nation, made quickly: provinces, communes, chapters, members, and devices to sync.

    python -m benchmarks.nation URL MEMBERS DEVICES FACTS

The members are the invented ones of a few seeds, again and again with other numbers. `FACTS` receives for each device
its access token and some members of its commune.
"""

import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Final

from sqlalchemy import text

from benchmarks.children import tell
from sync.protocol.kinds import UNIT, Kind, Value, Values
from sync.server.database import LOG
from sync.server.records import EVERYBODY
from yum_desktop.central import seed
from yum_desktop.central.accounts import Role
from yum_desktop.central.fictitious import shipped_names
from yum_desktop.central.opened import Central, opened
from yum_desktop.central.store import SEED
from yum_desktop.exchange.gazetteer import shipped_gazetteer
from yum_desktop.registry.clock import new_id
from yum_desktop.registry.kinds import KINDS, MEMBER_KIND, UNIT_KIND

PROVINCES: Final = 34
COMMUNE_MEMBERS: Final = 2_000
CHAPTERS: Final = 12
"""Of a commune."""

PASSWORD: Final = "canh-dong-lua-chin-2031"
_EDITED: Final = 40
"""Members whose fields one device edits in turns."""


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune's place in the database."""

    unit: bytes
    shard: bytes
    chapters: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """A device that has enrolled.

    Attributes:
        token: Its access token.
        account: Whose it is.
        members: Ids of members of its commune, hexadecimal.
    """

    token: str
    account: str
    members: tuple[str, ...]


def make(central: Central, members: int, devices: int) -> list[DeviceFacts]:
    """Fill an empty database."""
    communes = _tree(central, max(1, members // COMMUNE_MEMBERS))
    shares = -(-devices // len(communes))
    kept = _members(central, communes, members, {commune.unit for commune in communes[:devices]}, shares * _EDITED)
    facts = []
    for number in range(devices):
        commune = communes[number % len(communes)]
        account = f"xa-{number:05}"
        central.accounts.add(account, unit_id=commune.unit, role=Role.EDITOR, password=PASSWORD, must_change=False)
        enrolled = central.devices.enrol(account, PASSWORD, device_name="Văn phòng")
        own = kept[commune.unit]
        turn = number // len(communes) * _EDITED % len(own)
        facts.append(DeviceFacts(enrolled.tokens.access, account, tuple(own[turn : turn + _EDITED])))
    return facts


def _tree(central: Central, count: int) -> list[Commune]:
    """Make the units. The communes stand in the provinces in turns."""
    top = new_id().bytes
    provinces = [new_id().bytes for _ in range(PROVINCES)]
    communes = [
        Commune(new_id().bytes, provinces[number % PROVINCES], tuple(new_id().bytes for _ in range(CHAPTERS)))
        for number in range(count)
    ]

    def unit(unit_id: bytes, parent: bytes | None, level: str, name: str) -> tuple[bytes, Values]:
        values: Values = {UNIT: unit_id, "parent_id": parent, "level": level, "name": name, "status": "HOAT_DONG"}
        return unit_id, values

    made = [unit(top, None, "TW", "Trung ương Đoàn")]
    made += [unit(each, top, "TINH", f"Tỉnh đoàn {number}") for number, each in enumerate(provinces)]
    for number, commune in enumerate(communes):
        made.append(unit(commune.unit, commune.shard, "XA", f"Đoàn xã {number}"))
        made += [
            unit(each, commune.unit, "CHIDOAN", f"Chi đoàn {number}-{place}")
            for place, each in enumerate(commune.chapters)
        ]
    with central.server.transaction() as tx:
        for unit_id, values in made:
            tx.insert(UNIT_KIND, unit_id, values, SEED)
    return communes


def _members(
    central: Central, communes: Sequence[Commune], count: int, wanted: set[bytes], some: int
) -> dict[bytes, list[str]]:
    """Store members and their log lines; return up to `some` ids of each commune in `wanted`."""
    kind = KINDS[MEMBER_KIND]
    now = central.server.clock_ms()
    kept: dict[bytes, list[str]] = {unit: [] for unit in wanted}
    engine = central.server.database.engine
    with engine.connect() as conn:
        positions = {bytes(row[0]): int(row[1]) for row in conn.execute(text("SELECT shard, pos FROM sync_position"))}
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        lines: list[tuple[bytes, int, bytes, str, bytes, int]] = []
        columns = ", ".join(("id", "rev", "extra", *kind.columns))
        with cursor.copy(f"COPY {kind.table} ({columns}) FROM STDIN") as copy:
            for number, values in enumerate(_people(kind, count)):
                commune = communes[number // COMMUNE_MEMBERS % len(communes)]
                unit = commune.chapters[number % CHAPTERS]
                record_id = new_id().bytes
                copy.write_row((record_id, 1, None, unit, *values))
                positions[commune.shard] = pos = positions.get(commune.shard, 0) + 1
                lines.append((commune.shard, pos, unit, kind.name, record_id, now))
                if commune.unit in kept and len(kept[commune.unit]) < some:
                    kept[commune.unit].append(record_id.hex())
        with cursor.copy(f"COPY sync_log ({', '.join(column.name for column in LOG.columns)}) FROM STDIN") as copy:
            for shard, pos, unit, name, record_id, at in lines:
                copy.write_row(
                    (shard, pos, unit, name, record_id, 1, "arrive", "{}", None, "seed", "", 0, at, "seed", "")
                )
        positions.pop(EVERYBODY, None)
        cursor.executemany(
            "INSERT INTO sync_position (shard, pos) VALUES (%s, %s)"
            " ON CONFLICT (shard) DO UPDATE SET pos = excluded.pos",
            list(positions.items()),
        )
        cursor.execute("ANALYZE")
        raw.commit()
    finally:
        raw.close()
    return kept


def _people(kind: Kind, count: int) -> Iterator[tuple[Value, ...]]:
    """Give values of members, all but the unit."""
    drafts = seed.commune(
        random.Random(3), today=date(2026, 1, 1), gazetteer=shipped_gazetteer(), names=shipped_names()
    ).members
    fields = kind.columns[1:]
    rows = [[draft.values.get(name) for name in fields] for draft in drafts]
    identity, phone = fields.index("id_number"), fields.index("phone")
    for number in range(count):
        row = list(rows[number % len(rows)])
        if row[identity] is not None:
            row[identity] = f"{number:012}"
        row[phone] = f"09{number % 100_000_000:08}"
        yield tuple(row)


def main(url: str, members: int, devices: int, facts: Path) -> None:
    """Fill the database at `url` and write down its devices."""
    with opened(url, create=True) as central:
        made = make(central, members, devices)
    facts.write_text(json.dumps([asdict(each) for each in made]))
    tell(members=members, devices=devices)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
