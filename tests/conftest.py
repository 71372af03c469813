"""For all tests: no window on the screen, and the same examples each time where the gate runs."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from hypothesis import settings  # the platform is chosen before anything may load Qt

settings.register_profile("gate", derandomize=True, deadline=None)
settings.register_profile("free", deadline=None)
settings.load_profile("gate" if os.environ.get("CI") else "free")
