"""What have writers left behind that were killed? Half files, under hidden names."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from finine_core.database import DATABASE_NAME
from finine_core.database.salvage import SALVAGE_PREFIX
from finine_core.files import ORPHAN_SECONDS, orphans
from finine_core.health.base import RUNS, HomeCheck, HomeFinding
from finine_core.runs.unfinished import NEW_PREFIX, finish_removals, unfinished_removals

NAME = "temporary files"


def _look(home: Path, repair: bool) -> list[HomeFinding]:
    findings = []
    for path in orphans(home):
        problem = f"{path.name} was left behind by a writer that was killed."
        if repair:
            path.unlink(missing_ok=True)
        mend = "It was removed." if repair else "It is of no use; --repair removes it."
        findings.append(HomeFinding(NAME, path, problem, mend, mended=repair))
    removed = finish_removals(home) if repair else []
    for path in sorted({*removed, *unfinished_removals(home)}):
        problem = f"{path.name} is a run that was being deleted for good."
        done = path in removed
        mend = "The rest was removed, too." if done else "The next list of runs removes the rest."
        findings.append(HomeFinding(NAME, path, problem, mend, mended=done))
    for path in sorted((home / RUNS).glob(f"{NEW_PREFIX}*")):
        if time.time() - path.stat().st_mtime < ORPHAN_SECONDS:
            continue  # it may be in the making
        problem = f"{path.name} is of a run that was never begun: its writer was killed."
        if repair:
            shutil.rmtree(path, ignore_errors=True)
        mend = "It was removed." if repair else "It is of no use; --repair removes it."
        findings.append(HomeFinding(NAME, path, problem, mend, mended=repair))
    if not (home / DATABASE_NAME).exists():
        return findings
    for path in sorted(home.glob(f"{SALVAGE_PREFIX}*")):
        problem = f"{path.name} is from a repair that was killed."
        if repair:
            shutil.rmtree(path, ignore_errors=True)
        mend = "It was removed." if repair else "--repair removes it; the database is another file."
        findings.append(HomeFinding(NAME, path, problem, mend, mended=repair))
    return findings


CHECK = HomeCheck(NAME, "what killed writers left behind", _look)
