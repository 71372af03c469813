"""What the form keeps and says, without a window."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import pytest
from held_jobs import HeldJobs
from people import CO_SAY, NA_LECH, People, StoppedClock, as_codes, vocabulary

from sync.protocol.kinds import Value
from yum_desktop.domain.errors import InputError, UnavailableError
from yum_desktop.registry.views import FieldProblem
from yum_desktop.ui.members.editing import EditingPresenter
from yum_desktop.ui.members.likeness import Hints
from yum_desktop.ui.members.vocabulary import Remark, Vocabulary


class Sheet:
    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.said: dict[str, tuple[str, str]] = {}
        self.offered: dict[str, list[str]] = {}
        self.kept = ""
        self.counts: tuple[int, int, Sequence[str]] = (0, 0, ())
        self.focused = self.other = ""
        self.is_open = False

    def open(self, title: str, unit_name: str, *, new: bool) -> None:
        self.is_open, self.texts, self.said, self.kept = True, {}, {}, ""

    def close_form(self) -> None:
        self.is_open = False

    def show_value(self, name: str, text: str, code: str) -> None:
        self.texts[name] = text

    def show_options(self, name: str, vocabulary: Vocabulary, values: Mapping[str, Value]) -> None:
        self.offered[name] = [option.label for option in vocabulary.options(name, values)]

    def say(self, name: str, role: str, text: str) -> None:
        self.said[name] = (role, text)

    def show_kept(self, text: str) -> None:
        self.kept = text

    def show_counts(self, bad: int, look: int, missing: Sequence[str]) -> None:
        self.counts = (bad, look, missing)

    def go_to_end(self) -> None:
        self.focused = "end"

    def focus(self, name: str) -> None:
        self.focused = name

    def offer_other(self, title: str) -> None:
        self.other = title

    def offer_places(self, missing: Mapping[str, bool]) -> None:
        self.places = missing

    def open_choice(self, name: str, text: str) -> None:
        self.opened = (name, text)


class Desk:
    def __init__(self) -> None:
        self.people, self.sheet, self.jobs = People(), Sheet(), HeldJobs()
        self.looked: list[tuple[UUID | None, UUID]] = []
        self.noted: list[str] = []
        self.closed: list[UUID | None] = []
        self.settled: list[str] = []
        self.form = self.new_form()

    def new_form(self) -> EditingPresenter:
        return EditingPresenter(
            self.sheet,
            self.jobs,
            self.people.sources(),
            StoppedClock(),
            defaults={"status": "DANG_SINH_HOAT"},
            noted=lambda text, _group: self.noted.append(text),
            closed=self.closed.append,
            settled=lambda _id, text: self.settled.append(text),
            look=lambda member, other: self.looked.append((member, other)),
        )

    def edit(self, member_id: UUID) -> None:
        self.form.edit(self.people.member(member_id), vocabulary())

    def leave(self, name: str, raw: str) -> None:
        self.form.leave_field(name, raw)
        self.jobs.release_all()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_field_is_kept_as_soon_as_it_is_left(desk: Desk) -> None:
    an = desk.people.have("Lò Văn Ẩn")
    desk.edit(an)
    desk.leave("phone", "0352118407")
    assert desk.people.members[an]["phone"] == "0352118407"
    assert desk.sheet.kept == "Đã giữ lúc 08:25"
    assert desk.noted == ["Đã sửa Điện thoại"]
    assert desk.sheet.said["phone"] == ("sent", "Chờ gửi")


def test_a_field_that_did_not_change_writes_nothing(desk: Desk) -> None:
    an = desk.people.have("Lò Văn Ẩn", born_on="2002-01-05")
    desk.edit(an)
    desk.leave("born_on", "05/01/2002")
    desk.leave("phone", "")
    assert desk.people.log == []


@pytest.mark.parametrize(
    ("typed", "stored", "shown"), [("120805", "2005-08-12", "12/08/2005"), ("2005", "2005", "2005")]
)
def test_a_day_may_be_typed_in_short_or_be_a_year(desk: Desk, typed: str, stored: str, shown: str) -> None:
    an = desk.people.have("Lò Văn Ẩn")
    desk.edit(an)
    desk.leave("born_on", typed)
    assert desk.people.members[an]["born_on"] == stored
    assert desk.sheet.texts["born_on"] == shown


def test_what_cannot_be_read_is_said_beside_the_field_and_not_written(desk: Desk) -> None:
    an = desk.people.have("Lò Văn Ẩn", born_on="2002")
    desk.edit(an)
    desk.leave("born_on", "ngày xưa")
    assert desk.sheet.said["born_on"] == ("bad", "Ngày này không đọc được. Gõ như 120805")
    assert desk.sheet.counts[0] == 1
    assert desk.people.log == []
    desk.leave("born_on", "2003")
    assert desk.sheet.counts[0] == 0
    assert desk.people.members[an]["born_on"] == "2003"


def test_a_wrong_value_is_said_and_kept_so_that_no_work_is_lost(desk: Desk) -> None:
    an = desk.people.have("Lò Văn Ẩn")
    desk.edit(an)
    desk.leave("phone", "035111840")
    assert desk.sheet.said["phone"] == ("bad", "Thiếu 1 số: cần 10 số, đang có 9")
    assert desk.people.members[an]["phone"] == "035111840"


def test_nothing_is_said_about_fields_of_a_new_member_that_were_not_left(desk: Desk) -> None:
    desk.form.begin(NA_LECH, vocabulary())
    assert all(role == "" for role, _ in desk.sheet.said.values())
    assert "full_name" in desk.sheet.counts[2]


def test_a_new_member_is_made_when_the_name_is_entered_with_all_that_came_before(desk: Desk) -> None:
    desk.form.begin(NA_LECH, vocabulary())
    desk.leave("sex", "NU")
    assert desk.people.members == {}
    desk.leave("full_name", "Quàng Thị Diễm")
    (made,) = desk.people.members.values()
    assert made["full_name"] == "Quàng Thị Diễm"
    assert made["sex"] == "NU"
    assert made["status"] == "DANG_SINH_HOAT"
    assert made["unit_id"] == NA_LECH.bytes
    assert desk.noted == ["Đã thêm Quàng Thị Diễm"]


def test_fields_left_while_the_new_member_is_being_made_are_kept_after_it(desk: Desk) -> None:
    desk.form.begin(NA_LECH, vocabulary())
    desk.form.leave_field("full_name", "Quàng Thị Diễm")
    desk.form.leave_field("phone", "0379552018")
    desk.form.leave_field("sex", "NU")
    assert len(desk.jobs.held) == 1
    desk.jobs.release_all()
    (made,) = desk.people.members.values()
    assert made["phone"] == "0379552018"
    assert made["sex"] == "NU"
    assert [kind for kind, _ in desk.people.log] == ["add", "put"]


def test_a_new_member_without_a_unit_waits_for_one(desk: Desk) -> None:
    desk.form.begin(None, vocabulary())
    desk.leave("full_name", "Quàng Thị Diễm")
    assert desk.people.members == {}
    desk.leave("unit_id", CO_SAY.hex)
    (made,) = desk.people.members.values()
    assert made["unit_id"] == CO_SAY.bytes


def test_the_next_person_starts_empty_in_the_same_unit(desk: Desk) -> None:
    desk.form.begin(NA_LECH, vocabulary())
    desk.leave("full_name", "Quàng Thị Diễm")
    desk.form.next_person()
    assert desk.form.member_id is None
    assert desk.sheet.texts["full_name"] == ""
    desk.leave("full_name", "Sùng A Chứ")
    assert [made["full_name"] for made in desk.people.members.values()] == ["Quàng Thị Diễm", "Sùng A Chứ"]


def test_an_answer_about_the_last_person_does_not_touch_the_next_one(desk: Desk) -> None:
    desk.form.begin(NA_LECH, vocabulary())
    desk.form.leave_field("full_name", "Quàng Thị Diễm")
    desk.form.next_person()
    desk.jobs.release_all()
    assert desk.form.member_id is None
    assert desk.sheet.texts["full_name"] == ""
    assert desk.noted == ["Đã thêm Quàng Thị Diễm"]


def test_a_province_narrows_the_wards_and_takes_out_one_of_another_province(desk: Desk) -> None:
    an = desk.people.have("Lò Văn Ẩn", hometown_province="14", hometown_ward="03646")
    desk.edit(an)
    assert desk.sheet.offered["hometown_ward"] == ["Xã Mường Vạt"]
    desk.leave("hometown_province", "01")
    assert desk.sheet.offered["hometown_ward"] == ["Phường Ba Đình"]
    assert desk.people.members[an]["hometown_ward"] is None
    assert desk.sheet.texts["hometown_ward"] == ""


def test_a_value_that_is_not_in_the_list_is_refused_with_the_way_out(desk: Desk) -> None:
    an = desk.people.have("Lò Văn Ẩn")
    desk.edit(an)
    desk.leave("ethnicity", "abc")
    assert desk.sheet.said["ethnicity"] == ("bad", "Không có “abc” trong danh sách. Gõ vài chữ rồi chọn")
    assert desk.people.log == []


def test_a_set_of_codes_is_kept_as_it_is_ticked(desk: Desk) -> None:
    an = desk.people.have("Lò Văn Ẩn")
    desk.edit(an)
    desk.leave("associations", as_codes("HLH"))
    assert desk.people.members[an]["associations"] == as_codes("HLH")


def test_s123_a_refusal_stands_beside_its_field_and_the_form_starts_there(desk: Desk) -> None:
    an = desk.people.have("Lò Văn Ẩn", id_number="014202003815")
    desk.people.refused[an] = {"id_number": FieldProblem("id.taken", "Số này đã có ở một người khác", "014202003815")}
    desk.edit(an)
    assert desk.sheet.focused == "id_number"
    assert desk.sheet.said["id_number"] == ("bad", "Bị từ chối: Số này đã có ở một người khác")
    desk.leave("id_number", "014202003816")
    assert desk.sheet.said["id_number"][0] == "sent"


def test_what_could_not_be_written_is_said_and_written_with_the_next_field(desk: Desk) -> None:
    an = desk.people.have("Lò Văn Ẩn")
    desk.edit(an)
    desk.people.fail_next = UnavailableError("store.full", "Ổ đĩa gần đầy, chưa lưu được")
    desk.leave("phone", "0352118407")
    assert desk.sheet.said["phone"] == ("bad", "Ổ đĩa gần đầy, chưa lưu được")
    desk.leave("email", "an@example.vn")
    assert desk.people.members[an]["phone"] == "0352118407"
    assert desk.people.members[an]["email"] == "an@example.vn"


def test_a_value_that_the_store_does_not_take_holds_up_no_other_field(desk: Desk) -> None:
    an = desk.people.have("Lò Văn Ẩn", id_number="014202003815")
    desk.edit(an)
    desk.people.fail_next = InputError("member.not_an_identity", "Số CCCD: phải có 9 hoặc 12 số", field="id_number")
    desk.leave("id_number", "0142")
    assert desk.sheet.said["id_number"] == ("bad", "Số CCCD: phải có 9 hoặc 12 số")
    desk.leave("phone", "0352118407")
    assert desk.people.members[an]["phone"] == "0352118407"
    assert desk.sheet.said["id_number"][0] == "bad"
    assert desk.people.members[an]["id_number"] == "014202003815"
    desk.leave("id_number", "014202003816")
    assert desk.people.members[an]["id_number"] == "014202003816"
    assert desk.sheet.said["id_number"] == ("sent", "Chờ gửi")


def test_what_is_entered_while_the_record_is_made_is_kept_even_if_the_form_is_left(desk: Desk) -> None:
    desk.form.begin(NA_LECH, vocabulary())
    desk.form.leave_field("full_name", "Quàng Thị Diễm")
    desk.form.leave_field("phone", "0379552018")
    desk.form.finish()
    assert desk.settled == []
    desk.jobs.release_all()
    (made,) = desk.people.members.values()
    assert made["phone"] == "0379552018"
    assert desk.settled == [""]


def test_what_is_entered_while_the_record_is_made_is_kept_even_if_the_next_person_is_begun(desk: Desk) -> None:
    desk.form.begin(NA_LECH, vocabulary())
    desk.form.leave_field("full_name", "Quàng Thị Diễm")
    desk.form.leave_field("phone", "0379552018")
    desk.form.next_person()
    desk.form.leave_field("full_name", "Sùng A Chứ")
    desk.jobs.release_all()
    assert [(made["full_name"], made.get("phone")) for made in desk.people.members.values()] == [
        ("Quàng Thị Diễm", "0379552018"),
        ("Sùng A Chứ", None),
    ]


def test_a_failure_after_the_form_was_left_is_said(desk: Desk) -> None:
    an = desk.people.have("Lò Văn Ẩn")
    desk.edit(an)
    desk.people.fail_next = UnavailableError("store.full", "Ổ đĩa gần đầy, chưa lưu được")
    desk.form.leave_field("phone", "0352118407")
    desk.form.finish()
    desk.jobs.release_all()
    assert desk.settled == ["Ổ đĩa gần đầy, chưa lưu được"]


def test_text_that_could_not_be_read_holds_one_up_once(desk: Desk) -> None:
    an = desk.people.have("Lò Văn Ẩn")
    desk.edit(an)
    desk.leave("born_on", "ngày xưa")
    desk.form.finish()
    assert desk.sheet.is_open
    assert desk.sheet.focused == "born_on"
    assert desk.sheet.kept == "Có ô chưa giữ được. Sửa, hoặc bấm lần nữa để bỏ"
    desk.leave("born_on", "ngày xưa")
    desk.form.finish()
    assert not desk.sheet.is_open


def test_s043_a_sync_brings_new_values_but_leaves_what_is_in_hand(desk: Desk) -> None:
    an = desk.people.have("Lò Văn Ẩn", phone="0300000000")
    desk.edit(an)
    desk.people.members[an]["email"] = "an@example.vn"
    desk.form.refresh()
    desk.form.leave_field("phone", "0352118407")
    desk.jobs.release(0)
    assert desk.sheet.texts["email"] == "an@example.vn"
    assert desk.sheet.texts["phone"] == "0352118407"
    desk.jobs.release_all()
    assert desk.people.members[an]["phone"] == "0352118407"
    assert desk.sheet.texts["phone"] == "0352118407"


def test_undoing_the_creation_closes_the_form(desk: Desk) -> None:
    desk.form.begin(NA_LECH, vocabulary())
    desk.leave("full_name", "Quàng Thị Diễm")
    desk.people.members.clear()
    desk.form.refresh()
    desk.jobs.release_all()
    assert not desk.sheet.is_open
    assert desk.closed == [None]


def test_who_resembles_what_is_typed_is_said_beside_the_field_and_can_be_looked_at(desk: Desk) -> None:
    other = UUID(int=77)
    asked: list[tuple[Mapping[str, Value], UUID | None]] = []

    def like(values: Mapping[str, Value], member_id: UUID | None) -> Hints:
        asked.append((values, member_id))
        if values.get("phone") != "0352118407":
            return Hints()
        return Hints({"phone": Remark("phone", "wait", "Giống Lò Văn Ẩn")}, other, "Lò Văn Ẩn")

    desk.people.like = like
    desk.form = desk.new_form()
    an = desk.people.have("Lò Văn Ẩn")
    desk.edit(an)
    desk.jobs.release_all()
    desk.leave("phone", "0352118407")
    assert desk.sheet.said["phone"] == ("wait", "Giống Lò Văn Ẩn")
    assert (desk.sheet.other, asked[-1][1]) == ("Lò Văn Ẩn", an)
    assert desk.people.members[an]["phone"] == "0352118407"
    desk.form.look_at_other()
    assert desk.looked == [(an, other)]
    before = len(asked)
    desk.leave("email", "an@example.vn")
    assert len(asked) == before
    desk.leave("phone", "0352118408")
    assert (desk.sheet.other, desk.sheet.said["phone"][0]) == ("", "sent")


def test_an_answer_about_what_was_typed_before_is_dropped(desk: Desk) -> None:
    desk.people.like = lambda values, _: Hints({}, UUID(int=77), str(values.get("phone")))
    desk.form = desk.new_form()
    desk.edit(desk.people.have("Lò Văn Ẩn"))
    desk.form.leave_field("phone", "0352118407")
    desk.form.leave_field("phone", "0352118408")
    desk.jobs.release_all()
    assert desk.sheet.other == "0352118408"


def test_what_the_person_before_has_is_repeated_but_never_what_is_ones_own(desk: Desk) -> None:
    desk.form.begin(NA_LECH, vocabulary())
    for name, raw in (("full_name", "Lò Văn Ẩn"), ("phone", "0352118407"), ("ethnicity", "04")):
        desk.leave(name, raw)
    desk.form.next_person()
    desk.leave("full_name", "Cà Văn Dũng")
    for name in ("phone", "ethnicity", "religion"):
        desk.form.repeat(name)
        desk.jobs.release_all()
    assert desk.form.values["ethnicity"] == "04"
    assert desk.form.values.get("phone") is None
    assert desk.form.values.get("religion") is None, "the person before had none"
    desk.edit(desk.people.have("Lò Thị Thảo"))
    desk.form.repeat("ethnicity")
    assert desk.form.values["ethnicity"] == "04", "it can be repeated for somebody who is there already"


def test_from_a_field_the_next_gap_is_gone_to_and_after_the_last_the_first(desk: Desk) -> None:
    desk.edit(desk.people.have("Lò Văn Ẩn"))
    missing = vocabulary().missing(desk.form.values)
    desk.form.go_to_gap("full_name")
    assert desk.sheet.focused == missing[0]
    desk.form.go_to_gap(missing[0])
    assert desk.sheet.focused == missing[1]
    desk.form.go_to_gap(missing[-1])
    assert desk.sheet.focused == missing[0]
