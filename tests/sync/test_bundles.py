"""What HTTP carries goes by file too: lost, late, repeated, altered, beside an exchange online (S224, S225)."""

import io
import json
from pathlib import Path

import pytest

from sync.client import anew, store
from sync.client.bundles import Bundles
from sync.client.engine import SyncReport
from sync.client.incoming import CURSOR
from sync.core.squash import Op
from sync.protocol.bundle import Direction, Head, read_head, seal, unseal
from sync.protocol.errors import RejectedError
from sync.protocol.kinds import CONFLICT, UNIT, Values
from sync.protocol.messages import CHANGES_MAX
from sync.server.bundles import answer
from sync.server.records import Actor, Stamp
from sync.server.rules import Effect
from sync.testing.device import Device
from sync.testing.kinds import NOTE
from sync.testing.story import Story
from sync.testing.world import World

KEYS = {name: bytes([number]) * 32 for number, name in enumerate("abcde", 1)}


class Post:
    """Carries files between devices and server."""

    def __init__(self, world: World) -> None:
        self.world = world

    def bundles(self, name: str) -> Bundles:
        device = self.world.device(name)
        return Bundles(device.replica, device.write, device_id=id_of(name), key=KEYS[name], ids=self.world.new_id)

    def export(self, name: str) -> bytes:
        file = io.BytesIO()
        exported = self.bundles(name).export(file)
        assert exported.size_bytes == len(file.getvalue())
        return file.getvalue()

    def answer(self, file: bytes) -> bytes:
        return b"".join(answer(self.world.server, io.BytesIO(file), self._recognise))

    def take(self, name: str, file: bytes) -> SyncReport:
        return self.bundles(name).take(io.BytesIO(file))

    def there_and_back(self, name: str) -> SyncReport:
        return self.take(name, self.answer(self.export(name)))

    def _recognise(self, device_id: bytes) -> tuple[Actor, bytes]:
        for device in self.world.devices:
            if id_of(device.name) == device_id:
                return Actor(device.name, device.name, device.roots), KEYS[device.name]
        raise RejectedError("auth.revoked")

    def agree(self, name: str) -> bool:
        device = self.world.device(name)
        return device.waiting() == 0 and device.digest() == self.world.server.digest(device.roots)[0]


def id_of(name: str) -> bytes:
    return name.encode() * 16


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return Post(World(Story(11), tmp_path))


def write(device: Device, text: str) -> bytes:
    record_id = device.new_id()
    values: Values = {UNIT: device.roots[0], "first": text}
    with device.write() as conn:
        device.replica.create(conn, NOTE.name, record_id, values, device.author)
    return record_id


def edit(device: Device, record_id: bytes, **values: str) -> None:
    with device.write() as conn:
        device.replica.edit(conn, NOTE.name, record_id, dict(values), device.author)


def text_of(device: Device, record_id: bytes, field: str = "first") -> object:
    with device.write() as conn:
        found = device.replica.tables[NOTE.name].get(conn, record_id)
    assert found is not None
    return found[2][field]


def test_s224_a_device_without_any_connection_gets_everything_and_gives_everything(post: Post) -> None:
    a, b = post.world.device("a"), post.world.device("b")
    assert post.there_and_back("a").status == "done"
    assert post.agree("a")
    made = write(a, "từ bản không có sóng")
    report = post.there_and_back("a")
    assert (report.status, report.pushed["applied"], report.left) == ("done", 1, 0)
    b.sync()
    assert text_of(b, made) == "từ bản không có sóng"
    assert post.agree("a")
    assert post.agree("b")


def test_s224_applied_twice_nothing_is_doubled(post: Post) -> None:
    a = post.world.device("a")
    write(a, "một lần")
    up = post.export("a")
    first, second = post.answer(up), post.answer(up)
    assert post.take("a", first).pushed["applied"] == 1
    again = post.take("a", first)
    assert (again.status, again.moved) == ("done", 0)
    assert post.take("a", second).moved == 0
    assert post.agree("a")
    with post.world.server.database.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM note").scalar_one() == 1


def test_s225_what_came_online_meanwhile_is_not_taken_back_by_an_older_file(post: Post) -> None:
    a, b = post.world.device("a"), post.world.device("b")
    made = write(a, "cũ")
    a.sync()
    b.sync()
    edit(a, made, second="từ a")
    late = post.answer(post.export("a"))
    edit(b, made, first="mới từ b")
    b.sync()
    a.sync()
    assert text_of(a, made) == "mới từ b"
    report = post.take("a", late)
    assert (report.status, report.moved) == ("done", 0)
    assert text_of(a, made) == "mới từ b"
    assert post.agree("a")


