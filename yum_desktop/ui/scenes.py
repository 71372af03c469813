"""Screens with fictitious people, for pictures and for looking at them without data."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Final, TypeVar

from PySide6.QtWidgets import QWidget

from yum_desktop.registry.views import SyncState
from yum_desktop.ui.jobs import Lane
from yum_desktop.ui.shell.window import MainWindow

T = TypeVar("T")

NOW: Final = datetime(2026, 11, 24, 1, 25, tzinfo=UTC)
"""The moment of all pictures: 24/11/2026, 08:25 in Ha Noi."""
STATE: Final = SyncState(
    account="Lò Thị Hạnh",
    unit_name="Đoàn xã Mường Vạt",
    device_name="Văn phòng Đoàn xã 1",
    server="tinhdoan.sonla.example.vn",
    last_sync=datetime(2026, 11, 18, 9, 42, tzinfo=UTC),
    pending=12,
    pending_since=datetime(2026, 11, 19, 3, 0, tzinfo=UTC),
    refused=2,
    conflicts=1,
    online=False,
)
PAGES: Final = (
    ("members", "Đoàn viên", "users"),
    ("cases", "Nghiệp vụ", "folder-check"),
    ("import", "Nhập từ Excel", "file-spreadsheet"),
    ("sync", "Đồng bộ", "refresh-cw"),
    ("duplicates", "Nghi trùng", "copy"),
    ("cleaning", "Làm sạch", "list-checks"),
)
_SCREENS: Final = (
    "enrolment",
    "members",
    "card",
    "export",
    "cases",
    "import_wizard",
    "sync_page",
    "conflict",
    "duplicates",
    "cleaning",
)
"""The folders of `ui` with a `scene` module."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A screen as it is photographed: `build` gives the widget that fills the window."""

    name: str
    build: Callable[[], QWidget]
    dark: bool = False
    """Photographed in the dark colours too."""


class SceneClock:
    """Stands still at the moment of the pictures."""

    def now(self) -> datetime:
        """Return that moment."""
        return NOW


class SceneJobs:
    """Answers at once: a picture waits for nothing."""

    def submit(
        self,
        work: Callable[[], T],
        *,
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        lane: Lane = Lane.DATABASE,
    ) -> None:
        """Do `work` and answer."""
        del failed, lane
        done(work())

    def relay(self, receive: Callable[[T], None]) -> Callable[[T], None]:
        """Return `receive`: everything is on the screen thread."""
        return receive


def in_shell(key: str, page: QWidget, state: SyncState = STATE) -> MainWindow:
    """Return the main window with `page` in front, under the entry `key`."""
    window = MainWindow()
    for name, title, icon in PAGES:
        window.add_page(name, title, icon, page if name == key else QWidget())
    window.show_page(key)
    window.top.show_unit(state.unit_name)
    window.top.show_person(state.account, "Bí thư Đoàn xã")
    window.strip.show_state(state, NOW)
    window.nav.set_count("sync", state.refused + state.conflicts, "bad")
    return window


def all_scenes() -> list[Scene]:
    """Return every scene of the program."""
    found: list[Scene] = []
    for screen in _SCREENS:
        found += import_module(f"yum_desktop.ui.{screen}.scene").scenes()
    return found
