"""A list out into a file, from the real window to the real file. Everybody is invented."""

import io
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msoffcrypto
import openpyxl
import pytest
from held_jobs import AtOnceJobs
from keys import CTRL, click, press, write
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sync.client.replica import Author
from sync.protocol.kinds import Values
from yum_desktop.exchange.excel.export import Exported, Report, Wanted
from yum_desktop.exchange.gazetteer import shipped_gazetteer
from yum_desktop.registry import audit
from yum_desktop.registry.engine import Registry
from yum_desktop.ui.asking import Answer, Question
from yum_desktop.ui.desk import Desk
from yum_desktop.ui.export.presenter import ExportPresenter, Subject, export_sources
from yum_desktop.ui.export.view import ExportDialog
from yum_desktop.ui.members.view import MembersPage
from yum_desktop.ui.members.words import vocabulary_of

KEY = bytes(range(32))
XA, NA_LECH = UUID(int=1), UUID(int=2)
PEOPLE = ("Lò Thị Thảo", "Cà Văn Dũng", "=cmd()", "Hà Thị Ngát")


class SomeClock:
    def now(self) -> datetime:
        return datetime(2026, 10, 15, 1, tzinfo=UTC)


class SavesTo:
    def __init__(self, path: Path) -> None:
        self.path, self.names = path, list[str]()

    def ask(self, question: Question, answered: Callable[[Answer | None], None]) -> None:
        raise AssertionError(question.title)

    def open_file(self, title: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        raise AssertionError(title)

    def save_file(self, title: str, name: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        self.names.append(name)
        chosen(self.path)


class Office:
    """The program with a chapter, its list in front."""

    def __init__(self, folder: Path, qtbot: QtBot) -> None:
        self.registry = Registry.open(folder / "yum.db", KEY, clock=SomeClock())
        author = Author("hanh", "Máy 1", "desktop")
        with self.registry.write() as conn:
            commune: Values = {"unit_id": XA.bytes, "level": "XA", "name": "Đoàn xã Mường Vạt"}
            chapter: Values = {"parent_id": XA.bytes, "level": "CHIDOAN", "name": "bản Nà Lếch"}
            self.registry.replica.create(conn, "unit", XA.bytes, commune, author)
            self.registry.replica.create(conn, "unit", NA_LECH.bytes, {**chapter, "unit_id": NA_LECH.bytes}, author)
            for place, name in enumerate(PEOPLE):
                person: Values = {
                    "unit_id": NA_LECH.bytes, "full_name": name, "born_on": f"200{place}-04-30",
                    "id_number": f"01430300481{place}", "phone": f"038841759{place}", "status": "DANG_SINH_HOAT",
                }  # fmt: skip
                self.registry.replica.create(conn, "member", UUID(int=50 + place).bytes, person, author)
        self.asker, self.qtbot = SavesTo(folder / "danh-sach"), qtbot
        words = vocabulary_of(self.registry, shipped_gazetteer, SomeClock())
        self.desk = Desk(self.registry, AtOnceJobs(), SomeClock(), words, lambda _: self.asker)
        self.desk.stop_trying()
        qtbot.addWidget(self.desk.window)
        self.desk.window.resize(1366, 696)
        with qtbot.waitActive(self.desk.window):
            self.desk.window.show()
            self.desk.window.activateWindow()
        self.desk.members.refresh()

    @property
    def page(self) -> MembersPage:
        (page,) = self.desk.window.findChildren(MembersPage)
        return page

    def window(self) -> ExportDialog:
        press(self.desk.window, Qt.Key.Key_E, CTRL)
        (dialog,) = self.page.findChildren(ExportDialog)
        dialog.activateWindow()
        self.qtbot.waitUntil(dialog.isActiveWindow)
        return dialog

    @property
    def file(self) -> Path:
        return self.asker.path.with_name("danh-sach.xlsx")


@pytest.fixture
def office(tmp_path: Path, qtbot: QtBot) -> Iterator[Office]:
    made = Office(tmp_path, qtbot)
    yield made
    made.registry.close()


def rows(content: Path | io.BytesIO) -> list[list[object]]:
    """Return the cells of a workbook from its header on."""
    sheet = openpyxl.load_workbook(content, data_only=False).worksheets[0]
    found: list[list[object]] = [[cell.value for cell in row] for row in sheet.iter_rows()]
    start = next(place for place, row in enumerate(found) if {"Họ và tên", "Họ tên"} & set(row))
    return found[start:]


def test_the_list_leaves_as_it_is_shown_with_keys_alone_and_masked(office: Office) -> None:
    office.page.table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    dialog = office.window()
    press(dialog, Qt.Key.Key_Return, CTRL)
    header, *lines = rows(office.file)
    (odd,) = [
        cell for row in openpyxl.load_workbook(office.file).worksheets[0] for cell in row if cell.value == "=cmd()"
    ]
    assert odd.data_type == "s", "it is a text, not a formula"
    shown = [header.index(name) for name in ("Họ và tên", "Ngày sinh", "Điện thoại")]
    assert "Số CMND/CCCD" not in header, "the screen does not show it"
    assert [line[shown[0]] for line in lines] == ["Hà Thị Ngát", "=cmd()", "Cà Văn Dũng", "Lò Thị Thảo"]
    assert not any("038841759" in str(cell) for line in lines for cell in line)
    (line,) = audit.lines(office.registry)
    assert (line.action, line.what["count"], line.what["masked"]) == (audit.EXPORT, 4, True)
    assert office.asker.names == ["danh-sach-nhu-man-hinh-doan-xa-muong-vat-15-10-2026.xlsx"]
    assert "4 người" in dialog.said.text()
    press(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_numbers_seen_in_full_are_noted_once_an_hour(office: Office) -> None:
    office.page.table.select_row(0)
    office.page.detail._toggle_numbers()
    office.page.detail._toggle_numbers()
    office.page.detail._toggle_numbers()
    press(office.page.table, Qt.Key.Key_F2)
    seen = [(line.action, line.what) for line in audit.lines(office.registry)]
    assert seen == [(audit.VIEW, {"unit": str(NA_LECH), "where": "detail", "count": 1})]
    press(office.page.form, Qt.Key.Key_Escape)
    office.page.table.select_row(1)
    press(office.page.table, Qt.Key.Key_F2)
    assert audit.lines(office.registry)[0].what["where"] == "form"
    assert not audit.verify(office.registry).code


def test_a_search_narrows_what_leaves(office: Office) -> None:
    write(office.page.search, "ca van")
    dialog = office.window()
    press(dialog, Qt.Key.Key_Return, CTRL)
    assert len(rows(office.file)) == 2
    assert "ca-van" in office.asker.names[0]


def test_everything_in_full_needs_a_reason_that_the_log_keeps(office: Office) -> None:
    dialog = office.window()
    dialog.layouts["yum30"][1].setChecked(True)
    dialog.full.setChecked(True)
    assert dialog.reason.hasFocus()
    write(dialog.reason, "Nộp")
    click(dialog.go)
    assert "Lý do" in dialog.trouble.text
    assert not office.file.exists()
    assert not office.asker.names, "it is said before a place is asked for"
    dialog.reason.clear()
    write(dialog.reason, "Nộp danh sách cho Tỉnh đoàn")
    click(dialog.go)
    assert any("014303004810" in str(cell) for line in rows(office.file) for cell in line)
    (line,) = audit.lines(office.registry)
    assert (line.what["masked"], line.what["reason"]) == (False, "Nộp danh sách cho Tỉnh đoàn")


@pytest.mark.parametrize(("first", "second"), [("ngắn", "ngắn"), ("mot cau kho doan", "mot cau kho nho")])
def test_a_password_that_is_weak_or_mistyped_is_said(office: Office, first: str, second: str) -> None:
    dialog = office.window()
    dialog.protect.setChecked(True)
    assert dialog.password.hasFocus()
    write(dialog.password, first)
    write(dialog.again, second)
    click(dialog.go)
    assert "ật khẩu" in dialog.trouble.text
    assert dialog.password.property("state") == "bad"
    assert not office.file.exists()


def test_a_file_with_a_password_opens_with_it_alone(office: Office) -> None:
    dialog = office.window()
    dialog.protect.setChecked(True)
    for field in (dialog.password, dialog.again):
        write(field, "mot cau kho doan")
    click(dialog.go)
    assert dialog.password.text() == dialog.again.text() == ""
    with office.file.open("rb") as sealed:
        book = msoffcrypto.OfficeFile(sealed)
        assert book.is_encrypted()
        book.load_key(password="mot cau kho doan")
        opened = io.BytesIO()
        book.decrypt(opened)
    assert len(rows(opened)) == 5


def test_a_place_that_cannot_be_written_is_said_and_can_be_chosen_again(office: Office, tmp_path: Path) -> None:
    good, office.asker.path = office.asker.path, tmp_path / "khong-co" / "danh-sach"
    dialog = office.window()
    click(dialog.go)
    assert dialog.trouble.text
    assert dialog.go.isVisible()
    office.asker.path = good
    click(dialog.go)
    assert office.file.exists()
    assert not dialog.trouble.text


def test_a_layout_that_is_wrong_is_named_and_the_others_are_offered(office: Office, tmp_path: Path) -> None:
    (tmp_path / "layouts").mkdir()
    (tmp_path / "layouts" / "tinh.json").write_text("{", encoding="utf-8")
    dialog = office.window()
    assert "tinh.json" in dialog.trouble.text
    assert "yum30" in dialog.layouts


def test_an_export_that_is_stopped_leaves_no_file(office: Office, qtbot: QtBot) -> None:
    sources, members = export_sources(office.registry), [UUID(int=50 + n % 4) for n in range(4_000)]
    dialog = ExportDialog()
    qtbot.addWidget(dialog)

    def write_slowly(wanted: Wanted, stop: threading.Event, report: Report) -> Exported:
        def told(done: int, total: int) -> None:
            report(done, total)
            assert not dialog.progress.isHidden()
            press(dialog, Qt.Key.Key_Escape)

        return sources.write(wanted, stop, told)

    slow = type(sources)(sources.layouts, write_slowly)
    subject = Subject(members, "Đoàn xã", XA)
    dialog.presenter = ExportPresenter(dialog, AtOnceJobs(), slow, office.asker, subject, SomeClock().now().date())
    dialog.presenter.begin()
    dialog.show()
    click(dialog.go)
    assert "Đã dừng" in dialog.trouble.text
    assert dialog.isVisible()
    assert dialog.go.isVisible()
    assert not office.file.exists()
    assert not [path.name for path in office.file.parent.iterdir() if "danh-sach" in path.name]
