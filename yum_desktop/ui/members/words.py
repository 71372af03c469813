"""The vocabulary of the program: code lists and places as they are in the records, rules as the domain has them."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from sync.protocol.kinds import Value
from yum_desktop.domain.check import check_member, parse_value
from yum_desktop.domain.member import MemberField
from yum_desktop.domain.rules import missing_fields
from yum_desktop.exchange.gazetteer import Gazetteer
from yum_desktop.registry import code_lists, queries
from yum_desktop.registry.clock import Clock
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.rules import rules_in
from yum_desktop.ui.members.vocabulary import Remark, Vocabulary
from yum_desktop.ui.widgets.options import Option


class GazetteerPlaces:
    """The places of the gazetteer as the form asks for them."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer

    def provinces(self) -> Sequence[Option]:
        """Return all provinces."""
        return tuple(Option(place.code, place.label) for place in self._gazetteer.provinces())

    def wards(self, province_code: str) -> Sequence[Option]:
        """Return the wards of a province."""
        return tuple(Option(place.code, place.label) for place in self._gazetteer.wards(province_code))

    def name(self, code: str) -> str:
        """Return how a place is called, the code itself when it is not known."""
        place = self._gazetteer.place(code)
        return code if place is None else place.label


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

    return Vocabulary(
        lists=lists,
        places=GazetteerPlaces(gazetteer()),
        units=queries.unit_tree(registry),
        read=read,
        check=check,
        missing=missing,
    )
