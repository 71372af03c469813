"""`yum-central`: sets up, fills, serves and looks after the central server. Described in `docs/cli.md`."""

import argparse
import json
import os
import random
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import exc
from starlette.applications import Starlette

from sync.protocol.errors import RejectedError
from sync.server.compact import compact, preview
from sync.server.erase import erase
from yum_desktop.central import moving, openapi, ruling, store
from yum_desktop.central.accounts import Account, Role
from yum_desktop.central.app import answer_bundle, build_app
from yum_desktop.central.fictitious import shipped_names
from yum_desktop.central.opened import Central, opened
from yum_desktop.central.pair_rules import pairs_about
from yum_desktop.central.passwords import invented
from yum_desktop.central.seed import CHAPTER_SIZE_MIN, Commune, UnitDraft, commune
from yum_desktop.central.serving import Address, serve, serve_by_many
from yum_desktop.domain.errors import InputError, YumError
from yum_desktop.exchange.gazetteer import shipped_gazetteer
from yum_desktop.registry.bundles import answer_path, bundle_content, write_whole
from yum_desktop.registry.clock import SystemClock, from_ms, new_id
from yum_desktop.registry.code_lists import shipped_items
from yum_desktop.registry.faults import translated
from yum_desktop.registry.kinds import KINDS, MEMBER_KIND, PAIR_KIND
from yum_desktop.registry.refusals import text_of

DONE: Final = 0
REFUSED: Final = 1
DATABASE: Final = "./central.db"
DATABASE_VARIABLE: Final = "YUM_CENTRAL_DB"

KEEP_DAYS: Final = 400
"""Who is away for a year still gets only what is new."""

KEEP_DAYS_MIN: Final = 30
_DAY_MS: Final = 86_400_000
_REFUSALS_DAYS: Final = 30
_CHAPTERS: Final = 12
_MEMBERS: Final = 2_000
_VIETNAM: Final = timedelta(hours=7)
_ROLES: Final = {Role.VIEWER: "xem", Role.EDITOR: "nhập và sửa", Role.ADMIN: "quản trị"}

Json = dict[str, "str | int | list[Json] | list[str] | dict[str, int] | None"]


@dataclass(frozen=True, slots=True)
class Report:
    """What a command has to say, for programs and for people.

    Attributes:
        data: Printed as one JSON document with ``--json``.
        lines: Printed without it.
        exit_code: `DONE` or `REFUSED`.
    """

    data: Json
    lines: Sequence[str]
    exit_code: int = DONE


Command = Callable[[argparse.Namespace], Report]
Reader = argparse.ArgumentParser
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  # it has no public name


def run() -> None:
    """Run the command of this process and end it."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run one command; return the exit code: 0 done, 1 refused. Wrong usage ends the process with 2.

    Errors go to standard error as ``code: text``.
    """
    options = parser().parse_args(argv)
    command: Command = options.command
    try:
        report = command(options)
    except YumError as error:
        return _failed(error)
    except exc.SQLAlchemyError as error:
        return _failed(translated(error))
    if options.json:
        print(json.dumps(report.data, ensure_ascii=False))
    else:
        print("\n".join(report.lines))
    return report.exit_code


def _failed(error: YumError) -> int:
    print(f"{error.code}: {error.text}", file=sys.stderr)
    return REFUSED


# ---- commands


def init(options: argparse.Namespace) -> Report:
    """Make the database, or bring it to this version."""
    with opened(options.db, create=True):
        return Report({"db": options.db}, [f"Cơ sở dữ liệu đã sẵn sàng: {options.db}"])


