"""Plays simulated worlds: ``python -m sync.testing --help``."""

import sys

from sync.testing.running import main

sys.exit(main(sys.argv[1:]))
