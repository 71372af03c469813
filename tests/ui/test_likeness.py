"""What is said beside which field about somebody who is there already."""

from uuid import UUID

from yum_desktop.domain.duplicates import Advice, Reason, Strength
from yum_desktop.registry.duplicates import Like, Side
from yum_desktop.ui.members.likeness import hints_of

AN = Side(UUID(int=1), UUID(int=2), "thôn Nà Đông", "Nguyễn Văn An", None, None, None, None)


def like(strength: Strength | None, *reasons: Reason, advice: Advice = Advice.LOOK) -> Like:
    return Like(AN, strength, reasons, advice)


def test_a_number_of_somebody_is_said_beside_the_number_and_offers_to_look() -> None:
    hints = hints_of([like(Strength.STRONG, Reason.ID_NUMBER, Reason.NAME, advice=Advice.MERGE)])
    assert hints.remarks["id_number"].text == "Số này là của Nguyễn Văn An, thôn Nà Đông"
    assert (hints.other, hints.title) == (AN.member_id, "Nguyễn Văn An")


def test_a_namesake_is_said_beside_the_name_and_a_shared_telephone_beside_the_telephone() -> None:
    shared = like(None, Reason.PHONE, Reason.NAME_OTHER, advice=Advice.SHARED_PHONE)
    hints = hints_of([like(Strength.WEAK, Reason.BORN_ON, Reason.NAME), shared])
    assert hints.remarks["full_name"].text == "Giống Nguyễn Văn An, thôn Nà Đông"
    assert hints.remarks["phone"].text == "Dùng chung số với Nguyễn Văn An, thôn Nà Đông"
    assert hints.other is None


def test_a_number_that_may_be_known_elsewhere_names_nobody() -> None:
    assert "đơn vị khác" in hints_of([], elsewhere=True).remarks["id_number"].text
    known = hints_of([like(Strength.STRONG, Reason.ID_NUMBER)], elsewhere=True)
    assert "Nguyễn Văn An" in known.remarks["id_number"].text