def test_files_of_a_series_may_come_in_any_order_and_one_may_be_missing(post: Post) -> None:
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2], [2], [0, 2], [1, 2, 2]):
        a = post.world.device("a")
        answers = []
        for _number in range(3):
            write(a, "chuỗi")
            answers.append(post.answer(post.export("a")))
        for place in order:
            assert post.take("a", answers[place]).status == "done", order
        if not post.agree("a"):
            assert post.there_and_back("a").status == "done"
        assert post.agree("a"), order


def test_the_server_may_get_the_files_in_another_order(post: Post) -> None:
    a = post.world.device("a")
    made = write(a, "một")
    ups = [post.export("a")]
    edit(a, made, second="hai")
    write(a, "ba")
    ups.append(post.export("a"))
    downs = [post.answer(ups[1]), post.answer(ups[0])]
    for down in reversed(downs):
        post.take("a", down)
    post.there_and_back("a")
    assert post.agree("a")
    assert text_of(a, made, "second") == "hai"


def test_an_edit_made_after_the_export_waits_and_is_not_lost(post: Post) -> None:
    a = post.world.device("a")
    made = write(a, "trước")
    up = post.export("a")
    edit(a, made, first="sau")
    assert post.take("a", post.answer(up)).left == 1
    assert text_of(a, made) == "sau"
    assert post.there_and_back("a").left == 0
    assert post.agree("a")


def test_a_conflict_and_a_refusal_come_back_in_the_file(post: Post) -> None:
    a, b = post.world.device("a"), post.world.device("b")
    made = write(a, "gốc")
    a.sync()
    b.sync()
    edit(b, made, first="của b")
    b.sync()
    edit(a, made, first="của a")
    write(a, "BAD")
    report = post.there_and_back("a")
    assert (report.pushed["conflict"], report.pushed["refused"], report.left) == (1, 1, 0)
    with a.write() as conn:
        (fields,) = conn.exec_driver_sql(f"SELECT fields FROM {CONFLICT.table} WHERE status = 'open'").one()
    assert [item["field"] for item in json.loads(fields)] == ["first"]
    assert [line.code for line in a.refused()] == ["word.bad"]


def test_more_than_one_request_fits_into_a_bundle(post: Post) -> None:
    a = post.world.device("a")
    with a.write() as conn:
        for number in range(CHANGES_MAX + 10):
            values: Values = {UNIT: a.roots[0], "first": str(number)}
            a.replica.create(conn, NOTE.name, a.new_id(), values, a.author)
    report = post.there_and_back("a")
    assert (report.status, report.pushed["applied"], report.left) == ("done", CHANGES_MAX + 10, 0)
    assert post.agree("a")


