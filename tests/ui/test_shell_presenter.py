"""The sync, the undo and the search of the window, without a window."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import pytest
from held_jobs import HeldJobs
from people import People

from yum_desktop.domain.errors import UnavailableError
from yum_desktop.registry.views import SyncState
from yum_desktop.ui.jobs import Lane
from yum_desktop.ui.shell.finding import Finder
from yum_desktop.ui.shell.hits import Hit
from yum_desktop.ui.shell.presenter import ProgressLike, ReportLike, ShellPresenter


@dataclass(frozen=True)
class Progress:
    rows: int
    rows_total: int
    bytes: int


@dataclass(frozen=True)
class Trouble:
    code: str
    text: str


@dataclass(frozen=True)
class Report:
    status: str = "done"
    error: Trouble | None = None


class Window:
    def __init__(self) -> None:
        self.states: list[SyncState] = []
        self.done: list[tuple[str, bool]] = []
        self.trouble: list[str] = []
        self.refreshed = 0

    def show_state(self, state: SyncState) -> None:
        self.states.append(state)

    def say_done(self, text: str, *, undo: bool) -> None:
        self.done.append((text, undo))

    def say_trouble(self, text: str) -> None:
        self.trouble.append(text)

    def refresh_page(self) -> None:
        self.refreshed += 1


class Desk:
    def __init__(self) -> None:
        self.window, self.jobs = Window(), HeldJobs()
        self.stored = SyncState(account="Lò Thị Hạnh", pending=3)
        self.report: Report | Exception = Report()
        self.undone: list[str] = []
        self.lines = 1
        self.stop_asked: list[bool] = []
        self.during: Callable[[], None] = lambda: None
        self.presenter = ShellPresenter(
            self.window, self.jobs, sync_state=lambda: self.stored, sync=self._sync, undo=self._undo
        )

    def _sync(self, progress: Callable[[ProgressLike], None], cancelled: Callable[[], bool]) -> ReportLike:
        progress(Progress(5, 12, 31_000))
        self.during()
        self.stop_asked.append(cancelled())
        if isinstance(self.report, Exception):
            raise self.report
        return self.report

    def _undo(self, group: str) -> int:
        self.undone.append(group)
        return self.lines


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_sync_runs_on_the_network_lane_shows_progress_and_ends_online(desk: Desk) -> None:
    desk.presenter.sync()
    assert desk.jobs.held[0][3] is Lane.NETWORK
    assert desk.window.states[-1].busy
    desk.jobs.release_all()
    assert any(state.busy_rows == 5 and state.busy_bytes == 31_000 for state in desk.window.states)
    assert desk.window.states[-1] == SyncState(
        account="Lò Thị Hạnh", pending=3, online=True, busy_rows=5, busy_rows_total=12, busy_bytes=31_000
    )
    assert desk.window.refreshed == 1


def test_s025_a_second_press_while_a_sync_runs_starts_no_second_one(desk: Desk) -> None:
    desk.presenter.sync()
    desk.presenter.sync()
    assert len(desk.jobs.held) == 1


def test_a_sync_is_told_to_stop(desk: Desk) -> None:
    desk.during = desk.presenter.stop_sync
    desk.presenter.sync()
    desk.jobs.release_all()
    assert desk.stop_asked == [True]
    desk.during = lambda: None
    desk.presenter.sync()
    desk.jobs.release_all()
    assert desk.stop_asked == [True, False]


def test_no_network_is_a_state_and_not_a_message(desk: Desk) -> None:
    desk.report = UnavailableError("server.unreachable", "Không nối được với hệ thống")
    desk.presenter.sync()
    desk.jobs.release_all()
    assert desk.window.states[-1].online is False
    assert not desk.window.states[-1].busy
    assert desk.window.trouble == []


def test_what_the_report_says_stays_in_the_strip_until_a_sync_ends_well(desk: Desk) -> None:
    desk.report = Report("partial", Trouble("auth.revoked", "Máy này đã bị ngừng dùng"))
    desk.presenter.sync()
    desk.jobs.release_all()
    assert desk.window.states[-1].error_text == "Máy này đã bị ngừng dùng"
    desk.report = Report()
    desk.presenter.sync()
    desk.jobs.release_all()
    assert desk.window.states[-1].error_text is None


def test_ctrl_z_takes_back_the_last_thing_first_for_the_whole_session(desk: Desk) -> None:
    desk.presenter.did("Đã sửa Điện thoại", "one", quiet=True)
    desk.presenter.did("Đã xóa tên Lò Văn Ẩn", "two")
    assert desk.window.done == [("Đã xóa tên Lò Văn Ẩn", True)]
    desk.presenter.undo()
    desk.presenter.undo()
    desk.jobs.release_all()
    assert desk.undone == ["two", "one"]
    assert desk.window.done[-1] == ("Đã hoàn tác: Đã sửa Điện thoại", False)
    desk.presenter.undo()
    assert desk.window.done[-1] == ("Không còn gì để hoàn tác", False)


def test_what_others_changed_since_is_not_taken_back_and_that_is_said(desk: Desk) -> None:
    desk.lines = 0
    desk.presenter.did("Đã sửa Điện thoại", "one", quiet=True)
    desk.presenter.undo()
    desk.jobs.release_all()
    assert desk.window.done[-1][0] == "Không hoàn tác được: Đã sửa Điện thoại. Có thay đổi mới hơn"


class Hits:
    def __init__(self) -> None:
        self.hits: Sequence[Hit] = ()

    def show_hits(self, hits: Sequence[Hit]) -> None:
        self.hits = hits


def test_the_search_finds_people_and_pages_without_marks() -> None:
    people, view, jobs = People(), Hits(), HeldJobs()
    people.have("Đồng Thị Bộ")
    finder = Finder(
        view, jobs, lambda text: people.rows(None, text).rows, lambda: {"sync": "Đồng bộ", "cases": "Nghiệp vụ"}
    )
    finder.search("dong")
    jobs.release_all()
    assert [(hit.page, hit.text) for hit in view.hits] == [
        ("members", "Đồng Thị Bộ · – · bản Nà Lếch"),
        ("sync", "Đồng bộ"),
    ]
    assert isinstance(view.hits[0].key, UUID)


def test_a_late_answer_to_an_earlier_search_is_dropped() -> None:
    people, view, jobs = People(), Hits(), HeldJobs()
    people.have("Lò Văn Ẩn")
    people.have("Cà Văn Dũng")
    finder = Finder(view, jobs, lambda text: people.rows(None, text).rows, dict)
    finder.search("l")
    finder.search("ca van")
    jobs.release(1)
    jobs.release(0)
    assert [hit.text for hit in view.hits] == ["Cà Văn Dũng · – · bản Nà Lếch"]
