"""`yum-central rules`: rules of a file reach the devices, and a file that means nothing changes nothing."""

import json
from pathlib import Path

import pytest
from central_world import Centre, create, on_both_stores

from sync.protocol.kinds import Values
from yum_desktop.central import ruling
from yum_desktop.domain.errors import InputError, UnavailableError
from yum_desktop.domain.rules import RECORD_AGE
from yum_desktop.registry.clock import new_id
from yum_desktop.registry.rules import shipped_rules


def written(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


@on_both_stores
def test_rules_of_a_file_hold_from_then_on_and_are_told_once(centre: Centre, tmp_path: Path) -> None:
    assert [rule["key"] for rule in ruling.plain(centre.server)] == sorted({rule.key for rule in shipped_rules()})
    older = [rule for rule in ruling.plain(centre.server) if rule["key"] != RECORD_AGE]
    path = written(tmp_path / "rules.json", [*older, {"key": RECORD_AGE, "value": {"years": 20}, "source": "thử"}])
    for _ in range(2):
        ruling.replace(centre.server, ruling.read(path), ids=new_id)
    with centre.server.database.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*), max(rev) FROM rule_set").one() == (len(shipped_rules()), 1)
    values: Values = {"unit_id": centre.units["thon"], "full_name": "Ma Văn Trẻ", "born_on": "2010-05-06"}
    (answer,) = centre.push(centre.actor("an", "xa"), create("member", values))
    assert (answer.status, answer.code) == ("refused", "date.too_young")


@pytest.mark.parametrize(
    ("content", "code"),
    [('[{"key": "member.record_age", "value": {}}]', "rule.missing"), ("{}", "rule.file"), ("nothing", "rule.file")],
)
def test_a_file_that_means_nothing_is_refused(tmp_path: Path, content: str, code: str) -> None:
    path = tmp_path / "rules.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        ruling.read(path)
    assert caught.value.code == code


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"none\.json"):
        ruling.read(tmp_path / "none.json")
