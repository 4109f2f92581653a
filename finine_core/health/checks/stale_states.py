"""Does a run say that it goes on while nobody is at it?"""

from __future__ import annotations

from pathlib import Path

from finine_core.errors import FinineError
from finine_core.health.base import HomeCheck, HomeFinding, run_folders
from finine_core.runs import observe
from finine_core.runs.jobs import settle

NAME = "states"


def _look(home: Path, repair: bool) -> list[HomeFinding]:
    findings = []
    for folder in run_folders(home):
        try:
            stored, _ = folder.read_state()
            status = observe(folder)
        except FinineError:
            continue  # told by the check of the files
        if stored.over or not status.state.over:
            continue
        problem = f"Run {folder.run_id} is stored as {stored}, and nobody is at it."
        mend = f"It is {status.state}: {status.message}"
        mended = repair and settle(folder)
        findings.append(HomeFinding(NAME, folder.path / "state.json", problem, mend, mended))
    return findings


CHECK = HomeCheck(NAME, "whether the states of runs are true", _look)
