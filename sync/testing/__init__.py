"""A simulated world of devices and a server on a bad network, with checkers of what must never happen."""
