"""The dated rules of the central database: read, and replaced from a file, so that they reach every device."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from sync.core.squash import Op
from sync.protocol.kinds import Values
from sync.server.records import Stamp
from sync.server.rules import Effect
from sync.server.server import SyncServer
from yum_desktop.domain.errors import InputError, UnavailableError
from yum_desktop.domain.rules import Rule, RuleBook
from yum_desktop.registry.kinds import RULE_KIND
from yum_desktop.registry.rules import rules_from, rules_in
from yum_desktop.registry.tables import RuleRecord


def read(path: Path) -> tuple[Rule, ...]:
    """Return the rules of a file.

    Raises:
        UnavailableError: `rule.file`: it cannot be read.
        InputError: `rule.file` (it is no list of rules), and those of `RuleBook`.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UnavailableError("rule.file", f"Không đọc được tệp {path} ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise InputError("rule.file", f"Tệp {path} không phải văn bản UTF-8.") from error
    try:
        rules = rules_from(text)
    except (ValueError, RecursionError) as error:
        raise InputError("rule.file", f"Tệp {path} không phải danh sách quy tắc JSON.") from error
    RuleBook(rules)
    return rules


def replace(server: SyncServer, rules: Iterable[Rule], *, ids: Callable[[], UUID]) -> None:
    """Put rules in the place of all that there are; those that stay as they are keep their records."""
    new = {_key(values): values for values in map(_values, rules)}
    with server.database.read() as conn:
        columns = (RuleRecord.key, RuleRecord.value, RuleRecord.effective_from, RuleRecord.effective_to)
        rows = conn.execute(select(RuleRecord.id, *columns, RuleRecord.source)).all()
    had = {tuple(row[1:]): row[0] for row in rows}
    effects = [Effect(RULE_KIND, had[key], Op.DELETE) for key in had.keys() - new.keys()]
    effects += [Effect(RULE_KIND, ids().bytes, Op.CREATE, new[key]) for key in new.keys() - had.keys()]
    if effects:
        server.commit(effects, Stamp(reason="rules"))


def plain(server: SyncServer) -> list[dict[str, Any]]:
    """Return the rules in force as a file would hold them."""
    with server.database.read() as conn:
        book = rules_in(conn)
    return [
        {
            "key": rule.key,
            "from": rule.effective_from,
            "to": rule.effective_to,
            "source": rule.source,
            "value": rule.value,
        }
        for rule in book.rules
    ]


def _values(rule: Rule) -> Values:
    return {
        "key": rule.key,
        "value": json.dumps(rule.value, ensure_ascii=False, separators=(",", ":")),
        "effective_from": rule.effective_from,
        "effective_to": rule.effective_to,
        "source": rule.source,
    }


def _key(values: Values) -> tuple[object, ...]:
    return tuple(values[name] for name in ("key", "value", "effective_from", "effective_to", "source"))
