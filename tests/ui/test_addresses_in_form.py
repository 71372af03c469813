"""An old address in the form: what it is now is said, taken by one key, and never put in unasked."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from keys import CTRL, press, write
from people import StoppedClock
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from test_members_registry import KEY, NA_LECH, Desk, fill

from yum_desktop.exchange.gazetteer import shipped_gazetteer
from yum_desktop.registry import queries
from yum_desktop.registry.engine import Registry
from yum_desktop.ui.members.words import offers_for, vocabulary_of
from yum_desktop.ui.widgets.fields import ChoiceField
from yum_desktop.ui.widgets.options import Option

OLD = "Thôn 3, xã Thượng Lâm, huyện Lâm Bình, Tuyên Quang"
DIVIDED = "Tổ 4, phường Trung Hòa, quận Cầu Giấy, Hà Nội"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    made = Registry.open(tmp_path / "yum.db", KEY, clock=StoppedClock(), screen_thread=threading.get_ident())
    filled = threading.Thread(target=fill, args=(made,))
    filled.start()
    filled.join()
    yield made
    made.close()


@pytest.fixture
def desk(qtbot: QtBot, registry: Registry) -> Iterator[Desk]:
    """Give a desk on the real map with the form of a new member open."""
    made = Desk(registry, vocabulary_of(registry, shipped_gazetteer, StoppedClock()))
    qtbot.addWidget(made.window)
    made.window.resize(1366, 696)
    with qtbot.waitActive(made.window):
        made.window.show()
        made.window.activateWindow()
    made.shell.refresh()
    made.window.show_page("members")
    qtbot.waitUntil(lambda: len(made.names()) == 2)
    qtbot.waitUntil(lambda: made.screen.listing._vocabulary is not None)
    made.page.tree.choose(NA_LECH)
    press(made.window, Qt.Key.Key_N, CTRL)
    qtbot.waitUntil(lambda: made.page.form.isVisible() and made.screen.editing.vocabulary is not None)
    yield made
    made.jobs.close()


def stored(desk: Desk, name: str) -> dict[str, object]:
    found: dict[str, object] = {}

    def read() -> None:
        row = next(row for row in queries.member_rows(desk.registry, None) if row.full_name == name)
        found.update(queries.member(desk.registry, row.member_id).values)

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    return found


def test_an_old_address_is_offered_its_ward_and_taken_by_one_key(qtbot: QtBot, desk: Desk) -> None:
    write(desk.field("full_name"), "Ma Thị Bưởi")
    text = desk.field("residence_text")
    text.setFocus()
    write(text, OLD)
    press(text, Qt.Key.Key_Return)
    form = desk.page.form
    said = "Xã Thượng Lâm (cũ) nay thuộc Xã Thượng Lâm, Tỉnh Tuyên Quang"
    assert form.rows["residence_ward"].said == said
    assert form.place.isVisible()
    assert form.raw("residence_ward") == ""
    press(form, Qt.Key.Key_J, CTRL)
    assert (form.raw("residence_province"), desk.field("residence_ward").text()) == ("08", "Xã Thượng Lâm")
    assert not form.place.isVisible()
    qtbot.waitUntil(desk.page.form.kept.isVisible)
    qtbot.waitUntil(lambda: stored(desk, "Ma Thị Bưởi").get("residence_ward") is not None)
    values = stored(desk, "Ma Thị Bưởi")
    assert values["residence_text"] == OLD
    assert values["residence_detail"] == "Thôn 3"


def test_of_a_divided_ward_a_person_says_which(qtbot: QtBot, desk: Desk) -> None:
    form = desk.page.form
    write(desk.field("full_name"), "Đỗ Văn Khang")
    text = desk.field("hometown_text")
    text.setFocus()
    write(text, DIVIDED)
    press(text, Qt.Key.Key_Return)
    press(form, Qt.Key.Key_J, CTRL)
    editor = cast("ChoiceField", form.editors["hometown_ward"])
    assert form.raw("hometown_province") == "01"
    assert not editor.fits()
    assert [option.label for option in editor._shown] == ["Phường Yên Hòa", "Phường Thanh Xuân", "Phường Đại Mỗ"]
    assert desk.screen.editing.values.get("hometown_ward") is None


def test_a_ward_is_found_by_the_name_of_one_that_is_in_it_now(qtbot: QtBot) -> None:
    field = ChoiceField()
    qtbot.addWidget(field)
    whole = Option("1", "Xã Lâm Bình", former=("Thị trấn Lăng Can", "Xã Xuân Lập"))
    half, other = Option("2", "Xã Một", former=("Xã Chia",)), Option("3", "Xã Hai", former=("Xã Chia",))
    field.set_options([half, whole, other, Option("4", "Xã Xuân Lập Mới")], numbered=False)
    for typed, code in (("lang can", "1"), ("thi tran lang can", "1"), ("xã chia", "xã chia"), ("xa mot", "2")):
        field.setText(typed)
        assert field.code() == code
    field.clear()
    write(field, "xuan lap")
    assert [option.code for option in field._shown] == ["4", "1"]
    assert field._lines.stringList() == ["Xã Xuân Lập Mới", "Xã Lâm Bình (gồm Xã Xuân Lập cũ)"]


def test_nothing_is_offered_for_what_is_mapped_or_means_nothing() -> None:
    places = shipped_gazetteer()
    assert offers_for(places, {"residence_text": OLD, "residence_ward": "02269"}) == []
    assert offers_for(places, {"residence_text": "nhà ông Tư"}) == []
    (offer,) = offers_for(places, {"hometown_text": "Bản Nà Tông, tỉnh Hà Giang"})
    assert (offer.field, offer.values) == ("hometown_province", {"hometown_province": "08"})
    (offer,) = offers_for(places, {"residence_text": OLD, "residence_detail": "Nhà 2"})
    assert "residence_detail" not in offer.values
