"""Starts the desktop program: ``python -m yum_desktop``."""

from yum_desktop.app import run

raise SystemExit(run())
