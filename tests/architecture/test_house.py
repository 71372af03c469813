"""Rules of the house that import contracts cannot see."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(p for room in ("yum_desktop", "sync", "tests", "benchmarks") for p in (ROOT / room).rglob("*.py"))
WORDS_OF_THE_UNION = re.compile(
    r"\b(members?|chapters?|youth|đoàn|doan|cadres?|secretar(?:y|ies)|congress|yum)\b", re.IGNORECASE
)
LINES_MAX = 600


@pytest.mark.parametrize("path", sorted((ROOT / "yum_desktop").rglob("presenter.py")), ids=lambda p: p.parent.name)
def test_a_presenter_knows_no_widgets(path: Path) -> None:
    assert "QtWidgets" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted((ROOT / "sync").rglob("*.py")), ids=str)
def test_the_engine_says_no_word_of_the_union(path: Path) -> None:
    if path.parent.name != "testing":
        assert WORDS_OF_THE_UNION.findall(path.read_text(encoding="utf-8")) == []


def test_no_file_is_too_long() -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for p in SOURCES
        if (n := len(p.read_text(encoding="utf-8").splitlines())) > LINES_MAX
    }
    assert long == {}


def test_every_pinned_requirement_has_a_hash_and_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    requirements = [part for part in re.split(r"\n(?=[a-zA-Z0-9])", text) if re.match(r"[a-zA-Z0-9_.\[\]-]+==", part)]
    assert len(requirements) > 30
    assert [part.split()[0] for part in requirements if "--hash=sha256:" not in part] == []


def test_files_of_the_project_name_no_address_of_this_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    own = Path(__file__).name
    words = ("/work/" + "main", "/work/" + "shared", "files." + "pythonhosted")
    found = []
    for name in listed:
        path = ROOT / name
        if not name or not path.is_file() or path.suffix not in {".py", ".md", ".toml", ".spec", ".lock", ".json", ""}:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{name}: {word}" for word in words if word in text and path.name != own]
    assert found == []
