"""What the Union's records must hold to be accepted, whatever a device has checked before."""

from collections.abc import Iterable, Sequence
from typing import Final

from sync.core.squash import Op
from sync.protocol.kinds import Values
from sync.protocol.messages import Change
from sync.server.records import Actor, Tx
from sync.server.rules import Effect, Refusal
from yum_desktop.central.case_rules import CaseRules
from yum_desktop.central.member_rules import DUPLICATE, MemberRules, identity_name
from yum_desktop.central.pair_rules import PairRules
from yum_desktop.central.place_rules import PlaceRules
from yum_desktop.central.value_rules import check_values
from yum_desktop.registry.checks import TEXT_LENGTH_MAX
from yum_desktop.registry.kinds import CASE_KIND, MEMBER_KIND, PAIR_KIND, PLACE_REPORT_KIND, STEP_KIND, UNIT_KIND

LEVELS: Final = ("TW", "TINH", "XA", "CHIDOAN")
"""From the top; a unit never stands above its parent."""
_BY_SUPERIOR: Final = ("level", "kind", "code")
"""What a unit does not decide about itself: who may approve depends on it (domain §1.9)."""


class CentralRules:
    """The rules of the central server; see `sync.server.rules.Rules`. Keeps nothing between transactions."""

    def __init__(self) -> None:
        self._members = MemberRules()
        self._cases = CaseRules(self._members)
        self._pairs = PairRules()
        self._places = PlaceRules()

    def names(self, change: Change) -> Iterable[str]:
        """Return the identity numbers that a change brings: nobody may have them anywhere."""
        number = change.patch.get("id_number")
        return [identity_name(number)] if change.kind == MEMBER_KIND and isinstance(number, str) else ()

    def check(
        self, tx: Tx, actor: Actor, change: Change, before: Values | None, after: Values | None
    ) -> Refusal | None:
        """Return why the change must not be stored, or nothing."""
        misfit = None if after is None else check_values(change.kind, before, after)
        if misfit is not None:
            return misfit
        found: Refusal | None = None
        match change.kind:
            case kind if kind == UNIT_KIND:
                found = _check_unit(tx, actor, change.record_id, before, after)
            case kind if kind == MEMBER_KIND and after is None:
                found = self._pairs.check_removal(tx, change)
            case kind if kind == MEMBER_KIND and after is not None:
                found = self._members.check(tx, actor, change.record_id, before, after)
            case kind if kind == CASE_KIND:
                found = self._cases.check_case(tx, change.record_id, before, after)
            case kind if kind == STEP_KIND and after is not None:
                found = self._cases.check_step(tx, actor, after)
            case kind if kind == PLACE_REPORT_KIND:
                found = self._places.check(tx, actor, before, after)
            case kind if kind == PAIR_KIND:
                found = self._pairs.check(tx, actor, before, after)
            case _:
                pass
        return found

    def effects(
        self, tx: Tx, actor: Actor, change: Change, before: Values | None, after: Values | None
    ) -> Sequence[Effect]:
        """Return what else happens when the change is stored."""
        match change.kind:
            case kind if kind == PLACE_REPORT_KIND:
                return self._places.effects(tx, actor, change.record_id, before, after)
            case kind if kind == PAIR_KIND:
                return self._pairs.effects(tx, change.record_id, before, after)
            case kind if kind == MEMBER_KIND:
                return self._pairs.member_effects(tx, change)
            case _:
                return self._case_effects(tx, change, after) if change.op == Op.CREATE and after is not None else ()

    def _case_effects(self, tx: Tx, change: Change, after: Values) -> Sequence[Effect]:
        if change.kind == CASE_KIND:
            return (*self._cases.case_effects(change.record_id), *self._pairs.link_effects(tx, change, after))
        if change.kind == STEP_KIND:
            steps = self._cases.step_effects(tx, after)
            made = [each.record_id for each in steps if each.kind == MEMBER_KIND and each.op is Op.CREATE]
            return (*steps, *(effect for each in made for effect in self._pairs.accepted(tx, each)))
        return ()

    def gone(self, tx: Tx, actor: Actor, change: Change) -> Refusal | None:
        """Return into which record a removed one was merged, if it was."""
        return self._pairs.gone(tx, actor, change.record_id) if change.kind == MEMBER_KIND else None

    def refused(self, tx: Tx, actor: Actor, change: Change, code: str) -> Sequence[Effect]:
        """Return what a unit above is told about an identity number that somebody of another unit has."""
        if code != DUPLICATE:
            return ()
        if change.kind == STEP_KIND:
            person = self._cases.person_of(tx, change.patch.get("case_id"))
            return () if person is None else self._pairs.tell_above(tx, actor, *person)
        return self._pairs.refused(tx, actor, change) if change.kind == MEMBER_KIND else ()


def _check_unit(tx: Tx, actor: Actor, unit_id: bytes, before: Values | None, after: Values | None) -> Refusal | None:
    if after is None:
        return Refusal("unit.by_superior", "", "Đơn vị không tự xóa mình.") if unit_id in actor.roots else None
    name = after.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > TEXT_LENGTH_MAX:
        return Refusal("unit.name_needed", "name", "Đơn vị phải có tên.")
    old = before or {}
    if unit_id in actor.roots:
        changed = [field for field in _BY_SUPERIOR if after.get(field) != old.get(field)]
        if changed:
            return Refusal("unit.by_superior", changed[0], "Việc này do đơn vị cấp trên quyết định.")
    return check_level(tx, old, after)


def check_level(tx: Tx, old: Values, after: Values) -> Refusal | None:
    """Return why a unit's level does not fit below its parent, where either is new."""
    if all(after.get(name) == old.get(name) for name in ("level", "parent_id")):
        return None
    parent_id = after.get("parent_id")
    parent = tx.get(UNIT_KIND, parent_id) if isinstance(parent_id, bytes) else None
    level = after.get("level")
    above = parent.values["level"] if parent is not None else LEVELS[0]
    if level not in LEVELS or (above in LEVELS and LEVELS.index(str(level)) < LEVELS.index(str(above))):
        return Refusal("unit.level", "level", "Cấp của đơn vị không hợp với đơn vị cấp trên.")
    return None
