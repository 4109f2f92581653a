"""Where are the files of an export while they are written? In a hidden folder beside their places.

So an export that fails half way (the disk is full, the input changed) leaves the one before it as
it was. What a killed export left there is cleared by the next.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from finine_core.errors import FinineError

STAGE_NAME = ".export-in-the-making"


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Give an empty folder inside `out` while the body runs; what is left in it is removed.

    Raises:
        FinineError: another export into `out` is going on.

    Examples:
        >>> import tempfile
        >>> out = Path(tempfile.mkdtemp())
        >>> with staged(out) as stage:
        ...     _ = (stage / "a").write_text("whole")
        ...     _ = (stage / "a").replace(out / "a")
        >>> [one.name for one in out.iterdir()]
        ['a']
    """
    descriptor = os.open(out, os.O_RDONLY)
    stage = out / STAGE_NAME
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FinineError(
                f"Another export into {out} is going on.", "Wait for it, or choose another folder."
            ) from error
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir()
        try:
            yield stage
        finally:
            shutil.rmtree(stage, ignore_errors=True)
    finally:
        os.close(descriptor)  # and the lock with it
