"""How does a run leave the disk for good, whatever happens meanwhile?

Its folder takes a hidden name at once, is emptied, the run is taken off the list, and the empty
folder goes last. As long as that folder is there, whoever lists the runs of the home next carries
the removal to its end: a kill between any two steps leaves nothing that cannot be finished.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from finine_core.database import DATABASE_NAME, forget_run
from finine_core.errors import FinineError
from finine_core.paths import reason_of
from finine_core.runs.folder import RunFolder

DELETED_PREFIX = ".deleted-"  # of a folder that is being removed
RUNS = "runs"


def remove_for_good(folder: RunFolder) -> None:
    """Remove a run's folder and its line in the list; of a folder that is a link, the link.

    Raises:
        FinineError: something cannot be removed.
    """
    gone = folder.path.with_name(f"{DELETED_PREFIX}{folder.run_id}")
    try:
        if os.path.lexists(folder.path):
            folder.path.rename(gone)  # at once: nobody meets half a run
        _carry_on(folder.home, gone)
    except OSError as error:
        raise FinineError(
            f"The folder {gone} cannot be removed: {reason_of(error)}.",
            "Check that you may write to it; the next look at the list of runs tries again.",
        ) from error


def finish_removals(home: Path) -> list[Path]:
    """Carry every removal to its end that somebody began and was killed; gives those now gone.

    What cannot be removed now stays for the next time.
    """
    found = unfinished_removals(home)
    for gone in found:
        with suppress(OSError, FinineError):
            _carry_on(home, gone)
    return [gone for gone in found if not os.path.lexists(gone)]


def unfinished_removals(home: Path) -> list[Path]:
    """The folders of runs that are being removed, or were by somebody who was killed."""
    return sorted((home / RUNS).glob(f"{DELETED_PREFIX}*"))


def _carry_on(home: Path, gone: Path) -> None:
    if not gone.is_symlink() and gone.is_dir():
        for one in gone.iterdir():  # another process may be at the same
            with suppress(FileNotFoundError):
                _remove(one)
    run_id = gone.name.removeprefix(DELETED_PREFIX)
    put_back = os.path.lexists(gone.with_name(run_id))  # by a person, from a copy
    if not put_back and (home / DATABASE_NAME).exists():
        forget_run(home, run_id)
    with suppress(FileNotFoundError):
        _remove(gone)


def _remove(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path)
