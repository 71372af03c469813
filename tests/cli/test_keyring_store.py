"""A real keyring on a session bus of its own: a store that needs no passphrase."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

SESSION = """
printf 'mật khẩu của phiên' | gnome-keyring-daemon --unlock --components=secrets >/dev/null
"$PYTHON" -m yum_desktop.cli.yumctl --home "$STORE" status --json
"$PYTHON" -m yum_desktop.cli.yumctl --home "$STORE" status --json
"""


def test_the_keyring_opens_a_store_again_without_a_passphrase(tmp_path: Path) -> None:
    assert shutil.which("dbus-run-session"), "dbus-daemon is not installed"
    assert shutil.which("gnome-keyring-daemon"), "gnome-keyring is not installed"
    store, runtime = tmp_path / "store", tmp_path / "run"
    runtime.mkdir(mode=0o700)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("YUM_", "DBUS_", "XDG_"))}
    own = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(runtime), "PYTHON": sys.executable, "STORE": str(store)}
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-eu", "-c", SESSION],
        env=kept | own, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    decoder = json.JSONDecoder()
    first, end = decoder.raw_decode(done.stdout)
    second, _ = decoder.raw_decode(done.stdout[end:].lstrip())
    assert first == second
    note = json.loads((store / "key.json").read_text(encoding="utf-8"))
    assert note["source"] == "keyring"
    assert set(note) == {"source", "name"}, "the key itself is not beside the file"
