"""The check for dead translations notices what it is for."""

from pathlib import Path

from check_translations import dead, main, texts_of_program

FILE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en">
<context><name>{context}</name>
  <message><source>{kept}</source><translation>kept</translation></message>
  <message><source>Câu này không còn ở đâu nữa</source><translation>gone</translation></message>
</context>
</TS>
"""


def written(folder: Path, context: str) -> Path:
    kept = "Máy này không có đơn vị đó."
    assert kept in texts_of_program()
    path = folder / "app_en.ts"
    path.write_text(FILE.format(context=context, kept=kept), encoding="utf-8")
    return path


def test_a_source_text_that_the_program_no_longer_has_is_dead(tmp_path: Path) -> None:
    assert dead(written(tmp_path, "members"), texts_of_program()) == ["Câu này không còn ở đâu nữa"]


def test_the_texts_of_qt_itself_are_not_ours(tmp_path: Path) -> None:
    assert dead(written(tmp_path, "QDialogButtonBox"), texts_of_program()) == []


def test_no_translation_is_dead() -> None:
    assert main() == 0
