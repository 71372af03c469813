"""The identity card from the scanner, a picture or the webcam to the record: real windows, invented people."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
import segno
from held_jobs import AtOnceJobs
from keys import CTRL, click, press, write
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDropEvent, QGuiApplication, QImage, QPainter, QTransform
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from sync.client.replica import Author
from sync.protocol.kinds import Values
from yum_desktop.domain.errors import InputError
from yum_desktop.exchange.gazetteer import shipped_gazetteer
from yum_desktop.registry.engine import Registry
from yum_desktop.ui.asking import Answer, Question
from yum_desktop.ui.card.pictures import code_in, read_picture
from yum_desktop.ui.card.view import CardDialog, ScanField
from yum_desktop.ui.card.webcam import Webcam
from yum_desktop.ui.desk import Desk
from yum_desktop.ui.members.view import MembersPage
from yum_desktop.ui.members.words import vocabulary_of

KEY = bytes(range(32))
XA, NA_LECH, THAO = UUID(int=1), UUID(int=2), UUID(int=50)
CODE = "014303004815|090871234|LÒ THỊ PHƯƠNG THẢO|30042003|Nữ|Bản Nà Lếch, Xã Mường Vạt, Sơn La|10052021||"


def picture(text: str, *, scale: int = 4) -> QImage:
    """Return a picture of a code, as a card has it."""
    rows = [list(row) for row in segno.make(text, error="m").matrix_iter(scale=scale, border=4)]
    image = QImage(len(rows[0]), len(rows), QImage.Format.Format_RGB32)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            image.setPixelColor(x, y, QColor("black" if dark else "white"))
    return image


def photograph(*codes: str) -> QImage:
    """Return codes on a table, seen a little askew and not sharp."""
    table = QImage(1_400, 800, QImage.Format.Format_RGB32)
    table.fill(QColor("#b8a58a"))
    painter = QPainter(table)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    for place, code in enumerate(codes):
        painter.setTransform(QTransform().translate(120 + 620 * place, 160).rotate(9).shear(0.08, 0.03))
        painter.drawImage(0, 0, picture(code))
    painter.end()
    return table.scaledToWidth(1_000, Qt.TransformationMode.SmoothTransformation)


class SomeClock:
    def now(self) -> datetime:
        return datetime(2026, 10, 15, 1, tzinfo=UTC)


class ChoosesOneFile:
    def __init__(self, path: Path) -> None:
        self._path = path

    def ask(self, question: Question, answered: Callable[[Answer | None], None]) -> None:
        raise AssertionError(question.title)

    def open_file(self, title: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        chosen(self._path)

    def save_file(self, title: str, name: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        raise AssertionError(title)


class Office:
    """The program with one member, and the form open."""

    def __init__(self, folder: Path, qtbot: QtBot) -> None:
        self.registry = Registry.open(folder / "yum.db", KEY, clock=SomeClock())
        author = Author("hanh", "Máy 1", "desktop")
        units: list[tuple[UUID, Values]] = [
            (XA, {"level": "XA", "name": "Đoàn xã Mường Vạt"}),
            (NA_LECH, {"parent_id": XA.bytes, "level": "CHIDOAN", "name": "bản Nà Lếch"}),
        ]
        person: Values = {
            "unit_id": NA_LECH.bytes, "full_name": "Lò Thị Phương Thảo", "born_on": "2003", "id_number": "014303004851",
            "status": "DANG_SINH_HOAT",
        }  # fmt: skip
        with self.registry.write() as conn:
            for unit_id, values in units:
                self.registry.replica.create(conn, "unit", unit_id.bytes, {**values, "unit_id": unit_id.bytes}, author)
            self.registry.replica.create(conn, "member", THAO.bytes, person, author)
        self.picture, self.qtbot = folder / "the.png", qtbot
        vocabulary = vocabulary_of(self.registry, shipped_gazetteer, SomeClock())
        self.desk = Desk(self.registry, AtOnceJobs(), SomeClock(), vocabulary, lambda _: ChoosesOneFile(self.picture))
        self.desk.stop_trying()
        qtbot.addWidget(self.desk.window)
        self.desk.window.resize(1366, 696)
        with qtbot.waitActive(self.desk.window):
            self.desk.window.show()
            self.desk.window.activateWindow()
        self.desk.members.show_member(THAO)
        self.desk.members.edit_member(THAO)

    @property
    def page(self) -> MembersPage:
        (page,) = self.desk.window.findChildren(MembersPage)
        return page

    def window(self) -> CardDialog:
        press(self.desk.window, Qt.Key.Key_T, CTRL)
        (dialog,) = self.page.findChildren(CardDialog)
        dialog.activateWindow()
        self.qtbot.waitUntil(dialog.isActiveWindow)
        return dialog

    def stored(self) -> Values:
        with self.registry.read() as conn:
            found = self.registry.replica.tables["member"].get(conn, THAO.bytes)
        assert found is not None
        return found[2]


@pytest.fixture
def office(tmp_path: Path, qtbot: QtBot) -> Iterator[Office]:
    made = Office(tmp_path, qtbot)
    yield made
    made.registry.close()


def test_a_scanner_types_and_keys_alone_take_the_card_into_the_record(office: Office) -> None:
    dialog = office.window()
    write(dialog.field, CODE)
    press(dialog.field, Qt.Key.Key_Return)
    assert list(dialog.ticks) == [
        "id_number", "old_id_number", "born_on", "sex", "residence_text", "id_issued_on",
    ]  # fmt: skip
    focused = dialog.ticks["id_number"]
    assert dialog.focusWidget() is focused
    press(focused, Qt.Key.Key_Space)
    press(dialog, Qt.Key.Key_Return, CTRL)
    stored = office.stored()
    assert stored["id_number"] == "014303004851", "it was not ticked any more"
    assert (stored["born_on"], stored["sex"]) == ("2003-04-30", "NU")
    assert stored["residence_text"] == "Bản Nà Lếch, Xã Mường Vạt, Sơn La"
    assert office.page.form.raw("born_on") == "30/04/2003"
    office.desk.shell.undo()
    assert office.stored()["born_on"] == "2003", "the card is one change"
    assert office.stored()["residence_text"] is None


def test_nothing_of_the_code_stays_in_the_file_or_the_window(office: Office, tmp_path: Path) -> None:
    dialog = office.window()
    write(dialog.field, CODE)
    press(dialog.field, Qt.Key.Key_Return)
    assert dialog.field.text() == ""
    assert not dialog.field.isUndoAvailable()
    click(dialog.fill)
    assert office.stored()["born_on"] == "2003-04-30"
    with office.registry.read() as conn:
        names = [row[0] for row in conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
        cells = {
            str(cell)
            for name in names
            for row in conn.exec_driver_sql(f'SELECT * FROM "{name}"')
            for cell in row
            if cell is not None
        }
    assert not [cell for cell in cells if "|30042003|" in cell or CODE in cell]
    assert any("2003-04-30" in cell for cell in cells), "what was looked through has the fields"
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(tmp_path / "yum.db").execute("SELECT * FROM member")


def test_a_scanner_without_enter_is_noticed_when_it_is_quiet(qtbot: QtBot) -> None:
    field = ScanField()
    qtbot.addWidget(field)
    with qtbot.waitSignal(field.scanned) as signal:
        write(field, CODE)
    assert signal.args == [CODE]
    write(field, "014303")
    QTest.qWait(400)
    assert field.text() == "014303", "somebody types it by hand"


def test_the_input_method_stays_out(qtbot: QtBot) -> None:
    field = ScanField()
    qtbot.addWidget(field)
    assert not field.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)


@pytest.mark.parametrize("code", ["https://example.vn/qr/1", "01430300|x|y|z|Nam|a|b"])
def test_what_is_no_card_says_why_and_changes_nothing(office: Office, code: str) -> None:
    dialog = office.window()
    write(dialog.field, code)
    press(dialog.field, Qt.Key.Key_Return)
    assert dialog.trouble.text
    assert not dialog.fill.isEnabled()
    assert not dialog.ticks
    press(dialog, Qt.Key.Key_Escape)
    assert office.stored()["born_on"] == "2003"


def test_the_card_of_somebody_else_is_said_and_nothing_is_ticked(office: Office) -> None:
    dialog = office.window()
    write(dialog.field, "038203012345||Nguyễn Văn An|15082003|Nam|Thôn Đoài, Thanh Hóa|10052021")
    press(dialog.field, Qt.Key.Key_Return)
    assert "người khác" in dialog.trouble.text
    assert not any(tick.isChecked() for tick in dialog.ticks.values())


def test_a_picture_is_chosen_dropped_or_pasted(office: Office) -> None:
    photograph(CODE).save(str(office.picture))
    dialog = office.window()
    click(dialog.picture)
    assert "born_on" in dialog.ticks
    dialog.wait()
    assert not dialog.ticks
    told = QMimeData()
    told.setUrls([QUrl.fromLocalFile(str(office.picture))])
    dropped = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, told, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    dialog.dropEvent(dropped)
    assert "born_on" in dialog.ticks
    dialog.wait()
    QGuiApplication.clipboard().setImage(picture(CODE))
    press(dialog.field, Qt.Key.Key_V, CTRL)
    assert "born_on" in dialog.ticks
    dialog.wait()
    QGuiApplication.clipboard().setText(CODE)
    press(dialog.field, Qt.Key.Key_V, CTRL)
    assert "born_on" in dialog.ticks


@pytest.mark.parametrize(("codes", "code"), [((), "card.none"), ((CODE, "https://example.vn/2"), "card.several")])
def test_a_picture_without_one_code_is_refused(codes: tuple[str, ...], code: str) -> None:
    with pytest.raises(InputError) as refused:
        code_in(photograph(*codes))
    assert refused.value.code == code


def test_two_pictures_of_the_same_code_are_one() -> None:
    assert code_in(photograph(CODE, CODE)) == CODE


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(100)])
def test_a_file_that_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "anh.png"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"picture\.unreadable"):
        read_picture(path)
    with pytest.raises(InputError, match=r"picture\.unreadable"):
        read_picture(tmp_path / "khong-co.png")


def test_a_huge_picture_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    image = QImage(24_000, 40, QImage.Format.Format_Mono)
    image.fill(1)
    path = tmp_path / "dai.png"
    image.save(str(path))
    with pytest.raises(InputError, match=r"picture\.too_large"):
        read_picture(path)


def test_a_large_photograph_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lon.jpg"
    photograph(CODE).scaledToWidth(6_000, Qt.TransformationMode.SmoothTransformation).save(str(path), quality=60)
    assert read_picture(path) == CODE


def test_the_webcam_looks_until_it_sees_a_card(qtbot: QtBot) -> None:
    webcam = Webcam()
    seen: list[str] = []
    webcam.seen.connect(seen.append)
    for image in (photograph(), photograph(CODE, "https://example.vn/2"), photograph(CODE)):
        webcam.look(image)
    assert seen == [CODE]
    assert webcam.start(), "this machine has no camera, and says so"
    webcam.stop()
