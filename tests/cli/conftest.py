"""`yumctl` in this process, on stores of its own."""

from pathlib import Path

import pytest
from terminal import PASSPHRASE, Terminal


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("YUM_PASSPHRASE", PASSPHRASE)
    monkeypatch.delenv("YUM_PASSWORD", raising=False)
    return Terminal(tmp_path, capsys)
