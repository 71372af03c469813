"""The local file: unreadable without its key, whole after a kill."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from sync.protocol.kinds import Values
from yum_desktop.domain.errors import UnavailableError
from yum_desktop.registry import commands, queries
from yum_desktop.registry.clock import SystemClock
from yum_desktop.registry.engine import Registry

KEY = bytes(range(32))
CHAPTER = UUID(int=7)
NAME = "Quàng Thị Tên Thật Dài"


def opened(folder: Path, key: bytes = KEY) -> Registry:
    return Registry.open(folder / "yum.db", key, clock=SystemClock())


def with_chapter(registry: Registry) -> Registry:
    chapter: Values = {"unit_id": CHAPTER.bytes, "level": "CHIDOAN", "name": "Chi đoàn bản Nà Lếch"}
    with registry.write() as conn:
        registry.replica.create(conn, "unit", CHAPTER.bytes, chapter, registry.author(channel="test"))
    return registry


def test_s311_the_file_holds_no_name_that_can_be_read(tmp_path: Path) -> None:
    registry = with_chapter(opened(tmp_path))
    commands.add_member(registry, CHAPTER, {"full_name": NAME, "phone": "0388417590"})
    assert [row.full_name for row in queries.member_rows(registry, None)] == [NAME]
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    content = b"".join(path.read_bytes() for path in files)
    registry.close()
    assert len(content) > 50_000
    for secret in (NAME, "0388417590", "Nà Lếch", "CREATE TABLE"):
        assert secret.encode() not in content


def test_a_wrong_key_is_told_and_harms_nothing(tmp_path: Path) -> None:
    registry = with_chapter(opened(tmp_path))
    registry.close()
    before = (tmp_path / "yum.db").read_bytes()
    with pytest.raises(UnavailableError) as caught:
        opened(tmp_path, bytes(32))
    assert caught.value.code == "store.key_wrong"
    assert (tmp_path / "yum.db").read_bytes() == before


KILLED = """
import sys
from pathlib import Path
from test_store_file import opened, with_chapter, CHAPTER
from yum_desktop.registry import commands
registry = with_chapter(opened(Path(sys.argv[1])))
for number in range(10_000):
    commands.add_member(registry, CHAPTER, {"full_name": f"Lò Văn Số {number}"})
    print(number, flush=True)
"""


def test_what_was_entered_before_a_kill_is_there_afterwards(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
    )
    assert process.stdout is not None
    with process:
        for line in process.stdout:
            if int(line) == 40:
                process.send_signal(signal.SIGKILL)
                break
        told = 40 + sum(1 for _ in process.stdout)
    registry = opened(tmp_path)
    found = len(queries.member_rows(registry, None))
    waiting = queries.sync_state(registry).pending
    registry.close()
    assert found > told
    assert waiting == found + 1
