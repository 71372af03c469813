"""Which saved list is shown, for which unit, and when: plain Python."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from yum_desktop.domain.cleaning import Gap
from yum_desktop.registry.cleaning import Overview, SmallUnit
from yum_desktop.registry.views import MemberRow
from yum_desktop.ui.cleaning.bulk_presenter import BulkSources
from yum_desktop.ui.cleaning.printing import Print
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.presenter import MemberSources, told


@dataclass(frozen=True, slots=True)
class CleaningSources:
    """Where the lists come from. All of it runs on the database lane.

    Attributes:
        overview: How many are in each list, down the tree.
        rows: Who is in a list, in a unit and all below it (`None`: everywhere); with whom the overview suspects.
        small: The units with too few members.
        members: What the form reads and writes.
        bulk: One value for many records.
        print_sheets: Writes sheets to be filled in by hand.
    """

    overview: Callable[[], Overview]
    rows: Callable[[Gap, UUID | None, frozenset[bytes]], Sequence[MemberRow]]
    small: Callable[[UUID | None], Sequence[SmallUnit]]
    members: MemberSources
    bulk: BulkSources
    print_sheets: Print


class CleaningView(Protocol):
    """What the presenter needs of the screen."""

    def show_overview(self, overview: Overview, gap: Gap, unit_id: UUID | None) -> None:
        """Show the lists and the tree with the counts of one of them."""

    def show_rows(self, rows: Sequence[MemberRow], gap: Gap, unit_name: str) -> None:
        """Show who is in the list."""

    def show_small(self, units: Sequence[SmallUnit], unit_name: str) -> None:
        """Show the units with too few members."""

    def show_busy(self, *, busy: bool) -> None:
        """Show that an answer is on its way."""

    def show_trouble(self, text: str) -> None:
        """Show what could not be done; an empty text takes it away."""


class CleaningPresenter:
    """The chosen list of the chosen unit."""

    def __init__(self, view: CleaningView, jobs: Jobs, sources: CleaningSources) -> None:
        self._view, self._jobs, self._sources = view, jobs, sources
        self._overview: Overview | None = None
        self._asked = 0
        self.gap = Gap.INCOMPLETE
        self.unit_id: UUID | None = None

    @property
    def unit_name(self) -> str:
        """What people call the chosen unit."""
        units = self._overview.units if self._overview is not None else ()
        return next((each.unit.name for each in units if each.unit.unit_id == self.unit_id), "")

    def refresh(self) -> None:
        """Count again, and read the rows again."""
        self._view.show_busy(busy=True)
        self._jobs.submit(self._sources.overview, done=self._counted_all, failed=self._failed)

    def choose_list(self, gap: str) -> None:
        """Show another list of the same unit; a signal of Qt carries it as text."""
        if Gap(gap) is not self.gap:
            self.gap = Gap(gap)
            self._tell()
            self._ask_rows()

    def choose_unit(self, unit_id: UUID | None) -> None:
        """Show the list of another unit with all below it."""
        if unit_id != self.unit_id:
            self.unit_id = unit_id
            self._ask_rows()

    def _counted_all(self, overview: Overview) -> None:
        first = self._overview is None
        self._overview = overview
        own = next((each for each in overview.units if not each.unit.readable_only), None)
        known = {each.unit.unit_id for each in overview.units}
        if (first or self.unit_id not in known) and own is not None:
            self.unit_id = own.unit.unit_id
        self._tell()
        self._ask_rows()

    def _tell(self) -> None:
        if self._overview is not None:
            self._view.show_overview(self._overview, self.gap, self.unit_id)

    def _ask_rows(self) -> None:
        self._asked += 1
        number, gap, unit_id, sources = self._asked, self.gap, self.unit_id, self._sources
        suspected = self._overview.suspected if self._overview is not None else frozenset[bytes]()
        self._view.show_busy(busy=True)
        if gap is Gap.SMALL_CHAPTER:
            self._jobs.submit(
                lambda: sources.small(unit_id), done=lambda units: self._small(number, units), failed=self._failed
            )
        else:
            self._jobs.submit(
                lambda: sources.rows(gap, unit_id, suspected),
                done=lambda rows: self._rows(number, rows),
                failed=self._failed,
            )

    def _rows(self, number: int, rows: Sequence[MemberRow]) -> None:
        if number == self._asked:  # an answer to a question no longer asked is dropped
            self._view.show_busy(busy=False)
            self._view.show_trouble("")
            self._view.show_rows(rows, self.gap, self.unit_name)

    def _small(self, number: int, units: Sequence[SmallUnit]) -> None:
        if number == self._asked:
            self._view.show_busy(busy=False)
            self._view.show_trouble("")
            self._view.show_small(units, self.unit_name)

    def _failed(self, error: Exception) -> None:
        self._view.show_busy(busy=False)
        self._view.show_trouble(told(error))
