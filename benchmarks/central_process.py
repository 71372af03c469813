"""The central server as an operator runs it, on any database, in a process of its own; says its port, then serves.

python -m benchmarks.central_process URL
"""

import sys
import threading
from urllib.parse import urlsplit

from benchmarks.children import end_with_the_caller, tell
from yum_desktop.central.app import build_app
from yum_desktop.central.opened import opened
from yum_desktop.central.serving import Address, serve


def main(url: str) -> None:
    """Serve until told to stop, or until whoever started this has gone."""
    threading.Thread(target=end_with_the_caller, daemon=True).start()
    with opened(url) as central:
        app = build_app(central.server, central.accounts, central.devices)
        serve(app, Address(host="127.0.0.1", port=0), lambda at: tell(port=urlsplit(at).port))


if __name__ == "__main__":
    main(sys.argv[1])
