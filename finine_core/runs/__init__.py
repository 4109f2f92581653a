"""Runs: where they live, the worker that carries them out, and what state they are in."""

from finine_core.runs.config import RunConfig
from finine_core.runs.folder import RunFolder
from finine_core.runs.home import create_run, default_home, find_run, list_runs
from finine_core.runs.jobs import cancel, observe, resume, start, wait
from finine_core.runs.state import State, Status

__all__ = [
    "RunConfig",
    "RunFolder",
    "State",
    "Status",
    "cancel",
    "create_run",
    "default_home",
    "find_run",
    "list_runs",
    "observe",
    "resume",
    "start",
    "wait",
]
