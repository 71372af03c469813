"""Pictures of the cases with invented people."""

from datetime import timedelta
from itertools import pairwise
from uuid import UUID

from PySide6.QtWidgets import QWidget

from yum_desktop.domain.cases.admission import PATH, STATE_LABELS, State
from yum_desktop.registry.views import CaseDetail, CaseRow, CaseStep, UnitRow
from yum_desktop.ui.cases.view import CasesPage
from yum_desktop.ui.members.scene import vocabulary
from yum_desktop.ui.scenes import NOW, Scene, SceneClock, in_shell

_CASES = (
    ("Mùa Thị Dở", "bản Hua Ẳng", State.AWAITING, False, ("CHUAN_Y", "TRA_LAI", "TU_CHOI")),
    ("Lò Văn Sáng", "bản Nà Lếch", State.MEETING, True, ("GUI_CHUAN_Y", "KHONG_TAN_THANH", "HUY")),
    ("Quàng Thị Xuân", "bản Co Sậy", State.DRAFT, True, ("HUY",)),
    ("Giàng A Páo", "bản Pá Khoang", State.ADMITTED, False, ("TRAO_THE",)),
    ("Vàng Thị Pà", "bản Nà Lếch", State.RETURNED, False, ("GUI_CHUAN_Y", "HUY")),
    ("Tòng Văn Ẩn", "bản Co Sậy", State.CARD_GIVEN, False, ()),
)


def _row(place: int) -> CaseRow:
    title, unit, state, waiting, actions = _CASES[place]
    return CaseRow(
        case_id=UUID(int=place),
        procedure="admission",
        unit_id=UUID(int=50 + place),
        unit_name=f"Chi đoàn {unit}",
        title=title,
        state=state,
        state_label=STATE_LABELS[state],
        updated_at=NOW - timedelta(days=place, hours=2),
        waiting=waiting,
        refused=None,
        actions=actions,
    )


def _detail(place: int, *, returned: str | None = None, lacking: tuple[str, ...] = ()) -> CaseDetail:
    row = _row(place)
    state = State(row.state)
    reached = PATH[: PATH.index(state) + 1] if state in PATH else PATH[:4]
    taken = ("BOI_DUONG", "DUA_RA_HOI_NGHI", "GUI_CHUAN_Y")
    steps = [
        CaseStep(action, before, after, "Lò Thị Hạnh", NOW - timedelta(days=20 - 4 * at), "", waiting=False)
        for at, (action, (before, after)) in enumerate(zip(taken, pairwise(reached), strict=False))
    ]
    if returned:
        steps.append(
            CaseStep("TRA_LAI", reached[-1], state, "Cà Văn Dũng", NOW - timedelta(days=1), returned, waiting=False)
        )
    forward = next(iter(row.actions))
    return CaseDetail(
        row=row,
        data={
            "full_name": row.title,
            "born_on": "2009-08-25",
            "sex": "NU",
            "ethnicity": "08",
            "religion": "0",
            "id_number": "014309001234",
            "id_issued_on": "2024-09-10",
            "occupation": "ND",
            "introducer": "Sùng A Chứ",
            "introducer_since": "2026-01-15",
            "meeting_on": "2026-11-12",
            "meeting_present": 31,
            "meeting_agreed": 29,
        },
        steps=tuple(steps),
        path=tuple((state.value, STATE_LABELS[state]) for state in PATH),
        done=tuple(state.value for state in (reached if returned else reached[:-1])),
        returned_note=returned,
        member_id=None,
        lacking={forward: lacking},
    )


def _list() -> QWidget:
    page = CasesPage(SceneClock())
    page.show_cases([_row(place) for place in range(len(_CASES))], None)
    return in_shell("cases", page)


def _case() -> QWidget:
    page = CasesPage(SceneClock())
    page.show_case(_detail(0, lacking=("decision_no", "decision_on")), vocabulary())
    return in_shell("cases", page)


def _returned() -> QWidget:
    page = CasesPage(SceneClock())
    page.show_case(_detail(4, returned="Ngày cấp căn cước chưa khớp với thẻ"), vocabulary())
    return in_shell("cases", page)


def _draft() -> QWidget:
    page = CasesPage(SceneClock())
    units = [UnitRow(UUID(int=51), None, "CHIDOAN", "Chi đoàn bản Nà Lếch", "bản Nà Lếch", 20, 1)]
    page.show_draft([*units, *units], vocabulary())
    return in_shell("cases", page)


def scenes() -> list[Scene]:
    """Return the scenes of this screen."""
    return [
        Scene("cases", _list),
        Scene("case", _case, dark=True),
        Scene("case-returned", _returned),
        Scene("case-draft", _draft),
    ]
