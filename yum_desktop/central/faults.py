"""The faults that real member lists have, put into invented ones in a chosen measure."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sync.protocol.kinds import Value
from yum_desktop.central.fictitious import Taken, unused
from yum_desktop.domain.text import fold

Record = dict[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """The share of members with each fault. Officers are spared: somebody keeps their records."""

    name_only: float = 0.015
    no_phone: float = 0.08
    shared_phone: float = 0.01
    no_identity: float = 0.06
    no_address: float = 0.05
    no_ethnicity: float = 0.03
    no_joined_on: float = 0.04
    year_only: float = 0.04
    nine_digits: float = 0.02
    wrong_sex_digit: float = 0.008
    lower_case: float = 0.015
    duplicated: float = 0.006
    departed: float = 0.015


NO_GAPS: Final = Gaps(
    name_only=0,
    no_phone=0,
    shared_phone=0,
    no_identity=0,
    no_address=0,
    no_ethnicity=0,
    no_joined_on=0,
    year_only=0,
    nine_digits=0,
    wrong_sex_digit=0,
    lower_case=0,
    duplicated=0,
    departed=0,
)
"""Every member complete and right."""

_PAPER: Final = ("id_number", "id_kind", "id_issued_on", "id_issued_by")
_ADDRESS: Final = ("residence_province", "residence_ward", "residence_detail", "residence_text")
_HOMETOWN: Final = ("hometown_province", "hometown_ward", "hometown_detail", "hometown_text")
_ADMISSION: Final = ("joined_on", "joined_place", "admission_no", "admission_on")
_CARD: Final = ("card_no", "card_issued_on", "card_issued_by")
_KEPT_WITH_NAME: Final = frozenset({"full_name", "position", "status"})
_KEPT_IN_COPY: Final = ("full_name", "born_on", "sex", "ethnicity", "religion", "phone", "hometown_province", "status")
_LAST_YEAR_WITH_OLD_PAPER: Final = 2004
"""The nine-digit papers ended in 2021, and one had to be 14."""


class Spoiler:
    """Puts the faults of `gaps` into complete records, in place. Identity numbers stay unique."""

    def __init__(self, rng: random.Random, gaps: Gaps, taken: Taken) -> None:
        self._rng = rng
        self._gaps = gaps
        self._taken = taken
        self._faults = (
            (gaps.no_phone, self._lose_phone),
            (gaps.no_address, self._lose_address),
            (gaps.no_ethnicity, self._lose_ethnicity),
            (gaps.no_joined_on, self._lose_admission),
            (gaps.wrong_sex_digit, self._turn_sex_digit),
            (gaps.nine_digits, self._keep_old_paper),
            (gaps.no_identity, self._lose_identity),
            (gaps.year_only, self._keep_year),
            (gaps.lower_case, self._mistype_name),
            (gaps.departed, self._depart),
        )

    def spoil_all(self, chapters: Sequence[list[Record]]) -> None:
        """Spoil the ordinary members of a commune, given by chapter. The number of records stays."""
        simple = [
            (chapter, place)
            for chapter, members in enumerate(chapters)
            for place, values in enumerate(members)
            if values["position"] == "DOAN_VIEN"
        ]
        for chapter, place in simple:
            self.spoil(chapters[chapter][place])
        self._share_phones([chapters[chapter][place] for chapter, place in simple])
        self._duplicate(chapters, simple)

    def spoil(self, values: Record) -> None:
        """Spoil one complete record: it keeps little but the name, or it gets any of the other faults."""
        if self._rng.random() < self._gaps.name_only:
            for name in sorted(values.keys() - _KEPT_WITH_NAME):
                del values[name]
            values["source"] = "EXCEL"
            return
        for share, fault in self._faults:
            if self._rng.random() < share:
                fault(values)

    def _lose_phone(self, values: Record) -> None:
        _lose(values, "phone")

    def _lose_address(self, values: Record) -> None:
        _lose(values, *_ADDRESS, *(_HOMETOWN if self._rng.random() < 0.5 else ()))

    def _lose_ethnicity(self, values: Record) -> None:
        _lose(values, "religion", *(("ethnicity",) if self._rng.random() < 0.5 else ()))

    def _lose_admission(self, values: Record) -> None:
        _lose(values, *_ADMISSION, *_CARD)

    def _turn_sex_digit(self, values: Record) -> None:
        number = str(values["id_number"])
        values["id_number"] = unused(
            self._rng, self._taken.identities, f"{number[:3]}{int(number[3]) ^ 1}{number[4:6]}", digits=6
        )

    def _keep_old_paper(self, values: Record) -> None:
        if int(str(values["born_on"])[:4]) <= _LAST_YEAR_WITH_OLD_PAPER:
            _lose(values, *_PAPER)
            values["id_number"] = unused(self._rng, self._taken.identities, "07", digits=7)
            values["id_kind"] = "CMND"

    def _lose_identity(self, values: Record) -> None:
        _lose(values, *_PAPER)
        if self._rng.random() < 0.4:
            values["id_missing_reason"] = self._rng.choice(("Chưa làm thẻ căn cước", "Mất giấy tờ, đang làm lại"))

    def _keep_year(self, values: Record) -> None:
        values["born_on"] = str(values["born_on"])[:4]

    def _mistype_name(self, values: Record) -> None:
        name = str(values["full_name"])
        values["full_name"] = name.lower() if self._rng.random() < 0.7 else fold(name).upper()

    def _depart(self, values: Record) -> None:
        values["status"] = self._rng.choice(("DA_CHUYEN_DI", "DA_CHUYEN_DI", "DA_XOA_TEN"))

    def _share_phones(self, members: Sequence[Record]) -> None:
        """Let some members give the phone of another, as pupils give their parents'."""
        with_phone = [values for values in members if "phone" in values]
        for _ in range(round(len(with_phone) * self._gaps.shared_phone)):
            giver, taker = self._rng.sample(with_phone, 2)
            taker["phone"] = giver["phone"]

    def _duplicate(self, chapters: Sequence[list[Record]], simple: Sequence[tuple[int, int]]) -> None:
        """Replace some records by a second, poorer one of a person of another chapter, without identity number."""
        count = round(sum(map(len, chapters)) * self._gaps.duplicated)
        left = set(simple)
        for from_chapter, from_place in self._rng.sample(list(simple), min(count, len(simple) // 2)):
            left.discard((from_chapter, from_place))
            original = chapters[from_chapter][from_place]
            targets = [(chapter, place) for chapter, place in simple if chapter != from_chapter]
            if not targets or "born_on" not in original:
                continue
            chapter, place = self._rng.choice(targets)
            if (chapter, place) not in left:
                continue
            left.discard((chapter, place))
            copy = {name: original[name] for name in _KEPT_IN_COPY if name in original}
            chapters[chapter][place] = copy | {"position": "DOAN_VIEN", "source": "EXCEL"}
            if self._rng.random() < 0.4:
                self._mistype_name(chapters[chapter][place])


def _lose(values: Record, *names: str) -> None:
    for name in names:
        values.pop(name, None)
