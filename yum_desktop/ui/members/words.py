"""The vocabulary of the program: code lists and places as they are in the records, rules as the domain has them."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from sync.protocol.kinds import Value
from yum_desktop.domain.check import check_member, parse_value
from yum_desktop.domain.member import MemberField
from yum_desktop.domain.rules import missing_fields
from yum_desktop.exchange.addresses import read_address, read_province, reason_of
from yum_desktop.exchange.gazetteer import Gazetteer, Place
from yum_desktop.registry import code_lists, queries
from yum_desktop.registry.clock import Clock
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.rules import rules_in
from yum_desktop.ui.members.vocabulary import PlaceOffer, Remark, Vocabulary
from yum_desktop.ui.widgets.options import Option


class GazetteerPlaces:
    """The places of the gazetteer as the form asks for them."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._wards: dict[str, tuple[Option, ...]] = {}

    def provinces(self) -> Sequence[Option]:
        """Return all provinces."""
        return tuple(self._option(place) for place in self._gazetteer.provinces())

    def wards(self, province_code: str) -> Sequence[Option]:
        """Return the wards of a province."""
        if province_code not in self._wards:  # asked for again with every field that is left
            self._wards[province_code] = tuple(self._option(place) for place in self._gazetteer.wards(province_code))
        return self._wards[province_code]

    def _option(self, place: Place) -> Option:
        """Return a place with the names of the former ones that are in it now."""
        names = (former.label for former in self._gazetteer.predecessors(place))
        return Option(place.code, place.label, former=tuple(name for name in names if name != place.label))

    def name(self, code: str) -> str:
        """Return how a place is called, the code itself when it is not known."""
        place = self._gazetteer.place(code)
        return code if place is None else place.label


def offers_for(gazetteer: Gazetteer, values: Mapping[str, Value]) -> Sequence[PlaceOffer]:
    """Return today's places for the addresses of a record that are only words (domain §1.7)."""
    found = []
    for name in ("hometown", "residence"):
        text, province = values.get(f"{name}_text"), values.get(f"{name}_province")
        if text and not values.get(f"{name}_ward"):
            offer = _offer(gazetteer, name, values, str(text), None if province is None else str(province))
            if offer is not None:
                found.append(offer)
    return found


def _offer(
    gazetteer: Gazetteer, name: str, values: Mapping[str, Value], text: str, province: str | None
) -> PlaceOffer | None:
    offer = read_address(gazetteer, text, within=province)
    if offer is None:
        offer = read_province(gazetteer, text) if province is None else None
        if offer is None:
            return None
        return PlaceOffer(f"{name}_province", reason_of(gazetteer, offer), {f"{name}_province": offer.choices[0].code})
    new: dict[str, Value] = {f"{name}_province": gazetteer.province_of(offer.choices[0]).code}
    if offer.detail and not values.get(f"{name}_detail"):
        new[f"{name}_detail"] = offer.detail
    reason = reason_of(gazetteer, offer)
    if len(offer.choices) > 1:
        return PlaceOffer(f"{name}_ward", reason, new, offer.named.label)
    return PlaceOffer(f"{name}_ward", reason, new | {f"{name}_ward": offer.choices[0].code})


def vocabulary_of(registry: Registry, gazetteer: Callable[[], Gazetteer], clock: Clock) -> Callable[[], Vocabulary]:
    """Return what reads the vocabulary on the database lane."""
    return partial(_read, registry, gazetteer, clock)


def _read(registry: Registry, gazetteer: Callable[[], Gazetteer], clock: Clock) -> Vocabulary:
    codes = code_lists.codes(registry)
    lists = {
        name: tuple(Option(item.code, item.label, item.aliases) for item in codes.items(name)) for name in codes.lists()
    }

    with registry.read() as conn:
        rules = rules_in(conn)

    def read(field: MemberField, text: str) -> Value:
        return parse_value(field, text, codes, clock.now().date())

    def check(values: Mapping[str, Value]) -> Sequence[Remark]:
        return [Remark(f.field, f.level, f.text) for f in check_member(values, clock.now().date(), rules)]

    def missing(values: Mapping[str, Value]) -> tuple[str, ...]:
        return missing_fields(values, rules, on=clock.now().date())

    places = gazetteer()
    places.named("")  # its index is made here, not on the screen

    return Vocabulary(
        lists=lists,
        places=GazetteerPlaces(places),
        units=queries.unit_tree(registry),
        read=read,
        check=check,
        missing=missing,
        offers=partial(offers_for, places),
    )
