"""The central server over real HTTP on loopback: tokens, errors as JSON, and nothing for a neighbour."""

from collections.abc import Iterator

import httpx
import pytest
from central_world import GOOD, OTHER, Centre, create, delete, edit, on_both_stores, served
from sqlalchemy import exc

from sync.protocol.messages import Answers, Change, Frame, Part, Request, decode_parts, encode, ids_of
from yum_desktop.central.accounts import FAILURES_FREE, Role
from yum_desktop.central.app import BODY_SIZE_BYTES_MAX
from yum_desktop.central.tokens import ACCESS_SECONDS

NAMES = ("Nông Thị Nhà", "Triệu Văn Bên")


class Caller:
    """Somebody with an HTTP client and a token."""

    def __init__(self, client: httpx.Client, account: str) -> None:
        self.client = client
        body = {"account": account, "password": GOOD, "device_name": "Máy"}
        answer = client.post("/auth/enrol", json=body)
        assert answer.status_code == 200, answer.text
        self.enrolled: dict[str, str] = answer.json()

    def exchange(self, *changes: Change, cursor: bytes | None = None) -> list[Part]:
        response = self.raw(encode(Request(1, 0, cursor, list(changes))))
        assert response.status_code == 200, response.text
        return list(decode_parts([response.content]))

    def raw(self, packet: bytes) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.enrolled['access_token']}"}
        return self.client.post("/sync", content=packet, headers=headers)


@pytest.fixture
def client(centre: Centre) -> Iterator[httpx.Client]:
    with served(centre) as url, httpx.Client(base_url=url) as client:
        yield client


@pytest.fixture
def home(centre: Centre, client: httpx.Client) -> Caller:
    centre.account("xa-nha")
    return Caller(client, "xa-nha")


@pytest.fixture
def neighbour(centre: Centre, client: httpx.Client) -> Caller:
    centre.account("xa-ben", "xa-ben")
    return Caller(client, "xa-ben")


def frames(parts: list[Part]) -> list[Frame]:
    return [part for part in parts if isinstance(part, Frame)]


def answers(parts: list[Part]) -> Answers:
    assert isinstance(parts[0], Answers)
    return parts[0]


def received(parts: list[Part]) -> tuple[set[bytes], str]:
    """Return the ids that came, and everything that came as text."""
    ids = {record_id for frame in frames(parts) for rows in frame.rows for record_id in ids_of(rows.ids)}
    ids |= {record_id for frame in frames(parts) for patch in frame.patches for record_id in ids_of(patch.ids)}
    return ids, repr(parts)


def test_health_needs_no_token(client: httpx.Client) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "protocol": 1})


@on_both_stores
def test_enrolling_tells_who_one_is(centre: Centre, home: Caller) -> None:
    told = {name: home.enrolled[name] for name in ("account", "role", "device_name", "expires_in_s")}
    assert told == {"account": "xa-nha", "role": "editor", "device_name": "Máy", "expires_in_s": ACCESS_SECONDS}
    assert bytes.fromhex(home.enrolled["unit_id"].replace("-", "")) == centre.units["xa"]
    assert len(home.enrolled["access_token"]) <= 60


