"""The benchmarks measure what they say: shape of the results, ratios within a run, exit codes. No timing is judged."""

import json
import socket
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import command
from benchmarks.children import BrokenRunError
from benchmarks.lines import BUDGETS, Budget, Line, Unit
from benchmarks.measuring import PARTS, Plan, Results
from benchmarks.outcome import Outcome
from benchmarks.people import FIELDS, edits, records
from benchmarks.proxy import CountingProxy
from benchmarks.typing_steps import steps

SIZES = (220, 230)


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what a run with tiny sizes writes."""
    folder = tmp_path_factory.mktemp("bench")
    words = [
        "--runs",
        "1",
        "--sizes",
        ",".join(map(str, SIZES)),
        "--start-members",
        "6",
        "--search-members",
        "30",
        "--lists-members",
        "30",
    ]
    words += ["--only", ",".join(PARTS), "--load-members", "2000", "--load-devices", "3", "--load-s", "1"]
    words += ["--import-rows", "40,50", "--export-members", "30"]
    assert command.main([*words, "--out", str(folder)]) == command.DONE
    written: dict[str, Any] = json.loads((folder / "latest.json").read_text(encoding="utf-8"))
    assert len(list(folder.glob("bench-*.json"))) == 1
    return written


@pytest.mark.timeout(900)
def test_every_budget_is_measured_at_every_size(document: dict[str, Any]) -> None:
    found = {(line["name"], line["records"]) for line in document["lines"]}
    assert {name for name, _ in found} >= set(BUDGETS)
    assert {(name, size) for name in ("first.time", "delta.time", "idle.bytes") for size in SIZES} <= found
    for line in document["lines"]:
        assert line["min"] <= line["median"] <= line["max"]
        assert (line["budget"] is None) == (line["reached"] is None)


@pytest.mark.timeout(900)
def test_a_ratio_is_of_the_floor_of_the_same_run(document: dict[str, Any]) -> None:
    lines = {(line["name"], line["records"]): line["values"] for line in document["lines"]}
    for size in SIZES:
        raw = document["raw"]["sync"][str(size)]
        runs = raw["runs"]
        assert lines["first.time_ratio", size] == [run["first"]["seconds"] / run["pipe"]["s"] for run in runs]
        down = [run["first"]["traffic"]["down"] for run in runs]
        assert lines["first.down_ratio", size] == [value / raw["floor"]["column_bytes"] for value in down]
        files = [run["first"]["said"]["file_bytes"] / run["pipe"]["file_bytes"] for run in runs]
        assert lines["client.file_ratio", size] == files
    small, large = (document["raw"]["sync"][str(size)]["runs"][0]["first"]["said"]["peak_bytes"] for size in SIZES)
    assert lines["client.growth", SIZES[-1]] == [large - small]


@pytest.mark.timeout(900)
def test_the_edits_of_a_day_merge_or_are_asked_about(document: dict[str, Any]) -> None:
    for size in SIZES:
        for run in document["raw"]["sync"][str(size)]["runs"]:
            assert run["outcome"] == {
                "to_client": 100, "to_server": 100, "merged": 10, "conflicts": 10, "agree": True,
            }  # fmt: skip
            assert run["delta"]["traffic"]["requests"] == 1
            assert run["delta"]["said"]["pushed"]["conflict"] == 10


def test_records_are_the_same_for_the_same_seed_and_of_the_agreed_size() -> None:
    made = records(300)
    assert made == records(300)
    assert len(FIELDS) == 30
    assert len({record["id"] for record in made}) == 300
    sizes = [len(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()) for record in made]
    assert 850 < sum(sizes) / len(sizes) < 950


def test_a_day_touches_every_record_once() -> None:
    day = edits(records(220))
    ids = [edit.record_id for edit in (*day.server, *day.client)] + [each.record_id for each in day.disputes]
    assert len(set(ids)) == len(ids) == 220
    assert sum(dispute.same for dispute in day.disputes) == 10
    assert all((set(d.server) == set(d.client)) == d.same for d in day.disputes)


def test_an_outcome_that_loses_something_breaks_the_run() -> None:
    day = edits(records(220))
    good = Outcome(100, 100, 10, 10, agree=True)
    good.check(day)
    for bad in (replace(good, conflicts=9), replace(good, to_server=99), replace(good, agree=False)):
        with pytest.raises(BrokenRunError):
            bad.check(day)


def test_the_proxy_counts_what_passes_and_how_many_requests() -> None:
    asked = b"POST /sync HTTP/1.1\r\ncontent-length: 4\r\n\r\nbody"
    answered = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"

    def serve() -> None:
        peer, _ = listener.accept()
        with peer:
            for turn in (1, 2):
                while len(heard) < turn * len(asked):
                    heard.extend(peer.recv(1_024) or b"?" * len(asked))
                peer.sendall(answered)

    heard = bytearray()

    with socket.create_server(("127.0.0.1", 0)) as listener, CountingProxy(listener.getsockname()[1]) as proxy:
        server = threading.Thread(target=serve)
        server.start()
        port = int(proxy.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as client:
            for part in (asked[:7], asked[7:], asked):
                client.sendall(part)
            told = bytearray()
            while len(told) < 2 * len(answered):
                told += client.recv(1_024) or b"?" * len(answered)
        server.join()
    assert (bytes(heard), bytes(told)) == (2 * asked, 2 * answered)
    traffic = proxy.take()
    assert (traffic.up, traffic.down) == (2 * len(asked), 2 * len(answered))
    assert (traffic.requests, traffic.connections) == (2, 1)


def test_a_letter_is_a_step_and_a_space_is_none() -> None:
    assert steps("lo a") == ["l", "lo", "lo a"]


@pytest.mark.parametrize(
    "words",
    [["--runs", "0"], ["--runs", "many"], ["--sizes", "219"], ["--sizes", "2000,"], ["--only", "all"], ["--else"]],
)
def test_bad_arguments_are_told_in_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(words) == command.BAD_ARGUMENTS
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("bench: ")
    assert told.err.count("\n") == 1


@pytest.mark.parametrize(("words", "code"), [([], command.DONE), (["--strict"], command.NOT_DONE)])
def test_a_missed_budget_ends_badly_only_when_strict(
    words: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    limit = BUDGETS["start.time"].limit
    late = Line("start.time", "start", 2_000, Unit.S, (limit / 2, limit * 2, limit * 3))

    def measure(_plan: Plan, _say: object) -> Results:
        return Results([late], {}, [{"load": 0.0, "loop_ms": 100.0}])

    monkeypatch.setattr(command, "measure", measure)
    assert command.main([*words, "--out", str(tmp_path)]) == code
    assert "MISSED (2.00)" in capsys.readouterr().out


def test_what_cannot_be_measured_ends_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(_plan: Plan, _say: object) -> Results:
        raise BrokenRunError("the server ended")

    monkeypatch.setattr(command, "measure", measure)
    assert command.main([]) == command.NOT_DONE
    assert capsys.readouterr().err == "bench: the server ended\n"


def test_a_budget_may_say_the_least(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BUDGETS, "some.rate", Budget(100, least=True))
    slow, fast = (Line("some.rate", "rate", 1, Unit.PER_S, (value,)) for value in (80.0, 125.0))
    assert (slow.reached, fast.reached) == (False, True)
    assert (slow.as_json()["of_budget"], fast.as_json()["of_budget"]) == (1.25, 0.8)
