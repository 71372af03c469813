"""`yumctl audit` and `yumctl doctor` on a real store."""

from pathlib import Path

from local_store import make
from sqlalchemy import text
from terminal import PASSPHRASE, Terminal

from yum_desktop.registry import audit
from yum_desktop.registry.clock import SystemClock
from yum_desktop.registry.engine import Registry
from yum_desktop.registry.keys import load_key
from yum_desktop.registry.paths import store_path


def opened(home: Path) -> Registry:
    return Registry.open(store_path(home), load_key(home, passphrase=PASSPHRASE), clock=SystemClock())


def test_a_whole_log_is_listed_and_a_cut_one_is_refused(terminal: Terminal) -> None:
    local = terminal
    make(local.home("home"), PASSPHRASE, ("thôn Đồng Vạc",))
    r = opened(local.home("home"))
    for number in (1, 2):
        audit.note(r, audit.EXPORT, {"layout": "yum30", "count": number})
    said = local.done("audit")
    assert (said["ok"], said["count"]) == (True, 2)
    assert [(line["seq"], line["what"]["count"]) for line in said["lines"]] == [(2, 2), (1, 1)]
    assert local.done("doctor")["audit"]["head"] == said["head"] == said["lines"][0]["hash"]
    with r.write() as conn:
        conn.execute(text("DROP TRIGGER audit_line_no_delete"))
        conn.execute(text("DELETE FROM audit_line WHERE seq = 2"))
    r.close()
    for command in ("audit", "doctor"):
        refused = local.plain(command)
        assert refused.exit_code == 1
        assert "audit.cut" in refused.out
