"""What changes records: stored, queued and remembered together; reversed together."""

from collections.abc import Mapping
from uuid import UUID

import pytest
from commune import HAMLET, SCHOOL, arrive, become, crowd

from sync.client import store
from sync.protocol.kinds import Value, Values
from yum_desktop.domain.errors import InputError
from yum_desktop.registry import commands, queries
from yum_desktop.registry.commands import ImportRow
from yum_desktop.registry.engine import Registry

SANG = {"full_name": "Ma Văn Sáng", "born_on": "2005-08-12", "phone": "0912345678"}


def existing(r: Registry, number: int = 1, **values: Value) -> UUID:
    """A member that the server has."""
    member_id = UUID(int=7_000 + number)
    known = {"unit_id": HAMLET.bytes, "full_name": "Lý Thị Học", "phone": "0987000111", **values}
    arrive(r, "member", member_id, known, rev=4)
    return member_id


def values_of(r: Registry, member_id: UUID) -> dict[str, Value]:
    return queries.member(r, member_id).values


def names(r: Registry) -> list[str]:
    return [row.full_name for row in queries.member_rows(r, None)]


def states(r: Registry) -> dict[UUID, str]:
    return {row.member_id: row.state for row in queries.member_rows(r, None)}


def test_a_new_member_is_stored_queued_and_remembered(r: Registry) -> None:
    member_id = commands.add_member(r, HAMLET, SANG)
    detail = queries.member(r, member_id)
    assert {name: detail.values[name] for name in SANG} == SANG
    assert detail.unit_id == HAMLET
    assert detail.waiting == {*SANG, "unit_id"}
    (waiting,) = queries.pending(r)
    assert (waiting.kind, waiting.operation, waiting.status) == ("member", "create", "pending")
    assert (waiting.title, waiting.unit_name) == ("Ma Văn Sáng", "thôn Nà Đông")
    (line,) = queries.history(r, "member", member_id)
    assert (line.label, line.new, line.account, line.device) == ("Tạo mới", "Ma Văn Sáng", "thuonglam", "Máy văn phòng")
    assert states(r) == {member_id: "wait"}


def test_a_change_says_which_fields_really_changed(r: Registry) -> None:
    member_id = existing(r)
    changed = commands.set_member(r, member_id, {"phone": "0912345678", "full_name": "Lý Thị Học"}, reason="Đổi số")
    assert changed == {"phone"}
    (line,) = queries.history(r, "member", member_id)
    assert (line.field, line.label, line.old, line.new) == ("phone", "Điện thoại", "0987000111", "0912345678")
    assert (line.reason, line.channel) == ("Đổi số", "desktop")
    (waiting,) = queries.pending(r)
    assert (waiting.operation, waiting.fields) == ("edit", ("phone",))


def test_a_change_that_changes_nothing_is_not_sent(r: Registry) -> None:
    member_id = existing(r)
    assert commands.set_member(r, member_id, {"phone": " 0987000111 "}) == frozenset()
    assert queries.pending(r) == []
    assert states(r) == {member_id: "ok"}


def test_unit_id_moves_a_member(r: Registry) -> None:
    member_id = existing(r)
    assert commands.set_member(r, member_id, {"unit_id": SCHOOL.bytes}) == {"unit_id"}
    assert queries.member(r, member_id).unit_name == "Trường THPT Thượng Lâm"


def test_a_removed_member_is_gone_and_waits_to_be_sent(r: Registry) -> None:
    member_id = existing(r)
    commands.delete_member(r, member_id)
    assert names(r) == []
    (waiting,) = queries.pending(r)
    assert (waiting.operation, waiting.title, waiting.unit_name) == ("delete", "Lý Thị Học", "thôn Nà Đông")


