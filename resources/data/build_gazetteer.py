"""Build `gazetteer.json` from the data files of an unpacked `vietnamadminunits` wheel (see `README.md` beside).

Usage: ``python resources/data/build_gazetteer.py FOLDER [OUTPUT]``, where FOLDER holds the unpacked wheel: the
package folder and its ``.dist-info``. Only its two data files are read, nothing of it is imported.
The same wheel always gives the same bytes.
"""

import json
import sqlite3
import sys
import unicodedata
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PACKAGE: Final = "vietnamadminunits"
VERSION: Final = "1.0.4"
ABOUT: Final = {
    "source": f"{PACKAGE} {VERSION}, dataset.db and converter_2025.json",
    "source_released_on": "2025-10-08",
    "licence": "MIT, Copyright (c) 2025 Tran Ngoc Minh Hieu; notice in README.md",
    "codes": "General Statistics Office: province 2 digits, district 3, ward 5",
    "note": "State of the reform of 2025-07-01. Of several successors the first is the likely one; a person confirms.",
}
CURRENT_FROM: Final = "2025-07-01"
FORMER_TO: Final = "2025-06-30"

KINDS: Final = {
    "TINH": "Tỉnh",
    "THANH_PHO": "Thành phố",
    "QUAN": "Quận",
    "HUYEN": "Huyện",
    "THI_XA": "Thị xã",
    "XA": "Xã",
    "PHUONG": "Phường",
    "THI_TRAN": "Thị trấn",
    "DAC_KHU": "Đặc khu",
}

CENTRE: Final = {"provinces": 34, "wards": 3321}
FORMER: Final = {"provinces": 63, "districts": 696, "wards": 10035}

Row = list[str]
Groups = dict[str, list[Row]]


class BuildError(Exception):
    """The package is not the one that this script knows, or its files contradict each other."""


@dataclass(frozen=True, slots=True)
class Current:
    """The places since the reform; `by_key` finds a ward's code by the package's province and ward keys."""

    provinces: list[Row]
    wards: Groups
    by_key: dict[tuple[str, str], str]
    province_codes: dict[str, str]


def kind_and_name(full: str) -> tuple[str, str]:
    """Split a full name like ``Thị trấn Lăng Can`` into the code of its kind and the bare name."""
    text = unicodedata.normalize("NFC", " ".join(full.split()))
    for code, label in KINDS.items():
        if text.lower().startswith(f"{label.lower()} "):
            name = text[len(label) + 1 :]
            return code, name[0].upper() + name[1:]
    raise BuildError(f"unknown kind of place: {text}")


def read_current(database: sqlite3.Connection) -> Current:
    """Read the provinces and wards of the two-tier system, by code."""
    provinces: dict[str, Row] = {}
    wards: Groups = {}
    by_key: dict[tuple[str, str], str] = {}
    province_codes: dict[str, str] = {}
    select = (
        "SELECT provinceCode, province, provinceKey, wardCode, ward, wardKey FROM admin_units "
        "ORDER BY provinceCode, wardCode"
    )
    for province_code, province, province_key, ward_code, ward, ward_key in database.execute(select):
        provinces[province_code] = [province_code, *kind_and_name(province)]
        wards.setdefault(province_code, []).append([ward_code, *kind_and_name(ward)])
        by_key[province_key, ward_key] = ward_code
        province_codes[province_key] = province_code
    return Current(list(provinces.values()), wards, by_key, province_codes)


