"""What becomes of a run afterwards: its name, and the way to the trash, back, or out for good."""

from __future__ import annotations

import shutil

from finine_core.database import forget_run, rename_run, run_entry, set_trashed
from finine_core.errors import FinineError
from finine_core.runs.folder import RunFolder
from finine_core.runs.jobs import observe

MOST_LETTERS = 200  # of a name: more is a description, and no list could show it
DELETED_PREFIX = ".deleted-"  # of a folder that is being removed


def name_of(folder: RunFolder) -> str:
    """What a run is called; its id where the database does not know it."""
    entry = run_entry(folder.home, folder.run_id)
    return entry.name if entry else folder.run_id


def rename(folder: RunFolder, name: str) -> None:
    """Call a run something else, everywhere.

    Raises:
        FinineError: the name is empty, too long, or has more than one line.
    """
    name = name.strip()
    if not name or len(name) > MOST_LETTERS or len(name.splitlines()) > 1:
        raise FinineError(
            f"A run cannot be called {name[:40]!r}.",
            f"A name has 1 to {MOST_LETTERS} letters on one line.",
        )
    rename_run(folder.home, folder.run_id, name)


def trash(folder: RunFolder) -> None:
    """Take a run off the lists; its folder and its marks stay, and `restore` brings it back.

    Raises:
        FinineError: it waits or is going on.
    """
    if not _is_damaged(folder):
        status = observe(folder)
        if not status.state.over:
            raise FinineError(
                f"Run {folder.run_id} is {status.state}.",
                f"Cancel it first: finine cancel {folder.run_id}",
            )
    set_trashed(folder.home, folder.run_id, True)


def restore(folder: RunFolder) -> None:
    """Bring a run back from the trash."""
    set_trashed(folder.home, folder.run_id, False)


def delete(folder: RunFolder) -> None:
    """Remove the folder of a run in the trash, for good; the log of decisions keeps its events.

    Raises:
        FinineError: it is not in the trash, or the folder cannot be removed.
    """
    entry = run_entry(folder.home, folder.run_id)
    if entry is None or entry.trashed_at is None:
        raise FinineError(
            f"Run {folder.run_id} is not in the trash.",
            f"Only what is there can be deleted for good: finine trash {folder.run_id}",
        )
    gone = folder.path.with_name(f"{DELETED_PREFIX}{folder.run_id}")
    try:
        if folder.path.exists():
            folder.path.rename(gone)  # at once: nobody meets half a run
        shutil.rmtree(gone)
    except FileNotFoundError:
        pass  # an earlier try came so far
    except OSError as error:
        raise FinineError(
            f"The folder {gone} cannot be removed ({error.strerror}).",
            "Check that you may write to it, then try again.",
        ) from error
    forget_run(folder.home, folder.run_id)


def _is_damaged(folder: RunFolder) -> bool:
    """Whether its state cannot be read: nobody can be at work on it then."""
    try:
        folder.read_state()
    except FinineError:
        return not folder.is_held()
    return False
