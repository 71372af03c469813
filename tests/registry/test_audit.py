"""The log of exports: lines are added in a chain, and whatever else happens to them is noticed."""

import json

import pytest
from commune import KEY, opened
from sqlalchemy import text

from yum_desktop.domain.errors import InputError, YumError
from yum_desktop.registry import audit, health, settings
from yum_desktop.registry.engine import Registry, open_central


def written(r: Registry, count: int) -> None:
    for number in range(1, count + 1):
        audit.note(r, audit.EXPORT, {"layout": "yum30", "count": number})


def unlocked(r: Registry, statement: str) -> None:
    """Do what only somebody with the key can do: change lines behind the program's back."""
    with r.write() as conn:
        for act in ("update", "delete"):
            conn.execute(text(f"DROP TRIGGER IF EXISTS audit_line_no_{act}"))
        conn.execute(text(statement))


def test_a_line_says_who_when_and_what(r: Registry) -> None:
    assert audit.note(r, audit.EXPORT, {"layout": "yum30", "count": 3, "reason": "Gửi huyện đoàn đối chiếu"}) == 1
    line = audit.lines(r)[0]
    assert (line.seq, line.account, line.device, line.action) == (1, "thuonglam", "Máy văn phòng", "export")
    assert line.what == {"layout": "yum30", "count": 3, "reason": "Gửi huyện đoàn đối chiếu"}
    assert line.at.tzinfo is not None


def test_an_untouched_log_is_whole_also_after_it_was_opened_again(r: Registry) -> None:
    assert audit.verify(r) == audit.Verdict(0)
    written(r, 5)
    head = audit.lines(r)[0].hash
    again = opened(r.path, key=KEY)
    assert audit.verify(again) == audit.Verdict(5, head=head)
    again.close()


@pytest.mark.parametrize(
    ("done", "code", "broken"),
    [
        ("UPDATE audit_line SET what = '{}' WHERE seq = 2", "audit.changed", 2),
        ("UPDATE audit_line SET at = at + 1 WHERE seq = 4", "audit.changed", 4),
        ("DELETE FROM audit_line WHERE seq = 3", "audit.changed", 3),
        ("DELETE FROM audit_line WHERE seq >= 4", "audit.cut", 4),
        ("DELETE FROM audit_line", "audit.cut", 1),
        ("UPDATE audit_line SET account = 'khac', hash = zeroblob(32) WHERE seq = 4", "audit.changed", 4),
    ],
)
def test_a_line_that_was_changed_or_removed_is_named(r: Registry, done: str, code: str, broken: int) -> None:
    written(r, 4)
    unlocked(r, done)
    verdict = audit.verify(r)
    assert (verdict.code, verdict.broken) == (code, broken)


def test_a_line_added_by_other_means_is_noticed(r: Registry) -> None:
    written(r, 2)
    with r.write() as conn:
        before = settings.get(conn, "audit_head")
        audit.note_in(conn, r, audit.EXPORT, {})
        settings.put(conn, {"audit_head": before})
    assert audit.verify(r).code == "audit.changed"


@pytest.mark.parametrize("statement", ["UPDATE audit_line SET what = ''", "DELETE FROM audit_line"])
def test_the_database_itself_refuses_to_change_lines(store_url: str, statement: str) -> None:
    database = open_central(store_url)
    with database.write() as conn:
        conn.execute(text("INSERT INTO audit_line VALUES (1, 0, '', '', 'export', '{}', :none, :none)"), {"none": b""})
    with pytest.raises(Exception, match="audit lines are kept"), database.write() as conn:
        conn.execute(text(statement))
    with database.read() as conn:
        assert conn.execute(text("SELECT what FROM audit_line")).scalar_one() == "{}"
    database.close()


def test_a_line_and_what_it_is_about_happen_together_or_not_at_all(r: Registry) -> None:
    def stumble() -> None:
        with r.write() as conn:
            audit.note_in(conn, r, audit.EXPORT, {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stumble()
    assert audit.lines(r) == []
    assert audit.verify(r).code == ""


@pytest.mark.parametrize(
    ("reason", "code"),
    [("", "export.reason_short"), ("x " * 4, "export.reason_short"), ("a" * 301, "export.reason_long")],
)
def test_a_reason_says_something(reason: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        audit.check_reason(reason)
    assert caught.value.code == code


def test_a_reason_is_kept_on_one_line() -> None:
    assert audit.check_reason("  Gửi\n huyện   đoàn ") == "Gửi huyện đoàn"


def test_a_healthy_file_has_no_damages_and_a_damaged_one_is_said(r: Registry) -> None:
    assert health.damages(r) == []
    written(r, 1)
    path = r.path
    with r.write() as conn:
        conn.execute(text("CREATE TABLE filler (x TEXT)"))
        for _ in range(200):
            conn.execute(text("INSERT INTO filler VALUES (:x)"), {"x": json.dumps("x" * 2_000)})
    r.close()
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 64] = bytes(64)
    path.write_bytes(bytes(whole))
    again = opened(path, key=KEY)
    try:
        said = health.damages(again)
    except YumError as error:
        said = [error.code]
    assert said
    again.close()
