"""What the form says about somebody who is there already: beside the field that tells it, never in the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from yum_desktop.domain.duplicates import Advice, Reason, Strength
from yum_desktop.registry.duplicates import Like
from yum_desktop.ui.members.vocabulary import Remark

COMPARED: Final = frozenset(
    {"full_name", "born_on", "sex", "id_number", "old_id_number", "phone", "hometown_province", "hometown_ward"}
)
"""Fields that say who somebody is."""

_FIELDS: Final = {
    Reason.ID_NUMBER: "id_number",
    Reason.OLD_ID_NUMBER: "id_number",
    Reason.ID_NUMBER_NEAR: "id_number",
    Reason.PHONE: "phone",
}
"""Where it is said; else beside the name."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What resembles the record in the form.

    Attributes:
        remarks: What is said, by field.
        other: Whom to look at, if somebody is nearly surely the same person.
        title: Their name.
    """

    remarks: Mapping[str, Remark] = field(default_factory=dict)
    other: UUID | None = None
    title: str = ""


NO_HINTS: Final = Hints()


def hints_of(found: Sequence[Like], *, elsewhere: bool = False) -> Hints:
    """Return what the form says about those who resemble the record; the likeliest first.

    Args:
        found: Who resembles it on this device.
        elsewhere: The number may be known in another unit; nobody here knows whose it is.
    """
    remarks: dict[str, Remark] = {}
    for like in found:
        name = _field_of(like)
        if name not in remarks:
            remarks[name] = Remark(name, "wait", _text(like))
    if elsewhere and "id_number" not in remarks:
        remarks["id_number"] = Remark(
            "id_number", "wait", _tr("Số này có thể đã có ở đơn vị khác. Hãy xem lại giấy tờ")
        )
    sure = next((like for like in found if like.strength in (Strength.STRONG, Strength.MEDIUM)), None)
    if sure is None:
        return Hints(remarks)
    return Hints(remarks, sure.side.member_id, sure.side.full_name)


def _field_of(like: Like) -> str:
    if like.strength is None:
        return "phone"
    return next((name for reason, name in _FIELDS.items() if reason in like.reasons[:1]), "full_name")


def _text(like: Like) -> str:
    side = like.side
    if like.advice is Advice.SHARED_PHONE:
        return _tr("Dùng chung số với {0}, {1}").format(side.full_name, side.unit_name)
    if Reason.ID_NUMBER in like.reasons:
        return _tr("Số này là của {0}, {1}").format(side.full_name, side.unit_name)
    return _tr("Giống {0}, {1}").format(side.full_name, side.unit_name)


def _tr(text: str) -> str:
    return QCoreApplication.translate("members", text)
