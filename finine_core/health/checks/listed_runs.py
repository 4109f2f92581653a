"""Do the list of runs and the folders of runs agree?"""

from __future__ import annotations

from pathlib import Path

from finine_core.database import DATABASE_NAME, RunEntry, register_run, run_entries
from finine_core.errors import FinineError
from finine_core.health.base import RUNS, HomeCheck, HomeFinding, run_folders

NAME = "list of runs"


def _look(home: Path, repair: bool) -> list[HomeFinding]:
    if not (home / DATABASE_NAME).exists():
        return []
    try:
        entries = [*run_entries(home), *run_entries(home, trashed=True)]
    except FinineError:
        return []  # told by the check of the database
    findings = []
    listed = {entry.run_id for entry in entries}
    for folder in run_folders(home):
        if folder.run_id in listed:
            continue
        problem = f"Run {folder.run_id} is on the disk, but not in the list of runs."
        mend = "--repair lists it, under the name of its file."
        mended = False
        if repair:
            try:
                record = folder.read()
                register_run(
                    home, folder.run_id, Path(record["config"]["data"]).name, record["created_at"]
                )
                mend, mended = "It is listed again, under the name of its file.", True
            except (FinineError, KeyError, TypeError) as error:
                mend = f"It cannot be listed: {error}"
        findings.append(HomeFinding(NAME, folder.path, problem, mend, mended))
    for entry in entries:
        path = home / RUNS / entry.run_id
        if not (path / "run.json").exists():
            findings.append(
                HomeFinding(
                    NAME,
                    path,
                    f"Run {entry.run_id} ({entry.name}) is in the list, but its folder is gone.",
                    _mend(entry),
                )
            )
    return findings


def _mend(entry: RunEntry) -> str:
    if entry.trashed_at is None:
        return "Put the folder back from a copy. Its marks are kept in the database."
    return (
        "Put the folder back from a copy; or take the run off the list for good: finine delete"
        f" {entry.run_id}. Its marks stay in the log of decisions."
    )


CHECK = HomeCheck(NAME, "whether every run is listed and has its folder", _look)
