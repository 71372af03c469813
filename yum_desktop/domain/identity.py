"""Identity numbers (domain §2.5): what the twelve digits say, and what contradicts the record."""

from typing import Final

PROVINCE_CODES: Final = frozenset(
    [
        "001",
        "002",
        "004",
        "006",
        "008",
        "010",
        "011",
        "012",
        "014",
        "015",
        "017",
        "019",
        "020",
        "022",
        "024",
        "025",
        "026",
        "027",
        "030",
        "031",
        "033",
        "034",
        "035",
        "036",
        "037",
        "038",
        "040",
        "042",
        "044",
        "045",
        "046",
        "048",
        "049",
        "051",
        "052",
        "054",
        "056",
        "058",
        "060",
        "062",
        "064",
        "066",
        "067",
        "068",
        "070",
        "072",
        "074",
        "075",
        "077",
        "079",
        "080",
        "082",
        "083",
        "084",
        "086",
        "087",
        "089",
        "091",
        "092",
        "093",
        "094",
        "095",
        "096",
    ]
)
"""Provinces of registration, of the sixty-three before July 2025: a number does not change with a merger."""

CMND_DIGITS: Final = 9
CCCD_DIGITS: Final = 12


def sex_of(number: str) -> str | None:
    """Return ``NAM`` or ``NU`` as a twelve-digit number says; nothing for others."""
    return None if len(number) != CCCD_DIGITS else ("NAM", "NU")[int(number[3]) % 2]


def year_of(number: str) -> int | None:
    """Return the year of birth a twelve-digit number says; nothing for others."""
    return None if len(number) != CCCD_DIGITS else 1900 + 100 * (int(number[3]) // 2) + int(number[4:6])


def has_known_province(number: str) -> bool:
    """Return whether a twelve-digit number begins with the code of a province."""
    return number[:3] in PROVINCE_CODES