@pytest.mark.parametrize("text", ["a\0b", "\ud83d", "\udc00\ud800"])
def test_a_reason_with_broken_characters_is_refused(r: Registry, text: str) -> None:
    """PostgreSQL takes no character zero, and nothing takes half a pair: the server would refuse it for ever."""
    member_id = existing(r)
    for work in (
        lambda: commands.set_member(r, member_id, {"phone": "0912345678"}, reason=text),
        lambda: commands.delete_member(r, member_id, reason=text),
        lambda: commands.import_members(r, [commands.ImportRow(HAMLET, {"full_name": "Lý Thị Mới"})], reason=text),
    ):
        with pytest.raises(InputError, match=r"text\.odd"):
            work()
    assert queries.pending(r) == []


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"full_nam": "x"}, "member.field_unknown", "full_nam"),
        ({"born_on": "12/08/2005"}, "member.not_a_day", "born_on"),
        ({"born_on": "2005-13"}, "member.not_a_day", "born_on"),
        ({"born_on": "2005-02-30"}, "member.not_a_day", "born_on"),
        ({"has_book": 2}, "member.not_a_flag", "has_book"),
        ({"has_book": "1"}, "member.not_a_flag", "has_book"),
        ({"id_number": "12345"}, "member.not_an_identity", "id_number"),
        ({"phone": 912345678}, "member.not_text", "phone"),
        ({"note": "x" * 4_001}, "member.too_long", "note"),
        ({"note": "a\0b"}, "text.odd", "note"),
        ({"full_name": "Lý \ud83d Học"}, "text.odd", "full_name"),
        ({"id_number": "\u0660" * 12}, "member.not_an_identity", "id_number"),
        ({"associations": "HLHTN"}, "member.not_a_set", "associations"),
        ({"unit_id": b"short"}, "member.not_a_unit", "unit_id"),
        ({"unit_id": UUID(int=404).bytes}, "unit.unknown", "unit_id"),
        ({"unit_id": None}, "unit.unknown", "unit_id"),
        ({"full_name": "  "}, "member.name_needed", "full_name"),
    ],
)
def test_wrong_values_are_refused_beside_their_field(
    r: Registry, values: Mapping[str, Value], code: str, field: str
) -> None:
    member_id = existing(r)
    with pytest.raises(InputError) as caught:
        commands.set_member(r, member_id, values)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert queries.pending(r) == []


@pytest.mark.parametrize("day", ["2005", "2005-08", "2005-08-12", "2004-02-29"])
def test_days_keep_the_precision_that_is_known(r: Registry, day: str) -> None:
    assert values_of(r, commands.add_member(r, HAMLET, {**SANG, "born_on": day}))["born_on"] == day


def test_s014_text_is_composed_and_empty_text_is_nothing(r: Registry) -> None:
    member_id = commands.add_member(r, HAMLET, {"full_name": "  Nguye\u0302\u0303n  An ", "phone": "", "note": "a\nb "})
    values = values_of(r, member_id)
    assert (values["full_name"], values["phone"], values["note"]) == ("Nguyễn An", None, "a\nb")


def test_unknown_members_units_and_changes_are_told(r: Registry) -> None:
    nobody = UUID(int=404)
    for command, code in (
        (lambda: commands.add_member(r, nobody, SANG), "unit.unknown"),
        (lambda: commands.add_member(r, HAMLET, {"phone": "0912345678"}), "member.name_needed"),
        (lambda: commands.set_member(r, nobody, SANG), "member.unknown"),
        (lambda: commands.delete_member(r, nobody), "member.unknown"),
        (lambda: commands.retry_refused(r, nobody), "change.not_refused"),
        (lambda: commands.discard_refused(r, nobody), "change.not_refused"),
        (lambda: commands.undo(r, "nothing"), "undo.unknown"),
    ):
        with pytest.raises(InputError) as caught:
            command()
        assert caught.value.code == code


def test_an_account_that_only_looks_changes_nothing(r: Registry) -> None:
    member_id = existing(r)
    become(r, own=HAMLET, role="viewer")
    for command in (
        lambda: commands.add_member(r, HAMLET, SANG),
        lambda: commands.set_member(r, member_id, SANG),
        lambda: commands.delete_member(r, member_id),
        lambda: commands.draft_admission(r, HAMLET, {"full_name": "Lù Thị Mẩy"}),
    ):
        with pytest.raises(InputError) as caught:
            command()
        assert caught.value.code == "scope.read_only"
    assert queries.pending(r) == []


