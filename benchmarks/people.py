"""Invented member records of thirty text fields and one day's edits of them, for comparisons with other engines.

Shape and distributions are those of the measurements the budgets come from: about 900 bytes of JSON a record, random
ids, one commune with 24 units. The same seed gives the same records.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

Record = dict[str, str]

SEED: Final = 20_260
UNITS: Final = 24
EDITED: Final = 100
"""Records edited on one side only, on each side."""
DISPUTED: Final = 10
"""Records edited on both sides in different fields, and as many in the same field."""

_FAMILIES = (
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương",
    "Lý", "Đinh", "Trương",
)  # fmt: skip
_MEN = (
    ("Văn", "Hữu", "Đức", "Minh", "Quốc", "Công", "Thanh", "Xuân", "Ngọc", "Đình"),
    ("Hùng", "Dũng", "Tuấn", "Cường", "Thắng", "Sơn", "Hải", "Long", "Phúc", "Khánh", "Bảo", "Nam", "Quang", "Trung",
     "Nghĩa", "Thịnh"),
)  # fmt: skip
_WOMEN = (
    ("Thị", "Ngọc", "Thu", "Kim", "Thanh", "Mỹ", "Bích", "Phương", "Hoài", "Diễm"),
    ("Lan", "Hương", "Hoa", "Mai", "Trang", "Linh", "Hằng", "Ngân", "Thảo", "Yến", "Tuyết", "Nhung", "Oanh", "Quỳnh",
     "Vân", "Hạnh"),
)  # fmt: skip
_PEOPLES = ("Kinh",) * 14 + ("Tày", "Thái", "Mường", "Khmer", "Nùng", "Hmông", "Dao", "Ê Đê", "Gia Rai")
_RELIGIONS = ("Không",) * 10 + ("Phật giáo", "Công giáo", "Tin Lành", "Cao Đài", "Phật giáo Hòa Hảo")
_HAMLETS = ("ấp Bình An", "thôn Đoài", "xóm Mới", "khu phố 3", "tổ dân phố số 7", "ấp Thạnh Lợi", "bản Nà Phặc")
_COMMUNES = ("xã Tân Thành", "xã Vĩnh Hòa", "thị trấn Phú Mỹ", "xã Đông Sơn", "phường An Khánh")
_DISTRICTS = ("huyện Châu Thành", "huyện Ý Yên", "thị xã Duy Tiên", "quận Ninh Kiều", "huyện Krông Pắc")
_PROVINCES = ("tỉnh An Giang", "tỉnh Nam Định", "tỉnh Hà Nam", "thành phố Cần Thơ", "tỉnh Đắk Lắk")
_SCHOOLS = ("Trung học cơ sở", "Trung học phổ thông", "Trung cấp", "Cao đẳng", "Đại học", "Thạc sĩ")
_MAJORS = ("Nông học", "Kế toán", "Sư phạm Toán", "Công nghệ thông tin", "Luật kinh tế", "Điều dưỡng", "Thú y", "")
_THEORY = ("", "Sơ cấp", "Trung cấp", "Cao cấp")
_WORK = ("Làm ruộng", "Giáo viên", "Công nhân may", "Buôn bán nhỏ", "Cán bộ xã", "Lái xe", "Thợ hồ", "Y sĩ")
_PLACES = (
    "Ủy ban nhân dân xã", "Trường THCS Lê Quý Đôn", "Công ty TNHH May Thành Đạt", "Tự do", "Trạm y tế xã",
    "Hợp tác xã nông nghiệp Tân Tiến",
)  # fmt: skip
_POSTS = ("Hội viên",) * 12 + ("Chi hội trưởng", "Chi hội phó", "Ủy viên Ban Chấp hành")
_STATES = ("Đang sinh hoạt",) * 9 + ("Tạm nghỉ", "Chuyển đi")
_SKILLS = ("", "", "Trồng lúa", "May mặc", "Văn nghệ", "Tiếng Anh giao tiếp", "Sửa chữa điện")
_NOTES = ("", "", "", "Gia đình chính sách", "Hộ cận nghèo", "Đã được tặng giấy khen năm 2023")
_ID_PLACES = (89, 36, 35, 92, 66)
_PHONES = (3, 5, 7, 8, 9)


@dataclass(frozen=True, slots=True)
class Edit:
    """New values of some fields of one record, by the record's id."""

    record_id: str
    values: Record


@dataclass(frozen=True, slots=True)
class Dispute:
    """One record edited on both sides; in the same field, or in different ones."""

    record_id: str
    same: bool
    server: Record
    client: Record


@dataclass(frozen=True, slots=True)
class Edits:
    """What happens on one day, before one synchronisation."""

    server: tuple[Edit, ...]
    client: tuple[Edit, ...]
    disputes: tuple[Dispute, ...]


