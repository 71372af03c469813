"""A commune's list goes through the wizard of the real main window into an encrypted file, and out of it again."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from keys import press
from openpyxl import Workbook, load_workbook
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit
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
        self.saved: Path | None = None

    def ask(self, question: Question, answered: Callable[[Answer | None], None]) -> None:
        raise AssertionError(question.title)

    def open_file(self, title: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        assert "*.xlsx" in kinds, title
        chosen(self.file)

    def save_file(self, title: str, name: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        assert self.saved is not None, title
        chosen(self.saved)


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
    again = [row for row in work.rows().values() if row.state is State.KNOWN]
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


# ---- correcting in the preview


def to_preview(qtbot: QtBot, work: Work) -> None:
    read_file(qtbot, work)
    work.page.next.click()
    qtbot.waitUntil(lambda: bool(work.page.looking.model.rows))


def cell(work: Work, row: int, field: str) -> QModelIndex:
    model = work.page.looking.model
    place = [shown.row for shown in model.rows].index(row)
    column = next(at for at in range(model.columnCount()) if model.field_at(at) == field)
    return model.index(place, column)


def make_list(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path


HEADER = ("TT", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Chi đoàn")


def test_a_cell_is_corrected_by_typing(qtbot: QtBot, work: Work, tmp_path: Path) -> None:
    rows = [HEADER, (1, "Nguyễn Văn An", "31/02/2003", "Nam", "038203012345", "thôn Đồng Vạc")]
    work.asker.file = make_list(tmp_path / "ds.xlsx", rows)
    to_preview(qtbot, work)
    assert [problem.code for problem in work.rows()[2].problems] == ["date.invalid"]
    table = work.page.looking.table
    table.setCurrentIndex(cell(work, 2, "born_on"))
    table.setFocus()
    press(table, Qt.Key.Key_F2)
    editor = table.findChild(QLineEdit)
    assert isinstance(editor, QLineEdit)
    editor.setText("280203")
    press(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: work.rows()[2].values.get("born_on") == "2003-02-28")
    assert work.rows()[2].problems == ()
    assert table.currentIndex() == cell(work, 2, "born_on")
    work.page.looking.typed.emit([(2, "born_on", "31/02/2003")])
    assert [problem.code for problem in work.rows()[2].problems] == ["input.day"]
    work.page.looking.typed.emit([(2, "sex", "Nữ"), (2, "born_on", "2003")])
    assert [problem.code for problem in work.rows()[2].problems] == ["id.sex_mismatch"]


def test_a_block_from_a_spreadsheet_is_pasted_over_the_cells(qtbot: QtBot, work: Work, tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [
        HEADER,
        *((n, f"Lê Văn {'ABC'[n]}n", None, None, None, "thôn Đồng Vạc") for n in range(3)),
    ]
    rows.append((4, None, None, None, None, "thôn Đồng Vạc"))
    work.asker.file = make_list(tmp_path / "ds.xlsx", rows)
    to_preview(qtbot, work)
    table = work.page.looking.table
    table.setCurrentIndex(cell(work, 2, "full_name"))
    QGuiApplication.clipboard().setText("Lê Văn Ân\t5/8/2003\tNam\r\nLê Thị Bình\t2004\tNữ\r\n")
    table.setFocus()
    press(table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: work.rows()[2].values["full_name"] == "Lê Văn Ân")
    first, second = work.rows()[2].values, work.rows()[3].values
    assert (first["born_on"], first["sex"]) == ("2003-08-05", "NAM")
    assert (second["full_name"], second["born_on"], second["sex"]) == ("Lê Thị Bình", "2004", "NU")


def test_a_row_without_a_name_is_imported_once_it_has_one(qtbot: QtBot, work: Work, tmp_path: Path) -> None:
    rows = [HEADER, (1, "Lê Văn An", 2003, "Nam", None, "thôn Đồng Vạc"), (2, None, 2004, "Nữ", None, "thôn Bái Sậy")]
    work.asker.file = make_list(tmp_path / "ds.xlsx", rows)
    to_preview(qtbot, work)
    assert work.rows()[3].state is State.BAD
    work.page.looking.typed.emit([(3, "full_name", "Lê Thị Bình")])
    row = work.rows()[3]
    assert (row.wanted, row.values["sex"], row.unit_id) == (True, "NU", UUID(int=3))
    work.page.looking.typed.emit([(3, "unit_id", "thôn Làng Mốc")])
    assert work.rows()[3].unit_id == UUID(int=4)


def test_rows_are_filtered_by_what_is_to_be_said(qtbot: QtBot, work: Work) -> None:
    to_preview(qtbot, work)
    looking = work.page.looking
    kinds = {looking.filter.itemData(at): looking.filter.itemText(at) for at in range(looking.filter.count())}
    code = next(code for code in kinds if str(code).startswith("problem:"))
    looking.filter.setCurrentIndex(looking.filter.findData(code))
    looking.filter.activated.emit(looking.filter.currentIndex())
    shown = looking.model.rows
    assert shown
    assert all(any(f"problem:{problem.code}" == code for problem in row.problems) for row in shown)
    assert f"({len(shown)})" in kinds[code]


# ---- people who are there


def test_somebody_who_is_there_is_shown_field_by_field_and_changed_as_chosen(
    qtbot: QtBot, work: Work, tmp_path: Path
) -> None:
    old = [(*HEADER, "SĐT"), (1, "Nguyễn Văn An", "2003", "Nam", "038203012345", "thôn Đồng Vạc", None)]
    work.asker.file = make_list(tmp_path / "cũ.xlsx", old)
    to_preview(qtbot, work)
    work.page.next.click()
    qtbot.waitUntil(lambda: work.page.stack.currentIndex() == Stage.DONE, timeout=20_000)
    new = [
        (*HEADER, "SĐT"),
        (1, "Nguyễn Văn Ân", "15/08/2003", "Nam", "038203012345", "thôn Bái Sậy", "0912345678"),
        (2, "Trần Thị Bình", "2004", "Nữ", None, "thôn Bái Sậy", None),
        (3, "Lê Văn Khác", "2001", "Nam", "038203012345", "thôn Bái Sậy", None),
    ]
    work.asker.file = make_list(tmp_path / "mới.xlsx", new)
    work.page.other.click()
    qtbot.waitUntil(lambda: work.page.stack.currentIndex() == Stage.COLUMNS, timeout=20_000)
    work.page.next.click()
    row = work.rows()[2]
    assert (row.state, row.wanted) == (State.KNOWN, False)
    assert [(c.field, c.old, c.new, c.fills) for c in row.changes] == [
        ("full_name", "Nguyễn Văn An", "Nguyễn Văn Ân", False),
        ("born_on", "2003", "2003-08-15", True),
        ("phone", None, "0912345678", True),
    ]
    assert work.rows()[4].state is State.BAD  # the number of one person under the name of another
    looking = work.page.looking
    looking.table.select_row(0)
    looking.ticks["phone"].click()
    qtbot.waitUntil(lambda: work.page.next.text() == "Nhập 1 người, sửa 1")
    assert work.rows()[2].wanted_changes == {"phone": "0912345678"}
    looking.fill.click()
    looking.ticks["born_on"].click()
    assert work.rows()[2].wanted_changes == {"phone": "0912345678", "born_on": "2003-08-15"}
    work.page.next.click()
    qtbot.waitUntil(lambda: work.page.stack.currentIndex() == Stage.DONE, timeout=20_000)
    stored = {values["full_name"]: values for values in work.stored()}
    assert set(stored) == {"Nguyễn Văn An", "Trần Thị Bình"}
    assert (stored["Nguyễn Văn An"]["phone"], stored["Nguyễn Văn An"]["born_on"]) == ("0912345678", "2003-08-15")
    work.page.undo.click()
    qtbot.waitUntil(work.page.undo.isHidden, timeout=20_000)
    (left,) = work.stored()
    assert (left["phone"], left["born_on"]) == (None, "2003")


# ---- reading, remembering, leaving


def test_reading_can_be_stopped(qtbot: QtBot, work: Work, tmp_path: Path) -> None:
    rows = [HEADER, *((n, "Lê Văn An", 2003, "Nam", None, "thôn Đồng Vạc") for n in range(5_000))]
    work.asker.file = make_list(tmp_path / "ds.xlsx", rows)
    work.page.start.acted.emit()
    work.page.start.acted.emit()  # the same button says Dừng by now
    qtbot.waitUntil(lambda: not work.jobs.busy, timeout=20_000)
    assert work.page.stack.currentIndex() == Stage.FILE
    assert not work.page.trouble.isVisible()


def test_how_columns_were_taken_is_remembered_for_lists_of_the_layout(qtbot: QtBot, work: Work, tmp_path: Path) -> None:
    odd = ("TT", "Họ và tên", "Ngày sinh", "Số máy bàn", "Chi đoàn")
    work.asker.file = make_list(
        tmp_path / "a.xlsx", [odd, (1, "Lê Văn An", 2003, "0912345678", "thôn Đồng Vạc"), (2, "Lê Ân", 2003, "", "x")]
    )
    read_file(qtbot, work)
    work.desk.imports.presenter.map_column(3, "phone")
    qtbot.waitUntil(lambda: not work.jobs.busy)
    work.page.next.click()
    work.page.looking.typed.emit([(3, "unit_id", "thôn Đồng Vạc")])
    work.page.next.click()
    qtbot.waitUntil(lambda: work.page.stack.currentIndex() == Stage.DONE, timeout=20_000)
    work.asker.file = make_list(tmp_path / "b.xlsx", [odd, (1, "Trần Thị Bình", 2004, "0987654321", "thôn Đồng Vạc")])
    work.page.other.click()
    qtbot.waitUntil(lambda: work.page.stack.currentIndex() == Stage.COLUMNS, timeout=20_000)
    assert work.page.told.text().startswith("Ghép cột như lần trước")
    work.page.next.click()
    assert work.rows()[2].values["phone"] == "0987654321"


def test_texts_of_an_old_font_are_shown_both_ways_and_can_be_left(qtbot: QtBot, work: Work) -> None:
    work.asker.file = SAMPLES / "chi-doan-thon-vntime.xlsx"
    read_file(qtbot, work)
    columns = work.page.columns
    assert set(columns.letters) == {1, 3, 4, 6, 9}
    assert columns.letters[6].isChecked()
    columns.letters[6].click()
    qtbot.waitUntil(lambda: not work.jobs.busy)
    work.page.next.click()
    assert str(work.rows()[7].values["hometown_text"]).startswith("x· V©n")
    assert work.rows()[7].values["full_name"] == "Trần Xuân Bách"


def test_rows_that_were_left_are_written_corrected_and_imported(qtbot: QtBot, work: Work, tmp_path: Path) -> None:
    rows = [
        HEADER,
        (1, "Lê Văn An", 2003, "Nam", None, "thôn Đồng Vạc"),
        (2, "12 ;;", 2004, "Nữ", None, "thôn Bái Sậy"),
    ]
    work.asker.file = make_list(tmp_path / "ds.xlsx", rows)
    work.asker.saved = tmp_path / "rest.xlsx"
    to_preview(qtbot, work)
    work.page.leave.click()
    qtbot.waitUntil(work.asker.saved.exists, timeout=20_000)
    qtbot.waitUntil(work.page.trouble.isVisible)
    work.page.next.click()
    qtbot.waitUntil(lambda: work.page.stack.currentIndex() == Stage.DONE, timeout=20_000)
    book = load_workbook(work.asker.saved)
    sheet = book.active
    assert sheet is not None
    assert sheet["G2"].value == "Không phải họ tên"
    sheet["B2"] = "Lê Thị Bình"
    book.save(work.asker.saved)
    work.asker.file = work.asker.saved
    work.page.other.click()
    qtbot.waitUntil(lambda: work.page.stack.currentIndex() == Stage.COLUMNS, timeout=20_000)
    assert work.page.told.text().startswith("Tệp sửa lại của lần nhập trước")
    work.page.next.click()
    assert [(row.values["full_name"], row.unit_id) for row in work.rows().values()] == [("Lê Thị Bình", UUID(int=3))]


def test_an_import_of_before_is_taken_back_from_the_first_page(qtbot: QtBot, work: Work) -> None:
    to_preview(qtbot, work)
    work.page.next.click()
    qtbot.waitUntil(lambda: work.page.stack.currentIndex() == Stage.DONE, timeout=20_000)
    work.desk.imports.presenter.start_over()
    qtbot.waitUntil(lambda: len(work.page.batches) == 1)
    assert len(work.stored()) == 60
    next(iter(work.page.batches.values())).click()
    qtbot.waitUntil(lambda: not work.jobs.busy and not work.page.batches, timeout=20_000)
    assert work.stored() == []
