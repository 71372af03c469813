"""One value for many records: what would change is shown before it is written. Plain Python."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from sync.protocol.kinds import Value
from yum_desktop.domain.bulk import BULK_FIELDS, PROVINCE_OF
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME, Shape
from yum_desktop.registry.bulk import BulkDone, BulkPlan
from yum_desktop.ui.formats import NONE
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.presenter import told
from yum_desktop.ui.members.vocabulary import Vocabulary
from yum_desktop.ui.widgets.options import Option

_CHOSEN = (Shape.CODE, Shape.FLAG, Shape.PLACE)


@dataclass(frozen=True, slots=True)
class BulkSources:
    """What is done beside the screen.

    Attributes:
        vocabulary: Lists and places.
        plan: What would become of records that all get the same values; only where there is nothing, if so asked.
        write: Writes a plan.
    """

    vocabulary: Callable[[], Vocabulary]
    plan: Callable[[Sequence[UUID], Mapping[str, Value], bool], BulkPlan]
    write: Callable[[BulkPlan], BulkDone]


@dataclass(frozen=True, slots=True)
class BulkLine:
    """One record of the preview as people read it. `why` is empty if it changes."""

    full_name: str
    unit_name: str
    old: str
    new: str
    why: str
    code: str


class BulkView(Protocol):
    """What the presenter needs of the page."""

    def show_fields(self, fields: Sequence[Option], about: str) -> None:
        """Offer the fields; say whose they are."""

    def show_value(self, options: Sequence[Option] | None, *, label: str, provinces: Sequence[Option] | None) -> None:
        """Ask for the value: from a list, or typed; for a ward, of its province first."""

    def show_wards(self, options: Sequence[Option]) -> None:
        """Offer the wards of the chosen province."""

    def show_lines(self, lines: Sequence[BulkLine], *, changing: int) -> None:
        """Show the preview."""

    def show_writing(self) -> None:
        """Show that the records are being written."""

    def show_trouble(self, text: str) -> None:
        """Show what is wrong with the value, or could not be done."""


class BulkPresenter:
    """The field, its value, and the preview.

    Args:
        did: Told what was done and the group that takes it back.
        ended: Told that all is written.
    """

    def __init__(
        self,
        view: BulkView,
        jobs: Jobs,
        sources: BulkSources,
        *,
        did: Callable[[str, str], None],
        ended: Callable[[], None],
    ) -> None:
        self._view, self._jobs, self._sources, self._did, self._ended = view, jobs, sources, did, ended
        self._ids: Sequence[UUID] = ()
        self._vocabulary: Vocabulary | None = None
        self._name = ""
        self._province = ""
        self._raw = ""
        self._only_empty = True
        self._asked = 0
        self._plan: BulkPlan | None = None

    def begin(self, ids: Sequence[UUID], about: str) -> None:
        """Begin with some records."""
        self._ids, self._name, self._raw, self._province, self._plan = tuple(ids), "", "", "", None
        self._asked += 1
        self._view.show_fields([Option(field.name, field.label) for field in BULK_FIELDS], about)
        self._view.show_lines((), changing=0)
        self._jobs.submit(self._sources.vocabulary, done=self._vocabulary_arrived, failed=self._failed)

    def choose_field(self, name: str) -> None:
        """Ask for the value of a field; nothing for a text that is none."""
        if name == self._name or self._vocabulary is None:
            return
        self._name = name if name in {field.name for field in BULK_FIELDS} else ""
        self._raw = self._province = ""
        self._plan = None
        self._view.show_lines((), changing=0)
        if not self._name:
            return
        words = self._vocabulary
        chosen = BY_NAME[self._name].shape in _CHOSEN
        options = words.options(self._name, {}) if chosen else None
        above = PROVINCE_OF.get(self._name)
        provinces = words.options(above, {}) if above is not None else None
        self._view.show_value(options, label=BY_NAME[self._name].label, provinces=provinces)

    def choose_province(self, code: str) -> None:
        """Offer the wards of a province."""
        above = PROVINCE_OF.get(self._name)
        if above is not None and self._vocabulary is not None and code != self._province:
            self._province, self._raw = code, ""
            self._view.show_wards(self._vocabulary.options(self._name, {above: code}))
            self._look()

    def type_value(self, raw: str) -> None:
        """Take the value that was typed or chosen."""
        if raw != self._raw:
            self._raw = raw
            self._look()

    def fill_only(self, *, only_empty: bool) -> None:
        """Keep what records already say, or replace it."""
        self._only_empty = only_empty
        self._look()

    def write(self) -> None:
        """Write what the preview shows."""
        plan, write = self._plan, self._sources.write
        if plan is not None and plan.changing:
            self._plan = None
            self._view.show_writing()
            self._jobs.submit(lambda: write(plan), done=lambda done: self._written(plan, done), failed=self._failed)

    def _vocabulary_arrived(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def _values(self) -> dict[str, Value] | None:
        if not self._name or not self._raw or self._vocabulary is None:
            return None
        above = PROVINCE_OF.get(self._name)
        first: dict[str, Value] = {} if above is None else {above: self._province}
        return {**first, self._name: self._vocabulary.parse(self._name, self._raw, first)}

    def _look(self) -> None:
        """Ask what would become of the records. An answer to an earlier question is dropped."""
        self._plan = None
        self._asked += 1
        try:
            values = self._values()
        except InputError as error:
            self._view.show_trouble(error.text)
            self._view.show_lines((), changing=0)
            return
        self._view.show_trouble("")
        if values is None:
            self._view.show_lines((), changing=0)
            return
        number, ids, only_empty, plan = self._asked, self._ids, self._only_empty, self._sources.plan
        self._jobs.submit(
            lambda: plan(ids, values, only_empty), done=lambda found: self._planned(number, found), failed=self._failed
        )

    def _planned(self, number: int, plan: BulkPlan) -> None:
        if number != self._asked:
            return
        self._plan = plan
        new = self._read(plan.values)
        lines = [
            BulkLine(row.full_name, row.unit_name, self._read(row.old), "" if row.code else new, row.text, row.code)
            for row in plan.rows
        ]
        lines.sort(key=lambda line: bool(line.code))
        self._view.show_lines(lines, changing=len(plan.changing))

    def _read(self, values: Mapping[str, Value]) -> str:
        assert self._vocabulary is not None, "a plan is of a field that was chosen"
        parts = [self._vocabulary.text(name, value) for name, value in reversed(list(values.items()))]
        return ", ".join(part for part in parts if part) or NONE

    def _written(self, plan: BulkPlan, done: BulkDone) -> None:
        label = ", ".join(BY_NAME[name].label for name in plan.values)
        words = QCoreApplication.translate("cleaning", "Đã sửa {0} của {1} hồ sơ").format(label, done.changed)
        if done.left:
            left = QCoreApplication.translate("cleaning", "{0} hồ sơ vừa có người sửa nên để lại")
            words = f"{words}, {left.format(len(done.left))}"
        self._did(words, done.group)
        self._ended()

    def _failed(self, error: Exception) -> None:
        self._view.show_trouble(told(error))
