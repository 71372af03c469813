"""What the window of the identity card does: reads a code, compares, hands over what is ticked. Plain Python."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from PySide6.QtCore import QCoreApplication

from yum_desktop.domain.card import Difference, IdentityCard, Value, differences, is_another_person, read_card
from yum_desktop.domain.errors import YumError
from yum_desktop.domain.member import BY_NAME
from yum_desktop.ui.jobs import Jobs


@dataclass(frozen=True, slots=True)
class Compared:
    """A card beside the record.

    Attributes:
        person: The name on the card and the end of its number.
        lines: What it writes otherwise.
        unread: What of it could not be read.
        other: The record is surely of somebody else.
    """

    person: str
    lines: Sequence[Difference]
    unread: Sequence[str]
    other: bool


class CardView(Protocol):
    """What the presenter needs of the window."""

    def wait(self) -> None:
        """Show that nothing was read yet, or that something is being read."""

    def show_trouble(self, text: str) -> None:
        """Show why nothing was read, and what to do."""

    def show_compared(self, compared: Compared) -> None:
        """Show a card beside the record."""

    def close_window(self) -> None:
        """Go back to the form."""


class CardPresenter:
    """One card after the other, until one is taken. Of a code nothing stays but the fields that were read.

    Args:
        view: The window.
        jobs: Pictures are read beside the screen.
        today: Today's day.
        values: The record as the form holds it.
        take: Receives the fields that are taken, and their values.
    """

    def __init__(
        self,
        view: CardView,
        jobs: Jobs,
        today: date,
        values: Mapping[str, Value],
        take: Callable[[Mapping[str, str]], None],
    ) -> None:
        self._view, self._jobs, self._today = view, jobs, today
        self._values, self._take = values, take
        self._card: IdentityCard | None = None

    def read(self, text: str) -> None:
        """Read the text of a code, as it was typed or pasted."""
        try:
            card = read_card(text, today=self._today)
        except YumError as error:
            self._failed(error)
            return
        self._card = card
        name = card.values.get("full_name") or QCoreApplication.translate("card", "Không đọc được tên")
        ends = card.values["id_number"][-4:]
        self._view.show_compared(
            Compared(
                QCoreApplication.translate("card", "{0}, số cuối {1}").format(name, ends),
                differences(card, self._values),
                [f"{BY_NAME[name].label}: {note}" for name, note in card.notes.items() if name not in card.values],
                is_another_person(card, self._values),
            )
        )

    def read_picture(self, read: Callable[[], str]) -> None:
        """Find the code in a picture and read it."""
        self._card = None
        self._view.wait()
        self._jobs.submit(read, done=self.read, failed=self._failed)

    def apply(self, names: Collection[str]) -> None:
        """Take fields of the card into the form."""
        if self._card is None:
            return
        taken = {name: value for name, value in self._card.values.items() if name in names}
        self._card = None
        self._view.close_window()
        if taken:
            self._take(taken)

    def _failed(self, error: Exception) -> None:
        self._card = None
        if not isinstance(error, YumError):
            raise error
        self._view.show_trouble(error.text)
