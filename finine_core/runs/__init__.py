"""Runs: where they live, the worker that carries them out, and what state they are in."""

from finine_core.runs.config import RunConfig
from finine_core.runs.estimate import Estimate, Plan, plan_run
from finine_core.runs.folder import RunFolder
from finine_core.runs.home import create_run, default_home, find_run, list_runs
from finine_core.runs.jobs import cancel, observe, resume, start, wait
from finine_core.runs.keeping import delete, name_of, rename, restore, trash
from finine_core.runs.results.listing import RunLine, run_lines
from finine_core.runs.state import State, Status
from finine_core.training.code import NO_CODE, OBJECT, is_code, is_object

__all__ = [
    "NO_CODE",
    "OBJECT",
    "Estimate",
    "Plan",
    "RunConfig",
    "RunFolder",
    "RunLine",
    "State",
    "Status",
    "cancel",
    "create_run",
    "default_home",
    "delete",
    "find_run",
    "is_code",
    "is_object",
    "list_runs",
    "name_of",
    "observe",
    "plan_run",
    "rename",
    "restore",
    "resume",
    "run_lines",
    "start",
    "trash",
    "wait",
]
