"""Finds dead translations: every source text of a `.ts` file must still occur in the program."""

import ast
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
QT_CONTEXTS = ("Q", "qt")
"""Contexts of Qt's own classes: their source texts are in Qt, not here."""


def texts_of_program() -> set[str]:
    """Return every text literal of the program."""
    texts: set[str] = set()
    for path in (ROOT / "yum_desktop").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
    return texts


def dead(path: Path, texts: set[str]) -> list[str]:
    """Return the source texts of one translation file that the program no longer has."""
    found = []
    for context in ElementTree.parse(path).iter("context"):
        if context.findtext("name", "").startswith(QT_CONTEXTS):
            continue
        found += [
            source for message in context.iter("message") if (source := message.findtext("source", "")) not in texts
        ]
    return found


def main() -> int:
    """Print dead translations; return 1 if there are any."""
    texts = texts_of_program()
    count = 0
    for path in sorted((ROOT / "resources").rglob("*.ts")):
        for source in dead(path, texts):
            sys.stderr.write(f"{path.relative_to(ROOT)}: dead translation: {source}\n")
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    raise SystemExit(main())
