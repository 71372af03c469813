"""Which pairs are shown, and what is chosen when two records become one: plain Python."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from sync.protocol.kinds import Value
from yum_desktop.domain.duplicates import ADVICE_LABELS, Advice, Reason, Strength, explained
from yum_desktop.domain.member import BY_NAME
from yum_desktop.domain.merging import Choice
from yum_desktop.domain.text import fold
from yum_desktop.registry.duplicates import Side
from yum_desktop.registry.pairs import Merged, Merging, Verdicts
from yum_desktop.ui.formats import HANOI
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.presenter import told
from yum_desktop.ui.members.vocabulary import Vocabulary


class Tab(StrEnum):
    """Which list is in front."""

    OPEN = "open"
    DIFFERENT = "different"
    REFUSED = "refused"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list.

    Attributes:
        first: A record of this device.
        second: The other; nothing where the server did not accept it.
        strength: How alike they are.
        why: What they have in common, and what speaks against it.
        advice: What to do.
        pair_id: What was said about them, to be taken back; nothing where nothing was.
        other_title: The name of a record that was not accepted, or that was merged into the first.
        other_unit: Its unit.
        merged: The two have become one.
        group: Takes the merge back; nothing where it was done elsewhere.
    """

    first: Side
    second: Side | None
    strength: Strength
    why: str
    advice: str
    pair_id: UUID | None = None
    other_title: str = ""
    other_unit: str = ""
    merged: bool = False
    group: str | None = None


@dataclass(frozen=True, slots=True)
class DuplicateSources:
    """Where pairs come from and go to. All of it runs on the database lane.

    Attributes:
        reviewed: The pairs by what was said about them.
        say_different: Remembers that two records are two people; returns the group that takes it back.
        put_away: Takes back what was said, or puts away what the server told; returns the group of it.
        split: Makes two records again of one that was merged here; returns the group of it.
        prepare: Two records as they would become one, and which of them stays.
        merge: Makes one of two, with the values that the one that stays has from now on; returns the group of it.
        vocabulary: How values read.
    """

    reviewed: Callable[[], Verdicts]
    say_different: Callable[[UUID, UUID, Strength | None], str]
    put_away: Callable[[UUID], str]
    split: Callable[[UUID], str]
    prepare: Callable[[UUID, UUID, UUID | None], Merging]
    merge: Callable[[UUID, UUID, Mapping[str, Value]], str]
    vocabulary: Callable[[], Vocabulary]


class ListView(Protocol):
    """What the presenter of the list needs of the screen."""

    def show_entries(self, entries: Sequence[Entry], counts: Mapping[Tab, int], *, filtered: bool) -> None:
        """Show the lines of the tab in front, and how many each tab has."""

    def show_busy(self, *, busy: bool) -> None:
        """Show that the records are being compared."""

    def show_trouble(self, text: str) -> None:
        """Show what could not be done; an empty text takes it away."""


