"""The states of a membership (domain §3.0)."""

from typing import Final

ACTIVE: Final = "DANG_SINH_HOAT"

DEPARTED: Final = frozenset({"DA_CHUYEN_DI", "DA_TRUONG_THANH", "DA_XOA_TEN", "BI_KHAI_TRU", "DA_MAT", "XIN_RA_DOAN"})
"""Those who left are kept and not counted. A state not known counts as active."""
