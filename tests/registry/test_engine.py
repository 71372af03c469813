"""The open file: who may use it, from where, and what its errors mean."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from commune import COMMUNE, HAMLET, KEY, opened, settle_in
from sqlalchemy import exc, text
from sqlcipher3 import dbapi2

from yum_desktop.domain.errors import DefectError, UnavailableError, YumError
from yum_desktop.registry import commands, queries
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.faults import translated


def test_the_screen_thread_gets_no_connection(tmp_path: Path) -> None:
    registry = opened(tmp_path / "yum.db", screen_thread=threading.get_ident())
    for transaction in (registry.read, registry.write):
        with pytest.raises(DefectError) as caught, transaction():
            pass
        assert caught.value.code == "store.screen_thread"
    with pytest.raises(DefectError):
        queries.unit_tree(registry)
    with ThreadPoolExecutor(1) as other:
        assert other.submit(queries.unit_tree, registry).result() == []
    registry.close()


def test_the_file_is_encrypted_by_the_driver_we_chose(r: Registry) -> None:
    with r.read() as conn:
        assert conn.exec_driver_sql("PRAGMA cipher_version").scalar_one().startswith("4.")
        assert conn.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"


def test_a_file_without_a_key_can_be_read_by_everybody(tmp_path: Path) -> None:
    path = tmp_path / "plain.db"
    registry = opened(path, key=None)
    registry.close()
    assert path.read_bytes().startswith(b"SQLite format 3")
    with pytest.raises(UnavailableError) as caught:
        opened(path, key=KEY)
    assert caught.value.code == "store.key_wrong"


def test_a_file_that_is_none_of_ours_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "yum.db"
    path.write_bytes(b"Danh sach doan vien" * 1_000)
    with pytest.raises(UnavailableError) as caught:
        opened(path)
    assert caught.value.code == "store.key_wrong"


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError) as caught:
        opened(tmp_path / "missing" / "yum.db")
    assert caught.value.code == "store.unreachable"


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "Dữ liệu 100% #1?"
    folder.mkdir()
    opened(folder / "yum.db").close()
    assert (folder / "yum.db").stat().st_size > 0


def test_a_transaction_that_fails_leaves_nothing(r: Registry) -> None:
    def fail() -> None:
        with r.write() as conn:
            conn.execute(text("INSERT INTO setting (key, value) VALUES ('a', 'b')"))
            raise KeyError("later")

    with pytest.raises(KeyError):
        fail()
    with r.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM setting WHERE key = 'a'")).scalar_one() == 0


def test_a_file_that_somebody_else_writes_is_locked(r: Registry) -> None:
    other = opened(r.path)
    with other.read() as conn:
        conn.exec_driver_sql("PRAGMA busy_timeout=50")
    with r.write(), pytest.raises(UnavailableError) as caught, other.write():
        pass
    other.close()
    assert caught.value.code == "store.locked"


def test_readers_see_one_moment_while_somebody_writes(r: Registry) -> None:
    with r.read() as before:
        assert before.execute(text("SELECT count(*) FROM member")).scalar_one() == 0
        with ThreadPoolExecutor(1) as other:
            other.submit(commands.add_member, r, HAMLET, {"full_name": "Ma Văn Sáng"}).result()
        assert before.execute(text("SELECT count(*) FROM member")).scalar_one() == 0
    assert len(queries.member_rows(r, COMMUNE)) == 1


def test_two_threads_write_one_after_the_other(tmp_path: Path) -> None:
    registry = opened(tmp_path / "yum.db")
    settle_in(registry)

    def add(number: int) -> None:
        commands.add_member(registry, HAMLET, {"full_name": f"Nông Văn {number}"})

    with ThreadPoolExecutor(4) as lanes:
        list(lanes.map(add, range(40)))
    assert len(queries.member_rows(registry, HAMLET)) == 40
    registry.close()


def test_a_mistake_of_ours_is_a_defect(r: Registry) -> None:
    with pytest.raises(DefectError) as caught, r.read() as conn:
        conn.execute(text("SELECT * FROM no_such_table_of_ours WHERE :x = 1"), {})
    assert caught.value.code == "store.defect"


def subclasses(of: type[BaseException]) -> list[type[BaseException]]:
    return [of, *(deeper for child in of.__subclasses__() for deeper in subclasses(child))]


DRIVER_ERRORS = [found for found in subclasses(dbapi2.Error) if found is not dbapi2.Error]


@pytest.mark.parametrize("error", DRIVER_ERRORS, ids=lambda error: error.__name__)
def test_every_error_of_the_database_has_a_meaning(error: type[Exception]) -> None:
    wrapped = exc.DBAPIError.instance("SELECT 1", None, error("what happened"), dbapi2.Error)
    for known in (wrapped, error("what happened")):
        assert isinstance(known, Exception)
        meaning = translated(known)
        assert isinstance(meaning, YumError)
        assert isinstance(meaning, UnavailableError | DefectError)
        assert meaning.code.startswith("store.")
        assert "what happened" not in meaning.text


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("database is locked", "store.locked"),
        ("database or disk is full", "store.full"),
        ("attempt to write a readonly database", "store.read_only"),
        ("database disk image is malformed", "store.damaged"),
        ("disk I/O error", "store.io"),
        ("file is not a database", "store.key_wrong"),
        ("something new", "store.unreachable"),
    ],
)
def test_what_the_disk_says_is_told_apart(message: str, code: str) -> None:
    error = exc.OperationalError("SELECT 1", None, dbapi2.OperationalError(message))
    assert translated(error).code == code
    assert translated(exc.TimeoutError()).code == "store.locked"
