"""Home folders of the program with invented members, as the program itself would have received them.

python -m benchmarks.homes FOLDER COUNT
"""

import random
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final
from uuid import UUID

from benchmarks.children import tell
from benchmarks.vault import BenchVault
from sync.client.engine import Engine
from sync.server.records import Actor
from sync.server.server import SyncServer
from yum_desktop.central import store
from yum_desktop.central.fictitious import shipped_names
from yum_desktop.central.opened import opened
from yum_desktop.central.seed import CHAPTER_SIZE_MIN, HOME_WARD, Plan, territory
from yum_desktop.exchange.gazetteer import shipped_gazetteer
from yum_desktop.registry import queries, settings
from yum_desktop.registry.clock import SystemClock, new_id
from yum_desktop.registry.code_lists import shipped_items
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.keys import load_key
from yum_desktop.registry.kinds import MEMBER_KIND
from yum_desktop.registry.paths import store_path

COMMUNE_SIZE: Final = 2_000
_CHAPTERS: Final = 12
_TODAY: Final = date(2026, 11, 24)
_NOBODY: Final = "http://127.0.0.1:9"
"""The address of the server: nobody listens there, so that a start is a start without a connection."""


class InProcess:
    """Carries requests to a server in this process.

    Args:
        server: Answers.
        actor: Whose device asks.
    """

    def __init__(self, server: SyncServer, actor: Actor) -> None:
        self._server, self._actor = server, actor

    def exchange(self, request: bytes) -> Iterator[bytes]:
        """Send `request`; see `sync.client.transport.Transport`."""
        yield from self._server.exchange(self._actor, request)


def make_home(folder: Path, count: int) -> int:
    """Make a home with `count` members of a province; return how many there are.

    Up to 2,000 they are of one commune, and the device is the commune's; more are of several, and it is the province's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    BenchVault.folder = folder
    gazetteer = shipped_gazetteer()
    home = gazetteer.place(HOME_WARD)
    assert home is not None, "the gazetteer has it"
    province = gazetteer.province_of(home)
    codes = [HOME_WARD, *(ward.code for ward in gazetteer.wards(province.code) if ward.code != HOME_WARD)]
    communes = -(-count // COMMUNE_SIZE)
    sizes = [count // communes + (place < count % communes) for place in range(communes)]
    plans = [
        Plan(ward_code=code, members=size, chapters=max(1, min(_CHAPTERS, size // CHAPTER_SIZE_MIN)))
        for code, size in zip(codes, sizes, strict=False)
    ]
    drafts = territory(random.Random(1), plans, today=_TODAY, gazetteer=gazetteer, names=shipped_names())
    key = load_key(folder, passphrase=None)
    with opened(str(folder / "central.db"), create=True) as central:
        units = store.load(central.server, drafts, shipped_items(), ids=new_id)
        own = drafts.home_key if communes == 1 else f"tinh-{province.code}"
        registry = Registry.open(store_path(folder), key, clock=SystemClock())
        _enrol(registry, units[own])
        transport = InProcess(central.server, Actor("xa-bench", "bench", (units[own],)))
        report = Engine(registry.replica, registry.write, transport).sync()
        assert report.status == "done", report.error_code
        members = queries.row_counts(registry)[MEMBER_KIND]
        registry.close()
    for left_over in folder.glob("central.db*"):
        left_over.unlink()
    return members


def _enrol(registry: Registry, unit: bytes) -> None:
    known = {
        settings.ACCOUNT: "xa-bench",
        settings.ROLE: "editor",
        settings.UNIT_ID: str(UUID(bytes=unit)),
        settings.DEVICE_ID: str(new_id()),
        settings.DEVICE_NAME: "Văn phòng Đoàn xã",
        settings.SERVER: _NOBODY,
        settings.ACCESS: "-",
        settings.REFRESH: "-",
    }
    with registry.write() as conn:
        settings.put(conn, known)
    registry.reload_identity()


if __name__ == "__main__":
    tell(members=make_home(Path(sys.argv[1]), int(sys.argv[2])))
