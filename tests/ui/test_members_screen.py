"""Gestures on the real page, with members in memory."""

from uuid import UUID

import pytest
from held_jobs import AtOnceJobs
from keys import CTRL, click, press, write
from people import NA_LECH, People, StoppedClock
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from yum_desktop.domain.member import BY_NAME
from yum_desktop.registry.code_lists import shipped_codes
from yum_desktop.registry.views import FieldProblem
from yum_desktop.ui.members.screen import DEFAULTS, MembersScreen
from yum_desktop.ui.members.view import MembersPage
from yum_desktop.ui.shell.window import MainWindow
from yum_desktop.ui.widgets.fields import ChoiceField, TextField


class Desk:
    def __init__(self, people: People) -> None:
        self.people = people
        self.window = MainWindow()
        self.page = MembersPage(StoppedClock(), self.window.stack)
        self.done: list[tuple[str, bool]] = []
        self.conflicts: list[UUID] = []
        self.screen = MembersScreen(
            self.page,
            AtOnceJobs(),
            people.sources(),
            StoppedClock(),
            did=self._did,
            open_conflict=self.conflicts.append,
        )
        self.window.add_page("members", "Đoàn viên", "users", self.page)

    def _did(self, text: str, group: str, *, quiet: bool = False) -> None:
        self.done.append((text, quiet))

    def names(self) -> list[str]:
        return [row.full_name for row in self.page.model.rows]

    def field(self, name: str) -> TextField:
        editor = self.page.form.editors[name]
        assert isinstance(editor, TextField)
        return editor


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    people = People()
    people.have("Cà Văn Dũng", born_on="1998-02-14", phone="0352118407")
    people.have("Lò Văn Ẩn", born_on="2002", id_number="014202003815")
    made = Desk(people)
    qtbot.addWidget(made.window)
    made.window.resize(1366, 696)
    with qtbot.waitActive(made.window):
        made.window.show()
        made.window.activateWindow()
    made.screen.refresh()
    made.page.table.setFocus()
    return made


