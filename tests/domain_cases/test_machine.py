"""The tables of procedures refuse what makes no sense."""

from enum import StrEnum

import pytest

from yum_desktop.domain.cases.machine import Edge, Machine, NotAllowedError
from yum_desktop.domain.errors import ConflictError, DefectError


class State(StrEnum):
    OPEN = "open"
    SENT = "sent"
    DONE = "done"


class Action(StrEnum):
    SEND = "send"
    ACCEPT = "accept"
    BACK = "back"


def always(_situation: bool) -> bool:
    return True


def if_so(situation: bool) -> bool:
    return situation


SEND = Edge(State.OPEN, Action.SEND, State.SENT, always)
ACCEPT = Edge(State.SENT, Action.ACCEPT, State.DONE, if_so)


def machine(*edges: Edge[State, Action, bool]) -> Machine[State, Action, bool]:
    return Machine(initial=State.OPEN, final=frozenset({State.DONE}), edges=edges)


def test_a_step_leads_where_the_table_says() -> None:
    assert machine(SEND, ACCEPT).step(State.OPEN, Action.SEND, False) is State.SENT


def test_a_step_that_the_table_does_not_have_is_not_allowed() -> None:
    with pytest.raises(NotAllowedError) as caught:
        machine(SEND, ACCEPT).step(State.OPEN, Action.ACCEPT, True)
    assert isinstance(caught.value, ConflictError)
    assert caught.value.code == "case.not_allowed"


def test_a_step_is_not_allowed_in_another_situation() -> None:
    with pytest.raises(NotAllowedError):
        machine(SEND, ACCEPT).step(State.SENT, Action.ACCEPT, False)


def test_actions_are_those_of_the_situation_in_the_order_of_the_table() -> None:
    whole = machine(SEND, Edge(State.SENT, Action.BACK, State.OPEN, always), ACCEPT)
    assert whole.actions(State.SENT, True) == (Action.BACK, Action.ACCEPT)
    assert whole.actions(State.SENT, False) == (Action.BACK,)
    assert whole.target(State.SENT, Action.ACCEPT) is State.DONE
    assert whole.target(State.OPEN, Action.ACCEPT) is None


@pytest.mark.parametrize(
    ("edges", "code"),
    [
        ((SEND, ACCEPT, Edge(State.OPEN, Action.SEND, State.DONE, always)), "machine.ambiguous"),
        ((SEND,), "machine.unreachable"),
        ((Edge(State.OPEN, Action.SEND, State.DONE, always), ACCEPT), "machine.unreachable"),
        ((SEND, ACCEPT, Edge(State.DONE, Action.BACK, State.OPEN, always)), "machine.no_end"),
        ((SEND, Edge(State.OPEN, Action.ACCEPT, State.DONE, always)), "machine.no_end"),
    ],
    ids=["two rows for one case", "nobody ends", "nobody reaches it", "a way out of the end", "a dead end"],
)
def test_a_table_that_makes_no_sense_is_refused(edges: tuple[Edge[State, Action, bool], ...], code: str) -> None:
    with pytest.raises(DefectError) as caught:
        machine(*edges)
    assert caught.value.code == code
