"""Two records of one person: who is told, and that merging them loses nothing, whoever does what at the same time."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import pytest
from central_world import GOOD, Centre, create, on_both_stores, served

from sync.protocol.kinds import Values
from sync.server.records import Stamp
from yum_desktop.central.pair_rules import pairs_about
from yum_desktop.domain.duplicates import Advice, Strength
from yum_desktop.domain.errors import ConflictError, InputError
from yum_desktop.registry import activity, commands, pairs, queries, syncing
from yum_desktop.registry.clock import new_id
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.pairs import Verdict

pytestmark = on_both_stores

KEY = bytes(range(32))
Opener = Callable[[str, str], Registry]
AN: Values = {"full_name": "Nông Văn Ân", "born_on": "2005-06-07", "phone": "0912345678"}
NUMBER = "008205001234"


@pytest.fixture
def device(centre: Centre, tmp_path: Path) -> Iterator[Opener]:
    """Give a function that enrols a new device for an account."""
    opened: list[Registry] = []
    with served(centre) as url:

        def enrolled(account: str, name: str) -> Registry:
            registry = Registry.open(tmp_path / f"{name}.db", KEY, clock=centre.clock)
            opened.append(registry)
            syncing.enrol(registry, server=url, account=account, password=GOOD, device_name=name)
            return synced(registry)

        yield enrolled
        for registry in opened:
            registry.close()


def synced(*registries: Registry) -> Registry:
    for registry in registries:
        assert syncing.sync(registry).status == "done"
    return registries[-1]


def agrees(centre: Centre, registry: Registry, unit: str) -> bool:
    digest, counts = centre.server.digest((centre.units[unit],))
    return (queries.digest(registry), queries.row_counts(registry)) == (digest, counts)


def two(centre: Centre, r: Registry, **second: str) -> tuple[UUID, UUID]:
    """Enter one person twice, in two chapters; return both records, once they are on the server."""
    one = commands.add_member(r, UUID(bytes=centre.units["thon"]), AN)
    other = commands.add_member(r, UUID(bytes=centre.units["thon-2"]), {**AN, **second})
    synced(r)
    return one, other


def names(r: Registry) -> list[str]:
    return [row.full_name for row in queries.member_rows(r, None)]


def codes(r: Registry) -> set[str | None]:
    return {row.code for row in queries.pending(r)}


def test_s159_one_person_under_two_ids_is_shown_to_whoever_has_both(centre: Centre, device: Opener) -> None:
    """Two chapters, each with its own device, cannot know of each other; the commune above sees the pair."""
    centre.account("thon-nha", "thon")
    centre.account("thon-hai", "thon-2")
    centre.account("xa-nha")
    one, other = device("thon-nha", "một"), device("thon-hai", "hai")
    commands.add_member(one, UUID(bytes=centre.units["thon"]), AN)
    commands.add_member(other, UUID(bytes=centre.units["thon-2"]), AN)
    synced(one, other)
    above = device("xa-nha", "xã")
    (pair,) = pairs.reviewed(above).open
    assert (pair.strength, pair.advice) == (Strength.MEDIUM, Advice.LOOK)
    assert {pair.first.unit_name, pair.second.unit_name} == {"Đơn vị thon", "Đơn vị thon-2"}
    assert pairs.reviewed(synced(one)).open == ()


def test_s159_a_number_of_another_unit_is_refused_without_a_name_and_told_above(centre: Centre, device: Opener) -> None:
    for account, unit in (("thon-nha", "thon"), ("thon-hai", "thon-2"), ("xa-nha", "xa"), ("xa-ben", "xa-ben")):
        centre.account(account, unit)
    one, other = device("thon-nha", "một"), device("thon-hai", "hai")
    commands.add_member(one, UUID(bytes=centre.units["thon"]), {**AN, "id_number": NUMBER})
    synced(one)
    typed = commands.add_member(
        other, UUID(bytes=centre.units["thon-2"]), {"full_name": "Nông Văn Ấn", "id_number": NUMBER}
    )
    synced(other)
    (line,) = queries.pending(other)
    assert (line.code, line.field) == ("identity.duplicate", "id_number")
    assert "Nông Văn Ân" not in str(line.text)
    assert "chuyển sinh hoạt" in str(line.text)
    commands.set_member(other, typed, {"phone": "0987654321"})
    synced(other, other)
    (told,) = pairs.reviewed(device("xa-nha", "xã")).refused
    assert (told.side.full_name, told.other_title, told.other_unit) == ("Nông Văn Ân", "Nông Văn Ấn", "Đơn vị thon-2")
    for elsewhere in (one, synced(other), device("xa-ben", "xã bên")):
        assert queries.row_counts(elsewhere)["pair"] == 0


def test_what_was_told_above_goes_when_the_number_is_corrected(centre: Centre, device: Opener) -> None:
    for account, unit in (("thon-nha", "thon"), ("thon-hai", "thon-2"), ("xa-nha", "xa")):
        centre.account(account, unit)
    one, other, above = device("thon-nha", "một"), device("thon-hai", "hai"), device("xa-nha", "xã")
    commands.add_member(one, UUID(bytes=centre.units["thon"]), {**AN, "id_number": NUMBER})
    synced(one)
    typed = commands.add_member(other, UUID(bytes=centre.units["thon-2"]), {"full_name": "Lý A", "id_number": NUMBER})
    synced(other, above)
    assert len(pairs.reviewed(above).refused) == 1
    commands.set_member(other, typed, {"id_number": "008205001299"})
    synced(other, above)
    assert (pairs.reviewed(above).refused, codes(other)) == ((), set())


def test_what_was_told_above_goes_when_the_other_gives_the_number_up(centre: Centre, device: Opener) -> None:
    for account, unit in (("thon-nha", "thon"), ("thon-hai", "thon-2"), ("xa-nha", "xa")):
        centre.account(account, unit)
    one, other, above = device("thon-nha", "một"), device("thon-hai", "hai"), device("xa-nha", "xã")
    wrong = commands.add_member(one, UUID(bytes=centre.units["thon"]), {**AN, "id_number": NUMBER})
    synced(one)
    commands.add_member(other, UUID(bytes=centre.units["thon-2"]), {"full_name": "Lý A", "id_number": NUMBER})
    synced(other, above)
    assert len(pairs.reviewed(above).refused) == 1
    commands.set_member(one, wrong, {"phone": "0987654321"})
    synced(one, above)
    assert len(pairs.reviewed(above).refused) == 1
    commands.set_member(one, wrong, {"id_number": "008205001299"})
    synced(one, above)
    assert pairs.reviewed(above).refused == ()
    commands.retry_refused(other, queries.pending(other)[0].change_id)
    synced(other)
    assert codes(other) == set()


def test_who_said_they_are_two_people_is_heard_by_every_device_that_has_both(centre: Centre, device: Opener) -> None:
    centre.account("xa-nha")
    centre.account("tinh-nha", "tinh")
    centre.account("thon-nha", "thon")
    one, above, chapter = device("xa-nha", "một"), device("tinh-nha", "tỉnh"), device("thon-nha", "thôn")
    first, second = two(centre, one)
    group = pairs.say_different(one, second, first, strength=Strength.MEDIUM, note="anh em sinh đôi")
    synced(one, above, chapter)
    (told,) = pairs.reviewed(above).different
    assert (pairs.reviewed(above).open, told.decided_by, told.note) == ((), "xa-nha", "anh em sinh đôi")
    assert queries.row_counts(chapter)["pair"] == 0
    commands.set_member(above, second, {"id_number": NUMBER})
    commands.set_member(above, first, {"old_id_number": NUMBER})
    assert [pair.strength for pair in pairs.reviewed(above).open] == [Strength.STRONG]
    commands.undo(one, group)
    synced(one)
    assert len(pairs.reviewed(one).open) == 1


def test_a_merge_keeps_what_was_chosen_removes_one_record_and_is_undone_as_a_whole(
    centre: Centre, device: Opener
) -> None:
    centre.account("xa-nha")
    one, other = device("xa-nha", "một"), device("xa-nha", "hai")
    first, second = two(centre, one, id_number=NUMBER, email="an@example.vn")
    synced(other)
    case = new_id().bytes
    with centre.server.transaction() as tx:
        values: Values = {"unit_id": centre.units["thon"], "member_id": first.bytes, "title": "Thẻ", "data": "{}"}
        tx.insert("case", case, values, Stamp(account="test"))
    commands.set_member(one, first, {"note": "chưa gửi"})
    group = pairs.merge(one, first, second, {"email": "moi@example.vn"})
    assert {row.kind for row in activity.recent_changes(one)} >= {"pair", "member"}
    assert [row.title for row in queries.pending(one) if row.kind == "pair"] == ["Nông Văn Ân"]
    synced(one, other)
    for r in (one, other):
        assert names(r) == ["Nông Văn Ân"]
        assert queries.member(r, second).values["email"] == "moi@example.vn"
        assert agrees(centre, r, "xa")
    moved = centre.record("case", case)
    assert moved is not None
    assert moved.values["member_id"] == second.bytes
    (known,), (told,) = pairs.reviewed(one).merged, pairs.reviewed(other).merged
    assert (known.title, known.group, told.group, told.decided_by) == ("Nông Văn Ân", group, None, "xa-nha")
    with pytest.raises(InputError) as caught:
        pairs.split(other, told.pair_id)
    assert caught.value.code == "pair.not_here"
    pairs.split(one, known.pair_id)
    assert pairs.reviewed(one).merged == ()
    synced(one, other)
    for r in (one, other):
        assert len(names(r)) == 2
        assert queries.member(r, second).values["email"] == "an@example.vn"
        assert (queries.row_counts(r)["pair"], agrees(centre, r, "xa")) == (0, True)
    back = centre.record("case", case)
    assert back is not None
    assert back.values["member_id"] == first.bytes


def test_the_record_that_stays_may_take_the_number_of_the_one_that_goes(centre: Centre, device: Opener) -> None:
    centre.account("xa-nha")
    one = device("xa-nha", "một")
    first, second = two(centre, one, id_number=NUMBER)
    pairs.merge(one, second, first, {"id_number": NUMBER})
    synced(one)
    assert (codes(one), queries.member(one, first).values["id_number"]) == (set(), NUMBER)
    assert agrees(centre, one, "xa")
    pairs.split(one, pairs.reviewed(one).merged[0].pair_id)
    synced(one)
    numbers = [queries.member(one, each).values["id_number"] for each in (first, second)]
    assert (codes(one), numbers, agrees(centre, one, "xa")) == (set(), [None, NUMBER], True)


def test_what_waited_of_both_records_before_they_were_merged_goes_with_the_merge(
    centre: Centre, device: Opener
) -> None:
    """The server must hear of the merge before the number changes hands and before one record goes."""
    centre.account("xa-nha")
    one = device("xa-nha", "một")
    first, second = two(centre, one, id_number=NUMBER)
    commands.set_member(one, first, {"note": "chưa gửi"})
    commands.set_member(one, second, {"note": "cũng chưa gửi"})
    pairs.merge(one, second, first, {"id_number": NUMBER})
    synced(one)
    assert (codes(one), queries.member(one, first).values["id_number"]) == (set(), NUMBER)
    assert centre.record("member", second.bytes) is None
    assert agrees(centre, one, "xa")


def test_a_record_the_server_knows_stays_and_one_it_does_not_know_goes(centre: Centre, device: Opener) -> None:
    centre.account("xa-nha")
    one = device("xa-nha", "một")
    known = commands.add_member(one, UUID(bytes=centre.units["thon"]), {**AN, "id_number": NUMBER})
    synced(one)
    new = commands.add_member(one, UUID(bytes=centre.units["thon"]), {**AN, "email": "a@b.vn", "id_number": NUMBER})
    assert pairs.prepare(one, new, known).survivor.member_id == known
    with pytest.raises(ConflictError) as caught:
        pairs.merge(one, known, new, {})
    assert caught.value.code == "pair.survivor_new"
    pairs.merge(one, new, known, {"email": "a@b.vn"})
    synced(one)
    assert (codes(one), names(one)) == (set(), ["Nông Văn Ân"])
    assert agrees(centre, one, "xa")


def test_two_records_that_were_never_sent_become_one(centre: Centre, device: Opener) -> None:
    centre.account("xa-nha")
    one = device("xa-nha", "một")
    unit = UUID(bytes=centre.units["thon"])
    first, second = (commands.add_member(one, unit, AN) for _ in range(2))
    group = pairs.merge(one, first, second, {"email": "a@b.vn"})
    synced(one)
    assert (codes(one), len(names(one)), agrees(centre, one, "xa")) == (set(), 1, True)
    commands.undo(one, group)
    synced(one)
    assert (codes(one), len(names(one)), agrees(centre, one, "xa")) == (set(), 2, True)


def test_s160_an_edit_of_a_record_that_was_merged_is_offered_to_the_one_that_stays(
    centre: Centre, device: Opener
) -> None:
    centre.account("xa-nha")
    one, other = device("xa-nha", "một"), device("xa-nha", "hai")
    first, second = two(centre, one)
    synced(other)
    pairs.merge(one, first, second, {})
    commands.set_member(other, first, {"email": "an@example.vn"})
    synced(one, other)
    (line,) = queries.pending(other)
    assert (line.code, line.link) == ("member.merged", second)
    assert "Nông Văn Ân" in str(line.text)
    assert pairs.redirect(other, line.change_id) == second
    synced(other, one)
    assert queries.pending(other) == []
    assert queries.member(one, second).values["email"] == "an@example.vn"
    assert agrees(centre, other, "xa")


def test_s160_who_has_no_right_to_the_record_that_stays_learns_only_that_it_was_merged(
    centre: Centre, device: Opener
) -> None:
    centre.account("xa-nha")
    centre.account("thon-nha", "thon")
    one, chapter = device("xa-nha", "một"), device("thon-nha", "thôn")
    first, second = two(centre, one)
    synced(chapter)
    pairs.merge(one, first, second, {})
    commands.set_member(chapter, first, {"email": "an@example.vn"})
    synced(one, chapter)
    (line,) = queries.pending(chapter)
    assert (line.code, line.link) == ("member.merged", None)
    assert "Nông Văn Ân" not in str(line.text)
    with pytest.raises(InputError) as caught:
        pairs.redirect(chapter, line.change_id)
    assert caught.value.code == "pair.survivor_unknown"


@pytest.mark.parametrize("values", [{}, {"email": "hai@example.vn"}])
def test_merging_one_pair_in_opposite_directions_at_once_leaves_one_of_the_two(
    centre: Centre, device: Opener, values: Values
) -> None:
    centre.account("xa-nha")
    one, other = device("xa-nha", "một"), device("xa-nha", "hai")
    first, second = two(centre, one)
    synced(other)
    pairs.merge(one, first, second, {"email": "mot@example.vn"} if values else {})
    pairs.merge(other, second, first, values)
    synced(one, other, one, other)
    assert centre.record("member", second.bytes) is not None
    assert names(one) == ["Nông Văn Ân"]
    assert "pair.survivor_gone" in codes(other)
    commands.discard_refused(other, queries.pending(other)[0].change_id)
    synced(other, one, other)
    assert (queries.pending(other), names(other)) == ([], ["Nông Văn Ân"])
    assert agrees(centre, one, "xa")
    assert agrees(centre, other, "xa")


def test_a_merge_into_a_record_that_somebody_removed_meanwhile_removes_nothing(centre: Centre, device: Opener) -> None:
    centre.account("xa-nha")
    one, other = device("xa-nha", "một"), device("xa-nha", "hai")
    first, second = two(centre, one)
    synced(other)
    commands.delete_member(one, second)
    commands.set_member(other, first, {"email": "truoc@example.vn"})
    pairs.merge(other, first, second, {})
    synced(one, other)
    assert "pair.survivor_gone" in codes(other)
    assert centre.record("member", first.bytes) is not None


def test_a_record_that_somebody_changed_meanwhile_is_not_merged_away_unseen(centre: Centre, device: Opener) -> None:
    centre.account("xa-nha")
    one, other = device("xa-nha", "một"), device("xa-nha", "hai")
    first, second = two(centre, one)
    synced(other)
    commands.set_member(one, first, {"email": "moi@example.vn"})
    pairs.merge(other, first, second, {})
    synced(one, other)
    assert codes(other) == {"record.changed"}
    commands.discard_refused(other, queries.pending(other)[0].change_id)
    synced(other)
    assert len(pairs.reviewed(other).open) == 1


def test_a_chain_of_merges_leads_to_the_record_that_is_left(centre: Centre, device: Opener) -> None:
    centre.account("xa-nha")
    one, late = device("xa-nha", "một"), device("xa-nha", "hai")
    first, second = two(centre, one)
    third = commands.add_member(one, UUID(bytes=centre.units["thon"]), AN)
    synced(one, late)
    pairs.merge(one, first, second, {})
    pairs.merge(one, second, third, {})
    commands.set_member(late, first, {"email": "muon@example.vn"})
    synced(one, late)
    (line,) = queries.pending(late)
    assert (line.code, line.link) == ("member.merged", third)
    pairs.redirect(late, line.change_id)
    assert queries.member(synced(late), third).values["email"] == "muon@example.vn"


def test_the_history_of_both_is_the_history_of_the_one_that_stays(centre: Centre, device: Opener) -> None:
    centre.account("xa-nha")
    one = device("xa-nha", "một")
    first, second = two(centre, one)
    commands.set_member(one, first, {"email": "an@example.vn"})
    pairs.merge(one, first, second, {})
    lines = queries.history(one, "member", second)
    assert "an@example.vn" in {line.new for line in lines}
    assert {line.merged for line in lines} == {True, False}


def test_what_was_said_about_a_person_is_found_when_they_are_erased(centre: Centre, device: Opener) -> None:
    centre.account("xa-nha")
    one = device("xa-nha", "một")
    first, second = two(centre, one)
    pairs.say_different(one, first, second)
    synced(one)
    (pair,) = pairs_about(centre.server, first.bytes)
    assert pairs_about(centre.server, second.bytes) == {pair}
    assert centre.record("pair", pair) is not None


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"verdict": "refused"}, "pair.verdict"),
        ({"verdict": "nothing"}, "pair.verdict"),
        ({"other_id": None}, "pair.verdict"),
        ({"other_id": "same"}, "pair.same"),
        ({"other_id": "elsewhere"}, "scope.forbidden"),
        ({"links": "[]"}, "field.read_only"),
    ],
)
def test_what_a_device_may_not_say_about_a_pair_is_refused(centre: Centre, values: Values, code: str) -> None:
    actor = centre.actor("xa-nha", "xa")
    mine, theirs, elsewhere = (new_id().bytes for _ in range(3))
    for member_id, unit in ((mine, "thon"), (theirs, "thon-2"), (elsewhere, "thon-ben")):
        centre.push(centre.actor("tinh", "tinh"), create("member", {**AN, "unit_id": centre.units[unit]}, member_id))
    known: Values = {
        "unit_id": centre.units["xa"], "member_id": mine, "other_id": theirs, "verdict": Verdict.DIFFERENT.value,
    }  # fmt: skip
    ids = {"same": mine, "elsewhere": elsewhere}
    said = {name: ids.get(value, value) if isinstance(value, str) else value for name, value in values.items()}
    (answer,) = centre.push(actor, create("pair", {**known, **said}))
    assert answer.code == code
    (good,) = centre.push(actor, create("pair", known))
    assert good.status == "applied"


def act(r: Registry, ids: list[UUID], dice: random.Random, words: str) -> None:
    """Do one thing on one device to one of the records of a person, as it is there."""
    here = [row.member_id for row in queries.member_rows(r, None) if row.member_id in ids]
    match dice.choice(("merge", "merge", "edit", "sync", "undo")):
        case "merge" if len(here) > 1:
            goes, stays = dice.sample(here, 2)
            with suppress(ConflictError):  # one of the two waits for a choice
                pairs.merge(r, goes, stays, {"note": words} if dice.random() < 0.5 else {})
        case "edit" if here:
            commands.set_member(r, dice.choice(here), {"email": f"{words}@example.vn"})
        case "undo" if dice.random() < 0.3:
            for merged in [each for each in pairs.reviewed(r).merged if each.group is not None][:1]:
                pairs.split(r, merged.pair_id)
        case _:
            synced(r)


def settle(r: Registry) -> None:
    """Choose in every conflict, and give up what was refused, as a person would."""
    for conflict in queries.conflicts(r):
        taken = {field.field: commands.Take.MINE for field in conflict.fields}
        commands.settle_conflict(r, conflict.conflict_id, taken)
    while refused := [row for row in queries.pending(r) if row.status == "refused"]:
        commands.discard_refused(r, refused[0].change_id)
    synced(r)


def test_whatever_three_devices_merge_at_once_one_record_of_each_person_is_left(centre: Centre, device: Opener) -> None:
    """Merges in all directions, edits, undone merges and exchanges in any order, played from one seed."""
    centre.account("xa-nha")
    devices = [device("xa-nha", name) for name in ("một", "hai", "ba")]
    dice = random.Random(20_261_124)
    unit = UUID(bytes=centre.units["thon"])
    for person in "ABCDEF":
        ids = [commands.add_member(devices[0], unit, {**AN, "full_name": f"Nông Văn {person}"}) for _ in range(3)]
        synced(*devices)
        for step in range(10):
            act(dice.choice(devices), ids, dice, f"{person}{step}")
        synced(*devices, *devices)
        for r in devices:
            settle(r)
        synced(*devices)
        left = {each for each in ids if centre.record("member", each.bytes) is not None}
        assert left, f"nothing is left of {person}"
        for r in devices:
            assert {row.member_id for row in queries.member_rows(r, None)} & set(ids) == left
    assert all(agrees(centre, r, "xa") for r in devices)
