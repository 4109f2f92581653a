"""Can what a run left be read and trusted: its records, and of one that is done its results?"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors import SafetensorError, safe_open

from finine_core.errors import FinineError
from finine_core.health.base import HomeCheck, HomeFinding, run_folders
from finine_core.influence import SignalStore
from finine_core.runs import RunFolder, State
from finine_core.runs.checksums import CHECKSUMS, damaged, noted, results_in, sound
from finine_core.runs.columns import SCORE_COLUMNS

NAME = "files of runs"
MADE_LATER = ("scores.", "map/")  # of a finished run, on request: they may be gone
BROKEN = (pa.ArrowException, SafetensorError)


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
        if state is not State.DONE:
            continue
        for path, fault in _faults(folder):
            problem = f"{path.name} of run {folder.run_id} cannot be trusted: {fault.problem}"
            findings.append(HomeFinding(NAME, path, problem, fault.mend))
    return findings


def _faults(folder: RunFolder) -> list[tuple[Path, FinineError]]:
    """Files of a finished run that are missing, cannot be opened, or are not as written."""
    try:
        known = noted(folder.path)
    except FinineError as error:
        return [(folder.path / CHECKSUMS, error)]
    found = []
    needed = {folder.scores, folder.dataset, folder.signals / "index.json"}
    told = {
        folder.path / name
        for name in known
        if name == folder.scores.name or not name.startswith(MADE_LATER)
    }
    for path in sorted(needed | told | set(results_in(folder.path))):
        try:
            sound(path, folder.path, anew=True)
            _open(path, folder)
        except FinineError as error:
            found.append((path, error))
        except (OSError, ValueError, TypeError, LookupError, *BROKEN) as error:
            why = (str(error).splitlines() or [type(error).__name__])[0]
            found.append((path, damaged(path, folder.path, why)))
    return found


def _open(path: Path, folder: RunFolder) -> None:
    """Open a result as its readers do, its values of tables included."""
    if path.suffix == ".parquet":
        with pq.ParquetFile(path) as file:
            names = tuple(file.schema_arrow.names)
            if path.name.startswith("scores.") and names[: len(SCORE_COLUMNS)] != SCORE_COLUMNS:
                raise damaged(path, folder.path, f"it begins with the columns {', '.join(names)}")
            for group in range(file.num_row_groups):
                file.read_row_group(group)
    elif path.suffix == ".safetensors":
        with safe_open(str(path), framework="np") as stored:  # its header, against its length
            stored.keys()
    elif path.suffix == ".npy":
        np.load(path, mmap_mode="r", allow_pickle=False)  # its length against its header
    elif path.name == "index.json":
        SignalStore(path.parent)


def unsealed(home: Path) -> int:
    """How many finished runs are from before checksums were kept."""
    count = 0
    for folder in run_folders(home):
        with suppress(FinineError):
            count += folder.read_state()[0] is State.DONE and not _has_checksums(folder)
    return count


def _has_checksums(folder: RunFolder) -> bool:
    return folder.scores.name in noted(folder.path)


CHECK = HomeCheck(NAME, "whether the files of runs can be read and are as they were written", _look)
