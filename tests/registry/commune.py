"""An invented commune on a device: a real encrypted file, filled as the server would."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sync.protocol.kinds import Values
from yum_desktop.registry import settings
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.kinds import KINDS

KEY = bytes(range(32))
PROVINCE, COMMUNE, HAMLET, SCHOOL, OTHER_COMMUNE = (UUID(int=n) for n in (1, 2, 3, 4, 5))


class TickingClock:
    """A second passes at each look."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 26, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


class CountingIds:
    """Ids in order."""

    def __init__(self, start: int = 1_000) -> None:
        self._last = start

    def __call__(self) -> UUID:
        self._last += 1
        return UUID(int=self._last)


def opened(path: Path, *, key: bytes | None = KEY, screen_thread: int | None = None, start: int = 1_000) -> Registry:
    """Return an open file."""
    return Registry.open(path, key, clock=TickingClock(), screen_thread=screen_thread, ids=CountingIds(start))


def arrive(r: Registry, kind: str, record_id: UUID, values: Values, *, rev: int = 1) -> None:
    """Store a record as if it came from the server."""
    arrive_all(r, kind, [(record_id, values)], rev=rev)


def arrive_all(r: Registry, kind: str, records: list[tuple[UUID, Values]], *, rev: int = 1) -> None:
    """Store records as if they came from the server."""
    table = r.replica.tables[kind]
    rows = [
        r.replica.row(KINDS[kind], record_id.bytes, rev, None, {n: values.get(n) for n in table.columns})
        for record_id, values in records
    ]
    with r.write() as conn:
        table.put(conn, rows)


def unit(r: Registry, unit_id: UUID, parent: UUID | None, level: str, name: str, position: int | None = None) -> None:
    """Store a unit."""
    arrive(
        r,
        "unit",
        unit_id,
        {
            "unit_id": unit_id.bytes,
            "parent_id": None if parent is None else parent.bytes,
            "level": level,
            "name": name,
            "short_name": name.removeprefix("Đoàn ").removeprefix("Chi đoàn "),
            "position": position,
        },
    )


def settle_in(r: Registry, *, own: UUID = COMMUNE, role: str = "editor") -> None:
    """Make the file that of an account of the commune, with its units."""
    unit(r, PROVINCE, None, "TINH", "Tỉnh đoàn Tuyên Quang")
    unit(r, COMMUNE, PROVINCE, "XA", "Đoàn xã Thượng Lâm")
    unit(r, HAMLET, COMMUNE, "CHIDOAN", "Chi đoàn thôn Nà Đông", 2)
    unit(r, SCHOOL, COMMUNE, "CHIDOAN", "Chi đoàn Trường THPT Thượng Lâm", 1)
    become(r, own=own, role=role)


def become(r: Registry, *, own: UUID, role: str = "editor", account: str = "thuonglam") -> None:
    """Let the file belong to another account."""
    with r.write() as conn:
        known = {
            settings.ACCOUNT: account,
            settings.ROLE: role,
            settings.UNIT_ID: str(own),
            settings.DEVICE_ID: str(UUID(int=99)),
            settings.DEVICE_NAME: "Máy văn phòng",
            settings.SERVER: "http://127.0.0.1:9",
        }
        settings.put(conn, known)
    r.reload_identity()


FAMILIES = [
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Huỳnh",
    "Phan",
    "Vũ",
    "Võ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
    "Ma",
    "Hà",
    "Nông",
    "Triệu",
]
MIDDLES = [
    "Văn",
    "Thị",
    "Đức",
    "Thành",
    "Minh",
    "Ngọc",
    "Thu",
    "Quang",
    "Hữu",
    "Xuân",
    "Hồng",
    "Kim",
    "Thanh",
    "Mai",
    "Quốc",
    "Bảo",
    "Gia",
    "Phương",
]
GIVENS = [
    "An",
    "Anh",
    "Ánh",
    "Bình",
    "Cường",
    "Châu",
    "Chi",
    "Dung",
    "Dũng",
    "Duy",
    "Đạt",
    "Đông",
    "Giang",
    "Hà",
    "Hải",
    "Hạnh",
    "Hiếu",
    "Hòa",
    "Hoàng",
    "Huy",
    "Huyền",
    "Hương",
    "Khánh",
    "Lan",
    "Linh",
    "Long",
    "Mai",
    "Minh",
    "Nam",
    "Nga",
    "Ngân",
    "Nghĩa",
    "Nhung",
    "Oanh",
    "Phong",
    "Phúc",
    "Quân",
    "Quyên",
    "Sơn",
    "Tâm",
    "Thảo",
    "Thắng",
    "Trang",
    "Tú",
    "Uyên",
]


def crowd(count: int, seed: int = 7) -> list[tuple[UUID, Values]]:
    """Return invented members, half of them in each chapter, complete as far as the list shows."""
    rng = random.Random(seed)
    people: list[tuple[UUID, Values]] = []
    for number in range(count):
        name = f"{rng.choice(FAMILIES)} {rng.choice(MIDDLES)} {rng.choice(GIVENS)}"
        values: Values = {
            "unit_id": (HAMLET, SCHOOL)[number % 2].bytes,
            "full_name": name,
            "born_on": f"{rng.randint(1996, 2010)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
            "sex": rng.choice(("NAM", "NU")),
            "ethnicity": "01",
            "religion": "KHONG",
            "id_number": f"008{number:09}",
            "phone": f"09{number:08}",
            "hometown_province": "08",
            "hometown_ward": "02269",
            "residence_province": "08",
            "residence_ward": "02269",
            "education": "12",
            "occupation": "HOC_SINH",
            "position": "DOAN_VIEN",
            "status": "DANG_SINH_HOAT",
            "joined_on": "2022-03-26",
            "has_book": 1,
            "source": "EXCEL",
        }
        people.append((UUID(int=1_000_000 + number), values))
    return people
