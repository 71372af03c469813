"""Addresses of a list: today's are taken, former ones are suggestions, and no row is held up by one."""

from pathlib import Path

from pytestqt.qtbot import QtBot
from test_import_wizard import Work, make_list, to_preview, work

from yum_desktop.exchange.gazetteer import shipped_gazetteer
from yum_desktop.ui.import_wizard.addresses import Addresses
from yum_desktop.ui.import_wizard.presenter import Stage
from yum_desktop.ui.import_wizard.preview import State

__all__ = ["work"]

HEADER = ("TT", "Họ và tên", "Ngày sinh", "Giới tính", "Dân tộc", "Thường trú", "Chi đoàn")
OLD = "Thôn 3, thị trấn Lăng Can, huyện Lâm Bình, Tuyên Quang"
DIVIDED = "Tổ 4, phường Trung Hòa, quận Cầu Giấy, Hà Nội"
TODAY = "Thôn 1, xã Thượng Lâm, tỉnh Tuyên Quang"
PEOPLE = (("Ma Văn Một", OLD), ("Ma Văn Hai", OLD), ("Ma Văn Ba", DIVIDED), ("Ma Văn Bốn", TODAY), ("Ma Văn Năm", "x"))


def addresses(tmp_path: Path) -> Path:
    rows = [(n, name, f"0{n}/08/2003", "Nam", "Tày", home, "thôn Đồng Vạc") for n, (name, home) in enumerate(PEOPLE, 1)]
    return make_list(tmp_path / "ds.xlsx", [HEADER, *rows])


def test_old_addresses_are_suggested_for_one_and_for_all_and_divided_ones_one_by_one(
    qtbot: QtBot, work: Work, tmp_path: Path
) -> None:
    work.asker.file = addresses(tmp_path)
    to_preview(qtbot, work)
    rows, looking = work.rows(), work.page.looking
    assert [[problem.code for problem in row.problems] for row in rows.values()] == [
        ["place.former"], ["place.former"], ["place.divided"], [], [],
    ]  # fmt: skip
    assert {row.state for row in rows.values()} == {State.READY}
    assert rows[5].values["residence_ward"] == "02269"
    assert rows[5].values["residence_province"] == "08"
    assert rows[2].values.get("residence_ward") is None
    said = "Địa chỉ cũ: Thị trấn Lăng Can (cũ) nay thuộc Xã Lâm Bình, Tỉnh Tuyên Quang"
    assert rows[2].problems[0].text == said
    looking.table.select_row(2)
    assert [button.text() for button in looking.offers] == [
        "Lấy Phường Yên Hòa", "Lấy Phường Thanh Xuân", "Lấy Phường Đại Mỗ",
    ]  # fmt: skip
    looking.offers[1].click()
    looking.table.select_row(0)
    looking.offers[-1].click()  # both rows with the old address
    assert all(row.problems == () for row in work.rows().values())
    work.page.next.click()
    qtbot.waitUntil(lambda: work.page.stack.currentIndex() == Stage.DONE, timeout=20_000)
    stored = {str(values["full_name"]): values for values in work.stored()}
    homes = [(stored[name]["residence_province"], stored[name]["residence_ward"]) for name, _ in PEOPLE]
    assert homes == [("08", "02266"), ("08", "02266"), ("01", "00367"), ("08", "02269"), (None, None)]
    assert {name: values["residence_text"] for name, values in stored.items()} == dict(PEOPLE)


def test_a_row_with_an_old_address_is_imported_as_it_is_when_nobody_looks(
    qtbot: QtBot, work: Work, tmp_path: Path
) -> None:
    work.asker.file = addresses(tmp_path)
    to_preview(qtbot, work)
    work.page.next.click()
    qtbot.waitUntil(lambda: work.page.stack.currentIndex() == Stage.DONE, timeout=20_000)
    stored = {str(values["full_name"]): values for values in work.stored()}
    assert stored["Ma Văn Một"]["residence_ward"] is None
    assert stored["Ma Văn Một"]["residence_text"] == OLD


def test_a_ward_that_is_known_is_left_alone() -> None:
    addresses = Addresses(shipped_gazetteer())
    values = {"residence_text": OLD, "residence_ward": "02266", "residence_province": "08"}
    assert addresses.filled(values, {}) == values
    assert addresses.suggestions(values) == ()
