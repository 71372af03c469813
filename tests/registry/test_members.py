"""The tree and the table of members: whole subtrees, in order, found as one types."""

import unicodedata
from time import perf_counter
from uuid import UUID

import pytest
from commune import COMMUNE, HAMLET, OTHER_COMMUNE, PROVINCE, SCHOOL, arrive, arrive_all, become, crowd, unit

from sync.protocol.kinds import Value, Values
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import MEMBER_FIELDS
from yum_desktop.domain.rules import COMPLETENESS, missing_fields
from yum_desktop.registry import commands, queries
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.member_list import _statement
from yum_desktop.registry.rules import shipped_book


def person(r: Registry, number: int, name: str, unit_id: UUID = HAMLET, **values: Value) -> UUID:
    member_id = UUID(int=5_000 + number)
    arrive(r, "member", member_id, {"unit_id": unit_id.bytes, "full_name": name, **values})
    return member_id


def found(r: Registry, text: str, unit_id: UUID | None = None, limit: int | None = None) -> list[str]:
    return [row.full_name for row in queries.member_rows(r, unit_id, text=text, limit=limit)]


def test_the_tree_has_parents_before_children_in_their_order(r: Registry) -> None:
    rows = queries.unit_tree(r)
    assert [(row.unit_id, row.depth) for row in rows] == [(PROVINCE, 0), (COMMUNE, 1), (SCHOOL, 2), (HAMLET, 2)]
    assert rows[1].parent_id == PROVINCE
    assert rows[1].short_name == "xã Thượng Lâm"


def test_units_without_a_position_are_in_the_order_of_their_names(r: Registry) -> None:
    for number, name in enumerate(("Chi đoàn Đoàn Kết", "Chi đoàn Dũng Tiến", "Chi đoàn Ao Sen")):
        unit(r, UUID(int=20 + number), OTHER_COMMUNE, "CHIDOAN", name)
    unit(r, OTHER_COMMUNE, PROVINCE, "XA", "Đoàn xã Lâm Bình")
    names = [row.short_name for row in queries.unit_tree(r) if row.parent_id == OTHER_COMMUNE]
    assert names == ["Ao Sen", "Dũng Tiến", "Đoàn Kết"]


def test_s110_the_units_above_the_own_one_are_for_looking_only(r: Registry) -> None:
    only = {row.unit_id for row in queries.unit_tree(r) if row.readable_only}
    assert only == {PROVINCE}
    become(r, own=SCHOOL)
    assert {row.unit_id for row in queries.unit_tree(r) if row.readable_only} == {PROVINCE, COMMUNE}


def test_a_subtree_counts_its_members_without_those_who_left(r: Registry) -> None:
    person(r, 1, "Ma Văn Sáng", HAMLET)
    person(r, 2, "Ma Thị Tối", HAMLET, status="DANG_SINH_HOAT")
    person(r, 3, "Lý Văn Đi", HAMLET, status="DA_CHUYEN_DI")
    person(r, 4, "Lý Thị Học", SCHOOL)
    counts = {row.unit_id: row.members for row in queries.unit_tree(r)}
    assert counts == {PROVINCE: 3, COMMUNE: 3, HAMLET: 2, SCHOOL: 1}


def test_s109_a_unit_whose_parent_has_not_arrived_is_shown_at_the_top(r: Registry) -> None:
    unit(r, UUID(int=30), UUID(int=31), "CHIDOAN", "Chi đoàn lạc")
    assert [row.depth for row in queries.unit_tree(r) if row.unit_id == UUID(int=30)] == [0]


def test_units_that_stand_below_each_other_are_shown_nevertheless(r: Registry) -> None:
    """What two people did apart, until the server has said whose move stands."""
    one, other, below = UUID(int=30), UUID(int=31), UUID(int=32)
    unit(r, one, other, "CHIDOAN", "Chi đoàn Ao Sen")
    unit(r, other, one, "CHIDOAN", "Chi đoàn Đồi Chè")
    unit(r, below, other, "CHIDOAN", "Chi đoàn Khe Đá")
    person(r, 1, "Ma Văn Sáng", below)
    rows = {row.unit_id: row for row in queries.unit_tree(r)}
    assert [(rows[each].parent_id, rows[each].depth, rows[each].members) for each in (one, other, below)] == [
        (None, 0, 1), (one, 1, 1), (other, 2, 1),
    ]  # fmt: skip