class DuplicatesPresenter:
    """The list of pairs.

    Args:
        did: Told what was done and the group that takes it back.
        merge: Asked to show two records side by side.
    """

    def __init__(
        self,
        view: ListView,
        jobs: Jobs,
        sources: DuplicateSources,
        *,
        did: Callable[[str, str], None],
        merge: Callable[[UUID, UUID], None],
    ) -> None:
        self._view, self._jobs, self._sources, self._did, self._merge = view, jobs, sources, did, merge
        self._lists: dict[Tab, list[Entry]] = {tab: [] for tab in Tab}
        self._tab, self._text = Tab.OPEN, ""
        self._strength: Strength | None = None
        self._running = self._again = False

    def refresh(self) -> None:
        """Compare the records again. What is asked meanwhile is done once, afterwards."""
        if self._running:
            self._again = True
            return
        self._running = True
        self._view.show_busy(busy=True)
        self._jobs.submit(self._sources.reviewed, done=self._arrived, failed=self._failed)

    def show_tab(self, tab: Tab) -> None:
        """Bring another list to the front."""
        self._tab = tab
        self._show()

    def search(self, text: str) -> None:
        """Show only pairs with these words in a name or a unit."""
        self._text = text
        self._show()

    def choose_strength(self, strength: Strength | None) -> None:
        """Show only pairs of one strength, or all."""
        self._strength = strength
        self._show()

    def open(self, entry: Entry) -> None:
        """Show two records side by side."""
        if entry.second is not None:
            self._merge(entry.first.member_id, entry.second.member_id)

    def say_different(self, entry: Entry) -> None:
        """Remember that they are two people."""
        sources, second = self._sources, entry.second
        if second is None:
            return
        first = entry.first
        words = _tr("Đã nhớ: {0} và {1} là hai người").format(first.full_name, second.full_name)
        self._act(lambda: sources.say_different(first.member_id, second.member_id, entry.strength), words)

    def put_away(self, entry: Entry) -> None:
        """Ask about them again, make two records of one again, or put away what the server told."""
        sources, pair_id = self._sources, entry.pair_id
        if pair_id is None:
            return
        if entry.merged:
            self._act(
                lambda: sources.split(pair_id), _tr("Đã tách lại hai hồ sơ của {0}").format(entry.first.full_name)
            )
            return
        words = _tr("Đã cất dòng báo") if entry.second is None else _tr("Sẽ hỏi lại về hai hồ sơ này")
        self._act(lambda: sources.put_away(pair_id), words)

    def _act(self, work: Callable[[], str], words: str) -> None:
        def done(group: str) -> None:
            self._did(words, group)
            self.refresh()

        self._jobs.submit(work, done=done, failed=self._failed)

    def _arrived(self, found: Verdicts) -> None:
        self._running = False
        self._lists = {
            Tab.OPEN: [
                entry_of(each.first, each.second, each.strength, each.reasons, each.advice) for each in found.open
            ],
            Tab.DIFFERENT: [
                entry_of(
                    each.suspect.first, each.suspect.second, each.suspect.strength, each.suspect.reasons,
                    each.suspect.advice, pair_id=each.pair_id, by=each.decided_by, note=each.note,
                )
                for each in found.different
            ],
            Tab.REFUSED: [
                Entry(
                    each.side, None, Strength.STRONG,
                    _tr("{0} nhập cùng số giấy tờ; máy chủ không nhận").format(each.account),
                    _tr("Hỏi hai đơn vị: người này chuyển nơi sinh hoạt, hay một bên gõ sai số?"),
                    each.pair_id, each.other_title, each.other_unit,
                )
                for each in found.refused
            ],
            Tab.MERGED: [merged_entry(each) for each in found.merged],
        }  # fmt: skip
        self._view.show_busy(busy=False)
        self._view.show_trouble("")
        self._show()
        if self._again:
            self._again = False
            self.refresh()

    def _show(self) -> None:
        words = fold(self._text).split()
        shown = [
            entry
            for entry in self._lists[self._tab]
            if (self._strength is None or entry.strength is self._strength) and _has(entry, words)
        ]
        counts = {tab: len(entries) for tab, entries in self._lists.items()}
        self._view.show_entries(shown, counts, filtered=bool(words) or self._strength is not None)

    def _failed(self, error: Exception) -> None:
        self._running = self._again = False
        self._view.show_busy(busy=False)
        self._view.show_trouble(told(error))


def entry_of(
    first: Side,
    second: Side,
    strength: Strength,
    reasons: Sequence[Reason],
    advice: Advice,
    *,
    pair_id: UUID | None = None,
    by: str = "",
    note: str = "",
) -> Entry:
    """Return a pair as a line of the list."""
    why = explained(reasons)
    if not by:
        return Entry(first, second, strength, why, ADVICE_LABELS[advice], pair_id)
    said = _tr("{0} đã đánh dấu là hai người khác nhau").format(by) + (f": {note}" if note else "")
    return Entry(first, second, strength, why, said, pair_id)


def merged_entry(merged: Merged) -> Entry:
    """Return two records that have become one as a line of the list."""
    why = _tr("{0} đã gộp, {1}").format(merged.decided_by, f"{merged.decided_at.astimezone(HANOI):%d/%m/%Y}")
    here = merged.group is not None
    advice = _tr("Nếu là hai người, tách lại được.") if here else _tr("Chỉ tách lại được trên máy đã gộp.")
    title = merged.title or _tr("Hồ sơ đã gộp")
    return Entry(
        merged.survivor, None, Strength.STRONG, why, advice, merged.pair_id, title, merged=True, group=merged.group
    )


def _has(entry: Entry, words: Sequence[str]) -> bool:
    second = entry.second
    texts = [entry.first.full_name, entry.first.unit_name, entry.other_title, entry.other_unit]
    texts += [second.full_name, second.unit_name] if second is not None else []
    text = fold(" ".join(texts))
    return all(word in text for word in words)


# ---- two records side by side


class Take(StrEnum):
    """From which of two records a value is taken."""

    MINE = "mine"
    """From the one that stays."""

    THEIRS = "theirs"
    """From the one that goes."""


class MergeView(Protocol):
    """What the presenter of a merge needs of the screen."""

    def show_merging(self, merging: Merging, vocabulary: Vocabulary) -> None:
        """Show both records."""

    def show_taken(self, taken: Mapping[str, Take], *, left: int) -> None:
        """Show from where each field is taken, and how many are not chosen yet."""

    def show_trouble(self, text: str) -> None:
        """Show what could not be done; an empty text takes it away."""


