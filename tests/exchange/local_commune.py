"""A small commune in a real local file, for exports."""

from pathlib import Path
from uuid import UUID

from sync.protocol.kinds import Value
from yum_desktop.registry import commands, settings
from yum_desktop.registry.clock import SystemClock
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.kinds import KINDS

COMMUNE, HAMLET, SCHOOL = (UUID(int=number) for number in (2, 3, 4))
_UNITS = (
    (COMMUNE, None, "XA", "Đoàn xã Thượng Lâm"),
    (HAMLET, COMMUNE, "CHIDOAN", "Chi đoàn thôn Nà Đông"),
    (SCHOOL, COMMUNE, "CHIDOAN", "Chi đoàn Trường THPT Thượng Lâm"),
)


def local(path: Path) -> Registry:
    """Return an open file of the commune, without members."""
    r = Registry.open(path, bytes(range(32)), clock=SystemClock())
    table = r.replica.tables["unit"]
    rows = []
    for unit_id, parent, level, name in _UNITS:
        values = dict.fromkeys(table.columns) | {
            "unit_id": unit_id.bytes, "parent_id": None if parent is None else parent.bytes, "level": level,
            "name": name, "short_name": name.removeprefix("Chi đoàn "),
        }  # fmt: skip
        rows.append(r.replica.row(KINDS["unit"], unit_id.bytes, 1, None, values))
    known = {settings.ACCOUNT: "thuonglam", settings.ROLE: "editor", settings.UNIT_ID: str(COMMUNE)}
    with r.write() as conn:
        table.put(conn, rows)
        settings.put(conn, known | {settings.DEVICE_NAME: "Máy văn phòng"})
    r.reload_identity()
    return r


def person(r: Registry, number: int, name: str, unit_id: UUID = HAMLET, **values: Value) -> UUID:
    """Store a member as it would arrive, without the checks of a form."""
    del number
    if name.isprintable() and not name.startswith(("=", "+", "-", "@")):
        return commands.add_member(r, unit_id, {"full_name": name, **values})
    with r.write() as conn:
        member_id = r.new_id()
        author = r.author(channel="test")
        whole = {"unit_id": unit_id.bytes, "full_name": name, **values}
        r.replica.create(conn, "member", member_id.bytes, whole, author)
    return member_id
