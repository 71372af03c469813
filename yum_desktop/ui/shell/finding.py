"""The search over people and functions: plain Python."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from yum_desktop.domain.text import fold
from yum_desktop.registry.views import MemberRow
from yum_desktop.ui.formats import day_text
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.shell.hits import Hit

_PEOPLE_MAX: Final = 8


class HitsView(Protocol):
    """What the search needs of the top bar."""

    def show_hits(self, hits: Sequence[Hit]) -> None:
        """Show what was found."""


class Finder:
    """Looks for people and pages while one types; late answers are dropped."""

    def __init__(
        self,
        view: HitsView,
        jobs: Jobs,
        find_members: Callable[[str], Sequence[MemberRow]],
        pages: Callable[[], Mapping[str, str]],
    ) -> None:
        self._view, self._jobs, self._find, self._pages = view, jobs, find_members, pages
        self._text = ""

    def search(self, text: str) -> None:
        """Find what holds all words of `text`, without regard to marks."""
        self._text = text.strip()
        wanted, find = self._text, self._find
        if not wanted:
            self._view.show_hits(())
            return
        self._jobs.submit(
            lambda: find(wanted),
            done=lambda rows: self._arrived(wanted, rows),
            failed=lambda _error: self._arrived(wanted, ()),
        )

    def _arrived(self, wanted: str, rows: Sequence[MemberRow]) -> None:
        if wanted != self._text:
            return
        people = [
            Hit("members", row.member_id, f"{row.full_name} · {day_text(row.born_on)} · {row.unit_name}", "user")
            for row in rows[:_PEOPLE_MAX]
        ]
        folded = fold(wanted)
        pages = [Hit(key, None, title, "arrow-right") for key, title in self._pages().items() if folded in fold(title)]
        self._view.show_hits([*people, *pages])
