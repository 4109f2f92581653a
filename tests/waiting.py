"""How do tests wait for a process on a machine of any speed?

As long as it goes on: they fail when nothing has moved for some minutes, and not after a fixed
time. What moves are the files that runs, verifications and maps leave behind as they go on.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

STILL_SECONDS = 600.0  # importing torch or compiling the map takes a tenth where ten others work
LOOK_SECONDS = 1.0  # between two looks at the files
BEAT = "beat.json"  # written each second also by a process that hangs


class Progress:
    """What the processes under a folder come to.

    Args:
        folder: where they write: a home, or a folder around several.
        still: seconds without any change after which they are taken to hang.
    """

    def __init__(self, folder: Path, still: float = STILL_SECONDS) -> None:
        self._folder, self._still = folder, still
        self._seen = self._files()
        self._looked = self._moved = time.monotonic()

    def require(self) -> None:
        """Fail when nothing has moved for too long."""
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked, found = now, self._files()
        if found != self._seen:
            self._seen, self._moved = found, now
        assert now - self._moved < self._still, (
            f"it never came, and nothing under {self._folder} has moved for {self._still:.0f} s"
        )

    def _files(self) -> set[tuple[str, int, int]]:
        found = set()
        for folder, _, names in os.walk(self._folder):
            for path in (Path(folder, name) for name in names if name != BEAT):
                with suppress(OSError):  # replaced or gone meanwhile
                    told = path.stat()
                    found.add((str(path), told.st_mtime_ns, told.st_size))
        return found


def wait_until(
    condition: Callable[[], object], folder: Path, pause: float = 0.02, still: float = STILL_SECONDS
) -> None:
    """Look until the condition holds, as long as anything moves under the folder."""
    progress = Progress(folder, still)
    while not condition():
        progress.require()
        time.sleep(pause)