# ---- taking back


def test_the_last_change_is_taken_back(r: Registry) -> None:
    member_id = existing(r)
    commands.set_member(r, member_id, {"phone": "0912345678", "email": "hoc@example.vn"})
    group = commands.last_group(r)
    assert group is not None
    assert commands.undo(r, group) == 2
    assert values_of(r, member_id)["phone"] == "0987000111"
    assert queries.pending(r) == []
    assert states(r) == {member_id: "ok"}


def test_taking_back_again_goes_further_back(r: Registry) -> None:
    member_id = existing(r)
    for phone in ("0911111111", "0922222222", "0933333333"):
        commands.set_member(r, member_id, {"phone": phone})
    seen = []
    for _ in range(3):
        group = commands.last_group(r)
        assert group is not None
        assert commands.undo(r, group) == 1
        seen.append(values_of(r, member_id)["phone"])
    assert seen == ["0922222222", "0911111111", "0987000111"]
    assert commands.last_group(r) is None
    assert queries.pending(r) == []


def test_what_was_taken_back_can_be_done_again(r: Registry) -> None:
    member_id = existing(r)
    commands.set_member(r, member_id, {"phone": "0912345678"})
    group = commands.last_group(r)
    assert group is not None
    commands.undo(r, group)
    assert commands.undo(r, f"undo:{group}") == 1
    assert values_of(r, member_id)["phone"] == "0912345678"


def test_what_somebody_changed_since_stays(r: Registry) -> None:
    member_id = existing(r)
    commands.set_member(r, member_id, {"phone": "0912345678", "email": "hoc@example.vn"}, group="first")
    commands.set_member(r, member_id, {"phone": "0999999999"})
    assert commands.undo(r, "first") == 1
    values = values_of(r, member_id)
    assert (values["phone"], values["email"]) == ("0999999999", None)


def test_several_changes_of_one_field_in_a_group_go_back_to_the_first(r: Registry) -> None:
    member_id = existing(r)
    for phone in ("0911111111", "0922222222"):
        commands.set_member(r, member_id, {"phone": phone}, group="together")
    commands.undo(r, "together")
    assert values_of(r, member_id)["phone"] == "0987000111"


def test_a_removed_member_comes_back_whole(r: Registry) -> None:
    member_id = existing(r, note="Lớp trưởng")
    before = values_of(r, member_id)
    commands.delete_member(r, member_id)
    group = commands.last_group(r)
    assert group is not None
    assert commands.undo(r, group) == 1
    assert values_of(r, member_id) == before
    assert queries.pending(r) == []
    with r.read() as conn:
        found = r.replica.tables["member"].get(conn, member_id.bytes)
    assert found is not None
    assert found[0] == 4


def test_s021_s076_a_new_member_is_removed_without_a_trace_for_the_server(r: Registry) -> None:
    commands.add_member(r, HAMLET, SANG)
    group = commands.last_group(r)
    assert group is not None
    assert commands.undo(r, group) == 1
    assert names(r) == []
    assert queries.pending(r) == []


def test_a_new_member_that_was_worked_on_since_stays(r: Registry) -> None:
    member_id = commands.add_member(r, HAMLET, SANG, group="added")
    commands.set_member(r, member_id, {"note": "Đã gặp"})
    assert commands.undo(r, "added") == 0
    assert names(r) == ["Ma Văn Sáng"]


# ---- files


def rows(count: int) -> list[ImportRow]:
    return [
        ImportRow(HAMLET, {name: value for name, value in values.items() if name != "unit_id"})
        for _, values in crowd(count)
    ]


def test_a_file_comes_in_as_a_whole_and_goes_out_as_a_whole(r: Registry) -> None:
    existing(r)
    batch = commands.import_members(r, rows(60), reason="danh-sach.xlsx")
    assert len(names(r)) == 61
    assert commands.last_group(r) == batch
    assert queries.sync_state(r).pending == 60
    assert commands.undo(r, batch) == 60
    assert names(r) == ["Lý Thị Học"]
    assert queries.sync_state(r).pending == 0


