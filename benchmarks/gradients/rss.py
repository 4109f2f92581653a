"""How much memory did a piece of work take? Resident memory of this process and its peak.

Linux tells both in /proc/self/status and lets a process reset its peak, so that the peak of one
piece of work can be told from that of the imports before it.
"""

from __future__ import annotations

import ctypes
import gc
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR_REFS = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"  # proc(5): resets VmHWM to the present VmRSS
MIB = 2**20


def resident() -> int | None:
    """Resident bytes now; None where /proc does not say."""
    return _field("VmRSS")


def peak() -> int | None:
    """The largest resident bytes since `reset_peak`; None where /proc does not say.

    Examples:
        >>> reset_peak()
        >>> before, block = peak(), bytearray(32 * MIB)
        >>> before is None or peak() - before > 30 * MIB
        True
    """
    return _field("VmHWM")


def reset_peak() -> None:
    """Give freed memory back to the system and start the peak anew."""
    gc.collect()
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        _CLEAR_REFS.write_text(_RESET_PEAK)
    except (OSError, AttributeError):
        return  # not Linux with glibc: `peak` gives None, or the peak of the whole process


def _field(name: str) -> int | None:
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    found = next((line for line in lines if line.startswith(f"{name}:")), None)
    return None if found is None else int(found.split()[1]) * 1024
