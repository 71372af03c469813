"""The saved lists on the screen: the real main window on an encrypted file, by keys alone."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import pytest
from keys import CTRL, SHIFT, press, write
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from sync.client.replica import Author
from sync.protocol.kinds import Values
from yum_desktop.domain.cleaning import Gap
from yum_desktop.exchange.gazetteer import shipped_gazetteer
from yum_desktop.registry import audit, commands, queries
from yum_desktop.registry.engine import Registry
from yum_desktop.ui.asking import Answer, Question
from yum_desktop.ui.card.view import CardDialog
from yum_desktop.ui.cleaning.view import CleaningPage
from yum_desktop.ui.desk import Desk
from yum_desktop.ui.jobs import QtJobs
from yum_desktop.ui.members.view import MembersPage
from yum_desktop.ui.members.words import vocabulary_of

T = TypeVar("T")
KEY = bytes(range(32))
XA, NA_LECH, CO_SAY = (UUID(int=n) for n in (1, 2, 3))
NAMES = ("Cà Văn Dũng", "Quàng Văn Ổn", "Lò Thị Thảo", "Vì Thị Xuân")


class SomeClock:
    def now(self) -> datetime:
        return datetime(2026, 10, 15, 1, tzinfo=UTC)


class AsksForFiles:
    def __init__(self) -> None:
        self.path, self.name = Path(), ""

    def ask(self, question: Question, answered: Callable[[Answer | None], None]) -> None:
        raise AssertionError(question.title)

    def open_file(self, title: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        raise AssertionError(title)

    def save_file(self, title: str, name: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        self.name = name
        chosen(self.path)


def apart(read: Callable[[], T]) -> T:
    """Read the file away from the screen's thread."""
    found: list[T] = []
    thread = threading.Thread(target=lambda: found.append(read()))
    thread.start()
    thread.join()
    return found[0]


def fill(registry: Registry) -> None:
    author = Author("hanh", "Máy 1", "desktop")
    units: list[tuple[UUID, Values]] = [
        (XA, {"level": "XA", "name": "Đoàn xã Mường Vạt"}),
        (NA_LECH, {"parent_id": XA.bytes, "level": "CHIDOAN", "name": "bản Nà Lếch"}),
        (CO_SAY, {"parent_id": XA.bytes, "level": "CHIDOAN", "name": "bản Co Sậy"}),
    ]
    with registry.write() as conn:
        for unit_id, values in units:
            registry.replica.create(conn, "unit", unit_id.bytes, {**values, "unit_id": unit_id.bytes}, author)
        for number, name in enumerate(NAMES):
            person: Values = {
                "unit_id": (CO_SAY if number == 3 else NA_LECH).bytes, "full_name": name,
                "born_on": f"200{number}-04-30", "status": "DANG_SINH_HOAT", "position": "DOAN_VIEN",
            }  # fmt: skip
            registry.replica.create(conn, "member", UUID(int=50 + number).bytes, person, author)


