"""What the page says about the way of a case, read from the state table: plain Python."""

from typing import Final

from PySide6.QtCore import QCoreApplication

from yum_desktop.domain.cases.admission import ADMISSION, PATH, Action, Situation, State
from yum_desktop.registry.views import CaseDetail, CaseRow
from yum_desktop.ui.formats import HANOI
from yum_desktop.ui.widgets.badges import DRAFT, RECEIVED, REFUSED, WAITING, Mark
from yum_desktop.ui.widgets.steps import Step

_EVERYTHING: Final = frozenset(State)
_MARKS: Final[dict[State, tuple[str, str]]] = {
    State.DRAFT: (DRAFT.icon, DRAFT.role),
    State.RETURNED: ("corner-down-left", "wait"),
    State.CARD_GIVEN: (RECEIVED.icon, RECEIVED.role),
    State.REFUSED: ("x", "off"),
    State.CANCELLED: ("x", "off"),
}


def leads_on(state: str, action: str) -> bool:
    """Return whether an action brings a case nearer to its good end."""
    target = ADMISSION.target(State(state), Action(action))
    if target not in PATH:
        return False
    return State(state) not in PATH or PATH.index(target) > PATH.index(State(state))


def forward(row: CaseRow) -> str | None:
    """Return the action with which this account brings the case on, if it may."""
    return next((action for action in row.actions if leads_on(row.state, action)), None)


def is_closed(row: CaseRow) -> bool:
    """Return whether a case has come to an end."""
    return State(row.state) in ADMISSION.final


def who_acts(row: CaseRow) -> str:
    """Return who takes the next step, for an account that may not."""
    words = {
        True: QCoreApplication.translate("cases", "Bước tiếp theo do Đoàn xã làm."),
        False: QCoreApplication.translate("cases", "Bước tiếp theo do chi đoàn làm."),
    }
    alone = Situation(actor_is_chapter=False, actor_is_grassroots=True, has_reason=True, complete_for=_EVERYTHING)
    allowed = ADMISSION.actions(State(row.state), alone)
    return words[any(leads_on(row.state, action) for action in allowed)]


def state_mark(row: CaseRow) -> Mark:
    """Return the state of a case as a badge: what was refused or waits to be sent comes first."""
    icon, role = _MARKS.get(State(row.state), ("hourglass", "info"))
    if row.refused:
        icon, role = REFUSED.icon, REFUSED.role
    elif row.waiting:
        icon, role = WAITING.icon, WAITING.role
    return Mark(icon, row.state_label, role)


def bar_steps(detail: CaseDetail) -> list[Step]:
    """Return the step bar. A branch off the way is shown where the case left it."""
    row = detail.row
    states = [state for state, _ in detail.path]
    now = row.state
    if now not in states:
        visited = [state for state in states if state in detail.done]
        now = visited[-1] if visited else states[0]
    result = []
    for state, label in detail.path:
        taken = next((step for step in reversed(detail.steps) if step.to_state == state), None)
        day = f"{taken.at.astimezone(HANOI):%d/%m}" if taken is not None else ""
        if state == now:
            ended = row.state == states[-1]
            result.append(Step(label, "done" if ended else "now", day if row.state == state else row.state_label))
        elif state in detail.done:
            result.append(Step(label, "done", day))
        else:
            result.append(Step(label))
    return result