def test_a_table_holds_the_whole_subtree(r: Registry) -> None:
    unit(r, OTHER_COMMUNE, PROVINCE, "XA", "Đoàn xã Lâm Bình")
    person(r, 1, "Ma Văn Sáng", HAMLET)
    person(r, 2, "Lý Thị Học", SCHOOL)
    person(r, 3, "Chẩu Văn Xa", OTHER_COMMUNE)
    assert found(r, "", HAMLET) == ["Ma Văn Sáng"]
    assert found(r, "", COMMUNE) == ["Lý Thị Học", "Ma Văn Sáng"]
    assert found(r, "", None) == ["Lý Thị Học", "Ma Văn Sáng", "Chẩu Văn Xa"]
    assert found(r, "", UUID(int=404)) == []


def test_members_are_in_vietnamese_order_of_given_names(r: Registry) -> None:
    for number, name in enumerate(("Đỗ Thị Ưng", "Lê Anh Đào", "Bùi Dũng", "Trần Ánh", "Nguyễn Anh", "Lê Ân", "Mã Ăn")):
        person(r, number, name)
    assert [name.split()[-1] for name in found(r, "")] == ["Anh", "Ánh", "Ăn", "Ân", "Dũng", "Đào", "Ưng"]


@pytest.mark.parametrize(
    "text",
    [
        "Đặng Đức Dũng",
        "đặng",
        "dang duc dung",
        "DUNG DANG",
        "đuc",
        unicodedata.normalize("NFD", "Đặng Đức"),
        "dung 0912",
        "345678",
        "0912 345 678",
        "008099001234",
        "  đức  ",
        "ng đ",
    ],
)
def test_somebody_is_found_however_it_is_typed(r: Registry, text: str) -> None:
    person(r, 1, "Đặng Đức Dũng", phone="0912345678", id_number="008099001234")
    person(r, 2, "Hoàng Văn Minh", phone="0987000111", id_number="008099005555")
    for unit_id in (None, HAMLET, COMMUNE):
        assert found(r, text, unit_id) == ["Đặng Đức Dũng"]


@pytest.mark.parametrize("text", ["dung minh", "đặngg", "9999", "%", "_", "' OR 1=1 --", '"'])
def test_nobody_is_found_who_does_not_match(r: Registry, text: str) -> None:
    person(r, 1, "Đặng Đức Dũng", phone="0912345678")
    assert found(r, text) == []


def test_a_search_follows_what_is_edited(r: Registry) -> None:
    from yum_desktop.registry import commands  # noqa: PLC0415  # the rest of this file only reads

    member_id = person(r, 1, "Đặng Đức Dũng")
    commands.set_member(r, member_id, {"full_name": "Đặng Đức Hòa"})
    assert found(r, "dung") == []
    assert found(r, "hoa") == ["Đặng Đức Hòa"]


def test_a_limit_keeps_the_first_in_order(r: Registry) -> None:
    arrive_all(r, "member", crowd(300))
    everybody = found(r, "")
    assert found(r, "", limit=20) == everybody[:20]
    nguyen = [name for name in everybody if "Nguyễn" in name]
    assert found(r, "nguyễn") == nguyen
    assert found(r, "nguyen", COMMUNE, limit=3) == nguyen[:3]


@pytest.mark.parametrize("unit_id", [None, COMMUNE])
@pytest.mark.parametrize("limit", [None, 50])
def test_a_search_reads_the_narrow_index_and_of_the_table_its_hits_only(
    r: Registry, unit_id: UUID | None, limit: int | None
) -> None:
    from yum_desktop.registry.member_list import _search  # noqa: PLC0415  # its plan is what counts

    sql, params = _statement(unit_id, _search("dang 09"), limit)
    with r.read() as conn:
        plan = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", params)]
    on_members = [step for step in plan if "member" in step]
    assert any("COVERING INDEX ix_member_search" in step for step in on_members)
    assert not any(step.startswith("SCAN member") and "COVERING" not in step for step in on_members)


def test_a_search_is_much_faster_than_reading_everybody(r: Registry) -> None:
    """The time itself depends on the machine, the ratio hardly."""
    arrive_all(r, "member", crowd(4_000))

    def fastest(text: str, limit: int | None) -> float:
        times = []
        for _ in range(5):
            started = perf_counter()
            queries.member_rows(r, None, text=text, limit=limit)
            times.append(perf_counter() - started)
        return min(times)

    assert fastest("dang duc dung", 100) * 5 < fastest("", None)


