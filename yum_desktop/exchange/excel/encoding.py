"""Texts typed for the fonts of before Unicode, .VnTime (TCVN3) and VNI: refused, never stored as they stand."""

import re
from collections.abc import Sequence
from typing import Final

from yum_desktop.domain.errors import InputError
from yum_desktop.exchange.excel.read import Row

_TCVN3: Final = re.compile(r"[^\W\d_][µ¸¶¹¨¾¼½©®¬ª]|[®¨©][^\W\d_]")
_VNI: Final = re.compile(r"[aeoAEO][øûïåäØÛÏÅÄ]|[ñÑ][aeiouAEIOU]|[öÖ][øûïùõØÛÏÙÕ]")
_CELLS_MIN: Final = 3


def refuse_old_fonts(rows: Sequence[Row]) -> None:
    """Refuse a sheet with texts of an old encoding: as Unicode they are other words.

    Raises:
        InputError: `file.old_encoding`.
    """
    texts = [cell for row in rows for cell in row if isinstance(cell, str)]
    for name, pattern in ((".VnTime (TCVN3)", _TCVN3), ("VNI", _VNI)):
        if sum(1 for text in texts if pattern.search(text)) >= _CELLS_MIN:
            words = f"Tệp gõ bằng phông cũ {name}. Chuyển sang Unicode (bằng Unikey), lưu lại rồi nhập"
            raise InputError("file.old_encoding", words)
