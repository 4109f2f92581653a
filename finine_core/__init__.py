"""finine: which training rows hurt, which are wrong, and how sure can one be?

The names below are loaded on first use, so that importing one room does not import the house.

Examples:
    >>> import finine_core as fi
    >>> sorted(fi.__all__)
    ['FinineError', 'Run', 'apply', 'check', 'doctor', 'list_runs', 'open_run', 'run']
    >>> fi.run.__module__
    'finine_core.api'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finine_core.errors import FinineError

if TYPE_CHECKING:
    from finine_core.api import Run, apply, check, doctor, open_run, run
    from finine_core.api import runs as list_runs

__all__ = ["FinineError", "Run", "apply", "check", "doctor", "list_runs", "open_run", "run"]

_OTHER_NAMES = {"list_runs": "runs"}  # `finine_core.runs` is a room


def __getattr__(name: str) -> object:
    if name in __all__:
        from finine_core import api

        return getattr(api, _OTHER_NAMES.get(name, name))
    raise AttributeError(f"module 'finine_core' has no attribute {name!r}")
