"""Ten complete members entered with keys alone, on the real window and an encrypted file. Everybody is invented."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from uuid import UUID

import pytest
from held_jobs import AtOnceJobs
from keys import CTRL, press, write
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sync.client.replica import Author
from sync.protocol.kinds import Values
from yum_desktop.exchange.gazetteer import shipped_gazetteer
from yum_desktop.registry import queries
from yum_desktop.registry.engine import Registry
from yum_desktop.ui.asking import Answer, Question
from yum_desktop.ui.desk import Desk
from yum_desktop.ui.members.view import MembersPage
from yum_desktop.ui.members.words import vocabulary_of

KEY = bytes(range(32))
XA, NA_LECH = UUID(int=1), UUID(int=2)
SHARED = {
    "ethnicity": ("thai", "Thái"),
    "religion": ("khong", "Không"),
    "hometown_province": ("son la", "Tỉnh Sơn La"),
    "hometown_ward": ("mai son", "Xã Mai Sơn"),
    "residence_province": ("son la", "Tỉnh Sơn La"),
    "residence_ward": ("mai son", "Xã Mai Sơn"),
    "education": ("12/12", "Hệ 12/12"),
    "occupation": ("nong", "Nông dân"),
    "joined_on": ("260321", "26/03/2021"),
    "has_book": ("co", "Có"),
}
"""What is typed and what is meant; the same for the whole hamlet."""
NAMES = (
    "Lò Thị Thảo", "Cà Văn Dũng", "Quàng Thị Diễm", "Vì Văn Ổn", "Tòng Thị Yến", "Lường Văn Tuấn", "Hà Thị Ngát",
    "Sùng A Chứ", "Giàng Thị Mỷ", "Cầm Thị Ánh",
)  # fmt: skip


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


class Typist:
    """Types, and counts what was pressed."""

    def __init__(self, page: MembersPage, desk: Desk) -> None:
        self._page, self._desk = page, desk
        self.presses = self.letters = 0

    @property
    def at(self) -> str:
        """The field with the focus; nothing where it is on a button."""
        focus = self._desk.window.focusWidget()
        return next((name for name, editor in self._page.form.editors.items() if editor is focus), "")

    def key(self, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.presses += 1
        press(self._desk.window.focusWidget(), key, held)

    def enter(self, name: str, typed: str) -> None:
        """Type a value into the field that has the focus; a value of a list is taken by Enter."""
        assert self.at == name
        write(self._page.form.editors[name], typed)
        self.presses += len(typed)
        if QApplication.activePopupWidget() is not None:
            self.key(Qt.Key.Key_Return)


@pytest.fixture
def typist(tmp_path: Path, qtbot: QtBot) -> Iterator[tuple[Typist, Registry]]:
    registry = Registry.open(tmp_path / "yum.db", KEY, clock=SomeClock())
    author = Author("hanh", "Máy 1", "desktop")
    with registry.write() as conn:
        commune: Values = {"unit_id": XA.bytes, "level": "XA", "name": "Đoàn xã Mai Sơn"}
        registry.replica.create(conn, "unit", XA.bytes, commune, author)
        chapter: Values = {"unit_id": NA_LECH.bytes, "parent_id": XA.bytes, "level": "CHIDOAN", "name": "bản Nà Lếch"}
        registry.replica.create(conn, "unit", NA_LECH.bytes, chapter, author)
    words = vocabulary_of(registry, shipped_gazetteer, SomeClock())
    desk = Desk(registry, AtOnceJobs(), SomeClock(), words, lambda _: AsksNothing())
    desk.stop_trying()
    qtbot.addWidget(desk.window)
    desk.window.resize(1366, 696)
    with qtbot.waitActive(desk.window):
        desk.window.show()
        desk.window.activateWindow()
    (page,) = desk.window.findChildren(MembersPage)
    desk.members.refresh()
    page.tree.choose(NA_LECH)
    yield Typist(page, desk), registry
    registry.close()


def test_ten_complete_members_by_keys_alone(
    typist: tuple[Typist, Registry], capsys: pytest.CaptureFixture[str]
) -> None:
    hand, registry = typist
    meant = 0
    began = perf_counter()
    hand.key(Qt.Key.Key_N, CTRL)
    for number, name in enumerate(NAMES):
        own = {
            "full_name": (name, name),
            "born_on": (f"{number + 1:02}0403", f"{number + 1:02}/04/2003"),
            "sex": ("nu" if " Thị " in name else "nam", "Nữ" if " Thị " in name else "Nam"),
            "id_number": (f"0143030048{number:02}", f"0143030048{number:02}"),
            "phone": (f"03884175{number:02}", f"03884175{number:02}"),
        }
        for _ in range(len(own) + len(SHARED)):
            field = hand.at
            if number and field in SHARED:
                hand.key(Qt.Key.Key_D, CTRL)
                meant += len(SHARED[field][1])
                continue
            typed, said = {**own, **SHARED}[field]
            hand.enter(field, typed)
            meant += len(said)
            if hand.at not in {**own, **SHARED} or hand.at == field:
                hand.key(Qt.Key.Key_Down, CTRL)
        assert hand.at == "", f"something is missing of {name}: {hand.at}"
        hand.key(Qt.Key.Key_Return, CTRL)
    seconds = perf_counter() - began
    rows = queries.member_rows(registry, NA_LECH)
    assert sorted(row.full_name for row in rows) == sorted(NAMES)
    assert [row.missing for row in rows] == [()] * len(NAMES)
    for number, name in enumerate(NAMES):
        (row,) = [row for row in rows if row.full_name == name]
        assert (row.born_on, row.sex) == (f"2003-04-{number + 1:02}", "NU" if " Thị " in name else "NAM")
        assert (row.id_number, row.phone) == (f"0143030048{number:02}", f"03884175{number:02}")
    assert hand.presses <= meant, "no more keys than letters"
    with capsys.disabled():
        count = len(NAMES)
        sys.stdout.write(
            f"\n{count} members: {hand.presses / count:.0f} presses for {meant / count:.0f} letters each"
            f" ({hand.presses / meant:.2f}), {seconds / count * 1000:.0f} ms of the program each\n"
        )
