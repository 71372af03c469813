"""The card that writes and opens files, over functions that answer as the registry does."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from held_jobs import AtOnceJobs, HeldJobs

import yum_desktop.ui  # noqa: F401  # keeps None alive before the first widget
from yum_desktop.domain.errors import InputError, UnavailableError
from yum_desktop.registry.bundles import Exported, Looked, Way
from yum_desktop.registry.syncing import SyncReport
from yum_desktop.ui.asking import Answer, Question
from yum_desktop.ui.jobs import Lane
from yum_desktop.ui.sync_page.by_file import FilePresenter, FileSources

STICK = Path("stick")


class Chooses:
    def __init__(self, path: Path) -> None:
        self.path, self.offered = path, ""

    def ask(self, question: Question, answered: Callable[[Answer | None], None]) -> None:
        raise AssertionError(question.title)

    def open_file(self, title: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        assert "*.yum" in kinds, title
        chosen(self.path)

    def save_file(self, title: str, name: str, kinds: str, chosen: Callable[[Path], None]) -> None:
        assert "*.yum" in kinds, title
        self.offered = name
        chosen(self.path)


class Office:
    """A card, and what the registry was asked."""

    def __init__(self, way: Way = Way.TAKE, path: Path = STICK / "x.yum", jobs: HeldJobs | None = None) -> None:
        self.said: list[tuple[str, bool]] = []
        self.troubles: list[str] = []
        self.changes = 0
        self.done: list[tuple[str, ...]] = []
        self.error: Exception | None = None
        self.asker = Chooses(path)
        self.way = way
        self.report = SyncReport(pulled=5, pushed={"applied": 2, "merged": 1, "conflict": 1, "refused": 0})
        sources = FileSources(self._name, self._export, self._look, self._take, self._carry)
        self.presenter = FilePresenter(
            self, jobs or AtOnceJobs(), sources, self.asker, trouble=self.troubles.append, changed=self._changed
        )

    def say(self, text: str, *, busy: bool = False) -> None:
        self.said.append((text, busy))

    def _changed(self) -> None:
        self.changes += 1

    def _name(self) -> str:
        return "gui-may-1.yum"

    def _export(self, path: Path) -> Exported:
        self._do("export", str(path))
        return Exported(12, 4_000)

    def _look(self, path: Path) -> Looked:
        self._do("look", str(path))
        return Looked(self.way, own=True, device_id=UUID(int=1), made_at=datetime(2026, 11, 24, tzinfo=UTC))

    def _take(self, path: Path) -> SyncReport:
        self._do("take", str(path))
        return self.report

    def _carry(self, path: Path, answer: Path) -> None:
        self._do("carry", str(path), str(answer))

    def _do(self, *what: str) -> None:
        if self.error is not None:
            raise self.error
        self.done.append(what)


def test_what_waits_is_written_where_the_person_says() -> None:
    office = Office(path=STICK / "tuần này")
    office.presenter.export()
    assert office.asker.offered == "gui-may-1.yum"
    assert office.done == [("export", str(STICK / "tuần này.yum"))]
    assert office.said[0][1]
    text, busy = office.said[-1]
    assert "12 thay đổi" in text
    assert not busy
    assert office.changes == 1


def test_an_answer_is_stored_and_told() -> None:
    office = Office(Way.TAKE)
    office.presenter.open()
    assert [what[0] for what in office.done] == ["look", "take"]
    assert office.said[-1][0] == "Máy chủ đã nhận 3 thay đổi, hỏi lại 1, từ chối 0. Máy này nhận 5 hồ sơ."
    assert office.changes == 1


def test_an_answer_that_broke_off_is_told_as_such() -> None:
    office = Office(Way.TAKE)
    office.report = SyncReport(status="partial", error_code="bundle.cut", pulled=3)
    office.presenter.open()
    assert "chưa hết" in office.said[-1][0]
    assert office.changes == 1


def test_a_file_of_another_office_is_carried_to_the_server_on_the_lane_of_the_network() -> None:
    jobs = HeldJobs()
    office = Office(Way.CARRY, STICK / "gui-ban-xa.yum", jobs)
    office.presenter.open()
    jobs.release()
    assert jobs.held[0][3] is Lane.NETWORK
    jobs.release()
    assert office.done[-1] == ("carry", str(STICK / "gui-ban-xa.yum"), str(STICK / "tra-loi-ban-xa.yum"))
    assert "tra-loi-ban-xa.yum" in office.said[-1][0]
    assert office.changes == 0


def test_an_answer_for_another_device_is_not_opened() -> None:
    office = Office(Way.OTHERS)
    office.presenter.open()
    assert [what[0] for what in office.done] == ["look"]
    assert "máy khác" in office.said[-1][0]


@pytest.mark.parametrize(
    "error",
    [
        UnavailableError("file.unwritable", "Không ghi được x.yum. Xem lại thẻ nhớ còn chỗ và không bị khóa."),
        InputError("bundle.altered", "Tệp đã bị sửa hoặc hỏng."),
    ],
)
def test_s254_what_could_not_be_done_is_said_and_the_buttons_come_back(error: Exception) -> None:
    office = Office()
    office.error = error
    office.presenter.export()
    assert office.troubles[-1] == str(getattr(error, "text", ""))
    assert not office.said[-1][1]
    office.presenter.open()
    assert len([text for text in office.troubles if text]) == 2
