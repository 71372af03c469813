"""The server's side of places that the map lacks: who may answer, and that an accepted one becomes everybody's."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from sync.core.squash import Op
from sync.protocol.kinds import UNIT, Value, Values
from sync.server.records import Actor, Tx
from sync.server.rules import Effect, Refusal
from yum_desktop.exchange.gazetteer import KIND_LABELS, Tier, shipped_gazetteer
from yum_desktop.registry.kinds import PLACE_KIND, PLACE_REPORT_KIND, UNIT_KIND
from yum_desktop.registry.places import DECIDES, TEXT_LENGTH_MAX, ReportState

_REASON: Final = "Bổ sung địa danh"
_FIXED: Final = ("text", "wanted", "province", "reported_by", "reported_at")
_NEW: Final = frozenset({"kind", "name", "province"})


class PlaceRules:
    """Checks and effects of reports of missing places."""

    def check(self, tx: Tx, actor: Actor, before: Values | None, after: Values | None) -> Refusal | None:
        """Return why a report must not be made, answered or removed so, or nothing."""
        if after is None:
            settled = before is not None and before["state"] != ReportState.WAITING
            return Refusal("place.settled", "state", "Báo cáo này đã được trả lời.") if settled else None
        if before is None:
            return _check_new(after)
        fixed = next((name for name in (*_FIXED, UNIT) if before.get(name) != after.get(name)), None)
        if fixed is not None:
            return Refusal("field.read_only", fixed, "Không đổi được sau khi đã báo.")
        if before["state"] != ReportState.WAITING:
            return Refusal("place.settled", "state", "Báo cáo này đã được trả lời.")
        return _check_superior(tx, actor, before[UNIT]) or _check_answer(after)

    def effects(
        self, tx: Tx, actor: Actor, record_id: bytes, before: Values | None, after: Values | None
    ) -> Sequence[Effect]:
        """Return what follows from an answer: who gave it, and the place for everybody."""
        if before is None or after is None or before["state"] == after["state"]:
            return ()
        decided = Effect(
            PLACE_REPORT_KIND, record_id, Op.EDIT, {"decided_by": actor.account, "decided_at": tx.now_ms}, _REASON
        )
        if after["state"] != ReportState.ACCEPTED:
            return (decided,)
        return (decided, Effect(PLACE_KIND, tx.new_id(), Op.CREATE, _place_of(record_id, after), _REASON))


def _check_new(after: Values) -> Refusal | None:
    text = after.get("text")
    if not isinstance(text, str) or not text.strip() or len(text) > TEXT_LENGTH_MAX:
        return Refusal("place.text_needed", "text", "Báo cáo phải ghi tên nơi còn thiếu.")
    if after.get("state") != ReportState.WAITING or after.get("answer") or after.get("why"):
        return Refusal("place.answer", "state", "Báo cáo mới chưa thể có trả lời.")
    return None


def _check_superior(tx: Tx, actor: Actor, unit_id: Value) -> Refusal | None:
    """Return that somebody may not answer: the answer is everybody's, so it is given from a province upwards."""
    for root in actor.roots:
        unit = tx.get(UNIT_KIND, root)
        if root != unit_id and unit is not None and unit.values["level"] in DECIDES and tx.within(unit_id, [root]):
            return None
    return Refusal("place.by_superior", "state", "Việc này do Đoàn cấp tỉnh trở lên trả lời.")


def _check_answer(after: Values) -> Refusal | None:
    if after["state"] == ReportState.REFUSED:
        why = after.get("why")
        said = isinstance(why, str) and why.strip()
        return None if said else Refusal("place.reason_needed", "why", "Ghi lý do để đơn vị báo biết.")
    answer = answer_of(after.get("answer"))
    if after["state"] != ReportState.ACCEPTED or answer is None:
        return Refusal("place.answer", "answer", "Trả lời không đọc được.")
    places = shipped_gazetteer()
    if "code" in answer:
        known = places.place(answer["code"])
        right = known is not None and known.current
        return None if right else Refusal("place.code", "answer", "Không có địa danh nào mang mã này.")
    province = places.place(answer["province"])
    if province is None or not province.current or province.tier is not Tier.PROVINCE:
        return Refusal("place.province", "answer", "Không có tỉnh nào mang mã này.")
    if answer["kind"] not in KIND_LABELS:
        return Refusal("place.kind", "answer", "Không có loại địa danh này.")
    return None


def answer_of(value: Value) -> Mapping[str, str] | None:
    """Return an accepted answer: the code of a place, or a new one; nothing for anything else."""
    try:
        answer = json.loads(str(value))
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict) or answer.keys() not in ({"code"}, _NEW):
        return None
    return answer if all(isinstance(each, str) and each.strip() for each in answer.values()) else None


def _place_of(report_id: bytes, after: Values) -> Values:
    """Return the place that everybody gets; a new one has a code that no official one is like."""
    answer, text = answer_of(after["answer"]), str(after["text"])
    assert answer is not None, "it was checked"
    if "code" in answer:
        place = shipped_gazetteer().place(answer["code"])
        assert place is not None, "it was checked"
        others = [] if text == place.label else [text]
        return {"code": place.code, "kind": place.kind, "name": place.name, "province": place.parent_code or place.code,
                "others": json.dumps(others, ensure_ascii=False)}  # fmt: skip
    return {
        "code": f"{answer['province']}-{report_id.hex()[-8:]}", "kind": answer["kind"], "name": answer["name"].strip(),
        "province": answer["province"], "others": json.dumps([text], ensure_ascii=False),
    }  # fmt: skip
