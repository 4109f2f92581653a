"""Can the home be written to, and is there room?"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from finine_core.health.base import HomeCheck, HomeFinding

NAME = "disk"
LEAST_BYTES = 200_000_000  # a run on some ten thousand rows needs about so much


def _look(home: Path, repair: bool) -> list[HomeFinding]:  # noqa: ARG001  nothing of ours to mend
    if not os.access(home, os.W_OK | os.X_OK):
        problem = f"The home {home} cannot be written to."
        return [HomeFinding(NAME, home, problem, "Give yourself the right to write there.")]
    free = shutil.disk_usage(home).free
    if free < LEAST_BYTES:
        problem = f"Only {free / 1e6:.0f} MB are free on the disk of {home}."
        return [HomeFinding(NAME, home, problem, "Free some space, or use another home.")]
    return []


CHECK = HomeCheck(NAME, "whether the home can be written to and has room", _look)
