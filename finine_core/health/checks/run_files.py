"""Can what a run left on the disk be read: its records, and of one that is done its results?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from finine_core.errors import FinineError
from finine_core.health.base import HomeCheck, HomeFinding, run_folders
from finine_core.influence import SignalStore
from finine_core.runs import RunFolder, State

NAME = "files of runs"


def _look(home: Path, repair: bool) -> list[HomeFinding]:  # noqa: ARG001  numbers cannot be guessed
    findings = []
    for folder in run_folders(home):
        try:
            folder.read()
            state, _ = folder.read_state()
        except FinineError as error:
            mend = error.mend or "Put the file back from a copy; else start a new run."
            findings.append(HomeFinding(NAME, folder.path, error.problem, mend))
            continue
        if state is State.DONE:
            for path, why in _unreadable(folder):
                problem = f"{path.name} of run {folder.run_id} cannot be read ({why})."
                mend = "Put it back from a copy; else start a new run. Marks are not concerned."
                findings.append(HomeFinding(NAME, path, problem, mend))
    return findings


def _unreadable(folder: RunFolder) -> list[tuple[Path, str]]:
    """Files of a finished run that are missing or damaged, with the reason."""
    found = []
    for path in (folder.scores, folder.dataset, *folder.path.glob("scores.*.parquet")):
        try:
            pq.read_metadata(path)
        except (OSError, pa.ArrowException) as error:
            found.append((path, str(error).splitlines()[0]))
    try:
        SignalStore(folder.signals)
    except (FinineError, OSError, ValueError, TypeError) as error:
        found.append((folder.signals, str(error)))
    for path in sorted(folder.signals.rglob("*.npy")):
        try:
            np.load(path, mmap_mode="r", allow_pickle=False)  # its length against its header
        except (OSError, ValueError) as error:
            found.append((path, str(error)))
    return found


CHECK = HomeCheck(NAME, "whether the files of runs can be read", _look)