class MergePresenter:
    """Two records of one person, field by field. What identifies a person is never chosen by itself.

    Args:
        did: Told what was done and the group that takes it back.
        ended: Told when there is nothing more to choose here.
    """

    def __init__(
        self,
        view: MergeView,
        jobs: Jobs,
        sources: DuplicateSources,
        *,
        did: Callable[[str, str], None],
        ended: Callable[[], None],
    ) -> None:
        self._view, self._jobs, self._sources, self._did, self._ended = view, jobs, sources, did, ended
        self._merging: Merging | None = None
        self._wanted: tuple[UUID, UUID] | None = None
        self._busy = False
        self.taken: dict[str, Take] = {}

    def open(self, one: UUID, other: UUID, survivor: UUID | None = None) -> None:
        """Show two records; which stays is proposed when nobody says it."""
        self._wanted, self._busy = (one, other), False
        sources = self._sources
        self._jobs.submit(
            lambda: (sources.prepare(one, other, survivor), sources.vocabulary()),
            done=lambda found: self._arrived((one, other), *found),
            failed=self._failed,
        )

    def swap(self) -> None:
        """Let the other record stay."""
        if self._merging is not None:
            loser, survivor = self._merging.loser.member_id, self._merging.survivor.member_id
            self.open(survivor, loser, loser)

    def take(self, name: str, side: Take) -> None:
        """Take one field from a side."""
        if any(choice.name == name for choice in self._asked()):
            self.taken[name] = side
            self._show()

    def take_all(self, side: Take) -> None:
        """Take every field that does not identify a person from one side."""
        self.taken.update({choice.name: side for choice in self._asked() if not BY_NAME[choice.name].identifies})
        self._show()

    def merge(self) -> None:
        """Make one record of the two; says what is missing otherwise."""
        merging = self._merging
        if merging is None or self._busy:
            return
        left = self._left()
        if left:
            self._view.show_trouble(_tr("Còn {0} mục chưa chọn").format(left))
            return
        values = {choice.name: value for choice in merging.choices if (value := self._value(choice)) != choice.mine}
        loser, survivor, run = merging.loser, merging.survivor, self._sources.merge
        self._busy = True
        words = _tr("Đã gộp hai hồ sơ của {0}").format(survivor.full_name)
        self._jobs.submit(
            lambda: run(loser.member_id, survivor.member_id, values),
            done=lambda group: self._is_merged(words, group),
            failed=self._failed,
        )

    def say_different(self) -> None:
        """Remember that they are two people."""
        merging = self._merging
        if merging is None or self._busy:
            return
        one, other, say = merging.survivor, merging.loser, self._sources.say_different
        words = _tr("Đã nhớ: {0} và {1} là hai người").format(one.full_name, other.full_name)
        self._busy = True
        self._jobs.submit(
            lambda: say(one.member_id, other.member_id, Strength.STRONG),
            done=lambda group: self._is_merged(words, group),
            failed=self._failed,
        )

    def _is_merged(self, words: str, group: str) -> None:
        self._busy, self._merging = False, None
        self._did(words, group)
        self._ended()

    def _arrived(self, wanted: tuple[UUID, UUID], merging: Merging, vocabulary: Vocabulary) -> None:
        if wanted != self._wanted:
            return
        self._merging = merging
        self.taken = {
            choice.name: Take.MINE if choice.value == choice.mine else Take.THEIRS
            for choice in self._asked()
            if choice.value in (choice.mine, choice.theirs) and not BY_NAME[choice.name].identifies
        }
        self._view.show_merging(merging, vocabulary)
        self._show()

    def _show(self) -> None:
        self._view.show_trouble("")
        self._view.show_taken(self.taken, left=self._left())

    def _asked(self) -> list[Choice]:
        """Return the fields that are chosen: both records say something else, and not a set that is joined."""
        choices = self._merging.choices if self._merging is not None else ()
        return [choice for choice in choices if is_asked(choice)]

    def _left(self) -> int:
        return sum(choice.name not in self.taken for choice in self._asked())

    def _value(self, choice: Choice) -> Value:
        side = self.taken.get(choice.name)
        return choice.value if side is None else choice.mine if side is Take.MINE else choice.theirs

    def _failed(self, error: Exception) -> None:
        self._busy = False
        self._view.show_trouble(told(error))


def is_asked(choice: Choice) -> bool:
    """Return whether a person chooses a field; a set that is joined of both is not chosen."""
    return choice.asks and choice.value in (choice.mine, choice.theirs)


def _tr(text: str) -> str:
    return QCoreApplication.translate("duplicates", text)
