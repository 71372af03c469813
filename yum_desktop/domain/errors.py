"""Errors of the program, in four families by what the caller can do.

```
YumError
├── InputError         give other input; shown beside the field
├── ConflictError      somebody was first; look again
├── UnavailableError   disk, network, server; the same call may work later
└── DefectError        we broke our own rule; apologise and report
```

Every error has a stable `code` such as ``member.unknown``; the Vietnamese text for people is `text`.
"""

from typing import ClassVar


class YumError(Exception):
    """Base of all errors that a caller is expected to know.

    Attributes:
        code: Stable name of the error, for other programs and for looking up help.
        text: What a person reads: the cause and the next step, in Vietnamese.
        field: Name of the field that is wrong, if one is.
        row: Row of the file that is wrong, if one is, counted from 1.
    """

    family: ClassVar[str] = "defect"

    def __init__(self, code: str, text: str, *, field: str | None = None, row: int | None = None) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.field = field
        self.row = row


class InputError(YumError):
    """The input is wrong: other input helps, the same input never does."""

    family = "input"


class ConflictError(YumError):
    """Somebody was first: look at the current record, then decide again."""

    family = "conflict"


class UnavailableError(YumError):
    """Disk, network or server are not there: the same call may work later."""

    family = "unavailable"


class DefectError(YumError):
    """The program broke one of its own rules."""

    family = "defect"
