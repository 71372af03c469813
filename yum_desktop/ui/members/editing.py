"""What the form of a member does: every field is kept as soon as it is left. Plain Python."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from sync.protocol.kinds import Value
from yum_desktop.domain.errors import InputError, YumError
from yum_desktop.domain.member import BY_NAME
from yum_desktop.registry.clock import Clock
from yum_desktop.registry.views import MemberDetail
from yum_desktop.ui.formats import HANOI
from yum_desktop.ui.jobs import Jobs
from yum_desktop.ui.members.likeness import COMPARED, NO_HINTS, Hints
from yum_desktop.ui.members.presenter import MemberSources, told
from yum_desktop.ui.members.vocabulary import WARD_OF, PlaceOffer, Remark, Vocabulary, raw_code

NAME = "full_name"
_ONES_OWN: Final = frozenset(field.name for field in BY_NAME.values() if field.identifies) | {
    "phone", "email", "old_id_number", "member_code", "card_no",
}  # fmt: skip
"""Nobody has these from somebody else."""


class FormView(Protocol):
    """What the presenter needs of the form."""

    def open(self, title: str, unit_name: str, *, new: bool) -> None:
        """Show an empty form; what was entered before is gone from it."""

    def close_form(self) -> None:
        """Go back to the list."""

    def show_value(self, name: str, text: str, code: str) -> None:
        """Put a value into a field."""

    def show_options(self, name: str, vocabulary: Vocabulary, values: Mapping[str, Value]) -> None:
        """Offer the values of a list."""

    def say(self, name: str, role: str, text: str) -> None:
        """Say something beside a field: ``bad``, ``wait``, ``pick``, ``sent`` (waits to be sent), or nothing."""

    def show_kept(self, text: str) -> None:
        """Show what was kept and when."""

    def show_counts(self, bad: int, look: int, missing: Sequence[str]) -> None:
        """Show how many errors there are, how many places to look at, and which fields are still empty."""

    def focus(self, name: str) -> None:
        """Go to a field."""

    def offer_places(self, missing: Mapping[str, bool]) -> None:
        """Offer to take the places that are said beside fields, or to report those that are missing, by field."""

    def open_choice(self, name: str, text: str) -> None:
        """Go to a field and open its list at a text."""

    def go_to_end(self) -> None:
        """Go to the button that ends this record."""

    def offer_other(self, title: str) -> None:
        """Offer to look at somebody who is nearly surely the same person; nobody: an empty title."""


@dataclass(eq=False)
class _Sheet:
    """One member in the form. It lives on after the form was left, until all of it is kept."""

    vocabulary: Vocabulary
    member_id: UUID | None = None
    values: dict[str, Value] = field(default_factory=dict)
    detail: MemberDetail | None = None
    unread: dict[str, Remark] = field(default_factory=dict)
    """What could not be read or was not taken, by field."""
    touched: set[str] = field(default_factory=set)
    unkept: set[str] = field(default_factory=set)
    travelling: set[str] = field(default_factory=set)
    hints: Hints = NO_HINTS
    offers: dict[str, PlaceOffer] = field(default_factory=dict)
    """Places of today for what is only words, by the field beside which they are offered."""
    making: bool = False
    warned: bool = False
    """The person was told that something typed here is not kept."""

    def stored(self, name: str) -> Value:
        """Return what the record holds in a field, as far as is known."""
        return self.detail.values.get(name) if self.detail is not None else None


class EditingPresenter:
    """One member in the form.

    A new member is made as soon as a name and a unit are known; what was typed before is kept with it.

    Args:
        defaults: Values that a new member starts with.
        noted: Told of each change and the id under which it can be undone.
        closed: Told which member was edited, after the form is left.
        settled: Told that a member whose form was left is now kept, or why it is not.
        look: Shows somebody who resembles the member in the form, beside that one if it is kept already.
    """

    def __init__(
        self,
        view: FormView,
        jobs: Jobs,
        sources: MemberSources,
        clock: Clock,
        *,
        defaults: Mapping[str, Value],
        noted: Callable[[str, str], None],
        closed: Callable[[UUID | None], None],
        settled: Callable[[UUID | None, str], None],
        look: Callable[[UUID | None, UUID], None] = lambda _member, _other: None,
    ) -> None:
        self._view, self._jobs, self._sources, self._clock = view, jobs, sources, clock
        self._defaults = dict(defaults)
        self._noted, self._closed, self._settled, self._look = noted, closed, settled, look
        self._sheet: _Sheet | None = None
        self._unit: UUID | None = None
        self._reported: set[str] = set()
        self._before: dict[str, Value] = {}
        """The person entered before, whose values can be repeated."""

    @property
    def values(self) -> Mapping[str, Value]:
        """The record as the form holds it."""
        return self._sheet.values if self._sheet is not None else {}

    @property
    def member_id(self) -> UUID | None:
        """The member in the form; `None` until a new one was made."""
        return self._sheet.member_id if self._sheet is not None else None

    def edit(self, member: MemberDetail, vocabulary: Vocabulary) -> None:
        """Open the form for a member."""
        self._view.open(str(member.values.get(NAME) or ""), member.unit_name, new=False)
        sheet = _Sheet(vocabulary, member.member_id, dict(member.values), member)
        sheet.touched = {name for name, value in member.values.items() if value is not None}
        self._start(sheet)
        self._view.focus(next(iter(member.refused), NAME))
        self._sources.note_view(self._jobs, member, "form")

    def begin(self, unit_id: UUID | None, vocabulary: Vocabulary) -> None:
        """Open the form for a new member of a unit, or of one still to be chosen."""
        self._unit = unit_id
        unit = unit_id.bytes if unit_id is not None else None
        self._view.open("", vocabulary.text("unit_id", unit), new=True)
        self._start(_Sheet(vocabulary, values={**self._defaults, "unit_id": unit}))
        self._view.focus(NAME)

    def leave_field(self, name: str, raw: str) -> None:
        """Read, check and keep a field that was left."""
        sheet = self._sheet
        if sheet is None:
            return
        try:
            value = sheet.vocabulary.parse(name, raw, sheet.values)
        except InputError as error:
            sheet.touched.add(name)
            sheet.warned = sheet.warned and sheet.unread.keys() == {name}
            sheet.unread[name] = Remark(name, "bad", error.text)
            self._show_remarks(sheet)
            return
        sheet.unread.pop(name, None)
        if value == sheet.values.get(name):
            self._show_remarks(sheet)
            return
        sheet.touched.add(name)
        sheet.values[name] = value
        sheet.unkept.add(name)
        self._view.show_value(name, sheet.vocabulary.text(name, value), raw)
        self._narrow(sheet, name)
        self._show_remarks(sheet)
        self._keep(sheet)
        if name in COMPARED:
            self._compare(sheet)

    @property
    def vocabulary(self) -> Vocabulary | None:
        """How the fields of the member in the form read."""
        return self._sheet.vocabulary if self._sheet is not None else None

    def take(self, values: Mapping[str, Value]) -> None:
        """Put values that were read elsewhere, such as from a card, into the form, and keep them as one change."""
        sheet = self._sheet
        if sheet is None:
            return
        for name, value in values.items():
            sheet.unread.pop(name, None)
            sheet.touched.add(name)
            if value != sheet.values.get(name):
                sheet.values[name] = value
                sheet.unkept.add(name)
                self._view.show_value(name, sheet.vocabulary.text(name, value), raw_code(value))
                self._narrow(sheet, name)
        self._show_remarks(sheet)
        self._keep(sheet)
        self._compare(sheet)

    def take_place(self, name: str = "") -> None:
        """Take the place that is offered beside a field, or the first that is offered; the words stay.

        Of a ward that was divided the list of what it is now opens.
        """
        sheet = self._sheet
        able = {} if sheet is None else {key: one for key, one in sheet.offers.items() if one.values or one.report}
        offer = able.get(name) or next(iter(able.values()), None)
        if sheet is None or offer is None:
            return
        for place in offer.values:
            if place in WARD_OF.values():
                before = {**sheet.values, **offer.values}
                self._view.show_options(next(w for w, p in WARD_OF.items() if p == place), sheet.vocabulary, before)
        if offer.report:
            self._report(sheet, offer)
            return
        self.take(offer.values)
        if offer.choose:
            self._view.open_choice(offer.field, offer.choose)

    def go_to_gap(self, name: str) -> None:
        """Go on from a field to the next one that is missing, from the beginning again after the last."""
        if self._sheet is None:
            return
        missing = set(self._sheet.vocabulary.missing(self._sheet.values))
        names = list(BY_NAME)
        here = names.index(name) + 1
        following = next((each for each in names[here:] + names[:here] if each in missing), None)
        if following is None:
            self._view.go_to_end()
        else:
            self._view.focus(following)

    def repeat(self, name: str) -> None:
        """Write into a field what the person entered before has there, and go on to the next gap."""
        self.take_before(name)
        self.go_to_gap(name)

    def take_before(self, name: str) -> None:
        """Write into a field what the person entered before has there."""
        value = self._before.get(name)
        if value is not None and name not in _ONES_OWN:
            self.take({name: value})

    def remember(self) -> None:
        """Let the member in the form be the one entered before, for those that follow."""
        if self._sheet is not None:
            self._before = dict(self._sheet.values)

    def _report(self, sheet: _Sheet, offer: PlaceOffer) -> None:
        """Report a place that the map lacks; the words of the address stay as they are."""
        report, unit = self._sources.report, sheet.values.get("unit_id")
        if report is None:
            return
        province = sheet.values.get(f"{offer.field.partition('_')[0]}_province")
        text, within = offer.report, None if province is None else str(province)
        unit_id = UUID(bytes=unit) if isinstance(unit, bytes) else None
        self._jobs.submit(
            lambda: report(text, within, unit_id),
            done=lambda _: self._reported_place(sheet, text),
            failed=lambda error: self._view.say(offer.field, "bad", told(error)),
        )

    def _reported_place(self, sheet: _Sheet, text: str) -> None:
        self._reported.add(text)
        if sheet is self._sheet:
            self._show_remarks(sheet)

    def _offers(self, sheet: _Sheet) -> dict[str, PlaceOffer]:
        """Return what is offered for addresses; what was reported here is not offered to be reported again."""
        words = QCoreApplication.translate("members", "Đã báo cấp trên, chờ trả lời")
        offers = sheet.vocabulary.offers(sheet.values)
        return {
            offer.field: PlaceOffer(offer.field, words, {}) if offer.report in self._reported else offer
            for offer in offers
        }

    def finish(self) -> None:
        """Leave the form: everything is kept already. What could not be read holds one up once."""
        sheet = self._sheet
        if sheet is None or self._held_up(sheet):
            return
        self._sheet = None
        self._view.close_form()
        self._closed(sheet.member_id)

    def next_person(self) -> None:
        """Keep this one and enter the next of the same unit."""
        sheet = self._sheet
        if sheet is not None and not self._held_up(sheet):
            self._before = dict(sheet.values)
            self.begin(self._unit, sheet.vocabulary)

    def may_leave(self) -> bool:
        """Return whether the form may go on to another member: what could not be read holds one up once."""
        return self._sheet is None or not self._held_up(self._sheet)

    def could_not_read(self, name: str) -> bool:
        """Return whether what was typed into a field is not kept."""
        return self._sheet is not None and name in self._sheet.unread

    def look_at_other(self) -> None:
        """Look at whoever resembles the member in the form most."""
        sheet = self._sheet
        if sheet is not None and sheet.hints.other is not None:
            self._look(sheet.member_id, sheet.hints.other)

    def refresh(self) -> None:
        """Read the member again: after a sync, or after something was undone."""
        if self._sheet is not None and self._sheet.member_id is not None:
            self._read_again(self._sheet, self._sheet.member_id)

    def _held_up(self, sheet: _Sheet) -> bool:
        """Say once that something typed is not kept; the second time one may leave it."""
        if not sheet.unread or sheet.warned:
            return False
        sheet.warned = True
        self._view.focus(next(iter(sheet.unread)))
        words = QCoreApplication.translate("members", "Có ô chưa giữ được. Sửa, hoặc bấm lần nữa để bỏ")
        self._view.show_kept(words)
        return True

    def _start(self, sheet: _Sheet) -> None:
        self._sheet = sheet
        for name in BY_NAME:
            value = sheet.values.get(name)
            self._view.show_options(name, sheet.vocabulary, sheet.values)
            self._view.show_value(name, sheet.vocabulary.text(name, value), raw_code(value))
        self._show_remarks(sheet)
        self._compare(sheet)

    def _compare(self, sheet: _Sheet) -> None:
        """Ask who resembles what is typed. An answer to what was typed before is dropped."""
        like = self._sources.like
        if like is None:
            return
        values, member_id = dict(sheet.values), sheet.member_id
        self._jobs.submit(
            lambda: like(values, member_id),
            done=lambda hints: self._compared(sheet, values, hints),
            failed=lambda _: None,  # a hint that is missing is in nobody's way
        )

    def _compared(self, sheet: _Sheet, values: Mapping[str, Value], hints: Hints) -> None:
        if sheet is not self._sheet or any(values.get(name) != sheet.values.get(name) for name in COMPARED):
            return
        if hints.other is not None and hints.other == sheet.member_id:
            hints = NO_HINTS  # it was made while it was compared
        sheet.hints = hints
        self._view.offer_other(hints.title)
        self._show_remarks(sheet)

    def _narrow(self, sheet: _Sheet, name: str) -> None:
        """Offer the wards of the province that was just chosen; a ward of another province is taken out."""
        for ward, province in WARD_OF.items():
            if province == name:
                self._view.show_options(ward, sheet.vocabulary, sheet.values)
                codes = {option.code for option in sheet.vocabulary.options(ward, sheet.values)}
                if sheet.values.get(ward) is not None and sheet.values.get(ward) not in codes:
                    sheet.values[ward] = None
                    sheet.unkept.add(ward)
                    self._view.show_value(ward, "", "")

    def _keep(self, sheet: _Sheet) -> None:
        """Write what is not kept yet, as soon as there is a record to write it to."""
        if sheet.making or not sheet.unkept:
            return
        if sheet.member_id is None:
            unit = sheet.values.get("unit_id")
            if sheet.values.get(NAME) and isinstance(unit, bytes):
                self._make(sheet, UUID(bytes=unit))
            return
        values = {name: sheet.values[name] for name in sheet.unkept}
        self._set_off(sheet)
        member_id, put = sheet.member_id, self._sources.put
        self._jobs.submit(
            lambda: put(member_id, values),
            done=lambda group: self._put(sheet, values, group),
            failed=lambda error: self._not_kept(sheet, values, error),
        )

    def _make(self, sheet: _Sheet, unit_id: UUID) -> None:
        values = {name: value for name, value in sheet.values.items() if value is not None and name != "unit_id"}
        sheet.making = True
        self._set_off(sheet)
        add = self._sources.add
        self._jobs.submit(
            lambda: add(unit_id, values),
            done=lambda made: self._made(sheet, str(values[NAME]), made),
            failed=lambda error: self._not_kept(sheet, values, error),
        )

    def _set_off(self, sheet: _Sheet) -> None:
        """Count what is not kept yet as on its way."""
        sheet.travelling |= sheet.unkept
        sheet.unkept.clear()

    def _made(self, sheet: _Sheet, name: str, made: tuple[UUID, str]) -> None:
        sheet.member_id, group = made
        sheet.making = False
        sheet.travelling.clear()
        self._noted(QCoreApplication.translate("members", "Đã thêm {0}").format(name), group)
        self._go_on(sheet, sheet.member_id)

    def _put(self, sheet: _Sheet, values: Mapping[str, Value], group: str) -> None:
        assert sheet.member_id is not None, "only a member that is there is changed"
        sheet.travelling.difference_update(values)
        labels = ", ".join(BY_NAME[name].label for name in values)
        self._noted(QCoreApplication.translate("members", "Đã sửa {0}").format(labels), group)
        self._go_on(sheet, sheet.member_id)

    def _go_on(self, sheet: _Sheet, member_id: UUID) -> None:
        """Keep what came meanwhile; show that all is kept, in the form or, when it was left, outside."""
        self._keep(sheet)
        if sheet is self._sheet:
            text = QCoreApplication.translate("members", "Đã giữ lúc {0}")
            self._view.show_kept(text.format(f"{self._clock.now().astimezone(HANOI):%H:%M}"))
            self._read_again(sheet, member_id)
        elif not sheet.travelling:
            self._settled(sheet.member_id, "")

    def _not_kept(self, sheet: _Sheet, values: Mapping[str, Value], error: Exception) -> None:
        sheet.making = False
        sheet.travelling.difference_update(values)
        sheet.unkept.update(values)
        name = error.field if isinstance(error, InputError) else None
        if name in values:  # the rest of the change is kept without it
            assert name is not None, "a key of the change"
            sheet.unkept.discard(name)
            sheet.unread[name] = Remark(name, "bad", told(error))
            sheet.values[name] = sheet.stored(name)
            self._keep(sheet)
        if sheet is not self._sheet:
            self._settled(sheet.member_id, told(error))
        elif name in values:
            self._show_remarks(sheet)
        else:
            self._view.say(next(iter(values)), "bad", told(error))

    def _read_again(self, sheet: _Sheet, member_id: UUID) -> None:
        member = self._sources.member
        self._jobs.submit(
            lambda: member(member_id),
            done=lambda detail: self._arrived(sheet, detail),
            failed=lambda error: self._gone(sheet, error),
        )

    def _arrived(self, sheet: _Sheet, detail: MemberDetail) -> None:
        """Show what is new in the record; what is in hand here is not touched."""
        if sheet is not self._sheet:
            return
        sheet.detail = detail
        in_hand = sheet.unkept | sheet.travelling | sheet.unread.keys()
        for name, value in detail.values.items():
            if name not in in_hand and value != sheet.values.get(name):
                sheet.values[name] = value
                self._view.show_value(name, sheet.vocabulary.text(name, value), raw_code(value))
        self._show_remarks(sheet)

    def _gone(self, sheet: _Sheet, error: Exception) -> None:
        if sheet is not self._sheet:
            return
        if isinstance(error, YumError) and error.code == "member.unknown":
            self._sheet = None
            self._view.close_form()
            self._closed(None)
        else:
            self._view.say(NAME, "bad", told(error))

    def _show_remarks(self, sheet: _Sheet) -> None:
        said = {remark.field: remark for remark in reversed(sheet.vocabulary.check(sheet.values))}
        said = {name: remark for name, remark in said.items() if name in sheet.touched}
        sheet.offers = self._offers(sheet)
        said.update({name: Remark(name, "pick", offer.text) for name, offer in sheet.offers.items()})
        able = {name: bool(one.report) for name, one in sheet.offers.items() if one.values or one.report}
        self._view.offer_places(able)
        said = {**sheet.hints.remarks, **said}
        detail = sheet.detail
        for name in detail.waiting if detail is not None else ():
            said.setdefault(name, Remark(name, "sent", QCoreApplication.translate("members", "Chờ gửi")))
        for name, problem in (detail.refused if detail is not None else {}).items():
            words = QCoreApplication.translate("members", "Bị từ chối: {0}").format(problem.text)
            said[name] = Remark(name, "bad", words)
        said.update(sheet.unread)
        for name in BY_NAME:
            remark = said.get(name)
            self._view.say(name, remark.role if remark else "", remark.text if remark else "")
        roles = [remark.role for remark in said.values()]
        missing = sheet.vocabulary.missing(sheet.values)
        self._view.show_counts(roles.count("bad"), roles.count("wait"), missing)
