"""The form of an admission: the person, the introducer and the meeting, the decision and the ceremony."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from yum_desktop.domain.cases.admission import ACTION_LABELS, ADMISSION_FIELDS, DATA_LABELS, Action, has_majority
from yum_desktop.domain.member import BY_NAME, Shape
from yum_desktop.registry.views import CaseStep, UnitRow
from yum_desktop.ui.cases.presenter import COUNTS, DAYS, NAME, Data, Datum
from yum_desktop.ui.formats import date_text, day_text, percent_text
from yum_desktop.ui.members.vocabulary import Vocabulary, raw_code
from yum_desktop.ui.theme import Type
from yum_desktop.ui.widgets.fields import ChoiceField, FieldRow, TextField
from yum_desktop.ui.widgets.options import Option
from yum_desktop.ui.widgets.panels import Bar, Card
from yum_desktop.ui.widgets.text import IconLabel, Label

_MEETING: Final = ("introducer", "introducer_since", "meeting_on", "meeting_present", "meeting_agreed")
_DECISION: Final = ("decision_no", "decision_on", "ceremony_on", "card_no")
_CHOSEN: Final = frozenset({Shape.CODE, Shape.PLACE, Shape.FLAG})
_FIELD_PX: Final = 220


class CaseForm(QWidget):
    """Two columns of cards. A field that is left says so; Enter goes to the next one.

    Signals:
        field_left: Name of a field and what stands in it.
        unit_left: The id of the chosen unit, or `None`.
    """

    field_left = Signal(str, str)
    unit_left = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields: dict[str, TextField] = {}
        self.rows: dict[str, FieldRow] = {}
        self._shown: dict[str, str] = {}
        self.unit = ChoiceField()
        self.unit_row = FieldRow(self.tr("Chi đoàn"), self.unit, required=True, field_px=_FIELD_PX)
        for name in ADMISSION_FIELDS:
            self._make_field(name)
        self.person = Card(self.tr("Người được kết nạp"))
        self.meeting = Card(self.tr("Giới thiệu và hội nghị chi đoàn"))
        self.decision = Card(self.tr("Nghị quyết, lễ kết nạp, thẻ"))
        self.done = Card(self.tr("Đã làm"))
        self.vote = QWidget()
        self._vote_bar = Bar()
        self._vote_icon = IconLabel("circle-check", "ok", 18)
        self._vote_text = Label("", Type.SMALL, wrap=True)
        self._lay_out()
        self.unit.left.connect(self._unit_left)
        self.unit.entered.connect(self._unit_left)

    def show_units(self, units: Sequence[UnitRow]) -> None:
        """Offer the units a new case can be opened in."""
        self.unit.set_options([Option(unit.unit_id.hex, unit.name) for unit in units])
        self.unit.set_code(units[0].unit_id.hex if len(units) == 1 else None)
        self.unit_row.setVisible(True)

    def show_data(self, data: Data, vocabulary: Vocabulary, *, anew: bool, editable: bool) -> None:
        """Fill all fields, but not the one that is being typed into unless `anew`."""
        for name, field in self.fields.items():
            if anew or not field.hasFocus():
                self.show_field(name, data.get(name), vocabulary, data)
            field.setEnabled(editable)
        self._show_vote(data)

    def show_field(self, name: str, value: Datum, vocabulary: Vocabulary, data: Data) -> None:
        """Put a value into a field, with the list it is chosen from."""
        field = self.fields[name]
        if isinstance(field, ChoiceField):
            field.set_options(vocabulary.options(name, dict(data)))
            field.set_code(raw_code(value) or None)
        elif name in DAYS:
            field.setText(day_text(str(value)) if value else "")
        elif name in BY_NAME:
            field.setText(vocabulary.text(name, value))
        else:
            field.setText("" if value is None else str(value))
        self._shown[name] = field.text()
        if name in COUNTS:
            self._show_vote(data)

    def show_steps(self, steps: Sequence[CaseStep], now: datetime) -> None:
        """Show what was done, the last first."""
        body = self.done.body
        while (item := body.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for step in reversed(steps):
            body.addWidget(_step_line(step, now))
        self.done.setVisible(bool(steps))

    def show_lacking(self, names: Sequence[str]) -> None:
        """Show which fields the next step still needs, and bring their card to the top."""
        self._right.insertWidget(0, self.decision if set(names) & set(_DECISION) else self.meeting)
        for name, row in self.rows.items():
            if not row.said or row.editor.property("state") != "bad":
                said = self.tr("Cần cho bước tiếp") if name in names else ""
                row.say("wait", said, edge=bool(said))

    def say(self, name: str, text: str) -> None:
        """Say what is wrong beside a field; an empty text takes it away."""
        self.rows[name].say("bad" if text else "", text)

    def focus(self, name: str) -> None:
        """Go to a field and bring it into sight."""
        field = self.fields.get(name, self.unit)
        self._area.ensureWidgetVisible(field, 0, 60)
        field.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self, name: str) -> None:
        """Tell what stands in a field."""
        field = self.fields[name]
        if isinstance(field, ChoiceField):
            field.settle()
        if field.text() == self._shown.get(name, ""):
            return
        code = field.code() if isinstance(field, ChoiceField) else None
        self.field_left.emit(name, code or field.text())

    def next_after(self, name: str) -> None:
        """Go to the field after one."""
        names = list(self.fields)
        place = names.index(name) + 1 if name else 0
        if place < len(names):
            self.focus(names[place])

    def _make_field(self, name: str) -> None:
        declared = BY_NAME.get(name)
        field: TextField
        if declared is not None and declared.shape in _CHOSEN:
            field = chooser = ChoiceField()
            chooser.entered.connect(_Next(self, name))
        else:
            field = TextField()
        if name in DAYS or (declared is not None and declared.shape is Shape.DAY):
            field.setPlaceholderText(self.tr("120805"))
        self.fields[name] = field
        self.rows[name] = FieldRow(DATA_LABELS[name], field, required=name == NAME, field_px=_FIELD_PX)
        field.left.connect(_Left(self, name))
        field.returnPressed.connect(_Next(self, name))

    def _lay_out(self) -> None:
        vote = QVBoxLayout(self.vote)
        vote.setContentsMargins(4, 8, 4, 4)
        vote.setSpacing(6)
        said = QHBoxLayout()
        said.addWidget(self._vote_icon)
        said.addWidget(self._vote_text, 1)
        vote.addWidget(self._vote_bar)
        vote.addLayout(said)
        self.person.body.addWidget(self.unit_row)
        for name, row in self.rows.items():
            card = self.meeting if name in _MEETING else self.decision if name in _DECISION else self.person
            card.body.addWidget(row)
        self.meeting.body.addWidget(self.vote)
        for card in (self.person, self.meeting, self.decision, self.done):
            card.body.setSpacing(0)
        content = QWidget()
        columns = QHBoxLayout(content)
        columns.setContentsMargins(20, 0, 20, 12)
        columns.setSpacing(12)
        left, self._right = QVBoxLayout(), QVBoxLayout()
        for column, cards in ((left, (self.person,)), (self._right, (self.meeting, self.decision, self.done))):
            column.setSpacing(12)
            for card in cards:
                column.addWidget(card)
            column.addStretch(1)
            columns.addLayout(column, 1)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(content)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._area)

    def _show_vote(self, data: Data) -> None:
        present, agreed = data.get("meeting_present"), data.get("meeting_agreed")
        known = isinstance(present, int) and isinstance(agreed, int) and present > 0
        self.vote.setVisible(known)
        if not (isinstance(present, int) and isinstance(agreed, int) and present > 0):
            return
        passed = has_majority(data)
        self._vote_bar.set_share(agreed, present)
        self._vote_icon.set_icon("circle-check" if passed else "triangle-alert", "ok" if passed else "wait")
        share = self.tr("{0}/{1} tán thành ({2})").format(agreed, present, percent_text(agreed, present))
        enough = self.tr("{0}, quá nửa số có mặt").format(share)
        few = self.tr("{0}. Chưa quá nửa số có mặt tán thành").format(share)
        self._vote_text.setText(enough if passed else few)
        self._vote_text.set_tone("ok" if passed else "wait")

    def _unit_left(self) -> None:
        self.unit.settle()
        code = self.unit.code()
        fits = code is not None and self.unit.fits()
        self.unit_row.say(
            "" if fits or code is None else "bad", "" if fits or code is None else self.tr("Chọn trong danh sách")
        )
        self.unit_left.emit(UUID(code) if fits and code is not None else None)


class _Left:
    def __init__(self, form: CaseForm, name: str) -> None:
        self._form, self._name = form, name

    def __call__(self) -> None:
        self._form.leave(self._name)


class _Next:
    def __init__(self, form: CaseForm, name: str) -> None:
        self._form, self._name = form, name

    def __call__(self) -> None:
        self._form.next_after(self._name)


def _step_line(step: CaseStep, now: datetime) -> QWidget:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 2, 0, 2)
    row.setSpacing(12)
    day = Label(date_text(step.at, now), Type.SMALL, tone="soft", data=True)
    day.setFixedWidth(72)
    label = ACTION_LABELS[Action(step.action)] if step.action in set(Action) else step.action
    words = QVBoxLayout()
    words.setSpacing(0)
    words.addWidget(Label(label, wrap=True))
    told = " · ".join(part for part in (step.account, step.note) if part)
    if told:
        words.addWidget(Label(told, Type.SMALL, tone="soft", data=True, wrap=True))
    row.addWidget(day, 0, Qt.AlignmentFlag.AlignTop)
    row.addLayout(words, 1)
    if step.waiting:
        row.addWidget(IconLabel("clock-arrow-up", "wait", 16), 0, Qt.AlignmentFlag.AlignTop)
    return line
