"""The real program with a person at its keyboard, who says on standard output what was typed. It waits to be killed.

Args: the file of records. It is made, as that of an account of an invented commune.
"""

import sys
import threading
from pathlib import Path

import yum_desktop.ui  # noqa: F401  # keeps None alive before the first widget

sys.path += [str(Path(__file__).parents[1] / name) for name in ("registry", "ui")]

from commune import HAMLET, opened, settle_in
from keys import CTRL, press, write
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from yum_desktop.app import Program
from yum_desktop.registry.clock import SystemClock
from yum_desktop.ui.jobs import QtJobs
from yum_desktop.ui.members.view import MembersPage
from yum_desktop.ui.theme import Scheme, Theme
from yum_desktop.ui.widgets.fields import TextField

TYPED = {
    "full_name": "Quàng Thị Diễm",
    "born_on": "050307",
    "id_number": "008307001234",
    "phone": "0388417590",
    "email": "diem@example.vn",
    "current_address": "Bản Nà Lếch",
}
IN_HAND = "chữ còn trong tay"


def say(text: str) -> None:
    """Tell who watches."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(file: Path) -> None:
    """Type."""
    app = QApplication(sys.argv)
    Theme.install(app, scheme=Scheme.LIGHT)
    registry = opened(file, screen_thread=threading.get_ident())
    filled = threading.Thread(target=settle_in, args=(registry,))
    filled.start()
    filled.join()
    jobs = QtJobs(app)
    program = Program(registry, jobs, SystemClock())
    program.show()
    desk = program.desk
    assert desk is not None, "the device is enrolled"
    desk.stop_trying()
    page = desk.window.page("members")
    assert isinstance(page, MembersPage), page

    def settle() -> None:
        while jobs.busy:
            QTest.qWait(5)

    settle()
    page.tree.choose(HAMLET)
    settle()
    press(desk.window, Qt.Key.Key_N, CTRL)
    for name, text in TYPED.items():
        editor = page.form.editors[name]
        assert isinstance(editor, TextField), name
        editor.setFocus()
        write(editor, text)
        press(editor, Qt.Key.Key_Return)
        settle()
        say(name)
    note = page.form.editors["note"]
    note.setFocus()
    write(note, IN_HAND)
    say("in hand")
    app.exec()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
