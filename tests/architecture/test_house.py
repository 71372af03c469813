"""Rules of the house that import contracts cannot see."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(p for room in ("yum_desktop", "sync", "tests", "benchmarks") for p in (ROOT / room).rglob("*.py"))
ENGINE_SOURCES = sorted((ROOT / "sync").rglob("*.py"))
LINES_MAX = 600

WORDS_OF_THE_ENGINE = frozenset(
    {
        "base, mine, theirs", "bundle", "change", "conflict", "cursor", "enrolment", "erasure", "feed", "hand-over",
        "idempotency key", "lineage", "outbox", "receipt", "refused", "replica", "retention", "scope", "sector",
        "settle", "tombstone", "unit", "verification",
    }
)  # fmt: skip
"""Words of the glossary that the engine itself is about."""

WORDS_OF_ENGLISH = frozenset({"position", "case", "step", "returned", "book", "card", "pair"})
"""Words of the glossary that also mean something else."""

ALWAYS_OF_THE_UNION = ("chapter", "member", "youth", "doan", "cadre", "secretary", "congress", "yum")
VIETNAMESE = re.compile(r"[ăâđêôơưĂÂĐÊÔƠƯ\u1ea0-\u1ef9]")
TEXTS = {
    "", ".cfg", ".css", ".html", ".ini", ".json", ".lock", ".md", ".py", ".qss", ".sh", ".spec", ".svg", ".toml",
    ".ts", ".txt", ".xml", ".yaml", ".yml",
}  # fmt: skip
MACHINE = ("/work" + "/", "pypi" + ".org", "files." + "pythonhosted", "/opt/" + "pypi")
"""Written in parts, so that this file may be looked at too."""


def glossary() -> list[str]:
    """Return the English words of the glossary, as its first column has them."""
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")]
    return rows[2:]


def words_of_the_union() -> re.Pattern[str]:
    """Return what finds a word that the engine must not know, in the singular and the plural."""
    terms = [term for term in glossary() if term not in WORDS_OF_THE_ENGINE | WORDS_OF_ENGLISH]
    words = {word.strip() for term in terms for word in term.split(",")} - WORDS_OF_ENGLISH
    plural = [re.escape(word).removesuffix("y") + ("(?:y|ies)" if word.endswith("y") else "s?") for word in words]
    always = [word.removesuffix("y") + ("(?:y|ies)" if word.endswith("y") else "s?") for word in ALWAYS_OF_THE_UNION]
    return re.compile(rf"\b(?:{'|'.join(sorted({*plural, *always}))})\b", re.IGNORECASE)


@cache
def tracked() -> tuple[str, ...]:
    """Return the names of all files that belong to the project."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return tuple(name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())


@pytest.mark.parametrize("path", sorted((ROOT / "yum_desktop").rglob("presenter.py")), ids=lambda p: p.parent.name)
def test_a_presenter_knows_no_widgets(path: Path) -> None:
    assert "QtWidgets" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ENGINE_SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_engine_says_no_word_of_the_union(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert words_of_the_union().findall(text) == []
    assert VIETNAMESE.findall(text) == []


def test_the_words_of_the_union_are_found_whole_and_in_any_number() -> None:
    words = words_of_the_union()
    for found in ("a member", "Members of", "two chapters", "the grassroots union", "admissions", "secretaries"):
        assert words.search(found), found
    for left in ("remember", "a union of sets", "Merge.UNION", "the unit", "cases", "position", "the base"):
        assert not words.search(left), left


def test_what_is_allowed_to_the_engine_stands_in_the_glossary() -> None:
    terms = set(glossary())
    assert len(terms) > 20
    assert terms >= WORDS_OF_THE_ENGINE
    assert {word.strip() for term in terms for word in term.split(",")} >= WORDS_OF_ENGLISH


def test_no_file_is_too_long() -> None:
    lengths = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in SOURCES}
    assert {name: lines for name, lines in lengths.items() if lines >= LINES_MAX} == {}


def test_every_pinned_requirement_has_a_hash_and_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    requirements = [part for part in re.split(r"\n(?=\S)", text) if not part.startswith("#") and part.strip()]
    assert len(requirements) > 30
    unpinned = r"[A-Za-z0-9_.\[\],-]+==\S+"
    assert [part for part in requirements if not re.match(unpinned, part)] == []
    assert [part.split()[0] for part in requirements if "--hash=sha256:" not in part] == []


def test_files_of_the_project_name_no_place_of_one_machine_and_no_registry() -> None:
    found = []
    for name in tracked():
        path = ROOT / name
        if path.suffix in TEXTS:
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"{name}: {word}" for word in MACHINE if word in text]
    assert found == []


def test_the_rooms_meet_only_as_their_contracts_say() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
