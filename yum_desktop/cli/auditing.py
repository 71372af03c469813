"""`yumctl audit` and `yumctl doctor`: what left this device in files; whether file and log are whole."""

import argparse
from typing import Final

from yum_desktop.cli.adding import Add, Answer
from yum_desktop.registry import audit, health
from yum_desktop.registry.audit import AuditLine
from yum_desktop.registry.engine import Registry

DONE: Final = 0
REFUSED: Final = 1
_CODES: Final = {
    "audit.changed": "Nhật ký xuất và xem không còn nguyên vẹn từ dòng {0}. Báo Đoàn cấp trên.",
    "audit.cut": "Nhật ký xuất và xem bị mất dòng từ dòng {0}. Báo Đoàn cấp trên.",
    "store.damaged": "Tệp dữ liệu hỏng: {0}. Sao lưu tệp rồi khôi phục từ bản sao lưu.",
}


def add(add_command: Add) -> None:
    """Add the commands."""
    listing = add_command("audit", _audit)
    listing.add_argument("--limit", type=int, default=None, help="chỉ các dòng mới nhất")
    add_command("doctor", _doctor)


def _audit(r: Registry, asked: argparse.Namespace) -> Answer:
    verdict = audit.verify(r)
    found = audit.lines(r, limit=asked.limit)
    said = [_line(one) for one in found] + [_said(verdict)]
    return _document(verdict) | {"lines": [_line_document(one) for one in found]}, said, _exit(verdict.code)


def _doctor(r: Registry, asked: argparse.Namespace) -> Answer:
    del asked
    verdict, damages = audit.verify(r), health.damages(r)
    document = {"store": {"ok": not damages, "damages": damages}, "audit": _document(verdict)}
    said = ["Tệp dữ liệu: nguyên vẹn"] if not damages else [_CODES["store.damaged"].format("; ".join(damages))]
    return document, [*said, _said(verdict)], _exit(verdict.code or damages)


def _exit(trouble: object) -> int:
    return REFUSED if trouble else DONE


def _document(verdict: audit.Verdict) -> dict[str, object]:
    return {
        "ok": not verdict.code, "count": verdict.lines, "code": verdict.code or None, "broken": verdict.broken,
        "head": verdict.head,
    }  # fmt: skip


def _said(verdict: audit.Verdict) -> str:
    if verdict.code:
        return f"{verdict.code}: " + _CODES[verdict.code].format(verdict.broken)
    return f"Nhật ký xuất và xem: {verdict.lines} dòng, nguyên vẹn. Dấu cuối: {verdict.head or '–'}"


def _line_document(line: AuditLine) -> dict[str, object]:
    return {
        "seq": line.seq, "at": line.at, "account": line.account, "device": line.device, "action": line.action,
        "what": dict(line.what), "hash": line.hash,
    }  # fmt: skip


def _line(line: AuditLine) -> str:
    told = ", ".join(f"{name}: {value}" for name, value in line.what.items())
    return f"{line.seq}  {line.at:%Y-%m-%d %H:%M} UTC  {line.account}  {line.device}  {line.action}  {told}"
