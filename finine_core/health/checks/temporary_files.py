"""What have writers left behind that were killed? Half files, under hidden names."""

from __future__ import annotations

import shutil
from pathlib import Path

from finine_core.database import DATABASE_NAME
from finine_core.files import orphans
from finine_core.health.base import RUNS, HomeCheck, HomeFinding
from finine_core.runs.keeping import DELETED_PREFIX

NAME = "temporary files"


def _look(home: Path, repair: bool) -> list[HomeFinding]:
    findings = []
    for path in orphans(home):
        problem = f"{path.name} was left behind by a writer that was killed."
        if repair:
            path.unlink(missing_ok=True)
        mend = "It was removed." if repair else "It is of no use; --repair removes it."
        findings.append(HomeFinding(NAME, path, problem, mend, mended=repair))
    for path in sorted((home / RUNS).glob(f"{DELETED_PREFIX}*")):
        problem = f"{path.name} is a run that was being deleted for good."
        if repair:
            shutil.rmtree(path, ignore_errors=True)
        done = repair and not path.exists()
        mend = "The rest was removed, too." if done else "--repair removes the rest."
        findings.append(HomeFinding(NAME, path, problem, mend, mended=done))
    if not (home / DATABASE_NAME).exists():
        return findings
    for path in sorted(home.glob(".salvage-*")):
        problem = f"{path.name} is from a repair that was killed."
        if repair:
            shutil.rmtree(path, ignore_errors=True)
        mend = "It was removed." if repair else "--repair removes it; the database is another file."
        findings.append(HomeFinding(NAME, path, problem, mend, mended=repair))
    return findings


CHECK = HomeCheck(NAME, "what killed writers left behind", _look)