class Work:
    def __init__(self, registry: Registry, qtbot: QtBot) -> None:
        self.registry, self.jobs, self.qtbot = registry, QtJobs(), qtbot
        words = vocabulary_of(registry, shipped_gazetteer, SomeClock())
        self.asked, self.shown = AsksForFiles(), list[Path]()
        self.desk = Desk(registry, self.jobs, SomeClock(), words, lambda _window: self.asked, self.shown.append)
        self.desk.stop_trying()
        self.window = self.desk.window
        page, members = self.window.page("cleaning"), self.window.page("members")
        assert isinstance(page, CleaningPage)
        assert isinstance(members, MembersPage)
        self.page, self.members = page, members

    def rest(self) -> None:
        """Wait until nothing is on its way."""
        self.qtbot.waitUntil(lambda: not self.jobs.busy)

    def hand(self) -> QWidget:
        found = self.window.focusWidget()  # also while the window of a list counts as the active one
        assert found is not None
        return found

    def key(self, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        press(self.hand(), key, held)
        self.rest()

    def in_hand(self) -> str:
        """Return the name of the field that has the focus."""
        return next(name for name, editor in self.page.form.editors.items() if editor is self.hand())

    def stored(self, number: int, name: str) -> object:
        return apart(lambda: queries.member(self.registry, UUID(int=50 + number)).values[name])


@pytest.fixture
def work(tmp_path: Path, qtbot: QtBot) -> Iterator[Work]:
    registry = Registry.open(tmp_path / "yum.db", KEY, clock=SomeClock())
    fill(registry)
    registry.close()
    registry = Registry.open(tmp_path / "yum.db", KEY, clock=SomeClock(), screen_thread=threading.get_ident())
    found = Work(registry, qtbot)
    qtbot.addWidget(found.window)
    found.window.resize(1366, 696)
    found.window.show()
    qtbot.waitActive(found.window)
    found.desk.start()
    found.rest()
    press(found.window, Qt.Key.Key_6, Qt.KeyboardModifier.AltModifier)
    found.rest()
    yield found
    found.rest()
    found.jobs.close()
    registry.close()


def choose(work: Work, gap: Gap) -> None:
    """Go to a list by the arrow keys."""
    work.page.lists.setFocus()
    work.key(Qt.Key.Key_Home)
    for _ in list(Gap)[: list(Gap).index(gap)]:
        work.key(Qt.Key.Key_Down)


def test_lists_units_and_rows_are_there_with_their_counts(work: Work) -> None:
    assert work.window.page_key() == "cleaning"
    assert [row.full_name for row in work.page.model.rows] == list(NAMES)
    choose(work, Gap.NOT_IN_APP)
    assert "Chưa có trên App · 4 hồ sơ" in work.page.head.about.text()
    work.page.tree.choose(CO_SAY)
    work.rest()
    assert [row.full_name for row in work.page.model.rows] == [NAMES[3]]
    choose(work, Gap.SMALL_CHAPTER)
    assert [row.name for row in work.page.small_model.rows] == ["bản Co Sậy"]


def test_a_list_without_anybody_says_what_to_do(work: Work) -> None:
    choose(work, Gap.OVER_AGE)
    assert work.page.middle.currentWidget() is work.page.empty
    assert "Chọn danh sách khác" in work.page.empty.text
    assert not work.page.walk.isEnabled()


def test_enter_leads_from_phone_to_phone_and_to_the_end(work: Work) -> None:
    choose(work, Gap.NO_PHONE)
    work.key(Qt.Key.Key_Return, CTRL)
    assert (work.in_hand(), work.page.form.walk.text()) == ("phone", "1/4")
    write(work.hand(), "0388417590")
    work.key(Qt.Key.Key_Return)
    assert (work.in_hand(), work.page.form.walk.text()) == ("phone", "2/4")
    work.key(Qt.Key.Key_Return, CTRL | SHIFT)
    assert work.page.form.walk.text() == "3/4"
    write(work.hand(), "0388417592")
    work.key(Qt.Key.Key_Return, CTRL)
    assert work.page.form.walk.text() == "4/4"
    work.key(Qt.Key.Key_Return)
    assert work.window.toast.text == "Hết danh sách: 2 hồ sơ đã xong, 2 hồ sơ còn để lại"
    assert [work.stored(number, "phone") for number in range(4)] == ["0388417590", None, "0388417592", None]
    assert [row.full_name for row in work.page.model.rows] == [NAMES[1], NAMES[3]]
    assert work.hand() is work.page.table


def test_all_gaps_of_a_record_come_in_form_order_before_the_next(work: Work) -> None:
    work.page.table.setFocus()
    work.key(Qt.Key.Key_Down)
    work.key(Qt.Key.Key_Return)
    assert (work.in_hand(), work.page.form.walk.text()) == ("sex", "2/4")
    seen = ["sex"]
    while work.page.form.walk.text() == "2/4":
        work.key(Qt.Key.Key_Return)
        seen.append(work.in_hand())
    assert seen[:5] == ["sex", "ethnicity", "religion", "id_number", "id_missing_reason"]
    assert seen[-2:] == ["source", "sex"]


def test_the_same_as_with_the_record_before_is_one_key(work: Work) -> None:
    work.page.table.setFocus()
    work.key(Qt.Key.Key_Return, CTRL)
    work.page.form.focus("joined_on")
    write(work.hand(), "260319")
    work.key(Qt.Key.Key_Return, CTRL)
    assert (work.stored(0, "joined_on"), work.page.form.walk.text()) == ("2019-03-26", "2/4")
    work.page.form.focus("joined_on")
    work.key(Qt.Key.Key_D, CTRL)
    assert (work.in_hand(), work.stored(1, "joined_on")) == ("has_book", "2019-03-26")
    work.key(Qt.Key.Key_Down, CTRL)
    assert work.in_hand() == "source"


def test_what_cannot_be_read_is_not_left_behind(work: Work) -> None:
    choose(work, Gap.NO_NUMBER)
    work.key(Qt.Key.Key_Return, CTRL)
    write(work.hand(), "12345")
    work.key(Qt.Key.Key_Return)
    assert (work.in_hand(), work.page.form.walk.text()) == ("id_number", "1/4")
    work.page.form.editors["id_number"].clear()  # type: ignore[union-attr]  # a field of text
    work.key(Qt.Key.Key_Return)
    assert work.in_hand() == "id_missing_reason"
    write(work.hand(), "Chưa làm thẻ")
    work.key(Qt.Key.Key_Return)
    assert (work.in_hand(), work.page.form.walk.text()) == ("id_number", "2/4")
    assert work.stored(0, "id_missing_reason") == "Chưa làm thẻ"


def test_a_card_is_read_into_the_record_in_hand(work: Work) -> None:
    choose(work, Gap.NO_NUMBER)
    work.key(Qt.Key.Key_Return, CTRL)
    work.key(Qt.Key.Key_T, CTRL)
    (window,) = work.page.findChildren(CardDialog)
    assert window.isVisible()
    assert work.desk.cleaning.editing is not None
    work.desk.cleaning.editing.take({"id_number": "014200004815"})
    window.close()
    work.rest()
    assert work.stored(0, "id_number") == "014200004815"


def test_a_year_alone_is_made_a_day(work: Work) -> None:
    apart(lambda: commands.set_member(work.registry, UUID(int=51), {"born_on": "1996"}))
    work.key(Qt.Key.Key_F5)
    choose(work, Gap.AGE_UNKNOWN)
    work.key(Qt.Key.Key_Return, CTRL)
    assert (work.in_hand(), work.page.form.walk.text()) == ("born_on", "1/1")
    write(work.hand(), "260396")
    work.key(Qt.Key.Key_Return)
    assert work.stored(1, "born_on") == "1996-03-26"
    assert work.window.toast.text == "Hết danh sách: 1 hồ sơ đã xong, 0 hồ sơ còn để lại"


def test_esc_leaves_with_what_was_typed_and_counts_again(work: Work) -> None:
    choose(work, Gap.NO_PHONE)
    work.key(Qt.Key.Key_Return, CTRL)
    write(work.hand(), "0388417590")
    work.key(Qt.Key.Key_Escape)
    work.rest()
    assert work.stored(0, "phone") == "0388417590"
    work.qtbot.waitUntil(lambda: [row.full_name for row in work.page.model.rows] == list(NAMES[1:]))
    press(work.window, Qt.Key.Key_Z, CTRL)
    work.qtbot.waitUntil(lambda: len(work.page.model.rows) == 4)
    work.rest()


def test_one_value_for_the_chosen_rows_is_seen_written_and_taken_back(work: Work) -> None:
    work.page.table.setFocus()
    work.key(Qt.Key.Key_Down, SHIFT)
    work.key(Qt.Key.Key_M, CTRL)
    assert "2 hồ sơ đã chọn" in work.page.bulk.head.about.text()
    write(work.hand(), "nghe nghiep")
    work.key(Qt.Key.Key_Return)
    assert work.hand() is work.page.bulk.choice
    write(work.hand(), "nong dan")
    work.key(Qt.Key.Key_Return)
    lines = work.page.bulk.model.rows
    assert [(line.full_name, line.old, line.new, line.why) for line in lines] == [
        (name, "–", "Nông dân", "") for name in NAMES[:2]
    ]
    work.key(Qt.Key.Key_Return, CTRL)
    work.rest()
    assert [work.stored(number, "occupation") for number in range(3)] == ["NONG_DAN", "NONG_DAN", None]
    assert work.window.toast.text == "Đã sửa Nghề nghiệp của 2 hồ sơ"
    assert work.hand() is work.page.table
    work.key(Qt.Key.Key_Z, CTRL)
    work.qtbot.waitUntil(lambda: work.stored(0, "occupation") is None)
    work.rest()


def test_a_ward_for_the_whole_list_is_chosen_by_its_province(work: Work) -> None:
    work.page.table.setFocus()
    work.key(Qt.Key.Key_M, CTRL)
    assert "cả danh sách, 4 hồ sơ" in work.page.bulk.head.about.text()
    write(work.hand(), "thuong tru: xa")
    work.key(Qt.Key.Key_Return)
    write(work.hand(), "tuyen quang")
    work.key(Qt.Key.Key_Return)
    write(work.hand(), "thuong lam")
    work.key(Qt.Key.Key_Return)
    assert len([line for line in work.page.bulk.model.rows if not line.code]) == 4
    work.key(Qt.Key.Key_Escape)
    assert work.stored(0, "residence_ward") is None
    assert work.hand() is work.page.table


def test_sheets_for_the_list_are_written_noted_and_shown(work: Work, tmp_path: Path) -> None:
    choose(work, Gap.NO_PHONE)
    work.asked.path = tmp_path / "phieu"
    work.key(Qt.Key.Key_P, CTRL)
    work.rest()
    assert work.asked.name == "phieu-thieu-dien-thoai-doan-xa-muong-vat-15-10-2026.pdf"
    assert work.shown == [tmp_path / "phieu.pdf"]
    content = work.shown[0].read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Type /Page\n") == 2
    assert work.window.toast.text == "Đã ghi phiếu của 4 người, 2 trang: phieu.pdf"
    (line,) = apart(lambda: audit.lines(work.registry))
    assert (line.action, line.what["layout"], line.what["count"]) == ("export", "sheets:no_phone", 4)
    assert (line.what["unit"], line.what["masked"]) == (str(XA), True)


def test_sheets_that_cannot_be_written_leave_nothing(work: Work, tmp_path: Path) -> None:
    work.asked.path = tmp_path / "none" / "phieu.pdf"
    work.page.table.setFocus()
    work.key(Qt.Key.Key_P, CTRL)
    work.rest()
    assert "Không có thư mục" in work.page.trouble.text
    assert work.shown == []
    assert apart(lambda: audit.lines(work.registry)) == []


def test_a_small_chapter_leads_to_its_members(work: Work) -> None:
    choose(work, Gap.SMALL_CHAPTER)
    work.page.small.setFocus()
    work.key(Qt.Key.Key_Return)
    assert work.window.page_key() == "members"
    assert [row.full_name for row in work.members.model.rows] == [NAMES[3]]
