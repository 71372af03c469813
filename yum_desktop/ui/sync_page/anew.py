"""A server that came back from a backup: what a person may do about it, asked before anything is done."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QCoreApplication

from yum_desktop.registry.syncing import Anew
from yum_desktop.ui.asking import Answer, Asker, Choice, Question
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.presenter import told

CODES: Final = frozenset({"server.went_back", "server.changed"})
"""Errors of an exchange after which only a person can say how it goes on."""

_LATER: Final = "later"
_OFFER: Final = "offer"


def _tr(text: str) -> str:
    return QCoreApplication.translate("anew", text)


def question() -> Question:
    """Return what is asked."""
    text = _tr(
        "Hãy hỏi người quản trị trước. Những gì chờ gửi trên máy này không mất. Gửi lại: hồ sơ mà máy chủ đã mất"
        " được gửi lên, chỗ hai bên khác nhau sẽ được hỏi. Theo máy chủ: hồ sơ máy chủ không có sẽ bỏ khỏi máy này."
    )
    choices = (
        Choice(_LATER, _tr("Để sau")),
        Choice("server", _tr("Theo máy chủ"), "danger"),
        Choice(_OFFER, _tr("Gửi lại phần đã mất"), "primary"),
    )
    return Question(_tr("Máy chủ được khôi phục từ bản cũ"), text, choices)


class AnewPresenter:
    """Asks how it goes on with a restored server, and lets it.

    Args:
        list_anew: Lets the next exchange list everything again. Runs on the database lane.
        sync: Begins an exchange.
        trouble: Shows what could not be done.
    """

    def __init__(
        self,
        jobs: Jobs,
        asker: Asker,
        *,
        list_anew: Callable[[Anew], None],
        sync: Callable[[], None],
        trouble: Callable[[str], None],
    ) -> None:
        self._jobs, self._asker = jobs, asker
        self._list_anew, self._sync, self._trouble = list_anew, sync, trouble

    def ask(self) -> None:
        """Ask the person."""
        self._asker.ask(question(), self._answered)

    def _answered(self, answer: Answer | None) -> None:
        if answer is None or answer.key == _LATER:
            return
        anew, list_anew = Anew.OFFER if answer.key == _OFFER else Anew.TRUST_SERVER, self._list_anew
        self._jobs.submit(
            lambda: list_anew(anew), done=lambda _: self._sync(), failed=lambda error: self._trouble(told(error))
        )
