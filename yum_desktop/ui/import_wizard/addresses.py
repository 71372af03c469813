"""What the addresses of a list say by the map: today's places are taken, for former ones today's are suggested."""

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QCoreApplication

from sync.protocol.kinds import Value
from yum_desktop.exchange.addresses import Offer, read_address, reason_of
from yum_desktop.exchange.excel.model import Problem
from yum_desktop.exchange.gazetteer import Gazetteer

OFFERED: Final = "offered"
FORMER: Final = "place.former"
DIVIDED: Final = "place.divided"
SUGGESTIONS: Final = frozenset({FORMER, DIVIDED})
"""What is worth a look, but keeps no row from being imported as it is."""
ONE_BY_ONE: Final = frozenset({DIVIDED})
"""What is not answered for many rows at once."""
_PLACES: Final = ("hometown", "residence")


class Addresses:
    """Reads addresses; each text once, however many people live there."""

    def __init__(self, places: Gazetteer) -> None:
        self._places = places
        self._read: dict[str, Offer | None] = {}

    def filled(self, values: Mapping[str, Value], taken: Mapping[str, str]) -> dict[str, Value]:
        """Return the values of a row with the places that its addresses surely name; the words stay.

        Args:
            values: The row.
            taken: What a person has taken: a ward brings its province.
        """
        found = dict(values)
        for name in _PLACES:
            offer = self._offer(found, name)
            if offer is not None and offer.is_sure:
                found[f"{name}_ward"] = offer.choices[0].code
            ward = found.get(f"{name}_ward")
            if ward and (f"{name}_ward" in taken or not found.get(f"{name}_province")):
                place = self._places.place(str(ward))
                found[f"{name}_province"] = None if place is None else place.parent_code
        return found

    def suggestions(self, values: Mapping[str, Value]) -> tuple[Problem, ...]:
        """Return what former addresses are today, where the row does not say it."""
        found = []
        for name in _PLACES:
            offer = self._offer(values, name)
            if offer is None or offer.is_sure:
                continue
            one = len(offer.choices) == 1
            head = (
                QCoreApplication.translate("import", "Địa chỉ cũ: {0}")
                if one
                else QCoreApplication.translate("import", "Xã cũ nay bị chia: {0}")
            )
            text = head.format(reason_of(self._places, offer))
            codes = tuple(place.code for place in offer.choices)
            kind = FORMER if one else DIVIDED
            found.append(Problem(f"{name}_ward", kind, OFFERED, str(values[f"{name}_text"]), codes, text))
        return tuple(found)

    def _offer(self, values: Mapping[str, Value], name: str) -> Offer | None:
        text = values.get(f"{name}_text")
        if not isinstance(text, str) or not text or values.get(f"{name}_ward"):
            return None
        if text not in self._read:
            self._read[text] = read_address(self._places, text)
        return self._read[text]
