"""Where the program finds its files."""

import sys
from pathlib import Path

import platformdirs


def resources_dir() -> Path:
    """Return the folder of the shipped files: in a package the unpacked one, else `resources/` of the repository."""
    return Path(getattr(sys, "_MEIPASS", Path(__file__).resolve().parents[2])) / "resources"


def default_home() -> Path:
    """Return the folder of this person's store where none was named. It does not roam to other machines."""
    return platformdirs.user_data_path("yum-desktop", appauthor=False, roaming=False)


def store_path(home: Path) -> Path:
    """Return the file of the records in `home`."""
    return home / "yum.db"
