"""Which case is shown, and what can be done with it: plain Python."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from yum_desktop.domain.cases.admission import ACTION_LABELS, NEEDS_REASON, Action
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME
from yum_desktop.registry.views import CaseDetail, CaseRow, UnitRow
from yum_desktop.ui.asking import Answer, Asker, Choice, Question
from yum_desktop.ui.cases.steps import leads_on
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.presenter import told
from yum_desktop.ui.members.vocabulary import Vocabulary

Datum = str | int | None
Data = Mapping[str, Datum]

NAME: Final = "full_name"
COUNTS: Final = frozenset({"meeting_present", "meeting_agreed"})
DAYS: Final = frozenset({"introducer_since", "meeting_on", "decision_on", "ceremony_on"})
_ANY_DAY: Final = "joined_on"
"""A member field of the same shape: its rules read the days of a case."""
WARDS: Final = {"hometown_province": "hometown_ward", "residence_province": "residence_ward"}
"""The field that has no meaning any more when another province is chosen."""


@dataclass(frozen=True, slots=True)
class CaseSources:
    """Where cases come from and go to. All of it runs on the database lane.

    Attributes:
        units: The tree.
        vocabulary: How values read and are typed.
        cases: All cases in scope, newest first.
        case: One case.
        draft: Opens a case in a unit; its data holds a name.
        put: Changes data of a case.
        step: Takes a step; returns the state it comes to here.
    """

    units: Callable[[], Sequence[UnitRow]]
    vocabulary: Callable[[], Vocabulary]
    cases: Callable[[], Sequence[CaseRow]]
    case: Callable[[UUID], CaseDetail]
    draft: Callable[[UUID, Data], UUID]
    put: Callable[[UUID, Data], None]
    step: Callable[[UUID, str, str], str]


class CasesView(Protocol):
    """What the presenter needs of the screen."""

    def show_cases(self, rows: Sequence[CaseRow], chosen: UUID | None) -> None:
        """Show the list."""

    def show_list(self) -> None:
        """Bring the list to the front."""

    def show_draft(self, units: Sequence[UnitRow], vocabulary: Vocabulary) -> None:
        """Show the empty form of a new case: a unit and a name make it."""

    def show_case(self, detail: CaseDetail, vocabulary: Vocabulary) -> None:
        """Show one case with its steps and its form."""

    def show_field(self, name: str, value: Datum, vocabulary: Vocabulary, data: Data) -> None:
        """Put a value into a field, with the list it is chosen from."""

    def show_field_trouble(self, field: str, text: str) -> None:
        """Show what is wrong beside a field; an empty text takes it away."""

    def show_lacking(self, names: Sequence[str]) -> None:
        """Show what the next step still needs."""

    def show_kept(self, text: str) -> None:
        """Show that something was kept."""

    def focus(self, field: str) -> None:
        """Go to a field."""

    def show_trouble(self, text: str) -> None:
        """Show what could not be done; an empty text takes it away."""


class CasesPresenter:
    """The list of cases and the one that is worked on. Every field is kept as soon as it is left.

    Args:
        changed: Told when something was changed that waits to be sent.
    """

    def __init__(
        self, view: CasesView, jobs: Jobs, sources: CaseSources, asker: Asker, *, changed: Callable[[], None]
    ) -> None:
        self._view, self._jobs, self._sources, self._asker, self._changed = view, jobs, sources, asker, changed
        self._wanted: UUID | None = None
        self._detail: CaseDetail | None = None
        self._vocabulary: Vocabulary | None = None
        self._units: Sequence[UnitRow] = ()
        self._unit: UUID | None = None
        self._data: dict[str, Datum] = {}
        self._drafting = self._making = False
        self._awaited: str | None = None
        """An action pressed while a field was being kept: its data decides whether it can be done."""
        self._keeping = 0

    @property
    def wanted(self) -> UUID | None:
        """The case that is worked on."""
        return self._wanted

    @property
    def data(self) -> Data:
        """What the form holds."""
        return self._data

    def refresh(self) -> None:
        """Read everything again."""
        self._jobs.submit(self._sources.vocabulary, done=self._vocabulary_arrived, failed=self._failed)
        self._jobs.submit(self._sources.units, done=self._units_arrived, failed=self._failed)
        self._jobs.submit(self._sources.cases, done=self._cases_arrived, failed=self._failed)
        if self._wanted is not None:
            self._ask_case(self._wanted)

    def look_at(self, case_id: UUID) -> None:
        """Show a case."""
        self._drafting, self._wanted, self._detail = False, case_id, None
        self.refresh()

    def leave(self) -> None:
        """Go back to the list; all that was typed is kept."""
        self._drafting, self._wanted, self._detail = False, None, None
        self._view.show_list()
        self.refresh()

    def begin(self) -> None:
        """Show an empty form. The case is made when its unit and the name are known."""
        if self._vocabulary is None:
            return
        self._wanted, self._detail, self._data = None, None, {}
        self._drafting, self._making = True, False
        self._unit = self._units[0].unit_id if len(self._units) == 1 else None
        self._view.show_draft(self._units, self._vocabulary)

    def choose_unit(self, unit_id: UUID | None) -> None:
        """Say in which unit a new case is opened."""
        self._unit = unit_id
        self._make()

    def leave_field(self, name: str, text: str) -> None:
        """Read and keep what was typed into a field."""
        if self._vocabulary is None or not (self._drafting or self._detail is not None):
            return
        try:
            value = self._read(name, text, self._vocabulary)
        except InputError as error:
            self._view.show_field_trouble(name, error.text)
            return
        self._view.show_field_trouble(name, "")
        if value == self._data.get(name):
            return
        patch: dict[str, Datum] = {name: value}
        if name in WARDS and self._data.get(WARDS[name]) is not None:
            patch[WARDS[name]] = None
        self._data.update(patch)
        for changed in (*patch, *([WARDS[name]] if name in WARDS else [])):
            self._view.show_field(changed, self._data.get(changed), self._vocabulary, self._data)
        if self._drafting:
            self._make()
        else:
            self._put(patch)

    def act(self, action: str) -> None:
        """Take a step; some need a reason first, and some more data."""
        detail = self._detail
        if detail is None:
            return
        if self._keeping:
            self._awaited = action
            return
        lacking = detail.lacking.get(action, ())
        if lacking:
            self._view.show_lacking(lacking)
            self._view.focus(lacking[0])
            return
        if Action(action) in NEEDS_REASON or not leads_on(detail.row.state, action):
            self._ask_reason(action, detail)
        else:
            self._step(action, "")

    def _ask_reason(self, action: str, detail: CaseDetail) -> None:
        label = ACTION_LABELS[Action(action)]
        needed = Action(action) in NEEDS_REASON
        question = Question(
            title=f"{label}: {detail.row.title}",
            text=QCoreApplication.translate("cases", "Người lập hồ sơ sẽ đọc lý do này."),
            choices=(
                Choice("no", QCoreApplication.translate("cases", "Thôi"), "secondary"),
                Choice("yes", label, "primary" if needed else "danger"),
            ),
            reason=QCoreApplication.translate("cases", "Lý do"),
            reason_for=frozenset({"yes"}) if needed else frozenset(),
        )
        self._asker.ask(question, lambda answer: self._answered(action, answer))

    def _answered(self, action: str, answer: Answer | None) -> None:
        if answer is not None and answer.key == "yes":
            self._step(action, answer.reason)

    def _step(self, action: str, note: str) -> None:
        if self._detail is None:
            return
        case_id, step = self._detail.row.case_id, self._sources.step
        self._jobs.submit(
            lambda: step(case_id, action, note), done=lambda _: self._stepped(case_id), failed=self._not_stepped
        )

    def _stepped(self, case_id: UUID) -> None:
        self._view.show_trouble("")
        if case_id == self._wanted:
            self.refresh()
        self._changed()

    def _not_stepped(self, error: Exception) -> None:
        self._view.show_trouble(told(error))
        if isinstance(error, InputError) and error.field in self._data:
            self._view.focus(error.field)
        self.refresh()

    def _read(self, name: str, text: str, vocabulary: Vocabulary) -> Datum:
        text = text.strip()
        if name in COUNTS:
            if text and not text.isdigit():
                raise InputError("input.number", QCoreApplication.translate("cases", "Chỉ gõ số"), field=name)
            return int(text) if text else None
        if name not in BY_NAME and name not in DAYS:
            return text or None
        if name == NAME and not text:
            raise InputError("member.name_needed", QCoreApplication.translate("cases", "Hồ sơ cần một tên"), field=name)
        value = vocabulary.parse(_ANY_DAY if name in DAYS else name, text, dict(self._data))
        assert not isinstance(value, bytes), "a case holds no unit"
        return value

    def _make(self) -> None:
        """Open the new case as soon as there is enough of it."""
        if not self._drafting or self._making or self._unit is None or not self._data.get(NAME):
            return
        self._making = True
        unit_id, data, draft = self._unit, dict(self._data), self._sources.draft
        self._jobs.submit(
            lambda: draft(unit_id, data), done=lambda case_id: self._made(case_id, data), failed=self._not_made
        )

    def _made(self, case_id: UUID, data: Data) -> None:
        later = {name: value for name, value in self._data.items() if value != data.get(name)}
        if self._drafting:
            self._drafting, self._wanted = False, case_id
        self._making = False
        self._view.show_trouble("")
        if later and self._wanted == case_id:
            put = self._sources.put
            self._jobs.submit(lambda: put(case_id, later), done=lambda _: self._kept(), failed=self._not_kept)
        else:
            self.refresh()
        self._changed()

    def _not_made(self, error: Exception) -> None:
        self._making = False
        self._failed(error)

    def _put(self, patch: Data) -> None:
        assert self._detail is not None, "only a case that is there is changed"
        case_id, put = self._detail.row.case_id, self._sources.put
        self._keeping += 1
        self._jobs.submit(lambda: put(case_id, patch), done=lambda _: self._put_done(), failed=self._put_failed)

    def _put_done(self) -> None:
        self._keeping -= 1
        self._kept()

    def _put_failed(self, error: Exception) -> None:
        self._keeping -= 1
        self._awaited = None
        self._not_kept(error)

    def _kept(self) -> None:
        self._view.show_trouble("")
        self._view.show_kept(QCoreApplication.translate("cases", "Đã giữ trên máy."))
        self.refresh()
        self._changed()

    def _not_kept(self, error: Exception) -> None:
        self._failed(error)
        self.refresh()

    def _ask_case(self, case_id: UUID) -> None:
        read = self._sources.case
        self._jobs.submit(
            lambda: read(case_id), done=lambda detail: self._case_arrived(case_id, detail), failed=self._failed
        )

    def _case_arrived(self, case_id: UUID, detail: CaseDetail) -> None:
        if case_id != self._wanted or self._vocabulary is None or self._keeping:
            return
        self._detail, self._data = detail, _typed(detail)
        self._view.show_case(detail, self._vocabulary)
        awaited, self._awaited = self._awaited, None
        if awaited in detail.row.actions:
            self.act(str(awaited))

    def _cases_arrived(self, rows: Sequence[CaseRow]) -> None:
        self._view.show_cases(rows, self._wanted)

    def _units_arrived(self, units: Sequence[UnitRow]) -> None:
        own = [unit for unit in units if not unit.readable_only]
        parents = {unit.parent_id for unit in units}
        self._units = [unit for unit in own if unit.unit_id not in parents] or own

    def _vocabulary_arrived(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def _failed(self, error: Exception) -> None:
        self._view.show_trouble(told(error))


def _typed(detail: CaseDetail) -> dict[str, Datum]:
    return {name: value for name, value in detail.data.items() if not isinstance(value, bytes)}