def seed(options: argparse.Namespace) -> Report:
    """Fill a new database with an invented commune, its neighbour, and their accounts."""
    with opened(options.db, create=True) as central:
        given: str | None = options.password
        drafts = _draft(options.members, options.seed)
        seats = _seats(drafts)
        if given is not None:
            for seat in seats:
                central.accounts.check_password(given, account=seat.account)
        unit_ids = store.load(central.server, drafts, shipped_items(), ids=new_id)
        passwords: dict[str, str] = {}
        for seat in seats:
            password = invented(secrets.choice) if given is None else given
            central.accounts.add(
                seat.account, unit_id=unit_ids[seat.unit.key], role=seat.role, password=password,
                full_name=seat.unit.name, must_change=given is None,
            )  # fmt: skip
            passwords[seat.account] = password
        rows = {"unit": len(drafts.units), "member": len(drafts.members)}
        accounts = [_shown(central.accounts.get(name), passwords[name]) for name in passwords]
    lines = [f"Đã tạo {rows['unit']} đơn vị, {rows['member']} đoàn viên.", *_password_lines(passwords, given is None)]
    return Report({"rows": rows, "accounts": accounts}, lines)


def _draft(members: int, number: int) -> Commune:
    today = (SystemClock().now() + _VIETNAM).date()
    chapters = min(_CHAPTERS, max(1, members // CHAPTER_SIZE_MIN))
    rng = random.Random(number)  # noqa: S311  # invents people, not secrets
    return commune(
        rng, today=today, members=members, chapters=chapters, gazetteer=shipped_gazetteer(), names=shipped_names()
    )


class Seat(NamedTuple):
    """An account of the seed."""

    account: str
    unit: UnitDraft
    role: Role


def _seats(drafts: Commune) -> list[Seat]:
    """Return who works with the seed: the province, both communes, and one chapter of the home commune."""
    units = {unit.key: unit for unit in drafts.units}
    home = units[drafts.home_key]
    chapter = next(unit for unit in drafts.units if unit.parent_key == home.key)
    province = units[home.parent_key or ""]
    seats = [
        Seat(f"tinh-{province.code}", province, Role.ADMIN),
        Seat(f"xa-{home.code}", home, Role.EDITOR),
        Seat(f"xa-{home.code}-xem", home, Role.VIEWER),
        Seat(f"chi-doan-{chapter.code}", chapter, Role.EDITOR),
    ]
    neighbours = (units[key] for key in drafts.neighbour_keys)
    return [*seats, *(Seat(f"xa-{unit.code}", unit, Role.EDITOR) for unit in neighbours)]


def add_account(options: argparse.Namespace) -> Report:
    """Add an account; a password that was not given is invented and printed once."""
    given = _given_password(options)
    with opened(options.db) as central:
        unit = store.find_unit(central.server.database, options.unit)
        password = invented(secrets.choice) if given is None else given
        central.accounts.add(
            options.name, unit_id=unit.unit_id, role=Role(options.role), password=password,
            full_name=options.full_name or unit.name, must_change=not options.keep_password,
        )  # fmt: skip
        account = central.accounts.get(options.name)
    lines = [f"Đã tạo tài khoản {account.name} của {unit.name}."]
    if given is None:
        lines += _password_lines({account.name: password}, account.must_change)
    return Report(_shown(account, None if given else password), lines)


def reset_password(options: argparse.Namespace) -> Report:
    """Give an account another password; one that was not given is invented and printed once."""
    given = _given_password(options)
    with opened(options.db) as central:
        password = invented(secrets.choice) if given is None else given
        central.accounts.reset_password(options.name, password, must_change=not options.keep_password)
        account = central.accounts.get(options.name)
    lines = [f"Đã đổi mật khẩu của {account.name}."]
    if given is None:
        lines += _password_lines({account.name: password}, account.must_change)
    return Report(_shown(account, None if given else password), lines)


def list_accounts(options: argparse.Namespace) -> Report:
    """List the accounts."""
    with opened(options.db) as central:
        names = store.unit_names(central.server.database)
        accounts = central.accounts.all()
    lines = [
        f"{account.name:<24} {_ROLES[account.role]:<12} {names.get(account.unit_id, '?')}{_remarks(account)}"
        for account in accounts
    ]
    shown: list[Json] = [_shown(account) | {"unit": names.get(account.unit_id)} for account in accounts]
    return Report({"accounts": shown}, lines or ["Chưa có tài khoản nào."])


def _remarks(account: Account) -> str:
    remarks = [
        text for text, holds in (("phải đổi mật khẩu", account.must_change), ("đã khóa", not account.active)) if holds
    ]
    return f" ({', '.join(remarks)})" if remarks else ""


def set_active(options: argparse.Namespace) -> Report:
    """Keep an account out, or let it in again."""
    with opened(options.db) as central:
        central.accounts.set_active(options.name, active=options.enable)
        account = central.accounts.get(options.name)
    done = "Đã mở lại" if account.active else "Đã khóa"
    return Report(_shown(account), [f"{done} tài khoản {account.name}."])


def list_devices(options: argparse.Namespace) -> Report:
    """List the devices."""
    with opened(options.db) as central:
        devices = central.devices.all(options.account)
    shown: list[Json] = [
        {
            "id": str(device.device_id),
            "account": device.account,
            "name": device.name,
            "enrolled_at": _instant(device.enrolled_at),
            "seen_at": _instant(device.seen_at),
            "revoked_at": _instant(device.revoked_at),
            "wipe": device.wipe,
        }
        for device in devices
    ]
    lines = [
        f"{device.device_id}  {device.account:<24} {device.name}{' (đã thu hồi)' if device.revoked_at else ''}"
        for device in devices
    ]
    return Report({"devices": shown}, lines or ["Chưa có thiết bị nào."])


def revoke_device(options: argparse.Namespace) -> Report:
    """Keep a device out from its next request on."""
    with opened(options.db) as central:
        central.devices.revoke(options.device)
    return Report({"id": str(options.device)}, ["Đã thu hồi quyền của thiết bị."])


def wipe_device(options: argparse.Namespace) -> Report:
    """Let a device send what waits at its next exchange, and then remove all data from its machine."""
    with opened(options.db) as central:
        central.devices.order_wipe(options.device)
    said = "Lần gửi nhận tới, thiết bị gửi hết việc chờ rồi xóa dữ liệu trên máy. Xem kết quả: yum-central device list."
    return Report({"id": str(options.device), "wipe": "ordered"}, [said])


def move_unit(options: argparse.Namespace) -> Report:
    """Move a unit under another one, or only show which devices that would touch."""
    with opened(options.db) as central:
        unit = store.find_unit(central.server.database, options.unit)
        parent = store.find_unit(central.server.database, options.under)
        touched = moving.move(central, unit.unit_id, parent.unit_id, preview=options.preview)
    shown: list[Json] = [
        {
            "account": row.account, "device": row.device, "seen_at": _instant(row.seen_at), "waiting": row.waiting,
            "loses": row.loses, "gains": row.gains,
        }
        for row in touched
    ]  # fmt: skip
    done = f"{'Sẽ chuyển' if options.preview else 'Đã chuyển'} {unit.name} về {parent.name}."
    return Report(
        {"unit": unit.name, "under": parent.name, "moved": int(not options.preview), "devices": shown},
        [done, f"Thiết bị liên quan: {len(touched)}", *map(_touched_line, touched)],
    )


def _touched_line(row: moving.Touched) -> str:
    waits = "chưa rõ" if row.waiting is None else str(row.waiting)
    seen = "chưa gửi nhận" if row.seen_at is None else f"lần cuối {row.seen_at + _VIETNAM:%d/%m/%Y %H:%M}"
    units = f"mất {row.loses} đơn vị, nhận {row.gains} đơn vị"
    return f"  {row.account:<24} {row.device:<24} {seen}; chờ gửi: {waits}; {units}"


def answer(options: argparse.Namespace) -> Report:
    """Apply a bundle that was carried here by hand, and write the answer that goes back with it."""
    source: Path = options.file
    target: Path = options.out or answer_path(source)
    with opened(options.db) as central:
        try:
            answered = answer_bundle(central.server, central.devices, bundle_content(source))
        except RejectedError as error:
            raise InputError(error.code, text_of(error.code)) from error
    write_whole(target, answered)
    return Report({"answer": str(target)}, [f"Đã nhận. Đưa {target} về máy đã gửi."])


def doctor(options: argparse.Namespace) -> Report:
    """Show what a device of a unit must hold; without a unit, look at the whole server."""
    with opened(options.db) as central:
        if options.scope is not None:
            unit = store.find_unit(central.server.database, options.scope)
            digest, rows = central.server.digest((unit.unit_id,))
            data: Json = {"unit": unit.name, "unit_id": str(UUID(bytes=unit.unit_id)), "digest": digest, "rows": rows}
            return Report(data, [unit.name, *_row_lines(digest, rows)])
        return _whole(central)


def _whole(central: Central) -> Report:
    digest, rows = central.server.digest(store.top_units(central.server.database))
    accounts, devices = central.accounts.all(), central.devices.all()
    weak = central.accounts.with_default_password()
    data: Json = {
        "digest": digest, "rows": rows, "accounts": len(accounts), "devices": len(devices), "default_passwords": weak,
    }  # fmt: skip
    lines = [*_row_lines(digest, rows), f"tài khoản: {len(accounts)}", f"thiết bị: {len(devices)}"]
    if weak:
        lines.append(f"account.default_password: {', '.join(weak)}")
    return Report(data, lines, REFUSED if weak else DONE)


def _row_lines(digest: str, rows: dict[str, int]) -> list[str]:
    return [f"digest: {digest}", *(f"{kind}: {count}" for kind, count in rows.items())]


def serve_forever(options: argparse.Namespace) -> Report:
    """Serve until told to stop. Refused while an account has a password that anyone would try."""
    address = Address(
        host=options.host, port=options.port, tls_cert=options.tls_cert, tls_key=options.tls_key,
        plain=options.plain_http,
    )  # fmt: skip
    address.check()
    with opened(options.db) as central:
        weak = central.accounts.with_default_password()
        if weak:
            text = f"Tài khoản còn mật khẩu mặc định: {', '.join(weak)}. Hãy đổi bằng yum-central account passwd."
            raise InputError("account.default_password", text)
        if options.processes == 1:
            app = build_app(central.server, central.accounts, central.devices)
            serve(app, address, lambda url: _announce(url, options.ready_file, as_json=options.json))
    if options.processes > 1:  # no connection of this process may be used by another one
        serve_by_many(
            lambda: _application(options.db), address,
            lambda url: _announce(url, options.ready_file, as_json=options.json), options.processes,
        )  # fmt: skip
    return Report({"status": "stopped"}, ["Đã dừng."])


@contextmanager
def _application(db: str) -> Iterator[Starlette]:
    with opened(db) as central:
        yield build_app(central.server, central.accounts, central.devices)


def describe(_options: argparse.Namespace) -> Report:
    """Print what the server answers to, as OpenAPI; needs no database."""
    data = openapi.description()
    return Report(data, json.dumps(data, ensure_ascii=False, indent=2).splitlines())


def rules(options: argparse.Namespace) -> Report:
    """Print the dated rules in force, or put those of a file in their place; devices get them like any change."""
    with opened(options.db) as central:
        if options.file is not None:
            ruling.replace(central.server, ruling.read(options.file), ids=new_id)
        found = ruling.plain(central.server)
    return Report(
        {"rules": found}, [f"{rule['key']:<24} {rule['from'] or '…'} – {rule['to'] or '…'}" for rule in found]
    )


def _announce(url: str, ready_file: Path | None, *, as_json: bool) -> None:
    """Say where the server is; the file appears whole, so that others may wait for it."""
    if ready_file is not None:
        waiting = ready_file.with_name(ready_file.name + ".new")
        waiting.write_text(url + "\n", encoding="utf-8")
        waiting.replace(ready_file)
    print(json.dumps({"url": url}) if as_json else f"Máy chủ đang chạy: {url}", flush=True)


# ---- parts of reports


def _given_password(options: argparse.Namespace) -> str | None:
    if options.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    given = options.password
    assert given is None or isinstance(given, str), "an option is text"
    return given


def _shown(account: Account, password: str | None = None) -> Json:
    data: Json = {
        "name": account.name,
        "full_name": account.full_name,
        "unit_id": str(UUID(bytes=account.unit_id)),
        "role": account.role.value,
        "must_change": int(account.must_change),
        "active": int(account.active),
        "blocked_until": _instant(account.blocked_until),
    }
    return data | ({"password": password} if password is not None else {})


def forget(options: argparse.Namespace) -> Report:
    """Forget what changed long ago; a device that was away for longer fetches everything again."""
    days: int = options.keep_days
    if days < KEEP_DAYS_MIN:
        raise InputError("compact.keep_days", f"Phải giữ ít nhất {KEEP_DAYS_MIN} ngày.", field="keep_days")
    with opened(options.db) as central:
        before_ms = central.server.clock_ms() - days * _DAY_MS
        work = preview if options.preview else compact
        done = work(central.server.database, before_ms=before_ms)
    told = "Sẽ bỏ" if options.preview else "Đã bỏ"
    data: Json = {
        "keep_days": days, "compacted": not options.preview, "lines": done.lines, "removed": done.removed,
        "receipts": done.receipts, "refusals": done.refusals,
    }  # fmt: skip
    line = f"{told} {done.lines} thay đổi cũ, nội dung của {done.removed} bản ghi đã xóa, {done.receipts} biên nhận."
    return Report(data, [line])


def list_refusals(options: argparse.Namespace) -> Report:
    """List what the server refused: whose, about which record, and why; never what was typed."""
    days: int = options.days
    with opened(options.db) as central:
        since_ms = central.server.clock_ms() - days * _DAY_MS
        found = central.server.refusals(since_ms=since_ms, account=options.account)
    rows: list[Json] = [
        {
            "account": its.account, "device": its.device, "kind": its.kind, "record": str(UUID(bytes=its.record_id)),
            "code": its.code, "field": its.field or None, "at": _instant(from_ms(its.received_at)),
        }
        for its in found
    ]  # fmt: skip
    lines = [
        f"{row['at']}  {row['account']:<24} {row['kind']:<10} {row['record']}  {row['code']} {row['field'] or ''}"
        for row in rows
    ]
    return Report({"refusals": rows}, lines or ["Không có thay đổi nào bị từ chối."])


def erase_record(options: argparse.Namespace) -> Report:
    """Erase one record with its history, here and on the devices at their next exchange."""
    record: UUID = options.record
    with opened(options.db) as central:
        pairs = pairs_about(central.server, record.bytes)
        if not erase(central.server, options.kind, record.bytes, account="yum-central"):
            raise InputError("record.unknown", "Máy chủ không có bản ghi này.", field="record")
        for pair in pairs:
            erase(central.server, PAIR_KIND, pair, account="yum-central")
    return Report({"erased": str(record)}, [f"Đã xóa hẳn {record}; các thiết bị xóa ở lần gửi nhận sau."])


def _password_lines(passwords: dict[str, str], must_change: bool) -> list[str]:
    told = "Mật khẩu chỉ hiện một lần" + ("; phải đổi trước lần đăng nhập đầu:" if must_change else ":")
    return [told, *(f"  {name:<24} {password}" for name, password in passwords.items())]


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat(timespec="seconds")


# ---- usage


def parser() -> argparse.ArgumentParser:
    """Return the reader of the command line. ``--db`` and ``--json`` may stand before and after the command."""
    top = argparse.ArgumentParser(prog="yum-central", description="Máy chủ trung tâm của Yum Desktop.")
    _add_shared(top, db=os.environ.get(DATABASE_VARIABLE, DATABASE), as_json=False)
    shared = argparse.ArgumentParser(add_help=False)
    _add_shared(shared, db=argparse.SUPPRESS, as_json=argparse.SUPPRESS)
    groups = top.add_subparsers(required=True, metavar="LỆNH")
    _add(groups, shared, "init", init, "tạo cơ sở dữ liệu, hoặc nâng lên bản này")
    _add_seed(_add(groups, shared, "seed", seed, "ghi dữ liệu mẫu: một xã, xã bên cạnh và tài khoản"))
    _add_accounts(groups.add_parser("account", help="tài khoản"), shared)
    _add_devices(groups.add_parser("device", help="thiết bị"), shared)
    _add_serve(_add(groups, shared, "serve", serve_forever, "chạy máy chủ"))
    _add(groups, shared, "openapi", describe, "in mô tả giao diện HTTP của máy chủ (OpenAPI)")
    _add_units(groups.add_parser("unit", help="cây đơn vị"), shared)
    ruled = _add(groups, shared, "rules", rules, "xem các quy tắc có ngày hiệu lực, hoặc thay bằng tệp")
    ruled.add_argument("file", type=Path, nargs="?", metavar="TỆP", help="tệp JSON như resources/data/rules.json")
    answering = _add(groups, shared, "bundle", answer, "nhận tệp mang đến bằng thẻ nhớ, ghi tệp trả lời")
    answering.add_argument("file", type=Path, metavar="TỆP")
    answering.add_argument("--out", type=Path, metavar="TỆP", help="tệp trả lời (mặc định: tra-loi-….yum bên cạnh)")
    forgetting = _add(groups, shared, "compact", forget, "bỏ bớt lịch sử thay đổi đã cũ")
    forgetting.add_argument(
        "--keep-days", type=int, default=KEEP_DAYS, metavar="N", help=f"giữ N ngày gần nhất (mặc định {KEEP_DAYS})"
    )
    forgetting.add_argument("--preview", action="store_true", help="chỉ xem sẽ bỏ bao nhiêu, không bỏ")
    refused = _add(groups, shared, "refusals", list_refusals, "liệt kê thay đổi bị từ chối")
    refused.add_argument("--account", metavar="TÊN", help="chỉ của một tài khoản")
    refused.add_argument("--days", type=int, default=_REFUSALS_DAYS, metavar="N", help="trong N ngày gần nhất")
    erasing = _add(groups, shared, "erase", erase_record, "xóa hẳn một người: cả lịch sử, trên máy chủ và mọi thiết bị")
    erasing.add_argument("record", type=UUID, metavar="ID")
    erasing.add_argument("--kind", choices=tuple(kind.name for kind in KINDS if not kind.shared), default=MEMBER_KIND)
    checking = _add(groups, shared, "doctor", doctor, "kiểm tra máy chủ, hoặc dữ liệu của một đơn vị")
    checking.add_argument("--scope", metavar="ĐƠN_VỊ", help="id hoặc mã của đơn vị")
    return top


def _add_shared(reader: argparse.ArgumentParser, *, db: str, as_json: bool | str) -> None:
    told = f"tệp SQLite hoặc postgresql://… (mặc định: ${DATABASE_VARIABLE} hoặc {DATABASE})"
    reader.add_argument("--db", default=db, metavar="TỆP_HOẶC_URL", help=told)
    reader.add_argument("--json", action="store_true", default=as_json, help="in một tài liệu JSON")


def _add(groups: Commands, shared: argparse.ArgumentParser, name: str, command: Command, told: str) -> Reader:
    reader = groups.add_parser(name, help=told, description=told, parents=[shared])
    reader.set_defaults(command=command)
    return reader


def _add_seed(reader: Reader) -> None:
    reader.add_argument("--profile", choices=("commune",), default="commune", help="quy mô")
    reader.add_argument("--members", type=int, default=_MEMBERS, help=f"số đoàn viên của xã (mặc định {_MEMBERS})")
    reader.add_argument("--seed", type=int, default=1, help="cùng số thì cùng dữ liệu")
    reader.add_argument("--password", help="một mật khẩu cho mọi tài khoản, không phải đổi (chỉ để giới thiệu)")


def _add_accounts(reader: Reader, shared: argparse.ArgumentParser) -> None:
    groups = reader.add_subparsers(required=True, metavar="VIỆC")
    adding = _add(groups, shared, "add", add_account, "thêm tài khoản")
    adding.add_argument("name", metavar="TÊN")
    adding.add_argument("--unit", required=True, metavar="ĐƠN_VỊ", help="id hoặc mã của đơn vị")
    adding.add_argument("--role", choices=[role.value for role in Role], default=Role.EDITOR.value)
    adding.add_argument("--full-name", metavar="HỌ_TÊN", help="người giữ tài khoản (mặc định: tên đơn vị)")
    _add_password(adding)
    changing = _add(groups, shared, "passwd", reset_password, "đặt lại mật khẩu")
    changing.add_argument("name", metavar="TÊN")
    _add_password(changing)
    _add(groups, shared, "list", list_accounts, "liệt kê tài khoản")
    for name, enable, told in (("disable", False, "khóa tài khoản"), ("enable", True, "mở lại tài khoản")):
        switching = _add(groups, shared, name, set_active, told)
        switching.set_defaults(enable=enable)
        switching.add_argument("name", metavar="TÊN")


def _add_password(reader: Reader) -> None:
    given = reader.add_mutually_exclusive_group()
    given.add_argument("--password", help="mật khẩu (mặc định: tự tạo và in một lần)")
    given.add_argument("--password-stdin", action="store_true", help="đọc mật khẩu từ dòng nhập")
    reader.add_argument("--keep-password", action="store_true", help="không bắt đổi ở lần đăng nhập đầu")


def _add_devices(reader: Reader, shared: argparse.ArgumentParser) -> None:
    groups = reader.add_subparsers(required=True, metavar="VIỆC")
    listing = _add(groups, shared, "list", list_devices, "liệt kê thiết bị")
    listing.add_argument("--account", metavar="TÊN", help="chỉ của một tài khoản")
    revoking = _add(groups, shared, "revoke", revoke_device, "thu hồi quyền của thiết bị")
    revoking.add_argument("device", type=UUID, metavar="ID")
    wiping = _add(groups, shared, "wipe", wipe_device, "gửi hết việc chờ rồi xóa dữ liệu trên máy của thiết bị")
    wiping.add_argument("device", type=UUID, metavar="ID")


def _add_units(reader: Reader, shared: argparse.ArgumentParser) -> None:
    groups = reader.add_subparsers(required=True, metavar="VIỆC")
    moved = _add(groups, shared, "move", move_unit, "chuyển đơn vị về dưới đơn vị khác")
    moved.add_argument("unit", metavar="ĐƠN_VỊ", help="id hoặc mã của đơn vị")
    moved.add_argument("--under", required=True, metavar="ĐƠN_VỊ", help="id hoặc mã của đơn vị cấp trên mới")
    moved.add_argument("--preview", action="store_true", help="chỉ xem thiết bị nào liên quan, không chuyển")


def _add_serve(reader: Reader) -> None:
    reader.add_argument("--host", default="127.0.0.1", help="địa chỉ để nghe (mặc định chỉ máy này)")
    reader.add_argument("--port", type=int, default=8_443, help="cổng; 0: cổng trống bất kỳ (mặc định 8443)")
    reader.add_argument("--tls-cert", type=Path, metavar="TỆP", help="chứng thư TLS")
    reader.add_argument("--tls-key", type=Path, metavar="TỆP", help="khóa của chứng thư")
    reader.add_argument("--plain-http", action="store_true", help="không TLS, vì phía trước đã có máy chủ TLS")
    reader.add_argument(
        "--processes",
        type=int,
        choices=range(1, 33),
        default=1,
        metavar="SỐ",
        help="số tiến trình cùng phục vụ (mặc định 1)",
    )
    reader.add_argument("--ready-file", type=Path, metavar="TỆP", help="ghi địa chỉ vào tệp này khi đã sẵn sàng")


if __name__ == "__main__":
    run()
