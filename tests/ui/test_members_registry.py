"""The screen on a real encrypted registry, with work on the lanes of the program."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from keys import CTRL, press, write
from people import StoppedClock, vocabulary
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sync.client.replica import Author
from sync.protocol.kinds import Values
from yum_desktop.registry import commands, queries
from yum_desktop.registry.engine import Registry
from yum_desktop.ui.jobs import QtJobs
from yum_desktop.ui.members.screen import MembersScreen
from yum_desktop.ui.members.sources import member_sources
from yum_desktop.ui.members.view import MembersPage
from yum_desktop.ui.members.vocabulary import Vocabulary
from yum_desktop.ui.shell.presenter import ReportLike, ShellPresenter
from yum_desktop.ui.shell.screen import ShellScreen
from yum_desktop.ui.shell.window import MainWindow
from yum_desktop.ui.widgets.fields import TextField

KEY = bytes(range(32))
XA, NA_LECH = UUID(int=1), UUID(int=2)


def never_syncs(*_: object) -> ReportLike:
    raise AssertionError("no test here syncs")


class Desk:
    def __init__(self, registry: Registry, words: Callable[[], Vocabulary] = vocabulary) -> None:
        self.registry = registry
        self.window, self.jobs = MainWindow(), QtJobs()
        clock = StoppedClock()
        shown = ShellScreen(self.window, clock)
        self.shell = ShellPresenter(
            shown,
            self.jobs,
            sync_state=lambda: queries.sync_state(registry),
            sync=never_syncs,
            undo=lambda group: commands.undo(registry, group),
        )
        shown.attach(self.shell)
        self.page = MembersPage(clock, self.window.stack)
        sources = member_sources(registry, words)
        self.screen = MembersScreen(
            self.page, self.jobs, sources, clock, did=self.shell.did, open_conflict=lambda _id: None
        )
        shown.attach_search(
            self.jobs, lambda text: queries.member_rows(registry, None, text=text, limit=8), self.screen.show_member
        )
        self.window.add_page("members", "Đoàn viên", "users", self.page)

    def names(self) -> list[str]:
        return [row.full_name for row in self.page.model.rows]

    def lines(self) -> list[tuple[str, str | None, str]]:
        return [(row.full_name, row.born_on, row.state) for row in self.page.model.rows]

    def field(self, name: str) -> TextField:
        editor = self.page.form.editors[name]
        assert isinstance(editor, TextField)
        return editor


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    made = Registry.open(tmp_path / "yum.db", KEY, clock=StoppedClock(), screen_thread=threading.get_ident())
    filled = threading.Thread(target=fill, args=(made,))
    filled.start()
    filled.join()
    yield made
    made.close()


def fill(registry: Registry) -> None:
    author = Author("hanh", "Máy 1", "desktop")
    with registry.write() as conn:
        registry.replica.create(
            conn, "unit", XA.bytes, {"unit_id": XA.bytes, "level": "XA", "name": "Đoàn xã Mường Vạt"}, author
        )
        chapter: Values = {
            "unit_id": XA.bytes,
            "parent_id": XA.bytes,
            "level": "CHIDOAN",
            "name": "Chi đoàn bản Nà Lếch",
            "short_name": "bản Nà Lếch",
        }
        registry.replica.create(conn, "unit", NA_LECH.bytes, chapter, author)
    commands.add_member(registry, NA_LECH, {"full_name": "Lò Văn Ẩn", "phone": "0339608152"})
    commands.add_member(registry, NA_LECH, {"full_name": "Cà Văn Dũng"})


@pytest.fixture
def desk(qtbot: QtBot, registry: Registry) -> Iterator[Desk]:
    made = Desk(registry)
    qtbot.addWidget(made.window)
    made.window.resize(1366, 696)
    with qtbot.waitActive(made.window):
        made.window.show()
        made.window.activateWindow()
    made.shell.refresh()
    made.window.show_page("members")
    qtbot.waitUntil(lambda: len(made.names()) == 2 and not made.jobs.busy)
    yield made
    made.jobs.close()


def test_members_come_in_the_order_of_given_names_and_are_counted_in_the_strip(qtbot: QtBot, desk: Desk) -> None:
    assert desk.names() == ["Lò Văn Ẩn", "Cà Văn Dũng"]
    qtbot.waitUntil(lambda: desk.window.strip.pending.text().startswith("4 chờ gửi"))


def test_a_search_without_marks_finds_the_name(qtbot: QtBot, desk: Desk) -> None:
    write(desk.page.search, "dung")
    qtbot.waitUntil(lambda: desk.names() == ["Cà Văn Dũng"])


def test_a_member_is_entered_kept_in_the_file_and_its_last_field_undone(qtbot: QtBot, desk: Desk) -> None:
    desk.page.tree.choose(NA_LECH)
    press(desk.window, Qt.Key.Key_N, CTRL)
    write(desk.field("full_name"), "Quàng Thị Diễm")
    press(desk.field("full_name"), Qt.Key.Key_Return)
    desk.field("born_on").setFocus()
    write(desk.field("born_on"), "050307")
    press(desk.field("born_on"), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: ("Quàng Thị Diễm", "2007-03-05", "wait") in desk.lines())
    qtbot.waitUntil(lambda: desk.page.detail.name.text() == "Quàng Thị Diễm")
    press(desk.page.table, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: ("Quàng Thị Diễm", None, "wait") in desk.lines())


def test_undoing_the_entry_of_a_member_removes_it(qtbot: QtBot, desk: Desk) -> None:
    desk.page.tree.choose(NA_LECH)
    press(desk.window, Qt.Key.Key_N, CTRL)
    write(desk.field("full_name"), "Quàng Thị Diễm")
    press(desk.field("full_name"), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: "Quàng Thị Diễm" in desk.names())
    qtbot.waitUntil(lambda: len(desk.shell.undoables) == 1)
    press(desk.page.table, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: "Quàng Thị Diễm" not in desk.names())


def test_a_removed_member_comes_back_with_one_press(qtbot: QtBot, desk: Desk) -> None:
    desk.page.table.select_row(0)
    qtbot.waitUntil(desk.page.detail.isVisible)
    desk.page.detail.delete.click()
    qtbot.waitUntil(lambda: desk.names() == ["Cà Văn Dũng"])
    assert desk.window.toast.text == "Đã xóa tên Lò Văn Ẩn"
    desk.window.toast.undone.emit()
    qtbot.waitUntil(lambda: desk.names() == ["Lò Văn Ẩn", "Cà Văn Dũng"])
    assert desk.page.model.rows[0].phone == "0339608152"


def test_a_field_that_was_left_is_in_the_file_when_the_program_is_killed(
    qtbot: QtBot, desk: Desk, tmp_path: Path
) -> None:
    """Nothing is closed here: a second reader opens the file while the first one still runs."""
    desk.page.table.select_row(0)
    qtbot.waitUntil(desk.page.detail.isVisible)
    press(desk.page.table, Qt.Key.Key_F2)
    email = desk.field("email")
    email.setFocus()
    write(email, "an@example.vn")
    press(email, Qt.Key.Key_Return)
    write(desk.field("note"), "chữ trong tay")
    qtbot.waitUntil(desk.page.form.kept.isVisible)
    other = Registry.open(tmp_path / "yum.db", KEY, clock=StoppedClock())
    (row,) = [row for row in queries.member_rows(other, None) if row.full_name == "Lò Văn Ẩn"]
    values = queries.member(other, row.member_id).values
    other.close()
    assert values["email"] == "an@example.vn"
    assert values["note"] is None


def test_the_search_of_the_top_bar_leads_to_the_member(qtbot: QtBot, desk: Desk) -> None:
    press(desk.window, Qt.Key.Key_K, CTRL)
    write(desk.window.top.search, "ca van")
    qtbot.waitUntil(lambda: desk.window.top._hits.rowCount() == 1)
    press(desk.window.top.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: desk.page.detail.name.text() == "Cà Văn Dũng")
