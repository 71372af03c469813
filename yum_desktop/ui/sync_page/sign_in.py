"""Signing in again from the sync page: the session ended, or a copy of this store has gone on elsewhere."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QCoreApplication

from yum_desktop.ui.asking import Answer, Asker, Choice, Question
from yum_desktop.ui.jobs import Jobs, Lane
from yum_desktop.ui.members.presenter import told

SIGN_IN_CODES: Final = frozenset({"auth.expired", "auth.copied"})
"""Errors of an exchange after which the password is needed once more."""

_SIGN_IN: Final = "sign_in"


def _tr(text: str) -> str:
    return QCoreApplication.translate("sign_in", text)


def question(account: str) -> Question:
    """Return what is asked."""
    text = _tr("Tài khoản {0}. Những gì đã nhập trên máy này vẫn còn và sẽ được gửi sau khi đăng nhập.")
    return Question(
        _tr("Đăng nhập lại"),
        text.format(account),
        (Choice("later", _tr("Để sau")), Choice(_SIGN_IN, _tr("Đăng nhập"), "primary")),
        reason=_tr("Mật khẩu"),
        reason_for=frozenset({_SIGN_IN}),
        secret=True,
    )


class SignInPresenter:
    """Asks for the password, signs in and begins an exchange.

    Args:
        account: Gives the name of the account.
        sign_in: Signs in with a password. Runs on the lane of the network.
        sync: Begins an exchange.
        trouble: Shows what could not be done; an empty text takes it away.
    """

    def __init__(
        self,
        jobs: Jobs,
        asker: Asker,
        *,
        account: Callable[[], str],
        sign_in: Callable[[str], None],
        sync: Callable[[], None],
        trouble: Callable[[str], None],
    ) -> None:
        self._jobs, self._asker = jobs, asker
        self._account, self._sign_in, self._sync, self._trouble = account, sign_in, sync, trouble

    def ask(self) -> None:
        """Ask for the password."""
        self._asker.ask(question(self._account()), self._answered)

    def _answered(self, answer: Answer | None) -> None:
        if answer is None or answer.key != _SIGN_IN:
            return
        sign_in, password = self._sign_in, answer.reason
        self._jobs.submit(
            lambda: sign_in(password),
            done=lambda _: self._signed_in(),
            failed=lambda error: self._trouble(told(error)),
            lane=Lane.NETWORK,
        )

    def _signed_in(self) -> None:
        self._trouble("")
        self._sync()
