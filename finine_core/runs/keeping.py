"""What becomes of a run afterwards: its name, and the way to the trash, back, or out for good."""

from __future__ import annotations

from finine_core.database import rename_run, run_entry, set_trashed
from finine_core.errors import FinineError
from finine_core.runs.folder import RunFolder
from finine_core.runs.jobs import observe
from finine_core.runs.unfinished import remove_for_good

MOST_LETTERS = 200  # of a name: more is a description, and no list could show it


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
    """Bring a run back from the trash.

    Raises:
        FinineError: its folder is gone.
    """
    if not (folder.path / "run.json").exists():
        raise FinineError(
            f"The folder of run {folder.run_id} is gone: {folder.path}.",
            "Put it back from a copy; or take the run off the list for good:"
            f" finine delete {folder.run_id}",
        )
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
    remove_for_good(folder)


def _is_damaged(folder: RunFolder) -> bool:
    """Whether its state cannot be read: nobody can be at work on it then."""
    try:
        folder.read_state()
    except FinineError:
        return not folder.is_held()
    return False
