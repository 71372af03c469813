"""A commune's list goes through the wizard of the real main window into an encrypted file, and out of it again."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from keys import press
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sync.client.replica import Author
from sync.protocol.kinds import Values
from yum_desktop.exchange.excel.matching import SOURCE
from yum_desktop.exchange.excel.report import KEYS
from yum_desktop.exchange.gazetteer import shipped_gazetteer
from yum_desktop.registry import queries
from yum_desktop.registry.engine import Registry
from yum_desktop.ui.asking import Answer, Question
from yum_desktop.ui.desk import Desk
from yum_desktop.ui.import_wizard.presenter import Stage
from yum_desktop.ui.import_wizard.preview import PreviewRow, State
from yum_desktop.ui.import_wizard.view import ImportPage
from yum_desktop.ui.jobs import QtJobs
from yum_desktop.ui.members.words import vocabulary_of

SAMPLES: Final = Path(__file__).parents[1] / "data" / "samples"
LIST: Final = SAMPLES / "danh-sach-doan-vien-xa.xlsx"
EXPECTED: Final = json.loads((SAMPLES / "danh-sach-doan-vien-xa.expected.json").read_text(encoding="utf-8"))
KEY: Final = bytes(range(32))
XA: Final = UUID(int=1)
CHAPTERS: Final = {
    "Chi đoàn thôn Đồng Vạc": UUID(int=2),
    "Chi đoàn thôn Bái Sậy": UUID(int=3),
    "Chi đoàn thôn Làng Mốc": UUID(int=4),
    "Chi đoàn Trường THCS Phú Lĩnh": UUID(int=5),  # the list calls it "… Phú Lĩnh Hạ"
}


class SampleClock:
    def now(self) -> datetime:
        return datetime(2026, 10, 15, 1, tzinfo=UTC)


class Chooses:
    """Answers the question for a file with this one."""

    def __init__(self) -> None:
        self.file = LIST

    def ask(self, question: Question, answered: Callable[[Answer | None], None]) -> None:
        raise AssertionError(question.title)

    def open_file(self, title: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        assert "*.xlsx" in kinds, title
        chosen(self.file)

    def save_file(self, title: str, name: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        raise AssertionError(title)


class Work:
    """The main window at its import page."""

    def __init__(self, registry: Registry) -> None:
        self.registry, self.jobs, self.asker = registry, QtJobs(), Chooses()
        clock = SampleClock()
        words = vocabulary_of(registry, shipped_gazetteer, clock)
        self.desk = Desk(registry, self.jobs, clock, words, lambda _window: self.asker)
        self.desk.stop_trying()
        self.window = self.desk.window
        page = self.window.page("import")
        assert isinstance(page, ImportPage)
        self.page = page

    def rows(self) -> dict[int, PreviewRow]:
        return {row.row: row for row in self.page.looking.model.rows}

    def stored(self) -> list[Any]:
        found: list[Any] = []
        reader = threading.Thread(target=lambda: found.extend(self._read()))
        reader.start()
        reader.join()
        return found

    def _read(self) -> list[Any]:
        people = queries.member_rows(self.registry, None)
        return [queries.member(self.registry, person.member_id).values for person in people]


def fill(registry: Registry) -> None:
    author = Author("hanh", "Máy 1", "desktop")
    with registry.write() as conn:
        commune: Values = {"unit_id": XA.bytes, "level": "XA", "name": "Đoàn xã Phú Lĩnh"}
        registry.replica.create(conn, "unit", XA.bytes, commune, author)
        for name, unit_id in CHAPTERS.items():
            chapter: Values = {"unit_id": XA.bytes, "parent_id": XA.bytes, "level": "CHIDOAN", "name": name}
            registry.replica.create(conn, "unit", unit_id.bytes, chapter, author)


@pytest.fixture
def work(qtbot: QtBot, tmp_path: Path) -> Iterator[Work]:
    registry = Registry.open(tmp_path / "yum.db", KEY, clock=SampleClock(), screen_thread=threading.get_ident())
    filled = threading.Thread(target=fill, args=(registry,))
    filled.start()
    filled.join()
    made = Work(registry)
    qtbot.addWidget(made.window)
    made.window.resize(1366, 696)
    with qtbot.waitActive(made.window):
        made.window.show()
        made.window.activateWindow()
    made.window.show_page("import")
    yield made
    qtbot.waitUntil(lambda: not made.jobs.busy)
    made.jobs.close()
    registry.close()


def read_file(qtbot: QtBot, work: Work) -> None:
    work.page.start.acted.emit()
    qtbot.waitUntil(lambda: bool(work.page.columns.units), timeout=20_000)


def warnings_of(row: PreviewRow) -> list[str]:
    """Return what the page says about a row, in the words of the expected document."""
    said = [p for p in row.problems if p.field in KEYS and p.code != "sex.from_id"]
    return sorted(f"{KEYS[problem.field]}:{problem.code}" for problem in said)


def suggestions_of(row: PreviewRow) -> list[tuple[str, str, list[str]]]:
    return sorted((KEYS[p.field], p.code, list(p.suggest)) for p in row.problems if p.suggest and p.field in KEYS)


def test_the_commune_list_is_shown_as_a_careful_human_reads_it(qtbot: QtBot, work: Work) -> None:
    read_file(qtbot, work)
    assert work.page.columns.where.text() == "tiêu đề ở dòng 6–7 · 60 người"
    assert {name: field.text() for name, field in work.page.columns.units.items()} == {
        "Chi đoàn thôn Đồng Vạc": "Chi đoàn thôn Đồng Vạc",
        "Chi đoàn thôn Bái Sậy": "Chi đoàn thôn Bái Sậy",
        "Chi đoàn thôn Làng Mốc": "Chi đoàn thôn Làng Mốc",
        "Chi đoàn Trường THCS Phú Lĩnh Hạ": "Chi đoàn Trường THCS Phú Lĩnh",
    }
    press(work.window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: work.page.stack.currentIndex() == Stage.PREVIEW)
    rows = work.rows()
    assert list(rows) == [member["row"] for member in EXPECTED["members"]]
    for member in EXPECTED["members"]:
        row = rows[member["row"]]
        assert {key: row.values.get(name) for name, key in KEYS.items()} == {key: member[key] for key in KEYS.values()}
        assert row.unit_name == member["chi_doan"]
        assert warnings_of(row) == member["warnings"]
        offered = [(s["field"], s["code"], s["suggest"]) for s in member["suggestions"]]
        assert suggestions_of(row) == sorted(offered)


def test_sixty_people_are_imported_with_one_button_and_taken_back_with_one(qtbot: QtBot, work: Work) -> None:
    read_file(qtbot, work)
    work.page.next.click()
    qtbot.waitUntil(lambda: work.page.next.text() == "Nhập 60 người")
    work.page.next.click()
    qtbot.waitUntil(lambda: work.page.stack.currentIndex() == Stage.DONE, timeout=20_000)
    stored = {values["full_name"] + str(values.get("id_number")): values for values in work.stored()}
    assert len(stored) == 60
    for member in EXPECTED["members"]:
        values = stored[member["ho_ten"] + str(member["so_giay_to"])]
        assert {key: values.get(name) for name, key in KEYS.items()} == {key: member[key] for key in KEYS.values()}
        assert values["source"] == SOURCE
    work.page.undo.click()
    qtbot.waitUntil(work.page.undo.isHidden, timeout=20_000)
    assert work.stored() == []


def test_an_offer_is_taken_for_one_row_and_for_all_like_it(qtbot: QtBot, work: Work) -> None:
    read_file(qtbot, work)
    work.page.next.click()
    looking = work.page.looking
    qtbot.waitUntil(lambda: bool(looking.model.rows))
    number, before = next((row.row, row) for row in looking.model.rows if any(p.suggest for p in row.problems))
    looking.table.select_row([row.row for row in looking.model.rows].index(number))
    problem = next(p for p in before.problems if p.suggest)
    assert before.values.get(problem.field) != problem.suggest[0]
    looking.offers[0].click()
    assert work.rows()[number].values[problem.field] == problem.suggest[0]
    assert problem not in work.rows()[number].problems


def test_a_row_is_left_out_with_the_space_bar(qtbot: QtBot, work: Work) -> None:
    read_file(qtbot, work)
    work.page.next.click()
    qtbot.waitUntil(lambda: work.page.next.text() == "Nhập 60 người")
    press(work.page.looking.table, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: work.page.next.text() == "Nhập 59 người")


def test_a_unit_that_nobody_chose_stops_the_import_before_anything_is_stored(qtbot: QtBot, work: Work) -> None:
    read_file(qtbot, work)
    work.desk.imports.presenter.choose_unit("Chi đoàn thôn Làng Mốc", None)
    work.page.next.click()
    qtbot.waitUntil(lambda: work.page.next.text() == "Nhập 60 người")
    work.page.next.click()
    assert work.page.stack.currentIndex() == Stage.COLUMNS
    assert "Chi đoàn thôn Làng Mốc" in work.page.trouble.text
    assert work.stored() == []


def test_a_list_imported_again_is_told_to_be_there_already(qtbot: QtBot, work: Work) -> None:
    read_file(qtbot, work)
    work.page.next.click()
    work.page.next.click()
    qtbot.waitUntil(lambda: work.page.stack.currentIndex() == Stage.DONE, timeout=20_000)
    work.page.other.click()
    qtbot.waitUntil(lambda: work.page.stack.currentIndex() == Stage.COLUMNS, timeout=20_000)
    work.page.next.click()
    qtbot.waitUntil(lambda: work.page.stack.currentIndex() == Stage.PREVIEW)
    again = [row for row in work.rows().values() if row.state is State.TWICE]
    with_key = [m for m in EXPECTED["members"] if m["so_giay_to"] or m["ngay_sinh"]]
    assert len(again) == len(with_key)
    assert all(not row.wanted and row.why.startswith("Đã có trên máy") for row in again)


def test_a_file_that_is_no_list_is_refused_with_the_way_on(qtbot: QtBot, work: Work, tmp_path: Path) -> None:
    work.asker.file = tmp_path / "ảnh.xlsx"
    work.asker.file.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    work.page.start.acted.emit()
    qtbot.waitUntil(work.page.trouble.isVisible, timeout=20_000)
    assert "Nhập được .xlsx" in work.page.trouble.text
    assert work.page.stack.currentIndex() == Stage.FILE
