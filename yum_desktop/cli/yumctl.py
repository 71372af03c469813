"""`yumctl`: everything the program does without a screen. Described in `docs/cli.md`."""

import argparse
import json
import logging
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias
from uuid import UUID

from sync.protocol.kinds import Value
from yum_desktop.cli import adding, auditing, cleaning, exporting, handing, importing, pairing, placing
from yum_desktop.domain.check import parse_value
from yum_desktop.domain.errors import InputError, YumError
from yum_desktop.domain.member import BY_NAME, MEMBER_FIELDS, Shape
from yum_desktop.exchange.excel import reading
from yum_desktop.registry import bundles, code_lists, commands, queries, syncing
from yum_desktop.registry.clock import SystemClock
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.keys import load_key
from yum_desktop.registry.paths import default_home, store_path
from yum_desktop.registry.views import CaseDetail, CaseRow, ConflictRow, MemberDetail, MemberRow

DONE: Final = 0
REFUSED: Final = 1
PASSPHRASE_VARIABLE: Final = "YUM_PASSPHRASE"  # noqa: S105  # the name of a variable
PASSWORD_VARIABLE: Final = "YUM_PASSWORD"  # noqa: S105  # the name of a variable
_CHANNEL: Final = "cli"
_NUMBERS: Final = frozenset({"meeting_present", "meeting_agreed"})

Json = dict[str, object]
Answer = adding.Answer


def run() -> int:
    """Run the command of the command line; a package also starts its reader of lists with this program."""
    if sys.argv[1:2] == [reading.FLAG]:
        reading.run()
    return main(sys.argv[1:])


