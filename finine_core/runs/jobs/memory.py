"""How much memory does this process use, how much may it, and how often did the system kill for it?

Read from the kernel's files on Linux (the limit of a container as well as the machine's memory);
elsewhere everything is 0, which reads as "not known".
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

_GIGABYTE = 1e9


@dataclass(frozen=True)
class Memory:
    """Bytes, and a count; 0 where it cannot be told.

    Attributes:
        used, peak: of this process, now and at the most.
        limit: what the machine or the container has.
        kills: processes that the system has ended for lack of memory, so far.
    """

    used: int = 0
    peak: int = 0
    limit: int = 0
    kills: int = 0

    @property
    def words(self) -> str:
        """How much of how much was used at the most.

        Examples:
            >>> Memory(1, 21_400_000_000, 24_000_000_000).words
            '21.4 of 24.0 GB'
            >>> Memory(1, 520_000_000, 367_000_000).words  # files that others have read count too
            'all of 0.4 GB'
            >>> Memory(1, 520_000_000).words
            '0.5 GB'
        """
        peak, limit = (f"{number / _GIGABYTE:.1f} GB" for number in (self.peak, self.limit))
        if not self.limit:
            return peak
        return f"all of {limit}" if self.peak >= self.limit else f"{peak[:-3]} of {limit}"


def memory_now() -> Memory:
    """Of this process, now.

    Examples:
        >>> now = memory_now()
        >>> 0 <= now.used <= max(now.peak, now.used)
        True
    """
    own = _kilobytes(Path("/proc/self/status"))
    machine = _kilobytes(Path("/proc/meminfo")).get("MemTotal", 0)
    limits = [machine, *(limit for folder in _groups() if (limit := _limit(folder)))]
    return Memory(
        used=own.get("VmRSS", 0),
        peak=own.get("VmHWM", 0),
        limit=min((one for one in limits if one), default=0),
        kills=_kills(),
    )


def _kilobytes(path: Path) -> dict[str, int]:
    """Lines such as `VmRSS:  123 kB`, in bytes."""
    found = {}
    with contextlib.suppress(OSError):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if value.endswith(" kB"):
                found[name] = int(value[:-3]) * 1024
    return found


def _groups() -> list[Path]:
    """Folders of the control groups that may limit this process's memory, nearest first."""
    found = []
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            _, kind, path = line.split(":", 2)
            if kind in ("", "memory"):  # version 2 has one tree, version 1 one for memory
                root = Path("/sys/fs/cgroup") / kind
                # inside a container the path may be the host's, and its root the container's
                found += [root / path.lstrip("/"), root]
    return found


def _limit(folder: Path) -> int:
    for name in ("memory.max", "memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):  # "max": there is none
            return int((folder / name).read_text(encoding="ascii"))
    return 0


def _kills() -> int:
    """Of this process's control group where it counts them, else of the whole machine."""
    files = [
        folder / name for folder in _groups() for name in ("memory.events", "memory.oom_control")
    ]
    for path in (*files, Path("/proc/vmstat")):
        with contextlib.suppress(OSError):
            for line in path.read_text(encoding="ascii").splitlines():
                name, _, value = line.partition(" ")
                if name == "oom_kill" and value.isdecimal():
                    return int(value)
    return 0
