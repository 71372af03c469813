"""The code lists: as the server sent them, or as they ship with the program before it has."""

import json
from functools import cache

from sqlalchemy import select

from yum_desktop.domain.codes import CodeItem, Codes
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.paths import resources_dir
from yum_desktop.registry.tables import CodeItemRecord


@cache
def shipped_items() -> tuple[CodeItem, ...]:
    """Return the entries of all shipped lists, in their order."""
    found = json.loads((resources_dir() / "data" / "code_lists.json").read_text(encoding="utf-8"))
    return tuple(CodeItem(item["list"], item["code"], item["label"], tuple(item["aliases"])) for item in found)


def shipped_codes() -> Codes:
    """Return the shipped lists."""
    return Codes(shipped_items())


def codes(r: Registry) -> Codes:
    """Return the lists in force."""
    with r.read() as conn:
        rows = conn.execute(
            select(
                CodeItemRecord.list_code, CodeItemRecord.code, CodeItemRecord.label, CodeItemRecord.aliases
            ).order_by(CodeItemRecord.list_code, CodeItemRecord.position, CodeItemRecord.id)
        ).all()
    items = [
        CodeItem(list_code or "", code or "", label or "", tuple(json.loads(aliases or "[]")))
        for list_code, code, label, aliases in rows
    ]
    return Codes(items) if items else shipped_codes()
