"""The dated rules: as the server sent them, and for keys that it has not sent as they ship with the program."""

import json
from functools import cache
from typing import Any

from sqlalchemy import Connection, select

from yum_desktop.domain.errors import InputError
from yum_desktop.domain.rules import Rule, RuleBook
from yum_desktop.registry.paths import resources_dir
from yum_desktop.registry.tables import RuleRecord


def rules_from(text: str) -> tuple[Rule, ...]:
    """Return the rules of a JSON file such as `resources/data/rules.json`.

    Raises:
        ValueError: It is none.
    """
    items: Any = json.loads(text)
    if not isinstance(items, list) or not all(isinstance(item, dict) and "key" in item for item in items):
        raise ValueError("rules are a list of objects")
    return tuple(
        Rule(str(item["key"]), item.get("value"), item.get("from"), item.get("to"), str(item.get("source") or ""))
        for item in items
    )


@cache
def shipped_rules() -> tuple[Rule, ...]:
    """Return the rules that ship with the program."""
    return rules_from((resources_dir() / "data" / "rules.json").read_text(encoding="utf-8"))


@cache
def shipped_book() -> RuleBook:
    """Return the book of the shipped rules."""
    return RuleBook(shipped_rules())


def rules_in(conn: Connection) -> RuleBook:
    """Return the rules of a database. A value that this program cannot read gives way to the shipped one."""
    rows = conn.execute(
        select(
            RuleRecord.key, RuleRecord.value, RuleRecord.effective_from, RuleRecord.effective_to, RuleRecord.source
        ).order_by(RuleRecord.key, RuleRecord.effective_from, RuleRecord.id)
    ).all()
    return _book(tuple(tuple(row) for row in rows)) if rows else shipped_book()


@cache
def _book(rows: tuple[tuple[str | None, ...], ...]) -> RuleBook:
    sent: dict[str, list[Rule]] = {}
    for key, value, start, end, source in rows:
        sent.setdefault(key or "", []).append(Rule(key or "", _value(value), start, end, source or ""))
    chosen: list[Rule] = []
    for key in dict.fromkeys([*(rule.key for rule in shipped_rules()), *sent]):
        own = [rule for rule in shipped_rules() if rule.key == key]
        chosen += sent[key] if key in sent and _readable(key, sent[key]) else own
    return RuleBook(chosen)


def _readable(key: str, rules: list[Rule]) -> bool:
    """Return whether this program can read the rules of one key: the others are the shipped ones."""
    others = [rule for rule in shipped_rules() if rule.key != key]
    try:
        RuleBook([*others, *rules])
    except InputError:
        return False
    return True


def _value(text: str | None) -> object:
    try:
        return json.loads(text or "null")
    except (ValueError, RecursionError):
        return None
