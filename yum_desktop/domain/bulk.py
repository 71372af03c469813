"""Which fields may be given to many records at once: what people of a list share, never what tells them apart.

A unit is changed by a transfer, a state or a position by a procedure, so they are not here.
"""

from typing import Final

from yum_desktop.domain.member import BY_NAME, MemberField

_NAMES: Final = (
    "ethnicity", "religion", "id_issued_by", "hometown_province", "hometown_ward", "residence_province",
    "residence_ward", "residence_detail", "education", "qualification", "major", "politics_level", "it_level",
    "language_level", "language", "occupation", "occupation_detail", "salaried", "joined_on", "joined_place",
    "admission_no", "admission_on", "card_issued_on", "card_issued_by", "card_decision", "has_book", "book_keeper",
    "source",
)  # fmt: skip
BULK_FIELDS: Final[tuple[MemberField, ...]] = tuple(BY_NAME[name] for name in _NAMES)
"""In form order."""

PROVINCE_OF: Final = {"hometown_ward": "hometown_province", "residence_ward": "residence_province"}
"""A ward is only given together with its province."""