class _Draws:
    """Draws the values of records, one after the other."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def one(self, values: Sequence[str]) -> str:
        return self.rng.choice(values)

    def digits(self, count: int) -> str:
        return f"{self.rng.randrange(10**count):0{count}}"

    def day(self, first: int, last: int) -> str:
        year, month, day = self.rng.randint(first, last), self.rng.randint(1, 12), self.rng.randint(1, 28)
        return f"{year}-{month:02}-{day:02}"

    def moment(self, first: int, last: int) -> str:
        return f"{self.day(first, last)}T{self.rng.randint(7, 17):02}:{self.rng.randint(0, 59):02}"

    def address(self) -> str:
        district = self.rng.randrange(len(_DISTRICTS))
        parts = (self.one(_HAMLETS), self.one(_COMMUNES), _DISTRICTS[district], _PROVINCES[district])
        return ", ".join((f"Số {self.rng.randint(1, 400)}", *parts))

    def seldom(self, share: float, make: Callable[[], str]) -> str:
        """Return a value in `share` of the cases, else an empty text."""
        return make() if self.rng.random() < share else ""

    def record(self, number: int) -> Record:
        woman = self.rng.random() < 0.52
        middle, given = _WOMEN if woman else _MEN
        unit = self.rng.randrange(UNITS)
        born = self.day(1955, 2006)
        place = self.rng.choice(_ID_PLACES)
        return {
            "id": str(UUID(int=self.rng.getrandbits(128), version=4)),
            "unit_id": unit_code(unit),
            "unit_path": f"01.089.30280.{unit:02}",
            "card_no": f"HV{number + 1:09}",
            "full_name": f"{self.one(_FAMILIES)} {self.one(middle)} {self.one(given)}",
            "birth_date": born,
            "sex": "Nữ" if woman else "Nam",
            "ethnicity": self.one(_PEOPLES),
            "religion": self.one(_RELIGIONS),
            "cccd": f"{place:03}{3 if woman else 2}{born[2:4]}{self.digits(6)}",
            "cccd_date": self.day(2016, 2024),
            "phone": f"0{self.rng.choice(_PHONES)}{self.digits(8)}",
            "email": self.seldom(0.3, lambda: f"hv{number:06}@example.vn"),
            "perm_address": self.address(),
            "temp_address": self.seldom(0.2, self.address),
            "hometown": f"{self.one(_COMMUNES)}, {self.one(_PROVINCES)}",
            "education": self.one(_SCHOOLS),
            "major": self.one(_MAJORS),
            "political_theory": self.one(_THEORY),
            "occupation": self.one(_WORK),
            "workplace": self.one(_PLACES),
            "join_date": self.day(1985, 2024),
            "join_place": self.one(_COMMUNES),
            "position": self.one(_POSTS),
            "status": self.one(_STATES),
            "skills": self.one(_SKILLS),
            "dues_until": f"{self.rng.randint(2022, 2025)}-{self.rng.randint(1, 12):02}",
            "note": self.one(_NOTES),
            "created_at": self.moment(2019, 2023),
            "updated_at": self.moment(2024, 2025),
        }


def unit_code(place: int) -> str:
    """Return the code of one of the units."""
    return f"dv-{1_200 + place}"


def records(count: int, seed: int = SEED) -> list[Record]:
    """Return `count` records."""
    draws = _Draws(random.Random(seed))
    return [draws.record(number) for number in range(count)]


def edits(made: Sequence[Record], seed: int = SEED) -> Edits:
    """Return one day's edits of `made`: two fields of 100 records on each side, and 20 records on both sides.

    Of the 20, half change the phone on the server and the temporary address on the device, half the phone on both.
    """
    draws = _Draws(random.Random(seed))
    chosen = draws.rng.sample([record["id"] for record in made], 2 * EDITED + 2 * DISPUTED)

    def phone() -> str:
        return f"09{draws.digits(8)}"

    def moved() -> str:
        return draws.address() + "."

    server = [Edit(i, {"phone": phone(), "occupation": draws.one(_WORK) + " (mới)"}) for i in chosen[:EDITED]]
    client = [Edit(i, {"phone": phone(), "temp_address": moved()}) for i in chosen[EDITED : 2 * EDITED]]
    disputes = [
        Dispute(i, same, {"phone": phone()}, {"phone": phone()} if same else {"temp_address": moved()})
        for place, i in enumerate(chosen[2 * EDITED :])
        for same in (place >= DISPUTED,)
    ]
    return Edits(tuple(server), tuple(client), tuple(disputes))


FIELDS: Final = tuple(records(1)[0])
"""The names of the thirty fields."""
