"""A store of an invented commune that no server knows, to try commands on that need none."""

from pathlib import Path
from uuid import UUID

from terminal import cheap

from sync.protocol.kinds import Values
from yum_desktop.registry import settings
from yum_desktop.registry.clock import SystemClock
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.keys import load_key
from yum_desktop.registry.kinds import KINDS
from yum_desktop.registry.paths import store_path

COMMUNE, SCHOOL = UUID(int=2), UUID(int=9)
CHAPTERS = ("thôn Đồng Vạc", "thôn Bản Đung", "Quân sự xã", "Khe Nâu")


def _unit(unit_id: UUID, parent: UUID | None, level: str, name: str, short_name: str) -> tuple[UUID, Values]:
    values: Values = {
        "unit_id": unit_id.bytes, "parent_id": None if parent is None else parent.bytes, "level": level,
        "name": name, "short_name": short_name,
    }  # fmt: skip
    return unit_id, values


def make(home: Path, passphrase: str, chapters: tuple[str, ...], *, role: str = "editor") -> None:
    """Make the store of an account of the commune, with one chapter for each name."""
    cheap(home)
    key = load_key(home, passphrase=passphrase)
    r = Registry.open(store_path(home), key, clock=SystemClock())
    units = [_unit(COMMUNE, None, "XA", "Đoàn xã Thượng Lâm", "Thượng Lâm")]
    units += [_unit(UUID(int=10 + n), COMMUNE, "CHIDOAN", f"Chi đoàn {c}", c) for n, c in enumerate(chapters)]
    table = r.replica.tables["unit"]
    with r.write() as conn:
        table.put(
            conn,
            [r.replica.row(KINDS["unit"], i.bytes, 1, None, {n: v.get(n) for n in table.columns}) for i, v in units],
        )
        known = {
            settings.ACCOUNT: "thuonglam", settings.ROLE: role, settings.UNIT_ID: str(COMMUNE),
            settings.DEVICE_ID: str(UUID(int=99)), settings.DEVICE_NAME: "Máy văn phòng",
            settings.SERVER: "http://127.0.0.1:9",
        }  # fmt: skip
        settings.put(conn, known)
    r.close()
