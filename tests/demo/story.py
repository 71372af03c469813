"""`./run demo`: two devices of one commune work offline, disagree, and agree again; every step is photographed.

With a display the server and the program stay open at the end, to play with.
"""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import get_ident
from uuid import UUID

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "build" / "demo"
PASSWORD = "khoai-lang-nuong-2026"
VIRTUAL = "--leave-open" not in sys.argv
if VIRTUAL and "DISPLAY" not in os.environ:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtTest import QTest  # noqa: E402  # the platform is chosen first
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402  # likewise

from yum_desktop.app import Program  # noqa: E402  # likewise
from yum_desktop.registry import commands, queries, syncing  # noqa: E402  # likewise
from yum_desktop.registry.clock import SystemClock  # noqa: E402  # likewise
from yum_desktop.registry.engine import Registry  # noqa: E402  # likewise
from yum_desktop.registry.keys import load_key  # noqa: E402  # likewise
from yum_desktop.registry.paths import store_path  # noqa: E402  # likewise
from yum_desktop.registry.views import SyncState  # noqa: E402  # likewise
from yum_desktop.ui.conflict.presenter import Side  # noqa: E402  # likewise
from yum_desktop.ui.desk import Desk  # noqa: E402  # likewise
from yum_desktop.ui.jobs import QtJobs  # noqa: E402  # likewise
from yum_desktop.ui.sync_page.presenter import Tab  # noqa: E402  # likewise
from yum_desktop.ui.theme import Theme  # noqa: E402  # likewise

PASSPHRASE = "mở dữ liệu của buổi trình diễn"
WAIT_MS = 120_000
STEP_MS = 50


class Story:
    """Tells what happens, on the screen and in `transcript.txt`."""

    def __init__(self) -> None:
        self.file = (HOME / "transcript.txt").open("w", encoding="utf-8")
        self.started = time.monotonic()
        self.shots = 0

    def say(self, text: str) -> None:
        line = f"[{time.monotonic() - self.started:6.1f} s] {text}"
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        self.file.write(line + "\n")
        self.file.flush()

    def photograph(self, widget: QWidget, name: str) -> None:
        QTest.qWait(STEP_MS)
        self.shots += 1
        path = HOME / f"{self.shots:02}-{name}.png"
        widget.grab().save(str(path))
        self.say(f"      ảnh: {path.relative_to(ROOT)}")


class Device:
    """One laptop: its own encrypted file, its own window."""

    def __init__(self, name: str, app: QApplication) -> None:
        self.name = name
        home = HOME / name
        home.mkdir(parents=True)
        key = load_key(home, passphrase=PASSPHRASE)
        self.registry = Registry.open(store_path(home), key, clock=SystemClock(), screen_thread=get_ident())
        self.jobs = QtJobs(app)
        self.program = Program(self.registry, self.jobs, SystemClock())

    @property
    def desk(self) -> Desk:
        """The main window's works, once the device is enrolled."""
        assert self.program.desk is not None, "the device is enrolled"
        return self.program.desk

    def enrol(self, url: str, account: str, story: Story) -> None:
        """Enrol as a person does, in the window."""
        self.program.show()
        page = self.program.page
        assert page is not None, "a new device begins with enrolment"
        typed = {"server": url, "account": account, "password": PASSWORD, "device_name": self.name}
        for field, text in typed.items():
            page.fields[field].setText(text)
        story.photograph(page, f"{self.name}-enrolment")
        page.enter.click()
        until(self.is_complete, "the first copy arrives")
        until(lambda: self.program.desk is not None or page.use.isVisible(), "the copy is told to be complete")
        if self.program.desk is None:
            page.use.click()
        until(lambda: self.program.desk is not None, "the main window comes")
        self.desk.stop_trying()
        self.settle()

    def is_complete(self) -> bool:
        """Return whether everything of the scope is here."""
        state = self.work(lambda: queries.sync_state(self.registry))
        return isinstance(state, SyncState) and state.complete and state.last_sync is not None

    def settle(self) -> None:
        """Wait until nothing is under way."""
        until(lambda: not self.jobs.busy, "the lanes are idle")

    def work(self, act: Callable[[], object]) -> object:
        """Do something on the database lane, as the screens do."""
        found: list[object] = []
        failed: list[Exception] = []
        self.jobs.submit(lambda: (act(),), done=found.append, failed=failed.append)
        until(lambda: bool(found or failed), "the work is done")
        if failed:
            raise failed[0]
        answer = found[0]
        assert isinstance(answer, tuple), "work answers in a tuple"
        return answer[0]

    def sync(self, story: Story) -> None:
        """Synchronise and say what happened."""
        report = self.work(lambda: syncing.sync(self.registry))
        assert isinstance(report, syncing.SyncReport), "a sync gives a report"
        story.say(
            f"{self.name}: đồng bộ {report.status}; gửi {report.pushed}; nhận {report.pulled};"
            f" {report.bytes_up} B lên, {report.bytes_down} B xuống"
        )
        assert report.status == "done", report.error_detail
        self.desk.shell.refresh()
        self.settle()

    def close(self) -> None:
        if self.program.desk is not None:
            self.program.desk.window.close()
        self.jobs.close()
        self.registry.close()