def read_successors(converter: dict[str, dict[str, dict[str, list[object]]]], current: Current) -> dict[str, Row]:
    """Return the codes of the new wards of each former ward, by the package's key of the former one."""
    successors: dict[str, Row] = {}
    for province_key, wards in converter["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for ward_key, former_keys in wards.items():
            for former_key in former_keys:
                successors.setdefault(str(former_key), []).append(current.by_key[province_key, ward_key])
    for province_key, divided in converter["DICT_PROVINCE_WARD_DIVIDED"].items():
        for former_key, parts in divided.items():
            ordered = sorted(
                (not part["isDefaultNewWard"], current.by_key[province_key, part["newWardKey"]])
                for part in parts
                if isinstance(part, dict)
            )
            successors[former_key] = list(dict.fromkeys(code for _, code in ordered))
    return successors


def read_former(
    database: sqlite3.Connection, successors: dict[str, Row], province_successors: dict[str, str]
) -> dict[str, object]:
    """Read the three former tiers. An island district had no wards: its successor stands at the district."""
    provinces: dict[str, Row] = {}
    districts: Groups = {}
    wards: Groups = {}
    select = (
        "SELECT provinceCode, province, provinceKey, districtCode, district, districtKey, wardCode, ward, wardKey "
        "FROM admin_units_legacy ORDER BY provinceCode, districtCode, wardCode"
    )
    seen: set[str] = set()
    for row in database.execute(select):
        province_code, province, province_key, district_code, district, district_key, ward_code, ward, ward_key = row
        provinces[province_code] = [province_code, *kind_and_name(province), province_successors[province_key]]
        new = successors[f"{province_key}_{district_key}_{ward_key or ''}"]
        if district_code not in seen:
            seen.add(district_code)
            entry = [district_code, *kind_and_name(district), *([] if ward_code else new)]
            districts.setdefault(province_code, []).append(entry)
        if ward_code:
            wards.setdefault(district_code, []).append([ward_code, *kind_and_name(ward), *new])
    return {"valid_to": FORMER_TO, "provinces": list(provinces.values()), "districts": districts, "wards": wards}


def build(folder: Path) -> dict[str, object]:
    """Return the content of `gazetteer.json`.

    Raises:
        BuildError: Another version, or counts that are not those of the official lists.
    """
    metadata = folder / f"{PACKAGE}-{VERSION}.dist-info" / "METADATA"
    if not metadata.is_file():
        raise BuildError(f"{folder} does not hold an unpacked {PACKAGE} {VERSION}")
    data = folder / PACKAGE / "data"
    converter = json.loads((data / "converter_2025.json").read_text(encoding="utf-8"))
    with closing(sqlite3.connect(f"file:{(data / 'dataset.db').resolve()}?mode=ro", uri=True)) as database:
        current = read_current(database)
        province_successors = {
            former: current.province_codes[new] for new, olds in converter["DICT_PROVINCE"].items() for former in olds
        }
        former = read_former(database, read_successors(converter, current), province_successors)
    document = {
        "format": 1,
        "about": ABOUT,
        "kinds": KINDS,
        "current": {"valid_from": CURRENT_FROM, "provinces": current.provinces, "wards": current.wards},
        "former": former,
    }
    _check(document["current"], CENTRE)
    _check(former, FORMER)
    return document


def _check(section: object, expected: dict[str, int]) -> None:
    assert isinstance(section, dict)
    for name, count in expected.items():
        rows = section[name]
        found = len(rows) if isinstance(rows, list) else sum(map(len, rows.values()))
        if found != count:
            raise BuildError(f"{found} {name} instead of {count}")


def render(document: object) -> str:
    """Write JSON with one line for a row or a group of rows, so that a new state of the map is a readable change."""
    return _render(document, "") + "\n"


def _render(value: object, indent: str) -> str:
    inner = indent + " "
    if isinstance(value, dict):
        parts = [f"{inner}{json.dumps(key)}: {_render(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def main(arguments: Sequence[str]) -> int:
    """Build the file named second, or `gazetteer.json` beside this script."""
    if len(arguments) not in {1, 2}:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    output = Path(arguments[1]) if len(arguments) == 2 else Path(__file__).with_name("gazetteer.json")
    output.write_text(render(build(Path(arguments[0]))), encoding="utf-8", newline="\n")
    sys.stdout.write(f"{output.name}: {output.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
