"""Keeps `None`, `True` and `False` alive on Python 3.11.

WORKAROUND: the PySide6 6.12 wheels are built with headers of a Python in which these are immortal (PEP 683). On 3.11
every call of a Qt method that returns nothing, and some that return a truth value, give a reference away that was
never taken; after some thousands of calls the interpreter stops with "deallocating None". The counts are therefore
raised out of reach, once, as Python 3.12 does by itself. Remove this module together with the support for 3.11.
"""

import ctypes
import sys
from typing import Final

_OUT_OF_REACH: Final = 1 << 40
_LASTING: Final = (None, True, False, NotImplemented, Ellipsis)


def keep_constants() -> None:
    """Raise the reference counts of the constants so that they are never freed. Harmless when repeated."""
    if sys.version_info < (3, 12):
        for constant in _LASTING:
            if sys.getrefcount(constant) < _OUT_OF_REACH // 2:
                ctypes.c_ssize_t.from_address(id(constant)).value += _OUT_OF_REACH
