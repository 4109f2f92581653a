"""How does a run come to the disk, and leave it for good, whatever happens meanwhile?

The folder of a new run is filled under a hidden name, listed in the database, and then takes its
own name. The folder of one that leaves takes a hidden name at once, is emptied, the run is taken
off the list, and the empty folder goes last. As long as a hidden folder is there, whoever lists the
runs of the home next carries that to its end: a kill between any two steps leaves nothing that
cannot be finished.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from finine_core.database import DATABASE_NAME, forget_run, run_entry
from finine_core.errors import FinineError
from finine_core.paths import reason_of
from finine_core.runs.folder import RunFolder

NEW_PREFIX = ".new-"  # of the folder of a run that is being made
DELETED_PREFIX = ".deleted-"  # of one that is being removed
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


def hidden_folder(folder: RunFolder) -> RunFolder:
    """Where the folder of a run that is being made is filled."""
    return RunFolder(folder.path.with_name(f"{NEW_PREFIX}{folder.run_id}"))


def show_new(folder: RunFolder) -> None:
    """Let the folder of a run that is listed take its own name."""
    try:
        hidden_folder(folder).path.rename(folder.path)
    except FileNotFoundError:
        if not folder.path.exists():  # else somebody who listed the runs was quicker
            raise


def finish_what_was_begun(home: Path) -> None:
    """Carry to its end what was begun with folders of runs by somebody who was killed."""
    for path in sorted((home / RUNS).glob(f"{NEW_PREFIX}*")):
        folder = RunFolder(path.with_name(path.name.removeprefix(NEW_PREFIX)))
        with suppress(OSError):
            if run_entry(home, folder.run_id) is not None:
                show_new(folder)
    finish_removals(home)


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