def test_what_is_missing_is_what_the_form_says(r: Registry) -> None:
    whole: Values = {**crowd(1)[0][1], "id_missing_reason": None}
    needed = [field.name for field in MEMBER_FIELDS if field.name not in {"unit_id", "full_name"}]
    cases: list[Values] = [whole, {"unit_id": HAMLET.bytes, "full_name": "Lý Văn Trống"}]
    cases += [{**whole, name: None} for name in needed]
    cases += [{**whole, "phone": ""}, {**whole, "id_number": None, "id_missing_reason": "Chưa làm thẻ"}]
    arrive_all(r, "member", [(UUID(int=9_000 + place), values) for place, values in enumerate(cases)])
    for row in queries.member_rows(r, None):
        said = missing_fields(cases[row.member_id.int - 9_000], shipped_book(), on=r.clock.now().date())
        assert row.missing == said


def test_a_row_says_what_the_record_says(r: Registry) -> None:
    person(r, 1, "Ma Văn Sáng", born_on="2005-08", sex="NAM", phone="0912345678", position="DOAN_VIEN", status="X")
    (row,) = queries.member_rows(r, None)
    assert (row.unit_id, row.unit_name, row.born_on, row.sex) == (HAMLET, "thôn Nà Đông", "2005-08", "NAM")
    assert (row.phone, row.position, row.status, row.id_number, row.state) == (
        "0912345678",
        "DOAN_VIEN",
        "X",
        None,
        "ok",
    )
    assert row.sort_key


def test_a_member_that_is_not_there_is_unknown(r: Registry) -> None:
    with pytest.raises(InputError) as caught:
        queries.member(r, UUID(int=404))
    assert caught.value.code == "member.unknown"


def test_a_unit_has_its_short_name(r: Registry) -> None:
    assert queries.unit_name(r, HAMLET) == "thôn Nà Đông"
    assert queries.unit_name(r, UUID(int=404)) == ""


def test_rules_that_the_server_sent_say_what_is_missing(r: Registry) -> None:
    member_id = person(r, 1, "Ma Văn Sáng", has_book=1)
    rule = {"key": COMPLETENESS, "effective_from": "2020-01-01"}
    value = '[{"field":"book_keeper","when":[{"field":"has_book","among":[1]}]},{"field":"sex"}]'
    arrive(r, "rule_set", UUID(int=6_000), {**rule, "value": value})
    for _ in range(2):
        (row,) = queries.member_rows(r, None)
        assert row.missing == queries.member(r, member_id).missing == ("sex", "book_keeper")
        arrive(r, "rule_set", UUID(int=6_001), {**rule, "effective_from": "2090-01-01", "value": '[{"field":"email"}]'})
    arrive(r, "rule_set", UUID(int=6_002), {"key": COMPLETENESS, "effective_from": "2021-01-01", "value": "[{}]"})
    (row,) = queries.member_rows(r, None)
    assert "phone" in row.missing, "rules that this program cannot read give way to its own"


@pytest.mark.parametrize("text", ["", "dang", "đặng", "0", "09 dang", "khong ai ten the", "n"])
@pytest.mark.parametrize("unit_id", [None, HAMLET, COMMUNE, UUID(int=999)])
def test_a_list_in_parts_is_the_list(r: Registry, text: str, unit_id: UUID | None) -> None:
    arrive_all(r, "member", crowd(900))
    whole = queries.member_rows(r, unit_id, text=text)
    begun = queries.member_list(r, unit_id, text=text, first=40)
    assert begun.total == len(whole)
    assert len(begun.rows) == min(40, len(whole))
    parts = [queries.more_members(r, begun.rest[start : start + 100]) for start in range(0, len(begun.rest), 100)]
    rows = [*begun.rows, *(row for part in parts for row in part)]
    assert [row.sort_key for row in rows] == [row.sort_key for row in whole]
    assert {row.member_id: row for row in rows} == {row.member_id: row for row in whole}


def test_who_is_gone_meanwhile_is_left_out_of_the_rest(r: Registry) -> None:
    arrive_all(r, "member", crowd(30))
    begun = queries.member_list(r, None, first=10)
    last = queries.more_members(r, begun.rest)[-1]
    commands.delete_member(r, last.member_id)
    rows = queries.more_members(r, begun.rest)
    assert len(rows) == len(begun.rest) - 1
    assert last.member_id not in {row.member_id for row in rows}
