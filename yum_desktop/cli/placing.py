"""`yumctl places`: finds places of before and after July 2025, reports missing ones, and answers such reports."""

import argparse
from dataclasses import asdict
from typing import Final
from uuid import UUID

from yum_desktop.cli.adding import Add, Answer
from yum_desktop.cli.importing import find_unit
from yum_desktop.domain.errors import InputError
from yum_desktop.exchange.addresses import read_address, reason_of
from yum_desktop.exchange.gazetteer import Gazetteer, Place, kind_and_name, shipped_gazetteer
from yum_desktop.registry import places, queries
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.places import STATE_LABELS, ReportRow, ReportState, Wanted

DONE: Final = 0
_CHANNEL: Final = "cli"


def add(add_command: Add) -> None:
    """Add the commands."""
    finding = add_command("find", _find)
    finding.add_argument("text", help="tên nơi, có hoặc không dấu; sau dấu phẩy là nơi ở trên")
    finding.add_argument("--limit", type=int, default=10)
    reporting = add_command("report", _report)
    reporting.add_argument("text")
    reporting.add_argument("--unit")
    reporting.add_argument("--set", choices=[each.value for each in Wanted], default=Wanted.TODAY.value)
    reporting.add_argument("--province", help="mã tỉnh")
    add_command("reports", _reports).add_argument("--all", action="store_true", help="cả những báo cáo đã trả lời")
    accepting = add_command("accept", _accept)
    accepting.add_argument("id")
    accepting.add_argument("--code", help="mã của địa danh đã có trong danh mục")
    accepting.add_argument("--name", help="tên địa danh mới, cả loại: Xã Mường Vạt")
    accepting.add_argument("--province", help="mã tỉnh của địa danh mới")
    refusing = add_command("refuse", _refuse)
    refusing.add_argument("id")
    refusing.add_argument("--reason", required=True)


def _map(r: Registry) -> Gazetteer:
    with r.read() as conn:
        return shipped_gazetteer().with_extras(places.extra_places(conn))


def _find(r: Registry, asked: argparse.Namespace) -> Answer:
    gazetteer = _map(r)
    offer = read_address(gazetteer, asked.text)
    found = gazetteer.find(asked.text, limit=asked.limit)
    document = {
        "offer": None if offer is None else {
            "reason": reason_of(gazetteer, offer), "detail": offer.detail,
            "choices": [_plain(gazetteer, place) for place in offer.choices],
        },
        "places": [_plain(gazetteer, place) for place in found],
    }  # fmt: skip
    lines = [] if offer is None else [reason_of(gazetteer, offer)]
    return document, [*lines, *(_line(gazetteer, place) for place in found)], DONE


def _plain(gazetteer: Gazetteer, place: Place) -> dict[str, object]:
    now = [{"code": each.code, "name": gazetteer.full_name(each)} for each in gazetteer.successors(place)]
    return {"code": place.code, "name": gazetteer.full_name(place), "current": place.current, "now": now}


def _line(gazetteer: Gazetteer, place: Place) -> str:
    now = ", ".join(gazetteer.full_name(each) for each in gazetteer.successors(place))
    return f"{place.code:<6} {gazetteer.full_name(place)}" + (f" (cũ) → {now}" if now else "")


def _report(r: Registry, asked: argparse.Namespace) -> Answer:
    unit_id = None if asked.unit is None else find_unit(queries.unit_tree(r), asked.unit).unit_id
    report_id = places.report(
        r, asked.text, unit_id=unit_id, wanted=Wanted(asked.set), province=asked.province, channel=_CHANNEL
    )
    return {"report_id": report_id}, [f"Đã ghi {report_id}. Chạy yumctl sync để gửi cấp trên."], DONE


def _reports(r: Registry, asked: argparse.Namespace) -> Answer:
    rows = places.reports(r, waiting_only=not asked.all)
    return [asdict(row) for row in rows], [_report_line(row) for row in rows] or ["Không có địa danh nào chờ."], DONE


def _report_line(row: ReportRow) -> str:
    state = STATE_LABELS[ReportState(row.state)] if row.state in set(ReportState) else row.state
    tail = f": {row.why}" if row.why else ""
    return f"{row.report_id}  {row.text}  ({row.unit_name}, {row.reported_by})  {state}{tail}"


def _accept(r: Registry, asked: argparse.Namespace) -> Answer:
    report_id = _id(asked.id)
    if asked.code:
        answer = {"code": asked.code}
    elif asked.name and asked.province:
        named = kind_and_name(asked.name)
        if named is None:
            raise InputError("place.kind", "Ghi cả loại: Xã, Phường hoặc Đặc khu.", field="name")
        answer = {"kind": named[0], "name": named[1], "province": asked.province}
    else:
        raise InputError("place.answer", "Cho --code, hoặc --name và --province.")
    places.accept(r, report_id, answer, channel=_CHANNEL)
    return {"report_id": report_id, "answer": answer}, ["Đã nhận. Chạy yumctl sync để mọi máy có địa danh này."], DONE


def _refuse(r: Registry, asked: argparse.Namespace) -> Answer:
    report_id = _id(asked.id)
    places.refuse(r, report_id, asked.reason, channel=_CHANNEL)
    return {"report_id": report_id}, ["Đã trả lời. Chạy yumctl sync để gửi."], DONE


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InputError("place.unknown", f"Không có báo cáo {text}.", field="id") from error
