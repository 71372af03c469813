"""What the measurements were made on."""

import os
import platform
import sqlite3
import time
from importlib.metadata import version
from typing import Any

import apsw
from sqlcipher3 import dbapi2

_LIBRARIES = ("SQLAlchemy", "msgspec", "zstandard", "httpx", "uvicorn", "PySide6-Essentials")


def facts() -> dict[str, Any]:
    """Return what does not change while the measurements are made."""
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": {
            "server": sqlite3.sqlite_version,
            "device": dbapi2.sqlite_version,
            "floor": apsw.sqlite_lib_version(),
        },
        "libraries": {name: version(name) for name in _LIBRARIES},
    }


def pace() -> dict[str, float]:
    """Return how busy the machine is: the load, and what a loop takes that always does the same."""
    started = time.perf_counter()
    sum(range(5_000_000))
    loop = time.perf_counter() - started
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return {"load": round(load, 2), "loop_ms": round(loop * 1_000, 1)}
