"""Runs: where they live, the worker that carries them out, and what state they are in."""

from typing import TYPE_CHECKING

from finine_core.first_use import loaded_on_first_use
from finine_core.training.code import NO_CODE, OBJECT, is_code, is_object

if TYPE_CHECKING:
    from finine_core.runs.config import RunConfig
    from finine_core.runs.estimate import Estimate, Plan, plan_run
    from finine_core.runs.folder import RunFolder
    from finine_core.runs.home import create_run, default_home, find_run, list_runs
    from finine_core.runs.jobs import cancel, observe, resume, start, wait
    from finine_core.runs.keeping import delete, name_of, rename, restore, trash
    from finine_core.runs.results.listing import RunLine, run_lines
    from finine_core.runs.state import State, Status
else:
    __getattr__, __dir__ = loaded_on_first_use(
        __name__,
        {
            "finine_core.runs.config": ["RunConfig"],
            "finine_core.runs.estimate": ["Estimate", "Plan", "plan_run"],
            "finine_core.runs.folder": ["RunFolder"],
            "finine_core.runs.home": ["create_run", "default_home", "find_run", "list_runs"],
            "finine_core.runs.jobs": ["cancel", "observe", "resume", "start", "wait"],
            "finine_core.runs.keeping": ["delete", "name_of", "rename", "restore", "trash"],
            "finine_core.runs.results.listing": ["RunLine", "run_lines"],
            "finine_core.runs.state": ["State", "Status"],
        },
    )
