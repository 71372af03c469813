from datetime import UTC, datetime, timedelta

import pytest
from keys import ALT, CTRL, SHIFT, press, write
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from yum_desktop.registry.views import SyncState
from yum_desktop.ui.shell.hits import Hit
from yum_desktop.ui.shell.window import MainWindow
from yum_desktop.ui.widgets.fields import TextField

NOW = datetime(2026, 11, 24, 1, 25, tzinfo=UTC)


class Page(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = TextField(), TextField()
        row = QHBoxLayout(self)
        row.addWidget(self.one)
        row.addWidget(self.two)

    def panes(self) -> list[QWidget]:
        return [self.one, self.two]


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    made = MainWindow()
    qtbot.addWidget(made)
    made.add_page("members", "Đoàn viên", "users", Page())
    made.add_page("sync", "Đồng bộ", "refresh-cw", Page())
    made.resize(1366, 696)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    return made


def test_alt_and_a_digit_opens_a_page(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.page_shown) as shown:
        press(window, Qt.Key.Key_2, ALT)
    assert shown.args == ["sync"]
    assert window.page_key() == "sync"


def test_f9_asks_for_a_sync_and_while_it_runs_for_a_stop(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.strip.sync_requested):
        press(window, Qt.Key.Key_F9)
    window.strip.show_state(SyncState(busy=True, busy_rows=5, busy_rows_total=12, busy_bytes=31_000), NOW)
    assert window.strip.button.text() == "Tạm dừng"
    with qtbot.waitSignal(window.strip.stop_requested):
        press(window, Qt.Key.Key_F9)


def test_f6_goes_round_the_panes_of_the_page(qtbot: QtBot, window: MainWindow) -> None:
    page = window.page("members")
    assert isinstance(page, Page)
    page.two.setFocus()
    press(window, Qt.Key.Key_F6)
    assert page.one.hasFocus()
    press(window, Qt.Key.Key_F6)
    assert page.two.hasFocus()
    press(window, Qt.Key.Key_F6, SHIFT)
    assert page.one.hasFocus()


def test_ctrl_b_folds_the_navigation_and_a_narrow_window_does_it_by_itself(qtbot: QtBot, window: MainWindow) -> None:
    assert not window.nav.is_folded()
    press(window, Qt.Key.Key_B, CTRL)
    assert window.nav.is_folded()
    press(window, Qt.Key.Key_B, CTRL)
    assert not window.nav.is_folded()


def test_a_window_of_1280_px_has_a_folded_navigation(qtbot: QtBot) -> None:
    narrow = MainWindow()
    qtbot.addWidget(narrow)
    narrow.resize(1280, 648)
    narrow.show()
    assert narrow.nav.is_folded()


def test_ctrl_z_goes_to_the_field_while_it_has_something_to_undo_and_then_to_the_program(
    qtbot: QtBot, window: MainWindow
) -> None:
    page = window.page("members")
    assert isinstance(page, Page)
    page.one.setFocus()
    write(page.one, "An")
    with qtbot.assertNotEmitted(window.undo_requested):
        press(page.one, Qt.Key.Key_Z, CTRL)
    assert page.one.text() == ""
    with qtbot.waitSignal(window.undo_requested):
        press(page.one, Qt.Key.Key_Z, CTRL)


def test_s174_the_strip_shows_what_waits_and_hides_what_is_empty(window: MainWindow) -> None:
    since = NOW - timedelta(days=5)
    window.strip.show_state(
        SyncState(online=False, pending=12, pending_since=since, refused=2, last_sync=NOW - timedelta(days=6)), NOW
    )
    strip = window.strip
    assert strip.pending.text() == "12 chờ gửi, lâu nhất từ 19/11"
    assert strip.refused.text() == "2 bị từ chối"
    assert strip.conflicts.isHidden()
    assert strip.clean.isHidden()
    assert strip.last.text() == "Gửi nhận xong lần cuối: 18/11, 08:25"
    window.strip.show_state(SyncState(online=True), NOW)
    assert strip.pending.isHidden()
    assert not strip.clean.isHidden()
    assert strip.last.text() == "Máy này chưa gửi nhận lần nào"


@pytest.mark.parametrize(("part", "kind"), [("pending", "pending"), ("refused", "refused"), ("conflicts", "conflicts")])
def test_each_part_of_the_strip_opens_its_list(qtbot: QtBot, window: MainWindow, part: str, kind: str) -> None:
    window.strip.show_state(SyncState(pending=1, refused=1, conflicts=1), NOW)
    with qtbot.waitSignal(window.strip.list_requested) as asked:
        getattr(window.strip, part).click()
    assert asked.args == [kind]


def test_the_search_is_reached_used_and_left_by_keyboard(qtbot: QtBot, window: MainWindow) -> None:
    press(window, Qt.Key.Key_K, CTRL)
    assert window.top.search.hasFocus()
    write(window.top.search, "lo")
    hits = [Hit("members", 1, "Lò Văn Ẩn", "user"), Hit("members", 2, "Lò Thị Hạnh", "user")]
    window.top.show_hits(hits)
    press(window.top.search, Qt.Key.Key_Down)
    with qtbot.waitSignal(window.top.hit_chosen) as chosen:
        press(window.top.search, Qt.Key.Key_Return)
    assert chosen.args == [hits[1]]


def test_no_text_of_the_shell_is_cut_at_the_reference_size(qtbot: QtBot, window: MainWindow) -> None:
    since = NOW - timedelta(days=5)
    state = SyncState(online=False, pending=12, pending_since=since, refused=2, conflicts=1, last_sync=since)
    window.strip.show_state(state, NOW)
    buttons = (window.strip.pending, window.strip.refused, window.strip.conflicts, window.strip.button)
    qtbot.waitUntil(lambda: all(button.width() >= button.sizeHint().width() for button in buttons))
    assert window.strip.button.geometry().right() < window.width()
