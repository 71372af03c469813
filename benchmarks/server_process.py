"""The central server on a file of invented records, in a process of its own; says its port, then serves.

python -m benchmarks.server_process FILE
"""

import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.central_files import bench_server
from benchmarks.children import end_with_the_caller, tell
from yum_desktop.central.app import build_app
from yum_desktop.central.opened import opened
from yum_desktop.central.serving import Address, serve


def main(path: Path) -> None:
    """Serve until told to stop, or until whoever started this has gone."""
    threading.Thread(target=end_with_the_caller, daemon=True).start()
    with opened(str(path)) as central:
        app = build_app(bench_server(central), central.accounts, central.devices)
        serve(app, Address(host="127.0.0.1", port=0), lambda url: tell(port=urlsplit(url).port))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
