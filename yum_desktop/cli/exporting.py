"""`yumctl export`: members into a spreadsheet."""

import argparse
import os
from pathlib import Path
from typing import Final

from yum_desktop.cli.adding import Add, Answer
from yum_desktop.cli.importing import find_unit
from yum_desktop.domain.errors import InputError
from yum_desktop.exchange.excel import out_layout
from yum_desktop.exchange.excel.export import Wanted, export
from yum_desktop.registry import queries
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.exporting import members_in

PASSWORD_VARIABLE: Final = "YUM_FILE_PASSWORD"  # noqa: S105  # the name of a variable
DONE: Final = 0


def add(add_command: Add) -> None:
    """Add the command."""
    command = add_command("export", _export)
    command.add_argument("file", type=Path, nargs="?", help="tệp .xlsx sẽ ghi")
    command.add_argument("--layout", default=out_layout.THIRTY, help="mã mẫu hoặc tệp mẫu .json")
    command.add_argument("--layouts", action="store_true", help="chỉ liệt kê các mẫu")
    command.add_argument("--unit", help="đơn vị, gồm cả các đơn vị bên dưới")
    command.add_argument("--text", default="", help="chỉ những người khớp khi tìm")
    command.add_argument("--reason", help="lý do cần số đầy đủ; không có thì che")
    protect = f"đặt mật khẩu lấy ở biến {PASSWORD_VARIABLE}"
    command.add_argument("--protect", action="store_true", help=protect)


def _export(r: Registry, asked: argparse.Namespace) -> Answer:
    folder = r.path.parent / "layouts"
    if asked.layouts:
        return _listed(folder)
    if asked.file is None:
        raise InputError("export.file_needed", "Ghi tên tệp .xlsx sẽ xuất.", field="file")
    password = os.environ.get(PASSWORD_VARIABLE) if asked.protect else None
    if asked.protect and not password:
        raise InputError("export.password_needed", f"Hãy đặt mật khẩu vào biến {PASSWORD_VARIABLE}.", field="password")
    layout = out_layout.find_layout(asked.layout, folder)
    unit = None if asked.unit is None else find_unit(queries.unit_tree(r), asked.unit)
    unit_id = None if unit is None else unit.unit_id
    if asked.text.strip():
        members = [row.member_id for row in queries.member_rows(r, unit_id, text=asked.text)]
    else:
        members = members_in(r, unit_id)
    wanted = Wanted(
        asked.file, layout, members, about="" if unit is None else unit.name, unit_id=unit_id, reason=asked.reason,
        password=password,
    )  # fmt: skip
    done = export(r, wanted)
    document = {
        "file": str(done.path), "layout": layout.id, "people": done.people, "sheets": done.sheets,
        "masked": asked.reason is None, "protected": password is not None, "audit_line": done.audit_line,
    }  # fmt: skip
    said = [f"{done.path}: {done.people} người, {done.sheets} trang."]
    if asked.reason is None:
        said.append("Số giấy tờ, điện thoại và mục nhạy cảm đã che. Cần đầy đủ: --reason “lý do”.")
    else:
        said.append("Tệp có thông tin đầy đủ. Xóa khi dùng xong.")
    return document, said, DONE


def _listed(folder: Path) -> Answer:
    known, wrong = out_layout.layouts(folder)
    document = {
        "layouts": [
            {"id": one.id, "title": one.title, "about": one.about, "source": one.source, "columns": len(one.columns)}
            for one in known
        ],
        "wrong": [{"code": error.code, "text": error.text} for error in wrong],
    }
    said = [f"{one.id}  {one.title}: {one.about}" for one in known]
    return document, [*said, *(f"{error.code}: {error.text}" for error in wrong)], DONE
