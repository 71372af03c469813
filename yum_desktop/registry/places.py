"""Places that the shipped map lacks: reported from the form without a connection, answered by a superior (domain §1.7).

A report is a record of the unit that missed the place, so every unit above sees it. What a superior accepts becomes a
record of everybody (`place`), which the map takes in beside the shipped places.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, select

from sync.protocol.kinds import UNIT, Values
from yum_desktop.domain.errors import ConflictError, InputError
from yum_desktop.domain.text import fold
from yum_desktop.registry import unit_tree
from yum_desktop.registry.changing import change, group_of
from yum_desktop.registry.checks import check_text
from yum_desktop.registry.clock import as_ms, from_ms
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.kinds import PLACE_REPORT_KIND
from yum_desktop.registry.tables import PlaceRecord, PlaceReportRecord

TEXT_LENGTH_MAX: Final = 500
DECIDES: Final = frozenset({"TW", "TINH"})
"""Levels of the units whose answer everybody gets."""
_DESKTOP: Final = "desktop"


class Wanted(StrEnum):
    """In which set a place is missing."""

    TODAY = "34"
    FORMER = "63"


class ReportState(StrEnum):
    """What became of a report."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REFUSED = "refused"


STATE_LABELS: Final = {
    ReportState.WAITING: "Chờ trả lời",
    ReportState.ACCEPTED: "Đã bổ sung",
    ReportState.REFUSED: "Không bổ sung",
}


@dataclass(frozen=True, slots=True)
class ExtraPlace:
    """A place, or another name of one, beside the shipped map.

    Attributes:
        code: Of the place; one that the shipped map has already only gets the other names.
        kind: Key of `exchange.gazetteer.KIND_LABELS`.
        name: Without the kind.
        province: Code of today's province.
        others: Other names.
    """

    code: str
    kind: str
    name: str
    province: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A place that somebody missed."""

    report_id: UUID
    unit_id: UUID
    unit_name: str
    text: str
    wanted: str
    province: str | None
    state: str
    answer: Mapping[str, str]
    why: str
    reported_by: str
    reported_at: datetime | None
    decided_by: str
    own: bool
    """It is the own unit's, so that somebody above has to answer."""


def report(
    r: Registry,
    text: str,
    *,
    unit_id: UUID | None = None,
    wanted: Wanted = Wanted.TODAY,
    province: str | None = None,
    channel: str = _DESKTOP,
) -> UUID:
    """Report that a place is missing; the same place of the same unit only once while it waits.

    Args:
        r: The records.
        text: As it stands in the address.
        unit_id: The unit that misses it; the account's own where none is named.
        wanted: In which set.
        province: Code of its province, where that is known.
        channel: Where it comes from.

    Raises:
        InputError: `place.text_needed`, `place.unit_needed`, `text.odd`, and those of `changing.change`.
    """
    check_text(text, field="text")
    plain = " ".join(text.split())
    if not plain or len(plain) > TEXT_LENGTH_MAX:
        raise InputError("place.text_needed", f"Ghi tên nơi còn thiếu, nhiều nhất {TEXT_LENGTH_MAX} chữ.", field="text")
    unit = unit_id or r.identity.unit_id
    if unit is None:
        raise InputError("place.unit_needed", "Chọn đơn vị báo thiếu địa danh.", field="unit")
    author = r.author(channel=channel, group=group_of(r))
    with change(r) as conn:
        for row in conn.execute(select(PlaceReportRecord.id, PlaceReportRecord.text, PlaceReportRecord.state)
                                .where(PlaceReportRecord.unit_id == unit.bytes)):  # fmt: skip
            if row.state == ReportState.WAITING and fold(row.text or "") == fold(plain):
                return UUID(bytes=row.id)
        report_id = r.new_id()
        values: Values = {
            UNIT: unit.bytes, "text": plain, "wanted": wanted.value, "province": province,
            "state": ReportState.WAITING.value, "reported_by": r.identity.account, "reported_at": as_ms(r.clock.now()),
        }  # fmt: skip
        r.replica.create(conn, PLACE_REPORT_KIND, report_id.bytes, values, author)
    return report_id