@pytest.mark.parametrize(
    ("password", "status", "code"), [("sai rồi nhé 12", 401, "auth.wrong"), (GOOD, 403, "auth.default_password")]
)
def test_enrolling_is_refused_with_status_code_and_text(
    centre: Centre, client: httpx.Client, password: str, status: int, code: str
) -> None:
    centre.account("moi", must_change=True)
    answer = client.post("/auth/enrol", json={"account": "moi", "password": password, "device_name": "Máy"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["text"]


def test_the_first_password_is_changed_and_then_opens(centre: Centre, client: httpx.Client) -> None:
    centre.account("moi", must_change=True)
    body = {"account": "moi", "password": GOOD, "new_password": "12345678"}
    refused = client.post("/auth/password", json=body)
    assert (refused.status_code, refused.json()["code"]) == (400, "account.default_password")
    assert refused.json()["field"] == "new_password"
    assert client.post("/auth/password", json={**body, "new_password": OTHER}).status_code == 200
    answer = client.post("/auth/enrol", json={"account": "moi", "password": OTHER, "device_name": "Máy"})
    assert answer.status_code == 200


@on_both_stores
def test_guessing_is_slowed_down_and_says_how_long(centre: Centre, client: httpx.Client) -> None:
    centre.account("xa-nha")
    body = {"account": "xa-nha", "password": "sai rồi nhé 12", "device_name": "Máy"}
    statuses = [client.post("/auth/enrol", json=body).status_code for _ in range(FAILURES_FREE)]
    assert statuses == [401] * FAILURES_FREE
    answer = client.post("/auth/enrol", json={**body, "password": GOOD})
    assert (answer.status_code, answer.json()["code"]) == (429, "auth.throttled")
    assert 0 < int(answer.headers["retry-after"]) <= 31


@on_both_stores
def test_tokens_rotate(home: Caller) -> None:
    first = home.client.post("/auth/refresh", json={"refresh_token": home.enrolled["refresh_token"]})
    assert first.status_code == 200
    second = home.client.post("/auth/refresh", json={"refresh_token": first.json()["refresh_token"]})
    assert second.status_code == 200
    stale = home.client.post("/auth/refresh", json={"refresh_token": home.enrolled["refresh_token"]})
    assert (stale.status_code, stale.json()["code"]) == (401, "auth.copied")


@on_both_stores
@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/auth/enrol", b"", 400, "request.damaged"),
        ("/auth/enrol", b"{", 400, "request.damaged"),
        ("/auth/enrol", b'{"account": 1, "password": "", "device_name": ""}', 400, "request.damaged"),
        ("/auth/enrol", b'{"account": "\xff"}', 400, "request.damaged"),
        ("/auth/enrol", b'{"account": "\\ud800", "password": "", "device_name": ""}', 400, "request.damaged"),
        ("/auth/enrol", b'{"account": "a\\u0000b", "password": "", "device_name": ""}', 401, "auth.wrong"),
        ("/auth/password", b'{"account": "\\u0000", "password": "", "new_password": ""}', 401, "auth.wrong"),
        ("/auth/refresh", b'{"refresh_token": "x"}', 401, "auth.expired"),
        ("/auth/password", b" " * (BODY_SIZE_BYTES_MAX + 1), 413, "http.413"),
        ("/nowhere", b"", 404, "http.404"),
        ("/health", b"", 405, "http.405"),
        ("/sync", b"", 401, "auth.missing"),
    ],
)
def test_what_makes_no_sense_gets_json_with_a_code(
    client: httpx.Client, path: str, body: bytes, status: int, code: str
) -> None:
    answer = client.post(path, content=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_old_token_is_told_to_be_renewed(centre: Centre, home: Caller) -> None:
    centre.clock.pass_by(seconds=ACCESS_SECONDS)
    answer = home.raw(encode(Request(1, 0)))
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.expired")


def test_a_revoked_device_gets_nothing_more(centre: Centre, home: Caller) -> None:
    centre.devices.revoke(centre.devices.all()[0].device_id)
    answer = home.raw(encode(Request(1, 0)))
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.revoked")


@on_both_stores
def test_a_member_pushed_by_one_device_arrives_at_another_of_the_unit(centre: Centre, home: Caller) -> None:
    change = create("member", {"unit_id": centre.units["thon"], "full_name": NAMES[0]})
    assert [answer.status for answer in answers(home.exchange(change)).answers] == ["applied"]
    ids, text = received(Caller(home.client, "xa-nha").exchange())
    assert change.record_id in ids
    assert NAMES[0] in text


@on_both_stores
def test_a_viewer_reads_and_does_not_write(centre: Centre, home: Caller) -> None:
    centre.account("xa-xem", role=Role.VIEWER)
    viewer = Caller(home.client, "xa-xem")
    change = create("member", {"unit_id": centre.units["thon"], "full_name": NAMES[0]})
    parts = viewer.exchange(change)
    assert [answer.code for answer in answers(parts).answers] == ["scope.read_only"]
    assert centre.units["thon"] in received(parts)[0]


@on_both_stores
def test_s144_a_neighbours_valid_token_pushes_nothing_here(centre: Centre, home: Caller, neighbour: Caller) -> None:
    mine = create("member", {"unit_id": centre.units["thon"], "full_name": NAMES[0]})
    home.exchange(mine)
    forged = (
        create("member", {"unit_id": centre.units["thon"], "full_name": NAMES[1]}),
        edit("member", mine.record_id, {"full_name": NAMES[1]}, 1),
        edit("member", mine.record_id, {"unit_id": centre.units["thon-ben"]}, 1),
        delete("member", mine.record_id, 1),
        edit("unit", centre.units["thon"], {"name": NAMES[1]}, 1),
        edit("unit", centre.units["xa-ben"], {"parent_id": centre.units["xa"]}, 1),
    )
    got = answers(neighbour.exchange(*forged)).answers
    assert {(answer.status, answer.code) for answer in got} == {("refused", "scope.forbidden")}
    record = centre.record("member", mine.record_id)
    assert record is not None
    assert (record.rev, record.values["full_name"]) == (1, NAMES[0])
    assert centre.records("member", "full_name", NAMES[1]) == []


@on_both_stores
def test_s145_a_neighbours_valid_token_pulls_nothing_from_here(centre: Centre, home: Caller, neighbour: Caller) -> None:
    before = neighbour.exchange()
    mine = create("member", {"unit_id": centre.units["thon"], "full_name": NAMES[0], "id_number": "008305001234"})
    parts = home.exchange(mine)
    stolen = frames(parts)[-1].cursor
    for cursor in (None, frames(before)[-1].cursor, stolen):
        ids, text = received(neighbour.exchange(cursor=cursor))
        assert not ids & {mine.record_id, centre.units["thon"], centre.units["thon-2"]}
        assert NAMES[0] not in text
        assert "008305001234" not in text


def test_a_token_of_one_device_is_not_good_with_the_id_of_another(home: Caller, neighbour: Caller) -> None:
    """The mac covers the device: the halves of two tokens do not fit together."""
    one, other = home.enrolled["access_token"], neighbour.enrolled["access_token"]
    headers = {"authorization": f"Bearer {one[:20]}{other[20:]}"}
    assert home.client.post("/sync", content=encode(Request(1, 0)), headers=headers).status_code == 401


def test_a_database_that_is_away_for_a_moment_is_a_status_and_no_broken_answer(
    centre: Centre, home: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> list[Frame]:
        raise exc.OperationalError("SELECT 1", {}, Exception("server closed the connection"))

    monkeypatch.setattr(centre.server, "_pull", away)
    answer = home.raw(encode(Request(1, 0)))
    assert (answer.status_code, answer.json()["code"]) == (503, "store.unreachable")
