"""One choice for all conflicts: hundreds that differ in what identifies nobody, where a list was typed twice."""

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QCoreApplication

from yum_desktop.registry.commands import SettledAll, Take
from yum_desktop.registry.views import ConflictRow
from yum_desktop.ui.asking import Answer, Asker, Choice, Question
from yum_desktop.ui.formats import number_text
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.presenter import told

_LATER: Final = "later"
_OPEN: Final = "open"


def _tr(text: str) -> str:
    return QCoreApplication.translate("settling", text)


def counted(conflicts: Sequence[ConflictRow]) -> tuple[int, int]:
    """Return how many open conflicts can be settled together, and how many are about who somebody is."""
    left = [row for row in conflicts if row.status == _OPEN]
    one_by_one = sum(any(field.identifies for field in row.fields) for row in left)
    return len(left) - one_by_one, one_by_one


def question(together: int, one_by_one: int) -> Question:
    """Return what is asked."""
    first = _tr("{0} hồ sơ khác nhau ở những mục không định danh ai.")
    lines = [first, _tr("Chọn một bên cho tất cả; trước khi gửi còn hoàn tác được.")]
    if one_by_one:
        lines.append(_tr("{1} hồ sơ khác ở họ tên, ngày sinh hoặc số giấy tờ vẫn phải chọn từng hồ sơ."))
    choices = (
        Choice(_LATER, _tr("Để sau")),
        Choice(Take.THEIRS.value, _tr("Giữ giá trị đến trước")),
        Choice(Take.MINE.value, _tr("Lấy giá trị đến sau"), "primary"),
    )
    text = " ".join(lines).format(number_text(together), number_text(one_by_one))
    return Question(_tr("Chọn một lượt"), text, choices)


class SettlingPresenter:
    """Asks which side, and takes it in all conflicts.

    Args:
        conflicts: Those that are shown.
        settle_all: Takes one side in all of them. Runs on the database lane.
        did: Told what was done, and its group, by which it is undone.
        changed: Told when the lists have changed.
        trouble: Shows what could not be done; an empty text takes it away.
    """

    def __init__(
        self,
        jobs: Jobs,
        asker: Asker,
        *,
        conflicts: Callable[[], Sequence[ConflictRow]],
        settle_all: Callable[[Take], SettledAll],
        did: Callable[[str, str], None],
        changed: Callable[[], None],
        trouble: Callable[[str], None],
    ) -> None:
        self._jobs, self._asker, self._conflicts, self._settle_all = jobs, asker, conflicts, settle_all
        self._did, self._changed, self._trouble = did, changed, trouble

    def ask(self) -> None:
        """Ask for a side, or say why there is nothing to choose together."""
        together, one_by_one = counted(self._conflicts())
        if not together:
            self._trouble(_tr("Những hồ sơ này khác ở họ tên, ngày sinh hoặc số giấy tờ: hãy mở và chọn từng hồ sơ."))
            return
        self._trouble("")
        self._asker.ask(question(together, one_by_one), self._answered)

    def _answered(self, answer: Answer | None) -> None:
        if answer is None or answer.key == _LATER:
            return
        take, settle_all = Take(answer.key), self._settle_all
        self._jobs.submit(lambda: settle_all(take), done=self._settled, failed=lambda error: self._trouble(told(error)))

    def _settled(self, done: SettledAll) -> None:
        if done.settled:
            self._did(_tr("Đã chọn cho {0} hồ sơ").format(number_text(done.settled)), done.group)
        self._changed()
