"""An end to the runs, verifications and maps that a test started and left going."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OURS, SERVED = b"finine_core.", b"\0app\0"  # in a command line; the app goes on for other tests


@contextmanager
def ending_jobs(folder: Path) -> Iterator[None]:
    """Kill in the end what was started inside and works on a home in this folder."""
    homes, before = str(folder).encode(), _processes()
    try:
        yield
    finally:
        for number in _processes() - before:
            with suppress(OSError):  # it ended by itself
                command = Path("/proc", number, "cmdline").read_bytes()
                if homes in command and OURS in command and SERVED not in command:
                    os.kill(int(number), signal.SIGKILL)


def _processes() -> set[str]:
    """The numbers of all processes of this machine."""
    return {path.name for path in Path("/proc").iterdir() if path.name.isdigit()}
