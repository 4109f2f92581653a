"""Which process was that, and does it still live? A number alone does not say: it is given again.

A process is known by its number, the moment it was started (in ticks of the kernel since the boot)
and the boot itself. Where the kernel tells neither (it is not Linux), the number has to do.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ZOMBIE = "Z"  # it has ended; only its parent has not asked yet


@dataclass(frozen=True)
class Process:
    """A process of this machine.

    Attributes:
        pid: its number.
        started: when, in ticks since the boot; 0 where that cannot be told.
        boot: which boot of the machine; empty where that cannot be told.
    """

    pid: int
    started: int = 0
    boot: str = ""

    @classmethod
    def of(cls, pid: int) -> Process:
        """The process that has this number now.

        Examples:
            >>> Process.of(os.getpid()).alive()
            True
        """
        return cls(pid, _birth(pid)[0], boot_id())

    @classmethod
    def read(cls, content: dict[str, Any]) -> Process | None:
        """One that was stored by `stored`; None where there is none.

        Examples:
            >>> Process.read(Process.of(1).stored) == Process.of(1), Process.read({})
            (True, None)
        """
        try:
            return cls(
                int(content["pid"]), int(content.get("started", 0)), str(content.get("boot", ""))
            )
        except (KeyError, TypeError, ValueError):
            return None

    @property
    def stored(self) -> dict[str, object]:
        """Its parts, for a JSON file."""
        return {"pid": self.pid, "started": self.started, "boot": self.boot}

    def alive(self) -> bool:
        """Whether this very process still runs, not one that was given its number since.

        Examples:
            >>> own = Process.of(os.getpid())
            >>> Process(own.pid, own.started + 1, own.boot).alive()
            False
        """
        if self.boot != boot_id():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass  # somebody else's, but it is there
        started, state = _birth(self.pid)
        return started == self.started and state != _ZOMBIE


@dataclass(frozen=True)
class Moment:
    """A point in time that stays right when the clock is set: of one boot, in seconds since it."""

    boot: str
    seconds: float

    @classmethod
    def now(cls) -> Moment:
        return cls(boot_id(), time.monotonic())

    @classmethod
    def read(cls, content: dict[str, Any]) -> Moment | None:
        """One that was stored by `stored`; None where there is none."""
        try:
            return cls(str(content["boot"]), float(content["uptime"]))
        except (KeyError, TypeError, ValueError):
            return None

    @property
    def stored(self) -> dict[str, object]:
        """Its parts, for a JSON file."""
        return {"boot": self.boot, "uptime": self.seconds}

    @property
    def age(self) -> float:
        """Seconds since then; infinite when the machine was started anew meanwhile.

        Examples:
            >>> Moment.now().age < 1, Moment("another boot", 0.0).age
            (True, inf)
        """
        now = Moment.now()
        return now.seconds - self.seconds if now.boot == self.boot else float("inf")


def boot_id() -> str:
    """The name of this boot of the machine; empty where the kernel gives none."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""


def _birth(pid: int) -> tuple[int, str]:
    """When a process was started, and the letter of its state; 0 and nothing where unknown."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        # the name stands in brackets and may hold anything; state and start are behind it
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        fields = stat[stat.rindex(")") + 2 :].split()
        return int(fields[19]), fields[0]
    return 0, ""
