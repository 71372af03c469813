"""Opening the records of this machine, with a passphrase where there is no keyring: plain Python."""

from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

from PySide6.QtCore import QCoreApplication

from yum_desktop.domain.errors import InputError, YumError
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.presenter import told

T = TypeVar("T")

PASSPHRASE_LENGTH_MIN: Final = 8
_ASKS_AGAIN: Final = frozenset({"store.passphrase_needed", "store.key_wrong"})


class OpeningView(Protocol):
    """What the presenter needs of the screen."""

    def show_passphrase(self, *, new: bool) -> None:
        """Ask for the passphrase; a `new` one is typed twice."""

    def show_opening(self) -> None:
        """Show that the records are being opened."""

    def show_field_trouble(self, field: str, text: str) -> None:
        """Show what is wrong beside ``passphrase`` or ``passphrase_again``."""

    def show_not_opened(self, text: str) -> None:
        """Show why the records cannot be opened now, and offer to try again."""


class OpeningPresenter(Generic[T]):
    """Opens the records, or says why not and asks again.

    Args:
        open_store: Opens them with a passphrase, or without one; on the database lane, as deriving a key takes time.
        needed: Whether a passphrase has to be asked for.
        new: Whether there are no records yet: the passphrase is chosen now.
        opened: Told when they are open.
    """

    def __init__(
        self,
        view: OpeningView,
        jobs: Jobs,
        open_store: Callable[[str | None], T],
        *,
        needed: bool,
        new: bool,
        opened: Callable[[T], None],
    ) -> None:
        self._view, self._jobs, self._open_store = view, jobs, open_store
        self._needed, self._new, self._opened = needed, new, opened
        self._busy = False

    def start(self) -> None:
        """Open the records, after asking for the passphrase where one is needed."""
        if self._needed:
            self._view.show_passphrase(new=self._new)
        else:
            self._open(None)

    def enter(self, passphrase: str, again: str) -> None:
        """Open the records with a passphrase."""
        if self._busy:
            return
        if self._new and len(passphrase) < PASSPHRASE_LENGTH_MIN:
            words = QCoreApplication.translate("enrolment", "Cần ít nhất {0} ký tự").format(PASSPHRASE_LENGTH_MIN)
            self._view.show_field_trouble("passphrase", words)
        elif self._new and passphrase != again:
            differ = QCoreApplication.translate("enrolment", "Hai lần gõ khác nhau")
            self._view.show_field_trouble("passphrase_again", differ)
        elif not passphrase:
            self._view.show_field_trouble("passphrase", QCoreApplication.translate("enrolment", "Chưa nhập"))
        else:
            self._open(passphrase)

    def _open(self, passphrase: str | None) -> None:
        self._busy = True
        self._view.show_opening()
        act = self._open_store
        self._jobs.submit(lambda: act(passphrase), done=self._is_open, failed=self._failed)

    def _is_open(self, store: T) -> None:
        self._busy = False
        self._opened(store)

    def _failed(self, error: Exception) -> None:
        self._busy = False
        code = error.code if isinstance(error, YumError) else ""
        if code in _ASKS_AGAIN and (self._needed or isinstance(error, InputError)):
            wrong = self._needed and code == "store.key_wrong"
            self._needed = True
            self._view.show_passphrase(new=self._new)
            if wrong:
                words = QCoreApplication.translate("enrolment", "Không đúng. Kiểm tra phím Caps Lock, bộ gõ rồi gõ lại")
                self._view.show_field_trouble("passphrase", words)
        else:
            self._view.show_not_opened(told(error))
