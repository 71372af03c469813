"""`yumctl members duplicates`, `merge`, `different`, `numbers`: who may be entered twice, and what to do about it."""

import argparse
from dataclasses import asdict
from typing import Final
from uuid import UUID

from sync.protocol.kinds import Value
from yum_desktop.cli.adding import Add, Answer
from yum_desktop.domain.check import parse_value
from yum_desktop.domain.duplicates import STRENGTH_LABELS, explained
from yum_desktop.domain.errors import InputError
from yum_desktop.domain.member import BY_NAME, Shape
from yum_desktop.domain.merging import Choice
from yum_desktop.registry import code_lists, numbers, pairs
from yum_desktop.registry.duplicates import Side, Suspect
from yum_desktop.registry.engine import Registry

DONE: Final = 0
_CHANNEL: Final = "cli"


def add(add_command: Add) -> None:
    """Add the commands."""
    add_command("duplicates", _duplicates).add_argument("--all", action="store_true", help="cả những cặp đã kết luận")
    merging = add_command("merge", _merge)
    merging.add_argument("loser", help="hồ sơ được gộp, rồi bỏ")
    merging.add_argument("survivor", help="hồ sơ giữ lại")
    merging.add_argument("choices", nargs="*", metavar="trường=mine|theirs|=giá_trị", help="mine: của hồ sơ giữ lại")
    different = add_command("different", _different)
    different.add_argument("one")
    different.add_argument("other")
    different.add_argument("--note", default="")
    known = add_command("numbers", _numbers)
    known.add_argument("number", nargs="?", help="số giấy tờ cần xem có ở đơn vị khác không")
    known.add_argument("--renew", action="store_true", help="tải lại từ máy chủ")


def _duplicates(r: Registry, asked: argparse.Namespace) -> Answer:
    found = pairs.reviewed(r)
    document: dict[str, object] = {
        "open": [_suspect(each) for each in found.open],
        "refused": [asdict(each) for each in found.refused],
    }
    lines = [_line(each) for each in found.open]
    lines += [f"{each.side.full_name} ({each.side.unit_name})  {each.other_title} ({each.other_unit})  máy chủ đã trả"
              for each in found.refused]  # fmt: skip
    if asked.all:
        document["different"] = [
            _suspect(each.suspect) | {"pair_id": each.pair_id, "decided_by": each.decided_by, "note": each.note}
            for each in found.different
        ]
        lines += [f"{_line(each.suspect)}  ({each.decided_by}: hai người)" for each in found.different]
    return document, lines or ["Không có cặp nào cần xem."], DONE


def _merge(r: Registry, asked: argparse.Namespace) -> Answer:
    loser, survivor = _id(asked.loser), _id(asked.survivor)
    merging = pairs.prepare(r, loser, survivor, survivor=survivor)
    known = {choice.name: choice for choice in merging.choices}
    chosen = dict(_chosen(r, text, known) for text in asked.choices)
    for choice in merging.choices:
        if choice.asks and BY_NAME[choice.name].identifies and choice.name not in chosen:
            label = BY_NAME[choice.name].label
            raise InputError("pair.incomplete", f"{label} khác nhau: hãy chọn {choice.name}=mine hoặc theirs.",
                             field=choice.name)  # fmt: skip
    values = {name: value for name, choice in known.items() if (value := chosen.get(name, choice.value)) != choice.mine}
    values.update({name: value for name, value in chosen.items() if name not in known})
    group = pairs.merge(r, loser, survivor, values)
    document = {"survivor": survivor, "loser": loser, "changed": sorted(values), "group": group}
    return document, [f"Đã gộp vào {merging.survivor.full_name}. Hoàn tác: yumctl undo {group}"], DONE


def _different(r: Registry, asked: argparse.Namespace) -> Answer:
    group = pairs.say_different(r, _id(asked.one), _id(asked.other), note=asked.note, channel=_CHANNEL)
    return {"group": group}, ["Đã nhớ: hai người khác nhau."], DONE


def _numbers(r: Registry, asked: argparse.Namespace) -> Answer:
    new = numbers.renew(r) if asked.renew else False
    document: dict[str, object] = {**numbers.state(r), "new": new}
    lines = [f"{document['numbers'] or 0} số, {document['bytes']} byte"]
    if asked.number:
        perhaps = numbers.perhaps_elsewhere(r, asked.number)
        document["perhaps_elsewhere"] = perhaps
        lines.append("Có thể đã có ở đơn vị khác." if perhaps else "Không thấy ở đơn vị khác.")
    return document, lines, DONE


def _chosen(r: Registry, text: str, known: dict[str, Choice]) -> tuple[str, Value]:
    name, equals, word = text.partition("=")
    field = BY_NAME.get(name)
    if not equals or field is None or field.shape is Shape.UNIT:
        raise InputError("member.field_unknown", f"Không có trường “{name}”. Viết tên_trường=mine.", field=name)
    choice = known.get(name)
    if word in {"mine", "theirs"}:
        if choice is None:
            return name, None
        return name, choice.mine if word == "mine" else choice.theirs
    if not word.startswith("="):
        raise InputError("pair.choice", f"{name}: viết mine, theirs hoặc ==giá_trị.", field=name)
    return name, parse_value(field, word[1:], code_lists.codes(r), r.clock.now().date())


def _suspect(suspect: Suspect) -> dict[str, object]:
    return {
        "first": asdict(suspect.first), "second": asdict(suspect.second), "strength": suspect.strength,
        "reasons": list(suspect.reasons), "advice": suspect.advice,
    }  # fmt: skip


def _line(suspect: Suspect) -> str:
    sides = f"{_side(suspect.first)}  {_side(suspect.second)}"
    return f"{STRENGTH_LABELS[suspect.strength]}  {sides}  {explained(suspect.reasons)}"


def _side(side: Side) -> str:
    return f"{side.member_id} {side.full_name} ({side.unit_name})"


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InputError("input.id", f"“{text}” không phải mã bản ghi.") from error
