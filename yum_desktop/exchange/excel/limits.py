"""What a process that opens files of strangers may use. The means differ by operating system, the promise does not.

The promise: after `limit_this_process` no allocation takes the process beyond its memory, it ends when it has computed
too long, and it can write no file.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one reading may use.

    Attributes:
        memory_bytes: Address space on Linux, committed memory on Windows.
        cpu_s: Seconds of computing.
        answer_bytes: Length of what it answers.
        wall_s: Seconds until it is ended from outside.
    """

    memory_bytes: int = 1_600_000_000
    cpu_s: int = 60
    answer_bytes: int = 400_000_000
    wall_s: float = 120.0


@contextmanager
def without_collecting() -> Iterator[None]:
    """Let Python look for no cycles meanwhile: a list makes a million objects and no cycle, and looking takes long."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def limit_this_process(limits: Limits) -> None:
    """Bind this process and what it starts; there is no way back."""
    if sys.platform == "win32":
        _limit_by_job(limits)
    else:
        _limit_by_rlimits(limits)


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _EXTENDED_LIMIT_INFORMATION = 9
    _LIMIT_PROCESS_TIME = 0x2
    _LIMIT_ACTIVE_PROCESS = 0x8
    _LIMIT_PROCESS_MEMORY = 0x100
    _DIE_ON_UNHANDLED_EXCEPTION = 0x400
    _TICKS_PER_S = 10_000_000

    class _Basic(ctypes.Structure):
        _fields_ = (
            ("PerProcessUserTimeLimit", wintypes.LARGE_INTEGER),
            ("PerJobUserTimeLimit", wintypes.LARGE_INTEGER),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
        )

    class _Extended(ctypes.Structure):
        _fields_ = (
            ("BasicLimitInformation", _Basic),
            ("IoInfo", ctypes.c_ulonglong * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        )

    def _limit_by_job(limits: Limits) -> None:
        """Put this process into a job object of its own; the job lasts as long as the process."""
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = wintypes.HANDLE
        kernel.CreateJobObjectW.argtypes = (wintypes.LPVOID, wintypes.LPCWSTR)
        kernel.SetInformationJobObject.argtypes = (wintypes.HANDLE, ctypes.c_int, wintypes.LPVOID, wintypes.DWORD)
        kernel.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
        kernel.GetCurrentProcess.restype = wintypes.HANDLE
        asked = _Extended()
        asked.BasicLimitInformation.LimitFlags = (
            _LIMIT_PROCESS_TIME | _LIMIT_ACTIVE_PROCESS | _LIMIT_PROCESS_MEMORY | _DIE_ON_UNHANDLED_EXCEPTION
        )
        asked.BasicLimitInformation.PerProcessUserTimeLimit = limits.cpu_s * _TICKS_PER_S
        asked.BasicLimitInformation.ActiveProcessLimit = 1
        asked.ProcessMemoryLimit = limits.memory_bytes
        job = kernel.CreateJobObjectW(None, None)
        made = job and kernel.SetInformationJobObject(
            job, _EXTENDED_LIMIT_INFORMATION, ctypes.byref(asked), ctypes.sizeof(asked)
        )
        if not made or not kernel.AssignProcessToJobObject(job, kernel.GetCurrentProcess()):
            raise ctypes.WinError(ctypes.get_last_error())

else:
    import resource

    def _limit_by_rlimits(limits: Limits) -> None:
        """Lower what the kernel grants; the hard limits too, so that nothing raises them again."""
        for kind, soft, most in (
            (resource.RLIMIT_AS, limits.memory_bytes, limits.memory_bytes),
            (resource.RLIMIT_CPU, limits.cpu_s, limits.cpu_s + 1),  # at the first a signal that says why, then the end
            (resource.RLIMIT_FSIZE, 0, 0),
            (resource.RLIMIT_CORE, 0, 0),
        ):
            _, granted = resource.getrlimit(kind)
            hard = most if granted == resource.RLIM_INFINITY else min(most, granted)
            resource.setrlimit(kind, (min(soft, hard), hard))