def test_a_copy_that_broke_off_gives_what_it_holds_and_says_so(post: Post) -> None:
    unit = post.world.units["chapter0"]
    notes = (Effect(NOTE.name, post.world.new_id(), Op.CREATE, {UNIT: unit, "first": str(n)}) for n in range(5_000))
    post.world.server.commit(notes, Stamp(channel="seed"))
    up = post.export("a")
    down = post.answer(up)
    cut = post.take("a", down[: len(down) * 2 // 3])
    assert (cut.status, cut.error_code) == ("partial", "bundle.cut")
    assert 0 < cut.pulled < 5_000
    rest = post.take("a", down)
    assert (rest.status, rest.error_code) == ("done", None)
    assert post.agree("a")
    with pytest.raises(RejectedError) as caught:
        post.answer(up[:-1])
    assert caught.value.code == "bundle.cut"


def said_of(post: Post, down: bytes) -> str:
    try:
        return post.take("a", down).error_code or "nothing"
    except RejectedError as error:
        return error.code


def test_s316_every_byte_is_guarded(post: Post) -> None:
    a = post.world.device("a")
    write(a, "nguyên vẹn")
    up = post.export("a")
    down = post.answer(up)
    for place in range(len(up)):
        altered = bytearray(up)
        altered[place] ^= 1
        with pytest.raises(RejectedError) as caught:
            post.answer(bytes(altered))
        assert caught.value.code.startswith(("bundle.", "auth.revoked")), place
    for place in range(len(down)):
        altered = bytearray(down)
        altered[place] ^= 1
        assert said_of(post, bytes(altered)).startswith("bundle."), place
    assert post.take("a", down).status == "done"
    assert post.agree("a")


def test_a_bundle_tells_nothing_to_who_carries_it(post: Post) -> None:
    write(post.world.device("a"), "Quàng Thị Diễm")
    up = post.export("a")
    assert "Quàng".encode() not in up
    assert b"note" not in up
    head = read_head(io.BytesIO(up))
    assert (head.direction, head.device_id) == (Direction.UP, id_of("a"))


@pytest.mark.parametrize("who", ["device", "server"])
def test_a_file_for_somebody_else_or_of_the_wrong_way_is_refused_with_the_reason(post: Post, who: str) -> None:
    up = post.export("a")
    down = post.answer(up)
    with pytest.raises(RejectedError) as caught:
        post.take("a", up) if who == "device" else post.answer(down)
    assert caught.value.code == "bundle.wrong_way"
    with pytest.raises(RejectedError) as caught:
        post.take("b", down)
    assert caught.value.code == "bundle.other_device"


def test_s279_what_is_no_bundle_and_what_is_newer_is_named(post: Post) -> None:
    up = bytearray(post.export("a"))
    for file, code in ((b"", "not_one"), (b"PK\x03\x04", "not_one"), (bytes(up[:20]), "cut"), (bytes(up[:60]), "cut")):
        with pytest.raises(RejectedError) as caught:
            post.answer(file)
        assert caught.value.code == f"bundle.{code}"
    up[8] = 2
    with pytest.raises(RejectedError) as caught:
        post.answer(bytes(up))
    assert caught.value.code == "bundle.newer"


def test_a_forged_bundle_of_another_unit_is_held_to_the_scope_of_its_device(post: Post) -> None:
    c = post.world.device("c")
    foreign = write(c, "của xã khác")
    c.sync()
    a = post.world.device("a")
    a.sync()
    report = post.there_and_back("a")
    assert report.status == "done"
    with a.write() as conn:
        assert a.replica.tables[NOTE.name].get(conn, foreign) is None


def test_sealing_keeps_packets_apart_and_marks_the_end() -> None:
    head = Head(Direction.UP, bytes(16), bytes(16), 5)
    for packets in ([], [b""], [b"a"], [b"a", b"", b"c"]):
        file = io.BytesIO(b"".join(seal(head, KEYS["a"], packets)))
        assert read_head(file) == head
        assert list(unseal(file, head, KEYS["a"])) == (packets if packets != [b""] else [])


def test_sealed_chunks_cannot_change_places_or_be_left_out() -> None:
    head = Head(Direction.UP, bytes(16), bytes(16), 5)
    packed, *chunks = seal(head, KEYS["a"], [b"one", b"two", b"three"])
    for row in ([1, 0, 2], [0, 2], [0, 0, 2], [0, 1], [2]):
        file = io.BytesIO(packed + b"".join(chunks[place] for place in row))
        read_head(file)
        with pytest.raises(RejectedError):
            list(unseal(file, head, KEYS["a"]))


def test_a_store_that_was_exported_still_counts_what_waits(post: Post) -> None:
    a = post.world.device("a")
    write(a, "chưa ai trả lời")
    post.export("a")
    assert a.waiting() == 1
    with a.write() as conn:
        assert store.count(conn, store.IN_FLIGHT) == 1


def test_a_list_of_everything_anew_comes_by_file_too_and_what_waits_follows_it(post: Post) -> None:
    a = post.world.device("a")
    kept = write(a, "còn trên máy chủ")
    assert post.there_and_back("a").status == "done"
    lost = write(a, "mất trên máy chủ")
    assert post.there_and_back("a").status == "done"
    edit(a, kept, second="chờ gửi")
    post.world.server.commit([Effect(NOTE.name, lost, Op.DELETE, {})], Stamp(channel="seed"))
    with a.write() as conn:
        anew.begin(a.replica, conn, a.author, a.roots)
    report = post.there_and_back("a")
    assert (report.status, report.pushed["applied"], report.offered) == ("done", 0, 1)
    report = post.there_and_back("a")
    assert (report.pushed["applied"], report.pushed["refused"]) == (2, 0)
    assert post.agree("a")
    assert text_of(a, lost) == "mất trên máy chủ"


def test_an_answer_that_is_older_than_what_came_online_takes_nothing_back(post: Post) -> None:
    """The cursor has not moved since, because the line broke off after the answers."""
    a, b = post.world.device("a"), post.world.device("b")
    note = write(a, "một")
    a.sync()
    b.sync()
    edit(b, note, second="hai")
    b.sync()
    late = post.answer(post.export("a"))
    edit(a, note, first="ba")
    with a.write() as conn:
        place = store.state(conn, CURSOR)
    a.sync()
    with a.write() as conn:  # as it stands where the frames were lost
        store.set_state(conn, CURSOR, place)
    assert post.take("a", late).pulled == 0
    edit(a, note, first="bốn")
    a.sync()
    assert post.agree("a")
    with post.world.database.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM conflict").scalar_one() == 0