def main(argv: Sequence[str]) -> int:
    """Run one command; return 0 done, 1 refused or incomplete, 2 wrong usage."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    try:
        asked = _parser().parse_args(argv)
    except SystemExit as error:
        return int(error.code or 0)
    try:
        act: Callable[[argparse.Namespace], Answer] = asked.act
        document, lines, code = act(asked)
    except YumError as error:
        _complain(error)
        return REFUSED
    if asked.json:
        print(json.dumps(document, ensure_ascii=False, indent=2, default=_plain))
    else:
        for line in lines:
            print(line)
    return code


def _complain(error: YumError) -> None:
    where = [f"{name} {value}" for name, value in (("trường", error.field), ("dòng", error.row)) if value is not None]
    place = f" ({', '.join(where)})" if where else ""
    print(f"{error.code}: {error.text}{place}", file=sys.stderr)


def _plain(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes):
        return str(UUID(bytes=value)) if len(value) == 16 else value.hex()
    if isinstance(value, frozenset | set):
        return sorted(value)
    return str(value)


def _text(value: Value) -> str:
    return "–" if value is None else value.hex() if isinstance(value, bytes) else str(value)


def _open(asked: argparse.Namespace) -> Registry:
    home: Path = asked.home or default_home()
    key = load_key(home, passphrase=os.environ.get(PASSPHRASE_VARIABLE) or None)
    return Registry.open(store_path(home), key, clock=SystemClock())


def _with_store(act: Callable[[Registry, argparse.Namespace], Answer]) -> Callable[[argparse.Namespace], Answer]:
    def acted(asked: argparse.Namespace) -> Answer:
        registry = _open(asked)
        try:
            return act(registry, asked)
        finally:
            registry.close()

    return acted


# ---- device and sync


def _enrol(r: Registry, asked: argparse.Namespace) -> Answer:
    password = asked.password or os.environ.get(PASSWORD_VARIABLE)
    if not password:
        raise InputError("auth.password_needed", f"Hãy đặt mật khẩu vào biến {PASSWORD_VARIABLE} hoặc --password.")
    syncing.enrol(
        r,
        server=asked.server,
        account=asked.account,
        password=password,
        device_name=asked.device or platform.node() or "máy này",
    )
    state = queries.sync_state(r)
    return (
        {"account": state.account, "unit": state.unit_id, "device": state.device_name, "server": state.server},
        [f"Máy này ({state.device_name}) đã kết nối với {state.server}. Chạy yumctl sync để nhận hồ sơ."],
        DONE,
    )


def _sync(r: Registry, asked: argparse.Namespace) -> Answer:
    anew = {"server": syncing.Anew.TRUST_SERVER, "offer": syncing.Anew.OFFER, None: None}[asked.anew]
    return _reported(syncing.sync(r, verify=asked.verify, anew=anew))


def _reported(report: syncing.SyncReport) -> Answer:
    error = None if report.error_code is None else {"code": report.error_code, "text": syncing.error_text(report)}
    document = {
        "status": report.status, "pushed": report.pushed, "pulled": report.pulled, "left": report.left,
        "bytes_up": report.bytes_up, "bytes_down": report.bytes_down, "round_trips": report.round_trips,
        "duration_ms": report.duration_ms, "repaired": report.repaired,
        "differing": [str(UUID(bytes=unit)) for unit in report.differing], "error": error,
    }  # fmt: skip
    if report.offered:
        document["offered"] = report.offered
    sent = report.pushed
    lines = [
        f"Nhận {report.pulled} hồ sơ; gửi {sum(sent.values())} thay đổi: {sent['applied']} nhận, {sent['merged']} gộp,"
        f" {sent['conflict']} cần chọn, {sent['refused']} bị từ chối; còn {report.left} chờ gửi."
    ]
    if sent.get("handed_over"):
        lines.append(
            f"{sent['handed_over']} thay đổi đã chuyển đến đơn vị mới của hồ sơ: yumctl handovers list --mine."
        )
    if report.offered:
        lines.append(f"Đã gửi lại {report.offered} hồ sơ mà máy chủ bị mất.")
    if report.repaired:
        lines.append(f"Dữ liệu của {report.repaired} đơn vị khác máy chủ nên đã được tải lại.")
    if error is not None:
        print(f"{error['code']}: {error['text']}", file=sys.stderr)
    return document, lines, DONE if report.status == "done" else REFUSED


def _bundle_export(r: Registry, asked: argparse.Namespace) -> Answer:
    path: Path = asked.file or Path(bundles.file_name(r, now=r.clock.now()))
    exported = bundles.export(r, path)
    document = {"file": str(path), "changes": exported.changes, "size_bytes": exported.size_bytes}
    return document, [f"{path}: {exported.changes} thay đổi. Đưa tệp này đến một máy có mạng hoặc máy chủ."], DONE


def _bundle_take(r: Registry, asked: argparse.Namespace) -> Answer:
    return _reported(bundles.take(r, asked.file))


def _bundle_carry(r: Registry, asked: argparse.Namespace) -> Answer:
    answer: Path = asked.out or bundles.answer_path(asked.file)
    bundles.carry(r, asked.file, answer)
    return {"answer": str(answer)}, [f"Máy chủ đã nhận. Đưa {answer} về máy đã gửi."], DONE


def _status(r: Registry, asked: argparse.Namespace) -> Answer:
    del asked
    state = queries.sync_state(r)
    document: Json = {
        "account": state.account, "unit": state.unit_id, "device": state.device_name, "server": state.server,
        "last_sync": state.last_sync, "pending": state.pending, "refused": state.refused,
        "conflicts": state.conflicts, "handed_over": state.handed_over, "rows": queries.row_counts(r),
        "digest": queries.digest(r),
    }  # fmt: skip
    if state.clock is not None:
        document["clock"] = state.clock
    return document, [f"{name}: {value}" for name, value in document.items()], DONE


# ---- members


def _unit(r: Registry, named: str) -> UUID:
    """Return the unit that a name, short name or id means."""
    return importing.find_unit(queries.unit_tree(r), named).unit_id


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InputError("input.id", f"“{text}” không phải mã bản ghi.") from error


def _pairs(r: Registry, texts: Sequence[str]) -> dict[str, Value]:
    """Return the values of ``field=value`` words; an empty value empties the field."""
    codes, today = code_lists.codes(r), r.clock.now().date()
    values: dict[str, Value] = {}
    for text in texts:
        name, equals, raw = text.partition("=")
        field = BY_NAME.get(name)
        if not equals or field is None:
            raise InputError("member.field_unknown", f"Không có trường “{name}”. Viết tên_trường=giá_trị.", field=name)
        if field.shape is Shape.UNIT:
            values[name] = _unit(r, raw).bytes
        else:
            values[name] = parse_value(field, raw, codes, today)
    return values


def _row_document(row: MemberRow) -> Json:
    return {
        "id": row.member_id, "unit": row.unit_name, "full_name": row.full_name, "born_on": row.born_on,
        "id_number": row.id_number, "phone": row.phone, "status": row.status, "state": row.state,
        "missing": list(row.missing),
    }  # fmt: skip


def _members_list(r: Registry, asked: argparse.Namespace) -> Answer:
    unit = _unit(r, asked.unit) if asked.unit else None
    rows = queries.member_rows(r, unit, text=asked.text or "", limit=asked.limit)
    lines = [f"{row.member_id}  {row.full_name}  {row.born_on or '–'}  {row.unit_name}" for row in rows]
    return [_row_document(row) for row in rows], lines, DONE


def _detail_document(detail: MemberDetail) -> Json:
    return {
        "id": detail.member_id, "unit": detail.unit_name, "values": detail.values, "waiting": detail.waiting,
        "refused": {name: asdict(problem) for name, problem in detail.refused.items()},
        "conflicts": detail.conflicts, "missing": list(detail.missing),
    }  # fmt: skip


def _members_show(r: Registry, asked: argparse.Namespace) -> Answer:
    detail = queries.member(r, _id(asked.id))
    lines = [
        f"{field.label}: {_text(detail.values[field.name])}"
        for field in MEMBER_FIELDS
        if detail.values[field.name] is not None and field.shape is not Shape.UNIT
    ]
    return _detail_document(detail), lines, DONE


def _members_add(r: Registry, asked: argparse.Namespace) -> Answer:
    member_id = commands.add_member(r, _unit(r, asked.unit), _pairs(r, asked.values), channel=_CHANNEL)
    return _detail_document(queries.member(r, member_id)), [str(member_id)], DONE


def _members_set(r: Registry, asked: argparse.Namespace) -> Answer:
    member_id = _id(asked.id)
    changed = commands.set_member(r, member_id, _pairs(r, asked.values), channel=_CHANNEL, reason=asked.reason)
    document = _detail_document(queries.member(r, member_id)) | {"changed": changed}
    return document, [f"Đã sửa: {', '.join(sorted(changed)) or 'không có gì khác'}"], DONE


def _undo(r: Registry, asked: argparse.Namespace) -> Answer:
    group = asked.group or commands.last_group(r)
    if group is None:
        raise InputError("undo.unknown", "Không có gì để hoàn tác.")
    count = commands.undo(r, group)
    return {"group": group, "undone": count}, [f"Đã hoàn tác {count} thay đổi."], DONE


# ---- import


def _import(asked: argparse.Namespace) -> Answer:
    request = importing.Request(asked.file, asked.sheet, asked.unit, asked.same, asked.left)
    if asked.dry_run and asked.unit is None:
        return _looked_at(importing.look(request, SystemClock()))
    act = _look_in if asked.dry_run else _store
    return _with_store(lambda r, _: act(r, request))(asked)


def _look_in(r: Registry, request: importing.Request) -> Answer:
    return _looked_at(importing.look_in(r, request))


def _looked_at(document: Json) -> Answer:
    lines = [f"{name}: {value}" for name, value in document.items() if name in {"file", "chi_doan_from", "counts"}]
    return document, lines, DONE


def _store(r: Registry, request: importing.Request) -> Answer:
    document = importing.store(r, request)
    left_out, rejected = document["left_out"], document["rejected_rows"]
    assert isinstance(left_out, list), "rows come as a list"
    assert isinstance(rejected, list), "rows come as a list"
    lines = [
        f"Đã nhập {document['imported']} người; bỏ qua {len(left_out)} dòng trùng, {len(rejected)} dòng hỏng.",
        f"Hoàn tác: yumctl undo {document['batch']}",
    ]
    return document, lines, DONE


# ---- conflicts and cases


def _conflict_document(row: ConflictRow) -> Json:
    return {**asdict(row), "conflict_id": row.conflict_id}


def _conflicts_list(r: Registry, asked: argparse.Namespace) -> Answer:
    rows = queries.conflicts(r, open_only=not asked.all)
    lines = [
        f"{row.conflict_id}  {row.title}  {field.label}: {_text(field.base)} | {_text(field.mine)} ({row.mine_account})"
        f" | {_text(field.theirs)} ({row.theirs_account})"
        for row in rows
        for field in row.fields
    ]
    return [_conflict_document(row) for row in rows], lines, DONE


def _conflicts_settle(r: Registry, asked: argparse.Namespace) -> Answer:
    conflict = queries.conflict(r, _id(asked.id))
    choices: dict[str, commands.Take | Value] = {}
    for text in asked.choices:
        name, _, choice = text.partition("=")
        if choice in {"mine", "theirs"}:
            choices[name] = commands.Take(choice)
        elif choice.startswith("=") and conflict.kind == "member":
            choices |= _pairs(r, [f"{name}{choice}"])
        else:
            raise InputError("conflict.choice", "Viết trường=mine, trường=theirs hoặc trường==giá_trị.", field=name)
    commands.settle_conflict(r, conflict.conflict_id, choices)
    after = queries.conflict(r, conflict.conflict_id)
    return _conflict_document(after), ["Đã chọn. Chạy yumctl sync để gửi."], DONE


def _conflicts_settle_all(r: Registry, asked: argparse.Namespace) -> Answer:
    done = commands.settle_all(r, commands.Take(asked.take))
    lines = [f"Đã chọn cho {done.settled} xung đột; còn {done.left} phải chọn từng cái. Chạy yumctl sync để gửi."]
    return {"settled": done.settled, "left": done.left, "group": done.group}, lines, REFUSED if done.left else DONE


def _handovers_list(r: Registry, asked: argparse.Namespace) -> Answer:
    return *handing.listed(r, mine=asked.mine, every=asked.all, text=_text), DONE


def _handovers_show(r: Registry, asked: argparse.Namespace) -> Answer:
    return *handing.shown(r, _id(asked.id), _text), DONE


def _handovers_accept(r: Registry, asked: argparse.Namespace) -> Answer:
    handover_id = _id(asked.id)
    if asked.values:
        handing.check_values(r, handover_id)
    return *handing.accepted(r, handover_id, _pairs(r, asked.values), _text), DONE


def _handovers_return(r: Registry, asked: argparse.Namespace) -> Answer:
    return *handing.returned(r, _id(asked.id), asked.reason, _text), DONE


def _handovers_put_away(r: Registry, asked: argparse.Namespace) -> Answer:
    return *handing.put_away(r, _id(asked.id)), DONE


def _case_line(row: CaseRow) -> str:
    return f"{row.case_id}  {row.title}  {row.unit_name}  {row.state_label}"


def _case_document(detail: CaseDetail) -> Json:
    return asdict(detail)


def _cases_list(r: Registry, asked: argparse.Namespace) -> Answer:
    del asked
    rows = queries.cases(r)
    return [asdict(row) for row in rows], [_case_line(row) for row in rows], DONE


def _cases_show(r: Registry, asked: argparse.Namespace) -> Answer:
    detail = queries.case(r, _id(asked.id))
    lines = [_case_line(detail.row), *(f"{name}: {_text(value)}" for name, value in detail.data.items())]
    lines += [f"{step.at:%d/%m/%Y %H:%M}  {step.account}  {step.action} → {step.to_state}" for step in detail.steps]
    return _case_document(detail), [*lines, f"Làm được: {', '.join(detail.row.actions) or '–'}"], DONE


def _case_data(r: Registry, texts: Sequence[str]) -> dict[str, str | int | None]:
    data: dict[str, str | int | None] = {}
    for text in texts:
        name, _, raw = text.partition("=")
        if name in BY_NAME:
            value = _pairs(r, [text])[name]
            assert not isinstance(value, bytes), "a case holds no unit"
            data[name] = value
        elif name in _NUMBERS and raw:
            if not raw.isdigit():
                raise InputError("input.number", f"{name}: chỉ gõ số.", field=name)
            data[name] = int(raw)
        else:
            data[name] = raw or None
    return data


def _cases_draft(r: Registry, asked: argparse.Namespace) -> Answer:
    case_id = commands.draft_admission(r, _unit(r, asked.unit), _case_data(r, asked.values), channel=_CHANNEL)
    return _case_document(queries.case(r, case_id)), [str(case_id)], DONE


def _cases_set(r: Registry, asked: argparse.Namespace) -> Answer:
    commands.set_case(r, _id(asked.id), _case_data(r, asked.values), channel=_CHANNEL)
    return _cases_show(r, asked)


def _cases_step(r: Registry, asked: argparse.Namespace) -> Answer:
    commands.take_step(r, _id(asked.id), asked.action, asked.note, channel=_CHANNEL)
    return _cases_show(r, asked)


# ---- the command line


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="yumctl", description="Yum Desktop không cần màn hình.")
    parser.add_argument("--home", type=Path, default=None, help="thư mục dữ liệu")
    parser.add_argument("--json", action="store_true", help="in một tài liệu JSON")
    rooms = parser.add_subparsers(required=True, metavar="LỆNH")
    enrol = _add(rooms, "enrol", _enrol)
    enrol.add_argument("server")
    enrol.add_argument("account")
    enrol.add_argument("--password", help=f"nếu không: biến {PASSWORD_VARIABLE}")
    enrol.add_argument("--device", help="tên máy này")
    verifying = _add(rooms, "sync", _sync)
    verifying.add_argument("--verify", action="store_true", help="so lại toàn bộ với máy chủ, tải lại phần khác")
    told = "tải lại toàn bộ; offer: máy chủ được khôi phục từ bản cũ, gửi lại những gì nó đã mất"
    verifying.add_argument("--anew", choices=("server", "offer"), help=told)
    _add(rooms, "status", _status)
    _add(rooms, "undo", _undo).add_argument("group", nargs="?")
    _add_members(rooms)
    _add_import(rooms)
    _add_conflicts(rooms)
    _add_handovers(rooms)
    _add_cases(rooms)
    _add_bundles(rooms)
    lists = rooms.add_parser("cleaning").add_subparsers(required=True, metavar="LỆNH")
    cleaning.add(partial(_add, lists))
    placing.add(partial(_add, rooms.add_parser("places").add_subparsers(required=True, metavar="LỆNH")))
    auditing.add(partial(_add, rooms))
    exporting.add(partial(_add, rooms))
    return parser


Rooms: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  # the type has no public name


def _add(rooms: Rooms, name: str, act: Callable[[Registry, argparse.Namespace], Answer]) -> argparse.ArgumentParser:
    return _add_plain(rooms, name, _with_store(act))


def _add_plain(rooms: Rooms, name: str, act: Callable[[argparse.Namespace], Answer]) -> argparse.ArgumentParser:
    """Add a command that opens the store itself, if it needs one."""
    command = rooms.add_parser(name)
    command.set_defaults(act=act)
    for flag, more in (("--json", {"action": "store_true"}), ("--home", {"type": Path})):
        command.add_argument(flag, default=argparse.SUPPRESS, **more)
    return command


def _add_members(rooms: Rooms) -> None:
    members = rooms.add_parser("members").add_subparsers(required=True, metavar="LỆNH")
    listing = _add(members, "list", _members_list)
    listing.add_argument("text", nargs="?", help="tên, số giấy tờ hoặc điện thoại; không cần dấu")
    listing.add_argument("--unit")
    listing.add_argument("--limit", type=int, default=None)
    _add(members, "show", _members_show).add_argument("id")
    adding = _add(members, "add", _members_add)
    adding.add_argument("--unit", required=True)
    adding.add_argument("values", nargs="+", metavar="trường=giá_trị")
    setting = _add(members, "set", _members_set)
    setting.add_argument("id")
    setting.add_argument("values", nargs="+", metavar="trường=giá_trị")
    setting.add_argument("--reason", default="")
    pairing.add(partial(_add, members))


def _add_import(rooms: Rooms) -> None:
    command = _add_plain(rooms, "import", _import)
    command.add_argument("file", type=Path)
    command.add_argument("--dry-run", action="store_true", help="chỉ xem, không ghi; không cần dữ liệu trên máy")
    command.add_argument("--unit", help="đơn vị của tệp; các chi đoàn trong tệp được tìm ở đó")
    command.add_argument("--same", action="append", default=[], metavar="TÊN_TRONG_TỆP=ĐƠN_VỊ")
    command.add_argument("--sheet", help="trang tính; nếu không: trang nhiều dữ liệu nhất")
    command.add_argument("--left", type=Path, metavar="TỆP.xlsx", help="ghi các dòng chưa nhập vào đây để sửa")


def _add_conflicts(rooms: Rooms) -> None:
    conflicts = rooms.add_parser("conflicts").add_subparsers(required=True, metavar="LỆNH")
    _add(conflicts, "list", _conflicts_list).add_argument("--all", action="store_true")
    settling = _add(conflicts, "settle", _conflicts_settle)
    settling.add_argument("id")
    settling.add_argument("choices", nargs="+", metavar="trường=mine|theirs|=giá_trị")
    _add(conflicts, "settle-all", _conflicts_settle_all).add_argument(
        "take", choices=[its.value for its in commands.Take]
    )


def _add_handovers(rooms: Rooms) -> None:
    handovers = rooms.add_parser("handovers").add_subparsers(required=True, metavar="LỆNH")
    listing = _add(handovers, "list", _handovers_list)
    listing.add_argument("--mine", action="store_true", help="những gì tài khoản này đã chuyển đi")
    listing.add_argument("--all", action="store_true", help="cả những việc đã quyết định")
    _add(handovers, "show", _handovers_show).add_argument("id")
    accepting = _add(handovers, "accept", _handovers_accept)
    accepting.add_argument("id")
    accepting.add_argument("values", nargs="*", metavar="trường=giá_trị", help="nhận với giá trị khác")
    returning = _add(handovers, "return", _handovers_return)
    returning.add_argument("id")
    returning.add_argument("--reason", required=True)
    _add(handovers, "put-away", _handovers_put_away).add_argument("id")


def _add_cases(rooms: Rooms) -> None:
    cases = rooms.add_parser("cases").add_subparsers(required=True, metavar="LỆNH")
    _add(cases, "list", _cases_list)
    _add(cases, "show", _cases_show).add_argument("id")
    drafting = _add(cases, "draft", _cases_draft)
    drafting.add_argument("--unit", required=True)
    drafting.add_argument("values", nargs="+", metavar="trường=giá_trị")
    setting = _add(cases, "set", _cases_set)
    setting.add_argument("id")
    setting.add_argument("values", nargs="+", metavar="trường=giá_trị")
    step = _add(cases, "step", _cases_step)
    step.add_argument("id")
    step.add_argument("action")
    step.add_argument("--note", default="")


def _add_bundles(rooms: Rooms) -> None:
    groups = rooms.add_parser("bundle").add_subparsers(required=True, metavar="LỆNH")
    exporting = _add(groups, "export", _bundle_export)
    exporting.add_argument("file", type=Path, nargs="?", help="nếu không: gui-<tên máy>-<giờ>.yum ở đây")
    _add(groups, "take", _bundle_take).add_argument("file", type=Path)
    carrying = _add(groups, "carry", _bundle_carry)
    carrying.add_argument("file", type=Path)
    carrying.add_argument("--out", type=Path, help="nếu không: tra-loi-….yum bên cạnh")


if __name__ == "__main__":
    raise SystemExit(run())
