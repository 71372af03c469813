"""Places that the map lacks: reported without a connection, answered by the province, and then on every device."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from central_world import GOOD, Centre, create, edit, on_both_stores, served

from sync.protocol.messages import Answer
from yum_desktop.central.accounts import Role
from yum_desktop.domain.errors import ConflictError, InputError
from yum_desktop.exchange.addresses import read_address
from yum_desktop.exchange.gazetteer import Gazetteer, shipped_gazetteer
from yum_desktop.registry import code_lists, places, queries, syncing
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.places import ReportState

pytestmark = on_both_stores

KEY = bytes(range(32))
Opener = Callable[[str, str], Registry]
NEW = {"kind": "XA", "name": "Mường Vạt Mới", "province": "14"}
TEXT = "Bản Nà Lếch, xã Mường Vạt Mới, Sơn La"


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


def map_of(r: Registry) -> Gazetteer:
    with r.read() as conn:
        return shipped_gazetteer().with_extras(places.extra_places(conn))


def states(r: Registry) -> list[str]:
    return [row.state for row in places.reports(r)]


def two(centre: Centre, device: Opener) -> tuple[Registry, Registry]:
    """Enrol the device of a chapter and that of the province."""
    centre.account("thon-nha", "thon")
    centre.account("tinh-nha", "tinh")
    return device("thon-nha", "thôn"), device("tinh-nha", "tỉnh")


def test_a_report_made_offline_is_answered_and_everybody_has_the_place(centre: Centre, device: Opener) -> None:
    chapter, province = two(centre, device)
    centre.account("xa-ben", "xa-ben")
    neighbour = device("xa-ben", "bên")
    report_id = places.report(chapter, TEXT, province="14")
    assert places.reports(province) == []
    synced(chapter, province)
    (row,) = places.reports(province, waiting_only=True)
    assert (row.text, row.unit_name, row.own, row.reported_by) == (TEXT, "Đơn vị thon", False, "thon-nha")
    places.accept(province, report_id, NEW)
    synced(province, chapter, neighbour, province)
    assert states(chapter) == states(province) == [ReportState.ACCEPTED]
    assert places.reports(neighbour) == []
    for r in (chapter, province, neighbour):
        offer = read_address(map_of(r), TEXT)
        assert offer is not None
        assert offer.detail == "Bản Nà Lếch"
        assert map_of(r).full_name(offer.choices[0]) == "Xã Mường Vạt Mới, Tỉnh Sơn La"
    assert places.reports(chapter)[0].decided_by == "tinh-nha"
    for registry, unit in ((chapter, "thon"), (province, "tinh"), (neighbour, "xa-ben")):
        digest, counts = centre.server.digest((centre.units[unit],))
        assert (queries.digest(registry), queries.row_counts(registry)) == (digest, counts)


def test_a_name_of_a_known_place_is_found_after_the_answer(centre: Centre, device: Opener) -> None:
    chapter, province = two(centre, device)
    report_id = places.report(chapter, "Xã Thượng Lâm Mới")
    synced(chapter, province)
    places.accept(province, report_id, {"code": "02269"})
    synced(province, chapter)
    known = shipped_gazetteer().place("02269")
    assert known is not None
    assert map_of(chapter).named("xa thuong lam moi") == (known,)
    assert shipped_gazetteer().named("xa thuong lam moi") == ()
    assert code_lists.codes(chapter).lists() == code_lists.shipped_codes().lists()


def test_a_refusal_comes_back_with_its_reason(centre: Centre, device: Opener) -> None:
    chapter, province = two(centre, device)
    report_id = places.report(chapter, TEXT)
    synced(chapter, province)
    with pytest.raises(InputError) as caught:
        places.refuse(province, report_id, "  ")
    assert caught.value.code == "place.reason_needed"
    places.refuse(province, report_id, "Tên này là bản, không phải xã")
    synced(province, chapter)
    (row,) = places.reports(chapter)
    assert (row.state, row.why) == (ReportState.REFUSED, "Tên này là bản, không phải xã")
    assert map_of(chapter) is shipped_gazetteer()
    with pytest.raises(ConflictError) as settled:
        places.accept(province, report_id, NEW)
    assert settled.value.code == "place.settled"


def test_the_same_place_is_reported_once_while_it_waits(centre: Centre, device: Opener) -> None:
    chapter, _ = two(centre, device)
    first = places.report(chapter, TEXT)
    assert places.report(chapter, TEXT.upper()) == first
    assert len(places.reports(chapter)) == 1
    with pytest.raises(InputError) as caught:
        places.report(chapter, "   ")
    assert caught.value.code == "place.text_needed"


def test_nobody_below_the_province_answers_on_the_device(centre: Centre, device: Opener) -> None:
    centre.account("xa-nha")
    commune = device("xa-nha", "xã")
    report_id = places.report(commune, TEXT, unit_id=UUID(bytes=centre.units["thon"]))
    with pytest.raises(InputError) as caught:
        places.accept(commune, report_id, NEW)
    assert caught.value.code == "place.by_superior"


def reported(centre: Centre) -> bytes:
    """Store a report of the chapter; return its id."""
    made = create("place_report", {"unit_id": centre.units["thon"], "text": TEXT, "state": "waiting"})
    assert code(centre.push(centre.actor("thon-nha", "thon"), made)) is None
    return made.record_id


def code(answers: list[Answer]) -> str | None:
    (answer,) = answers
    return answer.code or None


@pytest.mark.parametrize(
    ("who", "values", "expected"),
    [
        ("thon", {"state": "accepted", "answer": '{"code": "02269"}'}, "place.by_superior"),
        ("xa", {"state": "accepted", "answer": '{"code": "02269"}'}, "place.by_superior"),
        ("tinh", {"state": "accepted", "answer": '{"code": "02269"}'}, None),
        ("tw", {"state": "accepted", "answer": '{"code": "02269"}'}, None),
        ("tinh", {"state": "accepted", "answer": '{"code": "99999"}'}, "place.code"),
        ("tinh", {"state": "accepted", "answer": '{"code": "02"}'}, "place.code"),
        ("tinh", {"state": "accepted", "answer": "[]"}, "place.answer"),
        ("tinh", {"state": "accepted", "answer": "{"}, "place.answer"),
        ("tinh", {"state": "accepted", "answer": '{"name": "X", "kind": "XA", "province": "02"}'}, "place.province"),
        ("tinh", {"state": "accepted", "answer": '{"name": "X", "kind": "LANG", "province": "14"}'}, "place.kind"),
        ("tinh", {"state": "accepted", "answer": '{"name": " ", "kind": "XA", "province": "14"}'}, "place.answer"),
        ("tinh", {"state": "refused"}, "place.reason_needed"),
        ("tinh", {"state": "refused", "why": "Không có"}, None),
        ("tinh", {"state": "done"}, "place.answer"),
        ("tinh", {"text": "Khác"}, "field.read_only"),
        ("tinh", {"decided_by": "ai-do"}, "field.read_only"),
    ],
)
def test_the_server_takes_answers_of_a_superior_only_and_only_such_that_mean_something(
    centre: Centre, who: str, values: dict[str, str], expected: str | None
) -> None:
    report_id = reported(centre)
    assert (
        code(centre.push(centre.actor(f"{who}-nha", who), edit("place_report", report_id, dict(values), 1))) == expected
    )
    made = centre.records("place", "province", "08")
    assert len(made) == (1 if expected is None and values["state"] == "accepted" else 0)


def test_a_second_answer_is_told_that_there_is_one(centre: Centre) -> None:
    report_id = reported(centre)
    actor = centre.actor("tinh-nha", "tinh")
    refusing = edit("place_report", report_id, {"state": "refused", "why": "Không có"}, 1)
    assert code(centre.push(actor, refusing)) is None
    late = edit("place_report", report_id, {"state": "accepted", "answer": '{"code": "02269"}'}, 1)
    assert code(centre.push(actor, late)) == "place.settled"
    assert centre.records("place", "province", "08") == []


def test_a_device_makes_no_place_by_itself(centre: Centre) -> None:
    made = create("place", {"code": "X", "kind": "XA", "name": "X", "province": "14"})
    assert code(centre.push(centre.actor("tw-nha", "tw"), made)) is not None
    answered = create("place_report", {"unit_id": centre.units["thon"], "text": TEXT, "state": "accepted"})
    assert code(centre.push(centre.actor("thon-nha", "thon"), answered)) == "place.answer"


def test_who_only_looks_reports_nothing(centre: Centre, device: Opener) -> None:
    centre.account("chi-xem", "thon", Role.VIEWER)
    looking = device("chi-xem", "xem")
    with pytest.raises(InputError) as caught:
        places.report(looking, TEXT)
    assert caught.value.code == "scope.read_only"
