"""Files of strangers: each gets a clear answer, whatever it tries, and the program stays as it was."""

import io
import random
import re
import subprocess
import sys
import threading
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hostile_files import HOSTILE, ROWS, SAMPLES, Hostile, dde_formula, dde_text, full_rows
from hypothesis import given
from hypothesis import strategies as st
from workbooks import make_book

from yum_desktop.domain.errors import InputError
from yum_desktop.exchange.excel import wire
from yum_desktop.exchange.excel.limits import Limits
from yum_desktop.exchange.excel.model import ImportPlan
from yum_desktop.exchange.excel.opening import open_list
from yum_desktop.exchange.excel.plan import plan_import
from yum_desktop.registry.code_lists import shipped_codes

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 10, 15)


def plan_of(path: Path) -> ImportPlan:
    return plan_import(path, codes=shipped_codes(), today=TODAY)


def code_of(path: Path, **how: object) -> str:
    try:
        open_list(path, **how)  # type: ignore[arg-type]  # as given
    except InputError as error:
        return error.code
    return "read"


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda one: one.name)
def test_a_hostile_file_gets_its_answer(tmp_path: Path, hostile: Hostile) -> None:
    path = tmp_path / hostile.file
    hostile.make(path)
    if hostile.code == "read":
        assert [row.values["full_name"] for row in plan_of(path).rows][:1] == ["Nguyễn Văn An"]
        return
    with pytest.raises(InputError) as caught:
        plan_of(path)
    assert caught.value.code == hostile.code
    assert caught.value.text


def test_the_page_about_hostile_files_names_them_all() -> None:
    page = (ROOT / "docs" / "hostile-files.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| `([a-z_.]+)` \|$", page, re.MULTILINE)
    assert rows == [(one.name, one.code) for one in HOSTILE]


def test_what_calls_a_program_is_named_and_not_kept(tmp_path: Path) -> None:
    dde_text(tmp_path / "a.tsv")
    plan = plan_of(tmp_path / "a.tsv")
    assert all("hometown_text" not in row.values and not row.other for row in plan.rows)
    assert [[problem.code for problem in row.problems] for row in plan.rows] == [["text.formula"]] * 2
    dde_formula(tmp_path / "b.xlsx")
    assert len(plan_of(tmp_path / "b.xlsx").rows) == 2


@pytest.mark.parametrize("source", ["truong-thpt.xlsx", "khoi-co-quan.xls", "danh-sach.csv"])
def test_a_file_with_wrong_bytes_is_read_or_refused(tmp_path: Path, source: str) -> None:
    rng = random.Random(11)
    whole = (SAMPLES / source).read_bytes()
    for turn in range(8):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 400)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path = tmp_path / source
        path.write_bytes(data[: rng.randrange(len(data))] if turn % 3 == 0 else data)
        code = code_of(path)
        assert code == "read" or code.startswith("file.")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert code_of(tmp_path) == "file.missing"


# ---- limits


def test_reading_that_wants_more_memory_than_it_may_have_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    line = ";".join(f"cột {number}" for number in range(20))
    path.write_text("Họ và tên;Ngày sinh\r\n" + f"{line}\r\n" * 90_000, encoding="utf-8")
    assert code_of(path, limits=Limits(memory_bytes=120_000_000)) == "file.too_large"
    assert code_of(path) == "read"


def test_reading_that_computes_too_long_is_ended(tmp_path: Path) -> None:
    full_rows(tmp_path / "a.xlsx")
    assert code_of(tmp_path / "a.xlsx", limits=Limits(cpu_s=1)) == "file.too_slow"


def test_reading_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    path = make_book(tmp_path / "a.xlsx", ROWS)
    assert code_of(path, limits=Limits(wall_s=0.0)) == "file.too_slow"


def test_reading_stops_when_it_is_told_to(tmp_path: Path) -> None:
    path = make_book(tmp_path / "a.xlsx", ROWS)
    stop = threading.Event()
    stop.set()
    assert code_of(path, stop=stop) == "file.stopped"


def test_an_answer_that_is_too_long_is_not_taken(tmp_path: Path) -> None:
    path = make_book(tmp_path / "a.xlsx", ROWS)
    assert code_of(path, limits=Limits(answer_bytes=100)) == "file.too_large"


@pytest.mark.parametrize(
    "work", ["bytearray(1 << 31)", "open('written', 'w').write('x' * 100_000)", "[0 for _ in iter(int, 1)]"]
)
def test_a_limited_process_can_neither_swell_nor_write_nor_compute_on(tmp_path: Path, work: str) -> None:
    program = (
        "from yum_desktop.exchange.excel.limits import Limits, limit_this_process\n"
        f"limit_this_process(Limits(memory_bytes=300_000_000, cpu_s=1))\n{work}"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode != 0
    written = tmp_path / "written"
    assert not written.exists() or written.stat().st_size == 0


# ---- what arrives


@given(
    st.lists(
        st.lists(
            st.text(max_size=5)
            | st.integers(-(2**40), 2**40)
            | st.floats(allow_nan=False)
            | st.booleans()
            | st.dates()
            | st.datetimes()
            | st.times()
            | st.timedeltas(timedelta(-1000), timedelta(1000)),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_cells_arrive_as_they_were_sent(rows: list[list[str | int | float | bool | date | datetime | time]]) -> None:
    pipe = io.BytesIO()
    wire.send_rows(pipe, rows)
    pipe.seek(0)
    arrived = [row for part in wire.hear_rows(pipe, len(rows), 1 << 20) for row in part]
    assert [list(map(type, row)) for row in arrived] == [list(map(type, row)) for row in rows]
    for mine, theirs in zip(arrived, rows, strict=True):
        assert all(abs(a - b) < timedelta(milliseconds=1) if isinstance(a, timedelta) else a == b  # type: ignore[operator]
                   for a, b in zip(mine, theirs, strict=True))  # fmt: skip


@given(st.binary(max_size=200))
def test_nothing_that_arrives_breaks_the_receiver(data: bytes) -> None:
    for hear in (lambda pipe: wire.hear(pipe, 100), lambda pipe: list(wire.hear_rows(pipe, 3, 100))):
        for framed in (data, len(data).to_bytes(4, "little") + data):
            try:
                hear(io.BytesIO(framed))
            except (wire.BrokenFrameError, InputError):
                continue
