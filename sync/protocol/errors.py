"""Errors of the engine, in four families by what the caller can do; each has a stable `code`.

```
SyncError
├── RejectedError      the peer does not accept this request; another one may do
├── RaceError          somebody was first; look again
├── UnreachableError   network or server are not there; the same call may work later
└── BrokenRuleError    the engine or its caller broke a rule
```
"""


class SyncError(Exception):
    """Base of the engine's errors.

    Attributes:
        code: Stable name. Texts for people are looked up by it.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class RejectedError(SyncError):
    """The peer does not accept the request: wrong version, wrong credentials, damaged message."""


class RaceError(SyncError):
    """Somebody was first: look at the current state and decide again."""


class UnreachableError(SyncError):
    """Network or server are not there. Safe to call again."""


class BrokenRuleError(SyncError):
    """The engine or its caller broke a rule."""
