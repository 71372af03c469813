"""`yumctl handovers`: work on records that have left a scope, received or own, and what is decided about it."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Final
from uuid import UUID

from sync.protocol.kinds import Value
from yum_desktop.domain.errors import InputError
from yum_desktop.registry import handovers
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.kinds import MEMBER_KIND
from yum_desktop.registry.views import HandoverRow

_CHANNEL: Final = "cli"
_OPERATIONS: Final = {"create": "thêm mới", "edit": "sửa", "delete": "xóa"}

Lines = list[str]
Texts = Callable[[Value], str]


def listed(r: Registry, *, mine: bool, every: bool, text: Texts) -> tuple[object, Lines]:
    """Return what waits for a decision here, or the own; `every`: the decided ones too."""
    rows = handovers.mine(r) if mine else handovers.received(r, waiting_only=not every)
    return [asdict(row) for row in rows], [line for row in rows for line in _lines(row, text)]


def shown(r: Registry, handover_id: UUID, text: Texts) -> tuple[object, Lines]:
    """Return one hand-over."""
    row = handovers.handover(r, handover_id)
    return asdict(row), _lines(row, text)


def accepted(r: Registry, handover_id: UUID, values: dict[str, Value], text: Texts) -> tuple[object, Lines]:
    """Accept one, some values replaced."""
    handovers.accept(r, handover_id, values, channel=_CHANNEL)
    return _decided(r, handover_id, text)


def returned(r: Registry, handover_id: UUID, why: str, text: Texts) -> tuple[object, Lines]:
    """Return one to its author."""
    handovers.give_back(r, handover_id, why, channel=_CHANNEL)
    return _decided(r, handover_id, text)


def put_away(r: Registry, handover_id: UUID) -> tuple[object, Lines]:
    """Show own work no more."""
    handovers.put_away(r, handover_id, channel=_CHANNEL)
    return {"handover_id": handover_id}, ["Đã cất đi."]


def check_values(r: Registry, handover_id: UUID) -> None:
    """Refuse other values for what is no member.

    Raises:
        InputError: `handover.values`: other values can be given for members only.
    """
    if handovers.handover(r, handover_id).kind != MEMBER_KIND:
        raise InputError("handover.values", "Chỉ đổi được giá trị của đoàn viên khi nhận bàn giao.")


def _decided(r: Registry, handover_id: UUID, text: Texts) -> tuple[object, Lines]:
    document, lines = shown(r, handover_id, text)
    return document, [*lines, "Đã quyết định. Chạy yumctl sync để gửi."]


def _lines(row: HandoverRow, text: Texts) -> Lines:
    where = f"đã chuyển đến {row.to_name}" if row.mine else f"{row.account} ({row.from_name})"
    head = (
        f"{row.handover_id}  {row.title}  {_OPERATIONS[row.operation]}  {where}  {row.at:%d/%m/%Y %H:%M}  {row.state}"
    )
    fields = [
        f"  {field.label}: {text(field.base)} → {text(field.value)}"
        + ("" if row.mine or field.now == field.base else f" (nay: {text(field.now)})")
        for field in row.fields
    ]
    problem = [f"  {row.problem.code}: {row.problem.text}"] if row.problem is not None else []
    return [head, *fields, *problem, *([f"  Lý do trả lại: {row.why}"] if row.why else [])]