def test_one_bad_row_stops_the_whole_file_and_is_named(r: Registry) -> None:
    bad = [*rows(5), ImportRow(HAMLET, {"full_name": "Ma Văn Sáng", "born_on": "31/02/2005"}), *rows(1)]
    with pytest.raises(InputError) as caught:
        commands.import_members(r, bad, reason="danh-sach.xlsx")
    assert (caught.value.row, caught.value.field) == (6, "born_on")
    assert names(r) == []


def test_a_file_for_a_unit_that_is_not_there_changes_nothing(r: Registry) -> None:
    with pytest.raises(InputError) as caught:
        commands.import_members(r, [*rows(2), ImportRow(UUID(int=404), SANG)], reason="x")
    assert caught.value.code == "unit.unknown"
    assert names(r) == []


# ---- refusals


def refuse(r: Registry, code: str, field: str | None = None, text: str | None = None) -> UUID:
    """Let the server have refused everything that waits; return the last change."""
    with r.write() as conn:
        lines = store.lines_with(conn, "pending")
        sql = "UPDATE sync_outbox SET status = 'refused', code = ?, field = ?, text = ? WHERE seq = ?"
        for line in lines:
            conn.exec_driver_sql(sql, (code, field, text, line.seq))
    return UUID(bytes=lines[-1].change_id)


def test_s143_a_refused_field_is_shown_with_what_was_typed(r: Registry) -> None:
    member_id = existing(r)
    commands.set_member(r, member_id, {"id_number": "008099001234", "note": "x"})
    change_id = refuse(r, "member.duplicate_id", "id_number", "Số này đã có ở chi đoàn khác.")
    detail = queries.member(r, member_id)
    assert set(detail.refused) == {"id_number"}
    problem = detail.refused["id_number"]
    assert (problem.code, problem.text) == ("member.duplicate_id", "Số này đã có ở chi đoàn khác.")
    assert problem.value == "008099001234"
    assert states(r) == {member_id: "bad"}
    assert queries.sync_state(r).refused == 1
    (row,) = queries.pending(r)
    assert (row.change_id, row.status, row.field) == (change_id, "refused", "id_number")


def test_a_refusal_without_words_gets_ours(r: Registry) -> None:
    member_id = existing(r)
    commands.set_member(r, member_id, {"note": "x", "phone": "0911111111"})
    refuse(r, "scope.forbidden")
    detail = queries.member(r, member_id)
    assert set(detail.refused) == {"note", "phone"}
    assert {problem.text for problem in detail.refused.values()} == {"Tài khoản không có quyền với đơn vị này."}


def test_a_refused_change_is_sent_again_or_given_up(r: Registry) -> None:
    member_id = existing(r)
    commands.set_member(r, member_id, {"note": "x"})
    commands.retry_refused(r, refuse(r, "scope.forbidden"))
    assert [row.status for row in queries.pending(r)] == ["pending"]
    commands.discard_refused(r, refuse(r, "scope.forbidden"))
    assert queries.pending(r) == []
    assert values_of(r, member_id)["note"] is None
    assert "x" in {line.old for line in queries.history(r, "member", member_id)}


def test_s041_a_value_written_with_other_spaces_or_hyphens_is_the_same(r: Registry) -> None:
    member_id = existing(r)
    typed: Values = {"phone": "0912 345 678", "id_number": "008 205 001234", "full_name": "Nông  Thị Mới "}
    commands.set_member(r, member_id, typed)
    values = queries.member(r, member_id).values
    assert (values["phone"], values["id_number"], values["full_name"]) == ("0912345678", "008205001234", "Nông Thị Mới")
    same = (("phone", "0912.345-678"), ("phone", "+84 912 345 678"), ("id_number", "008-205-001.234"))
    for name, written in (*same, ("full_name", " Nông Thị Mới")):
        assert commands.set_member(r, member_id, {name: written}) == frozenset(), written
    commands.set_member(r, member_id, {"phone": "0912345678 (mẹ)"})
    assert queries.member(r, member_id).values["phone"] == "0912345678 (mẹ)"
