"""Files that want to do harm or break a reader, made when a test asks for them."""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workbooks import make_book, make_ods

SAMPLES: Final = Path(__file__).parents[1] / "data" / "samples"
ROWS: Final = [
    ("TT", "Họ và tên", "Ngày sinh", "Quê quán"),
    ("1", "Nguyễn Văn An", "15/08/2003", "xã Phú Lĩnh"),
    ("2", "Trần Thị Bình", "01/02/2004", "xã Thượng Lâm"),
]
_SPACE: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_MB: Final = 1_000_000


@dataclass(frozen=True)
class Hostile:
    """A file and what it gets.

    Attributes:
        name: What stands in `docs/hostile-files.md`.
        file: Its name.
        make: Writes it.
        code: What an import answers; ``read`` where the list in it is fine.
    """

    name: str
    file: str
    make: Callable[[Path], None]
    code: str


def _with_part(path: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    """Write the plain list with one part of the archive changed."""
    make_book(path, ROWS)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts.get(part, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def _sheet(path: Path, rows: Iterable[str]) -> None:
    """Write a workbook whose sheet has these rows of XML."""
    make_book(path, ROWS)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            if name != "xl/worksheets/sheet1.xml":
                archive.writestr(name, data)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as file:
            file.write(f'<?xml version="1.0"?><worksheet xmlns="{_SPACE}"><sheetData>'.encode())
            for row in rows:
                file.write(row.encode())
            file.write(b"</sheetData></worksheet>")


def _cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def _list() -> str:
    return "".join(
        f'<row r="{number}">' + "".join(_cell(f"{'ABCD'[i]}{number}", text) for i, text in enumerate(row)) + "</row>"
        for number, row in enumerate(ROWS, 1)
    )


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as file:
            for _ in range(1_000):
                file.write(b" " * _MB)


def lying_bomb(path: Path) -> None:
    """A part that claims ten bytes and unpacks to 500 MB."""
    bomb_data = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join(bomb_data.compress(b" " * _MB) for _ in range(500)) + bomb_data.flush()
    made = b""
    entries = b""
    for name, data, method, size in ((b"xl/workbook.xml", b"<workbook/>", 0, 11), (b"xl/styles.xml", packed, 8, 10)):
        head = struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 33, zlib.crc32(data), len(data), size, len(name), 0)
        entries += b"PK\1\2" + struct.pack("<H", 20) + head + struct.pack("<HHHII", 0, 0, 0, 0, len(made)) + name
        made += b"PK\3\4" + head + name + data
    end = struct.pack("<HHHHIIH", 0, 0, 2, 2, len(entries), len(made), 0)
    path.write_bytes(made + entries + b"PK\5\6" + end)


def many_parts(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        for number in range(5_000):
            archive.writestr(f"xl/{number}.xml", b"")


def cut(source: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        if source == "ods":
            make_ods(path, ROWS)
        data = path.read_bytes() if source == "ods" else (SAMPLES / source).read_bytes()
        path.write_bytes(data[: len(data) // 2])

    return make


def encrypted(path: Path) -> None:
    """The container in which Office keeps a workbook with a password."""
    directory = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0") + bytes(64)
        for name in ("Root Entry", "EncryptionInfo", "EncryptedPackage")
    )
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + directory + bytes(2_000))


def encrypted_xls(path: Path) -> None:
    """The list of offices with the record that says the rest is encrypted."""
    data = (SAMPLES / "khoi-co-quan.xls").read_bytes()
    at = data.index(b"\x09\x08\x10\x00\x00\x06\x05\x00")  # the head of the workbook
    after = at + 20
    (length,) = struct.unpack_from("<H", data, after + 2)
    assert length >= 2
    path.write_bytes(data[:after] + struct.pack("<H", 0x2F) + data[after + 2 :])


def empty_rows(path: Path) -> None:
    _sheet(path, [_list(), *(f'<row r="{number}" spans="1:4"/>' for number in range(4, 1_048_577))])


def styled_empty_rows(path: Path) -> None:
    _sheet(
        path, [_list(), *(f'<row r="{n}"><c r="A{n}" s="0"/><c r="B{n}" s="0"/></row>' for n in range(4, 1_048_577))]
    )


def full_rows(path: Path) -> None:
    _sheet(path, [_list(), *(f'<row r="{n}"><c r="B{n}"><v>1</v></c></row>' for n in range(4, 1_048_577))])


def far_corner(path: Path) -> None:
    _sheet(path, [_list(), f'<row r="1048576">{_cell("XFD1048576", " ")}</row>'])


def far_row(path: Path) -> None:
    """A grid of 63 million cells: less than the library refuses, more than there is memory for."""
    _sheet(path, [_list(), f'<row r="1048576">{_cell("BH1048576", " ")}</row>'])


def wide(path: Path) -> None:
    _sheet(path, ['<row r="1">' + "".join(_cell(f"{_letters(i)}1", "x") for i in range(20_000)) + "</row>", _list()])


def _letters(index: int) -> str:
    text, rest = "", index + 1
    while rest:
        rest, place = divmod(rest - 1, 26)
        text = chr(65 + place) + text
    return text


def wide_text(path: Path) -> None:
    path.write_text(";".join(["x"] * 20_000) + "\r\n" + "\r\n".join(";".join(row) for row in ROWS), encoding="utf-8")


def impossible_place(path: Path) -> None:
    _sheet(path, [_list(), '<row r="99999999999"><c r="ZZZZZZZ99999999999"><v>1</v></c></row>'])


def external_entity(path: Path) -> None:
    _with_part(
        path,
        "xl/worksheets/sheet1.xml",
        lambda data: data.replace(
            b"<worksheet", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet', 1
        ).replace(b"xml:space", b"x:space"),
    )


def laughs(path: Path) -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    text = f'<?xml version="1.0"?><!DOCTYPE sst [{entities}]><sst xmlns="{_SPACE}"><si><t>&a9;</t></si></sst>'
    _with_part(path, "xl/sharedStrings.xml", lambda _: text.encode())


def hidden_entity(path: Path) -> None:
    text = f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE sst [<!ENTITY a "b">]><sst xmlns="{_SPACE}"/>'
    _with_part(path, "xl/sharedStrings.xml", lambda _: text.encode("utf-16"))


def dde_text(path: Path) -> None:
    rows = [list(row) for row in ROWS]
    rows[1][3] = "=cmd|'/c calc'!A0"
    rows[2][3] = '=HYPERLINK("http://example.com","x")'
    path.write_text("\r\n".join("\t".join(row) for row in rows), encoding="utf-8")


def dde_formula(path: Path) -> None:
    row = (
        '<row r="4"><c r="B4"><f>cmd|\'/c calc\'!A0</f></c><c r="C4"><f>WEBSERVICE("http://example.com")</f></c></row>'
    )
    _sheet(path, [_list(), row])


def picture(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)


def web_page(path: Path) -> None:
    path.write_text("<html><body><table><tr><td>Họ và tên</td></tr></table></body></html>", encoding="utf-8")


def document(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", b"<document/>")


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def deep(path: Path) -> None:
    _sheet(path, [_list(), "<x>" * 300_000, "</x>" * 300_000])


def deep_text(path: Path) -> None:
    make_ods(path, ROWS)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    content = parts["content.xml"]
    nested = b"<text:span>" * 200_000 + b"An" + b"</text:span>" * 200_000
    parts["content.xml"] = content.replace("Trần Thị Bình".encode(), nested)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def shared_texts(path: Path) -> None:
    def texts(_: bytes) -> bytes:
        many = b"<si><t>" + b"a" * 30_000 + b"</t></si>"
        return f'<sst xmlns="{_SPACE}">'.encode() + many * 15_000 + b"</sst>"

    _with_part(path, "xl/sharedStrings.xml", texts)


def one_long_text(path: Path) -> None:
    _sheet(path, [_list(), f'<row r="4">{_cell("B4", "a" * 100_000_000)}</row>'])


def repeated_cells(path: Path) -> None:
    """A few bytes that stand for seventeen thousand million cells."""
    make_ods(path, ROWS)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["content.xml"] = parts["content.xml"].replace(
        b'<table:table-row table:number-rows-repeated="1048000"><table:table-cell/>',
        b'<table:table-row table:number-rows-repeated="1048000"><table:table-cell '
        b'table:number-columns-repeated="16384" office:value-type="string"><text:p>x</text:p></table:table-cell>',
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def open_quote(path: Path) -> None:
    path.write_text('Họ và tên;Ngày sinh\r\n"' + "An;2003\r\n" * 100_000, encoding="utf-8")


def long_text(path: Path) -> None:
    path.write_text("Họ và tên;Ngày sinh\r\n" + "An;2003\r\n" * 200_000, encoding="utf-8")


HOSTILE: Final = (
    Hostile("archive of 1 MB that unpacks to 1 GB", "a.xlsx", bomb, "file.too_large"),
    Hostile("part that claims ten bytes and unpacks to 500 MB", "b.xlsx", lying_bomb, "file.too_large"),
    Hostile("archive of five thousand parts", "c.xlsx", many_parts, "file.too_large"),
    Hostile("`.xlsx` cut in half", "d.xlsx", cut("truong-thpt.xlsx"), "file.damaged"),
    Hostile("`.xls` cut in half", "e.xls", cut("khoi-co-quan.xls"), "file.damaged"),
    Hostile("`.ods` cut in half", "f.ods", cut("ods"), "file.damaged"),
    Hostile("`.xlsx` with a password", "g.xlsx", encrypted, "file.protected"),
    Hostile("`.xls` with a password", "h.xls", encrypted_xls, "file.protected"),
    Hostile("list with a million empty rows below", "i.xlsx", empty_rows, "read"),
    Hostile("list with a million empty rows that have borders", "j.xlsx", styled_empty_rows, "read"),
    Hostile("list with a blank in the last corner of the sheet", "k.xlsx", far_corner, "read"),
    Hostile("list with a blank in the last row", "kk.xlsx", far_row, "read"),
    Hostile("a million rows of numbers", "l.xlsx", full_rows, "file.too_large"),
    Hostile("20,000 columns, `.xlsx`", "m.xlsx", wide, "file.too_large"),
    Hostile("20,000 columns, `.csv`", "n.csv", wide_text, "file.too_large"),
    Hostile("cell at a place that cannot be", "o.xlsx", impossible_place, "file.damaged"),
    Hostile("external entity that names a file of the computer", "p.xlsx", external_entity, "file.unsafe"),
    Hostile("entities within entities (billion laughs)", "q.xlsx", laughs, "file.unsafe"),
    Hostile("entity hidden in UTF-16", "r.xlsx", hidden_entity, "file.damaged"),
    Hostile("texts that call programs (DDE) or addresses", "s.tsv", dde_text, "read"),
    Hostile("formulas that call programs (DDE) or addresses", "t.xlsx", dde_formula, "read"),
    Hostile("picture named `.xlsx`", "u.xlsx", picture, "file.kind_unsupported"),
    Hostile("web page named `.xls`", "v.xls", web_page, "file.kind_unsupported"),
    Hostile("text document named `.xlsx`", "w.xlsx", document, "file.kind_unsupported"),
    Hostile("empty file", "x.xlsx", nothing, "file.empty"),
    Hostile("300,000 elements within each other", "y.xlsx", deep, "read"),
    Hostile("200,000 elements within each other in a cell of `.ods`", "z.ods", deep_text, "read"),
    Hostile("450 MB of shared texts", "aa.xlsx", shared_texts, "file.too_large"),
    Hostile("one text of 100 MB", "bb.xlsx", one_long_text, "file.too_large"),
    Hostile("a few bytes that stand for 17 thousand million cells, `.ods`", "cc.ods", repeated_cells, "file.too_large"),
    Hostile("quotation mark that is never closed", "dd.csv", open_quote, "file.too_large"),
    Hostile("200,000 rows of text", "ee.csv", long_text, "file.too_large"),
)
