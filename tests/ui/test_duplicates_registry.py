"""From a hint in the form to one record of two, and back: the real main window on an encrypted file."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from keys import CTRL, press, write
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sync.client.replica import Author
from sync.protocol.kinds import Values
from yum_desktop.exchange.gazetteer import shipped_gazetteer
from yum_desktop.registry import queries
from yum_desktop.registry.engine import Registry
from yum_desktop.ui.asking import Answer, Question
from yum_desktop.ui.desk import Desk
from yum_desktop.ui.duplicates.merging import MergePage
from yum_desktop.ui.duplicates.view import DuplicatesPage
from yum_desktop.ui.jobs import QtJobs
from yum_desktop.ui.members.view import MembersPage
from yum_desktop.ui.members.words import vocabulary_of

KEY = bytes(range(32))
XA, NA_LECH, CO_SAY = (UUID(int=n) for n in (1, 2, 3))
THAO = UUID(int=50)


class SomeClock:
    def now(self) -> datetime:
        return datetime(2026, 10, 15, 1, tzinfo=UTC)


class AsksNothing:
    def ask(self, question: Question, answered: Callable[[Answer | None], None]) -> None:
        raise AssertionError(question.title)

    def open_file(self, title: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        raise AssertionError(title)

    def save_file(self, title: str, name: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        raise AssertionError(title)


def fill(registry: Registry) -> None:
    author = Author("hanh", "Máy 1", "desktop")
    units: list[tuple[UUID, Values]] = [
        (XA, {"unit_id": XA.bytes, "level": "XA", "name": "Đoàn xã Mường Vạt"}),
        (NA_LECH, {"parent_id": XA.bytes, "level": "CHIDOAN", "name": "bản Nà Lếch"}),
        (CO_SAY, {"parent_id": XA.bytes, "level": "CHIDOAN", "name": "bản Co Sậy"}),
    ]
    with registry.write() as conn:
        for unit_id, values in units:
            registry.replica.create(conn, "unit", unit_id.bytes, {**values, "unit_id": unit_id.bytes}, author)
        person: Values = {
            "unit_id": CO_SAY.bytes, "full_name": "Lò Thị Thảo", "born_on": "2003-04-30", "phone": "0388417590",
            "status": "DANG_SINH_HOAT",
        }  # fmt: skip
        registry.replica.create(conn, "member", THAO.bytes, person, author)
        again: Values = {**person, "unit_id": NA_LECH.bytes, "phone": None, "email": "thao@example.vn"}
        registry.replica.create(conn, "member", UUID(int=51).bytes, again, author)


def elsewhere(work: Callable[[], object]) -> object:
    """Do something with the file away from the screen's thread."""
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0] if found else None


class Work:
    def __init__(self, registry: Registry) -> None:
        self.registry, self.jobs = registry, QtJobs()
        words = vocabulary_of(registry, shipped_gazetteer, SomeClock())
        self.desk = Desk(registry, self.jobs, SomeClock(), words, lambda _window: AsksNothing())
        self.desk.stop_trying()
        self.window = self.desk.window
        members, listing, merging = (self.window.page(key) for key in ("members", "duplicates", "merge"))
        assert isinstance(members, MembersPage)
        assert isinstance(listing, DuplicatesPage)
        assert isinstance(merging, MergePage)
        self.members, self.listing, self.merging = members, listing, merging

    def names(self) -> list[str]:
        rows = elsewhere(lambda: queries.member_rows(self.registry, None))
        assert isinstance(rows, list)
        return [row.full_name for row in rows]

    def values(self, member_id: UUID) -> Values:
        detail = elsewhere(lambda: queries.member(self.registry, member_id).values)
        assert isinstance(detail, dict)
        return detail


@pytest.fixture
def work(qtbot: QtBot, tmp_path: Path) -> Iterator[Work]:
    registry = Registry.open(tmp_path / "yum.db", KEY, clock=SomeClock(), screen_thread=threading.get_ident())
    elsewhere(lambda: fill(registry))
    made = Work(registry)
    qtbot.addWidget(made.window)
    made.window.resize(1366, 696)
    with qtbot.waitActive(made.window):
        made.window.show()
        made.window.activateWindow()
    yield made
    qtbot.waitUntil(lambda: not made.jobs.busy)
    made.jobs.close()
    registry.close()


def test_the_list_leads_to_one_record_and_undo_back_to_two(qtbot: QtBot, work: Work) -> None:
    work.window.show_page("duplicates")
    qtbot.waitUntil(lambda: len(work.listing.model.rows) == 1)
    press(work.listing.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: work.window.page_key() == "merge" and work.merging.head.about.text() == "Lò Thị Thảo")
    press(work.window, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: work.window.page_key() == "duplicates" and not work.listing.model.rows)
    assert work.names() == ["Lò Thị Thảo"]
    work.desk.shell.undo()
    qtbot.waitUntil(lambda: len(work.listing.model.rows) == 1)
    assert work.names() == ["Lò Thị Thảo", "Lò Thị Thảo"]


def test_esc_leaves_both_records_as_they_are(qtbot: QtBot, work: Work) -> None:
    work.window.show_page("duplicates")
    qtbot.waitUntil(lambda: len(work.listing.model.rows) == 1)
    press(work.listing.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: work.window.page_key() == "merge")
    press(work.window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: work.window.page_key() == "duplicates")
    assert len(work.names()) == 2
    qtbot.waitUntil(lambda: not work.jobs.busy)


def test_a_hint_while_typing_leads_to_both_records_side_by_side(qtbot: QtBot, work: Work) -> None:
    work.desk.start()
    work.desk.stop_trying()
    qtbot.waitUntil(lambda: len(work.members.model.rows) == 2)
    work.members.add_requested.emit()
    form = work.members.form
    qtbot.waitUntil(form.isVisible)
    for name, text in (("full_name", "Lo Thi Thao"), ("born_on", "30/04/2003"), ("phone", "0388 417 590")):
        editor = form.editors[name]
        editor.setFocus()
        write(editor, text)
        press(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(form.other.isVisible)
    assert "Lò Thị Thảo" in form.other.text()
    unit = form.editors["unit_id"]
    unit.setFocus()
    write(unit, "na lech")
    press(unit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(work.names()) == 3)
    qtbot.waitUntil(lambda: not work.jobs.busy)
    press(form.editors["phone"], Qt.Key.Key_G, CTRL)
    qtbot.waitUntil(lambda: work.window.page_key() == "merge" and bool(work.merging.boxes))
    assert "full_name" in work.merging.boxes
