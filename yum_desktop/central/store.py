"""The central database: where it is, opening it, and filling a new one."""

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import exc, or_, select

from sync.protocol.kinds import Values
from sync.server.database import Database, sqlite_url
from sync.server.records import Stamp
from sync.server.server import SyncServer
from yum_desktop.central.rules import CentralRules
from yum_desktop.central.seed import Commune, UnitDraft
from yum_desktop.domain.codes import CodeItem
from yum_desktop.domain.errors import ConflictError, InputError, UnavailableError
from yum_desktop.registry.clock import Clock, as_ms
from yum_desktop.registry.engine import open_central
from yum_desktop.registry.faults import translated
from yum_desktop.registry.kinds import CODE_KIND, KINDS, MEMBER_KIND, UNIT_KIND
from yum_desktop.registry.tables import UnitRecord

_PRIVATE: Final = 0o600
_ACTIVE: Final = "HOAT_DONG"
_DRIVER: Final = "postgresql+psycopg://"
SEED: Final = Stamp(account="seed", channel="seed")


@dataclass(frozen=True, slots=True)
class UnitPlace:
    """A unit the operator names."""

    unit_id: bytes
    name: str


def database_url(place: str) -> str:
    """Return the URL of a database given as a file or as a PostgreSQL URL.

    Raises:
        InputError: `store.url`: another database.
    """
    scheme, separator, rest = place.partition("://")
    if not separator:
        return sqlite_url(Path(place))
    if scheme in {"postgresql", "postgres", "postgresql+psycopg"}:
        return _DRIVER + rest
    raise InputError("store.url", "Cơ sở dữ liệu là một tệp, hoặc postgresql://…", field="db")


def open_server(place: str, *, clock: Clock, ids: Callable[[], UUID], create: bool = False) -> SyncServer:
    """Open the central database, bring it to this version, and return its sync server.

    Args:
        place: A file, or a PostgreSQL URL. A file that is made is readable for its owner only.
        clock: The server's time.
        ids: Makes new ids.
        create: Whether a file that is missing is made.

    Raises:
        InputError: `store.url`.
        UnavailableError: `store.missing`, and those of `open_central`.
    """
    url = database_url(place)
    if "://" not in place:
        _prepare_file(Path(place), create=create)
    database = open_central(url)
    server = SyncServer(KINDS, database, CentralRules(), ids=lambda: ids().bytes, clock_ms=lambda: as_ms(clock.now()))
    try:
        server.create_tables()
    except exc.SQLAlchemyError as error:
        database.close()
        raise translated(error) from error
    return server


def _prepare_file(path: Path, *, create: bool) -> None:
    if path.exists():
        return
    if not create:
        raise UnavailableError("store.missing", f"Chưa có tệp {path.name}. Hãy chạy: yum-central init")
    try:
        path.touch(mode=_PRIVATE)
    except OSError as error:
        raise UnavailableError("store.unreachable", f"Không tạo được tệp {path.name}: {error.strerror}.") from error


def load(
    server: SyncServer, commune: Commune, codes: Iterable[CodeItem], *, ids: Callable[[], UUID]
) -> dict[str, bytes]:
    """Store a seed in one transaction; return the ids of its units by their keys.

    Raises:
        ConflictError: `seed.not_empty`: the database has units already.
    """
    unit_ids = {unit.key: ids().bytes for unit in commune.units}
    with server.transaction() as tx:
        if tx.conn.execute(select(UnitRecord.id).limit(1)).first() is not None:
            raise ConflictError("seed.not_empty", "Cơ sở dữ liệu đã có đơn vị, không ghi dữ liệu mẫu vào được.")
        for position, unit in enumerate(commune.units):
            tx.insert(UNIT_KIND, unit_ids[unit.key], _unit_values(unit, unit_ids, position), SEED)
        for position, item in enumerate(codes):
            tx.insert(CODE_KIND, ids().bytes, _code_values(item, position), SEED)
        for member in commune.members:
            values = {**member.values, "unit_id": unit_ids[member.unit_key]}
            tx.insert(MEMBER_KIND, ids().bytes, values, SEED)
    return unit_ids


def _unit_values(unit: UnitDraft, unit_ids: dict[str, bytes], position: int) -> Values:
    unit_id = unit_ids[unit.key]
    return {
        "unit_id": unit_id,
        "parent_id": None if unit.parent_key is None else unit_ids[unit.parent_key],
        "level": unit.level,
        "kind": unit.kind or None,
        "name": unit.name,
        "short_name": unit.short_name,
        "code": unit.code,
        "status": _ACTIVE,
        "position": position,
    }


def _code_values(item: CodeItem, position: int) -> Values:
    return {
        "list_code": item.list_code,
        "code": item.code,
        "label": item.label,
        "aliases": json.dumps(item.aliases, ensure_ascii=False),
        "position": position,
    }


def find_unit(database: Database, named: str) -> UnitPlace:
    """Return the unit that has an id or a code.

    Raises:
        InputError: `unit.unknown`, `unit.ambiguous`.
    """
    wanted = [UnitRecord.code == named]
    with suppress(ValueError):  # then it can only be a code
        wanted.append(UnitRecord.id == UUID(named).bytes)
    with database.read() as conn:
        rows = conn.execute(select(UnitRecord.id, UnitRecord.name).where(or_(*wanted)).limit(2)).all()
    if not rows:
        raise InputError("unit.unknown", f"Không có đơn vị mã {named}.", field="unit")
    if len(rows) > 1:
        raise InputError("unit.ambiguous", f"Có nhiều đơn vị mã {named}. Hãy dùng id của đơn vị.", field="unit")
    return UnitPlace(rows[0].id, str(rows[0].name))


def top_units(database: Database) -> Sequence[bytes]:
    """Return the units without a unit above."""
    with database.read() as conn:
        return conn.execute(select(UnitRecord.id).where(UnitRecord.parent_id.is_(None))).scalars().all()


def unit_names(database: Database) -> dict[bytes, str]:
    """Return the name of every unit."""
    with database.read() as conn:
        return {row.id: str(row.name) for row in conn.execute(select(UnitRecord.id, UnitRecord.name))}
