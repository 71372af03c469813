"""The program as it starts, with an eye on its list of members; says when it was painted with rows, then ends.

python -m benchmarks.start_process HOME
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication

from benchmarks.children import tell
from yum_desktop import app
from yum_desktop.ui.members.view import MembersPage


def _end() -> None:
    tell(painted=True)
    QCoreApplication.exit(0)


def watch() -> None:
    """Let every list of members that is shown tell when it was painted."""
    from benchmarks.painting import Painted  # noqa: PLC0415  # part of the eye, not of the program

    shown = MembersPage.show_rows

    def show_rows(page: MembersPage, rows: Sequence[Any], **how: Any) -> None:
        if rows and page.findChild(Painted) is None:
            Painted(page, _end)
        shown(page, rows, **how)

    for name in ("show_rows",):
        setattr(MembersPage, name, show_rows)


def main(home: Path) -> int:
    """Start the program; return its exit code."""
    from benchmarks.vault import BenchVault  # noqa: PLC0415  # the same

    BenchVault.folder = home
    watch()
    return app.main(["yum-desktop", "--home", str(home)])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