def reports(r: Registry, *, waiting_only: bool = False) -> list[ReportRow]:
    """Return the reports of this scope, the newest first."""
    with r.read() as conn:
        names = unit_tree.names(conn)
        rows = conn.execute(select(PlaceReportRecord.__table__).order_by(PlaceReportRecord.id.desc())).all()
        found = [_row(row, names, r.identity.unit_id) for row in rows]
    return [row for row in found if row.state == ReportState.WAITING or not waiting_only]


def accept(r: Registry, report_id: UUID, answer: Mapping[str, str], *, channel: str = _DESKTOP) -> None:
    """Answer a report: ``{"code"}`` of the place that is meant, or ``{"kind", "name", "province"}`` of a new one.

    Everybody has the place when the server has accepted the answer.

    Raises:
        InputError: `place.unknown`, `place.answer`, `place.by_superior`.
        ConflictError: `place.settled`.
    """
    if set(answer) not in ({"code"}, {"kind", "name", "province"}) or not all(answer.values()):
        raise InputError("place.answer", "Cho mã địa danh đã có, hoặc loại, tên và tỉnh của địa danh mới.")
    text = json.dumps(dict(answer), ensure_ascii=False, sort_keys=True)
    _decide(r, report_id, {"state": ReportState.ACCEPTED.value, "answer": text, "why": None}, channel)


def refuse(r: Registry, report_id: UUID, why: str, *, channel: str = _DESKTOP) -> None:
    """Answer a report with why there is no such place to add.

    Raises:
        InputError: `place.unknown`, `place.reason_needed`, `place.by_superior`, `text.odd`.
        ConflictError: `place.settled`.
    """
    check_text(why, field="why")
    if not why.strip():
        raise InputError("place.reason_needed", "Ghi lý do để đơn vị báo biết.", field="why")
    _decide(r, report_id, {"state": ReportState.REFUSED.value, "answer": None, "why": why.strip()}, channel)


def _decide(r: Registry, report_id: UUID, values: Values, channel: str) -> None:
    author = r.author(channel=channel, group=group_of(r))
    with change(r) as conn:
        columns = (PlaceReportRecord.unit_id, PlaceReportRecord.state)
        row = conn.execute(select(*columns).where(PlaceReportRecord.id == report_id.bytes)).first()
        if row is None:
            raise InputError("place.unknown", "Không còn báo cáo địa danh này trên máy.")
        if row.state != ReportState.WAITING:
            raise ConflictError("place.settled", "Báo cáo này đã được trả lời.")
        own = r.identity.unit_id
        if own is None or row.unit_id == own.bytes or _level(conn, own) not in DECIDES:
            raise InputError("place.by_superior", "Việc này do Đoàn cấp tỉnh trở lên trả lời.")
        r.replica.edit(conn, PLACE_REPORT_KIND, report_id.bytes, values, author)


def extra_places(conn: Connection) -> tuple[ExtraPlace, ...]:
    """Return what superiors have added to the map."""
    columns = (PlaceRecord.code, PlaceRecord.kind, PlaceRecord.name, PlaceRecord.province, PlaceRecord.others)
    rows = conn.execute(select(*columns).order_by(PlaceRecord.code, PlaceRecord.id)).all()
    return tuple(
        ExtraPlace(code, kind or "", name or "", province or "", tuple(json.loads(others or "[]")))
        for code, kind, name, province, others in rows
        if code
    )


def _level(conn: Connection, unit_id: UUID) -> str | None:
    row = conn.exec_driver_sql("SELECT level FROM unit WHERE id = ?", (unit_id.bytes,)).first()
    return None if row is None else row[0]


def _row(row: Row[Any], names: Mapping[bytes, str], own: UUID | None) -> ReportRow:
    return ReportRow(
        report_id=UUID(bytes=row.id),
        unit_id=UUID(bytes=row.unit_id),
        unit_name=names.get(row.unit_id, ""),
        text=row.text or "",
        wanted=row.wanted or Wanted.TODAY.value,
        province=row.province,
        state=row.state or ReportState.WAITING.value,
        answer=json.loads(row.answer or "{}"),
        why=row.why or "",
        reported_by=row.reported_by or "",
        reported_at=None if row.reported_at is None else from_ms(row.reported_at),
        decided_by=row.decided_by or "",
        own=own is not None and row.unit_id == own.bytes,
    )