def test_the_table_is_a_sound_model(desk: Desk) -> None:
    tester = QAbstractItemModelTester(desk.page.model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    desk.screen.refresh()
    desk.page.model.sort(0, Qt.SortOrder.DescendingOrder)
    assert tester.model() is desk.page.model


def test_typing_in_the_search_narrows_the_table_and_esc_widens_it(qtbot: QtBot, desk: Desk) -> None:
    press(desk.page, Qt.Key.Key_F, CTRL)
    write(desk.page.search, "lo")
    assert desk.names() == ["Lò Văn Ẩn"]
    press(desk.page.search, Qt.Key.Key_Escape)
    assert len(desk.names()) == 2


def test_a_search_that_finds_nobody_offers_to_give_up(desk: Desk) -> None:
    write(desk.page.search, "khong co")
    assert desk.page.empty.isVisible()
    desk.page.empty.acted.emit()
    assert desk.page.table.isVisible()
    assert len(desk.names()) == 2


def test_a_head_sorts_by_given_name_in_both_directions(desk: Desk) -> None:
    desk.page.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert desk.names() == ["Lò Văn Ẩn", "Cà Văn Dũng"]
    desk.page.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert desk.names() == ["Cà Văn Dũng", "Lò Văn Ẩn"]


def test_the_arrow_keys_show_a_member_and_esc_puts_it_away(desk: Desk) -> None:
    desk.page.table.select_row(0)
    assert desk.page.detail.isVisible()
    assert desk.page.detail.name.text() == "Lò Văn Ẩn"
    press(desk.page.table, Qt.Key.Key_Down)
    assert desk.page.detail.name.text() == "Cà Văn Dũng"
    press(desk.page.table, Qt.Key.Key_Escape)
    assert not desk.page.detail.isVisible()


def test_identity_numbers_are_masked_until_asked_for(desk: Desk) -> None:
    desk.page.table.select_row(0)
    texts = [label.text() for label in desk.page.detail.findChildren(type(desk.page.detail.name))]
    assert "014•••••• 815" in texts
    assert "014202003815" not in texts
    desk.page.detail._toggle_numbers()
    texts = [label.text() for label in desk.page.detail.findChildren(type(desk.page.detail.name))]
    assert "014202003815" in texts


def test_enter_opens_the_form_and_each_field_is_kept_when_enter_leaves_it(desk: Desk) -> None:
    desk.page.table.select_row(0)
    press(desk.page.table, Qt.Key.Key_Return)
    assert desk.page.form.isVisible()
    phone = desk.field("phone")
    phone.setFocus()
    write(phone, "0339608152")
    press(phone, Qt.Key.Key_Return)
    assert not phone.hasFocus()
    assert desk.people.log[-1] == ("put", {"phone": "0339608152"})
    assert desk.done == [("Đã sửa Điện thoại", True)]


def test_ctrl_n_makes_a_member_with_keys_alone(desk: Desk) -> None:
    desk.page.tree.choose(NA_LECH)
    press(desk.window, Qt.Key.Key_N, CTRL)
    name = desk.field("full_name")
    assert name.hasFocus()
    write(name, "Quàng Thị Diễm")
    press(name, Qt.Key.Key_Return)
    day = desk.field("born_on")
    day.setFocus()
    write(day, "050307")
    press(day, Qt.Key.Key_Return)
    sex = desk.field("sex")
    assert sex.hasFocus()
    write(sex, "nu")
    press(sex, Qt.Key.Key_Return)
    assert sex.text() == "Nữ"
    press(desk.window, Qt.Key.Key_Return, CTRL)
    made = list(desk.people.members.values())[-1]
    assert (made["full_name"], made["born_on"], made["sex"]) == ("Quàng Thị Diễm", "2007-03-05", "NU")
    assert made["unit_id"] == NA_LECH.bytes
    assert name.text() == ""
    assert name.hasFocus()


def test_esc_leaves_the_form_and_keeps_the_field_in_hand(desk: Desk) -> None:
    desk.page.table.select_row(0)
    press(desk.page.table, Qt.Key.Key_F2)
    email = desk.field("email")
    email.setFocus()
    write(email, "an@example.vn")
    press(email, Qt.Key.Key_Escape)
    assert desk.people.log[-1] == ("put", {"email": "an@example.vn"})
    assert desk.page.table.isVisible()


def test_closing_the_window_keeps_the_field_in_hand(desk: Desk) -> None:
    desk.page.table.select_row(0)
    press(desk.page.table, Qt.Key.Key_F2)
    email = desk.field("email")
    email.setFocus()
    write(email, "an@example.vn")
    desk.window.close()
    assert desk.people.log == [("put", {"email": "an@example.vn"})]


def test_a_new_member_starts_with_codes_that_the_shipped_lists_have() -> None:
    lists = shipped_codes()
    for name, code in DEFAULTS.items():
        assert lists.label(BY_NAME[name].codes or "", str(code)) != code


@pytest.mark.parametrize(("typed", "code"), [("thai", "04"), ("th", "04"), ("2", "04"), ("08", "08"), ("mong", "08")])
def test_a_list_takes_letters_numbers_codes_and_other_names(qtbot: QtBot, typed: str, code: str) -> None:
    from people import LISTS  # noqa: PLC0415  # only here

    field = ChoiceField()
    qtbot.addWidget(field)
    field.set_options(LISTS["ethnicity"])
    field.setText(typed)
    assert field.code() == code
    assert field.fits()


def test_what_fits_two_values_of_a_list_fits_none(qtbot: QtBot) -> None:
    from people import LISTS  # noqa: PLC0415  # only here

    field = ChoiceField()
    qtbot.addWidget(field)
    field.set_options(LISTS["ethnicity"])
    field.setText("h")
    assert not field.fits()


def test_a_refused_field_is_named_in_the_detail_and_one_key_leads_there(desk: Desk) -> None:
    an = next(member for member, values in desk.people.members.items() if values["full_name"] == "Lò Văn Ẩn")
    desk.people.refused[an] = {"id_number": FieldProblem("id.taken", "Số này đã có ở một người khác", None)}
    desk.page.table.select_row(0)
    assert desk.page.detail.banner.text == "Số CCCD/CMND: Số này đã có ở một người khác"
    desk.page.detail.banner.acted.emit()
    assert desk.field("id_number").hasFocus()
    assert desk.page.form.rows["id_number"].said == "Bị từ chối: Số này đã có ở một người khác"


def test_a_conflict_is_named_in_the_detail_and_one_click_leads_there(desk: Desk) -> None:
    an = next(member for member, values in desk.people.members.items() if values["full_name"] == "Lò Văn Ẩn")
    desk.people.conflicts[an] = (UUID(int=77),)
    desk.page.table.select_row(0)
    desk.page.detail.banner.acted.emit()
    assert desk.conflicts == [UUID(int=77)]


def test_removing_says_what_was_done_aloud_so_that_it_can_be_undone(desk: Desk) -> None:
    desk.page.table.select_row(0)
    click(desk.page.detail.delete)
    assert desk.done == [("Đã xóa tên Lò Văn Ẩn", False)]
    assert desk.names() == ["Cà Văn Dũng"]


def test_a_unit_without_members_offers_to_add_one(desk: Desk) -> None:
    desk.people.members.clear()
    desk.screen.refresh()
    assert desk.page.empty.isVisible()
    desk.page.empty.acted.emit()
    assert desk.page.form.isVisible()


def test_every_field_of_the_record_has_a_row_with_its_name_for_a_screen_reader(desk: Desk) -> None:
    from yum_desktop.domain.member import MEMBER_FIELDS  # noqa: PLC0415  # only here

    for field in MEMBER_FIELDS:
        assert desk.page.form.editors[field.name].accessibleName().startswith(field.label)


def test_no_name_is_cut_at_the_reference_size(desk: Desk, qtbot: QtBot) -> None:
    desk.people.have("Nguyễn Thị Quỳnh Chi")
    desk.screen.refresh()
    desk.page.table.select_row(0)
    from yum_desktop.ui.members.view import NAME_PX  # noqa: PLC0415  # only here

    qtbot.waitUntil(lambda: desk.page.table.columnWidth(0) >= NAME_PX - 2)
