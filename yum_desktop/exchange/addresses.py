"""What an address says by the administrative map: which place of today is meant, and why (domain §1.7).

An address of before July 2025 is never changed: today's place is offered beside it, several where a ward was divided,
and the words stay in the record as they were written.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from yum_desktop.exchange.gazetteer import Gazetteer, Place, Tier

CHOICES_MAX: Final = 12
"""More places than that under one name are no offer."""
_SEPARATORS: Final = re.compile(r"\s*[,;\n]\s*")
_DASHES: Final = re.compile(r"\s+[-–—]\s+")
_KIND_WORD: Final = re.compile(
    r"(?<=\S)\s+(?=(?:(?:xã|phường|thị trấn|đặc khu|quận|huyện|thị xã|thành phố|tỉnh|xa|phuong|thi tran|dac khu|"
    r"huyen|quan|thi xa|thanh pho|tinh)\s|(?:tp|tx|tt)\.)\s*\S)",
    re.IGNORECASE,
)
"""Where an address without commas begins its next part."""
_COUNTRY: Final = frozenset({"việtnam", "vietnam", "vn"})


@dataclass(frozen=True, slots=True)
class Offer:
    """Where an address is by today's map.

    Attributes:
        named: The ward, or only the province, that the address names, of today or of before the reform.
        choices: Today's places it may be now, the likely one first: one in most cases.
        detail: What stands before it: hamlet, house, street.
    """

    named: Place
    choices: tuple[Place, ...]
    detail: str

    @property
    def is_sure(self) -> bool:
        """Whether it names one ward of today, so that nothing has to be asked."""
        return self.named.current and self.named.tier is Tier.WARD


def read_address(places: Gazetteer, text: str, *, within: str | None = None) -> Offer | None:
    """Return where an address is; nothing when it names no ward, or one of several that cannot be told apart.

    Args:
        places: The map.
        text: As people write it, from the smallest to the largest: ``Thôn 3, xã Thượng Lâm, huyện Lâm Bình``. Accents
            and kinds may be missing.
        within: Code of today's province when the record says it: it decides between equal names.
    """
    parts = _parts(text)
    for at, part in enumerate(parts):
        found = [place for place in places.named(part) if place.tier is not Tier.PROVINCE]
        if at == len(parts) - 1 and len(found) < len(places.named(part)):
            break  # what stands last and may be a province is one
        above = [name for name in parts[at + 1 :] if places.named(name)]  # the rest is misspelt, or no place
        found = [place for place in found if _is_address(places, place) and places.lies_in(place, above)]
        written = unicodedata.normalize("NFC", part).lower()
        found = [place for place in found if place.name.lower() in written] or found  # accents tell names apart
        meant = _meant(places, found, within)
        if meant is not None:
            return Offer(*meant, ", ".join(parts[:at]))
    return None


def read_province(places: Gazetteer, text: str) -> Offer | None:
    """Return in which province of today an address is, when it names no ward that is known."""
    parts = _parts(text)
    found = [place for place in places.named(parts[-1]) if place.tier is Tier.PROVINCE] if parts else []
    if not found:
        return None
    place = found[0]
    return Offer(place, (place,) if place.current else places.successors(place), ", ".join(parts[:-1]))


def reason_of(places: Gazetteer, offer: Offer) -> str:
    """Return why today's place is offered, as a person reads it."""
    where = [places.full_name(place) for place in offer.choices]
    if offer.named.current:
        return f"{places.full_name(offer.named)} có trong danh mục hiện nay"
    old = f"{offer.named.label} (cũ)"
    if len(where) == 1:
        return f"{old} nay thuộc {where[0]}"
    names = ", ".join(place.label for place in offer.choices)
    return f"{old} nay chia vào {names}. Chọn theo chỗ ở"


def _parts(text: str) -> list[str]:
    """Return the parts of an address, the smallest first, without the country."""
    text = text.strip(" .,;")
    parts: list[str] = []
    for way in (_SEPARATORS, _DASHES, _KIND_WORD):
        parts = [part for part in way.split(text) if part]
        if len(parts) > 1:
            break
    while parts and parts[-1].casefold().replace(" ", "") in _COUNTRY:
        parts.pop()
    return parts


def _is_address(places: Gazetteer, place: Place) -> bool:
    """Return whether a place is the smallest one of an address: a ward, or an island district that had none."""
    return place.tier is Tier.WARD or bool(places.successors(place))


def _meant(places: Gazetteer, found: Sequence[Place], within: str | None) -> tuple[Place, tuple[Place, ...]] | None:
    """Return the one place that is meant with what it is today; today's places before those of the same name."""
    for today in (True, False):
        here = [place for place in found if place.current is today]
        if within is not None:
            here = [place for place in here if within in _provinces(places, place)]
        choices = {place.code: (place, _today(places, place)) for place in here}
        if len(choices) == 1:
            return next(iter(choices.values()))
        same = {now for _, now in choices.values()}
        if len(same) == 1:  # several old places of one name that are one place now
            return next(iter(choices.values()))
        if len(choices) > 1:
            return None
    return None


def _today(places: Gazetteer, place: Place) -> tuple[Place, ...]:
    return (place,) if place.current else places.successors(place)[:CHOICES_MAX]


def _provinces(places: Gazetteer, place: Place) -> Iterable[str]:
    return {places.province_of(now).code for now in _today(places, place)}