def until(done: Callable[[], bool], what: str) -> None:
    """Let the program run until something is so."""
    waited = 0
    while not done():
        QTest.qWait(STEP_MS)
        waited += STEP_MS
        if waited > WAIT_MS:
            raise TimeoutError(what)


def central(*words: str) -> str:
    """Run one command of the central server."""
    command = [sys.executable, "-m", "yum_desktop.cli.yum_central", "--db", str(HOME / "central.db"), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def start_server() -> tuple["subprocess.Popen[bytes]", str, str]:
    """Make a server with a believable commune and start it; return process, address and account."""
    central("init")
    seeded = json.loads(central("--json", "seed", "--profile", "commune", "--password", PASSWORD))
    account = next(a["name"] for a in seeded["accounts"] if a["role"] != "viewer" and a["name"].startswith("xa-"))
    ready = HOME / "ready"
    process = subprocess.Popen(
        [
            sys.executable, "-m", "yum_desktop.cli.yum_central", "--db", str(HOME / "central.db"),
            "serve", "--port", "0", "--ready-file", str(ready),
        ],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until(lambda: ready.exists() and bool(ready.read_text().strip()), "the server listens")
    return process, ready.read_text().strip(), account


def edit_apart(a: Device, b: Device, story: Story) -> tuple[UUID, UUID]:
    """Let both edit the same commune without a connection."""
    rows = a.work(lambda: queries.member_rows(a.registry, None, limit=400))
    assert isinstance(rows, list), "rows come as a list"
    first, second = [row for row in rows if row.full_name.istitle() and row.phone][:2]
    units = a.work(lambda: queries.unit_tree(a.registry))
    assert isinstance(units, list), "units come as a list"
    unit = units[-1].unit_id
    story.say(f"Không có mạng. Cả hai máy sửa {first.full_name}: máy A sửa email, máy B sửa nơi ở.")
    a.work(lambda: commands.set_member(a.registry, first.member_id, {"email": "sua.tren.may.a@example.vn"}))
    b.work(
        lambda: commands.set_member(b.registry, first.member_id, {"current_address": "Thôn Nà Lếch, sửa trên máy B"})
    )
    story.say(f"Cả hai máy sửa điện thoại của {second.full_name}, mỗi máy một số.")
    a.work(lambda: commands.set_member(a.registry, second.member_id, {"phone": "0388417590"}))
    b.work(lambda: commands.set_member(b.registry, second.member_id, {"phone": "0388417599"}))
    story.say("Cả hai máy thêm một người mới cùng số căn cước 008205001234.")
    new = {"full_name": "Lò Văn Thử", "born_on": "2005-06-18", "sex": "NAM", "id_number": "008205001234"}
    a.work(lambda: commands.add_member(a.registry, unit, new))
    b.work(lambda: commands.add_member(b.registry, unit, {**new, "full_name": "Lò Văn Thủ"}))
    a.desk.members.listing.search("lo van thu")
    a.settle()
    story.photograph(a.desk.window, "a-offline")
    return first.member_id, second.member_id


def choose(b: Device, story: Story) -> None:
    """Settle the conflict and correct the refused person, as a person does on device B."""
    conflicts = b.work(lambda: queries.conflicts(b.registry))
    refused = [row for row in b.work(lambda: queries.pending(b.registry)) if row.status == "refused"]  # type: ignore[attr-defined]  # a list
    assert isinstance(conflicts, list), "conflicts come as a list"
    assert len(conflicts) == 1, f"one field is asked about, not {conflicts}"
    assert [row.code for row in refused] == ["identity.duplicate"], f"one person is refused, not {refused}"
    story.say(f"Máy B được hỏi 1 trường ({conflicts[0].fields[0].label}) và 1 người bị từ chối: {refused[0].text}")
    b.desk.window.show_page("sync")
    b.desk.sync_lists.show(Tab.REFUSED)
    b.settle()
    story.photograph(b.desk.window, "b-refused")
    b.desk.open_conflict(conflicts[0].conflict_id)
    b.settle()
    story.photograph(b.desk.window, "b-conflict")
    b.desk.conflict.choose(conflicts[0].fields[0].field, Side.MINE)
    story.photograph(b.desk.window, "b-conflict-chosen")
    b.desk.conflict.settle()
    b.settle()
    story.say("Máy B chọn số của mình, và sửa số căn cước của người bị từ chối.")
    b.work(lambda: commands.set_member(b.registry, refused[0].record_id, {"id_number": "008205004321"}))


def admit(a: Device, b: Device, story: Story) -> None:
    """Draft an admission offline on A, approve it on B."""
    units = a.work(lambda: queries.unit_tree(a.registry))
    assert isinstance(units, list), "units come as a list"
    data: dict[str, str | int | None] = {
        "full_name": "Mùa Thị Dở", "born_on": "2009-08-25", "sex": "NU", "id_number": "008309001235",
        "id_issued_on": "2024-09-10", "occupation": "HOC_SINH", "introducer": "Sùng A Chứ",
        "introducer_since": "2026-01-15", "meeting_on": "2026-11-12", "meeting_present": 24, "meeting_agreed": 23,
    }  # fmt: skip
    case_id = a.work(lambda: commands.draft_admission(a.registry, units[-1].unit_id, data))
    assert isinstance(case_id, UUID), "a case has an id"
    for action in ("BOI_DUONG", "DUA_RA_HOI_NGHI", "GUI_CHUAN_Y"):
        a.work(lambda action=action: commands.take_step(a.registry, case_id, action))  # type: ignore[misc]  # bound now
    story.say("Máy A lập hồ sơ kết nạp khi không có mạng và gửi đề nghị chuẩn y.")
    a.desk.window.show_page("cases")
    a.desk.cases.look_at(case_id)
    a.settle()
    story.photograph(a.desk.window, "a-case")
    a.sync(story)
    b.sync(story)
    b.work(lambda: commands.set_case(b.registry, case_id, {"decision_no": "12-NQ/ĐTN", "decision_on": "2026-11-20"}))
    b.work(lambda: commands.take_step(b.registry, case_id, "CHUAN_Y"))
    b.work(lambda: commands.set_case(b.registry, case_id, {"ceremony_on": "2026-11-25"}))
    b.sync(story)
    b.work(lambda: commands.take_step(b.registry, case_id, "TO_CHUC_LE"))
    story.say("Máy B chuẩn y và ghi ngày làm lễ.")
    b.sync(story)
    b.desk.window.show_page("cases")
    b.desk.cases.look_at(case_id)
    b.settle()
    story.photograph(b.desk.window, "b-case-approved")
    a.sync(story)
    rows = a.work(lambda: queries.member_rows(a.registry, None, text="mua thi do"))
    assert isinstance(rows, list), "rows come as a list"
    found = [row for row in rows if row.full_name == "Mùa Thị Dở"]
    assert len(found) == 1, f"the person was made {len(found)} times"
    story.say("Đoàn viên Mùa Thị Dở có đúng một hồ sơ trên cả hai máy.")
    a.desk.window.show_page("members")
    a.desk.members.listing.search("mua thi do")
    a.settle()
    story.photograph(a.desk.window, "a-new-member")


def compare(a: Device, b: Device, story: Story) -> None:
    """Compare both devices and the server."""
    unit = a.registry.identity.unit_id
    assert unit is not None, "an enrolled device has a unit"
    server = json.loads(central("--json", "doctor", "--scope", unit.hex))
    digests = {"máy A": a.work(lambda: queries.digest(a.registry)), "máy B": b.work(lambda: queries.digest(b.registry))}
    digests["máy chủ"] = server["digest"]
    for name, digest in digests.items():
        story.say(f"      {name}: {digest}")
    assert len(set(digests.values())) == 1, "devices and server differ"
    story.say("Hai máy và máy chủ giữ dữ liệu giống nhau.")


def main(argv: Sequence[str]) -> int:
    """Play the story."""
    logging.basicConfig(level=logging.WARNING)
    leave_open = "--leave-open" in argv
    if HOME.exists():
        subprocess.run(["rm", "-rf", str(HOME)], check=True)
    HOME.mkdir(parents=True)
    app = QApplication(sys.argv[:1])
    Theme.install(app)
    story = Story()
    process, url, account = start_server()
    story.say(f"Máy chủ trung tâm chạy ở {url} với một xã 2.000 đoàn viên.")
    a, b = Device("may-a", app), Device("may-b", app)
    try:
        for device in (a, b):
            device.enrol(url, account, story)
            story.say(f"{device.name}: đã nhận đủ hồ sơ của {account}.")
        story.photograph(a.desk.window, "a-members")
        edit_apart(a, b, story)
        a.sync(story)
        b.sync(story)
        choose(b, story)
        b.sync(story)
        a.sync(story)
        admit(a, b, story)
        b.sync(story)
        compare(a, b, story)
        story.say("Xong.")
        if leave_open:
            story.say(f"Máy chủ ({url}) và chương trình vẫn mở; đóng cửa sổ để kết thúc. Mật khẩu: {PASSWORD}")
            return app.exec()
    finally:
        for device in (a, b):
            device.close()
        process.terminate()
        process.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
